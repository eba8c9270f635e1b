/** A client without a line, for the tests of what follows one: the test says what is in the world, and what happens. */

import { readFileSync } from "node:fs";

import { Ground } from "../arena/ground.js";
import { Schema } from "../src/schema.js";

/** @typedef {import("../src/replica.js").Entity} Entity */

/** The arena's input, as its schema has it. */
const INPUT = ["bearing", "throttle", "aim", "fire", "weapon", "respawn"].map((name) => ({ name, type: "integer" }));

export const TICK_RATE = 30;

/** @param {string} name @returns {Ground} */
export function groundOf(name) {
  return Ground.fromTmj(new Uint8Array(readFileSync(new URL(`../../../maps/${name}.tmj`, import.meta.url))));
}

export class ArenaClient {
  player = 7;
  tickRate = TICK_RATE;
  schema = new Schema({ game: "arena", version: 1, kinds: [], events: [], calls: [], input: INPUT, options: [] });
  /** @type {Map<number, Entity>} */
  entities = new Map();
  /** @type {Map<string, Set<(it: any) => void>>} */
  #listeners = new Map();

  world = {
    /** @type {number | null} */
    tick: null,
    get: (/** @type {number} */ id) => this.entities.get(id),
    all: (/** @type {string} */ kind) =>
      [...this.entities.values()].filter((each) => each.kind === kind).sort((one, other) => one.id - other.id),
  };

  /** @param {string} name @param {(it: any) => void} listener */
  on(name, listener) {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  get listening() {
    return [...this.#listeners.values()].reduce((sum, each) => sum + each.size, 0);
  }

  /** @param {string} kind @param {number} id @param {Record<string, any>} values */
  put(kind, id, values) {
    this.entities.set(id, { id, kind, values });
  }

  /** A tank of ours. `heading` in steps of 256. @param {number} id @param {Record<string, any>} values */
  putOwn(id, { heading = 0, ...values }) {
    const gun = { ammo: 5, ready_tick: 0, reload_tick: 0, spreads: 2, mines: 1, rails: 1, respawn_tick: 0 };
    const place = { heading: (heading / 256) * 2 * Math.PI, health: 100, team: 0, safe_until: 0, fast_until: 0, speed: 0 };
    this.put("Tank", id, { owner: this.player, ...place, ...gun, ...values });
  }

  /** @param {number} tick */
  snapshot(tick) {
    this.world.tick = tick;
    this.#tell("snapshot", tick);
  }

  /** @param {number} tick @param {{bearing?: number, throttle?: number, aim?: number, fire?: number, weapon?: number}} controls */
  input(tick, { bearing = 0, throttle = 0, aim = 0, fire = 0, weapon = 0 }) {
    this.#tell("input", { tick, values: [bearing, throttle, aim, fire, weapon, 0] });
  }

  session() {
    this.#tell("session", undefined);
  }

  /** @param {string} name @param {any} it */
  #tell(name, it) {
    for (const listener of this.#listeners.get(name) ?? []) listener(it);
  }
}

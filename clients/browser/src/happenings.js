/** The events that a client has had: reliable ones each once and in order, and all of them when the picture has come to them. */

import { WorldMismatch } from "./errors.js";
import { COSMETIC_AGE_MAX } from "./replica.js";

/** @typedef {import("./wire.js").EventMessage} EventMessage */
/** @typedef {import("./replica.js").CosmeticEvent} CosmeticEvent */
/** @typedef {import("./schema.js").Schema} Schema */
/** @typedef {import("./schema.js").Values} Values */
/** @typedef {{name: string, tick: number, sequence: number, values: Values}} ReliableEvent */
/** @typedef {{name: string, tick: number, values: Values, reliable: boolean}} ShownEvent */

/** Events that wait for the picture; a page that draws none is not to fill the memory with them. */
const WAITING_MAX = 1_024;

/** The events of one seat. */
export class Happenings {
  #oldestTicks;
  /** null: not known, as the page was loaded anew: the first that comes is taken. @type {number | null} */
  #last;
  /** By tick, those of a tick as they came. @type {ShownEvent[]} */
  #waiting = [];

  /** @param {{tickRate: number, known: boolean}} seat  `known`: the first event that comes has the number 1 */
  constructor({ tickRate, known }) {
    this.#oldestTicks = (COSMETIC_AGE_MAX / 1e6) * tickRate;
    this.#last = known ? 0 : null;
  }

  /** The sequence number of the last reliable event, 0 before the first. */
  get last() {
    return this.#last ?? 0;
  }

  /**
   * A reliable event has come.
   *
   * @param {EventMessage} event
   * @param {Schema} schema
   * @returns {ReliableEvent | null} null for one that was had before: the server did not know
   * @throws {WorldMismatch} if one is missing before it
   * @throws {ProtocolError} if it does not fit the schema
   */
  take({ sequence, tick, kind, values: wire }, schema) {
    if (this.#last !== null) {
      if (sequence <= this.#last) return null;
      if (sequence !== this.#last + 1) throw new WorldMismatch(`event ${sequence} follows ${this.#last}`);
    }
    const layout = schema.event(kind);
    const { name } = layout;
    const values = layout.fromWire(wire);
    this.#last = sequence;
    this.#wait({ name, tick, values, reliable: true });
    return { name, tick, sequence, values };
  }

  /**
   * Cosmetic events of a snapshot.
   *
   * @param {readonly CosmeticEvent[]} cosmetics
   */
  takeCosmetics(cosmetics) {
    for (const { name, tick, values } of cosmetics) this.#wait({ name, tick, values, reliable: false });
  }

  /**
   * @param {number} viewTick  the tick of the picture
   * @returns {ShownEvent[]} those up to this tick that were not given before, in order; without cosmetic ones that come too late
   */
  due(viewTick) {
    let count = 0;
    while (count < this.#waiting.length && this.#waiting[count].tick <= viewTick) count++;
    if (count === 0) return [];
    return this.#waiting.splice(0, count).filter(({ reliable, tick }) => reliable || tick >= viewTick - this.#oldestTicks);
  }

  /** @returns {ShownEvent[]} the reliable ones that still wait: their picture will not come */
  rest() {
    return this.#waiting.splice(0).filter(({ reliable }) => reliable);
  }

  /** @param {ShownEvent} event */
  #wait(event) {
    if (this.#waiting.length >= WAITING_MAX) this.#makeRoom();
    let at = this.#waiting.length;
    while (at > 0 && this.#waiting[at - 1].tick > event.tick) at--;
    this.#waiting.splice(at, 0, event);
  }

  /** The oldest cosmetic one goes; if there is none, the oldest of all: whoever must miss none listens for "event". */
  #makeRoom() {
    this.#waiting.splice(Math.max(0, this.#waiting.findIndex(({ reliable }) => !reliable)), 1);
  }
}

/**
 * The browser's half of tests/games/test_arena_prediction.py: OwnTank and OwnShots over a match that Python recorded as its
 * player's client got it, with inputs sent so many ticks ahead of the newest snapshot as on a line of that length.
 *
 * In: {"welcome": frame as hex, "player", "lead", "inputs": {tick: wire values}, "frames": [hex, …],
 *      "truth": {tick: [x, y]}, "fired": [tick, …]}
 * Out: what became of it, as one JSON object.
 */

import { readFileSync } from "node:fs";

import { Ground } from "../arena/ground.js";
import { OwnShots } from "../arena/own_shots.js";
import { OwnTank } from "../arena/own_tank.js";
import { Replica } from "../src/replica.js";
import { Schema } from "../src/schema.js";
import { decodeFrame } from "../src/wire.js";
import { bytes } from "./vectors.js";

const { welcome, player, lead, inputs, frames, truth, fired } = JSON.parse(readFileSync(0, "utf8"));
/** A tick of the room at 30 Hz. */
const TICK_MS = 1000 / 30;
const FRAMES_A_TICK = 2;

const [hello] = decodeFrame(bytes(welcome));
const schema = new Schema(hello.schema);
const world = new Replica(schema, hello);
/** @type {Record<string, (it: any) => void>} */
const listeners = {};
const client = {
  player,
  schema,
  tickRate: hello.tickRate,
  world,
  on: (/** @type {string} */ name, /** @type {(it: any) => void} */ listener) => {
    listeners[name] = listener;
    return () => {};
  },
};
const tank = new OwnTank(client, Ground.fromTmj(hello.map.data));
/** @type {number[]} */
const shown = [];
const shots = new OwnShots(tank, { onFire: ({ tick }) => shown.push(tick) });
const picture = { get: (/** @type {number} */ id) => world.get(id), all: (/** @type {string} */ kind) => world.all(kind) };

let sent = 0;
/** From what was predicted to what came, in pixels, tick by tick. @type {number[]} */
const errors = [];
/** The longest way from one frame to the next. */
let jump = 0;
let ghosts = 0;
/** Where ghosts began, by tick; the server's shells, and those of them that came just there. @type {Map<number, string>} */
const muzzles = new Map();
/** @type {Set<number>} */
let flying = new Set();
let shells = 0;
let exact = 0;
let taken = 0;
/** @type {import("../arena/own_tank.js").Drawn | null} */
let last = null;
let lastId = null;
for (const frame of frames) {
  const snapshot = decodeFrame(bytes(frame)).at(-1);
  world.apply(snapshot);
  listeners.snapshot(snapshot.tick);
  taken++;
  const own = world.all("Shell").filter((shell) => shell.values.owner === player);
  for (const { id, values } of own) {
    if (flying.has(id)) continue;
    shells++;
    if (muzzles.get(snapshot.tick)?.includes(`${values.x} ${values.y};`)) exact++;
  }
  flying = new Set(own.map(({ id }) => id));
  const newest = snapshot.tick + lead;
  for (sent = Math.max(sent, snapshot.tick); sent < newest; ) {
    sent++;
    if (sent in inputs) listeners.input({ tick: sent, values: inputs[sent] });
  }
  const { predicted } = tank;
  if (predicted !== null && tank.tick === newest && truth[newest])
    errors.push(Math.hypot(predicted.x - truth[newest][0], predicted.y - truth[newest][1]));
  for (let part = 0; part < FRAMES_A_TICK; part++) {
    const inputTick = newest + part / FRAMES_A_TICK;
    const drawn = tank.drawn(inputTick * TICK_MS, inputTick);
    if (drawn !== null && last !== null && tank.id === lastId)
      jump = Math.max(jump, Math.hypot(drawn.x - last.x, drawn.y - last.y));
    last = drawn;
    lastId = tank.id;
    const flights = shots.drawn(snapshot.tick - 2, inputTick, picture);
    ghosts += flights.length;
    if (part === 0) muzzles.set(newest, flights.map(({ x, y }) => `${x} ${y};`).join(""));
  }
}
const inTime = shown.filter((tick) => fired.includes(tick)).length;
const { compared, mispredicted, replayed } = tank;
errors.sort((one, other) => one - other);
process.stdout.write(
  JSON.stringify({
    taken,
    compared,
    mispredicted,
    replayed,
    mean: errors.reduce((sum, each) => sum + each, 0) / errors.length,
    p95: errors[Math.floor(errors.length * 0.95)],
    most: errors[errors.length - 1],
    jump,
    ghosts,
    shown: shown.length,
    in_time: inTime,
    shells,
    exact,
  }),
);

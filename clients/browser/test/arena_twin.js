/**
 * The browser's half of tests/games/test_arena_twin.py: drives one tank through the ticks that stdin describes, and prints where
 * it comes to, so that Python can compare every integer with those of the server's own simulation.
 *
 * In: {"map": the .tmj as hex, "fast_ticks", "inputs": [[bearing, throttle, fire, weapon], …] from tick 1 on,
 *      "told": {tick: [tank | null, gun | null]}, "pickups": {tick: [[x, y], …]}, "mute": [tick, …]}
 * `told` is what a client cannot know beforehand, after that tick: a new tank, no tank, ammunition that was found. `pickups`: where
 * those lie from that tick on that make fast. `mute`: ticks in which nobody may fire.
 * Out: for each tick a line: null, or [x, y, heading, speed, fastUntil, ammo, readyTick, reloadTick, spreads, mines, rails].
 * Lengths are in quanta, both ways.
 */

import { readFileSync } from "node:fs";

import { stepTank } from "../arena/driving.js";
import { Ground } from "../arena/ground.js";
import { QUANTUM } from "../arena/motion.js";
import { stepGun } from "../arena/weapons.js";
import { bytes } from "./vectors.js";

const { map, fast_ticks: fastTicks, inputs, told, pickups, mute } = JSON.parse(readFileSync(0, "utf8"));
const around = { walls: Ground.fromTmj(bytes(map)), tick: 0, pickups: [], tanks: [], fastTicks };
const muted = new Set(mute);

/** @type {import("../arena/driving.js").TankState | null} */
let tank = null;
/** @type {import("../arena/weapons.js").GunState | null} */
let gun = null;
const lines = [];
inputs.forEach((/** @type {number[]} */ [bearing, throttle, fire, weapon], /** @type {number} */ index) => {
  const tick = index + 1;
  if (tank !== null && gun !== null) {
    tank = stepTank(tank, { bearing, throttle }, tick, around);
    gun = stepGun(gun, { fire: muted.has(tick) ? 0 : fire, weapon }, tick);
  }
  if (tick in told) {
    const [toldTank, toldGun] = told[tick];
    tank = toldTank && [toldTank[0] * QUANTUM, toldTank[1] * QUANTUM, toldTank[2], toldTank[3] * QUANTUM, toldTank[4]];
    gun = toldGun;
  }
  if (tick in pickups)
    around.pickups = pickups[tick].map((/** @type {number[]} */ [x, y]) => ({ x: x * QUANTUM, y: y * QUANTUM }));
  around.tick = tick;
  lines.push(tank && gun && [tank[0] / QUANTUM, tank[1] / QUANTUM, tank[2], tank[3] / QUANTUM, tank[4], ...gun]);
});
process.stdout.write(`${lines.map((line) => JSON.stringify(line)).join("\n")}\n`);

/** The arena's movement, bit for bit as the server computes it. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { Ground } from "../arena/ground.js";
import * as motion from "../arena/motion.js";
import { readVectors } from "./vectors.js";

const { steps, drives, pushes, after_pushes, closests, aims, velocities } = readVectors("arena/motion");
const Q = motion.QUANTUM;
const grounds = new Map();

/** @param {string} name */
function groundOf(name) {
  if (!grounds.has(name)) grounds.set(name, name === "rough" ? rough() : Ground.fromTmj(mapFile(name)));
  return grounds.get(name);
}

/** @param {string} name */
function mapFile(name) {
  return new Uint8Array(readFileSync(new URL(`../../../maps/${name}.tmj`, import.meta.url)));
}

function rough() {
  const { tmj } = readVectors("arena/ground").maps.find((/** @type {any} */ map) => map.name === "rough 24");
  return Ground.fromTmj(new TextEncoder().encode(tmj));
}

test("10,000 steps: driving, walls, pushes, rounding", () => {
  let count = 0;
  for (const { map, start, steps: run } of steps) {
    const walls = groundOf(map);
    let [x, y, heading, speed] = [start[0] * Q, start[1] * Q, start[2], start[3] * Q];
    for (const [bearing, throttle, fast, pushX, pushY, ...expected] of run) {
      [heading, speed] = motion.drive(heading, speed, bearing, throttle, fast ? motion.FAST_SPEED : motion.TOP_SPEED);
      [x, y, speed] = motion.roll(walls, x, y, heading, speed);
      if (pushX !== 0 || pushY !== 0)
        [x, y] = motion.slide(walls, x, y, motion.limitPush(pushX * Q), motion.limitPush(pushY * Q));
      [x, y, speed] = [motion.onGrid(x), motion.onGrid(y), motion.onGrid(speed)];
      assert.deepEqual([x / Q, y / Q, heading, speed / Q], expected, `${map}, step ${count}`);
      count++;
    }
  }
  assert.equal(count, 10_000);
});

/** Rows of a function's arguments and its answers. @param {number[][]} rows @param {number} arity @param {Function} call */
function agree(rows, arity, call) {
  for (const row of rows) {
    const answer = call(...row.slice(0, arity));
    const answers = Array.isArray(answer) ? answer : [answer];
    const expected = row.slice(arity);
    assert.ok(answers.length === expected.length && answers.every((each, index) => each === expected[index]), `${row}: ${answers}`);
  }
}

test("drive, with speeds off the grid", () => agree(drives, 5, motion.drive));
test("push", () => agree(pushes, 2, motion.push));
test("speedAfterPush", () => agree(after_pushes, 4, motion.speedAfterPush));
test("closest", () => agree(closests, 6, motion.closest));
test("aimAt", () => agree(aims, 2, motion.aimAt));
test("shellVelocity, of every aim", () => {
  assert.equal(velocities.length, 1024);
  velocities.forEach((/** @type {number[]} */ quanta, /** @type {number} */ aim) => {
    assert.deepEqual(
      motion.shellVelocity(aim).map((length) => length / Q),
      quanta,
    );
  });
});

test("what comes to rest is no negative zero, which would compare equal and print otherwise", () => {
  for (const length of [-0, 0, -1 / 64, -1 / 32, 1 / 64]) assert.ok(Object.is(motion.onGrid(length), 0), String(length));
});

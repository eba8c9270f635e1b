import assert from "node:assert/strict";
import test from "node:test";

import { ErrorSmoother } from "../src/smoothing.js";

const BODY = 24;
const FRAME_MS = 1000 / 60;

/** @param {number} dx @param {number} dy @returns {ErrorSmoother} off by so much since 1,000 ms */
function off(dx, dy) {
  const smoother = new ErrorSmoother({ bodyWidth: BODY });
  smoother.at(900);
  smoother.add(dx, dy, 1000);
  return smoother;
}

test("one body width: drawn where it was, then nearer with each frame, at most 2 % left after 300 ms, never beyond", () => {
  const smoother = off(BODY, 0);
  assert.deepEqual(smoother.at(1000), [BODY, 0]);
  let last = BODY;
  for (let nowMs = 1000 + FRAME_MS; nowMs <= 1300; nowMs += FRAME_MS) {
    const [x, y] = smoother.at(nowMs);
    assert.ok(x < last && x >= 0, `${x} after ${last}`);
    assert.equal(y, 0);
    last = x;
  }
  assert.ok(smoother.at(1300)[0] <= 0.02 * BODY, String(smoother.at(1300)[0]));
  assert.deepEqual(smoother.at(3000), [0, 0]);
});

test("it goes along a straight line, whichever way", () => {
  const smoother = off(-9, 12);
  for (const nowMs of [1000, 1010, 1100, 1200]) {
    const [x, y] = smoother.at(nowMs);
    assert.ok(Math.abs(x * 12 + y * 9) < 1e-9 && x < 0 && y > 0, `${x}, ${y}`);
  }
});

test("however often it is asked, the answer is the same", () => {
  const [often, seldom] = [off(50, 30), off(50, 30)];
  for (let nowMs = 1000; nowMs < 1137; nowMs += 0.7) often.at(nowMs);
  often.at(1137).forEach((value, index) => assert.ok(Math.abs(value - seldom.at(1137)[index]) < 1e-9));
});

test("more than a body width goes twice as fast until it is one", () => {
  const smoother = off(2 * BODY, 0);
  assert.ok(Math.abs(smoother.at(1025)[0] - BODY) < 1e-9);
  assert.ok(Math.abs(smoother.at(1075)[0] - BODY / 2) < 1e-9);
});

test("above four body widths nothing is smoothed, and what was left is gone too", () => {
  assert.deepEqual(off(4 * BODY + 0.01, 0).at(1000), [0, 0]);
  assert.deepEqual(off(4 * BODY, 0).at(1000), [4 * BODY, 0]);
  const smoother = off(3 * BODY, 0);
  smoother.add(2 * BODY, 0, 1000);
  assert.deepEqual(smoother.at(1000), [0, 0]);
  const broken = off(5, 5);
  broken.add(NaN, 0, 1000);
  assert.deepEqual(broken.at(1000), [0, 0]);
});

test("errors add up with what is left of earlier ones", () => {
  const smoother = off(8, 0);
  smoother.add(0, 6, 1050);
  const [x, y] = smoother.at(1050);
  assert.ok(Math.abs(x - 4) < 1e-9 && y === 6, `${x}, ${y}`);
});

test("a clock that stands still or goes back changes nothing", () => {
  const smoother = off(8, 0);
  assert.deepEqual(smoother.at(1000), [8, 0]);
  assert.deepEqual(smoother.at(500), [8, 0]);
  assert.deepEqual(smoother.at(1000), [8, 0]);
});

test("reset, and a body without width", () => {
  const smoother = off(8, 0);
  smoother.reset();
  assert.deepEqual(smoother.at(1000), [0, 0]);
  assert.throws(() => new ErrorSmoother({ bodyWidth: 0 }), RangeError);
});

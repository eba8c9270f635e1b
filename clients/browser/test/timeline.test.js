import assert from "node:assert/strict";
import test from "node:test";

import { Timeline, VIEW_TIME } from "../src/timeline.js";
import { randomOf } from "./link_model.js";

const RATE = 30;
const FRAME_MS = 1000 / 60;
const STEP = 0.5; // ticks a frame

/** Runs it against a target that runs at the rate of real time from `targetTick` on; what it was at each frame. */
function run(timeline, targetTick, { frames = 60, fromMs = 0 } = {}) {
  const ticks = [];
  for (let frame = 0; frame < frames; frame++)
    ticks.push(timeline.advance(fromMs + frame * FRAME_MS, targetTick + frame * STEP));
  return ticks;
}

test("it begins where its target is, or where it is told", () => {
  const timeline = new Timeline({ tickRate: RATE });
  assert.equal(timeline.advance(500, 77), 77);
  timeline.reset(50);
  assert.equal(timeline.advance(9000, 50.2), 50);
  timeline.reset();
  assert.equal(timeline.advance(9100, 12), 12);
  assert.equal(timeline.snaps, 0);
});

test("in the dead band it is hardly touched", () => {
  const timeline = new Timeline({ tickRate: RATE });
  timeline.reset(0);
  run(timeline, 0.45, { frames: 30 });
  assert.ok(timeline.rate > 1 && timeline.rate <= 1.01 + 1e-9, `${timeline.rate}`);
});

for (const [error, sign] of [[3, 1], [-3, -1]])
  test(`an error of ${error} ticks is made up at 5 %, and then it runs like its target`, () => {
    const timeline = new Timeline({ tickRate: RATE });
    timeline.reset(100);
    const ticks = run(timeline, 100 + error, { frames: 200 });
    for (let frame = 1; frame < ticks.length; frame++) {
      const rate = (ticks[frame] - ticks[frame - 1]) / STEP;
      assert.ok(Math.abs(rate - 1) <= 0.05 + 1e-9, `${rate}`);
    }
    const reached = ticks.findIndex((tick, frame) => Math.abs(tick - (100 + error + frame * STEP)) < 1e-9);
    assert.ok(Math.abs(reached * FRAME_MS - 2000) < 50, "3 ticks at 1.5 a second");
    assert.equal(timeline.rate, 1);
    assert.equal(Math.sign(ticks[1] - 100 - STEP), sign);
    assert.equal(timeline.snaps, 0);
  });

test("more than 10 ticks, or 500 ms, are jumped over", () => {
  for (const [tickRate, near, far] of [[30, 9.9, 10.1], [60, 9.9, 10.1], [10, 4.9, 5.1]]) {
    const timeline = new Timeline({ tickRate });
    timeline.reset(0);
    timeline.advance(0, near);
    assert.equal(timeline.snaps, 0);
    assert.equal(timeline.advance(0, far), far);
    assert.equal(timeline.snaps, 1);
  }
});

test("it never runs backwards: it stands until its target has come up with it", () => {
  const timeline = new Timeline({ tickRate: RATE });
  timeline.reset(100);
  const ticks = run(timeline, 100 - 12, { frames: 60 });
  const moves = ticks.findIndex((tick) => tick > 100);
  assert.ok(Math.abs(moves - 24) <= 1, `${moves}`);
  assert.ok(ticks.slice(0, moves).every((tick) => tick === 100));
  assert.ok(Math.abs(ticks[59] - (88 + 59 * STEP)) < 1e-9);
  assert.equal(timeline.snaps, 1);
});

test("more than a second ahead of its target it jumps back", () => {
  const timeline = new Timeline({ tickRate: RATE });
  timeline.reset(100);
  timeline.advance(0, 100);
  assert.equal(timeline.advance(FRAME_MS, 60), 60);
  assert.equal(timeline.snaps, 1);
});

test("a drawn time drains a backlog of less than a second at 1.25 times the speed", () => {
  const timeline = new Timeline({ tickRate: RATE, ...VIEW_TIME });
  timeline.reset(0);
  const ticks = run(timeline, 18, { frames: 400 }); // 600 ms
  for (let frame = 1; frame < ticks.length; frame++) {
    const rate = (ticks[frame] - ticks[frame - 1]) / STEP;
    assert.ok(rate <= 1.25 + 1e-9 && rate >= 0.95 - 1e-9, `${rate}`);
  }
  const near = ticks.findIndex((tick, frame) => 18 + frame * STEP - tick <= 3);
  assert.ok(Math.abs(near * FRAME_MS - 2000) < 50, "500 of the 600 ms at 250 ms a second");
  assert.equal(timeline.snaps, 0);
  assert.equal(timeline.advance(400 * FRAME_MS, 18 + 400 * STEP + 31), 18 + 400 * STEP + 31, "more than a second is jumped over");
});

test("a drawn time that is more than 100 ms ahead waits", () => {
  const timeline = new Timeline({ tickRate: RATE, ...VIEW_TIME });
  timeline.reset(100);
  const ticks = run(timeline, 91, { frames: 60 }); // 300 ms
  assert.ok(ticks.slice(0, 17).every((tick) => tick === 100));
  assert.ok(Math.abs(ticks[20] - 101) < 1e-9);
  assert.equal(timeline.snaps, 1);
});

test("a clock that stands still or goes back moves nothing backwards", () => {
  const timeline = new Timeline({ tickRate: RATE });
  timeline.advance(1000, 10);
  assert.equal(timeline.advance(1000, 10), 10);
  assert.equal(timeline.advance(900, 9.8), 10);
  assert.ok(Number.isFinite(timeline.rate));
});

test("whatever the target does: never backwards but by a jump of more than a second, never faster than it may", () => {
  for (let seed = 1; seed <= 50; seed++) {
    const random = randomOf(seed);
    const options = seed % 2 ? {} : VIEW_TIME;
    const most = seed % 2 ? 0.05 : 0.25;
    const timeline = new Timeline({ tickRate: RATE, ...options });
    let nowMs = 0;
    let target = 1000;
    let last = timeline.advance(nowMs, target);
    for (let frame = 0; frame < 2000; frame++) {
      const dtMs = 40 * random();
      nowMs += dtMs;
      target += (dtMs * RATE) / 1000 + (random() < 0.02 ? 60 * (random() - 0.5) : 0.4 * (random() - 0.5));
      const { snaps } = timeline;
      const tick = timeline.advance(nowMs, target);
      const step = (dtMs * RATE) / 1000;
      if (tick < last - 1e-9) assert.ok(last + step - target > RATE && timeline.snaps === snaps + 1, "backwards without need");
      if (timeline.snaps === snaps && timeline.rate !== 0)
        assert.ok(Math.abs(tick - last - step) <= most * step + 1e-9, `${(tick - last) / step}`);
      last = tick;
    }
  }
});

/** The same sequences as in Python: tests/core/make_timing.py says what stands in a step. */

import assert from "node:assert/strict";
import test from "node:test";

import { ServerClock } from "../src/clock.js";
import { ViewDelay } from "../src/delay.js";
import { InputPace } from "../src/stamps.js";
import { Timeline, VIEW_TIME } from "../src/timeline.js";
import { readVectors } from "./vectors.js";

const VECTORS = readVectors("timing");
const MS = 1000;

function assertNear(found, expected, what) {
  assert.equal(found.length, expected.length);
  found.forEach((value, at) => {
    if (expected[at] === null || value === null) assert.equal(value, expected[at], what);
    else assert.ok(Math.abs(value - expected[at]) <= 1e-9 * Math.max(1, Math.abs(expected[at])), `${what}: ${value}, not ${expected[at]}`);
  });
}

for (const { tick_rate: tickRate, steps } of VECTORS.clock)
  test(`clock at ${tickRate} Hz`, () => {
    const clock = new ServerClock(tickRate);
    steps.forEach(([what, ...step], at) => {
      if (what === "reset") return clock.reset();
      if (what === "hint") {
        const [now, tick, shown] = step;
        clock.hint(now / MS, tick);
        return assertNear([clock.tickAt(now / MS)], [shown], `step ${at}`);
      }
      const [sentAt, now, tick, intoTickUs, heldUs, ...expected] = step;
      const trip = clock.add({ sentAtMs: sentAt / MS, nowMs: now / MS, tick, intoTickUs, heldUs });
      assertNear([clock.tickAt(now / MS), trip, clock.roundTripMs, clock.jitterMs], expected, `step ${at}`);
    });
  });

for (const { tick_rate: tickRate, of, steps } of VECTORS.timeline)
  test(`timeline of ${of} at ${tickRate} Hz`, () => {
    const timeline = new Timeline({ tickRate, ...(of === "view" ? VIEW_TIME : {}) });
    steps.forEach(([now, target, ...expected], at) => {
      const tick = timeline.advance(now / MS, target);
      assertNear([tick, timeline.rate, timeline.snaps], expected, `step ${at}`);
    });
    assert.ok(timeline.snaps > 0);
  });

for (const { tick_rate: tickRate, steps } of VECTORS.pace)
  test(`pace at ${tickRate} Hz`, () => {
    const pace = new InputPace({ tickRate });
    steps.forEach(([margin, now, ...expected], at) => {
      pace.report(margin, now / MS);
      assertNear([pace.safetyTicks, pace.marginLowMs, pace.spikes], expected, `step ${at}`);
    });
    assert.ok(pace.spikes > 0);
  });

for (const { tick_rate: tickRate, steps } of VECTORS.delay)
  test(`delay at ${tickRate} Hz`, () => {
    const delay = new ViewDelay({ tickRate });
    steps.forEach(([tick, now, rate, ...expected], at) => {
      delay.arrived(tick, now / MS, rate);
      assertNear([delay.delayTicks, delay.latenessMs, delay.targetTick(now / MS)], expected, `step ${at}`);
    });
  });

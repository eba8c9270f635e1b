/** The numbers of the net graph, as words. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { FrameMeter } from "../pages/play/frames.js";
import { dataUsed, ms, receiptParts, rows, size } from "../pages/play/net_numbers.js";
import { Stats } from "../src/stats.js";

test("sizes have the unit that suits them", () => {
  assert.deepEqual([0, 999, 1000, 9_949, 12_345, 999_400, 1_000_000, 12_340_000].map(size), [
    "0 B",
    "999 B",
    "1.0 KB",
    "9.9 KB",
    "12 KB",
    "999 KB",
    "1.0 MB",
    "12.3 MB",
  ]);
});

test("times that are not known are none", () => {
  assert.deepEqual([null, NaN, 0, 4.26, -3.14, 99.5].map(ms), ["–", "–", "0.0 ms", "4.3 ms", "-3.1 ms", "100 ms"]);
});

test("every number that the issue of a bad line may be is shown", () => {
  const stats = new Stats(() => 1000);
  Object.assign(stats, {
    pingMs: 151.2,
    jitterMs: 12.5,
    marginMs: 20,
    marginLowMs: 1.5,
    snapshotBytes: 312,
    delayMs: 66,
    stalls: 3,
  });
  Object.assign(stats, { starvedFrames: 2, frames: 400, bytesIn: 50_000, bytesOut: 9_000, lateInputs: 4 });
  const shown = rows(stats, { prediction: { compared: 1000, mispredicted: 1, replayed: 4 }, frameRate: 59.8, frameMs: 3.21 });
  const values = Object.fromEntries(shown.map(({ label, value }) => [label, value]));
  assert.deepEqual(values, {
    "net.ping": "151 ms ± 13 ms",
    "net.margin": "20 ms, low 1.5 ms",
    "net.late": "4",
    "net.snapshot": "312 B, 0/s",
    "net.delay": "66 ms",
    "net.wrong": "0.10 % of 1000",
    "net.stalls": "3",
    "net.starved": "0.50 % of 400",
    "net.frames": "60/s, 3.2 ms each",
    "net.data": "↓ 50 KB ↑ 9.0 KB, 0 B/min",
  });
  assert.deepEqual(
    shown.filter(({ bad }) => bad).map(({ label }) => label),
    ["net.margin"],
  );
  assert.equal(dataUsed(stats), "Data used: 59 KB (0 B a minute)");
});

test("a game that is not predicted has no mispredictions, and a page that has not drawn no frames", () => {
  const shown = rows(new Stats(() => 0), { prediction: null, frameRate: 0, frameMs: 0 });
  assert.equal(shown.find(({ label }) => label === "net.wrong")?.value, "–");
  assert.ok(shown.every(({ bad }) => !bad));
});

test("the parts of the receipt are the whole, and one that is below zero takes no room", () => {
  const parts = receiptParts({ tick: 9, uplinkMs: 30, waitMs: 10, tickMs: 2, downlinkMs: 38, totalMs: 80 });
  assert.deepEqual(
    parts.map(({ share }) => share),
    [30 / 80, 10 / 80, 2 / 80, 38 / 80],
  );
  const odd = receiptParts({ tick: 9, uplinkMs: -1, waitMs: 0, tickMs: 0, downlinkMs: 0, totalMs: 0 });
  assert.ok(odd.every(({ share }) => share === 0));
});

test("frames are counted over the last second, their work by the median", () => {
  const meter = new FrameMeter();
  assert.equal(meter.rate, 0);
  for (let at = 0; at < 180; at++) meter.add((at * 1000) / 60, at % 10 === 0 ? 30 : 2);
  assert.ok(Math.abs(meter.rate - 60) < 0.5, `${meter.rate}`);
  assert.equal(meter.workMs, 2);
});

/** Clock, pace, delay and picture together: what somebody sees who plays on a line of 150 ms ± 30. */

import assert from "node:assert/strict";
import test from "node:test";

import { ViewDelay } from "../src/delay.js";
import { Schema } from "../src/schema.js";
import { Timeline, VIEW_TIME } from "../src/timeline.js";
import { View } from "../src/view.js";
import { LINKS, randomOf } from "./link_model.js";
import { draw, pair } from "./pair.js";

const RATE = 30;
const [LEAST_MS, MOST_MS] = LINKS["L(150, 30)"].ways;

test("a whole client: in time, never starved, never backwards", async (context) => {
  const random = randomOf(4);
  const wayMs = () => LEAST_MS + (MOST_MS - LEAST_MS) * random();
  const { client, time, server } = pair({ server: { wayMs } });
  client.sampler = () => ({ move: 1 });
  const connected = client.connect();
  await time.pass(1500);
  await connected;
  const { frames, stop } = draw(client, time, 60);
  await time.pass(60_000);
  stop();
  const { stats, tickRate } = client;
  context.diagnostic(`${stats.starvedFrames} of ${stats.frames} frames starved, ${stats.lateInputs} inputs late, ${stats.delayMs.toFixed(0)} ms behind`);
  assert.ok(stats.frames > 3500);
  assert.ok(stats.starvedFrames < 0.001 * stats.frames);
  assert.ok(stats.lateInputs <= 1);
  assert.ok(stats.delayMs <= (3 * 1000) / tickRate);
  for (let at = 1; at < frames.length; at++) {
    assert.ok(frames[at].viewTick >= frames[at - 1].viewTick);
    assert.ok(frames[at].inputTick >= frames[at - 1].inputTick);
  }
  assert.deepEqual(server.faults, []);
});

/** Where something is that goes 4 a tick, and turns round at tick 300, in the middle of the standstill. */
const truth = (tick) => 4 * (tick < 300 ? tick : 600 - tick);

test("a standstill of 400 ms: things go on, come to rest, and glide to where they are; all is smooth again within a second", () => {
  const schema = new Schema({
    game: "x",
    version: 1,
    kinds: [
      { name: "Globals", fields: [] },
      { name: "Player", fields: [{ name: "x", type: "integer", audience: "all", interpolate: "linear" }] },
    ],
    events: [],
    calls: [],
    input: [],
    options: [],
  });
  const form = schema.form(8 + 1);
  const random = randomOf(8);
  const arrivals = [];
  let lastMs = 0;
  for (let tick = 1; tick < 600; tick++) {
    let atMs = (tick * 1000) / RATE + LEAST_MS + (MOST_MS - LEAST_MS) * random();
    if (atMs >= 10_000 && atMs < 10_400) atMs = 10_400;
    lastMs = Math.max(lastMs, atMs);
    arrivals.push([lastMs, tick]);
  }
  const delay = new ViewDelay({ tickRate: RATE });
  const timeline = new Timeline({ tickRate: RATE, ...VIEW_TIME });
  const view = new View(schema, { tickRate: RATE });
  const frames = [];
  let next = 0;
  for (let atMs = arrivals[0][0]; atMs < 18_000; atMs += 1000 / 60) {
    for (; arrivals[next][0] <= atMs; next++) {
      const [, tick] = arrivals[next];
      delay.arrived(tick, atMs, 1);
      view.push({ tick, parts: new Map([[0, { base: tick, rows: new Map([[7, { form, values: [truth(tick)] }]]) }]]) });
    }
    const tick = timeline.advance(atMs, delay.targetTick(atMs));
    view.show(tick);
    frames.push({ atMs, tick, x: view.get(7).values.x, newest: arrivals[next - 1][1] });
  }
  const steps = frames.slice(1).map(({ atMs, x }, at) => ({ atMs, step: x - frames[at].x }));
  const evenly = 4 * 0.5; // a frame is half a tick
  const blind = frames.filter(({ atMs, tick, newest }) => atMs >= 10_000 && atMs <= 10_400 && tick > newest);
  assert.ok(blind.length > 15);
  for (const { x, newest } of blind) assert.ok(x <= truth(newest) + 4 * 0.375 * RATE, "it goes on for 250 ms and comes to rest in the next");
  const wrong = Math.max(...blind.map(({ x, tick }) => Math.abs(x - truth(tick))));
  assert.ok(wrong > 20, "it was guessed wrong");
  for (const { atMs, step } of steps) assert.ok(Math.abs(step) < evenly + 0.25 * wrong, `a jump of ${step} at ${atMs}`);
  for (const { atMs, tick, x } of frames)
    if (atMs > 10_400 + 300 + 50) assert.ok(Math.abs(x - truth(tick)) < 4 * 0.5, "it is where it is");
  for (const { atMs, step } of steps)
    if (atMs > 11_400) assert.ok(Math.abs(Math.abs(step) - evenly) <= 0.05 * evenly + 1e-9, `not even at ${atMs}: ${step}`);
});

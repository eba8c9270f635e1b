/** The simulated line: late, uneven, standing still, and always in order. */

import assert from "node:assert/strict";
import test from "node:test";

import { LagSimulator, Way } from "../src/lag.js";
import { environmentOf } from "../src/environment.js";
import { VirtualTime } from "./virtual_time.js";

/** Sends one thing every so many milliseconds for so long; returns when each arrived. */
async function send(lag, { everyMs, forMs, during = () => {} }) {
  const time = new VirtualTime();
  const way = new Way(lag, environmentOf(time));
  const began = time.clock();
  const arrived = [];
  for (let sentMs = 0; sentMs < forMs; sentMs += everyMs) {
    during(sentMs);
    way.pass(() => arrived.push({ sentMs, atMs: time.clock() - began }));
    await time.pass(everyMs);
  }
  await time.pass(10_000);
  const sent = Array.from({ length: forMs / everyMs }, (_, at) => at * everyMs);
  assert.deepEqual(arrived.map(({ sentMs }) => sentMs), sent, "all, in order");
  return arrived;
}

test("without a simulator, and with one that is set to nothing, all arrives at once", async () => {
  for (const lag of [null, new LagSimulator()])
    for (const { sentMs, atMs } of await send(lag, { everyMs: 5, forMs: 100 })) assert.equal(atMs, sentMs);
});

test("delay and jitter are what was asked for", async () => {
  const arrived = await send(new LagSimulator({ delayMs: 75, jitterMs: 30 }), { everyMs: 100, forMs: 100_000 });
  const ways = arrived.map(({ sentMs, atMs }) => atMs - sentMs);
  assert.ok(Math.min(...ways) >= 45 && Math.min(...ways) < 46);
  assert.ok(Math.max(...ways) <= 105 && Math.max(...ways) > 104);
  assert.ok(Math.abs(ways.reduce((sum, way) => sum + way, 0) / ways.length - 75) < 2);
});

test("the same seed gives the same line, another seed another", async () => {
  const lag = { delayMs: 50, jitterMs: 40 };
  const of = async (seed) => JSON.stringify(await send(new LagSimulator({ ...lag, seed }), { everyMs: 10, forMs: 1000 }));
  assert.equal(await of(3), await of(3));
  assert.notEqual(await of(3), await of(4));
});

test("nothing overtakes, as on TCP: what waits behind a late one is late too", async () => {
  const arrived = await send(new LagSimulator({ delayMs: 60, jitterMs: 60 }), { everyMs: 1, forMs: 2000 });
  arrived.forEach(({ atMs }, at) => assert.ok(at === 0 || atMs >= arrived[at - 1].atMs));
  assert.ok(arrived.some(({ atMs }, at) => at > 0 && atMs === arrived[at - 1].atMs), "some came together");
});

test("in a standstill nothing comes through; then everything at once", async () => {
  const arrived = await send(new LagSimulator({ delayMs: 20, stallEveryMs: 1000, stallMs: 400 }), { everyMs: 10, forMs: 4000 });
  for (const { atMs } of arrived) assert.ok(atMs < 1000 || atMs % 1000 >= 400, `came at ${atMs}`);
  assert.equal(arrived.filter(({ atMs }) => atMs === 1400).length, 41);
  assert.equal(arrived.find(({ sentMs }) => sentMs === 500).atMs, 520, "it does not begin with one");
});

test("it is changed while things are under way: they still come, in order", async () => {
  const lag = new LagSimulator({ delayMs: 500 });
  const during = (sentMs) => {
    if (sentMs === 200) lag.set({ delayMs: 0 });
    if (sentMs === 1000) lag.set({ delayMs: 100 });
  };
  const arrived = await send(lag, { everyMs: 10, forMs: 2000, during });
  assert.equal(arrived.find(({ sentMs }) => sentMs === 190).atMs, 690);
  assert.equal(arrived.find(({ sentMs }) => sentMs === 200).atMs, 690, "behind it");
  assert.equal(arrived.find(({ sentMs }) => sentMs === 800).atMs, 800);
  assert.equal(arrived.find(({ sentMs }) => sentMs === 1500).atMs, 1600);
});

test("what is cut does not arrive", async () => {
  const time = new VirtualTime();
  const way = new Way(new LagSimulator({ delayMs: 50 }), environmentOf(time));
  const arrived = [];
  way.pass(() => arrived.push(1));
  way.cut();
  await time.pass(100);
  way.pass(() => arrived.push(2));
  await time.pass(100);
  assert.deepEqual(arrived, [2]);
  assert.equal(time.waiting, 0);
});

test("settings that are none are refused, and change nothing", () => {
  const lag = new LagSimulator({ delayMs: 5 });
  assert.throws(() => lag.set({ delayMs: 7, jitterMs: -1 }), /lag: jitterMs must be 0 or more, not -1/);
  assert.throws(() => lag.set({ stallMs: NaN }), RangeError);
  assert.deepEqual(lag.settings, { delayMs: 5, jitterMs: 0, stallEveryMs: 0, stallMs: 0, seed: 1 });
});

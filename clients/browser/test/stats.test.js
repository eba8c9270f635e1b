/** What a client counts. */

import assert from "node:assert/strict";
import test from "node:test";

import { Ring, Stats } from "../src/stats.js";
import { draw, joined } from "./pair.js";
import { VirtualTime } from "./virtual_time.js";

test("a ring keeps the newest", () => {
  const ring = new Ring(3);
  assert.deepEqual([...ring], []);
  assert.equal(ring.at(-1), NaN);
  for (const number of [1, 2, 3, 4, 5]) ring.push(number);
  assert.deepEqual([...ring], [3, 4, 5]);
  assert.deepEqual([ring.at(0), ring.at(-1), ring.at(3), ring.at(-4)], [3, 5, NaN, NaN]);
});

test("rates are those of the last two seconds", async () => {
  const time = new VirtualTime();
  const stats = new Stats(time.clock);
  for (let tick = 1; tick <= 100; tick++) {
    stats.heard(50);
    stats.snapshot({ tick, bytes: 50, tickMs: 50 }, time.clock());
    await time.pass(50);
  }
  assert.equal(stats.snapshotRate, 19.5);
  assert.equal(stats.bytesInPerSecond, 975);
  assert.equal(stats.bytesIn, 5000);
  await time.pass(3000);
  assert.equal(stats.snapshotRate, 0);
  assert.equal(stats.bytesInPerSecond, 0);
  assert.equal(stats.stalls, 0);
});

test("a stall is a snapshot that comes 250 ms late, and not one that was not due", () => {
  const stats = new Stats(() => 0);
  const at = (tick, nowMs) => stats.snapshot({ tick, bytes: 1, tickMs: 50 }, nowMs);
  at(1, 0);
  at(2, 250);
  assert.equal(stats.stalls, 0);
  at(3, 501);
  assert.equal(stats.stalls, 1);
  at(103, 5501); // every so many ticks, or on input only
  assert.equal(stats.stalls, 1);
  stats.beginLine();
  at(104, 9000);
  assert.equal(stats.stalls, 1, "that was a loss");
});

test("a client's figures", async () => {
  const { client, server, time } = await joined({ server: { wayMs: () => 20 }, withinMs: 1000 });
  client.sampler = () => ({ move: 1 });
  draw(client, time, 50);
  await time.pass(10_000);
  const { stats } = client;
  assert.ok(stats.pingMs >= 40 && stats.pingMs < 41, `${stats.pingMs}`);
  assert.equal(stats.snapshotRate, 20);
  assert.ok(Math.abs(stats.frames - 500) <= 1);
  assert.equal(stats.starvedFrames, 0);
  assert.ok(stats.delayMs >= 50 && stats.delayMs <= 200);
  assert.ok(stats.marginMs > 0 && stats.marginLowMs > 0);
  assert.equal(stats.series.bytes.length, client.stats.series.marginMs.length);
  assert.ok(stats.snapshotBytes > 20 && stats.series.bytes.at(-1) === stats.snapshotBytes);
  const [up, down] = [stats.bytesOut, stats.bytesIn];
  await time.pass(10_000);
  assert.ok(stats.bytesOut - up > 1500 && stats.bytesIn - down > 5000);
  server.silent = true;
  await time.pass(400);
  server.silent = false;
  await time.pass(400);
  assert.equal(stats.stalls, 0, "the ticks say that nothing was sent");
  assert.ok(stats.starvedFrames > 0);
});

test("a line that stood still is a stall", async () => {
  const { client, time } = await joined();
  client.lag.set({ delayMs: 10, stallEveryMs: 3000, stallMs: 400 });
  draw(client, time);
  await time.pass(10_000);
  assert.equal(client.stats.stalls, 3);
  assert.equal(client.state, "playing");
});

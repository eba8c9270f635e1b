import assert from "node:assert/strict";
import test from "node:test";

import { ViewDelay } from "../src/delay.js";
import { Ordered } from "../src/ordered.js";
import { Timeline, VIEW_TIME } from "../src/timeline.js";
import { LINKS, randomOf } from "./link_model.js";

/** [when, tick] of each snapshot on such a line. `outages`: [from, until] in which nothing comes through. */
function arrivals({ seed, ways: [least, most], tickRate, divisor = 1, ms, outages = [], fromMs = 0, slower = null }) {
  const random = randomOf(seed);
  const found = [];
  let lastMs = 0;
  for (let tick = divisor; (tick * 1000) / tickRate < ms; tick += divisor) {
    const sentMs = (tick * 1000) / tickRate;
    let atMs = sentMs + least + (most - least) * random();
    if (slower !== null && sentMs >= slower.fromMs) atMs += slower.byMs;
    for (const [from, until] of outages) if (atMs >= from && atMs < until) atMs = until;
    lastMs = Math.max(lastMs, atMs);
    found.push([fromMs + lastMs, tick]);
  }
  return found;
}

/** A page that draws 60 frames a second, not quite evenly. `frames`: {atMs, tick, starved, rate}. */
function draw(all, { tickRate, divisor = 1, seed = 1 }) {
  const random = randomOf(seed);
  const delay = new ViewDelay({ tickRate });
  const timeline = new Timeline({ tickRate, ...VIEW_TIME });
  const frames = [];
  let next = 0;
  let newest = 0;
  for (let atMs = all[0][0]; atMs < all.at(-1)[0]; atMs += (1000 / 60) * (0.8 + 0.4 * random())) {
    for (; next < all.length && all[next][0] <= atMs; next++) {
      newest = all[next][1];
      delay.arrived(newest, all[next][0], divisor);
    }
    const tick = timeline.advance(atMs, delay.targetTick(atMs));
    frames.push({ atMs, tick, newest, starved: tick > newest, rate: timeline.rate, delay: delay.delayTicks });
  }
  return { frames, delay, timeline };
}

const share = (frames) => (100 * frames.filter((frame) => frame.starved).length) / frames.length;

for (const [tickRate, divisor] of [[30, 1], [60, 1], [20, 1], [30, 2], [30, 4], [30, 8]])
  for (const name of ["LAN", "L(100, 10)", "L(150, 15)", "L(150, 30)"])
    test(`10 minutes at ${tickRate} Hz, every ${divisor}. tick: ${name}`, (context) => {
      const all = arrivals({ seed: 5, ...LINKS[name], tickRate, divisor, ms: 600_000 });
      const { frames, timeline } = draw(all, { tickRate, divisor });
      const most = Math.max(...frames.slice(120).map(({ delay }) => delay));
      context.diagnostic(`starved ${share(frames).toFixed(3)} %, delay at most ${most.toFixed(2)} ticks`);
      assert.ok(frames.length > 35_000);
      assert.ok(share(frames) < 0.1, `${share(frames)} % starved`);
      if (tickRate === 30) assert.ok(most <= 3 * divisor, `${most} ticks`);
      assert.ok(most <= Math.max(1.5 * divisor, 0.2 * tickRate));
      assert.ok(most >= 1.5 * divisor);
      assert.equal(timeline.snaps, 0);
      for (let at = 1; at < frames.length; at++) assert.ok(frames[at].tick >= frames[at - 1].tick);
    });

test("half an interval and nothing for lateness is too little there: the model can tell", () => {
  const all = arrivals({ seed: 5, ...LINKS["L(150, 30)"], tickRate: 30, ms: 60_000 });
  const first = Math.min(...all.map(([atMs, tick]) => atMs - (tick * 1000) / 30));
  let starved = 0;
  let next = 0;
  for (let atMs = 1000; atMs < 59_000; atMs += 1000 / 60) {
    while (all[next + 1][0] <= atMs) next++;
    if ((atMs - first) * 0.03 - 1.5 > all[next][1]) starved++;
  }
  assert.ok(starved > 50, `${starved}`);
});

test("a standstill of 400 ms: the time that is drawn goes on, and nothing is sized for it", () => {
  const all = arrivals({ seed: 2, ...LINKS["L(150, 30)"], tickRate: 30, ms: 20_000, outages: [[10_000, 10_400]] });
  const { frames, timeline } = draw(all, { tickRate: 30 });
  const before = frames.filter(({ atMs }) => atMs > 5000 && atMs < 10_000);
  const stalled = frames.filter(({ atMs, starved }) => starved && atMs >= 10_000 && atMs < 10_410);
  assert.ok(stalled.length > 15, "it was starved");
  assert.ok(Math.max(...stalled.map(({ tick, newest }) => tick - newest)) < 0.4 * 30);
  const after = frames.filter(({ atMs }) => atMs > 10_420);
  assert.ok(share(after) < 0.5, "at once there is a snapshot on either side again");
  for (const { rate } of [...stalled, ...after]) assert.ok(Math.abs(rate - 1) <= 0.05 + 1e-9);
  assert.ok(Math.max(...after.map(({ delay }) => delay)) <= Math.max(...before.map(({ delay }) => delay)) + 0.1);
  assert.equal(timeline.snaps, 0);
});

test("a line that becomes slower by 300 ms for good is another after a second", () => {
  const all = arrivals({ seed: 2, ways: [50, 60], tickRate: 30, ms: 20_000, slower: { fromMs: 10_000, byMs: 300 } });
  const { frames } = draw(all, { tickRate: 30 });
  const settled = frames.filter(({ atMs }) => atMs > 12_500);
  assert.ok(share(frames.filter(({ atMs }) => atMs > 10_100 && atMs < 11_000)) > 90, "until then it is held up");
  assert.equal(share(settled), 0);
  assert.ok(settled.every(({ delay }) => delay <= 2));
  for (let at = 1; at < frames.length; at++) assert.ok(frames[at].tick >= frames[at - 1].tick, "never backwards");
});

test("a line that becomes slower by 50 ms: the delay grows, and is short again when the old line is forgotten", () => {
  const all = arrivals({ seed: 2, ways: [50, 60], tickRate: 30, ms: 30_000, slower: { fromMs: 10_000, byMs: 50 } });
  const { frames } = draw(all, { tickRate: 30 });
  const at = (ms) => frames.find(({ atMs }) => atMs > ms);
  assert.ok(at(9_000).delay < 1.6);
  assert.ok(at(12_000).delay > 2.4);
  assert.ok(at(16_000).delay < 1.6);
  assert.equal(share(frames.filter(({ atMs }) => atMs > 13_000)), 0);
});

test("a drawn time that jumps: back from the background", () => {
  const all = arrivals({ seed: 2, ways: [50, 60], tickRate: 30, ms: 20_000 });
  const delay = new ViewDelay({ tickRate: 30 });
  const timeline = new Timeline({ tickRate: 30, ...VIEW_TIME });
  let last = 0;
  for (const [atMs, tick] of all) {
    delay.arrived(tick, atMs, 1);
    if (atMs < 5000 || atMs > 15_000) last = timeline.advance(atMs, delay.targetTick(atMs));
  }
  assert.equal(timeline.snaps, 0);
  assert.ok(Math.abs(last - delay.targetTick(all.at(-1)[0])) < 0.3);
});

test("nothing is shown before there is anything, nor after a reset", () => {
  const delay = new ViewDelay({ tickRate: 30 });
  assert.throws(() => delay.targetTick(5), /no snapshot/);
  assert.equal(delay.latenessMs, 0);
  delay.arrived(10, 1000, 1);
  assert.ok(delay.known);
  assert.equal(delay.targetTick(1000), 8);
  delay.reset();
  assert.ok(!delay.known);
  assert.equal(delay.latenessMs, 0);
});

test("Ordered is a sorted array", () => {
  const random = randomOf(9);
  const ordered = new Ordered();
  const plain = [];
  for (let step = 0; step < 2000; step++) {
    if (random() < 0.6 || plain.length === 0) {
      const number = Math.floor(50 * random());
      ordered.add(number);
      plain.push(number);
    } else {
      ordered.remove(plain.splice(Math.floor(plain.length * random()), 1)[0]);
    }
    const sorted = [...plain].sort((one, other) => one - other);
    assert.deepEqual(Array.from({ length: ordered.size }, (_, at) => ordered.at(at)), sorted);
  }
  ordered.clear();
  assert.equal(ordered.size, 0);
});

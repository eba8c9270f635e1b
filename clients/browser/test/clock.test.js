import assert from "node:assert/strict";
import test from "node:test";

import { SAMPLES, ServerClock } from "../src/clock.js";
import { Timeline } from "../src/timeline.js";
import { Agenda, LINKS, ping, randomOf, RoomModel } from "./link_model.js";

const pong = (sentAtMs, nowMs, tick, more = {}) => ({ sentAtMs, nowMs, tick, intoTickUs: 0, heldUs: 0, ...more });

test("nothing is known before the first sample", () => {
  const clock = new ServerClock(30);
  assert.ok(!clock.known && !clock.measured);
  assert.equal(clock.roundTripMs, 0);
  assert.throws(() => clock.tickAt(1), /not known yet/);
});

test("a snapshot is all there is to go by before the first PONG", () => {
  const clock = new ServerClock(30);
  clock.hint(1000, 60);
  assert.ok(clock.known && !clock.measured);
  assert.ok(Math.abs(clock.tickAt(1500) - 75) < 1e-9);
  clock.hint(1100, 61); // late: it took 67 ms longer
  assert.ok(Math.abs(clock.tickAt(1500) - 75) < 1e-9);
  clock.add(pong(1500, 1600, 90));
  assert.ok(clock.measured);
  clock.hint(2000, 1000);
  assert.ok(Math.abs(clock.tickAt(1600) - 91.5) < 1e-9, "a hint that cannot be says nothing");
});

test("a round trip is never negative, and is without the time that the PING was held", () => {
  const clock = new ServerClock(30);
  assert.equal(clock.add(pong(0, 100, 30, { heldUs: 30_000 })), 70);
  assert.equal(clock.roundTripMs, 70);
  assert.equal(clock.add(pong(1000, 1001, 60, { heldUs: 5_000_000 })), 0);
});

test("jitter: none on an even line, about the mean deviation on another", () => {
  const even = new ServerClock(30);
  for (let n = 0; n < 30; n++) even.add(pong(1000 * n, 1000 * n + 50, 30 * n));
  assert.ok(even.jitterMs < 1e-9);
  const uneven = new ServerClock(30);
  const random = randomOf(1);
  for (let n = 0; n < 100; n++) uneven.add(pong(1000 * n, 1000 * n + 100 + 60 * random(), 30 * n));
  assert.ok(uneven.jitterMs > 8 && uneven.jitterMs < 24, `${uneven.jitterMs}`);
});

/** The errors in ms of a client's clock on such a line: after 2 s, and ten times a second from 20 s to a minute. */
function errors(seed, link, tickRate = 30) {
  const agenda = new Agenda();
  const clock = new ServerClock(tickRate);
  const room = new RoomModel({
    agenda,
    random: randomOf(seed),
    link,
    tickRate,
    onSnapshot: (tick, _, nowMs) => clock.hint(nowMs, tick),
    onPong: (each) => clock.add(each),
  });
  ping(room, agenda);
  const error = (nowMs) => Math.abs(clock.tickAt(nowMs) - room.trueTickAt(nowMs)) * room.tickMs;
  agenda.run(2000);
  const soon = error(2000);
  const later = [];
  for (let nowMs = 20_000; nowMs <= 60_000; nowMs += 100) {
    agenda.run(nowMs);
    later.push(error(nowMs));
  }
  return { soon, later };
}

for (const [name, link] of Object.entries(LINKS))
  test(`right within 10 ms after 2 s, and stays so: ${name}`, (context) => {
    const found = Array.from({ length: 40 }, (_, seed) => errors(seed + 1, link));
    for (const [when, all] of [["after 2 s", found.map((each) => each.soon)], ["later", found.flatMap((each) => each.later)]]) {
      all.sort((one, other) => one - other);
      const [most, worst] = [all[Math.floor(all.length * 0.95)], all[all.length - 1]];
      assert.ok(most < 10, `${when}: 95 % within ${most.toFixed(1)} ms`);
      assert.ok(worst < 15, `${when}: the worst is ${worst.toFixed(1)} ms`);
      context.diagnostic(`${when}: 95 % within ${most.toFixed(1)} ms, worst ${worst.toFixed(1)} ms`);
    }
  });

test("retransmissions on one side do not pull it away", () => {
  const random = randomOf(3);
  const clock = new ServerClock(30);
  let nowMs = 0;
  for (let n = 0; n < 2 * SAMPLES; n++) {
    const came = nowMs + 50 + 2 * random();
    const back = came + (random() < 0.5 ? 250 + 350 * random() : 50 + 2 * random());
    clock.add(pong(nowMs, back, (came * 30) / 1000));
    nowMs = back + 100;
  }
  assert.ok(Math.abs(clock.tickAt(nowMs) - (nowMs * 30) / 1000) < 0.3);
});

test("an asymmetric line: the error is half of the asymmetry", () => {
  const clock = new ServerClock(30);
  for (let n = 0; n < 20; n++) clock.add(pong(1000 * n, 1000 * n + 100, ((1000 * n + 80) * 30) / 1000));
  assert.ok(Math.abs(clock.tickAt(30_000) - 900 - (30 * 30) / 1000) < 1e-6);
});

test("a clock that has stood still is believed again at the next PONG", () => {
  const clock = new ServerClock(30);
  for (let n = 0; n < 20; n++) clock.add(pong(1000 * n, 1000 * n + 50, ((1000 * n + 25) * 30) / 1000));
  clock.add(pong(30_000, 30_050, ((35_025) * 30) / 1000)); // the local clock stood for 5 s
  assert.ok(Math.abs(clock.tickAt(31_000) - 36 * 30) < 0.01);
});

test("reset forgets", () => {
  const clock = new ServerClock(30);
  clock.add(pong(0, 100, 30));
  clock.reset();
  assert.ok(!clock.known);
  assert.equal(clock.roundTripMs, 0);
  assert.equal(clock.jitterMs, 0);
});

test("a timeline that follows it slews by 5 % at most and never goes backwards", () => {
  for (let seed = 1; seed <= 10; seed++) {
    const agenda = new Agenda();
    const clock = new ServerClock(30);
    const timeline = new Timeline({ tickRate: 30 });
    const room = new RoomModel({
      agenda,
      random: randomOf(seed),
      link: LINKS["L(150, 30)"],
      tickRate: 30,
      onSnapshot: (tick, _, nowMs) => clock.hint(nowMs, tick),
      onPong: (each) => clock.add(each),
    });
    ping(room, agenda);
    agenda.run(2000);
    let last = timeline.advance(2000, clock.tickAt(2000));
    for (let nowMs = 2016; nowMs < 60_000; nowMs += 16) {
      agenda.run(nowMs);
      const tick = timeline.advance(nowMs, clock.tickAt(nowMs));
      const rate = (tick - last) / (0.016 * 30);
      assert.ok(rate >= 0.95 - 1e-9 && rate <= 1.05 + 1e-9, `rate ${rate}`);
      last = tick;
    }
    assert.equal(timeline.snaps, 0);
    assert.ok(Math.abs(last - room.trueTickAt(59_992)) < 0.6);
  }
});

/** A thousand lines are cut, each anywhere: no event is lost or doubled, every call is carried out once, nobody loses his seat. */

import assert from "node:assert/strict";
import test from "node:test";

import { Client } from "../src/index.js";
import { FakeServer } from "./fake_server.js";
import { clientOf, draw, outcome } from "./pair.js";
import { VirtualTime, seeded } from "./virtual_time.js";

const RUNS = 50;
const CUTS = 20;

/** One player's evening on a bad line. */
async function evening(seed) {
  const dice = seeded(seed);
  const between = (low, high) => low + dice() * (high - low);
  const time = new VirtualTime();
  const server = new FakeServer(time, { wayMs: () => between(1, 60) });
  const seat = { saved: null, load: () => seat.saved, save: (saved) => (seat.saved = saved), clear: () => (seat.saved = null) };
  const { client, of } = clientOf(server, { random: dice, memory: seat });
  client.sampler = () => ({ move: 1, jump: dice() < 0.5 });
  client.connect().catch(() => {});
  await time.pass(1000);
  draw(client, time, 20);
  const calls = [];
  let beeps = 0;
  let inHandshake = 0;
  let hurried = false;
  for (let cuts = 0; cuts < CUTS; ) {
    const steps = hurried ? 0 : Math.floor(between(1, 12));
    for (let step = 0; step < steps; step++) {
      for (let many = Math.floor(between(0, 3)); many > 0; many--) server.beep(++beeps);
      if (dice() < 0.7) calls.push(outcome(client.call("add", calls.length, 0)));
      await time.pass(between(0, 80));
    }
    if (!server.line.socket.isCut && server.line.open) {
      cuts++;
      if (server.line.state !== "playing") inHandshake++;
      server.line.socket.cut({ clientMs: between(0, 300), serverMs: between(0, 900) });
    }
    if (dice() < 0.2) {
      server.reachable = false;
      server.beep(++beeps);
      await time.pass(between(0, 1500));
      server.reachable = true;
    }
    hurried = dice() < 0.4;
    if (hurried) {
      for (const count = server.lines.length; server.lines.length === count; ) await time.pass(20);
      await time.pass(between(0, 200)); // between any two messages of the handshake
    } else await time.pass(between(0, 3000));
  }
  await time.pass(10_000);
  return { client, server, seat, of, calls, beeps, inHandshake };
}

test(`${RUNS * CUTS} cuts against a model`, async () => {
  let lines = 0;
  let inHandshakes = 0;
  for (let seed = 1; seed <= RUNS; seed++) {
    const { client, server, seat, of, calls, beeps, inHandshake } = await evening(seed);
    const where = `seed ${seed}`;
    assert.ok(client instanceof Client);
    assert.equal(client.state, "playing", where);
    assert.deepEqual(server.faults, [], where);
    assert.equal(client.session, 1, `${where}: never joined anew`);
    assert.equal(server.sessions.length, 1, where);
    const all = Array.from({ length: beeps }, (_, at) => at + 1);
    assert.deepEqual(of("event").map(({ values }) => values.number), all, `${where}: events`);
    assert.deepEqual(of("event").map(({ sequence }) => sequence), all, `${where}: sequence`);
    assert.deepEqual(of("shown").map(({ values }) => values.number), all, `${where}: shown`);
    assert.deepEqual(calls.map(({ value, error }) => error ?? value), [...calls.keys()], `${where}: answers`);
    const asked = [...calls.keys()].map((number) => ["add", [number, 0]]);
    assert.deepEqual(server.sessions[0].carriedOut, asked, `${where}: carried out`);
    assert.equal(server.sessions[0].tokens.length, 1, `${where}: one token opens the seat`);
    assert.equal(seat.saved.token, server.sessions[0].tokens[0], `${where}: and that is the one in memory`);
    const ticks = of("input").map(({ tick }) => tick);
    assert.ok(ticks.every((tick, at) => at === 0 || tick > ticks[at - 1]), `${where}: ticks of inputs grow`);
    lines += server.lines.length;
    inHandshakes += inHandshake;
  }
  assert.ok(lines > RUNS * CUTS, `${lines} lines`);

  assert.ok(inHandshakes > RUNS * CUTS / 10, `${inHandshakes} of them were cut before their match was on`);
});

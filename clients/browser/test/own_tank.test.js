/** The own tank: at once where the keys send it, and without a jump where the server says that it is. */

import assert from "node:assert/strict";
import test from "node:test";

import { OwnTank } from "../arena/own_tank.js";
import { ArenaClient, TICK_RATE, groundOf } from "./arena_client.js";

const GROUND = groundOf("field");
const TICK_MS = 1000 / TICK_RATE;
/** On the longest straight road of the field. */
const [X, Y] = [900, 336];
const EAST = Object.freeze({ bearing: 0, throttle: 2, aim: 0, fire: 0, weapon: 0 });
const REST = Object.freeze({ bearing: 0, throttle: 0, aim: 0, fire: 0, weapon: 0 });

/** A tank at rest in the middle of the map, seen in tick 100, and 6 ticks of inputs ahead of that. */
function standing() {
  const client = new ArenaClient();
  const tank = new OwnTank(client, GROUND);
  client.putOwn(50, { x: X, y: Y });
  client.snapshot(100);
  for (let tick = 101; tick <= 106; tick++) client.input(tick, REST);
  return { client, tank };
}

/** @param {import("../arena/own_tank.js").OwnTank} tank @param {number} nowMs @param {number} inputTick @param {any} [live] */
function drawn(tank, nowMs, inputTick, live) {
  const place = tank.drawn(nowMs, inputTick, live);
  assert.ok(place !== null);
  return place;
}

test("nothing is in the way there", () => {
  for (let x = X - 60; x <= X + 180; x += 4) assert.equal(GROUND.blocked(x, Y, 24), false, String(x));
});

test("nothing to draw before the first snapshot, for spectators, of a wreck, of others", () => {
  const client = new ArenaClient();
  const tank = new OwnTank(client, GROUND);
  assert.equal(tank.exists, false);
  assert.equal(tank.drawn(0, 100), null);
  client.put("Tank", 51, { x: X, y: Y, heading: 0, health: 100, owner: 8, fast_until: 0 });
  client.snapshot(100);
  assert.equal(tank.exists, false);
  client.putOwn(50, { x: X, y: Y, health: 0 });
  client.snapshot(101);
  assert.equal(tank.exists, false);
  client.putOwn(50, { x: X, y: Y });
  client.snapshot(102);
  assert.deepEqual([tank.exists, tank.id, tank.tick], [true, 50, 102]);
  client.player = 0;
  client.putOwn(50, { x: X, y: Y });
  client.snapshot(103);
  assert.equal(tank.exists, false);
});

test("a key shows on the next frame, before its input is sent", () => {
  const { tank } = standing();
  assert.deepEqual(drawn(tank, 0, 106.25, REST), { x: X, y: Y, heading: 0, speed: 0 });
  const moved = drawn(tank, 1, 106.5, EAST);
  assert.ok(moved.x > X && moved.speed > 0, JSON.stringify(moved));
});

test("when the tick's input is sent the tank is just where it was drawn, and it goes on evenly", () => {
  const { client, tank } = standing();
  let last = drawn(tank, 0, 106, EAST);
  let step = 0;
  for (let frame = 1; frame <= 40; frame++) {
    const inputTick = 106 + frame / 4;
    if (frame % 4 === 0) {
      const before = drawn(tank, frame, inputTick, EAST);
      client.input(inputTick, EAST);
      assert.deepEqual(drawn(tank, frame, inputTick, EAST), before);
    }
    const now = drawn(tank, frame, inputTick, EAST);
    const change = now.x - last.x - step;
    assert.ok(change > -1e-9 && change < 0.2, `frame ${frame}: ${change}`);
    [step, last] = [now.x - last.x, now];
  }
  assert.equal(last.speed, 4.5);
});

test("turning is drawn the short way round", () => {
  const client = new ArenaClient();
  const tank = new OwnTank(client, GROUND);
  client.putOwn(50, { x: X, y: Y, heading: 250 });
  client.snapshot(100);
  client.input(101, { bearing: 10, throttle: 2 });
  assert.equal(drawn(tank, 0, 101.5, { ...EAST, bearing: 10 }).heading, 7);
  assert.equal(drawn(tank, 0, 101, { ...EAST, bearing: 10 }).heading, 4);
  assert.equal(drawn(tank, 0, 100.5, { ...EAST, bearing: 10 }).heading, 255);
});

test("a late frame does not run past the tick under way, and one before the newest tick is between older ones", () => {
  const { client, tank } = standing();
  client.input(107, EAST);
  client.input(108, EAST);
  const atTick = drawn(tank, 0, 108, EAST).x;
  assert.equal(drawn(tank, 0, 110.5, EAST).x, drawn(tank, 0, 109, EAST).x);
  const half = drawn(tank, 0, 107.5, EAST).x;
  const whole = drawn(tank, 0, 107, EAST).x;
  assert.ok(whole < half && half < atTick, `${whole} ${half} ${atTick}`);
  // Beyond what is remembered it is drawn where it is.
  assert.equal(drawn(tank, 0, 2, EAST).x, atTick);
});

test("the server knows better: what is drawn stays, and glides over in 300 ms without going past", () => {
  const { client, tank } = standing();
  let nowMs = 1000;
  assert.equal(drawn(tank, nowMs, 106, REST).x, X);
  client.putOwn(50, { x: X + 24, y: Y });
  client.snapshot(101);
  assert.deepEqual([tank.compared, tank.mispredicted, tank.replayed], [1, 1, 5]);
  let last = drawn(tank, nowMs, 106, REST).x;
  assert.equal(last, X);
  for (; nowMs <= 1300; nowMs += 5) {
    const { x } = drawn(tank, nowMs, 106, REST);
    assert.ok(x >= last && x <= X + 24);
    last = x;
  }
  assert.ok(X + 24 - last <= 0.02 * 24, String(X + 24 - last));
});

test("a wrong heading glides too, the short way", () => {
  const { client, tank } = standing();
  drawn(tank, 1000, 106, REST);
  client.putOwn(50, { x: X, y: Y, heading: 246 });
  client.snapshot(101);
  assert.equal(drawn(tank, 1000, 106, REST).heading, 0);
  assert.equal(drawn(tank, 1050, 106, REST).heading, 251);
  assert.ok(Math.abs(drawn(tank, 1300, 106, REST).heading - 246) < 0.2);
});

test("a correction while driving and between two ticks leaves no step in what is drawn", () => {
  const { client, tank } = standing();
  for (let tick = 107; tick <= 112; tick++) client.input(tick, EAST);
  const before = drawn(tank, 1000, 112.6, EAST);
  client.putOwn(50, { x: X, y: Y + 8, heading: 0 });
  client.snapshot(106);
  const after = drawn(tank, 1000, 112.6, EAST);
  assert.ok(Math.abs(after.x - before.x) < 1e-9 && Math.abs(after.y - before.y) < 1e-9, JSON.stringify([before, after]));
  assert.equal(tank.mispredicted, 1);
  assert.ok(drawn(tank, 1400, 112.6, EAST).y > Y + 7.9);
});

test("another place is another place: more than four body widths are not glided over", () => {
  const { client, tank } = standing();
  drawn(tank, 1000, 106, REST);
  client.putOwn(50, { x: X + 97, y: Y });
  client.snapshot(101);
  assert.equal(drawn(tank, 1000, 106, REST).x, X + 97);
});

test("a new tank begins where it comes, with the inputs that it had already", () => {
  const { client, tank } = standing();
  drawn(tank, 1000, 106, REST);
  client.entities.get(50).values.health = 0;
  client.snapshot(101);
  assert.equal(tank.drawn(1000, 106, REST), null);
  for (let tick = 107; tick <= 112; tick++) client.input(tick, EAST);
  client.entities.delete(50);
  client.putOwn(60, { x: X + 40, y: Y });
  client.snapshot(109);
  assert.deepEqual([tank.exists, tank.id, tank.tick, tank.mispredicted], [true, 60, 112, 0]);
  // Three ticks of going off: 0.75, 1.5, 2.25.
  assert.equal(drawn(tank, 1000, 112, EAST).x, X + 40 + 4.5);
});

test("one that comes in place of another at once is not glided to either", () => {
  const { client, tank } = standing();
  drawn(tank, 1000, 106, REST);
  client.entities.delete(50);
  client.putOwn(60, { x: X + 40, y: Y });
  client.snapshot(101);
  assert.deepEqual([drawn(tank, 1000, 106, REST).x, tank.mispredicted], [X + 40, 0]);
});

test("another session, or another process: nothing of the old one is left", () => {
  for (const begin of [(/** @type {ArenaClient} */ client) => client.session(), () => {}]) {
    const { client, tank } = standing();
    drawn(tank, 1000, 106, REST);
    begin(client);
    client.putOwn(50, { x: X + 40, y: Y });
    client.snapshot(3);
    assert.deepEqual([tank.tick, drawn(tank, 1000, 3, REST).x, tank.mispredicted], [3, X + 40, 0]);
    client.input(4, EAST);
    assert.equal(drawn(tank, 1000, 4, EAST).x, X + 40.75);
  }
});

test("what the server does alone is no wrong prediction: a pickup is taken when it is reached", () => {
  const { client, tank } = standing();
  client.put("Pickup", 70, { x: X + 60, y: Y, kind: 2 });
  client.put("Pickup", 71, { x: X + 25, y: Y, kind: 0 });
  client.snapshot(101);
  for (let tick = 107; tick <= 125; tick++) client.input(tick, EAST);
  assert.equal(tank.predicted.speed, 6.75);
  assert.ok(tank.fastUntil > 107 + 180 && tank.fastUntil <= 125 + 180, String(tank.fastUntil));
});

test("other tanks are not driven through", () => {
  const { client, tank } = standing();
  client.put("Tank", 51, { x: X + 30, y: Y, heading: 0, health: 100, owner: 8, fast_until: 0 });
  client.put("Tank", 52, { x: X - 30, y: Y, heading: 0, health: 0, owner: 9, fast_until: 0 });
  client.snapshot(101);
  for (let tick = 107; tick <= 120; tick++) client.input(tick, EAST);
  assert.ok(tank.predicted.x < X + 12, String(tank.predicted.x));
  // A wreck is in nobody's way.
  for (let tick = 121; tick <= 140; tick++) client.input(tick, { bearing: 128, throttle: 2 });
  assert.ok(tank.predicted.x < X - 40, String(tank.predicted.x));
});

test("a forced error shows at once and is gone after 300 ms", () => {
  const { tank } = standing();
  drawn(tank, 1000, 106, REST);
  tank.forceError(0, -24);
  assert.equal(drawn(tank, 1000, 106, REST).y, Y - 24);
  const left = Y - drawn(tank, 1300, 106, REST).y;
  assert.ok(left > 0 && left <= 0.02 * 24, String(left));
  assert.equal(tank.mispredicted, 0);
});

test("dispose: it listens no longer", () => {
  const { client, tank } = standing();
  assert.equal(client.listening, 3);
  tank.dispose();
  assert.equal(client.listening, 0);
});

test("what follows it is told after it has moved", () => {
  const client = new ArenaClient();
  const tank = new OwnTank(client, GROUND);
  /** @type {any[]} */
  const told = [];
  tank.follow({
    predicted: (tick, { aim }) => told.push(["predicted", tick, aim, tank.tick]),
    seen: (tick, own, anew) => told.push(["seen", tick, own?.id ?? null, anew, tank.exists]),
    forgotten: () => told.push(["forgotten", tank.exists]),
  });
  client.snapshot(99);
  client.putOwn(50, { x: X, y: Y });
  client.snapshot(100);
  client.input(101, { aim: 5 });
  client.snapshot(101);
  client.session();
  assert.deepEqual(told, [
    ["seen", 99, null, false, false],
    ["seen", 100, 50, true, true],
    ["predicted", 101, 5, 101],
    ["seen", 101, 50, false, true],
    ["forgotten", false],
  ]);
});

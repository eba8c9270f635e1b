/** The own shots: on the screen when they are fired, then handed over to the server's shells without a jump. */

import assert from "node:assert/strict";
import test from "node:test";

import { shellVelocity } from "../arena/motion.js";
import { OwnShots } from "../arena/own_shots.js";
import { OwnTank } from "../arena/own_tank.js";
import { COOLDOWN_TICKS, MINE, RAIL, SHELL, SPREAD, stepGun } from "../arena/weapons.js";
import { ArenaClient, groundOf } from "./arena_client.js";

const GROUND = groundOf("field");
/** On the longest straight road of the field. */
const [X, Y] = [900, 336];
/** Ticks from what is on the screen to what is being sent: as far as the server starts a shell ahead. */
const DELAY = 7;

/** A match in tick 100: our tank stands and looks along the road, what is sent is 6 ticks ahead. */
function standing() {
  const client = new ArenaClient();
  const tank = new OwnTank(client, GROUND);
  /** @type {any[]} */
  const fired = [];
  const shots = new OwnShots(tank, { onFire: (it) => fired.push(it) });
  client.put("Match", 0, { phase: 1 });
  client.putOwn(50, { x: X, y: Y });
  client.snapshot(100);
  for (let tick = 101; tick <= 105; tick++) client.input(tick, {});
  return { client, shots, fired };
}

/**
 * The server has fired in this tick, and its snapshot comes with the shell so many ticks ahead.
 *
 * @param {ArenaClient} client
 * @param {number} tick
 * @param {{ahead?: number, aim?: number, id?: number, weapon?: number}} [how]
 */
function answer(client, tick, { ahead = DELAY, aim = 0, id = 80, weapon = SHELL } = {}) {
  client.putOwn(50, { x: X, y: Y, ammo: 4, ready_tick: tick + COOLDOWN_TICKS[weapon], reload_tick: tick + 18 });
  const [stepX, stepY] = shellVelocity(aim);
  const heading = ((((aim + 2) >> 2) & 255) / 256) * 2 * Math.PI;
  client.put("Shell", id, { x: X + (2 + ahead) * stepX, y: Y + (2 + ahead) * stepY, heading, weapon, owner: client.player });
}

/**
 * What is on the screen at a view's tick, if the shells fly since the tick of their launch.
 *
 * @param {ArenaClient} client
 * @param {number} viewTick
 * @param {number} launched
 */
function pictureAt(client, viewTick, launched) {
  const moved = (/** @type {any} */ { id, kind, values }) => {
    if (kind !== "Shell") return { id, kind, values };
    const [stepX, stepY] = shellVelocity(Math.round((values.heading / (2 * Math.PI)) * 1024));
    const flown = viewTick - launched;
    return { id, kind, values: { ...values, x: values.x + stepX * flown, y: values.y + stepY * flown } };
  };
  const entities = [...client.entities.values()].filter(({ kind }) => kind !== "Shell" || viewTick >= launched).map(moved);
  return {
    get: (/** @type {number} */ id) => entities.find((each) => each.id === id),
    all: (/** @type {string} */ kind) => entities.filter((each) => each.kind === kind),
  };
}

test("a shell is at the muzzle when its input is sent, and flies on the predicted timeline", () => {
  const { client, shots, fired } = standing();
  client.input(106, { fire: 1 });
  assert.deepEqual(fired, [{ tick: 106, weapon: SHELL, aim: 0, x: X, y: Y }]);
  const picture = pictureAt(client, 99, 106);
  assert.deepEqual(shots.drawn(99, 106, picture), [{ x: X + 15, y: Y, heading: 0, weapon: SHELL }]);
  assert.deepEqual(shots.drawn(99.5, 106.5, picture), [{ x: X + 15 + 3.75, y: Y, heading: 0, weapon: SHELL }]);
  assert.deepEqual(shots.loaded?.slice(0, 3), [4, 114, 124]);
});

test("the server's shell takes over just where the ghost is, and it is drawn once", () => {
  const { client, shots } = standing();
  client.input(106, { fire: 1 });
  let last = X + 15 - 7.5 / 4;
  for (let frame = 0; frame < 60; frame++) {
    const inputTick = 106 + frame / 4;
    const viewTick = inputTick - DELAY;
    if (frame === 20) {
      answer(client, 106);
      client.snapshot(106);
    }
    const picture = pictureAt(client, viewTick, 106);
    const own = shots.drawn(viewTick, inputTick, picture);
    const others = picture.all("Shell").filter(({ id }) => !shots.replaces(id));
    const all = [...own, ...others.map(({ values }) => values)];
    assert.equal(all.length, 1, `frame ${frame}`);
    assert.ok(Math.abs(all[0].x - last - 7.5 / 4) < 1e-9, `frame ${frame}: ${all[0].x} after ${last}`);
    last = all[0].x;
    if (viewTick > 107) assert.equal(own.length, 0);
  }
});

test("a server's shell that is not as far is caught up with in flight: never back, never a jump", () => {
  for (const ahead of [DELAY - 2.5, DELAY + 1.5]) {
    const { client, shots } = standing();
    client.input(106, { fire: 1 });
    answer(client, 106, { ahead });
    client.snapshot(106);
    let last = X + 15 - 7.5 / 4;
    let handed = 0;
    for (let frame = 0; frame < 100; frame++) {
      const inputTick = 106 + frame / 4;
      const viewTick = inputTick - DELAY;
      const picture = pictureAt(client, viewTick, 106);
      const own = shots.drawn(viewTick, inputTick, picture);
      const others = picture.all("Shell").filter(({ id }) => !shots.replaces(id));
      handed += own.length === 0 ? 1 : 0;
      const [{ x }] = [...own, ...others.map(({ values }) => values)];
      const step = (x - last) / (7.5 / 4);
      assert.ok(step > 0.7 && step < 1.3, `frame ${frame}: ${step} of the usual way`);
      last = x;
    }
    assert.ok(handed > 20, "in the end it is a shell like any other");
  }
});

test("on a line that is longer than the server makes up for the ghost is slower, and there is no jump either", () => {
  const { client, shots } = standing();
  const delay = 12;
  client.input(106, { fire: 1 });
  answer(client, 106, { ahead: DELAY });
  client.snapshot(106);
  let last = X + 15;
  for (let frame = 0; frame < 100; frame++) {
    const inputTick = 106 + frame / 4;
    const viewTick = inputTick - delay;
    const picture = pictureAt(client, viewTick, 106);
    const own = shots.drawn(viewTick, inputTick, picture);
    const others = picture.all("Shell").filter(({ id }) => !shots.replaces(id));
    const [{ x }] = [...own, ...others.map(({ values }) => values)];
    const step = (x - last) / (7.5 / 4);
    if (frame > 0) assert.ok(Math.abs(step - (viewTick > 106 ? 1 : DELAY / delay)) < 1e-9, `frame ${frame}: ${step}`);
    last = x;
  }
});

test("a shell that the view holds at its end stands, while its lead is lost", () => {
  const { client, shots } = standing();
  client.input(106, { fire: 1 });
  answer(client, 106, { ahead: DELAY - 3 });
  client.snapshot(106);
  shots.drawn(99, 106, pictureAt(client, 99, 106));
  let last = 0;
  for (let inputTick = 112; inputTick < 120; inputTick += 0.5) {
    const viewTick = inputTick - DELAY;
    const [shot] = shots.drawn(viewTick, inputTick, pictureAt(client, Math.min(viewTick, 107), 106));
    if (shot === undefined) break;
    assert.ok(shot.x >= last, `${shot.x} after ${last}`);
    last = shot.x;
  }
  assert.ok(last > X + 15 + 7.5 * 7);
});

test("a shot that the server did not make vanishes, as soon as that is known", () => {
  const { client, shots } = standing();
  client.input(106, { fire: 1 });
  client.snapshot(105);
  assert.equal(shots.drawn(100, 108, pictureAt(client, 100, 106)).length, 1);
  client.snapshot(108);
  assert.equal(shots.drawn(100, 108, pictureAt(client, 100, 106)).length, 1, "an input may come late");
  client.snapshot(109);
  assert.equal(shots.drawn(101, 109, pictureAt(client, 101, 106)).length, 0);
  assert.deepEqual(shots.loaded?.[0], 5);
});

test("one that is not fired after all, because the last one came later than was thought, vanishes too", () => {
  const { client, shots, fired } = standing();
  client.input(106, { fire: 1 });
  for (let tick = 107; tick <= 114; tick++) client.input(tick, { fire: 1 });
  assert.deepEqual(fired.map(({ tick }) => tick), [106, 114]);
  // The server fired the first one a tick later, so it is not ready in 114.
  answer(client, 107);
  client.snapshot(107);
  assert.equal(shots.drawn(99, 114, pictureAt(client, 99, 107)).length, 1);
});

test("shells that ended at once are shown as far as they would have come, and no longer than their view", () => {
  const { client, shots } = standing();
  client.input(106, { fire: 1 });
  answer(client, 106);
  client.entities.delete(80);
  client.snapshot(106);
  assert.equal(shots.drawn(102, 110, pictureAt(client, 102, 106)).length, 1);
  assert.equal(shots.drawn(109.5, 117.5, pictureAt(client, 109.5, 106)).length, 0);
});

test("a ghost does not outlive 500 ms, however long the line", () => {
  const { client, shots } = standing();
  client.input(106, { fire: 1 });
  assert.equal(shots.drawn(99, 120.9, pictureAt(client, 99, 106)).length, 1);
  answer(client, 106);
  client.snapshot(106);
  assert.equal(shots.drawn(99, 120.9, pictureAt(client, 99, 106)).length, 1);
  assert.equal(shots.drawn(99, 121.1, pictureAt(client, 99, 106)).length, 0);
  // The server's shell is drawn when its time has come, at its place or not far ahead.
  assert.equal(shots.drawn(107, 123, pictureAt(client, 107, 106)).length, 1);
});

test("nor does one that the server has not answered", () => {
  const { client, shots } = standing();
  client.input(106, { fire: 1 });
  assert.equal(shots.drawn(99, 121.1, pictureAt(client, 99, 106)).length, 0);
  assert.equal(shots.drawn(99, 108, pictureAt(client, 99, 106)).length, 0);
});

test("a wall stops it, and before the barrel none is seen at all", () => {
  const up = 768;
  let wall = Y;
  while (!GROUND.blocked(X, wall - 1, 12)) wall -= 1;
  for (const [away, some] of /** @type {[number, boolean][]} */ ([[50, true], [0, false]])) {
    const { client, shots, fired } = standing();
    client.putOwn(50, { x: X, y: wall + away });
    client.snapshot(101);
    client.input(106, { fire: 1, aim: up });
    assert.equal(fired.length, 1);
    const seen = [];
    for (let inputTick = 106; inputTick < 121; inputTick += 0.25)
      for (const { x, y } of shots.drawn(99, inputTick, pictureAt(client, 99, 106))) seen.push([x, y]);
    assert.equal(seen.length > 4, some);
    for (const [x, y] of seen) assert.equal(GROUND.blocked(x, y, 0), false, `${x}, ${y}`);
    if (some) assert.ok(Math.min(...seen.map(([, y]) => y)) < wall, "up to the wall, nearer than a tank comes");
  }
});

test("it ends on a tank that is drawn in its way, but for wrecks and mates", () => {
  /** @type {[Record<string, any>, number, boolean][]} */
  const cases = [
    [{ owner: 8, health: 100, team: 0 }, 0, true],
    [{ owner: 8, health: 100, team: 2 }, 1, true],
    [{ owner: 8, health: 100, team: 1 }, 1, false],
    [{ owner: 8, health: 0, team: 0 }, 0, false],
    [{ owner: 8, health: 100, team: 0, y: Y + 15 }, 0, false],
  ];
  for (const [other, team, ends] of cases) {
    const { client, shots } = standing();
    client.putOwn(50, { x: X, y: Y, team });
    client.put("Tank", 51, { x: X + 60, y: Y, heading: 0, fast_until: 0, ...other });
    client.input(106, { fire: 1 });
    let farthest = 0;
    for (let inputTick = 106; inputTick < 116; inputTick += 0.4)
      for (const { x } of shots.drawn(99, inputTick, pictureAt(client, 99, 106))) farthest = Math.max(farthest, x);
    assert.equal(farthest < X + 60, ends, JSON.stringify(other));
  }
});

test("five pellets, each matched to its own shell, in whatever order they come", () => {
  const { client, shots, fired } = standing();
  client.input(106, { fire: 1, weapon: SPREAD, aim: 100 });
  assert.equal(shots.drawn(99, 106, pictureAt(client, 99, 106)).length, 5);
  assert.deepEqual(fired, [{ tick: 106, weapon: SPREAD, aim: 100, x: X, y: Y }]);
  const aims = [140, 60, 100, 80, 120];
  aims.forEach((aim, index) => answer(client, 106, { aim, id: 80 + index, weapon: SPREAD }));
  client.snapshot(106);
  for (let index = 0; index < 5; index++) assert.ok(shots.replaces(80 + index), String(index));
  assert.equal(shots.drawn(100, 108, pictureAt(client, 100, 106)).length, 5);
});

test("somebody else's shells, and those from before, are nobody's ghosts", () => {
  const { client, shots } = standing();
  client.put("Shell", 90, { x: X, y: Y, heading: 0, weapon: SHELL, owner: 8 });
  client.input(106, { fire: 1 });
  client.snapshot(106);
  assert.equal(shots.replaces(90), false);

  const late = new ArenaClient();
  const tank = new OwnTank(late, GROUND);
  const again = new OwnShots(tank);
  late.putOwn(50, { x: X, y: Y });
  late.put("Shell", 91, { x: X, y: Y, heading: 0, weapon: SHELL, owner: late.player });
  late.snapshot(100);
  late.input(101, { fire: 1 });
  late.snapshot(101);
  assert.equal(again.replaces(91), false);
});

test("mines and rails are told when they are fired, and fly nowhere", () => {
  for (const weapon of [MINE, RAIL]) {
    const { client, shots, fired } = standing();
    client.input(106, { fire: 1, weapon, aim: 512 });
    assert.deepEqual(fired, [{ tick: 106, weapon, aim: 512, x: X, y: Y }]);
    assert.deepEqual(shots.drawn(99, 106, pictureAt(client, 99, 106)), []);
    for (let tick = 107; tick < 200; tick++) client.input(tick, { fire: 1, weapon });
    assert.equal(fired.length, 1, "there was one of them");
  }
});

test("nobody fires when the round is over, without a tank, or as a wreck", () => {
  const { client, shots, fired } = standing();
  client.put("Match", 0, { phase: 2 });
  client.snapshot(101);
  client.input(106, { fire: 1 });
  client.put("Match", 0, { phase: 1 });
  client.entities.get(50).values.health = 0;
  client.snapshot(102);
  client.input(107, { fire: 1 });
  assert.deepEqual([fired, shots.loaded], [[], null]);
});

test("with the tank its shots go that the server did not make, and with the world all", () => {
  const { client, shots } = standing();
  client.input(106, { fire: 1 });
  client.entities.delete(50);
  client.snapshot(103);
  assert.equal(shots.drawn(99, 107, pictureAt(client, 99, 106)).length, 0);

  const other = standing();
  other.client.input(106, { fire: 1 });
  other.client.session();
  assert.deepEqual([other.shots.drawn(99, 107, pictureAt(other.client, 99, 106)), other.shots.loaded], [[], null]);
});

test("the trigger: pauses, magazine, reloading", () => {
  let gun = [5, 0, 0, 2, 1, 1];
  const fired = [];
  for (let tick = 1; tick <= 120; tick++) {
    const next = stepGun(gun, { fire: 1, weapon: SHELL }, tick);
    if (next[1] !== gun[1]) fired.push(tick);
    gun = [...next];
  }
  // Five and what is loaded meanwhile, then one each 18 ticks.
  assert.deepEqual(fired, [1, 9, 17, 25, 33, 41, 49, 57, 73, 91, 109]);
});

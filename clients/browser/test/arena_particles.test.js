import assert from "node:assert/strict";
import test from "node:test";

import { FIRE, Particles, SMOKE, SPARK, SPLINTER } from "../arena/particles.js";

/** Numbers from 0 to 1 that are the same in each run. */
function seeded(state = 1) {
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const BURST = { kind: SPARK, count: 10, x: 5, y: 6, speed: 100, lifeMs: 400, size: 2 };

test("there are never more than there is room for, and all end", () => {
  const random = seeded();
  const particles = new Particles(64, random);
  for (let step = 0; step < 500; step++) {
    const kind = [SPARK, SMOKE, FIRE, SPLINTER][step % 4];
    particles.add({ ...BURST, kind, count: Math.floor(random() * 30), lifeMs: 50 + random() * 500 });
    particles.advance(16.7);
    assert.ok(particles.end <= 64 && particles.alive <= 64);
  }
  assert.ok(particles.alive > 40);
  for (let step = 0; step < 40; step++) particles.advance(16.7);
  assert.equal(particles.alive, 0);
  assert.equal(particles.end, 0);
});

test("they fly the way they are sent, slow down, and live no longer than they are given", () => {
  const particles = new Particles(100, seeded(7));
  particles.add({ ...BURST, count: 100, angle: 0, spread: 0.2 });
  particles.advance(10);
  const first = [...particles.x];
  assert.ok(first.every((x) => x > 5 && x < 6.1));
  particles.advance(10);
  particles.x.forEach((x, index) => assert.ok(x - first[index] < first[index] - 5 + 1e-4));
  particles.advance(381);
  assert.equal(particles.alive, 0);
});

test("who wants less motion has fewer, also of single ones", () => {
  const particles = new Particles(2000, seeded(3));
  particles.share = 0.35;
  for (let step = 0; step < 1000; step++) particles.add({ ...BURST, count: 1 });
  assert.ok(particles.alive > 300 && particles.alive < 400, String(particles.alive));
});

test("cleared, it is empty", () => {
  const particles = new Particles(20, seeded());
  particles.add(BURST);
  particles.clear();
  assert.equal(particles.alive, 0);
});

import assert from "node:assert/strict";
import test from "node:test";

import { Camera } from "../arena/camera.js";

const SCREENS = [
  [1280, 800, 1],
  [1920, 1080, 2],
  [844, 390, 3],
  [390, 844, 3],
  [2560, 1080, 1],
  [640, 640, 1.5],
];
const camera = (width = 1280, height = 800, ratio = 1) => {
  const made = new Camera();
  made.bound(2560, 1920);
  made.resize(width * ratio, height * ratio, ratio);
  return made;
};

test("every screen sees about as much of the ground, and none further than the longest", () => {
  for (const [width, height, ratio] of SCREENS) {
    const { seenWidth, seenHeight } = camera(width, height, ratio);
    assert.ok(seenWidth * seenHeight <= 500_001, `${width} × ${height}: ${seenWidth * seenHeight}`);
    assert.ok(seenWidth * seenHeight > 430_000, `${width} × ${height}: ${seenWidth * seenHeight}`);
    assert.ok(Math.max(seenWidth, seenHeight) <= 1160.001);
  }
});

test("a point of the ground and its place in the picture", () => {
  const mine = camera(844, 390, 2);
  mine.jump(1000, 700);
  mine.settle(0, 16);
  for (const [x, y] of [
    [1000, 700],
    [812.5, 655.25],
  ]) {
    assert.ok(Math.abs(mine.groundX(mine.screenX(x) / 2) - x) < 1e-9);
    assert.ok(Math.abs(mine.groundY(mine.screenY(y) / 2) - y) < 1e-9);
  }
  assert.ok(Math.abs(mine.screenX(1000) - 844) < 1, "the middle is in the middle");
});

test("the ground lies on whole device pixels, also while it shakes", () => {
  const mine = camera();
  mine.shake(1);
  for (let frame = 0; frame < 60; frame++) {
    mine.follow(800 + frame * 1.37, 600 - frame * 0.61, 200, -90, 16.7);
    mine.settle(frame * 16.7, 16.7);
    assert.ok(Math.abs(mine.left * mine.scale - Math.round(mine.left * mine.scale)) < 1e-6);
    assert.ok(Math.abs(mine.top * mine.scale - Math.round(mine.top * mine.scale)) < 1e-6);
  }
});

test("it looks ahead towards the aim, no further than 90 pixels, and comes to rest", () => {
  const mine = camera();
  mine.jump(1200, 900);
  for (let frame = 0; frame < 120; frame++) mine.follow(1200, 900, 2000, 0, 16.7);
  assert.ok(Math.abs(mine.x - 1290) < 0.5, String(mine.x));
  assert.equal(mine.y, 900);
  const before = mine.x;
  mine.follow(1200, 900, 2000, 0, 16.7);
  assert.ok(Math.abs(mine.x - before) < 0.01);
});

test("what it follows is never out of sight, at the ends of the map neither", () => {
  for (const [width, height, ratio] of SCREENS) {
    const mine = camera(width, height, ratio);
    for (const [x, y] of [
      [12, 12],
      [2548, 1908],
      [12, 1908],
      [1280, 960],
    ])
      for (const [aimX, aimY] of [
        [900, 900],
        [-900, -900],
      ]) {
        mine.jump(x, y);
        for (let frame = 0; frame < 200; frame++) mine.follow(x, y, aimX, aimY, 16.7);
        mine.settle(0, 16.7);
        assert.ok(mine.sees(x, y, -20), `${width} × ${height} at ${x}, ${y}`);
      }
  }
});

test("a map that is smaller than the picture stands in its middle", () => {
  const mine = camera();
  mine.bound(384, 288);
  mine.jump(20, 20);
  assert.deepEqual([mine.x, mine.y], [192, 144]);
});

test("shaking ends, and who wants less motion has none", () => {
  const mine = camera();
  mine.jump(1000, 900);
  mine.shake(1);
  let moved = 0;
  for (let frame = 0; frame < 120; frame++) {
    mine.settle(frame * 16.7, 16.7);
    if (Math.round(mine.screenX(1000)) !== 640) moved++;
  }
  assert.ok(moved > 5 && moved < 60, String(moved));
  assert.equal(Math.round(mine.screenX(1000)), 640);
  mine.reducedMotion = true;
  mine.shake(1);
  mine.settle(5, 16.7);
  assert.equal(Math.round(mine.screenX(1000)), 640);
});

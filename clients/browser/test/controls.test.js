import assert from "node:assert/strict";
import test from "node:test";

import { steer, stepsOf } from "../arena/steering.js";
import { Gamepads } from "../pages/play/controls/gamepad.js";
import { forTheGame } from "../pages/play/controls/keyboard.js";
import { Presses } from "../pages/play/controls/presses.js";
import { PAD_DEAD, THUMB_DEAD, THUMB_RADIUS, ThumbStick, withoutMiddle } from "../pages/play/controls/stick.js";

const ACTIONS = [
  { name: "g.left", keys: ["KeyA", "ArrowLeft"], pad: "Pad14" },
  { name: "g.fire", keys: ["Mouse0", "Space"], pad: "Pad7" },
];
function bound(remapped) {
  const presses = new Presses();
  presses.bind(ACTIONS, remapped);
  return presses;
}

test("a press that is shorter than a tick counts once", () => {
  const presses = bound();
  presses.down("Space");
  presses.up("Space");
  assert.equal(presses.held("g.fire"), false);
  assert.equal(presses.wanted("g.fire"), true);
  assert.equal(presses.take("g.fire"), true);
  assert.equal(presses.take("g.fire"), false);
});

test("held is held, by any of its codes", () => {
  const presses = bound();
  presses.down("KeyA");
  presses.down("ArrowLeft");
  presses.up("KeyA");
  assert.deepEqual([presses.take("g.left"), presses.take("g.left")], [true, true]);
  presses.up("ArrowLeft");
  assert.equal(presses.take("g.left"), false);
});

test("what counts by the press is told once, however long it is held", () => {
  const presses = bound();
  const told = [];
  presses.onPress((action) => told.push(action));
  presses.down("Mouse0");
  presses.down("Mouse0");
  assert.deepEqual([presses.takePress("g.fire"), presses.takePress("g.fire")], [true, false]);
  presses.up("Mouse0");
  presses.click("Mouse0");
  assert.deepEqual(told, ["g.fire", "g.fire"]);
  assert.equal(presses.takePress("g.fire"), true);
});

test("without the focus everything is let go, and nothing is owed", () => {
  const presses = bound();
  presses.down("KeyA");
  presses.click("Space");
  presses.release();
  assert.deepEqual([presses.take("g.left"), presses.take("g.fire")], [false, false]);
});

test("keys are bound anew while they are held; a gamepad's button stays", () => {
  const presses = bound();
  presses.down("KeyA");
  presses.take("g.left");
  presses.bind(ACTIONS, { "g.left": ["KeyJ"], "g.fire": ["KeyA"] });
  assert.deepEqual([presses.held("g.left"), presses.held("g.fire")], [false, true]);
  presses.down("Pad14");
  assert.equal(presses.held("g.left"), true);
  assert.deepEqual([presses.bound("KeyJ"), presses.bound("ArrowLeft")], [true, false]);
});

test("what is typed, and what a button is pressed with, is none of the game's", () => {
  const key = (code, more = {}) => ({ code, ctrlKey: false, metaKey: false, altKey: false, ...more });
  const element = (...selectors) => ({
    matches: (selector) => selectors.some((each) => selector.includes(each)),
    closest: (selector) => (selectors.some((each) => selector.split(", ").includes(each)) ? {} : null),
  });
  assert.equal(forTheGame(key("KeyW"), element("canvas")), true);
  assert.equal(forTheGame(key("KeyW"), null), true);
  assert.equal(forTheGame(key("KeyW"), element("input")), false);
  assert.equal(forTheGame(key("KeyW"), element("dialog[open]")), false);
  assert.equal(forTheGame(key("KeyW"), element("dialog")), true, "it has closed, and still has the focus");
  assert.equal(forTheGame(key("KeyW"), element("button")), true);
  assert.equal(forTheGame(key("Space"), element("button")), false);
  assert.equal(forTheGame(key("KeyR", { ctrlKey: true }), element("canvas")), false);
});

test("a stick's middle is dead, its rim is full, its direction stays", () => {
  assert.deepEqual(withoutMiddle(PAD_DEAD, 0, PAD_DEAD), { x: 0, y: 0 });
  assert.deepEqual(withoutMiddle(0, -1, PAD_DEAD), { x: 0, y: -1 });
  const { x, y } = withoutMiddle(1, 1, PAD_DEAD);
  assert.ok(Math.abs(Math.hypot(x, y) - 1) < 1e-12);
  const half = withoutMiddle(0.6, 0, PAD_DEAD);
  assert.ok(half.x > 0.49 && half.x < 0.51 && half.y === 0);
});

test("a thumb stick is where the finger comes down, belongs to it, and goes with one that goes too far", () => {
  const stick = new ThumbStick();
  assert.equal(stick.begin(4, 100, 200), true);
  assert.equal(stick.begin(5, 300, 300), false);
  stick.move(5, 0, 0);
  assert.deepEqual(stick.vector, { x: 0, y: 0 });
  stick.move(4, 100 + THUMB_RADIUS * THUMB_DEAD * 0.9, 200);
  assert.deepEqual(stick.vector, { x: 0, y: 0 });
  stick.move(4, 100 + 3 * THUMB_RADIUS, 200);
  assert.ok(Math.abs(stick.vector.x - 1) < 1e-12);
  stick.move(4, 100 + 3 * THUMB_RADIUS - 2 * THUMB_RADIUS, 200); // back over its middle, which has come along
  assert.ok(Math.abs(stick.vector.x + 1) < 1e-12);
  stick.end(5);
  assert.equal(stick.held, true);
  stick.end(4);
  assert.deepEqual([stick.held, stick.vector], [false, { x: 0, y: 0 }]);
});

test("gamepads come and go; what was held is let go", () => {
  const presses = bound();
  let found = [];
  const pads = new Gamepads(presses, () => found);
  const button = (pressed, value = Number(pressed)) => ({ pressed, value });
  const pad = (axes, buttons = {}, more = {}) => ({
    axes,
    connected: true,
    mapping: "standard",
    buttons: Array.from({ length: 17 }, (_, index) => buttons[index] ?? button(false)),
    ...more,
  });
  pads.poll(1);
  assert.equal(pads.usedAtMs, -Infinity);
  found = [null, pad([0.05, -0.1, 0, 1], { 7: button(false, 0.5) })];
  pads.poll(2);
  assert.deepEqual([pads.left, pads.right, presses.held("g.fire")], [{ x: 0, y: 0 }, { x: 0, y: 1 }, true]);
  assert.equal(pads.usedAtMs, 2);
  found = [];
  pads.poll(3);
  assert.deepEqual([pads.right, presses.held("g.fire"), pads.usedAtMs], [{ x: 0, y: 0 }, false, 2]);
  found = [pad([1, 0], {}, { mapping: "" })];
  pads.poll(4);
  assert.deepEqual(pads.left, { x: 0, y: 0 });
});

test("directions in steps of a turn: 0 along +x, growing towards +y, which is down", () => {
  assert.deepEqual(
    [
      [1, 0],
      [1, 1],
      [0, 1],
      [-1, 1],
      [-1, 0],
      [-1, -1],
      [0, -1],
      [1, -1],
    ].map(([x, y]) => stepsOf(x, y, 256)),
    [0, 32, 64, 96, 128, 160, 192, 224],
  );
  for (let step = 0; step < 1024; step++) {
    const angle = (step / 1024) * 2 * Math.PI;
    assert.equal(stepsOf(Math.cos(angle) * 77, Math.sin(angle) * 77, 1024), step);
    assert.equal(stepsOf(Math.cos(angle + 0.003), Math.sin(angle + 0.003), 1024), step, "the nearest one");
  }
  assert.equal(stepsOf(1, -1e-9, 1024), 0, "not 1,024");
});

test("a wish becomes bearing and throttle", () => {
  assert.deepEqual(steer({ x: 0, y: 0 }, 17), { bearing: 17, throttle: 0 });
  assert.deepEqual(steer({ x: 0, y: 0.3 }, 17), { bearing: 64, throttle: 1 });
  assert.deepEqual(steer({ x: 0, y: -1 }, 17), { bearing: 192, throttle: 2 });
  assert.deepEqual(steer({ x: -Math.SQRT1_2, y: -Math.SQRT1_2 }, 0), { bearing: 160, throttle: 2 });
});

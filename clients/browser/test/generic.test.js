/** What a game looks like, and how it is steered, as far as its schema tells. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { ownCalls, picksCell, typedValue } from "../pages/play/generic/forms.js";
import { controlsOf, sampleOf } from "../pages/play/generic/inputs.js";
import { boardWindows, windowOf } from "../pages/play/generic/painter.js";
import { including, Scene } from "../pages/play/generic/scene.js";
import { scoreboardOf, scoresOf } from "../pages/play/scores.js";
import { Field, Schema } from "../src/schema.js";

const real = (/** @type {string} */ name, low = -(2 ** 52 - 1), high = 2 ** 52 - 1) => ({
  name,
  type: "real",
  quantum: [1, 16],
  low,
  high,
});
const integer = (/** @type {string} */ name, low = 0, high = 9) => ({ name, type: "integer", low, high });
const boolean = (/** @type {string} */ name) => ({ name, type: "boolean" });
const angle = (/** @type {string} */ name, steps = 256) => ({ name, type: "angle", steps });
const OWNED = [integer("owner", 0, 991), integer("team", 0, 31)];

/** @param {Record<string, unknown[]>} things @param {object} [more] */
function schema(things, more = {}) {
  return new Schema({
    game: "toy",
    version: 1,
    kinds: [
      { name: "Table", fields: [integer("goals")] },
      { name: "Player", fields: [{ name: "name", type: "text", most: 24 }, ...OWNED] },
      ...Object.entries(things).map(([name, fields]) => ({ name, fields })),
    ],
    events: [],
    calls: [],
    input: [],
    options: [],
    ...more,
  });
}

const PONG = schema({
  Ball: [real("x", 0, 5120), real("y", 0, 3200), real("dx"), real("dy")],
  Paddle: [real("y", 288, 2912), boolean("right"), integer("score", 0, 99), ...OWNED],
});
const FLEET = schema(
  {
    Ship: [integer("length", 2, 5), integer("x"), integer("y"), boolean("across"), integer("afloat", 0, 5), ...OWNED],
    Shot: [integer("x"), integer("y"), boolean("hit"), ...OWNED],
    Clock: [integer("left")],
  },
  {
    calls: ["chat", "emote", "mute", "silence", "resign"]
      .map((name) => ({ name, fields: [] }))
      .concat([{ name: "fire", fields: [integer("x"), integer("y")] }]),
  },
);

test("a world's size is what its places may be", () => {
  const scene = new Scene(PONG);
  assert.deepEqual(scene.declared, { x0: 0, y0: 0, x1: 320, y1: 200 });
  assert.equal(scene.board, null);
  assert.deepEqual(new Scene(schema({ Tank: [real("x"), real("y")] })).declared, null);
});

test("a thing with one coordinate stands at an edge, and reaches the world's when it is at its bound", () => {
  const scene = new Scene(PONG);
  const [, paddle] = scene.placed;
  const bounds = /** @type {import("../pages/play/generic/scene.js").Bounds} */ (scene.declared);
  const left = scene.shape(paddle, { y: 100, right: false }, bounds);
  const right = scene.shape(paddle, { y: 18, right: true }, bounds);
  assert.ok(left.x < 10 && right.x > 310);
  assert.equal(right.halfHeight, 18);
  assert.equal(right.y - right.halfHeight, 0);
});

test("whole numbers of a small range are a board, and what is long lies on several cells", () => {
  const scene = new Scene(FLEET);
  assert.deepEqual(scene.board, { columns: 10, rows: 10 });
  assert.deepEqual(
    scene.listed.map(({ name }) => name),
    ["Clock"],
  );
  const [ship, shot] = scene.placed;
  const bounds = { x0: 0, y0: 0, x1: 9, y1: 9 };
  const across = scene.shape(ship, { x: 2, y: 5, length: 4, across: true }, bounds);
  assert.deepEqual([across.x, across.y], [3.5, 5]);
  assert.ok(across.halfWidth > 1.5 && across.halfWidth < 2 && across.halfHeight < 0.5);
  const down = scene.shape(ship, { x: 2, y: 5, length: 3, across: false }, bounds);
  assert.deepEqual([down.x, down.y], [2, 6]);
  assert.equal(scene.shape(shot, { x: 1, y: 1, hit: false }, bounds).full, false);
  assert.equal(scene.shape(shot, { x: 1, y: 1, hit: true }, bounds).full, true);
  assert.equal(ship.flag, null, "how it lies is not what it is");
});

test("bounds grow with what is seen", () => {
  const first = including(null, 5, 5);
  assert.deepEqual(including(first, 20, -3), { x0: 4, y0: -3, x1: 20, y1: 6 });
});

test("the whole world fits into the window, in its middle", () => {
  const window = windowOf({ x0: 0, y0: 0, x1: 320, y1: 200 }, { x: 300, y: 60, width: 800, height: 500 });
  const corners = [window.x, window.x + 320 * window.scale, window.y, window.y + 200 * window.scale];
  assert.ok(corners[0] >= 300 && corners[1] <= 1100 && corners[2] >= 60 && corners[3] <= 560);
  assert.ok(Math.abs(corners[0] - 300 - (1100 - corners[1])) < 1e-9);
});

test("boards stand beside each other on a wide page, below each other on a high one", () => {
  const board = { columns: 10, rows: 10 };
  const wide = boardWindows(2, board, { x: 0, y: 0, width: 1000, height: 500 });
  assert.ok(wide[1].x > wide[0].x && wide[1].y === wide[0].y);
  const high = boardWindows(2, board, { x: 0, y: 0, width: 400, height: 900 });
  assert.ok(high[1].y > high[0].y && high[1].x === high[0].x);
});

/** @param {unknown[]} descriptions */
function controls(descriptions) {
  return controlsOf(
    "toy",
    descriptions.map((each) => new Field(each)),
  );
}

/**
 * @param {ReturnType<typeof controls>} made
 * @param {string[]} held
 * @param {Partial<import("../pages/play/generic/inputs.js").State>} [more]
 */
function sample(made, held, more = {}) {
  return sampleOf(made, { pressed: (action) => held.includes(action), slid: () => 0, pointed: () => null, ...more });
}

test("ways have the arrows, the trigger the space bar, everything else a key of its own", () => {
  const made = controls([boolean("up"), boolean("down"), boolean("fire"), boolean("jump"), boolean("shield")]);
  const keys = Object.fromEntries(made.map(({ field, actions }) => [field.name, actions[0].keys]));
  assert.deepEqual(keys.up, ["KeyW", "ArrowUp"]);
  assert.deepEqual(keys.down, ["KeyS", "ArrowDown"]);
  assert.deepEqual(keys.fire, ["Space"]);
  const all = made.flatMap(({ actions }) => actions.flatMap((action) => action.keys));
  assert.equal(new Set(all).size, all.length);
  assert.deepEqual(sample(made, ["toy.up", "toy.fire"]), { up: 1, down: 0, fire: 1, jump: 0, shield: 0 });
});

test("an axis has two keys, and rests when both or none are held", () => {
  const made = controls([integer("right", -1, 1), integer("down", -2, 2)]);
  assert.deepEqual(
    made.map(({ actions }) => actions.map(({ keys }) => keys[1])),
    [
      ["ArrowLeft", "ArrowRight"],
      ["ArrowUp", "ArrowDown"],
    ],
  );
  assert.deepEqual(sample(made, ["toy.less_right", "toy.more_down"]), { right: -1, down: 2 });
  assert.deepEqual(sample(made, ["toy.less_right", "toy.more_right"]), { right: 0, down: 0 });
});

test("an angle is where the pointer is; of two the first has the arrows", () => {
  const one = controls([angle("aim", 1024)]);
  assert.deepEqual(sample(one, [], { pointed: () => Math.PI / 2 }), { aim: 256 });
  assert.deepEqual(sample(one, [], { pointed: () => -0.0001 }), { aim: 0 });
  const two = controls([angle("bearing"), integer("throttle", 0, 2), angle("aim", 1024)]);
  assert.deepEqual(
    two.map(({ type }) => type),
    ["way", "hold", "point"],
  );
  assert.deepEqual(sample(two, ["toy.right", "toy.down", "toy.throttle"], { pointed: () => Math.PI }), {
    bearing: 32,
    throttle: 2,
    aim: 512,
  });
  assert.deepEqual(sample(two, []), { bearing: 0, throttle: 0, aim: 0 });
});

test("whatever else is a number is a slider, kept in its bounds", () => {
  const made = controls([integer("power", 5, 50), { ...integer("mood", -9, 9), neutral: 3 }]);
  assert.deepEqual(sample(made, [], { slid: (name) => (name === "power" ? 99.2 : -3.4) }), { power: 50, mood: -3 });
});

test("the game's own calls are forms; one that takes a cell is a click", () => {
  assert.deepEqual(
    ownCalls(FLEET).map(({ name }) => name),
    ["resign", "fire"],
  );
  assert.deepEqual(ownCalls(FLEET).map(picksCell), [false, true]);
});

test("what is typed becomes what the schema has", () => {
  assert.equal(typedValue(new Field(integer("n")), "7"), 7);
  assert.equal(typedValue(new Field(boolean("b")), "true"), true);
  assert.equal(typedValue(new Field({ name: "t", type: "text", most: 9 }), " a "), " a ");
  assert.deepEqual(typedValue(new Field({ name: "i", type: "integers", low: 0, high: 9, most: 9 }), "1, 2 -3;4"), [1, 2, -3, 4]);
  assert.equal(typedValue(new Field(angle("a")), "180"), Math.PI);
});

const PEOPLE = /** @type {import("../pages/play/people.js").Person[]} */ (
  [1, 2].map((player) => ({
    player,
    name: `P${player}`,
    team: 0,
    bot: false,
    host: false,
    connected: true,
    here: true,
    values: {},
  }))
);

test("scores are the players' own numbers, else those of the one thing that each has", () => {
  /** @param {Record<string, object[]>} entities */
  const world = (entities) => ({
    all: (/** @type {string} */ kind) => (entities[kind] ?? []).map((values) => ({ values: /** @type {any} */ (values) })),
  });
  const paddles = world({
    Paddle: [
      { owner: 1, score: 3 },
      { owner: 2, score: 5 },
    ],
  });
  const scores = scoresOf(PONG, paddles);
  assert.deepEqual(
    scores.map(({ name, of }) => [name, of(1), of(2), of(3)]),
    [["score", 3, 5, null]],
  );
  const board = scoreboardOf(scores, PEOPLE, () => "#fff");
  assert.deepEqual(board.columns, ["Score"]);
  assert.deepEqual(
    board.groups[0].rows.map(({ player, cells }) => [player, cells]),
    [
      [2, [5]],
      [1, [3]],
    ],
  );
  assert.deepEqual(
    scoresOf(
      PONG,
      world({
        Paddle: [
          { owner: 1, score: 3 },
          { owner: 1, score: 5 },
        ],
      }),
    ),
    [],
    "of several things it is nobody's score",
  );
});

test("teams stand apart, in their colours", () => {
  const people = PEOPLE.map((person, at) => ({ ...person, team: at + 1 }));
  const board = scoreboardOf([], people, (team) => `colour ${team}`);
  assert.deepEqual(
    board.groups.map(({ title, colour, rows }) => [title, colour, rows.length]),
    [
      ["Team 1", "colour 1", 1],
      ["Team 2", "colour 2", 1],
    ],
  );
});

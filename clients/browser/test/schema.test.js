import assert from "node:assert/strict";
import test from "node:test";

import { ProtocolError } from "../src/errors.js";
import { Field, Schema, quantise } from "../src/schema.js";
import { decodeFrame } from "../src/wire.js";
import { bytes, readVectors } from "./vectors.js";

for (const [value, quantum, integer] of readVectors("quantise"))
  test(`${value} in quanta of ${quantum}`, () => {
    assert.equal(quantise(value, quantum), integer);
    const field = new Field({ name: "x", type: "real", audience: "all", quantum: asPair(quantum) });
    assert.equal(field.toWire(value), integer);
    assert.equal(field.fromWire(integer), integer * quantum);
  });

function asPair(quantum) {
  return quantum >= 1 ? [quantum, 1] : [1, 1 / quantum];
}

const [welcome] = decodeFrame(bytes(readVectors("frames").server[0].bytes));
const schema = new Schema(welcome.schema);

test("the vectors' schema", () => {
  assert.equal(schema.game, "vectors");
  assert.equal(schema.version, 2);
  assert.deepEqual(
    schema.kinds.map((kind) => kind.name),
    ["Round", "Pilot", "Ship"],
  );
  assert.deepEqual(
    schema.events.map((event) => event.name),
    ["Bang", "Won", "Said", "Emoted", "Ended"],
  );
  assert.deepEqual(
    schema.call("chat").fields.map((field) => [field.name, field.type, field.most]),
    [
      ["words", "text", 100],
      ["to", "integer", Infinity],
    ],
  );
  assert.throws(() => schema.call("shout"), RangeError);
});

test("a form has the fields of its levels, in their order", () => {
  const names = (number) => schema.form(number).fields.map((field) => field.name);
  assert.deepEqual(names(17), ["x", "heading", "alive", "label", "route", "owner", "team"]);
  assert.deepEqual(names(18), ["plan"]);
  assert.deepEqual(names(20), ["fuel"]);
  assert.deepEqual(names(22), ["plan", "fuel"]);
  assert.deepEqual(names(12), ["hand"]);
  assert.equal(schema.form(17), schema.form(17));
  for (const wrong of [16, 24, 73, -7, "17"]) assert.throws(() => schema.form(wrong), ProtocolError);
});

test("values and wire values", () => {
  const ship = schema.kinds[2];
  const field = (name) => ship.fields.find((each) => each.name === name);
  assert.equal(field("x").fromWire(-24), -1.5);
  assert.equal(field("x").toWire(1e9), 160000);
  assert.equal(field("x").toWire(-1e9), -160000);
  assert.equal(field("heading").fromWire(64), Math.PI / 2);
  assert.equal(field("heading").toWire(-Math.PI / 2), 192);
  assert.equal(field("heading").toWire(2 * Math.PI - 1e-6), 0);
  assert.equal(field("alive").fromWire(1), true);
  assert.equal(field("alive").toWire(false), 0);
  assert.equal(field("plan").toWire(5000), 999);
  assert.deepEqual(field("route").toWire([1, 2]), [1, 2]);
  for (const [name, wrong] of [
    ["x", NaN],
    ["x", "1"],
    ["heading", Infinity],
    ["alive", 1],
    ["plan", 1.5],
    ["label", "a".repeat(21)],
    ["route", [1, 2, 3, 4, 5]],
    ["route", [0.5]],
  ])
    assert.throws(() => field(name).toWire(wrong), RangeError, name);
  for (const [name, wrong] of [
    ["x", "1"],
    ["heading", 256],
    ["heading", -1],
    ["alive", 2],
    ["label", 5],
    ["route", 5],
  ])
    assert.throws(() => field(name).fromWire(wrong), ProtocolError, name);
});

test("differences", () => {
  const ship = schema.kinds[2];
  const field = (name) => ship.fields.find((each) => each.name === name);
  assert.equal(field("x").changed(5, -7), -2);
  assert.equal(field("heading").changed(0, -1), 255);
  assert.equal(field("heading").changed(200, 100), 44);
  assert.equal(field("alive").changed(1, -1), 0);
  assert.equal(field("label").changed("a", "b"), "b");
  assert.throws(() => field("x").changed(5, "b"), ProtocolError);
  assert.throws(() => field("alive").changed(1, 1), ProtocolError);
});

test("inputs: missing ones are neutral", () => {
  assert.deepEqual(schema.input.toWire({}), [0, 2, 0]);
  assert.deepEqual(schema.input.toWire({ turn: -1, fire: true }), [-1, 2, 1]);
  assert.deepEqual(schema.input.fromWire([-1, 2, 1]), { turn: -1, gear: 2, fire: true });
  assert.throws(() => schema.input.toWire({ jump: true }), RangeError);
  assert.deepEqual(
    schema.input.fields.map((field) => field.edge),
    [false, false, true],
  );
});

test("a schema that is none", () => {
  const good = { game: "x", version: 1, kinds: [], events: [], calls: [], input: [], options: [], later: 1 };
  new Schema(good);
  const withField = (field) => ({ ...good, kinds: [{ name: "K", fields: [field] }] });
  for (const wrong of [
    { game: "x" },
    { ...good, kinds: 5 },
    { ...good, version: "1" },
    { ...good, version: undefined },
    { ...good, input: [5] },
    withField({ type: "real", quantum: [1, 2] }),
    withField({ name: "f", type: "colour" }),
    withField({ name: "f", type: "real" }),
    withField({ name: "f", type: "real", quantum: [1, 0] }),
    withField({ name: "f", type: "angle" }),
    withField({ name: "f", type: "integer", low: 0.5 }),
    withField({ name: "f", type: "integer", audience: "none" }),
  ])
    assert.throws(() => new Schema(wrong), ProtocolError, JSON.stringify(wrong));
});

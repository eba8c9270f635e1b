import assert from "node:assert/strict";
import test from "node:test";

import { crc32 } from "../src/crc32.js";
import { Replica } from "../src/replica.js";
import { ProtocolError, WorldMismatch } from "../src/errors.js";
import { Schema } from "../src/schema.js";
import { decodeFrame } from "../src/wire.js";
import { encode } from "../vendor/msgpack/encode.mjs";
import { bytes, plain, readVectors } from "./vectors.js";

const ERRORS = { mismatch: WorldMismatch, protocol: ProtocolError };

/** part → id → [form, values], as the vectors have it */
function world(replica) {
  return Object.fromEntries(
    [...replica.parts].map(([number, { rows }]) => [
      String(number),
      Object.fromEntries([...rows].map(([id, { form, values }]) => [String(id), [form.number, values]])),
    ]),
  );
}

/** What the parts say of every entity must be what `get` and `all` give. */
function checkMerged(replica, schema) {
  const ids = new Set();
  for (const { rows } of replica.parts.values())
    for (const [id, { form, values }] of rows) {
      ids.add(id);
      const entity = replica.get(id);
      assert.equal(entity.kind, form.kind.name);
      form.fields.forEach((field, index) => assert.deepEqual(entity.values[field.name], field.fromWire(values[index])));
    }
  assert.deepEqual(
    schema.kinds.flatMap((kind) => replica.all(kind.name).map((entity) => entity.id)).sort(),
    [...ids].sort(),
  );
}

for (const history of readVectors("histories"))
  test(`history: ${history.name}`, () => {
    let replica = null;
    let schema = null;
    assert.ok(history.frames.length > 1);
    for (const [index, frame] of history.frames.entries()) {
      const messages = decodeFrame(bytes(frame.bytes));
      const last = messages.at(-1);
      if (last.type === "WELCOME") {
        schema = new Schema(last.schema);
        replica = new Replica(schema, last);
      } else if (frame.error) {
        assert.equal(index, history.frames.length - 1);
        assert.throws(() => replica.apply(last), ERRORS[frame.error]);
        return;
      } else {
        assert.deepEqual(messages.slice(0, -1).map(plain), frame.messages ?? []);
        const { cosmetics } = replica.apply(last);
        assert.deepEqual(cosmetics, frame.cosmetics ?? []);
      }
      assert.deepEqual(world(replica), frame.world, `frame ${index}`);
      checkMerged(replica, schema);
    }
  });

// -- by hand -------------------------------------------------------------------------------------------------------------

const field = (name, more = {}) => ({ name, type: "integer", audience: "all", ...more });
const SCHEMA = new Schema({
  game: "x",
  version: 1,
  kinds: [
    { name: "Globals", fields: [field("phase")] },
    { name: "Player", fields: [field("name", { type: "text", most: 24 })] },
    {
      name: "Tank",
      fields: [
        field("x", { type: "real", quantum: [1, 4] }),
        field("aim", { type: "angle", steps: 1024 }),
        field("plan", { audience: "team" }),
        field("fuel", { audience: "owner" }),
      ],
    },
    { name: "Wide", fields: Array.from({ length: 40 }, (_, index) => field(`f${index}`)) },
  ],
  events: [{ name: "Bang", fields: [field("x", { type: "real", quantum: [1, 2] })] }],
  calls: [],
  input: [],
  options: [],
});
const TANK = 16;

const replica = () => new Replica(SCHEMA, { tickRate: 30, epoch: 0 });
const part = (number, back, { entered = [], left = [], changed = [], crc = null, cosmetic = [] } = {}) => ({
  part: number,
  back,
  entered,
  left,
  changed,
  crc,
  cosmetic,
});
const control = ({ drops = [], rate = null, clock = null, schedule = [] }) => ({ drops, rate, clock, schedule });
const snapshot = (tick, fragments = [], more = {}) => ({
  type: "SNAPSHOT",
  epoch: 0,
  tick,
  flags: 0,
  inputAck: null,
  margin: null,
  control: null,
  fragments,
  ...more,
});

test("CRC-32", () => {
  assert.equal(crc32(new TextEncoder().encode("123456789")), 0xcbf43926);
  assert.equal(crc32(new Uint8Array(0)), 0);
});

test("one entity in several parts is shown as one", () => {
  const mine = replica();
  mine.apply(
    snapshot(1, [
      part(0, 0, { entered: [TANK + 1, 7, 6, 256, TANK + 1, 2, -3, 0] }),
      part(5, 0, { entered: [TANK + 4, 7, 99] }),
    ]),
  );
  assert.deepEqual(mine.get(7), { id: 7, kind: "Tank", values: { x: 1.5, aim: Math.PI / 2, fuel: 99 } });
  assert.deepEqual(mine.get(9), { id: 9, kind: "Tank", values: { x: -0.75, aim: 0 } });
  assert.deepEqual(
    mine.all("Tank").map((tank) => tank.id),
    [7, 9],
  );
  assert.deepEqual(mine.all("Player"), []);
  assert.equal(mine.get(1), undefined);
  mine.apply(snapshot(2, [], { control: control({ drops: [5] }) }));
  assert.deepEqual(mine.get(7).values, { x: 1.5, aim: Math.PI / 2 });
  mine.apply(snapshot(3, [part(0, 1, { left: [7] })]));
  assert.equal(mine.get(7), undefined);
});

test("an entity moves from one part to another, whatever their order", () => {
  for (const reverse of [false, true]) {
    const mine = replica();
    mine.apply(snapshot(1, [part(1, 0, { entered: [TANK + 1, 7, 0, 0] }), part(2, 0)]));
    const fragments = [part(1, 1, { left: [7] }), part(2, 1, { entered: [TANK + 1, 7, 4, 0] })];
    mine.apply(snapshot(2, reverse ? fragments.reverse() : fragments));
    assert.deepEqual(mine.get(7).values, { x: 1, aim: 0 });
    assert.equal(mine.parts.get(1).rows.size, 0);
  }
});

test("an entity that enters again has all its values anew, and may change in the same snapshot", () => {
  const mine = replica();
  mine.apply(snapshot(1, [part(1, 0, { entered: [TANK + 1, 7, 0, 0] })]));
  mine.apply(snapshot(2, [part(1, 1, { entered: [TANK + 3, 7, 4, 5, 6], changed: [7, 0b101, 4, 1] })]));
  assert.deepEqual(mine.parts.get(1).rows.get(7).values, [8, 5, 7]);
});

test("masks of more than 32 bits", () => {
  const mine = replica();
  mine.apply(snapshot(1, [part(1, 0, { entered: [25, 1, ...new Array(40).fill(0)] })]));
  mine.apply(snapshot(2, [part(1, 1, { changed: [1, 2 ** 39 + 2 ** 31 + 1, 5, 6, 7] })]));
  const { values } = mine.get(1);
  assert.deepEqual([values.f0, values.f31, values.f39, values.f38], [5, 6, 7, 0]);
  assert.throws(() => mine.apply(snapshot(3, [part(1, 1, { changed: [1, 2 ** 40, 1] })])), ProtocolError);
});

test("a new epoch begins from nothing, an old one is ignored", () => {
  const mine = replica();
  mine.apply(snapshot(50, [part(1, 0, { entered: [1, 0, 3] })], { control: control({ rate: 4, schedule: [1, 8] }) }));
  assert.equal(mine.rate, 4);
  assert.deepEqual(mine.apply(snapshot(20, [part(2, 0)], { epoch: 1 })), { ignored: false, anew: true, cosmetics: [] });
  assert.equal(mine.rate, 1);
  assert.deepEqual([...mine.parts.keys()], [2]);
  assert.deepEqual(mine.apply(snapshot(51, [part(1, 1)])), { ignored: true, anew: false, cosmetics: [] });
  mine.apply(snapshot(21, [part(1, 0)], { epoch: 1 }));
  mine.apply(snapshot(23, [], { epoch: 1 }));
  mine.apply(snapshot(24, [part(1, 1)], { epoch: 1 })); // on schedule in every tick again
});

test("the clock's number", () => {
  const mine = replica();
  const apply = (tick, clock) => mine.apply(snapshot(tick, [], { control: control({ clock }) })).anew;
  assert.deepEqual([apply(1, 3), apply(2, null), apply(3, 3), apply(4, 5)], [false, false, false, true]);
});

test("cosmetic events of more than 300 ms are not shown", () => {
  const mine = replica();
  const cosmetic = [0, 0, 3, 0, 10, 2, 0, 9, 1];
  assert.deepEqual(mine.apply(snapshot(20, [part(1, 0, { cosmetic })])).cosmetics, [
    { name: "Bang", tick: 11, values: { x: 0.5 } },
    { name: "Bang", tick: 20, values: { x: 1.5 } },
  ]);
});

test("the CRC counts ids and forms, ids ascending", () => {
  const mine = replica();
  const crc = crc32(encode([7, TANK + 1, 4, 5, 9, TANK + 1, 6, 7]));
  mine.apply(snapshot(1, [part(1, 0, { entered: [TANK + 1, 9, 6, 7] })]));
  mine.apply(snapshot(2, [part(1, 1, { entered: [TANK + 1, 7, 4, 5], crc })]));
  assert.throws(() => mine.apply(snapshot(3, [part(1, 1, { changed: [7, 1, 1], crc })])), WorldMismatch);
});

test("what contradicts itself or the schema", () => {
  for (const wrong of [
    part(1, 0, { left: [7] }),
    part(1, 0, { changed: [7, 1, 1] }),
    part(1, 1, { left: [8] }),
    part(1, 1, { left: [7, 0] }),
    part(1, 1, { entered: [TANK + 1, 8, 0, 0, TANK + 1, 0, 0, 0] }),
    part(1, 1, { entered: [TANK + 1, 8, 0, "x"] }),
    part(1, 1, { entered: [TANK + 1, 8, 0, 1024] }),
    part(1, 1, { entered: [TANK + 1, 8] }),
    part(1, 1, { entered: [TANK] }),
    part(1, 1, { changed: [7, "x", 1] }),
    part(1, 1, { changed: [7, 1] }),
    part(1, 1, { changed: [7, 4, 1] }),
    part(1, 1, { changed: [7] }),
    part(1, 1, { cosmetic: [1, 0, 0] }),
    part(1, 1, { cosmetic: [0, -1, 0] }),
    part(1, 1, { cosmetic: [0, 0] }),
  ]) {
    const mine = replica();
    mine.apply(snapshot(1, [part(1, 0, { entered: [TANK + 1, 7, 0, 0] })]));
    assert.throws(() => mine.apply(snapshot(2, [wrong])), ProtocolError, JSON.stringify(wrong));
  }
});

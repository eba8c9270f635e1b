import assert from "node:assert/strict";
import test from "node:test";

import {
  ProtocolError,
  decodeFrame,
  encodeBye,
  encodeCall,
  encodeHello,
  encodeInput,
  encodePing,
  encodeReady,
} from "../src/wire.js";
import { encode } from "../vendor/msgpack/encode.mjs";
import { bytes, hex, plain, readVectors } from "./vectors.js";

const frames = readVectors("frames");

const ENCODERS = {
  HELLO: (entry) => encodeHello(entry),
  READY: (entry) => encodeReady({ mapHash: entry.map_hash }),
  INPUT: (entry) =>
    encodeInput({
      firstTick: entry.first_tick,
      ackTick: entry.ack_tick,
      ackEvent: entry.ack_event,
      viewTick256: entry.view_tick_256,
      values: entry.values,
    }),
  PING: (entry) => encodePing({ sequence: entry.sequence, clientTime: entry.client_time }),
  CALL: (entry) => encodeCall({ id: entry.number, method: entry.method, arguments: entry.arguments }),
  BYE: () => encodeBye(),
};

test("the vectors hold every message", () => {
  assert.deepEqual([...new Set(frames.client.map((entry) => entry.message))].sort(), Object.keys(ENCODERS).sort());
  const said = new Set(frames.server.flatMap((entry) => entry.messages.map((message) => message.message)));
  assert.deepEqual([...said].sort(), ["EVENT", "NOTICE", "PONG", "REPLY", "SNAPSHOT", "WELCOME"]);
});

frames.client.forEach((entry, index) =>
  test(`client frame ${index}: ${entry.message}`, () => {
    assert.equal(hex(ENCODERS[entry.message](entry)), entry.bytes);
  }),
);

frames.server.forEach((entry, index) =>
  test(`server frame ${index}: ${entry.messages.map((message) => message.message).join(", ")}`, () => {
    assert.deepEqual(decodeFrame(bytes(entry.bytes)).map(plain), entry.messages);
  }),
);

frames.refused_by_client.forEach((entry) =>
  test(`refused: ${entry.why}`, () => {
    assert.throws(() => decodeFrame(bytes(entry.bytes)), ProtocolError);
  }),
);

test("the vectors' frames stay refused when they are cut anywhere", () => {
  for (const entry of frames.server) {
    const whole = bytes(entry.bytes);
    const complete = decodeFrame(whole).length;
    for (let length = 0; length < whole.length; length++) {
      let messages;
      try {
        messages = decodeFrame(whole.slice(0, length));
      } catch (error) {
        assert.ok(error instanceof ProtocolError, String(error));
        continue;
      }
      assert.ok(messages.length < complete);
    }
  }
});

test("a frame with a wrong byte is read or refused, nothing else", () => {
  for (const entry of frames.server) {
    const whole = bytes(entry.bytes);
    for (let at = 0; at < whole.length; at++)
      for (const wrong of [0x00, 0x7f, 0x80, 0x91, 0xa5, 0xc0, 0xc1, 0xc3, 0xc4, 0xc7, 0xcb, 0xcf, 0xd6, 0xdd, 0xff]) {
        const changed = whole.slice();
        changed[at] = wrong;
        try {
          decodeFrame(changed);
        } catch (error) {
          assert.ok(error instanceof ProtocolError, String(error));
        }
      }
  }
});

const frame = (...arrays) => Uint8Array.from(arrays.flatMap((array) => [...encode(array)]));

test("elements and flags that are not known are ignored", () => {
  const extended = frame(
    [2, 1, 5, 0, [], "more"],
    [3, 1, 2, 3, 4, 5, 6],
    [4, 1, true, null, 7],
    [5, 99, "new", null, [1]],
    [1, 0, 5, 6, null, null, [[], null, null, [], "more"], 1, "more"],
    [0, 0, [], [], [], null, [], { more: 1 }],
  );
  const messages = decodeFrame(extended);
  assert.deepEqual(
    messages.map((message) => message.type),
    ["EVENT", "PONG", "REPLY", "NOTICE", "SNAPSHOT"],
  );
  assert.equal(messages[4].flags, 6);
  assert.equal(messages[4].fragments.length, 1);
});

test("texts arrive as they are, whatever their length", () => {
  for (const text of ["", "\ufeff", "\ufeffé漢😀", "\ufeff" + "é漢😀".repeat(100), "\u0000".repeat(300)]) {
    const [event, reply, notice] = decodeFrame(frame([2, 1, 5, 0, [text]], [4, 1, true, text], [5, 1, text, text]));
    assert.deepEqual([event.values, reply.value, notice.text, notice.detail], [[text], text, text, text]);
  }
});

test("types of received values are checked", () => {
  const wrong = {
    "no array": frame(5),
    "an unknown number": frame([9]),
    "a fraction": frame([2, 1, 1.5, 0, []]),
    "54 bits": bytes("9502cf0020000000000001050090"),
    "an element missing": frame([2, 1, 5, 0]),
    "nil as a value": frame([2, 1, 5, 0, [null]]),
    "a boolean as a value": frame([2, 1, 5, 0, [true]]),
    "arrays of arrays": frame([2, 1, 5, 0, [[[1]]]]),
    "an ext type": bytes("9502010500" + "91d60100000000"),
    "wrong UTF-8": bytes("950201050091a2c328"),
    "a refusal without a reason": frame([4, 1, false, null]),
    "a text as a code": frame([5, "x", "", null]),
    "half a pair": frame([1, 0, 1, 0, null, null, [[], null, null, [1]], 0]),
    "a negative id in left": frame([1, 0, 1, 0, null, null, null, 1], [0, 1, [], [-1], []]),
    "a short token": frame([0, 1, 0, new Uint8Array(15), 30, {}, null, [], 0]),
    "a short hash": frame([0, 1, 0, null, 30, {}, ["m", new Uint8Array(31), new Uint8Array(1)], [], 0]),
    "no schema": frame([0, 1, 0, null, 30, [], null, [], 0]),
    "a tick rate of 0": frame([0, 1, 0, null, 0, {}, null, [], 0]),
    "an unknown role": frame([0, 1, 2, null, 30, {}, null, [], 0]),
    "WELCOME in company": frame([0, 1, 0, null, 30, {}, null, [], 0], [4, 1, true, null]),
  };
  for (const [why, each] of Object.entries(wrong)) assert.throws(() => decodeFrame(each), ProtocolError, why);
});

test("what is nested as deeply as fits is refused, and does not overflow the stack", () => {
  const nested = new Uint8Array(100_000).fill(0x91);
  nested[nested.length - 1] = 0x01;
  const lead = encode([0, 0, 1, null, 20, { kinds: 0 }, null, [], 0]);
  const at = lead.indexOf(0x73) + 1; // behind "kinds"
  const schema = new Uint8Array([...lead.slice(0, at), ...nested, ...lead.slice(at + 1)]);
  for (const deep of [nested, new Uint8Array([0x94, 4, ...nested, 0xc3, 0xc0]), schema])
    assert.throws(() => decodeFrame(deep), ProtocolError);
});

test("what the server would refuse is not said", () => {
  const hello = { game: "arena", room: "lobby", credential: null, role: 0, name: "Ann" };
  const input = { firstTick: 1, ackTick: null, ackEvent: 0, viewTick256: null, values: [] };
  const call = { id: 0, method: "chat", arguments: [] };
  const wrong = [
    () => encodeHello({ ...hello, room: "Lobby" }),
    () => encodeHello({ ...hello, game: "Arena" }),
    () => encodeHello({ ...hello, game: "arena@" }),
    () => encodeHello({ ...hello, credential: "é".repeat(257) }),
    () => encodeHello({ ...hello, name: "" }),
    () => encodeHello({ ...hello, name: " \u3000" }),
    () => encodeHello({ ...hello, name: "a".repeat(25) }),
    () => encodeHello({ ...hello, name: "A\u202en" }),
    () => encodeHello({ ...hello, name: "\ud800" }),
    () => encodeHello({ ...hello, role: 3 }),
    () => encodeHello({ ...hello, credential: new Uint8Array(15) }),
    () => encodeReady({ mapHash: new Uint8Array(31) }),
    () => encodeInput({ ...input, firstTick: -1 }),
    () => encodeInput({ ...input, viewTick256: 0.5 }),
    () => encodeInput({ ...input, values: new Array(65).fill(0) }),
    () => encodeInput({ ...input, values: [NaN] }),
    () => encodePing({ sequence: 1, clientTime: 0.1 }),
    () => encodeCall({ ...call, arguments: ["é".repeat(257)] }),
    () => encodeCall({ ...call, arguments: [new Array(65).fill(0)] }),
    () => encodeCall({ ...call, arguments: [2 ** 53] }),
    () => encodeCall({ ...call, arguments: new Array(10).fill("x".repeat(500)) }),
  ];
  for (const each of wrong) assert.throws(each, RangeError, String(each));
  encodeHello({ ...hello, name: "😀".repeat(24) });
});

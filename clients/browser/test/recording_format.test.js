/** Bytes that are cut, broken or forged: what plays is right, and nothing but FormatError is thrown. */

import assert from "node:assert/strict";
import test from "node:test";

import { crc32 } from "../src/crc32.js";
import { FormatError } from "../src/errors.js";
import { Feed } from "../src/recording/feed.js";
import { Playback } from "../src/recording/playback.js";
import { encode } from "../vendor/msgpack/encode.mjs";
import { randomOf } from "./link_model.js";
import { chunk, contentsChunk, fed, fileOf, film, headerMap, headerOf, joinedBytes, people, plain, vector } from "./recordings.js";

const { bytes, meaning } = vector("fleet");
/** The world of every tick, by tick. */
const worlds = new Map();
{
  const { recording } = await fed(bytes);
  for (let tick = recording.first; tick <= recording.last; tick++) worlds.set(tick, plain(await recording.worldAt(tick)));
}

/** Plays what there is, and compares it all. Returns the last tick, −1 if there was nothing. */
async function played(broken) {
  let recording;
  try {
    ({ recording } = await fed(broken));
    if (recording.loaded.last < 0) return -1;
    await recording.prepare(recording.first, recording.last);
    const playback = new Playback(recording);
    assert.equal(playback.seek(recording.first), true);
    for (let frame = playback.next(Infinity); typeof frame !== "string"; frame = playback.next(Infinity)) {
      playback.take(frame);
      assert.deepEqual(plain(playback.world), worlds.get(playback.tick), `tick ${playback.tick}`);
    }
    return playback.tick;
  } catch (error) {
    assert.ok(error instanceof FormatError, error.stack);
    return -1;
  }
}

test("cut anywhere: it plays up to the last block that is whole", async () => {
  const views = meaning.chunks.filter(([type]) => type === 1);
  const ends = views.map(([, first, ticks, offset, length]) => [offset + length, first + ticks - 1]);
  const [, , , keyOffset, keyLength] = meaning.chunks.find(([type]) => type === 3);
  for (let at = 0; at < bytes.length; at += 23) {
    const whole = ends.filter(([end]) => end <= at).at(-1);
    const expected = whole?.[1] ?? (at >= keyOffset + keyLength ? 0 : -1);
    assert.equal(await played(bytes.subarray(0, at)), expected, `cut at ${at}`);
  }
});

test("a flipped bit anywhere: nothing wrong is ever shown", async () => {
  const random = randomOf(6);
  const last = await played(bytes);
  assert.equal(last, worlds.size - 1);
  let shorter = 0;
  for (let round = 0; round < 400; round++) {
    const broken = bytes.slice();
    broken[Math.floor(random() * broken.length)] ^= 1 << Math.floor(random() * 8);
    if ((await played(broken)) < last) shorter++;
  }
  assert.ok(shorter > 130, `${shorter}`); // truth and state make up the rest: nobody looks at them here
});

const SHOWN = Array.from({ length: 61 }, (_, tick) => ({ tick, parts: people([1, 1, tick * 16, tick, 7], [2, 2, 5, tick, 8]) }));

test("forged payloads, whose CRCs fit: a FormatError, or it plays", async () => {
  const random = randomOf(7);
  const honest = film(SHOWN);
  let forged = 0;
  for (let round = 0; round < 400; round++) {
    const chunks = [...honest];
    const at = Math.floor(random() * chunks.length);
    const { type, first, last } = chunks[at];
    const payload = new Uint8Array(40 + Math.floor(random() * 80)).map(() => Math.floor(random() * 256));
    if (random() < 0.7) payload.set(encode([0, [0, 0, [9, 11, 1, 1, 16], [], []]]).subarray(0, 9 + Math.floor(random() * 9)));
    chunks[at] = chunk(type, payload, { first, last, codec: random() < 0.5 ? 1 : 0 });
    try {
      const { recording } = await fed(fileOf(headerMap(), chunks));
      for (let tick = recording.first; tick <= recording.last; tick += 5) await recording.worldAt(tick);
    } catch (error) {
      assert.ok(error instanceof FormatError, error.stack);
      assert.equal(error.reason, "forged");
      forged++;
    }
  }
  assert.ok(forged > 300, `${forged}`);
});

test("what does not unpack, or to more than is allowed, is forged", async () => {
  const [, keyframe] = film(SHOWN);
  assert.equal(keyframe.type, 3);
  const bomb = chunk(3, new Uint8Array(33 * 2 ** 20), { first: 0 });
  const noise = chunk(3, new Uint8Array(100).fill(77), { first: 0, codec: 0 });
  noise.bytes[1] = 1; // says zlib
  for (const [forged, words] of [[bomb, /more than/], [resealed(noise), /cannot be unpacked/]]) {
    const { recording } = await fed(fileOf(headerMap(), [forged]));
    await assert.rejects(recording.worldAt(0), { name: "FormatError", reason: "forged", message: words });
  }
});

test("chunks that are not allowed end the recording there", async () => {
  const chunks = film(SHOWN);
  const middle = chunks.findIndex(({ type, first }) => type === 1 && first === 26);
  const broken = {
    "a codec": (head) => (head[1] = 2),
    "no ticks": (head) => head.set([0, 0, 0, 0], 12),
    "a tick beyond all": (head) => head.set([255, 255, 255, 255], 12),
    "going back": (head) => head.set([0, 0, 0, 1], 8),
    "a size": (head) => head.set([1, 0, 0, 0], 4),
  };
  for (const [name, change] of Object.entries(broken)) {
    const one = { ...chunks[middle], bytes: chunks[middle].bytes.slice() };
    change(one.bytes);
    const { recording, sealed } = await fed(fileOf(headerMap(), chunks.with(middle, resealed(one))));
    assert.deepEqual([recording.last, sealed, recording.cut], [25, false, true], name);
  }
});

test("chunks of unknown types are passed over, and what is behind the footer too", async () => {
  const chunks = film(SHOWN);
  const strange = chunk(77, new Uint8Array([1, 2, 3]), { first: 9 });
  const footer = contentsChunk({ first: 0, last: 60, end: "over" }, 255);
  const file = joinedBytes([fileOf(headerMap(), [strange, ...chunks, footer]), new TextEncoder().encode("TRPLEND1 and more")]);
  const { recording, sealed } = await fed(file, 10);
  assert.deepEqual([recording.last, sealed, recording.cut, recording.contents.end], [60, true, false, "over"]);
});

test("files that are none say why", async () => {
  const cases = [
    [new Uint8Array(), "none", /ends before its header/],
    [new TextEncoder().encode("GIF89a…"), "none", /does not begin with TRPL/],
    [headerOf(headerMap(), { format: 2 }), "newer", /format 2.*newer client/],
    [headerOf(headerMap()).subarray(0, 40), "none", /ends before its header/],
    [flipped(headerOf(headerMap()), 60), "none", /damaged/],
    [headerOf({ ...headerMap(), rate: 0 }), "forged", /rate of 0/],
    [headerOf({ ...headerMap(), schema: { game: "x" } }), "forged", /field version/],
    [headerOf({ ...headerMap(), session: new Uint8Array(3) }), "forged", /session/],
    [headerOf([1, 2]), "forged", /not one map/],
  ];
  for (const [file, reason, words] of cases)
    for (const piece of [1, 1000]) await assert.rejects(fed(file, piece), { name: "FormatError", reason, message: words });
});

test("marks are told once each, whether their chunk or the contents tell them", async () => {
  const joined = [1, 0, 1, "ann", false];
  const scored = [7, 2, 1, 1];
  const later = [[30, 3], [31, 5, 26], [32, 4, "f1"], [33, 6, "so"], [34, 1, 1], [35, 99]];
  const marks = (list) => joinedBytes(list.map((mark) => encode(mark)));
  const chunks = [
    contentsChunk({ first: 0, last: 20, marks: [joined, scored] }),
    ...film(SHOWN.slice(0, 21)),
    chunk(7, marks([joined, scored]), { first: 1, last: 7 }),
    chunk(7, marks([scored, ...later]), { first: 7, last: 35 }),
  ];
  const { recording } = await fed(fileOf(headerMap(), chunks, { flags: 3 }));
  assert.deepEqual(recording.marks, [
    { tick: 1, what: "joined", player: 1, name: "ann", bot: false },
    { tick: 7, what: "event", name: "Scored", values: { player: 1 } },
    { tick: 30, what: "over" },
    { tick: 31, what: "gap", from: 26 },
    { tick: 32, what: "fault", id: "f1" },
    { tick: 33, what: "note", text: "so" },
    { tick: 34, what: "left", player: 1 },
  ]);
});

test("the earlier part may come after the later one", async () => {
  const chunks = film(Array.from({ length: 161 }, (_, tick) => ({ tick, parts: people([1, 1, tick, tick, 7]) })));
  const later = chunks.findIndex(({ type, first }) => type === 4 && first === 100);
  const tail = new Feed();
  await tail.push(fileOf(headerMap(), chunks.slice(later)));
  const { recording } = tail;
  assert.deepEqual(recording.loaded.all, [[100, 160]]);
  assert.equal(await recording.worldAt(40), null);
  assert.deepEqual((await recording.worldAt(130)).get(11).values.x, 130 / 16);
  const fill = new Feed(recording);
  await fill.push(fileOf(headerMap(), chunks.slice(0, later + 4)));
  assert.deepEqual(recording.loaded.all, [[0, 160]]);
  for (const tick of [0, 40, 99, 100, 101, 160]) assert.equal((await recording.worldAt(tick)).get(11).values.x, tick / 16);
  const other = new Feed(recording);
  await other.push(fileOf(headerMap({ session: 2 }), chunks));
  assert.equal(other.isOther, true);
});

/** With a CRC that fits. */
function resealed(one) {
  const { type, first, last, bytes: whole } = one;
  const { bytes: fresh } = chunk(type, whole.subarray(20), { first, last, codec: 0 });
  fresh.set(whole.subarray(0, 16));
  const view = new DataView(fresh.buffer);
  view.setUint32(16, crc32(fresh.subarray(20), crc32(fresh.subarray(0, 16))));
  return { ...one, bytes: fresh };
}

function flipped(whole, at) {
  const broken = whole.slice();
  broken[at] ^= 4;
  return broken;
}

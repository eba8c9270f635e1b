/** Recordings for tests: those of the vectors, and such as a test writes itself. */

import { readFileSync } from "node:fs";
import { deflateSync } from "node:zlib";

import { crc32 } from "../src/crc32.js";
import { Feed } from "../src/recording/feed.js";
import { encode } from "../vendor/msgpack/encode.mjs";

const FOLDER = new URL("../../../tests/vectors/recording/", import.meta.url);

/** @param {string} name */
export function vector(name) {
  const bytes = new Uint8Array(readFileSync(new URL(`${name}.trpl`, FOLDER)));
  return { bytes, meaning: JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), "utf8")) };
}

/** What is read of them, in pieces of so many bytes. @param {Uint8Array} bytes @param {number} [piece] */
export async function fed(bytes, piece = 4096) {
  const feed = new Feed();
  for (let at = 0; at < bytes.length; at += piece) await feed.push(bytes.subarray(at, at + piece));
  feed.finish();
  feed.recording.end({ cut: !feed.sealed });
  return { recording: feed.recording, sealed: feed.sealed };
}

/** A world as the vectors have it. */
export function plain({ parts }) {
  const found = {};
  for (const [part, { rows }] of parts) {
    if (rows.size === 0) continue;
    found[part] = {};
    for (const [id, { form, values }] of rows) found[part][id] = [form.number, [...values]];
  }
  return found;
}

// -- recordings of their own --------------------------------------------------------------------------------------------------
const CHUNK_TYPES = { VIEW: 1, SECRET_VIEW: 2, KEYFRAME: 3, SECRET_KEYFRAME: 4, MARKS: 7, CONTENTS: 10, FOOTER: 255 };
const FORM = 8; // of kind 1, with the values for all

export const SCHEMA = {
  game: "studio",
  version: 1,
  kinds: [
    { name: "Globals", fields: [{ name: "round", type: "integer", audience: "all" }] },
    {
      name: "Player",
      fields: [
        { name: "owner", type: "integer", audience: "all" },
        { name: "team", type: "integer", audience: "all" },
        { name: "x", type: "real", audience: "all", quantum: [1, 16], interpolate: "linear" },
        { name: "plan", type: "integer", audience: "team" },
        { name: "cards", type: "integer", audience: "owner" },
      ],
    },
  ],
  events: [
    { name: "Spark", fields: [{ name: "x", type: "integer", audience: "all" }] },
    { name: "Scored", fields: [{ name: "player", type: "integer", audience: "all" }] },
  ],
  calls: [],
  input: [],
  options: [],
};

/** Entity 10 + n is player n's: in the public part, in his team's and in his own. */
export function people(...players) {
  const parts = { 0: { 0: [1, 1] } };
  for (const [owner, team, x, plan, cards] of players) {
    parts[0][10 + owner] = [FORM + 1, owner, team, x];
    if (team > 0) (parts[team] ??= {})[10 + owner] = [FORM + 2, plan];
    (parts[31 + owner] ??= {})[10 + owner] = [FORM + 4, cards];
  }
  return parts;
}

/** @param {number} type @param {Uint8Array} payload @param {{first: number, last?: number, codec?: number}} ticks */
export function chunk(type, payload, { first, last = first, codec = 1 }) {
  const stored = codec === 1 ? deflateSync(payload) : payload;
  const bytes = new Uint8Array(20 + stored.length);
  const view = new DataView(bytes.buffer);
  bytes[0] = type;
  bytes[1] = codec;
  view.setUint32(4, stored.length);
  view.setUint32(8, first);
  view.setUint32(12, last - first + 1);
  bytes.set(stored, 20);
  view.setUint32(16, crc32(stored, crc32(bytes.subarray(0, 16))));
  return { type, first, last, bytes };
}

/** @param {object} map @param {{flags?: number, format?: number}} [options] */
export function headerOf(map, { flags = 0, format = 1 } = {}) {
  const body = encode(map);
  const bytes = new Uint8Array(12 + body.length + 4);
  const view = new DataView(bytes.buffer);
  bytes.set([..."TRPL"].map((letter) => letter.charCodeAt(0)));
  view.setUint16(4, format);
  view.setUint16(6, flags);
  view.setUint32(8, body.length);
  bytes.set(body, 12);
  view.setUint32(12 + body.length, crc32(bytes.subarray(0, 12 + body.length)));
  return bytes;
}

/** What a header says, for `headerOf`. */
export function headerMap({ rate = 10, first = 0, onInput = false, session = 1 } = {}) {
  const schema = onInput ? { ...SCHEMA, on_input: true } : SCHEMA;
  const none = { map: null, before: null, options: [] };
  const names = { game: "studio", room: "test", software: "test", version: 1, protocol: 1 };
  return { session: new Uint8Array(16).fill(session), ...names, rate, first, at: 0, schema, ...none };
}

/**
 * Writes a recording of what is shown tick by tick.
 *
 * @param {{tick: number, parts: object, events?: unknown[][], cosmetics?: object, gap?: boolean}[]} shown  the first is the
 *   keyframe of the beginning; events: [to, kind, deaf, values…], cosmetics: by part, flat; gap: nothing leads to it
 * @param {{blockTicks?: number, keyTicks?: number}} [options]
 */
export function film(shown, { blockTicks = 5, keyTicks = 50 } = {}) {
  const chunks = [];
  const joined = (values) => Uint8Array.from(values.flatMap((value) => [...encode(value)]));
  const flat = (rows) => {
    let last = 0;
    return Object.entries(rows).flatMap(([id, [form, ...values]]) => {
      const difference = Number(id) - last;
      last = Number(id);
      return [form, difference, ...values];
    });
  };
  const keyframe = ({ tick, parts }) => {
    const { 0: open, ...secret } = parts;
    const hidden = Object.entries(secret).map(([part, rows]) => [Number(part), 0, flat(rows), [], []]);
    if (hidden.length > 0) chunks.push(chunk(CHUNK_TYPES.SECRET_KEYFRAME, encode([0, ...hidden]), { first: tick }));
    chunks.push(chunk(CHUNK_TYPES.KEYFRAME, encode([0, [0, 0, flat(open), [], []]]), { first: tick }));
  };
  let block = null;
  const close = () => {
    if (block === null) return;
    const { base, first, last, view, secret } = block;
    if (secret.length > 0) {
      const own = { first: secret[0].tick, last: secret.at(-1).tick };
      let at = base;
      const frames = secret.map(({ tick, frame }) => {
        const back = tick - at;
        at = tick;
        return [back, 0, ...frame];
      });
      chunks.push(chunk(CHUNK_TYPES.SECRET_VIEW, joined([base, ...frames]), own));
    }
    chunks.push(chunk(CHUNK_TYPES.VIEW, joined([base, ...view]), { first, last }));
    block = null;
  };
  let before = null;
  let keyTick = 0;
  for (const frame of shown) {
    const { tick, parts, events = [], cosmetics = {}, gap = false } = frame;
    if (before === null || gap) {
      close();
      keyframe(frame);
      keyTick = tick;
      before = frame;
      continue;
    }
    const fragments = new Map();
    for (const part of new Set([...Object.keys(before.parts), ...Object.keys(parts), ...Object.keys(cosmetics)].map(Number))) {
      const [old, now] = [before.parts[part], parts[part] ?? {}];
      let last = 0;
      const left = Object.keys(old ?? {}).filter((id) => !(id in now)).map((id) => {
        const difference = Number(id) - last;
        last = Number(id);
        return difference;
      });
      const fragment = [part, old === undefined ? 0 : tick - before.tick, flat(now), left, []];
      fragments.set(part, part in cosmetics ? [...fragment, null, cosmetics[part]] : fragment);
    }
    const told = (open) =>
      events.filter(([to]) => (to === 0) === open).map(([to, kind, deaf, ...values]) => [0, kind, to, deaf, ...values]);
    block ??= { base: before.tick, first: tick, last: tick, view: [], secret: [] };
    const previous = block.view.length === 0 ? block.base : block.last;
    block.view.push([tick - previous, 0, told(true), ...(fragments.has(0) ? [fragments.get(0)] : [])]);
    fragments.delete(0);
    if (fragments.size > 0 || told(false).length > 0) block.secret.push({ tick, frame: [told(false), ...fragments.values()] });
    block.last = tick;
    before = frame;
    const keyDue = tick - keyTick >= keyTicks;
    if (keyDue || tick - block.first + 1 >= blockTicks) close();
    if (!keyDue) continue;
    keyframe(frame);
    keyTick = tick;
  }
  close();
  return chunks;
}

/** @param {{first: number, last: number, end?: string | null, marks?: unknown[][]}} contents @param {number} [type] */
export function contentsChunk({ first, last, end = null, marks = [] }, type = CHUNK_TYPES.CONTENTS) {
  return chunk(type, encode({ first, last, end, steps: last - first, hash: null, marks, index: [], after: null }), { first: last });
}

/** A whole file. @param {object} map @param {{bytes: Uint8Array}[]} chunks @param {object} [options] */
export function fileOf(map, chunks, options) {
  return joinedBytes([headerOf(map, options), ...chunks.map(({ bytes }) => bytes)]);
}

/** @param {readonly Uint8Array[]} pieces */
export function joinedBytes(pieces) {
  return new Uint8Array(Buffer.concat(pieces));
}

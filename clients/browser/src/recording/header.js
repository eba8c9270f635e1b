/** What a recording says of itself: its header, its contents and its marks. */

import { FormatError, ProtocolError, WorldMismatch } from "../errors.js";
import { Schema } from "../schema.js";
import { decodeMulti } from "../../vendor/msgpack/decode.mjs";
import { welcomeMap } from "../wire/decode.js";
import { array, binary, integer, isMap, natural, text, wireValues, withTexts } from "../wire/values.js";

/** @typedef {import("../schema.js").Values} Values */
/** @typedef {import("../wire.js").WelcomeMap} WelcomeMap */
/**
 * @typedef {object} Header
 * @property {string} session  16 random bytes in hexadecimal: one recording, whatever its file is called
 * @property {string} game
 * @property {number} version  of the game
 * @property {string} room
 * @property {number} tickRate  ticks a second
 * @property {number} first  the tick after which it begins
 * @property {number} at  wall time of that tick, in seconds since 1970
 * @property {Schema} schema
 * @property {Values} options
 * @property {WelcomeMap | null} map
 * @property {string} software
 * @property {string | null} before  the file name of the recording that this one goes on from
 * @property {boolean} shareable  there is no truth track in it
 * @property {boolean} live  a stream that goes on
 */
/**
 * Something that happened, for a timeline.
 *
 * @typedef {{tick: number, what: "joined", player: number, name: string, bot: boolean}
 *   | {tick: number, what: "left", player: number}
 *   | {tick: number, what: "event", name: string, values: Values}
 *   | {tick: number, what: "over"}
 *   | {tick: number, what: "fault", id: string}
 *   | {tick: number, what: "gap", from: number}
 *   | {tick: number, what: "note", text: string}} Mark  of a gap: its first tick; it ends before that of the mark
 */
/**
 * @typedef {object} Contents
 * @property {number} first
 * @property {number} last  the last tick of all that is recorded
 * @property {string | null} end  why it ends, null while it goes on
 * @property {number} steps
 * @property {Mark[]} marks
 * @property {string | null} after  the file name of the recording that goes on
 */

const SESSION_BYTES = 16;
const TICK_RATE_MAX = 1_000;
/** The bits of the header's flags. */
const SHAREABLE = 1;
const LIVE = 2;
/** The numbers of marks. */
const JOINED = 0;
const LEFT = 1;
const EVENT = 2;
const OVER = 3;
const FAULT = 4;
const GAP = 5;
const NOTE = 6;

/**
 * @param {Uint8Array} bytes  of the header's map
 * @param {number} flags
 * @returns {Header}
 * @throws {FormatError} if it says what a header must not
 */
export function decodeHeader(bytes, flags) {
  return reading("its header", () => {
    const map = mapOf(bytes);
    const schema = new Schema(/** @type {Record<string, unknown>} */ (withTexts(map.schema)));
    const rate = natural(map.rate, "rate");
    if (rate < 1 || rate > TICK_RATE_MAX) throw new ProtocolError(`a rate of ${rate}`);
    return {
      session: Array.from(binary(map.session, SESSION_BYTES, "session"), (byte) => byte.toString(16).padStart(2, "0")).join(""),
      game: text(map.game, "game"),
      version: integer(map.version, "version"),
      room: text(map.room, "room"),
      tickRate: rate,
      first: natural(map.first, "first"),
      at: finite(map.at, "at"),
      schema,
      options: schema.options.fromWire(wireValues(map.options, "options")),
      map: map.map === null ? null : welcomeMap(array(map.map, "map")),
      software: text(map.software, "software"),
      before: textOrNull(map.before, "before"),
      shareable: (flags & SHAREABLE) !== 0,
      live: (flags & LIVE) !== 0,
    };
  });
}

/**
 * @param {Uint8Array} bytes  of CONTENTS or FOOTER
 * @param {Schema} schema
 * @returns {Contents}
 * @throws {FormatError} if they are not what they should be
 */
export function decodeContents(bytes, schema) {
  return reading("its contents", () => {
    const map = mapOf(bytes);
    return {
      first: natural(map.first, "first"),
      last: natural(map.last, "last"),
      end: textOrNull(map.end, "end"),
      steps: natural(map.steps, "steps"),
      marks: array(map.marks, "marks").flatMap((each) => mark(array(each, "a mark"), schema)),
      after: textOrNull(map.after, "after"),
    };
  });
}

/**
 * @param {Uint8Array} bytes  of MARKS
 * @param {Schema} schema
 * @returns {Mark[]}
 * @throws {FormatError} if they are none
 */
export function decodeMarks(bytes, schema) {
  return reading("a mark", () => valuesOf(bytes).flatMap((each) => mark(array(each, "a mark"), schema)));
}

/**
 * All msgpack values in some bytes; texts in them are still bytes.
 *
 * @param {Uint8Array} bytes
 * @returns {unknown[]}
 * @throws {ProtocolError} if there is anything else in them
 */
export function valuesOf(bytes) {
  try {
    // No array is longer than the bytes that it is read from: a forged length is not to take any memory.
    return [...decodeMulti(bytes, { rawStrings: true, maxArrayLength: bytes.length })];
  } catch (error) {
    throw new ProtocolError(`no msgpack: ${/** @type {Error} */ (error).message}`);
  }
}

/**
 * Does something with bytes whose CRC fits.
 *
 * @template Result
 * @param {string} what  is being read
 * @param {() => Result} read
 * @returns {Result}
 * @throws {FormatError} in place of any error by which bytes contradict the format, the schema or themselves
 */
export function reading(what, read) {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ProtocolError || error instanceof WorldMismatch)) throw error;
    throw new FormatError(`this recording is forged: ${what} cannot be read (${error.message})`, "forged");
  }
}

/**
 * @param {unknown[]} mark
 * @param {Schema} schema
 * @returns {Mark[]} none if it is of a sort that is not known
 */
function mark([tick_, what, ...rest], schema) {
  const tick = natural(tick_, "a mark's tick");
  switch (natural(what, "a mark's number")) {
    case JOINED:
      return [{ tick, what: "joined", player: natural(rest[0], "player"), name: text(rest[1], "name"), bot: Boolean(rest[2]) }];
    case LEFT:
      return [{ tick, what: "left", player: natural(rest[0], "player") }];
    case EVENT: {
      const event = schema.event(natural(rest[0], "an event's kind"));
      return [{ tick, what: "event", name: event.name, values: event.fromWire(wireValues(rest.slice(1), "an event's values")) }];
    }
    case OVER:
      return [{ tick, what: "over" }];
    case FAULT:
      return [{ tick, what: "fault", id: text(rest[0], "a fault's id") }];
    case GAP:
      return [{ tick, what: "gap", from: natural(rest[0], "a gap's first tick") }];
    case NOTE:
      return [{ tick, what: "note", text: text(rest[0], "a note") }];
    default:
      return [];
  }
}

/** @param {Uint8Array} bytes @returns {Record<string, unknown>} */
function mapOf(bytes) {
  const [map, ...rest] = valuesOf(bytes);
  if (!isMap(map) || rest.length > 0) throw new ProtocolError("it is not one map");
  return map;
}

/** @param {unknown} value @param {string} what @returns {string | null} */
function textOrNull(value, what) {
  return value === null || value === undefined ? null : text(value, what);
}

/** @param {unknown} value @param {string} what @returns {number} */
function finite(value, what) {
  if (typeof value !== "number" || !Number.isFinite(value)) throw new ProtocolError(`${what} is no number`);
  return value;
}

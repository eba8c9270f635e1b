/**
 * Frames and their meaning. A frame is the content of one binary WebSocket message.
 *
 * Nothing here knows a schema: values stay as they are on the wire. All times are integers in microseconds, all ticks and
 * other integers fit 53 bits.
 */

import { decodeMulti } from "../vendor/msgpack/decode.mjs";
import { encode } from "../vendor/msgpack/encode.mjs";
import { ProtocolError } from "./errors.js";

export { ProtocolError };

/** The protocol's version, as HELLO says it. */
export const PROTOCOL = 1;
/** The roles in HELLO and WELCOME. */
export const Role = Object.freeze({ PLAYER: 0, SPECTATOR: 1, BOT: 2 });
/** The codes of NOTICE. */
export const NoticeCode = Object.freeze({
  KICKED: 1,
  FAULTED: 2,
  DRAINING: 3,
  MOVED: 4,
  UPDATE_NEEDED: 5,
  FULL: 6,
  REFUSED: 7,
  MATCH_OVER: 8,
  ROOM_CLOSED: 9,
  TOO_SLOW: 10,
  IDLE: 11,
  SESSION_GONE: 12,
  REPLACED: 13,
});
/** The bits of a SNAPSHOT's `flags`. */
export const SnapshotFlag = Object.freeze({ MATCH_OVER: 1 });

/** The server refuses a longer message, in bytes. */
export const MESSAGE_BYTES_MAX = 4096;
/** The most integers in one INPUT. */
export const INPUT_VALUES_MAX = 64;
/** The length of a resume token in bytes. */
export const TOKEN_BYTES = 16;
/** The length of a map's hash (SHA-256) in bytes. */
export const HASH_BYTES = 32;
const NAME_CODE_POINTS_MAX = 24;
const TEXT_BYTES_MAX = 512;
const ARGUMENT_INTEGERS_MAX = 64;

const GAME = /^[a-z][a-z0-9_-]{0,31}(@[0-9]{1,9})?$/;
const ROOM = /^[a-z0-9]{1,32}$/;
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const NOT_IN_NAMES = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/u;

// -- what the server says ------------------------------------------------------------------------------------------------

/** @typedef {number | string | number[]} WireValue  a field's value on the wire; the numbers are integers */
/** @typedef {{name: string, hash: Uint8Array, data: Uint8Array}} WelcomeMap  `data`: a Tiled .tmj file; `hash`: its SHA-256 */
/**
 * @typedef {object} Welcome
 * @property {"WELCOME"} type
 * @property {number} player  this client's number in the room, 0 for a spectator
 * @property {number} role  see `Role`
 * @property {Uint8Array | null} resume  token for coming back
 * @property {number} tickRate  ticks a second
 * @property {Record<string, unknown>} schema  for `new Schema(…)`, which checks it
 * @property {WelcomeMap | null} map
 * @property {WireValue[]} options  in the order of the schema's options
 * @property {number} epoch
 */
/**
 * @typedef {object} Fragment
 * @property {number} part
 * @property {number} back  ticks from the base to this snapshot; 0: no base
 * @property {WireValue[]} entered  flat: form, id, values…
 * @property {number[]} left  flat: ids
 * @property {WireValue[]} changed  flat: id, mask, values…
 * @property {number | null} crc  CRC-32 of the whole part after this snapshot
 * @property {WireValue[]} cosmetic  flat: kind, ago (ticks), values…
 */
/**
 * @typedef {object} Control
 * @property {number[]} drops  parts
 * @property {number | null} rate  1, 2, 4 or 8: every how many ticks a snapshot comes from now on; null: as before
 * @property {number | null} clock  null: as before
 * @property {number[]} schedule  flat: part, divisor
 */
/**
 * @typedef {object} Snapshot
 * @property {"SNAPSHOT"} type
 * @property {number} epoch
 * @property {number} tick
 * @property {number} flags  see `SnapshotFlag`; unknown bits mean nothing
 * @property {number | null} inputAck  tick
 * @property {number | null} margin  microseconds by which the newest INPUT was early; negative: late
 * @property {Control | null} control
 * @property {Fragment[]} fragments
 */
/** @typedef {{type: "EVENT", sequence: number, tick: number, kind: number, values: WireValue[]}} EventMessage */
/** @typedef {{type: "PONG", sequence: number, clientTime: number, tick: number, intoTick: number, held: number}} Pong  times in microseconds */
/** @typedef {{type: "REPLY", id: number, ok: boolean, value: null | boolean | number | string}} Reply */
/** @typedef {{type: "NOTICE", code: number, text: string, detail: null | number | string}} Notice */
/** @typedef {Welcome | Snapshot | EventMessage | Pong | Reply | Notice} ServerMessage */

/**
 * The messages in one frame from the server, in their order; a SNAPSHOT has its fragments in it.
 *
 * @param {Uint8Array} bytes
 * @returns {ServerMessage[]} one or more
 * @throws {ProtocolError} if the frame is not what protocol 1 allows
 */
export function decodeFrame(bytes) {
  const arrays = readAll(bytes);
  /** @type {ServerMessage[]} */
  const messages = [];
  for (let at = 0; at < arrays.length; at++) {
    const message = arrays[at];
    switch (message[0]) {
      case 0:
        messages.push(welcome(message));
        break;
      case 1: {
        const count = natural(message[7], "SNAPSHOT's count of fragments");
        const behind = arrays.length - at - 1;
        if (behind !== count) fail(`SNAPSHOT announces ${count} fragments, ${behind} arrays stand behind it`);
        messages.push(snapshot(message, arrays.slice(at + 1).map(fragment)));
        at = arrays.length;
        break;
      }
      case 2:
        messages.push(event(message));
        break;
      case 3:
        messages.push(pong(message));
        break;
      case 4:
        messages.push(reply(message));
        break;
      case 5:
        messages.push(notice(message));
        break;
      default:
        fail(`no message has the number ${String(message[0])}`);
    }
  }
  if (messages.length > 1 && messages.some((each) => each.type === "WELCOME")) fail("WELCOME is not alone in its frame");
  return messages;
}

/**
 * @param {Uint8Array} bytes
 * @returns {unknown[][]}
 */
function readAll(bytes) {
  /** @type {unknown[]} */
  let values;
  try {
    values = [...decodeMulti(bytes, { rawStrings: true })]; // `text` says why
  } catch (error) {
    return fail(`no msgpack: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (values.length === 0) fail("an empty frame");
  return values.map((value) => array(value, "a message"));
}

/**
 * @param {unknown[]} message
 * @returns {Welcome}
 */
function welcome(message) {
  const [, player, role, resume, tickRate, schema, map, options, epoch] = message;
  if (role !== Role.PLAYER && role !== Role.SPECTATOR) fail("WELCOME: unknown role");
  if (!isMap(schema)) return fail("WELCOME: the schema is no map");
  const rate = natural(tickRate, "WELCOME's tick rate");
  if (rate === 0) fail("WELCOME: a tick rate of 0");
  return {
    type: "WELCOME",
    player: natural(player, "WELCOME's player"),
    role: /** @type {number} */ (role),
    resume: resume === null ? null : binary(resume, TOKEN_BYTES, "WELCOME's token"),
    tickRate: rate,
    schema: /** @type {Record<string, unknown>} */ (withTexts(schema)),
    map: map === null ? null : welcomeMap(array(map, "WELCOME's map")),
    options: wireValues(options, "WELCOME's options"),
    epoch: natural(epoch, "WELCOME's epoch"),
  };
}

/**
 * @param {unknown[]} map
 * @returns {WelcomeMap}
 */
function welcomeMap([name, hash, data]) {
  return {
    name: text(name, "the map's name"),
    hash: binary(hash, HASH_BYTES, "the map's hash"),
    data: binary(data, null, "the map's data"),
  };
}

/**
 * @param {unknown[]} message
 * @param {Fragment[]} fragments
 * @returns {Snapshot}
 */
function snapshot(message, fragments) {
  const [, epoch, tick, flags, inputAck, margin, control_] = message;
  return {
    type: "SNAPSHOT",
    epoch: natural(epoch, "SNAPSHOT's epoch"),
    tick: natural(tick, "SNAPSHOT's tick"),
    flags: natural(flags, "SNAPSHOT's flags"),
    inputAck: inputAck === null ? null : natural(inputAck, "SNAPSHOT's input_ack"),
    margin: margin === null ? null : integer(margin, "SNAPSHOT's margin"),
    control: control_ === null ? null : control(array(control_, "SNAPSHOT's control")),
    fragments,
  };
}

/**
 * @param {unknown[]} control
 * @returns {Control}
 */
function control([drops, rate, clock, schedule]) {
  if (rate !== null && rate !== 1 && rate !== 2 && rate !== 4 && rate !== 8) fail("control: the rate is not 1, 2, 4 or 8");
  const pairs = naturals(schedule, "control's schedule");
  if (pairs.length % 2 !== 0) fail("control: a part without its divisor");
  if (pairs.some((each, index) => index % 2 === 1 && each === 0)) fail("control: a divisor of 0");
  return {
    drops: naturals(drops, "control's drops"),
    rate: /** @type {number | null} */ (rate),
    clock: clock === null ? null : integer(clock, "control's clock"),
    schedule: pairs,
  };
}

/**
 * @param {unknown[]} message
 * @returns {Fragment}
 */
function fragment([part, back, entered, left, changed, crc = null, cosmetic = []]) {
  return {
    part: natural(part, "FRAGMENT's part"),
    back: natural(back, "FRAGMENT's back"),
    entered: wireValues(entered, "FRAGMENT's entered"),
    left: naturals(left, "FRAGMENT's left"),
    changed: wireValues(changed, "FRAGMENT's changed"),
    crc: crc === null ? null : natural(crc, "FRAGMENT's crc"),
    cosmetic: wireValues(cosmetic, "FRAGMENT's cosmetic"),
  };
}

/**
 * @param {unknown[]} message
 * @returns {EventMessage}
 */
function event([, sequence, tick, kind, values]) {
  return {
    type: "EVENT",
    sequence: natural(sequence, "EVENT's sequence"),
    tick: natural(tick, "EVENT's tick"),
    kind: natural(kind, "EVENT's kind"),
    values: wireValues(values, "EVENT's values"),
  };
}

/**
 * @param {unknown[]} message
 * @returns {Pong}
 */
function pong([, sequence, clientTime, tick, intoTick, held]) {
  return {
    type: "PONG",
    sequence: integer(sequence, "PONG's sequence"),
    clientTime: integer(clientTime, "PONG's client_time"),
    tick: natural(tick, "PONG's tick"),
    intoTick: integer(intoTick, "PONG's into_tick"),
    held: integer(held, "PONG's held"),
  };
}

/**
 * @param {unknown[]} message
 * @returns {Reply}
 */
function reply([, id, ok, value]) {
  if (typeof ok !== "boolean") return fail("REPLY: ok is no boolean");
  const plain = !ok
    ? text(value, "REPLY's reason")
    : typeof value === "boolean"
      ? value
      : numberOrText(value, "REPLY's value");
  return { type: "REPLY", id: natural(id, "REPLY's id"), ok, value: plain };
}

/**
 * @param {unknown[]} message
 * @returns {Notice}
 */
function notice([, code, text_, detail]) {
  return {
    type: "NOTICE",
    code: natural(code, "NOTICE's code"),
    text: text(text_, "NOTICE's text"),
    detail: numberOrText(detail, "NOTICE's detail"),
  };
}

// -- what the client says ------------------------------------------------------------------------------------------------

/**
 * HELLO, the first message of a line.
 *
 * @param {object} hello
 * @param {string} hello.game  its name, or `name@version`
 * @param {string} hello.room  as in the path
 * @param {string | Uint8Array | null} hello.credential  a join ticket of at most 512 bytes, a resume token of 16 bytes, or nothing
 * @param {number} hello.role  see `Role`
 * @param {string} hello.name  1 to 24 code points, not only blanks, nothing invisible
 * @returns {Uint8Array}
 * @throws {RangeError} if the server would refuse it
 */
export function encodeHello({ game, room, credential, role, name }) {
  if (!GAME.test(game)) throw new RangeError("HELLO: game must be a name, or name@version");
  if (!ROOM.test(room)) throw new RangeError("HELLO: room must match [a-z0-9]{1,32}");
  if (typeof credential === "string") needShort(credential, "HELLO: a join ticket");
  else if (credential !== null) needBytes(credential, TOKEN_BYTES, "HELLO: a resume token");
  if (!Object.values(Role).includes(role)) throw new RangeError("HELLO: unknown role");
  const length = [...name].length;
  if (length < 1 || length > NAME_CODE_POINTS_MAX || name.trim() === "" || NOT_IN_NAMES.test(name))
    throw new RangeError("HELLO: a name has 1 to 24 characters, not only blanks, none of them invisible");
  return message([0, PROTOCOL, game, room, credential, role, name]);
}

/**
 * READY, when the map is loaded.
 *
 * @param {object} ready
 * @param {Uint8Array | null} ready.mapHash  SHA-256 of the map that was loaded, 32 bytes; null if the room has none
 * @returns {Uint8Array}
 * @throws {RangeError} if the server would refuse it
 */
export function encodeReady({ mapHash }) {
  if (mapHash !== null) needBytes(mapHash, HASH_BYTES, "READY: the map's hash");
  return message([1, mapHash]);
}

/**
 * INPUT, for one or more ticks.
 *
 * @param {object} input
 * @param {number} input.firstTick
 * @param {number | null} input.ackTick  newest snapshot's tick
 * @param {number} input.ackEvent  highest EVENT sequence, 0 before the first
 * @param {number | null} input.viewTick256  256 × the tick on the screen, rounded; null if not known
 * @param {number[]} input.values  for each tick the wire values of the schema's input fields; empty: an acknowledgement only
 * @returns {Uint8Array}
 * @throws {RangeError} if the server would refuse it
 */
export function encodeInput({ firstTick, ackTick, ackEvent, viewTick256, values }) {
  needNatural(firstTick, "INPUT: the first tick");
  if (ackTick !== null) needNatural(ackTick, "INPUT: the acknowledged tick");
  needNatural(ackEvent, "INPUT: the acknowledged event");
  if (viewTick256 !== null) needNatural(viewTick256, "INPUT: the view tick");
  if (values.length > INPUT_VALUES_MAX) throw new RangeError(`INPUT: more than ${INPUT_VALUES_MAX} values`);
  for (const value of values) needInteger(value, "INPUT: a value");
  return message([2, firstTick, ackTick, ackEvent, viewTick256, values]);
}

/**
 * PING.
 *
 * @param {object} ping
 * @param {number} ping.sequence  comes back in PONG
 * @param {number} ping.clientTime  the client's own clock in microseconds, an integer; comes back in PONG
 * @returns {Uint8Array}
 * @throws {RangeError} if the server would refuse it
 */
export function encodePing({ sequence, clientTime }) {
  needInteger(sequence, "PING: the sequence");
  needInteger(clientTime, "PING: the client's time");
  return message([3, sequence, clientTime]);
}

/**
 * CALL.
 *
 * @param {object} call
 * @param {number} call.id  comes back in REPLY
 * @param {string} call.method  the name of one of the schema's calls
 * @param {WireValue[]} call.arguments  in the order of the schema, as wire values
 * @returns {Uint8Array}
 * @throws {RangeError} if the server would refuse it
 */
export function encodeCall({ id, method, arguments: values }) {
  needNatural(id, "CALL: the id");
  if (typeof method !== "string") throw new RangeError("CALL: method must be a string");
  for (const value of values) {
    if (typeof value === "string") {
      needShort(value, "CALL: a text");
    } else if (Array.isArray(value)) {
      if (value.length > ARGUMENT_INTEGERS_MAX) throw new RangeError(`CALL: more than ${ARGUMENT_INTEGERS_MAX} integers`);
      for (const each of value) needInteger(each, "CALL: an argument's element");
    } else needInteger(value, "CALL: an argument");
  }
  return message([4, id, method, values]);
}

/**
 * BYE.
 *
 * @returns {Uint8Array}
 */
export function encodeBye() {
  return message([5]);
}

/**
 * @param {unknown[]} array
 * @returns {Uint8Array}
 * @throws {RangeError} if it is too long
 */
function message(array) {
  const bytes = encode(array);
  if (bytes.length > MESSAGE_BYTES_MAX) throw new RangeError(`a message of more than ${MESSAGE_BYTES_MAX} bytes`);
  return bytes;
}

/** @param {unknown} value @param {string} what */
function needInteger(value, what) {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${what} must be an integer of at most 53 bits`);
}

/** @param {unknown} value @param {string} what */
function needNatural(value, what) {
  needInteger(value, what);
  if (/** @type {number} */ (value) < 0) throw new RangeError(`${what} must not be negative`);
}

/** @param {string} value @param {string} what */
function needShort(value, what) {
  if (new TextEncoder().encode(value).length > TEXT_BYTES_MAX)
    throw new RangeError(`${what} must have at most ${TEXT_BYTES_MAX} bytes`);
}

/** @param {unknown} value @param {number} length @param {string} what */
function needBytes(value, length, what) {
  if (!(value instanceof Uint8Array) || value.length !== length) throw new RangeError(`${what} must be ${length} bytes`);
}

// -- types of values that were received ----------------------------------------------------------------------------------

/**
 * @param {string} why
 * @returns {never}
 */
function fail(why) {
  throw new ProtocolError(why);
}

/** @param {unknown} value @param {string} what @returns {number} */
function integer(value, what) {
  return Number.isSafeInteger(value) ? /** @type {number} */ (value) : fail(`${what} is no integer`);
}

/** @param {unknown} value @param {string} what @returns {number} */
function natural(value, what) {
  const number = integer(value, what);
  return number >= 0 ? number : fail(`${what} is negative`);
}

/**
 * Texts are decoded here and not by the msgpack library, which takes a byte order mark off the front of a long one (the part's CRC
 * would be wrong then) and lets wrong UTF-8 pass. The price: a bin passes for a text.
 *
 * @param {unknown} value
 * @param {string} what
 * @returns {string}
 */
function text(value, what) {
  if (!(value instanceof Uint8Array)) return fail(`${what} is no text`);
  try {
    return UTF8.decode(value);
  } catch {
    return fail(`${what} is no UTF-8`);
  }
}

/** @param {unknown} value @param {string} what @returns {null | number | string} */
function numberOrText(value, what) {
  if (value === null) return null;
  return value instanceof Uint8Array ? text(value, what) : integer(value, what);
}

/**
 * The same with its texts decoded, at any depth; for where there are no bins.
 *
 * @param {unknown} value
 * @returns {unknown}
 */
function withTexts(value) {
  if (value instanceof Uint8Array) return text(value, "a text of the schema");
  if (Array.isArray(value)) return value.map(withTexts);
  if (isMap(value)) return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withTexts(each)]));
  return value;
}

/** @param {unknown} value @returns {value is Record<string, unknown>} */
function isMap(value) {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** @param {unknown} value @param {string} what @returns {unknown[]} */
function array(value, what) {
  return Array.isArray(value) ? value : fail(`${what} is no array`);
}

/** @param {unknown} value @param {number | null} length @param {string} what @returns {Uint8Array} */
function binary(value, length, what) {
  if (!(value instanceof Uint8Array)) return fail(`${what} is no bin`);
  // A view into the frame would keep all of it in memory.
  return length === null || value.length === length ? value.slice() : fail(`${what} has not ${length} bytes`);
}

/** @param {unknown} value @param {string} what @returns {number[]} */
function naturals(value, what) {
  const values = array(value, what);
  for (const each of values) natural(each, what);
  return /** @type {number[]} */ (values);
}

/** @param {unknown} value @param {string} what @returns {WireValue[]} */
function wireValues(value, what) {
  const values = array(value, what);
  for (let at = 0; at < values.length; at++) {
    const each = values[at];
    if (each instanceof Uint8Array) values[at] = text(each, what);
    else if (Array.isArray(each)) for (const element of each) integer(element, what);
    else integer(each, what);
  }
  return /** @type {WireValue[]} */ (values);
}

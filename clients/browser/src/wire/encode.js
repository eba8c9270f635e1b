/** What the client says, as frames. Nothing here knows a schema: values are as they are on the wire. */

import { encode } from "../../vendor/msgpack/encode.mjs";
import { HASH_BYTES, INPUT_VALUES_MAX, MESSAGE_BYTES_MAX, PROTOCOL, Role, TOKEN_BYTES } from "./messages.js";

/** @typedef {import("./messages.js").WireValue} WireValue */

const NAME_CODE_POINTS_MAX = 24;
const TEXT_BYTES_MAX = 512;
const ARGUMENT_INTEGERS_MAX = 64;

const GAME = /^[a-z][a-z0-9_-]{0,31}(@[0-9]{1,9})?$/;
const ROOM = /^[a-z0-9]{1,32}$/;
const NOT_IN_NAMES = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/u;

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
  if (!(/** @type {number[]} */ (Object.values(Role)).includes(role))) throw new RangeError("HELLO: unknown role");
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

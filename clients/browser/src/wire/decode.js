/** Frames from the server and their meaning. A frame is the content of one binary WebSocket message. */

import { decodeMulti } from "../../vendor/msgpack/decode.mjs";
import { HASH_BYTES, Role, TOKEN_BYTES } from "./messages.js";
import { array, binary, fail, integer, isMap, natural, naturals, numberOrText, text, wireValues, withTexts } from "./values.js";

/** @typedef {import("./messages.js").WelcomeMap} WelcomeMap */
/** @typedef {import("./messages.js").Welcome} Welcome */
/** @typedef {import("./messages.js").Fragment} Fragment */
/** @typedef {import("./messages.js").Control} Control */
/** @typedef {import("./messages.js").Snapshot} Snapshot */
/** @typedef {import("./messages.js").EventMessage} EventMessage */
/** @typedef {import("./messages.js").Pong} Pong */
/** @typedef {import("./messages.js").Reply} Reply */
/** @typedef {import("./messages.js").Notice} Notice */
/** @typedef {import("./messages.js").ServerMessage} ServerMessage */

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
        fail(`no message has the number ${natural(message[0], "a message's number")}`);
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
export function welcomeMap([name, hash, data]) {
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
export function fragment([part, back, entered, left, changed, crc = null, cosmetic = []]) {
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

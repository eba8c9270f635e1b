/**
 * Frames and their meaning. A frame is the content of one binary WebSocket message.
 *
 * Nothing here knows a schema: values stay as they are on the wire. All times are integers in microseconds, all ticks and
 * other integers fit 53 bits.
 */

export { ProtocolError } from "./errors.js";
export { decodeFrame } from "./wire/decode.js";
export { encodeBye, encodeCall, encodeHello, encodeInput, encodePing, encodeReady } from "./wire/encode.js";
export { PROTOCOL, Role, NoticeCode, SnapshotFlag, MESSAGE_BYTES_MAX, INPUT_VALUES_MAX, TOKEN_BYTES, HASH_BYTES } from "./wire/messages.js";

/** @typedef {import("./wire/messages.js").WireValue} WireValue */
/** @typedef {import("./wire/messages.js").WelcomeMap} WelcomeMap */
/** @typedef {import("./wire/messages.js").Welcome} Welcome */
/** @typedef {import("./wire/messages.js").Fragment} Fragment */
/** @typedef {import("./wire/messages.js").Control} Control */
/** @typedef {import("./wire/messages.js").Snapshot} Snapshot */
/** @typedef {import("./wire/messages.js").EventMessage} EventMessage */
/** @typedef {import("./wire/messages.js").Pong} Pong */
/** @typedef {import("./wire/messages.js").Reply} Reply */
/** @typedef {import("./wire/messages.js").Notice} Notice */
/** @typedef {import("./wire/messages.js").ServerMessage} ServerMessage */

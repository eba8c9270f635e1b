/** What is said on the wire: numbers, limits, and the messages of the server as they are read (`docs/protocol.md`). */

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
  RESTARTING: 14,
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

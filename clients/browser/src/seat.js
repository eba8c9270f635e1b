/** Our seat in the room: what opens it again after the line was lost, or after the page was loaded anew. */

import { TOKEN_BYTES } from "./wire.js";

/** @typedef {{player: number, token: string, calls: number}} SavedSeat  `token` in hexadecimal; `calls`: how many were made */
/**
 * @typedef {object} Memory  keeps a seat where it outlives the page, as sessionStorage does; it is of one room
 * @property {() => unknown} load  what was saved last, null if nothing
 * @property {(saved: SavedSeat) => void} save
 * @property {() => void} clear
 */

const TOKEN = new RegExp(`^[0-9a-f]{${2 * TOKEN_BYTES}}$`);
/**
 * A page that is loaded anew numbers its calls from so far above the last that it knows of: a tab that was duplicated had a
 * copy of the memory, and the other tab may have called since.
 */
const CALLS_GAP = 1_000;

/** See the module. */
export class Seat {
  /** Opens the seat; null: we join as somebody new, or as a spectator. @type {Uint8Array | null} */
  token = null;
  /** Our number, 0 for a spectator and before the first WELCOME. */
  player = 0;
  /** The number of the last call that was made on it. */
  calls = 0;
  #memory;

  /** @param {Memory | null} memory */
  constructor(memory) {
    this.#memory = memory;
    const saved = this.#saved();
    if (saved === null) return;
    this.player = saved.player;
    this.token = Uint8Array.from({ length: TOKEN_BYTES }, (_, at) => Number.parseInt(saved.token.slice(2 * at, 2 * at + 2), 16));
    this.calls = saved.calls + CALLS_GAP;
  }

  /**
   * It is ours, and opened by this token from now on.
   *
   * @param {number} player
   * @param {Uint8Array | null} token
   */
  take(player, token) {
    this.player = player;
    this.token = token;
    this.#save();
  }

  /**
   * A call with this number is being made.
   *
   * @param {number} number
   */
  called(number) {
    this.calls = number;
    this.#save();
  }

  /** It is not ours any more. The memory forgets it, unless another page has saved its own there meanwhile. */
  leave() {
    if (this.token !== null && this.#saved()?.token === hex(this.token)) this.#memory?.clear();
    this.token = null;
  }

  #save() {
    if (this.token !== null) this.#memory?.save({ player: this.player, token: hex(this.token), calls: this.calls });
  }

  /** @returns {SavedSeat | null} null for what cannot be a seat: anything may be in a page's storage */
  #saved() {
    const saved = /** @type {Partial<SavedSeat> | null | undefined} */ (this.#memory?.load());
    if (typeof saved !== "object" || saved === null) return null;
    const { player, token, calls = 0 } = saved;
    if (typeof token !== "string" || !TOKEN.test(token) || !isNatural(player) || !isNatural(calls)) return null;
    return { player, token, calls };
  }
}

/** @param {unknown} value @returns {value is number} */
function isNatural(value) {
  return Number.isSafeInteger(value) && /** @type {number} */ (value) >= 0;
}

/** @param {Uint8Array} bytes */
function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

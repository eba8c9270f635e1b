/**
 * Which seat this tab has in a room, so that a reload takes it again.
 *
 * A tab remembers its own seat (session storage). A tab that was duplicated has the same seat and takes it over, with a token that
 * the first one does not know; so the newest token of every seat also lies where all tabs see it, and "play here" finds it. A tab
 * whose seat was taken does not forget which one it was: the other one may save its token a moment later.
 */

/** @typedef {import("./storage.js").Store} Store */
/** @typedef {import("../../src/seat.js").SavedSeat} Seat */
/**
 * @typedef {object} Kept
 * @property {string} id  of the seat in this browser: a player's number is given to others one day
 * @property {Seat} seat
 * @property {number} at  when it was saved, in milliseconds of the wall clock
 * @property {boolean} gone  this tab does not have it any more
 */

/** What tabs tell each other is forgotten after a day: no match is longer, and a tab that was closed forgets nothing itself. */
const STALE_MS = 86_400_000;

/** The memory that a client asks. */
export class SeatMemory {
  #own;
  #shared;
  #room;
  #now;
  #random;
  /** Another tab's token was handed out: what is saved next is the same seat. */
  #takesOver = false;

  /**
   * @param {object} options
   * @param {Store} options.own  this tab's
   * @param {Store} options.shared  all tabs'
   * @param {string} options.room
   * @param {() => number} options.now  milliseconds of the wall clock
   * @param {() => number} options.random  from 0 up to 1
   */
  constructor({ own, shared, room, now, random }) {
    this.#own = own;
    this.#shared = shared;
    this.#room = room;
    this.#now = now;
    this.#random = random;
    for (const key of shared.keys("seat:")) {
      const kept = asKept(shared.get(key));
      if (kept === null || Math.abs(now() - kept.at) > STALE_MS) shared.set(key, null);
    }
  }

  /** @returns {Seat | null} as it was saved last, by whichever tab; the client checks what is in it */
  load() {
    const own = this.#kept();
    if (own === null) return null;
    const shared = asKept(this.#shared.get(this.#sharedKey(own)));
    if (shared !== null && shared.at > own.at) {
      this.#takesOver = true;
      return shared.seat;
    }
    return own.gone ? null : own.seat;
  }

  /** @param {Seat} seat */
  save(seat) {
    const own = this.#kept();
    const known = own !== null && (this.#takesOver || !own.gone) && own.seat.player === seat.player;
    const kept = { id: known ? own.id : this.#random().toString(36).slice(2), seat, at: this.#now(), gone: false };
    this.#takesOver = false;
    this.#own.set(`seat:${this.#room}`, kept);
    this.#shared.set(this.#sharedKey(kept), kept);
  }

  /**
   * The seat is gone. What lies where all tabs see it stays until it is stale: another tab may just have saved its token there, and
   * browsers tell tabs of each other's changes only after a while, so this one cannot know.
   */
  clear() {
    const own = this.#kept();
    if (own !== null) this.#own.set(`seat:${this.#room}`, { ...own, gone: true });
  }

  #kept() {
    return asKept(this.#own.get(`seat:${this.#room}`));
  }

  /** @param {Kept} kept */
  #sharedKey({ id }) {
    return `seat:${this.#room}:${id}`;
  }
}

/** @param {unknown} value @returns {Kept | null} */
function asKept(value) {
  const kept = /** @type {Kept | null} */ (value);
  const fits =
    typeof kept === "object" &&
    kept !== null &&
    typeof kept.id === "string" &&
    typeof kept.gone === "boolean" &&
    Number.isFinite(kept.at) &&
    Number.isSafeInteger(kept.seat?.player) &&
    typeof kept.seat?.token === "string";
  return fits ? kept : null;
}

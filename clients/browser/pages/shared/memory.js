/**
 * Which seat this tab has in a room, so that a reload takes it again.
 *
 * A tab remembers its own seat (session storage). A tab that was duplicated has the same seat and takes it over, with a token that
 * the first one does not know; so the newest token of every seat also lies where all tabs see it, and "play here" finds it.
 */

/** @typedef {import("./storage.js").Store} Store */
/** @typedef {import("../../src/seat.js").SavedSeat} Seat */
/** @typedef {Seat & {at: number}} Kept  `at`: milliseconds of the wall clock */

/** What tabs tell each other is forgotten after a day: no match is longer, and a tab that was closed forgets nothing itself. */
const STALE_MS = 86_400_000;

/** The memory that a client asks. */
export class SeatMemory {
  #own;
  #shared;
  #room;
  #now;

  /**
   * @param {object} options
   * @param {Store} options.own  this tab's
   * @param {Store} options.shared  all tabs'
   * @param {string} options.room
   * @param {() => number} options.now  milliseconds of the wall clock
   */
  constructor({ own, shared, room, now }) {
    this.#own = own;
    this.#shared = shared;
    this.#room = room;
    this.#now = now;
    for (const key of shared.keys("seat:")) if (!this.#fresh(asKept(shared.get(key)))) shared.set(key, null);
  }

  /** @returns {Seat | null} */
  load() {
    const own = asKept(this.#own.get(`seat:${this.#room}`));
    if (own === null) return null;
    const shared = asKept(this.#shared.get(this.#sharedKey(own.player)));
    const newest = shared !== null && shared.at > own.at ? shared : own;
    return { player: newest.player, token: newest.token, calls: newest.calls };
  }

  /** @param {Seat} seat */
  save(seat) {
    const kept = { ...seat, at: this.#now() };
    this.#own.set(`seat:${this.#room}`, kept);
    this.#shared.set(this.#sharedKey(seat.player), kept);
  }

  /** The seat is gone. What another tab knows of it since then is left alone. */
  clear() {
    const own = asKept(this.#own.get(`seat:${this.#room}`));
    if (own === null) return;
    this.#own.set(`seat:${this.#room}`, null);
    if (asKept(this.#shared.get(this.#sharedKey(own.player)))?.token === own.token)
      this.#shared.set(this.#sharedKey(own.player), null);
  }

  /** @param {number} player */
  #sharedKey(player) {
    return `seat:${this.#room}:${player}`;
  }

  /** @param {Kept | null} kept */
  #fresh(kept) {
    return kept !== null && Math.abs(this.#now() - kept.at) < STALE_MS;
  }
}

/** @param {unknown} value @returns {Kept | null} */
function asKept(value) {
  const kept = /** @type {Kept | null} */ (value);
  const fits =
    typeof kept === "object" &&
    kept !== null &&
    Number.isSafeInteger(kept.player) &&
    Number.isSafeInteger(kept.calls) &&
    Number.isFinite(kept.at) &&
    typeof kept.token === "string" &&
    /^([0-9a-f]{2})+$/.test(kept.token);
  return fits ? kept : null;
}

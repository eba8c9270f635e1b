/** Whether another line is opened after one has ended, and when (docs/protocol.md, section 8). */

import { Backoff, LAST_WAIT_MS } from "./backoff.js";
import { ClientEnded, JoinRefused, LineLost } from "./errors.js";
import { NoticeCode } from "./wire.js";

/** Without a line for so long. A server keeps a seat for 30 s; a minute is about as long as somebody looks at a still picture. */
export const GIVE_UP_MS = 60_000;
/** Those who were told to come again at the same moment come up to so much later, each at another time. */
const APART_MS = 1_000;

/** Notices after which there is no seat to come back to, and no use in asking for another. @type {ReadonlySet<number>} */
const SESSION_ENDS = new Set([
  NoticeCode.KICKED,
  NoticeCode.FAULTED,
  NoticeCode.MOVED,
  NoticeCode.UPDATE_NEEDED,
  NoticeCode.REFUSED,
  NoticeCode.MATCH_OVER,
  NoticeCode.ROOM_CLOSED,
]);

/** Notices after which there is no seat to come back to. @type {ReadonlySet<number | undefined>} */
const SEAT_ENDS = new Set([...SESSION_ENDS, NoticeCode.REPLACED, NoticeCode.SESSION_GONE, NoticeCode.RESTARTING]);

/**
 * @typedef {object} Verdict
 * @property {ClientEnded | null} end  it was the last line, and why; null: there shall be another
 * @property {boolean} keepsSeat  the next one comes back to the seat; false: it joins anew
 * @property {number} waitMs  before the next try
 */

/** Judges each end of a line. */
export class Comeback {
  #random;
  #backoff;
  #letIn;
  /** The server has asked us to come again. */
  #invited = false;
  #everOpened = false;
  /** @type {number | null} */
  #openSinceMs = null;
  #deadlineMs = Infinity;

  /**
   * @param {() => number} random  0 up to (not including) 1
   * @param {boolean} hadSeat  there is a seat from before: the first line is tried for like a later one
   */
  constructor(random, hadSeat) {
    this.#random = random;
    this.#backoff = new Backoff(random);
    this.#letIn = hadSeat;
  }

  /** WELCOME has come. */
  letIn() {
    this.#letIn = true;
  }

  /**
   * The first snapshot of a line has come.
   *
   * @param {number} nowMs
   */
  opened(nowMs) {
    this.#everOpened = true;
    this.#openSinceMs = nowMs;
    this.#deadlineMs = Infinity;
  }

  /**
   * Somebody has come back to look, or the network has: the time to give up begins anew, and so do the waits.
   *
   * @param {number} nowMs
   */
  renew(nowMs) {
    this.#backoff.reset();
    if (this.#deadlineMs !== Infinity) this.#deadlineMs = nowMs + GIVE_UP_MS;
  }

  /**
   * A line has ended with this error, or there was no ticket for one.
   *
   * @param {Error} error
   * @param {number} nowMs
   * @returns {Verdict}
   */
  judge(error, nowMs) {
    // Not for one that broke at once: that may go on and on.
    if (this.#openSinceMs !== null && nowMs - this.#openSinceMs > LAST_WAIT_MS) this.#backoff.reset();
    this.#openSinceMs = null;
    if (this.#deadlineMs === Infinity) this.#deadlineMs = nowMs + GIVE_UP_MS;
    const notice = error instanceof LineLost ? error.notice : null;
    const code = notice?.code;
    const gone = code === NoticeCode.SESSION_GONE;
    const never = code !== undefined && (SESSION_ENDS.has(code) || code === NoticeCode.REPLACED);
    const refused = error instanceof JoinRefused && error.retryAfterMs === null;
    const waitMs = this.#waitMs(error, notice);
    if (code === NoticeCode.RESTARTING || (error instanceof JoinRefused && !refused)) {
      this.#invited = true;
      this.#deadlineMs = nowMs + waitMs + GIVE_UP_MS; // it is there: nobody is waited for in vain
    }
    const awaited = this.#letIn || gone || (this.#invited && code !== NoticeCode.FULL);
    /** @type {ClientEnded | null} */
    let end = null;
    if (never || refused || !awaited) end = new ClientEnded(notice?.text || error.message, notice, error);
    else if (nowMs >= this.#deadlineMs)
      end = new ClientEnded(`no line for ${GIVE_UP_MS / 1000} s; the last try: ${error.message}`, notice, error);
    if (gone && !this.#everOpened) this.#letIn = false; // a seat of an earlier page: this one is new here, and may hear "full"
    return { end, keepsSeat: !SEAT_ENDS.has(code), waitMs };
  }

  /**
   * @param {Error} error
   * @param {import("./wire.js").Notice | null} notice  the server's last word
   * @returns {number} before the next try
   */
  #waitMs(error, notice) {
    if (error instanceof JoinRefused && error.retryAfterMs !== null) return error.retryAfterMs + APART_MS * this.#random();
    switch (notice?.code) {
      case NoticeCode.SESSION_GONE:
        return 0; // the server is there, and awaits whoever is new
      case NoticeCode.RESTARTING:
        return 1000 * Math.max(0, typeof notice.detail === "number" ? notice.detail : 0) + APART_MS * this.#random();
      default:
        return this.#backoff.next();
    }
  }
}

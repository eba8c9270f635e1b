/**
 * How far behind the newest snapshots a picture must be, so that there is always one on either side of what it shows.
 *
 * Snapshots leave in step with the ticks and arrive out of step. The earliest arrivals of the last seconds are a line from ticks to
 * local times; all others are later than the line by their *lateness*. A picture that is one interval and the greatest lateness
 * behind the line never waits for a snapshot. What comes later than the longest delay could make up for was held up by something
 * else (a stall, a retransmission): it is not sized for, unless nothing else comes any more; then the line is another, and begins
 * anew.
 */

import { Ordered } from "./ordered.js";

const WINDOW_MS = 5000;
const LATE_PERCENT = 99;
const LEAST_INTERVALS = 1.5;
/** More delay is felt as unfair more than a starved frame is seen. */
const DELAY_MS_MAX = 200;
/** As long as this nothing is known of lateness, and it is taken to be an interval at least. */
const FIRST_MS = 1000;
/** Who is held up for longer is not held up but slower. */
const HELD_MS = 1000;

/** See the module. Times are milliseconds of any monotonic clock. */
export class ViewDelay {
  #tickMs;
  /** Of those that count, of the last WINDOW_MS. `zero`: local time of tick 0 as far as this snapshot tells.
   * @type {{atMs: number, zero: number}[]} */
  #arrivals = [];
  #zeros = new Ordered();
  #sinceMs = 0;
  /** @type {number | null} */
  #heldSinceMs = null;

  /** @param {{tickRate: number}} options */
  constructor({ tickRate }) {
    this.#tickMs = 1000 / tickRate;
    /** Between two snapshots, as the server says. */
    this.intervalTicks = 1;
  }

  /** Another line, or the room's time is another. */
  reset() {
    this.#arrivals.length = 0;
    this.#zeros.clear();
    this.#heldSinceMs = null;
  }

  /**
   * A snapshot has come.
   *
   * @param {number} tick
   * @param {number} nowMs
   * @param {number} rate  one comes every so many ticks
   */
  arrived(tick, nowMs, rate) {
    this.intervalTicks = rate;
    const zero = nowMs - tick * this.#tickMs;
    if (this.known && this.#isHeldUp(zero - this.#zeros.at(0), nowMs)) return;
    if (!this.known) this.#sinceMs = nowMs;
    this.#arrivals.push({ atMs: nowMs, zero });
    this.#zeros.add(zero);
    let old = 0;
    while (this.#arrivals[old].atMs < nowMs - WINDOW_MS) this.#zeros.remove(this.#arrivals[old++].zero);
    if (old > 0) this.#arrivals.splice(0, old);
  }

  /** Does this arrival say nothing about the line? @param {number} lateness @param {number} nowMs */
  #isHeldUp(lateness, nowMs) {
    const interval = this.intervalTicks * this.#tickMs;
    if (this.#heldSinceMs === null) {
      if (lateness <= Math.max(DELAY_MS_MAX, LEAST_INTERVALS * interval)) return false;
      this.#heldSinceMs = nowMs;
    } else if (lateness <= Math.max(this.latenessMs, interval)) {
      this.#heldSinceMs = null;
      return false;
    }
    if (nowMs - this.#heldSinceMs < HELD_MS) return true;
    this.reset();
    return false;
  }

  /** Has any snapshot come? */
  get known() {
    return this.#zeros.size > 0;
  }

  /** LATE_PERCENT of the recent snapshots are at most so much later than the earliest. */
  get latenessMs() {
    if (!this.known) return 0;
    return this.#zeros.at(Math.ceil((this.#zeros.size * LATE_PERCENT) / 100) - 1) - this.#zeros.at(0);
  }

  /** How far behind the earliest snapshots to be. */
  get delayTicks() {
    const last = this.#arrivals.at(-1);
    let late = this.latenessMs / this.#tickMs;
    if (last !== undefined && last.atMs - this.#sinceMs < FIRST_MS) late = Math.max(late, this.intervalTicks);
    return Math.max(Math.min(this.intervalTicks + late, DELAY_MS_MAX / this.#tickMs), LEAST_INTERVALS * this.intervalTicks);
  }

  /**
   * @param {number} nowMs
   * @returns {number} the tick that is to be shown now
   * @throws {RangeError} before the first snapshot
   */
  targetTick(nowMs) {
    if (!this.known) throw new RangeError("no snapshot has come yet");
    return (nowMs - this.#zeros.at(0)) / this.#tickMs - this.delayTicks;
  }
}

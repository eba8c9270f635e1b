/**
 * Where to be in a recording that is still growing, so that there always is something ahead to go on to.
 *
 * Its ticks come in blocks, at the rate at which they were made, as a line from ticks to local times on which the earliest blocks
 * lie; each lasts until the next one comes, and that may be late.
 */

import { VIEW_TIME } from "../timeline.js";

/**
 * For the time that is shown along an edge: `new Timeline({ tickRate, ...EDGE_TIME })`. Who is ahead of where he should be goes a
 * little slower and does not stand still: there is enough that he has not seen.
 *
 * @type {Readonly<import("../timeline.js").Slack>}
 */
export const EDGE_TIME = Object.freeze({ ...VIEW_TIME, waitMs: 1_000 });

/** A block has half a second in it. */
const BLOCK_MS = 500;
/** For what takes its time between the arrival of bytes and a frame: unpacking, a slow frame. */
const SPARE_MS = 150;
/** How late blocks come is judged by those of the last seconds. */
const WINDOW_MS = 10_000;
/** What comes later than this was not late but begins anew: the room stood still, or the stream was broken. */
const LATE_MS = 3_000;

/** See the module. Times are milliseconds of any monotonic clock. */
export class Edge {
  #tickMs;
  /** Local time of tick 0 as far as an arrival tells. @type {{atMs: number, zero: number}[]} */
  #arrivals = [];

  /** @param {{tickRate: number}} recording */
  constructor({ tickRate }) {
    this.#tickMs = 1000 / tickRate;
  }

  /**
   * All up to this tick has come.
   *
   * @param {number} tick
   * @param {number} nowMs
   */
  arrived(tick, nowMs) {
    const zero = nowMs - tick * this.#tickMs;
    if (zero - this.#earliest() > LATE_MS) this.#arrivals.length = 0;
    this.#arrivals.push({ atMs: nowMs, zero });
    while (this.#arrivals[0].atMs < nowMs - WINDOW_MS) this.#arrivals.shift();
  }

  /**
   * @param {number} nowMs
   * @returns {number} the tick to be at, with its fraction; −∞ before anything has come
   */
  targetTick(nowMs) {
    if (this.#arrivals.length === 0) return -Infinity;
    const earliest = this.#earliest();
    const latest = Math.max(...this.#arrivals.map(({ zero }) => zero).filter((zero) => zero - earliest <= LATE_MS));
    return (nowMs - latest - BLOCK_MS - SPARE_MS) / this.#tickMs;
  }

  #earliest() {
    return Math.min(Infinity, ...this.#arrivals.map(({ zero }) => zero));
  }
}

/**
 * How far ahead of the room inputs must be made, so that they arrive in time and hardly earlier.
 *
 * The room says with every snapshot by how much the newest input was early: its margin. How much earlier than half a round trip
 * that input was made is known here; the difference of the two is what it *needed*. Wanted is a margin of one tick for all but the
 * latest of the last seconds, so what they needed and one tick is what the next ones get. Since need does not depend on what was
 * given, nothing is integrated and nothing swings, though the answer comes a round trip later.
 *
 * An input that is later than 50 ms was held up by something that no sensible margin covers (a stall, a retransmission): it says
 * nothing about the line, unless all of them are for half a second.
 */

/** @typedef {import("./clock.js").ServerClock} ServerClock */

/** Wanted margin: an input that comes as late as half of this still meets its tick while the estimates wander. */
const TARGET_TICKS = 1;
/** Of the reports, which are about 2 % of the inputs: of those that come in one tick only the newest is reported, the best. */
const LATEST_PERCENT = 1;
const WINDOW_MS = 2000;
/** A margin below this is a spike. */
const SPIKE_MS = -50;
/** Spikes alone for so long are the line as it is now. */
const SPIKES_MS = 500;
/** So fast may the safety change: the timeline that follows it is no faster. */
const SLEW = 0.05;
/** Before the first report; half of it is for jitter of which nothing is known. */
const FIRST_SAFETY_TICKS = 2;
/** The room keeps 16 inputs at most, which are 267 ms at 60 Hz. */
const SAFETY_MS_MAX = 250;

/** See the module. Times are milliseconds of any monotonic clock. */
export class InputPace {
  #tickMs;
  /**
   * When each was reported, and the ticks that were needed, of the last WINDOW_MS but at least one.
   *
   * @type {{atMs: number, need: number, marginMs: number}[]}
   */
  #needs = [];
  /** When the first of them all was reported, or the line was found to be another. */
  #sinceMs = 0;
  /** @type {number | null} */
  #spikesSinceMs = null;
  #atMs = 0;

  /** @param {{tickRate: number}} options */
  constructor({ tickRate }) {
    this.#tickMs = 1000 / tickRate;
    /** By how much earlier than half a round trip before its tick an input is made. */
    this.safetyTicks = FIRST_SAFETY_TICKS;
    /** The newest margin that was reported; null before the first. @type {number | null} */
    this.marginMs = null;
    /** How many reports were left out of account. */
    this.spikes = 0;
  }

  /** Another line, or the room's time is another: what was reported says nothing any more. */
  reset() {
    this.marginMs = null;
    this.#needs = [];
    this.#spikesSinceMs = null;
  }

  /**
   * A snapshot says that the newest input had this margin. What was reported already is not counted again.
   *
   * @param {number} marginUs  SNAPSHOT's `margin`
   * @param {number} nowMs
   */
  report(marginUs, nowMs) {
    const marginMs = marginUs / 1000;
    if (marginMs !== this.marginMs) {
      this.marginMs = marginMs;
      if (marginMs >= SPIKE_MS) {
        this.#spikesSinceMs = null;
        this.#count(marginMs, nowMs);
      } else if (this.#spikesSinceMs === null) {
        this.#spikesSinceMs = nowMs;
        this.spikes++;
      } else if (nowMs - this.#spikesSinceMs < SPIKES_MS) {
        this.spikes++;
      } else {
        this.#spikesSinceMs = null;
        this.#needs = [];
        this.#count(marginMs, nowMs);
        this.safetyTicks = this.#wanted();
      }
    }
    this.#steer(nowMs);
  }

  /**
   * How far ahead of the room's tick an input is made: it is sent for tick n when a Timeline that follows
   * `clock.tickAt(now) + pace.leadTicks(clock)` crosses n.
   *
   * @param {ServerClock} clock
   */
  leadTicks(clock) {
    return Math.max(0, clock.roundTripMs / 2 / this.#tickMs + this.safetyTicks);
  }

  /** The margin below which the latest of the last two seconds are; null before the first report. */
  get marginLowMs() {
    if (this.#needs.length === 0) return null;
    const margins = this.#needs.map(({ marginMs }) => marginMs).sort((one, other) => one - other);
    return margins[rank(margins.length)];
  }

  /** @param {number} marginMs @param {number} nowMs */
  #count(marginMs, nowMs) {
    if (this.#needs.length === 0) this.#sinceMs = this.#atMs = nowMs;
    this.#needs.push({ atMs: nowMs, need: this.safetyTicks - marginMs / this.#tickMs, marginMs });
    let old = 0;
    while (old + 1 < this.#needs.length && this.#needs[old].atMs < nowMs - WINDOW_MS) old++;
    if (old > 0) this.#needs.splice(0, old);
  }

  #wanted() {
    const needs = this.#needs.map(({ need }) => need).sort((one, other) => other - one);
    const most = SAFETY_MS_MAX / this.#tickMs;
    return Math.min(Math.max(needs[rank(needs.length)] + TARGET_TICKS, -most), most);
  }

  /** @param {number} nowMs */
  #steer(nowMs) {
    if (this.#needs.length === 0) return;
    const step = (SLEW * (nowMs - this.#atMs)) / this.#tickMs;
    this.#atMs = nowMs;
    const error = this.#wanted() - this.safetyTicks;
    if (error < 0 && nowMs - this.#sinceMs < WINDOW_MS) return; // the late ones may not have come yet
    this.safetyTicks += Math.min(Math.max(error, -step), step);
  }
}

/** The place of the last of the latest LATEST_PERCENT, from the latest on; of few, the latest. @param {number} count */
function rank(count) {
  return Math.max(0, Math.ceil((count * LATEST_PERCENT) / 100) - 1);
}

/**
 * The client's estimate of the room's time, from PING, PONG and the arrival of snapshots.
 *
 * Nothing arrives before it was sent, so every message bounds the room's time from one side: a PING that the room had at a time of
 * its own was sent here before that, a snapshot that is here was sent there before that. A queue or a retransmission only ever makes
 * a bound weaker. So of the recent ones the tightest counts in each direction, and the truth is taken to lie in the middle between
 * the two: that is exact where the fastest ways there and back take equally long. Snapshots come thirty times as often as PONGs, so
 * the one side is soon tight, and it is worth to fill the other with PINGs in quick succession at the start.
 */

/** PONGs, and the snapshots that came between them, that are remembered; so many PINGs are worth sending quickly at the start. */
export const SAMPLES = 16;
/** Bounds that contradict each other by more than this are not drift of the two clocks, which is a few milliseconds. */
const STRETCH_MS = 50;
/** Share of the newest round trip in the mean. */
const TRIP_GAIN = 1 / 12;
/** Share of its difference from the mean in the jitter. */
const JITTER_GAIN = 1 / 6;

/**
 * A PONG, and the snapshots between it and the next: room time − local time is between `least` and `most`.
 *
 * @typedef {{trip: number, least: number, most: number}} Sample  in milliseconds
 */

/** Turns local time (milliseconds of any monotonic clock) into the room's ticks. */
export class ServerClock {
  #tickMs;
  /** @type {Sample[]} */
  #samples = [];
  /** Room time − local time, as far as we know. @type {number | null} */
  #offset = null;
  #meanTrip = 0;

  /** @param {number} tickRate  ticks a second */
  constructor(tickRate) {
    this.#tickMs = 1000 / tickRate;
    /** By how much round trips differ from their mean, on the average of the recent ones. */
    this.jitterMs = 0;
  }

  /** The room lost time, or the line is another: what was learned is void. */
  reset() {
    this.#samples = [];
    this.#offset = null;
    this.#meanTrip = this.jitterMs = 0;
  }

  /**
   * A PONG has come for the PING of `sentAtMs`.
   *
   * @param {{sentAtMs: number, nowMs: number, tick: number, intoTickUs: number, heldUs: number}} pong
   * @returns {number} the round trip in milliseconds, without the time that it was held
   */
  add({ sentAtMs, nowMs, tick, intoTickUs, heldUs }) {
    const trip = Math.max(0, nowMs - sentAtMs - heldUs / 1000);
    const least = tick * this.#tickMs + intoTickUs / 1000 - nowMs;
    const most = least + trip;
    if (this.#samples.length > 0) {
      const difference = trip - this.#meanTrip;
      this.#meanTrip += TRIP_GAIN * difference;
      this.jitterMs += JITTER_GAIN * (Math.abs(difference) - this.jitterMs);
      // A clock of the two has stood still or was set: what it said before is of another time.
      if (most < this.#least() - STRETCH_MS || least > this.#most() + STRETCH_MS) this.#samples = [];
    } else {
      this.#meanTrip = trip;
    }
    this.#samples.push({ trip, least, most });
    if (this.#samples.length > SAMPLES) this.#samples.shift();
    this.#estimate();
    return trip;
  }

  /**
   * A snapshot of this tick has come. Until the first PONG that is all there is to go by.
   *
   * @param {number} nowMs
   * @param {number} tick
   */
  hint(nowMs, tick) {
    const least = tick * this.#tickMs - nowMs;
    const last = this.#samples.at(-1);
    if (last === undefined) {
      this.#offset = this.#offset === null ? least : Math.max(this.#offset, least);
    } else if (last.least < least && least <= this.#most()) {
      // Beyond that it contradicts the PONGs, which know better.
      last.least = least;
      this.#estimate();
    }
  }

  /** Has anything been learned yet? */
  get known() {
    return this.#offset !== null;
  }

  /** Has a PONG come? Until then it may be off by as long as a snapshot is on its way. */
  get measured() {
    return this.#samples.length > 0;
  }

  /**
   * @param {number} nowMs
   * @returns {number} the room's tick at this local time, with its fraction
   * @throws {RangeError} before the first sample
   */
  tickAt(nowMs) {
    if (this.#offset === null) throw new RangeError("the room's time is not known yet");
    return (nowMs + this.#offset) / this.#tickMs;
  }

  /** The shortest recent round trip; 0 before the first PONG. */
  get roundTripMs() {
    let shortest = Infinity;
    for (const { trip } of this.#samples) shortest = Math.min(shortest, trip);
    return this.measured ? shortest : 0;
  }

  #least() {
    let least = -Infinity;
    for (const sample of this.#samples) least = Math.max(least, sample.least);
    return least;
  }

  #most() {
    let most = Infinity;
    for (const sample of this.#samples) most = Math.min(most, sample.most);
    return most;
  }

  #estimate() {
    this.#offset = (this.#least() + this.#most()) / 2;
  }
}

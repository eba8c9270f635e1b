/**
 * A time that follows another one without jerks: what is predicted and what is drawn move along it.
 *
 * The time that is followed is an estimate, so it jumps a little with whatever is learned. A timeline runs at the rate of real
 * time while it is near, a little faster or slower until it has come up with its target when it is not, and jumps only where that
 * would take too long. It never runs backwards: where it would have to, it stands still until its target has come up with it.
 */

/** By how much the rate may differ from real time's: nobody sees 5 %. */
const SLEW = 0.05;
/** An error up to this is no reason to hurry: it goes away within seconds, and what the estimate only trembles does not show. */
const DEAD_BAND_TICKS = 0.5;
const DEAD_BAND_SLEW = 0.01;
/** A picture that is off by more than this comes up with its target at `farSlew`: everybody has seen already that it stuck. */
const FAR_MS = 100;
/** An error beyond either is not made up but jumped over. */
const SNAP_TICKS = 10;
const SNAP_MS = 500;
/** Who is ahead of its target by more than this does not wait for it but jumps back: it is another time altogether. */
const STAND_MS = 1000;

/**
 * @typedef {object} Slack
 * @property {number} [deadBandTicks]
 * @property {number} [slew]  by how much the rate may differ from 1
 * @property {number} [farSlew]  the same where the error is great
 * @property {number} [snapTicks]
 * @property {number} [snapMs]
 * @property {number} [waitMs]  who is ahead of its target by more than this waits for it
 */

/**
 * For the time that is drawn: `new Timeline({ tickRate, ...VIEW_TIME })`. A backlog of less than a second drains at 1.25 times the
 * speed, a longer one is jumped over. It keeps closer to its target, and rather waits for it than to be ahead for long, because what
 * it is ahead it lacks in snapshots.
 *
 * @type {Readonly<Slack>}
 */
export const VIEW_TIME = Object.freeze({ deadBandTicks: 0.25, farSlew: 0.25, snapTicks: Infinity, snapMs: 1000, waitMs: 100 });

/** See the module. The defaults are for the time for which inputs are made. */
export class Timeline {
  #ticksPerMs;
  #deadBand;
  #slew;
  #farSlew;
  #far;
  #snap;
  #wait;
  #stand;
  /** @type {number | null} */
  #tick = null;
  /** When that was. @type {number | null} */
  #atMs = null;
  /** It was out of the dead band and has not come up with its target since. */
  #hurries = false;
  #stands = false;

  /** @param {{tickRate: number} & Slack} options */
  constructor({ tickRate, snapTicks = SNAP_TICKS, snapMs = SNAP_MS, waitMs = SNAP_MS, ...rest }) {
    const { deadBandTicks = DEAD_BAND_TICKS, slew = SLEW, farSlew = SLEW } = rest;
    this.#ticksPerMs = tickRate / 1000;
    this.#deadBand = deadBandTicks;
    this.#slew = slew;
    this.#farSlew = farSlew;
    this.#far = FAR_MS * this.#ticksPerMs;
    this.#snap = Math.min(snapTicks, snapMs * this.#ticksPerMs);
    this.#wait = Math.min(snapTicks, waitMs * this.#ticksPerMs);
    this.#stand = STAND_MS * this.#ticksPerMs;
    /** How often it had to jump, or to stand still for its target. */
    this.snaps = 0;
    /** Ticks per tick of real time in the last `advance`; 1 after a jump, 0 while it stands. */
    this.rate = 1;
  }

  /**
   * Begins anew.
   *
   * @param {number | null} tick  null: where the target is at the next `advance`
   */
  reset(tick = null) {
    this.#tick = tick;
    this.#atMs = null;
    this.#hurries = this.#stands = false;
    this.rate = 1;
  }

  /**
   * @param {number} nowMs
   * @param {number} targetTick
   * @returns {number} the tick on this timeline at this time, while the target is at another
   */
  advance(nowMs, targetTick) {
    const tick = this.#tick;
    const step = Math.max(0, nowMs - (this.#atMs ?? nowMs)) * this.#ticksPerMs;
    this.#atMs = nowMs;
    if (tick === null) return this.#jump(targetTick);
    const error = targetTick - (tick + step);
    if (error > this.#snap || error < -this.#stand) {
      this.snaps++;
      return this.#jump(targetTick);
    }
    if (error < -this.#wait && !this.#stands) {
      this.snaps++;
      this.#stands = true;
    }
    if (this.#stands) {
      this.#stands = targetTick < tick;
      this.rate = 0;
      this.#tick = Math.max(tick, targetTick);
      return this.#tick;
    }
    this.#hurries ||= Math.abs(error) > this.#deadBand;
    const most = this.#slewFor(Math.abs(error)) * step;
    const correction = Math.min(Math.max(error, -most), most);
    this.#hurries &&= correction !== error;
    if (step > 0) this.rate = 1 + correction / step;
    this.#tick = tick + step + correction;
    return this.#tick;
  }

  /** @param {number} error */
  #slewFor(error) {
    if (!this.#hurries) return Math.min(this.#slew, DEAD_BAND_SLEW);
    return error > this.#far ? this.#farSlew : this.#slew;
  }

  /** @param {number} targetTick */
  #jump(targetTick) {
    this.#tick = targetTick;
    this.#hurries = this.#stands = false;
    this.rate = 1;
    return targetTick;
  }
}

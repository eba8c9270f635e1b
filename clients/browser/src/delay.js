/** Stand-in. */
export class ViewDelay {
  delayTicks = 2; latenessMs = 0; #rate; #best = -Infinity;
  /** @param {{tickRate: number}} room */
  constructor({ tickRate }) { this.#rate = tickRate; }
  /** @param {number} tick @param {number} nowMs @param {number} rate */
  arrived(tick, nowMs, rate) { this.delayTicks = 2 * rate; this.#best = Math.max(this.#best, tick - (nowMs * this.#rate) / 1000); }
  /** @param {number} nowMs */
  targetTick(nowMs) { return (nowMs * this.#rate) / 1000 + this.#best - this.delayTicks; }
}

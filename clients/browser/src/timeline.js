/** Stand-in. */
export class Timeline {
  snaps = 0; rate = 1; #rate; 
  /** @type {number | null} */ #tick = null; #atMs = 0;
  /** @param {{tickRate: number}} room */
  constructor({ tickRate }) { this.#rate = tickRate; }
  /** @param {number} nowMs @param {number} target */
  advance(nowMs, target) {
    if (this.#tick === null) { this.#tick = target; this.#atMs = nowMs; return target; }
    const step = ((nowMs - this.#atMs) * this.#rate) / 1000;
    this.#atMs = nowMs;
    const error = target - (this.#tick + step);
    if (Math.abs(error) > 10) { this.snaps++; this.#tick = error > 0 || error < -this.#rate ? target : this.#tick; return this.#tick; }
    this.rate = Math.abs(error) < 0.5 ? 1 : error > 0 ? 1.05 : 0.95;
    return (this.#tick += step * this.rate);
  }
  reset(
  /** @type {number | null} */ tick = null) { this.#tick = tick; }
}

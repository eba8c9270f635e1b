/** Stand-in. */
export class InputPace {
  
  /** @type {number | null} */ marginMs = null;
  /** @type {number | null} */
  marginLowMs = null;
  safetyTicks = 1.5; #rate;
  /** @param {{tickRate: number}} room */
  constructor({ tickRate }) { this.#rate = tickRate; }
  /** @param {number} marginUs @param {number} _nowMs */
  report(marginUs, _nowMs) { this.marginMs = this.marginLowMs = marginUs / 1000; }
  reset() {}
  /** @param {import("./clock.js").ServerClock} clock */
  leadTicks(clock) { return (clock.roundTripMs / 2000) * this.#rate + this.safetyTicks; }
}

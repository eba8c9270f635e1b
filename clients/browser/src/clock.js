/** Stand-in. */
export class ServerClock {
  #rate; 
  /** @type {[number, number][]} */ #samples = []; 
  /** @type {number | null} */
  #offset = null; jitterMs = 0;
  /** @param {number} tickRate */
  constructor(tickRate) { this.#rate = tickRate; }
  /** @param {{sentAtMs: number, nowMs: number, tick: number, intoTickUs: number, heldUs: number}} sample */
  add({ sentAtMs, nowMs, tick, intoTickUs, heldUs }) {
    const trip = Math.max(0, nowMs - sentAtMs - heldUs / 1000);
    this.#samples.push([trip, (tick / this.#rate) * 1000 + intoTickUs / 1000 + trip / 2 - nowMs]);
    if (this.#samples.length > 16) this.#samples.shift();
    const shortest = this.roundTripMs;
    const good = this.#samples.filter(([each]) => each <= shortest + 5).map(([, offset]) => offset).sort((a, b) => a - b);
    const middle = good.length >> 1;
    this.#offset = good.length % 2 ? good[middle] : (good[middle - 1] + good[middle]) / 2;
    return trip;
  }
  /** @param {number} nowMs @param {number} tick */
  hint(nowMs, tick) { if (this.#samples.length === 0) this.#offset = (tick / this.#rate) * 1000 - nowMs; }
  reset() { this.#samples = []; this.#offset = null; }
  get known() { return this.#offset !== null; }
  /** @param {number} nowMs */
  tickAt(nowMs) { if (this.#offset === null) throw new Error("the room's time is not known yet"); return ((nowMs + this.#offset) * this.#rate) / 1000; }
  get roundTripMs() { return this.#samples.length ? Math.min(...this.#samples.map(([trip]) => trip)) : 0; }
}

/** A clock and timers that stand still until they are told to go on. */

export class VirtualTime {
  #nowMs = 1_000;
  #timers = new Map();
  #number = 0;

  clock = () => this.#nowMs;

  setTimeout = (callback, ms) => {
    this.#timers.set(++this.#number, { dueMs: this.#nowMs + Math.max(0, ms), callback });
    return this.#number;
  };

  clearTimeout = (timer) => this.#timers.delete(timer);

  /** How many timers wait. */
  get waiting() {
    return this.#timers.size;
  }

  /** Everything that is due within so many milliseconds happens, in order; promises are settled in between. */
  async pass(ms) {
    const untilMs = this.#nowMs + ms;
    await settled();
    for (let next = this.#next(untilMs); next !== null; next = this.#next(untilMs)) {
      this.#timers.delete(next.number);
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.callback();
      await settled();
    }
    this.#nowMs = untilMs;
  }

  #next(untilMs) {
    let found = null;
    for (const [number, { dueMs, callback }] of this.#timers)
      if (dueMs <= untilMs && (found === null || dueMs < found.dueMs)) found = { number, dueMs, callback };
    return found;
  }
}

/** All promises that can go on have gone on. */
export function settled() {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Random numbers that are the same for the same seed: 0 up to (not including) 1. */
export function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** How long a client waits before it tries again. */

export const FIRST_WAIT_MS = 250;
/** The longest wait: a player who looks at a frozen picture does not have more patience than that. */
export const LAST_WAIT_MS = 2_000;
/** Each wait is shortened at random, down to this part of it: so the clients of a server that went do not come back as one. */
const LEAST_PART = 0.5;

/** 0.25, 0.5, 1, 2, 2, … seconds, each times a random number from 0.5 to 1. */
export class Backoff {
  #random;
  #waitMs = FIRST_WAIT_MS;

  /** @param {() => number} random  0 up to (not including) 1 */
  constructor(random) {
    this.#random = random;
  }

  /** @returns {number} milliseconds to wait now */
  next() {
    const waitMs = this.#waitMs;
    this.#waitMs = Math.min(2 * waitMs, LAST_WAIT_MS);
    return waitMs * (LEAST_PART + (1 - LEAST_PART) * this.#random());
  }

  /** It has worked: the next wait is the shortest again. */
  reset() {
    this.#waitMs = FIRST_WAIT_MS;
  }
}

/** A worse line than there is, to try a game on: later, unevenly, with standstills. Nothing is lost or overtaken, as on TCP. */

/** @typedef {import("./environment.js").Environment} Environment */
/**
 * @typedef {object} Lag
 * @property {number} delayMs  on each of the two ways, so that a round trip takes twice as long
 * @property {number} jitterMs  up to so much more or less, evenly spread
 * @property {number} stallEveryMs  from the beginning of one standstill of the line to that of the next; 0: none
 * @property {number} stallMs  for how long nothing comes through then, either way
 * @property {number} seed  the same numbers come of the same seed
 */

/** The settings of the simulated line, which may be changed at any time. */
export class LagSimulator {
  /** @type {Lag} */
  #lag = { delayMs: 0, jitterMs: 0, stallEveryMs: 0, stallMs: 0, seed: 1 };
  #state = 1;
  /** The standstills are counted from here. @type {number | null} */
  #beganMs = null;

  /**
   * @param {Partial<Lag>} [lag]
   * @throws {RangeError} if a number is negative or none
   */
  constructor(lag = {}) {
    this.set(lag);
  }

  /** As it is set. @returns {Readonly<Lag>} */
  get settings() {
    return this.#lag;
  }

  /** Does it do anything? */
  get active() {
    const { delayMs, jitterMs, stallEveryMs, stallMs } = this.#lag;
    return delayMs > 0 || jitterMs > 0 || (stallEveryMs > 0 && stallMs > 0);
  }

  /**
   * Changes what is given; what is under way already still comes as it was to.
   *
   * @param {Partial<Lag>} lag
   * @throws {RangeError} if a number is negative or none
   */
  set(lag) {
    const wanted = { ...this.#lag, ...lag };
    for (const [name, value] of Object.entries(wanted))
      if (!(Number.isFinite(value) && value >= 0)) throw new RangeError(`lag: ${name} must be 0 or more, not ${value}`);
    this.#lag = wanted;
    this.#state = wanted.seed >>> 0;
    this.#beganMs = null;
  }

  /**
   * @param {number} nowMs
   * @returns {number} when something that sets out now arrives, if nothing is before it
   */
  arrival(nowMs) {
    const { delayMs, jitterMs, stallEveryMs, stallMs } = this.#lag;
    const dueMs = nowMs + Math.max(0, delayMs + (2 * this.#draw() - 1) * jitterMs);
    if (!(stallEveryMs > 0 && stallMs > 0)) return dueMs;
    this.#beganMs ??= nowMs;
    const period = Math.floor((dueMs - this.#beganMs) / stallEveryMs);
    if (period < 1) return dueMs; // it does not begin with one
    const beganMs = this.#beganMs + period * stallEveryMs;
    return dueMs < beganMs + stallMs ? beganMs + stallMs : dueMs;
  }

  /** 0 up to (not including) 1, by Mulberry32. */
  #draw() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}

/** One way of a line: what goes in comes out in the same order, late if a simulator says so. */
export class Way {
  #lag;
  #environment;
  /** @type {{dueMs: number, deliver: () => void}[]} */
  #under = [];
  /** @type {unknown} */
  #timer = null;

  /**
   * @param {LagSimulator | null} lag
   * @param {Environment} environment
   */
  constructor(lag, environment) {
    this.#lag = lag;
    this.#environment = environment;
  }

  /**
   * `deliver` is called when it has arrived; at once, if there is nothing to wait for.
   *
   * @param {() => void} deliver
   */
  pass(deliver) {
    const nowMs = this.#environment.clock();
    const dueMs = this.#lag !== null && this.#lag.active ? this.#lag.arrival(nowMs) : nowMs;
    if (this.#under.length === 0 && dueMs <= nowMs) {
      deliver();
      return;
    }
    this.#under.push({ dueMs, deliver }); // and comes when all before it have
    if (this.#timer === null) this.#arm();
  }

  /** What is under way is lost. */
  cut() {
    this.#under.length = 0;
    this.#environment.clearTimeout(this.#timer);
    this.#timer = null;
  }

  #arm() {
    if (this.#under.length === 0) return;
    const { clock, setTimeout } = this.#environment;
    this.#timer = setTimeout(() => this.#deliver(), Math.max(0, this.#under[0].dueMs - clock()));
  }

  #deliver() {
    this.#timer = null;
    const nowMs = this.#environment.clock();
    while (this.#under.length > 0 && this.#under[0].dueMs <= nowMs) {
      const [{ deliver }] = this.#under.splice(0, 1);
      deliver();
    }
    if (this.#timer === null) this.#arm();
  }
}

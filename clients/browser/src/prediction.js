/**
 * Prediction: what the player does shows at once, and the server's word is final.
 *
 *     predict ──▶ step ──▶ state of tick n + 1, n + 2, …       kept, with their inputs
 *     reconcile(tick, state): equal to what was predicted for that tick? then nothing
 *                             else go back to the server's state, and step through the inputs since then again
 *
 * It knows no game. A state is a plain array of numbers, and what the step gives must be the very numbers that the server comes
 * to, rounded as on the wire: they are compared for equality.
 */

/** @typedef {readonly number[]} State */

/**
 * @template Input
 * @typedef {object} Options
 * @property {(state: State, input: Input, tick: number) => State} step  one tick; it must not change the state it is given
 * @property {(last: Input | null, ticks: number) => Input} absent  what the server takes for a tick for which no input was
 *   sent, so many ticks behind the last one (null: there was none)
 * @property {number} [keep]  so many ticks are remembered: 4 s at 30 Hz
 * @property {number} [replayMost]  if more than so many would have to be stepped through again, the state jumps to the
 *   server's: the frame has to be drawn, and on such a line nothing is predicted well
 */

/**
 * What came of a comparison.
 *
 * @typedef {object} Reconciled
 * @property {boolean} wrong  the tick had been predicted, and wrongly
 * @property {number} replayed  ticks that were stepped through again
 * @property {boolean} jumped  they would have been too many: the state is the server's old one
 */

const KEEP = 128;
const REPLAY_MOST = 40;

/** @template Input */
export class Predictor {
  #step;
  #absent;
  #keep;
  #replayMost;
  /** Rings by tick % keep. A slot is of the tick that stands in it. @type {number[]} */
  #inputTicks = [];
  /** @type {Input[]} */
  #inputs = [];
  /** @type {number[]} */
  #stateTicks = [];
  /** @type {State[]} */
  #states = [];
  /** @type {number | null} */
  #lastInputTick = null;
  /** The server's newest word. @type {number | null} */
  #confirmed = null;

  /** @param {Options<Input>} options */
  constructor({ step, absent, keep = KEEP, replayMost = REPLAY_MOST }) {
    if (!(keep > replayMost && replayMost >= 1)) throw new RangeError("keep must be above replayMost, and that 1 or more");
    this.#step = step;
    this.#absent = absent;
    this.#keep = keep;
    this.#replayMost = replayMost;
    /** The newest predicted state; null while there is none to begin from. @type {State | null} */
    this.state = null;
    /** The tick after which it is so. @type {number | null} */
    this.tick = null;
    /** Ticks of which the server said what the prediction had said before. */
    this.compared = 0;
    /** Those of them in which the two differed. */
    this.mispredicted = 0;
  }

  /**
   * Begins from a state of the server's, at the start or because everything is another now: nothing is compared. Inputs
   * that were sent for later ticks are stepped through.
   *
   * @param {number} tick
   * @param {State} state  after that tick
   * @returns {Reconciled}
   */
  reset(tick, state) {
    this.#stateTicks = [];
    this.#states = [];
    this.#confirmed = tick;
    return { wrong: false, ...this.#goOnFrom(tick, state) };
  }

  /** There is nothing to predict any more. Inputs are remembered for the next `reset`. */
  stop() {
    this.#stateTicks = [];
    this.#states = [];
    this.#confirmed = null;
    this.state = null;
    this.tick = null;
  }

  /** Another world: inputs too are forgotten. */
  forget() {
    this.stop();
    this.#inputTicks = [];
    this.#inputs = [];
    this.#lastInputTick = null;
  }

  /**
   * The input for this tick has been sent. Ticks grow on a line; on a new one they may begin lower, and what was sent for them
   * and for later ones is void.
   *
   * @param {number} tick
   * @param {Input} input
   */
  predict(tick, input) {
    if (this.#lastInputTick !== null && tick <= this.#lastInputTick) this.#goBackBefore(tick);
    const last = this.#lastInputTick;
    this.#inputTicks[tick % this.#keep] = tick;
    this.#inputs[tick % this.#keep] = input;
    this.#lastInputTick = tick;
    if (this.state === null || this.tick === null || tick <= this.tick) return;
    if (tick - this.tick > this.#replayMost) {
      this.#hold(tick, this.state); // such a gap is bridged by the next snapshot
      return;
    }
    while (this.tick < tick) {
      const next = this.tick + 1;
      this.#hold(next, this.#step(this.state, next < tick ? this.#missing(next, last) : input, next));
    }
  }

  /**
   * The server says what is true.
   *
   * @param {number} tick  above those of earlier calls; others are ignored
   * @param {State} state  after that tick
   * @returns {Reconciled}
   */
  reconcile(tick, state) {
    if (this.#confirmed !== null && tick <= this.#confirmed) return { wrong: false, replayed: 0, jumped: false };
    this.#confirmed = tick;
    const predicted = this.#stateTicks[tick % this.#keep] === tick ? this.#states[tick % this.#keep] : null;
    if (predicted === null) return { wrong: false, ...this.#goOnFrom(tick, state) };
    this.compared++;
    if (equal(predicted, state)) return { wrong: false, replayed: 0, jumped: false };
    this.mispredicted++;
    return { wrong: true, ...this.#goOnFrom(tick, state) };
  }

  /**
   * What was predicted some ticks before the newest one, for drawing between two of them.
   *
   * @param {number} [ticks]
   * @returns {State | null}  null if it is not remembered
   */
  before(ticks = 1) {
    if (this.tick === null) return null;
    const wanted = this.tick - ticks;
    return this.#stateTicks[wanted % this.#keep] === wanted ? this.#states[wanted % this.#keep] : null;
  }

  /**
   * @param {number} tick
   * @param {State} state
   */
  #goOnFrom(tick, state) {
    const newest = Math.max(tick, this.tick ?? tick, this.#lastInputTick ?? tick);
    this.#stateTicks = [];
    this.#hold(tick, state);
    if (newest - tick > this.#replayMost) {
      this.#hold(newest, state);
      return { replayed: 0, jumped: true };
    }
    let now = state;
    for (let next = tick + 1; next <= newest; next++) {
      now = this.#step(now, this.#inputOf(next), next);
      this.#hold(next, now);
    }
    return { replayed: newest - tick, jumped: false };
  }

  /** @param {number} tick @param {State} state */
  #hold(tick, state) {
    this.#stateTicks[tick % this.#keep] = tick;
    this.#states[tick % this.#keep] = state;
    this.tick = tick;
    this.state = state;
  }

  /** @param {number} tick @returns {Input} */
  #inputOf(tick) {
    const slot = tick % this.#keep;
    if (this.#inputTicks[slot] === tick) return this.#inputs[slot];
    return this.#missing(tick, this.#lastInputBefore(tick));
  }

  /** @param {number} tick @returns {number | null} */
  #lastInputBefore(tick) {
    for (let earlier = tick - 1; earlier > tick - this.#keep; earlier--)
      if (this.#inputTicks[earlier % this.#keep] === earlier) return earlier;
    return null;
  }

  /** @param {number} tick  inputs for it and for later ones are void */
  #goBackBefore(tick) {
    this.#inputTicks = this.#inputTicks.map((held) => (held < tick ? held : NaN));
    this.#lastInputTick = this.#lastInputBefore(tick);
    if (this.tick === null || this.tick < tick) return;
    const then = this.before(this.tick - tick + 1);
    if (then !== null) this.#hold(tick - 1, then);
  }

  /** @param {number} tick @param {number | null} last @returns {Input} */
  #missing(tick, last) {
    if (last === null || this.#inputTicks[last % this.#keep] !== last) return this.#absent(null, 0);
    return this.#absent(this.#inputs[last % this.#keep], tick - last);
  }
}

/** @param {State} one @param {State} other */
function equal(one, other) {
  if (one.length !== other.length) return false;
  for (let index = 0; index < one.length; index++) if (one[index] !== other[index]) return false;
  return true;
}

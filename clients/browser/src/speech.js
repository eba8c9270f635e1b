/** What is said while the match is on: inputs when they are due, calls, and acknowledgements when there is nothing else. */

import { Inputs } from "./inputs.js";
import { Role, encodeCall, encodeInput } from "./wire.js";

/** @typedef {import("./calls.js").Calls} Calls */
/** @typedef {import("./environment.js").Environment} Environment */
/** @typedef {import("./line.js").Line} Line */
/** @typedef {import("./sight.js").Sight} Sight */

/** A client with nothing else to say acknowledges every 4th snapshot. */
const ACK_EVERY = 4;
/** With so much unsent, inputs would only make the line later. */
const UNSENT_BYTES_MAX = 64 * 1024;
/** A page that has drawn nothing for so long is not being looked at, and nobody steers. */
const FRAMES_AWAY_MS = 500;

/** See the module. */
export class Speech {
  inputs = new Inputs();
  #environment;
  #sight;
  #calls;
  #sent;
  /** @type {Line | null} */
  #line = null;
  /** @type {unknown} */
  #timer = null;
  #frameAtMs = -Infinity;
  /** Inputs were held back: what is past is not sent any more. */
  #heldBack = false;
  /** Snapshots of this line since the last acknowledgement. */
  #unacknowledged = 0;
  /** The number of the last call that was said on this line. */
  #said = 0;

  /**
   * @param {Environment} environment
   * @param {object} about
   * @param {Sight} about.sight
   * @param {Calls} about.calls
   * @param {(input: {tick: number, values: number[]}) => void} about.sent  is told each input that leaves
   */
  constructor(environment, { sight, calls, sent }) {
    this.#environment = environment;
    this.#sight = sight;
    this.#calls = calls;
    this.#sent = sent;
  }

  /**
   * The match is on, on this line.
   *
   * @param {Line} line
   */
  begin(line) {
    this.#line = line;
    this.#unacknowledged = 0;
    this.#said = 0;
  }

  /** Nothing will be said any more. */
  end() {
    this.#environment.clearTimeout(this.#timer);
    this.#line = null;
  }

  /** A snapshot has come, which is to be acknowledged. */
  owe() {
    this.#unacknowledged++;
  }

  /** Says calls that have not been said on this line, and the acknowledgement if it is time. */
  speak() {
    const line = this.#open;
    if (line === null) return;
    for (const call of this.#calls.toSay(this.#said)) {
      line.say(encodeCall(call));
      this.#said = call.id;
    }
    if (this.#unacknowledged >= (this.#sight.now.world.rate === 1 ? ACK_EVERY : 1)) this.#sayInput(line, 0, []);
  }

  /**
   * A frame is being drawn: inputs up to this tick are due. Until the next, if it is late, a timer looks after them.
   *
   * @param {number} inputTick
   */
  frame(inputTick) {
    const nowMs = this.#environment.clock();
    if (this.#framesAreAway(nowMs)) this.#heldBack = true;
    this.#frameAtMs = nowMs;
    this.#sayInputs(inputTick);
    if (this.#timer === null) this.#armTimer();
  }

  /** The line, if the match is on. */
  get #open() {
    return this.#line?.joined ? this.#line : null;
  }

  /** @param {number} inputTick */
  #sayInputs(inputTick) {
    const line = this.#open;
    const { welcome, schema } = this.#sight.now;
    if (line === null || welcome.role !== Role.PLAYER) return;
    if (line.unsentBytes > UNSENT_BYTES_MAX) {
      this.#heldBack = true;
      return;
    }
    const most = this.#heldBack ? 1 : undefined;
    this.#heldBack = false;
    for (const { firstTick, rows } of this.inputs.due(schema.input, inputTick, most)) {
      this.#sayInput(line, firstTick, rows.flat());
      this.#sight.inputSent(firstTick, this.#environment.clock());
      rows.forEach((values, index) => this.#sent({ tick: firstTick + index, values }));
    }
  }

  /** @param {Line} line @param {number} firstTick @param {number[]} values */
  #sayInput(line, firstTick, values) {
    this.#unacknowledged = 0;
    const { world, viewTick } = this.#sight.now;
    const isSeen = !this.#framesAreAway(this.#environment.clock());
    const viewTick256 = isSeen ? Math.max(0, Math.round(viewTick * 256)) : null;
    line.say(encodeInput({ firstTick, ackTick: world.tick, ackEvent: this.#sight.lastEvent, viewTick256, values }));
  }

  /** Frames may be late; inputs are not to be. */
  #armTimer() {
    const { clock, setTimeout } = this.#environment;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      const nowMs = clock();
      if (this.#framesAreAway(nowMs)) return;
      this.#armTimer();
      this.#sayInputs(this.#sight.moveInput(nowMs));
    }, 500 / this.#sight.now.welcome.tickRate);
  }

  /** @param {number} nowMs */
  #framesAreAway(nowMs) {
    return nowMs - this.#frameAtMs > FRAMES_AWAY_MS;
  }
}

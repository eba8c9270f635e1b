/** A world that goes through a recording, frame by frame. */

import { Replica } from "../replica.js";
import { reading } from "./header.js";

/** @typedef {import("../replica.js").World} World */
/** @typedef {import("../wire.js").Fragment} Fragment */
/** @typedef {import("./frames.js").Frame} Frame */
/** @typedef {import("./recording.js").NoFrame} NoFrame */
/** @typedef {import("./recording.js").Recording} Recording */

export class Playback {
  #recording;
  #replica;
  /** The tick of the frame whose world it is; −1 before the first `seek`. */
  tick = -1;
  /** As in SNAPSHOT. */
  flags = 0;

  /** @param {Recording} recording */
  constructor(recording) {
    this.#recording = recording;
    this.#replica = this.#empty();
  }

  /** With the secrets of all. @returns {World} */
  get world() {
    return this.#replica;
  }

  /**
   * Goes to the last frame that is not behind a tick, on or back.
   *
   * @param {number} tick
   * @returns {boolean} false: that is not prepared, and it is at some frame before it, or where it was
   * @throws {import("../errors.js").FormatError} if what leads there is forged
   */
  seek(tick) {
    const key = this.#recording.keyframeBefore(tick);
    if (key === null) return false;
    if (this.tick > tick || this.tick < key) {
      const keyframe = this.#recording.keyframe(key);
      if (keyframe === null) return false;
      this.#replica = this.#empty();
      this.take(keyframe);
    }
    while (this.tick < tick) {
      const frame = this.#recording.after(this.tick, tick);
      if (typeof frame !== "string") this.take(frame);
      else return frame !== "closed" && frame !== "missing";
    }
    return true;
  }

  /**
   * @param {number} horizon  the last tick that is of interest
   * @returns {Frame | NoFrame} the frame that follows, for `take`
   */
  next(horizon) {
    return this.#recording.after(this.tick, horizon);
  }

  /**
   * Goes on by a frame.
   *
   * @param {{tick: number, flags: number, fragments: readonly Fragment[]}} frame
   * @throws {import("../errors.js").FormatError} if it is forged
   */
  take({ tick, flags, fragments }) {
    const based = fragments.map((fragment) => this.#based(fragment, tick));
    this.tick = -1; // if it is forged, it is no world at all
    reading(`tick ${tick}`, () =>
      this.#replica.apply({
        type: "SNAPSHOT",
        epoch: 0,
        tick,
        flags,
        inputAck: null,
        margin: null,
        control: null,
        fragments: based,
      }),
    );
    this.tick = tick;
    this.flags = flags;
  }

  /**
   * Who sees what in cosmetic events is asked later, of the world behind them. And a part that was not there was empty.
   *
   * @param {Fragment} fragment
   * @param {number} tick
   * @returns {Fragment}
   */
  #based(fragment, tick) {
    const begins = tick - fragment.back === this.tick && !this.#replica.parts.has(fragment.part);
    return { ...fragment, back: begins ? 0 : fragment.back, cosmetic: [] };
  }

  #empty() {
    return new Replica(this.#recording.header.schema, { tickRate: this.#recording.header.tickRate, epoch: 0 });
  }
}

/** What is seen and heard of a recording on its way from tick to tick: the same View and Happenings show it as in a match. */

import { Happenings } from "../happenings.js";
import { cosmeticsOf } from "../replica.js";
import { View } from "../view.js";
import { reading } from "./header.js";
import { Playback } from "./playback.js";
import { Sighted } from "./viewpoint.js";

/** @typedef {import("../happenings.js").ReliableEvent} ReliableEvent */
/** @typedef {import("../happenings.js").ShownEvent} ShownEvent */
/** @typedef {import("./frames.js").Frame} Frame */
/** @typedef {import("./recording.js").NoFrame} NoFrame */
/** @typedef {import("./recording.js").Recording} Recording */
/** @typedef {import("./viewpoint.js").Viewpoint} Viewpoint */

/** See the module. What it throws is FormatError: the recording is forged. */
export class Projector {
  /** The world as it is to be drawn. */
  picture;
  /** The world of the newest frame, as it is seen. */
  world;
  #recording;
  #playback;
  #happenings;
  #onEvent;
  /** The tick of the frame that the picture has got last. */
  #pushed = -1;

  /**
   * @param {Recording} recording
   * @param {(event: ReliableEvent) => void} onEvent  is told each reliable event as soon as its frame is there
   */
  constructor(recording, onEvent) {
    const { schema, tickRate } = recording.header;
    this.#recording = recording;
    this.#onEvent = onEvent;
    this.#playback = new Playback(recording);
    this.#happenings = new Happenings({ tickRate, known: true });
    this.picture = new View(schema, { tickRate });
    this.world = new Sighted(schema, this.#playback.world, "everything");
  }

  /** Of the newest frame; −1 before the first. */
  get tick() {
    return this.#playback.tick;
  }

  /**
   * Shows another time, or another sight of the same one. Nothing that happened before is told.
   *
   * @param {number} tick
   * @param {Viewpoint} viewpoint
   * @returns {boolean} false: that is not prepared, and nothing else is shown
   */
  land(tick, viewpoint) {
    if (!this.#playback.seek(tick)) return false;
    const { schema, tickRate } = this.#recording.header;
    this.world = new Sighted(schema, this.#playback.world, viewpoint);
    this.#happenings = new Happenings({ tickRate, known: true });
    this.picture.reset();
    this.#pushed = -1;
    this.#push();
    return true;
  }

  /**
   * Goes on until the picture has a frame on either side of a tick, or the frame of that tick.
   *
   * @param {number} tick
   * @param {number} horizon  a frame beyond it does not count
   * @returns {NoFrame | null} why there is none
   */
  goOn(tick, horizon) {
    while (this.tick < tick) {
      const frame = this.#playback.next(horizon);
      if (typeof frame === "string") {
        this.#push();
        return frame;
      }
      if (frame.tick >= tick) this.#push(); // the picture is between these two
      this.#playback.take(frame);
      this.world.look();
      this.#hear(frame);
    }
    this.#push();
    return null;
  }

  /**
   * Moves the picture.
   *
   * @param {number} tick
   * @returns {ShownEvent[]} to which it has come
   */
  show(tick) {
    this.picture.show(tick);
    return this.#happenings.due(tick);
  }

  #push() {
    if (this.#pushed === this.tick) return;
    this.picture.push(this.world);
    this.#pushed = this.tick;
  }

  /** What happened up to a frame. @param {Frame} frame */
  #hear({ tick, events, fragments }) {
    const { schema, tickRate } = this.#recording.header;
    const heard = events.filter(({ to, deaf }) => this.world.hears(to, deaf));
    const seen = fragments.filter(({ part, cosmetic }) => cosmetic.length > 0 && this.world.sees(part));
    const told = reading(`what happened at tick ${tick}`, () => {
      this.#happenings.takeCosmetics(cosmeticsOf(seen, tick, { schema, tickRate }));
      return heard.map(({ tick: at, kind, values }) =>
        this.#happenings.take({ type: "EVENT", sequence: this.#happenings.last + 1, tick: at, kind, values }, schema),
      );
    });
    for (const event of told) if (event !== null) this.#onEvent(event);
  }
}

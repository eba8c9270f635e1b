/**
 * One match as it was recorded: chunks that come in any order, and what was to be seen at any tick that they cover.
 *
 *     keyframes   K─────────K─────────K─────────K        every 5 s: the world whole
 *     blocks      ├─┼─┼─┼─┼─┼─┼─┼─┼─┤ ├─┼─┼─┼─┼─┤        half a second each: what leads from a frame to the next
 *     loaded      ├───────────────────┤         gap
 *
 * The chunks stay packed; those around the ticks that are asked for are opened, which takes a moment: `prepare`.
 */

import { Emitter } from "../emitter.js";
import { environmentOf } from "../environment.js";
import { FormatError } from "../errors.js";
import { decodeBlock, decodeKeyframe } from "./frames.js";
import { Marks } from "./marks.js";
import { Packed, Shelf } from "./packed.js";
import { Playback } from "./playback.js";
import { Ranges } from "./ranges.js";

/** @typedef {import("./chunks.js").Chunk} Chunk */
/** @typedef {import("./frames.js").Block} Block */
/** @typedef {import("./frames.js").Frame} Frame */
/** @typedef {import("./frames.js").Keyframe} Keyframe */
/** @typedef {import("./header.js").Contents} Contents */
/** @typedef {import("./header.js").Header} Header */
/** @typedef {import("./header.js").Mark} Mark */
/** @typedef {import("../replica.js").World} World */
/**
 * Why there is no frame: "closed": `prepare` has not opened it. "missing": it has not come. "gap": nothing was recorded; the next
 * keyframe goes on. "later": it is beyond the horizon. "end": there is none.
 *
 * @typedef {"closed" | "missing" | "gap" | "later" | "end"} NoFrame
 */
/**
 * What listeners are told. "grown": more has come. "marks": there are other marks. "wanted": somebody waits for this tick.
 *
 * @typedef {{grown: void, marks: void, wanted: number}} Told
 */

/** See the module. */
export class Recording {
  /** What has come, in ticks. A gap in the recording counts as there. */
  loaded = new Ranges();
  /** Anything that not everybody saw has come. */
  hasSecrets = false;
  /** All up to its end is there, or was looked for: nothing will follow what is loaded last. */
  complete = false;
  /** It was cut: it ends where it does by no will of the server. */
  cut = false;
  /** @type {Packed<Keyframe>[]} */
  #keyframes = [];
  /** @type {Packed<Block>[]} */
  #blocks = [];
  #shelf = new Shelf();
  /** @type {Contents | null} */
  #contents = null;
  #marks = new Marks();
  /** @type {Emitter<Told & Record<string, unknown>>} */
  #emitter;

  /**
   * @param {Header} header
   * @param {(error: unknown) => void} [reportError]  is given what listeners throw
   */
  constructor(header, reportError = environmentOf().reportError) {
    this.header = header;
    this.#emitter = new Emitter(["grown", "marks", "wanted"], reportError);
  }

  // -- what is known --------------------------------------------------------------------------------------------------------
  /** What it says of itself as a whole; null if that has not come. @returns {Readonly<Contents> | null} */
  get contents() {
    return this.#contents;
  }

  /** What happened in it, as far as that is known, in order. @returns {readonly Mark[]} */
  get marks() {
    return this.#marks.all;
  }

  /** It still grows: there is an edge along which one can go. */
  get live() {
    return this.header.live && !this.complete;
  }

  /** The first tick that can be shown. */
  get first() {
    return this.complete || this.#contents === null ? (this.loaded.all[0]?.[0] ?? this.header.first) : this.header.first;
  }

  /** The last one, as far as it is known. */
  get last() {
    const said = this.complete ? 0 : (this.#contents?.last ?? 0); // what was shown may end before the truth does
    return Math.max(this.loaded.last, said, this.first);
  }

  /**
   * @template {keyof Told} Name
   * @param {Name} name
   * @param {(told: Told[Name]) => void} listener
   * @returns {() => void} to listen no longer
   */
  on(name, listener) {
    return this.#emitter.on(name, listener);
  }

  // -- what comes -----------------------------------------------------------------------------------------------------------
  /**
   * @param {Chunk} open  a KEYFRAME
   * @param {Chunk | null} secret
   */
  addKeyframe(open, secret) {
    const { first: tick } = open;
    this.hasSecrets ||= secret !== null;
    insert(this.#keyframes, new Packed(open, secret, (view, hidden) => decodeKeyframe(view, hidden, tick)));
  }

  /**
   * @param {Chunk} open  a VIEW
   * @param {Chunk | null} secret
   * @throws {FormatError} if it speaks of ticks of which another speaks
   */
  addBlock(open, secret) {
    this.hasSecrets ||= secret !== null;
    insert(this.#blocks, new Packed(open, secret, (view, hidden) => decodeBlock(view, hidden, open)));
  }

  /**
   * Everything from one tick to another has come.
   *
   * @param {number} first
   * @param {number} last
   */
  cover(first, last) {
    this.loaded.add(first, last);
    this.#emitter.emit("grown", undefined);
  }

  /** @param {Contents} contents */
  takeContents(contents) {
    if (this.#contents === null || this.#contents.last <= contents.last) this.#contents = contents;
    this.takeMarks(contents.marks);
  }

  /** @param {readonly Mark[]} marks  some of which may be known already */
  takeMarks(marks) {
    if (this.#marks.add(marks)) this.#emitter.emit("marks", undefined);
  }

  /** Nothing follows what is loaded last. @param {{cut: boolean}} end */
  end({ cut }) {
    this.complete = true;
    this.cut = cut;
    this.#emitter.emit("grown", undefined);
  }

  /** Somebody waits for this tick. @param {number} tick */
  want(tick) {
    this.#emitter.emit("wanted", tick);
  }

  // -- what is shown --------------------------------------------------------------------------------------------------------
  /**
   * @param {number} tick
   * @param {number} [ahead]  how many ticks are to follow
   * @returns {Promise<void>} when as much of that as has come can be shown at once
   * @throws {FormatError} if it is forged
   */
  prepare(tick, ahead = 0) {
    return this.#shelf.take(this.#needed(tick, tick + ahead));
  }

  /** Can this tick, and so many that follow, be shown at once? @param {number} tick @param {number} [ahead] */
  prepared(tick, ahead = 0) {
    return this.#needed(tick, tick + ahead).every(({ content }) => content !== null);
  }

  /** @param {number} tick @returns {number | null} the tick of the last keyframe that is not behind it */
  keyframeBefore(tick) {
    return this.#keyframes[behind(this.#keyframes, tick) - 1]?.first ?? null;
  }

  /** @param {number} tick @returns {number | null} the tick of the first keyframe behind it */
  keyframeAfter(tick) {
    return this.#keyframes[behind(this.#keyframes, tick)]?.first ?? null;
  }

  /** @param {number} tick @returns {Keyframe | null} that of this very tick, if it is open */
  keyframe(tick) {
    const found = this.#keyframes[behind(this.#keyframes, tick) - 1];
    return found?.first === tick ? found.content : null;
  }

  /**
   * @param {number} tick  of a frame
   * @param {number} [horizon]  the last tick that is of interest
   * @returns {Frame | NoFrame} the frame that follows it
   */
  after(tick, horizon = Infinity) {
    const key = this.keyframeAfter(tick);
    const range = this.loaded.at(tick);
    for (let at = this.#blockFrom(tick + 1); ; at++) {
      const block = this.#blocks[at];
      // The frame of a keyframe's tick comes before it, unless nothing was recorded then.
      if (key !== null && key <= (range?.[1] ?? -1) && !(block?.first <= key)) return "gap";
      if (block === undefined) return this.complete && range?.[1] === this.loaded.last ? "end" : "missing";
      if (range === null || range[1] < block.first) return "missing";
      if (block.first > horizon) return "later";
      if (block.content === null) return "closed";
      const { base, frames } = block.content;
      const next = frames.findIndex((frame) => frame.tick > tick);
      if (next < 0) continue; // it only says that it speaks of later ticks
      if ((next === 0 ? base : frames[next - 1].tick) !== tick) return "gap";
      return frames[next].tick > horizon ? "later" : frames[next];
    }
  }

  /**
   * A frame before or behind a tick, where a step leads to.
   *
   * @param {number} tick
   * @param {1 | -1} way
   * @returns {number | null} null: there is none, or what is there is not open
   */
  neighbour(tick, way) {
    if (way > 0) {
      const block = this.#blocks[this.#blockFrom(tick + 1)];
      if (block === undefined || block.first > tick) return block?.first ?? null;
      return block.content?.frames.find((frame) => frame.tick > tick)?.tick ?? null;
    }
    const at = this.#blockFrom(tick);
    const block = this.#blocks[at];
    if (block !== undefined && block.first < tick)
      return block.content?.frames.findLast((frame) => frame.tick < tick)?.tick ?? null;
    const before = Math.max(this.#blocks[at - 1]?.last ?? -1, this.keyframeBefore(tick - 1) ?? -1);
    return before < 0 ? null : before;
  }

  /**
   * The world as it was, for pictures of single moments.
   *
   * @param {number} tick
   * @returns {Promise<World | null>} of the last frame that is not behind it; null if that has not come
   * @throws {FormatError} if it is forged
   */
  async worldAt(tick) {
    if (this.loaded.at(tick) === null) return null;
    await this.prepare(tick);
    const playback = new Playback(this);
    return playback.seek(tick) ? playback.world : null;
  }

  /** The place of the first block that does not end before this tick. @param {number} tick */
  #blockFrom(tick) {
    const at = behind(this.#blocks, tick);
    return at > 0 && this.#blocks[at - 1].last >= tick ? at - 1 : at;
  }

  /** @param {number} first @param {number} last @returns {Packed<any>[]} what is needed to be at one and to go on to the other */
  #needed(first, last) {
    const at = behind(this.#keyframes, first) - 1;
    if (at < 0) return [];
    const key = this.#keyframes[at];
    const from = this.#blockFrom(key.first + 1);
    let to = from;
    while (to < this.#blocks.length && this.#blocks[to].first <= last) to++;
    return [key, ...this.#blocks.slice(from, to)];
  }
}

/**
 * How many of them begin at this tick or before.
 *
 * @param {readonly Packed<any>[]} packed  in order
 * @param {number} tick
 */
function behind(packed, tick) {
  let low = 0;
  let high = packed.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (packed[middle].first <= tick) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Puts it in its place, unless it is there already.
 *
 * @param {Packed<any>[]} packed  in order
 * @param {Packed<any>} fresh
 * @throws {FormatError} if it overlaps another one
 */
function insert(packed, fresh) {
  const at = behind(packed, fresh.first);
  if (packed[at - 1]?.first === fresh.first) return;
  if (packed[at - 1]?.last >= fresh.first || packed[at]?.first <= fresh.last)
    throw new FormatError(`this recording is forged: tick ${fresh.first} is shown twice`, "forged");
  packed.splice(at, 0, fresh);
}

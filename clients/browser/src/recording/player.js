/** Plays a recording as a client plays a room: whoever draws one draws the other. The time is the page's to give. */

import { Emitter } from "../emitter.js";
import { environmentOf } from "../environment.js";
import { FormatError } from "../errors.js";
import { Timeline } from "../timeline.js";
import { Role } from "../wire.js";
import { EDGE_TIME, Edge } from "./edge.js";
import { Projector } from "./projector.js";
import { Thinning } from "./thinning.js";

/** @typedef {import("../client.js").Told} ClientTold */
/** @typedef {import("../replica.js").World} World */
/** @typedef {import("../wire.js").Reply} Reply */
/** @typedef {import("./recording.js").Recording} Recording */
/** @typedef {import("./viewpoint.js").Viewpoint} Viewpoint */
/**
 * What listeners are told, by what they listen for, beside what a client tells.
 *
 * @typedef {object} PlayerTold
 * @property {void} changed  it plays or not, waits or not, goes at another rate, follows the edge or not, has come to the end
 * @property {number} jumped  its tick: the picture is at quite another time, or seen by somebody else
 * @property {FormatError} failed  it cannot go on: the recording is forged
 */
/** @typedef {ClientTold & PlayerTold} Told */
/** @typedef {{viewTick: number, inputTick: number, sceneMs: number}} Moment  `sceneMs`: stands while the picture does */

export const RATES = Object.freeze([0.25, 0.5, 1, 2, 4, 8]);
const RATE_MIN = RATES[0];
const RATE_MAX = RATES[RATES.length - 1];
/** A frame that comes later than this is no long step: the page was away. */
const LONGEST_FRAME_MS = 250;
/** So much of what follows is kept open, by the time in which it is played. */
const AHEAD_MS = 2_000;
/** So far ahead of what it plays the next frame is shown to the picture: a little before View begins to move towards it. */
const REACH_MS = 350;
/** Who is so near to the edge of what grows follows it. */
const AT_EDGE_MS = 250;
/** Where the edge is farther away than this, there is no way to it but a jump. */
const JUMP_MS = 500;

/** @type {readonly (keyof Told)[]} */
const NAMES = ["state", "session", "snapshot", "input", "event", "shown", "notice", "draining", "changed", "jumped", "failed"];

/** See the module. It begins paused, at the beginning. */
export class Player {
  /** As a client has them. */
  player = 0;
  role = Role.SPECTATOR;
  #recording;
  #projector;
  #edge;
  #timeline;
  #thinning = new Thinning();
  /** @type {Emitter<Told & Record<string, unknown>>} */
  #emitter;
  /** @type {Viewpoint} */
  #viewpoint = "everything";
  #playing = false;
  #waiting = true;
  #following = false;
  #rate = 1;
  #tick;
  /** It is on its way to `#tick`. */
  #seeking = true;
  /** @type {number | null} */
  #atMs = null;
  #sceneMs = 0;
  /** The last tick of which the edge knows. */
  #edgeTick = -1;
  #wanted = -1;
  /** @type {FormatError | null} */
  #error = null;
  #told = "";

  /**
   * @param {Recording} recording
   * @param {{reportError?: (error: unknown) => void}} [environment]
   */
  constructor(recording, { reportError = environmentOf().reportError } = {}) {
    const { tickRate } = recording.header;
    this.#recording = recording;
    this.#projector = new Projector(recording, (event) => this.#emitter.emit("event", event));
    this.#edge = new Edge({ tickRate });
    this.#timeline = new Timeline({ tickRate, ...EDGE_TIME });
    this.#emitter = new Emitter(NAMES, reportError);
    const { first, live, loaded } = recording;
    this.#tick = live ? (loaded.all.at(-1)?.[0] ?? first) : first;
  }

  // -- the room, as a game's view asks a client for it ----------------------------------------------------------------------
  get room() {
    return this.#recording.header.room;
  }

  get tickRate() {
    return this.#recording.header.tickRate;
  }

  get schema() {
    return this.#recording.header.schema;
  }

  get options() {
    return this.#recording.header.options;
  }

  get map() {
    return this.#recording.header.map;
  }

  /** The world of the newest frame, as it is seen from the viewpoint. @returns {World} */
  get world() {
    return this.#projector.world;
  }

  /** The world as it is to be drawn. */
  get picture() {
    return this.#projector.picture;
  }

  /** @param {string} method @returns {Promise<Reply["value"]>} rejects: what was, was */
  async call(method) {
    throw new RangeError(`${method}: a recording takes no calls`);
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

  // -- what it does now -----------------------------------------------------------------------------------------------------
  /** Whether it is to go on; it may wait, all the same. */
  get playing() {
    return this.#playing;
  }

  /** What it is to show has not come yet. */
  get waiting() {
    return this.#waiting;
  }

  /** It goes along with a recording that still grows. */
  get following() {
    return this.#following;
  }

  /** Nothing follows. */
  get atEnd() {
    return this.#recording.complete && !this.#seeking && this.#tick >= this.#recording.last;
  }

  /** How fast it goes, 1 as it was. */
  get rate() {
    return this.#following ? 1 : this.#rate;
  }

  set rate(rate) {
    if (!(rate >= RATE_MIN && rate <= RATE_MAX)) throw new RangeError(`the rate goes from ${RATE_MIN} to ${RATE_MAX}, not ${rate}`);
    if (rate < 1) this.#following = false;
    this.#rate = rate;
    this.#tellChanged();
  }

  /** What it shows, or goes to, with its fraction. */
  get tick() {
    return this.#tick;
  }

  /** The same since the recording began, in seconds. */
  get seconds() {
    return this.secondsOf(this.#tick);
  }

  /** Why it cannot go on; elsewhere it may. */
  get error() {
    return this.#error;
  }

  /**
   * How far it is behind the edge of a recording that still grows.
   *
   * @param {number} [nowMs]
   * @returns {number} milliseconds; 0 if it has ended
   */
  behindMs(nowMs = this.#atMs ?? 0) {
    if (!this.#recording.live) return 0;
    const edge = Math.min(this.#edge.targetTick(nowMs), this.#recording.loaded.last);
    return Math.max(0, ((edge - this.#tick) * 1000) / this.tickRate);
  }

  /** @param {number} tick @returns {number} seconds since the recording began */
  secondsOf(tick) {
    return (tick - this.#recording.header.first) / this.tickRate;
  }

  /** @param {number} seconds  since the recording began @returns {number} */
  tickOf(seconds) {
    return this.#recording.header.first + seconds * this.tickRate;
  }

  // -- what one does with it ------------------------------------------------------------------------------------------------
  /** Goes on; at the end it begins again. */
  play() {
    if (this.atEnd) this.seek(this.#recording.first);
    this.#playing = true;
    this.#tellChanged();
  }

  pause() {
    this.#playing = this.#following = false;
    this.#tellChanged();
  }

  /**
   * Goes elsewhere. What it shows stays until that has come.
   *
   * @param {number} tick  with or without a fraction; where nothing is, the next that is
   */
  seek(tick) {
    const { first, last } = this.#recording;
    this.#tick = Math.min(Math.max(tick, first), last);
    this.#seeking = true;
    this.#following = false;
    this.#error = null; // what is there may be sound
    this.#tellChanged();
  }

  /** @param {number} seconds  since the recording began */
  seekSeconds(seconds) {
    this.seek(this.tickOf(seconds));
  }

  /**
   * Pauses, and goes a frame on or back.
   *
   * @param {1 | -1} way
   */
  step(way) {
    this.pause();
    const tick = way > 0 ? Math.floor(this.#tick) : Math.ceil(this.#tick);
    const { first, last } = this.#recording;
    const next = this.#recording.neighbour(tick, way) ?? tick + way;
    this.#tick = Math.min(Math.max(next, first), last);
    if (way < 0) this.#seeking = true;
    else this.#sceneMs += this.#milliseconds(1);
  }

  /** To where a recording that still grows is now, and along with it. */
  follow() {
    if (!this.#recording.live) return;
    this.#beginToFollow();
    this.#timeline.reset(); // to where the edge is
    this.#tellChanged();
  }

  /** @returns {Viewpoint} */
  get viewpoint() {
    return this.#viewpoint;
  }

  /** Who sees what is shown. @param {Viewpoint} viewpoint */
  set viewpoint(viewpoint) {
    if (viewpoint === this.#viewpoint) return;
    this.#viewpoint = viewpoint;
    this.player = typeof viewpoint === "number" ? viewpoint : 0;
    this.#seeking = true;
  }

  /**
   * To be called once in each frame before it is drawn: moves the picture and lets events out.
   *
   * @param {number} nowMs  as requestAnimationFrame gives it
   * @returns {Moment}
   */
  frame(nowMs) {
    const passedMs = Math.min(Math.max(0, nowMs - (this.#atMs ?? nowMs)), LONGEST_FRAME_MS);
    this.#atMs = nowMs;
    if (this.#error === null)
      try {
        this.#learnEdge(nowMs);
        this.#move(nowMs, passedMs);
        this.#openAhead();
      } catch (error) {
        this.#fail(error);
      }
    this.#tellChanged();
    const viewTick = this.picture.tick;
    return { viewTick, inputTick: viewTick, sceneMs: this.#sceneMs };
  }

  // -- moving ---------------------------------------------------------------------------------------------------------------
  /** @param {number} nowMs @param {number} passedMs */
  #move(nowMs, passedMs) {
    const { complete, first, last, loaded, live } = this.#recording;
    const before = this.#tick;
    if (this.#following) this.#goAlong(nowMs);
    else if (this.#playing && !this.#seeking) this.#tick += this.#ticks(passedMs * this.#rate);
    if (complete) this.#tick = Math.min(Math.max(this.#tick, first), last);
    if (this.#seeking && !this.#land()) return;

    this.#goOn(before);
    const movedMs = this.#milliseconds(this.#tick - before);
    if (this.#playing && movedMs > 0) this.#sceneMs += Math.min(passedMs * this.rate, movedMs);
    if (this.atEnd) this.#playing = this.#following = false;
    else if (live && this.#playing && !this.#following && this.#rate >= 1 && loaded.at(this.#tick)?.[1] === loaded.last)
      if (this.behindMs(nowMs) < AT_EDGE_MS) this.#beginToFollow();
  }

  /** With the edge of what grows. @param {number} nowMs */
  #goAlong(nowMs) {
    const { loaded } = this.#recording;
    const [first, last] = loaded.all[loaded.all.length - 1]; // nobody who looks on at the edge asks for what was before
    const target = Math.max(first, Math.min(this.#edge.targetTick(nowMs), last));
    const tick = Math.min(this.#timeline.advance(nowMs, target), last + 1); // what is beyond is waited for, not sought
    this.#seeking ||= Math.abs(tick - this.#tick) > this.#ticks(JUMP_MS);
    this.#tick = tick;
  }

  #beginToFollow() {
    this.#following = this.#playing = true;
    this.#rate = 1;
    this.#timeline.reset(this.#tick);
  }

  /** Goes to where it is to be. @returns {boolean} false: that has not come yet */
  #land() {
    const { loaded } = this.#recording;
    const tick = Math.floor(this.#tick);
    this.#waiting = true;
    if (loaded.at(tick) === null) {
      this.#want(tick);
      return false;
    }
    if (!this.#projector.land(tick, this.#viewpoint)) return false;
    this.#seeking = false;
    this.#wanted = -1;
    this.#emitter.emit("jumped", this.#tick);
    return true;
  }

  /** From the frames that it has to those that are to be seen. @param {number} before  where it was */
  #goOn(before) {
    const horizon = this.#playing ? this.#tick + this.#ticks(REACH_MS) : Math.ceil(this.#tick);
    const had = this.#projector.tick;
    const why = this.#projector.goOn(this.#tick, horizon);
    if (this.#projector.tick > had) this.#emitter.emit("snapshot", this.#projector.tick);
    this.#waiting = why === "closed" || why === "missing";
    if (why === "missing") this.#want(this.#projector.tick + 1);
    if (this.#waiting) this.#tick = Math.max(before, this.#projector.tick);
    // A room that ticks on input is silent as long as nothing happens.
    if (this.#following && this.schema.onInput) this.#waiting = false;
    if (why === "gap" && this.#playing) this.#skipGap();
    for (const event of this.#projector.show(this.#tick))
      if (event.reliable || this.#thinning.lets(event.name, this.rate)) this.#emitter.emit("shown", event);
  }

  #skipGap() {
    const next = this.#recording.keyframeAfter(this.#projector.tick);
    if (next === null) return;
    this.#tick = Math.max(this.#tick, next);
    this.#seeking = true;
  }

  // -- what it needs --------------------------------------------------------------------------------------------------------
  /** Once, not in every frame. @param {number} tick */
  #want(tick) {
    if (this.#wanted !== tick) this.#recording.want((this.#wanted = tick));
  }

  #openAhead() {
    const tick = Math.floor(this.#tick);
    const ahead = Math.ceil(this.#ticks(this.#seeking ? REACH_MS : AHEAD_MS * Math.max(1, this.rate)));
    if (!this.#recording.prepared(tick, ahead)) this.#recording.prepare(tick, ahead).catch((error) => this.#fail(error));
  }

  /** What grows says how fast. @param {number} nowMs */
  #learnEdge(nowMs) {
    const { live, loaded } = this.#recording;
    if (!live || loaded.last <= this.#edgeTick) return;
    this.#edgeTick = loaded.last;
    this.#edge.arrived(this.#edgeTick, nowMs);
  }

  /** @param {unknown} error */
  #fail(error) {
    if (!(error instanceof FormatError)) throw error;
    if (this.#error !== null) return;
    this.#error = error;
    this.#playing = this.#following = this.#waiting = false;
    this.#emitter.emit("failed", error);
    this.#tellChanged();
  }

  #tellChanged() {
    const now = [this.playing, this.waiting, this.following, this.rate, this.atEnd].join();
    if (now === this.#told) return;
    this.#told = now;
    this.#emitter.emit("changed", undefined);
  }

  /** @param {number} milliseconds */
  #ticks(milliseconds) {
    return (milliseconds * this.tickRate) / 1000;
  }

  /** @param {number} ticks */
  #milliseconds(ticks) {
    return (ticks * 1000) / this.tickRate;
  }
}

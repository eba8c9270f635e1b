/** What a client has been shown of its room: the world, the time, what happened, who we are. No line is known here. */

import { ServerClock } from "./clock.js";
import { ViewDelay } from "./delay.js";
import { Happenings } from "./happenings.js";
import { LagReceipt } from "./receipt.js";
import { Replica } from "./replica.js";
import { Schema } from "./schema.js";
import { InputPace } from "./stamps.js";
import { Timeline, VIEW_TIME } from "./timeline.js";
import { View } from "./view.js";

/** @typedef {import("./schema.js").Values} Values */
/** @typedef {import("./stats.js").Stats} Stats */
/** @typedef {import("./errors.js").ProtocolError} ProtocolError */
/** @typedef {import("./errors.js").WorldMismatch} WorldMismatch */
/** @typedef {import("./wire.js").EventMessage} EventMessage */
/** @typedef {import("./wire.js").Snapshot} Snapshot */
/** @typedef {import("./wire.js").Pong} Pong */
/** @typedef {import("./wire.js").Welcome} Welcome */
/** @typedef {import("./happenings.js").ReliableEvent} ReliableEvent */
/** @typedef {import("./happenings.js").ShownEvent} ShownEvent */

/**
 * @typedef {object} Coming  a WELCOME whose line has had no snapshot yet; the world of the line before stands as long
 * @property {Welcome} welcome
 * @property {Schema} schema
 * @property {Values} options
 * @property {Replica} world
 * @property {boolean} goesOn  it is the world that we were in
 * @property {boolean} resumed  it is the seat that we had
 */
/**
 * @typedef {object} Seen  what a snapshot has brought
 * @property {boolean} begins  another world, or the first
 * @property {boolean} timeIsOther  its ticks are at other moments than those of before
 * @property {ShownEvent[]} rest  events of the world before to which its picture has not come
 */

/** One world, from its first snapshot on. */
class World {
  /** @param {{welcome: Welcome, schema: Schema, options: Values, world: Replica}} coming */
  constructor({ welcome, schema, options, world }) {
    const { tickRate } = welcome;
    this.welcome = welcome;
    this.schema = schema;
    this.options = options;
    this.world = world;
    this.picture = new View(schema, { tickRate });
    this.clock = new ServerClock(tickRate);
    this.pace = new InputPace({ tickRate });
    this.delay = new ViewDelay({ tickRate });
    this.receipts = new LagReceipt(tickRate);
    this.viewTimeline = new Timeline({ tickRate, ...VIEW_TIME });
    this.inputTimeline = new Timeline({ tickRate });
    this.viewTick = 0;
    this.inputTick = 0;
  }

  /** Its ticks are at other moments now. */
  forgetTime() {
    this.beginLine();
    this.viewTimeline.reset();
    this.inputTimeline.reset();
  }

  /** It goes on over another line, whose way is another. */
  beginLine() {
    this.clock.reset();
    this.pace.reset();
    this.receipts.reset();
    this.delay.reset();
  }
}

/** See the module. */
export class Sight {
  /** How many worlds there have been. */
  worlds = 0;
  #stats;
  /** @type {World | null} */
  #now = null;
  /** @type {Coming | null} */
  #coming = null;
  /** @type {Happenings | null} */
  #happenings = null;
  /** @type {number | null} */
  #clockNumber = null;
  /** @type {number | null} */
  #margin = null;
  #nowMs = -Infinity;

  /** @param {Stats} stats */
  constructor(stats) {
    this.#stats = stats;
  }

  /** The present world and what belongs to it. @throws {Error} before the first snapshot has come */
  get now() {
    if (this.#now === null) throw new Error("nothing has been seen of the room yet: wait for connect()");
    return this.#now;
  }

  /** Has there been a snapshot? */
  get begun() {
    return this.#now !== null;
  }

  /** The sequence number of the last reliable event, 0 before the first. */
  get lastEvent() {
    return this.#happenings?.last ?? 0;
  }

  /**
   * A line begins.
   *
   * @param {Welcome} welcome
   * @param {{resumed: boolean}} line  it goes on with our seat
   * @throws {ProtocolError} if the schema or the options cannot be read
   */
  welcome(welcome, { resumed }) {
    const schema = new Schema(welcome.schema);
    const options = schema.options.fromWire(welcome.options);
    const world = new Replica(schema, welcome);
    const isKnown = this.#coming === null || this.#coming.goesOn; // else the line of another world ended before its first snapshot
    const goesOn = resumed && isKnown && this.#now !== null && isSame(this.#now.welcome, welcome);
    if (goesOn) [world.tick, world.epoch] = [this.now.world.tick, this.now.world.epoch]; // these only grow
    this.#coming = { welcome, schema, options, world, goesOn, resumed };
    if (!resumed || this.#happenings === null)
      this.#happenings = new Happenings({ tickRate: welcome.tickRate, known: !resumed });
    this.#stats.beginLine();
  }

  /**
   * A reliable event.
   *
   * @param {EventMessage} event
   * @returns {ReliableEvent | null} null for one that was had before
   */
  event(event) {
    return this.#happened.take(event, this.#coming?.schema ?? this.now.schema);
  }

  /**
   * The world goes on.
   *
   * @param {Snapshot} snapshot
   * @param {{nowMs: number, bytes: number}} arrival  `bytes`: of the frame
   * @returns {Seen | null} null if it is of an epoch that is over
   * @throws {ProtocolError | WorldMismatch} as Replica.apply
   */
  snapshot(snapshot, { nowMs, bytes }) {
    const coming = this.#coming;
    const world = coming?.world ?? this.now.world;
    const { epoch } = world;
    const applied = world.apply(snapshot);
    if (applied.ignored) return null;
    const clockNumber = snapshot.control?.clock ?? this.#clockNumber;
    const timeIsOther = clockNumber !== this.#clockNumber;
    const begins = snapshot.epoch > epoch || coming?.goesOn === false;
    this.#coming = null;
    this.#clockNumber = clockNumber;
    const rest = begins && coming?.resumed !== false ? this.#happened.rest() : [];
    if (begins) {
      this.#now = new World(coming ?? this.now);
      this.worlds++;
    } else if (coming !== null) {
      Object.assign(this.now, { welcome: coming.welcome, world });
      this.now.beginLine();
    }
    if (timeIsOther && !begins) this.now.forgetTime();
    this.#happened.takeCosmetics(applied.cosmetics);
    this.#measure(snapshot, nowMs, bytes);
    return { begins, timeIsOther, rest };
  }

  /**
   * @param {Pong} pong
   * @param {{sentAtMs: number, nowMs: number}} times  of its PING, and of its arrival
   */
  pong({ tick, intoTick, held }, { sentAtMs, nowMs }) {
    const { clock, inputTimeline, receipts } = this.now;
    if (!clock.measured) inputTimeline.reset(); // until now it was off by a round trip, which is too much to be made up slowly
    this.#stats.pingMs = clock.add({ sentAtMs, nowMs, tick, intoTickUs: intoTick, heldUs: held });
    this.#stats.jitterMs = clock.jitterMs;
    receipts.pong(intoTick);
  }

  /**
   * An INPUT with something in it leaves.
   *
   * @param {number} firstTick
   * @param {number} nowMs
   */
  inputSent(firstTick, nowMs) {
    this.now.receipts.sent(firstTick, nowMs);
  }

  /**
   * @param {number} nowMs
   * @returns {number} the tick of the room's time for which an input is that is made now, with its fraction
   */
  moveInput(nowMs) {
    const { clock, pace, inputTimeline } = this.now;
    const atMs = this.#later(nowMs);
    return (this.now.inputTick = inputTimeline.advance(atMs, clock.tickAt(atMs) + pace.leadTicks(clock)));
  }

  /**
   * Moves the picture.
   *
   * @param {number} nowMs
   * @returns {number} the tick that it shows, with its fraction
   */
  moveView(nowMs) {
    const { delay, picture, viewTimeline, welcome } = this.now;
    const atMs = this.#later(nowMs);
    const viewTick = (this.now.viewTick = viewTimeline.advance(atMs, delay.targetTick(atMs)));
    picture.show(viewTick);
    this.#stats.frames++;
    if (picture.starved) this.#stats.starvedFrames++;
    this.#stats.delayMs = (delay.delayTicks * 1000) / welcome.tickRate;
    return viewTick;
  }

  /** @returns {ShownEvent[]} those to which the picture has come */
  due() {
    return this.#happened.due(this.now.viewTick);
  }

  /** @returns {ShownEvent[]} the reliable events that still wait for a picture which will not come */
  rest() {
    return this.#happenings?.rest() ?? [];
  }

  get #happened() {
    return /** @type {Happenings} */ (this.#happenings);
  }

  /**
   * Frames and timers tell times that may be some milliseconds apart, in any order.
   *
   * @param {number} nowMs
   */
  #later(nowMs) {
    return (this.#nowMs = Math.max(this.#nowMs, nowMs));
  }

  /** @param {Snapshot} snapshot @param {number} nowMs @param {number} bytes */
  #measure(snapshot, nowMs, bytes) {
    const { clock, delay, pace, picture, receipts, welcome, world } = this.now;
    const tickMs = 1000 / welcome.tickRate;
    clock.hint(nowMs, snapshot.tick);
    delay.arrived(snapshot.tick, nowMs, world.rate);
    picture.push(world);
    if (snapshot.margin !== null && snapshot.margin !== this.#margin) {
      this.#stats.marginMs = snapshot.margin / 1000;
      if (snapshot.margin < 0) this.#stats.lateInputs++;
      pace.report(snapshot.margin, nowMs);
      this.#stats.marginLowMs = pace.marginLowMs;
    }
    this.#margin = snapshot.margin;
    receipts.snapshot(snapshot, nowMs, { dueMs: (tick) => nowMs + (tick - clock.tickAt(nowMs)) * tickMs });
    this.#stats.receipt = receipts.last;
    this.#stats.snapshot({ tick: snapshot.tick, bytes, tickMs }, nowMs);
  }
}

/**
 * Is it the same room with the same game, so that what was learned of it holds?
 *
 * @param {Welcome} one
 * @param {Welcome} other
 */
function isSame(one, other) {
  const essence = (/** @type {Welcome} */ { tickRate, schema, options, map }) =>
    JSON.stringify([tickRate, schema, options, map && [...map.hash]]);
  return essence(one) === essence(other);
}

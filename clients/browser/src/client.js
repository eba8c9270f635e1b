/** A player, or a spectator, of one room: the client's half of docs/protocol.md, on as many lines as it takes. */

import { parseUrl } from "./address.js";
import { Calls } from "./calls.js";
import { Comeback } from "./comeback.js";
import { Emitter } from "./emitter.js";
import { environmentOf } from "./environment.js";
import { ClientEnded, ProtocolError, SessionGone } from "./errors.js";
import { Introduction } from "./introduction.js";
import { LagSimulator } from "./lag.js";
import { Line } from "./line.js";
import { Seat } from "./seat.js";
import { Sight } from "./sight.js";
import { Speech } from "./speech.js";
import { Stats } from "./stats.js";
import { NoticeCode, Role, encodeCall, encodeReady } from "./wire.js";

/** @typedef {import("./environment.js").Environment} Environment */
/** @typedef {import("./happenings.js").ReliableEvent} ReliableEvent */
/** @typedef {import("./happenings.js").ShownEvent} ShownEvent */
/** @typedef {import("./inputs.js").Sampler} Sampler */
/** @typedef {import("./replica.js").World} World */
/** @typedef {import("./schema.js").Value} Value */
/** @typedef {import("./seat.js").Memory} Memory */
/** @typedef {import("./wire.js").EventMessage} EventMessage */
/** @typedef {import("./wire.js").Notice} Notice */
/** @typedef {import("./wire.js").Reply} Reply */
/** @typedef {import("./wire.js").ServerMessage} ServerMessage */
/** @typedef {import("./wire.js").Snapshot} Snapshot */
/** @typedef {import("./wire.js").Welcome} Welcome */

/**
 * "connecting": nothing has been seen yet. "playing". "lost": the line has ended, another is being tried. "ended": none will be.
 *
 * @typedef {"connecting" | "playing" | "lost" | "ended"} ClientState
 */
/**
 * @typedef {object} ClientOptions
 * @property {string} url  ws://HOST/ws/ROOM, wss://…, or /ws/ROOM on the server that the page came from
 * @property {string} game  its name, or name@version
 * @property {string} name  what we are to be called: 1 to 24 characters, not only blanks, none of them invisible
 * @property {number} [role]  see `Role`
 * @property {Credential} [credential]  a join ticket, which is good for one time; or who is asked for one, such as `requestTicket`,
 *   whenever we join as somebody new (and not when we come back to our seat)
 * @property {Memory | null} [memory]  where the seat outlives the page
 * @property {LagSimulator | null} [lag]  a worse line than there is
 */
/**
 * @typedef {object} Told  what listeners are told, by what they listen for
 * @property {ClientState} state
 * @property {void} session  a world begins: schema, map, options and player may be others
 * @property {number} snapshot  its tick; the world and the picture have it
 * @property {{tick: number, values: number[]}} input  is being sent: wire values in the order of the schema's input
 * @property {ReliableEvent} event  a reliable event, as soon as it is here
 * @property {ShownEvent} shown  any event, in order, when the picture has come to its tick
 * @property {Notice} notice
 * @property {Notice} draining  the server will be gone in `detail` seconds
 */
/** @typedef {{viewTick: number, inputTick: number}} Frame  the tick that the picture shows, and that for which inputs are made */
/** @typedef {{error: Error, message: string, sinceMs: number, nextTryMs: number | null}} Loss  `nextTryMs`: null while one is under way */
/** @typedef {() => string | null | Promise<string | null>} TicketSource  may reject JoinRefused, or LineLost to be asked again */
/** @typedef {string | null | TicketSource} Credential */

/** @type {readonly (keyof Told)[]} */
const NAMES = ["state", "session", "snapshot", "input", "event", "shown", "notice", "draining"];
/** A try that has taken so long may be one of a network that is not there any more. */
const STALE_TRY_MS = 2_000;

/**
 * Plays in one room, or looks on, and comes back to its seat when a line is lost: until then the world stands still, inputs are not
 * sent, calls wait. If the server has given the seat away meanwhile, it joins anew ("session" tells): as another player, in another
 * world. What is known of the room (from `role` to `clock`) is there once `connect` has resolved; before, it throws.
 */
export class Client {
  /** Delays, jitter and standstills, to try a game on a worse line. */
  lag;
  /** What was seen of the line, counted. */
  stats;
  #address;
  #introduction;
  #environment;
  /** @type {Emitter<Told & Record<string, unknown>>} */
  #emitter;
  #seat;
  #calls;
  #comeback;
  #sight;
  #speech;
  /** @type {ClientState} */
  #state = "connecting";
  /** @type {Notice | null} */
  #notice = null;
  /** @type {ClientEnded | null} */
  #end = null;
  /** @type {Loss | null} */
  #loss = null;
  /** @type {Line | null} */
  #line = null;
  #triedAtMs = -Infinity;
  /** @type {unknown} */
  #retry = null;
  /** The map that we have, by its hash; undefined before the first WELCOME. @type {Uint8Array | null | undefined} */
  #mapHash;
  /** Reliable events of a line that has had no snapshot yet. @type {ReliableEvent[]} */
  #early = [];
  /** @type {Promise<void> | null} */
  #connected = null;
  #settle = { resolve: () => {}, reject: (/** @type {Error} */ _error) => {} };

  /**
   * @param {ClientOptions & Partial<Environment>} options
   * @throws {RangeError} if the server would refuse one of them
   */
  constructor({ url, game, name, role = Role.PLAYER, credential = null, memory = null, lag = null, ...environment }) {
    this.#address = parseUrl(url);
    this.#introduction = new Introduction({ game, room: this.#address.room, role, name }, credential);
    this.#environment = environmentOf(environment);
    this.#emitter = new Emitter(NAMES, this.#environment.reportError);
    this.lag = lag ?? new LagSimulator();
    this.stats = new Stats(this.#environment.clock);
    this.#seat = new Seat(role === Role.SPECTATOR ? null : memory); // who looks on leaves the seat to another visit
    this.#calls = new Calls(this.#seat.calls);
    this.#comeback = new Comeback(this.#environment.random, this.#seat.token !== null);
    this.#sight = new Sight(this.stats);
    this.#speech = new Speech(this.#environment, {
      sight: this.#sight,
      calls: this.#calls,
      sent: (input) => this.#emitter.emit("input", input),
    });
  }

  // -- what is known --------------------------------------------------------------------------------------------------------
  /** See `ClientState`. */
  get state() {
    return this.#state;
  }

  /** The last NOTICE of the server; null before the first, and when we were let in since. */
  get notice() {
    return this.#notice;
  }

  /** Why it has ended, null as long as it has not. */
  get end() {
    return this.#end;
  }

  /**
   * In state "lost", and in "connecting" when the server has asked us to come again: why, since when (by the clock of frames), and
   * when the next line is tried; else null.
   */
  get loss() {
    return this.#loss;
  }

  /** The name of the room. */
  get room() {
    return this.#address.room;
  }

  /** Our number in the room, 0 for a spectator. */
  get player() {
    return this.#seat.player;
  }

  /** 1, 2, … for each world that we have been in; 0 before the first. */
  get session() {
    return this.#sight.worlds;
  }

  /** What we are in this room. */
  get role() {
    return this.#sight.now.welcome.role;
  }

  /** The room's ticks in a second. */
  get tickRate() {
    return this.#sight.now.welcome.tickRate;
  }

  /** The game's schema. */
  get schema() {
    return this.#sight.now.schema;
  }

  /** The room's options, by name. */
  get options() {
    return this.#sight.now.options;
  }

  /** The room's map, null if it has none. */
  get map() {
    return this.#sight.now.welcome.map;
  }

  /** The newest snapshot's world. @returns {World} */
  get world() {
    return this.#sight.now.world;
  }

  /** The world as it is to be drawn in this frame, a little in the past. */
  get picture() {
    return this.#sight.now.picture;
  }

  /** The room's time. */
  get clock() {
    return this.#sight.now.clock;
  }

  /** Asked for each tick's input, in order, when it is due; null, or answering null: none is sent. @returns {Sampler | null} */
  get sampler() {
    return this.#speech.inputs.sampler;
  }

  /** @param {Sampler | null} sampler */
  set sampler(sampler) {
    this.#speech.inputs.sampler = sampler;
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

  // -- what a page does -----------------------------------------------------------------------------------------------------
  /**
   * Connects and joins.
   *
   * @returns {Promise<void>} when the first snapshot is there; rejects ClientEnded if there will be none
   */
  connect() {
    this.#connected ??= new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      if (this.#end !== null) reject(this.#end);
      else this.#open();
    });
    return this.#connected;
  }

  /** Says goodbye: the seat is given up. A page that is left or loaded anew is not to call this, and keeps its seat for 30 s. */
  close() {
    if (this.#state === "ended") return;
    this.#line?.close();
    this.#leaveSeat("the client was closed");
    this.#finish(new ClientEnded("the client was closed", this.#notice));
  }

  /** The page is being looked at, or there is a network, again: does not wait for the next try, and asks whether a line lives. */
  nudge() {
    const nowMs = this.#environment.clock();
    if (this.#state === "ended" || this.#connected === null) return;
    this.#comeback.renew(nowMs);
    if (this.#line?.joined) this.#line.probe();
    else if (this.#introduction.asking) return; // a ticket that somebody is asked for a second time is no sooner there
    else if (this.#retry !== null || nowMs - this.#triedAtMs > STALE_TRY_MS) this.#open();
  }

  /**
   * To be called once in each frame before it is drawn: moves the picture, asks for inputs that are due, lets events out.
   *
   * @param {number} [nowMs]  as requestAnimationFrame gives it
   * @returns {Frame}
   */
  frame(nowMs = this.#environment.clock()) {
    if (!this.#sight.begun) return { viewTick: 0, inputTick: 0 };
    const viewTick = this.#sight.moveView(nowMs);
    const inputTick = this.#sight.moveInput(nowMs);
    if (this.#end === null) this.#speech.frame(inputTick);
    this.#show(this.#sight.due());
    return { viewTick, inputTick };
  }

  /**
   * Calls one of the game's methods, over a loss of the line if need be. It is carried out once.
   *
   * @param {string} method
   * @param {...Value} values  in the order of the schema
   * @returns {Promise<Reply["value"]>} rejects CallRefused if the game said no, SessionGone if that cannot be known any more,
   *   ClientEnded, and RangeError for what the schema does not have
   */
  async call(method, ...values) {
    if (this.#end !== null) throw this.#end;
    const { fields } = this.schema.call(method);
    if (this.role !== Role.PLAYER) throw new RangeError("a spectator makes no calls");
    if (values.length !== fields.length)
      throw new RangeError(`${method} takes ${fields.length} values (${fields.map((field) => field.name).join(", ")})`);
    const wire = fields.map((field, index) => field.toWire(values[index]));
    encodeCall({ id: this.#calls.last + 1, method, arguments: wire }); // before it is one that must be carried out
    const answer = this.#calls.ask(method, wire);
    this.#seat.called(this.#calls.last);
    this.#speech.speak();
    return answer;
  }

  // -- lines ----------------------------------------------------------------------------------------------------------------
  #open() {
    const { clearTimeout, clock } = this.#environment;
    clearTimeout(this.#retry);
    this.#retry = null;
    this.#line?.abandon();
    this.#triedAtMs = clock();
    if (this.#loss !== null) this.#loss.nextTryMs = null;
    this.#line = null;
    const { source } = this.#introduction;
    if (source !== null && this.#seat.token === null) void this.#ask(source);
    else this.#start();
  }

  /** Joins as somebody new, with a ticket. @param {TicketSource} source */
  async #ask(source) {
    const fault = await this.#introduction.ask(source);
    if (fault === undefined || this.#end !== null) return;
    if (fault === null) this.#start();
    else this.#lose(fault);
  }

  #start() {
    /** @type {Line} */
    const line = new Line(this.#address.url, {
      environment: this.#environment,
      lag: this.lag,
      owner: {
        opened: () => this.#begin(line),
        take: (message, nowMs, frameBytes) => this.#take(line, message, { nowMs, bytes: frameBytes }),
        frameTaken: () => this.#speech.speak(),
        heard: (bytes) => this.stats.heard(bytes),
        sent: (bytes) => (this.stats.bytesOut += bytes),
        ended: (error) => {
          if (line.welcomed) this.stats.losses++;
          this.#lose(error);
        },
      },
    });
    this.#line = line;
    line.start();
  }

  /** @param {Line} line  on which nothing has been said yet */
  #begin(line) {
    const { token } = this.#seat;
    line.say(this.#introduction.say(token));
    // Who comes back has the map: a round trip less.
    if (token !== null && this.#mapHash !== undefined) line.say(encodeReady({ mapHash: this.#mapHash }));
  }

  /** @param {Error} error  with which the line has ended, or none could be begun */
  #lose(error) {
    const { clock, setTimeout } = this.#environment;
    const nowMs = clock();
    const { end, keepsSeat, waitMs } = this.#comeback.judge(error, nowMs);
    if (!keepsSeat || this.#seat.token === null) this.#leaveSeat(error.message);
    if (this.#end !== null) return; // a listener has closed the client
    if (end !== null) {
      this.#finish(end);
      return;
    }
    this.#retry = setTimeout(() => this.#open(), waitMs);
    this.#loss = { error, message: error.message, sinceMs: this.#loss?.sinceMs ?? nowMs, nextTryMs: nowMs + waitMs };
    if (this.#sight.begun) this.#become("lost");
  }

  /**
   * The seat is not ours any more: what was awaited on it will not come, what came on it is told now.
   *
   * @param {string} why
   */
  #leaveSeat(why) {
    this.#seat.leave();
    this.#mapHash = undefined;
    this.#calls.fail(new SessionGone(`the seat is gone: ${why}`));
    this.#tellEarly();
    this.#show(this.#sight.rest());
  }

  /** @param {ClientEnded} end */
  #finish(end) {
    const { clearTimeout } = this.#environment;
    clearTimeout(this.#retry);
    this.#speech.end();
    this.#line = null;
    this.#loss = null;
    this.#end = end;
    this.#calls.end(end);
    this.#settle.reject(end);
    this.#become("ended");
  }

  /** @param {ClientState} state */
  #become(state) {
    if (this.#state === state) return;
    this.#state = state;
    this.#emitter.emit("state", state);
  }

  // -- what comes -----------------------------------------------------------------------------------------------------------
  /** @param {Line} line @param {ServerMessage} message @param {{nowMs: number, bytes: number}} arrival */
  #take(line, message, arrival) {
    switch (message.type) {
      case "SNAPSHOT":
        this.#takeSnapshot(line, message, arrival);
        break;
      case "PONG":
        this.#sight.pong(message, { sentAtMs: line.answered(message), nowMs: arrival.nowMs });
        break;
      case "EVENT":
        this.#takeEvent(line, message);
        break;
      case "REPLY":
        this.#calls.take(message);
        break;
      case "NOTICE":
        this.#notice = message;
        this.#emitter.emit("notice", message);
        if (message.code === NoticeCode.DRAINING) this.#emitter.emit("draining", message);
        break;
      case "WELCOME":
        this.#takeWelcome(line, message);
        break;
    }
  }

  /** @param {Line} line @param {Welcome} welcome */
  #takeWelcome(line, welcome) {
    const resumed = this.#seat.token !== null;
    if (resumed && welcome.player !== this.#seat.player)
      throw new ProtocolError(`player ${this.#seat.player} came back as ${welcome.player}`);
    this.#sight.welcome(welcome, { resumed });
    const ready = resumed && this.#mapHash !== undefined;
    this.#mapHash = welcome.map?.hash ?? null;
    this.#seat.take(welcome.player, welcome.resume);
    this.#notice = null;
    this.#comeback.letIn();
    if (!ready) line.say(encodeReady({ mapHash: this.#mapHash }));
  }

  /** @param {Line} line @param {EventMessage} message */
  #takeEvent(line, message) {
    const event = this.#sight.event(message);
    if (event === null) return;
    if (line.joined) this.#emitter.emit("event", event);
    else this.#early.push(event); // its world has not begun
  }

  /** @param {Line} line @param {Snapshot} snapshot @param {{nowMs: number, bytes: number}} arrival */
  #takeSnapshot(line, snapshot, arrival) {
    const seen = this.#sight.snapshot(snapshot, arrival);
    if (seen === null) return;
    if (!line.joined) {
      line.join();
      this.#comeback.opened(arrival.nowMs);
      this.#speech.begin(line);
      this.#speech.inputs.begin(snapshot.tick, { goesOn: !seen.begins && !seen.timeIsOther });
    } else if (seen.begins || seen.timeIsOther) this.#speech.inputs.begin(snapshot.tick, { goesOn: false });
    this.#speech.owe();
    this.#loss = null;
    this.#show(seen.rest);
    if (seen.begins) this.#emitter.emit("session", undefined);
    if (this.#end !== null) return; // a listener has closed the client
    this.#become("playing");
    this.#tellEarly();
    this.#emitter.emit("snapshot", snapshot.tick);
    this.#settle.resolve();
  }

  #tellEarly() {
    for (const event of this.#early.splice(0)) this.#emitter.emit("event", event);
  }

  /** @param {ShownEvent[]} events */
  #show(events) {
    for (const event of events) this.#emitter.emit("shown", event);
  }
}

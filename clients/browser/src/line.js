/**
 * One WebSocket to one room, from connecting to its end: what keeps it alive, and why it ended.
 *
 * What is said on it is the client's affair, but for PING, which shows that both ends are there.
 */

import { LineLost, ProtocolError, WorldMismatch } from "./errors.js";
import { Way } from "./lag.js";
import { NoticeCode, decodeFrame, encodeBye, encodePing } from "./wire.js";

/** @typedef {import("./environment.js").Environment} Environment */
/** @typedef {import("./lag.js").LagSimulator} LagSimulator */
/** @typedef {import("./wire.js").Notice} Notice */
/** @typedef {import("./wire.js").Pong} Pong */
/** @typedef {import("./wire.js").ServerMessage} ServerMessage */
/**
 * @typedef {object} LineOwner  who holds the line; each is called as soon as there is something to tell
 * @property {() => void} opened  HELLO may be said
 * @property {(message: ServerMessage, nowMs: number, frameBytes: number) => void} take  throws WorldMismatch or ProtocolError for
 *   what the server may not say, which ends the line
 * @property {() => void} frameTaken  all messages of a frame have been taken
 * @property {(bytes: number) => void} heard
 * @property {(bytes: number) => void} sent
 * @property {(error: LineLost | WorldMismatch | ProtocolError) => void} ended  once, and not after `close` or `abandon`
 */

/** From the beginning to the first snapshot. The server gives 5 s for HELLO and 10 s more for READY. */
const HANDSHAKE_MS = 10_000;
/** As many as the clock keeps: so it is right to a few milliseconds after two seconds. */
const FIRST_PINGS = 16;
const FIRST_PING_MS = 103;
/**
 * Not in step with any tick rate: a server that reads a PING together with an INPUT behind it takes both for as late as that, so
 * PINGs that always fall into the same place between two INPUTs would all be wrong by the same.
 */
const PING_MS = 970;
/** PINGs whose PONGs are waited for: all of a minute. A line that stands still and is not dead yet gives them all later. */
const KEPT_PINGS = 64;
/** A server sends with every tick, or PONG each second; when nothing came for so long, the line is dead whatever TCP thinks. */
const SILENCE_MS = 15_000;
/** A line that is asked whether it is there has so long to answer. A phone's line is often dead when its owner comes back to it. */
const PROBE_MS = 3_000;
/** A timer that is so late has been held up, and the messages with it: they are to be read first. */
const HELD_UP_MS = 1_000;
/** @type {ReadonlySet<number>} */
const KNOWN_CODES = new Set(Object.values(NoticeCode));
/** What the server said may not be said. 1002 would be the code, but scripts may not use that. */
const CLOSE_PROTOCOL_ERROR = 4002;
const CLOSE_NORMAL = 1000;

/** See the module. */
export class Line {
  #url;
  #environment;
  #owner;
  #up;
  #down;
  /** @type {WebSocket | null} */
  #socket = null;
  #over = false;
  #joined = false;
  #welcomed = false;
  #heardAtMs = 0;
  /** Frames that have come. */
  #frames = 0;
  /** When each PING was sent whose PONG has not come. @type {Map<number, number>} */
  #pings = new Map();
  #pingsSent = 0;
  /** @type {unknown} */
  #deadline = null;
  /** @type {unknown} */
  #nextPing = null;
  /** @type {Notice | null} */
  #notice = null;

  /**
   * @param {string} url
   * @param {{environment: Environment, lag: LagSimulator | null, owner: LineOwner}} rest
   */
  constructor(url, { environment, lag, owner }) {
    this.#url = url;
    this.#environment = environment;
    this.#owner = owner;
    this.#up = new Way(lag, environment);
    this.#down = new Way(lag, environment);
  }

  /** Has WELCOME come? */
  get welcomed() {
    return this.#welcomed;
  }

  /** Is the match on, on this line, as far as we know? */
  get joined() {
    return this.#joined && !this.#over;
  }

  /** Bytes that were said and have not left this machine. */
  get unsentBytes() {
    return this.#socket?.bufferedAmount ?? 0;
  }

  /** Connects. */
  start() {
    const { WebSocket, setTimeout } = this.#environment;
    this.#deadline = setTimeout(() => this.#end(this.#lost(`no answer within ${HANDSHAKE_MS / 1000} s`)), HANDSHAKE_MS);
    try {
      this.#socket = new WebSocket(this.#url);
    } catch (error) {
      // The page is not allowed to: mixed content, or a policy. `ended` is told later, as all else.
      setTimeout(() => this.#end(this.#lost(`cannot connect: ${error instanceof Error ? error.message : String(error)}`)), 0);
      return;
    }
    const socket = this.#socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.#down.pass(() => this.#owner.opened());
    socket.onmessage = ({ data }) => this.#down.pass(() => this.#read(data));
    socket.onclose = ({ code, reason }) => this.#down.pass(() => this.#closed(code, reason));
  }

  /** The first snapshot has come: the match is on. */
  join() {
    this.#joined = true;
    this.#environment.clearTimeout(this.#deadline);
    this.#deadline = null;
    this.#watch(SILENCE_MS, this.#heardAtMs);
    this.#ping();
  }

  /**
   * Says a message. On a line that is gone it is lost.
   *
   * @param {Uint8Array} bytes
   */
  say(bytes) {
    if (this.#over) return;
    this.#owner.sent(bytes.length);
    this.#up.pass(() => {
      if (this.#socket?.readyState === 1) this.#socket.send(/** @type {Uint8Array<ArrayBuffer>} */ (bytes));
    });
  }

  /** Says goodbye and ends the line; nobody is told of it. */
  close() {
    if (this.#over) return;
    this.say(encodeBye());
    this.#stop();
    const socket = this.#socket;
    this.#up.pass(() => socket?.close(CLOSE_NORMAL));
  }

  /** Ends the line without a word; nobody is told of it. */
  abandon() {
    if (this.#over) return;
    this.#stop();
    this.#up.cut();
    this.#socket?.close();
  }

  /** Asks whether the server is there; if nothing comes soon, the line has ended. */
  probe() {
    if (!this.joined) return;
    const { clearTimeout, clock } = this.#environment;
    clearTimeout(this.#nextPing);
    clearTimeout(this.#deadline);
    this.#watch(PROBE_MS, clock());
    this.#ping();
  }

  /**
   * @param {Pong} pong
   * @returns {number} when the PING was sent that it answers
   * @throws {ProtocolError} if it answers none
   */
  answered({ sequence }) {
    const sentAtMs = this.#pings.get(sequence);
    if (sentAtMs === undefined) throw new ProtocolError(`a PONG for no PING: ${sequence}`);
    this.#pings.delete(sequence);
    return sentAtMs;
  }

  #ping() {
    const { clock, setTimeout } = this.#environment;
    const nowMs = clock();
    const sequence = ++this.#pingsSent;
    this.#pings.delete(sequence - KEPT_PINGS);
    this.#pings.set(sequence, nowMs);
    this.say(encodePing({ sequence, clientTime: Math.round(nowMs * 1000) }));
    this.#nextPing = setTimeout(() => this.#ping(), sequence < FIRST_PINGS ? FIRST_PING_MS : PING_MS);
  }

  /**
   * Ends the line if nothing comes for so long.
   *
   * @param {number} silenceMs
   * @param {number} sinceMs
   */
  #watch(silenceMs, sinceMs) {
    const { clock, setTimeout } = this.#environment;
    const dueMs = sinceMs + silenceMs;
    const frames = this.#frames;
    const judge = () => {
      if (this.#frames === frames) this.#end(this.#lost(`nothing came for ${silenceMs / 1000} s`));
      else this.#watch(SILENCE_MS, this.#heardAtMs);
    };
    const look = () => {
      if (clock() - dueMs > HELD_UP_MS) this.#deadline = setTimeout(judge, HELD_UP_MS);
      else judge();
    };
    this.#deadline = setTimeout(look, Math.max(0, dueMs - clock()));
  }

  // -- what comes -----------------------------------------------------------------------------------------------------------
  /** @param {unknown} data */
  #read(data) {
    if (this.#over) return;
    const nowMs = this.#environment.clock();
    this.#heardAtMs = nowMs;
    this.#frames++;
    try {
      if (!(data instanceof ArrayBuffer)) throw new ProtocolError("the server sent text");
      this.#owner.heard(data.byteLength);
      for (const message of decodeFrame(new Uint8Array(data))) {
        this.#take(message, nowMs, data.byteLength);
        if (this.#over) return; // a listener has closed the client
      }
      this.#owner.frameTaken();
    } catch (error) {
      if (!(error instanceof ProtocolError || error instanceof WorldMismatch)) throw error;
      this.#end(error);
    }
  }

  /** @param {ServerMessage} message @param {number} nowMs @param {number} frameBytes */
  #take(message, nowMs, frameBytes) {
    if (message.type === "NOTICE") {
      if (!KNOWN_CODES.has(message.code)) return;
      if (message.code !== NoticeCode.DRAINING) this.#notice = message;
    } else if (message.type === "WELCOME") {
      if (this.#welcomed) throw new ProtocolError("a second WELCOME");
      this.#welcomed = true;
    } else if (!this.#welcomed) throw new ProtocolError(`${message.type} before WELCOME`);
    this.#owner.take(message, nowMs, frameBytes);
  }

  /** @param {number} code @param {string} reason */
  #closed(code, reason) {
    this.#end(this.#lost(this.#notice?.text || `the line was closed (${code}${reason && `: ${reason}`})`));
  }

  /** @param {string} message */
  #lost(message) {
    return new LineLost(message, this.#notice);
  }

  /** @param {LineLost | WorldMismatch | ProtocolError} error */
  #end(error) {
    if (this.#over) return;
    this.#stop();
    this.#up.cut();
    if (error instanceof LineLost) this.#socket?.close();
    else this.#socket?.close(CLOSE_PROTOCOL_ERROR, error.name);
    this.#owner.ended(error);
  }

  /** Nothing is heard or waited for any more. */
  #stop() {
    const { clearTimeout } = this.#environment;
    this.#over = true;
    this.#down.cut();
    clearTimeout(this.#deadline);
    clearTimeout(this.#nextPing);
    const socket = this.#socket;
    if (socket !== null) socket.onopen = socket.onmessage = socket.onclose = null;
  }
}

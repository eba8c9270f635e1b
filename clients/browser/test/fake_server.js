/**
 * A server with one room, as far as a client can tell: it says what docs/protocol.md lets it say, and holds the client to the rest.
 * Lines can be cut anywhere. All in virtual time.
 */

import { decode } from "../vendor/msgpack/decode.mjs";
import { encode } from "../vendor/msgpack/encode.mjs";
import { hex } from "./vectors.js";

export const SCHEMA = {
  game: "toy",
  version: 1,
  kinds: [
    { name: "Toy", fields: [field("round", "integer")] },
    {
      name: "Runner",
      fields: [
        field("owner", "integer"),
        field("name", "text", { most: 24 }),
        field("x", "real", { quantum: [1, 16], interpolate: "linear" }),
      ],
    },
  ],
  events: [{ name: "Beep", fields: [field("number", "integer")] }, { name: "Flash", fields: [field("number", "integer")] }],
  calls: [
    { name: "echo", fields: [field("text", "text", { most: 40 })] },
    { name: "add", fields: [field("one", "integer"), field("other", "integer")] },
  ],
  input: [
    field("move", "integer", { low: -1, high: 1 }),
    field("jump", "boolean", { edge: true }),
    field("aim", "angle", { steps: 256 }),
  ],
  options: [field("speed", "integer")],
};
const TOY_FORM = 1;
const RUNNER_FORM = 8 + 1;
const BEEP = 0;
const FLASH = 1;
const GRACE_MS = 30_000;
const CALLS_AT_ONCE = 8;

function field(name, type, more = {}) {
  return { name, type, audience: "all", ...more };
}

/** What the server keeps of a player while lines come and go. */
class Session {
  constructor(player, name) {
    this.player = player;
    this.name = name;
    this.x = 0;
    /** Those that open the seat, newest last. */
    this.tokens = [];
    this.line = null;
    this.lastEvent = 0;
    /** Events and replies, each with the tick of the frame that it went out with on the present line. */
    this.owed = [];
    this.lastCall = 0;
    /** [method, arguments] of each that was carried out. */
    this.carriedOut = [];
    this.inputs = new Map();
    this.inputAck = null;
    this.margin = null;
    this.leftAtMs = null;
  }
}

export class FakeServer {
  /**
   * @param {import("./virtual_time.js").VirtualTime} time
   * @param {{tickRate?: number, wayMs?: (direction: "up" | "down") => number}} [options]  `wayMs`: what a message takes
   */
  constructor(time, { tickRate = 20, wayMs = () => 10 } = {}) {
    this.time = time;
    this.tickRate = tickRate;
    this.tickMs = 1000 / tickRate;
    this.wayMs = wayMs;
    this.tick = 0;
    this.epoch = 0;
    this.clockNumber = 1;
    this.rate = 1;
    this.map = null;
    this.options = [3];
    this.sessions = [];
    /** Every line that was ever opened. @type {FakeLine[]} */
    this.lines = [];
    /** What clients did that they may not. */
    this.faults = [];
    this.reachable = true;
    this.silent = false;
    /** Nothing happens in the room, and it ticks on input: it answers PINGs, no more. */
    this.idle = false;
    this.nextToken = 0;
    /** Flat: kind, ago, values… of the next snapshot. */
    this.cosmetics = [];
    this.beganMs = time.clock();
    const server = this;
    /** What a page has as WebSocket. */
    this.WebSocket = class {
      constructor(url) {
        return new FakeSocket(server, url);
      }
    };
    this.#later();
  }

  /** When a tick is due. */
  dueMs(tick) {
    return this.beganMs + tick * this.tickMs;
  }

  /** The line of the newest connection. */
  get line() {
    return this.lines.at(-1);
  }

  /** A reliable event for all. */
  beep(number) {
    for (const session of this.sessions) {
      const sequence = ++session.lastEvent;
      session.owed.push({ sequence, bytes: encode([2, sequence, this.tick, BEEP, [number]]), sentTick: null });
    }
  }

  flash(number, ago = 0) {
    this.cosmetics.push(FLASH, ago, number);
  }

  /** The room has lost so many ticks' time: they come later than they would have. */
  pause(ms) {
    this.beganMs += ms;
    this.clockNumber++;
  }

  #later() {
    this.time.setTimeout(() => {
      this.#step();
      this.#later();
    }, this.dueMs(this.tick + 1) - this.time.clock());
  }

  #step() {
    this.tick++;
    for (const session of this.sessions) {
      const input = session.inputs.get(this.tick);
      if (input !== undefined) {
        session.x += input[0];
        session.inputAck = this.tick;
        session.inputs.delete(this.tick);
      }
    }
    const now = this.time.clock();
    this.sessions = this.sessions.filter((session) => session.line !== null || now - session.leftAtMs < GRACE_MS);
    for (const line of this.lines) line.show();
    this.cosmetics = [];
  }
}

/** The server's end of a line. */
class FakeLine {
  constructor(server, socket) {
    this.server = server;
    this.socket = socket;
    this.state = "hello";
    this.session = null;
    this.open = true;
    this.pings = [];
    this.unacknowledged = 0;
    this.newest = 0;
    this.anew = true;
    this.spectator = false;
    /** What the client said, decoded. */
    this.heard = [];
  }

  hear(bytes) {
    if (!this.open) return;
    const message = decode(bytes);
    this.heard.push(message);
    const number = message[0];
    if (this.state === "hello" && number === 0) this.#hello(message);
    else if (this.state === "ready" && number === 1) this.#ready(message);
    else if (number === 5) this.#bye();
    else if (number === 3 && this.state !== "hello") this.pings.push([message, this.server.time.clock()]);
    else if (number === 2 && this.state === "playing") this.#input(message);
    else if (number === 4 && this.state === "playing" && !this.spectator) this.#call(message);
    else this.fault(`${JSON.stringify(message)} in state ${this.state}`);
  }

  fault(what) {
    this.server.faults.push(what);
    this.close(1002);
  }

  #hello([, protocol, , room, credential, role, name]) {
    if (protocol !== 1 || room !== "toy1") return this.fault("HELLO");
    this.spectator = role === 1;
    const { server } = this;
    if (credential instanceof Uint8Array) {
      this.session = server.sessions.find(({ tokens }) => tokens.includes(hex(credential))) ?? null;
      if (this.session === null) return this.notice(12, "your seat is gone", null, 1008);
      this.session.line?.notice(13, "a newer line has taken this seat", null, 4001);
      this.session.tokens = [hex(credential)];
    } else if (!this.spectator) {
      this.session = new Session(server.sessions.length + 1, name);
      server.sessions.push(this.session);
    }
    const token = new Uint8Array(16);
    new DataView(token.buffer).setUint32(0, ++server.nextToken);
    if (this.session !== null) {
      this.session.tokens.push(hex(token));
      this.session.line = this;
      this.session.inputs.clear();
      for (const owed of this.session.owed) owed.sentTick = null;
    }
    const player = this.session?.player ?? 0;
    const { tickRate, map, options, epoch } = server;
    this.say([0, player, this.spectator ? 1 : 0, this.session && token, tickRate, SCHEMA, map, options, epoch]);
    this.state = "ready";
  }

  #ready([, mapHash]) {
    const wanted = this.server.map?.[1] ?? null;
    if ((mapHash && hex(mapHash)) !== (wanted && hex(wanted))) return this.fault("READY with another map");
    this.state = "playing";
    this.newest = this.server.tick;
  }

  #input([, firstTick, ackTick, ackEvent, viewTick, values]) {
    if (values.length % SCHEMA.input.length !== 0 || values.length > 64) return this.fault("INPUT of a wrong length");
    const latestView = (this.server.tick + 1) * 256;
    if (viewTick !== null && (!Number.isInteger(viewTick) || viewTick > latestView)) return this.fault("view tick");
    if (ackTick !== null && ackTick > this.server.tick) return this.fault("a snapshot acknowledged that was never sent");
    this.unacknowledged = 0;
    const { session, server } = this;
    if (session === null) {
      if (values.length > 0) this.fault("INPUT of a spectator");
      return;
    }
    if (ackEvent > session.lastEvent) return this.fault("an event acknowledged that was never sent");
    session.tokens = session.tokens.slice(-1);
    session.owed = session.owed.filter(
      ({ sequence, sentTick }) => sentTick === null || !(sentTick <= ackTick || (sequence > 0 && sequence <= ackEvent)),
    );
    for (let at = 0; at < values.length; at += SCHEMA.input.length) {
      const tick = firstTick + at / SCHEMA.input.length;
      if (tick <= this.newest) return this.fault(`INPUT for tick ${tick} after ${this.newest}`);
      this.newest = tick;
      if (at === 0) session.margin = Math.round((server.dueMs(tick) - server.time.clock()) * 1000);
      if (tick > server.tick) session.inputs.set(tick, values.slice(at, at + SCHEMA.input.length));
    }
  }

  #call([, id, method, values]) {
    const { session } = this;
    if (id <= session.lastCall) return;
    session.lastCall = id;
    session.carriedOut.push([method, values]);
    if (session.owed.filter(({ sequence }) => sequence === 0).length >= CALLS_AT_ONCE * 4) return this.fault("too many calls");
    const answer = method === "add" ? [true, values[0] + values[1]] : values[0] === "no" ? [false, "not that"] : [true, values[0]];
    session.owed.push({ sequence: 0, bytes: encode([4, id, ...answer]), sentTick: null });
  }

  #bye() {
    this.server.sessions = this.server.sessions.filter((session) => session !== this.session);
    this.session = null;
    this.close(1000);
  }

  /** What a tick brings. */
  show() {
    const { server, session } = this;
    if (this.state !== "playing" || !this.open || server.silent || server.tick % server.rate !== 0) return;
    const now = server.time.clock();
    const intoTick = Math.round((now - server.dueMs(server.tick)) * 1000);
    const frame = this.pings.splice(0).map(([[, sequence, clientTime], at]) =>
      encode([3, sequence, clientTime, server.tick, intoTick, Math.round((now - at) * 1000)]),
    );
    if (server.idle) {
      if (frame.length > 0) this.sayBytes(Buffer.concat(frame));
      return;
    }
    for (const owed of session?.owed ?? [])
      if (owed.sentTick === null) {
        owed.sentTick = server.tick;
        frame.push(owed.bytes);
      }
    const rate = this.anew ? server.rate : null;
    const clock = this.anew || this.clockTold !== server.clockNumber ? server.clockNumber : null;
    const control = rate === null && clock === null ? null : [[], rate, clock, []];
    this.clockTold = server.clockNumber;
    this.anew = false;
    const entered = [TOY_FORM, 0, 1];
    let last = 0;
    for (const each of server.sessions) {
      entered.push(RUNNER_FORM, each.player * 10 - last, each.player, each.name, Math.round(each.x * 16));
      last = each.player * 10;
    }
    frame.push(encode([1, server.epoch, server.tick, 0, session?.inputAck ?? null, session?.margin ?? null, control, 1]));
    frame.push(encode([1, 0, entered, [], [], null, server.cosmetics]));
    this.sayBytes(Buffer.concat(frame));
    if (++this.unacknowledged > 100) this.fault("no acknowledgement for 100 snapshots");
  }

  say(message) {
    this.sayBytes(encode(message));
  }

  sayBytes(bytes) {
    this.socket.down(() => this.socket.deliver(bytes));
  }

  notice(code, text, detail, closeCode) {
    this.say([5, code, text, detail]);
    if (closeCode !== null) this.close(closeCode);
  }

  close(code) {
    if (!this.open) return;
    this.leave();
    this.socket.down(() => this.socket.closed(code));
  }

  /** The server knows that this line is no more. */
  leave() {
    this.open = false;
    if (this.session?.line === this) {
      this.session.line = null;
      this.session.leftAtMs = this.server.time.clock();
    }
  }
}

/** What the page has in its hands: a WebSocket whose way takes time. */
class FakeSocket {
  binaryType = "blob";
  bufferedAmount = 0;
  onopen = null;
  onmessage = null;
  onclose = null;
  /** As in a browser: 0 connecting, 1 open, 2 closing, 3 closed. */
  readyState = 0;
  /** The messages under way are not to arrive. */
  isCut = false;
  #arrivals = { up: 0, down: 0 };

  constructor(server, url) {
    this.server = server;
    this.url = url;
    this.line = new FakeLine(server, this);
    server.lines.push(this.line);
    if (!server.reachable) {
      this.line.open = false;
      this.down(() => this.closed(1006));
      return;
    }
    this.up(() =>
      this.down(() => {
        this.readyState = 1;
        this.onopen?.({});
      }),
    );
  }

  send(bytes) {
    if (this.readyState !== 1) throw new Error("InvalidStateError");
    const copy = bytes.slice();
    this.up(() => this.line.hear(copy));
  }

  close(code = 1000) {
    if (code !== 1000 && !(code >= 3000 && code < 5000)) throw new Error("InvalidAccessError");
    if (this.readyState >= 2) return;
    this.readyState = 2;
    this.closeCode = code;
    this.up(() => {
      this.line.leave();
      this.down(() => this.closed(code));
    });
  }

  up(deliver) {
    this.#pass("up", deliver);
  }

  down(deliver) {
    this.#pass("down", deliver);
  }

  deliver(bytes) {
    if (this.readyState === 1 || this.readyState === 2)
      this.onmessage?.({ data: typeof bytes === "string" ? bytes : new Uint8Array(bytes).buffer });
  }

  closed(code) {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.onclose?.({ code, reason: "" });
  }

  /**
   * The line breaks: nothing more arrives, either way, and each end learns of it when it does.
   *
   * @param {{clientMs: number, serverMs: number}} delays
   */
  cut({ clientMs, serverMs }) {
    this.isCut = true;
    this.server.time.setTimeout(() => this.closed(1006), clientMs);
    this.server.time.setTimeout(() => this.line.leave(), serverMs);
  }

  #pass(direction, deliver) {
    const { time, wayMs } = this.server;
    const dueMs = Math.max(this.#arrivals[direction], time.clock() + wayMs(direction));
    this.#arrivals[direction] = dueMs;
    time.setTimeout(() => {
      if (!this.isCut) deliver();
    }, dueMs - time.clock());
  }
}

// The benchmark's scene on Node with `ws`: a room as it is written by hand when nothing but this one game is needed.
//
// Usage: node room.mjs PORT [SEATS]    It prints the port that it listens on (PORT 0: any) and serves until a signal ends it.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";

import { Packr } from "msgpackr";
import { WebSocketServer } from "ws";

import { Cars, TICK_RATE } from "./cars.mjs";

const SCHEMA = JSON.parse(readFileSync(new URL("../drive.json", import.meta.url), "utf8"));
const WINDOW = 30; // ticks that an input may lie ahead
const QUEUE = 16; // inputs that wait for their ticks
const HOLD = 8; // ticks that the last input holds
const CRC_EVERY = 29; // ticks
const MAX_BUFFERED = 65536; // bytes that wait for a slow client; above it he is skipped
const MAX_DEBT = 250; // milliseconds; a longer delay is not made up
const NEUTRAL = [0, 0];
const BINARY = { binary: true };
const FIRST_CONTROL = [[], null, 0, []];

const packr = new Packr({ useRecords: false, encodeUndefinedAsNil: true });
const pack = (value) => packr.pack(value);
const isInteger = Number.isSafeInteger;

/** One client: its inputs until their ticks, and what it has been sent. */
class Seat {
  owner = 0;
  joined = false;
  fresh = true; // it has nothing yet, or missed a tick: it gets everything
  margin = null;
  pings = [];
  acknowledged = null;
  #newest = 0;
  #waiting = new Map();
  #levels = NEUTRAL;
  #levelsAt = 0;

  constructor(socket, name) {
    this.socket = socket;
    this.name = name;
  }

  /** Inputs have arrived. Throws for what the protocol does not allow. */
  add(message, room) {
    const [, first, , , , values] = message;
    if (message.length !== 6 || !isInteger(first) || !Array.isArray(values) || values.length > 64 || values.length % 2) {
      throw new RangeError("this is no INPUT");
    }
    for (const value of values) if (value !== -1 && value !== 0 && value !== 1) throw new RangeError("an input is out of range");
    let fresh = null;
    for (let at = 0, tick = first; at < values.length; at += 2, tick++) {
      if (tick <= this.#newest || tick > room.tick + WINDOW) continue;
      this.#newest = tick;
      fresh ??= tick;
      const input = [values[at], values[at + 1]];
      if (tick <= room.tick) this.#use(tick, input, room.tick);
      else if (this.#waiting.size < QUEUE) this.#waiting.set(tick, input);
    }
    if (fresh !== null) this.margin = Math.round((room.due(fresh) - performance.now()) * 1000);
  }

  #use(tick, input, at) {
    this.#levels = input;
    this.#levelsAt = at;
    this.acknowledged = tick;
  }

  /** The input for this tick. */
  take(tick) {
    const input = this.#waiting.get(tick);
    if (input !== undefined) {
      this.#waiting.delete(tick);
      this.#use(tick, input, tick);
      return input;
    }
    return tick - this.#levelsAt <= HOLD ? this.#levels : NEUTRAL;
  }
}

/** One match. */
class Room {
  tick = 0;
  #cars = new Cars();
  #seats = new Set();
  #joining = [];
  #owners = 0;
  #anchor;

  constructor(phase) {
    this.#anchor = performance.now() + (phase * 1000) / TICK_RATE;
    this.#sleep();
  }

  get size() {
    return this.#seats.size + this.#joining.length;
  }

  /** When a tick is due, in milliseconds. */
  due(tick) {
    return this.#anchor + (tick * 1000) / TICK_RATE;
  }

  /** A number for somebody new. */
  number() {
    return ++this.#owners;
  }

  join(seat) {
    this.#joining.push(seat);
  }

  leave(seat) {
    this.#joining = this.#joining.filter((other) => other !== seat);
    if (this.#seats.delete(seat)) this.#cars.leave(seat.owner);
  }

  #sleep() {
    setTimeout(() => this.#run(), Math.max(0, this.due(this.tick + 1) - performance.now()));
  }

  #run() {
    const behind = performance.now() - this.due(this.tick + 1);
    if (behind > MAX_DEBT) this.#anchor += behind;
    this.tick++;
    for (const seat of this.#joining) {
      seat.joined = true;
      this.#seats.add(seat);
      this.#cars.join(seat.owner, seat.name);
    }
    this.#joining = [];
    const inputs = new Map();
    for (const seat of this.#seats) inputs.set(seat.owner, seat.take(this.tick));
    this.#cars.step(inputs);
    this.#tell();
    this.#cars.told();
    this.#sleep();
  }

  /** What changed is encoded once for all, everything at most once. */
  #tell() {
    const cars = this.#cars;
    const crc = this.tick % CRC_EVERY === 0 ? [cars.crc(pack)] : [];
    const shared = pack([0, 1, cars.entered(false), cars.left(), cars.changed, ...crc]);
    let whole = null;
    for (const seat of this.#seats) {
      if (seat.socket.bufferedAmount > MAX_BUFFERED) {
        seat.fresh = true;
        continue;
      }
      const control = seat.fresh ? FIRST_CONTROL : null;
      const head = pack([1, 0, this.tick, 0, seat.acknowledged, seat.margin, control, 1]);
      const fragment = seat.fresh ? (whole ??= pack([0, 0, cars.entered(true), [], [], ...crc])) : shared;
      const pongs = seat.pings.length > 0 ? this.#pongs(seat) : seat.pings;
      seat.socket.send(Buffer.concat([...pongs, head, fragment]), BINARY);
      seat.fresh = false;
    }
  }

  #pongs(seat) {
    const now = performance.now();
    const into = Math.round((now - this.due(this.tick)) * 1000);
    const pongs = seat.pings.map(([at, sequence, time]) => pack([3, sequence, time, this.tick, into, Math.round((now - at) * 1000)]));
    seat.pings = [];
    return pongs;
  }
}

/** One connection, from HELLO on. */
function converse(socket, room, seats) {
  let seat = null;
  let ready = false;
  const end = () => {
    if (ready) room.leave(seat);
    ready = false;
  };
  const hear = (message) => {
    if (!Array.isArray(message)) throw new RangeError("this is no message");
    if (seat === null) {
      if (message[0] !== 0 || message.length !== 7 || typeof message[6] !== "string") throw new RangeError("this is no HELLO");
      seat = new Seat(socket, message[6]);
      seat.owner = room.number();
      socket.send(pack([0, seat.owner, 0, null, TICK_RATE, SCHEMA, null, [], 0]), BINARY);
    } else if (message[0] === 1 && !ready) {
      if (room.size >= seats) throw new RangeError("the room is full");
      ready = true;
      room.join(seat);
    } else if (message[0] === 2 && seat.joined) seat.add(message, room);
    else if (message[0] === 3 && message.length === 3) seat.pings.push([performance.now(), message[1], message[2]]);
    else if (message[0] === 5) socket.close(1000);
    else throw new RangeError("this may not be said now");
  };
  socket.on("message", (data, isBinary) => {
    try {
      if (!isBinary) throw new RangeError("only binary messages");
      hear(packr.unpack(data));
    } catch {
      socket.close(1002); // whatever it was, a client sent it
    }
  });
  socket.on("close", end);
  socket.on("error", () => socket.terminate());
}

const rooms = new Map();
const seats = Number(process.argv[3] ?? 255);
const http = createServer();
const server = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: 4096 });
http.on("upgrade", (request, raw, head) => {
  const name = /^\/ws\/([a-z0-9]{1,32})$/.exec(request.url)?.[1];
  if (name === undefined) {
    raw.destroy();
    return;
  }
  raw.setNoDelay(true);
  let room = rooms.get(name);
  if (room === undefined) rooms.set(name, (room = new Room((rooms.size * 0.618034) % 1)));
  server.handleUpgrade(request, raw, head, (socket) => converse(socket, room, seats));
});
http.listen(Number(process.argv[2] ?? 0), "127.0.0.1", () => console.log(`listening on ${http.address().port}`));

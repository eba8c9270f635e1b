/** A server and its clients, for tests in virtual time. */

import assert from "node:assert/strict";

import { Client } from "../src/index.js";
import { FakeServer } from "./fake_server.js";
import { VirtualTime } from "./virtual_time.js";

export const AT_ONCE = { clientMs: 0, serverMs: 0 };

/** A server, a client of its room, and all that the client told. */
export function pair({ server: serverOptions = {}, ...options } = {}) {
  const time = new VirtualTime();
  const server = new FakeServer(time, serverOptions);
  return { time, server, ...clientOf(server, options) };
}

/** One more page with a client of this server's room. `leave`: the page goes, and says nothing. */
export function clientOf(server, options = {}) {
  const { clock, clearTimeout } = server.time;
  let gone = false;
  const setTimeout = (callback, ms) => server.time.setTimeout(() => gone || callback(), ms);
  const leave = () => {
    gone = true;
    server.line.socket.cut(AT_ONCE);
  };
  const client = new Client({
    url: "ws://there/ws/toy1",
    game: "toy",
    name: "ann",
    clock,
    setTimeout,
    clearTimeout,
    random: () => 0.5,
    WebSocket: server.WebSocket,
    ...options,
  });
  const told = [];
  for (const name of ["state", "session", "snapshot", "input", "event", "shown", "notice", "draining"])
    client.on(name, (what) => told.push([name, what]));
  return { client, told, leave, of: (name) => told.filter(([each]) => each === name).map(([, what]) => what) };
}

/** Draws frames, so many a second, until told to stop. */
export function draw(client, time, framesPerSecond = 60) {
  let on = true;
  const frames = [];
  const next = () => {
    if (!on) return;
    frames.push({ ...client.frame(time.clock()), atMs: time.clock() });
    time.setTimeout(next, 1000 / framesPerSecond);
  };
  next();
  return { frames, stop: () => (on = false) };
}

/** What became of a promise. */
export function outcome(promise) {
  const result = { done: false, value: undefined, error: undefined };
  promise.then(
    (value) => Object.assign(result, { done: true, value }),
    (error) => Object.assign(result, { done: true, error }),
  );
  return result;
}

/** A pair whose client has joined, within so many milliseconds. */
export async function joined({ withinMs = 200, ...options } = {}) {
  const all = pair(options);
  const connected = outcome(all.client.connect());
  await all.time.pass(withinMs);
  assert.ok(connected.done && connected.error === undefined, `connected: ${connected.error}`);
  return all;
}

/** What a page has to keep a seat in. */
export function memory(saved = null) {
  return {
    saved,
    load() {
      return this.saved;
    },
    save(seat) {
      this.saved = JSON.parse(JSON.stringify(seat));
    },
    clear() {
      this.saved = null;
    },
  };
}


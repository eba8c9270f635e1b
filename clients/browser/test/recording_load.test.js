import assert from "node:assert/strict";
import test from "node:test";

import { FormatError, LoadError } from "../src/errors.js";
import { openFile } from "../src/recording/file.js";
import { openUrl } from "../src/recording/load.js";
import { chunk, contentsChunk, fileOf, film, headerMap, people, vector } from "./recordings.js";

const URL_ = "http://test/api/v1/recordings/x.trpl";
/** A quarter of an hour at 10 Hz. */
const LAST = 9000;
const SHOWN = Array.from({ length: LAST + 1 }, (_, tick) => ({ tick, parts: people([1, 1, tick, tick, 7]) }));
const CHUNKS = film(SHOWN);

/** Gives recordings over HTTP, as docs/http.md has it; a test says how much of what it gives comes through, and when. */
class Server {
  asked = [];
  /** In its turn, what becomes of a request: bytes after which the line breaks, "end" after so many; or a status. */
  plans = [];
  chunks = CHUNKS;
  map = headerMap();
  flags = 1;
  /** Requests whose answers wait for `go`. */
  #streams = [];
  holds = false;

  fetch = async (url, { signal }) => {
    const query = new URL(url).searchParams;
    const [from, to] = [query.get("from"), query.get("to")];
    this.asked.push([from, to]);
    const plan = this.plans.shift() ?? {};
    if (plan.error) throw new TypeError(plan.error);
    if (plan.status) return new Response("", { status: plan.status });
    const bytes = this.answer(from, to);
    const { breaksAt = Infinity, endsAt = Infinity } = plan;
    let at = 0;
    const stream = new ReadableStream({
      pull: async (controller) => {
        await new Promise((resolve) => setTimeout(resolve, 0));
        if (signal.aborted) return controller.error(signal.reason);
        if (at >= breaksAt) return controller.error(new TypeError("the line is broken"));
        while (this.holds && at > 4000 && !signal.aborted) await new Promise((resolve) => setTimeout(resolve, 1));
        if (signal.aborted) return controller.error(signal.reason);
        if (at >= Math.min(bytes.length, endsAt)) return controller.close();
        const piece = bytes.subarray(at, Math.min(at + 2000, breaksAt, endsAt));
        at += piece.length;
        controller.enqueue(piece);
      },
    });
    return new Response(stream);
  };

  answer(from, to) {
    const keys = this.chunks.filter(({ type, first }) => type === 3 && first <= Number(from ?? 0)).map(({ first }) => first);
    const key = keys.at(-1) ?? 0;
    const begin = this.chunks.findIndex(({ type, first }) => (type === 3 || type === 4) && first === key);
    const part = this.chunks.slice(begin).filter(({ first }) => to === null || first <= Number(to));
    const whole = this.chunks.at(-1).last;
    const contents = contentsChunk({ first: 0, last: whole, end: "over" });
    const footer = to === null ? [contentsChunk({ first: 0, last: whole, end: "over" }, 255)] : [];
    return fileOf(this.map, [contents, ...part, ...footer], { flags: this.flags });
  }
}

const options = (server, more = {}) => ({
  fetch: server.fetch,
  random: () => 0.5,
  setTimeout: (callback) => setTimeout(callback, 1),
  clearTimeout,
  reportError: (error) => assert.fail(error),
  ...more,
});

async function until(done) {
  for (let turns = 0; !done(); turns++) {
    assert.ok(turns < 5000, "it does not come");
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

async function checkWhole(recording, ticks = [0, 1, 49, 50, 51, 4321, LAST]) {
  assert.deepEqual(recording.loaded.all, [[0, LAST]]);
  for (const tick of ticks) assert.equal((await recording.worldAt(tick)).get(11).values.x, tick / 16, `tick ${tick}`);
}

test("it can be played while it comes, and is whole then", async () => {
  const server = new Server();
  const load = await openUrl(URL_, options(server));
  const { recording } = load;
  assert.equal(recording.complete, false);
  assert.equal(recording.last, LAST); // the contents say so
  assert.ok(recording.loaded.last < LAST);
  await until(() => load.state === "done");
  assert.deepEqual(server.asked, [[null, null]]);
  assert.deepEqual([recording.complete, recording.cut, load.error], [true, false, null]);
  assert.ok(load.bytes > 50_000);
  await checkWhole(recording);
});

test("a connection that breaks is opened again where it was", async () => {
  const server = new Server();
  server.plans = [{ breaksAt: 30_000 }, { error: "no network" }, { status: 503 }, { breaksAt: 50_001 }];
  const load = await openUrl(URL_, options(server));
  const states = new Set();
  load.on("changed", () => states.add(load.state));
  await until(() => load.state === "done");
  assert.deepEqual([...states].sort(), ["done", "loading", "lost"]);
  assert.equal(server.asked.length, 5);
  const froms = server.asked.slice(1).map(([from]) => Number(from));
  assert.ok(froms[0] > 100 && froms[0] === froms[1] && froms[1] === froms[2] && froms[3] > froms[2], `${froms}`);
  await checkWhole(load.recording);
});

test("an answer that ends early is asked on; what does not come is nowhere", async () => {
  const server = new Server();
  server.plans = [{ endsAt: 40_000 }];
  const load = await openUrl(URL_, options(server));
  await until(() => load.state === "done");
  assert.equal(server.asked.length, 2);
  await checkWhole(load.recording);

  const cut = new Server();
  const chunks = CHUNKS.slice(0, 600);
  cut.answer = () => fileOf(cut.map, chunks); // a file that was cut: no footer, ever
  const short = await openUrl(URL_, options(cut));
  await until(() => short.state === "done");
  assert.deepEqual([short.recording.complete, short.recording.cut], [true, true]);
  assert.deepEqual(short.recording.loaded.all, [[0, chunks.at(-1).last]]);
});

test("what is wanted comes first, what was left out later", async () => {
  const server = new Server();
  server.holds = true;
  const load = await openUrl(URL_, options(server));
  const { recording } = load;
  recording.want(6000); // far ahead: the tail goes on from there
  await until(() => recording.loaded.at(6000) !== null);
  recording.want(3000); // left out: it is filled in from there
  await until(() => recording.loaded.at(3000) !== null);
  assert.equal((await recording.worldAt(3000)).get(11).values.x, 3000 / 16);
  recording.want(3050); // will have come soon
  assert.deepEqual(server.asked, [[null, null], ["6000", null], ["3000", "6000"]]);
  server.holds = false;
  await until(() => load.state === "done");
  assert.equal(server.asked.length, 4);
  assert.equal(server.asked[3][1], "3000");
  await checkWhole(recording, [0, 2999, 3000, 3001, 5999, 6000, 6001, LAST]);
});

test("a live match: at its edge, its past when it is wanted, its end", async () => {
  const server = new Server();
  server.flags = 3;
  server.chunks = film(SHOWN.slice(0, 4001).map(({ tick, parts }) => ({ tick, parts: { 0: parts[0] } })));
  const live = server.answer.bind(server);
  const footer = contentsChunk({ first: 0, last: 4500, end: "over" }, 255).bytes;
  server.answer = (from, to) => {
    const bytes = live(from === "live" ? "3990" : from, to);
    return to === null && !server.over ? bytes.subarray(0, bytes.length - footer.length) : bytes;
  };
  const load = await openUrl(URL_, options(server, { from: "live" }));
  const { recording } = load;
  await until(() => recording.loaded.last === 4000 && server.asked.length > 3); // it ends now and then, and is asked for again
  assert.deepEqual(recording.loaded.all, [[3950, 4000]]);
  assert.ok(recording.live);
  assert.ok(server.asked.slice(1).every(([from, to]) => from === "4000" && to === null));
  recording.want(1000);
  await until(() => recording.loaded.at(1000) !== null);
  server.chunks = film(SHOWN.slice(0, 4501).map(({ tick, parts }) => ({ tick, parts: { 0: parts[0] } })));
  await until(() => recording.loaded.last === 4500);
  server.over = true;
  await until(() => load.state === "done");
  assert.deepEqual([recording.live, recording.complete, recording.cut], [false, true, false]);
  assert.deepEqual(recording.loaded.all, [[0, 4500]]); // and the rest of its past has come
  for (const tick of [0, 999, 1001, 3949, 4001, 4500]) assert.equal((await recording.worldAt(tick)).get(11).values.x, tick / 16);
});

test("a live match of which nothing is old enough yet is waited for", async () => {
  const server = new Server();
  server.flags = 3;
  const whole = server.answer.bind(server);
  const contents = contentsChunk({ first: 0, last: 0 });
  server.answer = (from, to) => {
    if (server.asked.length < 4) return fileOf(server.map, [contents], { flags: 3 });
    return whole(from === "live" ? "0" : from, to);
  };
  const load = await openUrl(URL_, options(server, { from: "live" }));
  assert.deepEqual(server.asked.slice(0, 4), Array(4).fill(["live", null]));
  await until(() => load.state === "done");
  await checkWhole(load.recording);
});

test("the room plays on in another recording: the one that was seen is over", async () => {
  const server = new Server();
  server.flags = 3;
  const bytes = server.answer("0", "500");
  server.answer = () => (server.asked.length < 3 ? bytes : fileOf(headerMap({ session: 9 }), CHUNKS, { flags: 3 }));
  const load = await openUrl(URL_, options(server));
  await until(() => load.state === "done");
  assert.deepEqual([load.isFollowed, load.recording.complete, load.recording.header.session], [true, true, "01".repeat(16)]);
});

test("what cannot be had is said", async () => {
  const cases = [
    [{ status: 404 }, LoadError, 404, /no such recording/],
    [{ status: 500 }, LoadError, 500, /says 500/],
    [{ error: "refused" }, LoadError, 0, /no connection: refused/],
    [{ endsAt: 5 }, LoadError, 0, /cut short/],
    [{ breaksAt: 100 }, LoadError, 0, /no connection/],
  ];
  for (const [plan, kind, status, words] of cases) {
    const server = new Server();
    server.plans = [plan];
    await assert.rejects(openUrl(URL_, options(server)), (error) => {
      assert.ok(error instanceof kind, error.stack);
      assert.equal(error.status, status);
      assert.match(error.message, words);
      return true;
    });
  }
  const server = new Server();
  server.answer = () => new TextEncoder().encode("<!doctype html><title>Not this</title>");
  await assert.rejects(openUrl(URL_, options(server)), FormatError);
  server.answer = () => fileOf(headerMap(), []);
  await assert.rejects(openUrl(URL_, options(server)), { name: "FormatError", message: /nothing to look at/ });
});

test("what was forged behind a beginning that is sound, ends it there; what has come can be played", async () => {
  const server = new Server();
  const forged = [101, 103].map((first) => chunk(1, new Uint8Array([first]), { first, last: first + 4 }));
  server.answer = () => fileOf(headerMap(), [...film(SHOWN.slice(0, 101)), ...forged]);
  const load = await openUrl(URL_, options(server));
  await until(() => load.recording.complete);
  assert.deepEqual([load.state, load.error.reason, load.recording.cut], ["failed", "forged", true]);
  assert.equal((await load.recording.worldAt(100)).get(11).values.x, 100 / 16);
});

test("closed: nothing is asked for any more", async () => {
  const server = new Server();
  server.holds = true;
  const load = await openUrl(URL_, options(server));
  load.close();
  await new Promise((resolve) => setTimeout(resolve, 20));
  const { length } = server.asked;
  load.recording.want(8000);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual([load.state, server.asked.length, load.error], ["closed", length, null]);
});

test("a file: whole, cut, none", async () => {
  const { bytes, meaning } = vector("pong");
  const recording = await openFile(new Blob([bytes]));
  await until(() => recording.complete);
  assert.deepEqual([recording.first, recording.last, recording.cut], [...meaning.view, false]);
  const cut = await openFile(new Blob([bytes.subarray(0, 8000)]));
  await until(() => cut.complete);
  assert.ok(cut.cut && cut.last > 0 && cut.last < meaning.view[1]);
  await assert.rejects(openFile(new Blob(["hello"])), { name: "FormatError", reason: "none" });
  await assert.rejects(openFile(new Blob([])), { name: "FormatError", reason: "none" });
  const [, , , keyframe] = meaning.chunks.find(([type]) => type === 3);
  const early = new Blob([bytes.subarray(0, keyframe + 10)]);
  await assert.rejects(openFile(early), { name: "FormatError", message: /nothing to look at/ });
});

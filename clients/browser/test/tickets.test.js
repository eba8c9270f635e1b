/** Joining with tickets that somebody is asked for, and asking the server for one. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { ClientEnded, JoinRefused, LineLost, NoticeCode, requestTicket, Role } from "../src/index.js";
import { AT_ONCE, clientOf, joined, memory, outcome, pair } from "./pair.js";
import { settled } from "./virtual_time.js";

/** Somebody who is asked for tickets, and what he answers, in order; the last answer is given again. */
function booth(...answers) {
  const give = async () => {
    const answer = answers[Math.min(give.asked++, answers.length - 1)];
    if (answer instanceof Error) throw answer;
    return answer;
  };
  give.asked = 0;
  return give;
}

/** The credential of each HELLO that the server has heard. */
function credentials(server) {
  return server.lines.map((line) => line.heard.find(([number]) => number === 0)?.[4]);
}

// -- a client that asks -----------------------------------------------------------------------------------------------------
test("whoever joins as somebody new asks for a ticket, and shows it", async () => {
  const tickets = booth("first", "second");
  const { server } = await joined({ credential: tickets });
  assert.deepEqual(credentials(server), ["first"]);
  assert.equal(tickets.asked, 1);
});

test("whoever comes back to his seat asks for none; for another seat he needs another ticket", async () => {
  const tickets = booth("first", "second");
  const { client, server, time } = await joined({ credential: tickets });
  server.line.socket.cut(AT_ONCE);
  await time.pass(3_000);
  assert.equal(client.state, "playing");
  assert.equal(tickets.asked, 1);
  server.sessions = []; // it gives the seat away
  server.line.socket.cut(AT_ONCE);
  await time.pass(5_000);
  assert.equal(client.state, "playing");
  assert.equal(client.session, 2);
  assert.equal(tickets.asked, 2);
  assert.equal(credentials(server).at(-1), "second");
});

test("a seat from before the page was loaded needs no ticket", async () => {
  const kept = memory();
  const first = await joined({ memory: kept, credential: booth("first") });
  first.leave();
  const tickets = booth("never");
  const { client } = clientOf(first.server, { memory: kept, credential: tickets });
  const connected = outcome(client.connect());
  await first.time.pass(500);
  assert.ok(connected.done && connected.error === undefined);
  assert.equal(tickets.asked, 0);
});

test("null, and a text that is there at once, are taken as they are", async () => {
  assert.deepEqual(credentials((await joined({ credential: () => null })).server), [null]);
  assert.deepEqual(credentials((await joined({ credential: () => "at once" })).server), ["at once"]);
});

test("who is refused a ticket is told why, and no line is opened", async () => {
  const refusal = new JoinRefused("you are banned", { status: 403 });
  const { client, server, time } = pair({ credential: booth(refusal) });
  const connected = outcome(client.connect());
  await time.pass(5_000);
  assert.ok(connected.error instanceof ClientEnded);
  assert.equal(connected.error.message, "you are banned");
  assert.equal(connected.error.cause, refusal);
  assert.equal(client.state, "ended");
  assert.equal(server.lines.length, 0);
});

test("who shall ask again later does, when he was told to and a little apart from the others", async () => {
  const tickets = booth(new JoinRefused("too many", { status: 429, retryAfterMs: 4_000 }), "later");
  const { client, server, time } = pair({ credential: tickets });
  const connected = outcome(client.connect());
  await settled();
  assert.equal(client.state, "connecting");
  assert.equal(client.loss.error.status, 429);
  assert.equal(client.loss.nextTryMs, time.clock() + 4_500); // with half of the second that is drawn
  await time.pass(4_400);
  assert.equal(tickets.asked, 1);
  await time.pass(500);
  assert.ok(connected.done && connected.error === undefined);
  assert.equal(client.loss, null);
  assert.deepEqual(credentials(server), ["later"]);
});

test("nudge() does not wait for that", async () => {
  const tickets = booth(new JoinRefused("too many", { status: 429, retryAfterMs: 40_000 }), "sooner");
  const { client, time } = pair({ credential: tickets });
  const connected = outcome(client.connect());
  await time.pass(1_000);
  client.nudge();
  await time.pass(500);
  assert.ok(connected.done && connected.error === undefined);
});

test("a server that drains, goes, and comes again is waited for with a fresh ticket", async () => {
  const away = new LineLost("the server does not answer");
  const tickets = booth("first", new JoinRefused("it restarts", { status: 503, retryAfterMs: 2_000 }), away, away, "second");
  const { client, server, time } = await joined({ credential: tickets });
  server.sessions = [];
  server.line.notice(NoticeCode.RESTARTING, "it restarts", 1, 1012);
  await time.pass(8_000);
  assert.equal(client.state, "playing");
  assert.equal(client.session, 2);
  assert.equal(tickets.asked, 5);
});

test("a server that is not there ends a first try, and says so", async () => {
  const { client, time } = pair({ credential: booth(new LineLost("the server does not answer")) });
  const connected = outcome(client.connect());
  await time.pass(100);
  assert.match(connected.error.message, /does not answer/);
  assert.equal(connected.error.notice, null);
  assert.equal(client.state, "ended");
});

test("a ticket that comes when nobody wants it any more opens nothing", async () => {
  let give = (/** @type {string} */ _ticket) => {};
  const { client, server, time } = pair({ credential: () => new Promise((resolve) => (give = resolve)) });
  outcome(client.connect());
  await time.pass(60_000); // somebody may have to log in first
  client.nudge(); // does not ask twice
  client.close();
  give("late");
  await time.pass(1_000);
  assert.equal(server.lines.length, 0);
});

test("what cannot be a ticket is an error, and is not sent", async () => {
  for (const answer of ["x".repeat(513), 7, {}, undefined]) {
    const { client, server, time } = pair({ credential: () => answer });
    const connected = outcome(client.connect());
    await time.pass(100);
    assert.ok(connected.error instanceof ClientEnded, String(answer));
    assert.equal(server.lines.length, 0);
  }
});

// -- asking the server ------------------------------------------------------------------------------------------------------
/** A server's answer, and what it was asked. */
function answering(status, body, headers = {}) {
  const ask = async (url, request) => {
    ask.was = { url, ...request, body: JSON.parse(request.body) };
    return new Response(typeof body === "string" ? body : JSON.stringify(body), { status, headers });
  };
  ask.was = null;
  return ask;
}

test("the server is asked in its own words", async () => {
  const fetch = answering(200, { ticket: "abc", expires_in: 60, path: "/ws/a1" });
  assert.equal(await requestTicket({ room: "a1", game: "arena" }, fetch), "abc");
  assert.equal(fetch.was.url, "/api/v1/rooms/a1/join");
  assert.equal(fetch.was.method, "POST");
  assert.equal(fetch.was.headers["Content-Type"], "application/json");
  assert.deepEqual(fetch.was.body, { game: "arena", role: "player" });
  await requestTicket({ room: "a1", game: "arena", role: Role.SPECTATOR, code: "bcdfg" }, fetch);
  assert.deepEqual(fetch.was.body, { game: "arena", role: "spectator", code: "bcdfg" });
});

test("what it refuses is told with all that is known", async () => {
  const refusals = [
    [403, { error: "its code is needed", reason: "code" }, {}, ["its code is needed", "code", null]],
    [409, { error: "the room is full", reason: "full" }, {}, ["the room is full", "full", null]],
    [404, "Not Found", {}, ["the server has answered 404", "", null]],
    [429, { error: "too many" }, { "Retry-After": "3" }, ["too many", "", 3_000]],
    [503, { error: "it restarts" }, { "Retry-After": "2" }, ["it restarts", "", 2_000]],
    [429, { error: "too many" }, { "Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT" }, ["too many", "", null]],
    [403, "[1]", {}, ["the server has answered 403", "", null]],
    [403, { error: 7, reason: {} }, {}, ["the server has answered 403", "", null]],
  ];
  for (const [status, body, headers, [message, reason, retryAfterMs]] of refusals) {
    const { error } = await settledOutcome(requestTicket({ room: "a1", game: "arena" }, answering(status, body, headers)));
    assert.ok(error instanceof JoinRefused, String(error));
    assert.deepEqual([error.status, error.message, error.reason, error.retryAfterMs], [status, message, reason, retryAfterMs]);
  }
});

test("a server that is not there is a line that is lost, also where a proxy answers for it", async () => {
  const failing = () => Promise.reject(new TypeError("Failed to fetch"));
  for (const fetch of [failing, answering(502, "Bad Gateway"), answering(503, ""), answering(200, "<html>"), answering(200, {})]) {
    const { error } = await settledOutcome(requestTicket({ room: "a1", game: "arena" }, fetch));
    assert.ok(error instanceof LineLost, String(error));
    assert.equal(error.notice, null);
  }
});

test("what the document shows does what it says", async () => {
  const document = readFileSync(new URL("../../../docs/browser-client.md", import.meta.url), "utf8");
  const [, shown] = /```js ticket\n(.*?)```/s.exec(document);
  const code = `${shown.replace("/client/src/index.js", new URL("../src/index.js", import.meta.url).href)}\nexport { client, ticketOfMySite };`;
  const { fetch, location } = globalThis;
  try {
    globalThis.location = new URL("http://there/");
    const { client, ticketOfMySite } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
    globalThis.fetch = answering(403, { error: "its code is needed", reason: "code" });
    const { error } = await settledOutcome(client.connect());
    assert.equal(error.cause.reason, "code");
    assert.equal(globalThis.fetch.was.url, "/api/v1/rooms/arena1/join");
    globalThis.fetch = async () => new Response("a ticket");
    assert.equal(await ticketOfMySite(), "a ticket");
    globalThis.fetch = async () => new Response("", { status: 401 });
    await assert.rejects(ticketOfMySite(), JoinRefused);
    globalThis.fetch = () => Promise.reject(new TypeError("Failed to fetch"));
    await assert.rejects(ticketOfMySite(), LineLost);
  } finally {
    Object.assign(globalThis, { fetch, location });
  }
});

async function settledOutcome(promise) {
  const result = outcome(promise);
  await promise.catch(() => {});
  return result;
}

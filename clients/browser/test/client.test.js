/** A client against a server that can do everything to it, in virtual time. */

import assert from "node:assert/strict";
import test from "node:test";

import { CallRefused, Client, ClientEnded, NoticeCode, Role, SessionGone } from "../src/index.js";
import { AT_ONCE, clientOf, draw, joined, memory, outcome, pair } from "./pair.js";


// -- joining ----------------------------------------------------------------------------------------------------------------
test("a client joins, and knows the room when connect() is done", async () => {
  const { client, told, server } = await joined();
  assert.equal(client.state, "playing");
  assert.equal(client.player, 1);
  assert.equal(client.role, Role.PLAYER);
  assert.equal(client.session, 1);
  assert.equal(client.tickRate, 20);
  assert.deepEqual(client.options, { speed: 3 });
  assert.equal(client.map, null);
  assert.equal(client.schema.game, "toy");
  assert.equal(client.world.get(10).values.name, "ann");
  assert.deepEqual(told.slice(0, 3).map(([name]) => name), ["session", "state", "snapshot"]);
  assert.deepEqual(server.faults, []);
});

test("before the first snapshot the client says that there is nothing to see", () => {
  const { client } = pair();
  assert.equal(client.state, "connecting");
  assert.throws(() => client.world, /wait for connect/);
  assert.deepEqual(client.frame(5), { viewTick: 0, inputTick: 0 });
});

test("what the server would refuse is refused at once, in words", () => {
  const { server } = pair();
  assert.throws(() => clientOf(server, { name: " " }), /a name has 1 to 24 characters/);
  assert.throws(() => clientOf(server, { game: "Toy!" }), /game/);
  assert.throws(() => clientOf(server, { url: "ws://there/toy1" }), /names no room/);
  assert.throws(() => clientOf(server, { url: "/ws/toy1" }), /no address/);
  assert.throws(() => clientOf(server).client.on("sate", () => {}), /there is no "sate": listen to state, session/);
});

test("a server that is not there is told at once; the client does not go on trying", async () => {
  const { client, server, time } = pair();
  server.reachable = false;
  const connected = outcome(client.connect());
  await time.pass(1000);
  assert.ok(connected.error instanceof ClientEnded);
  assert.equal(client.state, "ended");
  assert.equal(server.lines.length, 1);
});

test("a server that accepts and says nothing is given up after 10 s", async () => {
  const { client, server, time } = pair({ server: { wayMs: () => 1e9 } });
  const connected = outcome(client.connect());
  await time.pass(9_900);
  assert.ok(!connected.done);
  await time.pass(200);
  assert.match(connected.error.message, /no answer within 10 s/);
  assert.equal(server.lines.length, 1);
});

// -- what comes -------------------------------------------------------------------------------------------------------------
test("events are told as they come, and shown when the picture has come to them", async () => {
  const { client, server, time, told, of } = await joined();
  draw(client, time);
  await time.pass(500);
  server.beep(7);
  server.flash(8);
  const tick = server.tick;
  await time.pass(1000);
  assert.deepEqual(of("event"), [{ name: "Beep", tick, sequence: 1, values: { number: 7 } }]);
  assert.deepEqual(of("shown"), [
    { name: "Beep", tick, values: { number: 7 }, reliable: true },
    { name: "Flash", tick: tick + 1, values: { number: 8 }, reliable: false },
  ]);
  assert.ok(told.findIndex(([name]) => name === "event") < told.findIndex(([name]) => name === "shown"));
});

test("an event is not shown before the picture has its tick", async () => {
  const { client, server, time, of } = await joined();
  await time.pass(500);
  server.beep(7);
  const tick = server.tick;
  let shownAt = null;
  client.on("shown", () => (shownAt ??= client.picture.tick));
  for (let frame = 0; frame < 60 && shownAt === null; frame++) {
    const { viewTick } = client.frame(time.clock());
    if (viewTick < tick) assert.equal(of("shown").length, 0);
    await time.pass(16);
  }
  assert.ok(shownAt >= tick && shownAt < tick + 1, `shown at ${shownAt}, of ${tick}`);
});

test("cosmetic events that come too late are not shown; reliable ones are", async () => {
  const { client, server, time, of } = await joined();
  client.frame();
  server.beep(1);
  server.flash(2);
  await time.pass(2000); // the page was hidden
  client.frame();
  await time.pass(16);
  client.frame();
  assert.deepEqual(of("shown").map(({ name }) => name), ["Beep"]);
});

test("a listener's error is the page's, and stops nobody", async () => {
  const caught = [];
  const { client, server, time, of } = await joined({ reportError: (error) => caught.push(error.message) });
  client.on("snapshot", (tick) => {
    if (tick === 10) throw new Error("of the page");
  });
  let after = 0;
  client.on("snapshot", () => after++);
  await time.pass(1000);
  assert.deepEqual(caught, ["of the page"]);
  assert.equal(client.state, "playing");
  assert.equal(server.lines.length, 1);
  assert.equal(after, 20);
  assert.ok(of("snapshot").length >= 20);
});

// -- inputs -----------------------------------------------------------------------------------------------------------------
test("each tick is asked for once, in order, and sent in time", async () => {
  const { client, server, time, of } = await joined();
  const asked = [];
  client.sampler = (tick) => (asked.push(tick), { move: 1, aim: tick % 256 });
  draw(client, time);
  await time.pass(5000);
  assert.ok(asked.length > 90);
  assert.deepEqual(asked, Array.from({ length: asked.length }, (_, at) => asked[0] + at));
  assert.deepEqual(of("input"), asked.map((tick) => ({ tick, values: [1, 0, tick % 256] })));
  assert.ok(server.sessions[0].x > 85, `used ${server.sessions[0].x} of ${asked.length}`);
  assert.equal(client.stats.lateInputs, 0);
  assert.deepEqual(server.faults, []);
});

test("inputs go out with the tick of the picture, and without one when nobody draws", async () => {
  const { client, server, time } = await joined();
  client.sampler = () => ({});
  const { frames, stop } = draw(client, time);
  await time.pass(1000);
  const [, , , , viewTick] = server.line.heard.filter(([number, , , , , values]) => number === 2 && values.length > 0).at(-1);
  assert.ok(frames.some((frame) => Math.round(frame.viewTick * 256) === viewTick));
  stop();
  await time.pass(1000);
  const last = server.line.heard.filter(([number]) => number === 2).at(-1);
  assert.deepEqual(last.slice(4), [null, []]);
});

test("inputs are in time when frames are late, and none are sent when there are none", async () => {
  const { client, server, time, of } = await joined();
  client.sampler = () => ({ move: 1 });
  const { stop } = draw(client, time, 4);
  await time.pass(4000);
  const inputs = server.line.heard.filter(([number, , , , , values]) => number === 2 && values.length > 0);
  assert.ok(inputs.length > 70, `${inputs.length} INPUTs in 80 ticks`);
  stop();
  await time.pass(1000);
  const count = of("input").length;
  await time.pass(10_000);
  assert.equal(of("input").length, count, "hidden: nobody steers");
  assert.equal(client.state, "playing");
  draw(client, time);
  await time.pass(100);
  const [first, second] = of("input").slice(count).map(({ tick }) => tick);
  assert.ok(first >= server.tick - 1 && second === first + 1, `back with ticks ${first}, ${second} at tick ${server.tick}`);
  assert.deepEqual(server.faults, []);
});

test("several ticks that are due go out in one message", async () => {
  const { client, server, time, of } = await joined();
  client.sampler = () => ({ move: 1 });
  client.frame(time.clock());
  await time.pass(40);
  const before = server.line.heard.length;
  const inputs = of("input").length;
  client.frame(time.clock() + 150); // timers were held up
  await time.pass(20);
  const said = server.line.heard.slice(before).filter(([number]) => number === 2);
  assert.ok(said[0][5].length >= 6, `${said[0][5].length / 3} ticks in the first`);
  assert.equal(of("input").length - inputs, said.reduce((sum, [, , , , , values]) => sum + values.length / 3, 0));
});

test("while much is unsent no inputs are made, and then only the newest", async () => {
  const { client, server, time, of } = await joined();
  client.sampler = () => ({ move: 1 });
  draw(client, time);
  await time.pass(1000);
  server.line.socket.bufferedAmount = 65 * 1024;
  const count = of("input").length;
  await time.pass(300);
  assert.equal(of("input").length, count);
  server.line.socket.bufferedAmount = 0;
  await time.pass(17);
  const ticks = of("input").slice(count - 1).map(({ tick }) => tick);
  assert.ok(ticks.length >= 2 && ticks[1] - ticks[0] > 4, `ticks ${ticks}`);
});

test("an input that the schema does not allow is the page's error", async () => {
  const { client, time } = await joined();
  for (const [values, words] of [
    [{ move: 2 }, /move must be an integer from -1 to 1, not 2/],
    [{ jump: 0.5 }, /jump must be an integer from 0 to 1/],
    [{ aim: 256 }, /aim must be an integer from 0 to 255/],
    [{ mvoe: 1 }, /the input has no mvoe, but move, jump, aim/],
  ]) {
    client.sampler = () => values;
    await time.pass(200);
    assert.throws(() => client.frame(time.clock()), words);
  }
  client.sampler = null;
});

test("a spectator sees, and says nothing but acknowledgements", async () => {
  const { client, server, time } = await joined({ role: Role.SPECTATOR });
  client.sampler = () => ({ move: 1 });
  draw(client, time);
  await time.pass(3000);
  assert.equal(client.player, 0);
  assert.equal(client.role, Role.SPECTATOR);
  await assert.rejects(client.call("echo", "x"), /spectator/);
  assert.deepEqual(server.faults, []);
  assert.equal(server.lines.length, 1);
});

test("a page that is hidden acknowledges and is not cut off", async () => {
  for (const rate of [1, 2]) {
    const { client, server, time } = await joined();
    server.rate = rate;
    server.line.anew = true;
    await time.pass(60_000);
    assert.equal(client.state, "playing");
    const acks = server.line.heard.filter(([number]) => number === 2);
    assert.ok(acks.length >= (60 * 20) / (rate === 1 ? 4 : 2) - 20, `${acks.length} at rate ${rate}`);
    assert.deepEqual(server.faults, []);
  }
});

// -- calls ------------------------------------------------------------------------------------------------------------------
test("a call is answered, or refused in the game's words", async () => {
  const { client, time } = await joined();
  const [echoed, sum, refused] = [client.call("echo", "hi"), client.call("add", 2, 3), client.call("echo", "no")].map(outcome);
  await time.pass(200);
  assert.equal(echoed.value, "hi");
  assert.equal(sum.value, 5);
  assert.ok(refused.error instanceof CallRefused);
  assert.equal(refused.error.message, "not that");
});

test("a call that the schema does not have is refused here, and nothing is said", async () => {
  const { client, server, time } = await joined();
  await assert.rejects(client.call("ehco", "hi"), /toy has no call ehco/);
  await assert.rejects(client.call("echo"), /echo takes 1 values \(text\)/);
  await assert.rejects(client.call("echo", 5), /text must be a text/);
  await assert.rejects(client.call("echo", "x".repeat(41)), /at most 40/);
  await time.pass(200);
  assert.ok(!server.line.heard.some(([number]) => number === 4));
});

test("many calls at once are all answered, eight under way at a time", async () => {
  const { client, server, time } = await joined({ server: { wayMs: () => 100 }, withinMs: 1000 });
  const results = Array.from({ length: 50 }, (_, number) => outcome(client.call("add", number, 0)));
  await time.pass(90);
  assert.equal(server.line.heard.filter(([number]) => number === 4).length, 0);
  await time.pass(15);
  assert.equal(server.line.heard.filter(([number]) => number === 4).length, 8);
  await time.pass(5000);
  assert.deepEqual(results.map(({ value }) => value), Array.from({ length: 50 }, (_, number) => number));
});

// -- the line breaks ----------------------------------------------------------------------------------------------------------
test("a client whose line is cut comes back to its seat; the world goes on", async () => {
  const { client, server, time, of } = await joined();
  draw(client, time);
  await time.pass(1000);
  const picture = client.picture;
  server.line.socket.cut(AT_ONCE);
  await time.pass(1);
  assert.equal(client.state, "lost");
  assert.match(client.loss.message, /closed \(1006\)/);
  assert.ok(client.loss.nextTryMs > time.clock());
  await time.pass(1000);
  assert.equal(client.state, "playing");
  assert.equal(client.loss, null);
  assert.equal(client.player, 1);
  assert.equal(client.session, 1);
  assert.equal(client.picture, picture);
  assert.deepEqual(of("state"), ["playing", "lost", "playing"]);
  assert.equal(of("session").length, 1);
  assert.equal(client.stats.losses, 1);
  assert.equal(server.sessions.length, 1);
  assert.equal(hello(server.line)[4].length, 16, "with the token");
  assert.equal(server.line.heard[1][0], 1, "READY behind HELLO, without waiting");
  assert.deepEqual(server.faults, []);
});

function hello(line) {
  return line.heard.find(([number]) => number === 0);
}

test("a seat that is gone: calls say so, and the client joins anew as somebody else", async () => {
  const { client, server, time, of } = await joined();
  server.line.socket.cut(AT_ONCE);
  server.reachable = false;
  const call = outcome(client.call("echo", "lost"));
  await time.pass(35_000);
  assert.ok(!call.done);
  server.reachable = true;
  await time.pass(2_500);
  assert.equal(client.state, "playing");
  assert.ok(call.error instanceof SessionGone);
  assert.equal(client.session, 2);
  assert.equal(of("session").length, 2);
  assert.equal(of("notice").at(-1).code, NoticeCode.SESSION_GONE);
  assert.equal(client.notice, null, "we were let in since");
  const again = outcome(client.call("echo", "again"));
  await time.pass(300);
  assert.equal(again.value, "again");
  assert.deepEqual(server.faults, []);
});

test("a new seat whose first line breaks before a snapshot is not measured by the world before", async () => {
  const { client, server, time } = await joined();
  await time.pass(2_000);
  server.line.socket.cut(AT_ONCE);
  server.reachable = false;
  await time.pass(35_000);
  server.reachable = true;
  const before = server.lines.length;
  while (server.lines.length === before || server.line.state !== "ready") await time.pass(1);
  await time.pass(12); // WELCOME is there, and READY on its way
  server.line.socket.cut(AT_ONCE);
  [server.beganMs, server.tick] = [time.clock(), 0]; // it is another room
  await time.pass(4_000);
  assert.equal(client.state, "playing");
  assert.equal(client.session, 2);
  assert.equal(server.lines.length, before + 3, "the seat that is gone, the new one, and back to that");
  assert.deepEqual(server.faults, []);
});

test("the waits grow, and after a minute the client gives up", async () => {
  const { client, server, time } = await joined();
  const call = outcome(client.call("echo", "never"));
  server.reachable = false;
  server.line.socket.cut(AT_ONCE);
  const begin = server.lines.length;
  const lostAt = time.clock();
  const tries = [];
  while (client.state !== "ended" && time.clock() - lostAt < 100_000) {
    const count = server.lines.length;
    await time.pass(5);
    if (server.lines.length > count) tries.push(time.clock() - lostAt);
  }
  const waits = tries.map((at, index) => at - (tries[index - 1] ?? 0));
  for (const [index, expected] of [187.5, 375, 750, 1500, 1500].entries())
    assert.ok(Math.abs(waits[index] - expected - 10) <= 20, `waits ${waits.slice(0, 5)}`);
  assert.ok(time.clock() - lostAt >= 60_000 && time.clock() - lostAt < 62_500);
  assert.ok(server.lines.length - begin > 35);
  assert.match(client.end.message, /no line for 60 s/);
  assert.ok(call.error instanceof ClientEnded);
  await assert.rejects(client.call("echo", "late"), ClientEnded);
});

test("nudge() does not wait for the next try", async () => {
  const { client, server, time } = await joined();
  server.reachable = false;
  server.line.socket.cut(AT_ONCE);
  await time.pass(20_000);
  server.reachable = true;
  client.nudge();
  await time.pass(150);
  assert.equal(client.state, "playing");
});

test("nudge() leaves a try that hangs, and one that has just begun alone", async () => {
  const { client, server, time } = await joined();
  const { wayMs } = server;
  server.wayMs = () => 1e9; // a network that is not there any more
  server.line.socket.cut(AT_ONCE);
  await time.pass(1_000);
  const count = server.lines.length;
  client.nudge();
  assert.equal(server.lines.length, count);
  await time.pass(1_500);
  server.wayMs = wayMs;
  client.nudge();
  assert.equal(server.lines.length, count + 1);
  await time.pass(150);
  assert.equal(client.state, "playing");
  await time.pass(20_000);
  assert.equal(server.lines.length, count + 1);
});

test("nudge() finds out soon that a line is dead; a living one stays", async () => {
  const { client, server, time, of } = await joined();
  client.nudge();
  await time.pass(10_000);
  assert.deepEqual(of("state"), ["playing"]);
  server.line.socket.isCut = true; // and nobody hears of it
  await time.pass(1000);
  assert.equal(client.state, "playing");
  client.nudge();
  await time.pass(3_001);
  assert.equal(client.state, "lost");
  assert.match(client.loss.message, /nothing came for 3 s/);
});

test("a line on which nothing comes is dead after 15 s, whatever TCP thinks", async () => {
  const { client, server, time } = await joined();
  server.silent = true;
  await time.pass(14_900);
  assert.equal(client.state, "playing");
  await time.pass(200);
  assert.equal(client.state, "lost");
  server.silent = false;
  await time.pass(1000);
  assert.equal(client.state, "playing");
  assert.deepEqual(server.faults, []);
});

for (const [text, frame] of [
  ["text", "hello"],
  ["nonsense", Uint8Array.of(0xc1)],
  ["a message of no number", Uint8Array.of(0x91, 99)],
  ["a PONG for no PING", Uint8Array.of(0x96, 3, 77, 0, 0, 0, 0)],
])
  test(`${text} from the server: the line is closed with 4002, and another follows`, async () => {
    const { client, server, time } = await joined();
    const bad = server.line.socket;
    bad.deliver(frame);
    assert.equal(bad.closeCode, 4002);
    assert.equal(client.state, "lost");
    await time.pass(1000);
    assert.equal(client.state, "playing");
    assert.equal(client.session, 1);
  });

test("a world that goes wrong is thrown away with its line", async () => {
  const { client, server, time } = await joined();
  const bad = server.line.socket;
  server.tick -= 3; // it goes back
  await time.pass(100);
  assert.equal(bad.closeCode, 4002);
  server.tick += 3;
  await time.pass(1000);
  assert.equal(client.state, "playing");
});

for (const code of [1, 2, 4, 5, 7, 8, 9, 13])
  test(`NOTICE ${code} is the end, and is told`, async () => {
    const { client, server, time, of } = await joined();
    const call = outcome(client.call("echo", "never"));
    server.line.notice(code, "it is so", code === 2 ? "F-1" : null, 1008);
    await time.pass(100_000);
    assert.equal(client.state, "ended");
    assert.equal(client.notice.code, code);
    assert.equal(client.end.message, "it is so");
    assert.equal(client.end.notice, client.notice);
    assert.ok(call.done);
    assert.deepEqual(of("state"), ["playing", "ended"]);
    assert.equal(server.lines.length, 1);
    assert.equal(time.waiting, 1, "but for the server's own tick nothing waits");
  });

for (const code of [10, 11])
  test(`after NOTICE ${code} the client comes back to its seat`, async () => {
    const { client, server, time } = await joined();
    server.line.notice(code, "for now", null, 1008);
    await time.pass(1000);
    assert.equal(client.state, "playing");
    assert.equal(client.session, 1);
  });

test("draining is told, and ends nothing; a code that nobody knows is nothing", async () => {
  const { client, server, time, of } = await joined();
  server.line.notice(3, "ten seconds more", 10, null);
  server.line.notice(99, "from the future", null, null);
  await time.pass(1000);
  assert.equal(client.state, "playing");
  assert.deepEqual(of("draining").map(({ detail }) => detail), [10]);
  assert.equal(of("notice").length, 1);
});

test("a full room is told to whoever comes for the first time", async () => {
  const { client, server, time } = pair();
  const connected = outcome(client.connect());
  await time.pass(15);
  server.line.notice(6, "the room is full", null, 1013);
  await time.pass(1000);
  assert.equal(connected.error.notice.code, NoticeCode.FULL);
  assert.equal(server.lines.length, 1);
});

test("a second tab takes the seat, and the first one stays away", async () => {
  const saved = memory();
  const first = await joined({ memory: saved });
  const { server, time } = first;
  const second = clientOf(server, { memory: memory(saved.load()) });
  const connected = outcome(second.client.connect());
  await time.pass(500);
  assert.ok(connected.done && connected.error === undefined);
  assert.equal(second.client.player, 1);
  assert.equal(first.client.state, "ended");
  assert.equal(first.client.notice.code, NoticeCode.REPLACED);
  await time.pass(60_000);
  assert.equal(second.client.state, "playing");
  assert.equal(server.lines.length, 2);
  assert.deepEqual(server.faults, []);
});

for (const name of ["state", "session", "snapshot", "event", "shown", "notice"])
  test(`a listener for "${name}" may close the client`, async () => {
    const { client, server, time, of } = pair();
    client.connect().catch(() => {});
    client.on(name, () => name === "state" || client.close());
    client.on("state", (state) => name === "state" && state === "lost" && client.close());
    await time.pass(300);
    server.beep(1); // and nobody draws: it is shown when the seat is gone
    await time.pass(100);
    if (client.state !== "ended") server.line.notice(12, "gone", null, 1008);
    await time.pass(10_000);
    assert.equal(client.state, "ended");
    assert.equal(client.end.message, "the client was closed");
    assert.equal(of("state").at(-1), "ended");
    assert.equal(server.lines.length, 1);
    assert.equal(time.waiting, 1, "but for the server's own tick nothing waits");
  });

// -- memory -------------------------------------------------------------------------------------------------------------------
test("a page that is loaded anew has its seat again, with its events and without hearing calls twice", async () => {
  const seat = memory();
  const { client, server, time, leave } = await joined({ memory: seat });
  server.beep(1);
  const call = outcome(client.call("echo", "before"));
  await time.pass(300);
  assert.equal(call.value, "before");
  leave();
  server.beep(2);
  await time.pass(100);
  const anew = clientOf(server, { memory: seat });
  const connected = outcome(anew.client.connect());
  await time.pass(400);
  assert.ok(connected.done && connected.error === undefined, String(connected.error));
  assert.equal(anew.client.player, 1);
  assert.equal(anew.client.session, 1);
  assert.deepEqual(anew.of("event").map(({ values }) => values.number), [2]);
  const again = outcome(anew.client.call("echo", "after"));
  await time.pass(300);
  assert.equal(again.value, "after");
  assert.deepEqual(server.sessions[0].carriedOut, [["echo", ["before"]], ["echo", ["after"]]]);
});

test("a remembered seat that is gone is forgotten, and the page joins as somebody new at once", async () => {
  const seat = memory({ player: 5, token: "ab".repeat(16), calls: 3 });
  const { client, server, of } = await joined({ memory: seat });
  assert.equal(client.player, 1);
  assert.equal(seat.saved.player, 1);
  assert.deepEqual(of("state"), ["playing"]);
  assert.equal(server.lines.length, 2);
});

test("whoever says goodbye has no seat to come back to", async () => {
  const seat = memory();
  const { client, server, time } = await joined({ memory: seat });
  assert.match(seat.saved.token, /^[0-9a-f]{32}$/);
  client.close();
  await time.pass(100);
  assert.equal(seat.saved, null);
  assert.equal(server.sessions.length, 0);
  assert.equal(client.state, "ended");
  assert.deepEqual(server.line.heard.at(-1), [5]);
  client.close();
  await assert.rejects(clientOf(server).client.connect.call(client).then(() => client.call("echo", "x")), ClientEnded);
});

test("who looks on does not take the seat that the page remembers, and leaves it there", async () => {
  const seat = memory();
  const { client, server, time } = await joined({ memory: seat });
  const saved = seat.saved;
  const second = clientOf(server, { memory: seat, role: Role.SPECTATOR });
  second.client.connect();
  await time.pass(300);
  assert.equal(second.client.role, Role.SPECTATOR);
  assert.equal(client.state, "playing");
  second.client.close();
  assert.equal(seat.saved, saved);
});

test("anything may be in a page's storage", async () => {
  const token = "ab".repeat(16);
  for (const saved of [7, "x", [], {}, { player: 1 }, { player: -1, token }, { player: 1, token: token.toUpperCase() }]) {
    const { server } = await joined({ memory: memory(saved) });
    assert.equal(server.lines.length, 1, JSON.stringify(saved));
  }
});

// -- time and epochs ----------------------------------------------------------------------------------------------------------
test("when the room has lost time, inputs begin again above the tick in hand", async () => {
  const { client, server, time, of } = await joined();
  client.sampler = () => ({ move: 1 });
  draw(client, time);
  await time.pass(1000);
  server.pause(5000);
  await time.pass(5000);
  await time.pass(3000);
  const x = server.sessions[0].x;
  await time.pass(1000);
  assert.ok(server.sessions[0].x - x >= 18, `${server.sessions[0].x - x} inputs used in 20 ticks`);
  assert.equal(of("session").length, 1);
});

test("another epoch is another world on the same seat", async () => {
  const { client, server, time, of } = await joined();
  draw(client, time);
  server.beep(1);
  await time.pass(1000);
  server.epoch++;
  server.beganMs += (server.tick - 2) * server.tickMs;
  server.tick = 2;
  server.clockNumber++;
  server.beep(2);
  await time.pass(1000);
  assert.equal(client.state, "playing");
  assert.equal(client.session, 2);
  assert.equal(of("session").length, 2);
  assert.deepEqual(of("event").map(({ values }) => values.number), [1, 2]);
  assert.deepEqual(of("shown").map(({ values }) => values.number), [1, 2]);
  assert.ok(client.frame().viewTick < 40);
  assert.equal(server.lines.length, 1);
});

test("PONGs that come seconds late are no fault of the server", async () => {
  const { client, server, time } = await joined();
  const [line] = server.lines;
  const late = [];
  line.pings = { push: (ping) => late.push(ping), splice: () => [] };
  await time.pass(4_000);
  assert.ok(late.length > 15, "one each tenth of a second at first");
  line.pings = late;
  await time.pass(500);
  assert.equal(client.state, "playing");
  assert.equal(server.lines.length, 1);
  assert.deepEqual(server.faults, []);
});

// -- rooms that tick on input -----------------------------------------------------------------------------------------------------
test("where nothing happens no snapshot comes, and the line lives on by its PONGs", async () => {
  const { client, server, time, of } = await joined();
  const { stop } = draw(client, time);
  server.idle = true;
  await time.pass(300_000);
  assert.equal(client.state, "playing");
  assert.equal(client.stats.stalls, 0);
  assert.equal(client.picture.get(10).values.name, "ann", "what was shown last is the present");
  server.idle = false;
  server.beep(1);
  server.sessions[0].x = 50;
  await time.pass(50);
  server.idle = true;
  await time.pass(1000);
  assert.deepEqual(of("shown").map(({ values }) => values.number), [1]);
  assert.equal(client.picture.get(10).values.x, 50);
  assert.equal(client.stats.stalls, 0);
  assert.equal(server.lines.length, 1);
  assert.deepEqual(server.faults, []);
  stop();
});

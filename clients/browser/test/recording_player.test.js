import assert from "node:assert/strict";
import test from "node:test";

import { Feed } from "../src/recording/feed.js";
import { Playback } from "../src/recording/playback.js";
import { Player } from "../src/recording/player.js";
import { Ranges } from "../src/recording/ranges.js";
import { View } from "../src/view.js";
import { encode } from "../vendor/msgpack/encode.mjs";
import { randomOf } from "./link_model.js";
import { chunk, contentsChunk, fed, fileOf, film, headerMap, headerOf, joinedBytes, people, plain, vector } from "./recordings.js";

const FRAME_MS = 1000 / 60;

/** A page that draws, and what its player has told. Between two frames everything is opened that is to be. */
class Page {
  nowMs = 1000;
  told = { jumped: [], shown: [], event: [], snapshot: [], failed: [], changed: [] };
  /** @type {{viewTick: number, sceneMs: number}} */
  moment;

  constructor(recording) {
    this.recording = recording;
    this.player = new Player(recording, { reportError: (error) => assert.fail(error) });
    for (const name of Object.keys(this.told)) this.player.on(name, (told) => this.told[name].push(told));
  }

  static async of(recording) {
    const page = new Page(recording);
    await page.until(() => !page.player.waiting);
    return page;
  }

  static async vector(name) {
    return Page.of((await fed(vector(name).bytes)).recording);
  }

  /** @param {object[]} shown @param {{rate?: number, onInput?: boolean}} [map] */
  static async film(shown, map = {}) {
    return Page.of((await fed(fileOf(headerMap(map), film(shown)))).recording);
  }

  frame(passedMs = FRAME_MS) {
    this.nowMs += passedMs;
    return (this.moment = this.player.frame(this.nowMs));
  }

  async run(ms, each = () => {}) {
    for (const end = this.nowMs + ms - 0.001; this.nowMs < end; ) {
      this.frame();
      each();
      await this.opened();
    }
  }

  async until(done) {
    for (let frames = 0; !done(); frames++) {
      assert.ok(frames < 3000, "it does not come");
      this.frame();
      await this.opened();
    }
  }

  /** What has come is open before the next frame, as it is when frames take their time. */
  async opened() {
    await this.recording.prepare(Math.floor(this.player.tick), this.player.tickRate).catch(() => {}); // the player tells
    await new Promise((resolve) => setImmediate(resolve));
  }

  async seek(tick) {
    this.player.seek(tick);
    this.frame();
    await this.until(() => !this.player.waiting);
    assert.equal(this.player.tick, tick);
  }
}

/** What is drawn, as plain values. */
function drawn({ schema, picture }) {
  return schema.kinds.flatMap(({ name }) => picture.all(name).map(({ id, values }) => [id, structuredClone(values)]));
}

/** The world of every tick, and what a View that has got them all shows between them. */
async function allOf(recording) {
  const worlds = new Map();
  await recording.prepare(recording.first, recording.last);
  const playback = new Playback(recording);
  playback.seek(recording.first);
  for (;;) {
    worlds.set(playback.tick, plain(playback.world));
    const frame = playback.next(Infinity);
    if (typeof frame === "string") return worlds;
    playback.take(frame);
  }
}

/** Player 1 goes along x at a tick's speed; `more`: what else there is at a tick. */
function line(last, more = () => ({})) {
  const parts = (tick) => people([1, 1, tick * 16, 100 + tick, 7], [2, 2, 5, 200 + tick, 8]);
  return Array.from({ length: last + 1 }, (_, tick) => ({ tick, parts: parts(tick), ...more(tick) }));
}

const scored = (tick) => [[0, 1, [], tick]];

test("it begins paused at the beginning, and shows that", async () => {
  const page = await Page.vector("fleet");
  const { player } = page;
  assert.deepEqual([player.playing, player.tick, player.seconds, player.atEnd, player.rate], [false, 0, 0, false, 1]);
  await page.run(500);
  assert.equal(page.moment.viewTick, 0);
  assert.equal(page.moment.sceneMs, 0);
  assert.deepEqual(plain(player.world), vector("fleet").meaning.worlds[0]);
  assert.deepEqual([player.schema.game, player.tickRate, player.player, player.map], ["fleet", 10, 0, null]);
  await assert.rejects(player.call("chat", "hello"), RangeError);
});

test("it plays in real time, over a gap, to the end, and begins again", async () => {
  const page = await Page.vector("pong");
  const { player, recording } = page;
  const { meaning } = vector("pong");
  player.play();
  await page.run(4000);
  assert.ok(Math.abs(player.seconds - 4) < 0.1, `${player.seconds}`);
  assert.equal(page.moment.viewTick, player.tick);
  const [[gapFirst, gapLast]] = meaning.gaps;
  let inGap = 0;
  await page.run(9000, () => (inGap += player.tick > gapFirst && player.tick < gapLast ? 1 : 0));
  assert.ok(inGap < 20, `${inGap} frames in the gap`); // it takes no second to pass over it
  assert.deepEqual([player.atEnd, player.playing, player.tick], [true, false, recording.last]);
  assert.deepEqual(plain(player.world), meaning.worlds[recording.last]);
  player.play();
  await page.run(500);
  assert.ok(player.playing && player.seconds > 0.3 && player.seconds < 0.6, `${player.seconds}`);
  assert.deepEqual(page.told.failed, []);
});

for (const name of ["pong", "fleet"])
  test(`${name}: 200 seeks show what playing does, forwards and backwards`, async () => {
    const page = await Page.of((await fed(vector(name).bytes)).recording);
    const { recording, player } = page;
    const worlds = await allOf(name === "pong" ? (await fed(vector(name).bytes.subarray(0, 7000))).recording : recording);
    const random = randomOf(3);
    for (let round = 0; round < 200; round++) {
      const tick = Math.floor(random() * worlds.size);
      await page.seek(tick);
      assert.deepEqual(plain(player.world), worlds.get(tick), `tick ${tick}`);
      assert.equal(page.moment.viewTick, tick);
    }
    assert.equal(page.told.jumped.length, 201);
  });

test("between two ticks it draws what a client draws", async () => {
  const { recording } = await fed(vector("pong").bytes);
  const page = await Page.of(recording);
  const { schema, tickRate } = recording.header;
  const view = new View(schema, { tickRate });
  const playback = new Playback(recording);
  await recording.prepare(0, 100);
  playback.seek(0);
  view.push(playback.world);
  page.player.play();
  for (let frames = 0; frames < 150; frames++) {
    page.frame(11);
    await page.opened();
    while (playback.tick < page.player.tick + 1) {
      playback.take(playback.next(Infinity));
      view.push(playback.world);
    }
    view.show(page.player.tick);
    assert.deepEqual(drawn(page.player), drawn({ schema, picture: view }), `tick ${page.player.tick}`);
  }
  assert.ok(page.player.tick > 40);
});

test("a seek to a place between two ticks shows it", async () => {
  const page = await Page.film(line(100));
  await page.seek(40.25);
  assert.equal(page.player.picture.get(11).values.x, 40.25);
  assert.equal(page.moment.viewTick, 40.25);
  page.player.seekSeconds(6.05);
  page.frame();
  await page.until(() => !page.player.waiting);
  assert.equal(page.player.picture.get(11).values.x, 60.5);
  page.player.seek(1e9);
  page.frame();
  await page.until(() => !page.player.waiting);
  assert.equal(page.player.tick, 100);
});

test("its rates: a quarter is smooth, eight times is eight times; the scene's time goes along", async () => {
  const page = await Page.film(line(900));
  const { player } = page;
  for (const rate of [0.25, 1, 2, 8]) {
    await page.seek(10);
    player.rate = rate;
    player.play();
    const { sceneMs } = page.moment;
    const steps = [];
    let x = player.picture.get(11).values.x;
    await page.run(3000, () => {
      steps.push(player.picture.get(11).values.x - x);
      x = player.picture.get(11).values.x;
    });
    assert.ok(Math.abs(x - 10 - 30 * rate) < 0.4 * rate, `${rate}: ${x}`);
    assert.ok(Math.abs(page.moment.sceneMs - sceneMs - 3000 * rate) < 40 * rate);
    const even = (rate * 10) / 60;
    assert.ok(steps.every((step) => Math.abs(step - even) < 1e-6 || step === 0), `${rate}: ${steps}`);
    assert.ok(steps.filter((step) => step === 0).length < 3);
    player.pause();
  }
  for (const wrong of [0, 0.2, 9, NaN]) assert.throws(() => (player.rate = wrong), RangeError);
});

test("a page that was away for long goes on where it was", async () => {
  const page = await Page.film(line(900));
  page.player.play();
  await page.run(1000);
  page.frame(60_000);
  assert.ok(page.player.seconds < 1.4, `${page.player.seconds}`);
});

test("a step is a tick, on and back, and tells what happened in it", async () => {
  const page = await Page.film(line(200, (tick) => ({ events: tick % 10 === 5 ? scored(tick) : [] })));
  const { player } = page;
  await page.seek(63.5);
  player.play();
  for (const expected of [64, 65, 66]) {
    player.step(1);
    page.frame();
    assert.deepEqual([player.tick, player.playing, page.moment.viewTick], [expected, false, expected]);
    assert.equal(player.picture.get(11).values.x, expected);
  }
  assert.deepEqual(page.told.shown.map(({ values }) => values.player), [65]);
  for (const expected of [65, 64, 63]) {
    player.step(-1);
    page.frame();
    await page.until(() => !player.waiting);
    assert.deepEqual([player.tick, player.picture.get(11).values.x], [expected, expected]);
  }
  await page.seek(200);
  player.step(1);
  page.frame();
  assert.equal(player.tick, 200);
  await page.seek(0);
  player.step(-1);
  page.frame();
  assert.equal(player.tick, 0);
});

test("events come when the picture has come to them, once; a seek brings none of the past", async () => {
  const every = (ticks, tick) => tick % ticks === 0 && tick > 0;
  const happens = (tick) => ({ events: every(7, tick) ? scored(tick) : [], cosmetics: every(5, tick) ? { 0: [0, 0, tick] } : {} });
  const page = await Page.film(line(200, happens));
  const { player, told } = page;
  const times = [];
  player.on("shown", ({ tick }) => times.push(player.picture.tick - tick));
  player.play();
  await page.run(6000);
  assert.deepEqual(told.event.map(({ values }) => values.player), [7, 14, 21, 28, 35, 42, 49, 56].slice(0, told.event.length));
  const sparks = told.shown.filter(({ name }) => name === "Spark").map(({ tick, values }) => [tick, values.x]);
  assert.deepEqual(sparks, Array.from({ length: sparks.length }, (_, at) => [5 * at + 5, 5 * at + 5]));
  assert.ok(sparks.length >= 11 && told.event.length >= 8);
  assert.ok(times.every((late) => late >= 0 && late < 0.4), `${times}`);
  told.shown.length = told.event.length = 0;
  player.pause();
  for (const tick of [140, 35, 105, 3]) await page.seek(tick); // 140, 35, 105: there something happens
  assert.deepEqual([told.shown, told.event], [[], []]);
});

test("at eight times the speed sparks are thinned, scores are not", async () => {
  const happens = (tick) => ({ events: tick % 10 === 0 ? scored(tick) : [], cosmetics: { 0: [0, 0, tick, 0, 0, tick] } });
  const page = await Page.film(line(1000, happens));
  const { player, told } = page;
  const count = (name) => told.shown.filter((event) => event.name === name).length;
  player.play();
  await page.run(5000);
  const [sparks, scores] = [count("Spark"), count("Scored")];
  assert.ok(sparks >= 96 && sparks <= 101 && (scores === 4 || scores === 5), `${sparks}, ${scores}`);
  told.shown.length = 0;
  await page.seek(100);
  player.rate = 8;
  await page.run(5000);
  assert.ok(count("Spark") <= 105 && count("Spark") > 80, `${count("Spark")} in 5 s`);
  assert.ok(count("Scored") >= 38, `${count("Scored")}`);
});

// -- who sees what ------------------------------------------------------------------------------------------------------------
/** Player 1 changes sides at 60, and is gone from 120 on; player 2 always is of team 2. */
const SIDES = Array.from({ length: 161 }, (_, tick) => ({
  tick,
  parts: people(...(tick < 120 ? [[1, tick < 60 ? 1 : 2, tick, 100 + tick, 7]] : []), [2, 2, 5, 200 + tick, 8]),
  events: tick === 0 ? [] : [[0, 1, [2], 10], [1, 1, [], 11], [2, 1, [1], 12], [32, 1, [], 13], [33, 1, [], 14]],
  cosmetics: tick === 0 ? {} : { 0: [0, 0, 20], 2: [0, 0, 22], ...(tick < 120 ? { 32: [0, 0, 31] } : {}) },
}));

/** What is seen at a tick, and heard in the next. */
async function sightOf(page, viewpoint, tick) {
  const { player, told } = page;
  player.viewpoint = viewpoint;
  await page.seek(tick);
  const see = (source) => Object.fromEntries(source.all("Player").map(({ id, values }) => [id, [values.plan, values.cards]]));
  const world = see(player.world);
  assert.deepEqual(see(player.picture), world);
  for (const entity of player.world.all("Player")) assert.deepEqual(player.world.get(entity.id), entity);
  told.shown.length = told.event.length = 0;
  player.step(1);
  page.frame();
  const sparks = told.shown.filter(({ name }) => name === "Spark").map(({ values }) => values.x);
  return { world, heard: told.event.map(({ values }) => values.player), sparks };
}

test("everything, the public part, and what a player saw", async () => {
  const page = await Page.film(SIDES);
  const none = undefined;
  assert.deepEqual(await sightOf(page, "everything", 40), {
    world: { 11: [140, 7], 12: [240, 8] },
    heard: [10, 11, 12, 13, 14],
    sparks: [20, 22, 31],
  });
  assert.deepEqual(await sightOf(page, "public", 40), { world: { 11: [none, none], 12: [none, none] }, heard: [10], sparks: [20] });
  const own = { world: { 11: [140, 7], 12: [none, none] }, heard: [10, 11, 13], sparks: [20, 31] };
  assert.deepEqual(await sightOf(page, 1, 40), own);
  // He has changed sides, but is deaf to his new friend; player 2 is deaf to what everyone heard.
  assert.deepEqual(await sightOf(page, 1, 80), { world: { 11: [180, 7], 12: [280, none] }, heard: [10, 13], sparks: [20, 22, 31] });
  assert.deepEqual(await sightOf(page, 2, 80), { world: { 11: [180, none], 12: [280, 8] }, heard: [12, 14], sparks: [20, 22] });
  // He has gone: nobody knows his team any more.
  assert.deepEqual(await sightOf(page, 1, 130), { world: { 12: [none, none] }, heard: [10, 13], sparks: [20] });
  assert.equal(page.player.player, 1);
  page.player.viewpoint = "public";
  assert.equal(page.player.player, 0);
});

test("who changes sides sees what his new side sees from that tick on, also while it plays", async () => {
  const page = await Page.film(SIDES);
  const { player } = page;
  player.viewpoint = 1;
  await page.seek(58);
  const plans = () => [11, 12].map((id) => player.world.get(id).values.plan);
  const seen = [];
  for (let steps = 0; steps < 4; steps++) {
    seen.push([player.tick, ...plans()]);
    player.step(1);
    page.frame();
  }
  assert.deepEqual(seen, [[58, 158, undefined], [59, 159, undefined], [60, 160, 260], [61, 161, 261]]);
});

test("another viewpoint is drawn at once, at the same tick", async () => {
  const page = await Page.film(SIDES);
  await page.seek(40);
  page.player.viewpoint = 2;
  page.frame();
  await page.until(() => !page.player.waiting);
  const { picture, tick } = page.player;
  assert.deepEqual([tick, picture.get(11).values.plan, picture.get(12).values.plan], [40, undefined, 240]);
  assert.equal(page.told.jumped.at(-1), 40);
});

// -- turns --------------------------------------------------------------------------------------------------------------------
test("in a room that ticks on input nothing is shown before its time, and a step goes from one happening to the next", async () => {
  const ticks = [0, 3, 50, 51, 400];
  const page = await Page.film(ticks.map((tick) => ({ tick, parts: people([1, 1, tick * 16, tick, 7]) })), { onInput: true });
  const { player } = page;
  await page.seek(20);
  assert.deepEqual([player.picture.get(11).values.x, player.world.get(11).values.x], [3, 3]);
  await page.seek(47);
  assert.deepEqual([player.picture.get(11).values.x, player.world.get(11).values.x], [3, 3]);
  const way = [];
  player.play();
  await page.run(290, () => way.push(player.picture.get(11).values.x));
  // It moves in the last quarter of a second.
  assert.ok(way.every((x, at) => at === 0 || (x >= way[at - 1] && x - way[at - 1] < 4)), `${way}`);
  assert.ok(way.at(-1) > 45 && way[2] === 3, `${way}`);
  player.pause();
  const steps = [];
  for (const way of [1, 1, 1, 1, -1, -1, -1, -1, -1]) {
    player.step(way);
    page.frame();
    await page.until(() => !player.waiting);
    steps.push(player.tick);
    assert.equal(player.picture.get(11).values.x, player.tick);
  }
  assert.deepEqual(steps, [50, 51, 400, 400, 51, 50, 3, 0, 0]);
});

// -- what goes on -------------------------------------------------------------------------------------------------------------
/** A match that goes on: a block every half second, some of them late. */
class Live {
  #feed = new Feed();
  #chunks;
  #at = 0;
  lateMs = () => 0;
  stands = false;

  constructor(last = 2000) {
    this.#chunks = film(line(last).map(({ tick, parts }) => ({ tick, parts: { 0: parts[0] } })));
  }

  /** @param {number} from  the tick at which it is looked at first */
  static async page(from) {
    const live = new Live();
    await live.#feed.push(headerOf(headerMap(), { flags: 3 }));
    await live.#feed.push(contentsChunk({ first: 0, last: from }).bytes);
    await live.until(from);
    const page = new Page(live.#feed.recording);
    const run = page.run.bind(page);
    const beganMs = page.nowMs;
    /** The blocks that are due have come. */
    page.run = async (ms, each) => {
      for (const end = page.nowMs + ms - 0.001; page.nowMs < end; ) {
        const tick = from + (page.nowMs - beganMs) / 100;
        if (!live.stands) await live.until(tick - live.lateMs(tick) / 100);
        await run(FRAME_MS, each);
      }
    };
    return { live, page };
  }

  async until(tick) {
    while (this.#chunks[this.#at]?.last <= tick) await this.#feed.push(this.#chunks[this.#at++].bytes);
  }

  async end() {
    await this.#feed.push(contentsChunk({ first: 0, last: this.#feed.last, end: "over" }, 255).bytes);
    this.#feed.recording.end({ cut: false });
  }
}

test("along with a match that goes on: smoothly, and never ahead of what has come", async () => {
  const { live, page } = await Live.page(100);
  const { player, recording } = page;
  const random = randomOf(4);
  live.lateMs = (tick) => (tick > 150 ? 300 : 50) * Math.abs(Math.sin(tick)) + 20 * random();
  player.follow();
  await page.run(3000);
  assert.ok(player.following && player.playing && player.rate === 1);
  const steps = [];
  const behind = [];
  let before = player.tick;
  let waited = 0;
  await page.run(22_000, () => {
    steps.push(player.tick - before);
    behind.push(recording.loaded.last - player.tick);
    before = player.tick;
    waited += Number(player.waiting);
  });
  assert.ok(Math.abs(before - 350 + 8) < 4, `${before}`); // half a second and what blocks are late
  assert.ok(steps.every((step) => step > 0.1 && step < 0.25), `${Math.min(...steps)} ${Math.max(...steps)}`); // 1/6 each
  assert.ok(Math.min(...behind) >= 0 && waited === 0, `${waited}`);
  assert.equal(page.told.jumped.length, 1);
  assert.equal(page.told.failed.length, 0);
  assert.ok(player.behindMs() < 100, `${player.behindMs()}`);
});

test("a match that goes on can be paused, wound back and caught up with", async () => {
  const { page } = await Live.page(300);
  const { player } = page;
  player.follow();
  await page.run(2000);
  player.pause();
  const paused = player.tick;
  await page.run(3000);
  assert.deepEqual([player.tick, player.following], [paused, false]);
  assert.ok(Math.abs(player.behindMs() - 3000) < 400, `${player.behindMs()}`);
  await page.seek(0);
  assert.ok(player.behindMs() > 30_000);
  player.play();
  await page.run(1000);
  assert.ok(Math.abs(player.tick - 10) < 1 && !player.following, `${player.tick}`);
  player.follow();
  await page.run(1000);
  assert.ok(player.following && player.behindMs() < 200, `${player.behindMs()}`);
  player.seek(player.tick - 40);
  player.rate = 4;
  player.play();
  await page.run(3000); // it catches up, and then goes along
  assert.deepEqual([player.following, player.rate], [true, 1]);
});

test("a match that stands still is waited for; when it is over, that is the end", async () => {
  const { live, page } = await Live.page(100);
  const { player, recording } = page;
  player.follow();
  await page.run(3000);
  live.stands = true;
  await page.run(8000);
  assert.deepEqual([player.waiting, player.tick, player.atEnd], [true, recording.loaded.last, false]);
  live.stands = false;
  await page.run(12_000);
  assert.ok(player.following && !player.waiting && player.behindMs() < 300, `${player.behindMs()}`);
  live.stands = true;
  await live.end();
  await page.run(3000);
  assert.deepEqual([player.atEnd, player.playing, player.following, player.behindMs()], [true, false, false, 0]);
  assert.equal(player.tick, recording.last);
  player.follow();
  assert.equal(player.following, false);
});

test("what has not come yet is asked for, and shown when it has come", async () => {
  const chunks = film(line(600));
  const later = chunks.findIndex(({ type, first }) => type === 4 && first === 500);
  const tail = new Feed();
  await tail.push(fileOf(headerMap(), [contentsChunk({ first: 0, last: 600, end: "over" }), ...chunks.slice(later)]));
  const { recording } = tail;
  const wanted = [];
  recording.on("wanted", (tick) => wanted.push(tick));
  const page = new Page(recording);
  page.player.seek(520);
  await page.until(() => !page.player.waiting);
  page.player.seek(77);
  await page.run(300);
  const { waiting, tick } = page.player;
  assert.deepEqual([waiting, tick, page.moment.viewTick, wanted.at(-1)], [true, 77, 520, 77]);
  assert.ok(wanted.length <= 2, `${wanted}`); // it does not ask in every frame
  const fill = new Feed(recording);
  await fill.push(joinedBytes([headerOf(headerMap()), ...chunks.slice(0, later + 6).map(({ bytes }) => bytes)]));
  await page.until(() => !page.player.waiting);
  assert.equal(page.player.picture.get(11).values.x, 77);
});

test("it plays up to what has come, waits, and goes on", async () => {
  const chunks = film(line(600));
  const feed = new Feed();
  await feed.push(fileOf(headerMap(), [contentsChunk({ first: 0, last: 600, end: "over" }), ...chunks.slice(0, 10)]));
  const { recording } = feed;
  const page = await Page.of(recording);
  page.player.rate = 8;
  page.player.play();
  await page.run(3000);
  const { waiting, playing, tick, atEnd } = page.player;
  assert.deepEqual([waiting, playing, tick, atEnd], [true, true, recording.loaded.last, false]);
  const { sceneMs } = page.moment;
  await page.run(1000);
  assert.equal(page.moment.sceneMs, sceneMs);
  for (const { bytes } of chunks.slice(10)) await feed.push(bytes);
  recording.end({ cut: false });
  await page.run(9000);
  assert.deepEqual([page.player.atEnd, page.player.tick], [true, 600]);
});

test("a forged recording stops it, in words", async () => {
  const chunks = film(line(600));
  const at = chunks.findIndex(({ type, first }) => type === 1 && first === 31);
  chunks[at] = chunk(1, new Uint8Array([30, 1, 2, 3]), chunks[at]);
  const page = await Page.of((await fed(fileOf(headerMap(), chunks))).recording);
  const { player } = page;
  player.play();
  await page.run(8000);
  assert.deepEqual([player.playing, page.told.failed.length, player.error.reason], [false, 1, "forged"]);
  assert.match(player.error.message, /what is shown from tick 31 to 35/);
  assert.equal(page.frame().viewTick, player.picture.tick);
  await page.seek(200); // behind it all is well
  assert.equal(player.error, null);
  assert.equal(player.picture.get(11).values.x, 200);
  await page.seek(5);
  assert.equal(player.picture.get(11).values.x, 5);
});

test("a frame that contradicts the world before it is forged, and what is shown later is right again", async () => {
  const chunks = film(line(100));
  const at = chunks.findIndex(({ type, first }) => type === 1 && first === 31);
  const frame = [1, 0, [], [0, 1, [], [99], []]]; // somebody leaves who was not there
  chunks.splice(at - 1, 2, chunk(1, joinedBytes([encode(30), encode(frame)]), { first: 31, last: 35 })); // and no secrets
  const page = await Page.of((await fed(fileOf(headerMap(), chunks))).recording);
  page.player.seek(31);
  await page.until(() => page.player.error !== null);
  assert.match(page.player.error.message, /tick 31 .*entity 99 left/);
  for (const tick of [30, 29, 50, 51]) {
    await page.seek(tick);
    assert.equal(page.player.world.get(11).values.x, tick);
  }
});

test("where a hole begins it asks for what follows, and at the edge for nothing of the past", async () => {
  const chunks = film(line(600));
  const part = (from, to) => chunks.filter(({ type, first }) => (first >= from || (first === from && type > 2)) && first < to);
  const feed = new Feed();
  await feed.push(fileOf(headerMap(), [contentsChunk({ first: 0, last: 600, end: "over" }), ...part(0, 50)]));
  const { recording } = feed;
  await new Feed(recording).push(fileOf(headerMap(), part(500, 700)));
  assert.deepEqual(recording.loaded.all, [[0, 50], [500, 600]]);
  const wanted = [];
  recording.on("wanted", (tick) => wanted.push(tick));
  const page = await Page.of(recording);
  page.player.rate = 8;
  page.player.play();
  await page.run(2000);
  assert.deepEqual([page.player.tick, page.player.waiting, wanted], [50, true, [51]]);

  const { page: live } = await Live.page(103);
  live.recording.loaded = new Ranges();
  live.recording.loaded.add(100, 103); // as it is when it was opened at its edge
  live.recording.on("wanted", (tick) => assert.fail(`${tick}`));
  live.player = new Player(live.recording);
  live.player.follow();
  await live.run(3000);
  assert.ok(live.player.tick > 115 && live.player.following, `${live.player.tick}`);
});

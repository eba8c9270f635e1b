import assert from "node:assert/strict";
import { test } from "node:test";

import { Player } from "../src/recording/player.js";
import { fed, plain, settled, vector } from "./recordings.js";

const FRAME_MS = 1000 / 60;

/** A page that draws: frames at 60 Hz, and what the player has told. */
class Page {
  nowMs = 1000;
  told = { jumped: [], shown: [], event: [], snapshot: [], failed: [] };

  constructor(recording) {
    this.player = new Player(recording);
    for (const name of Object.keys(this.told)) this.player.on(name, (told) => this.told[name].push(told));
  }

  static async of(name) {
    const page = new Page((await fed(vector(name).bytes)).recording);
    await page.until(() => !page.player.waiting);
    return page;
  }

  frame(passedMs = FRAME_MS) {
    this.nowMs += passedMs;
    return this.player.frame(this.nowMs);
  }

  /** Frames, and what is to be opened is opened at once. */
  async run(ms) {
    for (const end = this.nowMs + ms; this.nowMs < end; ) {
      this.frame();
      await settled0();
    }
  }

  async until(done) {
    for (let frames = 0; !done(); frames++) {
      assert.ok(frames < 500, "it does not come");
      this.frame();
      await settled();
    }
  }

  async seek(tick) {
    this.player.seek(tick);
    await this.until(() => !this.player.waiting && this.player.tick === tick);
  }
}

const settled0 = () => new Promise((resolve) => setImmediate(resolve));

test("it begins paused at the beginning, and shows that", async () => {
  const page = await Page.of("pong");
  const { player } = page;
  assert.deepEqual([player.playing, player.tick, player.seconds, player.atEnd], [false, 0, 0, false]);
  assert.equal(page.frame().viewTick, 0);
  assert.ok(player.picture.all("Ball").length > 0 || player.picture.globals() !== undefined);
  await page.run(500);
  assert.equal(player.tick, 0);
});

test("it plays in real time up to the end, over the gap, and stands there", async () => {
  const page = await Page.of("pong");
  const { player } = page;
  player.play();
  await page.run(4000);
  assert.ok(Math.abs(player.seconds - 4) < 0.1, `${player.seconds}`);
  await page.until(() => player.atEnd);
  assert.equal(player.playing, false);
  assert.deepEqual(plain(player.world), vector("pong").meaning.worlds[player.tick]);
  assert.deepEqual(page.told.failed, []);
});

/** Recordings that the server's own code has made: every tick that it shows, is shown here. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Playback } from "../src/recording/playback.js";
import { Sighted } from "../src/recording/viewpoint.js";
import { fed, plain, vector } from "./recordings.js";

for (const name of ["pong", "fleet", "fleet-cut"]) {
  const { bytes, meaning } = vector(name);

  test(`${name}: header, contents and what is there`, async () => {
    for (const piece of [1, 7, 1000, bytes.length]) {
      const { recording, sealed } = await fed(bytes, piece);
      const { header, marks } = recording;
      assert.equal(header.session, meaning.header.session.bin);
      assert.equal(header.tickRate, meaning.header.rate);
      for (const key of ["game", "version", "room", "first", "at", "software", "before"])
        assert.equal(header[key], meaning.header[key], key);
      assert.equal(sealed, meaning.sealed);
      assert.deepEqual([recording.first, recording.last], meaning.view);
      assert.deepEqual(recording.loaded.all, [meaning.view]);
      assert.equal(marks.length, meaning.contents.marks.length);
      for (const [at, [tick]] of meaning.contents.marks.entries()) assert.equal(marks[at].tick, tick);
      if (sealed) assert.equal(recording.contents.end, meaning.contents.end);
      else assert.equal(recording.contents, null);
      assert.equal(recording.hasSecrets, name !== "pong");
    }
  });

  test(`${name}: the world of every tick that is told, on and back`, async () => {
    const { recording } = await fed(bytes, 4096);
    const ticks = Object.keys(meaning.worlds).map(Number);
    const playback = new Playback(recording);
    for (const tick of [...ticks, ...ticks.toReversed()]) {
      await recording.prepare(tick);
      assert.equal(playback.seek(tick), true);
      assert.deepEqual(plain(playback.world), meaning.worlds[tick], `tick ${tick}`);
      const open = new Sighted(recording.header.schema, playback.world, "public");
      assert.deepEqual(plain(open), meaning.public[tick], `tick ${tick}, public`);
      assert.deepEqual(plain(await recording.worldAt(tick)), meaning.worlds[tick], `tick ${tick}, alone`);
    }
  });

  test(`${name}: every frame with its events, and no other`, async () => {
    const { recording } = await fed(bytes, 4096);
    await recording.prepare(recording.first, recording.last - recording.first);
    const playback = new Playback(recording);
    playback.seek(recording.first);
    const shown = [];
    for (;;) {
      const frame = playback.next(Infinity);
      if (frame === "gap") {
        const next = recording.keyframeAfter(playback.tick);
        await recording.prepare(next);
        assert.equal(playback.seek(next), true);
        shown.push([playback.tick, playback.flags, true, []]);
      } else if (typeof frame === "string") {
        assert.equal(frame, "end");
        break;
      } else {
        playback.take(frame);
        const events = frame.events.map(({ tick, kind, to, deaf, values }) => [tick, kind, to, deaf, values]);
        shown.push([frame.tick, frame.flags, false, events]);
      }
    }
    assert.deepEqual(shown, meaning.frames.map(([tick, flags, jump, events]) => [tick, flags, jump, events]));
  });
}

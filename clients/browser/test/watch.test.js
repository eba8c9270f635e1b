/** The watch page's pure parts: moments, marks, the line, addresses, the list. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { endingOf } from "../pages/watch/ending.js";
import { found, listedOf, merged } from "../pages/watch/listing.js";
import { filtered, firstFrom, marksOf, nearTo, takersOf } from "../pages/watch/marks.js";
import { addressOf, placeOf, sourceOf } from "../pages/watch/place.js";
import { clockText, secondsTyped, sizeText } from "../pages/watch/times.js";
import { shareOf, tickAfter, tickAt, tickByKey } from "../pages/watch/track.js";
import { LoadError } from "../src/errors.js";

/** @typedef {import("../pages/watch/marks.js").Mark} Mark */
/** @typedef {import("../src/recording/header.js").Mark} RecordedMark */

const HOUR = Object.freeze({ first: 100, last: 100 + 3600 * 30, rate: 30 });

test("moments are written as clocks do, and read again", () => {
  assert.deepEqual([0, 7, 59.99, 60, 754, 3723].map(clockText), ["0:00", "0:07", "0:59", "1:00", "12:34", "1:02:03"]);
  assert.equal(clockText(-3), "0:00");
  assert.equal(clockText(90 / 30), "0:03", "a whole second is not one less for the sake of a rounding");
  for (let seconds = 0; seconds < 9000; seconds += 37) assert.equal(secondsTyped(clockText(seconds)), seconds);
  assert.equal(secondsTyped("83.5"), 83.5);
  assert.equal(secondsTyped(" 1:23 "), 83);
  for (const wrong of ["", "x", "-1", "1:2:3:4", "1e3", "∞", "9999999"]) assert.equal(secondsTyped(wrong), null, wrong);
});

test("sizes are said in the unit that fits", () => {
  assert.deepEqual([999, 1_000, 9_950, 123_456, 15_400_000].map(sizeText), ["999 B", "1.0 kB", "9.9 kB", "123 kB", "15 MB"]);
});

test("a place on the line is a tick, and the other way round", () => {
  for (let tick = HOUR.first; tick <= HOUR.last; tick += 997) assert.equal(tickAt(HOUR, shareOf(HOUR, tick)), tick);
  assert.deepEqual([tickAt(HOUR, -1), tickAt(HOUR, 2)], [HOUR.first, HOUR.last]);
  assert.equal(shareOf({ first: 5, last: 5, rate: 30 }, 5), 0, "a recording of one moment");
  assert.deepEqual([tickAfter(HOUR, -5), tickAfter(HOUR, 1), tickAfter(HOUR, 1e6)], [HOUR.first, 130, HOUR.last]);
});

test("keys move along the line and stay on it", () => {
  assert.equal(tickByKey(HOUR, 1000, "ArrowRight"), 1150);
  assert.equal(tickByKey(HOUR, 1000, "ArrowLeft"), 850);
  assert.equal(tickByKey(HOUR, 110, "ArrowLeft"), HOUR.first);
  assert.equal(tickByKey(HOUR, 1000, "PageUp"), 2800);
  assert.deepEqual([tickByKey(HOUR, 1000, "Home"), tickByKey(HOUR, 1000, "End")], [HOUR.first, HOUR.last]);
  assert.equal(tickByKey(HOUR, 1000, "KeyA"), null);
});

/** @type {RecordedMark[]} */
const RECORDED = [
  { tick: 100, what: "joined", player: 1, name: "Ada", bot: false },
  { tick: 150, what: "joined", player: 2, name: "Bob", bot: true },
  { tick: 200, what: "event", name: "Killed", values: { victim: 2 } },
  { tick: 210, what: "event", name: "Whispered", values: {} },
  { tick: 400, what: "gap", from: 220 },
  { tick: 500, what: "left", player: 2 },
  { tick: 600, what: "joined", player: 1, name: "Ada II", bot: false },
  { tick: 700, what: "over" },
  { tick: 800, what: "note", text: "what a shot" },
  { tick: 900, what: "fault", id: "f-1" },
];

/** @param {string} name @param {import("../src/schema.js").Values} values */
function describe(name, values) {
  if (name !== "Killed") return null;
  const player = Number(values.victim);
  return { sort: /** @type {const} */ ("kill"), player, parts: [{ player }, " died"] };
}

test("marks are told in words; who is there at the beginning has not come", () => {
  const marks = marksOf(RECORDED, { first: 100, describe });
  assert.deepEqual(
    marks.map(({ tick, sort }) => [tick, sort]),
    [
      [150, "joined"],
      [200, "kill"],
      [220, "gap"],
      [500, "left"],
      [600, "joined"],
      [700, "round"],
      [800, "note"],
      [900, "fault"],
    ],
  );
  assert.deepEqual(marks[0].parts, [{ player: 2 }, " joined"]);
  assert.equal(marks[1].player, 2);
  assert.equal(marks[2].until, 400);
  assert.deepEqual(
    [...takersOf(RECORDED).values()].map(({ name, bot }) => [name, bot]),
    [
      ["Ada II", false],
      ["Bob", true],
    ],
  );
});

test("what is not wanted is not shown, but what is missing is", () => {
  const marks = marksOf(RECORDED, { first: 100, describe });
  const none = filtered(marks, new Set(["kills", "scores", "rounds", "people", "others"]));
  assert.deepEqual(
    none.map(({ sort }) => sort),
    ["gap", "fault"],
  );
  assert.equal(filtered(marks, new Set()).length, marks.length);
  assert.equal(filtered(marks, new Set(["people"])).length, marks.length - 3);
});

test("a pointer means what is near to it, and the gap that it is in", () => {
  const marks = marksOf(RECORDED, { first: 100, describe });
  assert.equal(firstFrom(marks, 200), 1);
  assert.equal(firstFrom(marks, 201), 2);
  assert.equal(firstFrom(marks, 5000), marks.length);
  assert.deepEqual(
    nearTo(marks, 205, { within: 60, most: 2 }).map(({ sort }) => sort),
    ["kill", "gap"],
  );
  assert.deepEqual(
    nearTo(marks, 350, { within: 10, most: 3 }).map(({ sort }) => sort),
    ["gap"],
  );
  assert.deepEqual(nearTo(marks, 450, { within: 10, most: 3 }), []);
});

test("an address says what is watched, from when; nonsense in it is left out", () => {
  assert.deepEqual(placeOf("?recording=2026-01-02T03-04-05-arena1-0a1b2c.trpl&t=83.5"), {
    recording: "2026-01-02T03-04-05-arena1-0a1b2c.trpl",
    room: null,
    seconds: 83.5,
    code: null,
  });
  assert.deepEqual(placeOf("?room=arena1&t=1:23"), { recording: null, room: "arena1", seconds: 83, code: null });
  for (const wrong of ["?recording=../../etc/passwd", "?recording=a.txt", "?room=A/B", "?t=x", "?recording=a%00.trpl"])
    assert.deepEqual(placeOf(wrong), { recording: null, room: null, seconds: null, code: null }, wrong);
  for (const place of [
    { recording: "a-1.trpl.part", room: null, seconds: 12.3, code: null },
    { recording: null, room: "duel2", seconds: 0, code: "bcdfg" },
  ]) {
    const { search, hash } = new URL(addressOf(place), "http://page");
    assert.deepEqual(placeOf(search, hash), place);
  }
  assert.equal(addressOf({}), "/watch/");
  assert.equal(sourceOf({ recording: "a.trpl" }), "/api/v1/recordings/a.trpl");
  assert.equal(sourceOf({ room: "duel" }), "/api/v1/rooms/duel/recording");
  assert.equal(sourceOf({ room: "duel", code: "bcdfg" }), "/api/v1/rooms/duel/recording?code=bcdfg");
});

test("a recording of a private room is for who has its link, and says so", () => {
  const place = { recording: null, room: "duel", seconds: null, code: null };
  const { title, detail, steps } = endingOf(new LoadError("the server says 403", 403), { place, name: "duel" });
  assert.match(title, /private/);
  assert.equal(detail, "the server says 403");
  assert.ok(steps.includes("lobby"));
});

test("the list takes what it can read, what goes on first, then the newest", () => {
  const { all, more } = listedOf({
    recordings: [
      { name: "2026-03.trpl", game: "pong", room: "p", map: null, at: 2, players: null, end: null, size: null },
      { name: "2026-02.trpl.part", game: "fleet", at: 0, live: true },
      { name: "2026-01.trpl", game: "arena", at: 1, players: ["Ada", 7], size: 10, seconds: 3, end: "over", live: false },
      { name: "", game: "arena" },
      null,
      "x",
    ],
    more: true,
  });
  assert.ok(more);
  const listed = merged([], all);
  assert.deepEqual(
    listed.map(({ name }) => name),
    ["2026-02.trpl.part", "2026-03.trpl", "2026-01.trpl"],
  );
  assert.deepEqual(listed[2].players, ["Ada"]);
  assert.deepEqual([listed[1].map, listed[1].end, listed[1].size, listed[2].end], ["", null, null, "over"]);
  for (const nonsense of [undefined, null, 7, "x", [], { recordings: {} }])
    assert.deepEqual(listedOf(nonsense), { all: [], more: false });
  const again = merged(listed, [{ ...listed[1], seconds: 9 }]);
  assert.equal(again.length, 3, "each once");
  assert.equal(again[1].seconds, 9, "as it is now");
  assert.deepEqual(
    found(listed, "ARENA ada").map(({ name }) => name),
    ["2026-01.trpl"],
  );
  assert.deepEqual(found(listed, "ada pong"), []);
  assert.equal(found(listed, "  ").length, 3);
});

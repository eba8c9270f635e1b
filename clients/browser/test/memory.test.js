/** Which seat a tab has. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { SeatMemory } from "../pages/shared/memory.js";
import { Store } from "../pages/shared/storage.js";
import { FakeStorage } from "./fakes.js";

const DAY_MS = 86_400_000;
const SEATS = ["a1", "b2", "c3"].map((byte, calls) => ({ player: 7, token: byte.repeat(16), calls }));

/** A browser: what all its tabs share, and a clock that goes on by itself. */
function browser() {
  const shared = new Store(() => new FakeStorage());
  const clock = { now: 1_000 };
  let drawn = 0;
  /** A page in a tab. @param {Store} own @param {string} room */
  const memory = (own, room = "arena1") =>
    new SeatMemory({ own, shared, room, now: () => clock.now++, random: () => ++drawn / 1000 });
  return { memory, clock, shared };
}

function tab() {
  return new Store(() => new FakeStorage());
}

/** @param {Store} tab @returns {Store} as a browser duplicates a tab: with a copy of its memory */
function duplicate(tab) {
  const copy = new Store(() => new FakeStorage());
  for (const key of tab.keys("")) copy.set(key, tab.get(key));
  return copy;
}

test("a reload finds the seat, in its own room only", () => {
  const { memory } = browser();
  const own = tab();
  assert.equal(memory(own).load(), null);
  memory(own).save(SEATS[0]);
  assert.deepEqual(memory(own).load(), SEATS[0]);
  assert.equal(memory(own, "arena2").load(), null);
  memory(own).clear();
  assert.equal(memory(own).load(), null);
});

test("a new tab has no seat: whoever opens it is somebody else", () => {
  const { memory } = browser();
  memory(tab()).save(SEATS[0]);
  assert.equal(memory(tab()).load(), null);
});

test("a tab whose seat was taken by its duplicate finds the newest token of it", () => {
  const { memory } = browser();
  const first = tab();
  memory(first).save(SEATS[0]);
  const other = duplicate(first);
  assert.deepEqual(memory(other).load(), SEATS[0]);
  memory(other).save(SEATS[1]);
  assert.deepEqual(memory(first).load(), SEATS[1]);
  memory(first).save(SEATS[2]);
  assert.deepEqual(memory(other).load(), SEATS[2]);
});

test("also when it is told that the seat was taken before the duplicate has saved its token", () => {
  const { memory } = browser();
  const first = tab();
  memory(first).save(SEATS[0]);
  const other = duplicate(first);
  memory(first).clear();
  assert.equal(memory(first).load(), null);
  memory(other).save(SEATS[1]);
  const page = memory(first);
  assert.deepEqual(page.load(), SEATS[1]);
  page.save(SEATS[2]);
  assert.deepEqual(memory(other).load(), SEATS[2], "it is the same seat as before");
});

test("who forgets his seat leaves alone what another tab has", () => {
  const { memory } = browser();
  const first = tab();
  memory(first).save(SEATS[0]);
  const other = duplicate(first);
  memory(other).save(SEATS[1]);
  memory(first).clear();
  assert.deepEqual(memory(other).load(), SEATS[1]);
});

test("a number that somebody else in this browser has been given since is no seat to take", () => {
  const { memory } = browser();
  const [first, other] = [tab(), tab()];
  memory(first).save(SEATS[0]);
  memory(other).save(SEATS[1]);
  assert.deepEqual(memory(first).load(), SEATS[0]);
  memory(first).clear();
  memory(first).save(SEATS[2]);
  assert.deepEqual(memory(other).load(), SEATS[1]);
});

test("seats of other days are swept out, and what is no seat", () => {
  const { memory, clock, shared } = browser();
  memory(tab()).save(SEATS[0]);
  shared.set("seat:arena1:8", { player: "8", token: "zz", at: 1 });
  clock.now += DAY_MS + 10;
  memory(tab(), "arena2");
  assert.deepEqual(shared.keys("seat:"), []);
});

test("stored nonsense is no seat", () => {
  const { memory } = browser();
  const own = tab();
  const seat = SEATS[0];
  for (const nonsense of [
    7,
    "x",
    [],
    {},
    { id: "1", at: 1, gone: false },
    { id: 1, seat, at: 1, gone: false },
    { id: "1", seat, at: "1", gone: false },
  ]) {
    own.set("seat:arena1", nonsense);
    assert.equal(memory(own).load(), null);
  }
});

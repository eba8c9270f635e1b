/** Which seat a tab has. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { SeatMemory } from "../pages/shared/memory.js";
import { Store } from "../pages/shared/storage.js";
import { FakeStorage } from "./fakes.js";

const DAY_MS = 86_400_000;
const TOKENS = ["a1", "b2", "c3"].map((byte) => byte.repeat(16));

/** A browser: what all its tabs share, and a clock that goes on by itself. */
function browser() {
  const shared = new Store(() => new FakeStorage());
  const clock = { now: 1_000 };
  /** @param {Store} own @param {string} room */
  const memory = (own, room = "arena1") => new SeatMemory({ own, shared, room, now: () => clock.now++ });
  return { memory, clock, shared };
}

function tab() {
  return new Store(() => new FakeStorage());
}

test("a reload finds the seat, in its own room only", () => {
  const { memory } = browser();
  const own = tab();
  assert.equal(memory(own).load(), null);
  memory(own).save({ player: 7, calls: 2, token: TOKENS[0] });
  assert.deepEqual(memory(own).load(), { player: 7, calls: 2, token: TOKENS[0] });
  assert.equal(memory(own, "arena2").load(), null);
  memory(own).clear();
  assert.equal(memory(own).load(), null);
});

test("a new tab has no seat: whoever opens it is somebody else", () => {
  const { memory } = browser();
  memory(tab()).save({ player: 7, calls: 2, token: TOKENS[0] });
  assert.equal(memory(tab()).load(), null);
});

test("a tab whose seat was taken by its duplicate finds the newest token of it", () => {
  const { memory } = browser();
  const [first, duplicate] = [tab(), tab()];
  memory(first).save({ player: 7, calls: 2, token: TOKENS[0] });
  memory(duplicate).save({ player: 7, calls: 2, token: TOKENS[1] });
  assert.deepEqual(memory(first).load(), { player: 7, calls: 2, token: TOKENS[1] });
  memory(first).save({ player: 7, calls: 2, token: TOKENS[2] });
  assert.deepEqual(memory(duplicate).load(), { player: 7, calls: 2, token: TOKENS[2] });
});

test("who forgets his seat leaves alone what another tab has", () => {
  const { memory } = browser();
  const [first, duplicate] = [tab(), tab()];
  memory(first).save({ player: 7, calls: 2, token: TOKENS[0] });
  memory(duplicate).save({ player: 7, calls: 2, token: TOKENS[1] });
  memory(first).clear();
  assert.equal(memory(first).load(), null);
  assert.deepEqual(memory(duplicate).load(), { player: 7, calls: 2, token: TOKENS[1] });
});

test("seats of other days are swept out, and what is no seat", () => {
  const { memory, clock, shared } = browser();
  memory(tab()).save({ player: 7, calls: 2, token: TOKENS[0] });
  shared.set("seat:arena1:8", { player: "8", token: "zz", at: 1 });
  clock.now += DAY_MS + 10;
  memory(tab(), "arena2");
  assert.deepEqual(shared.keys("seat:"), []);
});

test("stored nonsense is no seat", () => {
  const { memory } = browser();
  const own = tab();
  const seat = { player: 1, calls: 0, token: "00", at: 1 };
  const damaged = [{ token: "0g" }, { token: "" }, { player: 1.5 }, { calls: "1" }, { at: null }].map((wrong) => ({ ...seat, ...wrong }));
  for (const nonsense of [7, "x", [], {}, ...damaged]) {
    own.set("seat:arena1", nonsense);
    assert.equal(memory(own).load(), null);
  }
});

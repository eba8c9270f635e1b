/** What a player may be called. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { anyName, NAME_MOST, nameFault, trimName } from "../pages/shared/names.js";

test("ordinary names of all scripts may be", () => {
  const names = ["A", "Ann", "Ångström", "李雷", "محمد", "प्रिया", "x".repeat(24), "😀".repeat(24), "a b"];
  for (const name of names)
    assert.equal(nameFault(name), null, name);
});

test("empty ones, long ones and invisible ones may not", () => {
  assert.equal(nameFault(""), "name.empty");
  assert.equal(nameFault("\u3000\u2003"), "name.empty");
  assert.equal(nameFault("x".repeat(25)), "name.long");
  assert.equal(nameFault("😀".repeat(25)), "name.long");
  for (const hidden of ["\u0000", "\n", "\u200b", "\u200d", "\u202e", "\u2028", "\ud800", "\ue000", "\ufeff", "\u{e0041}"])
    assert.equal(nameFault(`a${hidden}b`), "name.invisible", hidden.codePointAt(0)?.toString(16));
});

test("blanks at the ends do not count", () => {
  assert.equal(trimName("  Ann "), "Ann");
});

test("every name that is given out may be", () => {
  for (let seed = 0; seed < 400; seed++) {
    const numbers = [(seed % 20) / 20, Math.floor(seed / 20) / 20];
    const name = anyName(() => /** @type {number} */ (numbers.shift()));
    assert.equal(nameFault(name), null);
    assert.ok(name.length <= NAME_MOST);
    assert.doesNotMatch(name, /undefined/);
  }
});

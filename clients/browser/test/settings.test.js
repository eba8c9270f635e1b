/** What a person has chosen, and where it is kept. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { KeyMap, Settings } from "../pages/shared/settings.js";
import { Store } from "../pages/shared/storage.js";
import { FakeStorage } from "./fakes.js";

const ACTIONS = [
  { name: "arena.fire", keys: ["Space", "Mouse0"] },
  { name: "arena.up", keys: ["KeyW", "ArrowUp"] },
  { name: "page.chat", keys: ["Enter"] },
];

test("what is chosen is there again after a reload", () => {
  const storage = new FakeStorage();
  const settings = new Settings(new Store(() => storage));
  settings.set("name", "Ann");
  settings.set("keys", { "arena.fire": ["KeyF"] });
  settings.set("volume", 0.25);
  const again = new Settings(new Store(() => storage));
  assert.equal(again.get("name"), "Ann");
  assert.deepEqual(again.get("keys"), { "arena.fire": ["KeyF"] });
  assert.equal(again.get("volume"), 0.25);
  assert.equal(again.get("theme"), "auto", "what was not chosen is as it comes");
});

test("listeners hear of a change, of the same value nothing, and nothing once they have stopped", () => {
  const settings = new Settings(new Store(() => new FakeStorage()));
  /** @type {string[]} */
  const heard = [];
  const stop = settings.on("theme", (theme) => heard.push(theme));
  settings.set("theme", "dark");
  settings.set("theme", "dark");
  settings.set("muted", true);
  stop();
  settings.set("theme", "light");
  assert.deepEqual(heard, ["dark"]);
});

test("stored values that make no sense count as not chosen", () => {
  const storage = new FakeStorage();
  const store = new Store(() => storage);
  const wrong = {
    name: "\u202e",
    theme: "pink",
    volume: 7,
    muted: "yes",
    keys: { "arena.fire": "Space" },
    netgraph: 1,
    touch: null,
  };
  for (const [name, value] of Object.entries(wrong)) store.set(`settings.${name}`, value);
  storage.setItem("gameserver:settings.palette", "{no json");
  const settings = new Settings(store);
  assert.equal(settings.get("name"), "");
  assert.equal(settings.get("theme"), "auto");
  assert.equal(settings.get("volume"), 0.7);
  assert.equal(settings.get("muted"), false);
  assert.deepEqual(settings.get("keys"), {});
  assert.equal(settings.get("netgraph"), false);
  assert.equal(settings.get("touch"), "auto");
  assert.equal(settings.get("palette"), "standard");
});

test("a page may not choose what cannot be chosen", () => {
  const settings = new Settings(new Store(() => new FakeStorage()));
  assert.throws(() => settings.set("name", "x".repeat(25)), RangeError);
  assert.throws(() => settings.set("theme", /** @type {any} */ ("pink")), RangeError);
});

test("what another tab has chosen is taken over", () => {
  const storage = new FakeStorage();
  const [one, other] = [new Settings(new Store(() => storage)), new Settings(new Store(() => storage))];
  /** @type {boolean[]} */
  const heard = [];
  other.on("muted", (muted) => heard.push(muted));
  one.set("muted", true);
  other.reread();
  other.reread();
  assert.deepEqual(heard, [true]);
});

test("a browser that keeps nothing keeps it as long as the page", () => {
  for (const open of [() => new FakeStorage({ full: true }), forbidden]) {
    const store = new Store(open);
    const settings = new Settings(store);
    settings.set("name", "Ann");
    settings.reread();
    assert.equal(settings.get("name"), "Ann");
    assert.deepEqual(store.keys("settings."), ["settings.name"]);
    store.set("settings.name", null);
    assert.equal(store.get("settings.name"), null);
  }
});

/** @returns {never} */
function forbidden() {
  throw new DOMException("no", "SecurityError");
}

test("an action has the keys that were chosen, else its own", () => {
  const map = new KeyMap(ACTIONS, { "arena.fire": ["KeyF"] });
  assert.deepEqual(map.of("arena.fire"), ["KeyF"]);
  assert.deepEqual(map.of("arena.up"), ["KeyW", "ArrowUp"]);
  assert.deepEqual(map.of("arena.none"), []);
});

test("a key that is given to an action is taken from the one that had it", () => {
  const chosen = new KeyMap(ACTIONS, {}).with("arena.fire", "KeyW");
  assert.deepEqual(chosen, { "arena.fire": ["KeyW"], "arena.up": ["ArrowUp"] });
  const after = new KeyMap(ACTIONS, chosen);
  assert.deepEqual(after.actionsOf("KeyW"), ["arena.fire"]);
  assert.deepEqual(after.with("arena.up", "KeyW"), { "arena.fire": [], "arena.up": ["KeyW"] });
});

test("a key that two actions have shows", () => {
  const map = new KeyMap(ACTIONS, { "arena.fire": ["KeyW"] });
  assert.deepEqual(map.actionsOf("KeyW"), ["arena.fire", "arena.up"]);
});

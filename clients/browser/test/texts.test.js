/** All words stand in one table: none is missing there, none is left over, and none stands anywhere else. */

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

import { duration, isText, nodes, pieces, t } from "../pages/shared/texts.js";

const ROOT = new URL("../", import.meta.url);
const TABLE = "pages/shared/texts.js";

/** @param {string} folder @returns {string[]} the paths of all modules in it */
function modules(folder) {
  return readdirSync(new URL(`${folder}/`, ROOT), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? modules(`${folder}/${entry.name}`) : entry.name.endsWith(".js") ? [`${folder}/${entry.name}`] : [],
  );
}

/** @param {string} path @returns {string} its code, without comments and types */
function code(path) {
  return readFileSync(new URL(path, ROOT), "utf8")
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/^\s*\/\/.*$/gm, "")
    .replace(/ \/\/ .*$/gm, "");
}

const PATHS = [...modules("pages"), ...modules("arena")].filter((path) => path !== TABLE);
const ALL = [...PATHS.map(code), code(TABLE).split("Object.freeze")[1].split("});\n").slice(1).join()].join("\n");
const KEYS = [...code(TABLE).matchAll(/^ {2}(?:"([a-z0-9.]+)"|([a-z]+)): (?:"|\{)/gm)].map(([, quoted, plain]) => quoted ?? plain);

test("the table is read here as the pages read it", () => {
  assert.ok(KEYS.length > 200, `${KEYS.length} keys`);
  for (const key of KEYS) assert.ok(isText(key), key);
  assert.equal(new Set(KEYS).size, KEYS.length, "a key stands twice");
});

test("every key that is asked for is there", () => {
  const asked = [...ALL.matchAll(/\b(?:t|nodes|pieces|section)\(\s*"([^"]+)"/g)].map(([, key]) => key);
  assert.ok(asked.length > 100);
  for (const key of asked) assert.ok(isText(key), `no text has the key ${key}`);
});

test("every key is used", () => {
  // Some are made of what a server says, such as the mode of a room.
  const made = [...ALL.matchAll(/`([a-z0-9.]+\.)\$\{/g)].map(([, prefix]) => prefix);
  for (const key of KEYS)
    assert.ok(
      ALL.includes(`"${key}"`) || made.some((prefix) => key.startsWith(prefix)),
      `nobody uses the text ${key}: take it out`,
    );
});

test("no words stand in the code", () => {
  const places = [
    String.raw`\b(?:text|title|placeholder|label|alt|"aria-label")\s*:\s*`,
    String.raw`\.(?:textContent|title|innerText|placeholder)\s*=\s*`,
    String.raw`\b(?:say|fillText|strokeText|tell|show)\(\s*(?:[\w.#]+\s*,\s*)?`,
  ];
  const shows = new RegExp(`(?:${places.join("|")})(["\`])([^"\`]*)\\1`, "g");
  for (const path of PATHS)
    for (const [whole, , words] of code(path).matchAll(shows)) {
      const literal = words.replace(/\$\{[^}]*\}/g, "");
      if (isText(words) || !/[A-Za-zÀ-ž]{2}/.test(literal)) continue;
      assert.fail(`${path} shows words of its own: ${whole}`);
    }
});

test("nothing on the pages is written as markup", () => {
  for (const path of PATHS)
    assert.doesNotMatch(
      code(path),
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|setHTML|eval\(|new Function/,
      path,
    );
});

test("values come in their places, and numbers choose the form", () => {
  assert.equal(t("room.play.in", { room: "arena1" }), "Play in arena1");
  assert.equal(t("room.people", { count: 1 }), "1 person");
  assert.equal(t("room.people", { count: 0 }), "0 people");
  assert.equal(t("room.play.in", { room: "{room} $& $1" }), "Play in {room} $& $1", "a value is no pattern");
});

test("a text in pieces, and with nodes in it", () => {
  assert.deepEqual(pieces("feed.joined"), [{ name: "player" }, " joined"]);
  const node = /** @type {Node} */ (/** @type {unknown} */ ({ node: true }));
  assert.deepEqual(nodes("watch.following", { player: node }), ["You follow ", node]);
});

test("how long something took", () => {
  assert.equal(duration(1400), "1 second");
  assert.equal(duration(59_600), "60 seconds");
  assert.equal(duration(119_000), "119 seconds");
  assert.equal(duration(180_000), "3 minutes");
  assert.equal(duration(-5), "0 seconds");
});

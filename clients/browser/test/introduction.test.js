/** What a client says of itself, and which of the tickets that it asks for it uses. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Introduction } from "../src/introduction.js";
import { Role } from "../src/wire.js";
import { decode } from "../vendor/msgpack/decode.mjs";

const WHO = Object.freeze({ game: "toy", room: "toy1", role: Role.PLAYER, name: "Ann" });
const LONG = "x".repeat(100_000);

/** @param {Introduction} introduction @param {Uint8Array | null} [token] @returns {unknown} the credential in its HELLO */
function shown(introduction, token = null) {
  return /** @type {unknown[]} */ (decode(introduction.say(token)))[4];
}

test("it shows what it was given, and a seat's token where there is a seat", () => {
  const token = new Uint8Array(16).fill(7);
  const introduction = new Introduction(WHO, "ticket");
  assert.equal(introduction.source, null);
  assert.equal(shown(introduction), "ticket");
  assert.deepEqual(shown(introduction, token), token);
  assert.equal(shown(introduction), "ticket", "the token was for that one line");
  assert.equal(shown(new Introduction(WHO, null)), null);
});

test("what the server would refuse is refused at once", () => {
  assert.throws(() => new Introduction({ ...WHO, name: " " }, null), RangeError);
  assert.throws(() => new Introduction(WHO, LONG), RangeError);
});

test("the ticket that was asked for last is shown, whichever comes first", async () => {
  /** @type {((ticket: string) => void)[]} */
  const given = [];
  const source = () => /** @type {Promise<string>} */ (new Promise((give) => given.push(give)));
  const introduction = new Introduction(WHO, source);
  assert.equal(introduction.source, source);
  const [older, newer] = [introduction.ask(source), introduction.ask(source)];
  given[1]("newer");
  assert.equal(await newer, null);
  assert.equal(introduction.asking, false);
  given[0]("older");
  assert.equal(await older, undefined);
  assert.equal(shown(introduction), "newer");
});

test("who gives none says why, and what was shown before still is", async () => {
  /** @type {(() => string)[]} */
  const answers = [
    () => "good",
    () => {
      throw new Error("not today");
    },
    () => LONG,
  ];
  const source = () => /** @type {() => string} */ (answers.shift())();
  const introduction = new Introduction(WHO, source);
  assert.equal(await introduction.ask(source), null);
  assert.equal((await introduction.ask(source))?.message, "not today");
  assert.ok((await introduction.ask(source)) instanceof RangeError, "what cannot be a ticket");
  assert.equal(introduction.asking, false);
  assert.equal(shown(introduction), "good");
});

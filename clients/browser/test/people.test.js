/** Who is in the room. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { People } from "../pages/play/people.js";

/** @param {number} owner @param {string} name @param {Record<string, unknown>} [more] */
function entity(owner, name, more = {}) {
  return { values: /** @type {any} */ ({ owner, name, team: 0, connected: true, bot: false, host: false, ...more }) };
}

test("who is there at first has not just come; who comes and goes is told once", () => {
  const people = new People();
  assert.deepEqual(people.update([entity(1, "Ann"), entity(2, "Bob")]), { joined: [], left: [] });
  const next = people.update([entity(2, "Bob"), entity(3, "Cat", { bot: true })]);
  assert.deepEqual([next.joined.map(({ name }) => name), next.left.map(({ name }) => name)], [["Cat"], ["Ann"]]);
  assert.deepEqual(people.update([entity(2, "Bob"), entity(3, "Cat")]), { joined: [], left: [] });
  assert.deepEqual(
    people.here.map(({ player }) => player),
    [2, 3],
  );
});

test("who has left is still known by name, until his number is somebody else's", () => {
  const people = new People();
  people.update([entity(1, "Ann")]);
  people.update([]);
  assert.equal(people.get(1)?.name, "Ann");
  assert.equal(people.get(1)?.here, false);
  const { joined } = people.update([entity(1, "Bob")]);
  assert.deepEqual(
    joined.map(({ name }) => name),
    ["Bob"],
  );
  assert.equal(people.get(1)?.name, "Bob");
});

test("a number that is somebody else's at once is one who has come", () => {
  const people = new People();
  people.update([entity(1, "Ann")]);
  assert.deepEqual(
    people.update([entity(1, "Bob")]).joined.map(({ name }) => name),
    ["Bob"],
  );
});

test("what a game hides of its players is nothing", () => {
  const people = new People();
  people.update([{ values: /** @type {any} */ ({ owner: 4 }) }]);
  assert.deepEqual(
    (({ name, team, bot, host, connected }) => ({ name, team, bot, host, connected }))(/** @type {any} */ (people.get(4))),
    { name: "", team: 0, bot: false, host: false, connected: true },
  );
});

test("not everybody who has ever been there is kept", () => {
  const people = new People();
  people.update([]);
  for (let player = 1; player <= 500; player++) {
    people.update([entity(player, `P${player}`)]);
    people.update([]);
  }
  const known = Array.from({ length: 500 }, (_, at) => people.get(at + 1)).filter((person) => person !== undefined);
  assert.equal(known.length, 64);
  assert.equal(people.get(500)?.name, "P500");
});

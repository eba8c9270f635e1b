/** What the people of a world are called, and their colours, on the page that plays and on the one that watches. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Cast, STRANGERS } from "../pages/play/cast.js";
import { playerColour, teamColour } from "../pages/shared/palette.js";
import { Schema } from "../src/schema.js";

/** @param {"standard" | "safe"} palette */
function settings(palette = "standard") {
  return { get: (/** @type {string} */ name) => /** @type {any} */ ({ palette })[name] };
}

/** @param {number} owner @param {string} name @param {number} [team] */
function entity(owner, name, team = 0) {
  return { values: /** @type {any} */ ({ owner, name, team }) };
}

test("who has a name is called by it, and everybody else is called something", () => {
  const cast = new Cast(settings());
  cast.people.update([entity(1, "Ann"), entity(2, "")]);
  assert.deepEqual([0, 1, 2, 3].map((player) => cast.nameOf(player)), ["Nobody", "Ann", "Player 2", "Player 3"]);
  assert.equal(STRANGERS.nameOf(1), "Player 1");
  assert.equal(STRANGERS.colourOf(1), "");
});

test("who is known from elsewhere is called so until he is there, and after another beginning again", () => {
  const cast = new Cast(settings(), (player) => (player === 1 ? "Ada" : undefined));
  assert.deepEqual([cast.nameOf(1), cast.nameOf(2)], ["Ada", "Player 2"]);
  cast.people.update([entity(1, "Ann")]);
  assert.equal(cast.nameOf(1), "Ann");
  cast.begin();
  assert.equal(cast.nameOf(1), "Ada");
  assert.deepEqual(cast.people.update([entity(1, "Ann")]).joined, [], "who is there then has not just come");
});

test("the colour is the team's, or one's own, of the palette that was chosen", () => {
  for (const palette of /** @type {const} */ (["standard", "safe"])) {
    const cast = new Cast(settings(palette));
    cast.people.update([entity(1, "Ann", 2), entity(2, "Bob")]);
    assert.equal(cast.colourOf(1), teamColour(2, palette));
    assert.equal(cast.colourOf(2), playerColour(2, palette));
  }
});

test("a game's own scoreboard is shown; of a game without one, what it keeps of its players", () => {
  const integer = (/** @type {string} */ name, high = 9) => ({ name, type: "integer", low: 0, high });
  const fields = [integer("owner", 991), integer("team", 31), integer("points")];
  const kinds = [
    { name: "Table", fields: [integer("goals")] },
    { name: "Player", fields: [{ name: "name", type: "text", most: 24 }, ...fields] },
  ];
  const schema = new Schema(/** @type {any} */ ({ game: "toy", version: 1, kinds, events: [], calls: [], input: [], options: [] }));
  const players = [{ ...entity(1, "Ann"), id: 1, kind: "Player" }];
  players[0].values.points = 4;
  const room = { schema, world: { all: (/** @type {string} */ kind) => (kind === "Player" ? players : []) } };
  const cast = new Cast(settings());
  cast.people.update(players);
  const own = { title: "Mine", columns: [], groups: [] };
  assert.equal(cast.scoreboard(room, { scoreboard: () => own }), own);
  for (const view of [null, {}]) {
    const board = cast.scoreboard(room, view);
    assert.deepEqual(board.columns, ["Points"]);
    assert.deepEqual(board.groups[0].rows, [{ player: 1, cells: [4] }]);
  }
});

/** Which room is best, and how it is found by an address. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { addressOf, bestRoom, codeTyped, inOrder, offerOf, placeOf, placeTyped, seatsFor } from "../pages/shared/rooms.js";

/** @param {Partial<import("../pages/shared/rooms.js").Offer>} offer */
function room(offer) {
  const { people = 0, bots = 0 } = offer;
  const players = people + bots;
  return { room: "a", game: "arena", map: "", mode: "", players, people, bots, most: 16, spectators: 0, running: true, ...offer };
}

test("quick play goes where people are", () => {
  const offers = [room({ room: "a" }), room({ room: "b", people: 2, game: "pong" }), room({ room: "c", people: 1 })];
  assert.equal(bestRoom(offers)?.room, "b");
});

test("of rooms with as many people the arena is first, then the one with more seats", () => {
  const offers = [
    room({ room: "a", game: "pong", most: 200 }),
    room({ room: "b", most: 8 }),
    room({ room: "c", most: 12 }),
    room({ room: "d", most: 12 }),
  ];
  assert.equal(bestRoom(offers)?.room, "c");
});

test("full rooms are none, but bots make way", () => {
  const full = room({ room: "a", people: 16 });
  const bots = room({ room: "b", people: 1, bots: 15 });
  assert.equal(seatsFor(full), 0);
  assert.equal(seatsFor(bots), 15);
  assert.equal(bestRoom([full, bots])?.room, "b");
  assert.equal(bestRoom([full]), null);
  assert.equal(bestRoom([]), null);
});

test("a room can be left out, and a game be wished; the lobby is never one to play in", () => {
  const offers = [
    room({ room: "a", people: 3 }),
    room({ room: "b", game: "pong" }),
    room({ room: "lobby", game: "lobby", people: 9 }),
  ];
  assert.equal(bestRoom(offers, { not: "a" })?.room, "b");
  assert.equal(bestRoom(offers, { game: "pong" })?.room, "b");
  assert.equal(bestRoom(offers, { game: "fleet" }), null);
  assert.deepEqual(
    inOrder(offers).map((offer) => offer.room),
    ["a", "b"],
  );
});

test("a list has rooms with people first, and full ones last", () => {
  const offers = [
    room({ room: "full", people: 16 }),
    room({ room: "empty" }),
    room({ room: "bots", bots: 8 }),
    room({ room: "people", people: 1 }),
  ];
  assert.deepEqual(
    inOrder(offers).map((offer) => offer.room),
    ["people", "bots", "empty", "full"],
  );
});

test("an offer is read from its entity, and what is missing is nothing", () => {
  const values = {
    room: "arena1",
    game: "arena",
    map: "field",
    mode: "all",
    players: 9,
    people: 1,
    bots: 8,
    most: 16,
    spectators: 2,
    running: 1,
  };
  assert.deepEqual(offerOf(values), {
    room: "arena1",
    game: "arena",
    map: "field",
    mode: "all",
    players: 9,
    people: 1,
    bots: 8,
    most: 16,
    spectators: 2,
    running: true,
  });
  assert.deepEqual(offerOf({ room: "x" }), {
    room: "x",
    game: "",
    map: "",
    mode: "",
    players: 0,
    people: 0,
    bots: 0,
    most: 0,
    spectators: 0,
    running: false,
  });
});

test("an address says where to play, and back", () => {
  for (const place of [
    { room: "arena1", game: "arena", watch: false, code: null },
    { room: "x", game: "my-game@2", watch: true, code: null },
    { room: null, game: null, watch: false, code: null },
    { room: "secret", game: "arena", watch: false, code: "bcdfg" },
  ]) {
    const address = addressOf(place);
    assert.match(address, /^\/play\//);
    const { search, hash } = new URL(address, "http://there/");
    assert.deepEqual(placeOf(search, hash), place);
  }
});

test("a code stands in the fragment alone, which is sent to no server", () => {
  const address = addressOf({ room: "secret", game: "arena", code: "bcdfg" });
  assert.equal(address, "/play/?room=secret&game=arena#code=bcdfg");
  assert.ok(!new URL(address, "http://there/").search.includes("bcdfg"));
  assert.equal(placeOf("?room=secret&code=bcdfg").code, null);
});

test("a code is read as it may have been said or written", () => {
  assert.equal(codeTyped(" BcdFg "), "bcdfg");
  for (const typed of ["", "b c", "<b>", "x".repeat(33)]) assert.equal(codeTyped(typed), null);
  assert.equal(placeOf("?room=secret", "#code=%3Cb%3E").code, null);
  assert.equal(placeOf("?room=secret", "#elsewhere").code, null);
});

test("nonsense in an address is left out", () => {
  assert.deepEqual(placeOf("?room=../x&game=<b>&watch=yes"), { room: null, game: null, watch: false, code: null });
});

test("a link or the name of a room is understood, and nothing else", () => {
  assert.deepEqual(placeTyped(" https://host.example/play/?room=arena1&game=arena "), {
    room: "arena1",
    game: "arena",
    watch: false,
    code: null,
  });
  assert.deepEqual(placeTyped("https://host.example/play/?room=secret&game=arena#code=bcdfg"), {
    room: "secret",
    game: "arena",
    watch: false,
    code: "bcdfg",
  });
  assert.deepEqual(placeTyped("Arena1"), { room: "arena1", game: null, watch: false, code: null });
  for (const typed of ["", "my room", "javascript:alert(1)", "https://host.example/play/", "?room=<script>"])
    assert.equal(placeTyped(typed), null);
});

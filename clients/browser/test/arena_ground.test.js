/** Maps as the browser reads them: the same walls as on the server, and an error for everything that is none. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import test from "node:test";

import { Ground, MapError, splitGid } from "../arena/ground.js";
import { shoot, toWall } from "../arena/rays.js";
import { readVectors } from "./vectors.js";

const { maps } = readVectors("arena/ground");
const TINY = fileOf({ name: "tiny" });

/** @param {{name: string, tmj?: string}} map @returns {Uint8Array} */
function fileOf({ name, tmj }) {
  if (tmj !== undefined) return new TextEncoder().encode(tmj);
  return new Uint8Array(readFileSync(new URL(`../../../maps/${name}.tmj`, import.meta.url)));
}

test("all maps are here", () => {
  const names = maps.map((/** @type {any} */ map) => map.name);
  assert.deepEqual(names, ["duel", "expanse", "field", "forts", "maze", "tiny", "rough 24", "rough 41"]);
});

for (const map of maps) {
  const ground = Ground.fromTmj(fileOf(map));

  test(`${map.name}: its parts`, () => {
    assert.deepEqual([ground.width, ground.height, ground.tileSize], map.size);
    const solid = createHash("sha256");
    for (let row = 0; row < ground.height; row++)
      for (let column = 0; column < ground.width; column++) solid.update(Uint8Array.of(ground.solidAt(column, row) ? 1 : 0));
    assert.equal(solid.digest("hex"), map.solid);
    assert.deepEqual({ ...ground.properties }, map.properties);
    assert.deepEqual(
      ground.objects.map((it) => [it.id, it.type, it.name, it.x, it.y, it.width, it.height, { ...it.properties }]),
      map.objects,
    );
  });

  test(`${map.name}: blocked`, () => {
    for (const [x, y, half, answer] of map.blocked) assert.equal(ground.blocked(x, y, half), answer === 1, `${x} ${y} ${half}`);
  });

  test(`${map.name}: clearLine, both ways`, () => {
    for (const [x0, y0, x1, y1, answer] of map.lines) {
      assert.equal(ground.clearLine(x0, y0, x1, y1), answer === 1, `${x0} ${y0} ${x1} ${y1}`);
      assert.equal(ground.clearLine(x1, y1, x0, y0), answer === 1, `${x1} ${y1} ${x0} ${y0}`);
    }
  });

  test(`${map.name}: toWall`, () => {
    for (const [x, y, aim, ...end] of map.ends) assert.deepEqual(toWall(ground, x, y, aim), end, `${x} ${y} ${aim}`);
  });

  test(`${map.name}: shoot`, () => {
    let hits = 0;
    for (const [x, y, aim, targets, ...end] of map.shots) {
      assert.deepEqual(shoot(ground, x, y, aim, targets), end, `${x} ${y} ${aim}`);
      hits += end[2] === null ? 0 : 1;
    }
    assert.ok(hits > 10 && hits < map.shots.length, String(hits));
  });
}

test("outside everything is solid", () => {
  const ground = Ground.fromTmj(TINY);
  for (const [column, row] of [[-1, 3], [3, -1], [ground.width, 3], [3, ground.height], [NaN, 3]])
    assert.ok(ground.solidAt(column, row), `${column} ${row}`);
  assert.deepEqual(ground.tileAt(-0.001, 32), [-1, 1]);
});

// -- what there is to draw ---------------------------------------------------------------------------------------------------
test("the visible layers, the lowest first, and the sheet of tiles", () => {
  const ground = Ground.fromTmj(fileOf({ name: "forts" }));
  assert.deepEqual(
    ground.layers.map(({ name, opacity, gids }) => [name, opacity, gids.length]),
    [
      ["floor", 1, 48 * 28],
      ["walls", 1, 48 * 28],
    ],
  );
  const sheet = { firstGid: 1, tileCount: 48, columns: 8, tileSize: 32, margin: 0, spacing: 0, image: "tiles.png" };
  assert.deepEqual(ground.tileset, sheet);
});

test("a hidden layer of walls is not drawn, and solid all the same", () => {
  const ground = Ground.fromTmj(changed((map) => (map.layers[1].visible = false)));
  assert.deepEqual(ground.layers.map((layer) => layer.name), ["floor"]);
  assert.ok(ground.solidAt(0, 0));
});

test("flips and turns are kept apart from the tile", () => {
  const gid = (0xa000_0000 | 7) >>> 0;
  const ground = Ground.fromTmj(changed((map) => (map.layers[0].data[5] = gid)));
  assert.equal(ground.layers[0].gids[5], gid);
  assert.deepEqual(splitGid(gid), { tile: 7, diagonally: true, flippedX: true, flippedY: false });
  assert.deepEqual(splitGid(0x4000_0001), { tile: 1, diagonally: false, flippedX: false, flippedY: true });
});

test("an image's folder is nobody's business, and what is no sheet is not drawn from", () => {
  const elsewhere = Ground.fromTmj(changed((map) => (map.tilesets[0].image = "https://example.org/../a\\b.png")));
  assert.equal(elsewhere.tileset?.image, "b.png");
  const collection = Ground.fromTmj(changed((map) => delete map.tilesets[0].image));
  assert.equal(collection.tileset, null);
});

test("a property may have any name", () => {
  const named = Ground.fromTmj(changed((map) => map.properties.push({ name: "__proto__", type: "string", value: "x" })));
  assert.equal(named.properties.__proto__, "x");
  assert.equal(Ground.fromTmj(TINY).properties.constructor, undefined);
});

// -- damage ------------------------------------------------------------------------------------------------------------------
/** @param {(map: any) => void} change @returns {Uint8Array} the bytes of tiny.tmj with a change */
function changed(change) {
  const map = JSON.parse(new TextDecoder().decode(TINY));
  change(map);
  return new TextEncoder().encode(JSON.stringify(map));
}

/** @type {[string, RegExp, (map: any) => void][]} */
const damages = [
  ["another type of file", /`type`/, (map) => (map.type = "tileset")],
  ["hexagons", /orthogonal/, (map) => (map.orientation = "hexagonal")],
  ["no end", /infinite/, (map) => delete map.infinite],
  ["no width", /`width` is missing/, (map) => delete map.width],
  ["half a tile", /`height` is 8.5/, (map) => (map.height = 8.5)],
  ["a width in words", /`width` is "12"/, (map) => (map.width = "12")],
  ["too many tiles", /`width` is 257/, (map) => (map.width = 257)],
  ["tiles that are not square", /square/, (map) => (map.tileheight = 16)],
  ["no layers", /`layers` is missing/, (map) => delete map.layers],
  ["a layer that is null", /a layer is null/, (map) => (map.layers[0] = null)],
  ["no walls", /no tile layer "walls"/, (map) => map.layers.splice(1, 1)],
  ["no objects", /no object layer/, (map) => map.layers.splice(2, 1)],
  ["two layers of a name", /"walls" is there twice/, (map) => (map.layers[0].name = "walls")],
  ["a group", /"group"/, (map) => (map.layers[0].type = "group")],
  ["a shifted layer of walls", /shifted/, (map) => (map.layers[1].offsetx = 4)],
  ["encoded tiles", /encoded/, (map) => (map.layers[1].data = "eJw=")],
  ["a tile too few", /107 tiles/, (map) => map.layers[1].data.pop()],
  ["a tile that is none", /-1 is no tile/, (map) => (map.layers[1].data[3] = -1)],
  ["a tile that is a text", /"1" is no tile/, (map) => (map.layers[1].data[3] = "1")],
  ["a tile of no tileset", /no tileset holds the tile 49/, (map) => (map.layers[1].data[3] = 49)],
  ["a layer of another size", /not as large/, (map) => (map.layers[1].width = 11)],
  ["an external tileset", /another file/, (map) => (map.tilesets[0].source = "tiles.tsx")],
  ["tilesets that overlap", /overlap/, (map) => map.tilesets.push({ firstgid: 48, tilecount: 1 })],
  ["too many objects", /513 items/, (map) => (map.layers[2].objects = Array(513).fill(map.layers[2].objects[0]))],
  ["an object twice", /is there twice/, (map) => map.layers[2].objects.push(map.layers[2].objects[0])],
  ["an object outside", /outside/, (map) => (map.layers[2].objects[0].x = 12 * 32)],
  ["an object of no class", /no class/, (map) => (map.layers[2].objects[0].type = "")],
  ["an object nowhere", /`x` is null/, (map) => (map.layers[2].objects[0].x = null)],
  ["a property that is a list", /is a list/, (map) => (map.properties[0].value = [1])],
  ["a property without end", /`name`|"title"|"modes"|"players"/, (map) => (map.properties[0].value = "x".repeat(1025))],
];
for (const [what, message, change] of damages)
  test(`refused: ${what}`, () => {
    const bytes = changed(change);
    assert.throws(() => Ground.fromTmj(bytes), (error) => error instanceof MapError && message.test(error.message));
  });

test("refused: what is no JSON, no text, nothing, too much, too deep", () => {
  const texts = ["", "{", "null", "[".repeat(200_000) + "]".repeat(200_000), `${" ".repeat(2 ** 20)}{}`];
  for (const bytes of [...texts.map((text) => new TextEncoder().encode(text)), Uint8Array.of(0xff, 0xfe)])
    assert.throws(() => Ground.fromTmj(bytes), MapError);
});

test("whatever the bytes, there is a map or this one error", () => {
  let state = 12345;
  const random = (/** @type {number} */ below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  let refused = 0;
  for (let round = 0; round < 2000; round++) {
    const bytes = TINY.slice();
    for (let hits = 1 + random(3); hits > 0; hits--) bytes[random(bytes.length)] = random(256);
    try {
      assert.ok(Ground.fromTmj(round % 10 === 0 ? bytes.subarray(0, random(bytes.length)) : bytes) instanceof Ground);
    } catch (error) {
      assert.ok(error instanceof MapError, String(error));
      refused++;
    }
  }
  assert.ok(refused > 500, `${refused} of 2000`);
});

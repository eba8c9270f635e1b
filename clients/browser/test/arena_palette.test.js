import assert from "node:assert/strict";
import test from "node:test";

import { COMMON, Colours, FLOORS, SEEN, channels, contrast } from "../arena/palette.js";

const PALETTES = ["standard", "safe"];
const PLAYERS = Array.from({ length: 16 }, (_, index) => index + 1);

test("contrast is WCAG 2's", () => {
  assert.equal(contrast("#ffffff", "#000000").toFixed(2), "21.00");
  assert.equal(contrast("#777777", "#ffffff").toFixed(2), "4.48");
  assert.equal(contrast("#123456", "#123456"), 1);
});

for (const name of PALETTES)
  test(`${name}: hulls, names and trails are seen on every floor`, () => {
    const colours = new Colours(name);
    const paints = [colours.team(1), colours.team(2), ...PLAYERS.map((player) => colours.player(player, 0))];
    for (const { fill, light } of paints)
      for (const floor of FLOORS) {
        assert.ok(contrast(fill, floor) >= SEEN, `${fill} on ${floor}: ${contrast(fill, floor)}`);
        assert.ok(contrast(light, floor) >= 4.5, `${light} on ${floor}: ${contrast(light, floor)}`);
      }
  });

test("things to take, and what flies, are seen on every floor", () => {
  for (const colour of [COMMON.health, COMMON.ammo, COMMON.speed, COMMON.shell, COMMON.spread, COMMON.rail])
    for (const floor of FLOORS) assert.ok(contrast(colour, floor) >= SEEN, `${colour} on ${floor}`);
});

/** A colour as eyes see it that lack one kind of cone (Viénot, Brettel, Mollon 1999). */
const BLIND = {
  protan: [
    [0.11238, 0.88762, 0],
    [0.11238, 0.88762, 0],
    [0.00401, -0.00401, 1],
  ],
  deutan: [
    [0.29275, 0.70725, 0],
    [0.29275, 0.70725, 0],
    [-0.02234, 0.02234, 1],
  ],
};

test("safe: the teams are told apart by those who lack a kind of cone", () => {
  const colours = new Colours("safe");
  for (const [kind, matrix] of Object.entries(BLIND)) {
    const [one, other] = [1, 2].map((team) => {
      const linear = channels(colours.team(team).fill).map((channel) => (channel / 255) ** 2.2);
      return matrix.map((row) => row.reduce((sum, part, index) => sum + part * linear[index], 0));
    });
    const apart = Math.hypot(...one.map((channel, index) => channel - other[index]));
    assert.ok(apart > 0.4, `${kind}: ${apart}`);
  }
});

test("a player without a team has always the same colour, one with a team his team's", () => {
  const colours = new Colours("standard");
  assert.equal(colours.player(3, 0), colours.player(3, 0));
  assert.equal(colours.player(3, 2), colours.team(2));
  assert.ok(new Set(PLAYERS.map((player) => colours.player(player, 0).fill)).size >= 12);
});

/** The scoreboard of a game that has none of its own: whatever number it keeps of each player. Pure. */

import { spoken } from "../shared/options.js";
import { t } from "../shared/texts.js";

/** @typedef {import("../../src/schema.js").Field} Field */
/** @typedef {import("../../src/schema.js").Schema} Schema */
/** @typedef {import("../../src/schema.js").Values} Values */
/** @typedef {import("./people.js").Person} Person */
/** @typedef {import("./view.js").Scoreboard} Scoreboard */
/** @typedef {{all(kind: string): {values: Values}[]}} World */
/** @typedef {{name: string, of: (player: number) => number | null}} Score */

/** What is no achievement, whatever it counts: whose it is, where it is, and how large. */
const KNOWN = new Set(["owner", "team", "x", "y", "width", "height", "length", "size", "radius"]);
const COLUMNS_MOST = 5;

/**
 * The numbers that everybody sees of each player: those of the player himself, else those of the one thing that he has.
 *
 * @param {Schema} schema
 * @param {World} world
 * @returns {Score[]}
 */
export function scoresOf(schema, world) {
  const [, players, ...things] = schema.kinds;
  for (const kind of [players, ...things]) {
    const fields = kind.fields.filter(isScore).slice(0, COLUMNS_MOST);
    if (fields.length === 0) continue;
    /** @type {Map<number, Values>} */
    const byOwner = new Map();
    let several = false;
    for (const { values } of world.all(kind.name)) {
      const owner = Number(values.owner ?? 0);
      several ||= owner === 0 || byOwner.has(owner);
      byOwner.set(owner, values);
    }
    if (byOwner.size === 0 || several) continue;
    return fields.map(({ name }) => ({
      name,
      of: (player) => {
        const value = byOwner.get(player)?.[name];
        return typeof value === "number" ? value : null;
      },
    }));
  }
  return [];
}

/** @param {Field} field */
function isScore({ name, type, audience }) {
  return type === "integer" && audience === "all" && !KNOWN.has(name);
}

/**
 * @param {readonly Score[]} scores
 * @param {readonly Person[]} people
 * @param {(team: number) => string} teamColour
 * @returns {Scoreboard}
 */
export function scoreboardOf(scores, people, teamColour) {
  const teams = [...new Set(people.map(({ team }) => team))].sort((one, other) => one - other);
  /** @param {Person} person */
  const rank = ({ player }) => scores[0]?.of(player) ?? 0;
  return {
    title: t("scores.title"),
    columns: scores.map(({ name }) => spoken(name)),
    groups: teams.map((team) => ({
      title: team === 0 ? null : t("scores.team", { number: team }),
      colour: team === 0 ? null : teamColour(team),
      score: null,
      rows: people
        .filter((person) => person.team === team)
        .sort((one, other) => rank(other) - rank(one) || one.player - other.player)
        .map(({ player }) => ({ player, cells: scores.map(({ of }) => of(player) ?? t("net.none")) })),
    })),
  };
}

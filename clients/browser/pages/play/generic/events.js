/** What happens in a game that is drawn from its schema, in words: the event's name and its values. */

import { spoken } from "../../shared/options.js";
import { namesPlayer, valueText } from "./panel.js";

/** @typedef {import("../../../src/schema.js").Fields} Fields */
/** @typedef {import("../../../src/schema.js").Schema} Schema */
/** @typedef {import("../../../src/schema.js").Values} Values */
/** @typedef {import("../view.js").Description} Description */
/** @typedef {import("../view.js").FeedPart} FeedPart */

/** What the page itself tells of, in every game. */
const OF_THE_PAGE = new Set(["Said", "Emoted", "Ended"]);
/**
 * By their names most events say what they are; one of another name is just an event.
 *
 * @type {readonly [RegExp, Description["sort"]][]}
 */
const SORTS = [
  [/^(goal|scored?|point|captured?)/i, "score"],
  [/^(killed?|died|death|sunk|destroyed|eliminated)/i, "kill"],
  [/^(round|wave|level|half)/i, "round"],
];
/** A number so large is of something, and says nothing to people. */
const ID_FROM = 1e6;

/**
 * @param {string} name
 * @param {Values} values
 * @param {Schema} schema
 * @returns {Description | null} null: the page tells of it
 */
export function describe(name, values, schema) {
  if (OF_THE_PAGE.has(name)) return null;
  const fields = schema.events.find((event) => event.name === name)?.fields ?? [];
  /** @type {FeedPart[]} */
  const parts = [spoken(name)];
  let first = 0;
  for (const field of fields) {
    const value = values[field.name];
    if (namesPlayer(field)) {
      parts.push(" ", { player: Number(value) });
      first ||= Number(value);
    } else if (typeof value !== "number" || Math.abs(value) < ID_FROM)
      parts.push(` ${spoken(field.name).toLowerCase()} ${valueText(value)}`);
  }
  return { sort: SORTS.find(([pattern]) => pattern.test(name))?.[1] ?? "event", parts, player: first };
}

/**
 * What a timeline shows: the marks of a recording, with words. Pure.
 *
 * A mark is of a sort, by which it is drawn and filtered. What an event of a game means the game's view says (`describe`).
 */

import { pieces } from "../shared/texts.js";

/** @typedef {import("../../src/recording/header.js").Mark} RecordedMark */
/** @typedef {import("../../src/schema.js").Values} Values */
/** @typedef {import("../play/view.js").Description} Description */
/** @typedef {import("../play/view.js").FeedPart} FeedPart */
/** @typedef {import("../shared/texts.js").TextKey} TextKey */

/** @typedef {"kill" | "score" | "round" | "joined" | "left" | "event" | "note" | "fault" | "gap"} Sort */
/**
 * @typedef {object} Mark
 * @property {number} tick
 * @property {number} until  its last tick: another one for a gap
 * @property {Sort} sort
 * @property {readonly FeedPart[]} parts  what happened, in words
 * @property {number} player  whom one should look at; 0: nobody in particular
 */
/** @typedef {{player: number, name: string, bot: boolean}} Taker  somebody who took part */

/** What one chooses to see, and which sorts belong to it. @type {Readonly<Record<Filter, readonly Sort[]>>} */
export const FILTERS = Object.freeze({
  kills: ["kill"],
  scores: ["score"],
  rounds: ["round"],
  people: ["joined", "left"],
  others: ["event", "note"],
});
/** @typedef {"kills" | "scores" | "rounds" | "people" | "others"} Filter */
/** Nobody chooses not to see that something is missing. @type {readonly Sort[]} */
const ALWAYS = ["fault", "gap"];

/**
 * Everybody who took part, by number, with the name that he had last.
 *
 * @param {readonly RecordedMark[]} marks
 * @returns {Map<number, Taker>}
 */
export function takersOf(marks) {
  const found = new Map();
  for (const mark of marks)
    if (mark.what === "joined") found.set(mark.player, { player: mark.player, name: mark.name, bot: mark.bot });
  return found;
}

/**
 * The marks of a recording in words.
 *
 * @param {readonly RecordedMark[]} marks  by tick
 * @param {object} game
 * @param {number} game.first  the tick in which it begins: who is there then has not just come
 * @param {(name: string, values: Values) => Description | null} game.describe
 * @returns {Mark[]} by tick
 */
export function marksOf(marks, game) {
  const found = marks.flatMap((mark) => {
    const told = toldOf(mark, game);
    return told === null ? [] : [{ tick: mark.what === "gap" ? mark.from : mark.tick, until: mark.tick, ...told }];
  });
  return found.sort((one, other) => one.tick - other.tick); // a gap is told of when it is over
}

/**
 * @param {RecordedMark} mark
 * @param {{first: number, describe: (name: string, values: Values) => Description | null}} game
 * @returns {Omit<Mark, "tick" | "until"> | null} null: it is no news
 */
function toldOf(mark, { first, describe }) {
  switch (mark.what) {
    case "joined":
      return mark.tick > first ? { sort: "joined", player: mark.player, parts: line("feed.joined", mark.player) } : null;
    case "left":
      return { sort: "left", player: 0, parts: line("feed.left", mark.player) };
    case "event":
      return describe(mark.name, mark.values);
    case "over":
      return { sort: "round", player: 0, parts: line("watch.mark.over") };
    case "fault":
      return { sort: "fault", player: 0, parts: line("watch.mark.fault") };
    case "gap":
      return { sort: "gap", player: 0, parts: line("watch.mark.gap") };
    case "note":
      return { sort: "note", player: 0, parts: [mark.text] };
  }
}

/** @param {TextKey} key @param {number} [player] @returns {FeedPart[]} */
function line(key, player = 0) {
  return pieces(key).map((piece) => (typeof piece === "string" ? piece : { player }));
}

/**
 * @param {readonly Mark[]} marks
 * @param {ReadonlySet<Filter>} hidden  what one does not want to see
 * @returns {Mark[]}
 */
export function filtered(marks, hidden) {
  const shown = new Set(ALWAYS);
  for (const [filter, sorts] of Object.entries(FILTERS))
    if (!hidden.has(/** @type {Filter} */ (filter))) for (const sort of sorts) shown.add(sort);
  return marks.filter(({ sort }) => shown.has(sort));
}

/**
 * The first mark at or behind a tick.
 *
 * @param {readonly {tick: number}[]} marks  by tick
 * @param {number} tick
 * @returns {number} its index; their number if there is none
 */
export function firstFrom(marks, tick) {
  let [low, high] = [0, marks.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (marks[middle].tick < tick) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Those near to a tick, the nearest first: what a pointer means.
 *
 * @param {readonly Mark[]} marks  by tick
 * @param {number} tick
 * @param {{within: number, most: number}} how  `within`: ticks
 * @returns {Mark[]}
 */
export function nearTo(marks, tick, { within, most }) {
  const found = [];
  for (let at = firstFrom(marks, tick - within); at < marks.length && marks[at].tick <= tick + within; at++) found.push(marks[at]);
  for (const mark of marks) if (mark.sort === "gap" && mark.tick < tick - within && mark.until >= tick) found.push(mark);
  return found.sort((one, other) => Math.abs(one.tick - tick) - Math.abs(other.tick - tick)).slice(0, most);
}

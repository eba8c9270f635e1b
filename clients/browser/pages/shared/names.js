/** What a player may be called: the server's rule (`gameserver/core/words.py`), so that a page says so before the server does. */

/** In code points. */
export const NAME_MOST = 24;
/** In code points, of a chat line. */
export const LINE_MOST = 120;

/** Controls, formatting (it can turn the direction of what stands around), halves of pairs, what nobody has defined, line ends. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/u;

/** @typedef {"name.empty" | "name.long" | "name.invisible"} NameFault  keys of the texts */

/**
 * @param {string} typed
 * @returns {string} without blanks at both ends
 */
export function trimName(typed) {
  return typed.trim();
}

/**
 * @param {string} name  trimmed
 * @returns {NameFault | null} what is wrong with it; null: nothing
 */
export function nameFault(name) {
  if (name === "" || /^\s*$/u.test(name)) return "name.empty";
  if (INVISIBLE.test(name)) return "name.invisible";
  if ([...name].length > NAME_MOST) return "name.long";
  return null;
}

/**
 * A name for somebody who has not chosen one yet.
 *
 * @param {() => number} random  from 0 up to 1
 * @returns {string}
 */
export function anyName(random) {
  /** @param {readonly string[]} words */
  const pick = (words) => words[Math.floor(random() * words.length)];
  return `${pick(FIRST)} ${pick(SECOND)}`;
}

const FIRST =
  "Amber Brave Calm Dusty Eager Faint Grim Hasty Iron Jolly Keen Lucky Mild Nimble Odd Proud Quick Rusty Sly Tough".split(" ");
const SECOND =
  "Badger Crow Drum Eagle Ferret Goose Heron Ibex Jackal Kettle Lynx Moth Newt Otter Piston Rook Stoat Toad Vole Wasp".split(" ");

/** The list of recordings as the server gives it: what can be read of it, and what fits a search. Pure. */

/**
 * @typedef {object} Listed
 * @property {string} name  of the file
 * @property {string} game
 * @property {string} room
 * @property {string} map  empty: it has none
 * @property {number} at  seconds since 1970
 * @property {number} seconds  how long it is
 * @property {readonly string[]} players
 * @property {number | null} size  in bytes; null: it still grows
 * @property {string | null} end  why it ends; null: it goes on, or was cut off
 * @property {boolean} live
 */

/**
 * @param {unknown} answer
 * @returns {{all: Listed[], more: boolean}} what makes no sense is left out; `more`: there are older ones
 */
export function listedOf(answer) {
  const { recordings, more } = /** @type {{recordings?: unknown, more?: unknown}} */ (answer ?? {});
  const all = Array.isArray(recordings) ? recordings.map(one) : [];
  return { all: all.filter((each) => each.name !== "" && each.game !== ""), more: more === true };
}

/**
 * What is listed and what has been asked for since: each once, as it is in the newer answer.
 *
 * @param {readonly Listed[]} known
 * @param {readonly Listed[]} newer
 * @returns {Listed[]} what goes on first, then the newest
 */
export function merged(known, newer) {
  const byName = new Map([...known, ...newer].map((each) => [each.name, each]));
  return [...byName.values()].sort((one, other) => Number(other.live) - Number(one.live) || (one.name < other.name ? 1 : -1));
}

/** @param {unknown} each @returns {Listed} */
function one(each) {
  const values = /** @type {Record<string, unknown>} */ (typeof each === "object" && each !== null ? each : {});
  /** @param {string} name */
  const text = (name) => (typeof values[name] === "string" ? values[name] : "");
  /** @param {string} name */
  const number = (name) => (typeof values[name] === "number" && Number.isFinite(values[name]) ? values[name] : 0);
  const players = Array.isArray(values.players) ? values.players.filter((player) => typeof player === "string") : [];
  return {
    name: text("name"),
    game: text("game"),
    room: text("room"),
    map: text("map"),
    at: number("at"),
    seconds: number("seconds"),
    players,
    size: typeof values.size === "number" ? values.size : null,
    end: typeof values.end === "string" ? values.end : null,
    live: values.live === true,
  };
}

/**
 * @param {readonly Listed[]} all
 * @param {string} search  words, all of which must stand somewhere
 * @returns {Listed[]}
 */
export function found(all, search) {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return all.filter(({ name, game, room, map, players }) => {
    const text = [name, game, room, map, ...players].join("\n").toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

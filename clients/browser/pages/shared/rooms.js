/** The rooms that the lobby tells of, and which one is best for somebody who just wants to play. */

/** @typedef {import("../../src/schema.js").Values} Values */
/**
 * @typedef {object} Offer  an open room
 * @property {string} room
 * @property {string} game
 * @property {string} map  empty: it has none
 * @property {string} mode  empty: it has none
 * @property {number} players  people and bots
 * @property {number} people
 * @property {number} bots
 * @property {number} most  seats
 * @property {number} spectators
 * @property {boolean} running
 */

/** The room that is no game, but the list of the others. */
export const LOBBY = "lobby";
/** The game that everybody understands at once. */
const FAVOURITE = "arena";

const ROOM_PATTERN = /^[a-z0-9]{1,32}$/;
const CODE_PATTERN = /^[a-z0-9]{1,32}$/;
const GAME_PATTERN = /^[a-z][a-z0-9_-]{0,31}(@[0-9]{1,9})?$/;

/**
 * @param {Readonly<Values>} values  of an entity `Offer`
 * @returns {Offer}
 */
export function offerOf(values) {
  /** @param {string} name */
  const number = (name) => (typeof values[name] === "number" ? values[name] : 0);
  /** @param {string} name */
  const text = (name) => (typeof values[name] === "string" ? values[name] : "");
  return {
    room: text("room"),
    game: text("game"),
    map: text("map"),
    mode: text("mode"),
    players: number("players"),
    people: number("people"),
    bots: number("bots"),
    most: number("most"),
    spectators: number("spectators"),
    running: number("running") === 1,
  };
}

/** @param {Offer} offer @returns {number} seats that a person can have: a bot makes way */
export function seatsFor(offer) {
  return Math.max(0, offer.most - (offer.players - offer.bots));
}

/**
 * The best room for quick play: where most people are and one more can be, the arena before others, then where most room is.
 *
 * @param {readonly Offer[]} offers
 * @param {{not?: string, game?: string | null}} [wish]  `not`: a room that it shall not be
 * @returns {Offer | null} null: there is none
 */
export function bestRoom(offers, { not = "", game = null } = {}) {
  const fit = offers.filter(
    (offer) => offer.room !== not && offer.room !== LOBBY && seatsFor(offer) > 0 && (game === null || offer.game === game),
  );
  fit.sort(
    (one, other) =>
      other.people - one.people ||
      Number(other.game === FAVOURITE) - Number(one.game === FAVOURITE) ||
      seatsFor(other) - seatsFor(one) ||
      compare(one.room, other.room),
  );
  return fit[0] ?? null;
}

/**
 * The rooms in the order in which a list shows them: those with people first, full ones behind those with seats.
 *
 * @param {readonly Offer[]} offers
 * @returns {Offer[]}
 */
export function inOrder(offers) {
  return offers
    .filter(({ room }) => room !== LOBBY)
    .sort(
      (one, other) =>
        Number(seatsFor(other) > 0) - Number(seatsFor(one) > 0) ||
        other.people - one.people ||
        other.players - one.players ||
        compare(one.room, other.room),
    );
}

/**
 * @typedef {object} Place
 * @property {string | null} room  null: whichever is best
 * @property {string | null} game  likewise
 * @property {boolean} watch
 * @property {string | null} code  of a private room
 */

/**
 * @param {string} hash  the fragment of a page's address: the part that is sent to no server, and so stands in no log
 * @returns {string | null} the code of a private room in it
 */
export function codeOf(hash) {
  return codeTyped(new URLSearchParams(hash.replace(/^#/, "")).get("code") ?? "");
}

/** @param {string} typed @returns {string | null} null: that can be no code */
export function codeTyped(typed) {
  const code = typed.trim().toLowerCase();
  return CODE_PATTERN.test(code) ? code : null;
}

/** @param {string | null} code @returns {string} the fragment that says it */
export function hashOf(code) {
  return code === null ? "" : `#code=${code}`;
}

/**
 * @param {string} search  the query of a page's address
 * @param {string} [hash]  its fragment
 * @returns {Place} what in it makes no sense is left out
 */
export function placeOf(search, hash = "") {
  const query = new URLSearchParams(search);
  const room = query.get("room") ?? "";
  const game = query.get("game") ?? "";
  return {
    room: ROOM_PATTERN.test(room) ? room : null,
    game: GAME_PATTERN.test(game) ? game : null,
    watch: query.get("watch") === "1",
    code: codeOf(hash),
  };
}

/**
 * @param {Partial<Place>} place
 * @returns {string} the address of the page on which it is played, on this server
 */
export function addressOf({ room = null, game = null, watch = false, code = null }) {
  const query = new URLSearchParams();
  if (room !== null) query.set("room", room);
  if (game !== null) query.set("game", game);
  if (watch) query.set("watch", "1");
  return `/play/${query.size > 0 ? `?${query}` : ""}${hashOf(code)}`;
}

/**
 * What somebody was sent, or reads from a friend's screen.
 *
 * @param {string} typed  a link to a room, or the room's name
 * @returns {Place | null} null: it is neither
 */
export function placeTyped(typed) {
  const text = typed.trim();
  if (ROOM_PATTERN.test(text.toLowerCase())) return { room: text.toLowerCase(), game: null, watch: false, code: null };
  const at = text.indexOf("?");
  const [search, hash = ""] = text.slice(at).split("#");
  const place = at >= 0 ? placeOf(search, hash) : null;
  return place !== null && place.room !== null ? place : null;
}

/** @param {string} one @param {string} other */
function compare(one, other) {
  return one < other ? -1 : one > other ? 1 : 0;
}

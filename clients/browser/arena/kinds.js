/** What a picture of the arena holds, as gameserver/games/arena/state.py declares it: for the type checker, and its numbers by name. */

/** @typedef {{x: number, y: number, heading: number, aim: number, health: number, safe_until: number, fast_until: number, owner: number, team: number}} TankValues  angles in radians */
/** @typedef {{speed: number, ammo: number, ready_tick: number, reload_tick: number, spreads: number, mines: number, rails: number, respawn_tick: number}} OwnValues  those that only the owner has */
/** @typedef {{x: number, y: number, heading: number, weapon: number, owner: number}} ShellValues */
/** @typedef {{x: number, y: number, armed_tick: number, owner: number, team: number}} MineValues */
/** @typedef {{x: number, y: number, kind: number}} PickupValues */
/** @typedef {{x: number, y: number, carrier: number, home: boolean, return_tick: number, team: number}} FlagValues */
/** @typedef {{owner: number, name: string, team: number, score: number, kills: number, deaths: number, ready: boolean, bot: boolean, connected: boolean}} DriverValues */
/** @typedef {{phase: number, ends_tick: number, starts_tick: number, round: number, team1_score: number, team2_score: number, score_limit: number, time_limit: number, mode: string}} MatchValues */
/** @typedef {{id: number, kind: string, values: import("../src/schema.js").Values}} Entity */
/** @typedef {{all(kind: string): readonly Entity[]}} Picture  a View, or a Replica */

export const WAITING = 0;
export const PLAYING = 1;
export const OVER = 2;

export const SHELL = 0;
export const SPREAD = 1;
export const MINE = 2;
export const RAIL = 3;

/** `FlagMoved.what` */
export const TAKEN = 0;
export const DROPPED = 1;
export const RETURNED = 2;
export const CAPTURED = 3;

/**
 * @template Values
 * @param {Entity} entity
 * @returns {Values} its values, known to be of this kind
 */
export function valuesOf(entity) {
  return /** @type {Values} */ (/** @type {unknown} */ (entity.values));
}

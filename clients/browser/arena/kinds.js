/** What a picture of the arena holds, as gameserver/games/arena/state.py declares it: for the type checker; and its numbers. */

/**
 * @typedef {object} TankValues  angles in radians
 * @property {number} x
 * @property {number} y
 * @property {number} heading
 * @property {number} aim
 * @property {number} health
 * @property {number} safe_until
 * @property {number} fast_until
 * @property {number} owner
 * @property {number} team
 */
/**
 * @typedef {object} OwnValues  what only its owner sees of a tank
 * @property {number} speed
 * @property {number} ammo
 * @property {number} ready_tick
 * @property {number} reload_tick
 * @property {number} spreads
 * @property {number} mines
 * @property {number} rails
 * @property {number} respawn_tick
 */
/**
 * @typedef {object} ShellValues
 * @property {number} x
 * @property {number} y
 * @property {number} heading
 * @property {number} weapon
 * @property {number} owner
 */
/**
 * @typedef {object} MineValues
 * @property {number} x
 * @property {number} y
 * @property {number} armed_tick
 * @property {number} owner
 * @property {number} team
 */
/**
 * @typedef {object} PickupValues
 * @property {number} x
 * @property {number} y
 * @property {number} kind
 */
/**
 * @typedef {object} FlagValues
 * @property {number} x
 * @property {number} y
 * @property {number} carrier
 * @property {boolean} home
 * @property {number} return_tick
 * @property {number} team
 */
/**
 * @typedef {object} DriverValues
 * @property {number} owner
 * @property {string} name
 * @property {number} team
 * @property {number} score
 * @property {number} kills
 * @property {number} deaths
 * @property {boolean} ready
 * @property {boolean} bot
 * @property {boolean} connected
 */
/**
 * @typedef {object} MatchValues
 * @property {number} phase
 * @property {number} ends_tick
 * @property {number} starts_tick
 * @property {number} round
 * @property {number} team1_score
 * @property {number} team2_score
 * @property {number} score_limit
 * @property {number} time_limit
 * @property {string} mode
 */
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

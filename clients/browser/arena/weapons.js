/**
 * One tick of one tank's trigger: what gameserver/games/arena/weapons.py and tanks.py do to its ammunition. The client needs it
 * to show a shot when it is fired, and not when the server has said so.
 */

/** @typedef {readonly number[]} GunState  [ammo, readyTick, reloadTick, spreads, mines, rails] */
/** @typedef {{fire: number, weapon: number}} Trigger  wire values */

export const AMMO = 0;
export const READY_TICK = 1;
export const RELOAD_TICK = 2;
/** Of the spread's ammunition; mines and rails follow, in the order of the weapons. */
const STORES = 3;

export const SHELL = 0;
export const SPREAD = 1;
export const MINE = 2;
export const RAIL = 3;

/** Shells; they reload by themselves. */
export const MAGAZINE = 5;
/** For one shell. */
export const RELOAD_TICKS = 18;
/** Until a tank may fire again, by the weapon that it fired. */
export const COOLDOWN_TICKS = Object.freeze([8, 18, 15, 45]);
/** The pellets' aims beside the driver's, of 1,024. */
export const FAN = Object.freeze([-40, -20, 0, 20, 40]);

/**
 * @param {GunState} state
 * @param {Trigger} trigger
 * @param {number} tick
 * @returns {GunState}  its READY_TICK is another one if it has fired
 */
export function stepGun(state, { fire, weapon }, tick) {
  const next = [...state];
  if (next[AMMO] < MAGAZINE && tick >= next[RELOAD_TICK]) {
    next[AMMO]++;
    next[RELOAD_TICK] += RELOAD_TICKS;
  }
  if (fire === 0 || tick < next[READY_TICK]) return next;
  const store = weapon === SHELL ? AMMO : STORES + weapon - SPREAD;
  if (next[store] === 0) return next;
  if (weapon === SHELL && next[AMMO] === MAGAZINE) next[RELOAD_TICK] = tick + RELOAD_TICKS;
  next[store]--;
  next[READY_TICK] = tick + COOLDOWN_TICKS[weapon];
  return next;
}

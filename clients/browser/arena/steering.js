/** From what a driver's hands do to the numbers of an input, as gameserver/games/arena/state.py declares them. */

/** @typedef {import("../pages/play/controls/stick.js").Vector} Vector */

export const BEARINGS = 256;
export const AIMS = 1024;
/** A stick that is nearer to its middle asks for half speed. */
const HALF_UNTIL = 0.55;
/** A thumb that is further out fires. */
export const FIRE_FROM = 0.72;

/**
 * The nearest of so many steps of a full turn, 0 along +x and growing towards +y, which is down.
 *
 * @param {number} x
 * @param {number} y
 * @param {number} steps
 */
export function stepsOf(x, y, steps) {
  const step = Math.round((Math.atan2(y, x) / (2 * Math.PI)) * steps);
  return ((step % steps) + steps) % steps;
}

/**
 * @param {Vector} wish  length 0 to 1
 * @param {number} bearing  the one before: without a wish it means nothing, and stays
 * @returns {{bearing: number, throttle: number}}
 */
export function steer(wish, bearing) {
  const length = Math.hypot(wish.x, wish.y);
  if (!length) return { bearing, throttle: 0 };
  return { bearing: stepsOf(wish.x, wish.y, BEARINGS), throttle: length < HALF_UNTIL ? 1 : 2 };
}

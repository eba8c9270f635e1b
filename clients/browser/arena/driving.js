/**
 * One tick of one tank: what gameserver/games/arena/tanks.py does to it, as far as its own client can know beforehand.
 *
 * That is everything when nobody else is near. Other tanks are taken to go on for a moment as the newest snapshot has them; what
 * they really do is the server's to say.
 */

import { FAST_SPEED, TANK_RADIUS, TOP_SPEED, drive, limitPush, onGrid, push, roll, slide, speedAfterPush } from "./motion.js";

/** @typedef {readonly number[]} TankState  [x, y, heading, speed, fastUntil], each exactly what the wire says */
/** @typedef {{bearing: number, throttle: number}} Steering  wire values */
/** @typedef {{x: number, y: number}} Place */
/** @typedef {{x: number, y: number, stepX: number, stepY: number}} Moving  a place, and how far it went in the last tick */
/**
 * @typedef {object} Around
 * @property {import("./motion.js").Walls} walls
 * @property {number} tick  of the newest snapshot, which the rest is from
 * @property {readonly Place[]} pickups  those that make fast
 * @property {readonly Moving[]} tanks  the other living ones
 * @property {number} fastTicks  for so long a pickup makes fast
 */

export const X = 0;
export const Y = 1;
export const HEADING = 2;
export const SPEED = 3;
export const FAST_UNTIL = 4;

/** How near to a pickup the middle of a tank must come. */
export const REACH = 20;
/** For so long it makes fast. */
export const FAST_SECONDS = 6;
/**
 * For so many ticks another tank is taken to go on as it went. In a scrum, seen 6 ticks late, the own tank is then 1.6 px from
 * where it comes to on average; 2.2 px if the others are taken to stand, 9.3 px if they are driven through.
 */
const SURE_TICKS = 3;

/**
 * @param {TankState} state
 * @param {Steering} steering
 * @param {number} tick
 * @param {Around} around
 * @returns {TankState}
 */
export function stepTank(state, { bearing, throttle }, tick, around) {
  let fastUntil = state[FAST_UNTIL];
  if (tick >= fastUntil) fastUntil = 0;
  const topSpeed = fastUntil !== 0 ? FAST_SPEED : TOP_SPEED;
  let [heading, speed] = drive(state[HEADING], state[SPEED], bearing, throttle, topSpeed);
  let x, y;
  [x, y, speed] = roll(around.walls, state[X], state[Y], heading, speed);
  if (around.tanks.length > 0) [x, y, speed] = pushedAway(x, y, heading, speed, tick, around);
  if (finds(x, y, fastUntil, around)) fastUntil = tick + around.fastTicks;
  return [onGrid(x), onGrid(y), heading, onGrid(speed), fastUntil];
}

/**
 * What the other tanks do to this one, all at once.
 *
 * @param {number} x
 * @param {number} y
 * @param {number} heading
 * @param {number} speed
 * @param {number} tick
 * @param {Around} around
 * @returns {[x: number, y: number, speed: number]}
 */
function pushedAway(x, y, heading, speed, tick, around) {
  const near = 2 * TANK_RADIUS;
  const ticks = Math.min(tick - around.tick, SURE_TICKS);
  let pushX = 0;
  let pushY = 0;
  for (const other of around.tanks) {
    const dx = other.x + ticks * other.stepX - x;
    const dy = other.y + ticks * other.stepY - y;
    if (dx >= near || dx <= -near || dx * dx + dy * dy >= near * near) continue;
    const [toX, toY, far] = push(dx, dy);
    speed = speedAfterPush(heading, speed, toX, toY);
    pushX -= far * toX;
    pushY -= far * toY;
  }
  if (pushX === 0 && pushY === 0) return [x, y, speed];
  return [...slide(around.walls, x, y, limitPush(pushX), limitPush(pushY)), speed];
}

/**
 * Whether the tank finds something that makes it fast. The places of pickups are those of a snapshot; whoever has taken one
 * since then has taken the only one that is near.
 *
 * @param {number} x
 * @param {number} y
 * @param {number} fastUntil
 * @param {Around} around
 */
function finds(x, y, fastUntil, { tick, pickups, fastTicks }) {
  if (fastUntil - fastTicks > tick) return false;
  for (const pickup of pickups) {
    const dx = pickup.x - x;
    const dy = pickup.y - y;
    if (dx * dx + dy * dy <= REACH * REACH) return true;
  }
  return false;
}

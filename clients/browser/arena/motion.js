/**
 * How tanks and shells move: gameserver/games/arena/motion.py once more, constant for constant and step for step, so that a
 * page predicts its own tank to the last bit. tests/vectors/arena and tests/games/test_arena_twin.py prove them equal.
 *
 * Two things differ between the languages, and only they are written differently here. Rounding down is `Math.floor` and never
 * `| 0`, which rounds towards zero. And a floor times a quantum never becomes a negative zero, because v / QUANTUM + 0.5 never
 * is one. Bit operators are of 32 bits, and headings and aims stay far below that.
 */

/** @typedef {import("./ground.js").Ground} Ground */
/** @typedef {Pick<Ground, "tileSize" | "blocked">} Walls  all that movement asks of a map */

/** What positions and speeds are rounded to at the end of each tick, in pixels. */
export const QUANTUM = 1 / 16;

/** Half the side of the square that walls stop. */
export const TANK_HALF = 12;
/** Of the circle in which tanks keep each other out. */
export const TANK_RADIUS = 13;
/** Pixels a tick. */
export const TOP_SPEED = 4.5;
/** The top speed of a tank that has found a pickup. */
export const FAST_SPEED = 6.75;
export const ACCELERATION = 0.75;
export const FRICTION = 0.5;
/** Heading steps a tick. */
export const TURN = 10;
/** A wish further away than this is driven in reverse instead of turning round. */
export const REVERSE_FROM = 96;
export const QUARTER_TURN = 64;
/** What other tanks push along one axis in one tick. */
export const MOST_PUSH = 3;
export const FULL_THROTTLE = 2;

/** Pixels a tick. */
export const SHELL_SPEED = 7.5;
/** A shell begins where it would be after so many ticks from the middle of the tank. */
export const MUZZLE_TICKS = 2;
/** How near to the middle of a tank a shell hits. */
export const HIT_RADIUS = 14;

/** The cosine × 32,768 of the headings 0 to 64. */
export const QUARTER_WAVE = Object.freeze([
  32768, 32758, 32729, 32679, 32610, 32522, 32413, 32286, 32138, 31972, 31786, 31581, 31357, 31114, 30853, 30572, 30274,
  29957, 29622, 29269, 28899, 28511, 28106, 27684, 27246, 26791, 26320, 25833, 25330, 24812, 24279, 23732, 23170, 22595,
  22006, 21403, 20788, 20160, 19520, 18868, 18205, 17531, 16846, 16151, 15447, 14733, 14010, 13279, 12540, 11793, 11039,
  10279, 9512, 8740, 7962, 7180, 6393, 5602, 4808, 4011, 3212, 2411, 1608, 804, 0,
]);
export const UNIT = 32_768;

/** The same for all 256 headings. The sine of h is COSINES[(h - 64) & 255]. */
export const COSINES = Object.freeze(
  Array.from({ length: 256 }, (_, heading) => {
    const folded = heading <= 128 ? heading : 256 - heading;
    return folded <= 64 ? QUARTER_WAVE[folded] : -QUARTER_WAVE[128 - folded];
  }),
);

/**
 * Rounded to the quantum, as the server rounds at the end of a tick.
 *
 * @param {number} length
 * @returns {number}
 */
export function onGrid(length) {
  return Math.floor(length / QUANTUM + 0.5) * QUANTUM;
}

// -- tanks -------------------------------------------------------------------------------------------------------------------
/**
 * One tick of steering: the heading and speed of a tank whose driver wants to go towards `bearing`.
 *
 * @param {number} heading
 * @param {number} speed  along the heading, negative in reverse
 * @param {number} bearing
 * @param {number} throttle
 * @param {number} topSpeed  who is faster slows down to it
 * @returns {[heading: number, speed: number]}
 */
export function drive(heading, speed, bearing, throttle, topSpeed) {
  if (throttle === 0) {
    if (speed > FRICTION) return [heading, speed - FRICTION];
    return [heading, speed < -FRICTION ? speed + FRICTION : 0];
  }
  let off = ((bearing - heading + 128) & 255) - 128;
  let top = topSpeed;
  if (off > REVERSE_FROM || off < -REVERSE_FROM) {
    off = (off & 255) - 128;
    top = -topSpeed;
  }
  const turn = off > TURN ? TURN : off < -TURN ? -TURN : off;
  off -= turn;
  let wanted = 0;
  if (-QUARTER_TURN < off && off < QUARTER_TURN) wanted = (top * throttle * COSINES[off & 255]) / (FULL_THROTTLE * UNIT);
  let change = wanted - speed;
  if (change > ACCELERATION) change = ACCELERATION;
  else if (change < -ACCELERATION) change = -ACCELERATION;
  return [(heading + turn) & 255, speed + change];
}

/**
 * One tick of movement: where a tank at this speed comes to, and the speed it has left.
 *
 * @param {Walls} walls
 * @param {number} x
 * @param {number} y
 * @param {number} heading
 * @param {number} speed
 * @returns {[x: number, y: number, speed: number]}
 */
export function roll(walls, x, y, heading, speed) {
  if (speed === 0) return [x, y, speed];
  const [toX, toY] = slide(walls, x, y, (speed * COSINES[heading]) / UNIT, (speed * COSINES[(heading - 64) & 255]) / UNIT);
  return [toX, toY, toX === x && toY === y ? 0 : speed];
}

/**
 * Where a tank comes to that moves so far, less than a tile: up to a wall, and along it. It must not be in a wall before.
 *
 * @param {Walls} walls
 * @param {number} x
 * @param {number} y
 * @param {number} dx
 * @param {number} dy
 * @returns {[x: number, y: number]}
 */
export function slide(walls, x, y, dx, dy) {
  if (dx !== 0) {
    let to = x + dx;
    if (walls.blocked(to, y, TANK_HALF)) to = upToWall(x, to, dx, walls.tileSize);
    x = to;
  }
  if (dy !== 0) {
    let to = y + dy;
    if (walls.blocked(x, to, TANK_HALF)) to = upToWall(y, to, dy, walls.tileSize);
    y = to;
  }
  return [x, y];
}

/**
 * The leading edge crosses one border of tiles at most; it stops there.
 *
 * @param {number} start
 * @param {number} to
 * @param {number} move
 * @param {number} tileSize
 */
function upToWall(start, to, move, tileSize) {
  if (move > 0) return Math.max(start, Math.floor((to + TANK_HALF) / tileSize) * tileSize - TANK_HALF);
  return Math.min(start, (Math.floor((to - TANK_HALF) / tileSize) + 1) * tileSize + TANK_HALF);
}

/**
 * How two tanks push each other that are less than two radii apart; (dx, dy) leads from the first to the second.
 *
 * @param {number} dx
 * @param {number} dy
 * @returns {[x: number, y: number, far: number]}  the direction from the first to the second, of length 1, and how far each
 *   is to go: half of what they overlap
 */
export function push(dx, dy) {
  const apart = Math.sqrt(dx * dx + dy * dy);
  if (apart === 0) return [1, 0, TANK_RADIUS];
  return [dx / apart, dy / apart, TANK_RADIUS - apart / 2];
}

/**
 * All that one tank is pushed along one axis in one tick.
 *
 * @param {number} length
 */
export function limitPush(length) {
  return length > MOST_PUSH ? MOST_PUSH : length < -MOST_PUSH ? -MOST_PUSH : length;
}

/**
 * What is left of a tank's speed when another tank stands in the direction (x, y): half, if it drives straight at it.
 *
 * @param {number} heading
 * @param {number} speed
 * @param {number} x
 * @param {number} y
 */
export function speedAfterPush(heading, speed, x, y) {
  let into = (COSINES[heading] * x + COSINES[(heading - 64) & 255] * y) / UNIT;
  if (speed < 0) into = -into;
  return into > 0 ? speed * (1 - into / 2) : speed;
}

// -- shells ------------------------------------------------------------------------------------------------------------------
/**
 * The cosine and sine of an aim, times UNIT. 1,024 aims lie between 256 cosines, on straight lines.
 *
 * @param {number} aim
 * @returns {[cosine: number, sine: number]}
 */
export function direction(aim) {
  const step = aim >> 2;
  const rest = aim & 3;
  return [
    (COSINES[step & 255] * (4 - rest) + COSINES[(step + 1) & 255] * rest) / 4,
    (COSINES[(step - 64) & 255] * (4 - rest) + COSINES[(step - 63) & 255] * rest) / 4,
  ];
}

/**
 * Pixels a tick along both axes, on the grid: the path of a shell is exactly straight.
 *
 * @param {number} aim
 * @returns {[x: number, y: number]}
 */
export function shellVelocity(aim) {
  const [cosine, sine] = direction(aim);
  return [onGrid((SHELL_SPEED * cosine) / UNIT), onGrid((SHELL_SPEED * sine) / UNIT)];
}

/**
 * Where on the way from the first point to the second one is nearest to (x, y), 0 to 1, and the square of that distance.
 *
 * @param {number} x0
 * @param {number} y0
 * @param {number} x1
 * @param {number} y1
 * @param {number} x
 * @param {number} y
 * @returns {[part: number, square: number]}
 */
export function closest(x0, y0, x1, y1, x, y) {
  const run = x1 - x0;
  const rise = y1 - y0;
  const square = run * run + rise * rise;
  let part = 0;
  if (square !== 0) {
    part = ((x - x0) * run + (y - y0) * rise) / square;
    part = part < 0 ? 0 : part > 1 ? 1 : part;
  }
  const awayX = x0 + run * part - x;
  const awayY = y0 + rise * part - y;
  return [part, awayX * awayX + awayY * awayY];
}

// -- directions --------------------------------------------------------------------------------------------------------------
/**
 * The aim, 0 to 1,023, along (dx, dy); 0 if both are 0. It is off by half a step at most (0.2 degrees), for want of arctan.
 *
 * @param {number} dx
 * @param {number} dy
 * @returns {number}
 */
export function aimAt(dx, dy) {
  const across = Math.abs(dy);
  const along = Math.abs(dx);
  if (across === 0 && along === 0) return 0;
  const steep = across > along;
  const ratio = steep ? along / across : across / along;
  // arctan(r) ≈ r (π/4 + (0.2447 + 0.0663 r)(1 − r)), in steps of 1,024 to the turn
  let steps = ratio * (128 + (39.881 + 10.806 * ratio) * (1 - ratio));
  if (steep) steps = 256 - steps;
  if (dx < 0) steps = 512 - steps;
  if (dy < 0) steps = -steps;
  return Math.floor(steps + 0.5) & 1023;
}

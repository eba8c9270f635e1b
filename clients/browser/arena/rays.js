/** What a straight shot without flight time meets: gameserver/games/arena/rays.py once more. */

import { HIT_RADIUS, UNIT, closest, direction } from "./motion.js";

/** @typedef {Pick<import("./ground.js").Ground, "tileSize" | "tileAt" | "solidAt">} Walls */
/** @typedef {readonly [number: number, x: number, y: number]} Target  a number of the caller's, and the middle of that tank */

/** Pixels along the ray at which it crosses a border that it runs along. */
const NEVER = 1e9;

/**
 * Where a ray from an open point ends, and the number of the tank that it hits there, null for a wall.
 *
 * @param {Walls} walls
 * @param {number} x
 * @param {number} y
 * @param {number} aim
 * @param {Iterable<Target>} targets
 * @returns {[x: number, y: number, hit: number | null]}
 */
export function shoot(walls, x, y, aim, targets) {
  const [endX, endY] = toWall(walls, x, y, aim);
  let hit = null;
  let first = 2;
  let nearest = 0;
  for (const [number, targetX, targetY] of targets) {
    const [part, square] = closest(x, y, endX, endY, targetX, targetY);
    if (square <= HIT_RADIUS * HIT_RADIUS && (part < first || (part === first && square < nearest)))
      [hit, first, nearest] = [number, part, square];
  }
  if (hit === null) return [endX, endY, null];
  return [x + (endX - x) * first, y + (endY - y) * first, hit];
}

/**
 * Where a ray from an open point meets the first wall, or the end of the map. It walks from tile to tile, and through the very
 * corner of four it passes beside one wall, but not between two: as `Ground.clearLine` does.
 *
 * @param {Walls} walls
 * @param {number} x
 * @param {number} y
 * @param {number} aim
 * @returns {[x: number, y: number]}
 */
export function toWall(walls, x, y, aim) {
  const [cosine, sine] = direction(aim);
  const run = cosine / UNIT;
  const rise = sine / UNIT;
  const size = walls.tileSize;
  let [column, row] = walls.tileAt(x, y);
  const across = borders(x, run, column, size);
  const along = borders(y, rise, row, size);
  let untilColumn = across.first;
  let untilRow = along.first;
  for (;;) {
    const far = untilColumn < untilRow ? untilColumn : untilRow;
    let closed = false;
    if (untilColumn === untilRow) {
      closed = walls.solidAt(column + across.step, row) && walls.solidAt(column, row + along.step);
      column += across.step;
      row += along.step;
      untilColumn += across.gap;
      untilRow += along.gap;
    } else if (untilColumn < untilRow) {
      column += across.step;
      untilColumn += across.gap;
    } else {
      row += along.step;
      untilRow += along.gap;
    }
    if (closed || walls.solidAt(column, row)) return [x + run * far, y + rise * far];
  }
}

/**
 * Along one axis: the step from tile to tile, how far apart their borders are on the ray, and how far the first one is.
 *
 * @param {number} start
 * @param {number} slope
 * @param {number} tile
 * @param {number} size
 */
function borders(start, slope, tile, size) {
  if (slope > 0) return { step: 1, gap: size / slope, first: ((tile + 1) * size - start) / slope };
  if (slope < 0) return { step: -1, gap: -size / slope, first: (tile * size - start) / slope };
  return { step: 0, gap: NEVER, first: NEVER };
}

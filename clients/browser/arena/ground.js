/**
 * The map that a match is played on: where walls are, as gameserver/core/maps.py answers it, and what there is to draw.
 *
 * Units are pixels, x to the right and y downwards. A tile is named by column and row from the top left; it owns its left and top
 * edge but not its right and bottom one. Everything outside the map is solid.
 */

import { readTmj } from "./tmj.js";

export { MapError, splitGid } from "./tmj.js";

/** @typedef {import("./tmj.js").TileLayer} TileLayer */
/** @typedef {import("./tmj.js").MapObject} MapObject */
/** @typedef {import("./tmj.js").Tileset} Tileset */
/** @typedef {import("./tmj.js").Properties} Properties */

export class Ground {
  #solid;

  /** @param {import("./tmj.js").Tmj} map */
  constructor({ width, height, tileSize, solid, layers, objects, properties, tilesets }) {
    /** In tiles. */
    this.width = width;
    /** In tiles. */
    this.height = height;
    /** The side of a tile, in pixels. */
    this.tileSize = tileSize;
    /** The visible tile layers, the lowest first. */
    this.layers = layers;
    /** In the order of the file. */
    this.objects = objects;
    /** The map's own, such as `title`. */
    this.properties = properties;
    /** Those that have a sheet of tiles. */
    this.tilesets = tilesets;
    /** The first of them, which is the only one of most maps. @type {Tileset | null} */
    this.tileset = tilesets[0] ?? null;
    this.#solid = solid;
  }

  /**
   * @param {Uint8Array} bytes  a map file of the Tiled editor in JSON, as WELCOME brings it
   * @returns {Ground}
   * @throws {import("./tmj.js").MapError} if it is none, or one that the server would not have taken
   */
  static fromTmj(bytes) {
    return new Ground(readTmj(bytes));
  }

  /**
   * Whether the tile is a wall. Tiles outside the map are.
   *
   * @param {number} column
   * @param {number} row
   */
  solidAt(column, row) {
    if (!(column >= 0 && column < this.width && row >= 0 && row < this.height)) return true;
    return this.#solid[row * this.width + column] === 1;
  }

  /**
   * The tile that owns the point, also when that is outside the map.
   *
   * @param {number} x
   * @param {number} y
   * @returns {[column: number, row: number]}
   */
  tileAt(x, y) {
    return [floorDivide(x, this.tileSize), floorDivide(y, this.tileSize)];
  }

  /**
   * Whether the square around a point overlaps a wall or leaves the map. Touching is not overlapping.
   *
   * @param {number} x  the middle of the square
   * @param {number} y
   * @param {number} half  half its side. 0 asks about the tile that owns the point
   */
  blocked(x, y, half) {
    const size = this.tileSize;
    const left = floorDivide(x - half, size);
    const top = floorDivide(y - half, size);
    // The last column that the open interval up to x + half enters: a right edge on a tile's border stays out of it.
    const right = Math.max(left, -floorDivide(-(x + half), size) - 1);
    const bottom = Math.max(top, -floorDivide(-(y + half), size) - 1);
    if (left < 0 || top < 0 || right >= this.width || bottom >= this.height) return true;
    for (let row = top; row <= bottom; row++)
      for (let column = left; column <= right; column++) if (this.#solid[row * this.width + column] === 1) return true;
    return false;
  }

  /**
   * Whether nothing solid lies between two points: line of sight, and the way of a thin, straight shot. A line through the very
   * corner of four tiles passes beside one wall, but not between two that touch there.
   *
   * @param {number} x0
   * @param {number} y0
   * @param {number} x1
   * @param {number} y1
   */
  clearLine(x0, y0, x1, y1) {
    if (x1 < x0) [x0, y0, x1, y1] = [x1, y1, x0, y0];
    const size = this.tileSize;
    let [column, row] = this.tileAt(x0, y0);
    const [lastColumn, lastRow] = this.tileAt(x1, y1);
    if (this.solidAt(column, row) || this.solidAt(lastColumn, lastRow)) return false;

    // The steps still to take are counted, not measured: that ends the walk on the right tile whatever rounding does.
    let columnsLeft = lastColumn - column;
    let rowsLeft = Math.abs(lastRow - row);
    const run = x1 - x0;
    const rise = Math.abs(y1 - y0);
    const down = y1 >= y0;
    const rowStep = down ? 1 : -1;
    let untilRow = down ? (row + 1) * size - y0 : y0 - row * size;
    let untilColumn = (column + 1) * size - x0;
    while (columnsLeft > 0 || rowsLeft > 0) {
      // Which border comes first? untilColumn / run against untilRow / rise, multiplied out.
      const columnLate = untilColumn * rise - untilRow * run;
      if (rowsLeft === 0 || (columnsLeft > 0 && columnLate < 0)) {
        column++;
        columnsLeft--;
        untilColumn += size;
      } else if (columnsLeft === 0 || columnLate > 0) {
        row += rowStep;
        rowsLeft--;
        untilRow += size;
      } else {
        if (this.solidAt(column + 1, row) && this.solidAt(column, row + rowStep)) return false;
        column++;
        row += rowStep;
        columnsLeft--;
        rowsLeft--;
        untilColumn += size;
        untilRow += size;
      }
      if (this.solidAt(column, row)) return false;
    }
    return true;
  }
}

/**
 * The floor of the exact quotient, as Python's `//` gives it. A division alone may round up to the next integer.
 *
 * @param {number} value
 * @param {number} divisor  an integer above 0
 * @returns {number}
 */
function floorDivide(value, divisor) {
  const quotient = Math.floor(value / divisor);
  return quotient * divisor > value ? quotient - 1 : quotient;
}

/**
 * The ground, drawn once: in squares of some tiles, each made when it is first seen, in the very size of the picture, so that a
 * frame only copies pixels. What burns itself into the ground stays until there is more of it than can be kept.
 */

import { splitGid } from "./ground.js";
import { shine } from "./shine.js";

/** @typedef {import("./ground.js").Ground} Ground */
/** @typedef {import("./camera.js").Camera} Camera */

/** Tiles along the side of a square. */
const SQUARE = 8;
/** Squares that are kept: several screens full. */
const MOST_SQUARES = 60;
const MOST_STAINS = 120;
/** Beyond the map. */
const NOWHERE = "#14171d";
/** Where there is no picture of a tile. */
const PLAIN_WALL = "#8d939c";
const PLAIN_FLOOR = "#393e49";

/** @typedef {{canvas: HTMLCanvasElement, used: number, stale: boolean}} Square */
/** @typedef {{x: number, y: number, radius: number, turn: number}} Stain */

export class Terrain {
  #ground;
  #sheet;
  /** @type {Map<number, Square>} */
  #squares = new Map();
  /** By their numbers in the sheet. @type {Map<number, HTMLCanvasElement>} */
  #tiles = new Map();
  /** @type {Stain[]} */
  #stains = [];
  #scale = 0;
  #frame = 0;

  /**
   * @param {Ground} ground
   * @param {CanvasImageSource | null} sheet  of tiles; null: it could not be had, and plain colours must do
   */
  constructor(ground, sheet) {
    this.#ground = ground;
    this.#sheet = sheet;
  }

  /** Something burnt the ground here. @param {number} x @param {number} y @param {number} radius */
  stain(x, y, radius) {
    const gone = this.#stains.length >= MOST_STAINS ? this.#stains.shift() : undefined;
    this.#stains.push({ x, y, radius, turn: (x * 7 + y * 3) % 6 });
    this.#spoil(x, y, radius);
    if (gone) this.#spoil(gone.x, gone.y, gone.radius);
  }

  /** As new: another round. */
  clean() {
    for (const { x, y, radius } of this.#stains) this.#spoil(x, y, radius);
    this.#stains = [];
  }

  /** @param {CanvasRenderingContext2D} context  without a transform @param {Camera} camera */
  draw(context, camera) {
    if (camera.scale !== this.#scale) {
      this.#squares.clear();
      this.#scale = camera.scale;
    }
    this.#frame++;
    const { scale } = camera;
    const side = SQUARE * this.#ground.tileSize;
    const left = Math.round(camera.left * scale);
    const top = Math.round(camera.top * scale);
    if (this.#showsBeyond(left, top, camera)) {
      context.fillStyle = NOWHERE;
      context.fillRect(0, 0, camera.width, camera.height);
    }
    const columns = Math.ceil(this.#ground.width / SQUARE);
    const rows = Math.ceil(this.#ground.height / SQUARE);
    const first = Math.max(0, Math.floor(camera.left / side));
    const last = Math.min(columns - 1, Math.floor((camera.left + camera.seenWidth) / side));
    const end = Math.min(rows - 1, Math.floor((camera.top + camera.seenHeight) / side));
    context.imageSmoothingEnabled = false;
    for (let row = Math.max(0, Math.floor(camera.top / side)); row <= end; row++)
      for (let column = first; column <= last; column++) {
        const { canvas } = this.#square(column, row, columns);
        context.drawImage(canvas, Math.round(column * side * scale) - left, Math.round(row * side * scale) - top);
      }
    context.imageSmoothingEnabled = true;
  }

  /** @param {number} left @param {number} top @param {Camera} camera */
  #showsBeyond(left, top, camera) {
    const { width, height, tileSize } = this.#ground;
    const right = Math.round(width * tileSize * camera.scale);
    const bottom = Math.round(height * tileSize * camera.scale);
    return left < 0 || top < 0 || left + camera.width > right || top + camera.height > bottom;
  }

  /** @param {number} x @param {number} y @param {number} radius */
  #spoil(x, y, radius) {
    const side = SQUARE * this.#ground.tileSize;
    const columns = Math.ceil(this.#ground.width / SQUARE);
    for (let row = Math.floor((y - radius) / side); row <= Math.floor((y + radius) / side); row++)
      for (let column = Math.floor((x - radius) / side); column <= Math.floor((x + radius) / side); column++) {
        const square = this.#squares.get(row * columns + column);
        if (square) square.stale = true;
      }
  }

  /** @param {number} column @param {number} row @param {number} columns */
  #square(column, row, columns) {
    const number = row * columns + column;
    let square = this.#squares.get(number);
    if (square === undefined) {
      square = { canvas: document.createElement("canvas"), used: 0, stale: true };
      const side = SQUARE * this.#ground.tileSize * this.#scale;
      square.canvas.width = Math.round((column + 1) * side) - Math.round(column * side);
      square.canvas.height = Math.round((row + 1) * side) - Math.round(row * side);
      if (this.#squares.size >= MOST_SQUARES) this.#dropOldest();
      this.#squares.set(number, square);
    }
    if (square.stale) this.#paint(square, column * SQUARE, row * SQUARE);
    square.used = this.#frame;
    return square;
  }

  #dropOldest() {
    let oldest = -1;
    let used = Infinity;
    for (const [number, square] of this.#squares) if (square.used < used) [oldest, used] = [number, square.used];
    this.#squares.delete(oldest);
  }

  /** @param {Square} square @param {number} firstColumn @param {number} firstRow  in tiles */
  #paint(square, firstColumn, firstRow) {
    const { canvas } = square;
    square.stale = false;
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { alpha: false }));
    const { width, height, tileSize, layers } = this.#ground;
    const size = tileSize * this.#scale;
    const originX = Math.round(firstColumn * size);
    const originY = Math.round(firstRow * size);
    context.fillStyle = NOWHERE;
    context.fillRect(0, 0, canvas.width, canvas.height);
    /** @param {number} column */
    const x = (column) => Math.round(column * size) - originX;
    /** @param {number} row */
    const y = (row) => Math.round(row * size) - originY;
    for (const layer of layers) {
      const walls = layer.name === "walls";
      if (walls) {
        this.#paintStains(context, originX, originY);
        this.#paintShade(context, firstColumn, firstRow, x, y);
      }
      for (let row = firstRow; row < Math.min(firstRow + SQUARE, height); row++)
        for (let column = firstColumn; column < Math.min(firstColumn + SQUARE, width); column++) {
          const gid = layer.gids[row * width + column];
          if (gid) this.#paintTile(context, gid, walls, x(column), y(row), x(column + 1) - x(column), y(row + 1) - y(row));
        }
    }
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {number} gid
   * @param {boolean} wall
   * @param {number} x
   * @param {number} y
   * @param {number} width
   * @param {number} height
   */
  #paintTile(context, gid, wall, x, y, width, height) {
    const { tile, diagonally, flippedX, flippedY } = splitGid(gid);
    const { tileset } = this.#ground;
    const number = tile - (tileset?.firstGid ?? 0);
    if (this.#sheet === null || tileset === null || number < 0 || number >= tileset.tileCount) {
      context.fillStyle = wall ? PLAIN_WALL : PLAIN_FLOOR;
      context.fillRect(x, y, width, height);
      return;
    }
    const picture = this.#tile(number, tileset, this.#sheet);
    if (diagonally || flippedX || flippedY) {
      context.save();
      context.translate(x + width / 2, y + height / 2);
      context.scale(flippedX ? -1 : 1, flippedY ? -1 : 1);
      if (diagonally) context.transform(0, 1, 1, 0, 0, 0);
      context.drawImage(picture, -width / 2, -height / 2, width, height);
      context.restore();
    } else context.drawImage(picture, x, y, width, height);
  }

  /**
   * One tile by itself: scaled out of the sheet, its neighbours there would shine in at its edges.
   *
   * @param {number} number
   * @param {import("./tmj.js").Tileset} tileset
   * @param {CanvasImageSource} sheet
   */
  #tile(number, { columns, tileSize, margin, spacing }, sheet) {
    let tile = this.#tiles.get(number);
    if (tile !== undefined) return tile;
    tile = document.createElement("canvas");
    tile.width = tile.height = tileSize;
    const x = margin + (number % columns) * (tileSize + spacing);
    const y = margin + Math.floor(number / columns) * (tileSize + spacing);
    tile.getContext("2d", { alpha: false })?.drawImage(sheet, x, y, tileSize, tileSize, 0, 0, tileSize, tileSize);
    this.#tiles.set(number, tile);
    return tile;
  }

  /** @param {CanvasRenderingContext2D} context @param {number} originX @param {number} originY */
  #paintStains(context, originX, originY) {
    const scale = this.#scale;
    for (const { x, y, radius, turn } of this.#stains) {
      context.save();
      context.translate(x * scale - originX, y * scale - originY);
      context.rotate(turn);
      context.scale(radius * scale, radius * scale * 0.8);
      shine(context, {
        inner: 0.05,
        outer: 1,
        colours: [[0, "rgba(8,8,10,.62)"], [0.45, "rgba(12,11,11,.38)"], [1, "rgba(12,11,11,0)"]],
      });
      context.restore();
    }
  }

  /**
   * Walls darken the floor beside them a little: the tile sheet has only the shadow below them.
   *
   * @param {CanvasRenderingContext2D} context
   * @param {number} firstColumn
   * @param {number} firstRow
   * @param {(column: number) => number} x
   * @param {(row: number) => number} y
   */
  #paintShade(context, firstColumn, firstRow, x, y) {
    const ground = this.#ground;
    const far = Math.max(2, Math.round(ground.tileSize * this.#scale * 0.22));
    for (let row = firstRow; row < firstRow + SQUARE; row++)
      for (let column = firstColumn; column < firstColumn + SQUARE; column++) {
        if (ground.solidAt(column, row)) continue;
        const height = y(row + 1) - y(row);
        for (const side of [-1, 1]) {
          if (!ground.solidAt(column + side, row)) continue;
          const edge = side < 0 ? x(column) : x(column + 1);
          const shade = context.createLinearGradient(edge, 0, edge - side * far, 0);
          shade.addColorStop(0, "rgba(5,7,10,.42)");
          shade.addColorStop(1, "rgba(5,7,10,0)");
          context.fillStyle = shade;
          context.fillRect(side < 0 ? edge : edge - far, y(row), far, height);
        }
        if (!ground.solidAt(column, row + 1)) continue;
        const edge = y(row + 1);
        const shade = context.createLinearGradient(0, edge, 0, edge - far / 2);
        shade.addColorStop(0, "rgba(5,7,10,.35)");
        shade.addColorStop(1, "rgba(5,7,10,0)");
        context.fillStyle = shade;
        context.fillRect(x(column), edge - far / 2, x(column + 1) - x(column), far / 2);
      }
  }
}

/**
 * @param {string} address
 * @returns {Promise<HTMLImageElement | null>} null if it cannot be had
 */
export async function loadSheet(address) {
  const image = new Image();
  image.src = address;
  try {
    await image.decode();
    return image;
  } catch {
    return null;
  }
}

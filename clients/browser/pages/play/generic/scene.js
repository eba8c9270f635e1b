/**
 * What can be known of how a game looks from its schema alone: which of its kinds have a place, how large its world is, and what
 * shape a thing has. Pure.
 *
 * A kind with `x` and `y` stands there. One with only one of the two stands at an edge of the world: at the far one where a boolean
 * `right` or `bottom` is true, at the near one else; and if its place has tighter bounds than the world, it is so much longer
 * than a point, for it reaches the edge of the world when it is at its bound. Where all places are whole numbers of a small range
 * the world is a board of cells.
 */

/** @typedef {import("../../../src/schema.js").Schema} Schema */
/** @typedef {import("../../../src/schema.js").Field} Field */
/** @typedef {import("../../../src/schema.js").Fields} Fields */
/** @typedef {import("../../../src/schema.js").Values} Values */
/** @typedef {{x0: number, y0: number, x1: number, y1: number}} Bounds */
/**
 * @typedef {object} Placed  a kind with a place
 * @property {string} name
 * @property {number} index  among those with a place: kinds that look alike differ in their shape
 * @property {Field | null} x
 * @property {Field | null} y
 * @property {string | null} heading  the field of radians that says where it looks
 * @property {string | null} flag  the boolean field that says whether it is drawn full or hollow
 */
/**
 * @typedef {object} Shape  in the game's own units
 * @property {number} x  of its middle
 * @property {number} y
 * @property {number} halfWidth
 * @property {number} halfHeight
 * @property {number | null} heading  radians
 * @property {boolean} full
 */

/** A board with more cells to a side is drawn as a field. */
const BOARD_MOST = 40;
/** Of what says nothing about its size, as a part of the smaller side of the world. */
const POINT_SHARE = 0.02;
/** Booleans that say where a thing lies, and not what it is. */
const PLACING = new Set(["right", "bottom", "across", "down"]);
const BOUND_LIMIT = 2 ** 40;

/** The looks of a game. */
export class Scene {
  /** Kinds with a place. @type {readonly Placed[]} */
  placed;
  /** The others, but for the shared state and the players. @type {readonly Fields[]} */
  listed;
  /** What the schema says of the world's size; null: nothing. @type {Bounds | null} */
  declared;
  /** Columns and rows; null: it is no board. @type {{columns: number, rows: number} | null} */
  board;

  /** @param {Schema} schema */
  constructor(schema) {
    const kinds = schema.kinds.slice(1);
    this.placed = kinds
      .map((kind) => placedOf(kind))
      .filter((placed) => placed !== null)
      .map((placed, index) => ({ ...placed, index }));
    this.listed = kinds.slice(1).filter((kind) => !this.placed.some(({ name }) => name === kind.name));
    this.declared = declaredBounds(this.placed);
    this.board = boardOf(this.placed, this.declared);
  }

  /**
   * @param {Placed} placed
   * @param {Values} values
   * @param {Bounds} bounds  of the world, as far as it is known
   * @returns {Shape}
   */
  shape({ x, y, heading, flag }, values, bounds) {
    const point = POINT_SHARE * Math.min(bounds.x1 - bounds.x0, bounds.y1 - bounds.y0);
    const half = number(values.radius) ?? halved(values.size) ?? (this.board === null ? point : 0.32);
    let halfWidth = halved(values.width) ?? half;
    let halfHeight = halved(values.height) ?? half;
    let atX = x === null ? edge(values.right === true, bounds.x0, bounds.x1, halfWidth) : Number(values[x.name]);
    let atY = y === null ? edge(values.bottom === true, bounds.y0, bounds.y1, halfHeight) : Number(values[y.name]);
    if (x === null && y !== null) halfHeight = Math.max(halfHeight, reach(y, bounds.y0));
    if (y === null && x !== null) halfWidth = Math.max(halfWidth, reach(x, bounds.x0));
    const length = number(values.length);
    if (this.board !== null && length !== null && typeof values.across === "boolean") {
      // From its first cell on, along the row or down the column.
      if (values.across) [halfWidth, atX] = [length / 2 - 0.14, atX + (length - 1) / 2];
      else [halfHeight, atY] = [length / 2 - 0.14, atY + (length - 1) / 2];
    }
    return {
      x: atX,
      y: atY,
      halfWidth,
      halfHeight,
      heading: heading === null ? null : Number(values[heading]),
      full: flag === null || values[flag] === true,
    };
  }
}

/**
 * The bounds with a point in them.
 *
 * @param {Bounds | null} bounds
 * @param {number} x
 * @param {number} y
 * @returns {Bounds}
 */
export function including(bounds, x, y) {
  if (bounds === null) return { x0: x - 1, y0: y - 1, x1: x + 1, y1: y + 1 };
  return { x0: Math.min(bounds.x0, x), y0: Math.min(bounds.y0, y), x1: Math.max(bounds.x1, x), y1: Math.max(bounds.y1, y) };
}

/** @param {Fields} kind @returns {Omit<Placed, "index"> | null} */
function placedOf({ name, fields }) {
  const find = (/** @type {string} */ wanted) => fields.find((field) => field.name === wanted && isNumber(field)) ?? null;
  const [x, y] = [find("x"), find("y")];
  if (x === null && y === null) return null;
  return {
    name,
    x,
    y,
    heading: fields.find(({ type }) => type === "angle")?.name ?? null,
    flag: fields.find((field) => field.type === "boolean" && !PLACING.has(field.name))?.name ?? null,
  };
}

/** @param {readonly Placed[]} placed @returns {Bounds | null} */
function declaredBounds(placed) {
  const across = range(placed.map(({ x }) => x));
  const down = range(placed.map(({ y }) => y));
  if (across === null || down === null) return null;
  return { x0: across[0], x1: across[1], y0: down[0], y1: down[1] };
}

/** @param {(Field | null)[]} fields @returns {[number, number] | null} the widest of those that say it */
function range(fields) {
  const bounded = fields
    .filter((field) => field !== null && isBounded(field))
    .map((field) => unitsOf(/** @type {Field} */ (field)));
  if (bounded.length === 0) return null;
  return [Math.min(...bounded.map(([low]) => low)), Math.max(...bounded.map(([, high]) => high))];
}

/** @param {readonly Placed[]} placed @param {Bounds | null} bounds */
function boardOf(placed, bounds) {
  const cells = placed.length > 0 && placed.every(({ x, y }) => x?.type === "integer" && y?.type === "integer");
  if (!cells || bounds === null || bounds.x0 !== 0 || bounds.y0 !== 0) return null;
  const [columns, rows] = [bounds.x1 + 1, bounds.y1 + 1];
  return columns <= BOARD_MOST && rows <= BOARD_MOST ? { columns, rows } : null;
}

/** @param {Field} field */
function isNumber({ type }) {
  return type === "real" || type === "integer";
}

/** @param {Field} field */
function isBounded({ low, high }) {
  return Math.abs(low) < BOUND_LIMIT && Math.abs(high) < BOUND_LIMIT;
}

/** @param {Field} field @returns {[number, number]} its bounds in the game's units */
function unitsOf({ type, low, high, quantum }) {
  return type === "real" ? [low * quantum, high * quantum] : [low, high];
}

/** @param {Field} field @param {number} low  the world's */
function reach(field, low) {
  return isBounded(field) ? Math.max(0, unitsOf(field)[0] - low) : 0;
}

/** @param {boolean} far @param {number} low @param {number} high @param {number} half */
function edge(far, low, high, half) {
  return far ? high - half : low + half;
}

/** @param {unknown} value @returns {number | null} */
function number(value) {
  return typeof value === "number" ? value : null;
}

/** @param {unknown} value @returns {number | null} */
function halved(value) {
  return typeof value === "number" ? value / 2 : null;
}

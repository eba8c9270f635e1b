/** Draws things that only the schema tells of: shapes by kind, colours by owner. */

/** @typedef {import("../view.js").Host} Host */
/** @typedef {import("./scene.js").Bounds} Bounds */
/** @typedef {import("./scene.js").Scene} Scene */
/** @typedef {import("./scene.js").Shape} Shape */
/** @typedef {import("../../../src/replica.js").Entity} Entity */
/** @typedef {{x: number, y: number, scale: number}} Window  where the world's zero is on the canvas, and the pixels of a unit */
/** @typedef {{owner: number | null, title: string, window: Window}} Board */

const GROUND = "#171b22";
const FLOOR = "#222933";
const LINE = "#39424f";
const INK = "#eef1f5";
const EDGE = "#0b0d11";
/** A thing smaller than that is not seen, in pixels. */
const HALF_LEAST = 4;
const MARGIN = 40;
const LABEL_MOST = 110;

/**
 * @param {Bounds} bounds
 * @param {{x: number, y: number, width: number, height: number}} area  in pixels
 * @returns {Window} in which all of it fits
 */
export function windowOf({ x0, y0, x1, y1 }, area) {
  const [wide, high] = [Math.max(1e-6, x1 - x0), Math.max(1e-6, y1 - y0)];
  const scale = Math.max(1e-6, Math.min((area.width - 2 * MARGIN) / wide, (area.height - 2 * MARGIN) / high));
  return {
    x: area.x + (area.width - wide * scale) / 2 - x0 * scale,
    y: area.y + (area.height - high * scale) / 2 - y0 * scale,
    scale,
  };
}

/**
 * Boards side by side, or below each other, whichever makes them larger.
 *
 * @param {number} count
 * @param {{columns: number, rows: number}} board
 * @param {{x: number, y: number, width: number, height: number}} area
 * @returns {Window[]}
 */
export function boardWindows(count, { columns, rows }, area) {
  const bounds = { x0: -0.5, y0: -1.3, x1: columns - 0.5, y1: rows - 0.5 }; // a row more, for its title
  const beside = Array.from({ length: count }, (_, at) => ({
    ...area,
    x: area.x + (at * area.width) / count,
    width: area.width / count,
  }));
  const below = Array.from({ length: count }, (_, at) => ({
    ...area,
    y: area.y + (at * area.height) / count,
    height: area.height / count,
  }));
  const [first, second] = [beside, below].map((areas) => areas.map((each) => windowOf(bounds, each)));
  return (first[0]?.scale ?? 0) >= (second[0]?.scale ?? 0) ? first : second;
}

/** See the module. */
export class Painter {
  #pen;
  #host;
  #scene;
  /** Of the canvas, in pixels of the page. */
  #width = 0;

  /** @param {CanvasRenderingContext2D} pen @param {Host} host @param {Scene} scene */
  constructor(pen, host, scene) {
    this.#pen = pen;
    this.#host = host;
    this.#scene = scene;
  }

  /** @param {number} width @param {number} height @param {number} ratio  pixels of the canvas to one of the page */
  clear(width, height, ratio) {
    const pen = this.#pen;
    this.#width = width;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.fillStyle = GROUND;
    pen.fillRect(0, 0, width, height);
  }

  /** @param {Bounds} bounds @param {Window} window */
  floor(bounds, window) {
    const pen = this.#pen;
    pen.fillStyle = FLOOR;
    pen.strokeStyle = LINE;
    pen.lineWidth = 2;
    const [x, y] = place(window, bounds.x0, bounds.y0);
    pen.fillRect(x, y, (bounds.x1 - bounds.x0) * window.scale, (bounds.y1 - bounds.y0) * window.scale);
    pen.strokeRect(x, y, (bounds.x1 - bounds.x0) * window.scale, (bounds.y1 - bounds.y0) * window.scale);
  }

  /** @param {Board} board @param {{columns: number, rows: number}} cells @param {{x: number, y: number} | null} pointed */
  board({ title, window }, { columns, rows }, pointed) {
    const pen = this.#pen;
    const { scale } = window;
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++) {
        const [x, y] = place(window, column - 0.5, row - 0.5);
        pen.fillStyle = pointed?.x === column && pointed.y === row ? LINE : FLOOR;
        pen.fillRect(x + 1, y + 1, scale - 2, scale - 2);
      }
    const [x, y] = place(window, -0.5, -0.75);
    this.#label(title, x, y, { most: columns * scale, align: "left", size: 15 });
  }

  /**
   * @param {Shape} shape
   * @param {number} kind  which shape it has
   * @param {{colour: string, own: boolean, window: Window, name: string}} look  `name`: empty, or what stands above it
   */
  thing(shape, kind, { colour, own, window, name }) {
    const pen = this.#pen;
    const [x, y] = place(window, shape.x, shape.y);
    const halfWidth = Math.max(HALF_LEAST, shape.halfWidth * window.scale);
    const halfHeight = Math.max(HALF_LEAST, shape.halfHeight * window.scale);
    pen.save();
    pen.translate(x, y);
    if (shape.heading !== null) pen.rotate(shape.heading);
    pen.beginPath();
    outline(pen, kind, halfWidth, halfHeight);
    if (shape.full) {
      pen.fillStyle = colour;
      pen.fill();
    }
    pen.lineWidth = own ? 3 : 2;
    pen.strokeStyle = shape.full ? (own ? INK : EDGE) : colour;
    pen.stroke();
    if (shape.heading !== null) {
      pen.beginPath();
      pen.moveTo(0, 0);
      pen.lineTo(halfWidth * 1.5, 0);
      pen.stroke();
    }
    pen.restore();
    if (name !== "") this.#label(name, x, y - halfHeight - 8, { most: LABEL_MOST, align: "center", size: 12 });
  }

  /** @param {Entity} entity @param {{kind: number, window: Window, bounds: Bounds, name: string}} how */
  entity({ values }, { kind, window, bounds, name }) {
    const owner = typeof values.owner === "number" ? values.owner : 0;
    this.thing(this.#scene.shape(this.#scene.placed[kind], values, bounds), kind, {
      colour: this.#host.colourOf(owner),
      own: owner !== 0 && owner === this.#host.client.player,
      window,
      name,
    });
  }

  /** @param {string} text @param {number} x @param {number} y @param {{most: number, align: CanvasTextAlign, size: number}} how */
  #label(text, x, y, { most, align, size }) {
    const pen = this.#pen;
    pen.font = `600 ${size}px system-ui, sans-serif`;
    pen.textAlign = align;
    pen.textBaseline = "alphabetic";
    pen.lineWidth = 3;
    pen.strokeStyle = EDGE;
    pen.fillStyle = INK;
    const half = align === "center" ? Math.min(most, pen.measureText(text).width) / 2 : 0;
    const inside = Math.max(half + 4, Math.min(this.#width - half - 4, x)); // a name at the edge is read, too
    pen.strokeText(text, inside, y, most);
    pen.fillText(text, inside, y, most);
  }
}

/** @param {Window} window @param {number} x @param {number} y @returns {[number, number]} */
function place(window, x, y) {
  return [window.x + x * window.scale, window.y + y * window.scale];
}

/** @param {CanvasRenderingContext2D} pen @param {number} kind @param {number} halfWidth @param {number} halfHeight */
function outline(pen, kind, halfWidth, halfHeight) {
  const long = Math.max(halfWidth, halfHeight) > 1.6 * Math.min(halfWidth, halfHeight);
  if (long) pen.roundRect(-halfWidth, -halfHeight, 2 * halfWidth, 2 * halfHeight, Math.min(halfWidth, halfHeight) * 0.6);
  else if (kind % 4 === 0) pen.ellipse(0, 0, halfWidth, halfHeight, 0, 0, 2 * Math.PI);
  else if (kind % 4 === 1) pen.rect(-halfWidth * 0.86, -halfHeight * 0.86, halfWidth * 1.72, halfHeight * 1.72);
  else {
    const corners = kind % 4 === 2 ? 4 : 3;
    for (let at = 0; at < corners; at++) {
      const turn = (2 * Math.PI * at) / corners - Math.PI / 2;
      pen.lineTo(Math.cos(turn) * halfWidth * 1.15, Math.sin(turn) * halfHeight * 1.15);
    }
    pen.closePath();
  }
}

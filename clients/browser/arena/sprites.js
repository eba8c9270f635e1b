/** Pictures of things, painted in code when they are first wanted, in the size in which they are shown. */

import { shine } from "./shine.js";

/** @typedef {import("./camera.js").Camera} Camera */
/** @typedef {{canvas: HTMLCanvasElement, x: number, y: number}} Sprite  its middle, in device pixels */
/** @typedef {(context: CanvasRenderingContext2D) => void} Painter  in pixels of the ground, 0 in the middle */

const TURN = 2 * Math.PI;
/** Edges that a turned picture needs, in device pixels. */
const MARGIN = 2;
/** Pictures of names come and go with players. */
const MOST = 400;
/** Directions in which turned pictures are kept: none is off by more than 2.8 degrees. */
const DIRECTIONS = 64;
/** Of them; a fight of sixteen has some hundreds. */
const MOST_TURNED = 2048;

export class Sprites {
  /** @type {Map<string, Sprite>} */
  #known = new Map();
  /** Turned ones, by direction. @type {Map<string, (Sprite | undefined)[]>} */
  #turned = new Map();
  #turnedCount = 0;
  #scale = 1;

  /** Device pixels in a pixel of the ground. @param {number} scale */
  resize(scale) {
    if (scale !== this.#scale) this.clear();
    this.#scale = scale;
  }

  /** All are painted anew: other colours. */
  clear() {
    this.#known.clear();
    this.#forgetTurned();
  }

  #forgetTurned() {
    this.#turned.clear();
    this.#turnedCount = 0;
  }

  /**
   * @param {string} name  of the picture; another one for each colour
   * @param {number} width  pixels of the ground
   * @param {number} height
   * @param {Painter} painter
   * @param {number} [middle]  how far its left edge is from where it is put
   * @returns {Sprite}
   */
  get(name, width, height, painter, middle = width / 2) {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const canvas = document.createElement("canvas");
    canvas.width = Math.ceil(width * this.#scale) + 2 * MARGIN;
    canvas.height = Math.ceil(height * this.#scale) + 2 * MARGIN;
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    const sprite = { canvas, x: MARGIN + middle * this.#scale, y: canvas.height / 2 };
    context.setTransform(this.#scale, 0, 0, this.#scale, sprite.x, sprite.y);
    painter(context);
    if (this.#known.size >= MOST) this.#known.clear();
    this.#known.set(name, sprite);
    return sprite;
  }

  /**
   * The same, turned: for small things of which there are many, so that each of them is only copied.
   *
   * @param {string} name
   * @param {number} angle  radians, of which the nearest of DIRECTIONS is taken
   * @param {{back: number, ahead: number, side: number}} reach  how far the picture goes from where it is put, before it is turned
   * @param {Painter} painter
   * @returns {Sprite}
   */
  getTurned(name, angle, { back, ahead, side }, painter) {
    const direction = ((Math.round((angle / TURN) * DIRECTIONS) % DIRECTIONS) + DIRECTIONS) % DIRECTIONS;
    let all = this.#turned.get(name);
    const known = all?.[direction];
    if (known !== undefined) return known;
    const scale = this.#scale;
    const cosine = Math.cos((direction / DIRECTIONS) * TURN) * scale;
    const sine = Math.sin((direction / DIRECTIONS) * TURN) * scale;
    const corners = [[-back, -side], [-back, side], [ahead, -side], [ahead, side]];
    const across = corners.map(([along, beside]) => along * cosine - beside * sine);
    const down = corners.map(([along, beside]) => along * sine + beside * cosine);
    const x = Math.ceil(-Math.min(...across)) + MARGIN;
    const y = Math.ceil(-Math.min(...down)) + MARGIN;
    const canvas = document.createElement("canvas");
    canvas.width = x + Math.ceil(Math.max(...across)) + MARGIN;
    canvas.height = y + Math.ceil(Math.max(...down)) + MARGIN;
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    context.setTransform(cosine, sine, -sine, cosine, x, y);
    painter(context);
    if (this.#turnedCount >= MOST_TURNED) {
      this.#forgetTurned();
      all = undefined;
    }
    if (all === undefined) this.#turned.set(name, (all = []));
    this.#turnedCount++;
    return (all[direction] = { canvas, x, y });
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Camera} camera
 * @param {Sprite} sprite
 * @param {number} x  on the ground
 * @param {number} y
 * @param {number} [angle]  radians
 * @param {number} [size]  of the picture's own
 */
export function put(context, camera, sprite, x, y, angle = 0, size = 1) {
  const left = camera.screenX(x);
  const top = camera.screenY(y);
  if (angle === 0 && size === 1) {
    // On whole pixels: a picture that is copied and not resampled costs a fifth without a graphics card.
    context.setTransform(1, 0, 0, 1, Math.round(left - sprite.x), Math.round(top - sprite.y));
    context.drawImage(sprite.canvas, 0, 0);
    return;
  }
  if (angle === 0) {
    context.setTransform(size, 0, 0, size, left, top);
  } else {
    const cosine = Math.cos(angle) * size;
    const sine = Math.sin(angle) * size;
    context.setTransform(cosine, sine, -sine, cosine, left, top);
  }
  context.drawImage(sprite.canvas, -sprite.x, -sprite.y);
}

/**
 * A soft round light.
 *
 * @param {string} colour  #rrggbb
 * @param {number} radius
 * @param {number} [alpha]  of its middle
 * @returns {Painter}
 */
export function glow(colour, radius, alpha = 1) {
  return (context) => {
    const part = Math.round(alpha * 255);
    shine(context, { outer: radius, colours: [[0, colour + byte(part)], [0.4, colour + byte(part * 0.45)], [1, colour + "00"]] });
  };
}

/** @param {number} part */
function byte(part) {
  return Math.round(part).toString(16).padStart(2, "0");
}

/**
 * Sparks, smoke and splinters: many, short-lived, in nobody's way. They live in arrays of a fixed size and are never made anew;
 * when all are in the air, the oldest place is taken.
 */

export const SPARK = 0;
export const SMOKE = 1;
export const FIRE = 2;
export const SPLINTER = 3;

/**
 * @typedef {object} Burst
 * @property {number} kind
 * @property {number} count
 * @property {number} x
 * @property {number} y
 * @property {number} [angle]  the way they fly, in radians
 * @property {number} [spread]  to each side of it; all round if it is left out
 * @property {number} speed  pixels a second of the fastest; the slowest has a third
 * @property {number} lifeMs  of the longest; the shortest has half
 * @property {number} size  pixels
 * @property {string} [colour]
 */

export class Particles {
  #random;
  #next = 0;

  /**
   * @param {number} most
   * @param {() => number} [random]
   */
  constructor(most, random = Math.random) {
    this.#random = random;
    this.most = most;
    /** Of their number; 1, or less for those who want less motion. */
    this.share = 1;
    this.x = new Float32Array(most);
    this.y = new Float32Array(most);
    this.dx = new Float32Array(most);
    this.dy = new Float32Array(most);
    this.size = new Float32Array(most);
    this.leftMs = new Float32Array(most);
    this.lifeMs = new Float32Array(most);
    this.kind = new Uint8Array(most);
    /** @type {string[]} */
    this.colour = new Array(most).fill("");
    /** None lives at or beyond this place. */
    this.end = 0;
  }

  /** @returns {number} how many live */
  get alive() {
    let alive = 0;
    for (let index = 0; index < this.end; index++) if (this.leftMs[index] > 0) alive++;
    return alive;
  }

  /** @param {Burst} burst */
  add({ kind, count, x, y, angle = 0, spread = Math.PI, speed, lifeMs, size, colour = "" }) {
    const wanted = count * this.share;
    const number = Math.floor(wanted) + (this.#random() < wanted % 1 ? 1 : 0);
    for (let made = 0; made < number; made++) {
      const index = this.#next;
      this.#next = (index + 1) % this.most;
      this.end = Math.max(this.end, index + 1);
      const way = angle + (this.#random() * 2 - 1) * spread;
      const fast = speed * (1 / 3 + (this.#random() * 2) / 3);
      this.x[index] = x;
      this.y[index] = y;
      this.dx[index] = Math.cos(way) * fast;
      this.dy[index] = Math.sin(way) * fast;
      this.size[index] = size * (0.6 + this.#random() * 0.8);
      this.lifeMs[index] = this.leftMs[index] = lifeMs * (0.5 + this.#random() / 2);
      this.kind[index] = kind;
      this.colour[index] = colour;
    }
  }

  /** @param {number} passedMs */
  advance(passedMs) {
    const seconds = passedMs / 1000;
    let end = 0;
    for (let index = 0; index < this.end; index++) {
      if (this.leftMs[index] <= 0) continue;
      this.leftMs[index] -= passedMs;
      if (this.leftMs[index] <= 0) continue;
      const slows = 1 - Math.min(1, seconds * DRAG[this.kind[index]]);
      this.dx[index] *= slows;
      this.dy[index] *= slows;
      this.x[index] += this.dx[index] * seconds;
      this.y[index] += this.dy[index] * seconds;
      end = index + 1;
    }
    this.end = end;
    if (end === 0) this.#next = 0;
  }

  clear() {
    this.leftMs.fill(0);
    this.end = this.#next = 0;
  }
}

/** Part of its speed that a particle loses in a second, by kind. */
const DRAG = [3.2, 2.2, 3.5, 4];

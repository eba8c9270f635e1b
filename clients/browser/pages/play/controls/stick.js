/** A thumb stick, of glass or of a gamepad: a vector of length 0 to 1. */

/** @typedef {{x: number, y: number}} Vector */

/** Of the way of a gamepad's stick: worn ones do not come back any nearer to the middle. */
export const PAD_DEAD = 0.2;
/** Of the way of a thumb: a finger that only rests wants nothing. */
export const THUMB_DEAD = 0.18;
/** In CSS pixels: a thumb goes so far without the hand. */
export const THUMB_RADIUS = 56;

/**
 * Without its dead middle, and with full length at the rim: the direction stays.
 *
 * @param {number} x  −1 to 1
 * @param {number} y  −1 to 1
 * @param {number} dead  part of the way that means nothing
 * @returns {Vector}
 */
export function withoutMiddle(x, y, dead) {
  const length = Math.hypot(x, y);
  if (!(length > dead)) return { x: 0, y: 0 };
  const wanted = Math.min(1, (length - dead) / (1 - dead));
  return { x: (x / length) * wanted, y: (y / length) * wanted };
}

/** A stick that is wherever a finger comes down, and follows one that goes too far. */
export class ThumbStick {
  /** @type {number | null} */
  #finger = null;

  constructor(radius = THUMB_RADIUS) {
    this.radius = radius;
    /** Its middle, while it is held. */
    this.middle = { x: 0, y: 0 };
    this.thumb = { x: 0, y: 0 };
  }

  get held() {
    return this.#finger !== null;
  }

  /**
   * @param {number} finger  its number
   * @param {number} x
   * @param {number} y
   * @returns {boolean} false if another finger holds it
   */
  begin(finger, x, y) {
    if (this.#finger !== null) return false;
    this.#finger = finger;
    this.middle = { x, y };
    this.thumb = { x, y };
    return true;
  }

  /** @param {number} finger @param {number} x @param {number} y */
  move(finger, x, y) {
    if (finger !== this.#finger) return;
    this.thumb = { x, y };
    const dx = x - this.middle.x;
    const dy = y - this.middle.y;
    const over = Math.hypot(dx, dy) / this.radius;
    if (over > 1) this.middle = { x: x - dx / over, y: y - dy / over };
  }

  /** @param {number} finger */
  end(finger) {
    if (finger === this.#finger) this.#finger = null;
  }

  release() {
    this.#finger = null;
  }

  /** What it says; nothing if nobody holds it. @returns {Vector} */
  get vector() {
    if (this.#finger === null) return { x: 0, y: 0 };
    const { middle, thumb, radius } = this;
    return withoutMiddle((thumb.x - middle.x) / radius, (thumb.y - middle.y) / radius, THUMB_DEAD);
  }
}

/** What is drawn glides to where a corrected prediction says that it is. The prediction itself is right at once. */

/** Milliseconds in which half of the offset goes: 1.6 % of it are left after 300 ms. */
const HALF_LIFE_MS = 50;
/** The same while it is more than a body width: whoever is as far off must not be aimed at for long. */
const FAR_HALF_LIFE_MS = 25;
/** Body widths. Beyond that it was no wrong prediction but another place, and what is drawn jumps there. */
const MOST_WIDTHS = 4;
/** Of a body width. Less is not seen, and need not be computed for ever. */
const NOTHING = 1 / 1000;

/**
 * The offset between what is drawn and what is predicted. It decays exponentially and along a straight line, so it never
 * overshoots, and however often it is asked for: the answer depends on the time alone.
 */
export class ErrorSmoother {
  #bodyWidth;
  #x = 0;
  #y = 0;
  #atMs = 0;

  /** @param {{bodyWidth: number}} options  of what is drawn, in its own units */
  constructor({ bodyWidth }) {
    if (!(bodyWidth > 0)) throw new RangeError("bodyWidth must be above 0");
    this.#bodyWidth = bodyWidth;
  }

  /**
   * The prediction has just moved by the opposite of this: so far is it from the new place to the one that was drawn.
   *
   * @param {number} dx
   * @param {number} dy
   * @param {number} nowMs
   */
  add(dx, dy, nowMs) {
    this.#decay(nowMs);
    this.#x += dx;
    this.#y += dy;
    if (!(Math.hypot(this.#x, this.#y) <= MOST_WIDTHS * this.#bodyWidth)) this.reset();
  }

  /**
   * What to add to the predicted place.
   *
   * @param {number} nowMs  not below that of an earlier call
   * @returns {[x: number, y: number]}
   */
  at(nowMs) {
    this.#decay(nowMs);
    return [this.#x, this.#y];
  }

  /** Nothing is to be smoothed: what is drawn is somebody else, or somewhere else on purpose. */
  reset() {
    this.#x = this.#y = 0;
  }

  /** @param {number} nowMs */
  #decay(nowMs) {
    let passedMs = Math.max(0, nowMs - this.#atMs);
    this.#atMs = Math.max(this.#atMs, nowMs);
    const length = Math.hypot(this.#x, this.#y);
    if (length === 0 || passedMs === 0) return;
    let left = length;
    if (left > this.#bodyWidth) {
      const farMs = Math.min(passedMs, FAR_HALF_LIFE_MS * Math.log2(left / this.#bodyWidth));
      left *= 2 ** (-farMs / FAR_HALF_LIFE_MS);
      passedMs -= farMs;
    }
    left *= 2 ** (-passedMs / HALF_LIFE_MS);
    if (left < NOTHING * this.#bodyWidth) left = 0;
    this.#x *= left / length;
    this.#y *= left / length;
  }
}

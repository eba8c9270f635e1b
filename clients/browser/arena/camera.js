/** Which part of the ground is seen, and how large. Lengths of the ground are pixels of the map, `scale` of the device's each. */

/** So many square pixels of the ground are seen on every screen: a phone sees as much as a desk. */
const VIEW_AREA = 500_000;
/** On no screen more than so many in one direction: a long narrow window is no telescope. */
const FARTHEST = 1160;
/** The camera moves so far towards where one aims, at most. */
const LOOK_AHEAD = 90;
/** Of the way to the aim: a mouse at the edge of the window looks further than one near the tank. */
const LOOK_PART = 0.24;
/** Milliseconds in which half of the rest is made up. */
const LOOK_HALF_MS = 110;
const FOLLOW_HALF_MS = 90;
/** Device pixels at full shaking. */
const SHAKE = 9;
const SHAKE_HALF_MS = 110;
/** A step of the zoom. Sizes between them are not drawn: each needs its own pictures of everything. */
const ZOOM_STEP = 2 ** (1 / 3);
const ZOOM_MOST = 3;

export class Camera {
  #lookX = 0;
  #lookY = 0;
  #shaking = 0;
  #shakenX = 0;
  #shakenY = 0;
  /** Steps nearer than a player sees it. */
  #zoom = 0;

  constructor() {
    /** Where its middle is, on the ground. */
    this.x = 0;
    this.y = 0;
    /** Of the picture, in device pixels. */
    this.width = 1;
    this.height = 1;
    /** Device pixels in a pixel of the ground. */
    this.scale = 1;
    /** Device pixels in a CSS pixel. */
    this.ratio = 1;
    /** Where the picture begins, on the ground, such that tiles fall on whole device pixels. */
    this.left = 0;
    this.top = 0;
    this.mapWidth = 1;
    this.mapHeight = 1;
    /** Nothing shakes it then. */
    this.reducedMotion = false;
  }

  /** @param {number} width @param {number} height  of the picture, in device pixels @param {number} ratio */
  resize(width, height, ratio) {
    this.width = width;
    this.height = height;
    this.ratio = ratio;
    this.zoom = this.#zoom;
  }

  /** @param {number} width @param {number} height  of the ground */
  bound(width, height) {
    this.mapWidth = width;
    this.mapHeight = height;
  }

  /**
   * Steps nearer, or farther away until the whole map is seen: for who looks on. A player sees as much as any other.
   *
   * @param {number} steps
   */
  set zoom(steps) {
    const { width, height } = this;
    const usual = Math.max(Math.sqrt((width * height) / VIEW_AREA), Math.max(width, height) / FARTHEST);
    const whole = Math.min(1, width / this.mapWidth / usual, height / this.mapHeight / usual);
    const least = Math.ceil(Math.log(whole) / Math.log(ZOOM_STEP));
    this.#zoom = Math.max(least, Math.min(ZOOM_MOST, steps));
    this.scale = usual * ZOOM_STEP ** this.#zoom;
  }

  get zoom() {
    return this.#zoom;
  }

  /** Part of the ground that is seen. */
  get seenWidth() {
    return this.width / this.scale;
  }

  get seenHeight() {
    return this.height / this.scale;
  }

  /**
   * Keeps a place in sight at once, and looks ahead from it, softly.
   *
   * @param {number} x
   * @param {number} y
   * @param {number} aimX  from there to where one aims
   * @param {number} aimY
   * @param {number} passedMs
   */
  follow(x, y, aimX, aimY, passedMs) {
    const far = Math.hypot(aimX, aimY) * LOOK_PART;
    const part = far > LOOK_AHEAD ? (LOOK_PART * LOOK_AHEAD) / far : LOOK_PART;
    const stays = 0.5 ** (passedMs / LOOK_HALF_MS);
    this.#lookX = aimX * part + (this.#lookX - aimX * part) * stays;
    this.#lookY = aimY * part + (this.#lookY - aimY * part) * stays;
    this.#stand(x + this.#lookX, y + this.#lookY);
  }

  /** Goes there softly. @param {number} x @param {number} y @param {number} passedMs */
  glide(x, y, passedMs) {
    const stays = 0.5 ** (passedMs / FOLLOW_HALF_MS);
    this.#stand(x + (this.x - x) * stays, y + (this.y - y) * stays);
    this.#lookX = this.x - x;
    this.#lookY = this.y - y;
  }

  /** Is there at once. @param {number} x @param {number} y */
  jump(x, y) {
    this.#lookX = this.#lookY = 0;
    this.#stand(x, y);
  }

  /** @param {number} dx @param {number} dy  on the ground */
  move(dx, dy) {
    this.#stand(this.x + dx, this.y + dy);
  }

  /** @param {number} strength  0 to 1 */
  shake(strength) {
    if (!this.reducedMotion) this.#shaking = Math.min(1, this.#shaking + strength);
  }

  /** After it has moved, once a frame. @param {number} nowMs @param {number} passedMs */
  settle(nowMs, passedMs) {
    this.#shaking *= 0.5 ** (passedMs / SHAKE_HALF_MS);
    if (this.#shaking < 0.02) this.#shaking = 0;
    const far = SHAKE * this.ratio * this.#shaking * this.#shaking;
    this.#shakenX = Math.round(Math.sin(nowMs * 0.071) * far);
    this.#shakenY = Math.round(Math.sin(nowMs * 0.093 + 1) * far);
    this.left = (Math.round(this.x * this.scale - this.width / 2) + this.#shakenX) / this.scale;
    this.top = (Math.round(this.y * this.scale - this.height / 2) + this.#shakenY) / this.scale;
  }

  /** Where a point of the ground is in the picture, in device pixels. @param {number} x */
  screenX(x) {
    return (x - this.left) * this.scale;
  }

  /** @param {number} y */
  screenY(y) {
    return (y - this.top) * this.scale;
  }

  /** Where a place of the element, in CSS pixels, is on the ground. @param {number} x */
  groundX(x) {
    return (x * this.ratio) / this.scale + this.left;
  }

  /** @param {number} y */
  groundY(y) {
    return (y * this.ratio) / this.scale + this.top;
  }

  /** @param {number} x @param {number} y @param {number} margin  @returns {boolean} whether anything of it is seen */
  sees(x, y, margin) {
    const far = margin * this.scale;
    const left = this.screenX(x);
    const top = this.screenY(y);
    return left > -far && top > -far && left < this.width + far && top < this.height + far;
  }

  /**
   * The end of the map stays near the edge of the picture; a map that is smaller stands in the middle.
   *
   * @param {number} x
   * @param {number} y
   */
  #stand(x, y) {
    this.x = within(x, this.seenWidth, this.mapWidth);
    this.y = within(y, this.seenHeight, this.mapHeight);
  }
}

/** So much of what is beyond the map may be seen, that a tank in its corner is not under the display. */
const BEYOND = 72;

/** @param {number} at @param {number} seen @param {number} whole */
function within(at, seen, whole) {
  const half = seen / 2 - BEYOND;
  if (half * 2 >= whole) return whole / 2;
  return Math.max(half, Math.min(whole - half, at));
}

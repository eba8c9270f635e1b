/** Whom a spectator looks at, or that he looks round by himself. */

/** @typedef {import("./camera.js").Camera} Camera */
/** @typedef {import("./tanks.js").Tanks} Tanks */
/** @typedef {import("../pages/play/controls/stick.js").Vector} Vector */

/** Pixels of the ground a second. */
const ROAM_SPEED = 700;
/** A click that is so near to a tank, in pixels of the ground, means it. */
const CLICK_FAR = 34;

export class Follow {
  /** 0: nobody. */
  player = 0;
  #free = false;
  /** Where he looks next, he is at once. */
  #jumps = true;

  /** @param {number} player  0: look round freely */
  choose(player) {
    this.player = player;
    this.#free = player === 0;
  }

  /**
   * The next of those who have a tank, in the order of their numbers.
   *
   * @param {readonly number[]} players
   * @param {1 | -1} step
   */
  next(players, step) {
    const sorted = [...players].sort((one, other) => one - other);
    if (sorted.length === 0) return;
    const beyond = step > 0 ? sorted.find((player) => player > this.player) : sorted.findLast((player) => player < this.player);
    this.choose(beyond ?? (step > 0 ? sorted[0] : sorted[sorted.length - 1]));
  }

  /**
   * Somebody clicked on the ground: the tank that is there.
   *
   * @param {number} x
   * @param {number} y
   * @param {Tanks} tanks
   */
  click(x, y, tanks) {
    let nearest = CLICK_FAR;
    for (const tank of tanks.all) {
      const far = Math.hypot(tank.x - x, tank.y - y);
      if (far >= nearest) continue;
      nearest = far;
      this.choose(tank.owner);
    }
  }

  /** The picture is at another time: there is no way from where they were to where they are. */
  jump() {
    this.#jumps = true;
  }

  /**
   * He draws the ground along: then he looks round by himself.
   *
   * @param {Camera} camera
   * @param {number} dx  in CSS pixels
   * @param {number} dy
   */
  drag(camera, dx, dy) {
    if (dx === 0 && dy === 0) return;
    this.choose(0);
    camera.move((-dx * camera.ratio) / camera.scale, (-dy * camera.ratio) / camera.scale);
  }

  /**
   * Moves the camera, once a frame.
   *
   * @param {Camera} camera
   * @param {Tanks} tanks
   * @param {object} frame
   * @param {Vector} frame.wish  where he wants to go by himself
   * @param {number} frame.passedMs
   * @param {() => number} frame.leader  whom to begin with
   */
  move(camera, tanks, { wish, passedMs, leader }) {
    if (wish.x || wish.y) {
      this.choose(0);
      camera.move((wish.x * ROAM_SPEED * passedMs) / 1000, (wish.y * ROAM_SPEED * passedMs) / 1000);
      return;
    }
    if (this.#free) {
      camera.move(0, 0); // the window may have another size
      return;
    }
    if (this.player === 0) this.player = leader();
    const tank = tanks.of(this.player);
    if (tank === undefined) return;
    if (this.#jumps) camera.jump(tank.x, tank.y);
    else camera.glide(tank.x, tank.y, passedMs);
    this.#jumps = false;
  }
}

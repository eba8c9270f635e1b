/**
 * The player's own shots, from the moment of firing on.
 *
 * The server's shell comes on the screen late: by the way there and back, and by the delay at which others are drawn. Until
 * then its *ghost* flies where it will be. The server starts a shell as far ahead as its driver saw the others late, so the shell
 * that is drawn at the view's tick goes on where the ghost is at the predicted one. It does so for 250 ms at most: on a longer
 * line the ghost is as much slower. What is left of a difference, for the server counts in whole ticks, is made up in flight.
 */

import { Predictor } from "../src/prediction.js";
import { HIT_RADIUS, MUZZLE_TICKS, closest, shellVelocity } from "./motion.js";
import { COOLDOWN_TICKS, FAN, READY_TICK, SHELL, SPREAD, stepGun } from "./weapons.js";

/** @typedef {import("../src/replica.js").Entity} Entity */
/** @typedef {import("../src/schema.js").Values} Values */
/** @typedef {import("./own_tank.js").OwnTank} OwnTank */
/** @typedef {import("./own_tank.js").Controls} Controls */
/** @typedef {import("./weapons.js").GunState} GunState */

/** @typedef {{tick: number, weapon: number, aim: number, x: number, y: number}} Fired  from the middle of the tank */
/** @typedef {{x: number, y: number, heading: number, weapon: number}} DrawnShot  heading in steps of 256 */
/** @typedef {{all(kind: string): readonly Entity[], get(id: number): Entity | undefined}} Picture  what is on the screen */

/**
 * A shell of the player's own.
 *
 * @typedef {object} Shot
 * @property {number} tick  of its launch; at its end the shell is at the muzzle
 * @property {number} weapon
 * @property {number} heading
 * @property {number} x  of the muzzle
 * @property {number} y
 * @property {number} stepX  a tick
 * @property {number} stepY
 * @property {number} wall  ticks after which it meets a wall; Infinity: not in its time as a ghost
 * @property {number} end  ticks after which the ghost meets a wall or a tank
 * @property {number | null} pace  of the ghost, as part of the shell's speed; null before it was first drawn
 * @property {number} age  ticks that it was last drawn to have flown
 * @property {number} met  ticks for which it is known what it has met
 * @property {number | null} id  of the server's shell
 * @property {number} bornTick  from then on the server's shell is in the view
 * @property {number | null} lead  once that is so: how many ticks further on the shot is drawn
 * @property {number} leadAt  the view's tick to which the lead belongs
 */

/** A ghost that the server has not taken over by then is gone. */
const GHOST_SECONDS = 0.5;
/** So much is the most that the server starts a shell ahead. */
const REWIND_SECONDS = 0.25;
/** So many ticks later than asked for the server may have fired: an input may come late. */
const LATE_TICKS = 3;
/** How many ticks a shot may be made slower or faster by, in each tick, to lose its lead. */
const GIVE = 0.25;
/** More ticks than that are not made up but jumped. */
const MOST_LEAD = 6;
const OVER = 2;
/** How much of a tick's way a shell goes towards a wall: the first of these that is clear. 1: there is none. */
const WALL_PARTS = Object.freeze([1, 0.75, 0.5, 0.25, 0]);

export class OwnShots {
  #tank;
  #onFire;
  #ghostTicks;
  #rewindTicks;
  #mayFire = true;
  /** @type {Predictor<Controls>} */
  #gun;
  /** @type {Shot[]} */
  #shots = [];
  /** The server's shells of the newest snapshot. @type {Set<number>} */
  #known = new Set();
  #firstSnapshot = true;

  /**
   * @param {OwnTank} tank
   * @param {{onFire?: (fired: Fired) => void}} [options]  `onFire`: a shot leaves the barrel, whichever weapon: flash and sound
   */
  constructor(tank, { onFire = () => {} } = {}) {
    this.#tank = tank;
    this.#onFire = onFire;
    this.#ghostTicks = GHOST_SECONDS * tank.client.tickRate;
    this.#rewindTicks = Math.floor(REWIND_SECONDS * tank.client.tickRate);
    this.#gun = new Predictor({
      step: (state, controls, tick) => stepGun(state, this.#mayFire ? controls : { fire: 0, weapon: 0 }, tick),
      absent: () => ({ bearing: 0, throttle: 0, aim: 0, fire: 0, weapon: 0 }),
    });
    tank.follow({
      predicted: (tick, controls) => this.#predicted(tick, controls),
      seen: (tick, own, anew) => this.#seen(tick, own, anew),
      forgotten: () => this.#forget(),
    });
  }

  /**
   * What is loaded, as it is after the inputs that were sent: [ammo, readyTick, reloadTick, spreads, mines, rails].
   *
   * @returns {GunState | null}  null without a tank
   */
  get loaded() {
    return this.#gun.state;
  }

  /**
   * Whether the picture's shell is one that `drawn` gives: then it is not to be drawn a second time.
   *
   * @param {number} id
   */
  replaces(id) {
    return this.#shots.some((shot) => shot.id === id);
  }

  /**
   * Where to draw the player's own shots. Call it once in each frame, and before `replaces`.
   *
   * @param {number} viewTick  as `Client.frame` says it
   * @param {number} inputTick  likewise
   * @param {Picture} picture  at the view's tick
   * @returns {DrawnShot[]}
   */
  drawn(viewTick, inputTick, picture) {
    const targets = this.#shots.length > 0 ? this.#targets(picture) : [];
    const drawn = [];
    const going = [];
    for (const shot of this.#shots) {
      const isGhost = viewTick < shot.bornTick;
      if (isGhost && shot.id === null && this.#isGone(shot, viewTick, inputTick)) continue;
      const passed = inputTick - shot.tick;
      shot.pace ??= Math.min(1, this.#rewindTicks / Math.max(inputTick - viewTick, 1));
      const ghostAge = Math.min(passed, this.#ghostTicks) * shot.pace;
      if (isGhost) this.#meet(shot, ghostAge, targets);
      const flown = isGhost ? ghostAge : handOver(shot, viewTick, ghostAge, picture);
      if (flown === null) continue;
      going.push(shot);
      const age = Math.max(flown, shot.age); // the view holds a shell that is about to end: losing its lead must not turn it back
      shot.age = age;
      const flies = isGhost ? passed < this.#ghostTicks && age < shot.end : age < shot.wall;
      if (passed >= 0 && flies) {
        const { x, y, stepX, stepY, heading, weapon } = shot;
        drawn.push({ x: x + stepX * age, y: y + stepY * age, heading, weapon });
      }
    }
    this.#shots = going;
    return drawn;
  }

  // -- firing ------------------------------------------------------------------------------------------------------------
  /** @param {number} tick @param {Controls} controls */
  #predicted(tick, controls) {
    const ready = this.#gun.state?.[READY_TICK];
    this.#gun.predict(tick, controls);
    const place = this.#tank.predicted;
    if (place === null || this.#gun.state === null || this.#gun.state[READY_TICK] === ready) return;
    const { weapon, aim } = controls;
    const { x, y } = place;
    if (weapon === SHELL) this.#launch(tick, weapon, aim, x, y);
    else if (weapon === SPREAD) for (const beside of FAN) this.#launch(tick, weapon, (aim + beside) & 1023, x, y);
    this.#onFire({ tick, weapon, aim, x, y });
  }

  /**
   * @param {number} tick
   * @param {number} weapon
   * @param {number} aim
   * @param {number} fromX
   * @param {number} fromY
   */
  #launch(tick, weapon, aim, fromX, fromY) {
    const [stepX, stepY] = shellVelocity(aim);
    const x = fromX + MUZZLE_TICKS * stepX;
    const y = fromY + MUZZLE_TICKS * stepY;
    const ground = this.#tank.ground;
    if (!ground.clearLine(fromX, fromY, x, y)) return; // the barrel reaches into a wall
    let wall = Infinity;
    for (let age = 0; age < this.#ghostTicks && wall === Infinity; age++) {
      const [x0, y0] = [x + stepX * age, y + stepY * age];
      const part = WALL_PARTS.find((part) => part === 0 || ground.clearLine(x0, y0, x0 + stepX * part, y0 + stepY * part));
      if (part !== undefined && part < 1) wall = age + part;
    }
    const heading = ((aim + 2) >> 2) & 255;
    const flight = { tick, weapon, heading, x, y, stepX, stepY, wall, end: wall, pace: null, age: 0, met: 0 };
    this.#shots.push({ ...flight, id: null, bornTick: Infinity, lead: null, leadAt: 0 });
  }

  // -- what the server says ----------------------------------------------------------------------------------------------
  /** @param {number} tick @param {Entity | null} own @param {boolean} anew */
  #seen(tick, own, anew) {
    const { world, player } = this.#tank.client;
    this.#mayFire = world.get(0)?.values.phase !== OVER;
    if (own === null) this.#gun.stop();
    else if (anew) this.#gun.reset(tick, gunOf(own.values));
    else this.#gun.reconcile(tick, gunOf(own.values));

    const shells = world.all("Shell").filter((shell) => player !== 0 && shell.values.owner === player);
    if (!this.#firstSnapshot) for (const shell of shells) if (!this.#known.has(shell.id)) this.#match(shell, tick);
    this.#known = new Set(shells.map((shell) => shell.id));
    this.#firstSnapshot = false;
    this.#shots = this.#shots.filter((shot) => shot.id !== null || this.#stands(shot, tick, own));
  }

  /**
   * The oldest ghost of this weapon and direction is this shell.
   *
   * @param {Entity} shell
   * @param {number} tick
   */
  #match({ id, values }, tick) {
    const heading = Math.round((/** @type {number} */ (values.heading) / (2 * Math.PI)) * 256) & 255;
    const ghost = this.#shots.find(
      (shot) => shot.id === null && shot.tick <= tick && shot.weapon === values.weapon && shot.heading === heading,
    );
    if (ghost !== undefined) [ghost.id, ghost.bornTick] = [id, tick];
  }

  /**
   * Whether a shot that has no shell may still be one.
   *
   * @param {Shot} shot
   * @param {number} tick
   * @param {Entity | null} own
   */
  #stands({ tick: launched, weapon }, tick, own) {
    const ready = launched + COOLDOWN_TICKS[weapon];
    if (launched > tick) {
      const then = this.#gun.tick === null ? null : this.#gun.before(this.#gun.tick - launched);
      return then !== null && then[READY_TICK] === ready;
    }
    // It was fired if the gun is as after it. A shell that the server never shows has ended at once: its ghost flies on to there.
    if (own !== null && gunOf(own.values)[READY_TICK] >= ready) return true;
    return own !== null && tick < launched + LATE_TICKS;
  }

  #forget() {
    this.#gun.forget();
    this.#shots = [];
    this.#known.clear();
    this.#firstSnapshot = true;
  }

  // -- drawing -----------------------------------------------------------------------------------------------------------
  /**
   * Whether a ghost that no shell of the server's belongs to is over: it has met something, or by now its shell would be seen.
   *
   * @param {Shot} shot
   * @param {number} viewTick
   * @param {number} inputTick
   */
  #isGone({ tick, age, end }, viewTick, inputTick) {
    return inputTick - tick > this.#ghostTicks || age >= end || viewTick > tick + LATE_TICKS;
  }

  /**
   * A ghost ends on a tank that is drawn in its way.
   *
   * @param {Shot} shot
   * @param {number} age
   * @param {Values[]} targets
   */
  #meet(shot, age, targets) {
    const { x, y, stepX, stepY, met } = shot;
    if (age <= met) return;
    for (const target of targets) {
      const [tankX, tankY] = /** @type {number[]} */ ([target.x, target.y]);
      const [part, square] = closest(x + stepX * met, y + stepY * met, x + stepX * age, y + stepY * age, tankX, tankY);
      if (square <= HIT_RADIUS * HIT_RADIUS) shot.end = Math.min(shot.end, met + (age - met) * part);
    }
    shot.met = age;
  }

  /**
   * Those on the screen that a shot of the player's does not pass through.
   *
   * @param {Picture} picture
   * @returns {Values[]}
   */
  #targets(picture) {
    const { player } = this.#tank.client;
    const tanks = picture.all("Tank").map((tank) => tank.values);
    const team = tanks.find((tank) => tank.owner === player)?.team ?? 0;
    return tanks.filter((tank) => tank.health !== 0 && tank.owner !== player && (team === 0 || tank.team !== team));
  }
}

/**
 * The server's shell is on the screen. It is drawn as far ahead of its place as its ghost was, and less so in each tick.
 *
 * @param {Shot} shot
 * @param {number} viewTick
 * @param {number} ghostAge
 * @param {Picture} picture
 * @returns {number | null}  ticks that it has flown; null: it is drawn like any other from now on, or is gone
 */
function handOver(shot, viewTick, ghostAge, picture) {
  const shell = shot.id === null ? undefined : picture.get(shot.id);
  if (shell === undefined) return null;
  const { x, y, stepX, stepY } = shot;
  const [shellX, shellY] = /** @type {number[]} */ ([shell.values.x, shell.values.y]);
  const flown = ((shellX - x) * stepX + (shellY - y) * stepY) / (stepX * stepX + stepY * stepY);
  if (shot.lead === null) [shot.lead, shot.leadAt] = [ghostAge - flown, viewTick];
  const give = GIVE * Math.max(0, viewTick - shot.leadAt);
  shot.lead = Math.sign(shot.lead) * Math.max(0, Math.abs(shot.lead) - give);
  shot.leadAt = viewTick;
  return shot.lead === 0 || Math.abs(shot.lead) > MOST_LEAD ? null : flown + shot.lead;
}

/** @param {Values | import("./kinds.js").OwnValues} values  of a tank @returns {GunState} */
export function gunOf({ ammo, ready_tick, reload_tick, spreads, mines, rails }) {
  return /** @type {number[]} */ ([ammo, ready_tick, reload_tick, spreads, mines, rails]);
}

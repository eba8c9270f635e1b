/** Tanks on the ground: where each is drawn, what has just been done to it, and its picture. */

import { label, bubble } from "./labels.js";
import { COMMON } from "./palette.js";
import { LINK, TREADS, hull, ownRing, shadow, shield, turret, wreck } from "./shapes.js";
import { put } from "./sprites.js";
import { valuesOf } from "./kinds.js";

/** @typedef {import("./camera.js").Camera} Camera */
/** @typedef {import("./sprites.js").Sprites} Sprites */
/** @typedef {import("./effects.js").Effects} Effects */
/** @typedef {import("./palette.js").Colours} Colours */
/** @typedef {import("./kinds.js").Entity} Entity */
/** @typedef {import("./kinds.js").TankValues} TankValues */

/**
 * A tank as it is drawn in this frame, and what is remembered of it from frame to frame.
 *
 * @typedef {object} Tank
 * @property {number} id
 * @property {number} owner
 * @property {number} team
 * @property {number} x
 * @property {number} y
 * @property {number} heading  radians
 * @property {number} aim  radians
 * @property {number} health
 * @property {boolean} safe
 * @property {boolean} fast
 * @property {number} frame  in which it was last seen
 * @property {number} rolled  pixels along its heading
 * @property {number} unmarked  of them, since it last left a mark
 * @property {number} speed  pixels a second, along its heading
 * @property {number} firedMs  when it last fired
 * @property {number} hurtMs  when it was last hurt
 * @property {string} word  in a bubble above it
 * @property {number} wordMs  since when
 */
/** @typedef {{x: number, y: number, heading: number, aim: number}} Place  angles in radians */

const KICK_MS = 130;
const KICK = 3.2;
const HURT_MS = 130;
const HURT_ALPHA = 0.65;
const WORD_MS = 2600;
/** Pixels between two marks of the tracks. */
const MARK = 5;
/** Who jumps so far in a frame did not drive. */
const JUMP = 60;

export class Tanks {
  #sprites;
  #camera;
  #effects;
  #colours;
  /** @type {Map<number, Tank>} */
  #tanks = new Map();
  /** @type {Map<number, Tank>} */
  #byOwner = new Map();
  #frame = 0;
  #nowMs = 0;

  /** @param {{sprites: Sprites, camera: Camera, effects: Effects, colours: Colours}} world */
  constructor({ sprites, camera, effects, colours }) {
    this.#sprites = sprites;
    this.#camera = camera;
    this.#effects = effects;
    this.#colours = colours;
    /** Whose tank is one's own; 0: nobody's. */
    this.own = 0;
    /** Nothing flashes. */
    this.calm = false;
  }

  /** @param {Colours} colours */
  set colours(colours) {
    this.#colours = colours;
  }

  /** @param {number} owner @returns {Tank | undefined} */
  of(owner) {
    return this.#byOwner.get(owner);
  }

  /** @returns {Iterable<Tank>} */
  get all() {
    return this.#tanks.values();
  }

  /** None was there before: those of the next frame have not just come. */
  forget() {
    this.#tanks.clear();
    this.#byOwner.clear();
    this.#frame = 0;
  }

  /** It has just fired. @param {Tank} tank */
  kick(tank) {
    tank.firedMs = this.#nowMs;
  }

  /**
   * What the picture has in this frame.
   *
   * @param {readonly Entity[]} entities
   * @param {object} frame
   * @param {number} frame.tick  of the picture
   * @param {number} frame.nowMs
   * @param {number} frame.passedMs
   * @param {Place | null} frame.own  where the own tank is, if one knows better than the picture
   */
  take(entities, { tick, nowMs, passedMs, own }) {
    const first = this.#frame === 0;
    this.#frame++;
    this.#nowMs = nowMs;
    for (const entity of entities) {
      const values = /** @type {TankValues} */ (valuesOf(entity));
      let tank = this.#tanks.get(entity.id);
      if (tank === undefined) {
        tank = made(entity.id, values);
        this.#tanks.set(entity.id, tank);
        if (!first) this.#effects.arrive(tank.x, tank.y, this.#colours.player(values.owner, values.team).light);
      }
      const place = values.owner === this.own && values.health > 0 && own !== null ? own : values;
      this.#move(tank, place, passedMs);
      if (values.health < tank.health) tank.hurtMs = nowMs;
      tank.health = values.health;
      tank.team = values.team;
      tank.safe = values.safe_until > tick;
      tank.fast = values.fast_until > tick;
      tank.frame = this.#frame;
      this.#byOwner.set(values.owner, tank);
      if (values.health === 0) this.#effects.smoulder(tank.x, tank.y, passedMs, 1);
      else if (values.health <= 30) this.#effects.smoulder(tank.x, tank.y, passedMs, 0.55);
      if (tank.fast && Math.abs(tank.speed) > 40) this.#effects.rush(tank.x, tank.y, tank.heading, passedMs);
    }
    for (const [id, tank] of this.#tanks) {
      if (tank.frame === this.#frame) continue;
      this.#tanks.delete(id);
      if (this.#byOwner.get(tank.owner) === tank) this.#byOwner.delete(tank.owner);
    }
  }

  /** @param {number} owner @param {string} word */
  say(owner, word) {
    const tank = this.#byOwner.get(owner);
    if (tank === undefined) return;
    tank.word = word;
    tank.wordMs = this.#nowMs;
  }

  /** @param {CanvasRenderingContext2D} context */
  draw(context) {
    for (const tank of this.#tanks.values()) if (tank.health === 0) this.#drawWreck(context, tank);
    for (const tank of this.#tanks.values()) if (tank.health > 0 && tank.owner !== this.own) this.#drawTank(context, tank);
    const own = this.#byOwner.get(this.own);
    if (own !== undefined && own.health > 0) this.#drawTank(context, own);
  }

  /**
   * Names, wounds and words, above everything.
   *
   * @param {CanvasRenderingContext2D} context
   * @param {(player: number) => string} name
   */
  drawLabels(context, name) {
    for (const tank of this.#tanks.values()) {
      if (tank.health === 0 || !this.#camera.sees(tank.x, tank.y, 70)) continue;
      if (tank.owner !== this.own) {
        const { light } = this.#colours.player(tank.owner, tank.team);
        put(context, this.#camera, label(this.#sprites, name(tank.owner), light), tank.x, tank.y - 33);
      }
      if (tank.health < 100) this.#drawHealth(context, tank);
      if (tank.word !== "" && this.#nowMs - tank.wordMs < WORD_MS)
        put(context, this.#camera, bubble(this.#sprites, tank.word), tank.x, tank.y - 52);
    }
    context.setTransform(1, 0, 0, 1, 0, 0);
  }

  /** @param {Tank} tank @param {Place} to @param {number} passedMs */
  #move(tank, { x, y, heading, aim }, passedMs) {
    const along = (x - tank.x) * Math.cos(heading) + (y - tank.y) * Math.sin(heading);
    tank.x = x;
    tank.y = y;
    tank.heading = heading;
    tank.aim = aim;
    if (passedMs <= 0 || Math.abs(along) > JUMP) return;
    tank.speed = (along / passedMs) * 1000;
    tank.rolled += along;
    tank.unmarked += Math.abs(along);
    if (tank.unmarked < MARK) return;
    tank.unmarked %= MARK;
    this.#effects.rolled(x, y, heading);
  }

  /** @param {CanvasRenderingContext2D} context @param {Tank} tank */
  #drawWreck(context, { x, y, heading }) {
    if (!this.#camera.sees(x, y, 30)) return;
    put(context, this.#camera, this.#sprites.get("shadow", 44, 44, shadow), x + 1, y + 3);
    put(context, this.#camera, this.#sprites.get("wreck", 46, 46, wreck()), x, y, heading);
  }

  /** @param {CanvasRenderingContext2D} context @param {Tank} tank */
  #drawTank(context, tank) {
    const { x, y, heading, aim, owner, team } = tank;
    const camera = this.#camera;
    if (!camera.sees(x, y, 34)) return;
    const sprites = this.#sprites;
    const colours = this.#colours.player(owner, team);
    put(context, camera, sprites.get("shadow", 44, 44, shadow), x + 1.5, y + 3.5);
    if (owner === this.own) put(context, camera, sprites.get("own", 48, 48, ownRing), x, y, 0.0004 * this.#nowMs);
    const tread = Math.floor((tank.rolled / LINK) * TREADS) & (TREADS - 1);
    put(context, camera, sprites.get(`hull ${colours.fill} ${team} ${tread}`, 34, 30, hull(colours, team, tread)), x, y, heading);
    const fired = (this.#nowMs - tank.firedMs) / KICK_MS;
    const kick = fired >= 0 && fired < 1 ? KICK * (1 - fired) : 0;
    const top = sprites.get(`turret ${colours.fill}`, 48, 20, turret(colours));
    put(context, camera, top, x - Math.cos(aim) * kick, y - Math.sin(aim) * kick, aim);
    if (!this.calm && this.#nowMs - tank.hurtMs < HURT_MS) {
      context.globalCompositeOperation = "lighter";
      context.globalAlpha = HURT_ALPHA * (1 - (this.#nowMs - tank.hurtMs) / HURT_MS);
      put(context, camera, sprites.get("hurt", 34, 30, hull(WHITE, 0, 0)), x, y, heading);
      context.globalAlpha = 1;
      context.globalCompositeOperation = "source-over";
    }
    if (!tank.safe) return;
    context.globalAlpha = 0.62 + 0.3 * Math.sin(this.#nowMs * 0.009);
    put(context, camera, sprites.get("shield", 50, 50, shield), x, y, this.#nowMs * 0.0017);
    context.globalAlpha = 1;
  }

  /** @param {CanvasRenderingContext2D} context @param {Tank} tank */
  #drawHealth(context, { x, y, health }) {
    const camera = this.#camera;
    context.setTransform(1, 0, 0, 1, 0, 0);
    const width = Math.round(34 * camera.scale);
    const height = Math.max(3, Math.round(4 * camera.scale));
    const left = Math.round(camera.screenX(x) - width / 2);
    const top = Math.round(camera.screenY(y - 25));
    context.fillStyle = "rgba(8,10,14,.85)";
    context.fillRect(left - 1, top - 1, width + 2, height + 2);
    context.fillStyle = health > 60 ? COMMON.healthy : health > 30 ? COMMON.wounded : COMMON.dying;
    context.fillRect(left, top, Math.max(1, Math.round((width * health) / 100)), height);
  }
}

const WHITE = { fill: "#ffffff", dark: "#ffffff", light: "#ffffff" };

/** @param {number} id @param {TankValues} values @returns {Tank} */
function made(id, { owner, team, x, y, heading, aim, health }) {
  return {
    id,
    owner,
    team,
    x,
    y,
    heading,
    aim,
    health,
    safe: false,
    fast: false,
    frame: 0,
    rolled: 0,
    unmarked: 0,
    speed: 0,
    firedMs: -Infinity,
    hurtMs: -Infinity,
    word: "",
    wordMs: -Infinity,
  };
}

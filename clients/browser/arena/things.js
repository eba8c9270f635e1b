/** What stands and lies about: flags and their homes, pickups, mines. */

import { valuesOf } from "./kinds.js";
import { COMMON } from "./palette.js";
import { base, mine, pickup, pole } from "./shapes.js";
import { glow, put } from "./sprites.js";

/** @typedef {import("./camera.js").Camera} Camera */
/** @typedef {import("./sprites.js").Sprites} Sprites */
/** @typedef {import("./palette.js").Colours} Colours */
/** @typedef {import("./kinds.js").Entity} Entity */
/** @typedef {import("./ground.js").Ground} Ground */

const PICKUP_COLOURS = [COMMON.health, COMMON.ammo, COMMON.speed];
/** Within this an enemy sets a mine off. */
const TRIGGER_RADIUS = 26;

export class Things {
  #sprites;
  #camera;
  #homes;

  /** @param {{sprites: Sprites, camera: Camera, ground: Ground}} world */
  constructor({ sprites, camera, ground }) {
    this.#sprites = sprites;
    this.#camera = camera;
    this.#homes = ground.objects
      .filter(({ type }) => type === "flag")
      .map(({ x, y, properties }) => ({ x, y, team: Number(properties.team) }));
  }

  /** Where flags are at home. @param {CanvasRenderingContext2D} context @param {Colours} colours */
  drawHomes(context, colours) {
    for (const { x, y, team } of this.#homes) {
      const { fill } = colours.team(team);
      if (this.#camera.sees(x, y, 30)) put(context, this.#camera, this.#sprites.get(`base ${fill}`, 56, 56, base(fill)), x, y);
    }
  }

  /** @param {CanvasRenderingContext2D} context @param {readonly Entity[]} entities @param {number} nowMs  0: nothing moves */
  drawPickups(context, entities, nowMs) {
    for (const entity of entities) {
      const { x, y, kind } = /** @type {import("./kinds.js").PickupValues} */ (valuesOf(entity));
      if (!this.#camera.sees(x, y, 30)) continue;
      const lift = 1.5 + 2 * Math.sin(nowMs * 0.003 + x);
      const colour = PICKUP_COLOURS[kind];
      context.globalAlpha = 0.55 + 0.2 * Math.sin(nowMs * 0.003 + x);
      put(context, this.#camera, this.#sprites.get(`light ${colour}`, 56, 56, glow(colour, 28, 0.75)), x, y);
      context.globalAlpha = 1;
      put(context, this.#camera, this.#sprites.get(`pickup ${kind}`, 24, 24, pickup(kind)), x, y - lift);
    }
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {readonly Entity[]} entities
   * @param {{tick: number, nowMs: number, colours: Colours}} frame
   */
  drawMines(context, entities, { tick, nowMs, colours }) {
    for (const entity of entities) {
      const { x, y, armed_tick: armed, owner, team } = /** @type {import("./kinds.js").MineValues} */ (valuesOf(entity));
      if (!this.#camera.sees(x, y, 30)) continue;
      const { fill } = colours.player(owner, team);
      const arming = tick < armed;
      const lit = arming ? nowMs % 160 < 80 : nowMs % 1400 < 160;
      if (!arming) this.#drawReach(context, x, y, fill);
      put(context, this.#camera, this.#sprites.get(`mine ${fill} ${lit}`, 24, 24, mine(fill, lit)), x, y);
    }
  }

  /**
   * Flags at home and on the ground; those that are carried go with a tank, and over it.
   *
   * @param {CanvasRenderingContext2D} context
   * @param {readonly Entity[]} entities
   * @param {object} frame
   * @param {boolean} frame.carried  which of them
   * @param {number} frame.nowMs
   * @param {Colours} frame.colours
   * @param {(player: number) => {x: number, y: number, heading: number} | undefined} frame.tankOf
   */
  drawFlags(context, entities, { carried, nowMs, colours, tankOf }) {
    for (const entity of entities) {
      const { x, y, carrier, team, home } = /** @type {import("./kinds.js").FlagValues} */ (valuesOf(entity));
      if (carrier > 0 !== carried) continue;
      const tank = carried ? tankOf(carrier) : undefined;
      const footX = tank === undefined ? x : tank.x - Math.cos(tank.heading) * 9;
      const footY = tank === undefined ? y : tank.y - Math.sin(tank.heading) * 9;
      if (!this.#camera.sees(footX, footY, 50)) continue;
      const { fill, light } = colours.team(team);
      if (!carried && !home) {
        context.globalAlpha = 0.5 + 0.35 * Math.sin(nowMs * 0.008);
        put(context, this.#camera, this.#sprites.get(`light ${fill}`, 72, 72, glow(fill, 36, 0.9)), footX, footY);
        context.globalAlpha = 1;
      }
      put(context, this.#camera, this.#sprites.get("pole", 24, 80, pole), footX, footY);
      this.#drawCloth(context, footX, footY, nowMs, fill, light);
    }
  }

  /** @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {string} colour */
  #drawReach(context, x, y, colour) {
    const { scale } = this.#camera;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.globalAlpha = 0.28;
    context.strokeStyle = colour;
    context.lineWidth = Math.max(1, scale);
    context.beginPath();
    context.arc(this.#camera.screenX(x), this.#camera.screenY(y), TRIGGER_RADIUS * scale, 0, 7);
    context.stroke();
    context.globalAlpha = 1;
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {number} x
   * @param {number} y
   * @param {number} nowMs
   * @param {string} fill
   * @param {string} light
   */
  #drawCloth(context, x, y, nowMs, fill, light) {
    const { scale } = this.#camera;
    context.setTransform(scale, 0, 0, scale, this.#camera.screenX(x), this.#camera.screenY(y));
    const wave = Math.sin(nowMs * 0.006) * 2.4;
    const tip = Math.sin(nowMs * 0.006 + 1.4) * 2.4;
    context.beginPath();
    context.moveTo(1, -32.5);
    context.quadraticCurveTo(9, -35 + wave, 15, -32.5);
    context.quadraticCurveTo(21, -30 + tip, 26, -32 + tip);
    context.lineTo(22, -24.5 + tip);
    context.lineTo(26, -16.5 + tip);
    context.quadraticCurveTo(20, -15 + tip, 14, -17.5);
    context.quadraticCurveTo(8, -20 + wave, 1, -17.5);
    context.closePath();
    context.fillStyle = fill;
    context.fill();
    context.lineWidth = 1.4;
    context.strokeStyle = COMMON.rim;
    context.stroke();
    context.beginPath();
    context.moveTo(2, -30.8);
    context.quadraticCurveTo(9, -33 + wave, 15, -30.8);
    context.strokeStyle = light;
    context.lineWidth = 1.2;
    context.stroke();
  }
}

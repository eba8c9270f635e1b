/** What helps to aim: the mark where the mouse is, the line of a rail, that one has hit, and from where one was. */

import { SHELL_SPEED } from "./motion.js";
import { toWall } from "./rays.js";
import { COOLDOWN_TICKS, RAIL, READY_TICK, SPREAD } from "./weapons.js";

/** @typedef {import("./camera.js").Camera} Camera */
/** @typedef {import("./ground.js").Ground} Ground */
/** @typedef {import("./tanks.js").Tank} Tank */
/** @typedef {{angle: number, atMs: number}} Hurt  from where, in radians */

const HIT_MS = 220;
const HURT_MS = 1100;
/** CSS pixels. */
const RADIUS = 13;
/** Of the ground: how far shells and pellets fly. */
const REACH = [60 * SHELL_SPEED, 24 * SHELL_SPEED];

export class Reticle {
  #camera;
  #ground;

  /** @param {{camera: Camera, ground: Ground}} world */
  constructor({ camera, ground }) {
    this.#camera = camera;
    this.#ground = ground;
  }

  /**
   * @param {CanvasRenderingContext2D} context  without a transform
   * @param {Tank} own
   * @param {object} state
   * @param {number} state.weapon
   * @param {number} state.aim  of 1,024
   * @param {{x: number, y: number} | null} state.pointer  of the mouse, in CSS pixels; null: one aims with something else
   * @param {boolean} state.aiming  with a stick
   * @param {import("./weapons.js").GunState} state.gun
   * @param {number} state.inputTick
   * @param {number} state.hitMs  since one has hit somebody
   */
  draw(context, own, { weapon, aim, pointer, aiming, gun, inputTick, hitMs }) {
    const { ratio } = this.#camera;
    if (weapon === RAIL) this.#drawSight(context, own, aim, "rgba(159,243,255,.32)", Infinity);
    else if (aiming) this.#drawSight(context, own, aim, "rgba(255,255,255,.22)", REACH[weapon] ?? 0);
    const far = this.#camera.scale * 130;
    const angle = (aim / 1024) * 2 * Math.PI;
    const x = pointer === null ? this.#camera.screenX(own.x) + Math.cos(angle) * far : pointer.x * ratio;
    const y = pointer === null ? this.#camera.screenY(own.y) + Math.sin(angle) * far : pointer.y * ratio;
    if (pointer !== null || aiming) this.#drawMark(context, x, y, weapon, (gun[READY_TICK] - inputTick) / COOLDOWN_TICKS[weapon]);
    if (hitMs < HIT_MS) this.#drawHit(context, x, y, 1 - hitMs / HIT_MS);
  }

  /**
   * Red, towards where it came from.
   *
   * @param {CanvasRenderingContext2D} context  without a transform
   * @param {Tank} own
   * @param {number} nowMs
   * @param {readonly Hurt[]} hurts
   */
  drawHurts(context, own, nowMs, hurts) {
    const { scale } = this.#camera;
    for (const { angle, atMs } of hurts) {
      const left = 1 - (nowMs - atMs) / HURT_MS;
      if (left <= 0) continue;
      context.globalAlpha = Math.min(1, left * 1.3) * 0.85;
      context.strokeStyle = "#ff4f3f";
      context.lineWidth = 7 * scale;
      context.lineCap = "round";
      context.beginPath();
      context.arc(this.#camera.screenX(own.x), this.#camera.screenY(own.y), 62 * scale, angle - 0.36, angle + 0.36);
      context.stroke();
    }
    context.globalAlpha = 1;
  }

  /** @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {number} weapon @param {number} pause */
  #drawMark(context, x, y, weapon, pause) {
    const unit = this.#camera.ratio;
    const radius = (weapon === SPREAD ? RADIUS + 5 : RADIUS) * unit;
    for (const [style, width] of /** @type {const} */ ([["rgba(8,10,14,.7)", 4.5], ["#ffffff", 2]])) {
      context.strokeStyle = style;
      context.lineWidth = width * unit;
      context.lineCap = "round";
      context.beginPath();
      for (let part = 0; part < 4; part++) {
        const angle = (part * Math.PI) / 2;
        const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
        context.moveTo(x + cosine * (radius - 4 * unit), y + sine * (radius - 4 * unit));
        context.lineTo(x + cosine * (radius + 3 * unit), y + sine * (radius + 3 * unit));
      }
      context.moveTo(x + unit, y);
      context.arc(x, y, unit, 0, 7);
      context.stroke();
    }
    if (pause <= 0) return;
    context.strokeStyle = "#ffd34d";
    context.lineWidth = 2.5 * unit;
    context.beginPath();
    context.arc(x, y, radius, -Math.PI / 2, -Math.PI / 2 + 2 * Math.PI * (1 - Math.min(1, pause)));
    context.stroke();
  }

  /** @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {number} left */
  #drawHit(context, x, y, left) {
    const unit = this.#camera.ratio;
    context.strokeStyle = `rgba(255,92,77,${left})`;
    context.lineWidth = 3 * unit;
    context.beginPath();
    for (const [dx, dy] of [[1, 1], [1, -1], [-1, 1], [-1, -1]]) {
      context.moveTo(x + dx * 6 * unit, y + dy * 6 * unit);
      context.lineTo(x + dx * 13 * unit, y + dy * 13 * unit);
    }
    context.stroke();
  }

  /** @param {CanvasRenderingContext2D} context @param {Tank} own @param {number} aim @param {string} style @param {number} reach */
  #drawSight(context, own, aim, style, reach) {
    let [x, y] = toWall(this.#ground, own.x, own.y, aim);
    const far = Math.hypot(x - own.x, y - own.y);
    if (far > reach) {
      x = own.x + ((x - own.x) * reach) / far;
      y = own.y + ((y - own.y) * reach) / far;
    }
    context.strokeStyle = style;
    context.lineWidth = Math.max(1, 1.4 * this.#camera.scale);
    context.beginPath();
    context.moveTo(this.#camera.screenX(own.x), this.#camera.screenY(own.y));
    context.lineTo(this.#camera.screenX(x), this.#camera.screenY(y));
    context.stroke();
  }
}

/** The whole ground, small: walls, flags, pickups, and all tanks that the server shows. */

import { valuesOf } from "./kinds.js";

/** @typedef {import("./ground.js").Ground} Ground */
/** @typedef {import("./camera.js").Camera} Camera */
/** @typedef {import("./palette.js").Colours} Colours */
/** @typedef {import("./tanks.js").Tanks} Tanks */
/** @typedef {import("./kinds.js").Picture} Picture */

/** It is drawn anew so often: nobody sees a dot move half a pixel. */
const EVERY_MS = 66;
/** CSS pixels of its longer side. */
const LONGEST = 168;

export class Minimap {
  #canvas;
  #context;
  #ground;
  #walls;
  #scale = 1;
  #drawnMs = -Infinity;

  /** @param {HTMLCanvasElement} canvas @param {Ground} ground */
  constructor(canvas, ground) {
    this.#canvas = canvas;
    this.#ground = ground;
    this.#context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    this.#walls = document.createElement("canvas");
    this.resize(1, 1);
  }

  /** @param {number} ratio  device pixels in a CSS pixel @param {number} part  of its usual size */
  resize(ratio, part) {
    const { width, height, tileSize } = this.#ground;
    const side = (LONGEST * part) / Math.max(width, height);
    const [shownWidth, shownHeight] = [Math.round(width * side), Math.round(height * side)];
    this.#canvas.style.width = `${shownWidth}px`;
    this.#canvas.style.height = `${shownHeight}px`;
    for (const canvas of [this.#canvas, this.#walls]) {
      canvas.width = Math.round(shownWidth * ratio);
      canvas.height = Math.round(shownHeight * ratio);
    }
    this.#scale = this.#canvas.width / (width * tileSize);
    this.#drawnMs = -Infinity;
    this.#paintWalls();
  }

  #paintWalls() {
    const { width, height, tileSize } = this.#ground;
    const context = /** @type {CanvasRenderingContext2D} */ (this.#walls.getContext("2d"));
    const side = this.#scale * tileSize;
    context.fillStyle = "#20262f";
    context.fillRect(0, 0, this.#walls.width, this.#walls.height);
    context.fillStyle = "#79828f";
    for (let row = 0; row < height; row++)
      for (let column = 0; column < width; column++) {
        if (!this.#ground.solidAt(column, row)) continue;
        const left = Math.round(column * side);
        const top = Math.round(row * side);
        context.fillRect(left, top, Math.round((column + 1) * side) - left, Math.round((row + 1) * side) - top);
      }
  }

  /**
   * @param {object} frame
   * @param {number} frame.nowMs
   * @param {Picture} frame.picture
   * @param {Tanks} frame.tanks
   * @param {Colours} frame.colours
   * @param {Camera} frame.camera
   */
  draw({ nowMs, picture, tanks, colours, camera }) {
    if (nowMs - this.#drawnMs < EVERY_MS) return;
    this.#drawnMs = nowMs;
    const context = this.#context;
    const scale = this.#scale;
    const dot = Math.max(2, 11 * scale);
    context.drawImage(this.#walls, 0, 0);
    context.strokeStyle = "rgba(255,255,255,.38)";
    context.lineWidth = 1;
    const left = Math.round(camera.left * scale) + 0.5;
    const top = Math.round(camera.top * scale) + 0.5;
    context.strokeRect(left, top, Math.round(camera.seenWidth * scale), Math.round(camera.seenHeight * scale));
    for (const tank of tanks.all) {
      const own = tank.owner === tanks.own;
      context.fillStyle = tank.health === 0 ? "#5a606b" : own ? "#ffffff" : colours.player(tank.owner, tank.team).fill;
      context.beginPath();
      if (own) arrow(context, tank.x * scale, tank.y * scale, tank.heading, dot * 1.6);
      else context.arc(tank.x * scale, tank.y * scale, tank.health === 0 ? dot * 0.6 : dot, 0, 7);
      context.fill();
    }
    for (const entity of picture.all("Flag")) {
      const { x, y, team } = /** @type {import("./kinds.js").FlagValues} */ (valuesOf(entity));
      context.fillStyle = colours.team(team).fill;
      context.strokeStyle = "#0d1117";
      flag(context, x * scale, y * scale, dot * 1.2);
    }
  }
}

/** @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {number} angle @param {number} size */
function arrow(context, x, y, angle, size) {
  for (const [turn, far] of [[0, 1.2], [2.45, 1], [Math.PI, 0.35], [-2.45, 1]])
    context.lineTo(x + Math.cos(angle + turn) * size * far, y + Math.sin(angle + turn) * size * far);
  context.closePath();
}

/** @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {number} size */
function flag(context, x, y, size) {
  context.beginPath();
  context.moveTo(x - size * 0.6, y + size * 1.4);
  context.lineTo(x - size * 0.6, y - size * 1.6);
  context.lineTo(x + size * 1.5, y - size * 0.7);
  context.lineTo(x - size * 0.2, y + size * 0.2);
  context.lineTo(x - size * 0.2, y + size * 1.4);
  context.closePath();
  context.fill();
  context.stroke();
}

/** A small picture of a moment, for a timeline: as much of the scene as on any screen. */

import { valuesOf } from "./kinds.js";
import { Scene } from "./scene.js";
import { standings } from "./scores.js";

/** @typedef {import("../pages/play/view.js").Sketch} Sketch */
/** @typedef {import("./ground.js").Ground} Ground */
/** @typedef {import("./kinds.js").TankValues} TankValues */
/** @typedef {import("../pages/shared/palette.js").PaletteName} PaletteName */

/** No tank is one's own, nobody aims, and nothing is drawn in the place of something else. */
const ONLOOKER = Object.freeze({ ownShots: [], replaced: () => false, hurts: [], aiming: null });

/** See the module. */
export class Sketcher {
  #canvas = document.createElement("canvas");
  #scene;
  #nameOf;

  /** @param {Ground} ground @param {HTMLImageElement | null} sheet @param {(player: number) => string} nameOf */
  constructor(ground, sheet, nameOf) {
    this.#scene = new Scene(this.#canvas, ground, sheet, "standard");
    this.#scene.calm = true;
    this.#nameOf = nameOf;
  }

  /** @param {HTMLCanvasElement} canvas  has its size already @param {Sketch} sketch @param {PaletteName} palette */
  draw(canvas, { world, tick, player }, palette) {
    const scene = this.#scene;
    if (this.#canvas.width !== canvas.width || this.#canvas.height !== canvas.height)
      scene.resize(canvas.width, canvas.height, 1);
    if (scene.colours.name !== palette) scene.palette = palette;
    scene.forget();
    scene.take(world, { tick, nowMs: 0, passedMs: 0, own: null });
    const tanks = world.all("Tank").map((tank) => /** @type {TankValues} */ (valuesOf(tank)));
    const focus = tanks.find(({ owner }) => owner === player) ?? tanks.find(({ owner }) => owner === standings(world)[0]?.owner);
    const { camera } = scene;
    camera.jump(focus?.x ?? camera.mapWidth / 2, focus?.y ?? camera.mapHeight / 2);
    camera.settle(0, 0);
    scene.paint(world, { ...ONLOOKER, tick, nowMs: 0, nameOf: this.#nameOf });
    canvas.getContext("2d")?.drawImage(this.#canvas, 0, 0);
  }
}

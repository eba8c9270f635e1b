/** Shells and pellets in the air: which are new, which have ended, and their pictures. */

import { valuesOf } from "./kinds.js";
import { shell } from "./shapes.js";
import { put } from "./sprites.js";

/** @typedef {import("./camera.js").Camera} Camera */
/** @typedef {import("./sprites.js").Sprites} Sprites */
/** @typedef {import("./palette.js").Colours} Colours */
/** @typedef {import("./kinds.js").Entity} Entity */
/** @typedef {import("./kinds.js").ShellValues} ShellValues */
/** @typedef {{id: number, owner: number, weapon: number, x: number, y: number, heading: number, frame: number}} Shot */

/** `reach`: how long the trail is, and how far it reaches beyond its middle. */
const KINDS = Object.freeze([
  { pellet: false, name: "shell ", reach: { back: 32, ahead: 6, side: 6 } },
  { pellet: true, name: "pellet ", reach: { back: 15, ahead: 6, side: 6 } },
]);

export class Shots {
  #sprites;
  #camera;
  /** @type {Map<number, Shot>} */
  #shots = new Map();
  #frame = 0;

  /** @param {{sprites: Sprites, camera: Camera}} world */
  constructor({ sprites, camera }) {
    this.#sprites = sprites;
    this.#camera = camera;
    /** Those that were not there in the frame before. @type {Shot[]} */
    this.begun = [];
    /** Those that are not there any more. @type {Shot[]} */
    this.ended = [];
  }

  /** None was there before: those of the next frame have not just been fired. */
  forget() {
    this.#shots.clear();
    this.#frame = 0;
  }

  /** @param {readonly Entity[]} entities */
  take(entities) {
    const first = this.#frame === 0;
    this.#frame++;
    this.begun.length = this.ended.length = 0;
    for (const entity of entities) {
      const { id } = entity;
      const { owner, weapon, x, y, heading } = /** @type {ShellValues} */ (valuesOf(entity));
      let shot = this.#shots.get(id);
      if (shot === undefined) {
        shot = { id, owner, weapon, x, y, heading, frame: 0 };
        this.#shots.set(id, shot);
        if (!first) this.begun.push(shot);
      }
      shot.x = x;
      shot.y = y;
      shot.frame = this.#frame;
    }
    for (const shot of this.#shots.values())
      if (shot.frame !== this.#frame) {
        this.#shots.delete(shot.id);
        this.ended.push(shot);
      }
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {(player: number) => string} colour  of a driver's trail
   * @param {(id: number) => boolean} replaced  somebody else draws it
   */
  draw(context, colour, replaced) {
    for (const { id, owner, weapon, x, y, heading } of this.#shots.values())
      if (!replaced(id)) this.put(context, x, y, heading, weapon, colour(owner));
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {number} x
   * @param {number} y
   * @param {number} heading  radians
   * @param {number} weapon
   * @param {string} colour
   */
  put(context, x, y, heading, weapon, colour) {
    if (!this.#camera.sees(x, y, 34)) return;
    const { pellet, name, reach } = KINDS[weapon === 0 ? 0 : 1];
    put(context, this.#camera, this.#sprites.getTurned(name + colour, heading, reach, shell(colour, pellet, reach.back)), x, y);
  }
}

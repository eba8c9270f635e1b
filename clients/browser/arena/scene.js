/** The drawn world: everything on the canvas, in the order in which it lies above each other. */

import { Camera } from "./camera.js";
import { Effects } from "./effects.js";
import { Colours } from "./palette.js";
import { Reticle } from "./reticle.js";
import { Shots } from "./shots.js";
import { Sprites } from "./sprites.js";
import { Tanks } from "./tanks.js";
import { Terrain } from "./terrain.js";
import { Things } from "./things.js";

/** @typedef {import("./ground.js").Ground} Ground */
/** @typedef {import("./kinds.js").Picture} Picture */
/** @typedef {import("./own_shots.js").DrawnShot} DrawnShot */
/** @typedef {import("./tanks.js").Place} Place */
/** @typedef {import("../pages/shared/palette.js").PaletteName} PaletteName */
/** @typedef {Parameters<Reticle["draw"]>[2]} Aiming  what the mark shows */

/** Device pixels of the picture; a screen that has more shows each of ours on several. */
const MOST_PIXELS = 4_200_000;
const MOST_RATIO = 2;
const TURN = 2 * Math.PI;

export class Scene {
  #canvas;
  #context;
  #sprites = new Sprites();
  #things;
  #reticle;
  #calm = false;

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {Ground} ground
   * @param {HTMLImageElement | null} sheet  of tiles
   * @param {PaletteName} palette
   */
  constructor(canvas, ground, sheet, palette) {
    this.#canvas = canvas;
    this.#context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { alpha: false }));
    this.ground = ground;
    this.camera = new Camera();
    this.camera.bound(ground.width * ground.tileSize, ground.height * ground.tileSize);
    this.colours = new Colours(palette);
    this.terrain = new Terrain(ground, sheet);
    const world = { sprites: this.#sprites, camera: this.camera, terrain: this.terrain, ground };
    this.effects = new Effects(world);
    this.tanks = new Tanks({ ...world, effects: this.effects, colours: this.colours });
    this.shots = new Shots(world);
    this.#things = new Things(world);
    this.#reticle = new Reticle(world);
  }

  /** @param {PaletteName} name */
  set palette(name) {
    this.colours = new Colours(name);
    this.tanks.colours = this.colours;
    this.#sprites.clear();
  }

  /** Less motion. @param {boolean} calm */
  set calm(calm) {
    this.#calm = calm;
    this.effects.calm = calm;
    this.tanks.calm = calm;
  }

  /** @param {number} width @param {number} height  in CSS pixels @param {number} pixelRatio @returns {number} the ratio it has */
  resize(width, height, pixelRatio) {
    const ratio = Math.min(pixelRatio, MOST_RATIO, Math.sqrt(MOST_PIXELS / Math.max(1, width * height)));
    this.#canvas.width = Math.max(1, Math.round(width * ratio));
    this.#canvas.height = Math.max(1, Math.round(height * ratio));
    this.camera.resize(this.#canvas.width, this.#canvas.height, ratio);
    this.#sprites.resize(this.camera.scale);
    return ratio;
  }

  /** Another time: nothing of what was seen so far is in the air or on the ground any more. */
  forget() {
    this.effects.clear();
    this.terrain.clean();
    this.tanks.forget();
    this.shots.forget();
  }

  /** Nearer, or farther away. @param {number} steps */
  zoom(steps) {
    this.camera.zoom += steps;
    this.#sprites.resize(this.camera.scale);
  }

  /**
   * What the picture has in this frame.
   *
   * @param {Picture} picture
   * @param {{tick: number, nowMs: number, passedMs: number, own: Place | null}} frame  `own`: where the own tank is
   */
  take(picture, frame) {
    this.effects.advance(frame.nowMs, frame.passedMs);
    this.tanks.take(picture.all("Tank"), frame);
    this.shots.take(picture.all("Shell"));
  }

  /**
   * @param {Picture} picture
   * @param {object} frame
   * @param {number} frame.tick  of the picture
   * @param {number} frame.nowMs
   * @param {readonly DrawnShot[]} frame.ownShots
   * @param {(id: number) => boolean} frame.replaced  one of them is drawn in the place of this shell
   * @param {(player: number) => string} frame.nameOf
   * @param {readonly import("./reticle.js").Hurt[]} frame.hurts
   * @param {Aiming | null} frame.aiming
   */
  paint(picture, { tick, nowMs, ownShots, replaced, nameOf, hurts, aiming }) {
    const context = this.#context;
    const { colours, tanks } = this;
    const waveMs = this.#calm ? 0 : nowMs;
    context.setTransform(1, 0, 0, 1, 0, 0);
    this.terrain.draw(context, this.camera);
    this.effects.drawTracks(context);
    const flags = picture.all("Flag");
    if (flags.length > 0) this.#things.drawHomes(context, colours);
    this.#things.drawPickups(context, picture.all("Pickup"), waveMs);
    this.#things.drawMines(context, picture.all("Mine"), { tick, nowMs: waveMs, colours });
    const cloth = { nowMs: waveMs, colours, tankOf: (/** @type {number} */ player) => tanks.of(player) };
    this.#things.drawFlags(context, flags, { ...cloth, carried: false });
    tanks.draw(context);
    this.#things.drawFlags(context, flags, { ...cloth, carried: true });
    this.#paintShots(ownShots, replaced);
    this.effects.draw(context);
    tanks.drawLabels(context, nameOf);
    context.setTransform(1, 0, 0, 1, 0, 0);
    const own = tanks.of(tanks.own);
    if (own === undefined) return;
    this.#reticle.drawHurts(context, own, nowMs, hurts);
    if (aiming !== null) this.#reticle.draw(context, own, aiming);
  }

  /** @param {readonly DrawnShot[]} ownShots @param {(id: number) => boolean} replaced */
  #paintShots(ownShots, replaced) {
    const { tanks, shots, colours } = this;
    const colour = (/** @type {number} */ player) => colours.player(player, tanks.of(player)?.team ?? 0).fill;
    shots.draw(this.#context, colour, replaced);
    const own = colour(tanks.own);
    for (const { x, y, heading, weapon } of ownShots) shots.put(this.#context, x, y, (heading / 256) * TURN, weapon, own);
  }
}

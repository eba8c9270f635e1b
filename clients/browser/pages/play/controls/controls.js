/** All devices together: which way one wants to go, where one aims, what is pressed. */

import { Gamepads } from "./gamepad.js";
import { Keyboard } from "./keyboard.js";
import { Mouse } from "./mouse.js";
import { Presses } from "./presses.js";
import { TouchSticks } from "./touch.js";

/** @typedef {import("../view.js").Action} Action */
/** @typedef {import("./stick.js").Vector} Vector */
/** @typedef {"mouse" | "touch" | "pad"} Device */

/** @typedef {"up" | "left" | "down" | "right"} Way */

/**
 * The actions that steer, where a game knows directions: they are added to its own.
 *
 * @param {string} game
 * @returns {Action[]}
 */
export function steering(game) {
  return [
    { name: `${game}.up`, text: "action.up", keys: ["KeyW", "ArrowUp"], pad: "Pad12" },
    { name: `${game}.left`, text: "action.left", keys: ["KeyA", "ArrowLeft"], pad: "Pad14" },
    { name: `${game}.down`, text: "action.down", keys: ["KeyS", "ArrowDown"], pad: "Pad13" },
    { name: `${game}.right`, text: "action.right", keys: ["KeyD", "ArrowRight"], pad: "Pad15" },
  ];
}

/**
 * The direction of four keys: y grows downwards, and diagonals are no faster.
 *
 * @param {(way: Way) => boolean} pressed
 * @returns {Vector}
 */
export function direction(pressed) {
  // All four are asked: to be asked takes a press that is owed.
  const [up, left, down, right] = [pressed("up"), pressed("left"), pressed("down"), pressed("right")].map(Number);
  const x = right - left;
  const y = down - up;
  const length = Math.hypot(x, y);
  return length > 0 ? { x: x / length, y: y / length } : { x: 0, y: 0 };
}

export class Controls {
  #game;
  #actions;

  /**
   * @param {object} wanted
   * @param {HTMLElement} wanted.canvas  where the mouse aims and fingers come down
   * @param {HTMLElement} wanted.layer  where thumb sticks are drawn
   * @param {string} wanted.game  with which its actions' names begin
   * @param {readonly Action[]} wanted.actions
   * @param {() => boolean} [wanted.listening]  whether keys are the game's
   * @param {boolean} [wanted.sticks]  whether thumbs on glass are sticks
   * @param {Readonly<Record<string, readonly string[]>>} [wanted.remapped]  keys by action
   */
  constructor({ canvas, layer, game, actions, remapped, listening, sticks = true }) {
    this.#game = game;
    this.#actions = actions;
    this.presses = new Presses();
    this.remap(remapped ?? {});
    this.keyboard = new Keyboard(this.presses, listening);
    this.mouse = new Mouse(canvas, this.presses);
    this.touch = new TouchSticks(canvas, layer, { held: sticks });
    this.pads = new Gamepads(this.presses);
  }

  /** @param {Readonly<Record<string, readonly string[]>>} remapped */
  remap(remapped) {
    this.presses.bind(this.#actions, remapped);
  }

  /** Once a frame. @param {number} nowMs */
  poll(nowMs) {
    this.pads.poll(nowMs);
  }

  /** What was aimed with last. @returns {Device} */
  get device() {
    const { mouse, touch, pads } = this;
    if (touch.usedAtMs > mouse.usedAtMs) return pads.usedAtMs > touch.usedAtMs ? "pad" : "touch";
    return pads.usedAtMs > mouse.usedAtMs ? "pad" : "mouse";
  }

  /** The way one wants to go as it is now. @returns {Vector} */
  get wish() {
    return this.#stick() ?? direction((way) => this.presses.wanted(`${this.#game}.${way}`));
  }

  /** The same for the input of a tick: presses that are over by now count too, once. @returns {Vector} */
  takeWish() {
    const keys = direction((way) => this.presses.take(`${this.#game}.${way}`));
    return this.#stick() ?? keys;
  }

  /** Where a stick aims; null if none does. @returns {Vector | null} */
  get aim() {
    return held(this.touch.right.vector) ?? held(this.pads.right);
  }

  /** Whether it is a thumb on glass that aims: then how far it is out may mean something too. */
  get thumbAims() {
    return held(this.touch.right.vector) !== null;
  }

  #stick() {
    return held(this.touch.left.vector) ?? held(this.pads.left);
  }

  release() {
    this.presses.release();
    this.touch.release();
  }

  dispose() {
    this.keyboard.dispose();
    this.mouse.dispose();
    this.touch.dispose();
  }
}

/** @param {Vector} vector */
function held(vector) {
  return vector.x || vector.y ? vector : null;
}

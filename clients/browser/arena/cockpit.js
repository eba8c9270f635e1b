/** A driver's hands: which weapon he has chosen, where he aims, and what of all that goes into the next input. */

import { steering } from "../pages/play/controls/controls.js";
import { AIMS, FIRE_FROM, stepsOf, steer } from "./steering.js";
import { AMMO, MINE, RAIL, SHELL, SPREAD } from "./weapons.js";

/** @typedef {import("./camera.js").Camera} Camera */
/** @typedef {import("../pages/play/controls/controls.js").Controls} Controls */
/** @typedef {import("../pages/play/view.js").Action} Action */
/** @typedef {import("./weapons.js").GunState} GunState */
/** @typedef {import("./own_tank.js").Controls} Wire */

/** A stick looks so far ahead, in pixels of the ground. */
const STICK_LOOK = 260;
const WEAPONS = [SHELL, SPREAD, MINE, RAIL];

/** @returns {Action[]} */
export function actions() {
  return [
    ...steering("arena"),
    { name: "arena.fire", text: "arena.do.fire", keys: ["Mouse0", "Space"], pad: "Pad7" },
    { name: "arena.weapon1", text: "arena.shell", keys: ["Digit1"] },
    { name: "arena.weapon2", text: "arena.spread", keys: ["Digit2"] },
    { name: "arena.weapon3", text: "arena.mine", keys: ["Digit3"] },
    { name: "arena.weapon4", text: "arena.rail", keys: ["Digit4"] },
    { name: "arena.nextWeapon", text: "arena.do.next", keys: ["KeyE", "WheelDown"], pad: "Pad5" },
    { name: "arena.previousWeapon", text: "arena.do.previous", keys: ["KeyQ", "WheelUp"], pad: "Pad4" },
    { name: "arena.respawn", text: "arena.do.respawn", keys: ["KeyR"], pad: "Pad9" },
  ];
}

/** Of somebody who looks on. @returns {Action[]} */
export function lookingActions() {
  return [
    ...steering("arena"),
    { name: "arena.next", text: "arena.do.follow.next", keys: ["KeyE"], pad: "Pad5" },
    { name: "arena.previous", text: "arena.do.follow.previous", keys: ["KeyQ"], pad: "Pad4" },
    { name: "arena.nearer", text: "arena.do.nearer", keys: ["Equal", "NumpadAdd", "WheelUp"], pad: "Pad7" },
    { name: "arena.farther", text: "arena.do.farther", keys: ["Minus", "NumpadSubtract", "WheelDown"], pad: "Pad6" },
  ];
}

export class Cockpit {
  #controls;
  #camera;
  #x = 0;
  #y = 0;
  #bearing = 0;
  #respawns = false;
  /** Since when the tank is a wreck the trigger was let go: a new press asks for another tank. */
  #released = false;
  /** What there was of the chosen weapon. @type {number | null} */
  #left = null;

  /** @param {Controls} controls @param {Camera} camera */
  constructor(controls, camera) {
    this.#controls = controls;
    this.#camera = camera;
    /** Of AIMS steps. */
    this.aim = 0;
    this.weapon = SHELL;
  }

  /** In radians. */
  get aimRadians() {
    return (this.aim / AIMS) * 2 * Math.PI;
  }

  /** @param {string} action  was pressed */
  pressed(action) {
    const number = WEAPONS.findIndex((_, index) => action === `arena.weapon${index + 1}`);
    if (number >= 0) this.choose(number);
    else if (action === "arena.nextWeapon") this.choose((this.weapon + 1) % WEAPONS.length);
    else if (action === "arena.previousWeapon") this.choose((this.weapon + WEAPONS.length - 1) % WEAPONS.length);
  }

  /** @param {number} weapon */
  choose(weapon) {
    this.weapon = weapon;
    this.#left = null;
  }

  /** The next input asks for a new tank. */
  askRespawn() {
    this.#respawns = true;
  }

  /**
   * What is on board. Who has used up what he had of a weapon has the shells in hand again.
   *
   * @param {GunState} gun
   */
  loaded(gun) {
    const left = this.weapon === SHELL ? gun[AMMO] : gun[2 + this.weapon];
    const usedUp = this.weapon !== SHELL && left === 0 && this.#left !== null && this.#left > 0;
    this.#left = left;
    if (usedUp) this.choose(SHELL);
  }

  /** Where the tank is drawn in this frame. @param {number} x @param {number} y */
  stand(x, y) {
    this.#x = x;
    this.#y = y;
    this.#point();
  }

  /** From the tank to where he looks, in pixels of the ground. */
  lookAhead() {
    const { device, mouse, aim } = this.#controls;
    if (device === "mouse" && mouse.known)
      return { x: this.#camera.groundX(mouse.x) - this.#x, y: this.#camera.groundY(mouse.y) - this.#y };
    const far = aim === null ? STICK_LOOK / 2 : STICK_LOOK;
    return { x: Math.cos(this.aimRadians) * far, y: Math.sin(this.aimRadians) * far };
  }

  /** What is held now. @returns {Wire} */
  live() {
    const { bearing, throttle } = steer(this.#controls.wish, this.#bearing);
    return { bearing, throttle, aim: this.aim, fire: Number(this.#fires()), weapon: this.weapon };
  }

  /**
   * The input of one tick.
   *
   * @param {boolean} alive  else the trigger asks for a new tank
   * @returns {Record<string, number>}
   */
  sample(alive) {
    const { presses } = this.#controls;
    const { bearing, throttle } = steer(this.#controls.takeWish(), this.#bearing);
    this.#bearing = bearing;
    this.#point();
    const fire = presses.take("arena.fire") || this.#fires();
    const again = presses.takePress("arena.respawn");
    const respawn = !alive && (again || this.#respawns || (fire && this.#released));
    this.#released = !alive && (this.#released || !fire);
    this.#respawns = false;
    return { bearing, throttle, aim: this.aim, fire: Number(alive && fire), weapon: this.weapon, respawn: Number(respawn) };
  }

  #fires() {
    const { presses, aim } = this.#controls;
    return presses.held("arena.fire") || (aim !== null && this.#controls.thumbAims && Math.hypot(aim.x, aim.y) > FIRE_FROM);
  }

  #point() {
    const { aim, device, mouse } = this.#controls;
    if (aim !== null) this.aim = stepsOf(aim.x, aim.y, AIMS);
    else if (device === "mouse" && mouse.known) {
      const dx = this.#camera.groundX(mouse.x) - this.#x;
      const dy = this.#camera.groundY(mouse.y) - this.#y;
      if (dx !== 0 || dy !== 0) this.aim = stepsOf(dx, dy, AIMS);
    }
  }
}

/** Gamepads of the standard mapping, plugged in whenever. They tell nothing by themselves: they are asked, once a frame. */

import { PAD_DEAD, withoutMiddle } from "./stick.js";

/** @typedef {import("./presses.js").Presses} Presses */
/** @typedef {import("./stick.js").Vector} Vector */
/** @typedef {Pick<Gamepad, "axes" | "connected" | "mapping"> & {buttons: readonly {pressed: boolean, value: number}[]}} Pad */

/** A trigger that is pulled so far is pressed: many never say so themselves. */
const PULLED = 0.35;

export class Gamepads {
  #presses;
  #find;
  /** @type {Set<string>} */
  #down = new Set();

  /**
   * @param {Presses} presses
   * @param {() => readonly (Pad | null)[]} [find]
   */
  constructor(presses, find = () => navigator.getGamepads?.() ?? []) {
    this.#presses = presses;
    this.#find = find;
    /** @type {Vector} */
    this.left = { x: 0, y: 0 };
    /** @type {Vector} */
    this.right = { x: 0, y: 0 };
    /** When one last was used, in milliseconds of performance.now(). */
    this.usedAtMs = -Infinity;
  }

  /** @param {number} nowMs */
  poll(nowMs) {
    const down = new Set();
    this.left = { x: 0, y: 0 };
    this.right = { x: 0, y: 0 };
    for (const pad of this.#find()) {
      if (!pad?.connected || pad.mapping !== "standard") continue;
      pad.buttons.forEach((button, number) => {
        if (button.pressed || button.value > PULLED) down.add(`Pad${number}`);
      });
      this.left = longer(this.left, withoutMiddle(pad.axes[0] ?? 0, pad.axes[1] ?? 0, PAD_DEAD));
      this.right = longer(this.right, withoutMiddle(pad.axes[2] ?? 0, pad.axes[3] ?? 0, PAD_DEAD));
    }
    for (const code of down) if (!this.#down.has(code)) this.#presses.down(code);
    for (const code of this.#down) if (!down.has(code)) this.#presses.up(code);
    this.#down = down;
    if (down.size > 0 || this.left.x || this.left.y || this.right.x || this.right.y) this.usedAtMs = nowMs;
  }
}

/** @param {Vector} one @param {Vector} other */
function longer(one, other) {
  return Math.hypot(other.x, other.y) > Math.hypot(one.x, one.y) ? other : one;
}

/** Two thumb sticks on glass: the left half of an element is the one, the right half the other. They are drawn where thumbs are. */

import { ThumbStick } from "./stick.js";

/** @typedef {import("./presses.js").Presses} Presses */

export class TouchSticks {
  #off = new AbortController();
  #element;
  #knobs;

  /**
   * @param {HTMLElement} element  where the fingers come down
   * @param {HTMLElement} layer  where the sticks are drawn; it covers the element
   * @param {{held?: boolean}} [options]  `held`: thumbs hold them; else there is nothing to steer, and taps alone count
   */
  constructor(element, layer, { held = true } = {}) {
    this.#element = element;
    this.left = new ThumbStick();
    this.right = new ThumbStick();
    /** When a finger last did something, in milliseconds of performance.now(). */
    this.usedAtMs = -Infinity;
    /** A finger came down and went without having become a stick's: a tap. @type {((x: number, y: number) => void) | null} */
    this.onTap = null;
    this.#knobs = [this.left, this.right].map((stick) => ({ stick, ...makeKnob(layer, stick === this.left ? "left" : "right") }));
    /** @type {Map<number, {x: number, y: number, atMs: number}>} */
    const began = new Map();
    const { signal } = this.#off;
    element.addEventListener(
      "pointerdown",
      (event) => {
        if (event.pointerType !== "touch") return;
        const { x, y, width } = this.#place(event);
        began.set(event.pointerId, { x, y, atMs: event.timeStamp });
        if (held) (x < width / 2 ? this.left : this.right).begin(event.pointerId, x, y);
        element.setPointerCapture(event.pointerId);
        this.#used(event);
      },
      { signal },
    );
    element.addEventListener(
      "pointermove",
      (event) => {
        if (event.pointerType !== "touch") return;
        const { x, y } = this.#place(event);
        this.left.move(event.pointerId, x, y);
        this.right.move(event.pointerId, x, y);
        this.#used(event);
      },
      { signal },
    );
    for (const name of /** @type {const} */ (["pointerup", "pointercancel"]))
      element.addEventListener(
        name,
        (event) => {
          if (event.pointerType !== "touch") return;
          this.left.end(event.pointerId);
          this.right.end(event.pointerId);
          const { x, y } = this.#place(event);
          const start = began.get(event.pointerId);
          began.delete(event.pointerId);
          this.#used(event);
          if (name === "pointerup" && start !== undefined && isTap(start, x, y, event.timeStamp)) this.onTap?.(x, y);
        },
        { signal },
      );
    window.addEventListener("blur", () => this.release(), { signal });
  }

  release() {
    this.left.release();
    this.right.release();
    this.#show();
  }

  dispose() {
    this.#off.abort();
    for (const { ring } of this.#knobs) ring.remove();
  }

  /** @param {PointerEvent} event */
  #used(event) {
    this.usedAtMs = event.timeStamp;
    this.#show();
  }

  /** @param {PointerEvent} event */
  #place(event) {
    const box = this.#element.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top, width: box.width };
  }

  #show() {
    for (const { stick, ring, knob } of this.#knobs) {
      ring.classList.toggle("held", stick.held);
      if (!stick.held) continue;
      const { middle, thumb } = stick;
      ring.style.transform = `translate(${middle.x}px, ${middle.y}px)`;
      knob.style.transform = `translate(${thumb.x - middle.x}px, ${thumb.y - middle.y}px)`;
    }
  }
}

/** In milliseconds and CSS pixels. */
const TAP_MS = 250;
const TAP_FAR = 10;

/**
 * @param {{x: number, y: number, atMs: number}} start
 * @param {number} x
 * @param {number} y
 * @param {number} nowMs
 */
function isTap(start, x, y, nowMs) {
  return nowMs - start.atMs < TAP_MS && Math.hypot(x - start.x, y - start.y) < TAP_FAR;
}

/** @param {HTMLElement} layer @param {string} side */
function makeKnob(layer, side) {
  const ring = document.createElement("div");
  ring.className = `thumb-stick ${side}`;
  const knob = document.createElement("div");
  knob.className = "thumb-knob";
  ring.append(knob);
  layer.append(ring);
  return { ring, knob };
}

/** Hands of somebody who looks on: one finger or the mouse draws the ground along, two make it larger, a tap means what is there. */

/** In milliseconds and CSS pixels: what is longer or goes further is no tap. */
const TAP_MS = 350;
const TAP_FAR = 8;
/** Two fingers that are so many times further apart ask for the next step of the zoom. */
const SPREAD = 2 ** (1 / 3);

export class Looking {
  /** Something was tapped or clicked on. @type {(x: number, y: number) => void} */
  onTap = () => {};
  #off = new AbortController();
  /** By pointer. @type {Map<number, {x: number, y: number}>} */
  #down = new Map();
  #dx = 0;
  #dy = 0;
  #zoom = 0;
  /** Between two fingers, at the last step. */
  #apart = 0;
  /** Where the first of them came down; null: it is no tap any more. @type {{x: number, y: number, atMs: number} | null} */
  #tap = null;

  /** @param {HTMLElement} element */
  constructor(element) {
    const { signal } = this.#off;
    element.addEventListener("pointerdown", (event) => this.#begin(element, event), { signal });
    element.addEventListener("pointermove", (event) => this.#move(event), { signal });
    element.addEventListener("pointerup", (event) => this.#end(event, true), { signal });
    element.addEventListener("pointercancel", (event) => this.#end(event, false), { signal });
  }

  /** What was done since the last time: how far the ground was drawn, in CSS pixels, and steps of the zoom. */
  take() {
    const taken = { dx: this.#dx, dy: this.#dy, zoom: this.#zoom };
    this.#dx = this.#dy = this.#zoom = 0;
    return taken;
  }

  dispose() {
    this.#off.abort();
  }

  /** @param {HTMLElement} element @param {PointerEvent} event */
  #begin(element, event) {
    if (event.pointerType === "mouse" && event.button !== 0) return;
    const place = { x: event.offsetX, y: event.offsetY };
    this.#tap = this.#down.size === 0 ? { ...place, atMs: event.timeStamp } : null;
    this.#down.set(event.pointerId, place);
    this.#apart = this.#distance();
    element.setPointerCapture(event.pointerId); // so that it is heard where it ends
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const place = this.#down.get(event.pointerId);
    if (place === undefined) return;
    const { offsetX: x, offsetY: y } = event;
    if (this.#tap !== null && Math.hypot(x - this.#tap.x, y - this.#tap.y) < TAP_FAR) return;
    this.#tap = null;
    this.#dx += (x - place.x) / this.#down.size;
    this.#dy += (y - place.y) / this.#down.size;
    place.x = x;
    place.y = y;
    const apart = this.#distance();
    if (this.#apart === 0) return;
    const step = apart > this.#apart * SPREAD ? 1 : apart < this.#apart / SPREAD ? -1 : 0;
    if (step === 0) return;
    this.#zoom += step;
    this.#apart = apart;
  }

  /** @param {PointerEvent} event @param {boolean} released  and not taken away by the browser */
  #end(event, released) {
    if (!this.#down.delete(event.pointerId)) return;
    const tap = this.#tap;
    this.#tap = null;
    this.#apart = this.#distance();
    if (released && tap !== null && event.timeStamp - tap.atMs < TAP_MS) this.onTap(tap.x, tap.y);
  }

  /** Between the two fingers; 0: there are not two. */
  #distance() {
    if (this.#down.size !== 2) return 0;
    const [one, other] = this.#down.values();
    return Math.hypot(one.x - other.x, one.y - other.y);
  }
}

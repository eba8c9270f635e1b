/** The canvas that a match is drawn on: it has as many dots as its place in the page, and as are worth drawing. */

import { h } from "../shared/dom.js";

/** More dots than that are not seen, and cost a frame's time each. */
const PIXEL_RATIO_MOST = 2;

/** See the module. */
export class Screen {
  canvas;
  #resized;

  /**
   * @param {string} label  what it shows, for who does not see it
   * @param {(width: number, height: number, pixelRatio: number) => void} resized
   */
  constructor(label, resized) {
    this.canvas = h("canvas", { class: "world", tabindex: 0, role: "img", "aria-label": label });
    this.#resized = resized;
    new ResizeObserver(() => this.fit()).observe(this.canvas);
  }

  /** It takes the size of its place: by itself when that is another. */
  fit() {
    const { canvas } = this;
    const ratio = Math.min(PIXEL_RATIO_MOST, window.devicePixelRatio || 1);
    const [width, height] = [Math.max(1, canvas.clientWidth), Math.max(1, canvas.clientHeight)];
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    this.#resized(width, height, ratio);
  }

  /** Nothing is left on it. */
  clear() {
    this.canvas.getContext("2d")?.reset();
  }
}

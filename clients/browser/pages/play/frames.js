/** How fast the page draws, over the last second. */

const WINDOW_MS = 1000;

/** See the module. */
export class FrameMeter {
  /** When each frame began, and how long its work took; milliseconds. @type {{atMs: number, workMs: number}[]} */
  #frames = [];

  /** @param {number} atMs @param {number} workMs */
  add(atMs, workMs) {
    this.#frames.push({ atMs, workMs });
    while (this.#frames.length > 0 && this.#frames[0].atMs <= atMs - WINDOW_MS) this.#frames.shift();
  }

  /** Frames in a second. */
  get rate() {
    const { length } = this.#frames;
    if (length < 2) return 0;
    return ((length - 1) * 1000) / (this.#frames[length - 1].atMs - this.#frames[0].atMs);
  }

  /** What a frame costs: the median. */
  get workMs() {
    const sorted = this.#frames.map(({ workMs }) => workMs).sort((one, other) => one - other);
    return sorted[sorted.length >> 1] ?? 0;
  }
}

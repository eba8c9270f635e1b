/** Which ticks are there: pieces of a line, in order, none of which touches another. */

/** @typedef {[first: number, last: number]} Range  both included */

export class Ranges {
  /** @type {Range[]} */
  #ranges = [];

  /** @returns {readonly Readonly<Range>[]} */
  get all() {
    return this.#ranges;
  }

  /** @returns {number} the last tick of all, −1 if there is none */
  get last() {
    return this.#ranges.at(-1)?.[1] ?? -1;
  }

  /** @returns {number} how long they are together */
  get size() {
    return this.#ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  }

  /** @param {number} first @param {number} last */
  add(first, last) {
    let from = 0;
    while (from < this.#ranges.length && this.#ranges[from][1] < first) from++;
    let to = from;
    while (to < this.#ranges.length && this.#ranges[to][0] <= last) to++;
    const touched = this.#ranges.slice(from, to);
    const low = Math.min(first, ...touched.map(([each]) => each));
    const high = Math.max(last, ...touched.map(([, each]) => each));
    this.#ranges.splice(from, to - from, [low, high]);
  }

  /** @param {number} tick @returns {Readonly<Range> | null} the one in which it is */
  at(tick) {
    return this.#ranges.find(([first, last]) => first <= tick && tick <= last) ?? null;
  }

  /**
   * What lies between them.
   *
   * @param {number} first
   * @param {number} last
   * @returns {Range[]} each from the end of what is there to the beginning of what is there
   */
  missing(first, last) {
    /** @type {Range[]} */
    const found = [];
    let at = first;
    for (const [from, to] of this.#ranges) {
      if (from > at && at < last) found.push([at, Math.min(from, last)]);
      at = Math.max(at, to);
    }
    if (at < last) found.push([at, last]);
    return found;
  }
}

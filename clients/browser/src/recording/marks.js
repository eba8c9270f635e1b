/** What happened in a recording, each once: its contents tell it, and so do the chunks in which it was written down. */

/** @typedef {import("./header.js").Mark} Mark */

export class Marks {
  /** In order. @type {Mark[]} */
  all = [];
  /** What was told, as text. @type {Set<string>} */
  #known = new Set();

  /**
   * @param {readonly Mark[]} marks
   * @returns {boolean} whether any of them is new
   */
  add(marks) {
    const fresh = marks.filter((mark) => {
      const text = JSON.stringify(mark);
      return !this.#known.has(text) && this.#known.add(text);
    });
    if (fresh.length === 0) return false;
    const inOrder = fresh[0].tick >= (this.all.at(-1)?.tick ?? 0);
    this.all = this.all.concat(fresh); // another array: whoever has drawn the one before sees that
    if (!inOrder) this.all.sort((one, other) => one.tick - other.tick);
    return true;
  }
}

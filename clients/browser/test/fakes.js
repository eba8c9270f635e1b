/** Stand-ins for what a browser gives a page. */

/** A `Storage`, which may be full. */
export class FakeStorage {
  #items = new Map();

  /** @param {{full?: boolean}} [options] */
  constructor({ full = false } = {}) {
    this.full = full;
  }

  get length() {
    return this.#items.size;
  }

  /** @param {number} index */
  key(index) {
    return [...this.#items.keys()][index] ?? null;
  }

  /** @param {string} key */
  getItem(key) {
    return this.#items.get(key) ?? null;
  }

  /** @param {string} key @param {string} value */
  setItem(key, value) {
    if (this.full) throw new DOMException("full", "QuotaExceededError");
    this.#items.set(key, value);
  }

  /** @param {string} key */
  removeItem(key) {
    this.#items.delete(key);
  }
}

/**
 * What a page keeps between two visits (local) or two loads (session), as JSON.
 *
 * A browser may refuse: in private windows, when the disk is full, when cookies are blocked. Then everything is kept as long as
 * the page, and nothing else changes.
 */

/** @typedef {Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">} Backing */

/** Every key begins so: other things may live on the same origin. */
const PREFIX = "gameserver:";

/** A store of JSON values. */
export class Store {
  /** @type {Backing | null} */
  #backing;
  /** What the browser did not take. @type {Map<string, string>} */
  #own = new Map();

  /** @param {() => Backing} open  may throw, as `window.localStorage` does where storage is forbidden */
  constructor(open) {
    try {
      this.#backing = open();
    } catch {
      this.#backing = null;
    }
  }

  /**
   * @param {string} key
   * @returns {unknown} what was set, null if nothing was or it cannot be read
   */
  get(key) {
    try {
      const text = this.#own.get(key) ?? this.#backing?.getItem(PREFIX + key) ?? null;
      return text === null ? null : JSON.parse(text);
    } catch {
      return null;
    }
  }

  /** @param {string} key @param {unknown} value  null: forget it */
  set(key, value) {
    this.#own.delete(key);
    try {
      if (value === null) this.#backing?.removeItem(PREFIX + key);
      else if (this.#backing === null) this.#own.set(key, JSON.stringify(value));
      else this.#backing.setItem(PREFIX + key, JSON.stringify(value));
    } catch {
      if (value !== null) this.#own.set(key, JSON.stringify(value));
    }
  }

  /** @param {string} prefix @returns {string[]} the keys that begin so, in order */
  keys(prefix) {
    const found = new Set([...this.#own.keys()].filter((key) => key.startsWith(prefix)));
    try {
      for (let index = 0; index < (this.#backing?.length ?? 0); index++) {
        const key = this.#backing?.key(index);
        if (key?.startsWith(PREFIX + prefix)) found.add(key.slice(PREFIX.length));
      }
    } catch {
      // It tells us none of its keys: then there are only our own.
    }
    return [...found].sort();
  }

  /** @param {string} key @returns {string} under which name the browser has it, as the event `storage` says it */
  static nameOf(key) {
    return PREFIX + key;
  }
}

/** @returns {Store} what outlives the tab */
export function localStore() {
  return new Store(() => window.localStorage);
}

/** @returns {Store} what outlives a reload of this tab */
export function sessionStore() {
  return new Store(() => window.sessionStorage);
}

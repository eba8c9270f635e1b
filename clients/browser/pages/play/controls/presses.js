/**
 * Which actions are wanted, whatever device the wish comes from. A device tells codes: a key's `KeyboardEvent.code`, `Mouse0`,
 * `WheelUp`, `Pad7`; what a code means is bound here, and may be bound anew while it is held.
 */

/** @typedef {{name: string, keys: readonly string[], pad?: string}} Bound  an action, and the codes that ask for it */

export class Presses {
  /** Code → the names of its actions. @type {Map<string, string[]>} */
  #actions = new Map();
  /** Action → its codes. @type {Map<string, string[]>} */
  #codes = new Map();
  /** @type {Set<string>} */
  #down = new Set();
  /** Actions that were pressed since they were last taken. @type {Set<string>} */
  #latched = new Set();
  /** @type {((action: string) => void)[]} */
  #listeners = [];

  /**
   * @param {readonly Bound[]} actions
   * @param {Readonly<Record<string, readonly string[]>>} [remapped]  the keys of some actions, instead of their own
   */
  bind(actions, remapped = {}) {
    this.#actions.clear();
    this.#codes.clear();
    for (const { name, keys, pad } of actions) {
      const codes = [...(remapped[name] ?? keys), ...(pad === undefined ? [] : [pad])];
      this.#codes.set(name, codes);
      for (const code of codes) this.#actions.set(code, [...(this.#actions.get(code) ?? []), name]);
    }
  }

  /** @param {string} code */
  bound(code) {
    return this.#actions.has(code);
  }

  /**
   * A press; while it is held nothing more comes of it.
   *
   * @param {string} code
   */
  down(code) {
    if (this.#down.has(code)) return;
    this.#down.add(code);
    for (const action of this.#actions.get(code) ?? []) {
      this.#latched.add(action);
      for (const listener of this.#listeners) listener(action);
    }
  }

  /** @param {string} code */
  up(code) {
    this.#down.delete(code);
  }

  /**
   * A press that is over at once, as a wheel's.
   *
   * @param {string} code
   */
  click(code) {
    this.down(code);
    this.up(code);
  }

  /** Everything is let go, and no press is owed: the window has lost the focus. */
  release() {
    this.#down.clear();
    this.#latched.clear();
  }

  /** @param {string} action @returns {boolean} whether it is held */
  held(action) {
    return this.#codes.get(action)?.some((code) => this.#down.has(code)) ?? false;
  }

  /** @param {string} action @returns {boolean} whether `take` would say so */
  wanted(action) {
    return this.#latched.has(action) || this.held(action);
  }

  /**
   * For the input of one tick: it is held, or was pressed since the last time, however shortly.
   *
   * @param {string} action
   * @returns {boolean}
   */
  take(action) {
    return this.#latched.delete(action) || this.held(action);
  }

  /**
   * For what counts once a press, however long.
   *
   * @param {string} action
   * @returns {boolean}
   */
  takePress(action) {
    return this.#latched.delete(action);
  }

  /** @param {(action: string) => void} listener  is told each press, once */
  onPress(listener) {
    this.#listeners.push(listener);
  }
}

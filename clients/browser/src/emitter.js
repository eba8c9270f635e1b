/** Tells listeners what happens. */

/** @template {Record<string, unknown>} Happenings  what each name's listeners are told */
export class Emitter {
  /** @type {Map<keyof Happenings, Set<(told: any) => void>>} */
  #listeners;
  #reportError;

  /**
   * @param {readonly (keyof Happenings & string)[]} names  all that there are
   * @param {(error: unknown) => void} reportError  is given what listeners throw
   */
  constructor(names, reportError) {
    this.#reportError = reportError;
    this.#listeners = new Map(names.map((name) => [name, new Set()]));
  }

  /**
   * @template {keyof Happenings & string} Name
   * @param {Name} name
   * @param {(told: Happenings[Name]) => void} listener
   * @returns {() => void} to listen no longer
   * @throws {RangeError} if nothing has this name
   */
  on(name, listener) {
    const listeners = this.#listeners.get(name);
    if (listeners === undefined) throw new RangeError(`there is no "${name}": listen to ${[...this.#listeners.keys()].join(", ")}`);
    const own = (/** @type {Happenings[Name]} */ told) => listener(told); // so that one function may listen twice
    listeners.add(own);
    return () => listeners.delete(own);
  }

  /**
   * Tells all who listen, in the order in which they began. What one of them throws is the page's affair, and stops neither the
   * others nor the client.
   *
   * @template {keyof Happenings & string} Name
   * @param {Name} name
   * @param {Happenings[Name]} told
   */
  emit(name, told) {
    for (const listener of this.#listeners.get(name) ?? [])
      try {
        listener(told);
      } catch (error) {
        this.#reportError(error);
      }
  }
}

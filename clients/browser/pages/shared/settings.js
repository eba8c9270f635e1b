/** What a person has chosen, once for all pages and games; kept in the browser. */

import { nameFault } from "./names.js";

/** @typedef {import("./storage.js").Store} Store */
/** @typedef {Record<string, string[]>} Keys  by action: codes of keys, as `KeyboardEvent.code` has them */
/**
 * @typedef {object} Choices
 * @property {string} name  empty: none chosen yet
 * @property {"auto" | "light" | "dark"} theme
 * @property {"standard" | "safe"} palette
 * @property {"auto" | "on" | "off"} reducedMotion
 * @property {boolean} muted
 * @property {number} volume  0 to 1
 * @property {Keys} keys  only of actions whose keys were changed
 * @property {boolean} netgraph
 * @property {"auto" | "on" | "off"} touch
 */

/** @type {Readonly<Choices>} */
const DEFAULTS = Object.freeze({
  name: "",
  theme: "auto",
  palette: "standard",
  reducedMotion: "auto",
  muted: false,
  volume: 0.7,
  keys: {},
  netgraph: false,
  touch: "auto",
});

/** What may be chosen, for those settings of which one out of a few is. */
export const CHOICES = Object.freeze({
  theme: Object.freeze(["auto", "light", "dark"]),
  palette: Object.freeze(["standard", "safe"]),
  reducedMotion: Object.freeze(["auto", "on", "off"]),
  touch: Object.freeze(["auto", "on", "off"]),
});

/** Keys that one action may have: more would not fit the dialog. */
const KEYS_MOST = 3;

/** The settings. What is stored and makes no sense, from an older version or by hand, counts as not chosen. */
export class Settings {
  #store;
  /** @type {Choices} */
  #values;
  /** @type {Map<keyof Choices, Set<(value: any) => void>>} */
  #listeners = new Map();

  /** @param {Store} store */
  constructor(store) {
    this.#store = store;
    this.#values = { ...DEFAULTS };
    for (const name of names()) this.#take(name, store.get(`settings.${name}`));
  }

  /**
   * @template {keyof Choices} Name
   * @param {Name} name
   * @returns {Choices[Name]}
   */
  get(name) {
    return this.#values[name];
  }

  /**
   * Chooses, keeps it, and tells those who listen.
   *
   * @template {keyof Choices} Name
   * @param {Name} name
   * @param {Choices[Name]} value
   * @throws {RangeError} if it may not be chosen
   */
  set(name, value) {
    if (!fits(name, value)) throw new RangeError(`${name} cannot be ${JSON.stringify(value)}`);
    if (JSON.stringify(value) === JSON.stringify(this.#values[name])) return;
    this.#values[name] = value;
    this.#store.set(`settings.${name}`, value);
    this.#tell(name);
  }

  /**
   * Calls the listener whenever this is chosen anew.
   *
   * @template {keyof Choices} Name
   * @param {Name} name
   * @param {(value: Choices[Name]) => void} listener
   * @returns {() => void} stops it
   */
  on(name, listener) {
    let listeners = this.#listeners.get(name);
    if (listeners === undefined) this.#listeners.set(name, (listeners = new Set()));
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** Reads everything anew: another tab has chosen something. */
  reread() {
    for (const name of names()) {
      const before = JSON.stringify(this.#values[name]);
      this.#take(name, this.#store.get(`settings.${name}`));
      if (JSON.stringify(this.#values[name]) !== before) this.#tell(name);
    }
  }

  /** @param {keyof Choices} name @param {unknown} stored */
  #take(name, stored) {
    Object.assign(this.#values, { [name]: fits(name, stored) ? stored : DEFAULTS[name] });
  }

  /** @param {keyof Choices} name */
  #tell(name) {
    for (const listener of this.#listeners.get(name) ?? []) listener(this.#values[name]);
  }
}

/** @returns {(keyof Choices)[]} */
function names() {
  return /** @type {(keyof Choices)[]} */ (Object.keys(DEFAULTS));
}

/** @param {keyof Choices} name @param {unknown} value */
function fits(name, value) {
  switch (name) {
    case "name":
      return typeof value === "string" && (value === "" || nameFault(value) === null);
    case "muted":
    case "netgraph":
      return typeof value === "boolean";
    case "volume":
      return typeof value === "number" && value >= 0 && value <= 1;
    case "keys":
      return isKeys(value);
    default:
      return typeof value === "string" && CHOICES[name].includes(value);
  }
}

/** @param {unknown} value */
function isKeys(value) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every(
    (codes) => Array.isArray(codes) && codes.length <= KEYS_MOST && codes.every((code) => typeof code === "string"),
  );
}

/** The keys of actions: those that were chosen, else those that come with the game. Pure, so that the dialog can try things. */
export class KeyMap {
  #chosen;
  #actions;

  /**
   * @param {readonly {name: string, keys: readonly string[]}[]} actions
   * @param {Readonly<Keys>} chosen
   */
  constructor(actions, chosen) {
    this.#actions = actions;
    this.#chosen = chosen;
  }

  /** @param {string} action @returns {readonly string[]} */
  of(action) {
    return this.#chosen[action] ?? this.#actions.find(({ name }) => name === action)?.keys ?? [];
  }

  /** @param {string} code @returns {string[]} the actions that have this key: more than one is a conflict */
  actionsOf(code) {
    return this.#actions.map(({ name }) => name).filter((name) => this.of(name).includes(code));
  }

  /**
   * The choices, with this key in the place of the action's keys. Whoever had it before loses it.
   *
   * @param {string} action
   * @param {string} code
   * @returns {Keys}
   */
  with(action, code) {
    /** @type {Keys} */
    const chosen = { ...this.#chosen, [action]: [code] };
    for (const other of this.actionsOf(code)) if (other !== action) chosen[other] = this.of(other).filter((each) => each !== code);
    return chosen;
  }
}

/** Which module draws a game. It is loaded when it is needed: nobody waits for views of games that he does not play. */

/** @typedef {import("./view.js").CreateView} CreateView */
/** @typedef {import("./view.js").GameView} GameView */
/** @typedef {import("./view.js").Host} Host */
/**
 * @typedef {object} ViewModule
 * @property {(host: Host, prepared?: any) => GameView | Promise<GameView>} createView
 * @property {() => Promise<any>} [prepare]  what it needs beside its code, for `createView`; else each view loads it itself
 */

/** Games that have a view of their own, by name. @type {Readonly<Record<string, string>>} */
export const VIEWS = Object.freeze({ arena: "../../arena/index.js" });
/** Any other game is drawn from its schema. */
export const GENERIC = "./generic/index.js";

/**
 * @param {string} game
 * @returns {Promise<CreateView>}
 */
export async function loadView(game) {
  const module = /** @type {ViewModule} */ (await import(pathOf(game)));
  return (host) => module.createView(host);
}

/** Views that are there before a game is: then a match out of a file needs nothing of a server any more. */
export class ReadyViews {
  /** By path. @type {Map<string, Promise<CreateView>>} */
  #ready = new Map();

  /** Loads all that there are. */
  async prepare() {
    await Promise.all([...Object.values(VIEWS), GENERIC].map((path) => this.#load(path)));
  }

  /** @param {string} game @returns {Promise<CreateView>} */
  load(game) {
    return this.#load(pathOf(game));
  }

  /** @param {string} path */
  #load(path) {
    let view = this.#ready.get(path);
    if (view === undefined) {
      this.#ready.set(path, (view = load(path)));
      view.catch(() => this.#ready.delete(path)); // it may be there the next time
    }
    return view;
  }
}

/** @param {string} path @returns {Promise<CreateView>} */
async function load(path) {
  const { createView, prepare } = /** @type {ViewModule} */ (await import(path));
  const prepared = await prepare?.();
  return (host) => createView(host, prepared);
}

/** @param {string} game */
function pathOf(game) {
  return Object.hasOwn(VIEWS, game) ? VIEWS[game] : GENERIC;
}

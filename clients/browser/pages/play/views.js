/** Which module draws a game. It is loaded when it is needed: nobody waits for views of games that he does not play. */

/** @typedef {import("./view.js").CreateView} CreateView */

/** Games that have a view of their own, by name. @type {Readonly<Record<string, string>>} */
export const VIEWS = Object.freeze({ arena: "../../arena/index.js" });
/** Any other game is drawn from its schema. */
export const GENERIC = "./generic/index.js";

/**
 * @param {string} game
 * @returns {Promise<CreateView>}
 */
export async function loadView(game) {
  const path = Object.hasOwn(VIEWS, game) ? VIEWS[game] : GENERIC;
  const module = /** @type {{createView: CreateView}} */ (await import(path));
  return module.createView;
}

/** What a page gives to a game's view. */

import { t } from "../shared/texts.js";

/** @typedef {import("../shared/settings.js").Settings} Settings */
/** @typedef {import("./cast.js").Cast} Cast */
/** @typedef {import("./view.js").FeedPart} FeedPart */
/** @typedef {import("./view.js").GameView} GameView */
/** @typedef {import("./view.js").Host} Host */
/**
 * @typedef {object} Hall  where it is shown
 * @property {HTMLCanvasElement} canvas
 * @property {HTMLElement} hud
 * @property {() => boolean} listening
 * @property {() => boolean} motionReduced
 * @property {(parts: readonly FeedPart[]) => void} announce
 */

/**
 * @param {Host["client"]} client  or who plays a recording as one
 * @param {{hall: Hall, cast: Cast, settings: Settings, spectating: boolean}} page
 * @returns {Host}
 */
export function hostOf(client, { hall, cast, settings, spectating }) {
  const { canvas, hud, announce, listening, motionReduced } = hall;
  return {
    client,
    canvas,
    hud,
    spectating,
    settings,
    texts: { t },
    announce,
    playerName: (player) => cast.nameOf(player),
    colourOf: (player) => cast.colourOf(player),
    motionReduced,
    listening,
  };
}

/** The view is as large as its canvas. @param {GameView} view @param {HTMLCanvasElement} canvas */
export function fit(view, canvas) {
  view.resize(canvas.clientWidth, canvas.clientHeight, canvas.width / Math.max(1, canvas.clientWidth));
}

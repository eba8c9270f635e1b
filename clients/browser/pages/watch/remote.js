/** What one does with a recording: by keys, buttons and the list of what happened. */

import { RATES } from "../../src/recording/player.js";
import { canFill, toggleFull } from "../play/presence.js";
import { LEAP } from "./track.js";

/** @typedef {import("../../src/recording/viewpoint.js").Viewpoint} Viewpoint */
/** @typedef {import("./marks.js").Mark} Mark */
/** @typedef {import("./show.js").Show} Show */
/**
 * @typedef {object} Page  what is not the recording's
 * @property {() => Show | null} show
 * @property {(open?: boolean) => void} events  opens or closes the list; without an argument, whichever it is not
 * @property {() => void} scores
 * @property {() => void} mute
 * @property {() => void} help
 * @property {() => void} escape
 * @property {(seconds: number) => void} link
 */

/** One looks at what happened from a little before on, in seconds. */
const BEFORE = 2;
/** The list lies on the picture of such a page. */
const NARROW = "(max-width: 640px)";

/** See the module. */
export class Remote {
  #page;
  /** Whether it went on when one began to drag. */
  #resumes = false;

  /** @param {Page} page */
  constructor(page) {
    this.#page = page;
  }

  /** @param {string} action  one of WATCH_ACTIONS */
  act(action) {
    const show = this.#page.show();
    if (show === null) return;
    const act = ACTS[action];
    if (act !== undefined) act(show, this.#page);
  }

  /** While one drags it stands. @param {boolean} dragging */
  drag(dragging) {
    const player = this.#page.show()?.player;
    if (player === undefined) return;
    if (dragging) {
      this.#resumes = player.playing;
      player.pause();
    } else if (this.#resumes) player.play();
  }

  /** @param {Mark} mark */
  goTo({ tick, player: who }) {
    const { player, view } = this.#page.show() ?? {};
    if (player === undefined) return;
    player.seekSeconds(player.secondsOf(tick) - BEFORE);
    if (who !== 0) view?.follow?.(who);
    if (matchMedia(NARROW).matches) this.#page.events(false);
  }

  /** @param {Viewpoint} viewpoint */
  see(viewpoint) {
    const { player, view } = this.#page.show() ?? {};
    if (player === undefined) return;
    player.viewpoint = viewpoint;
    if (typeof viewpoint === "number") view?.follow?.(viewpoint);
  }
}

/** @param {Show} show @param {number} seconds */
function leap({ player }, seconds) {
  player.seekSeconds(player.seconds + seconds);
}

/** @param {Show} show @param {1 | -1} by */
function changeRate({ player }, by) {
  const at = RATES.indexOf(player.rate);
  player.rate = RATES[Math.max(0, Math.min(RATES.length - 1, at + by))];
}

/** By action. @type {Readonly<Record<string, (show: Show, page: Page) => void>>} */
const ACTS = Object.freeze({
  "watch.play": ({ player }) => (player.playing ? player.pause() : player.play()),
  "watch.stepBack": ({ player }) => player.step(-1),
  "watch.stepOn": ({ player }) => player.step(1),
  "watch.leapBack": (show) => leap(show, -LEAP),
  "watch.leapOn": (show) => leap(show, LEAP),
  "watch.slower": (show) => changeRate(show, -1),
  "watch.faster": (show) => changeRate(show, 1),
  "watch.start": ({ player, recording }) => player.seek(recording.first),
  "watch.end": ({ player, recording }) => (recording.complete ? player.seek(recording.last) : player.follow()),
  "watch.live": ({ player }) => player.follow(),
  "watch.events": (_show, page) => page.events(),
  "watch.link": ({ player }, page) => page.link(player.seconds),
  "watch.full": () => void (canFill() && toggleFull()),
  "page.scores": (_show, page) => page.scores(),
  "page.mute": (_show, page) => page.mute(),
  "page.help": (_show, page) => page.help(),
  "page.menu": (_show, page) => page.escape(),
});

/** What a pointer on the line would lead to: a small picture, drawn one at a time, and the marks that are there. */

import { h } from "../shared/dom.js";
import { words } from "./events.js";
import { nearTo } from "./marks.js";
import { clockText } from "./times.js";

/** @typedef {import("./marks.js").Mark} Mark */
/** @typedef {import("./show.js").Show} Show */
/** @typedef {import("./timeline.js").Hint} Hint */
/** @typedef {{x: number, tick: number, ticksPerPixel: number}} Point */

/** A mark that is so near, in pixels, is meant. */
const NEAR = 7;
const MARKS_MOST = 4;

/** See the module. */
export class Preview {
  #hint;
  /** @type {Point | null} */
  #wanted = null;
  #drawing = false;
  #person;

  /** @param {Hint} hint @param {(part: {player: number}) => Node} person */
  constructor(hint, person) {
    this.#hint = hint;
    this.#person = person;
  }

  /** @param {Show} show @param {readonly Mark[]} marks @param {Point | null} point  null: nowhere */
  point(show, marks, point) {
    this.#wanted = point;
    if (point === null) {
      this.#hint.hide();
      return;
    }
    const near = nearTo(marks, point.tick, { within: Math.ceil(NEAR * point.ticksPerPixel), most: MARKS_MOST });
    near.sort((one, other) => one.tick - other.tick);
    const lines = near.map(({ sort, parts }) => h("li", {}, h("i", { class: `swatch mark-${sort}` }), words(parts, this.#person)));
    this.#hint.show({ x: point.x, time: clockText(show.player.secondsOf(point.tick)), lines });
    const [mark] = near.filter(({ player }) => player !== 0);
    void this.#draw(show, mark?.player ?? show.view?.following?.() ?? 0);
  }

  /** @param {Show} show @param {number} player  who should be seen */
  async #draw(show, player) {
    if (this.#drawing) return; // it will look again when it has done that
    this.#drawing = true;
    try {
      for (let drawn = null; this.#wanted !== null && this.#wanted !== drawn; ) {
        drawn = this.#wanted;
        this.#hint.pictured = await show.sketch(this.#hint.picture, { tick: drawn.tick, player });
      }
    } catch {
      this.#hint.pictured = false; // what is forged is told by who plays it
    } finally {
      this.#drawing = false;
    }
  }
}

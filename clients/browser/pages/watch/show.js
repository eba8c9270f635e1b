/** One recording as it is shown: who plays it, the people in it, what happened, and the game's view. */

import { Player } from "../../src/recording/player.js";
import { Sighted } from "../../src/recording/viewpoint.js";
import { Cast } from "../play/cast.js";
import { fit, hostOf } from "../play/hosting.js";
import { marksOf, takersOf } from "./marks.js";

/** @typedef {import("../../src/recording/recording.js").Recording} Recording */
/** @typedef {import("../play/hosting.js").Hall} Hall */
/** @typedef {import("../play/view.js").GameView} GameView */
/** @typedef {import("../play/view.js").Scoreboard} Scoreboard */
/** @typedef {import("../play/views.js").ReadyViews} ReadyViews */
/** @typedef {import("../shared/settings.js").Settings} Settings */
/** @typedef {import("./marks.js").Mark} Mark */
/** @typedef {import("./marks.js").Taker} Taker */

/** See the module. */
export class Show {
  recording;
  player;
  /** Loaded with the game. @type {GameView | null} */
  view = null;
  /** @type {readonly Mark[]} */
  marks = [];
  /** Everybody who took part, by number. @type {ReadonlyMap<number, Taker>} */
  takers = new Map();
  /** There are other marks than the last time. */
  marked = () => {};
  #settings;
  #stage;
  #cast;
  #views;
  /** @type {(() => void)[]} */
  #off = [];
  #stopped = false;

  /** @param {Recording} recording @param {{settings: Settings, stage: Hall, views: ReadyViews}} page */
  constructor(recording, { settings, stage, views }) {
    this.recording = recording;
    this.player = new Player(recording);
    this.#settings = settings;
    this.#stage = stage;
    this.#cast = new Cast(settings, (player) => this.takers.get(player)?.name);
    this.#views = views;
    this.#off.push(
      recording.on("marks", () => this.#readMarks()),
      this.player.on("jumped", () => {
        this.#cast.begin();
        this.view?.jumped?.();
      }),
    );
  }

  /** @returns {Promise<void>} when its view is there */
  async begin() {
    const createView = await this.#views.load(this.recording.header.game);
    if (this.#stopped) return;
    const parts = { hall: this.#stage, cast: this.#cast, settings: this.#settings, spectating: true };
    const view = await createView(hostOf(this.player, parts));
    if (this.#stopped) {
      view.dispose();
      return;
    }
    this.view = view;
    this.#readMarks();
    fit(view, this.#stage.canvas);
  }

  stop() {
    this.#stopped = true;
    for (const off of this.#off) off();
    this.view?.dispose();
    this.view = null;
    this.#stage.hud.replaceChildren();
  }

  get people() {
    return this.#cast.people;
  }

  /** Once in each frame. @param {number} nowMs */
  draw(nowMs) {
    const frame = this.player.frame(nowMs);
    this.view?.draw(nowMs, frame);
  }

  /** Some times a second: who is there. */
  refresh() {
    const { schema, world } = this.player;
    this.#cast.people.update(world.all(schema.kinds[1].name));
  }

  /** @param {number} player @returns {string} */
  nameOf(player) {
    return this.#cast.nameOf(player);
  }

  /** @param {number} player @returns {string} */
  colourOf(player) {
    return this.#cast.colourOf(player);
  }

  /** @returns {Scoreboard} */
  get scoreboard() {
    return this.#cast.scoreboard(this.player, this.view);
  }

  /** Whether somebody saw more than others did, and it is in what has come. */
  get hasSecrets() {
    return this.recording.hasSecrets;
  }

  /**
   * A small picture of a moment, as it is seen from here.
   *
   * @param {HTMLCanvasElement} canvas
   * @param {{tick: number, player: number}} moment
   * @returns {Promise<boolean>} false: there is none
   */
  async sketch(canvas, { tick, player }) {
    const world = await this.recording.worldAt(tick);
    if (world === null || this.view?.sketch === undefined) return false;
    const { schema, viewpoint } = this.player;
    this.view.sketch(canvas, { world: new Sighted(schema, world, viewpoint), tick, player });
    return true;
  }

  #readMarks() {
    const { view } = this;
    if (view === null) return; // it says what they mean
    const { marks, header } = this.recording;
    this.takers = takersOf(marks);
    this.marks = marksOf(marks, { first: header.first, describe: (name, values) => view.describe?.(name, values) ?? null });
    this.marked();
  }
}

/** One recording as it is shown: who plays it, the people in it, what happened, and the game's view. */

import { Player } from "../../src/recording/player.js";
import { Sighted } from "../../src/recording/viewpoint.js";
import { People } from "../play/people.js";
import { scoreboardOf, scoresOf } from "../play/scores.js";
import { playerColour, teamColour } from "../shared/palette.js";
import { t } from "../shared/texts.js";
import { marksOf, takersOf } from "./marks.js";

/** @typedef {import("../../src/recording/recording.js").Recording} Recording */
/** @typedef {import("../play/view.js").FeedPart} FeedPart */
/** @typedef {import("../play/view.js").GameView} GameView */
/** @typedef {import("../play/view.js").Scoreboard} Scoreboard */
/** @typedef {import("../play/views.js").ReadyViews} ReadyViews */
/** @typedef {import("../shared/settings.js").Settings} Settings */
/** @typedef {import("./marks.js").Mark} Mark */
/** @typedef {import("./marks.js").Taker} Taker */
/**
 * @typedef {object} Stage  where it is shown, and who is told
 * @property {HTMLCanvasElement} canvas
 * @property {HTMLElement} hud
 * @property {() => boolean} listening
 * @property {() => boolean} motionReduced
 * @property {(parts: readonly FeedPart[]) => void} announce
 */

/** See the module. */
export class Show {
  recording;
  player;
  people = new People();
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
  /** @type {(() => void)[]} */
  #off = [];
  #stopped = false;

  #views;

  /** @param {Recording} recording @param {{settings: Settings, stage: Stage, views: ReadyViews}} page */
  constructor(recording, { settings, stage, views }) {
    this.recording = recording;
    this.player = new Player(recording);
    this.#settings = settings;
    this.#stage = stage;
    this.#views = views;
    this.#off.push(
      recording.on("marks", () => this.#readMarks()),
      this.player.on("jumped", () => {
        this.people = new People(); // who is there then has not just come
        this.view?.jumped?.();
      }),
    );
  }

  /** @returns {Promise<void>} when its view is there */
  async begin() {
    const createView = await this.#views.load(this.recording.header.game);
    if (this.#stopped) return;
    const { canvas, hud, announce, listening, motionReduced } = this.#stage;
    const view = await createView({
      client: this.player,
      canvas,
      hud,
      spectating: true,
      settings: this.#settings,
      texts: { t },
      announce,
      playerName: (player) => this.nameOf(player),
      colourOf: (player) => this.colourOf(player),
      motionReduced,
      listening,
    });
    if (this.#stopped) {
      view.dispose();
      return;
    }
    this.view = view;
    this.#readMarks();
    view.resize(canvas.clientWidth, canvas.clientHeight, canvas.width / Math.max(1, canvas.clientWidth));
  }

  stop() {
    this.#stopped = true;
    for (const off of this.#off) off();
    this.view?.dispose();
    this.view = null;
    this.#stage.hud.replaceChildren();
  }

  /** Once in each frame. @param {number} nowMs */
  draw(nowMs) {
    const frame = this.player.frame(nowMs);
    this.view?.draw(nowMs, frame);
  }

  /** Some times a second: who is there. */
  refresh() {
    const { schema, world } = this.player;
    this.people.update(world.all(schema.kinds[1].name));
  }

  /** @param {number} player @returns {string} */
  nameOf(player) {
    if (player === 0) return t("nobody");
    const name = this.people.get(player)?.name || this.takers.get(player)?.name;
    return name === undefined || name === "" ? t("somebody", { number: player }) : name;
  }

  /** @param {number} player @returns {string} */
  colourOf(player) {
    const palette = this.#settings.get("palette");
    const team = this.people.get(player)?.team ?? 0;
    return team > 0 ? teamColour(team, palette) : playerColour(player, palette);
  }

  /** @returns {Scoreboard} the game's own, or what it keeps of its players */
  get scoreboard() {
    const own = this.view?.scoreboard?.();
    if (own !== undefined) return own;
    const { schema, world } = this.player;
    return scoreboardOf(scoresOf(schema, world), this.people.here, (team) => teamColour(team, this.#settings.get("palette")));
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

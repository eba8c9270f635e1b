/** The people of one world as a page speaks of them: what they are called, their colours, and their scores. Pure. */

import { playerColour, teamColour } from "../shared/palette.js";
import { t } from "../shared/texts.js";
import { People } from "./people.js";
import { scoreboardOf, scoresOf } from "./scores.js";

/** @typedef {import("../../src/replica.js").World} World */
/** @typedef {import("../../src/schema.js").Schema} Schema */
/** @typedef {import("../shared/settings.js").Settings} Settings */
/** @typedef {import("./view.js").GameView} GameView */
/** @typedef {import("./view.js").Scoreboard} Scoreboard */

/** Before there is anybody. @type {Readonly<Pick<Cast, "nameOf" | "colourOf">>} */
export const STRANGERS = Object.freeze({ nameOf: somebody, colourOf: () => "" });

/** See the module. */
export class Cast {
  people = new People();
  #settings;
  #nameElse;

  /**
   * @param {Pick<Settings, "get">} settings
   * @param {(player: number) => string | undefined} [nameElse]  of who is not there, nor was
   */
  constructor(settings, nameElse = () => undefined) {
    this.#settings = settings;
    this.#nameElse = nameElse;
  }

  /** It is another world, or quite another time: who is there then has not just come. */
  begin() {
    this.people = new People();
  }

  /** @param {number} player @returns {string} */
  nameOf(player) {
    if (player === 0) return t("nobody");
    return this.people.get(player)?.name || this.#nameElse(player) || somebody(player);
  }

  /** @param {number} player @returns {string} */
  colourOf(player) {
    const palette = this.#settings.get("palette");
    const team = this.people.get(player)?.team ?? 0;
    return team > 0 ? teamColour(team, palette) : playerColour(player, palette);
  }

  /**
   * @param {{schema: Schema, world: Pick<World, "all">}} room
   * @param {Pick<GameView, "scoreboard"> | null} view
   * @returns {Scoreboard} the game's own, or what it keeps of its players
   */
  scoreboard({ schema, world }, view) {
    const own = view?.scoreboard?.();
    if (own !== undefined) return own;
    return scoreboardOf(scoresOf(schema, world), this.people.here, (team) => teamColour(team, this.#settings.get("palette")));
  }
}

/** @param {number} player */
function somebody(player) {
  return t("somebody", { number: player });
}

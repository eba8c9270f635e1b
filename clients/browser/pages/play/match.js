/** One room as somebody is in it: the client, the people, and the game's view, which is another one in each world. */

import { Client } from "../../src/client.js";
import { requestTicket } from "../../src/tickets.js";
import { Role } from "../../src/wire.js";
import { emoteText } from "../shared/emotes.js";
import { playerColour, teamColour } from "../shared/palette.js";
import { pieces, t } from "../shared/texts.js";
import { People } from "./people.js";
import { scoreboardOf, scoresOf } from "./scores.js";
import { loadView } from "./views.js";

/** @typedef {import("../../src/lag.js").LagSimulator} LagSimulator */
/** @typedef {import("../../src/seat.js").Memory} Memory */
/** @typedef {import("../../src/client.js").ClientState} ClientState */
/** @typedef {import("../../src/schema.js").Values} Values */
/** @typedef {import("../shared/settings.js").Settings} Settings */
/** @typedef {import("./people.js").Person} Person */
/** @typedef {import("./view.js").FeedPart} FeedPart */
/** @typedef {import("./view.js").Frame} Frame */
/** @typedef {import("./view.js").GameView} GameView */
/** @typedef {import("./view.js").Host} Host */
/** @typedef {import("./view.js").Scoreboard} Scoreboard */

/**
 * @typedef {object} Stage  where it is shown, and who is told
 * @property {HTMLCanvasElement} canvas
 * @property {HTMLElement} hud
 * @property {() => boolean} listening
 * @property {() => boolean} motionReduced
 * @property {(parts: readonly FeedPart[]) => void} announce
 * @property {(state: ClientState) => void} state
 * @property {(anew: boolean) => void} began  a world can be seen; `anew`: it is not the first one
 * @property {(said: {player: number, text: string, toTeam: boolean}) => void} said
 * @property {(seconds: number) => void} draining
 */

/** See the module. */
export class Match {
  /** @type {Client} */
  client;
  people = new People();
  /** The world's own, once it is loaded. @type {GameView | null} */
  view = null;
  /** Who won the last match, as names; empty: none has ended, or nobody won. */
  winners = "";
  #settings;
  #stage;
  #spectating;
  /** Which world the view that is being loaded is for. */
  #loading = 0;
  #stopped = false;

  /**
   * @param {object} options
   * @param {import("./finding.js").Found} options.place
   * @param {Settings} options.settings
   * @param {Memory | null} options.memory
   * @param {LagSimulator} options.lag
   * @param {Stage} options.stage
   */
  constructor({ place, settings, memory, lag, stage }) {
    this.#settings = settings;
    this.#stage = stage;
    this.#spectating = place.watch;
    const { room, code } = place;
    const role = place.watch ? Role.SPECTATOR : Role.PLAYER;
    const [game] = place.game.split("@"); // the version is the line's affair
    const client = new Client({
      url: `/ws/${room}`,
      game: place.game,
      name: settings.get("name"),
      role,
      credential: () => requestTicket({ room, game, role, code }),
      memory,
      lag,
    });
    client.on("session", () => void this.#begin());
    client.on("state", (state) => this.#stopped || stage.state(state));
    client.on("event", (event) => this.#happened(event));
    client.on("shown", ({ name, values }) => name === "Emoted" && this.#emoted(values));
    client.on("draining", ({ detail }) => stage.draining(Number(detail)));
    if (!place.watch) client.sampler = (tick) => this.view?.sample(tick) ?? null;
    this.client = client;
  }

  /** Everything goes back, and the seat is given up, if there still is one. */
  stop() {
    this.#stopped = true;
    this.#loading = -1;
    this.client.close();
    this.view?.dispose();
    this.view = null;
    this.#stage.hud.replaceChildren();
  }

  /** @returns {boolean} whether a world can be seen */
  get begun() {
    return this.client.session > 0;
  }

  /** @returns {boolean} */
  get spectating() {
    return this.#spectating;
  }

  /** Once in each frame. @param {number} nowMs */
  draw(nowMs) {
    const frame = this.client.frame(nowMs);
    this.view?.draw(nowMs, frame);
  }

  /** Some times a second: who is there. */
  refresh() {
    if (!this.begun) return;
    const { joined, left } = this.people.update(this.client.world.all(this.client.schema.kinds[1].name));
    for (const { player, bot } of joined) if (!bot && player !== this.client.player) this.#announce("feed.joined", player);
    for (const { player, bot } of left) if (!bot) this.#announce("feed.left", player);
  }

  /** @param {number} player @returns {string} */
  nameOf(player) {
    if (player === 0) return t("nobody");
    const known = this.people.get(player)?.name;
    return known === undefined || known === "" ? t("somebody", { number: player }) : known;
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
    const { schema, world } = this.client;
    return scoreboardOf(scoresOf(schema, world), this.people.here, (team) => teamColour(team, this.#settings.get("palette")));
  }

  /** The person whose page this is; undefined for who watches. */
  get own() {
    return this.people.get(this.client.player);
  }

  async #begin() {
    const { session, schema } = this.client;
    const anew = session > 1;
    this.#loading = session;
    this.people = new People();
    this.refresh();
    this.view?.dispose();
    this.view = null;
    const { hud } = this.#stage;
    hud.replaceChildren();
    this.#stage.began(anew);
    const createView = await loadView(schema.game);
    if (this.#loading !== session) return;
    const view = await createView(this.#host());
    if (this.#loading !== session) {
      view.dispose();
      return;
    }
    this.view = view;
    const { canvas } = this.#stage;
    view.resize(canvas.clientWidth, canvas.clientHeight, canvas.width / Math.max(1, canvas.clientWidth));
  }

  /** @returns {Host} */
  #host() {
    const { canvas, hud, announce, listening, motionReduced } = this.#stage;
    return {
      client: this.client,
      canvas,
      hud,
      spectating: this.#spectating,
      settings: this.#settings,
      texts: { t },
      announce,
      playerName: (player) => this.nameOf(player),
      colourOf: (player) => this.colourOf(player),
      motionReduced,
      listening,
    };
  }

  /** @param {{name: string, values: Values}} event */
  #happened({ name, values }) {
    if (name === "Said") {
      this.refresh(); // whoever speaks first may have come just now
      this.#stage.said({ player: Number(values.player), text: String(values.text), toTeam: values.to_team === true });
    }
    if (name === "Ended") {
      const winners = /** @type {number[]} */ (values.winners);
      this.winners = winners.map((player) => this.nameOf(player)).join(", ");
      const parts = winners.flatMap((player, at) => (at === 0 ? [{ player }] : [", ", { player }]));
      if (winners.length === 0) this.#stage.announce([t("feed.drawn")]);
      else this.#stage.announce(feedLine("feed.won", { players: parts }));
    }
  }

  /** @param {Values} values */
  #emoted(values) {
    const player = Number(values.player);
    this.#stage.announce([{ player }, `: ${emoteText(Number(values.which))}`]);
  }

  /** @param {"feed.joined" | "feed.left"} key @param {number} player */
  #announce(key, player) {
    this.#stage.announce(feedLine(key, { player: [{ player }] }));
  }
}

/**
 * A text of the feed with people in it.
 *
 * @param {import("../shared/texts.js").TextKey} key
 * @param {Readonly<Record<string, readonly FeedPart[]>>} values  by placeholder
 * @returns {FeedPart[]}
 */
function feedLine(key, values) {
  return pieces(key).flatMap((piece) => (typeof piece === "string" ? [piece] : (values[piece.name] ?? [])));
}

/** One room as somebody is in it: the client, the people, and the game's view, which is another one in each world. */

import { Client } from "../../src/client.js";
import { requestTicket } from "../../src/tickets.js";
import { Role } from "../../src/wire.js";
import { emoteText } from "../shared/emotes.js";
import { pieces, t } from "../shared/texts.js";
import { Cast } from "./cast.js";
import { fit, hostOf } from "./hosting.js";
import { loadView } from "./views.js";

/** @typedef {import("../../src/lag.js").LagSimulator} LagSimulator */
/** @typedef {import("../../src/seat.js").Memory} Memory */
/** @typedef {import("../../src/client.js").ClientState} ClientState */
/** @typedef {import("../../src/schema.js").Values} Values */
/** @typedef {import("../shared/settings.js").Settings} Settings */
/** @typedef {import("./view.js").FeedPart} FeedPart */
/** @typedef {import("./view.js").GameView} GameView */
/** @typedef {import("./view.js").Scoreboard} Scoreboard */
/** @typedef {import("./hosting.js").Hall} Hall */
/**
 * @typedef {object} Told  who is told
 * @property {(state: ClientState) => void} state
 * @property {(anew: boolean) => void} began  a world can be seen; `anew`: it is not the first one
 * @property {(said: {player: number, text: string, toTeam: boolean}) => void} said
 * @property {(seconds: number) => void} draining
 */
/** @typedef {Hall & Told} Stage */

/** See the module. */
export class Match {
  /** @type {Client} */
  client;
  /** The world's own, once it is loaded. @type {GameView | null} */
  view = null;
  /** Who won the last match, as names; empty: none has ended, or nobody won. */
  winners = "";
  #settings;
  #stage;
  #cast;
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
    this.#cast = new Cast(settings);
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

  get people() {
    return this.#cast.people;
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
    return this.#cast.nameOf(player);
  }

  /** @param {number} player @returns {string} */
  colourOf(player) {
    return this.#cast.colourOf(player);
  }

  /** @returns {Scoreboard} */
  get scoreboard() {
    return this.#cast.scoreboard(this.client, this.view);
  }

  /** The person whose page this is; undefined for who watches. */
  get own() {
    return this.people.get(this.client.player);
  }

  async #begin() {
    const { session, schema } = this.client;
    const anew = session > 1;
    this.#loading = session;
    this.#cast.begin();
    this.refresh();
    this.view?.dispose();
    this.view = null;
    this.#stage.hud.replaceChildren();
    this.#stage.began(anew);
    const createView = await loadView(schema.game);
    if (this.#loading !== session) return;
    const parts = { hall: this.#stage, cast: this.#cast, settings: this.#settings, spectating: this.#spectating };
    const view = await createView(hostOf(this.client, parts));
    if (this.#loading !== session) {
      view.dispose();
      return;
    }
    this.view = view;
    fit(view, this.#stage.canvas);
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

/** The lobby as a page sees it: a room like any other, whose entities are the open rooms and the games that can be played. */

import { Client } from "../../src/client.js";
import { ClientEnded } from "../../src/errors.js";
import { NoticeCode, Role } from "../../src/wire.js";
import { LOBBY, offerOf } from "./rooms.js";

/** @typedef {import("./rooms.js").Offer} Offer */
/** @typedef {import("../../src/schema.js").Values} Values */
/**
 * @typedef {object} Choice  a game of which a room can be created
 * @property {string} game
 * @property {string} title
 * @property {string} about
 * @property {string[]} maps  the usual one first
 * @property {string} options  see options.js
 * @property {number} most  seats
 */
/** @typedef {{player: number, name: string}} Visitor */
/** @typedef {"connecting" | "playing" | "lost" | "ended"} LinkState */

/** How long a page takes at most to notice that the list has come. */
const POLL_MS = 20;

/** A line to the lobby. It tells of every change through `changed`. */
export class LobbyLink {
  /** @type {Client} */
  #client;
  #name;
  #stopped = false;
  /** Who only looks can neither chat nor create a room. */
  looking;
  /** Called when rooms, games, people or the state of the line are others. */
  changed = () => {};
  /** Called with each line that is said. @type {(visitor: Visitor, text: string) => void} */
  said = () => {};

  /**
   * @param {object} options
   * @param {string} options.name
   * @param {boolean} [options.looking]
   */
  constructor({ name, looking = false }) {
    this.#name = name;
    this.looking = looking;
    this.#client = this.#make();
  }

  /**
   * Comes in; where the lobby is full of people, as one who only looks.
   *
   * @throws {ClientEnded} if that cannot be
   */
  async open() {
    try {
      await this.#client.connect();
    } catch (error) {
      const full = error instanceof ClientEnded && error.notice?.code === NoticeCode.FULL;
      if (!full || this.looking || this.#stopped) throw error;
      this.looking = true;
      this.#client = this.#make();
      await this.#client.connect();
    }
  }

  close() {
    this.#stopped = true;
    this.#client.close();
  }

  /** Tries a new line at once. */
  nudge() {
    this.#client.nudge();
  }

  /** @returns {LinkState} */
  get state() {
    return this.#client.state;
  }

  /** Why it has ended, in the server's words. */
  get why() {
    return this.#client.notice?.text ?? this.#client.end?.message ?? "";
  }

  /** In how many seconds at most the server restarts, as it said last; null: it does not, as far as we know. @returns {number | null} */
  get restartsIn() {
    const notice = this.#client.notice;
    return notice?.code === NoticeCode.DRAINING && typeof notice.detail === "number" ? notice.detail : null;
  }

  /** Our number among the visitors. */
  get player() {
    return this.#client.player;
  }

  /** Is the list of rooms there? What is not in it then is not there. */
  get listed() {
    return this.#client.session > 0 && this.#all("Hall").some(({ listed }) => listed === true);
  }

  /** @returns {Offer[]} */
  get offers() {
    return this.#all("Offer").map(offerOf);
  }

  /** What can be created; nothing if that is not allowed. @returns {Choice[]} */
  get choices() {
    return this.#all("Choice").map(({ game, title, about, maps, options, most }) => ({
      game: String(game),
      title: String(title),
      about: String(about),
      maps: String(maps)
        .split(",")
        .filter((map) => map !== ""),
      options: String(options),
      most: Number(most),
    }));
  }

  /** Those whose line is there: a seat is kept for a while for who has gone on to a match. @returns {Visitor[]} */
  get visitors() {
    return this.#all("Visitor")
      .filter(({ connected }) => connected !== false)
      .map(({ owner, name }) => ({ player: Number(owner), name: String(name) }));
  }

  /**
   * Says something to all.
   *
   * @param {string} line
   * @returns {Promise<unknown>} rejects with CallRefused if it may not be said
   */
  say(line) {
    return this.#client.call("chat", line, false);
  }

  /**
   * Has a room made.
   *
   * @param {string} game
   * @param {string} map  empty: the game's own choice
   * @param {string} options  lines NAME=VALUE
   * @returns {Promise<string>} its name; rejects with CallRefused, in words
   */
  async create(game, map, options) {
    return String(await this.#client.call("create", game, map, options, false));
  }

  /** @returns {Promise<void>} when the list is there, or will not come */
  async whenListed() {
    while (!this.listed && this.state !== "ended") await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }

  /** @param {string} kind @returns {Values[]} */
  #all(kind) {
    if (this.#client.session === 0) return [];
    return this.#client.world.all(kind).map(({ values }) => values);
  }

  #make() {
    const role = this.looking ? Role.SPECTATOR : Role.PLAYER;
    const client = new Client({ url: `/ws/${LOBBY}`, game: LOBBY, name: this.#name, role });
    client.on("snapshot", () => this.changed());
    client.on("state", () => this.changed());
    client.on("draining", () => this.changed());
    client.on("event", ({ name, values }) => {
      if (name !== "Said") return;
      const visitor = this.visitors.find(({ player }) => player === values.player);
      this.said(visitor ?? { player: Number(values.player), name: "" }, String(values.text));
    });
    return client;
  }
}

/** The lobby as a page sees it: a room like any other, whose entities are the open rooms and the games that can be played. */

import { Client } from "../../src/client.js";
import { ClientEnded, JoinRefused } from "../../src/errors.js";
import { requestTicket } from "../../src/tickets.js";
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
/**
 * @typedef {object} Order  of a room
 * @property {string} game
 * @property {string} [map]  empty: the game's own choice
 * @property {string} [options]  lines NAME=VALUE
 * @property {boolean} [secret]  in no list, and only for who has the code
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
  #drainsAtMs = 0;
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
      if (!isFull(error) || this.looking || this.#stopped) throw error;
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

  /** What speaks against a ticket, if that is why it has ended. @returns {JoinRefused | null} */
  get refusal() {
    const cause = this.#client.end?.cause;
    return cause instanceof JoinRefused ? cause : null;
  }

  /** In how many seconds at most the server restarts; null: it does not, as far as we know. @returns {number | null} */
  get restartsIn() {
    if (this.#client.notice?.code !== NoticeCode.DRAINING) return null;
    return Math.max(0, Math.ceil((this.#drainsAtMs - performance.now()) / 1000));
  }

  /** It has said goodbye in order to come again, and we wait for it. */
  get restarting() {
    return this.state !== "ended" && this.#client.notice?.code === NoticeCode.RESTARTING;
  }

  /** When we try again, by the clock of frames; null: just now, or there is no need to. */
  get nextTryMs() {
    return this.#client.loss?.nextTryMs ?? null;
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
   * @param {Order} order
   * @returns {Promise<{room: string, code: string | null}>} rejects with CallRefused, in words
   */
  async create({ game, map = "", options = "", secret = false }) {
    const [room, code = null] = String(await this.#client.call("create", game, map, options, secret)).split(" ");
    return { room, code };
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
    const credential = () => requestTicket({ room: LOBBY, game: LOBBY, role });
    const client = new Client({ url: `/ws/${LOBBY}`, game: LOBBY, name: this.#name, role, credential });
    client.on("snapshot", () => this.changed());
    client.on("state", () => this.changed());
    client.on("draining", ({ detail }) => {
      this.#drainsAtMs = performance.now() + 1000 * Number(detail);
      this.changed();
    });
    client.on("event", ({ name, values }) => {
      if (name !== "Said") return;
      const visitor = this.visitors.find(({ player }) => player === values.player);
      this.said(visitor ?? { player: Number(values.player), name: "" }, String(values.text));
    });
    return client;
  }
}

/** @param {unknown} error @returns {boolean} whether there is no seat: who joins is told so before, or in between */
function isFull(error) {
  if (!(error instanceof ClientEnded)) return false;
  return error.notice?.code === NoticeCode.FULL || (error.cause instanceof JoinRefused && error.cause.reason === "full");
}

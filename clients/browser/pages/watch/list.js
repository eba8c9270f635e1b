/** The recordings of this server, and the door for a file of one's own. */

import { brand } from "../shared/brand.js";
import { button } from "../shared/dialogs.js";
import { fill, h, icon, say } from "../shared/dom.js";
import { gameIcon, ICONS } from "../shared/icons.js";
import { RECORDINGS } from "../shared/recordings.js";
import { dateText, t } from "../shared/texts.js";
import { found, listedOf, merged } from "./listing.js";
import { addressOf } from "./place.js";
import { clockText, mapName, sizeText } from "./times.js";

/** @typedef {import("./listing.js").Listed} Listed */

/** What goes on, grows: the list is asked for again after so long. */
const AGAIN_MS = 15_000;
const NAMES = 4;

/** See the module. */
export class List {
  element;
  #search;
  #lines = h("ul", { class: "room-list" });
  #nothing = h("p", { class: "nothing waiting", role: "status" });
  #more = button(t("watch.list.more"), () => this.#showMore(), { name: "more" });
  /** @type {readonly Listed[] | null} */
  #all = null;
  /** There are older ones on the server. */
  #older = false;
  /** Why there is no list; empty: there is one. */
  #why = "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {() => void} open  a file */
  constructor(open) {
    this.#search = h("input", {
      class: "field",
      type: "search",
      name: "search",
      placeholder: t("watch.search"),
      "aria-label": t("watch.search"),
      autocomplete: "off",
      on: { input: () => this.#show() },
    });
    const bar = h(
      "header",
      { class: "lobby-bar" },
      brand(),
      h("a", { class: "button plain", href: "/" }, h("span", { text: t("watch.lobby") })),
    );
    const main = h(
      "main",
      { class: "recordings" },
      h(
        "div",
        { class: "intro" },
        h("div", {}, h("h1", { text: t("watch.title") }), h("p", { class: "soft", text: t("watch.lead") })),
        h(
          "div",
          { class: "own-file" },
          button(t("watch.open"), open, { kind: "primary", drawing: ICONS.file, name: "open" }),
          h("p", { class: "soft", text: t("watch.open.hint") }),
        ),
      ),
      this.#search,
      this.#lines,
      this.#nothing,
      this.#more,
    );
    this.element = h("div", { class: "listing" }, bar, main);
    this.#show();
  }

  /** Asks for it, now and again, until it is closed. */
  async load() {
    clearTimeout(this.#timer);
    await this.#ask("");
    this.#timer = setTimeout(() => (document.hidden ? this.#later() : void this.load()), AGAIN_MS);
  }

  close() {
    clearTimeout(this.#timer);
    this.element.remove();
  }

  /** Nobody looks: not before somebody does. */
  #later() {
    document.addEventListener("visibilitychange", () => this.element.isConnected && void this.load(), { once: true });
  }

  /** @param {string} query */
  async #ask(query) {
    try {
      const answer = await fetch(RECORDINGS + query, { cache: "no-cache" });
      if (!answer.ok) throw new RangeError(`the server says ${answer.status}`);
      const { all, more } = listedOf(await answer.json());
      const last = all.at(-1)?.name ?? "";
      // Those between the first and the last of this answer that it does not have any more are gone.
      const others = (this.#all ?? []).filter(({ name }) => name < last || (query !== "" && name > (all[0]?.name ?? "")));
      this.#all = merged(others, all);
      if (query !== "" || this.#all.at(-1)?.name === last) this.#older = more;
      this.#why = "";
    } catch (error) {
      this.#all ??= [];
      this.#why = t(error instanceof RangeError ? "watch.list.off" : "watch.list.away");
    }
    this.#show();
  }

  #showMore() {
    const last = this.#all?.at(-1)?.name ?? "";
    void this.#ask(`?before=${encodeURIComponent(last)}`);
  }

  #show() {
    const all = this.#all ?? [];
    const fit = found(all, this.#search.value);
    fill(
      this.#lines,
      fit.map((each) => lineOf(each)),
    );
    this.#more.hidden = !this.#older;
    this.#search.hidden = all.length === 0;
    this.#nothing.hidden = fit.length > 0;
    this.#nothing.classList.toggle("waiting", this.#all === null);
    if (this.#all === null) say(this.#nothing, t("watch.list.loading"));
    else say(this.#nothing, this.#why || t(all.length === 0 ? "watch.list.none" : "watch.list.nothing"));
  }
}

/** @param {Listed} listed */
function lineOf({ name, game, room, map, at, seconds, players, size, end, live }) {
  const when = dateText(at * 1000);
  const facts = [when, clockText(seconds)];
  if (size !== null) facts.push(sizeText(size));
  if (!live && end === null) facts.push(t("watch.list.cut"));
  const href = addressOf(live ? { room } : { recording: name });
  return h(
    "li",
    { class: "room recording", "data-name": name },
    h("div", { class: "emblem" }, icon(gameIcon(game))),
    h(
      "div",
      {},
      h("h3", { class: "clip", text: [game, mapName(map)].filter((word) => word !== "").join(" · ") }),
      h("p", { class: "what", text: [room, ...facts].join(" · ") }),
      h("p", { class: "who clip", text: namesOf(players) }),
    ),
    h(
      "div",
      { class: "acts" },
      live ? h("span", { class: "badge", text: t("watch.list.live") }) : null,
      h(
        "a",
        { class: "button small primary", href, "aria-label": t("watch.list.of", { game, room, when }) },
        h("span", { text: t("watch.list.watch") }),
      ),
    ),
  );
}

/** @param {readonly string[]} players */
function namesOf(players) {
  const shown = players.slice(0, NAMES).join(", ");
  const count = players.length - NAMES;
  return count > 0 ? t("watch.list.more.people", { players: shown, count }) : shown;
}

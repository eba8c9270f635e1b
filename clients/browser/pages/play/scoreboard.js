/** The scoreboard: shown while a key is held, or until it is closed; from here one mutes, reports and follows, too. */

import { fill, h, icon, person, say } from "../shared/dom.js";
import { ICONS } from "../shared/icons.js";
import { t } from "../shared/texts.js";

/** @typedef {import("./view.js").Scoreboard} Table */
/** @typedef {import("./view.js").ScoreGroup} ScoreGroup */
/** @typedef {import("./view.js").ScoreRow} ScoreRow */
/** @typedef {import("./people.js").Person} Person */

/**
 * @typedef {object} Deeds
 * @property {((player: number, muted: boolean) => void) | null} mute  for himself; null: nobody speaks here
 * @property {ReadonlySet<number>} muted  by him
 * @property {((player: number) => void) | null} report  to who runs the server; null: he may not
 * @property {((player: number) => void) | null} more  what a host may do about somebody; null: he is none
 * @property {((player: number) => void) | null} follow  null: he plays
 */

/**
 * @typedef {object} Viewer
 * @property {(player: number) => Person | undefined} personOf
 * @property {number} own  his number
 * @property {Deeds} deeds
 * @property {(player: number) => string} colourOf
 */

/** See the module. */
export class Scoreboard {
  #title = h("h2", { id: "scores-title" });
  #tables = h("div", { class: "tables" });
  element;
  #held = false;
  #pinned = false;
  /** What is shown, as text: it is built anew only when something is another. */
  #shown = "";

  constructor() {
    const close = () => this.pin(false);
    this.element = h(
      "section",
      { class: "scores glass", "aria-labelledby": "scores-title", hidden: true, tabindex: -1 },
      h(
        "header",
        {},
        this.#title,
        h("button", { class: "plain corner", type: "button", "aria-label": t("close"), on: { click: close } }, icon(ICONS.close)),
      ),
      this.#tables,
    );
  }

  get shown() {
    return !this.element.hidden;
  }

  /** While a key is down. @param {boolean} held */
  hold(held) {
    this.#held = held;
    this.#apply();
  }

  /** Until it is closed. @param {boolean} pinned */
  pin(pinned) {
    this.#pinned = pinned;
    this.#apply();
    if (pinned) this.element.focus();
  }

  toggle() {
    this.pin(!this.shown);
  }

  #apply() {
    this.element.hidden = !this.#held && !this.#pinned;
  }

  /**
   * @param {Table} table
   * @param {(player: number) => Person | undefined} personOf
   * @param {{own: number, deeds: Deeds, colourOf: (player: number) => string}} viewer
   */
  show(table, personOf, { own, deeds, colourOf }) {
    const people = table.groups.flatMap(({ rows }) => rows.map(({ player }) => describe(personOf(player))));
    const shown = JSON.stringify([
      table,
      people,
      own,
      [...deeds.muted],
      deeds.more !== null,
      deeds.follow !== null,
    ]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    say(this.#title, table.title);
    const focused = document.activeElement?.getAttribute("data-deed");
    fill(
      this.#tables,
      table.groups.map((group) => this.#group(table, group, { personOf, own, deeds, colourOf })),
    );
    // The same button is another element now.
    if (focused !== null && focused !== undefined)
      /** @type {HTMLElement | null} */ (this.#tables.querySelector(`[data-deed="${focused}"]`))?.focus();
  }

  /**
   * @param {Table} table
   * @param {ScoreGroup} group
   * @param {Viewer} viewer
   */
  #group({ columns }, { title, colour, score, rows }, viewer) {
    const caption = h("caption", {}, h("span", { text: title ?? "" }), score === null ? null : h("b", { text: score }));
    if (colour !== null) caption.style.borderColor = colour;
    caption.hidden = title === null && score === null;
    return h(
      "table",
      {},
      caption,
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          h("th", { scope: "col", text: t("scores.player") }),
          ...columns.map((column) => h("th", { scope: "col", class: "number", text: column })),
          h("td"),
        ),
      ),
      h("tbody", {}, ...rows.map((row) => this.#row(row, viewer))),
    );
  }

  /**
   * @param {ScoreRow} row
   * @param {Viewer} viewer
   */
  #row({ player, cells, out = false }, { personOf, own, deeds, colourOf }) {
    const who = personOf(player);
    const name = who?.name ?? t("somebody", { number: player });
    const marks = [];
    if (player === own) marks.push(t("you"));
    if (who?.bot) marks.push(t("bot"));
    if (who?.host) marks.push(t("host"));
    if (who?.connected === false) marks.push(t("scores.away"));
    const shown = person(name, colourOf(player));
    shown.classList.add("clip");
    return h(
      "tr",
      { class: `${player === own ? "own" : ""} ${out || who?.connected === false ? "out" : ""}`, "data-player": player },
      h(
        "th",
        { scope: "row" },
        h("span", { class: "who" }, shown, ...marks.map((mark) => h("span", { class: "mark", text: mark }))),
      ),
      ...cells.map((cell) => h("td", { class: "number", text: String(cell) })),
      h("td", { class: "deeds" }, ...deedsOn({ player, name, isPerson: player !== own && !who?.bot }, deeds)),
    );
  }
}

/**
 * @param {{player: number, name: string, isPerson: boolean}} whom  `isPerson`: somebody is behind him, and it is not oneself
 * @param {Deeds} deeds
 */
function deedsOn({ player, name, isPerson }, { mute, muted, report, more, follow }) {
  if (follow !== null)
    return [deed(t("scores.follow"), t("scores.follow.of", { name }), `follow ${player}`, () => follow(player))];
  if (!isPerson || mute === null) return [];
  const hears = !muted.has(player);
  const found = [
    deed(
      t(hears ? "scores.mute" : "scores.unmute"),
      t(hears ? "scores.mute.of" : "scores.unmute.of", { name }),
      `mute ${player}`,
      () => mute(player, hears),
    ),
  ];
  if (more !== null) found.push(deed(t("scores.more"), t("scores.more.of", { name }), `more ${player}`, () => more(player)));
  else if (report !== null)
    found.push(deed(t("scores.report"), t("scores.report.of", { name }), `report ${player}`, () => report(player)));
  return found;
}

/** @param {string} text @param {string} label @param {string} key @param {() => void} press */
function deed(text, label, key, press) {
  return h("button", { class: "plain deed", type: "button", "aria-label": label, "data-deed": key, text, on: { click: press } });
}

/** @param {Person | undefined} who  as far as it is shown */
function describe(who) {
  return who === undefined ? null : [who.name, who.bot, who.host, who.connected, who.team];
}

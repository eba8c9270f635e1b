/** The end of a round: who has won, how all stand, and when it goes on. */

import { h, say } from "../pages/shared/dom.js";
import { pictogram } from "./pictograms.js";
import { teamScore } from "./scores.js";

/** @typedef {import("../pages/play/view.js").Host} Host */
/** @typedef {import("./kinds.js").DriverValues} DriverValues */
/** @typedef {import("./kinds.js").MatchValues} MatchValues */
/** @typedef {import("./palette.js").Colours} Colours */
/**
 * @typedef {object} Result
 * @property {MatchValues} match
 * @property {readonly DriverValues[]} drivers  the best first
 * @property {DriverValues | null} own
 * @property {number} ready  people who are ready for the next round,
 * @property {number} people  of so many
 * @property {number} seconds  until it begins
 * @property {Colours} colours
 */

/** Rows that fit a small phone. */
const MOST_ROWS = 8;

export class ResultPanel {
  #t;
  #shown = "";

  /** @param {Host["texts"]["t"]} t @param {(ready: boolean) => void} ready */
  constructor(t, ready) {
    this.#t = t;
    this.headline = h("h2", { class: "arena-winner" });
    this.score = h("p", { class: "arena-final" });
    this.body = h("tbody");
    this.next = h("p", { class: "arena-next" });
    this.does = h("span");
    this.keycap = h("kbd", { class: "arena-key" });
    this.button = h("button", { class: "arena-button", type: "button" }, this.does, this.keycap);
    this.button.addEventListener("click", () => {
      this.button.blur();
      ready(this.button.dataset.ready !== "yes");
    });
    const head = [t("arena.player"), t("arena.points"), t("arena.kills"), t("arena.deaths")];
    const row = h("tr", {}, h("th", { scope: "col", text: "#" }), ...head.map((text) => h("th", { scope: "col", text })));
    const table = h("table", { class: "arena-table" }, h("thead", {}, row), this.body);
    this.element = h("section", { class: "arena-result", hidden: true, "aria-label": t("arena.over") });
    this.element.append(pictogram("crown"), this.headline, this.score, table, this.next, this.button);
  }

  hide() {
    this.element.hidden = true;
    this.#shown = "";
  }

  /** @param {Result} result */
  show(result) {
    const { match, drivers, own, ready, people, seconds } = result;
    this.element.hidden = false;
    const standing = JSON.stringify([drivers.map(({ owner, score, kills, deaths }) => [owner, score, kills, deaths]), match.round]);
    if (standing !== this.#shown) {
      this.#shown = standing;
      this.#showWinner(result);
      this.body.replaceChildren(...rows(drivers, own).map(({ driver, rank }) => this.#row(driver, rank, own, result.colours)));
    }
    say(this.next, `${this.#t("arena.next", { seconds })} · ${this.#t("arena.ready.count", { ready, people })}`);
    this.button.hidden = own === null;
    this.button.dataset.ready = own?.ready ? "yes" : "no";
    say(this.does, this.#t(own?.ready ? "arena.ready.not" : "arena.ready.now"));
  }

  /** @param {Result} result */
  #showWinner({ match, drivers, own, colours }) {
    const { text, colour, won } = winner(match, drivers, own, colours, this.#t);
    say(this.headline, text);
    this.element.classList.toggle("arena-won", won);
    this.element.style.setProperty("--winner", colour);
    this.score.replaceChildren();
    if (match.mode === "all") return;
    for (const team of [1, 2]) {
      const points = h("span", { text: String(teamScore(match, team)) });
      points.style.color = colours.team(team).light;
      this.score.append(points);
    }
  }

  /** @param {DriverValues} driver @param {number} rank @param {DriverValues | null} own @param {Colours} colours */
  #row({ owner, team, name, score, kills, deaths }, rank, own, colours) {
    const person = h("bdi", { text: name });
    person.style.color = colours.player(owner, team).light;
    const cells = [score, kills, deaths].map((value) => h("td", { text: String(value) }));
    const row = h("tr", {}, h("td", { text: String(rank) }), h("th", { scope: "row" }, person), ...cells);
    row.classList.toggle("arena-own", owner === own?.owner);
    return row;
  }
}

/** The best, and oneself wherever that is. @param {readonly DriverValues[]} drivers @param {DriverValues | null} own */
function rows(drivers, own) {
  const ranked = drivers.map((driver, index) => ({ driver, rank: index + 1 }));
  const best = ranked.slice(0, MOST_ROWS);
  const mine = ranked.find(({ driver }) => driver === own);
  return mine === undefined || best.includes(mine) ? best : [...best.slice(0, -1), mine];
}

/**
 * @param {MatchValues} match
 * @param {readonly DriverValues[]} drivers  the best first
 * @param {DriverValues | null} own
 * @param {Colours} colours
 * @param {Host["texts"]["t"]} t
 * @returns {{text: string, colour: string, won: boolean}}
 */
export function winner(match, drivers, own, colours, t) {
  const nobody = { text: t("arena.draw"), colour: "#ffffff", won: false };
  if (match.mode !== "all") {
    const difference = match.team1_score - match.team2_score;
    if (difference === 0) return nobody;
    const team = difference > 0 ? 1 : 2;
    const name = t(colours.teamText(team));
    return { text: t("arena.wins", { name }), colour: colours.team(team).light, won: own?.team === team };
  }
  const [first, second] = drivers;
  if (first === undefined || first.score === second?.score) return nobody;
  const won = first.owner === own?.owner;
  const text = won ? t("arena.you.win") : t("arena.wins", { name: first.name });
  return { text, colour: colours.player(first.owner, 0).light, won };
}

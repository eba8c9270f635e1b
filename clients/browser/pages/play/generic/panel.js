/** Beside the picture of a game that is drawn from its schema: what the room shares, what has no place, and what can be done. */

import { fill, h, person, say } from "../../shared/dom.js";
import { spoken } from "../../shared/options.js";
import { t } from "../../shared/texts.js";
import { CallResult, callForm, ownCalls } from "./forms.js";

/** @typedef {import("../../../src/schema.js").Field} Field */
/** @typedef {import("../../../src/schema.js").Value} Value */
/** @typedef {import("../../../src/schema.js").Values} Values */
/** @typedef {import("../view.js").Host} Host */
/** @typedef {import("./scene.js").Scene} Scene */

/** Fields that name a player, wherever they stand. */
const PLAYER_FIELDS = new Set([
  "player",
  "owner",
  "turn",
  "winner",
  "loser",
  "first",
  "leader",
  "carrier",
  "killer",
  "victim",
  "by",
]);
/** A table of more would not be read. */
const ROWS_MOST = 40;

/** See the module. */
export class Panel {
  result = new CallResult();
  element;
  #host;
  #scene;
  #shared = h("dl", { class: "numbers" });
  #tables = h("div", { class: "tables" });
  #shown = "";

  /** @param {Host} host @param {Scene} scene */
  constructor(host, scene) {
    this.#host = host;
    this.#scene = scene;
    const { client, spectating } = host;
    const calls = spectating ? [] : ownCalls(client.schema);
    this.element = h(
      "aside",
      { class: "generic-panel glass" },
      h("h3", { text: spoken(client.schema.game) }),
      this.#shared,
      this.#tables,
      calls.length === 0 ? null : h("h3", { text: t("generic.calls") }),
      ...calls.map((call) => callForm(client, call, (told) => this.result.tell(told))),
      this.result.element,
    );
  }

  /** Takes the newest. */
  refresh() {
    const { client } = this.#host;
    const shared = client.schema.kinds[0];
    const values = client.world.get(0)?.values ?? {};
    const lists = this.#scene.listed.map((kind) => ({ kind, entities: client.world.all(kind.name).slice(0, ROWS_MOST) }));
    const shown = JSON.stringify([values, lists.map(({ entities }) => entities)]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    fill(
      this.#shared,
      shared.fields.flatMap((field) => [
        h("dt", { text: spoken(field.name) }),
        h("dd", {}, this.#value(field, values[field.name])),
      ]),
    );
    fill(
      this.#tables,
      lists
        .filter(({ entities }) => entities.length > 0)
        .map(({ kind, entities }) =>
          h(
            "table",
            {},
            h("caption", { text: spoken(kind.name) }),
            h("tr", {}, ...kind.fields.map(({ name }) => h("th", { scope: "col", text: spoken(name) }))),
            ...entities.map((entity) =>
              h("tr", {}, ...kind.fields.map((field) => h("td", {}, this.#value(field, entity.values[field.name])))),
            ),
          ),
        ),
    );
  }

  /** @param {string} text */
  tell(text) {
    say(this.result.element, text);
  }

  /** @param {Field} field @param {Value | undefined} value */
  #value(field, value) {
    if (namesPlayer(field) && typeof value === "number" && value > 0)
      return person(this.#host.playerName(value), this.#host.colourOf(value));
    return h("bdi", { text: namesPlayer(field) && value === 0 ? t("net.none") : valueText(value) });
  }
}

/** @param {Field} field @returns {boolean} whether its numbers are those of players */
export function namesPlayer({ name, type }) {
  return type === "integer" && PLAYER_FIELDS.has(name);
}

/** @param {Value | undefined} value @returns {string} */
export function valueText(value) {
  if (value === undefined) return t("net.none");
  if (typeof value === "boolean") return t(value ? "generic.yes" : "generic.no");
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : value.toFixed(2);
  return Array.isArray(value) ? value.join(", ") : value;
}

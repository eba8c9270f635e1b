/** The dialog in which a room is created: a game, a map, and the options that the game has. */

import { button, openDialog } from "../shared/dialogs.js";
import { fill, h, say } from "../shared/dom.js";
import { orderOf, parseOptions, spoken } from "../shared/options.js";
import { isText, t } from "../shared/texts.js";

/** @typedef {import("../shared/lobby_link.js").Choice} Choice */
/** @typedef {import("../shared/options.js").Option} Option */

/** A number is a slider up to so many steps, and a field beyond. */
const SLIDER_STEPS = 60;

/**
 * @param {readonly Choice[]} choices
 * @param {(order: import("../shared/lobby_link.js").Order) => Promise<void>} create  rejects with what the server says against it
 */
export function openCreate(choices, create) {
  const fault = h("p", { class: "fault", role: "alert" });
  const about = h("p", { class: "soft" });
  const maps = h("select", { class: "field", name: "map" });
  const mapRow = h("label", { class: "labelled" }, h("span", { text: t("create.map") }), maps);
  const rows = h("fieldset");
  const secret = h("input", { type: "checkbox", name: "private", "aria-describedby": "create-private" });
  /** @type {{options: Option[], chosen: Record<string, string>}} */
  let terms = { options: [], chosen: {} };
  const games = h(
    "select",
    { class: "field", name: "game", on: { change: () => choose() } },
    ...choices.map(({ game, title }) => h("option", { value: game, text: title })),
  );
  const choose = () => {
    const choice = choices.find(({ game }) => game === games.value) ?? choices[0];
    say(about, choice.about);
    mapRow.hidden = choice.maps.length === 0;
    fill(
      maps,
      choice.maps.map((map) => h("option", { value: map, text: map })),
    );
    const options = parseOptions(choice.options);
    terms = { options, chosen: {} };
    rows.hidden = options.length === 0;
    fill(rows, [h("legend", { text: t("create.options") }), ...options.map((option) => field(option, terms.chosen))]);
  };
  const go = button(t("create.go"), () => {}, { kind: "primary", name: "create-go" });
  go.type = "submit";
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const order = orderOf(terms.options, terms.chosen);
    if (order === null) return say(fault, t("create.much"));
    say(fault, "");
    go.disabled = true;
    say(/** @type {Element} */ (go.lastElementChild), t("create.working"));
    try {
      await create({ game: games.value, map: maps.value, options: order, secret: secret.checked });
    } catch (error) {
      say(fault, error instanceof Error ? error.message : String(error));
    }
    go.disabled = false;
    say(/** @type {Element} */ (go.lastElementChild), t("create.go"));
  };
  choose();
  openDialog({
    title: t("create.title"),
    name: "create",
    body: [
      h(
        "form",
        { class: "form", on: { submit } },
        h("label", { class: "labelled" }, h("span", { text: t("create.game") }), games),
        about,
        mapRow,
        rows,
        h("label", { class: "labelled" }, h("span", { text: t("create.private") }), secret),
        h("p", { class: "soft", id: "create-private", text: t("create.private.text") }),
        fault,
        h("div", { class: "row end" }, go),
      ),
    ],
  });
}

/** @param {Option} option @param {Record<string, string>} chosen */
function field(option, chosen) {
  const { name, type, usual, values, low, high, step, most } = option;
  const take = () =>
    (chosen[name] = input.type === "checkbox" ? String(/** @type {HTMLInputElement} */ (input).checked) : input.value);
  /** @type {HTMLInputElement | HTMLSelectElement} */
  let input;
  const told = h("output", { text: usual });
  if (type === "choice") {
    input = h("select", { class: "field", name }, ...values.map((value) => optionOf(value, value === usual)));
  } else if (type === "switch") {
    input = h("input", { type: "checkbox", name });
    input.checked = usual === "true";
  } else if (type === "number") {
    const slides = (high - low) / step <= SLIDER_STEPS;
    const bounds = { min: Number.isFinite(low) ? low : null, max: Number.isFinite(high) ? high : null, step };
    input = h("input", { class: slides ? "" : "field", type: slides ? "range" : "number", name, required: true, ...bounds });
    input.value = usual;
    told.hidden = !slides;
  } else {
    input = h("input", { class: "field", name, maxlength: most });
    input.value = usual;
  }
  input.addEventListener("input", () => {
    take();
    say(told, input.value);
  });
  const row = h("label", { class: "labelled" }, h("span", { text: spoken(name) }), input);
  if (type === "number") row.firstElementChild?.append(h("span", { text: " " }), told);
  return row;
}

/** @param {string} value @param {boolean} selected */
function optionOf(value, selected) {
  const key = `mode.${value}`;
  return h("option", { value, text: isText(key) ? t(key) : value, selected });
}

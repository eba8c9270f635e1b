/** The calls of a game as forms: a button for each, and a field for each of its arguments. */

import { h, say } from "../../shared/dom.js";
import { spoken } from "../../shared/options.js";
import { t } from "../../shared/texts.js";

/** @typedef {import("../view.js").Room} Room */
/** @typedef {import("../../../src/schema.js").Field} Field */
/** @typedef {import("../../../src/schema.js").Fields} Fields */
/** @typedef {import("../../../src/schema.js").Schema} Schema */
/** @typedef {import("../../../src/schema.js").Value} Value */

/** What every game has; the page has its own ways to call them. */
const BUILT_IN = new Set(["chat", "emote", "mute", "silence", "expel", "report"]);
const DEGREES = Math.PI / 180;

/**
 * @param {Schema} schema
 * @returns {Fields[]} the game's own calls
 */
export function ownCalls(schema) {
  return schema.calls.filter(({ name }) => !BUILT_IN.has(name));
}

/**
 * @param {Fields} call
 * @returns {boolean} whether its arguments are a cell of a board
 */
export function picksCell({ fields }) {
  return fields.length === 2 && fields[0].name === "x" && fields[1].name === "y" && fields.every(({ type }) => type === "integer");
}

/**
 * What was typed, as the schema's field has it.
 *
 * @param {Field} field
 * @param {string} typed  a checkbox: "true" or "false"
 * @returns {Value}
 */
export function typedValue({ type }, typed) {
  switch (type) {
    case "boolean":
      return typed === "true";
    case "text":
      return typed;
    case "integers":
      return (typed.match(/-?\d+/g) ?? []).map(Number);
    case "angle":
      return Number(typed) * DEGREES;
    default:
      return Number(typed);
  }
}

/**
 * @param {Room} client
 * @param {Fields} call
 * @param {(told: string) => void} tell  what became of it
 * @returns {HTMLElement}
 */
export function callForm(client, call, tell) {
  const inputs = call.fields.map((field) => inputFor(field));
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    const typed = inputs.map((input) => (input.type === "checkbox" ? String(input.checked) : input.value));
    void makeCall(
      client,
      call.name,
      call.fields.map((field, at) => typedValue(field, typed[at])),
      tell,
    );
  };
  return h(
    "form",
    { class: "call", on: { submit } },
    ...call.fields.map((field, at) => h("label", { class: "labelled" }, h("span", { text: spoken(field.name) }), inputs[at])),
    h("button", { class: "button small", type: "submit", "data-call": call.name }, h("span", { text: spoken(call.name) })),
  );
}

/**
 * @param {Room} client
 * @param {string} name
 * @param {readonly Value[]} values
 * @param {(told: string) => void} tell
 */
export async function makeCall(client, name, values, tell) {
  try {
    const result = await client.call(name, ...values);
    tell(t("generic.done", { call: spoken(name), result: result === null ? t("generic.ready") : String(result) }));
  } catch (error) {
    tell(t("generic.refused", { call: spoken(name), why: error instanceof Error ? error.message : String(error) }));
  }
}

/** @param {Field} field */
function inputFor({ name, type, low, high, most }) {
  if (type === "boolean") return h("input", { type: "checkbox", name });
  if (type === "text") return h("input", { class: "field", name, maxlength: Number.isFinite(most) ? 2 * most : null, dir: "auto" });
  if (type === "integers") return h("input", { class: "field", name, placeholder: t("generic.numbers") });
  const bounded = type === "integer" && Number.isFinite(low);
  const input = h("input", {
    class: "field",
    type: "number",
    name,
    required: true,
    step: type === "integer" ? 1 : "any",
    min: bounded ? low : null,
    max: bounded ? high : null,
  });
  input.value = bounded && low > 0 ? String(low) : "0";
  return input;
}

/** The last word on a call, under the forms. */
export class CallResult {
  element = h("p", { class: "soft", role: "status" });

  /** @param {string} text */
  tell(text) {
    say(this.element, text);
  }
}

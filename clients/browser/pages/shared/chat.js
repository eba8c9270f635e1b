/** What people say to each other: the lines, and the field to write one. The lobby and the play page have it alike. */

import { h, icon, person, say } from "./dom.js";
import { ICONS } from "./icons.js";
import { LINE_MOST } from "./names.js";
import { t } from "./texts.js";

/** Lines that are kept to be read again. */
const LINES_MOST = 200;

/** @typedef {{name: string, colour: string | null, text: string, toTeam: boolean}} Line */

/** The lines. */
export class ChatLog {
  element = h("ol", { class: "chat-log", role: "log", "aria-live": "polite", "aria-label": t("chat"), tabindex: 0 });
  /** Stands there until somebody says something. */
  #empty = h("li", { class: "told", text: t("chat.empty") });

  constructor() {
    this.element.append(this.#empty);
  }

  /** @param {Line} line */
  add({ name, colour, text, toTeam }) {
    this.#append(
      h(
        "li",
        {},
        toTeam ? h("span", { class: "mark", text: t("chat.mark") }) : null,
        person(name, colour),
        h("span", { text: ": " }),
        h("bdi", { class: "said", dir: "auto", text }),
      ),
    );
  }

  /** A line of the page's own. @param {string} text */
  tell(text) {
    this.#append(h("li", { class: "told", text }));
  }

  #append(/** @type {HTMLElement} */ line) {
    const { element } = this;
    this.#empty.remove();
    const atEnd = element.scrollTop + element.clientHeight >= element.scrollHeight - 30;
    element.append(line);
    while (element.childElementCount > LINES_MOST) element.firstElementChild?.remove();
    if (atEnd) this.toEnd();
  }

  toEnd() {
    this.element.scrollTop = this.element.scrollHeight;
  }
}

/**
 * A line as it may be said, or what is wrong with it. The server has the last word.
 *
 * @param {string} typed
 * @returns {{line: string} | {fault: string} | null} null: there is nothing to say
 */
export function lineOf(typed) {
  const line = typed.trim();
  if (line === "") return null;
  return [...line].length > LINE_MOST ? { fault: t("chat.long", { most: LINE_MOST }) } : { line };
}

/** The field to write in. Enter says it; Tab, where there are teams, changes to whom. */
export class ChatForm {
  /** @type {HTMLInputElement} */
  input;
  #say;
  #leave;
  #whom;
  #toTeam = false;
  #teams = false;

  /**
   * @param {object} options
   * @param {(line: string, toTeam: boolean) => void} options.say
   * @param {(fault: string) => void} options.fault
   * @param {() => void} [options.leave]  he does not want to write any more
   * @param {string} options.placeholder
   */
  constructor({ say, fault, leave = () => {}, placeholder }) {
    this.#say = say;
    this.#leave = leave;
    this.#whom = h("button", { class: "button small whom", type: "button", hidden: true, on: { click: () => this.#turn() } });
    this.input = h("input", {
      class: "field",
      name: "chat",
      placeholder,
      "aria-label": placeholder,
      autocomplete: "off",
      maxlength: 2 * LINE_MOST, // in units of UTF-16
      dir: "auto",
      enterkeyhint: "send",
    });
    const submit = (/** @type {Event} */ event) => {
      event.preventDefault();
      const said = lineOf(this.input.value);
      if (said !== null && "fault" in said) return fault(said.fault);
      this.input.value = "";
      if (said !== null) this.#say(said.line, this.#toTeam);
      else this.#leave();
    };
    this.element = h(
      "form",
      { class: "chat-form", on: { submit, keydown: (event) => this.#key(event) } },
      this.#whom,
      this.input,
      h("button", { class: "plain", type: "submit", "aria-label": t("chat.send") }, icon(ICONS.play)),
    );
    this.teams = false;
  }

  /** Whether there are teams to say something to. */
  set teams(/** @type {boolean} */ teams) {
    this.#teams = teams;
    if (!teams) this.#toTeam = false;
    this.#whom.hidden = !teams;
    const whom = t(this.#toTeam ? "chat.team" : "chat.all");
    say(this.#whom, whom);
    this.#whom.setAttribute("aria-label", t("chat.switch", { whom }));
  }

  set disabled(/** @type {boolean} */ disabled) {
    this.input.disabled = disabled;
  }

  #turn() {
    this.#toTeam = !this.#toTeam;
    this.teams = this.#teams;
    this.input.focus();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    event.stopPropagation(); // what is written is not for the game
    if (event.isComposing) return;
    if (event.key === "Escape") this.#leave();
    else if (event.key === "Tab" && this.#teams && event.target === this.input && !event.shiftKey) this.#turn();
    else return;
    event.preventDefault();
  }
}

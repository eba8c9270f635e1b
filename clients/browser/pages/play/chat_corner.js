/** Chat during a match: the last lines fade in a corner; a key opens the field, and with it all lines. */

import { ChatForm, ChatLog } from "../shared/chat.js";
import { h } from "../shared/dom.js";
import { t } from "../shared/texts.js";

/** @typedef {import("../shared/chat.js").Line} Line */

/** So long a new line is seen while nobody writes. */
const FRESH_MS = 9000;

/** See the module. */
export class ChatCorner {
  #log = new ChatLog();
  #form;
  /** Lines that came while it was closed. */
  unread = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #fading;
  #closed;

  /**
   * @param {object} options
   * @param {(line: string, toTeam: boolean) => void} options.say
   * @param {() => void} options.closed  the keys are the game's again
   */
  constructor({ say, closed }) {
    this.#closed = closed;
    this.#form = new ChatForm({
      say: (line, toTeam) => {
        say(line, toTeam);
        this.close();
      },
      fault: (fault) => this.tell(fault),
      leave: () => this.close(),
      placeholder: t("chat.placeholder"),
    });
    this.element = h("section", { class: "chat-corner", "aria-label": t("chat") }, this.#log.element, this.#form.element);
    this.#form.element.hidden = true;
  }

  get open() {
    return !this.#form.element.hidden;
  }

  /** Whether one has a team to say something to. */
  set teams(/** @type {boolean} */ teams) {
    this.#form.teams = teams;
  }

  /** Who watches cannot say anything. */
  set silent(/** @type {boolean} */ silent) {
    this.#form.disabled = silent;
    this.#form.input.placeholder = t(silent ? "chat.watching" : "chat.placeholder");
  }

  show() {
    this.#form.element.hidden = false;
    this.element.classList.add("open");
    this.unread = 0;
    this.#log.toEnd();
    this.#form.input.focus();
  }

  close() {
    if (!this.open) return;
    this.#form.element.hidden = true;
    this.element.classList.remove("open");
    this.#log.toEnd();
    this.#closed();
  }

  /** @param {Line} line @param {{own: boolean}} whose  an own line is no news */
  add(line, { own }) {
    this.#log.add(line);
    if (!this.open && !own) this.unread++;
    this.#refresh();
  }

  /** A line of the page's own. @param {string} text */
  tell(text) {
    this.#log.tell(text);
    this.#refresh();
  }

  #refresh() {
    this.element.classList.add("fresh");
    clearTimeout(this.#fading);
    this.#fading = setTimeout(() => this.element.classList.remove("fresh"), FRESH_MS);
  }
}

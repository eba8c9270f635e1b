/** What covers the match while there is none: connecting, lost, over. One at a time; the newest counts. */

import { button } from "../shared/dialogs.js";
import { fill, h, say } from "../shared/dom.js";
import { t } from "../shared/texts.js";

/** @typedef {import("../shared/texts.js").TextKey} TextKey */

/**
 * @template {string} Step
 * @typedef {object} Shown
 * @property {string} kind  for the page's look, and for those who look for it: "connecting", "lost", "ended"
 * @property {string} title
 * @property {string} text
 * @property {string | null} [detail]
 * @property {readonly Step[]} [steps]  the first one is the one to take, where nothing is to be filled in
 * @property {HTMLElement | null} [form]  what is to be filled in
 */

/** See the module. @template {string} Step  what can be done */
export class Overlay {
  #title = h("h2", { id: "overlay-title" });
  #text = h("p", { id: "overlay-text", "aria-live": "polite" });
  #detail = h("code", { class: "detail" });
  #form = h("div", {});
  #steps = h("div", { class: "row" });
  #element;
  #texts;
  #step;
  /** The steps that are offered, so that a text that changes leaves the focus alone. */
  #offered = "";

  /**
   * @param {Readonly<Record<Step, TextKey>>} texts  what is written on the button of each step
   * @param {(step: Step) => void} step  somebody has taken it
   */
  constructor(texts, step) {
    this.#texts = texts;
    this.#step = step;
    this.#element = h(
      "dialog",
      {
        class: "dialog overlay",
        "aria-labelledby": "overlay-title",
        "aria-describedby": "overlay-text",
        on: { cancel: (event) => event.preventDefault(), keydown: keepOpen },
      },
      h("div", { class: "dialog-body" }, this.#title, this.#text, this.#detail, this.#form, this.#steps),
    );
    document.body.append(this.#element);
  }

  get shown() {
    return this.#element.open;
  }

  /** @param {Shown<Step>} shown */
  show({ kind, title, text, detail = null, steps = [], form = null }) {
    this.#element.dataset.kind = kind;
    say(this.#title, title);
    say(this.#text, text);
    say(this.#detail, detail ?? "");
    this.#detail.hidden = detail === null;
    fill(this.#form, form === null ? [] : [form]);
    this.#form.hidden = form === null;
    const offered = steps.join();
    const others = offered !== this.#offered || !this.shown;
    if (offered !== this.#offered) {
      this.#offered = offered;
      fill(
        this.#steps,
        steps.map((step, at) =>
          button(t(this.#texts[step]), () => this.#step(step), { kind: at === 0 && form === null ? "primary" : "", name: step }),
        ),
      );
    }
    if (!this.shown) this.#element.showModal();
    if (others) /** @type {HTMLElement | null} */ (form?.querySelector("input") ?? this.#steps.firstElementChild)?.focus();
  }

  hide() {
    this.#element.close();
  }
}

/** Chromium closes at the second Escape whatever `cancel` says. @param {KeyboardEvent} event */
function keepOpen(event) {
  if (event.key === "Escape") event.preventDefault();
  event.stopPropagation();
}

/** Dialogs in front of a page: labelled, with the focus inside, closed by Escape. */

import { h, icon } from "./dom.js";
import { ICONS } from "./icons.js";
import { t } from "./texts.js";

let count = 0;

/**
 * @typedef {object} Opened
 * @property {HTMLDialogElement} element
 * @property {() => void} close
 */

/**
 * Opens a dialog.
 *
 * @param {object} options
 * @param {string} options.title
 * @param {readonly (Node | null)[]} options.body
 * @param {string} [options.name]  its class
 * @param {boolean} [options.closable]  false: only its own buttons end it
 * @param {() => void} [options.closed]  called when it has closed, however that came
 * @returns {Opened}
 */
export function openDialog({ title, body, name = "", closable = true, closed = () => {} }) {
  const heading = `dialog-${++count}`;
  const shut = h("button", { class: "plain corner", type: "button", "aria-label": t("close") }, icon(ICONS.close));
  const element = h(
    "dialog",
    { class: `dialog ${name}`, "aria-labelledby": heading },
    h("header", {}, h("h2", { id: heading, text: title }), closable ? shut : null),
    h("div", { class: "dialog-body" }, ...body),
  );
  const close = () => element.close();
  shut.addEventListener("click", close);
  element.addEventListener("cancel", (event) => {
    if (event.target === element && !closable) event.preventDefault();
  });
  // Chromium closes at the second Escape whatever `cancel` says.
  element.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !closable) event.preventDefault();
    event.stopPropagation(); // keys in a dialog are no keys of the game
  });
  element.addEventListener("pointerdown", (event) => {
    if (closable && event.target === element) close(); // on the ground around it
  });
  element.addEventListener("close", () => {
    element.remove();
    closed();
  });
  document.body.append(element);
  element.showModal();
  return { element, close };
}

/**
 * A button.
 *
 * @param {string} text
 * @param {() => void} press
 * @param {{kind?: "primary" | "plain" | "", name?: string, drawing?: string}} [options]
 * @returns {HTMLButtonElement}
 */
export function button(text, press, { kind = "", name = "", drawing = "" } = {}) {
  return h(
    "button",
    { class: `button ${kind}`, type: "button", "data-action": name || null, on: { click: press } },
    drawing === "" ? null : icon(drawing),
    h("span", { text }),
  );
}

/** A line at the lower edge that goes by itself, and is read out. */
export class Toast {
  #element = h("div", { class: "toast", role: "status", "aria-live": "polite" });
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {Element} parent */
  constructor(parent) {
    parent.append(this.#element);
  }

  /** @param {string} text @param {number} [milliseconds] */
  show(text, milliseconds = 4000) {
    clearTimeout(this.#timer);
    this.#element.textContent = text;
    this.#element.classList.add("shown");
    this.#timer = setTimeout(() => this.#element.classList.remove("shown"), milliseconds);
  }
}

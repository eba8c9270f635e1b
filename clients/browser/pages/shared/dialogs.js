/** Dialogs in front of a page: labelled, with the focus inside, closed by Escape. */

import { h, icon } from "./dom.js";
import { ICONS } from "./icons.js";
import { t } from "./texts.js";

/** What can be pressed or filled in. */
const CONTROLS = "button, input, select, textarea, a[href]";

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
 * @param {boolean} [options.begins]  its first control has the focus; false: the button that closes it has
 * @param {() => void} [options.closed]  called when it has closed, however that came
 * @returns {Opened}
 */
export function openDialog({ title, body, name = "", begins = true, closed = () => {} }) {
  const heading = `dialog-${document.querySelectorAll("dialog").length}`;
  const shut = h("button", { class: "plain corner", type: "button", "aria-label": t("close") }, icon(ICONS.close));
  const element = h(
    "dialog",
    { class: `dialog ${name}`, "aria-labelledby": heading },
    h("header", {}, h("h2", { id: heading, text: title }), shut),
    h("div", { class: "dialog-body" }, ...body),
  );
  const close = () => element.close();
  shut.addEventListener("click", close);
  element.addEventListener("keydown", (event) => {
    if (element.open) event.stopPropagation(); // keys in a dialog are no keys of the game
  }); // (one that has closed may have the focus until its event has come)
  element.addEventListener("pointerdown", (event) => {
    if (event.target === element) close(); // on the ground around it
  });
  element.addEventListener("close", () => {
    element.remove();
    closed();
  });
  document.body.append(element);
  element.showModal();
  if (begins) /** @type {HTMLElement | null} */ (element.querySelector(`.dialog-body :is(${CONTROLS})`))?.focus();
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
  #element = h("div", { class: "toast", role: "status", "aria-live": "polite", popover: "manual" });
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
    // In front of a dialog too, which may have been opened since; older browsers show it behind.
    this.#element.hidePopover?.();
    this.#element.showPopover?.();
    this.#element.classList.add("shown");
    this.#timer = setTimeout(() => this.#element.classList.remove("shown"), milliseconds);
  }
}

/** What has just happened, at the edge of the picture: lines that come, are read out, and fade. */

import { h, person } from "../shared/dom.js";

/** @typedef {import("./view.js").FeedPart} FeedPart */

const LINES_MOST = 6;
const SHOWN_MS = 7000;

/** See the module. */
export class Feed {
  element = h("ol", { class: "feed", "aria-live": "polite" });
  #nameOf;
  #colourOf;

  /** @param {(player: number) => string} nameOf @param {(player: number) => string} colourOf */
  constructor(nameOf, colourOf) {
    this.#nameOf = nameOf;
    this.#colourOf = colourOf;
  }

  /** @param {readonly FeedPart[]} parts */
  add(parts) {
    const line = h("li", {}, ...parts.map((part) => this.#node(part)));
    this.element.append(line);
    while (this.element.childElementCount > LINES_MOST) this.element.firstElementChild?.remove();
    setTimeout(() => line.remove(), SHOWN_MS);
  }

  clear() {
    this.element.replaceChildren();
  }

  /** @param {FeedPart} part */
  #node(part) {
    if (typeof part === "string") return h("span", { text: part });
    if ("player" in part) return person(this.#nameOf(part.player), this.#colourOf(part.player));
    return h("span", { role: "img", "aria-label": part.label, title: part.label }, part.drawing);
  }
}

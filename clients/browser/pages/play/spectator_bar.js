/** For who watches: whom one follows, the one before and the one behind, and a way in. */

import { button } from "../shared/dialogs.js";
import { h, person, say } from "../shared/dom.js";
import { seatsFor } from "../shared/rooms.js";
import { nodes, t } from "../shared/texts.js";

/** @typedef {import("../shared/rooms.js").Offer} Offer */
/** @typedef {import("./view.js").GameView} GameView */
/** @typedef {import("./people.js").Person} Person */

/** See the module. */
export class SpectatorBar {
  #whom = h("p", { class: "whom clip" });
  #previous = button(t("watch.previous"), () => this.#step(-1), { drawing: "M15 5l-7 7l7 7", name: "previous" });
  #next = button(t("watch.next"), () => this.#step(1), { drawing: "M9 5l7 7l-7 7", name: "next" });
  #join;
  element;
  /** @type {GameView | null} */
  #view = null;
  /** @type {readonly number[]} */
  #players = [];
  #shown = "";

  /** @param {() => void} join */
  constructor(join) {
    this.#join = button(t("watch.join"), join, { kind: "primary", name: "join" });
    for (const each of [this.#previous, this.#next, this.#join]) each.classList.add("small");
    for (const each of [this.#previous, this.#next]) each.classList.add("icon-only");
    this.element = h("section", { class: "spectator glass", "aria-label": t("watch.label"), hidden: true });
    this.element.append(this.#previous, this.#whom, this.#next, this.#join);
  }

  /**
   * @param {GameView} view
   * @param {readonly Person[]} people
   * @param {Offer | null} offer  as the lobby has it; null: not known
   * @param {(player: number) => string} colourOf
   */
  show(view, people, offer, colourOf) {
    this.#view = view;
    this.#players = people.map(({ player }) => player);
    this.#previous.hidden = this.#next.hidden = view.follow === undefined || people.length === 0;
    const followed = people.find(({ player }) => player === view.following?.());
    const shown = followed === undefined ? "" : `${followed.player} ${followed.name}`;
    if (shown !== this.#shown || this.#whom.childNodes.length === 0) {
      this.#shown = shown;
      if (followed === undefined) this.#whom.replaceChildren(t("watch.label"));
      else this.#whom.replaceChildren(...nodes("watch.following", { player: person(followed.name, colourOf(followed.player)) }));
    }
    const full = offer !== null && seatsFor(offer) === 0;
    this.#join.disabled = full;
    say(/** @type {Element} */ (this.#join.lastElementChild), t(full ? "watch.full" : "watch.join"));
  }

  /** @param {number} by */
  #step(by) {
    const { length } = this.#players;
    const at = this.#players.indexOf(this.#view?.following?.() ?? 0);
    if (length > 0) this.#view?.follow?.(this.#players[at < 0 ? 0 : (at + by + length) % length]);
  }
}

/** The list of what happened: to read, to choose from, and to go there. */

import { fill, h, icon } from "../shared/dom.js";
import { ICONS } from "../shared/icons.js";
import { t } from "../shared/texts.js";
import { FILTERS, filtered, firstFrom } from "./marks.js";
import { clockText } from "./times.js";

/** @typedef {import("../play/view.js").FeedPart} FeedPart */
/** @typedef {import("../shared/texts.js").TextKey} TextKey */
/** @typedef {import("./marks.js").Filter} Filter */
/** @typedef {import("./marks.js").Mark} Mark */

/** Lines that are in the page at once, about where one is: a long match has thousands of them. */
const LINES_MOST = 400;
/** Lines that are left before the ones that are in the page are others. */
const LINES_LEFT = 60;

/** @type {Readonly<Record<Filter, TextKey>>} */
const FILTER_TEXTS = Object.freeze({
  kills: "watch.filter.kills",
  scores: "watch.filter.scores",
  rounds: "watch.filter.rounds",
  people: "watch.filter.people",
  others: "watch.filter.others",
});

/**
 * @typedef {object} Owner
 * @property {(mark: Mark) => void} go
 * @property {(hidden: ReadonlySet<Filter>) => void} filter
 * @property {() => void} close
 * @property {(tick: number) => number} secondsAt
 * @property {(part: {player: number}) => Node} person
 */

/** See the module. */
export class EventList {
  element;
  #owner;
  #list = h("ol", { class: "happened" });
  #nothing = h("p", { class: "soft", text: t("watch.events.none") });
  #chips = h("div", { class: "chips" });
  /** @type {Set<Filter>} */
  #hidden = new Set();
  /** @type {readonly Mark[]} */
  #all = [];
  /** @type {readonly Mark[]} */
  #shown = [];
  /** Which of them are in the page. */
  #from = 0;
  #to = 0;
  #current = -1;
  #tick = 0;

  /** @param {Owner} owner */
  constructor(owner) {
    this.#owner = owner;
    this.element = h(
      "aside",
      { class: "events glass", "aria-label": t("watch.events"), hidden: true },
      h(
        "header",
        {},
        h("h2", { text: t("watch.events") }),
        h("button", { class: "plain", type: "button", "aria-label": t("close"), on: { click: owner.close } }, icon(ICONS.close)),
      ),
      this.#chips,
      this.#nothing,
      this.#list,
    );
  }

  /** @param {boolean} open */
  set open(open) {
    this.element.hidden = !open;
    if (open) this.#build();
  }

  get open() {
    return !this.element.hidden;
  }

  /** What one wants to see of them: for the line, too. */
  get chosen() {
    return this.#shown;
  }

  /** @param {readonly Mark[]} marks  by tick */
  set marks(marks) {
    this.#all = marks;
    this.#apply();
  }

  /** Which one was the last. @param {number} tick */
  at(tick) {
    this.#tick = tick;
    if (this.element.hidden) return;
    const current = firstFrom(this.#shown, Math.floor(tick) + 1) - 1;
    if (current === this.#current) return;
    const near = current < this.#from + LINES_LEFT || current >= this.#to - LINES_LEFT;
    const more = this.#from > 0 || this.#to < this.#shown.length;
    if (near && more) this.#build();
    else this.#mark(current);
  }

  #apply() {
    const before = this.#shown;
    this.#shown = filtered(this.#all, this.#hidden);
    fill(
      this.#chips,
      /** @type {Filter[]} */ (Object.keys(FILTERS)).flatMap((filter) => {
        const count = this.#all.filter(({ sort }) => FILTERS[filter].includes(sort)).length;
        return count === 0 ? [] : [this.#chip(filter, count)];
      }),
    );
    if (!this.open) return;
    // While a match goes on there is one more now and then: what somebody is reading stays where it is.
    const goesOn = this.#to === before.length && before.every((mark, at) => sameMark(mark, this.#shown[at]));
    if (goesOn) this.#append();
    else this.#build();
  }

  /** What is new at the end. */
  #append() {
    this.#list.append(...this.#shown.slice(this.#to).map((mark) => this.#line(mark)));
    this.#to = this.#shown.length;
    this.#nothing.hidden = this.#shown.length > 0;
  }

  /** @param {Filter} filter @param {number} count */
  #chip(filter, count) {
    const click = () => {
      if (this.#hidden.has(filter)) this.#hidden.delete(filter);
      else this.#hidden.add(filter);
      this.#apply();
      /** @type {HTMLElement | null} */ (this.#chips.querySelector(`[data-filter="${filter}"]`))?.focus();
      this.#owner.filter(this.#hidden);
    };
    return h(
      "button",
      {
        class: "chip",
        type: "button",
        "data-filter": filter,
        "aria-pressed": String(!this.#hidden.has(filter)),
        on: { click },
      },
      h("i", { class: `swatch mark-${FILTERS[filter][0]}` }),
      h("span", { text: t(FILTER_TEXTS[filter], { count }) }),
    );
  }

  #build() {
    const current = firstFrom(this.#shown, Math.floor(this.#tick) + 1) - 1;
    this.#from = Math.max(0, Math.min(current - LINES_MOST / 2, this.#shown.length - LINES_MOST));
    this.#to = Math.min(this.#shown.length, this.#from + LINES_MOST);
    this.#nothing.hidden = this.#shown.length > 0;
    this.#list.replaceChildren(...this.#shown.slice(this.#from, this.#to).map((mark) => this.#line(mark)));
    this.#current = -1;
    this.#mark(current);
  }

  /** @param {number} current */
  #mark(current) {
    this.#lineOf(this.#current)?.removeAttribute("aria-current");
    this.#current = current;
    const line = this.#lineOf(current);
    line?.setAttribute("aria-current", "true");
    // Not under the hand of somebody who is just reading there.
    if (!this.#list.matches(":hover, :focus-within")) line?.scrollIntoView({ block: "nearest" });
  }

  /** @param {number} index */
  #lineOf(index) {
    return index < this.#from ? undefined : this.#list.children[index - this.#from];
  }

  /** @param {Mark} mark */
  #line(mark) {
    return h(
      "li",
      {},
      h(
        "button",
        { type: "button", on: { click: () => this.#owner.go(mark) } },
        h("i", { class: `swatch mark-${mark.sort}` }),
        h("span", { class: "when", text: clockText(this.#owner.secondsAt(mark.tick)) }),
        words(mark.parts, this.#owner.person),
      ),
    );
  }
}

/** @param {Mark} one @param {Mark | undefined} other */
function sameMark(one, other) {
  return one.tick === other?.tick && one.sort === other.sort;
}

/**
 * @param {readonly FeedPart[]} parts
 * @param {(part: {player: number}) => Node} person
 * @returns {HTMLElement}
 */
export function words(parts, person) {
  return h(
    "span",
    { class: "words" },
    ...parts.map((part) => {
      if (typeof part === "string") return h("span", { text: part });
      if ("player" in part) return person(part);
      // The same drawing stands in several places.
      return h("span", { role: "img", "aria-label": part.label, title: part.label }, part.drawing.cloneNode(true));
    }),
  );
}


/** The line of a recording: where one is, what is loaded, what happened. It is dragged by mouse and finger, and moved by keys. */

import { h, say } from "../shared/dom.js";
import { t } from "../shared/texts.js";
import { clockText } from "./times.js";
import { secondsAt, shareOf, tickAt, tickByKey } from "./track.js";

/** @typedef {import("./marks.js").Mark} Mark */
/** @typedef {import("./marks.js").Sort} Sort */
/** @typedef {import("./track.js").Extent} Extent */
/**
 * @typedef {object} Owner
 * @property {(tick: number) => void} seek
 * @property {(dragging: boolean) => void} drag  begins or ends: what is played waits meanwhile
 * @property {(at: {x: number, tick: number, ticksPerPixel: number} | null) => void} point  `x`: in pixels; null: nowhere
 */

/** Of the drawing: marks stand in it as ticks wide, and so high. */
const HIGH = 10;
/** From where and to where a mark goes; what matters more is longer. @type {Readonly<Record<Sort, readonly [number, number]>>} */
const LENGTHS = Object.freeze({
  kill: [3, 7],
  score: [1, 9],
  round: [0, 10],
  joined: [7.5, 10],
  left: [7.5, 10],
  event: [3.5, 6.5],
  note: [0, 3],
  fault: [0, 10],
  gap: [3, 7],
});
const SVG = "http://www.w3.org/2000/svg";

/** See the module. */
export class Timeline {
  element;
  #owner;
  /** @type {Extent} */
  #extent = { first: 0, last: 0, rate: 30 };
  #tick = 0;
  #loaded = h("div", { class: "loaded" });
  #played = h("i", { class: "played" });
  #knob = h("i", { class: "knob" });
  #marks = document.createElementNS(SVG, "svg");
  #dragging = false;

  /** @param {Owner} owner */
  constructor(owner) {
    this.#owner = owner;
    this.#marks.setAttribute("class", "marks");
    this.#marks.setAttribute("preserveAspectRatio", "none");
    this.#marks.setAttribute("aria-hidden", "true");
    this.element = h(
      "div",
      {
        class: "timeline",
        role: "slider",
        tabindex: 0,
        "aria-label": t("watch.timeline"),
        "aria-valuemin": 0,
        on: {
          keydown: (event) => this.#key(event),
          pointerdown: (event) => this.#begin(event),
          pointermove: (event) => this.#move(event),
          pointerup: (event) => this.#end(event),
          pointercancel: (event) => this.#end(event),
          pointerleave: () => this.#dragging || owner.point(null),
        },
      },
      h("div", { class: "rail" }, this.#loaded, this.#played),
      this.#marks,
      this.#knob,
    );
  }

  /** How long it is. @param {Extent} extent */
  set extent(extent) {
    const { first, last } = this.#extent;
    this.#extent = extent;
    if (extent.first === first && extent.last === last) return;
    this.#marks.setAttribute("viewBox", `${extent.first} 0 ${Math.max(1, extent.last - extent.first)} ${HIGH}`);
    this.element.setAttribute("aria-valuemax", secondsAt(extent, extent.last).toFixed(1));
    this.show(this.#tick);
  }

  /** Where one is. @param {number} tick  with its fraction */
  show(tick) {
    this.#tick = tick;
    const share = shareOf(this.#extent, tick);
    this.#played.style.transform = `scaleX(${share.toFixed(5)})`;
    this.#knob.style.insetInlineStart = `${(100 * share).toFixed(3)}%`;
    const seconds = secondsAt(this.#extent, tick);
    const now = seconds.toFixed(1);
    if (this.element.getAttribute("aria-valuenow") === now) return;
    this.element.setAttribute("aria-valuenow", now);
    const total = clockText(secondsAt(this.#extent, this.#extent.last));
    this.element.setAttribute("aria-valuetext", t("watch.time", { time: clockText(seconds), total }));
  }

  /** What can be shown at once. @param {readonly (readonly [from: number, to: number])[]} ranges  ticks */
  set loaded(ranges) {
    while (this.#loaded.childElementCount > ranges.length) this.#loaded.lastElementChild?.remove();
    while (this.#loaded.childElementCount < ranges.length) this.#loaded.append(h("i"));
    ranges.forEach(([from, to], at) => {
      const { style } = /** @type {HTMLElement} */ (this.#loaded.children[at]);
      style.insetInlineStart = `${100 * shareOf(this.#extent, from)}%`;
      style.width = `${100 * (shareOf(this.#extent, to) - shareOf(this.#extent, from))}%`;
    });
  }

  /** @param {readonly Mark[]} marks */
  set marks(marks) {
    /** @type {Map<Sort, string>} */
    const paths = new Map();
    for (const { sort, tick, until } of marks) {
      const [from, to] = LENGTHS[sort];
      const drawn = sort === "gap" ? `M${tick} ${(from + to) / 2}H${until}` : `M${tick} ${from}V${to}`;
      paths.set(sort, (paths.get(sort) ?? "") + drawn);
    }
    this.#marks.replaceChildren(
      ...[...paths].map(([sort, drawn]) => {
        const path = document.createElementNS(SVG, "path");
        path.setAttribute("class", `mark-${sort}`);
        path.setAttribute("d", drawn);
        return path;
      }),
    );
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const tick = tickByKey(this.#extent, this.#tick, event.code);
    if (tick === null) return;
    event.preventDefault();
    event.stopPropagation();
    this.#owner.seek(tick);
  }

  /** @param {PointerEvent} event */
  #begin(event) {
    if (event.pointerType === "mouse" && event.button !== 0) return;
    this.element.setPointerCapture(event.pointerId);
    this.#dragging = true;
    this.element.classList.add("dragged");
    this.#owner.drag(true);
    this.#seek(event);
  }

  /** @param {PointerEvent} event */
  #move(event) {
    if (this.#dragging) this.#seek(event);
    else if (event.pointerType !== "touch") this.#point(event);
  }

  /** @param {PointerEvent} event */
  #end(event) {
    if (!this.#dragging) return;
    this.#dragging = false;
    this.element.classList.remove("dragged");
    this.#owner.drag(false);
    if (event.pointerType === "touch") this.#owner.point(null);
  }

  /** @param {PointerEvent} event */
  #seek(event) {
    this.#owner.seek(this.#point(event));
  }

  /** @param {PointerEvent} event @returns {number} the tick there */
  #point(event) {
    const { left, width } = this.element.getBoundingClientRect();
    const x = Math.max(0, Math.min(width, event.clientX - left));
    const tick = tickAt(this.#extent, x / Math.max(1, width));
    this.#owner.point({ x, tick, ticksPerPixel: (this.#extent.last - this.#extent.first) / Math.max(1, width) });
    return tick;
  }
}

/** What stands above the place to which the pointer goes: a small picture, when it was, and what happened. */
export class Hint {
  #picture = h("canvas", { width: 256, height: 144 });
  #time = h("b");
  #what = h("ul");
  element = h("div", { class: "hint glass", hidden: true, "aria-hidden": "true" }, this.#picture, this.#time, this.#what);

  /** The picture; it is drawn on by who knows how. */
  get picture() {
    return this.#picture;
  }

  /** @param {boolean} there  whether there is a picture of this moment */
  set pictured(there) {
    this.#picture.hidden = !there;
  }

  /** @param {{x: number, time: string, lines: readonly Node[]}} shown  `x`: in pixels of the line */
  show({ x, time, lines }) {
    this.element.hidden = false;
    say(this.#time, time);
    this.#what.replaceChildren(...lines);
    const room = this.element.parentElement?.clientWidth ?? 0;
    const half = this.element.offsetWidth / 2;
    this.element.style.left = `${Math.max(0, Math.min(room - 2 * half, x - half))}px`;
  }

  hide() {
    this.element.hidden = true;
  }
}

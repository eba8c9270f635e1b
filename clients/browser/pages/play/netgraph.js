/** The net graph: what the line does, and a worse one to try. */

import { h, icon, say } from "../shared/dom.js";
import { ICONS } from "../shared/icons.js";
import { t } from "../shared/texts.js";
import { ms, receiptParts, rows } from "./net_numbers.js";

/** @typedef {import("../../src/client.js").Client} Client */
/** @typedef {import("../../src/lag.js").LagSimulator} LagSimulator */
/** @typedef {import("../../src/stats.js").Ring} Ring */
/** @typedef {import("./frames.js").FrameMeter} FrameMeter */
/** @typedef {import("./view.js").PredictionStats} PredictionStats */

const WIDTH = 300;
const HEIGHT = 84;
/** Numbers that change faster cannot be read. */
const NUMBERS_EVERY_MS = 250;
/** The margins that the graph's height stands for, in milliseconds: below the line in the middle inputs were late. */
const MARGIN_SHOWN_MS = 60;
/** A graph of small snapshots is not blown up beyond this, in bytes. */
const BYTES_SHOWN = 200;
const STALL_EVERY_MS = 3000;
const COLOURS = Object.freeze({ bytes: "#5b8fc9", margin: "#ffb020", late: "#ff6257", zero: "#6b7687" });

/** See the module. */
export class NetGraph {
  element;
  #canvas = h("canvas", { class: "graph", role: "img", "aria-label": t("net.graph") });
  #numbers = h("dl", { class: "numbers" });
  #receipt = h("div", { class: "receipt" });
  #frames;
  #numbersAtMs = -Infinity;

  /**
   * @param {object} options
   * @param {FrameMeter} options.frames
   * @param {LagSimulator} options.lag
   * @param {() => void} options.close
   */
  constructor({ frames, lag, close }) {
    this.#frames = frames;
    this.element = h(
      "section",
      { class: "netgraph glass", "aria-label": t("net.title"), hidden: true },
      h("button", { class: "plain corner", type: "button", "aria-label": t("close"), on: { click: close } }, icon(ICONS.close)),
      this.#canvas,
      this.#numbers,
      this.#receipt,
      simulator(lag),
    );
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    this.#canvas.width = WIDTH * ratio;
    this.#canvas.height = HEIGHT * ratio;
    this.#canvas.getContext("2d")?.scale(ratio, ratio);
  }

  /**
   * Once in each frame.
   *
   * @param {number} nowMs
   * @param {Client} client
   * @param {PredictionStats | null} prediction
   */
  draw(nowMs, client, prediction) {
    if (this.element.hidden) return;
    this.#drawGraph(client.stats.series);
    if (nowMs - this.#numbersAtMs < NUMBERS_EVERY_MS) return;
    this.#numbersAtMs = nowMs;
    this.#showNumbers(client, prediction);
    this.#showReceipt(client);
  }

  /** @param {{bytes: Ring, marginMs: Ring}} series */
  #drawGraph({ bytes, marginMs }) {
    const pen = this.#canvas.getContext("2d");
    if (pen === null) return;
    pen.clearRect(0, 0, WIDTH, HEIGHT);
    let most = BYTES_SHOWN;
    for (let at = 0; at < bytes.length; at++) most = Math.max(most, bytes.at(at));
    pen.fillStyle = COLOURS.bytes;
    const first = WIDTH - bytes.length;
    for (let at = 0; at < bytes.length; at++) {
      const high = (bytes.at(at) / most) * HEIGHT * 0.5;
      pen.fillRect(first + at, HEIGHT - high, 1, high);
    }
    const middle = HEIGHT * 0.5;
    pen.fillStyle = COLOURS.zero;
    pen.fillRect(0, middle, WIDTH, 1);
    for (let at = 0; at < marginMs.length; at++) {
      const margin = marginMs.at(at);
      if (Number.isNaN(margin)) continue;
      const y = middle - Math.max(-1, Math.min(1, margin / MARGIN_SHOWN_MS)) * (middle - 2);
      pen.fillStyle = margin < 0 ? COLOURS.late : COLOURS.margin;
      pen.fillRect(first + at, y - 1, 2, 2);
    }
  }

  /** @param {Client} client @param {PredictionStats | null} prediction */
  #showNumbers(client, prediction) {
    const shown = rows(client.stats, { prediction, frameRate: this.#frames.rate, frameMs: this.#frames.workMs });
    if (this.#numbers.childElementCount === 0)
      for (const { label } of shown) this.#numbers.append(h("dt", { text: t(label) }), h("dd", { "data-number": label }));
    shown.forEach(({ value, bad }, at) => {
      const element = this.#numbers.children[2 * at + 1];
      say(element, value);
      element.classList.toggle("bad", bad);
    });
  }

  /** @param {Client} client */
  #showReceipt({ stats: { receipt } }) {
    this.#receipt.hidden = receipt === null;
    if (receipt === null) return;
    if (this.#receipt.childElementCount === 0)
      this.#receipt.append(
        h("p"),
        h("div", { class: "bar", "aria-hidden": "true" }, ...receiptParts(receipt).map(() => h("i"))),
        h("ul", {}, ...receiptParts(receipt).map(() => h("li"))),
      );
    const [title, bar, list] = this.#receipt.children;
    say(title, t("net.receipt", { total: Math.round(receipt.totalMs) }));
    receiptParts(receipt).forEach(({ label, ms: spent, share }, at) => {
      /** @type {HTMLElement} */ (bar.children[at]).style.flexGrow = String(share);
      say(list.children[at], `${t(label)} ${ms(spent)}`);
    });
  }
}

/** @param {LagSimulator} lag */
function simulator(lag) {
  const { delayMs, jitterMs, stallMs } = lag.settings;
  /** @param {number} value */
  const inMs = (value) => (value === 0 ? t("net.lag.off") : t("net.ms", { value }));
  /** @param {number} length */
  const asStalls = (length) => (length === 0 ? t("net.lag.off") : t("net.lag.every", { length, count: STALL_EVERY_MS / 1000 }));
  return h(
    "details",
    {},
    h("summary", { text: t("net.lag") }),
    slider(t("net.lag.delay"), { name: "delay", most: 400, step: 5, value: delayMs, words: inMs }, (value) =>
      lag.set({ delayMs: value }),
    ),
    slider(t("net.lag.jitter"), { name: "jitter", most: 150, step: 5, value: jitterMs, words: inMs }, (value) =>
      lag.set({ jitterMs: value }),
    ),
    slider(t("net.lag.stalls"), { name: "stalls", most: 1500, step: 50, value: stallMs, words: asStalls }, (value) =>
      lag.set({ stallMs: value, stallEveryMs: value === 0 ? 0 : STALL_EVERY_MS }),
    ),
  );
}

/**
 * @param {string} text
 * @param {{name: string, most: number, step: number, value: number, words: (value: number) => string}} range
 * @param {(value: number) => void} set
 */
function slider(text, { name, most, step, value, words }, set) {
  const told = h("output", { text: words(value) });
  const input = h("input", { type: "range", name, min: 0, max: most, step, value });
  input.addEventListener("input", () => {
    set(Number(input.value));
    say(told, words(Number(input.value)));
  });
  return h("label", {}, h("span", { text }), input, told);
}

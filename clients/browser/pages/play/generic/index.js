/** Any game, drawn from its schema alone: so that a game that was written today can be played today. */

import { h, say } from "../../shared/dom.js";
import { spoken } from "../../shared/options.js";
import { Keyboard } from "../controls/keyboard.js";
import { Presses } from "../controls/presses.js";
import { byTouch } from "../presence.js";
import { Drawing } from "./drawing.js";
import { describe } from "./events.js";
import { makeCall, ownCalls, picksCell } from "./forms.js";
import { controlsOf, sampleOf } from "./inputs.js";
import { Panel } from "./panel.js";
import { Scene } from "./scene.js";

/** @typedef {import("../../../src/schema.js").Values} Values */
/** @typedef {import("../view.js").GameView} GameView */
/** @typedef {import("../view.js").Host} Host */

const PANEL_EVERY_MS = 200;
/** A page narrower than that has its panel below, in pixels. */
const WIDE = 720;
const PANEL_WIDTH = 300;
const TOP = 60;
/** A small picture is one of a canvas of so many pixels, made smaller: names in it are no larger than things. */
const SKETCH_WIDTH = 520;

/** @param {Host} host @returns {GameView} */
export function createView(host) {
  return new GenericView(host);
}

/** See the module. @implements {GameView} */
class GenericView {
  /** @type {readonly import("../view.js").Action[]} */
  actions;
  #host;
  #scene;
  #controls;
  #panel;
  #drawing;
  #presses = new Presses();
  #keyboard;
  /** @type {Map<string, number>} */
  #slid = new Map();
  /** Where the pointer is, in pixels; null: nowhere. @type {{x: number, y: number} | null} */
  #pointer = null;
  #size = { width: 1, height: 1, ratio: 1 };
  #panelAtMs = -Infinity;
  #off = new AbortController();
  /** @type {(() => void)[]} */
  #undo;

  /** @param {Host} host */
  constructor(host) {
    const { client, canvas, hud, settings, spectating } = host;
    const pen = canvas.getContext("2d");
    if (pen === null) throw new Error("this browser does not draw on a canvas");
    this.#host = host;
    this.#scene = new Scene(client.schema);
    this.#drawing = new Drawing(host, this.#scene, pen);
    this.#panel = new Panel(host, this.#scene);
    this.#controls = spectating ? [] : controlsOf(client.schema.game, client.schema.input.fields);
    this.actions = this.#controls.flatMap(({ actions }) => actions);
    this.#presses.bind(this.actions, settings.get("keys"));
    this.#keyboard = new Keyboard(this.#presses, host.listening);
    hud.append(this.#panel.element, this.#pad());
    const { signal } = this.#off;
    const point = (/** @type {PointerEvent} */ event) => (this.#pointer = { x: event.clientX, y: event.clientY });
    canvas.addEventListener("pointermove", point, { signal });
    canvas.addEventListener(
      "pointerdown",
      (event) => {
        point(event);
        this.#pick();
      },
      { signal },
    );
    this.#undo = [
      settings.on("keys", (keys) => this.#presses.bind(this.actions, keys)),
      client.on("event", (event) => this.#announce(event)),
    ];
  }

  sample() {
    const listening = this.#host.listening();
    return sampleOf(this.#controls, {
      pressed: (action) => listening && this.#presses.take(action),
      slid: (field) => this.#slid.get(field) ?? 0,
      pointed: () => this.#pointed(),
    });
  }

  /** @param {number} nowMs */
  draw(nowMs) {
    const { width, height } = this.#size;
    const wide = width >= WIDE;
    const panel = wide ? PANEL_WIDTH : 0;
    const area = { x: panel, y: TOP, width: width - panel, height: (wide ? height : height * 0.62) - TOP };
    this.#drawing.draw(this.#host.client, this.#size, { area, pointer: this.#pointer });
    if (nowMs - this.#panelAtMs < PANEL_EVERY_MS) return;
    this.#panelAtMs = nowMs;
    this.#panel.refresh();
  }

  /** @param {number} width @param {number} height @param {number} ratio */
  resize(width, height, ratio) {
    this.#size = { width, height, ratio };
    this.#host.hud.classList.toggle("narrow", width < WIDE);
  }

  /** @param {string} name @param {Values} values */
  describe(name, values) {
    return describe(name, values, this.#host.client.schema);
  }

  /** @param {HTMLCanvasElement} canvas @param {import("../view.js").Sketch} sketch */
  sketch(canvas, { world }) {
    const pen = canvas.getContext("2d");
    if (pen === null) return;
    const ratio = canvas.width / SKETCH_WIDTH;
    const size = { width: SKETCH_WIDTH, height: canvas.height / ratio, ratio };
    const area = { x: 0, y: 0, ...size };
    new Drawing(this.#host, this.#scene, pen).draw({ picture: world, world }, size, { area, pointer: null });
  }

  dispose() {
    this.#off.abort();
    this.#keyboard.dispose();
    for (const undo of this.#undo) undo();
    this.#host.hud.replaceChildren();
  }

  // -- what is done ----------------------------------------------------------------------------------------------------------
  /** Radians from the own thing to the pointer. */
  #pointed() {
    const { width, height } = this.#size;
    const from = this.#drawing.own ?? { x: width / 2, y: height / 2 };
    return this.#pointer === null ? null : Math.atan2(this.#pointer.y - from.y, this.#pointer.x - from.x);
  }

  /** A click on a cell is the call that takes one. */
  #pick() {
    const cell = this.#drawing.cell(this.#pointer);
    const { client, spectating } = this.#host;
    const call = ownCalls(client.schema).find(picksCell);
    if (cell !== null && call !== undefined && !spectating)
      void makeCall(client, call.name, [cell.x, cell.y], (told) => this.#panel.result.tell(told));
  }

  /** Sliders, and for fingers a button for each key. */
  #pad() {
    const pad = h("div", { class: "generic-pad" });
    const touch = this.#host.settings.get("touch");
    const fingers = touch === "on" || (touch === "auto" && byTouch());
    for (const { field, type } of this.#controls) if (type === "slide") pad.append(this.#slider(field));
    if (fingers) for (const { name, words, keys } of this.actions) pad.append(this.#key(words ?? name, keys));
    return pad;
  }

  /** @param {string} words @param {readonly string[]} keys */
  #key(words, keys) {
    const [code] = keys;
    const press = (/** @type {PointerEvent} */ event) => {
      event.preventDefault();
      this.#presses.down(code);
    };
    const release = () => this.#presses.up(code);
    return h(
      "button",
      {
        class: "button",
        type: "button",
        on: { pointerdown: press, pointerup: release, pointercancel: release, pointerleave: release },
      },
      h("span", { text: words }),
    );
  }

  /** @param {import("../../../src/schema.js").Field} field */
  #slider({ name, low, high, neutral }) {
    const told = h("output", { text: String(neutral) });
    const input = h("input", {
      type: "range",
      name,
      min: Math.max(low, -(2 ** 31)),
      max: Math.min(high, 2 ** 31),
      step: 1,
      value: neutral,
    });
    this.#slid.set(name, neutral);
    input.addEventListener("input", () => {
      this.#slid.set(name, Number(input.value));
      say(told, input.value);
    });
    return h("label", { class: "glass" }, h("span", { text: spoken(name) }), input, told);
  }

  /** @param {{name: string, values: Values}} event */
  #announce({ name, values }) {
    const told = this.describe(name, values);
    if (told !== null) this.#host.announce(told.parts);
  }
}

/** Any game, drawn from its schema alone: so that a game that was written today can be played today. */

import { h, say } from "../../shared/dom.js";
import { spoken } from "../../shared/options.js";
import { t } from "../../shared/texts.js";
import { Keyboard } from "../controls/keyboard.js";
import { Presses } from "../controls/presses.js";
import { byTouch } from "../presence.js";
import { scoresOf } from "../scores.js";
import { makeCall, ownCalls, picksCell } from "./forms.js";
import { controlsOf, sampleOf } from "./inputs.js";
import { boardWindows, Painter, windowOf } from "./painter.js";
import { namesPlayer, Panel, valueText } from "./panel.js";
import { including, Scene } from "./scene.js";

/** @typedef {import("../../../src/schema.js").Values} Values */
/** @typedef {import("../view.js").FeedPart} FeedPart */
/** @typedef {import("../view.js").GameView} GameView */
/** @typedef {import("../view.js").Host} Host */
/** @typedef {import("./painter.js").Board} Board */
/** @typedef {import("./painter.js").Window} Window */
/** @typedef {import("./scene.js").Bounds} Bounds */

const PANEL_EVERY_MS = 200;
/** A page narrower than that has its panel below, in pixels. */
const WIDE = 720;
const PANEL_WIDTH = 300;
const TOP = 60;
/** Until something has been seen. */
const NOTHING = Object.freeze({ x0: 0, y0: 0, x1: 100, y1: 100 });

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
  #painter;
  #presses = new Presses();
  #keyboard;
  /** @type {Map<string, number>} */
  #slid = new Map();
  /** Where the pointer is, in pixels; null: nowhere. @type {{x: number, y: number} | null} */
  #pointer = null;
  /** How far things have been, where the schema does not say it. @type {Bounds | null} */
  #seen = null;
  /** Where the own thing was drawn. @type {{x: number, y: number} | null} */
  #own = null;
  /** @type {Board[]} */
  #boards = [];
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
    this.#painter = new Painter(pen, host, this.#scene);
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
    const { width, height, ratio } = this.#size;
    const wide = width >= WIDE;
    const panel = wide ? PANEL_WIDTH : 0;
    const area = { x: panel, y: TOP, width: width - panel, height: (wide ? height : height * 0.62) - TOP };
    this.#painter.clear(width, height, ratio);
    this.#own = null;
    if (this.#scene.board !== null) this.#drawBoards(area);
    else this.#drawField(area);
    if (nowMs - this.#panelAtMs < PANEL_EVERY_MS) return;
    this.#panelAtMs = nowMs;
    this.#panel.refresh();
  }

  /** @param {number} width @param {number} height @param {number} ratio */
  resize(width, height, ratio) {
    this.#size = { width, height, ratio };
    this.#host.hud.classList.toggle("narrow", width < WIDE);
  }

  dispose() {
    this.#off.abort();
    this.#keyboard.dispose();
    for (const undo of this.#undo) undo();
    this.#host.hud.replaceChildren();
  }

  // -- the picture -----------------------------------------------------------------------------------------------------------
  /** @param {{x: number, y: number, width: number, height: number}} area */
  #drawField(area) {
    const { client, playerName } = this.#host;
    const { placed, declared } = this.#scene;
    const things = placed.map(({ name }) => client.picture.all(name));
    placed.forEach(({ x, y }, kind) => {
      for (const { values } of things[kind])
        this.#seen = including(
          this.#seen,
          x === null ? (this.#seen?.x0 ?? 0) : Number(values.x),
          y === null ? (this.#seen?.y0 ?? 0) : Number(values.y),
        );
    });
    const bounds = declared ?? this.#seen ?? NOTHING;
    const window = windowOf(bounds, area);
    this.#painter.floor(bounds, window);
    const [score] = scoresOf(client.schema, client.world);
    placed.forEach((kind, at) => {
      /** @type {Map<number, number>} */
      const counts = new Map();
      for (const { values } of things[at]) counts.set(Number(values.owner), (counts.get(Number(values.owner)) ?? 0) + 1);
      for (const entity of things[at]) {
        const owner = typeof entity.values.owner === "number" ? entity.values.owner : 0;
        const points = score?.of(owner) ?? null;
        const name =
          owner === 0 || counts.get(owner) !== 1 ? "" : points === null ? playerName(owner) : `${playerName(owner)}  ${points}`;
        this.#painter.entity(entity, { kind: at, window, bounds, name });
        if (owner === 0 || owner !== client.player || this.#own !== null) continue;
        const { x, y } = this.#scene.shape(kind, entity.values, bounds);
        this.#own = { x: window.x + x * window.scale, y: window.y + y * window.scale };
      }
    });
  }

  /**
   * One board for everybody who has something, the own one first.
   *
   * @param {{x: number, y: number, width: number, height: number}} area
   */
  #drawBoards(area) {
    const { client, playerName } = this.#host;
    const board = this.#scene.board;
    if (board === null) return;
    const people = client.world.all(client.schema.kinds[1].name).map(({ values }) => Number(values.owner));
    const owned = this.#scene.placed.some(({ name }) => client.picture.all(name).some(({ values }) => Number(values.owner) > 0));
    const owners = owned
      ? people.sort((one, other) => Number(other === client.player) - Number(one === client.player) || one - other)
      : [null];
    const windows = boardWindows(owners.length, board, area);
    const cell = this.#cell();
    this.#boards = owners.map((owner, at) => ({ owner, title: this.#boardTitle(owner, playerName), window: windows[at] }));
    const bounds = this.#scene.declared ?? NOTHING;
    for (const each of this.#boards) {
      this.#painter.board(each, board, cell !== null && cell.board.owner === each.owner ? cell : null);
      this.#scene.placed.forEach(({ name }, kind) => {
        for (const entity of client.picture.all(name))
          if (each.owner === null || Number(entity.values.owner) === each.owner)
            this.#painter.entity(entity, { kind, window: each.window, bounds, name: "" });
      });
    }
  }

  /** @param {number | null} owner @param {(player: number) => string} playerName */
  #boardTitle(owner, playerName) {
    if (owner === null) return "";
    return owner === this.#host.client.player ? t("generic.yours") : t("generic.others", { name: playerName(owner) });
  }

  // -- what is done ----------------------------------------------------------------------------------------------------------
  /** Radians from the own thing to the pointer. */
  #pointed() {
    const { width, height } = this.#size;
    const from = this.#own ?? { x: width / 2, y: height / 2 };
    return this.#pointer === null ? null : Math.atan2(this.#pointer.y - from.y, this.#pointer.x - from.x);
  }

  /** The cell under the pointer. */
  #cell() {
    const board = this.#scene.board;
    if (board === null || this.#pointer === null) return null;
    for (const each of this.#boards) {
      const x = Math.round((this.#pointer.x - each.window.x) / each.window.scale);
      const y = Math.round((this.#pointer.y - each.window.y) / each.window.scale);
      if (x >= 0 && x < board.columns && y >= 0 && y < board.rows) return { x, y, board: each };
    }
    return null;
  }

  /** A click on a cell is the call that takes one. */
  #pick() {
    const cell = this.#cell();
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
    if (name === "Said" || name === "Ended") return; // the page tells of these
    const fields = this.#host.client.schema.events.find((event) => event.name === name)?.fields ?? [];
    /** @type {FeedPart[]} */
    const parts = [spoken(name)];
    for (const field of fields) {
      const value = values[field.name];
      if (namesPlayer(field)) parts.push(" ", { player: Number(value) });
      else parts.push(` ${field.name} ${valueText(value)}`);
    }
    this.#host.announce(parts);
  }
}

/** The picture of a game that is drawn from its schema: a field with things on it, or a board for everybody who has one. */

import { t } from "../../shared/texts.js";
import { scoresOf } from "../scores.js";
import { boardWindows, Painter, windowOf } from "./painter.js";
import { including } from "./scene.js";

/** @typedef {import("../view.js").Host} Host */
/** @typedef {import("../view.js").World} World */
/** @typedef {import("./painter.js").Board} Board */
/** @typedef {import("./scene.js").Bounds} Bounds */
/** @typedef {import("./scene.js").Scene} Scene */
/** @typedef {import("../../../src/replica.js").Entity} Entity */
/** @typedef {{x: number, y: number, width: number, height: number}} Area  in pixels */
/** @typedef {{picture: {all(kind: string): readonly Entity[]}, world: World}} Moment  as it is drawn, and as it was at a tick */
/** @typedef {{x: number, y: number, board: Board}} Cell */

/** Until something has been seen. */
const NOTHING = Object.freeze({ x0: 0, y0: 0, x1: 100, y1: 100 });

/** See the module. */
export class Drawing {
  #host;
  #scene;
  #painter;
  /** How far things have been, where the schema does not say it. @type {Bounds | null} */
  #seen = null;
  /** Where the own thing was drawn. @type {{x: number, y: number} | null} */
  #own = null;
  /** @type {readonly Board[]} */
  #boards = [];

  /** @param {Host} host @param {Scene} scene @param {CanvasRenderingContext2D} pen */
  constructor(host, scene, pen) {
    this.#host = host;
    this.#scene = scene;
    this.#painter = new Painter(pen, host, scene);
  }

  /** Where the own thing was drawn, in pixels. */
  get own() {
    return this.#own;
  }

  /**
   * @param {Moment} moment
   * @param {{width: number, height: number, ratio: number}} size
   * @param {{area: Area, pointer: {x: number, y: number} | null}} how  `pointer`: in pixels
   */
  draw(moment, { width, height, ratio }, { area, pointer }) {
    this.#painter.clear(width, height, ratio);
    this.#own = null;
    if (this.#scene.board !== null) this.#drawBoards(moment, area, pointer);
    else this.#drawField(moment, area);
  }

  /** The cell of a board at this place of the canvas. @param {{x: number, y: number} | null} pointer @returns {Cell | null} */
  cell(pointer) {
    const { board } = this.#scene;
    if (board === null || pointer === null) return null;
    for (const each of this.#boards) {
      const x = Math.round((pointer.x - each.window.x) / each.window.scale);
      const y = Math.round((pointer.y - each.window.y) / each.window.scale);
      if (x >= 0 && x < board.columns && y >= 0 && y < board.rows) return { x, y, board: each };
    }
    return null;
  }

  /** @param {Moment} moment @param {Area} area */
  #drawField({ picture, world }, area) {
    const { client, playerName } = this.#host;
    const { placed, declared } = this.#scene;
    const things = placed.map(({ name }) => picture.all(name));
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
    const [score] = scoresOf(client.schema, world);
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
   * @param {Moment} moment
   * @param {Area} area
   * @param {{x: number, y: number} | null} pointer
   */
  #drawBoards({ picture, world }, area, pointer) {
    const { client } = this.#host;
    const board = this.#scene.board;
    if (board === null) return;
    const people = world.all(client.schema.kinds[1].name).map(({ values }) => Number(values.owner));
    const owned = this.#scene.placed.some(({ name }) => picture.all(name).some(({ values }) => Number(values.owner) > 0));
    const owners = owned
      ? people.sort((one, other) => Number(other === client.player) - Number(one === client.player) || one - other)
      : [null];
    const windows = boardWindows(owners.length, board, area);
    const cell = this.cell(pointer);
    this.#boards = owners.map((owner, at) => ({ owner, title: this.#boardTitle(owner), window: windows[at] }));
    const bounds = this.#scene.declared ?? NOTHING;
    for (const each of this.#boards) {
      this.#painter.board(each, board, cell !== null && cell.board.owner === each.owner ? cell : null);
      this.#scene.placed.forEach(({ name }, kind) => {
        for (const entity of picture.all(name))
          if (each.owner === null || Number(entity.values.owner) === each.owner)
            this.#painter.entity(entity, { kind, window: each.window, bounds, name: "" });
      });
    }
  }

  /** @param {number | null} owner */
  #boardTitle(owner) {
    if (owner === null) return "";
    const { client, spectating, playerName } = this.#host;
    return owner === client.player && !spectating ? t("generic.yours") : t("generic.others", { name: playerName(owner) });
  }
}

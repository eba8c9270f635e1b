/**
 * Colours in the drawn world: those of sides and players that the whole page uses, made such that each is seen on every floor, and
 * those of things. Sides differ by the mark on the hull too, never by colour alone.
 */

import { playerColour, teamColour } from "../pages/shared/palette.js";

/** @typedef {import("../pages/shared/palette.js").PaletteName} PaletteName */
/** @typedef {import("../pages/shared/texts.js").TextKey} TextKey */

/**
 * @typedef {object} Paint
 * @property {string} fill  of the hull
 * @property {string} dark  of its tracks and its turret
 * @property {string} light  of its edges in the light
 */

/** What the ground, the weather and the wounds have in common in all palettes. */
export const COMMON = Object.freeze({
  rim: "#0d1117",
  wreck: "#4a4e57",
  wreckDark: "#2a2d33",
  healthy: "#7fe06a",
  wounded: "#ffd34d",
  dying: "#ff5d4d",
  health: "#68e070",
  ammo: "#fad254",
  speed: "#58dee8",
  shell: "#fff3c4",
  spread: "#ffcf87",
  rail: "#9ff3ff",
  mine: "#ff4d4d",
});

export class Colours {
  #name;
  /** @type {Map<string, Paint>} */
  #paints = new Map();

  /** @param {PaletteName} name */
  constructor(name) {
    this.#name = name;
  }

  /** @param {number} team  1 or 2 @returns {Paint} */
  team(team) {
    return this.#paint(teamColour(team, this.#name));
  }

  /** What a team is called, after its colour: a key of the texts. @param {number} team @returns {TextKey} */
  teamText(team) {
    if (team === 2) return "arena.blue";
    return this.#name === "standard" ? "arena.red" : "arena.orange";
  }

  /**
   * Of a tank, and of all that is its driver's.
   *
   * @param {number} player
   * @param {number} team  0 where there are none
   * @returns {Paint}
   */
  player(player, team) {
    return this.#paint(team ? teamColour(team, this.#name) : playerColour(player, this.#name));
  }

  get name() {
    return this.#name;
  }

  /** @param {string} colour */
  #paint(colour) {
    let known = this.#paints.get(colour);
    if (known === undefined) this.#paints.set(colour, (known = paint(colour)));
    return known;
  }
}

/** A hull is seen on the ground at this contrast at least: WCAG 2's for what is no text. */
export const SEEN = 3;
/** The floors of the tile sheet, docs/tiles.py. The lightest decides. */
export const FLOORS = Object.freeze(["#393e49", "#374733", "#504639", "#3f4551", "#5c3a32", "#304462"]);

/** @param {string} colour @returns {Paint} */
export function paint(colour) {
  let fill = colour;
  while (FLOORS.some((floor) => contrast(fill, floor) < SEEN)) fill = mix(fill, "#ffffff", 0.04);
  return { fill, dark: shade(fill, 0.42), light: mix(fill, "#ffffff", 0.45) };
}

/** @param {string} colour  #rrggbb @returns {[number, number, number]} 0 to 255 */
export function channels(colour) {
  const number = parseInt(colour.slice(1), 16);
  return [number >> 16, (number >> 8) & 255, number & 255];
}

/** @param {number[]} parts  0 to 255 */
function hex(parts) {
  return `#${parts.map((part) => Math.max(0, Math.min(255, Math.round(part))).toString(16).padStart(2, "0")).join("")}`;
}

/** @param {string} colour @param {number} by */
export function shade(colour, by) {
  return hex(channels(colour).map((channel) => channel * by));
}

/** @param {string} one @param {string} other @param {number} part  of the other */
export function mix(one, other, part) {
  const second = channels(other);
  return hex(channels(one).map((channel, index) => channel + (second[index] - channel) * part));
}

/** WCAG 2's contrast ratio, 1 to 21. @param {string} one @param {string} other */
export function contrast(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

/** @param {string} colour */
function luminance(colour) {
  const [red, green, blue] = channels(colour).map((channel) => {
    const part = channel / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

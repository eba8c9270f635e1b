/** Small drawings for the display and the feed: weapons, things and deeds, as paths on a field of 24 by 24. */

const SVG = "http://www.w3.org/2000/svg";

/** Filled shapes. */
const PATHS = Object.freeze({
  shell: "M3 9h9c5 0 8 1.4 9.5 3-1.5 1.6-4.5 3-9.5 3H3zM3 9v6M7 9v6",
  spread: "M2 12l19-8-4 5zM2 12h20l-5 2.2zM2 12l19 8-4-5z",
  mine:
    "M12 6.5a5.5 5.5 0 1 0 .01 0zM11 2h2v4h-2zM11 18h2v4h-2zM2 11h4v2H2zM18 11h4v2h-4z" +
    "M4.2 5.6l1.4-1.4 2.9 2.9-1.4 1.4zM15.5 16.9l1.4-1.4 2.9 2.9-1.4 1.4z" +
    "M4.2 18.4l2.9-2.9 1.4 1.4-2.9 2.9zM15.5 7.1l2.9-2.9 1.4 1.4-2.9 2.9z",
  rail: "M1 10.5h13l-2-4.5 11 6-11 6 2-4.5H1z",
  health: "M9 3h6v6h6v6h-6v6H9v-6H3V9h6z",
  speed: "M3 4h4l6 8-6 8H3l5-8zM12 4h4l6 8-6 8h-4l5-8z",
  flag: "M4 2h2.4v20H4zM7.5 3H21l-3.5 5L21 13H7.5z",
  shield: "M12 2l8 3v6c0 5.5-3.5 9-8 11-4.5-2-8-5.5-8-11V5z",
  skull:
    "M12 2c-5 0-8.5 3.5-8.5 8 0 3 1.5 5 3.5 6.2V20h2.3v-2h1.7v2h2v-2h1.7v2H17v-3.8c2-1.2 3.5-3.2 3.5-6.2 0-4.5-3.5-8-8.5-8z" +
    "M8.5 9a2 2 0 1 1-.01 0zM15.5 9a2 2 0 1 1-.01 0z",
  crown: "M2 7l5.5 4L12 4l4.5 7L22 7l-2 12H4z",
});

/** @typedef {keyof typeof PATHS} PictogramName */

/** By the number of the weapon. @type {readonly PictogramName[]} */
export const WEAPON_PICTOGRAMS = Object.freeze(["shell", "spread", "mine", "rail"]);

/** @param {PictogramName} name @param {string} [colour]  of CSS; else that of the text @returns {SVGElement} */
export function pictogram(name, colour) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "arena-pictogram");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  path.setAttribute("fill-rule", "evenodd");
  if (colour !== undefined) svg.style.color = colour;
  svg.append(path);
  return svg;
}

/** Names and short words above tanks: written once each, then copied. Whatever a name is, it is as wide as there is room for. */

/** @typedef {import("./sprites.js").Sprites} Sprites */

/** In pixels of the ground. */
const WIDEST = 132;
const HEIGHT = 18;
const SIZE = 11.5;
const FONT = `600 ${SIZE}px system-ui, sans-serif`;
/** What a name is set apart with, so that its direction turns nothing around it. */
const ISOLATE = "\u2068";
const ISOLATED = "\u2069";

/**
 * The longest beginning of a text that fits, with an ellipsis if it is not all of it.
 *
 * @param {string} text
 * @param {number} widest
 * @param {(text: string) => number} measure
 * @returns {string}
 */
export function fitted(text, widest, measure) {
  if (measure(text) <= widest) return text;
  const letters = [...text];
  let fits = 0;
  let last = letters.length;
  while (fits < last) {
    const middle = Math.ceil((fits + last) / 2);
    if (measure(`${letters.slice(0, middle).join("")}…`) <= widest) fits = middle;
    else last = middle - 1;
  }
  return `${letters.slice(0, fits).join("").trimEnd()}…`;
}

/**
 * @param {Sprites} sprites
 * @param {string} name
 * @param {string} colour
 */
export function label(sprites, name, colour) {
  return sprites.get(`name ${colour} ${name}`, WIDEST + 8, HEIGHT, (context) => {
    context.font = FONT;
    context.textAlign = "center";
    context.textBaseline = "middle";
    const shown = fitted(name, WIDEST, (text) => context.measureText(text).width);
    const isolated = ISOLATE + shown + ISOLATED;
    context.lineJoin = "round";
    context.lineWidth = 3;
    context.strokeStyle = "rgba(8,10,14,.85)";
    context.strokeText(isolated, 0, 0, WIDEST);
    context.fillStyle = colour;
    context.fillText(isolated, 0, 0, WIDEST);
  });
}

/**
 * A bubble with a word.
 *
 * @param {Sprites} sprites
 * @param {string} word
 */
export function bubble(sprites, word) {
  return sprites.get(`bubble ${word}`, WIDEST + 8, 30, (context) => {
    context.font = FONT;
    context.textAlign = "center";
    context.textBaseline = "middle";
    const width = Math.min(WIDEST - 14, context.measureText(word).width) + 14;
    context.fillStyle = "#f4f6fa";
    context.strokeStyle = "rgba(8,10,14,.7)";
    context.lineWidth = 1.2;
    context.beginPath();
    context.roundRect(-width / 2, -13, width, 20, 7);
    context.fill();
    context.stroke();
    context.beginPath();
    context.moveTo(-4, 6.4);
    context.lineTo(0, 12);
    context.lineTo(4, 6.4);
    context.fill();
    context.fillStyle = "#161b22";
    context.fillText(word, 0, -2.6, WIDEST - 14);
  });
}

/** What keys do on the watch page, beside those of the game's view. */

/** @typedef {import("../play/view.js").Action} Action */

/** @type {readonly Action[]} */
export const WATCH_ACTIONS = Object.freeze([
  { name: "watch.play", text: "keys.play", keys: ["Space", "KeyK"] },
  { name: "watch.leapBack", text: "watch.leap.back", keys: ["ArrowLeft"] },
  { name: "watch.leapOn", text: "watch.leap.on", keys: ["ArrowRight"] },
  { name: "watch.stepBack", text: "watch.step.back", keys: ["Comma"] },
  { name: "watch.stepOn", text: "watch.step.on", keys: ["Period"] },
  { name: "watch.slower", text: "watch.slower", keys: ["BracketLeft", "ArrowDown"] },
  { name: "watch.faster", text: "watch.faster", keys: ["BracketRight", "ArrowUp"] },
  { name: "watch.start", text: "keys.start", keys: ["Home"] },
  { name: "watch.end", text: "keys.end", keys: ["End"] },
  { name: "watch.events", text: "watch.events", keys: ["KeyT"] },
  { name: "watch.link", text: "watch.link", keys: ["KeyL"] },
  { name: "watch.full", text: "play.fullscreen", keys: ["KeyF"] },
  { name: "page.scores", text: "keys.scores", keys: ["Tab"] },
  { name: "page.mute", text: "keys.mute", keys: ["KeyM"] },
  { name: "page.help", text: "keys.help", keys: ["F1"] },
  { name: "page.menu", text: "keys.menu", keys: ["Escape"] },
]);

const TYPING = "input, textarea, select, [contenteditable], dialog[open]";
const PUSHING = new Set(["Space", "Enter", "NumpadEnter"]);
const PUSHED = "button, a[href], summary";
/** A slider has these itself, and more of the same. */
const SLIDING = new Set(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End", "PageUp", "PageDown"]);

/**
 * @param {{code: string, ctrlKey: boolean, metaKey: boolean, altKey: boolean}} event
 * @param {{matches(selector: string): boolean, closest(selector: string): unknown} | null} target
 * @returns {boolean} whether a key is meant for the page, and not for what has the focus
 */
export function forThePage(event, target) {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  if (target === null) return true;
  if (target.closest(TYPING)) return false;
  if (target.matches("[role=slider]") && SLIDING.has(event.code)) return false;
  return !(PUSHING.has(event.code) && target.matches(PUSHED));
}

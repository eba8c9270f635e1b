/** What keys are called on buttons, and which the page itself has. */

import { t } from "./texts.js";

/** @typedef {import("../play/view.js").Action} Action */

/** The page's own, in every game. @type {readonly Action[]} */
export const PAGE_ACTIONS = Object.freeze([
  { name: "page.chat", text: "keys.chat", keys: ["Enter"] },
  { name: "page.scores", text: "keys.scores", keys: ["Tab"] },
  { name: "page.emotes", text: "keys.emotes", keys: ["KeyB"] },
  { name: "page.mute", text: "keys.mute", keys: ["KeyM"] },
  { name: "page.netgraph", text: "keys.netgraph", keys: ["F3"] },
  { name: "page.help", text: "keys.help", keys: ["F1"] },
  { name: "page.menu", text: "keys.menu", keys: ["Escape"] },
]);

/** Keys that say their place and not their letter. @type {Readonly<Record<string, string>>} */
const SIGNS = Object.freeze({
  ArrowUp: "↑",
  ArrowDown: "↓",
  ArrowLeft: "←",
  ArrowRight: "→",
  Enter: "⏎",
  NumpadEnter: "⏎",
  Tab: "⇥",
  Escape: "Esc",
  Backspace: "⌫",
  ShiftLeft: "⇧",
  ShiftRight: "⇧",
  ControlLeft: "Ctrl",
  ControlRight: "Ctrl",
  AltLeft: "Alt",
  AltRight: "Alt",
  Minus: "-",
  Equal: "=",
  Comma: ",",
  Period: ".",
  Slash: "/",
  Semicolon: ";",
  Quote: "'",
  Backquote: "`",
  Backslash: "\\",
  BracketLeft: "[",
  BracketRight: "]",
});

/**
 * @param {string} code  `KeyboardEvent.code`
 * @param {ReadonlyMap<string, string> | null} [layout]  what stands on the keys of this keyboard, where the browser tells
 * @returns {string}
 */
export function keyLabel(code, layout = null) {
  if (code === "Space") return t("key.space");
  if (code === "Mouse0") return t("key.click");
  const sign = SIGNS[code];
  if (sign !== undefined) return sign;
  return layout?.get(code)?.toUpperCase() ?? code.replace(/^(Key|Digit)/, "").replace(/^Numpad/, "№ ");
}

/** @returns {Promise<ReadonlyMap<string, string> | null>} what stands on the keys; null: the browser does not tell */
export async function keyLayout() {
  const { keyboard } = /** @type {{keyboard?: {getLayoutMap(): Promise<ReadonlyMap<string, string>>}}} */ (
    /** @type {unknown} */ (navigator)
  );
  try {
    return (await keyboard?.getLayoutMap()) ?? null;
  } catch {
    return null;
  }
}

/** @param {Action} action @returns {string} what it does, in words */
export function actionText(action) {
  return action.text === undefined ? (action.words ?? action.name) : t(action.text);
}

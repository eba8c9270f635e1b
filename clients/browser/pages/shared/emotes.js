/** The quick words: what the 16 numbers of the built-in call `emote` mean. Pictures would need a font that has them. */

import { t } from "./texts.js";

/** How many there are. */
export const EMOTES = 16;
/** @type {readonly import("./texts.js").TextKey[]} */
const KEYS = Object.freeze([
  "emote.0",
  "emote.1",
  "emote.2",
  "emote.3",
  "emote.4",
  "emote.5",
  "emote.6",
  "emote.7",
  "emote.8",
  "emote.9",
  "emote.10",
  "emote.11",
  "emote.12",
  "emote.13",
  "emote.14",
  "emote.15",
]);

/** @param {number} which @returns {string} its words; empty for a number that is none */
export function emoteText(which) {
  return which in KEYS ? t(KEYS[which]) : "";
}

/** The dialogs of a match: its menu, the help, the quick words. */

import { button, openDialog } from "../shared/dialogs.js";
import { h } from "../shared/dom.js";
import { EMOTES, emoteText } from "../shared/emotes.js";
import { ICONS } from "../shared/icons.js";
import { actionText, keyLabel, keyLayout, PAGE_ACTIONS } from "../shared/keys.js";
import { KeyMap } from "../shared/settings.js";
import { t } from "../shared/texts.js";

/** @typedef {import("../shared/texts.js").TextKey} TextKey */
/** @typedef {import("../shared/settings.js").Settings} Settings */
/** @typedef {import("./view.js").Action} Action */
/** @typedef {{text: TextKey, name: string, drawing?: string, do: () => void}} Entry */

/**
 * @param {string} title
 * @param {readonly Entry[]} entries
 */
export function openMenu(title, entries) {
  const { close } = openDialog({
    title,
    name: "menu",
    body: entries.map(({ text, name, drawing, do: act }, at) => {
      const press = () => {
        close();
        act();
      };
      return button(t(text), press, { kind: at === 0 ? "primary" : "", name, drawing });
    }),
  });
}

/**
 * What each key does, as it is chosen now.
 *
 * @param {Settings} settings
 * @param {readonly Action[]} actions  the game's own
 * @param {readonly Action[]} [page]  the page's own
 */
export async function openHelp(settings, actions, page = PAGE_ACTIONS) {
  const all = [...actions, ...page];
  const map = new KeyMap(all, settings.get("keys"));
  const layout = await keyLayout();
  openDialog({
    title: t("help.title"),
    name: "help",
    body: [
      h(
        "dl",
        { class: "help-keys" },
        ...all.flatMap((action) => [
          h("dt", {}, ...map.of(action.name).map((code) => h("kbd", { text: keyLabel(code, layout) }))),
          h(
            "dd",
            { text: actionText(action) },
            action.pad === undefined ? null : h("span", { class: "soft", text: ` (${t("help.pad", { button: action.pad })})` }),
          ),
        ]),
      ),
      h("p", { class: "soft", text: t("help.change") }),
    ],
  });
}

/** @param {(which: number) => void} say */
export function openEmotes(say) {
  const { element, close } = openDialog({
    title: t("emote.title"),
    name: "emotes",
    body: [
      h(
        "div",
        { class: "emote-grid" },
        ...Array.from({ length: EMOTES }, (_, which) => {
          const press = () => {
            close();
            say(which);
          };
          return button(emoteText(which), press, { name: `emote-${which}` });
        }),
      ),
    ],
  });
  // The first nine by their digits: in a fight nobody searches with the mouse.
  element.addEventListener("keydown", ({ code }) => {
    const digit = /^(?:Digit|Numpad)([1-9])$/.exec(code);
    if (digit !== null) /** @type {HTMLElement} */ (element.querySelectorAll(".emote-grid .button")[Number(digit[1]) - 1]).click();
  });
}

/** The entries that most games need. */
export const MENU_DRAWINGS = Object.freeze({
  resume: ICONS.play,
  scores: ICONS.scores,
  emotes: ICONS.face,
  settings: ICONS.settings,
  full: ICONS.full,
  link: ICONS.link,
  leave: ICONS.close,
});

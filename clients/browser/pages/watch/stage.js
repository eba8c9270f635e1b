/** Everything on the watch page but what is played: the picture, what lies above and below it, the buttons, the page's keys. */

import { STRANGERS } from "../play/cast.js";
import { Feed } from "../play/feed.js";
import { canFill, toggleFull } from "../play/presence.js";
import { Scoreboard } from "../play/scoreboard.js";
import { Screen } from "../play/screen.js";
import { fill, h, icon, say } from "../shared/dom.js";
import { ICONS } from "../shared/icons.js";
import { KeyMap } from "../shared/settings.js";
import { t } from "../shared/texts.js";
import { forThePage, WATCH_ACTIONS } from "./keys.js";

/** @typedef {import("../shared/settings.js").Settings} Settings */
/** @typedef {import("./deck.js").Deck} Deck */
/** @typedef {import("./events.js").EventList} EventList */

/**
 * @typedef {object} Page
 * @property {(action: string) => void} act  one of WATCH_ACTIONS
 * @property {() => void} list  back to the list
 * @property {() => void} settings
 * @property {() => void} scoresShown
 * @property {(width: number, height: number, pixelRatio: number) => void} resized
 */

/** See the module. */
export class Stage {
  hud = h("div", { class: "hud" });
  scoreboard = new Scoreboard();
  feed;
  element;
  /** How people are called and coloured, in this match. */
  people = STRANGERS;
  #settings;
  #page;
  #screen;
  #title = h("b", { class: "clip" });
  #when = h("span", { class: "soft clip" });
  #note = h("p", { class: "warning", role: "status", hidden: true });
  #noteText = h("span");
  #waiting = h("p", { class: "trouble", role: "status", hidden: true, text: t("watch.waiting") });
  #sound;

  /** @param {{settings: Settings, page: Page, deck: Deck, events: EventList}} parts */
  constructor({ settings, page, deck, events }) {
    this.#settings = settings;
    this.#page = page;
    this.#screen = new Screen(t("watch.view"), page.resized);
    this.feed = new Feed(
      (player) => this.people.nameOf(player),
      (player) => this.people.colourOf(player),
    );
    this.#sound = this.#button("", "sound", ICONS.sound, () => settings.set("muted", !settings.get("muted")));
    const buttons = h(
      "nav",
      { class: "corner-buttons" },
      this.#sound,
      this.#button(t("scores.title"), "scores", ICONS.scores, () => page.act("page.scores")),
      canFill() ? this.#button(t("play.fullscreen"), "full", ICONS.full, () => void toggleFull()) : null,
      this.#button(t("help.title"), "help", ICONS.help, () => page.act("page.help")),
      this.#button(t("settings"), "settings", ICONS.settings, page.settings),
    );
    const away = (/** @type {MouseEvent} */ event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return; // in another tab
      event.preventDefault();
      page.list();
    };
    const back = h(
      "a",
      { class: "plain glass", href: "/watch/", "aria-label": t("watch.all"), title: t("watch.all"), on: { click: away } },
      icon(ICONS.back),
    );
    this.element = h(
      "main",
      { class: "stage" },
      h(
        "div",
        { class: "screen" },
        this.canvas,
        this.hud,
        h("header", { class: "top-left" }, back, h("div", { class: "about glass" }, this.#title, this.#when)),
        h("div", { class: "top-right" }, buttons, this.feed.element),
        h("div", { class: "top-middle" }, this.#waiting, this.#note),
        this.scoreboard.element,
        events.element,
      ),
      deck.element,
    );
    this.#note.append(this.#noteText);
    this.#showSound();
    settings.on("muted", () => this.#showSound());
    // In front of the game's view, which has some of these keys for something else in a match.
    addEventListener("keydown", (event) => this.#keyDown(event), { capture: true });
    addEventListener("keyup", (event) => this.#actionsOf(event.code).includes("page.scores") && this.scoreboard.hold(false));
    addEventListener("blur", () => this.scoreboard.hold(false));
    // A button that was clicked on is done with: the next press of the space bar is not for it.
    this.element.addEventListener("click", (event) => {
      const pressed = event.target instanceof Element && event.target.closest("button") !== null;
      if (pressed && event.detail > 0 && this.listening) this.canvas.focus();
    });
    this.element.addEventListener("change", (event) => event.target instanceof HTMLSelectElement && this.canvas.focus());
  }

  get canvas() {
    return this.#screen.canvas;
  }

  /** Whether keys are the page's and the game's. */
  get listening() {
    return this.element.isConnected && !document.hidden && document.querySelector("dialog[open]") === null;
  }

  /** @param {{title: string, when: string}} about  what is shown */
  set about({ title, when }) {
    say(this.#title, title);
    say(this.#when, when);
  }

  /** What is to be shown has not come yet. @param {boolean} waiting */
  set waiting(waiting) {
    this.#waiting.hidden = !waiting;
  }

  /** @param {string} text  empty: nothing any more @param {HTMLElement | null} [act]  what can be done */
  note(text, act = null) {
    this.#note.hidden = text === "";
    say(this.#noteText, text);
    fill(this.#note, act === null ? [this.#noteText] : [this.#noteText, act]);
  }

  clear() {
    this.feed.clear();
    this.scoreboard.hold(false);
    this.scoreboard.pin(false);
    this.note("");
    this.waiting = false;
    this.#screen.clear();
  }

  #showSound() {
    const muted = this.#settings.get("muted");
    const label = t(muted ? "play.sound" : "play.silence");
    this.#sound.setAttribute("aria-label", label);
    this.#sound.title = label;
    fill(this.#sound, [icon(muted ? ICONS.silence : ICONS.sound)]);
  }

  /** @param {string} label @param {string} name @param {string} drawing @param {() => void} press */
  #button(label, name, drawing, press) {
    return h(
      "button",
      { class: "plain glass", type: "button", "aria-label": label, title: label, "data-action": name, on: { click: press } },
      icon(drawing),
    );
  }

  /** @param {string} code */
  #actionsOf(code) {
    return new KeyMap(WATCH_ACTIONS, this.#settings.get("keys")).actionsOf(code);
  }

  /** @param {KeyboardEvent} event */
  #keyDown(event) {
    const target = event.target instanceof Element ? event.target : null;
    if (!this.listening || !forThePage(event, target)) return;
    const [action] = this.#actionsOf(event.code);
    if (action === undefined) return;
    event.preventDefault();
    if (action === "page.scores") {
      if (!event.repeat) this.#page.scoresShown();
      this.scoreboard.hold(true);
      return;
    }
    const goesOn = action.startsWith("watch.step") || action.startsWith("watch.leap");
    if (!event.repeat || goesOn) this.#page.act(action);
  }
}

/** Everything on the play page but the match itself: the canvas, the corners, the buttons, and the page's own keys. */

import { fill, h, icon, say } from "../shared/dom.js";
import { ICONS } from "../shared/icons.js";
import { PAGE_ACTIONS } from "../shared/keys.js";
import { KeyMap } from "../shared/settings.js";
import { t } from "../shared/texts.js";
import { STRANGERS } from "./cast.js";
import { ChatCorner } from "./chat_corner.js";
import { Feed } from "./feed.js";
import { byTouch, canFill, toggleFull } from "./presence.js";
import { Scoreboard } from "./scoreboard.js";
import { Screen } from "./screen.js";
import { SpectatorBar } from "./spectator_bar.js";

/** @typedef {import("../shared/settings.js").Settings} Settings */
/** @typedef {import("./view.js").Action} Action */

/**
 * @typedef {object} Page  what the buttons and keys do
 * @property {() => readonly Action[]} actions  the game's own
 * @property {() => void} menu
 * @property {() => void} help
 * @property {() => void} emotes
 * @property {(line: string, toTeam: boolean) => void} say
 * @property {() => void} join
 * @property {() => void} scoresShown
 * @property {(width: number, height: number, pixelRatio: number) => void} resized
 */

/** See the module. */
export class Stage {
  hud = h("div", { class: "hud" });
  scoreboard = new Scoreboard();
  feed;
  chat;
  spectatorBar;
  motionReduced;
  /** How people are called and coloured, in this match. */
  people = STRANGERS;
  #settings;
  #page;
  #screen;
  #trouble = h("p", { class: "trouble", role: "status", hidden: true, text: t("play.trouble") });
  #warning = h("p", { class: "warning", role: "timer", hidden: true });
  /** What is read out of it: once, and not each second anew. */
  #alarm = h("p", { class: "hidden-label", role: "alert" });
  #buttons;
  #chatButton;
  #soundButton;
  #unread = -1;

  /**
   * @param {object} options
   * @param {Settings} options.settings
   * @param {() => boolean} options.motionReduced
   * @param {HTMLElement} options.graph
   * @param {Page} options.page
   */
  constructor({ settings, motionReduced, graph, page }) {
    this.#settings = settings;
    this.#page = page;
    this.#screen = new Screen(t("play.world"), page.resized);
    this.motionReduced = motionReduced;
    this.feed = new Feed(
      (player) => this.people.nameOf(player),
      (player) => this.people.colourOf(player),
    );
    this.chat = new ChatCorner({ say: page.say, closed: () => this.canvas.focus() });
    this.spectatorBar = new SpectatorBar(page.join);
    this.#chatButton = this.#button(t("chat"), "chat", ICONS.chat, () => this.chat.show());
    this.#soundButton = this.#button("", "sound", ICONS.sound, () => settings.set("muted", !settings.get("muted")));
    this.#buttons = h(
      "nav",
      { class: "corner-buttons" },
      canFill() && byTouch() ? this.#button(t("play.fullscreen"), "full", ICONS.full, () => void toggleFull()) : null,
      this.#soundButton,
      this.#chatButton,
      this.#button(t("scores.title"), "scores", ICONS.scores, () => this.#toggleScores()),
      this.#button(t("play.menu"), "menu", ICONS.menu, page.menu),
    );
    document.body.append(
      this.canvas,
      this.hud,
      h("div", { class: "top-right" }, this.#buttons, this.feed.element),
      h("div", { class: "top-middle" }, this.#trouble, this.#warning, this.#alarm),
      graph,
      this.chat.element,
      this.scoreboard.element,
      this.spectatorBar.element,
    );
    this.#showSound();
    settings.on("muted", () => this.#showSound());
    this.#screen.fit();
    addEventListener("keydown", (event) => this.#keyDown(event));
    addEventListener("keyup", (event) => this.#keyUp(event));
    addEventListener("blur", () => this.scoreboard.hold(false));
  }

  get canvas() {
    return this.#screen.canvas;
  }

  /** Whether keys and clicks are the game's. */
  get listening() {
    return !this.chat.open && !document.hidden && document.querySelector("dialog[open]") === null;
  }

  /** Whether nothing has come for a while. */
  set trouble(/** @type {boolean} */ trouble) {
    this.#trouble.hidden = !trouble;
  }

  /** In how many seconds the server goes away; null: it stays. @param {number | null} seconds */
  warn(seconds) {
    this.#warning.hidden = seconds === null;
    say(this.#warning, seconds === null ? "" : t("play.draining", { count: seconds }));
    say(this.#alarm, seconds === null ? "" : t("play.draining.soon"));
  }

  /** A world can be seen. @param {{spectating: boolean}} match */
  begin({ spectating }) {
    this.feed.clear();
    this.chat.silent = spectating;
    this.spectatorBar.element.hidden = !spectating;
    document.body.classList.toggle("watching", spectating);
    document.body.classList.add("on");
    this.canvas.focus();
  }

  /** What is over by now, but may still be read. */
  quieten() {
    this.trouble = false;
    this.warn(null);
    this.scoreboard.hold(false);
    this.scoreboard.pin(false);
    this.spectatorBar.element.hidden = true;
  }

  /** Nothing of the last match is left. */
  clear() {
    this.quieten();
    this.feed.clear();
    document.body.classList.remove("on");
    this.#screen.clear();
  }

  emotes() {
    this.#page.emotes();
  }

  showUnread() {
    const { unread } = this.chat;
    if (unread === this.#unread) return;
    this.#unread = unread;
    this.#chatButton.setAttribute("aria-label", unread === 0 ? t("chat") : t("chat.unread", { count: unread }));
    this.#chatButton.dataset.unread = unread === 0 ? "" : unread > 9 ? "9+" : String(unread);
  }

  #showSound() {
    const muted = this.#settings.get("muted");
    this.#soundButton.setAttribute("aria-label", t(muted ? "play.sound" : "play.silence"));
    fill(this.#soundButton, [icon(muted ? ICONS.silence : ICONS.sound)]);
  }

  /** @param {string} label @param {string} name @param {string} drawing @param {() => void} press */
  #button(label, name, drawing, press) {
    const click = () => {
      this.canvas.focus(); // so that a key of the game does not press the button again
      press();
    };
    return h(
      "button",
      { class: "plain glass", type: "button", "aria-label": label, "data-action": name, on: { click } },
      icon(drawing),
    );
  }

  #toggleScores() {
    this.#page.scoresShown();
    this.scoreboard.toggle();
  }

  /** @param {string} code */
  #actionsOf(code) {
    return new KeyMap([...this.#page.actions(), ...PAGE_ACTIONS], this.#settings.get("keys")).actionsOf(code);
  }

  /** @param {KeyboardEvent} event */
  #keyDown(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !this.listening) return;
    const inside = event.target instanceof Element && event.target.closest("button, a, input, select, summary, textarea") !== null;
    const actions = this.#actionsOf(event.code);
    if (inside && !actions.includes("page.menu")) return; // the keys of a button are its own
    let taken = true;
    if (actions.includes("page.scores")) {
      if (!event.repeat) this.#page.scoresShown();
      this.scoreboard.hold(true);
    } else if (event.repeat) taken = actions.some((action) => action.startsWith("page."));
    else if (actions.includes("page.menu")) {
      if (this.scoreboard.shown) this.scoreboard.pin(false);
      else this.#page.menu();
    } else if (actions.includes("page.chat")) this.chat.show();
    else if (actions.includes("page.emotes")) this.#page.emotes();
    else if (actions.includes("page.mute")) this.#settings.set("muted", !this.#settings.get("muted"));
    else if (actions.includes("page.netgraph")) this.#settings.set("netgraph", !this.#settings.get("netgraph"));
    else if (actions.includes("page.help")) this.#page.help();
    else taken = false;
    if (taken) event.preventDefault();
  }

  /** @param {KeyboardEvent} event */
  #keyUp(event) {
    if (this.#actionsOf(event.code).includes("page.scores")) this.scoreboard.hold(false);
  }
}

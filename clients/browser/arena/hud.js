/** The display over the ground: health, weapons, points, time, and what one is told in the middle. It is HTML, not drawn anew. */

import { h, say } from "../pages/shared/dom.js";
import { keyLabel } from "../pages/shared/keys.js";
import { weaponText } from "./feed.js";
import { OVER, PLAYING, WAITING } from "./kinds.js";
import { WEAPON_PICTOGRAMS, pictogram } from "./pictograms.js";
import { ResultPanel } from "./result.js";
import { clock, teamScore } from "./scores.js";
import { COOLDOWN_TICKS, MAGAZINE, RELOAD_TICKS } from "./weapons.js";

/** @typedef {import("../pages/play/view.js").Host} Host */
/** @typedef {import("./kinds.js").DriverValues} DriverValues */
/** @typedef {import("./kinds.js").FlagValues} FlagValues */
/** @typedef {import("./kinds.js").MatchValues} MatchValues */
/** @typedef {import("./palette.js").Colours} Colours */
/** @typedef {import("./weapons.js").GunState} GunState */
/** @typedef {import("../pages/shared/texts.js").TextKey} TextKey */

/**
 * @typedef {object} Shown  what is to be shown
 * @property {MatchValues} match
 * @property {number} tick  of the picture
 * @property {DriverValues | null} driver  oneself
 * @property {readonly DriverValues[]} drivers  the best first
 * @property {readonly FlagValues[]} flags
 * @property {{health: number, safeTicks: number, fastTicks: number} | null} tank  null: none, or a wreck
 * @property {{respawnTick: number, mayTick: number, killer: number, weapon: number} | null} wreck  one's own
 * @property {Colours} colours
 */

/** What needs no more is brought up to date so often. */
const SLOW_MS = 120;
const NOTICE_MS = 2200;

/** By what has become of it. @type {Readonly<Record<string, TextKey>>} */
const FLAG_TEXTS = Object.freeze({
  home: "arena.flag.is.home",
  taken: "arena.flag.is.taken",
  dropped: "arena.flag.is.dropped",
});

export class Hud {
  #host;
  #tickRate;
  #t;
  #slowMs = -Infinity;
  #noticeMs = -Infinity;
  #result;
  #rack;
  /** The last values of what is set each frame. @type {Map<HTMLElement, string>} */
  #last = new Map();

  /**
   * @param {Host} host
   * @param {object} wanted
   * @param {(weapon: number) => void} wanted.choose  a weapon was touched
   * @param {() => void} wanted.respawn  the button was
   * @param {(ready: boolean) => void} wanted.ready
   */
  constructor(host, { choose, respawn, ready }) {
    this.#host = host;
    this.#tickRate = host.client.tickRate;
    this.#t = host.texts.t;
    const t = this.#t;

    this.left = h("span", { class: "arena-side" });
    this.right = h("span", { class: "arena-side" });
    this.time = h("span", { class: "arena-time" });
    this.limit = h("span", { class: "arena-limit" });
    const middle = h("div", { class: "arena-middle" }, this.time, this.limit);
    this.board = h("div", { class: "arena-board" }, this.left, middle, this.right);

    this.healthFill = h("div", { class: "arena-fill" });
    this.healthText = h("span", { class: "arena-number" });
    this.boost = h("span", { class: "arena-boost", hidden: true }, pictogram("speed"), h("span"));
    this.safe = h("span", { class: "arena-boost arena-safe", hidden: true }, pictogram("shield"), h("span"));
    const bar = h("div", { class: "arena-bar" }, this.healthFill, this.healthText);
    this.health = h("div", { class: "arena-health" }, pictogram("health"), bar, this.boost, this.safe);
    this.weapons = WEAPON_PICTOGRAMS.map((name, weapon) => new WeaponSlot(weapon, name, t(weaponText(weapon)), choose));
    this.tools = h("div", { class: "arena-tools" }, this.health);
    this.#rack = h("div", { class: "arena-weapons" }, ...this.weapons.map(({ element }) => element));
    this.tools.append(this.#rack);

    this.title = h("p", { class: "arena-title" });
    this.detail = h("p", { class: "arena-detail" });
    this.does = h("span");
    this.keycap = h("kbd", { class: "arena-key" });
    this.button = h("button", { class: "arena-button", type: "button" }, this.does, this.keycap);
    this.message = h("div", { class: "arena-message", hidden: true }, this.title, this.detail, this.button);
    this.button.addEventListener("click", () => {
      this.button.blur(); // or the next press of the space bar would be its
      if (this.button.dataset.does === "respawn") respawn();
      else ready(this.button.dataset.does === "ready");
    });
    this.notice = h("p", { class: "arena-notice", hidden: true });
    this.map = h("canvas", { class: "arena-map" });
    this.#result = new ResultPanel(t, ready);
    this.root = h("div", { class: "arena-hud" }, this.board, this.tools, this.map, this.notice, this.message);
    this.root.append(this.#result.element);
    this.root.classList.toggle("arena-watching", host.spectating);
    host.hud.append(this.root);
    this.showKeys();
  }

  dispose() {
    this.root.remove();
  }

  /** The names of keys, on what they do. */
  showKeys() {
    const chosen = this.#host.settings.get("keys");
    for (const slot of this.weapons) {
      const number = slot.weapon + 1;
      slot.key = keyLabel(chosen[`arena.weapon${number}`]?.[0] ?? `Digit${number}`);
    }
    const respawn = keyLabel(chosen["arena.respawn"]?.[0] ?? "KeyR");
    say(this.keycap, respawn);
    say(this.#result.keycap, respawn);
  }

  /** A few words that go by themselves. @param {string} text @param {number} nowMs @param {string} [colour] */
  tell(text, nowMs, colour = "") {
    say(this.notice, text);
    this.notice.style.color = colour;
    this.notice.hidden = false;
    this.#noticeMs = nowMs;
  }

  /** @param {number} nowMs @param {() => Shown} show  is asked now and then */
  update(nowMs, show) {
    if (!this.notice.hidden && nowMs - this.#noticeMs > NOTICE_MS) this.notice.hidden = true;
    if (nowMs - this.#slowMs < SLOW_MS) return;
    this.#slowMs = nowMs;
    const shown = show();
    this.#showBoard(shown);
    this.#showHealth(shown);
    this.#showMessage(shown);
    this.#showResult(shown);
  }

  /**
   * Once a frame.
   *
   * @param {GunState | null} gun  null: there is none, or what is loaded is not to be seen
   * @param {number | null} weapon  the chosen one; null: that is not to be seen
   * @param {number} tick
   */
  showGun(gun, weapon, tick) {
    if (this.#host.spectating) this.#rack.hidden = gun === null;
    if (gun === null) return;
    const [ammo, readyTick, reloadTick] = gun;
    for (const slot of this.weapons) {
      const count = slot.weapon === 0 ? ammo : gun[2 + slot.weapon];
      slot.show(count, slot.weapon === weapon);
    }
    if (weapon !== null) {
      const pause = Math.max(0, Math.min(1, (readyTick - tick) / COOLDOWN_TICKS[weapon]));
      this.#scale(this.weapons[weapon].pause, pause);
    }
    const loaded = ammo >= MAGAZINE ? 1 : 1 - Math.max(0, Math.min(1, (reloadTick - tick) / RELOAD_TICKS));
    this.#scale(this.weapons[0].load, loaded);
  }

  /** Of a bar, in hundredths. @param {HTMLElement} element @param {number} part */
  #scale(element, part) {
    const value = part.toFixed(2);
    if (this.#last.get(element) === value) return;
    this.#last.set(element, value);
    element.style.transform = `scaleX(${value})`;
  }

  /** @param {Shown} shown */
  #showBoard({ match, tick, drivers, driver, flags, colours }) {
    const left = match.ends_tick > 0 ? clock((match.ends_tick - tick) / this.#tickRate) : "";
    say(this.time, match.phase === PLAYING ? left || "∞" : this.#t(match.phase === WAITING ? "arena.warmup" : "arena.over"));
    const last = match.phase === PLAYING && match.ends_tick > 0 && match.ends_tick - tick < 30 * this.#tickRate;
    this.time.classList.toggle("arena-urgent", last);
    say(this.limit, match.score_limit > 0 ? this.#t("arena.limit", { limit: match.score_limit }) : "");
    if (match.mode === "all") {
      const rank = driver === null ? 0 : drivers.indexOf(driver) + 1;
      const best = drivers.find(({ owner }) => owner !== driver?.owner);
      const colour = (/** @type {DriverValues | null | undefined} */ who) => (who ? colours.player(who.owner, 0).light : null);
      this.#side(this.left, driver === null ? "" : String(driver.score), { colour: colour(driver), small: `#${rank}` });
      this.#side(this.right, best ? String(best.score) : "", { colour: colour(best), small: best && shortened(best.name) });
      return;
    }
    for (const [team, element] of /** @type {const} */ ([[1, this.left], [2, this.right]])) {
      const flag = flags.find((each) => each.team === team);
      const state = flag === undefined ? "" : flag.home ? "home" : flag.carrier ? "taken" : "dropped";
      this.#side(element, String(teamScore(match, team)), { colour: colours.team(team).light, flag: state });
      element.classList.toggle("arena-mine", driver?.team === team);
    }
  }

  /**
   * @param {HTMLElement} element
   * @param {string} text  the points; empty: there is nothing
   * @param {{colour: string | null, small?: string, flag?: string}} more  `small`: a rank or a name; `flag`: what is with it
   */
  #side(element, text, { colour, small = "", flag = "" }) {
    const shown = `${text} ${colour} ${small} ${flag}`;
    if (element.dataset.shown === shown) return;
    element.dataset.shown = shown;
    element.style.color = colour ?? "";
    element.replaceChildren();
    if (text === "") return;
    if (small !== "") element.append(h("bdi", { class: "arena-small", text: small }));
    element.append(h("span", { text }));
    if (flag === "") return;
    const label = this.#t(FLAG_TEXTS[flag]);
    element.append(h("span", { class: `arena-flag arena-flag-${flag}`, role: "img", "aria-label": label }, pictogram("flag")));
  }

  /** @param {Shown} shown */
  #showHealth({ tank }) {
    this.tools.classList.toggle("arena-gone", tank === null);
    const health = tank?.health ?? 0;
    say(this.healthText, String(health));
    this.healthFill.style.transform = `scaleX(${health / 100})`;
    this.healthFill.dataset.state = health > 60 ? "well" : health > 30 ? "hurt" : "dying";
    this.#boosted(this.boost, tank?.fastTicks ?? 0);
    this.#boosted(this.safe, tank?.safeTicks ?? 0);
  }

  /** @param {HTMLElement} element @param {number} ticks */
  #boosted(element, ticks) {
    element.hidden = ticks <= 0;
    if (ticks > 0) say(/** @type {Element} */ (element.lastElementChild), (ticks / this.#tickRate).toFixed(1));
  }

  /** @param {Shown} shown */
  #showMessage(shown) {
    const { match, tick, driver, wreck, drivers } = shown;
    if (match.phase === OVER) this.#message(null);
    else if (wreck !== null) this.#showWreck(shown, wreck);
    else if (match.phase !== WAITING) this.#message(null);
    else if (match.starts_tick > 0)
      this.#message(clockDown((match.starts_tick - tick) / this.#tickRate), this.#t("arena.begins"), "");
    else {
      const people = drivers.filter(({ bot, connected }) => !bot && connected);
      const ready = people.filter((each) => each.ready).length;
      const detail = drivers.length < 2 ? this.#t("arena.alone") : this.#t("arena.ready.count", { ready, people: people.length });
      this.#message(this.#t("arena.waiting"), detail, driver === null ? "" : driver.ready ? "unready" : "ready");
    }
  }

  /** @param {Shown} shown @param {NonNullable<Shown["wreck"]>} wreck */
  #showWreck({ tick }, { respawnTick, mayTick, killer, weapon }) {
    const { playerName } = this.#host;
    const self = killer === 0 || killer === this.#host.client.player;
    const values = { name: shortened(playerName(killer)), weapon: this.#t(weaponText(weapon)) };
    const seconds = Math.max(0, (respawnTick - tick) / this.#tickRate).toFixed(1);
    const title = self ? this.#t("arena.destroyed") : this.#t("arena.destroyed.by", values);
    this.#message(title, this.#t("arena.back", { seconds }), tick >= mayTick ? "respawn" : "");
  }

  /**
   * @param {string | null} title  null: there is nothing to say
   * @param {string} [detail]
   * @param {"" | "respawn" | "ready" | "unready"} [does]  the button; empty: none
   */
  #message(title, detail = "", does = "") {
    this.message.hidden = title === null;
    if (title === null) return;
    say(this.title, title);
    say(this.detail, detail);
    this.button.hidden = does === "";
    if (does === "") return;
    this.button.dataset.does = does;
    const text = { respawn: "arena.respawn.now", ready: "arena.ready.now", unready: "arena.ready.not" };
    say(this.does, this.#t(/** @type {"arena.respawn.now"} */ (text[does])));
  }

  /** @param {Shown} shown */
  #showResult(shown) {
    const { match, tick, drivers, driver, colours } = shown;
    this.root.classList.toggle("arena-ended", match.phase === OVER);
    if (match.phase !== OVER) return this.#result.hide();
    const people = drivers.filter(({ bot, connected }) => !bot && connected);
    this.#result.show({
      match,
      drivers,
      own: driver,
      ready: people.filter((each) => each.ready).length,
      people: people.length,
      seconds: Math.max(0, Math.ceil((match.ends_tick - tick) / this.#tickRate)),
      colours,
    });
  }
}

class WeaponSlot {
  #count = -1;
  #chosen = false;

  /**
   * @param {number} weapon
   * @param {import("./pictograms.js").PictogramName} name
   * @param {string} label
   * @param {(weapon: number) => void} choose
   */
  constructor(weapon, name, label, choose) {
    this.weapon = weapon;
    this.number = h("span", { class: "arena-count" });
    this.keycap = h("kbd", { class: "arena-key" });
    this.pause = h("div", { class: "arena-pause" });
    this.load = h("div", { class: "arena-load" });
    this.element = h("button", { class: "arena-weapon", type: "button", "aria-label": label, title: label }, this.keycap);
    this.element.append(pictogram(name), this.number, this.pause);
    if (weapon === 0) this.element.append(this.load);
    this.element.addEventListener("pointerdown", (event) => {
      event.preventDefault(); // it takes no focus, and a thumb that comes down here is no stick's
      choose(weapon);
    });
  }

  /** @param {string} label */
  set key(label) {
    say(this.keycap, label);
  }

  /** @param {number} count @param {boolean} chosen */
  show(count, chosen) {
    if (count !== this.#count) {
      say(this.number, String(count));
      this.element.classList.toggle("arena-empty", count === 0);
      this.#count = count;
    }
    if (chosen === this.#chosen) return;
    this.#chosen = chosen;
    this.element.classList.toggle("arena-chosen", chosen);
    this.element.setAttribute("aria-pressed", String(chosen));
    if (!chosen) this.pause.style.transform = "scaleX(0)";
  }
}

/** In one line of the display. @param {string} name */
function shortened(name) {
  const letters = [...name];
  return letters.length > 16 ? `${letters.slice(0, 15).join("")}…` : name;
}

/** @param {number} seconds */
function clockDown(seconds) {
  return String(Math.max(1, Math.ceil(seconds)));
}

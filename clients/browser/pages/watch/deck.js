/** What is below the picture: the line, play and pause, how fast, whom one looks at and what one sees. */

import { RATES } from "../../src/recording/player.js";
import { fill, h, icon, say } from "../shared/dom.js";
import { ICONS } from "../shared/icons.js";
import { t } from "../shared/texts.js";
import { clockText } from "./times.js";
import { secondsAt } from "./track.js";

/** @typedef {import("../shared/texts.js").TextKey} TextKey */
/** @typedef {import("./marks.js").Taker} Taker */
/** @typedef {import("./timeline.js").Timeline} Timeline */
/** @typedef {import("./timeline.js").Hint} Hint */
/** @typedef {import("./track.js").Extent} Extent */
/** @typedef {import("../../src/recording/viewpoint.js").Viewpoint} Viewpoint */
/**
 * @typedef {object} Owner
 * @property {(action: string) => void} act  one of WATCH_ACTIONS
 * @property {(rate: number) => void} rate
 * @property {(player: number) => void} follow  0: nobody
 * @property {(viewpoint: Viewpoint) => void} see
 * @property {() => void} download
 */
/**
 * @typedef {object} Shown
 * @property {boolean} playing
 * @property {boolean} atEnd  there is no more, and none will come
 * @property {number} tick
 * @property {Extent} extent
 * @property {number} rate
 * @property {{behind: number, delay: number, atEdge: boolean} | null} live  `behind`: seconds behind what happens now; `delay`: so
 *   many of them are the room's; null: it does not go on
 */

/** See the module. */
export class Deck {
  element;
  #play;
  #time = h("span", { class: "now" });
  #total = h("span", { class: "soft" });
  #live;
  #liveText = h("span");
  #rate;
  #follow;
  #see;
  #followed;
  #seen;
  #events;
  #download;
  #offered = "";

  /** @param {Owner} owner @param {{timeline: Timeline, hint: Hint}} parts */
  constructor(owner, { timeline, hint }) {
    const act = (/** @type {string} */ action) => () => owner.act(action);
    this.#play = press("watch.play", "play", ICONS.play, act("watch.play"));
    this.#live = h(
      "button",
      { class: "button small live", type: "button", "data-action": "live", hidden: true, on: { click: act("watch.live") } },
      this.#liveText,
    );
    this.#rate = chooser("watch.rate", "rate", (value) => owner.rate(Number(value)));
    fill(
      this.#rate,
      RATES.map((rate) => h("option", { value: rate, text: t("watch.times", { rate }) })),
    );
    this.#follow = chooser("watch.follow", "follow", (value) => owner.follow(Number(value)));
    this.#see = chooser("watch.see", "see", (value) =>
      owner.see(value === "everything" || value === "public" ? value : Number(value)),
    );
    this.#followed = labelled("watch.follow", this.#follow);
    this.#seen = labelled("watch.see", this.#see);
    this.#events = press("watch.events", "events", ICONS.list, act("watch.events"));
    this.#download = press("watch.download", "download", ICONS.download, owner.download);
    this.element = h(
      "section",
      { class: "deck", "aria-label": t("watch.deck") },
      h("div", { class: "line" }, hint.element, timeline.element),
      h(
        "div",
        { class: "deck-row" },
        h(
          "div",
          { class: "group transport" },
          press("watch.leap.back", "leap-back", ICONS.leapBack, act("watch.leapBack")),
          press("watch.step.back", "step-back", ICONS.stepBack, act("watch.stepBack")),
          this.#play,
          press("watch.step.on", "step-on", ICONS.stepOn, act("watch.stepOn")),
          press("watch.leap.on", "leap-on", ICONS.leapOn, act("watch.leapOn")),
        ),
        h("p", { class: "time" }, this.#time, this.#total),
        this.#live,
        h("div", { class: "group choices" }, labelled("watch.rate", this.#rate), this.#followed, this.#seen),
        h(
          "div",
          { class: "group deeds" },
          this.#events,
          press("watch.link", "link", ICONS.link, act("watch.link")),
          this.#download,
        ),
      ),
    );
  }

  /** @param {Shown} shown */
  show({ playing, atEnd, tick, extent, rate, live }) {
    const does = playing ? "pause" : atEnd ? "again" : "play";
    if (this.#play.dataset.does !== does) {
      this.#play.dataset.does = does;
      rename(this.#play, t(playing ? "watch.pause" : atEnd ? "watch.again" : "watch.play"));
      fill(this.#play, [icon(playing ? ICONS.pause : ICONS.play)]);
    }
    say(this.#time, clockText(secondsAt(extent, tick)));
    say(this.#total, t("watch.of", { total: clockText(secondsAt(extent, extent.last)) }));
    if (this.#rate.value !== String(rate)) this.#rate.value = String(rate);
    this.#live.hidden = live === null;
    if (live === null) return;
    this.#live.classList.toggle("at-edge", live.atEdge);
    const { behind, delay, atEdge } = live;
    const now = delay > 0 ? t("watch.live.delayed", { seconds: Math.round(behind) }) : t("watch.live");
    say(this.#liveText, atEdge ? now : t("watch.live.back", { time: clockText(behind) }));
    rename(this.#live, t(atEdge ? "watch.live.is" : "watch.live.go"));
  }

  /** How it is moved by keys is one thing, what one chooses here another: the boxes follow. @param {number} player  0: nobody */
  set following(player) {
    const value = String(player);
    if (this.#follow.value !== value && document.activeElement !== this.#follow) this.#follow.value = value;
  }

  /**
   * Whom there is to be chosen.
   *
   * @param {object} offer
   * @param {readonly {player: number, name: string}[] | null} offer.follow  null: this game's picture follows nobody
   * @param {readonly {player: number, name: string}[] | null} offer.see  null: everything was seen by everybody
   * @param {Viewpoint} offer.viewpoint
   */
  offer({ follow, see, viewpoint }) {
    const offered = JSON.stringify([follow, see, viewpoint]);
    if (offered === this.#offered) return;
    this.#offered = offered;
    this.#followed.hidden = follow === null;
    this.#seen.hidden = see === null;
    const { value } = this.#follow;
    fill(this.#follow, [
      h("option", { value: 0, text: t("watch.free") }),
      ...(follow ?? []).map(({ player, name }) => h("option", { value: player, text: name })),
    ]);
    this.#follow.value = value;
    fill(this.#see, [
      h("option", { value: "everything", text: t("watch.see.all") }),
      h("option", { value: "public", text: t("watch.see.public") }),
      ...(see ?? []).map(({ player, name }) => h("option", { value: player, text: t("watch.see.of", { name }) })),
    ]);
    this.#see.value = String(viewpoint);
  }

  /** Whether the list of what happened is open. @param {boolean} open */
  set eventsOpen(open) {
    this.#events.setAttribute("aria-pressed", String(open));
  }

  /** Whether there is anything to download: a file that one has opened is there already. @param {boolean} there */
  set downloadable(there) {
    this.#download.hidden = !there;
  }
}

/** @param {TextKey} text @param {string} name @param {string} drawing @param {() => void} act */
function press(text, name, drawing, act) {
  const label = t(text);
  return h(
    "button",
    { class: "plain", type: "button", title: label, "aria-label": label, "data-action": name, on: { click: act } },
    icon(drawing),
  );
}

/** @param {HTMLElement} element @param {string} label */
function rename(element, label) {
  element.setAttribute("aria-label", label);
  element.title = label;
}

/** @param {TextKey} text @param {string} name @param {(value: string) => void} choose */
function chooser(text, name, choose) {
  const select = h("select", { class: "field small", name, "aria-label": t(text) });
  select.addEventListener("change", () => choose(select.value));
  return select;
}

/** @param {TextKey} text @param {HTMLSelectElement} select */
function labelled(text, select) {
  return h("label", { class: "choice" }, h("span", { class: "soft", text: t(text), "aria-hidden": "true" }), select);
}

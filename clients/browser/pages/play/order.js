/** What one does about another player: mute him for oneself, report him, and, as the host, silence him or send him away. */

import { button, openDialog } from "../shared/dialogs.js";
import { h } from "../shared/dom.js";
import { LINE_MOST } from "../shared/names.js";
import { t } from "../shared/texts.js";
import { openMenu } from "./menu.js";

/** @typedef {import("../shared/texts.js").TextKey} TextKey */

/** What a report's number means (docs/api.md, Reports), the likeliest first. */
const REASONS = Object.freeze([1, 2, 3, 4, 5, 6, 7, 0]);

/**
 * @typedef {object} Room
 * @property {(method: string, ...values: (string | number | boolean)[]) => Promise<unknown>} call  rejects with why not, in words
 * @property {(player: number) => string} nameOf
 * @property {(text: string) => void} tell
 * @property {() => void} changed  who is muted, or silenced
 */

/** See the module. */
export class Order {
  /** Whom one does not want to hear. @type {Set<number>} */
  muted = new Set();
  /** Whom the host lets nobody hear. @type {Set<number>} */
  silenced = new Set();
  #room;

  /** @param {Room} room */
  constructor(room) {
    this.#room = room;
  }

  /** It is another room: the same numbers are other people. */
  clear() {
    this.muted.clear();
    this.silenced.clear();
  }

  /** @param {number} player @param {boolean} muted */
  mute(player, muted) {
    remember(this.muted, player, muted);
    this.#room.changed();
    void this.#do("mute", player, muted);
  }

  /** @param {number} player @param {boolean} silenced */
  async silence(player, silenced) {
    if (!(await this.#do("silence", player, silenced))) return;
    remember(this.silenced, player, silenced);
    this.#room.changed();
  }

  /** What a host can do about somebody. @param {number} player */
  more(player) {
    const silenced = this.silenced.has(player);
    openMenu(this.#room.nameOf(player), [
      { text: "scores.report", name: "report", do: () => this.report(player) },
      {
        text: silenced ? "scores.unsilence" : "scores.silence",
        name: "silence",
        do: () => void this.silence(player, !silenced),
      },
      { text: "order.expel", name: "expel", do: () => this.expel(player) },
    ]);
  }

  /** Asks what there is to report, and reports it. @param {number} player */
  report(player) {
    const name = this.#room.nameOf(player);
    const reason = h(
      "select",
      { class: "field", name: "reason" },
      ...REASONS.map((each) => h("option", { value: each, text: t(/** @type {TextKey} */ (`report.${each}`)) })),
    );
    const words = h("textarea", { class: "field", name: "words", rows: 2, maxlength: LINE_MOST, dir: "auto" });
    const body = [
      h("label", { class: "labelled" }, h("span", { text: t("report.reason") }), reason),
      h("label", { class: "stacked" }, h("span", { text: t("report.words") }), words),
      h("p", { class: "soft", text: t("report.text", { name }) }),
    ];
    this.#ask({ title: t("scores.report.of", { name }), name: "report", body, go: t("report.go") }, async () => {
      if (!(await this.#do("report", player, Number(reason.value), words.value.replace(/\s+/g, " ").trim()))) return false;
      this.#room.tell(t("report.done"));
      return true;
    });
  }

  /** Asks whether he is really to go, and sends him away. @param {number} player */
  expel(player) {
    const name = this.#room.nameOf(player);
    const bar = h("input", { type: "checkbox", name: "bar", checked: true });
    const body = [
      h("p", { text: t("order.expel.text", { name }) }),
      h("label", { class: "labelled wide" }, h("span", { text: t("order.expel.bar") }), bar),
    ];
    this.#ask({ title: t("order.expel.of", { name }), name: "expel", body, go: t("order.expel") }, async () => {
      if (!(await this.#do("expel", player, bar.checked))) return false;
      this.#room.tell(t("order.expel.done", { name }));
      return true;
    });
  }

  /**
   * A question, which stands until it is done or taken back.
   *
   * @param {{title: string, name: string, body: readonly Node[], go: string}} question
   * @param {() => Promise<boolean>} act  whether it is done
   */
  #ask({ title, name, body, go }, act) {
    const done = h("button", { class: "button primary", type: "submit", "data-action": `${name}-go` }, h("span", { text: go }));
    const submit = async (/** @type {Event} */ event) => {
      event.preventDefault();
      done.disabled = true;
      if (await act()) close();
      done.disabled = false;
    };
    const back = button(t("order.cancel"), () => close(), { kind: "plain" });
    const { close } = openDialog({
      title,
      name,
      body: [h("form", { class: "form", on: { submit } }, ...body, h("div", { class: "row end" }, back, done))],
    });
  }

  /** @param {string} method @param {...(string | number | boolean)} values @returns {Promise<boolean>} whether it was done */
  async #do(method, ...values) {
    try {
      await this.#room.call(method, ...values);
      return true;
    } catch (error) {
      this.#room.tell(t("order.refused", { why: error instanceof Error ? error.message : String(error) }));
      return false;
    }
  }
}

/** @param {Set<number>} players @param {number} player @param {boolean} is */
function remember(players, player, is) {
  if (is) players.add(player);
  else players.delete(player);
}

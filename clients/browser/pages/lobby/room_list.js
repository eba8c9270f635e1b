/** The list of rooms. Elements are kept from one change to the next, so that the focus stays where it is. */

import { fill, h, icon, say } from "../shared/dom.js";
import { gameIcon, ICONS } from "../shared/icons.js";
import { addressOf, inOrder, seatsFor } from "../shared/rooms.js";
import { isText, t } from "../shared/texts.js";
import { addressOf as replayOf } from "../watch/place.js";

/** @typedef {import("../shared/rooms.js").Offer} Offer */

/** More seats than that are a number and no drawing. */
const SEATS_DRAWN = 32;

/** A list of rooms, live. */
export class RoomList {
  element = h("ul", { class: "room-list" });
  /** @type {Map<string, RoomCard>} */
  #cards = new Map();
  #copy;

  /** @param {(offer: Offer) => void} copy  hands out the link to a room */
  constructor(copy) {
    this.#copy = copy;
  }

  /** @param {readonly Offer[]} offers */
  show(offers) {
    const shown = inOrder(offers);
    for (const room of this.#cards.keys()) if (!shown.some((offer) => offer.room === room)) this.#cards.delete(room);
    fill(
      this.element,
      shown.map((offer) => {
        let card = this.#cards.get(offer.room);
        if (card === undefined) this.#cards.set(offer.room, (card = new RoomCard(offer, this.#copy)));
        card.show(offer);
        return card.element;
      }),
    );
  }
}

/** What is shown of one room. */
class RoomCard {
  #what = h("p", { class: "what" });
  #count = h("span");
  #seats = h("span", { class: "seats", "aria-hidden": "true" });
  #state = h("span", { class: "soft" });
  #play;
  /** @type {Offer} */
  #offer;

  /** @param {Offer} offer @param {(offer: Offer) => void} copy */
  constructor(offer, copy) {
    this.#offer = offer;
    const { room, game } = offer;
    this.#play = link(t("room.play"), t("room.play.in", { room }), addressOf({ room, game }), "primary");
    this.element = h(
      "li",
      { class: "room", "data-room": room },
      h("div", { class: "emblem" }, icon(gameIcon(game))),
      h(
        "div",
        {},
        h("h3", { class: "clip", text: room }),
        this.#what,
        h("div", { class: "who" }, this.#seats, this.#count, this.#state),
      ),
      h(
        "div",
        { class: "acts" },
        h(
          "button",
          {
            class: "plain",
            type: "button",
            "aria-label": t("room.link.of", { room }),
            title: t("room.link"),
            on: { click: () => copy(this.#offer) },
          },
          icon(ICONS.link),
        ),
        link(t("room.replay"), t("room.replay.of", { room }), replayOf({ room, seconds: 0 }), "plain"),
        link(t("room.watch"), t("room.watch.in", { room }), addressOf({ room, game, watch: true }), ""),
        this.#play,
      ),
    );
  }

  /** @param {Offer} offer */
  show(offer) {
    this.#offer = offer;
    const { game, map, mode, players, people, bots, most, spectators, running } = offer;
    const full = seatsFor(offer) === 0;
    this.element.classList.toggle("people", people > 0);
    this.element.classList.toggle("full", full);
    const modeKey = `mode.${mode}`;
    say(this.#what, [game, isText(modeKey) ? t(modeKey) : mode, map].filter((word) => word !== "").join(" · "));
    const counts = [t("room.seats", { taken: players, most })];
    if (people > 0) counts.push(t("room.people", { count: people }));
    if (bots > 0) counts.push(t("room.bots", { count: bots }));
    if (spectators > 0) counts.push(t("room.watching", { count: spectators }));
    say(this.#count, counts.join(" · "));
    say(this.#state, full ? t("room.full") : players === 0 ? t("room.waits") : running ? "" : t("room.waits"));
    this.#play.hidden = full;
    this.#drawSeats(people, bots, most);
  }

  /** @param {number} people @param {number} bots @param {number} most */
  #drawSeats(people, bots, most) {
    const drawn = most <= SEATS_DRAWN ? most : 0;
    if (this.#seats.childElementCount !== drawn)
      fill(
        this.#seats,
        Array.from({ length: drawn }, () => h("i")),
      );
    [...this.#seats.children].forEach((seat, at) => {
      seat.className = at < people ? "person-seat" : at < people + bots ? "bot-seat" : "";
    });
  }
}

/** @param {string} text @param {string} label @param {string} href @param {string} kind */
function link(text, label, href, kind) {
  return h("a", { class: `button small ${kind}`, href, "aria-label": label }, h("span", { text }));
}

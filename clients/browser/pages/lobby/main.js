/** The lobby: `/`. */

import { ClientEnded } from "../../src/errors.js";
import { brand } from "../shared/brand.js";
import { ChatForm, ChatLog } from "../shared/chat.js";
import { button, openDialog, Toast } from "../shared/dialogs.js";
import { fill, h, icon, person, say } from "../shared/dom.js";
import { ICONS } from "../shared/icons.js";
import { LobbyLink } from "../shared/lobby_link.js";
import { applyLook } from "../shared/look.js";
import { anyName } from "../shared/names.js";
import { playerColour } from "../shared/palette.js";
import { addressOf, bestRoom, placeTyped } from "../shared/rooms.js";
import { nameField, openSettings } from "../shared/settings_dialog.js";
import { Settings } from "../shared/settings.js";
import { shareLink } from "../shared/share.js";
import { localStore } from "../shared/storage.js";
import { duration, t } from "../shared/texts.js";
import { openCreate } from "./create.js";
import { RoomList } from "./room_list.js";

/** A list that has ended is asked for again after so long. */
const AGAIN_MS = 4000;
/** The host's own site lets people in (docs/http.md, Joining). */
const UNAUTHORIZED = 401;
/** Answers that are the same in a moment. */
const LASTING = [UNAUTHORIZED, 403];
/** How often a time that runs down is looked at. */
const TICK_MS = 250;

/** The page, put together. */
class LobbyPage {
  #settings;
  #toast = new Toast(document.body);
  #online = h("p", { class: "online", role: "status" });
  #lost = h("div", { class: "lost", role: "alert", hidden: true });
  #lostText = h("span");
  #nothing = h("div", { class: "nothing waiting" });
  #create = button(t("lobby.create"), () => this.#openCreate(), { drawing: ICONS.plus, name: "create" });
  #rooms = new RoomList((offer) => void shareLink(addressOf(offer), this.#toast));
  #people = h("div", { class: "people-here" });
  #log = new ChatLog();
  #form = new ChatForm({
    say: (line) => this.#say(line),
    fault: (fault) => this.#log.tell(fault),
    placeholder: t("chat.lobby"),
  });
  /** @type {LobbyLink} */
  #lobby;
  /** The one whose end has been seen. @type {LobbyLink | null} */
  #ended = null;

  /** @param {Settings} settings */
  constructor(settings) {
    this.#settings = settings;
    this.#lobby = this.#connect();
    // A name that changes is told to the lobby when one has finished to write it.
    let said = settings.get("name");
    document.addEventListener("focusout", () => {
      if (settings.get("name") === said) return;
      said = settings.get("name");
      this.#lobby.close();
      this.#lobby = this.#connect();
    });
    addEventListener("online", () => this.#lobby.nudge());
    addEventListener("pageshow", (event) => {
      if (!event.persisted) return; // the browser has kept the whole page while another one was shown
      this.#lobby.close();
      this.#lobby = this.#connect();
    });
    document.addEventListener("visibilitychange", () => document.hidden || this.#lobby.nudge());
    setInterval(() => this.#showLost(), TICK_MS);
  }

  build() {
    document.body.append(
      h(
        "header",
        { class: "lobby-bar" },
        brand(),
        this.#online,
        h(
          "a",
          { class: "button plain", href: "/watch/", "data-action": "recordings" },
          icon(ICONS.film),
          h("span", { text: t("lobby.recordings") }),
        ),
        button(t("settings"), () => openSettings(this.#settings), { kind: "plain", drawing: ICONS.settings, name: "settings" }),
      ),
      h("main", { class: "lobby-main" }, this.#hero(), this.#roomSection(), this.#side()),
    );
    this.#show();
  }

  #hero() {
    return h(
      "section",
      { class: "hero" },
      h(
        "div",
        { class: "hero-text" },
        h("h1", { text: t("lobby.headline") }),
        h("p", { class: "lead", text: t("lobby.lead") }),
        h(
          "form",
          { class: "hero-go", on: { submit: (event) => this.#quickPlay(event) } },
          nameField(this.#settings),
          h(
            "button",
            { class: "button primary huge", type: "submit", "data-action": "quick" },
            h("span", { text: t("lobby.play") }),
          ),
        ),
      ),
    );
  }

  #roomSection() {
    return h(
      "section",
      { class: "rooms", "aria-labelledby": "rooms-title" },
      h(
        "header",
        {},
        h("h2", { id: "rooms-title", text: t("lobby.rooms") }),
        button(t("lobby.join"), () => this.#openJoin(), { drawing: ICONS.link, name: "join" }),
        this.#create,
      ),
      this.#lost,
      this.#rooms.element,
      this.#nothing,
    );
  }

  #side() {
    return h(
      "section",
      { class: "side panel", "aria-labelledby": "chat-title" },
      h("h2", { id: "chat-title", text: t("chat") }),
      this.#people,
      this.#log.element,
      this.#form.element,
    );
  }

  #connect() {
    const lobby = new LobbyLink({ name: this.#settings.get("name") });
    lobby.changed = () => lobby === this.#lobby && this.#show();
    lobby.said = ({ player, name }, text) => {
      const colour = playerColour(player, this.#settings.get("palette"));
      this.#log.add({ name: name === "" ? t("somebody", { number: player }) : name, colour, text, toTeam: false });
    };
    lobby.open().catch((error) => {
      if (!(error instanceof ClientEnded)) throw error;
      if (lobby === this.#lobby) this.#show();
    });
    return lobby;
  }

  #show() {
    const { state, offers, choices, visitors, looking } = this.#lobby;
    const known = this.#lobby.listed;
    this.#rooms.show(offers);
    this.#online.classList.toggle("live", state === "playing");
    const playing = offers.reduce((sum, { people }) => sum + people, 0);
    say(this.#online, known ? t("lobby.online", { count: visitors.length + playing }) : "");
    this.#create.hidden = choices.length === 0 || looking;
    this.#form.disabled = state !== "playing" || looking;
    this.#nothing.hidden = known && offers.length > 0;
    this.#nothing.classList.toggle("waiting", !known);
    if (!known) say(this.#nothing, t("lobby.connecting"));
    else this.#nothing.replaceChildren(h("p", { text: t(this.#create.hidden ? "lobby.empty" : "lobby.empty.create") }));
    this.#nothing.hidden ||= state === "ended";
    if (state === "ended" && !LASTING.includes(this.#lobby.refusal?.status ?? 0)) this.#connectLater();
    this.#showLost();
    this.#showPeople(visitors);
  }

  /** A server that restarts is back before long. */
  #connectLater() {
    const lobby = this.#lobby;
    if (this.#ended === lobby) return;
    this.#ended = lobby;
    setTimeout(() => {
      if (lobby !== this.#lobby) return;
      this.#lobby = this.#connect();
      this.#show();
    }, AGAIN_MS);
  }

  /** What is to be said about the line: a time in it runs down by itself. */
  #showLost() {
    const { state, restartsIn } = this.#lobby;
    const restarts = state === "playing" && restartsIn !== null;
    const told = restarts ? t("lobby.draining", { count: restartsIn }) : this.#lineTold();
    this.#lost.hidden = told === "";
    this.#lost.setAttribute("role", restarts ? "timer" : "alert"); // which is not read out each second
    say(this.#lostText, told);
    const kind = told === "" || restarts ? "" : state;
    if (this.#lost.dataset.state === kind) return;
    this.#lost.dataset.state = kind;
    fill(this.#lost, [this.#lostText, ...(kind === "" ? [] : [this.#lineAction(state)])]);
  }

  #lineTold() {
    const { state, why, looking, refusal, restarting, nextTryMs } = this.#lobby;
    if (restarting) return t("lobby.restarting");
    if (state === "lost") return t("lobby.lost");
    if (state === "connecting" && nextTryMs !== null)
      return t("over.busy.text", { time: duration(nextTryMs - performance.now()) });
    if (state === "ended") return refusal?.status === UNAUTHORIZED ? t("over.invited.text") : t("lobby.ended", { why });
    return looking ? t("lobby.full") : "";
  }

  /** @param {string} state */
  #lineAction(state) {
    const again = () => {
      this.#lobby.close();
      this.#lobby = this.#connect();
      this.#show();
    };
    const waits = state === "lost" || state === "connecting";
    const action = button(t(waits ? "do.try" : "lobby.again"), waits ? () => this.#lobby.nudge() : again, { name: "again" });
    action.classList.add("small");
    return action;
  }

  /** @param {readonly {player: number, name: string}[]} visitors */
  #showPeople(visitors) {
    const palette = this.#settings.get("palette");
    const now = visitors.map(({ player, name }) => `${player} ${name}`).join("\n");
    if (this.#people.dataset.shown === now) return;
    this.#people.dataset.shown = now;
    fill(
      this.#people,
      visitors.map(({ player, name }) => {
        const shown = person(name, playerColour(player, palette));
        shown.classList.add("clip");
        if (player === this.#lobby.player) shown.append(h("span", { class: "soft", text: ` (${t("you")})` }));
        return shown;
      }),
    );
  }

  /** @param {string} line */
  #say(line) {
    this.#lobby.say(line).catch((error) => this.#log.tell(t("chat.refused", { why: error.message })));
  }

  /** @param {Event} event */
  #quickPlay(event) {
    event.preventDefault();
    const best = bestRoom(this.#lobby.offers);
    location.assign(addressOf(best === null ? {} : best));
  }

  #openCreate() {
    openCreate(this.#lobby.choices, async (order) => {
      const { room, code } = await this.#lobby.create(order);
      location.assign(addressOf({ room, game: order.game, code }));
    });
  }

  #openJoin() {
    const fault = h("p", { class: "fault", role: "alert" });
    const input = h("input", {
      class: "field",
      name: "link",
      "aria-label": t("join.field"),
      autocomplete: "off",
      spellcheck: "false",
    });
    const join = (/** @type {Event} */ event) => {
      event.preventDefault();
      const place = placeTyped(input.value);
      if (place === null) return say(fault, t("join.wrong"));
      const known = this.#lobby.offers.find(({ room }) => room === place.room);
      location.assign(addressOf({ ...place, game: place.game ?? known?.game ?? null }));
    };
    openDialog({
      title: t("join.title"),
      body: [
        h("p", { class: "soft", text: t("join.lead") }),
        h(
          "form",
          { class: "row", on: { submit: join } },
          input,
          fault,
          h("button", { class: "button primary", type: "submit" }, h("span", { text: t("join.go") })),
        ),
      ],
    });
  }
}

document.querySelector(".boot")?.remove();
const settings = new Settings(localStore());
if (settings.get("name") === "") settings.set("name", anyName(Math.random));
applyLook(settings);
new LobbyPage(settings).build();

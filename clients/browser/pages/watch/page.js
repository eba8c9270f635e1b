/** The watch page: the list of recordings, or one of them; where it comes from, and what one does with it. */

import { openHelp } from "../play/menu.js";
import { Overlay } from "../play/overlay.js";
import { Presence } from "../play/presence.js";
import { ReadyViews } from "../play/views.js";
import { button, Toast } from "../shared/dialogs.js";
import { person } from "../shared/dom.js";
import { openSettings } from "../shared/settings_dialog.js";
import { copyText } from "../shared/share.js";
import { addressOf as playAddressOf } from "../shared/rooms.js";
import { dateText, t } from "../shared/texts.js";
import { Deck } from "./deck.js";
import { dropping, pickFile } from "./dropping.js";
import { endingOf, STEP_TEXTS } from "./ending.js";
import { EventList } from "./events.js";
import { WATCH_ACTIONS } from "./keys.js";
import { List } from "./list.js";
import { Opening } from "./opening.js";
import { addressOf, placeOf } from "./place.js";
import { Preview } from "./preview.js";
import { Remote } from "./remote.js";
import { Show } from "./show.js";
import { Stage } from "./stage.js";
import { Hint, Timeline } from "./timeline.js";
import { clockText, mapName, sizeText } from "./times.js";

/** @typedef {import("../../src/recording/recording.js").Recording} Recording */
/** @typedef {import("../shared/settings.js").Settings} Settings */
/** @typedef {import("./ending.js").Step} Step */
/** @typedef {import("./place.js").Place} Place */

/** Who is there, scores, what has come: nobody reads faster. */
const REFRESH_MS = 250;

/** It is long over. */
const NO_DEEDS = Object.freeze({ mute: null, muted: new Set(), report: null, more: null });
/** The list. */
const NOWHERE = placeOf("");

/** See the module. */
export class WatchPage {
  #settings;
  #toast = new Toast(document.body);
  #overlay = new Overlay(STEP_TEXTS, (/** @type {Step} */ step) => this.#take(step));
  #presence = new Presence(() => {});
  #views = new ReadyViews();
  #list = new List(() => this.#pick());
  #hint = new Hint();
  #timeline;
  #deck;
  #events;
  #preview;
  #stage;
  /** @type {Place} */
  #place = NOWHERE;
  /** @type {Opening | null} */
  #opening = null;
  /** @type {Show | null} */
  #show = null;
  #remote;
  /** Counts what was to be shown: what is not the newest has nothing to say any more. */
  #attempt = 0;
  #motionReduced;
  /** Whether one looks on as it goes on. */
  #live = false;
  /** To the next match in the room. */
  #goesOn = button(t("watch.room.on"), () => void this.#goOn(), { kind: "primary", name: "next" });

  /** @param {Settings} settings @param {() => boolean} motionReduced */
  constructor(settings, motionReduced) {
    this.#settings = settings;
    const personOf = (/** @type {{player: number}} */ { player }) => person(this.#nameOf(player), this.#colourOf(player));
    this.#remote = new Remote({
      show: () => this.#show,
      events: (open) => this.#openEvents(open ?? !this.#events.open),
      scores: () => this.#toggleScores(),
      mute: () => settings.set("muted", !settings.get("muted")),
      help: () => void openHelp(settings, this.#show?.view?.actions ?? [], WATCH_ACTIONS),
      escape: () => this.#escape(),
      link: (seconds) => void this.#copyLink(seconds),
    });
    this.#timeline = new Timeline({
      seek: (tick) => this.#show?.player.seek(tick),
      drag: (dragging) => this.#remote.drag(dragging),
      point: (point) => this.#show && this.#preview.point(this.#show, this.#events.chosen, point),
    });
    this.#preview = new Preview(this.#hint, personOf);
    this.#events = new EventList({
      go: (mark) => this.#remote.goTo(mark),
      filter: () => (this.#timeline.marks = this.#events.chosen),
      close: () => this.#openEvents(false),
      secondsAt: (tick) => this.#show?.player.secondsOf(tick) ?? 0,
      person: personOf,
    });
    this.#deck = new Deck(
      {
        act: (action) => this.#remote.act(action),
        rate: (rate) => this.#show && (this.#show.player.rate = rate),
        follow: (player) => this.#show?.view?.follow?.(player),
        see: (viewpoint) => this.#remote.see(viewpoint),
        download: () => this.#opening?.download(),
      },
      { timeline: this.#timeline, hint: this.#hint },
    );
    this.#stage = new Stage({
      settings,
      deck: this.#deck,
      events: this.#events,
      page: {
        act: (action) => this.#remote.act(action),
        list: () => this.#goToList(),
        settings: () => openSettings(settings, { actions: this.#show?.view?.actions ?? [] }),
        scoresShown: () => this.#showScores(),
        resized: (width, height, ratio) => this.#show?.view?.resize(width, height, ratio),
      },
    });
    this.#motionReduced = motionReduced;
    dropping((file) => this.open(file));
    addEventListener("popstate", () => this.begin(placeOf(location.search, location.hash)));
    setInterval(() => this.#refresh(), REFRESH_MS);
    requestAnimationFrame((nowMs) => this.#frame(nowMs));
  }

  /** Goes there. @param {Place} place */
  begin(place) {
    this.#stop();
    this.#place = place;
    if (place.recording === null && place.room === null) {
      this.#overlay.hide();
      document.title = t("watch.document");
      document.body.append(this.#list.element);
      // What a file of one's own will need then.
      void this.#list.load().then(() => this.#views.prepare().catch(() => {}));
      return;
    }
    void this.#enter(Opening.at(place), place.recording ?? place.room ?? "");
  }

  /** Shows a file of one's own. @param {File} file */
  open(file) {
    this.#stop();
    this.#place = NOWHERE;
    history.replaceState(null, "", "/watch/");
    void this.#enter(Opening.of(file), file.name);
  }

  // -- in and out ------------------------------------------------------------------------------------------------------------
  /** @param {Opening} opening @param {string} name */
  async #enter(opening, name) {
    const attempt = ++this.#attempt;
    this.#opening = opening;
    const loading = () => {
      const size = sizeText(opening.bytes);
      this.#overlay.show({ kind: "connecting", title: t("watch.loading"), text: t("watch.loading.of", { name, size }) });
    };
    loading();
    const timer = setInterval(loading, REFRESH_MS);
    try {
      const recording = await opening.recording;
      if (attempt !== this.#attempt) return;
      await this.#begin(recording);
    } catch (error) {
      if (attempt === this.#attempt) this.#fail(error, name);
    } finally {
      clearInterval(timer);
    }
  }

  /** @param {Recording} recording */
  async #begin(recording) {
    const { game, room, at, map } = recording.header;
    const show = new Show(recording, {
      settings: this.#settings,
      views: this.#views,
      stage: {
        canvas: this.#stage.canvas,
        hud: this.#stage.hud,
        listening: () => this.#stage.listening,
        motionReduced: this.#motionReduced,
        announce: (parts) => this.#stage.feed.add(parts),
      },
    });
    this.#show = show;
    show.marked = () => this.#takeMarks(show);
    this.#stage.people = { nameOf: (player) => show.nameOf(player), colourOf: (player) => show.colourOf(player) };
    const title = map === null ? game : `${game} · ${mapName(map.name)}`;
    this.#stage.about = { title, when: `${room} · ${dateText(at * 1000)}` };
    document.title = t("watch.document.of", { game, room });
    this.#list.close();
    document.body.append(this.#stage.element);
    this.#deck.downloadable = this.#opening?.name !== null;
    await show.begin();
    if (show !== this.#show) return;
    const { player } = show;
    player.on("jumped", () => this.#stage.feed.clear());
    player.on("failed", () => this.#stage.note(t("watch.forged", { time: clockText(player.seconds) })));
    if (this.#place.seconds !== null) player.seekSeconds(this.#place.seconds);
    if (this.#place.room !== null && this.#place.seconds === null) player.follow();
    else player.play();
    this.#presence.awake = true;
    document.body.classList.add("on");
    this.#overlay.hide();
    this.#stage.canvas.focus();
    this.#refresh();
  }

  #stop() {
    this.#attempt++;
    this.#live = false;
    this.#show?.stop();
    this.#show = null;
    this.#opening?.close();
    this.#opening = null;
    this.#presence.awake = false;
    this.#hint.hide();
    this.#stage.clear();
    this.#stage.element.remove();
    this.#list.close();
    document.body.classList.remove("on");
  }

  /** To the next match in the room, if there is one. */
  async #goOn() {
    const place = { ...this.#place, seconds: null };
    const attempt = this.#attempt;
    const opening = Opening.at(place);
    try {
      await opening.recording;
    } catch {
      return; // the room has closed: one can still go back to any moment of what was
    }
    if (attempt !== this.#attempt) {
      opening.close();
      return;
    }
    this.#stop();
    this.#place = place;
    await this.#enter(opening, place.room ?? "");
  }

  /** @param {unknown} error @param {string} name */
  #fail(error, name) {
    const place = this.#place;
    this.#stop();
    this.#place = place;
    this.#overlay.show({ kind: "ended", ...endingOf(error, { place, name }) });
  }

  /** @param {Step} step */
  #take(step) {
    switch (step) {
      case "again":
        this.begin(this.#place);
        return;
      case "list":
        this.#goToList();
        return;
      case "open":
        this.#pick();
        return;
      case "spectate":
        location.assign(playAddressOf({ room: this.#place.room, watch: true, code: this.#place.code }));
        return;
      case "reload":
        location.reload();
        return;
      case "lobby":
        location.assign("/");
    }
  }

  #goToList() {
    history.pushState(null, "", "/watch/");
    this.begin(NOWHERE);
  }

  #pick() {
    pickFile((file) => this.open(file));
  }

  // -- what is shown beside it -----------------------------------------------------------------------------------------------
  /** @param {boolean} open */
  #openEvents(open) {
    this.#events.open = open;
    this.#deck.eventsOpen = open;
    document.body.classList.toggle("with-events", open);
  }

  #toggleScores() {
    this.#showScores();
    this.#stage.scoreboard.toggle();
  }

  /** What lies on the picture goes, the uppermost first. */
  #escape() {
    if (this.#stage.scoreboard.shown) this.#stage.scoreboard.pin(false);
    else this.#openEvents(false);
  }

  /** @param {number} seconds  since the beginning */
  async #copyLink(seconds) {
    const recording = this.#opening?.name ?? null;
    if (recording === null) {
      this.#toast.show(t("watch.file.linked"));
      return;
    }
    const link = new URL(addressOf({ recording, seconds, code: this.#place.code }), location.href).href;
    await copyText(link, this.#toast, t("watch.linked", { time: clockText(seconds) }));
  }

  #showScores() {
    const show = this.#show;
    if (show === null) return;
    const { view } = show;
    this.#stage.scoreboard.show(show.scoreboard, (player) => show.people.get(player), {
      own: show.player.player,
      colourOf: (player) => show.colourOf(player),
      deeds: {
        ...NO_DEEDS,
        follow: view?.follow === undefined ? null : (player) => view.follow?.(player),
      },
    });
  }

  // -- again and again -------------------------------------------------------------------------------------------------------
  /** @param {number} nowMs */
  #frame(nowMs) {
    requestAnimationFrame((next) => this.#frame(next));
    const show = this.#show;
    if (show === null || show.view === null) return;
    show.draw(nowMs);
    const { player } = show;
    this.#timeline.show(player.tick);
    this.#events.at(player.tick);
    this.#showDeck(show);
  }

  /** @param {Show} show */
  #showDeck({ player, recording }) {
    const { first, last } = recording;
    const delay = this.#opening?.delay ?? 0;
    const live = recording.live ? { behind: player.behindMs() / 1000 + delay, delay, atEdge: player.following } : null;
    this.#deck.show({
      playing: player.playing,
      atEnd: player.atEnd,
      tick: player.tick,
      extent: { first, last, rate: player.tickRate },
      rate: player.rate,
      live,
    });
  }

  #refresh() {
    const show = this.#show;
    if (show === null || show.view === null) return;
    const { player, recording, view } = show;
    show.refresh();
    this.#timeline.extent = { first: recording.first, last: recording.last, rate: player.tickRate };
    this.#timeline.loaded = recording.loaded.all;
    this.#deck.following = view.following?.() ?? 0;
    const people = [...show.takers.values()].map(({ player: who }) => ({ player: who, name: show.nameOf(who) }));
    people.sort((one, other) => one.name.localeCompare(other.name));
    this.#deck.offer({
      follow: view.follow === undefined ? null : people,
      see: show.hasSecrets ? people : null,
      viewpoint: player.viewpoint,
    });
    this.#follow(show);
    this.#stage.waiting = player.waiting && player.playing;
    if (this.#stage.scoreboard.shown) this.#showScores();
    if (player.error === null) this.#showNote(show);
  }

  /** Who looks on as it goes on wants to see what comes next. @param {Show} show */
  #follow({ player, recording }) {
    if (!recording.complete) this.#live = player.following;
    else if (this.#live && player.atEnd) {
      this.#live = false;
      void this.#goOn();
    }
  }

  /** What there is to say about where it comes from. @param {Show} show */
  #showNote({ player, recording }) {
    const opening = this.#opening;
    if (opening?.lost) this.#stage.note(t("watch.lost"));
    else if (recording.complete && recording.cut && this.#place.room === null)
      this.#stage.note(t("watch.cut", { time: clockText(player.secondsOf(recording.last)) }));
    else if (recording.complete && this.#place.room !== null) this.#stage.note(t("watch.ended"), this.#goesOn);
    else this.#stage.note("");
  }

  /** @param {Show} show */
  #takeMarks(show) {
    if (show !== this.#show) return;
    this.#events.marks = show.marks;
    this.#timeline.marks = this.#events.chosen;
  }

  /** @param {number} player */
  #nameOf(player) {
    return this.#show?.nameOf(player) ?? t("somebody", { number: player });
  }

  /** @param {number} player */
  #colourOf(player) {
    return this.#show?.colourOf(player) ?? "";
  }

  /** For tests, and for the curious. */
  get player() {
    return this.#show?.player ?? null;
  }

  /** Likewise. */
  get recording() {
    return this.#show?.recording ?? null;
  }

  /** Likewise. */
  get view() {
    return this.#show?.view ?? null;
  }
}

/** The play page: finds the room, shows the match, and says what happens to the line. */

import { CallRefused, ClientEnded, JoinRefused } from "../../src/errors.js";
import { LagSimulator } from "../../src/lag.js";
import { NoticeCode } from "../../src/wire.js";
import { Toast } from "../shared/dialogs.js";
import { LobbyLink } from "../shared/lobby_link.js";
import { SeatMemory } from "../shared/memory.js";
import { newestOf } from "../shared/recordings.js";
import { addressOf, LOBBY, placeOf } from "../shared/rooms.js";
import { openSettings } from "../shared/settings_dialog.js";
import { copyText, shareLink } from "../shared/share.js";
import { localStore, sessionStore } from "../shared/storage.js";
import { duration, t } from "../shared/texts.js";
import { addressOf as watchAddressOf } from "../watch/place.js";
import { CodeForm } from "./code_form.js";
import { endingOf, endingOfRefusal, mayRestart, movedTo, STEP_TEXTS } from "./endings.js";
import { findRoom } from "./finding.js";
import { FrameMeter } from "./frames.js";
import { Match } from "./match.js";
import { openEmotes, openHelp, openMenu } from "./menu.js";
import { dataUsed } from "./net_numbers.js";
import { NetGraph } from "./netgraph.js";
import { Order } from "./order.js";
import { Overlay } from "./overlay.js";
import { canFill, Presence, serverRestarted, toggleFull } from "./presence.js";
import { Stage } from "./stage.js";
import { waitingOf } from "./waiting.js";

/** @typedef {import("../shared/rooms.js").Place} Place */
/** @typedef {import("../shared/settings.js").Settings} Settings */
/** @typedef {import("./endings.js").Step} Step */
/** @typedef {import("./finding.js").Found} Found */

/** Who is there, scores, and how long the line has been lost: nobody reads faster. */
const REFRESH_MS = 250;
/** Wherever it is best. */
const ANYWHERE = placeOf("");
/** Pongs come each second: so long without a byte is a line that does not get through. */
const QUIET_MS = 1600;

/** See the module. */
export class PlayPage {
  #settings;
  #stage;
  #toast = new Toast(document.body);
  #overlay = new Overlay(STEP_TEXTS, (step) => this.#take(step));
  #presence = new Presence((awayMs) => this.#back(awayMs));
  #order = new Order({
    call: async (method, ...values) => this.#match?.client.call(method, ...values),
    nameOf: (player) => this.#match?.nameOf(player) ?? "",
    tell: (text) => this.#toast.show(text),
    changed: () => this.#showScores(),
  });
  #codeForm = new CodeForm((code) => this.#place && void this.begin({ ...this.#place, code }));
  #frames = new FrameMeter();
  #lag = new LagSimulator();
  #graph;
  /** @type {Match | null} */
  #match = null;
  /** @type {Found | null} */
  #place = null;
  /** Counts the attempts to get somewhere: one that is not the newest has nothing to say any more. */
  #attempt = 0;
  /** Only for who watches: where it says whether a seat is free. @type {LobbyLink | null} */
  #rooms = null;
  /** The server's last word on why it ended. @type {import("../../src/wire.js").Notice | null} */
  #notice = null;
  #lostAtMs = 0;
  /** Under which name the match was recorded. @type {string | null} */
  #replay = null;
  /** When the server will be gone. @type {number | null} */
  #drainsAtMs = null;
  #heard = { bytes: 0, atMs: 0 };

  /** @param {Settings} settings @param {() => boolean} motionReduced */
  constructor(settings, motionReduced) {
    this.#settings = settings;
    this.#graph = new NetGraph({ frames: this.#frames, lag: this.#lag, close: () => settings.set("netgraph", false) });
    this.#stage = new Stage({
      settings,
      motionReduced,
      graph: this.#graph.element,
      page: {
        actions: () => this.#match?.view?.actions ?? [],
        menu: () => this.#openMenu(),
        help: () => void openHelp(settings, this.#match?.view?.actions ?? []),
        emotes: () => this.#match?.own && openEmotes((which) => this.#call("emote", which)),
        say: (line, toTeam) => this.#call("chat", line, toTeam),
        join: () => this.#join(),
        scoresShown: () => this.#showScores(),
        resized: (width, height, ratio) => this.#match?.view?.resize(width, height, ratio),
      },
    });
    const showGraph = () => {
      this.#graph.element.hidden = !settings.get("netgraph");
      document.body.classList.toggle("graphed", settings.get("netgraph"));
    };
    settings.on("netgraph", showGraph);
    showGraph();
    addEventListener("error", ({ message }) => this.#broken(message));
    addEventListener("unhandledrejection", ({ reason }) => this.#broken(reason instanceof Error ? reason.message : String(reason)));
    setInterval(() => this.#refresh(), REFRESH_MS);
    requestAnimationFrame((nowMs) => this.#frame(nowMs));
  }

  /**
   * Goes there.
   *
   * @param {Place} place
   * @param {{not?: string}} [wish]  `not`: a room where it shall not be
   */
  async begin(place, { not = "" } = {}) {
    const attempt = ++this.#attempt;
    this.#stop();
    try {
      const { room, game } = place;
      if (room === null || game === null)
        this.#overlay.show({ kind: "connecting", title: t("over.finding"), text: t("over.finding.text") });
      const found = await findRoom(place, { not, name: this.#settings.get("name") });
      if (attempt !== this.#attempt) return;
      if (found === null) {
        const [title, text] =
          room === null ? [t("over.none"), t("over.none.text")] : [t("over.unknown", { room }), t("over.unknown.text")];
        this.#overlay.show({ kind: "ended", title, text, steps: ["lobby", "quick"] });
        return;
      }
      this.#place = found;
      history.replaceState(null, "", addressOf(found));
      await this.#enter(found);
    } catch (error) {
      if (attempt !== this.#attempt) return;
      if (error instanceof CallRefused)
        this.#overlay.show({ kind: "ended", title: t("over.refused"), text: error.message, steps: ["lobby", "again"] });
      else if (error instanceof ClientEnded) this.#end(error);
      else throw error;
    }
  }

  // -- on the way in ---------------------------------------------------------------------------------------------------------
  /** @param {Found} place */
  async #enter(place) {
    const { room, watch } = place;
    this.#overlay.show({ kind: "connecting", title: t("over.connecting"), text: t("over.connecting.text", { room }) });
    const memory = watch
      ? null
      : new SeatMemory({ own: sessionStore(), shared: localStore(), room, now: Date.now, random: Math.random });
    const match = new Match({
      place,
      settings: this.#settings,
      memory,
      lag: this.#lag,
      stage: {
        canvas: this.#stage.canvas,
        hud: this.#stage.hud,
        listening: () => this.#stage.listening && !this.#overlay.shown,
        motionReduced: this.#stage.motionReduced,
        announce: (parts) => this.#stage.feed.add(parts),
        state: (state) => this.#become(state),
        began: (anew) => this.#began(anew),
        said: (said) => this.#said(said),
        draining: (seconds) => (this.#drainsAtMs = performance.now() + 1000 * seconds),
      },
    });
    this.#match = match;
    this.#stage.people = { nameOf: (player) => match.nameOf(player), colourOf: (player) => match.colourOf(player) };
    await match.client.connect();
  }

  #stop() {
    this.#match?.stop();
    this.#match = null;
    this.#rooms?.close();
    this.#rooms = null;
    this.#drainsAtMs = null;
    this.#presence.awake = false;
    this.#order.clear();
    this.#stage.clear();
  }

  // -- what happens ----------------------------------------------------------------------------------------------------------
  /** @param {boolean} anew */
  #began(anew) {
    const match = /** @type {Match} */ (this.#match);
    if (anew && !match.spectating) this.#toast.show(t("play.anew"));
    else if (this.#place?.code != null && !match.spectating) this.#toast.show(t("play.private"));
    this.#presence.awake = true;
    this.#stage.begin({ spectating: match.spectating });
    this.#overlay.hide();
    if (match.spectating && this.#rooms === null) this.#watchRooms();
  }

  /** @param {import("../../src/client.js").ClientState} state */
  #become(state) {
    const match = this.#match;
    if (match === null) return;
    const now = performance.now();
    if (state === "lost") this.#lostAtMs = now;
    if (state === "playing" && this.#lostAtMs > 0) {
      if (this.#overlay.shown) this.#toast.show(t("play.back"));
      this.#lostAtMs = 0;
      this.#overlay.hide();
    }
    if (state === "ended" && match.client.end !== null) this.#end(match.client.end);
  }

  /** @param {ClientEnded} error */
  #end(error) {
    const match = this.#match;
    this.#lostAtMs = 0;
    this.#presence.awake = false;
    const refusal = error.cause instanceof JoinRefused ? error.cause : null;
    const { room, watch: spectating, code } = this.#place ?? { ...ANYWHERE, room: LOBBY };
    const ending =
      refusal === null
        ? endingOf(error.notice, { why: error.message, spectating, winners: match?.winners ?? "" })
        : endingOfRefusal(refusal, { room, spectating, code });
    this.#notice = error.notice;
    this.#overlay.show({ kind: "ended", ...ending, form: refusal?.reason === "code" ? this.#codeForm.element : null });
    match?.stop();
    this.#rooms?.close();
    this.#rooms = null;
    this.#match = null;
    this.#drainsAtMs = null;
    this.#stage.quieten();
    if (refusal === null && mayRestart(error.notice)) void this.#awaitServer(ending.title);
    if (match?.begun) void this.#offerReplay(ending);
  }

  /** Where the match was recorded it can be watched again. @param {import("./endings.js").Ending} ending */
  async #offerReplay(ending) {
    const attempt = this.#attempt;
    this.#replay = await newestOf(this.#place?.room ?? "");
    if (this.#replay === null || attempt !== this.#attempt) return;
    this.#overlay.show({ kind: "ended", ...ending, steps: [...ending.steps, "replay"] });
  }

  /** A server that has gone away comes again, most often: then one is back in the room at once. @param {string} title */
  async #awaitServer(title) {
    const attempt = this.#attempt;
    const away = () => this.#overlay.show({ kind: "ended", title, text: t("over.closed.waiting"), steps: ["again", "lobby"] });
    if (await serverRestarted(() => attempt === this.#attempt, away)) this.#take("again");
  }

  /** An error that nobody has foreseen. While the match can be seen it goes on. @param {string} message */
  #broken(message) {
    if (this.#match?.view) return;
    this.#overlay.show({
      kind: "ended",
      title: t("over.broken"),
      text: t("over.broken.text"),
      detail: message,
      steps: ["reload", "lobby"],
    });
  }

  /** @param {Step} step */
  #take(step) {
    const here = this.#place;
    const asIs = here ?? ANYWHERE;
    switch (step) {
      case "try":
        this.#match?.client.nudge();
        return;
      case "again":
      case "join":
      case "here":
        void this.begin(asIs);
        return;
      case "watch":
        void this.begin({ ...asIs, watch: true });
        return;
      case "other":
        void this.begin({ ...ANYWHERE, watch: asIs.watch }, { not: here?.room ?? "" });
        return;
      case "quick":
        void this.begin(ANYWHERE);
        return;
      case "follow":
        void this.begin({ ...asIs, room: movedTo(this.#notice?.detail) ?? asIs.room });
        return;
      case "reload":
        location.reload();
        return;
      case "copy":
        void copyText(String(this.#notice?.detail ?? ""), this.#toast);
        return;
      case "replay":
        location.assign(watchAddressOf({ recording: this.#replay }));
        return;
      case "lobby":
        location.assign("/");
    }
  }

  /** @param {number | null} awayMs */
  #back(awayMs) {
    this.#match?.client.nudge();
    if (awayMs !== null && this.#match?.begun) this.#toast.show(t("play.away", { time: duration(awayMs) }));
  }

  /** @param {{player: number, text: string, toTeam: boolean}} said */
  #said({ player, text, toTeam }) {
    const match = this.#match;
    if (match === null || this.#order.muted.has(player)) return;
    this.#stage.chat.add(
      { name: match.nameOf(player), colour: match.colourOf(player), text, toTeam },
      { own: player === match.client.player },
    );
  }

  /** @param {string} method @param {...(string | number | boolean)} values */
  #call(method, ...values) {
    this.#match?.client.call(method, ...values).catch((error) => this.#stage.chat.tell(t("chat.refused", { why: error.message })));
  }

  // -- again and again -------------------------------------------------------------------------------------------------------
  /** @param {number} nowMs */
  #frame(nowMs) {
    requestAnimationFrame((next) => this.#frame(next));
    const match = this.#match;
    if (match === null || !match.begun) return;
    const beganMs = performance.now();
    match.draw(nowMs);
    this.#frames.add(nowMs, performance.now() - beganMs);
    this.#graph.draw(nowMs, match.client, match.view?.prediction?.() ?? null);
  }

  #refresh() {
    const match = this.#match;
    if (match === null) return;
    const nowMs = performance.now();
    this.#showLoss(match, nowMs);
    this.#stage.warn(this.#drainsAtMs === null ? null : Math.max(0, Math.ceil((this.#drainsAtMs - nowMs) / 1000)));
    if (!match.begun) return;
    match.refresh();
    this.#stage.chat.teams = (match.own?.team ?? 0) > 0;
    if (this.#stage.scoreboard.shown) this.#showScores();
    this.#stage.showUnread();
    if (match.spectating && match.view !== null) {
      const offer = this.#rooms?.offers.find(({ room }) => room === this.#place?.room) ?? null;
      this.#stage.spectatorBar.show(match.view, match.people.here, offer, (player) => match.colourOf(player));
    }
  }

  /** @param {Match} match @param {number} nowMs */
  #showLoss({ client, begun }, nowMs) {
    const { bytesIn } = client.stats;
    if (bytesIn !== this.#heard.bytes) this.#heard = { bytes: bytesIn, atMs: nowMs };
    const lost = client.state === "lost";
    const quiet = begun && client.state === "playing" && nowMs - this.#heard.atMs > QUIET_MS && !document.hidden;
    const restarts = lost && client.notice?.code === NoticeCode.RESTARTING;
    this.#stage.trouble = (lost && !restarts) || quiet;
    if (restarts) this.#drainsAtMs = null; // what was announced has come
    const waiting = waitingOf(client, nowMs);
    if (waiting !== null) this.#overlay.show(waiting);
  }

  #showScores() {
    const match = this.#match;
    if (match === null || !match.begun) return;
    this.#stage.scoreboard.show(match.scoreboard, (player) => match.people.get(player), {
      own: match.client.player,
      colourOf: (player) => match.colourOf(player),
      deeds: {
        mute: (player, muted) => this.#order.mute(player, muted),
        muted: this.#order.muted,
        report: (player) => this.#order.report(player),
        more: match.own?.host ? (player) => this.#order.more(player) : null,
        follow: match.spectating ? (player) => match.view?.follow?.(player) : null,
      },
    });
  }

  #watchRooms() {
    const rooms = new LobbyLink({ name: this.#settings.get("name"), looking: true });
    this.#rooms = rooms;
    rooms.open().catch((error) => {
      if (!(error instanceof ClientEnded)) throw error; // without a lobby nobody says whether a seat is free
    });
  }

  #join() {
    const here = this.#place;
    if (here !== null) void this.begin({ ...here, watch: false });
  }

  #openMenu() {
    const match = this.#match;
    const here = this.#place;
    const spectating = match?.spectating ?? false;
    openMenu(here === null ? t("play.menu") : here.room, [
      { text: "play.resume", name: "resume", do: () => {} },
      { text: "scores.title", name: "scores", do: () => this.#stage.scoreboard.toggle() },
      ...(spectating ? [] : [{ text: /** @type {const} */ ("emote.title"), name: "emotes", do: () => this.#stage.emotes() }]),
      { text: "settings", name: "settings", do: () => this.#openSettings() },
      { text: "help.title", name: "help", do: () => void openHelp(this.#settings, match?.view?.actions ?? []) },
      ...(canFill() ? [{ text: /** @type {const} */ ("play.fullscreen"), name: "full", do: () => void toggleFull() }] : []),
      { text: "play.replay", name: "replay", do: () => here && open(watchAddressOf({ ...here, seconds: 0 })) },
      { text: "play.link", name: "link", do: () => here && void shareLink(addressOf({ ...here, watch: false }), this.#toast) },
      { text: "play.leave", name: "leave", do: () => this.#leave() },
    ]);
  }

  #openSettings() {
    const match = this.#match;
    openSettings(this.#settings, {
      actions: match?.view?.actions ?? [],
      dataUsed: match === null ? null : () => dataUsed(match.client.stats),
    });
  }

  #leave() {
    this.#attempt++;
    this.#match?.stop();
    this.#match = null;
    location.assign("/");
  }

  /** For tests, and for the curious. */
  get client() {
    return this.#match?.client ?? null;
  }

  /** Likewise. */
  get view() {
    return this.#match?.view ?? null;
  }
}

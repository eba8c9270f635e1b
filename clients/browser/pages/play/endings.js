/** What somebody is told when there is no line any more, and what he can do: words and buttons for each way in which it ends. */

import { JoinRefused } from "../../src/errors.js";
import { NoticeCode } from "../../src/wire.js";
import { t } from "../shared/texts.js";

/** @typedef {import("../../src/wire.js").Notice} Notice */
/** @typedef {import("../shared/texts.js").TextKey} TextKey */
/**
 * @typedef {"again" | "join" | "lobby" | "watch" | "other" | "quick" | "reload" | "follow" | "here" | "copy" | "try" | "replay"} Step
 */
/**
 * @typedef {object} Ending
 * @property {string} title
 * @property {string} text
 * @property {string | null} detail  to be copied
 * @property {readonly Step[]} steps  the best one first
 */

/** What is written on the button of each step. @type {Readonly<Record<Step, TextKey>>} */
export const STEP_TEXTS = Object.freeze({
  again: "do.again",
  join: "do.join",
  lobby: "do.lobby",
  watch: "do.watch",
  other: "do.other",
  quick: "do.quick",
  reload: "do.reload",
  follow: "do.follow",
  here: "do.here",
  copy: "do.copy",
  try: "do.try",
  replay: "do.replay",
});

/**
 * @param {Notice | null} notice  as in endingOf
 * @returns {boolean} whether it is worth to wait for the server to be there again
 */
export function mayRestart(notice) {
  return notice === null || notice.code === NoticeCode.ROOM_CLOSED || notice.code === NoticeCode.RESTARTING;
}

/** What the server answers to who wants to join (docs/http.md). */
const UNAUTHORIZED = 401;
const NOT_FOUND = 404;
const TOO_MANY = 429;
/** Where a room has gone, on this server. */
const ROOM_PATH = /^\/ws\/([a-z0-9]{1,32})$/;

/**
 * @param {unknown} detail  of the notice that a room has moved
 * @returns {string | null} the room's name; null: it is on another server, whose page this is not
 */
export function movedTo(detail) {
  return typeof detail === "string" ? (ROOM_PATH.exec(detail)?.[1] ?? null) : null;
}

/**
 * @param {Notice | null} notice  the server's last word; null: it has said none
 * @param {object} context
 * @param {string} context.why  what is known without one
 * @param {boolean} context.spectating
 * @param {string} context.winners  of the last match, as a list of names; empty: not known
 * @returns {Ending}
 */
export function endingOf(notice, { why, spectating, winners }) {
  if (notice === null) return ending("over.gone", t("over.gone.text", { why }), ["again", "lobby"]);
  const { code, text, detail } = notice;
  switch (code) {
    case NoticeCode.KICKED:
      return ending("over.kicked", text, ["join", "lobby"]);
    case NoticeCode.FAULTED: {
      const id = detail === null ? null : String(detail);
      const told = t(id === null ? "over.faulted.plain" : "over.faulted.text");
      return ending("over.faulted", told, id === null ? ["other", "again", "lobby"] : ["other", "again", "lobby", "copy"], id);
    }
    case NoticeCode.MOVED:
      return ending("over.moved", t("over.moved.text"), movedTo(detail) === null ? ["again", "lobby"] : ["follow", "lobby"]);
    case NoticeCode.UPDATE_NEEDED: {
      const told = detail === null ? t("over.update.plain") : t("over.update.text", { version: detail });
      return ending("over.update", told, ["reload", "lobby"]);
    }
    case NoticeCode.FULL:
      return fullEnding(spectating);
    case NoticeCode.REFUSED:
      return ending("over.refused", text, ["again", "lobby"]);
    case NoticeCode.MATCH_OVER: {
      const told = winners === "" ? t("over.match.text") : t("over.match.won", { players: winners });
      return ending("over.match", told, ["quick", "lobby"]);
    }
    case NoticeCode.ROOM_CLOSED:
      return ending("over.closed", t("over.closed.text", { why: text }), ["again", "other", "lobby"]);
    case NoticeCode.TOO_SLOW:
      return ending("over.slow", t("over.slow.text"), ["again", "watch", "lobby"]);
    case NoticeCode.IDLE:
      return ending("over.idle", t("over.idle.text"), ["join", "lobby"]);
    case NoticeCode.SESSION_GONE:
      return ending("over.session", t("over.session.text"), ["join", "lobby"]);
    case NoticeCode.REPLACED:
      return ending("over.replaced", t("over.replaced.text"), ["here", "lobby"]);
    case NoticeCode.RESTARTING:
      return ending("over.restarting", t("over.restarting.late"), ["again", "lobby"]);
    default: // of a newer server
      return ending("over.other", text === "" ? t("over.other.text") : text, ["again", "lobby"]);
  }
}

/**
 * @param {JoinRefused} refusal  of a ticket
 * @param {{room: string, spectating: boolean, code: string | null}} wish
 * @returns {Ending}
 */
export function endingOfRefusal({ status, reason, message }, { room, spectating, code }) {
  if (reason === "code") return ending("over.private", t(code === null ? "over.private.text" : "over.private.not", { why: message }), ["lobby"]);
  if (reason === "full") return fullEnding(spectating);
  switch (status) {
    case UNAUTHORIZED:
      return ending("over.invited", t("over.invited.text"), ["again", "lobby"]);
    case NOT_FOUND:
      return { title: t("over.unknown", { room }), text: t("over.unknown.text"), detail: null, steps: ["lobby", "quick"] };
    case TOO_MANY:
      return ending("over.busy", t("over.busy.late"), ["again", "lobby"]);
    default:
      return ending("over.refused", message, ["again", "lobby"]);
  }
}

/** @param {boolean} spectating */
function fullEnding(spectating) {
  if (spectating) return ending("over.full", t("over.full.watch"), ["other", "again", "lobby"]);
  return ending("over.full", t("over.full.text"), ["watch", "other", "again"]);
}

/** @param {TextKey} title @param {string} text @param {readonly Step[]} steps @param {string | null} [detail] @returns {Ending} */
function ending(title, text, steps, detail = null) {
  return { title: t(title), text, detail, steps };
}

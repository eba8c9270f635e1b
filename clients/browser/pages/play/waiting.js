/** What somebody is told while there is no line and another is tried. Pure. */

import { JoinRefused } from "../../src/errors.js";
import { NoticeCode } from "../../src/wire.js";
import { duration, t } from "../shared/texts.js";

/** @typedef {import("../../src/client.js").Loss} Loss */
/** @typedef {import("../../src/wire.js").Notice} Notice */
/** @typedef {import("./endings.js").Step} Step */
/** @typedef {{kind: string, title: string, text: string, steps: readonly Step[]}} Waiting */

/** A line that is back sooner was hardly missed: the badge is enough. */
const OVERLAY_AFTER_MS = 700;
/** A seat is kept for so long (docs/protocol.md, section 8). */
const SEAT_KEPT_MS = 30_000;
/** Tries that follow each other sooner are not worth a number that runs down. */
const COUNTED_MS = 2_500;

/**
 * @param {object} client
 * @param {import("../../src/client.js").ClientState} client.state
 * @param {Notice | null} client.notice
 * @param {Loss | null} client.loss
 * @param {number} nowMs  by the clock of frames
 * @returns {Waiting | null} null: there is nothing to wait for, or not for long enough to say so
 */
export function waitingOf({ state, notice, loss }, nowMs) {
  if (loss === null || (state !== "lost" && state !== "connecting")) return null;
  const waitMs = loss.nextTryMs === null ? 0 : loss.nextTryMs - nowMs;
  if (restarts(notice, loss)) {
    const text = waitMs < COUNTED_MS ? t("over.restarting.text") : t("over.restarting.in", { time: duration(waitMs) });
    return { kind: "lost", title: t("over.restarting"), text, steps: ["try", "lobby"] };
  }
  if (state === "connecting") {
    if (loss.nextTryMs === null) return null; // as it looked before
    return { kind: "lost", title: t("over.busy"), text: t("over.busy.text", { time: duration(waitMs) }), steps: ["try", "lobby"] };
  }
  const forMs = nowMs - loss.sinceMs;
  if (forMs < OVERLAY_AFTER_MS) return null;
  return {
    kind: "lost",
    title: t("over.lost"),
    text: t(forMs < SEAT_KEPT_MS ? "over.lost.text" : "over.lost.late", { time: duration(forMs) }),
    steps: ["try", "lobby"],
  };
}

/** @param {Notice | null} notice @param {Loss} loss @returns {boolean} whether the server has said that it comes again */
function restarts(notice, { error }) {
  return notice?.code === NoticeCode.RESTARTING || (error instanceof JoinRefused && error.reason === "restarting");
}

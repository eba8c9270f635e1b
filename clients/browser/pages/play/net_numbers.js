/** The numbers of the net graph, as words. */

import { t } from "../shared/texts.js";

/** @typedef {import("../../src/stats.js").Stats} Stats */
/** @typedef {import("../../src/receipt.js").Receipt} Receipt */
/** @typedef {import("../shared/texts.js").TextKey} TextKey */
/** @typedef {import("./view.js").PredictionStats} PredictionStats */

/** Under so much of a tick, inputs come too late now and then. */
const MARGIN_LOW_MS = 2;

/**
 * @param {number} bytes
 * @returns {string} with a unit that suits it
 */
export function size(bytes) {
  if (bytes < 1000) return t("net.bytes", { value: Math.round(bytes) });
  if (bytes < 1_000_000) return t("net.kilobytes", { value: (bytes / 1000).toFixed(bytes < 10_000 ? 1 : 0) });
  return t("net.megabytes", { value: (bytes / 1_000_000).toFixed(1) });
}

/**
 * @param {number | null} milliseconds
 * @returns {string}
 */
export function ms(milliseconds) {
  if (milliseconds === null || !Number.isFinite(milliseconds)) return t("net.none");
  return t("net.ms", { value: Math.abs(milliseconds) < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds) });
}

/** @param {Stats} stats @returns {string} what the match has cost so far */
export function dataUsed({ bytesIn, bytesOut, bytesInPerSecond }) {
  return t("data.used", { total: size(bytesIn + bytesOut), rate: size(60 * bytesInPerSecond) });
}

/**
 * @typedef {object} Row
 * @property {TextKey} label
 * @property {string} value
 * @property {boolean} bad  it can be felt
 */

/**
 * @param {Stats} stats
 * @param {object} page
 * @param {PredictionStats | null} page.prediction  null: this game is not predicted
 * @param {number} page.frameRate  a second
 * @param {number} page.frameMs  what a frame costs
 * @returns {Row[]}
 */
export function rows(stats, { prediction, frameRate, frameMs }) {
  const { pingMs, jitterMs, marginMs, marginLowMs, snapshotBytes, snapshotRate, delayMs, stalls, starvedFrames, frames } = stats;
  const { bytesIn, bytesOut, bytesInPerSecond, lateInputs } = stats;
  /** @param {TextKey} label @param {string} value @param {boolean} [bad] @returns {Row} */
  const row = (label, value, bad = false) => ({ label, value, bad });
  return [
    row("net.ping", `${ms(pingMs)} ${t("net.jitter", { value: ms(jitterMs) })}`, pingMs > 200),
    row("net.margin", `${ms(marginMs)}, ${t("net.low", { value: ms(marginLowMs) })}`, (marginLowMs ?? Infinity) < MARGIN_LOW_MS),
    row("net.late", String(lateInputs)),
    row("net.snapshot", t("net.rate", { size: size(snapshotBytes), rate: Math.round(snapshotRate) })),
    row("net.delay", ms(delayMs)),
    row("net.wrong", prediction === null ? t("net.none") : share(prediction.mispredicted, prediction.compared)),
    row("net.stalls", String(stalls)),
    row("net.starved", share(starvedFrames, frames)),
    row("net.frames", t("net.fps", { fps: Math.round(frameRate), ms: frameMs.toFixed(1) }), frameRate > 0 && frameRate < 45),
    row("net.data", t("net.updown", { down: size(bytesIn), up: size(bytesOut), rate: size(60 * bytesInPerSecond) })),
  ];
}

/** @param {number} part @param {number} whole */
function share(part, whole) {
  if (whole === 0) return t("net.none");
  return t("net.share", { share: ((100 * part) / whole).toFixed(2), count: whole });
}

/**
 * The parts of the lag receipt, in the order in which they were spent.
 *
 * @param {Receipt} receipt
 * @returns {{label: TextKey, ms: number, share: number}[]} `share` of the whole, 0 to 1
 */
export function receiptParts({ uplinkMs, waitMs, tickMs, downlinkMs }) {
  const parts = /** @type {const} */ ([
    ["net.uplink", uplinkMs],
    ["net.wait", waitMs],
    ["net.tick", tickMs],
    ["net.downlink", downlinkMs],
  ]);
  const whole = parts.reduce((sum, [, part]) => sum + Math.max(0, part), 0);
  return parts.map(([label, part]) => ({ label, ms: part, share: whole === 0 ? 0 : Math.max(0, part) / whole }));
}

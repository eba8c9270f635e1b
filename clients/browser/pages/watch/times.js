/** Moments, sizes and names, as people read and write them. Pure. */

import { t } from "../shared/texts.js";

const MINUTE = 60;
const HOUR = 3600;
const PARTS = /^(?:(\d{1,3}):)?(?:(\d{1,4}):)?(\d{1,6}(?:\.\d{1,6})?)$/;

/**
 * @param {number} seconds
 * @returns {string} 0:07, 12:34, 1:02:03
 */
export function clockText(seconds) {
  const whole = Math.max(0, Math.floor(seconds + 1e-6)); // 2.9999999 s are three: ticks are no decimal fractions
  const [hours, minutes] = [Math.floor(whole / HOUR), Math.floor((whole % HOUR) / MINUTE)];
  const rest = String(whole % MINUTE).padStart(2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/**
 * What stands behind `t=` in a link.
 *
 * @param {string} typed  83, 83.5, 1:23, 1:02:03
 * @returns {number | null} seconds; null: it is no moment
 */
export function secondsTyped(typed) {
  const found = PARTS.exec(typed.trim());
  if (found === null) return null;
  const [, first, second, last] = found;
  // "1:23" has filled the first place alone.
  const [hours, minutes] = second === undefined ? [0, Number(first ?? 0)] : [Number(first), Number(second)];
  return hours * HOUR + minutes * MINUTE + Number(last);
}

/**
 * @param {number} bytes
 * @returns {string}
 */
export function sizeText(bytes) {
  if (bytes < 1000) return t("size.bytes", { value: bytes });
  if (bytes < 1e6) return t("size.kilobytes", { value: (bytes / 1e3).toFixed(bytes < 1e4 ? 1 : 0) });
  return t("size.megabytes", { value: (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0) });
}

/** @param {string} file @returns {string} what a map is called */
export function mapName(file) {
  return file.replace(/\.tmj$/, "");
}

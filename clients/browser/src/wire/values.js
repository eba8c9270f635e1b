/** The types of values that were received: each is what it should be, or the frame is refused. */

import { ProtocolError } from "../errors.js";

/** @typedef {import("./messages.js").WireValue} WireValue */

/** Of a schema, which has four at most. Deeper ones would overflow the stack. */
const DEPTH_MAX = 16;
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * @param {string} why
 * @returns {never}
 */
export function fail(why) {
  throw new ProtocolError(why);
}

/** @param {unknown} value @param {string} what @returns {number} */
export function integer(value, what) {
  return Number.isSafeInteger(value) ? /** @type {number} */ (value) : fail(`${what} is no integer`);
}

/** @param {unknown} value @param {string} what @returns {number} */
export function natural(value, what) {
  const number = integer(value, what);
  return number >= 0 ? number : fail(`${what} is negative`);
}

/**
 * Texts are decoded here and not by the msgpack library, which takes a byte order mark off the front of a long one (the part's CRC
 * would be wrong then) and lets wrong UTF-8 pass. The price: a bin passes for a text.
 *
 * @param {unknown} value
 * @param {string} what
 * @returns {string}
 */
export function text(value, what) {
  if (!(value instanceof Uint8Array)) return fail(`${what} is no text`);
  try {
    return UTF8.decode(value);
  } catch {
    return fail(`${what} is no UTF-8`);
  }
}

/** @param {unknown} value @param {string} what @returns {null | number | string} */
export function numberOrText(value, what) {
  if (value === null) return null;
  return value instanceof Uint8Array ? text(value, what) : integer(value, what);
}

/**
 * The same with its texts decoded; for where there are no bins.
 *
 * @param {unknown} value
 * @param {number} [depth]  of what it is in
 * @returns {unknown}
 */
export function withTexts(value, depth = 0) {
  if (depth > DEPTH_MAX) fail("the schema is nested too deeply");
  if (value instanceof Uint8Array) return text(value, "a text of the schema");
  if (Array.isArray(value)) return value.map((each) => withTexts(each, depth + 1));
  if (isMap(value)) return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withTexts(each, depth + 1)]));
  return value;
}

/** @param {unknown} value @returns {value is Record<string, unknown>} */
export function isMap(value) {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** @param {unknown} value @param {string} what @returns {unknown[]} */
export function array(value, what) {
  return Array.isArray(value) ? value : fail(`${what} is no array`);
}

/** @param {unknown} value @param {number | null} length @param {string} what @returns {Uint8Array} */
export function binary(value, length, what) {
  if (!(value instanceof Uint8Array)) return fail(`${what} is no bin`);
  // A view into the frame would keep all of it in memory.
  return length === null || value.length === length ? value.slice() : fail(`${what} has not ${length} bytes`);
}

/** @param {unknown} value @param {string} what @returns {number[]} */
export function naturals(value, what) {
  const values = array(value, what);
  for (const each of values) natural(each, what);
  return /** @type {number[]} */ (values);
}

/** @param {unknown} value @param {string} what @returns {WireValue[]} */
export function wireValues(value, what) {
  const values = array(value, what);
  for (let at = 0; at < values.length; at++) {
    const each = values[at];
    if (each instanceof Uint8Array) values[at] = text(each, what);
    else if (Array.isArray(each)) for (const element of each) integer(element, what);
    else integer(each, what);
  }
  return /** @type {WireValue[]} */ (values);
}

/** Ticks on a line: where a tick lies, which one a pointer means, and how far keys go. Pure. */

/**
 * What is played, and how much of it there is.
 *
 * @typedef {object} Extent
 * @property {number} first  tick
 * @property {number} last
 * @property {number} rate  ticks a second
 */

/** In seconds. */
export const LEAP = 5;
export const LONG_LEAP = 60;

/** @param {Extent} extent @param {number} tick @returns {number} 0 to 1 */
export function shareOf({ first, last }, tick) {
  return last > first ? Math.max(0, Math.min(1, (tick - first) / (last - first))) : 0;
}

/** @param {Extent} extent @param {number} share  beyond 0 and 1 are the ends @returns {number} a whole tick */
export function tickAt({ first, last }, share) {
  return Math.round(first + Math.max(0, Math.min(1, share)) * (last - first));
}

/** @param {Extent} extent @param {number} tick @returns {number} seconds since the beginning */
export function secondsAt({ first, rate }, tick) {
  return (tick - first) / rate;
}

/** @param {Extent} extent @param {number} seconds  since the beginning @returns {number} a whole tick of it */
export function tickAfter({ first, last, rate }, seconds) {
  return Math.max(first, Math.min(last, first + Math.round(seconds * rate)));
}

/**
 * What a key does on a slider.
 *
 * @param {Extent} extent
 * @param {number} tick  where one is
 * @param {string} code  `KeyboardEvent.code`
 * @returns {number | null} where one is then; null: nothing
 */
export function tickByKey(extent, tick, code) {
  const seconds = secondsAt(extent, tick);
  switch (code) {
    case "ArrowRight":
    case "ArrowUp":
      return tickAfter(extent, seconds + LEAP);
    case "ArrowLeft":
    case "ArrowDown":
      return tickAfter(extent, seconds - LEAP);
    case "PageUp":
      return tickAfter(extent, seconds + LONG_LEAP);
    case "PageDown":
      return tickAfter(extent, seconds - LONG_LEAP);
    case "Home":
      return extent.first;
    case "End":
      return extent.last;
    default:
      return null;
  }
}

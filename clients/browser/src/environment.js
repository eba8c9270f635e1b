/** What a client takes from the page that it is in. Tests put a world of their own in its place. */

/**
 * @typedef {object} Environment
 * @property {() => number} clock  milliseconds, as performance.now()
 * @property {() => number} random  0 up to (not including) 1
 * @property {typeof globalThis.WebSocket} WebSocket
 * @property {(callback: () => void, ms: number) => unknown} setTimeout  returns what `clearTimeout` takes
 * @property {(timer: any) => void} clearTimeout
 * @property {(error: unknown) => void} reportError  is given what the page's listeners throw
 */

/**
 * @param {Partial<Environment>} [given]
 * @returns {Environment} that, and the page's own for what is not given
 */
export function environmentOf(given = {}) {
  return {
    clock: given.clock ?? (() => performance.now()),
    random: given.random ?? Math.random,
    WebSocket: given.WebSocket ?? globalThis.WebSocket,
    // A browser's timers refuse to be called as the methods of another object.
    setTimeout: given.setTimeout ?? ((callback, ms) => globalThis.setTimeout(callback, ms)),
    clearTimeout: given.clearTimeout ?? ((timer) => globalThis.clearTimeout(timer)),
    // Node.js has none.
    reportError: given.reportError ?? ((error) => (globalThis.reportError ?? console.error)(error)),
  };
}

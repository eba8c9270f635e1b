/** Whether somebody is looking at the page, and what a phone does about it: going away and coming back, the screen, its size. */

/** @typedef {{request(type: "screen"): Promise<{release(): Promise<void>}>}} WakeLocks */

/** A look at another tab is not worth a word. */
const AWAY_MS = 10_000;
/** A server that has gone away is asked for so often. */
const ASK_MS = 2000;

/** See the module. */
export class Presence {
  /** @type {{release(): Promise<void>} | null} */
  #lock = null;
  #wanted = false;
  /** @type {number | null} */
  #hiddenAtMs = null;
  #back;

  /** @param {(awayMs: number | null) => void} back  he looks again; null: he was away for a moment only */
  constructor(back) {
    this.#back = back;
    document.addEventListener("visibilitychange", () => this.#changed());
    addEventListener("online", () => this.#back(null));
    addEventListener("pageshow", (event) => event.persisted && this.#back(null));
  }

  /** Keeps the screen on while a match is on. @param {boolean} wanted */
  set awake(wanted) {
    this.#wanted = wanted;
    void this.#applyLock();
  }

  #changed() {
    const now = performance.now();
    if (document.hidden) {
      this.#hiddenAtMs = now;
      return;
    }
    const awayMs = this.#hiddenAtMs === null ? 0 : now - this.#hiddenAtMs;
    this.#hiddenAtMs = null;
    void this.#applyLock(); // the browser has taken it away meanwhile
    this.#back(awayMs >= AWAY_MS ? awayMs : null);
  }

  async #applyLock() {
    const { wakeLock } = /** @type {{wakeLock?: WakeLocks}} */ (navigator);
    const held = this.#lock;
    this.#lock = null;
    try {
      await held?.release();
      if (this.#wanted && !document.hidden) this.#lock = (await wakeLock?.request("screen")) ?? null;
    } catch {
      // The battery is low, or the browser does not want to: then the screen goes dark as ever.
    }
  }
}

/**
 * Waits until a server that has gone away is there again.
 *
 * @param {() => boolean} wanted  whether anybody still waits
 * @param {() => void} away  it has gone away
 * @returns {Promise<boolean>} false: it is there and has never been away, or nobody waits any more
 */
export async function serverRestarted(wanted, away) {
  if (await serverIsThere()) return false;
  if (wanted()) away();
  while (wanted()) {
    await new Promise((resolve) => setTimeout(resolve, ASK_MS));
    if (await serverIsThere()) return wanted();
  }
  return false;
}

/** @returns {Promise<boolean>} whether the server of this page answers, and takes people */
async function serverIsThere() {
  try {
    return (await fetch("/readyz", { cache: "no-store" })).ok;
  } catch {
    return false;
  }
}

/** @returns {boolean} whether the page can fill the screen */
export function canFill() {
  return document.fullscreenEnabled === true;
}

/** Fills the screen, or does not any more. */
export async function toggleFull() {
  try {
    if (document.fullscreenElement === null) await document.documentElement.requestFullscreen({ navigationUI: "hide" });
    else await document.exitFullscreen();
  } catch {
    // The browser does not want to: everything can be played without.
  }
}

/** @returns {boolean} whether fingers are the main pointer here */
export function byTouch() {
  return window.matchMedia("(pointer: coarse)").matches;
}

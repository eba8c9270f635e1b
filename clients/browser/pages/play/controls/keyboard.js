/** The keyboard, as codes. What is typed into a field, a dialog or onto a button is none of the game's. */

/** @typedef {import("./presses.js").Presses} Presses */

const TYPING = "input, textarea, select, [contenteditable], dialog[open]";
/** On these two keys a button, a link or the summary of details is pressed. */
const PUSHING = new Set(["Space", "Enter", "NumpadEnter"]);
const PUSHED = "button, a[href], summary";

/**
 * @param {{code: string, ctrlKey: boolean, metaKey: boolean, altKey: boolean}} event
 * @param {{matches(selector: string): boolean, closest(selector: string): unknown} | null} target
 * @returns {boolean} whether a key is meant for the game
 */
export function forTheGame(event, target) {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  if (target === null) return true;
  return !target.closest(TYPING) && !(PUSHING.has(event.code) && target.matches(PUSHED));
}

export class Keyboard {
  #presses;
  #listening;
  #off = new AbortController();

  /**
   * @param {Presses} presses
   * @param {() => boolean} [listening]  whether keys are the game's at all
   * @param {Window} [page]
   */
  constructor(presses, listening = () => true, page = window) {
    this.#presses = presses;
    this.#listening = listening;
    const { signal } = this.#off;
    page.addEventListener("keydown", (event) => this.#down(event), { signal });
    // A key that was pressed for the game may be released in a field.
    page.addEventListener("keyup", (event) => presses.up(event.code), { signal });
    page.addEventListener("blur", () => presses.release(), { signal });
    page.document.addEventListener("visibilitychange", () => presses.release(), { signal });
    page.document.addEventListener(
      "focusin",
      (event) => {
        if (event.target instanceof Element && event.target.closest(TYPING)) presses.release();
      },
      { signal },
    );
  }

  /** @param {KeyboardEvent} event */
  #down(event) {
    const target = event.target instanceof Element ? event.target : null;
    if (event.defaultPrevented || !this.#listening() || !this.#presses.bound(event.code) || !forTheGame(event, target)) return;
    event.preventDefault(); // neither scrolling nor a quick search
    if (!event.repeat) this.#presses.down(event.code);
  }

  dispose() {
    this.#off.abort();
  }
}

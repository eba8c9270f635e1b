/** The mouse over one element: where it points, its buttons and its wheel as codes. Fingers are not its affair. */

/** @typedef {import("./presses.js").Presses} Presses */

/** A touch pad tells many small turns: so many pixels of them are one step of a wheel. */
const WHEEL_STEP = 50;
/** The bits of `PointerEvent.buttons`. @type {readonly (readonly [number, string])[]} */
const BUTTONS = [
  [1, "Mouse0"],
  [2, "Mouse2"],
  [4, "Mouse1"],
  [8, "Mouse3"],
  [16, "Mouse4"],
];
/** Pixels of a line or a page, where a wheel counts those. */
const WHEEL_UNITS = [1, 17, 400];

export class Mouse {
  #off = new AbortController();
  #turned = 0;

  /**
   * @param {HTMLElement} element
   * @param {Presses} presses
   */
  constructor(element, presses) {
    /** Where it points, in CSS pixels of the element. */
    this.x = 0;
    this.y = 0;
    /** Has it pointed anywhere? */
    this.known = false;
    /** When it last moved or was pressed, in milliseconds of performance.now(). */
    this.usedAtMs = -Infinity;
    const { signal } = this.#off;
    /** @param {PointerEvent} event */
    const point = (event) => {
      if (event.pointerType === "touch") return false;
      const box = element.getBoundingClientRect();
      this.x = event.clientX - box.left;
      this.y = event.clientY - box.top;
      this.known = true;
      this.usedAtMs = event.timeStamp;
      return true;
    };
    // It aims also while it is over the game's display. While one button is held, another is told by pointermove.
    window.addEventListener(
      "pointermove",
      (event) => {
        if (point(event)) this.#sync(event.buttons, presses, event.target === element);
      },
      { signal },
    );
    element.addEventListener(
      "pointerdown",
      (event) => {
        if (!point(event)) return;
        this.#sync(event.buttons, presses, true);
        element.setPointerCapture(event.pointerId); // a release elsewhere is heard too
      },
      { signal },
    );
    for (const name of /** @type {const} */ (["pointerup", "pointercancel"]))
      window.addEventListener(
        name,
        (event) => {
          if (event.pointerType !== "touch") this.#sync(event.buttons, presses, false);
        },
        { signal },
      );
    element.addEventListener("contextmenu", (event) => event.preventDefault(), { signal });
    element.addEventListener(
      "wheel",
      (event) => {
        if (event.ctrlKey) return; // the page is zoomed
        event.preventDefault();
        const turn = event.deltaY * WHEEL_UNITS[event.deltaMode];
        if (turn * this.#turned < 0) this.#turned = 0;
        this.#turned += turn;
        if (Math.abs(this.#turned) < WHEEL_STEP) return;
        presses.click(this.#turned > 0 ? "WheelDown" : "WheelUp");
        this.#turned = 0;
      },
      { signal, passive: false },
    );
  }

  /**
   * @param {number} buttons  a bit for each that is down
   * @param {Presses} presses
   * @param {boolean} on  is the mouse on the element? Elsewhere nothing is pressed
   */
  #sync(buttons, presses, on) {
    for (const [bit, code] of BUTTONS)
      if ((buttons & bit) === 0) presses.up(code);
      else if (on) presses.down(code);
  }

  dispose() {
    this.#off.abort();
  }
}

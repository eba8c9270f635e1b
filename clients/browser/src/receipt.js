/**
 * The lag receipt: where the time went between an input and the first snapshot in which it had been used.
 *
 * The client knows when it sent the input and when the snapshot came; the server says by how much the input was early
 * (`margin`); the clock says when a tick was due, in the client's own time. So the way there ended at `due − margin`. How long
 * the server takes from the moment when a tick is due until what became of it leaves is told by PONG, which leaves with it.
 */

/**
 * @typedef {object} Receipt  the four parts are the whole; milliseconds
 * @property {number} tick  the input's
 * @property {number} uplinkMs  on its way to the server
 * @property {number} waitMs  there, until its tick was due (it was late: until the next was)
 * @property {number} tickMs  until the snapshot left
 * @property {number} downlinkMs  on the way back
 * @property {number} totalMs
 */
/** @typedef {{dueMs: (tick: number) => number}} DueTimes  when a tick was due or will be, in the client's time */

/** Inputs that are on their way: a second of them at 120 ticks a second. */
const KEPT_INPUTS = 128;

/** Makes receipts. */
export class LagReceipt {
  /** The newest. @type {Receipt | null} */
  last = null;
  /** When each input was sent, by tick, ascending. @type {Map<number, number>} */
  #sent = new Map();
  /** An input that has come to the server and was not used yet. @type {{tick: number, sentMs: number, arrivedMs: number} | null} */
  #arrived = null;
  /** @type {number | null} */
  #margin = null;
  #intoTickMs = 0;
  #tickMs;

  /** @param {number} tickRate */
  constructor(tickRate) {
    this.#tickMs = 1000 / tickRate;
  }

  /** Another line, or other times: what is under way is void. */
  reset() {
    this.#sent.clear();
    this.#arrived = null;
    this.#margin = null;
  }

  /**
   * An INPUT leaves.
   *
   * @param {number} firstTick  the first in it
   * @param {number} nowMs
   */
  sent(firstTick, nowMs) {
    this.#sent.set(firstTick, nowMs);
    if (this.#sent.size > KEPT_INPUTS) {
      const [oldest] = this.#sent.keys();
      this.#sent.delete(oldest);
    }
  }

  /**
   * A PONG that came with a snapshot.
   *
   * @param {number} intoTickUs
   */
  pong(intoTickUs) {
    this.#intoTickMs = intoTickUs / 1000;
  }

  /**
   * A snapshot has come.
   *
   * @param {{tick: number, inputAck: number | null, margin: number | null}} snapshot  `margin` in microseconds
   * @param {number} nowMs
   * @param {DueTimes} times
   */
  snapshot({ tick, inputAck, margin }, nowMs, times) {
    const leftMs = times.dueMs(tick) + this.#intoTickMs;
    if (margin !== null && margin !== this.#margin) {
      this.#margin = margin;
      if (this.#arrived === null) this.#arrive(margin / 1000, leftMs, times);
    }
    const arrived = this.#arrived;
    if (arrived === null || inputAck === null || inputAck < arrived.tick) return;
    this.#arrived = null;
    const dueMs = times.dueMs(arrived.tick);
    const late = Math.max(0, arrived.arrivedMs - dueMs);
    const usedMs = dueMs + Math.ceil(late / this.#tickMs) * this.#tickMs;
    this.last = {
      tick: arrived.tick,
      uplinkMs: arrived.arrivedMs - arrived.sentMs,
      waitMs: usedMs - arrived.arrivedMs,
      tickMs: leftMs - usedMs,
      downlinkMs: nowMs - leftMs,
      totalMs: nowMs - arrived.sentMs,
    };
  }

  /**
   * The server has had an INPUT since the snapshot before. It is the newest of those that had come when this one left: the first
   * of its ticks is due at its arrival + margin, and that was not later than the snapshot's leaving + margin.
   *
   * @param {number} marginMs
   * @param {number} leftMs
   * @param {DueTimes} times
   */
  #arrive(marginMs, leftMs, times) {
    let found = null;
    for (const [tick, sentMs] of this.#sent) {
      const arrivedMs = times.dueMs(tick) - marginMs;
      if (arrivedMs > leftMs) break;
      found = { tick, sentMs, arrivedMs };
    }
    if (found === null) return;
    this.#arrived = found;
    for (const tick of [...this.#sent.keys()]) if (tick <= found.tick) this.#sent.delete(tick);
  }
}

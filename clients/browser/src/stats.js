/** What one client sees of its line, counted: for the net graph. Times in milliseconds. */

/** @typedef {import("./receipt.js").Receipt} Receipt */

/** Snapshots that the series hold: ten seconds at 30 ticks a second. */
const SERIES_LENGTH = 300;
/** Over how long a rate is taken. */
const RATE_WINDOW_MS = 2_000;
/** Without a snapshot for so long, when one was due: the picture has begun to guess. */
const STALL_MS = 250;

/** The last numbers of a series; the oldest goes when a new one comes. */
export class Ring {
  #numbers;
  #count = 0;

  /** @param {number} most */
  constructor(most) {
    this.#numbers = new Float64Array(most);
  }

  get length() {
    return Math.min(this.#count, this.#numbers.length);
  }

  /** @param {number} number */
  push(number) {
    this.#numbers[this.#count++ % this.#numbers.length] = number;
  }

  /**
   * @param {number} index  0: the oldest; negative: from the end
   * @returns {number} NaN where there is none
   */
  at(index) {
    const from = index < 0 ? this.length + index : index;
    if (from < 0 || from >= this.length) return NaN;
    return this.#numbers[(this.#count - this.length + from) % this.#numbers.length];
  }

  *[Symbol.iterator]() {
    for (let index = 0; index < this.length; index++) yield this.at(index);
  }
}

/** See the module. */
export class Stats {
  /** Of the last round trip, without the time that the server held it. */
  pingMs = 0;
  /** By how much round trips vary. */
  jitterMs = 0;
  /** How long before its tick our newest input came; negative: late; null before the first. @type {number | null} */
  marginMs = null;
  /** Of the last seconds the lowest, but for the worst 2 %. @type {number | null} */
  marginLowMs = null;
  /** Of the last frame that had a snapshot in it. */
  snapshotBytes = 0;
  /** What was said and heard on all lines, in bytes of WebSocket messages. */
  bytesIn = 0;
  bytesOut = 0;
  /** How far the picture is behind the newest snapshot that might be there. */
  delayMs = 0;
  /** Frames that were drawn, and those of them whose picture went beyond the newest snapshot. */
  frames = 0;
  starvedFrames = 0;
  /** Snapshots that came more than 250 ms after they were due. */
  stalls = 0;
  /** Lines that ended against our will after WELCOME. */
  losses = 0;
  /** Inputs of which the server said that they came after their tick. */
  lateInputs = 0;
  /** Where the time of the last input went. @type {Receipt | null} */
  receipt = null;
  /** Of the last snapshots, oldest first; `marginMs` is NaN where none was known. */
  series = { arrivedMs: new Ring(SERIES_LENGTH), bytes: new Ring(SERIES_LENGTH), marginMs: new Ring(SERIES_LENGTH) };

  #clock;
  /** When, and how many bytes, of the last seconds. @type {{atMs: number, bytes: number}[]} */
  #heard = [];
  /** The last snapshot of this line. @type {{tick: number, atMs: number} | null} */
  #last = null;

  /** @param {() => number} clock  milliseconds */
  constructor(clock) {
    this.#clock = clock;
  }

  /** Bytes that came in the last seconds, per second. */
  get bytesInPerSecond() {
    this.#forget();
    return (this.#heard.reduce((sum, { bytes }) => sum + bytes, 0) * 1000) / RATE_WINDOW_MS;
  }

  /** Snapshots that came in the last seconds, per second. */
  get snapshotRate() {
    const sinceMs = this.#clock() - RATE_WINDOW_MS;
    let count = 0;
    while (count < this.series.arrivedMs.length && this.series.arrivedMs.at(-1 - count) > sinceMs) count++;
    return (count * 1000) / RATE_WINDOW_MS;
  }

  /** @param {number} bytes  of a message that has come */
  heard(bytes) {
    this.bytesIn += bytes;
    this.#heard.push({ atMs: this.#clock(), bytes });
    this.#forget();
  }

  /** Another line begins: what did not come since the last snapshot of the one before was no stall but a loss. */
  beginLine() {
    this.#last = null;
  }

  /**
   * A snapshot has come.
   *
   * @param {{tick: number, bytes: number, tickMs: number}} snapshot  `tickMs`: what a tick lasts
   * @param {number} nowMs
   */
  snapshot({ tick, bytes, tickMs }, nowMs) {
    this.snapshotBytes = bytes;
    this.series.arrivedMs.push(nowMs);
    this.series.bytes.push(bytes);
    this.series.marginMs.push(this.marginMs ?? NaN);
    // In a room that ticks on input, and for a client that is sent less, the ticks tell how long nothing was due.
    if (this.#last !== null && nowMs - this.#last.atMs - (tick - this.#last.tick - 1) * tickMs > STALL_MS) this.stalls++;
    this.#last = { tick, atMs: nowMs };
  }

  #forget() {
    const sinceMs = this.#clock() - RATE_WINDOW_MS;
    let count = 0;
    while (count < this.#heard.length && this.#heard[count].atMs <= sinceMs) count++;
    this.#heard.splice(0, count);
  }
}

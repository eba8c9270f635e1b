/** The calls that a client has made and that have no answer yet. */

import { CallRefused } from "./errors.js";

/** @typedef {import("./wire.js").WireValue} WireValue */
/** @typedef {import("./wire.js").Reply} Reply */
/** @typedef {{id: number, method: string, arguments: WireValue[]}} Call */
/** @typedef {{call: Call, resolve: (value: Reply["value"]) => void, reject: (error: Error) => void}} Asked */

/** Calls that are said and not answered; a server refuses more of them that meet in one tick, as they may after a line was away. */
const CALLS_AT_ONCE = 8;
/** Calls without an answer; whoever makes more does not look at what becomes of them. */
const CALLS_MAX = 256;

/** Numbers calls, and keeps each until its reply comes, whatever lines come and go meanwhile. */
export class Calls {
  /** By number, ascending. @type {Map<number, Asked>} */
  #asked = new Map();
  #last;
  /** @type {Error | null} */
  #over = null;

  /** @param {number} last  the number of the last call that was ever made on this seat, 0 before the first */
  constructor(last) {
    this.#last = last;
  }

  /** The number of the last call. */
  get last() {
    return this.#last;
  }

  /**
   * A new call.
   *
   * @param {string} method
   * @param {WireValue[]} values
   * @returns {Promise<Reply["value"]>} rejects CallRefused if the answer is no, or what `fail` or `end` was given
   */
  ask(method, values) {
    if (this.#over !== null) return Promise.reject(this.#over);
    if (this.#asked.size >= CALLS_MAX) return Promise.reject(new RangeError(`${CALLS_MAX} calls wait for their answers already`));
    const call = { id: ++this.#last, method, arguments: values };
    return new Promise((resolve, reject) => this.#asked.set(call.id, { call, resolve, reject }));
  }

  /**
   * @param {number} above  the highest number that was said on this line
   * @returns {Call[]} those that may be said now and have not been on this line, in order
   */
  toSay(above) {
    return [...this.#asked.values()].slice(0, CALLS_AT_ONCE).flatMap(({ call }) => (call.id > above ? [call] : []));
  }

  /**
   * A reply has come. One that nobody waits for was said twice, and is nothing.
   *
   * @param {Reply} reply
   */
  take({ id, ok, value }) {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    if (ok) asked?.resolve(value);
    else asked?.reject(new CallRefused(String(value)));
  }

  /**
   * None of the calls so far will be answered, for this reason.
   *
   * @param {Error} error
   */
  fail(error) {
    const asked = [...this.#asked.values()];
    this.#asked.clear();
    for (const { reject } of asked) reject(error);
  }

  /**
   * The same, and so it is with all calls to come.
   *
   * @param {Error} error
   */
  end(error) {
    this.#over ??= error;
    this.fail(error);
  }
}

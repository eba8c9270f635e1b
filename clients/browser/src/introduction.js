/** What we say of ourselves on each new line, and the ticket in it, which may have to be asked for. */

import { encodeHello } from "./wire.js";

/** @typedef {import("./client.js").Credential} Credential */
/** @typedef {import("./client.js").TicketSource} TicketSource */
/** @typedef {Parameters<typeof encodeHello>[0]} Hello */

/** See the module. */
export class Introduction {
  /** Who is to be asked for a ticket before we join as somebody new; null: nobody. @type {TicketSource | null} */
  source;
  #hello;
  /** Counts the tickets that were asked for: one that comes for an older try is not used. */
  #asked = 0;
  /** A ticket is being asked for. */
  asking = false;

  /**
   * @param {Omit<Hello, "credential">} who
   * @param {Credential} credential
   * @throws {RangeError} if the server would refuse it
   */
  constructor(who, credential) {
    this.source = typeof credential === "function" ? credential : null;
    /** @type {Hello} */
    this.#hello = { ...who, credential: typeof credential === "function" ? null : credential };
    encodeHello(this.#hello);
  }

  /** @param {Uint8Array | null} token  of a seat to come back to; null: we join as somebody new */
  say(token) {
    return encodeHello(token === null ? this.#hello : { ...this.#hello, credential: token });
  }

  /**
   * For a ticket.
   *
   * @param {TicketSource} source
   * @returns {Promise<Error | null | undefined>} why there is none; null: there is one; undefined: another one is asked for since
   */
  async ask(source) {
    const asked = ++this.#asked;
    this.asking = true;
    /** @type {Error | null} */
    let fault = null;
    try {
      const hello = { ...this.#hello, credential: await source() };
      encodeHello(hello);
      if (this.#asked === asked) this.#hello = hello;
    } catch (error) {
      fault = error instanceof Error ? error : new Error(String(error));
    }
    if (this.#asked !== asked) return undefined;
    this.asking = false;
    return fault;
  }
}

/** Chunks that stay as they came, and what is in them as long as somebody needs it. */

import { unpack } from "./chunks.js";

/** @typedef {import("./chunks.js").Chunk} Chunk */

/** So much of what was unpacked is kept, in bytes as they were unpacked: some minutes of a match, 30 MB once it is decoded. */
const KEPT_BYTES = 2 * 2 ** 20;

/** @template Content */
export class Packed {
  #decode;
  /** @type {Promise<void> | null} */
  #opening = null;

  /**
   * @param {Chunk} open  what everybody may see
   * @param {Chunk | null} secret  the rest, if there is any
   * @param {(open: Uint8Array, secret: Uint8Array | null) => Content} decode
   */
  constructor(open, secret, decode) {
    this.first = open.first;
    this.last = open.last;
    this.chunks = { open, secret };
    this.#decode = decode;
    /** null: it is packed. @type {Content | null} */
    this.content = null;
    /** Of its content. */
    this.bytes = 0;
  }

  /** @returns {Promise<void>} when `content` is there @throws {import("../errors.js").FormatError} if it is forged */
  open() {
    this.#opening ??= this.#open();
    return this.#opening;
  }

  close() {
    this.content = null;
    this.#opening = null;
  }

  async #open() {
    const { open, secret } = this.chunks;
    const [view, hidden] = await Promise.all([unpack(open), secret === null ? null : unpack(secret)]);
    this.bytes = view.length + (hidden?.length ?? 0);
    this.content = this.#decode(view, hidden);
  }
}

/** What is open: when it is too much, what was not needed for the longest time is closed. */
export class Shelf {
  /** Least recently needed first. @type {Set<Packed<any>>} */
  #open = new Set();
  #bytes = 0;

  /**
   * @param {readonly Packed<any>[]} needed  all at the same time
   * @returns {Promise<void>} when they are open
   * @throws {import("../errors.js").FormatError} if one of them is forged
   */
  async take(needed) {
    await Promise.all(needed.map((each) => each.open()));
    for (const each of needed) {
      if (!this.#open.delete(each)) this.#bytes += each.bytes;
      this.#open.add(each);
    }
    for (const each of this.#open) {
      if (this.#bytes <= KEPT_BYTES || needed.includes(each)) break;
      this.#open.delete(each);
      this.#bytes -= each.bytes;
      each.close();
    }
  }
}

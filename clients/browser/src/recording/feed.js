/** Bytes of one file or stream, in order, go into a recording. */

import { FormatError } from "../errors.js";
import { ChunkReader, ChunkType, unpack } from "./chunks.js";
import { decodeContents, decodeMarks } from "./header.js";
import { Recording } from "./recording.js";

/** @typedef {import("./chunks.js").Chunk} Chunk */

/** By the type of what everybody sees. @type {Readonly<Record<number, number>>} */
const SECRET_OF = Object.freeze({
  [ChunkType.VIEW]: ChunkType.SECRET_VIEW,
  [ChunkType.KEYFRAME]: ChunkType.SECRET_KEYFRAME,
});

export class Feed {
  #reader = new ChunkReader();
  /** What not everybody saw stands before its public half. @type {Chunk | null} */
  #secret = null;
  /** Where what is there without a break began. @type {number | null} */
  #first = null;
  /** The last tick that came; −1 before any. */
  last = -1;
  /** null: its header has not come yet. @type {Recording | null} */
  recording;
  #known;

  /** @param {Recording | null} [recording]  into which it goes; null: it begins one */
  constructor(recording = null) {
    this.recording = recording;
    this.#known = recording;
  }

  /** All has come up to the end. */
  get sealed() {
    return this.#reader.sealed;
  }

  /** What came last was not sound: all that follows counts for nothing. */
  get cut() {
    return this.#reader.cut;
  }

  /** It is another recording than the one into which it was to go: nothing of it was taken. */
  get isOther() {
    const { header } = this.#reader;
    return header !== null && this.#known !== null && header.session !== this.#known.header.session;
  }

  /** A stream that goes on. */
  get live() {
    return this.#reader.header?.live === true;
  }

  /**
   * @param {Uint8Array} bytes  those that follow
   * @throws {FormatError} if they are of no recording, or of a forged one
   */
  async push(bytes) {
    const chunks = this.#reader.push(bytes);
    if (this.#reader.header === null || this.isOther) return;
    this.recording ??= new Recording(this.#reader.header);
    for (const chunk of chunks) await this.#take(chunk, this.recording);
  }

  /**
   * No more will come.
   *
   * @throws {FormatError} if there was no whole header
   */
  finish() {
    this.#reader.finish();
  }

  /** @param {Chunk} chunk @param {Recording} recording */
  async #take(chunk, recording) {
    switch (chunk.type) {
      case ChunkType.SECRET_VIEW:
      case ChunkType.SECRET_KEYFRAME:
        this.#secret = chunk;
        break;
      case ChunkType.VIEW:
      case ChunkType.KEYFRAME:
        this.#add(chunk, this.#secretOf(chunk));
        break;
      case ChunkType.CONTENTS:
      case ChunkType.FOOTER:
        recording.takeContents(decodeContents(await unpack(chunk), recording.header.schema));
        break;
      case ChunkType.MARKS:
        if (chunk.last <= (recording.contents?.last ?? -1)) break; // the contents have told them
        recording.takeMarks(decodeMarks(await unpack(chunk), recording.header.schema));
        break;
    }
  }

  /** @param {Chunk} open @returns {Chunk | null} its other half */
  #secretOf({ type, first, last }) {
    const secret = this.#secret;
    this.#secret = null;
    // Who began to look on while the match went on has seen no secrets, and what was changed in them later leads nowhere.
    if (secret === null || this.recording?.header.live) return null;
    if (secret.type === SECRET_OF[type] && secret.first >= first && secret.last <= last) return secret;
    throw new FormatError(`this recording is forged: the secrets of tick ${secret.first} belong to nothing`, "forged");
  }

  /** @param {Chunk} chunk @param {Chunk | null} secret */
  #add(chunk, secret) {
    const recording = /** @type {Recording} */ (this.recording);
    if (chunk.type === ChunkType.KEYFRAME) {
      recording.addKeyframe(chunk, secret);
      this.#first ??= chunk.first;
    } else {
      if (this.#first === null) return; // nothing leads to it
      recording.addBlock(chunk, secret);
    }
    this.last = Math.max(this.last, chunk.last);
    recording.cover(this.#first, this.last);
  }
}

/** The outer form of a recording (docs/replay-format.md): a header, then chunks, read as their bytes come. */

import { crc32 } from "../crc32.js";
import { FormatError } from "../errors.js";
import { decodeHeader } from "./header.js";

/** @typedef {import("./header.js").Header} Header */
/**
 * @typedef {object} Chunk
 * @property {number} type  see `ChunkType`
 * @property {number} codec  see `unpack`
 * @property {number} first  the first tick of which it speaks
 * @property {number} last  the last one
 * @property {Uint8Array} payload  as stored; empty where nothing here reads it
 */

/** The version of the format that is read here. */
export const FORMAT = 1;
export const ChunkType = Object.freeze({
  VIEW: 1,
  SECRET_VIEW: 2,
  KEYFRAME: 3,
  SECRET_KEYFRAME: 4,
  TRUTH: 5,
  STATE: 6,
  MARKS: 7,
  FAULT: 8,
  ORIGIN: 9,
  CONTENTS: 10,
  FOOTER: 255,
});
/** Types that a viewer reads; the payloads of others would only fill the memory. @type {ReadonlySet<number>} */
const READ = new Set([
  ChunkType.VIEW,
  ChunkType.SECRET_VIEW,
  ChunkType.KEYFRAME,
  ChunkType.SECRET_KEYFRAME,
  ChunkType.MARKS,
  ChunkType.CONTENTS,
  ChunkType.FOOTER,
]);

const PLAIN = 0;
const ZLIB = 1;
/** Of a payload, in bytes. */
const STORED_MAX = 8 * 2 ** 20;
const UNPACKED_MAX = 32 * 2 ** 20;
/** Of the header's map, in bytes: it may hold the game's map. */
const HEADER_MAX = 4 * 2 ** 20;
const TICK_MAX = 2 ** 32 - 1;
/** "TRPL", format, flags, length. */
const HEADER_HEAD = 12;
const CHUNK_HEAD = 20;
/** The part of it that its CRC speaks of. */
const CHUNK_SUMMED = 16;
const CRC_BYTES = 4;
const MAGIC = "TRPL";

/** Reads a file, or a stream, from its beginning, in pieces of any size. */
export class ChunkReader {
  #bytes = new Waiting();
  /** The last `first` of each type. @type {Map<number, number>} */
  #firsts = new Map();
  /** null: it has not come yet. @type {Header | null} */
  header = null;
  /** A footer has come: that was all. */
  sealed = false;
  /** What came last is no sound chunk: it and all behind it is as if it were not there. */
  cut = false;

  /**
   * @param {Uint8Array} bytes  those that follow
   * @returns {Chunk[]} what they complete
   * @throws {FormatError} if the header is not one that is read here
   */
  push(bytes) {
    /** @type {Chunk[]} */
    const chunks = [];
    if (this.sealed || this.cut) return chunks;
    this.#bytes.add(bytes);
    if (this.header === null && !this.#readHeader()) return chunks;
    for (let chunk = this.#readChunk(); chunk !== null; chunk = this.#readChunk()) {
      if (READ.has(chunk.type)) chunks.push(chunk);
      if (chunk.type !== ChunkType.FOOTER) continue;
      this.sealed = true;
      break;
    }
    if (this.sealed || this.cut) this.#bytes.clear();
    return chunks;
  }

  /**
   * No more will come.
   *
   * @throws {FormatError} if there was no whole header
   */
  finish() {
    if (this.header === null) throw new FormatError("this is no recording: it ends before its header does", "none");
    if (!this.sealed) this.cut = true;
  }

  #readHeader() {
    const magic = this.#bytes.peek(Math.min(MAGIC.length, this.#bytes.length));
    if (!MAGIC.startsWith(String.fromCharCode(...magic)))
      throw new FormatError("this is no recording: it does not begin with TRPL", "none");
    if (this.#bytes.length < HEADER_HEAD) return false;
    const head = viewOf(this.#bytes.peek(HEADER_HEAD));
    const format = head.getUint16(4);
    if (format !== FORMAT)
      throw new FormatError(`this recording has format ${format}, and ${FORMAT} is known here: a newer client is needed`, "newer");
    const length = head.getUint32(8);
    if (length > HEADER_MAX) throw new FormatError(`this is no recording: a header of ${length} bytes`, "none");
    const whole = HEADER_HEAD + length + CRC_BYTES;
    if (this.#bytes.length < whole) return false;
    const bytes = this.#bytes.take(whole);
    const summed = bytes.subarray(0, whole - CRC_BYTES);
    if (crc32(summed) !== viewOf(bytes).getUint32(whole - CRC_BYTES))
      throw new FormatError("this recording cannot be read: its header is damaged", "none");
    this.header = decodeHeader(summed.subarray(HEADER_HEAD), head.getUint16(6));
    return true;
  }

  /** @returns {Chunk | null} null: it has not come as a whole, or it is not sound */
  #readChunk() {
    if (this.#bytes.length < CHUNK_HEAD) return null;
    const head = this.#bytes.peek(CHUNK_HEAD);
    const numbers = viewOf(head);
    const [type, codec] = head;
    const length = numbers.getUint32(4);
    const first = numbers.getUint32(8);
    const ticks = numbers.getUint32(12);
    const last = first + ticks - 1;
    const goesBack = ticks < 1 || last > TICK_MAX || first < (this.#firsts.get(type) ?? 0);
    this.cut = (codec !== PLAIN && codec !== ZLIB) || length > STORED_MAX || goesBack;
    if (this.cut || this.#bytes.length < CHUNK_HEAD + length) return null;
    const payload = this.#bytes.take(CHUNK_HEAD + length).subarray(CHUNK_HEAD);
    this.cut = crc32(payload, crc32(head.subarray(0, CHUNK_SUMMED))) !== numbers.getUint32(CHUNK_SUMMED);
    if (this.cut) return null;
    this.#firsts.set(type, first);
    return { type, codec, first, last, payload: READ.has(type) ? payload : payload.subarray(0, 0) };
  }
}

/**
 * @param {Chunk} chunk
 * @returns {Promise<Uint8Array>} its payload, unpacked
 * @throws {FormatError} if it cannot be, or is too large
 */
export async function unpack({ codec, payload }) {
  if (codec === PLAIN) return payload;
  const inflater = new DecompressionStream("deflate");
  const writer = inflater.writable.getWriter();
  // What goes wrong is told by the other end.
  writer.write(/** @type {Uint8Array<ArrayBuffer>} */ (payload)).catch(() => {});
  writer.close().catch(() => {});
  const reader = inflater.readable.getReader();
  const unpacked = new Waiting();
  try {
    for (let { value } = await reader.read(); value !== undefined; { value } = await reader.read()) {
      unpacked.add(value);
      if (unpacked.length <= UNPACKED_MAX) continue;
      await reader.cancel();
      break;
    }
  } catch (error) {
    const { message } = /** @type {Error} */ (error);
    throw new FormatError(`this recording is forged: a chunk cannot be unpacked (${message})`, "forged");
  }
  if (unpacked.length > UNPACKED_MAX)
    throw new FormatError(`this recording is forged: a chunk of more than ${UNPACKED_MAX} bytes`, "forged");
  return unpacked.take(unpacked.length);
}

/** Bytes that came in pieces and wait to be taken; they are put together only once. */
class Waiting {
  /** @type {Uint8Array[]} */
  #pieces = [];
  length = 0;

  /** @param {Uint8Array} bytes */
  add(bytes) {
    if (bytes.length === 0) return;
    this.#pieces.push(bytes);
    this.length += bytes.length;
  }

  clear() {
    this.#pieces.length = 0;
    this.length = 0;
  }

  /** @param {number} count  not above `length` @returns {Uint8Array} */
  peek(count) {
    if (count === 0) return new Uint8Array();
    if (this.#pieces[0].length < count) this.#pieces = [joined(this.#pieces, this.length)];
    return this.#pieces[0].subarray(0, count);
  }

  /** @param {number} count  not above `length` @returns {Uint8Array} a copy, which keeps nothing else in the memory */
  take(count) {
    const bytes = this.peek(count).slice();
    this.length -= count;
    if (count > 0) this.#pieces[0] = this.#pieces[0].subarray(count);
    if (this.#pieces[0]?.length === 0) this.#pieces.shift();
    return bytes;
  }
}

/** @param {readonly Uint8Array[]} pieces @param {number} length  of all together */
function joined(pieces, length) {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** @param {Uint8Array} bytes */
function viewOf(bytes) {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A recording out of a file: without any server. */

import { FormatError } from "../errors.js";
import { Feed } from "./feed.js";

/** @typedef {import("./recording.js").Recording} Recording */

/** So often the page gets its turn while a long file is read, and so much of it is read at once. */
const TURN_MS = 20;
const PIECE_BYTES = 256 * 2 ** 10;

/**
 * Reads a recording. It can be played as soon as the promise resolves, while the rest of it is still being read: `complete` says
 * when it is whole, and `cut` whether it ends as it should.
 *
 * @param {Blob} file  a File that was dropped into the page, say
 * @param {{onFailed?: (error: unknown) => void}} [options]  `onFailed`: the rest could not be read, as the file has gone
 * @returns {Promise<Recording>}  rejects FormatError: there is nothing to be played in it, and why
 */
export function openFile(file, { onFailed = () => {} } = {}) {
  return new Promise((resolve, reject) => {
    const feed = new Feed();
    read(file, feed, () => resolve(/** @type {Recording} */ (feed.recording))).catch((error) => {
      reject(error); // does nothing if it was resolved
      feed.recording?.end({ cut: true });
      onFailed(error);
    });
  });
}

/** @param {Blob} file @param {Feed} feed @param {() => void} playable */
async function read(file, feed, playable) {
  const reader = file.stream().getReader();
  let turnMs = performance.now();
  for (let { value } = await reader.read(); value !== undefined; { value } = await reader.read()) {
    for (let at = 0; at < value.length; at += PIECE_BYTES) {
      await feed.push(value.subarray(at, at + PIECE_BYTES));
      if (feed.last >= 0) playable();
      if (performance.now() - turnMs < TURN_MS) continue;
      await new Promise((resolve) => setTimeout(resolve, 0));
      turnMs = performance.now();
    }
  }
  feed.finish();
  if (feed.recording === null || feed.last < 0)
    throw new FormatError("there is nothing to look at in this recording: it was cut before the first picture", "empty");
  feed.recording.end({ cut: !feed.sealed });
  playable();
}

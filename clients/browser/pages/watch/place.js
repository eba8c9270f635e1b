/** What is to be watched: `/watch/?recording=NAME&t=SECONDS`, or `?room=ROOM`; without either: the list. Pure. */

import { codeOf, hashOf } from "../shared/rooms.js";
import { secondsTyped } from "./times.js";

/** @typedef {{recording: string | null, room: string | null, seconds: number | null, code: string | null}} Place  as in rooms.js */

const NAME = /^[A-Za-z0-9-]{1,120}\.trpl(\.part)?$/;
const ROOM = /^[a-z0-9]{1,32}$/;

/**
 * @param {string} search  the query of the page's address
 * @param {string} [hash]  its fragment
 * @returns {Place} what in it makes no sense is left out
 */
export function placeOf(search, hash = "") {
  const query = new URLSearchParams(search);
  const recording = query.get("recording") ?? "";
  const room = query.get("room") ?? "";
  return {
    recording: NAME.test(recording) ? recording : null,
    room: ROOM.test(room) ? room : null,
    seconds: secondsTyped(query.get("t") ?? ""),
    code: codeOf(hash),
  };
}

/** @param {Partial<Place>} place @returns {string} the address of the page that shows it, on this server */
export function addressOf({ recording = null, room = null, seconds = null, code = null }) {
  const query = new URLSearchParams();
  if (recording !== null) query.set("recording", recording);
  else if (room !== null) query.set("room", room);
  if (seconds !== null) query.set("t", String(Math.floor(seconds * 10) / 10));
  return `/watch/${query.size > 0 ? `?${query}` : ""}${hashOf(code)}`;
}

/** @param {Partial<Place>} place @returns {string} where its bytes are */
export function sourceOf({ recording = null, room = null, code = null }) {
  const path =
    recording !== null
      ? `/api/v1/recordings/${encodeURIComponent(recording)}`
      : `/api/v1/rooms/${encodeURIComponent(room ?? "")}/recording`;
  return code === null ? path : `${path}?code=${code}`;
}

/** Which recordings there are on this server. */

import { listedOf } from "../watch/listing.js";

/** Where the list is. */
export const RECORDINGS = "/api/v1/recordings";
/** Of the newest ones one is that of the room which has just ended, if it was recorded. */
const LOOKED_AT = 20;

/**
 * @param {string} room
 * @returns {Promise<string | null>} the name of its newest recording; null: there is none
 */
export async function newestOf(room) {
  try {
    const answer = await fetch(`${RECORDINGS}?most=${LOOKED_AT}`);
    if (!answer.ok) return null;
    return listedOf(await answer.json()).all.find((each) => each.room === room)?.name ?? null;
  } catch {
    return null; // the server has gone away, and whatever else can be done is offered
  }
}

/** Join tickets: where a client has one from that says no more than to which room it wants (docs/http.md, Joining). */

import { JoinRefused, LineLost } from "./errors.js";
import { Role } from "./wire.js";

/**
 * @typedef {object} Wish
 * @property {string} room
 * @property {string} game  its name
 * @property {number} [role]  see `Role`
 * @property {string | null} [code]  of a private room
 */

/** A server that has not answered by then is as good as none. */
const ANSWER_MS = 10_000;
/** What stands between us and a server that is away answers so. */
const FIRST_AWAY = 500;

/**
 * Asks the server of this page for a ticket: good for one HELLO, within a minute.
 *
 * @param {Wish} wish
 * @param {typeof globalThis.fetch} [fetch]
 * @returns {Promise<string>} rejects JoinRefused, and LineLost if the server is not there
 */
export async function requestTicket({ room, game, role = Role.PLAYER, code = null }, fetch = globalThis.fetch) {
  let response, answer;
  try {
    response = await fetch(`/api/v1/rooms/${encodeURIComponent(room)}/join`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ game, role: role === Role.SPECTATOR ? "spectator" : "player", ...(code === null ? {} : { code }) }),
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    answer = await response.text();
  } catch (error) {
    throw new LineLost(`the server does not answer: ${error instanceof Error ? error.message : String(error)}`);
  }
  const { ticket, error, reason } = read(answer);
  if (response.ok && typeof ticket === "string") return ticket;
  const { status } = response;
  const retryAfterMs = secondsOf(response.headers.get("Retry-After")) * 1000;
  const why = typeof error === "string" ? error : `the server has answered ${status}`;
  if (response.ok || (status >= FIRST_AWAY && !(retryAfterMs > 0))) throw new LineLost(why);
  throw new JoinRefused(why, {
    status,
    reason: typeof reason === "string" ? reason : "",
    retryAfterMs: retryAfterMs > 0 ? retryAfterMs : null,
  });
}

/** @param {string} answer @returns {Record<string, unknown>} nothing if it is no object: a proxy may have answered */
function read(answer) {
  try {
    const read = JSON.parse(answer);
    return typeof read === "object" && read !== null ? read : {};
  } catch {
    return {};
  }
}

/** @param {string | null} header @returns {number} NaN if it says no number of seconds */
function secondsOf(header) {
  return header !== null && /^[0-9]{1,6}$/.test(header) ? Number(header) : NaN;
}

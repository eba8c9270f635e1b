/** Where a room is. */

const ROOM_PATH = /^\/ws\/([a-z0-9]{1,32})\/?$/;

/**
 * @param {string} url  ws://HOST/ws/ROOM, wss://…, or /ws/ROOM on the server that the page came from
 * @param {string | undefined} [base]  the page's own address
 * @returns {{url: string, room: string}}
 * @throws {RangeError} that says what is wrong
 */
export function parseUrl(url, base = globalThis.location?.href) {
  let parsed;
  try {
    parsed = new URL(url, base);
  } catch {
    throw new RangeError(`${JSON.stringify(url)} is no address of a room: write ws://HOST/ws/ROOM, or /ws/ROOM in a page`);
  }
  if (parsed.protocol === "http:") parsed.protocol = "ws:";
  if (parsed.protocol === "https:") parsed.protocol = "wss:";
  const room = ROOM_PATH.exec(parsed.pathname)?.[1];
  if ((parsed.protocol !== "ws:" && parsed.protocol !== "wss:") || room === undefined || parsed.search !== "")
    throw new RangeError(`${JSON.stringify(url)} names no room: write ws://HOST/ws/ROOM (room: a-z and 0-9)`);
  return { url: `${parsed.protocol}//${parsed.host}/ws/${room}`, room };
}

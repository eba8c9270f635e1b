/** Which room an address means: the one that it names, or the best one that is open, or else a new one. */

import { LobbyLink } from "../shared/lobby_link.js";
import { bestRoom } from "../shared/rooms.js";

/** @typedef {import("../shared/rooms.js").Place} Place */
/** @typedef {Place & {room: string, game: string}} Found */

/** What is created where nothing is open and no game was named. */
const FIRST_GAME = "arena";

/**
 * @param {Place} place
 * @param {{not: string, name: string}} wish  `not`: a room that it shall not be; `name`: of whoever has a room created
 * @returns {Promise<Found | null>} null: there is no such room, or none at all; rejects ClientEnded if the lobby cannot be asked
 */
export async function findRoom({ room, game, watch, code }, { not, name }) {
  if (room !== null && game !== null) return { room, game, watch, code };
  const lobby = new LobbyLink({ name, looking: true });
  try {
    await lobby.open();
    await lobby.whenListed();
    const { offers, choices } = lobby;
    const found = room === null ? bestRoom(offers, { not, game }) : offers.find((offer) => offer.room === room);
    if (found) return { room: found.room, game: found.game, watch, code: null };
    if (room !== null) return null;
    const choice = choices.find((each) => each.game === (game ?? FIRST_GAME)) ?? (game === null ? choices[0] : undefined);
    return choice === undefined ? null : { ...(await createRoom(choice.game, name)), game: choice.game, watch };
  } finally {
    lobby.close();
  }
}

/** @param {string} game @param {string} name  of whoever has it created */
async function createRoom(game, name) {
  const lobby = new LobbyLink({ name }); // who only looks cannot have a room made
  try {
    await lobby.open();
    await lobby.whenListed();
    return await lobby.create({ game });
  } finally {
    lobby.close();
  }
}

/** The lines that tell what happened, for the page's feed. */

import { CAPTURED, DROPPED, RETURNED, TAKEN } from "./kinds.js";
import { WEAPON_PICTOGRAMS, pictogram } from "./pictograms.js";

/** @typedef {import("../pages/play/view.js").Description} Description */
/** @typedef {import("../pages/play/view.js").FeedPart} FeedPart */
/** @typedef {import("../pages/play/view.js").Host} Host */
/** @typedef {import("../pages/shared/texts.js").TextKey} TextKey */
/** @typedef {import("./palette.js").Colours} Colours */
/** @typedef {Readonly<Record<string, any>>} EventValues */
/** @typedef {{t: Host["texts"]["t"], colours: Colours, draw?: typeof pictogram}} World */

/** @type {readonly TextKey[]} */
const WEAPONS = Object.freeze(["arena.shell", "arena.spread", "arena.mine", "arena.rail"]);
/** @type {Readonly<Record<number, TextKey>>} */
const DEEDS = Object.freeze({
  [TAKEN]: "arena.flag.taken",
  [DROPPED]: "arena.flag.dropped",
  [RETURNED]: "arena.flag.returned",
  [CAPTURED]: "arena.flag.captured",
});

/** @param {number} weapon @returns {TextKey} */
export function weaponText(weapon) {
  return WEAPONS[weapon];
}

/**
 * @param {string} name  of an event
 * @param {EventValues} values
 * @param {World} world
 * @returns {FeedPart[] | null}  null: it is no news
 */
export function feedLine(name, values, { t, colours, draw = pictogram }) {
  if (name === "Killed") {
    const weapon = { drawing: draw(WEAPON_PICTOGRAMS[values.weapon]), label: t(weaponText(values.weapon)) };
    if (values.killer === 0 || values.killer === values.victim)
      return [{ drawing: draw("skull"), label: t("arena.destroyed") }, { player: values.victim }];
    return [{ player: values.killer }, weapon, { player: values.victim }];
  }
  if (name === "FlagMoved") {
    const label = t("arena.flag.of", { team: t(colours.teamText(values.team)) });
    const flag = { drawing: draw("flag", colours.team(values.team).light), label };
    if (values.player === 0) return [flag, t("arena.flag.home")];
    return [{ player: values.player }, flag, t(DEEDS[values.what])];
  }
  return null;
}

/**
 * A reliable event as a timeline tells of it.
 *
 * @param {string} name
 * @param {EventValues} values
 * @param {World} world
 * @returns {Description | null}
 */
export function describe(name, values, world) {
  if (name === "RoundStarted") return { sort: "round", player: 0, parts: [world.t("arena.round", { number: values.number })] };
  if (name === "RoundEnded") return { sort: "round", player: values.winner_player, parts: winnerOf(values, world) };
  const parts = feedLine(name, values, world);
  if (parts === null) return null;
  if (name === "Killed") return { sort: "kill", player: values.killer || values.victim, parts };
  return { sort: values.what === CAPTURED ? "score" : "event", player: values.player, parts };
}

/** @param {EventValues} values @param {World} world @returns {FeedPart[]} */
function winnerOf({ winner_team: team, winner_player: player }, { t, colours }) {
  if (player !== 0) return [`${t("arena.round.over")} `, { player }];
  return [t("arena.round.over"), ...(team === 0 ? [] : [` ${t("arena.wins", { name: t(colours.teamText(team)) })}`])];
}

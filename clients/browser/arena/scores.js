/** Who stands how: for the table of the page, the display's upper edge, and the end of a round. */

import { valuesOf } from "./kinds.js";

/** @typedef {import("./kinds.js").DriverValues} DriverValues */
/** @typedef {import("./kinds.js").MatchValues} MatchValues */
/** @typedef {import("./kinds.js").Picture} Picture */
/** @typedef {import("../pages/play/view.js").Scoreboard} Scoreboard */
/** @typedef {import("../pages/play/view.js").ScoreRow} ScoreRow */
/** @typedef {import("../pages/play/view.js").Host} Host */
/** @typedef {import("./palette.js").Colours} Colours */

/** @param {Picture} picture @returns {MatchValues | null}  null before there is any */
export function matchOf(picture) {
  const [match] = picture.all("Match");
  return match === undefined ? null : /** @type {MatchValues} */ (valuesOf(match));
}

/** @param {Picture} picture @returns {DriverValues[]} the best first; of equals he who died less, then who came first */
export function standings(picture) {
  return picture
    .all("Driver")
    .map((driver) => /** @type {DriverValues} */ (valuesOf(driver)))
    .sort(
      (one, other) =>
        other.score - one.score || other.kills - one.kills || one.deaths - other.deaths || one.owner - other.owner,
    );
}

/** @param {MatchValues} match @param {number} team @returns {number} its points */
export function teamScore(match, team) {
  return team === 1 ? match.team1_score : match.team2_score;
}

/**
 * @param {Picture} picture
 * @param {MatchValues} match
 * @param {Host["texts"]["t"]} t
 * @param {Colours} colours
 * @returns {Scoreboard}
 */
export function scoreboard(picture, match, t, colours) {
  const drivers = standings(picture);
  const columns = [t("arena.points"), t("arena.kills"), t("arena.deaths")];
  /** @param {DriverValues} driver @returns {ScoreRow} */
  const row = ({ owner, score, kills, deaths, connected }) => ({ player: owner, cells: [score, kills, deaths], out: !connected });
  if (match.mode === "all")
    return {
      title: t("arena.mode.all"),
      columns,
      groups: [{ title: null, colour: null, score: null, rows: drivers.map(row) }],
    };
  const groups = [1, 2].map((team) => ({
    title: t(colours.teamText(team)),
    colour: colours.team(team).fill,
    score: String(teamScore(match, team)),
    rows: drivers.filter((driver) => driver.team === team).map(row),
  }));
  groups.sort((one, other) => Number(other.score) - Number(one.score));
  return { title: t(match.mode === "flags" ? "arena.mode.flags" : "arena.mode.teams"), columns, groups };
}

/** Minutes and seconds. @param {number} seconds */
export function clock(seconds) {
  const whole = Math.max(0, Math.ceil(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

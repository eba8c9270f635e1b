/**
 * The colours by which players and teams are told apart, in lists and in the drawn world.
 *
 * "safe" is for the colour-blind: hues of Okabe and Ito, which stay apart for people who lack one kind of cone, and of different
 * lightness, so that they stay apart without any hue as well. All of them have a contrast of 3:1 or more on dark ground.
 */

/** @typedef {"standard" | "safe"} PaletteName */

/** By the team's number minus one. */
const TEAMS = Object.freeze({
  standard: Object.freeze(["#ff6257", "#4aa5ff", "#5fd068", "#f0c33c"]),
  safe: Object.freeze(["#e69f00", "#56b4e9", "#f0e442", "#cc79a7"]),
});
/** In the order of the players' numbers. */
const PLAYERS = Object.freeze({
  standard: Object.freeze(
    (
      "#ffb733 #4aa5ff #ff6257 #5fd068 #c98bff #35d0c5 #ff8ac2 #c6d64a " +
      "#ff9463 #8fb4ff #e0b084 #7be0a4 #f06bd8 #9fd3ea #d8cf8a #b9a6d9"
    ).split(" "),
  ),
  safe: Object.freeze("#e69f00 #56b4e9 #f0e442 #cc79a7 #009e73 #d55e00 #ffffff #8c9cff".split(" ")),
});
/** What belongs to nobody. */
const NOBODY = "#b8c0cc";

/**
 * @param {number} team  1 or more; 0: none
 * @param {PaletteName} palette
 * @returns {string} a colour of CSS
 */
export function teamColour(team, palette) {
  const colours = TEAMS[palette];
  return team > 0 ? colours[(team - 1) % colours.length] : NOBODY;
}

/**
 * @param {number} player  his number; 0: nobody
 * @param {PaletteName} palette
 * @returns {string} a colour of CSS
 */
export function playerColour(player, palette) {
  const colours = PLAYERS[palette];
  return player > 0 ? colours[(player - 1) % colours.length] : NOBODY;
}

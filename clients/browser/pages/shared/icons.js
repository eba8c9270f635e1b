/** The drawings on buttons: lines on a field of 24 by 24, as SVG paths. */

export const ICONS = Object.freeze({
  menu: "M4 7h16M4 12h16M4 17h16",
  scores: "M4 20V12h4v8M10 20V5h4v15M16 20V9h4v11",
  chat: "M4 5h16v11H11l-4 4v-4H4z",
  sound: "M4 10v4h4l5 4V6l-5 4zM16 9a4 4 0 0 1 0 6M18.500 6.500a8 8 0 0 1 0 11",
  silence: "M4 10v4h4l5 4V6l-5 4zM16.500 9.500l5 5M21.500 9.500l-5 5",
  settings: "M4 7h9M17 7h3M13 4.500v5M4 17h3M11 17h9M7 14.500v5",
  full: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  face: "M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18M8.500 9.500v1.500M15.500 9.500v1.500M8 14.500c2 3 6 3 8 0",
  link: "M10 14l4-4M8.500 12.500L6 15a3.200 3.200 0 0 0 4.500 4.500L13 17M15.500 11.500L18 9a3.200 3.200 0 0 0-4.500-4.500L11 7",
  eye: "M2.500 12C6 6 18 6 21.500 12C18 18 6 18 2.500 12M12 9.500a2.500 2.500 0 1 0 0 5a2.500 2.500 0 1 0 0-5",
  play: "M7 4.500l12 7.500l-12 7.500z",
  help: "M8.500 9a3.500 3.500 0 1 1 5 3.200c-1.200 .6-1.500 1.300-1.500 2.800M12 18.500v.5",
  pause: "M8 5v14M16 5v14",
  stepBack: "M16 5l-8 7l8 7zM5 5v14",
  stepOn: "M8 5l8 7l-8 7zM19 5v14",
  leapBack: "M11 6l-7 6l7 6zM20 6l-7 6l7 6z",
  leapOn: "M4 6l7 6l-7 6zM13 6l7 6l-7 6z",
  download: "M12 4v11M7 10.500l5 5l5-5M5 20h14",
  file: "M3 6h6l2 3h10v10H3z",
  list: "M9 6h11M9 12h11M9 18h11M4 6h1M4 12h1M4 18h1",
  film: "M4 5h16v14H4zM8 5v14M16 5v14M4 9.500h4M4 14.500h4M16 9.500h4M16 14.500h4M8 12h8",
  live: "M12 9a3 3 0 1 0 0 6a3 3 0 1 0 0-6M6.500 6.500a8 8 0 0 0 0 11M17.500 6.500a8 8 0 0 1 0 11",
  back: "M20 12H5M11 6l-6 6l6 6",
  plus: "M12 5v14M5 12h14",
  close: "M6 6l12 12M18 6L6 18",
  arena: "M6 8v12h10V8zM9 11h4v5H9zM11 11V3M3.500 8v12M18.500 8v12",
  pong: "M5 6v8M19 10v8M12 11.500v1M12 4v2M12 18v2",
  fleet: "M3 14h18l-3 6H6zM7 14V9h8l2 5M11 9V4",
  game: "M7 8h10a4 4 0 0 1 4 4v2a3 3 0 0 1-5.500 1.700H8.500A3 3 0 0 1 3 14v-2a4 4 0 0 1 4-4M8 10.500v3M6.500 12h3M16 12h.5",
});
/** Games that have a drawing of their own. */
const GAMES = Object.freeze(["arena", "pong", "fleet"]);

/** @param {string} game @returns {string} the path of its drawing */
export function gameIcon(game) {
  return GAMES.includes(game) ? ICONS[/** @type {"arena"} */ (game)] : ICONS.game;
}

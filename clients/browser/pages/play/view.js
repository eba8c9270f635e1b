/**
 * What the page asks of whoever draws a game, and what it gives him. A module that exports `createView` is a game's view: the
 * arena's is `/client/arena/index.js`; any other game is drawn by `generic/index.js`, from its schema alone.
 *
 * A view has the whole canvas, and `hud` above it. The page itself uses the top right corner (buttons, and the feed below them),
 * the lower left one (chat), the upper left one while the net graph is shown, and the middle of the upper edge for warnings; the
 * variables --shell-top, --shell-left and --shell-bottom of style.css say how much. A world that begins anew gets a new view.
 */

/** @typedef {import("../../src/client.js").Client} Client */
/** @typedef {import("../shared/settings.js").Settings} Settings */
/** @typedef {import("../shared/texts.js").TextKey} TextKey */
/** @typedef {import("../shared/texts.js").TextValues} TextValues */

/** @typedef {{viewTick: number, inputTick: number}} Frame  what `client.frame` returned: fractional ticks */
/**
 * A part of a line in the feed: a text, a person, or a drawing with the word for it.
 *
 * @typedef {string | {player: number} | {drawing: Element, label: string}} FeedPart
 */
/**
 * Something that a key does, for the settings and the help.
 *
 * @typedef {object} Action
 * @property {string} name  under which the settings keep its keys; begins with the game's name and a dot
 * @property {TextKey} [text]  what it does, as a key of the texts
 * @property {string} [words]  what it does in words, where a game that nobody knew in advance has its own
 * @property {readonly string[]} keys  `KeyboardEvent.code`s that it has if nothing else was chosen
 * @property {string} [pad]  the button of a gamepad, for the help
 */
/** @typedef {{player: number, cells: readonly (string | number)[], out?: boolean}} ScoreRow  `out`: not in the game just now */
/**
 * A team, or all.
 *
 * @typedef {{title: string | null, colour: string | null, score: string | null, rows: readonly ScoreRow[]}} ScoreGroup
 */
/**
 * The name stands before the columns.
 *
 * @typedef {{title: string, columns: readonly string[], groups: readonly ScoreGroup[]}} Scoreboard
 */
/** @typedef {{compared: number, mispredicted: number, replayed: number}} PredictionStats  in ticks */

/**
 * @typedef {object} Host
 * @property {Client} client
 * @property {HTMLCanvasElement} canvas  behind everything
 * @property {HTMLElement} hud  the game's own, above the canvas; clicks go through it unless an element in it says otherwise
 * @property {boolean} spectating
 * @property {Settings} settings
 * @property {{t: (key: TextKey, values?: TextValues) => string}} texts
 * @property {(parts: readonly FeedPart[]) => void} announce  a line in the feed
 * @property {(player: number) => string} playerName  also of somebody who has just left
 * @property {(player: number) => string} colourOf  a colour of CSS
 * @property {() => boolean} motionReduced  what the setting, or else the system, says
 * @property {() => boolean} listening  keys and clicks are the game's: nobody writes, no dialog is open, the page is in front
 */
/**
 * @typedef {object} GameView
 * @property {readonly Action[]} actions
 * @property {(tick: number) => Record<string, number> | null} sample  wire integers by the input's names; null: none
 * @property {(nowMs: number, frame: Frame) => void} draw  once per animation frame
 * @property {(width: number, height: number, pixelRatio: number) => void} resize  in pixels of CSS; the canvas has its size already
 * @property {() => Scoreboard} [scoreboard]
 * @property {(player: number) => void} [follow]  for who watches: look at this player
 * @property {() => number} [following]  at whom he looks; 0: nobody
 * @property {() => PredictionStats} [prediction]
 * @property {() => void} dispose  takes everything back: listeners, elements, sounds
 */
/** @typedef {(host: Host) => GameView | Promise<GameView>} CreateView */

export {};

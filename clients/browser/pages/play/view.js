/**
 * What the page asks of whoever draws a game, and what it gives him. A module that exports `createView` is a game's view (views.js):
 * the arena's is `/client/arena/index.js`; any other game is drawn by `generic/index.js`, from its schema alone.
 *
 * A view has the whole canvas, and `hud` above it. The page itself uses the top right corner (buttons, and the feed below them),
 * the lower left one (chat), the upper left one while the net graph is shown, and the middle of the upper edge for warnings; the
 * variables --shell-top, --shell-left and --shell-bottom of style.css say how much. A world that begins anew gets a new view.
 */

/** @typedef {import("../../src/client.js").Client} Client */
/** @typedef {import("../../src/schema.js").Values} Values */
/** @typedef {import("../shared/settings.js").Settings} Settings */
/** @typedef {import("../shared/texts.js").TextKey} TextKey */
/** @typedef {import("../shared/texts.js").TextValues} TextValues */

/**
 * The room as a view knows it: a `Client` is one, and so is a recording that is played (pages/watch/).
 *
 * @typedef {Pick<Client, "player" | "tickRate" | "schema" | "options" | "map" | "world" | "picture" | "on" | "call">} Room
 */
/**
 * What `client.frame` returned: fractional ticks.
 *
 * @typedef {object} Frame
 * @property {number} viewTick
 * @property {number} inputTick
 * @property {number} [sceneMs]  the time in which smoke drifts and flashes fade, if that is not the page's: it stands while a
 *   recording is paused
 */
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
/**
 * A moment, to be drawn small.
 *
 * @typedef {object} Sketch
 * @property {World} world
 * @property {number} tick
 * @property {number} player  who should be seen in it; 0: nobody in particular
 */
/** @typedef {Pick<import("../../src/replica.js").World, "all" | "get">} World */
/**
 * What an event means to people.
 *
 * @typedef {object} Description
 * @property {"kill" | "score" | "round" | "event"} sort
 * @property {readonly FeedPart[]} parts
 * @property {number} player  whom one should look at then; 0: nobody in particular
 */
/** @typedef {{compared: number, mispredicted: number, replayed: number}} PredictionStats  in ticks */

/**
 * @typedef {object} Host
 * @property {Room} client
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
 * @property {(player: number) => void} [follow]  for who watches: look at this player; 0: at nobody, he looks round by himself
 * @property {() => number} [following]  at whom he looks; 0: nobody
 * @property {() => PredictionStats} [prediction]
 * @property {() => void} [jumped]  the picture is at quite another time now: what still hangs in the air is gone
 * @property {(name: string, values: Values) => Description | null} [describe]  what a reliable event means; null: it is no news
 * @property {(canvas: HTMLCanvasElement, sketch: Sketch) => void} [sketch]  draws a world small, once
 * @property {() => void} dispose  takes everything back: listeners, elements, sounds
 */
/** @typedef {(host: Host) => GameView | Promise<GameView>} CreateView */

export {};

/**
 * Every word that the pages and the games' views show, by key, so that there is one place to change or translate them.
 *
 * `{name}` stands for a value. A text that depends on a number has two forms, chosen by the value `count`. What the server and the
 * players say comes in their own words. `node --test` finds keys that are missing or not used any more.
 */

/** @typedef {Readonly<Record<string, string | number>>} TextValues */
/** @typedef {{readonly one: string, readonly other: string}} Forms */

const TEXTS = Object.freeze({
  // -- everywhere -------------------------------------------------------------------------------------------------------------
  close: "Close",
  settings: "Settings",
  copied: "Copied",
  "copy.by.hand": "Copy it by hand:",
  nobody: "Nobody",
  somebody: "Player {number}",
  you: "you",
  bot: "bot",
  host: "host",
  "brand.first": "Game",
  "brand.second": "server",

  // -- names and lines --------------------------------------------------------------------------------------------------------
  "name.empty": "A name has at least one letter.",
  "name.long": "A name has at most {most} characters.",
  "name.invisible": "There is something in it that cannot be seen: type it by hand.",

  // -- settings ---------------------------------------------------------------------------------------------------------------
  "settings.you": "You",
  "settings.name": "Name",
  "settings.palette": "Colours of players",
  "settings.standard": "Standard",
  "settings.safe": "For the colour-blind",
  "settings.look": "Look",
  "settings.theme": "Theme",
  "settings.auto": "As the system",
  "settings.light": "Light",
  "settings.dark": "Dark",
  "settings.motion": "Reduced motion",
  "settings.on": "On",
  "settings.off": "Off",
  "settings.sound": "Sound",
  "settings.muted": "Mute",
  "settings.volume": "Volume",
  "settings.controls": "Controls",
  "settings.touch": "Touch controls",
  "settings.line": "Connection",
  "settings.netgraph": "Show the net graph",
  "data.used": "Data used: {total} ({rate} a minute)",

  // -- keys -------------------------------------------------------------------------------------------------------------------
  "keys.none": "none",
  "keys.press": "Press a key …",
  "keys.change": "{action}: {keys}. Press to choose another key",
  "keys.taken": "{key} was taken from: {action}",
  "keys.reset": "All keys as they were",
  "keys.chat": "Chat",
  "keys.scores": "Scores, while held",
  "keys.emotes": "Say something quick",
  "keys.mute": "Sound off and on",
  "keys.netgraph": "Net graph",
  "keys.help": "Help",
  "keys.menu": "Menu",
  "key.space": "Space",
  "key.click": "Click",

  // -- lobby ------------------------------------------------------------------------------------------------------------------
  "lobby.headline": "Get in. Play.",
  "lobby.lead": "No download, no account. Pick a name and drive.",
  "lobby.play": "Quick play",
  "lobby.rooms": "Rooms",
  "lobby.create": "Create a room",
  "lobby.join": "Join by link",
  "lobby.recordings": "Recordings",
  "lobby.online": { one: "{count} person online", other: "{count} people online" },
  "lobby.connecting": "Looking for rooms …",
  "lobby.empty": "No room is open just now.",
  "lobby.empty.create": "No room is open just now. Create the first one.",
  "lobby.lost": "The connection is lost. Trying again …",
  "lobby.ended": "The list of rooms is not live any more: {why}",
  "lobby.draining": {
    one: "The server restarts within {count} second. Nobody new is let in until then; this page comes back by itself.",
    other: "The server restarts within {count} seconds. Nobody new is let in until then; this page comes back by itself.",
  },
  "lobby.restarting": "The server restarts. This page comes back by itself.",
  "lobby.again": "Connect again",
  "lobby.full": "The lobby is full: you see the rooms, but cannot chat or create one.",
  "room.people": { one: "{count} person", other: "{count} people" },
  "room.bots": { one: "{count} bot", other: "{count} bots" },
  "room.watching": { one: "{count} watching", other: "{count} watching" },
  "room.seats": "{taken} of {most}",
  "room.full": "Full",
  "room.waits": "Waiting for players",
  "room.play": "Play",
  "room.watch": "Watch",
  "room.replay": "From the start",
  "room.replay.of": "Watch the match in {room} from its start",
  "room.link": "Copy the link",
  "room.play.in": "Play in {room}",
  "room.watch.in": "Watch {room}",
  "room.link.of": "Copy the link to {room}",
  "mode.map": "as the map has it",
  "mode.all": "free-for-all",
  "mode.teams": "teams",
  "mode.flags": "flags",
  "create.title": "Create a room",
  "create.game": "Game",
  "create.map": "Map",
  "create.options": "Options",
  "create.private": "Private",
  "create.private.text": "A private room is in no list: only who has its link comes in.",
  "create.go": "Create and join",
  "create.working": "Creating …",
  "create.much": "These are too many options at once: leave some as they are.",
  "join.title": "Join by link",
  "join.lead": "Paste a link that you were sent, or type a room's name.",
  "join.field": "Link or name",
  "join.wrong": "This is neither a link to a room nor the name of one.",
  "join.go": "Join",

  // -- chat -------------------------------------------------------------------------------------------------------------------
  chat: "Chat",
  "chat.lobby": "Say hello",
  "chat.placeholder": "Say something",
  "chat.all": "To all",
  "chat.team": "To the team",
  "chat.switch": "To whom: {whom}. Tab changes it",
  "chat.mark": "team",
  "chat.long": "A line has at most {most} characters.",
  "chat.refused": "Not said: {why}",
  "chat.send": "Send",
  "chat.unread": { one: "Chat, {count} new line", other: "Chat, {count} new lines" },
  "chat.empty": "Nobody has said anything yet.",
  "chat.watching": "Who watches can only listen.",

  // -- quick words: which one an emote's number means -------------------------------------------------------------------------
  "emote.title": "Say something quick",
  "emote.0": "Hello!",
  "emote.1": "Thanks!",
  "emote.2": "Well played!",
  "emote.3": "Nice shot!",
  "emote.4": "Yes",
  "emote.5": "No",
  "emote.6": "Sorry",
  "emote.7": "Oops!",
  "emote.8": "Attack!",
  "emote.9": "Defend!",
  "emote.10": "Follow me",
  "emote.11": "Wait",
  "emote.12": "Help!",
  "emote.13": "Ha!",
  "emote.14": "Wow!",
  "emote.15": "Goodbye",

  // -- play -------------------------------------------------------------------------------------------------------------------
  "play.world": "The game",
  "play.menu": "Menu",
  "play.resume": "Go on",
  "play.leave": "Leave the room",
  "play.replay": "Watch from the start",
  "play.fullscreen": "Full screen",
  "play.sound": "Sound on",
  "play.silence": "Sound off",
  "play.link": "Invite: copy the link",
  "play.trouble": "Connection problem",
  "play.draining": {
    one: "The server restarts in {count} second: finish your round.",
    other: "The server restarts in {count} seconds: finish your round.",
  },
  "play.draining.soon": "The server restarts soon: finish your round.",
  "play.private": "This room is private: only who has its link comes in. You find it in the menu.",
  "play.away": "You were away for {time}.",
  "play.back": "Connected again: you have your seat, and nothing is lost.",
  "play.anew": "Your seat was given away meanwhile: you have joined anew.",
  "feed.joined": "{player} joined",
  "feed.left": "{player} left",
  "feed.won": "{players}: match won",
  "feed.drawn": "The match is over, without a winner",
  "scores.title": "Scores",
  "scores.player": "Player",
  "scores.team": "Team {number}",
  "scores.away": "away",
  "scores.mute": "Mute",
  "scores.unmute": "Hear again",
  "scores.silence": "Silence",
  "scores.unsilence": "Let speak",
  "scores.report": "Report",
  "scores.more": "More",
  "scores.follow": "Follow",
  "scores.mute.of": "Mute {name}",
  "scores.unmute.of": "Hear {name} again",
  "scores.report.of": "Report {name}",
  "scores.more.of": "More about {name}: report, silence, send away",
  "scores.follow.of": "Follow {name}",
  "order.refused": "Not done: {why}",
  "order.expel": "Send away",
  "order.expel.of": "Send {name} away?",
  "order.expel.text": "{name} leaves the room at once, and others see it.",
  "order.expel.bar": "Keep out for five minutes",
  "order.expel.done": "{name} was sent away.",
  "order.cancel": "Cancel",
  "report.reason": "Why",
  "report.words": "In your words (optional)",
  "report.text":
    "Who runs this server gets it, with this second of the recording if the match is recorded. {name} is not told. Muting helps at once.",
  "report.go": "Report",
  "report.done": "Reported. Thank you.",
  "report.0": "Something else",
  "report.1": "Cheating",
  "report.2": "Insults",
  "report.3": "An offensive name",
  "report.4": "Spam",
  "report.5": "Spoils the match on purpose",
  "report.6": "Does nothing",
  "report.7": "Uses a fault of the game",
  "watch.label": "You are watching",
  "watch.following": "You follow {player}",
  "watch.previous": "Previous player",
  "watch.next": "Next player",
  "watch.join": "Join the game",
  "watch.full": "No seat is free",

  // -- recordings: the watch page ---------------------------------------------------------------------------------------------
  "watch.title": "Recordings",
  "watch.document": "Recordings – Gameserver",
  "watch.document.of": "{game} in {room} – Gameserver",
  "watch.lead": "Every match is recorded. Watch one again, from any side, at any speed.",
  "watch.lobby": "To the lobby",
  "watch.all": "All recordings",
  "watch.open": "Open a file",
  "watch.open.hint": "Or drop a recording (.trpl) anywhere on this page. It is read here and sent nowhere.",
  "watch.drop": "Drop it: the recording plays here, and is sent nowhere",
  "watch.search": "Game, room, map or player",
  "watch.list.none": "Nothing has been recorded yet.",
  "watch.list.nothing": "No recording fits.",
  "watch.list.loading": "Looking for recordings …",
  "watch.list.more": "Show more",
  "watch.list.off": "This server keeps no recordings. You can open a file that you have.",
  "watch.list.away": "The server does not answer. You can open a file that you have.",
  "watch.list.live": "Live",
  "watch.list.watch": "Watch",
  "watch.list.of": "Watch {game} in {room}, {when}",
  "watch.list.cut": "not ended cleanly",
  "watch.list.more.people": { one: "{players} and {count} other", other: "{players} and {count} others" },
  "watch.view": "The match",
  "watch.deck": "Playback",
  "watch.timeline": "Where in the match",
  "watch.time": "{time} of {total}",
  "watch.of": " / {total}",
  "watch.play": "Play",
  "watch.pause": "Pause",
  "watch.again": "From the beginning",
  "watch.step.back": "A tick back",
  "watch.step.on": "A tick on",
  "watch.leap.back": "5 seconds back",
  "watch.leap.on": "5 seconds on",
  "watch.rate": "Speed",
  "watch.times": "{rate}×",
  "watch.slower": "Slower",
  "watch.faster": "Faster",
  "watch.follow": "Follow",
  "watch.free": "Nobody",
  "watch.see": "See",
  "watch.see.all": "Everything",
  "watch.see.public": "What all saw",
  "watch.see.of": "What {name} saw",
  "watch.events": "What happened",
  "watch.events.none": "Nothing that is shown here.",
  "watch.filter.kills": "Kills ({count})",
  "watch.filter.scores": "Points ({count})",
  "watch.filter.rounds": "Rounds ({count})",
  "watch.filter.people": "Comings and goings ({count})",
  "watch.filter.others": "Other events ({count})",
  "watch.mark.over": "The match is over",
  "watch.mark.fault": "The game failed here",
  "watch.mark.gap": "Not recorded: the disk was too slow",
  "watch.link": "Copy a link to this moment",
  "watch.linked": "Link to {time} copied",
  "watch.file.linked": "This file is on your computer only: there is no link to it.",
  "watch.download": "Download the recording",
  "watch.live": "Live",
  "watch.live.delayed": "Live, {seconds} s ago",
  "watch.live.is": "You see it a little later than it happens, so that nobody can be told where the others are",
  "watch.live.back": "Back to live, {time} behind",
  "watch.live.go": "Go to where it is live",
  "watch.ended": "The match is over: you can go back to any moment.",
  "watch.room.on": "Go on in the room",
  "watch.cut": "This recording was cut off: it plays up to {time}.",
  "watch.forged": "From {time} on this recording cannot be read: it was changed, or is damaged.",
  "watch.loading": "Loading",
  "watch.loading.of": "{name}: {size} so far",
  "watch.waiting": "Loading …",
  "watch.lost": "Connection lost: trying again. What is here can be watched meanwhile.",
  "watch.none": "There is no such recording",
  "watch.none.text": "{name} is not on this server any more, or never was. The oldest recordings are removed when space is needed.",
  "watch.none.room": "{room} cannot be watched this way",
  "watch.none.room.text": "There is no such room, or it is not being recorded. Perhaps you can watch it as a spectator.",
  "watch.notone": "This is no recording",
  "watch.notone.text": "{name} cannot be read. A recording's name ends in .trpl, or in .trpl.part while it grows.",
  "watch.newer": "This recording is too new",
  "watch.newer.text": "A newer gameserver has written it, in a format that is not known here. Play it on the page of a newer server.",
  "watch.bad": "This recording cannot be played",
  "watch.bad.text": "It was changed, or is damaged. What is known:",
  "watch.private.text": "Only who has the room's link can watch it. What the server says:",
  "watch.gone": "The server does not answer",
  "watch.gone.text": "It may be restarting, or your connection is down.",
  "watch.busy": "Too many are watching just now",
  "watch.busy.text": "The server sends recordings to only so many at once. Try again in a moment.",
  "watch.empty": "There is nothing to see in it",
  "watch.empty.text": "The recording ends before its first picture: it was cut off too early.",
  "do.list": "All recordings",
  "do.open": "Open a file",
  "do.spectate": "Watch as a spectator",
  "size.bytes": "{value} B",
  "size.kilobytes": "{value} kB",
  "size.megabytes": "{value} MB",
  "keys.play": "Play, pause",
  "keys.start": "To the beginning",
  "keys.end": "To the end",

  "help.title": "Help",
  "help.pad": "gamepad: {button}",
  "help.change": "Change the keys in the settings.",

  // -- when the line breaks, or the match ends: a title, what it means, what can be done --------------------------------------
  "over.connecting": "Connecting",
  "over.connecting.text": "Taking a seat in {room} …",
  "over.finding": "Quick play",
  "over.finding.text": "Looking for the best room …",
  "over.lost": "Connection lost",
  "over.lost.text": "For {time}. Your seat is kept for half a minute; we keep trying.",
  "over.lost.late": "For {time}. Your seat may be given away by now; we keep trying.",
  "over.gone": "The server does not answer",
  "over.gone.text": "It may be restarting, or your connection is down. What we know: {why}",
  "over.faulted": "This room has failed",
  "over.faulted.text": "An error in the game ended it; the other rooms go on. Who runs the server finds it under this number:",
  "over.faulted.plain": "An error in the game ended it; the other rooms go on.",
  "over.kicked": "You were sent away",
  "over.moved": "The room has moved",
  "over.moved.text": "The match goes on in another place.",
  "over.update": "An update is needed",
  "over.update.text": "The server plays {version} now. Load the page again.",
  "over.update.plain": "The server speaks another version now. Load the page again.",
  "over.full": "No seat is free",
  "over.full.text": "You can watch until somebody leaves, or play somewhere else.",
  "over.full.watch": "Too many are watching already.",
  "over.refused": "You cannot come in",
  "over.private": "This room is private",
  "over.private.text": "Only who has its link comes in, or who knows its code.",
  "over.private.not": "The code does not open it. What the server says: {why}.",
  "code.field": "Code of the room",
  "code.wrong": "A code is letters, without spaces.",
  "over.invited": "You come in another way",
  "over.invited.text": "To this server one comes over its host's own site. Go there to play.",
  "over.busy": "Many want to come in just now",
  "over.busy.text": "Next try in {time}.",
  "over.busy.late": "Try it again in a moment.",
  "over.match": "The match is over",
  "over.match.text": "The room is closed after it.",
  "over.match.won": "Won by {players}.",
  "over.closed": "The room is closed",
  "over.closed.text": "What the server says: {why}.",
  "over.closed.waiting": "The server is away, probably to restart. As soon as it is there again, so are you.",
  "over.restarting": "The server restarts",
  "over.restarting.text": "As soon as it is there again, so are you.",
  "over.restarting.in": "As soon as it is there again, so are you. Next try in {time}.",
  "over.restarting.late": "It has not come back in time. As soon as it is there again, so are you.",
  "over.slow": "The connection is too slow",
  "over.slow.text": "More came than your connection takes. Close what else uses it, or come nearer to the access point.",
  "over.idle": "You were away too long",
  "over.idle.text": "Nothing was heard of you, so your seat was given away.",
  "over.session": "Your seat is gone",
  "over.session.text": "It was kept for half a minute. You can join anew.",
  "over.replaced": "You play in another tab",
  "over.replaced.text": "Your seat was taken over there. You can take it back.",
  "over.none": "No room is open",
  "over.none.text": "There is nowhere to play just now, and this server lets nobody create rooms.",
  "over.unknown": "There is no room {room}",
  "over.unknown.text": "It has closed, or the link is wrong.",
  "over.broken": "This page has failed",
  "over.broken.text": "Loading it again usually helps. What is known:",
  "over.other": "The connection has ended",
  "over.other.text": "The server has ended it.",
  "do.try": "Try now",
  "do.again": "Try again",
  "do.join": "Join again",
  "do.lobby": "To the lobby",
  "do.watch": "Watch",
  "do.other": "Another room",
  "do.reload": "Load again",
  "do.follow": "Follow it",
  "do.here": "Play here",
  "do.copy": "Copy the number",
  "do.replay": "Watch the match again",
  "do.quick": "Quick play",

  // -- the net graph ----------------------------------------------------------------------------------------------------------
  "net.title": "Connection",
  "net.ping": "Ping",
  "net.margin": "Input margin",
  "net.low": "low {value}",
  "net.jitter": "± {value}",
  "net.snapshot": "Snapshots",
  "net.delay": "View delay",
  "net.wrong": "Mispredicted",
  "net.stalls": "Stalls",
  "net.starved": "Starved frames",
  "net.late": "Late inputs",
  "net.frames": "Frames",
  "net.data": "Data",
  "net.none": "–",
  "net.ms": "{value} ms",
  "net.bytes": "{value} B",
  "net.kilobytes": "{value} KB",
  "net.megabytes": "{value} MB",
  "net.rate": "{size}, {rate}/s",
  "net.fps": "{fps}/s, {ms} ms each",
  "net.share": "{share} % of {count}",
  "net.updown": "↓ {down} ↑ {up}, {rate}/min",
  "net.graph": "Size of the last snapshots, and by how much inputs came in time",
  "net.receipt": "The last input took {total} ms",
  "net.uplink": "way there",
  "net.wait": "waiting for its tick",
  "net.tick": "in the tick",
  "net.downlink": "way back",
  "net.lag": "Try a worse line",
  "net.lag.delay": "Delay",
  "net.lag.jitter": "Jitter",
  "net.lag.stalls": "Stalls",
  "net.lag.every": { one: "{length} ms every second", other: "{length} ms every {count} s" },
  "net.lag.off": "off",

  // -- a game that is drawn from its schema -----------------------------------------------------------------------------------
  "generic.calls": "What you can do",
  "generic.done": "{call}: {result}",
  "generic.refused": "{call}: {why}",
  "generic.numbers": "numbers, by commas",
  "generic.yours": "Yours",
  "generic.others": "Of {name}",
  "generic.ready": "done",
  "generic.yes": "yes",
  "generic.no": "no",

  // -- the arena --------------------------------------------------------------------------------------------------------------
  "action.up": "Up",
  "action.left": "Left",
  "action.down": "Down",
  "action.right": "Right",
  "arena.do.fire": "Fire",
  "arena.do.next": "Next weapon",
  "arena.do.previous": "Previous weapon",
  "arena.do.respawn": "Come back, be ready",
  "arena.do.follow.next": "Follow the next player",
  "arena.do.follow.previous": "Follow the previous player",
  "arena.do.nearer": "Nearer",
  "arena.do.farther": "Farther away",
  "arena.shell": "Shell",
  "arena.spread": "Spread",
  "arena.mine": "Mine",
  "arena.rail": "Rail",
  "arena.red": "Red",
  "arena.blue": "Blue",
  "arena.orange": "Orange",
  "arena.mode.all": "Each against all",
  "arena.mode.teams": "Team against team",
  "arena.mode.flags": "Capture the flag",
  "arena.player": "Player",
  "arena.points": "Points",
  "arena.kills": "Kills",
  "arena.deaths": "Deaths",
  "arena.limit": "to {limit}",
  "arena.warmup": "Warm-up",
  "arena.over": "Round over",
  "arena.waiting": "Waiting for players",
  "arena.alone": "A round needs two. You can drive about meanwhile.",
  "arena.ready.count": "{ready} of {people} ready",
  "arena.ready.now": "Ready",
  "arena.ready.not": "Not ready after all",
  "arena.begins": "Get ready",
  "arena.go": "Go!",
  "arena.round": "Round {number}",
  "arena.round.over": "Round over:",
  "arena.next": "Next round in {seconds}",
  "arena.wins": "{name} wins",
  "arena.you.win": "You win!",
  "arena.draw": "A draw",
  "arena.destroyed": "Destroyed",
  "arena.destroyed.by": "Destroyed by {name} ({weapon})",
  "arena.back": "Back in {seconds} s",
  "arena.respawn.now": "Come back now",
  "arena.you.destroyed": "You destroyed {name}",
  "arena.you.carry": "You have the flag: bring it home",
  "arena.got.health": "Health",
  "arena.got.ammo": "Ammunition",
  "arena.got.speed": "Faster for a while",
  "arena.scores": "{name} scores",
  "arena.flag.of": "{team} flag",
  "arena.flag.taken": "taken",
  "arena.flag.dropped": "lost",
  "arena.flag.returned": "brought back",
  "arena.flag.captured": "captured",
  "arena.flag.home": "is home again",
  "arena.flag.stolen": "Your flag was taken",
  "arena.flag.safe": "Your flag is home again",
  "arena.flag.lies": "Your flag lies about",
  "arena.flag.is.home": "at home",
  "arena.flag.is.taken": "taken",
  "arena.flag.is.dropped": "lies about",

  // -- times ------------------------------------------------------------------------------------------------------------------
  "time.seconds": { one: "{count} second", other: "{count} seconds" },
  "time.minutes": { one: "{count} minute", other: "{count} minutes" },
});

/** @typedef {keyof typeof TEXTS} TextKey */

/** Which form goes with a number, in the language of the texts. */
const PLURAL = new Intl.PluralRules("en");
/** In the language of the texts, with the clock of who reads. */
const DATE = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });

/**
 * A text in words.
 *
 * @param {TextKey} key
 * @param {TextValues} [values]  for its placeholders
 * @returns {string}
 */
export function t(key, values = {}) {
  return formOf(key, values).replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/**
 * A text in pieces, for whoever puts something else than words into its placeholders.
 *
 * @param {TextKey} key
 * @returns {(string | {name: string})[]}
 */
export function pieces(key) {
  return formOf(key, {})
    .split(/\{(\w+)\}/)
    .map((piece, at) => (at % 2 === 1 ? { name: piece } : piece))
    .filter((piece) => piece !== "");
}

/**
 * A text in which some placeholders are nodes, such as a person's name in its colour.
 *
 * @param {TextKey} key
 * @param {Readonly<Record<string, Node>>} values
 * @returns {(Node | string)[]} for `element.append`
 */
export function nodes(key, values) {
  return pieces(key).map((piece) => (typeof piece === "string" ? piece : (values[piece.name] ?? piece.name)));
}

/**
 * How long something took or takes, in words.
 *
 * @param {number} milliseconds
 * @returns {string}
 */
export function duration(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 120) return t("time.seconds", { count: seconds });
  return t("time.minutes", { count: Math.round(seconds / 60) });
}

/**
 * A moment, as people here write it.
 *
 * @param {number} milliseconds  since 1970
 * @returns {string}
 */
export function dateText(milliseconds) {
  return DATE.format(milliseconds);
}

/** @param {string} key @returns {key is TextKey} whether there is such a text: for keys that are made of what a server says */
export function isText(key) {
  return Object.hasOwn(TEXTS, key);
}

/** @param {TextKey} key @param {TextValues} values */
function formOf(key, values) {
  /** @type {string | Forms} */
  const text = TEXTS[key];
  if (typeof text === "string") return text;
  return PLURAL.select(Number(values.count)) === "one" ? text.one : text.other;
}

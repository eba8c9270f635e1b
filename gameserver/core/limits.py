"""Every limit, named, with the reason for its value. Tests, the server and the clients read them from here.

What happens beyond each of them says `registry.Limit`; a test holds the two to each other. What a game may declare at most is
checked before any room runs, and stands with the declarations (fields, calls, tiled).
"""

from __future__ import annotations

from typing import Final

PROTOCOL: Final = 1
"""The version of the wire in docs/protocol.md."""

# -- time ------------------------------------------------------------------------------------------------------------------
TICK_RATE: Final = 30
"""Ticks a second where the game says nothing: the usual compromise of feel against cost (Quake 3 has 20, DDNet 50)."""
MIN_TICK_RATE: Final = 1
MAX_TICK_RATE: Final = 60
"""Python steps a room of 16 in about a millisecond; above 60 Hz a browser draws no more either."""
MAX_CATCH_UP: Final = 3
"""Ticks run back to back at one wake-up; the rest waits for the next, so that other rooms get their turn."""
MAX_DEBT_SECONDS: Final = 0.25
"""Beyond this the lost time is not made up (Gaffer and OpenRA clamp at the same figure): players would see fast motion."""
EMPTY_ROOM_SECONDS: Final = 60.0
"""How long a room without players waits, paused, before it closes."""
OVER_ROOM_SECONDS: Final = 10.0
"""How long a room goes on after its match has ended, for the score to be read."""

# -- handshake -------------------------------------------------------------------------------------------------------------
HANDSHAKE_SECONDS: Final = 5.0
"""From accept to HELLO. A browser on a bad phone line needs about two round trips of 600 ms."""
READY_SECONDS: Final = 10.0
"""From WELCOME to READY: time to load a map."""
CLOSE_SECONDS: Final = 1.0
"""A close handshake that takes longer is not waited for."""
SEAL_SECONDS: Final = 4.0
"""What a server that stops leaves its recordings to be closed in; those that are not done play as they are."""
DRAIN_SECONDS: Final = 5.0
"""How long a server that is to end lets matches go on. With SEAL_SECONDS it stays within the 10 s that Docker and Heroku's like
leave a process between SIGTERM and SIGKILL."""
MAX_DRAIN_SECONDS: Final = 86_400.0
"""As long as an operator may let matches go on: whoever waits for more than a day has forgotten that he waits."""
HARD_STOP_SECONDS: Final = 1.0
"""Behind all that a stop allows itself: a process that is well has ended by then, and one that is not is ended."""
COMEBACK_SPREAD_SECONDS: Final = 2
"""Over which the clients of a server that restarts come back: 5,000 joins at once would be the next outage."""
MOST_AWAY_SECONDS: Final = 10
"""No client is told to stay away for longer while a server drains: a match may end it early, and a proxy knows other servers.
Who comes too early is told again."""
MAX_DRAIN_BYTES: Final = 65_536
"""What is still read from somebody to whom the last word has been said; more than fits into a socket's buffers is malice."""
MAX_UPGRADE_BYTES: Final = 4_096
"""Of the head of an upgrade. Browsers send about 600; with long cookies of other applications on the same host, 2 KiB."""
MAX_UPGRADE_HEADERS: Final = 40
"""Of an upgrade. Browsers send about 15; some servers have fallen over thousands (CVE-2024-37890)."""
MAX_HEAD_BYTES: Final = 16_384
"""Of any other head: proxies add to it, and cookies and tokens have no limit of their own. h11 has the same bound."""
MAX_HEADERS: Final = 100
"""Of any request: Apache's bound."""
MAX_BODY_BYTES: Final = 16_384
"""It is read before anybody is asked, and everyone may send one; nothing that is answered here needs more."""
MAX_HOST_CHARS: Final = 255
"""Of a `Host` header: the longest name that the DNS has. A library below takes 120 ms to decode one of 15 KB."""
MAX_UNADMITTED: Final = 256
"""Connections of a server between accept and HELLO."""
MAX_CONNECTIONS: Final = 5_000
"""Connections of a server; an idle one costs about 20 KiB."""
READY_CONNECTIONS: Final = 4_500
"""From here on the server asks for no more clients: those under way, and whoever asks how it is, still find room."""
ADDRESS_CONNECTIONS: Final = 20
"""Connections of one address (of a /64, with IPv6) at once: a family or two behind one router. The rest is for others."""
ADDRESS_UNADMITTED: Final = 16
"""Of those, how many may not have said yet what they want: a browser opens six at once, and two people behind one router may load
their pages in the same moment.
"""
ADDRESS_CONNECTS_PER_SECOND: Final = 20
ADDRESS_CONNECTS_BURST: Final = 100
"""Connections that one address may open: a page takes about ten, as each request has its own, and it is no page with one of them
refused. So ten people who begin together are fine; who opens them for their own sake reaches the limits above.
"""
MAX_TURNED_AWAY: Final = 64
"""Connections above those limits that are told so at once; more are just closed."""
ACCOUNT_SEATS: Final = 3
"""Seats of one account on a server: one that he plays in, one that is still kept for him, one to look on from."""
OPENINGS_PER_MINUTE: Final = 5
"""Rooms that one account, or else one address, may have opened by asking for one that is not there."""
JOINS_PER_SECOND: Final = 10
JOINS_BURST: Final = 20
"""Requests to join (POST /api/v1/rooms/ROOM/join) of one address."""
MAX_ROOMS: Final = 256
"""Rooms of a server; each of them has a share of one core."""
MAX_PROFILE: Final = 16 * 1_024
"""Characters of a player's profile: it stands in the recording each time he joins."""
MAX_SEATS: Final = 255
"""Players of a room."""
MAX_SPECTATORS: Final = 64
"""Spectators of a room; each of them costs as many bytes as a player."""
JOINS_PER_TICK: Final = 2
"""A join costs a keyframe; more of them at once would make the others' tick late."""
IDLE_SECONDS: Final = 15.0
"""A client from which no byte came for so long is gone (Nakama waits 25 s, Socket.IO 20 s)."""
ACK_SECONDS: Final = 5.0
"""A client that acknowledges no snapshot for so long while snapshots flow is cut off."""
ACK_EVERY: Final = 4
"""Snapshots after which a client acknowledges, if it has nothing else to say (every one while it gets not every tick)."""
MAX_UNACKED_BYTES: Final = 256 * 1_024
"""A client that has not acknowledged so much is cut off: it waits in somebody's memory."""
GRACE_SECONDS: Final = 30.0
"""How long a seat waits for its player after his line broke. A phone needs 10 s from one network to the next."""
TOKEN_BYTES: Final = 16
"""Of a resume token: nobody guesses 128 bits."""

# -- tickets ---------------------------------------------------------------------------------------------------------------
TICKET_SECONDS: Final = 60
"""How long a join ticket lives at most: from the page that asked for it to HELLO it takes one."""
TICKET_TOLERANCE_SECONDS: Final = 30
"""By so much the clock of whoever signed a ticket may differ from ours. That a ticket is taken once makes it safe."""
MAX_ACCOUNT: Final = 64
"""Characters of an account's name: a UUID, an e-mail address, a platform's id."""

# -- HTTP ------------------------------------------------------------------------------------------------------------------
MAX_HTTP_CONNECTIONS: Final = 256
"""At once. Players need theirs, and an answer takes milliseconds: only who does not read holds one for long."""
HTTP_SECONDS: Final = 30
"""From the whole request to the end of its answer: what is served here goes through a bad phone line in ten."""
MAX_STREAMS: Final = 256
"""Answers that go on, at once. Each of them costs the loop, on which rooms tick, a write or two a second."""
STREAM_SECONDS: Final = 600
"""Of a stream; a well-behaved app has ended it before, and whoever wants more asks again."""
STALL_SECONDS: Final = 30
"""In which a peer takes 64 KiB of a stream: 17 kbit/s, as little as a phone ever has. Who takes less does not read."""
MAX_LISTED: Final = 500
"""Recordings in one list."""

# -- recordings ------------------------------------------------------------------------------------------------------------
WATCH_DELAY_SECONDS: Final = 10.0
"""How late a match is shown to who looks at it over HTTP: whoever plays and looks learns nothing that is still of use to him."""
MAX_WATCH_DELAY_SECONDS: Final = 3_600.0
"""As long as a recording is before it goes on in another file."""
MAX_VIEW_BYTES: Final = 1_024 * 1_024
MAX_VIEW_SECONDS: Final = 5.0
"""What waits of the view while the disk hangs: a keyframe's distance, after which it is better to begin with a keyframe."""
MAX_TRUTH_BYTES: Final = 8 * 1_024 * 1_024
"""What waits of the truth: hours of play."""
MAX_UNWRITTEN: Final = 2
"""Files of one room: one that is being written, and one behind it."""

# -- messages to the server ------------------------------------------------------------------------------------------------
MAX_MESSAGE: Final = 4_096
"""Bytes of a message to the server: 64 inputs and a join ticket fit ten times over."""
MAX_QUEUED_MESSAGES: Final = 64
"""Messages of one client that wait for the room's tick; a client that sends more is flooding and is closed with 1008."""
MESSAGES_PER_TICK: Final = 2
MESSAGES_BESIDE_INPUTS: Final = 20
"""A client may say 2 x tick rate + 20 messages a second: an INPUT each tick, as many late ones, and pings and calls."""
MESSAGE_BYTES_PER_SECOND: Final = 16 * 1_024
"""An INPUT has about 15 bytes; a server takes 58,000 small messages a second per core, so one client could own it."""
ROOM_MESSAGES_PER_SECOND: Final = 2_000
"""Of all clients of a room together, beyond the MESSAGES_PER_TICK that each may always say. A tick's share of them is heard in each
tick, so clients that shout in one and the same tick make it no later than a millisecond or two."""
CONTROL_PER_SECOND: Final = 10.0
"""Pings, pongs and closes of one client; browsers send a pong now and then."""
MAX_FRAGMENTS: Final = 32
"""Of one message."""
MAX_FRAGMENT_BYTES: Final = 3 * MAX_MESSAGE + 1_024
"""On the wire, headers included, for one message: enough for any message cut into pieces of ten bytes or more."""
MAX_FRAGMENT_SECONDS: Final = 5.0
"""From a message's first piece to its last."""
MAX_SLOW_BYTES: Final = 4 * MAX_MESSAGE
"""Bytes of one client that trio-websocket has not taken yet: three messages in pieces, and the end of one before them."""
MAX_CALLS: Final = 8
"""Calls of one client that may wait for the next tick."""
OVER_ALLOWANCE_SECONDS: Final = 3.0
"""Who says more for so long is closed with 1008; until then what is too much waits."""
DECODE_ARRAY: Final = 64
DECODE_TEXT: Final = 512
DECODE_BIN: Final = 1_024
"""Bounds for msgpack. With its own defaults 64 KiB of nested array headers take 82 MB; with these no 4-KiB message takes 1 MiB."""
DECODE_MAP: Final = 0
"""No message to the server has a map. msgpack interns the keys that it reads, in a table that the whole process shares: one message
of 453 bytes made that 1.9 MB larger, and an early Python 3.12 never gives an interned text back."""
MAX_INTEGER: Final = 2**53 - 1
"""What a browser's number holds exactly."""
ROOM_PATTERN: Final = r"[a-z0-9]{1,32}"
GAME_PATTERN: Final = r"[a-z][a-z0-9_-]{0,31}"
MAX_NAME: Final = 24
"""Code points of a player's name."""
MAX_MARKS: Final = 4
"""Marks on one letter: Vietnamese has two, Hebrew and Thai up to three or four; towers of them cover other people's lines."""

# -- inputs ----------------------------------------------------------------------------------------------------------------
INPUT_WINDOW_SECONDS: Final = 1.0
"""How far ahead of the tick in hand an input may be stamped; unbounded, one message could allocate 30,000 slots."""
INPUT_HOLD_SECONDS: Final = 0.25
"""How long the last levels hold when nothing arrives; longer, a cut line drives on into the wall."""
INPUT_QUEUE: Final = 16
"""Inputs of one player that wait for their ticks."""
INPUT_CREDIT: Final = 8
"""Inputs that a player may have accepted at once; one more accrues a tick, so flooding gains nothing."""

# -- looking back ----------------------------------------------------------------------------------------------------------
SUBTICKS: Final = 256
"""Of a tick: as fine as INPUT says what was on the screen (docs/protocol.md, section 3)."""
REWIND_SECONDS: Final = 0.25
"""As far back as a shot is judged at most, whatever the line: whoever took cover may feel shot behind it for so long, and no longer
(Overwatch and nengi stop here too)."""
REWIND_TRUST_SECONDS: Final = 0.05
"""What a client may see further back than the server measures: jitter that no least round trip shows. It is all that a forged view
gains (one tick in a game of less than 20 a second: no round trip is known more exactly)."""
VIEW_INTERVALS: Final = 1.5
"""An honest client shows the others so many snapshots late at least: then the next one is there when it is needed."""
MAX_VIEW_DELAY_SECONDS: Final = 0.2
"""And never later, however much its line jitters."""

# -- snapshots -------------------------------------------------------------------------------------------------------------
MAX_BASE_AGE: Final = 32
"""Ticks that a base may lie back; older ones begin again with a keyframe, which is smaller by then. The last contents before
these do not age: in a room that ticks on input minutes may lie between the two."""
ID_REST_SECONDS: Final = 2.0
"""A destroyed entity's id rests so long before it is used again: events and rewinding may still name it."""
CRC_EVERY: Final = 29
"""Every so-manyth fragment of a part carries a CRC of the whole part (2.5 us per 14 KB). Odd, so that a client which gets only
every 2nd, 4th or 8th tick meets one as often; the protocol promises 30."""
COSMETIC_SECONDS: Final = 0.3
"""Cosmetic events older than this are not shown (Quake 3's EVENT_VALID_MSEC)."""
SNAPSHOT_HARD: Final = 256 * 1_024
"""Bytes of one snapshot; more faults the room. A game should stay below 16 KiB."""
MAX_ENTITIES: Final = 10_000
"""Entities of a room: ten times what a step in Python can move."""
MAX_STATE: Final = 256 * 1_024
"""Bytes of a room's encoded state: what a checkpoint may cost. A match that grows beyond it goes on without one: to end it for its
size alone would cost its players more. MAX_ENTITIES and SNAPSHOT_HARD bound its memory."""
MAX_TIMERS: Final = 4_096
MAX_EVENTS_PER_TICK: Final = 1_024
"""Above these a game is running away; the room faults before memory does."""
HOOK_CPU_SECONDS: Final = 0.2
"""CPU time that a hook may use. All other rooms wait meanwhile, and beyond 250 ms they would have to skip ticks."""
HOOK_WALL_SECONDS: Final = 1.0
"""Real time that a hook may take, whatever it waits for. Wide, because a busy machine is not the fault of the hook."""
SETUP_SECONDS: Final = 5.0
"""Either limit while a game is imported and set up: nobody plays yet, and a large map takes its time."""
MAX_RESTARTS: Final = 2
"""So often a room goes on after a fault. Whoever finds a third one is looking for them."""
MAX_LOG_LINES: Final = 32
"""Lines that a game may log in a tick: enough to follow one, and a forgotten line in a loop does not fill the disk at once."""
MAX_LOG_TEXT: Final = 1_000
"""Characters of one of them."""
MAX_KICK_TEXT: Final = 100
"""Characters of a reason: what fits a WebSocket close frame in most languages."""
MAX_FRAME: Final = 2 * 1_024 * 1_024
"""Bytes of any message to a client: WELCOME carries the map, and a map's file may have 1 MiB."""
RELIABLE_MESSAGES: Final = 256
RELIABLE_BYTES: Final = 64 * 1_024
"""What one client may be owed of reliable messages; over it, it is disconnected."""

# -- what people say -------------------------------------------------------------------------------------------------------
MAX_CHAT: Final = 120
"""Code points of a chat line: two lines on a phone, and within what a call may carry in any script."""
CHAT_SECONDS: Final = 2.0
"""In the long run a line in so many seconds: a fast writer in the heat of a match."""
CHAT_AT_ONCE: Final = 4
"""Lines in one go, after a silence."""
EMOTE_SECONDS: Final = 1.0
"""Likewise of emotes: as long as one is shown."""
EMOTES_AT_ONCE: Final = 2
"""Likewise: a slip of the thumb is no offence."""
ORDER_SECONDS: Final = 2.0
"""In the long run a visitor of the lobby orders a room in so many seconds: each may cost a room's setup, also one that is refused
in the end."""
ORDERS_AT_ONCE: Final = 4
"""Likewise."""
REPORT_SECONDS: Final = 10.0
"""Between two reports of one player: it takes so long to see what the next one does."""
ROOM_REPORTS_SECONDS: Final = 30.0
ROOM_REPORTS_AT_ONCE: Final = 20
"""Reports of one room, in the long run and in one go: whoever comes again and again under other names fills no disk with them."""
ROOMS_PER_VISITOR: Final = 2
"""Rooms that one visitor has had opened and that are still there: one to play in, and one by mistake."""

# -- order -----------------------------------------------------------------------------------------------------------------
KICK_SECONDS: Final = 300
"""How long somebody stays out whom a host has sent away and barred. Longer than a round: whoever wanted to spoil this one finds
another pastime, and a quarrel among friends is over by then."""
MAX_KICK_SECONDS: Final = 86_400
"""As long as an admin may keep somebody out of one room: what is to last longer is a ban."""
MAX_BARS: Final = 1_024
"""Of one room: a host would have to send three away every second to get there."""
CODE_LETTERS: Final = 5
"""Of the code of a private room: three million of them, easy to say aloud, hard to meet by chance."""
WRONG_CODES: Final = 5
"""Of one account or address in WRONG_CODE_SECONDS: a slip or two of who was told one, and a chance of 1 in 400 for who tries all
day."""
ROOM_WRONG_CODES: Final = 300
"""Of everybody for one code, in the same time: whoever has thousands of addresses would try a week for all codes. To keep those out
who know it takes sixty addresses; who is in the room stays there."""
WRONG_CODE_SECONDS: Final = 60
"""As long as anybody waits who was told the right one."""
MAX_GUESSERS: Final = 4_096
"""Accounts and addresses whose wrong codes are remembered: some 2 MiB."""
BAN_POLL_SECONDS: Final = 1.0
"""Between two looks at the list of bans: whoever is banned on one server is gone from all of them within twice this."""
MAX_BANS: Final = 10_000
"""At once. They are looked up, not searched, so this bounds memory alone: some 5 MiB."""
MAX_BAN_SECONDS: Final = 10 * 365 * 86_400
"""Ten years: as good as for ever, and it still ends."""

# -- what is stored --------------------------------------------------------------------------------------------------------
MAX_STORED_LOG: Final = 1_024 * 1_024
"""Bytes of each log (results, reports, bans) that a server holds which stores nothing (`--data off`): some thousand matches, and
nobody reads them when it has ended. In a folder logs are kept until somebody removes them."""

# -- the log ---------------------------------------------------------------------------------------------------------------
LOG_LINES_PER_SECOND: Final = 10
"""Of one kind about one peer or room: whoever reads it has seen what happens, and the disk lasts."""
MAX_LOG_LINE: Final = 2_048
"""Characters of one, without a traceback: what a game may say (MAX_LOG_TEXT), with all around it."""

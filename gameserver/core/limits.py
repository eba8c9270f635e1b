"""Every limit, named, with the reason for its value. Tests, the server and the clients read them from here."""

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
SEAL_SECONDS: Final = 5.0
"""What a server that stops leaves its recordings to be closed in; those that are not done play as they are."""
MAX_DRAIN_BYTES: Final = 65_536
"""What is still read from somebody to whom the last word has been said; more than fits into a socket's buffers is malice."""
MAX_UNADMITTED: Final = 256
"""Connections of a server between accept and HELLO."""
MAX_CONNECTIONS: Final = 5_000
"""Connections of a server; an idle one costs about 20 KiB."""
READY_CONNECTIONS: Final = 4_500
"""From here on the server asks for no more clients: those under way, and whoever asks how it is, still find room."""
ADDRESS_CONNECTIONS: Final = 20
"""Connections of one address (of a /64, with IPv6) at once: a family or two behind one router. The rest is for others."""
ADDRESS_UNADMITTED: Final = 10
"""Of those, how many may not have said yet what they want: a browser opens six at once."""
ADDRESS_CONNECTS_PER_SECOND: Final = 10
ADDRESS_CONNECTS_BURST: Final = 20
"""Connections that one address may open: a page takes about ten, as each request has its own."""
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

# -- recordings ------------------------------------------------------------------------------------------------------------
WATCH_DELAY_SECONDS: Final = 10.0
"""How late a match is shown to who looks at it over HTTP: whoever plays and looks learns nothing that is still of use to him."""
MAX_WATCH_DELAY_SECONDS: Final = 3_600.0
"""As long as a recording is before it goes on in another file."""

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
MAX_CALLS: Final = 8
"""Calls of one client that may wait for the next tick."""
OVER_ALLOWANCE_SECONDS: Final = 3.0
"""Who says more for so long is closed with 1008; until then what is too much waits."""
DECODE_ARRAY: Final = 64
DECODE_MAP: Final = 32
DECODE_TEXT: Final = 512
DECODE_BIN: Final = 1_024
"""Bounds for msgpack. With its own defaults 64 KiB of nested array headers take 82 MB; with these no 4-KiB message takes 1 MiB."""
MAX_INTEGER: Final = 2**53 - 1
"""What a browser's number holds exactly."""
ROOM_PATTERN: Final = r"[a-z0-9]{1,32}"
GAME_PATTERN: Final = r"[a-z][a-z0-9_-]{0,31}"
MAX_NAME: Final = 24
"""Code points of a player's name."""

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
"""Bytes of a room's encoded state: what a checkpoint may cost."""
MAX_TIMERS: Final = 4_096
MAX_EVENTS_PER_TICK: Final = 1_024
"""Above these a game is running away; the room faults before memory does."""
MAX_CHAT: Final = 120
"""Code points of a chat line: two lines on a phone, and within what a call may carry in any script."""
MAX_LOG_LINES: Final = 32
"""Lines that a game may log in a tick: enough to follow one, and a forgotten line in a loop does not fill the disk at once."""
MAX_LOG_TEXT: Final = 1_000
MAX_KICK_TEXT: Final = 100
"""Characters of a reason: what fits a WebSocket close frame in most languages."""
MAX_FRAME: Final = 2 * 1_024 * 1_024
"""Bytes of any message to a client: WELCOME carries the map, and a map's file may have 1 MiB."""
RELIABLE_MESSAGES: Final = 256
RELIABLE_BYTES: Final = 64 * 1_024
"""What one client may be owed of reliable messages; over it, it is disconnected."""

"""Every limit as a value: how much, of what, who can reach it, and what happens then. Why it is as it is stands in `limits`.

An error that says that somebody went beyond a limit carries it (`GameserverError.limit`), and what is dropped is counted under it
where it is dropped (`reached.Reached`). So whoever runs a server sees which of them are at work.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final

from gameserver.core import limits

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self


class By(enum.Enum):
    """Who can reach a limit."""

    PEER = "peer"
    """Whoever connects. Counted."""
    GAME = "game"
    """A game's code while it is played, or the load that it makes. Counted."""
    HOST = "host"
    """Who runs the server or writes a game, and his disk: he is told in words, or it stands in the log."""
    NOBODY = "nobody"
    """A span or a share that the server, or a client, keeps by itself."""


class Limit(enum.Enum):
    """A limit goes by the name of its constant in `limits`.

    Attributes:
        amount: what the constant says.
        unit: of the amount.
        by: who can reach it.
        beyond: what happens to whoever does.
    """

    amount: float
    unit: str
    by: By
    beyond: str

    def __new__(cls, amount: float, unit: str, by: By, beyond: str) -> Self:
        limit = object.__new__(cls)
        limit._value_ = len(cls.__members__)  # two that are alike in all else are still two
        limit.amount = amount
        limit.unit = unit
        limit.by = by
        limit.beyond = beyond
        return limit

    @property
    def label(self) -> str:
        """Its name in metrics."""
        return self.name.lower()

    @property
    def is_counted(self) -> bool:
        """Is there a counter of how often it was reached?"""
        return self.by in (By.PEER, By.GAME)

    # -- time --------------------------------------------------------------------------------------------------------------
    TICK_RATE = limits.TICK_RATE, "ticks a second", By.NOBODY, "a game may say another"
    MIN_TICK_RATE = limits.MIN_TICK_RATE, "ticks a second", By.HOST, "a game that says less is refused when it is loaded"
    MAX_TICK_RATE = limits.MAX_TICK_RATE, "ticks a second", By.HOST, "a game that says more is refused when it is loaded"
    MAX_CATCH_UP = limits.MAX_CATCH_UP, "ticks", By.NOBODY, "the rest is run at the next wake-up, after other rooms"
    MAX_DEBT_SECONDS = limits.MAX_DEBT_SECONDS, "s", By.GAME, "the lost time is not made up, and clients set their clocks anew"
    EMPTY_ROOM_SECONDS = limits.EMPTY_ROOM_SECONDS, "s", By.NOBODY, "the room closes"
    OVER_ROOM_SECONDS = limits.OVER_ROOM_SECONDS, "s", By.NOBODY, "the room closes"

    # -- handshake ---------------------------------------------------------------------------------------------------------
    HANDSHAKE_SECONDS = limits.HANDSHAKE_SECONDS, "s", By.PEER, "the connection is closed; NOTICE idle if it is a WebSocket by then"
    READY_SECONDS = limits.READY_SECONDS, "s", By.PEER, "NOTICE idle; the line is closed and the seat is free"
    CLOSE_SECONDS = limits.CLOSE_SECONDS, "s", By.PEER, "the connection is cut"
    SEAL_SECONDS = limits.SEAL_SECONDS, "s", By.HOST, "the server ends, and the recording plays as far as it was written"
    DRAIN_SECONDS = limits.DRAIN_SECONDS, "s", By.NOBODY, "the match ends where it is, and everybody is asked to come again"
    MAX_DRAIN_SECONDS = limits.MAX_DRAIN_SECONDS, "s", By.NOBODY, "the command line refuses it"
    HARD_STOP_SECONDS = limits.HARD_STOP_SECONDS, "s", By.HOST, "the process is ended"
    COMEBACK_SPREAD_SECONDS = limits.COMEBACK_SPREAD_SECONDS, "s", By.NOBODY, "all clients are back"
    MOST_AWAY_SECONDS = limits.MOST_AWAY_SECONDS, "s", By.NOBODY, "a client asks again"
    MAX_DRAIN_BYTES = limits.MAX_DRAIN_BYTES, "bytes", By.PEER, "nothing more is read, and the connection is cut"
    MAX_UPGRADE_BYTES = limits.MAX_UPGRADE_BYTES, "bytes", By.PEER, "431"
    MAX_UPGRADE_HEADERS = limits.MAX_UPGRADE_HEADERS, "headers", By.PEER, "431"
    MAX_HEAD_BYTES = limits.MAX_HEAD_BYTES, "bytes", By.PEER, "431"
    MAX_HEADERS = limits.MAX_HEADERS, "headers", By.PEER, "431"
    MAX_BODY_BYTES = limits.MAX_BODY_BYTES, "bytes", By.PEER, "413"
    MAX_HOST_CHARS = limits.MAX_HOST_CHARS, "characters", By.PEER, "400"
    MAX_UNADMITTED = limits.MAX_UNADMITTED, "connections", By.PEER, "of the address with the most of them, the oldest makes way"
    MAX_CONNECTIONS = limits.MAX_CONNECTIONS, "connections", By.PEER, "a new connection is closed at once"
    READY_CONNECTIONS = limits.READY_CONNECTIONS, "connections", By.NOBODY, "/readyz answers 503, full"
    MAX_ROOMS = limits.MAX_ROOMS, "rooms", By.PEER, "NOTICE full: no room is opened"
    MAX_PROFILE = limits.MAX_PROFILE, "characters", By.HOST, "NOTICE refused, and the host's hook stands in the log"
    MAX_SEATS = limits.MAX_SEATS, "players", By.PEER, "NOTICE full; most games say fewer"
    MAX_SPECTATORS = limits.MAX_SPECTATORS, "spectators", By.PEER, "NOTICE full"
    JOINS_PER_TICK = limits.JOINS_PER_TICK, "joins", By.PEER, "the others join in the next tick"
    IDLE_SECONDS = limits.IDLE_SECONDS, "s", By.PEER, "NOTICE idle; the line is closed and the seat is kept"
    ACK_SECONDS = limits.ACK_SECONDS, "s", By.PEER, "NOTICE too slow, or no word if he does not read; the seat is kept"
    ACK_EVERY = limits.ACK_EVERY, "snapshots", By.NOBODY, "a client acknowledges"
    MAX_UNACKED_BYTES = limits.MAX_UNACKED_BYTES, "bytes", By.PEER, "as ack_seconds"
    GRACE_SECONDS = limits.GRACE_SECONDS, "s", By.PEER, "the seat is free"

    # -- addresses and accounts --------------------------------------------------------------------------------------------
    ADDRESS_CONNECTIONS = limits.ADDRESS_CONNECTIONS, "connections", By.PEER, "503 with Retry-After, or closed at once"
    ADDRESS_UNADMITTED = limits.ADDRESS_UNADMITTED, "connections", By.PEER, "503 with Retry-After, or closed at once"
    ADDRESS_CONNECTS_PER_SECOND = (
        limits.ADDRESS_CONNECTS_PER_SECOND,
        "connections a second",
        By.PEER,
        "503 with Retry-After, or closed at once",
    )
    ADDRESS_CONNECTS_BURST = limits.ADDRESS_CONNECTS_BURST, "connections", By.NOBODY, "as address_connects_per_second"
    MAX_TURNED_AWAY = limits.MAX_TURNED_AWAY, "connections", By.PEER, "the connection is closed without a word"
    ACCOUNT_SEATS = limits.ACCOUNT_SEATS, "seats", By.PEER, "NOTICE refused"
    OPENINGS_PER_MINUTE = limits.OPENINGS_PER_MINUTE, "rooms a minute", By.PEER, "NOTICE refused: no room is opened"
    JOINS_PER_SECOND = limits.JOINS_PER_SECOND, "requests a second", By.PEER, "429 with Retry-After"
    JOINS_BURST = limits.JOINS_BURST, "requests", By.NOBODY, "as joins_per_second"

    # -- tickets -----------------------------------------------------------------------------------------------------------
    TICKET_SECONDS = limits.TICKET_SECONDS, "s", By.HOST, "whoever signs for longer is told so, and nobody takes the ticket"
    TICKET_TOLERANCE_SECONDS = limits.TICKET_TOLERANCE_SECONDS, "s", By.PEER, "NOTICE refused"
    MAX_ACCOUNT = limits.MAX_ACCOUNT, "characters", By.HOST, "whoever signs is told so, and nobody takes the ticket"

    # -- HTTP --------------------------------------------------------------------------------------------------------------
    MAX_HTTP_CONNECTIONS = limits.MAX_HTTP_CONNECTIONS, "requests", By.PEER, "503"
    HTTP_SECONDS = limits.HTTP_SECONDS, "s", By.PEER, "the connection is cut"
    MAX_STREAMS = limits.MAX_STREAMS, "answers", By.PEER, "503 with Retry-After, or closed at once"
    STREAM_SECONDS = limits.STREAM_SECONDS, "s", By.NOBODY, "the answer ends between two chunks before; it is cut then"
    STALL_SECONDS = limits.STALL_SECONDS, "s", By.PEER, "the connection is cut"
    MAX_LISTED = limits.MAX_LISTED, "recordings", By.NOBODY, "whoever asks for more is told the bound (400)"

    # -- recordings --------------------------------------------------------------------------------------------------------
    WATCH_DELAY_SECONDS = limits.WATCH_DELAY_SECONDS, "s", By.NOBODY, "what is played is shown to who watches"
    MAX_WATCH_DELAY_SECONDS = limits.MAX_WATCH_DELAY_SECONDS, "s", By.HOST, "the command line refuses it"
    MAX_VIEW_BYTES = limits.MAX_VIEW_BYTES, "bytes", By.HOST, "the recording has a gap, up to its next keyframe"
    MAX_VIEW_SECONDS = limits.MAX_VIEW_SECONDS, "s", By.HOST, "the recording has a gap, up to its next keyframe"
    MAX_TRUTH_BYTES = limits.MAX_TRUTH_BYTES, "bytes", By.HOST, "the recording ends there"
    MAX_UNWRITTEN = limits.MAX_UNWRITTEN, "files", By.HOST, "nothing more of the room is recorded until the disk takes one"

    # -- messages to the server --------------------------------------------------------------------------------------------
    MAX_MESSAGE = limits.MAX_MESSAGE, "bytes", By.PEER, "the line is closed with 1009"
    MAX_QUEUED_MESSAGES = limits.MAX_QUEUED_MESSAGES, "messages", By.PEER, "the line is closed with 1008"
    MESSAGES_PER_TICK = limits.MESSAGES_PER_TICK, "messages a tick", By.PEER, "the rest waits, and nothing more is read meanwhile"
    MESSAGES_BESIDE_INPUTS = (
        limits.MESSAGES_BESIDE_INPUTS,
        "messages a second",
        By.NOBODY,
        "as messages_per_tick: both are one allowance",
    )
    MESSAGE_BYTES_PER_SECOND = limits.MESSAGE_BYTES_PER_SECOND, "bytes a second", By.PEER, "as messages_per_tick"
    ROOM_MESSAGES_PER_SECOND = limits.ROOM_MESSAGES_PER_SECOND, "messages a second", By.PEER, "the rest waits for the next tick"
    CONTROL_PER_SECOND = limits.CONTROL_PER_SECOND, "frames a second", By.PEER, "the line is closed with 1008"
    MAX_FRAGMENTS = limits.MAX_FRAGMENTS, "pieces", By.PEER, "the line is closed with 1009"
    MAX_FRAGMENT_BYTES = limits.MAX_FRAGMENT_BYTES, "bytes", By.PEER, "the line is closed with 1009"
    MAX_FRAGMENT_SECONDS = limits.MAX_FRAGMENT_SECONDS, "s", By.PEER, "the line is closed with 1009"
    MAX_SLOW_BYTES = limits.MAX_SLOW_BYTES, "bytes", By.NOBODY, "the socket is not read, and TCP holds the peer back"
    MAX_CALLS = limits.MAX_CALLS, "calls", By.PEER, "the call is refused"
    OVER_ALLOWANCE_SECONDS = limits.OVER_ALLOWANCE_SECONDS, "s", By.PEER, "the line is closed with 1008"
    DECODE_ARRAY = limits.DECODE_ARRAY, "elements", By.PEER, "the line is closed with 1002"
    DECODE_MAP = limits.DECODE_MAP, "pairs", By.PEER, "the line is closed with 1002"
    DECODE_TEXT = limits.DECODE_TEXT, "bytes", By.PEER, "the line is closed with 1002"
    DECODE_BIN = limits.DECODE_BIN, "bytes", By.PEER, "the line is closed with 1002"
    MAX_INTEGER = limits.MAX_INTEGER, "either way", By.PEER, "the line is closed with 1002"
    MAX_NAME = limits.MAX_NAME, "code points", By.PEER, "the line is closed with 1002"
    MAX_MARKS = limits.MAX_MARKS, "marks", By.PEER, "a name closes the line with 1002, a chat line is refused"

    # -- inputs ------------------------------------------------------------------------------------------------------------
    INPUT_WINDOW_SECONDS = limits.INPUT_WINDOW_SECONDS, "s", By.PEER, "the input is dropped"
    INPUT_HOLD_SECONDS = limits.INPUT_HOLD_SECONDS, "s", By.PEER, "all levels are neutral"
    INPUT_QUEUE = limits.INPUT_QUEUE, "inputs", By.PEER, "the input is dropped; more in one message close the line with 1002"
    INPUT_CREDIT = limits.INPUT_CREDIT, "inputs", By.PEER, "the input is dropped"

    # -- looking back ------------------------------------------------------------------------------------------------------
    REWIND_SECONDS = limits.REWIND_SECONDS, "s", By.PEER, "the shot is judged no further back"
    REWIND_TRUST_SECONDS = limits.REWIND_TRUST_SECONDS, "s", By.PEER, "the shot is judged by what the server believes he saw"
    VIEW_INTERVALS = limits.VIEW_INTERVALS, "snapshots", By.NOBODY, "a client shows the others no sooner"
    MAX_VIEW_DELAY_SECONDS = limits.MAX_VIEW_DELAY_SECONDS, "s", By.NOBODY, "a client shows the others no later"

    # -- snapshots, and what a game may do ---------------------------------------------------------------------------------
    MAX_BASE_AGE = limits.MAX_BASE_AGE, "ticks", By.NOBODY, "a keyframe is sent"
    ID_REST_SECONDS = limits.ID_REST_SECONDS, "s", By.NOBODY, "the id is given out again"
    COSMETIC_SECONDS = limits.COSMETIC_SECONDS, "s", By.NOBODY, "the event is not shown"
    SNAPSHOT_HARD = limits.SNAPSHOT_HARD, "bytes", By.GAME, "the room faults"
    MAX_ENTITIES = limits.MAX_ENTITIES, "entities", By.GAME, "the room faults"
    MAX_STATE = limits.MAX_STATE, "bytes", By.GAME, "the room goes on, but would not after a fault"
    MAX_TIMERS = limits.MAX_TIMERS, "timers", By.GAME, "the room faults"
    MAX_EVENTS_PER_TICK = limits.MAX_EVENTS_PER_TICK, "events", By.GAME, "the room faults"
    HOOK_CPU_SECONDS = limits.HOOK_CPU_SECONDS, "s", By.GAME, "the hook is stopped and the room faults"
    HOOK_WALL_SECONDS = limits.HOOK_WALL_SECONDS, "s", By.GAME, "the hook is stopped and the room faults"
    SETUP_SECONDS = limits.SETUP_SECONDS, "s", By.HOST, "the game is not loaded, or the room not opened"
    MAX_RESTARTS = limits.MAX_RESTARTS, "faults", By.GAME, "the room ends; NOTICE faulted"
    MAX_LOG_LINES = limits.MAX_LOG_LINES, "lines a tick", By.GAME, "the line is dropped"
    MAX_LOG_TEXT = limits.MAX_LOG_TEXT, "characters", By.GAME, "the line is cut short"
    MAX_KICK_TEXT = limits.MAX_KICK_TEXT, "characters", By.GAME, "the reason is cut short"
    MAX_FRAME = limits.MAX_FRAME, "bytes", By.HOST, "no client takes it: a map's file is refused at half of it"
    RELIABLE_MESSAGES = limits.RELIABLE_MESSAGES, "messages", By.PEER, "NOTICE too slow; the session is over"
    RELIABLE_BYTES = limits.RELIABLE_BYTES, "bytes", By.PEER, "NOTICE too slow; the session is over"

    # -- what people say ---------------------------------------------------------------------------------------------------
    MAX_CHAT = limits.MAX_CHAT, "code points", By.PEER, "the line is closed with 1002"
    CHAT_SECONDS = limits.CHAT_SECONDS, "s", By.PEER, "the call is refused"
    CHAT_AT_ONCE = limits.CHAT_AT_ONCE, "lines", By.NOBODY, "as chat_seconds"
    EMOTE_SECONDS = limits.EMOTE_SECONDS, "s", By.PEER, "the call is refused"
    EMOTES_AT_ONCE = limits.EMOTES_AT_ONCE, "emotes", By.NOBODY, "as emote_seconds"
    ORDER_SECONDS = limits.ORDER_SECONDS, "s", By.PEER, "the call is refused"
    ORDERS_AT_ONCE = limits.ORDERS_AT_ONCE, "orders", By.NOBODY, "as order_seconds"
    REPORT_SECONDS = limits.REPORT_SECONDS, "s", By.PEER, "the call is refused"
    ROOM_REPORTS_SECONDS = limits.ROOM_REPORTS_SECONDS, "s", By.PEER, "the call is refused"
    ROOM_REPORTS_AT_ONCE = limits.ROOM_REPORTS_AT_ONCE, "reports", By.NOBODY, "as room_reports_seconds"
    ROOMS_PER_VISITOR = limits.ROOMS_PER_VISITOR, "rooms", By.PEER, "the call is refused"

    # -- order -------------------------------------------------------------------------------------------------------------
    KICK_SECONDS = limits.KICK_SECONDS, "s", By.PEER, "NOTICE kicked, until then"
    MAX_KICK_SECONDS = limits.MAX_KICK_SECONDS, "s", By.HOST, "the admin is told"
    MAX_BARS = limits.MAX_BARS, "players", By.NOBODY, "the oldest may come back"
    CODE_LETTERS = limits.CODE_LETTERS, "letters", By.NOBODY, "a code has as many"
    WRONG_CODES = limits.WRONG_CODES, "codes", By.PEER, "403, the right one too"
    ROOM_WRONG_CODES = limits.ROOM_WRONG_CODES, "codes", By.PEER, "403, the right one too, whoever says it"
    WRONG_CODE_SECONDS = limits.WRONG_CODE_SECONDS, "s", By.NOBODY, "a wrong code is forgotten"
    MAX_GUESSERS = limits.MAX_GUESSERS, "guessers", By.NOBODY, "the oldest are forgotten"
    BAN_POLL_SECONDS = limits.BAN_POLL_SECONDS, "s", By.NOBODY, "the list is read on"
    MAX_BANS = limits.MAX_BANS, "bans", By.HOST, "the admin is told to lift some"
    MAX_BAN_SECONDS = limits.MAX_BAN_SECONDS, "s", By.HOST, "the admin is told"

    # -- what is stored ----------------------------------------------------------------------------------------------------
    MAX_STORED_LOG = limits.MAX_STORED_LOG, "bytes", By.NOBODY, "the oldest records are forgotten"

    # -- the log -----------------------------------------------------------------------------------------------------------
    LOG_LINES_PER_SECOND = (
        limits.LOG_LINES_PER_SECOND,
        "lines a second",
        By.PEER,
        "they are left out, and the next one says how many",
    )
    MAX_LOG_LINE = limits.MAX_LOG_LINE, "characters", By.PEER, "it is cut short"


_ORDER: Final = (
    ("MIN_TICK_RATE", "TICK_RATE", "a game that says nothing could not be loaded"),
    ("TICK_RATE", "MAX_TICK_RATE", "a game that says nothing could not be loaded"),
    ("READY_CONNECTIONS", "MAX_CONNECTIONS", "the server would be full before it says so"),
    ("MAX_UNADMITTED", "MAX_CONNECTIONS", "those who have not said who they are would take the place of those who play"),
    ("ADDRESS_CONNECTIONS", "MAX_CONNECTIONS", "one address could take every place"),
    ("ADDRESS_UNADMITTED", "MAX_UNADMITTED", "one address could keep all others from coming in"),
    ("ADDRESS_UNADMITTED", "ADDRESS_CONNECTIONS", "an address could be waiting with more than it may have"),
    ("ADDRESS_CONNECTS_PER_SECOND", "ADDRESS_CONNECTS_BURST", "a second's worth could not be opened at once"),
    ("WRONG_CODES", "ROOM_WRONG_CODES", "one address could keep all others out of a room"),
    ("JOINS_PER_SECOND", "JOINS_BURST", "a second's worth could not be asked for at once"),
    ("MAX_UPGRADE_BYTES", "MAX_HEAD_BYTES", "the head of an upgrade could not be read"),
    ("MAX_UPGRADE_HEADERS", "MAX_HEADERS", "the head of an upgrade could not be read"),
    ("CLOSE_SECONDS", "SEAL_SECONDS", "the recordings would be given up before the players have been told"),
    ("ACK_SECONDS", "IDLE_SECONDS", "who does not read would be told that he is idle"),
    ("IDLE_SECONDS", "GRACE_SECONDS", "a seat would be given up before its broken line is noticed"),
    ("READY_SECONDS", "GRACE_SECONDS", "a seat would be given up while its player comes back"),
    ("STALL_SECONDS", "STREAM_SECONDS", "nobody could be found not to read a stream"),
    ("WATCH_DELAY_SECONDS", "MAX_WATCH_DELAY_SECONDS", "the delay that is usual would be refused"),
    ("DECODE_BIN", "MAX_MESSAGE", "bytes that may be sent would not fit a message"),
    ("DECODE_TEXT", "MAX_MESSAGE", "a text that may be sent would not fit a message"),
    ("MAX_MESSAGE", "MESSAGE_BYTES_PER_SECOND", "the largest message could never be heard"),
    ("MAX_MESSAGE", "MAX_FRAGMENT_BYTES", "a message that is cut in two could not be sent"),
    ("INPUT_CREDIT", "INPUT_QUEUE", "inputs would be accepted that cannot wait"),
    ("INPUT_QUEUE", "DECODE_ARRAY", "a message could not bring what may wait"),
    ("INPUT_HOLD_SECONDS", "INPUT_WINDOW_SECONDS", "levels would be held longer than inputs count"),
    ("REWIND_TRUST_SECONDS", "REWIND_SECONDS", "everything would be taken on trust"),
    ("HOOK_CPU_SECONDS", "MAX_DEBT_SECONDS", "one slow hook would cost every other room time"),
    ("HOOK_CPU_SECONDS", "HOOK_WALL_SECONDS", "a busy machine would be taken for a slow hook"),
    ("HOOK_WALL_SECONDS", "SETUP_SECONDS", "a game could not take its time before anybody plays"),
    ("MAX_CHAT", "DECODE_TEXT", "a chat line that may be said could not be sent"),
    ("MAX_UNACKED_BYTES", "MAX_FRAME", "a snapshot could be larger than a frame"),
    ("SNAPSHOT_HARD", "MAX_FRAME", "a snapshot could be larger than a frame"),
    ("MAX_LOG_TEXT", "MAX_LOG_LINE", "what a game may log would be cut short"),
    ("MAX_NAME", "MAX_LOG_LINE", "a name would be cut short"),
)
"""The first may not be more than the second, or else."""


def contradictions(amounts: Mapping[str, float] | None = None) -> list[str]:
    """What cannot be at the same time, in words; nothing if all is well. `amounts`: by name, instead of those that hold."""
    found = {limit.name: limit.amount for limit in Limit} | dict(amounts or {})
    return [
        f"{small} ({found[small]:g}) is more than {large} ({found[large]:g}): {why}"
        for small, large, why in _ORDER
        if found[small] > found[large]
    ]

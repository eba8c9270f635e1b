"""What is said on the wire, as values. docs/protocol.md gives every element; `wire` reads and writes the bytes."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any, Final

import attrs

if TYPE_CHECKING:
    from gameserver.core.layout import Row


class Role(enum.IntEnum):
    """What somebody comes as."""

    PLAYER = 0
    SPECTATOR = 1
    BOT = 2
    """A player who is a program, and gives its seat up to a person when the room is full."""


class NoticeCode(enum.IntEnum):
    """Why the server speaks up. All but DRAINING end the line, with the close code of `close_code`."""

    KICKED = 1
    FAULTED = 2
    DRAINING = 3
    MOVED = 4
    UPDATE_NEEDED = 5
    FULL = 6
    REFUSED = 7
    OVER = 8
    CLOSED = 9
    TOO_SLOW = 10
    IDLE = 11
    SESSION_GONE = 12
    REPLACED = 13
    RESTARTING = 14

    @property
    def close_code(self) -> int:
        """The WebSocket close code that goes with it."""
        return _CLOSE_CODES.get(self, 1008)


_CLOSE_CODES: Final = {
    NoticeCode.FAULTED: 1011,
    NoticeCode.MOVED: 1012,
    NoticeCode.FULL: 1013,
    NoticeCode.OVER: 1000,
    NoticeCode.CLOSED: 1001,
    NoticeCode.IDLE: 1001,
    NoticeCode.REPLACED: 4001,
    NoticeCode.RESTARTING: 1012,
}


# -- client to server ------------------------------------------------------------------------------------------------------
@attrs.frozen
class Hello:
    """The first message. `credential`: nothing, a join ticket (str) or a resume token (bytes); no log shows it."""

    protocol: int
    game: str
    room: str
    credential: str | bytes | None = attrs.field(repr=False)
    role: Role
    name: str


@attrs.frozen
class Ready:
    """The map is loaded."""

    map_hash: bytes | None


@attrs.define  # not frozen: the one message that comes with every tick, and making a frozen one takes three times as long
class Inputs:
    """Inputs for first_tick and the ticks behind it, `values` flat; and what has arrived so far."""

    first_tick: int
    ack_tick: int | None
    ack_event: int
    view_tick_256: int | None
    values: tuple[int, ...]


@attrs.frozen
class Ping:
    sequence: int
    client_time: int


@attrs.frozen
class Call:
    number: int
    method: str
    arguments: Row


@attrs.frozen
class Bye:
    pass


ClientMessage = Hello | Ready | Inputs | Ping | Call | Bye


# -- server to client ------------------------------------------------------------------------------------------------------
@attrs.frozen
class Welcome:
    """`map`: name, SHA-256 and bytes of the file. `schema`: what Schema.to_wire gives."""

    player: int
    resume: bytes | None = attrs.field(repr=False)
    tick_rate: int
    schema: dict[str, Any]
    map: tuple[str, bytes, bytes] | None
    options: Row
    epoch: int

    @property
    def role(self) -> Role:
        """What the client comes as: a spectator has no number."""
        return Role.PLAYER if self.player else Role.SPECTATOR


@attrs.define  # not frozen, like Inputs
class Snapshot:
    """A head and its fragments, each as unpacked from msgpack; `Replica.apply` checks those."""

    epoch: int
    tick: int
    flags: int
    input_ack: int | None
    margin: int | None
    control: tuple[Any, ...] | None
    fragments: tuple[tuple[Any, ...], ...]


@attrs.frozen
class EventMessage:
    sequence: int
    tick: int
    kind: int
    values: Row


@attrs.frozen
class Pong:
    """Times in microseconds."""

    sequence: int
    client_time: int
    tick: int
    into_tick: int
    held: int


@attrs.frozen
class Reply:
    number: int
    ok: bool
    value: bool | int | str | None


@attrs.frozen
class Notice:
    code: int
    text: str
    detail: str | int | None = None


ServerMessage = Welcome | Snapshot | EventMessage | Pong | Reply | Notice

OVER_FLAG = 1
"""Snapshot.flags bit 0: the match is over."""

"""What a room is made from, where it is in its life, what happened in it, and how it fails: values that others hold of it."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final

import attrs

from gameserver.core.errors import GameserverError
from gameserver.core.limits import WATCH_DELAY_SECONDS
from gameserver.core.reached import Reached

if TYPE_CHECKING:
    from gameserver.core.game import Game
    from gameserver.core.maps import TileMap
    from gameserver.core.record import Options
    from gameserver.core.replay.steps import Step


class RoomFault(GameserverError):
    """The game of a room failed. The cause is what it raised.

    Attributes:
        fault_id: what the players are told, to find the traceback in the log.
        step: what entered the step that failed, None if it failed elsewhere.
    """

    def __init__(self, room: str, tick: int, fault_id: str) -> None:
        super().__init__(f"room {room} faulted in tick {tick}, fault {fault_id}")
        self.fault_id = fault_id
        self.step: Step | None = None


class RoomState(enum.Enum):
    """The life of a room."""

    RUNNING = enum.auto()
    PAUSED = enum.auto()
    """Nobody is in it; the tick stands still."""
    CLOSED = enum.auto()


@attrs.frozen(kw_only=True)
class Start:
    """Where a room begins that goes on from a recorded match."""

    tick: int
    """The last one that is over."""
    state: bytes
    """The whole state behind it, as Simulation.encode gave it."""
    recording: str
    """The file name of the recording."""


@attrs.frozen(kw_only=True)
class RoomPlan:
    """What a room is made from."""

    name: str
    game: type[Game]
    options: Options
    map: tuple[TileMap, bytes] | None
    """The map and the bytes of its file, which the clients get."""
    seed: int
    phase: float = 0.0
    """Where in the tick's period its deadlines lie, 0 to 1, so that the rooms of a process do not all wake at once."""
    keep: bool = False
    """True: it waits for players for ever. False: it closes when nobody was in it for EMPTY_ROOM_SECONDS."""
    watch_delay: float = WATCH_DELAY_SECONDS
    """Seconds by which its recording is shown late while it is played."""
    start: Start | None = None
    """None: it begins with nobody in it, in tick 0."""
    code: str | None = attrs.field(default=None, repr=False)
    """Whoever is to come in, or to see its recordings, has to know it (gameserver.codes); None: the room is public."""
    first_keeps_order: bool = True
    """Who came first of the people in it may silence others and send them away; False: that takes the ticket of a host."""


@attrs.define
class RoomCounts:
    """What happened in a room, counted since it was opened."""

    steps: int = 0
    """Ticks in which the simulation was stepped: all of them, unless the game ticks on input."""
    snapshots: int = 0
    """Frames handed over."""
    skipped: int = 0
    """Frames not made, because the client's line was not free."""
    lost: int = 0
    """Lines that broke while a seat was kept."""
    resumed: int = 0
    """Players who came back to theirs."""
    stood_in: int = 0
    """Bots that played for somebody whose line was down."""
    worst_lateness_seconds: float = 0.0
    """Longest time between a tick's deadline and its end."""
    clamped_shots: int = 0
    """Times that a player was judged to have seen less far back than he said, or than his line is long."""
    restarts: int = 0
    """Times that the game failed and the match went on."""
    busy_seconds: float = 0.0
    """Time spent in ticks."""
    late: int = 0
    """Wake-ups that ended after the next tick was due."""
    bytes: int = 0
    """Handed over in frames."""
    reached: Reached = attrs.field(factory=Reached, repr=False)
    """How often limits were: the server's own count, not this room's alone."""

    def add(self, other: RoomCounts) -> None:
        """Of another room, to be told as one; limits are counted together anyway."""
        for name in _SUMMED:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.worst_lateness_seconds = max(self.worst_lateness_seconds, other.worst_lateness_seconds)


_SUMMED: Final = (
    "steps", "snapshots", "skipped", "lost", "resumed", "stood_in", "clamped_shots", "restarts", "busy_seconds", "late", "bytes",
)  # fmt: skip

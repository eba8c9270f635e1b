"""What a client has been shown of its room: the world, the time, what happened, who we are. No line is known here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gameclient.clock import ServerClock
from gameclient.happenings import Happenings
from gameclient.stamps import Stamps
from gameclient.stats import ClientStats
from gameserver.core.errors import MapError, ProtocolError
from gameserver.core.limits import COSMETIC_SECONDS
from gameserver.core.replica import Replica
from gameserver.core.schema import Schema
from gameserver.core.tiled import parse_map

if TYPE_CHECKING:
    from collections import deque

    from gameserver.core.maps import TileMap
    from gameserver.core.messages import Snapshot, Welcome


class Sight:
    """See the module. What stands below is there once the first snapshot has come.

    Attributes:
        player: our number in the room, 0 for a spectator.
        replica: the world as we may see it.
        schema, map, tick_rate: what the server said about the room.
        clock: the room's time.
        events: (name, tick, object) of reliable and cosmetic events, oldest first; take them out as you like.
        sessions: how often we have joined: 1, and one more each time that our seat was gone.
        input_ack: the newest tick for which an input of ours was used, None before the first.
        stats: what was seen so far, counted.
    """

    player: int
    schema: Schema
    replica: Replica
    clock: ServerClock
    tick_rate: int
    _stamps: Stamps

    def __init__(self) -> None:
        self.map: TileMap | None = None
        self.sessions = 0
        self.input_ack: int | None = None
        self.stats = ClientStats()
        self._happenings = Happenings()
        self.events: deque[tuple[str, int, Any]] = self._happenings.seen
        self._clock_number: int | None = None
        self._rate = 1
        """We get every 1st, 2nd, 4th or 8th tick."""
        self._next_replica: Replica | None = None
        """From WELCOME to the first snapshot of a line; the world of the line before stands as long."""

    @property
    def margin_seconds(self) -> float | None:
        """How long before its tick our newest input came, as the server says."""
        return self._stamps.pace.margin_seconds

    def _take_welcome(self, welcome: Welcome, *, resumed: bool) -> None:
        """A line begins; `resumed`: it goes on with our seat. Raises ProtocolError for what cannot be read, or is not our seat."""
        if resumed and welcome.player != self.player:
            raise ProtocolError(f"player {self.player} came back as {welcome.player}")
        schema = Schema.from_wire(welcome.schema)
        self.map = self._load_map(welcome)
        self.player, self.schema, self.tick_rate = welcome.player, schema, welcome.tick_rate
        coming, self._next_replica = self._next_replica, Replica(schema)
        if resumed:
            known = coming if coming is not None else self.replica  # a line may have ended before its first snapshot
            self._next_replica.tick, self._next_replica.epoch = known.tick, known.epoch  # these only grow
        else:
            self.sessions += 1
            self._clock_number = None
            self._stamps = Stamps(welcome.tick_rate)
            self._happenings.begin_anew()
        if self.sessions == 1 and not self.stats.snapshots:
            self.replica = self._next_replica

    def _load_map(self, welcome: Welcome) -> TileMap | None:
        """The map of the room: the one that we have, if it is that."""
        if welcome.map is None:
            return None
        name, sha256, data = welcome.map
        if self.map is not None and self.map.sha256 == sha256:
            return self.map
        try:
            return parse_map(data, name)
        except MapError as error:
            raise ProtocolError(f"the server's map: {error}") from error

    def _take_snapshot(self, snapshot: Snapshot, now: float) -> None:
        """The world goes on. Raises WorldMismatch or ProtocolError, as Replica.apply."""
        drops, rate, clock_number, schedule = snapshot.control[:4] if snapshot.control is not None else ((), None, None, ())
        replica = self._next_replica if self._next_replica is not None else self.replica
        cosmetics = replica.apply(snapshot.epoch, snapshot.tick, drops, schedule, snapshot.fragments)
        if self._next_replica is not None:
            self._next_replica = None
            self.replica = replica
            self.clock = ServerClock(self.tick_rate)
            self._stamps.begin_line()
            self._rate = 1
        if rate is not None:
            self._rate = rate
        if clock_number is not None and clock_number != self._clock_number:
            self._clock_number = clock_number
            self.clock.reset()
            self._stamps.begin(snapshot.tick)
        self._happenings.take_cosmetics(cosmetics, snapshot.tick - COSMETIC_SECONDS * self.tick_rate)
        self.clock.hint(now, snapshot.tick)
        self.input_ack = snapshot.input_ack
        if snapshot.margin is not None:
            margin = snapshot.margin / 1e6
            self.stats.late_inputs += margin != self.margin_seconds and margin < 0
            self._stamps.report(margin, snapshot.tick, now)
        self.stats.count_snapshot(now)

"""What a room tells and shows its clients: events and replies to whom they are for, and to each the parts that he may see.

`Room` steps the match; this looks at what came of it. Nothing here waits, and nothing changes the match.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import trio

from gameserver.core.audience import EVERYONE, Audience, PlayerId, owner, part_of, team
from gameserver.core.errors import GameError
from gameserver.core.limits import SNAPSHOT_HARD
from gameserver.core.messages import OVER_FLAG, EventMessage, Reply
from gameserver.core.parts import Parts
from gameserver.core.registry import Limit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gameserver.core.game import Game
    from gameserver.core.layout import Row
    from gameserver.core.simulation import Simulation
    from gameserver.line import Line
    from gameserver.plan import RoomCounts
    from gameserver.recorder import RoomRecorder
    from gameserver.seat import Seat

_PUBLIC: Final = (part_of(EVERYONE),)


class Showing:
    """See the module.

    Attributes:
        parts: what was shown.
    """

    def __init__(self, simulation: Simulation, game: type[Game], counts: RoomCounts) -> None:
        self._simulation = simulation
        self._counts = counts
        self.parts = Parts(game.schema, tick_rate=game.tick_rate)
        self._flows = not game.ticks_on_input
        """Is every tick shown?"""
        self._stepped_tick = 0
        self._recorded_tick = 0
        """The last one that a recorder was shown."""
        self._private_parts = simulation.has_private_parts
        self._shown_tick = simulation.world.tick
        """The last one at whose end everyone was looked at."""
        self._cosmetics: dict[int, list[tuple[int, int, Row]]] = {}
        """What is to be shown with the next snapshot, by part: kind, tick, values."""
        self._sights: dict[tuple[PlayerId, int], tuple[int, ...]] = {}
        """The parts that a player of a team sees."""

    def forget(self, player: PlayerId) -> None:
        """He has left; his number will be given to somebody else one day."""
        self._sights = {key: parts for key, parts in self._sights.items() if key[0] != player}

    def follow(self, simulation: Simulation) -> None:
        """The match goes on in this one, from a world equal to the one that was shown last."""
        self._simulation = simulation

    # -- after a step ------------------------------------------------------------------------------------------------------
    def take_step(self, seats: Sequence[Seat], tick: int) -> None:
        """What the last step brought: reliable events and replies wait in the seats, cosmetic events here, for the next frame."""
        self._stepped_tick = tick
        for part, events in self._simulation.cosmetics().items():
            self._cosmetics.setdefault(part, []).extend((kind, tick, row) for kind, row in events)
        emitted = [event for event in self._simulation.emitted if event.reliable]
        if emitted:
            for seat in seats:
                audiences = self._audiences(seat) if seat.joined else ()
                for event in emitted:
                    if event.to in audiences and seat.player not in event.deaf:
                        seat.owe(EventMessage(0, tick, event.kind, event.row))
        for reply in self._simulation.replied:
            for seat in seats:
                if seat.player == reply.player and not seat.stands_in:
                    seat.owe(Reply(reply.number, reply.ok, reply.value))

    # -- at the end of a tick ----------------------------------------------------------------------------------------------
    def show(self, seats: Sequence[Seat], tick: int, recorder: RoomRecorder | None = None) -> None:
        """Hand everyone whose line is free a frame, if there is anything to see.

        `recorder`: it is shown every world, also one that nobody else looks at. Raises GameError if somebody sees more than a
        snapshot holds.
        """
        behind = seats if self._flows else [seat for seat in seats if self._is_behind(seat)]
        cosmetics = {part: [(kind, tick - at, row) for kind, at, row in events] for part, events in self._cosmetics.items()}
        self._cosmetics = {}
        ran, self._shown_tick = tick - self._shown_tick, tick
        records = recorder is not None and (self._flows or self._recorded_tick < self._stepped_tick)
        if behind or records:
            contents = self._simulation.contents()
            self.parts.commit(tick, contents, cosmetics)
            now = trio.current_time()
            flags = OVER_FLAG if self._simulation.result is not None else 0
            for seat in behind:
                line = seat.line
                if line is not None and seat.ready and seat.joined and line.pacer.is_due(tick, ran):
                    self._send(seat, line, flags, now)
            if recorder is not None:
                recorder.show(tick, flags, self.parts, contents)
                self._recorded_tick = tick
        if not self._flows:
            self._answer_pings(seats)

    def _is_behind(self, seat: Seat) -> bool:
        """Is there anything that he has not been shown or told, in a room that does not show every tick?"""
        if not seat.ready or not seat.joined or seat.line is None:
            return False
        return seat.is_owed or seat.line.lacks_snapshot(self._stepped_tick)

    def _answer_pings(self, seats: Sequence[Seat]) -> None:
        """Whoever got no snapshot gets his PONGs by themselves."""
        now = trio.current_time()
        for seat in seats:
            if seat.ready and seat.line is not None:
                seat.line.send_pongs(now)

    def _send(self, seat: Seat, line: Line, flags: int, now: float) -> None:
        if line.may_send(now):
            draft = self.parts.draft(line.viewer, self._wanted(seat) if self._private_parts else _PUBLIC)
            if len(draft.body) > SNAPSHOT_HARD:
                raise GameError(
                    f"a snapshot takes {len(draft.body)} bytes, more than {SNAPSHOT_HARD}: show fewer entities",
                    limit=Limit.SNAPSHOT_HARD,
                )
            if seat.send(draft, flags, now):
                self._counts.snapshots += 1
                self._counts.bytes += len(draft.body)
                return
        self._counts.skipped += 1

    # -- who sees what -----------------------------------------------------------------------------------------------------
    def _audiences(self, seat: Seat) -> tuple[Audience, ...]:
        """Those that somebody who has joined belongs to."""
        if not seat.player:
            return (EVERYONE,)
        team_number = self._simulation.players[seat.player].team
        return (EVERYONE, team(team_number), owner(seat.player)) if team_number else (EVERYONE, owner(seat.player))

    def _wanted(self, seat: Seat) -> tuple[int, ...]:
        """The parts that this seat sees, in a fixed order. A player's change when he changes sides, and only then."""
        if not seat.player:
            return _PUBLIC
        side = self._simulation.players[seat.player].team
        known = self._sights.get((seat.player, side))
        if known is None:
            known = self._sights[seat.player, side] = tuple(part_of(audience) for audience in self._audiences(seat))
        return known

"""One player's inputs between their arrival and their ticks.

Inputs are stamped with the tick they are meant for. What is there in time is used at its tick. What is missing is bridged: levels
(a held button) hold for a while, then everything is neutral. What comes late still counts as far as it can without going back in
time: its levels, for they were made after those in use, its edges (presses) once, in the next tick. So a press is never lost and
never doubled (several of one field that fall into one tick are one), and sending more or faster gains nothing: where there is no
credit or room for a row any more, only its presses are kept, for its tick.

A stamp is a moment by the clock that the client knows. When the room has lost time (TickClock.epoch grows), clients go on by the
old clock until they are told, so their stamps are turned into ticks of the present one (`behind`): what was pressed while the room
stood still comes late, and at once, not as much later as it stood. By the new clock a client stamps with ticks for which it has
sent already; only within one clock is a tick that was sent before a repetition, which is ignored (`begin_clock`). Nothing is used
before what was made earlier: where such a row still waits, what follows counts with the last one.

With an input comes what was on its player's screen when he made it. `take` makes a distance of it, how far back he saw, which holds
with the levels and is an input of the step like any other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from gameserver.core.limits import INPUT_CREDIT, INPUT_HOLD_SECONDS, INPUT_QUEUE, INPUT_WINDOW_SECONDS, SUBTICKS
from gameserver.core.reached import Reached
from gameserver.core.registry import Limit
from gameserver.core.rewind import most_back

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gameserver.core.layout import Layout, Row


@attrs.frozen
class Sight:
    """What was on a player's screen when he made an input.

    Attributes:
        view: 256 × the tick of the world that he saw.
        cut: by how much he said that it was older than the server believes, in 1/256 of a tick.
    """

    view: int
    cut: int = 0


@attrs.define
class InputCounts:
    """What became of a player's inputs, counted since he joined."""

    used: int = 0
    """Taken at their tick."""
    late: int = 0
    """Arrived after their tick."""
    held: int = 0
    """Ticks bridged with the last levels."""
    neutral: int = 0
    """Ticks without anything to hold."""
    repeated: int = 0
    """For a tick at or below one sent before, by the same clock."""
    early: int = 0
    """Beyond the window."""
    excess: int = 0
    """More than the queue or the credit allows: only their presses were kept."""


class InputBuffer:
    """See the module. Rows given to it have passed `Layout.check_row`.

    Attributes:
        acknowledged: the newest tick whose input was used, None before the first.
        back: how far back he saw for what the last `take` gave, in 1/256 of a tick; at most REWIND_SECONDS.
        cut: how much of that he said and is not believed, or is beyond that most.
    """

    def __init__(self, layout: Layout, tick_rate: int, reached: Reached | None = None) -> None:
        """`reached`: counts what is dropped."""
        self._layout = layout
        self._reached = reached if reached is not None else Reached()
        self._edges = [slot for slot, field in enumerate(layout.fields) if field.edge]
        self._neutral: Row = layout.pack(layout.neutral())
        self._window = max(1, round(INPUT_WINDOW_SECONDS * tick_rate))
        self._hold = max(1, round(INPUT_HOLD_SECONDS * tick_rate))
        self._most_back = most_back(tick_rate)
        self._waiting: dict[int, tuple[Row, Sight | None]] = {}
        self._newest = 0
        """The highest tick that was sent by his present clock, as he stamped it."""
        self._latest = 0
        """The highest tick, by the room's clock, in which anything that he sent counts."""
        self._credit = INPUT_CREDIT
        self._levels: Row = self._neutral
        self._levels_at = 0
        """The tick in hand when they came into use."""
        self._levels_back = 0
        self._levels_cut = 0
        self._pressed: dict[int, dict[int, Any]] = {}
        """Edges beside the rows, by the tick in which they count and slot: of late rows, and of those for which there was no room.
        No tick is further away than the window.
        """
        self._came_late = False
        """Something did since the last `take`."""
        self._made: tuple[Row, Any] = (self._neutral, layout.make(self._neutral))
        self.acknowledged: int | None = None
        self.back = 0
        self.cut = 0
        self.counts = InputCounts()

    def add(self, first_tick: int, rows: Sequence[Row], tick: int, sight: Sight | None = None, *, behind: int = 0) -> int | None:
        """Inputs for first_tick and the ticks behind it have arrived while `tick` was the last one done.

        `sight`: of the first one's making; time goes on for those behind it. None: he sees the present, or does not say what.
        `behind`: how many ticks the room has lost of which his clock does not know. Returns the first of these ticks that was new,
        by the present clock, None if none was.
        """
        fresh: int | None = None
        for stamp, row in enumerate(rows, start=first_tick):
            if stamp <= self._newest:
                self.counts.repeated += 1
                continue
            wanted = stamp - behind
            if wanted > tick + self._window:
                self.counts.early += 1  # not remembered as sent: a forged stamp must not block the honest ones behind it
                self._reached.note(Limit.INPUT_WINDOW_SECONDS)
                continue
            self._newest = stamp
            if fresh is None:
                fresh = wanted
            if max(wanted, tick) < self._latest:  # made after it: one clock's ticks only grow, so time was lost in between
                wanted = self._latest
            seen = _later(sight, stamp - first_tick)
            if wanted <= tick:
                self._add_late(wanted, row, tick, seen)
                continue
            self._latest = wanted
            if wanted in self._waiting:  # this one is newer; a tick has one row, however often
                self._waiting[wanted] = self._with_edges(row, self._edges_of(self._waiting[wanted][0])), seen
            elif self._credit == 0 or len(self._waiting) >= INPUT_QUEUE:
                self.counts.excess += 1
                self._reached.note(Limit.INPUT_QUEUE if self._credit else Limit.INPUT_CREDIT)
                self._press(wanted, row)
            else:
                self._credit -= 1
                self._waiting[wanted] = row, seen
        return fresh

    @property
    def row(self) -> Row:
        """What the last `take` gave, as its fields go on the wire: for a recording."""
        return self._made[0]

    def restart(self, tick: int) -> None:
        """He comes over another line, after this tick: what he sent over the old one and has not been used is void."""
        self._waiting.clear()
        self._pressed.clear()
        self._came_late = False
        self._newest = self._latest = tick

    def begin_clock(self) -> None:
        """He stamps by another clock from now on, so his ticks may begin lower; what waits stays."""
        self._newest = 0

    def has_news(self, tick: int) -> bool:
        """Has anything been sent that `take` gives for this tick and has not given before?"""
        return tick in self._waiting or tick in self._pressed or self._came_late

    def _add_late(self, wanted: int, row: Row, tick: int, sight: Sight | None) -> None:
        self.counts.late += 1
        self._came_late = True
        self._press(tick + 1, row)
        self._use_levels(wanted, row, tick)  # newer than those in use, because what comes later over a line was made later
        self._look(tick + 1, sight)

    def _edges_of(self, row: Row) -> dict[int, Any]:
        return {slot: row[slot] for slot in self._edges if row[slot] != self._neutral[slot]}

    def _with_edges(self, row: Row, edges: dict[int, Any]) -> Row:
        """Its own win."""
        merged = list(row)
        for slot, value in edges.items():
            if merged[slot] == self._neutral[slot]:
                merged[slot] = value
        return tuple(merged)

    def _press(self, tick: int, row: Row) -> None:
        """The presses of this row count in this tick, beside the row that it has, if any."""
        edges = self._edges_of(row)
        if edges:
            self._pressed.setdefault(tick, {}).update(edges)

    def _look(self, tick: int, sight: Sight | None) -> None:
        """What counts from this tick on was made at this sight."""
        if sight is None:
            self._levels_back = self._levels_cut = 0
            return
        back = max(0, tick * SUBTICKS - sight.view)
        self._levels_back = min(back, self._most_back)
        self._levels_cut = sight.cut + back - self._levels_back

    def _use_levels(self, wanted: int, row: Row, tick: int) -> None:
        self._levels_at = tick
        self._levels = row
        if self._edges:
            levels = list(row)
            for slot in self._edges:
                levels[slot] = self._neutral[slot]
            self._levels = tuple(levels)
        self.acknowledged = max(wanted, self.acknowledged or 0)  # by a clock of before it may be lower, even below 0

    def take(self, tick: int) -> Any:  # noqa: ANN401 - an object of the game's Input class
        """The input for this tick. To be called once for every tick, in order."""
        if self._credit < INPUT_CREDIT:
            self._credit += 1
        self._came_late = False
        waiting = self._waiting.pop(tick, None)
        if waiting is not None:
            row, sight = waiting
            self._use_levels(tick, row, tick)
            self._look(tick, sight)
            self.counts.used += 1
        elif self.acknowledged is not None and tick - self._levels_at <= self._hold:
            row = self._levels
            self.counts.held += 1
        else:
            row = self._neutral
            self._look(tick, None)
            self.counts.neutral += 1
            if self.acknowledged is not None and tick - self._levels_at == self._hold + 1:
                self._reached.note(Limit.INPUT_HOLD_SECONDS)
        self.back, self.cut = self._levels_back, self._levels_cut
        pressed = self._pressed.pop(tick, None)
        if pressed is not None:
            row = self._with_edges(row, pressed)
        if row != self._made[0]:
            self._made = (row, self._layout.make(row))
        return self._made[1]


def _later(sight: Sight | None, ticks: int) -> Sight | None:
    """What was on the screen so many ticks later."""
    return sight if sight is None or not ticks else Sight(sight.view + ticks * SUBTICKS, sight.cut)

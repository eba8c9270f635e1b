"""One player's inputs between their arrival and their ticks.

Inputs are stamped with the tick they are meant for. What is there in time is used at its tick. What is missing is bridged: levels
(a held button) hold for a while, then everything is neutral. What comes late still counts as far as it can without going back in
time: its levels if they are newer than those in use, its edges (presses) once, in the next tick. So a press is never lost and
never doubled (several of one field that fall into one tick are one), and sending more or faster gains nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from gameserver.core.limits import INPUT_CREDIT, INPUT_HOLD_SECONDS, INPUT_QUEUE, INPUT_WINDOW_SECONDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gameserver.core.layout import Layout, Row


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
    """For a tick at or below one sent before."""
    early: int = 0
    """Beyond the window."""
    excess: int = 0
    """More than the queue or the credit allows."""


class InputBuffer:
    """See the module. Rows given to it have passed `Layout.check_row`.

    Attributes:
        acknowledged: the newest tick whose input was used, None before the first.
    """

    def __init__(self, layout: Layout, tick_rate: int) -> None:
        self._layout = layout
        self._edges = [slot for slot, field in enumerate(layout.fields) if field.edge]
        self._neutral: Row = layout.pack(layout.neutral())
        self._window = max(1, round(INPUT_WINDOW_SECONDS * tick_rate))
        self._hold = max(1, round(INPUT_HOLD_SECONDS * tick_rate))
        self._waiting: dict[int, Row] = {}
        self._newest = 0
        """The highest tick that was ever sent."""
        self._credit = INPUT_CREDIT
        self._levels: Row = self._neutral
        self._levels_at = 0
        """The tick in hand when they came into use."""
        self._pressed: dict[int, Any] = {}
        """Edges that came late, by slot."""
        self._came_late = False
        """Something did since the last `take`."""
        self._made: tuple[Row, Any] = (self._neutral, layout.make(self._neutral))
        self.acknowledged: int | None = None
        self.counts = InputCounts()

    def add(self, first_tick: int, rows: Sequence[Row], tick: int) -> int | None:
        """Inputs for first_tick and the ticks behind it have arrived while `tick` was the last one done.

        Returns the first of these ticks that was new, None if none was.
        """
        fresh: int | None = None
        for wanted, row in enumerate(rows, start=first_tick):
            if wanted <= self._newest:
                self.counts.repeated += 1
                continue
            if wanted > tick + self._window:
                self.counts.early += 1  # not remembered as sent: a forged stamp must not block the honest ones behind it
                continue
            self._newest = wanted
            if fresh is None:
                fresh = wanted
            if wanted <= tick:
                self._add_late(wanted, row, tick)
            elif self._credit == 0 or len(self._waiting) >= INPUT_QUEUE:
                self.counts.excess += 1
            else:
                self._credit -= 1
                self._waiting[wanted] = row
        return fresh

    def restart(self, tick: int) -> None:
        """He comes over another line, after this tick: what he sent over the old one and has not been used is void."""
        self._waiting.clear()
        self._newest = tick

    def has_news(self, tick: int) -> bool:
        """Has anything been sent that `take` gives for this tick and has not given before?"""
        return tick in self._waiting or self._came_late

    def _add_late(self, wanted: int, row: Row, tick: int) -> None:
        self.counts.late += 1
        self._came_late = True
        for slot in self._edges:
            if row[slot] != self._neutral[slot]:
                self._pressed[slot] = row[slot]
        self._use_levels(wanted, row, tick)  # newer than those in use, because the ticks of a line only grow

    def _use_levels(self, wanted: int, row: Row, tick: int) -> None:
        self._levels_at = tick
        self._levels = row
        if self._edges:
            levels = list(row)
            for slot in self._edges:
                levels[slot] = self._neutral[slot]
            self._levels = tuple(levels)
        self.acknowledged = wanted

    def take(self, tick: int) -> Any:  # noqa: ANN401 - an object of the game's Input class
        """The input for this tick. To be called once for every tick, in order."""
        if self._credit < INPUT_CREDIT:
            self._credit += 1
        self._came_late = False
        row = self._waiting.pop(tick, None)
        if row is not None:
            self._use_levels(tick, row, tick)
            self.counts.used += 1
        elif self.acknowledged is not None and tick - self._levels_at <= self._hold:
            row = self._levels
            self.counts.held += 1
        else:
            row = self._neutral
            self.counts.neutral += 1
        if self._pressed:
            merged = list(row)
            for slot, value in self._pressed.items():
                if merged[slot] == self._neutral[slot]:
                    merged[slot] = value
            row = tuple(merged)
            self._pressed.clear()
        if row != self._made[0]:
            self._made = (row, self._layout.make(row))
        return self._made[1]

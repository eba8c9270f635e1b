"""How a server comes to an end without cutting anybody's match short: nobody new, a countdown, an end to each room in its time.

From the moment there is a Drain nobody is let in any more but to a seat that is his; `run` returns when no match is left, or when
its time is over. What is left then, `Server.stop` closes. Everyone is told to come again, each at a moment of his own.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Final

import trio

from gameserver.core.errors import Refused
from gameserver.core.limits import COMEBACK_SPREAD_SECONDS, MOST_AWAY_SECONDS
from gameserver.core.messages import Notice, NoticeCode

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from gameserver.core.game import Game
    from gameserver.room import Room

MARKS: Final = (60, 30, 10, 5, 4, 3, 2, 1)
"""Seconds left at which everybody is told again: pages count by themselves in between."""


class Drain:
    """See the module."""

    def __init__(self, rooms: Mapping[str, Room], *, lasting: Collection[type[Game]], seconds: float) -> None:
        """Begins now. `rooms`: the server's, as they close; those of games that are `lasting` have no end of their own, and nothing
        is waited for in them. `seconds`: at most.
        """
        self._rooms = rooms
        self._lasting = lasting
        self._ends_at = trio.current_time() + seconds
        self._turns = itertools.count()
        self._changed = trio.Event()

    @property
    def seconds_left(self) -> int:
        """At most, begun ones included."""
        return max(0, math.ceil(self._ends_at - trio.current_time()))

    def farewell(self) -> Notice:
        """For one client, whose line ends with it."""
        after = min(self.seconds_left, MOST_AWAY_SECONDS) + next(self._turns) % COMEBACK_SPREAD_SECONDS
        return Notice(NoticeCode.RESTARTING, "the server restarts: come again in a moment", after)

    def refusal(self) -> Refused:
        """For somebody who wants to come in."""
        notice = self.farewell()
        return Refused(notice.text, notice.code, notice.detail)

    def room_closed(self) -> None:
        """One of the rooms has; it is none of them any more."""
        self._changed.set()

    async def run(self) -> None:
        """Count down while matches are on. Once."""
        if not self.seconds_left:
            return
        for room in self._matches():
            room.finish(self.farewell)
        for mark in self._marks():
            with trio.move_on_at(self._ends_at - mark):
                await self._until_empty()
                return
            self._warn()
        with trio.move_on_at(self._ends_at):
            await self._until_empty()

    def _marks(self) -> Iterator[float]:
        """Seconds before the end: all of them, then those of MARKS that lie within."""
        seconds = self._ends_at - trio.current_time()
        yield seconds
        yield from (mark for mark in MARKS if mark < seconds)

    def _warn(self) -> None:
        for room in tuple(self._rooms.values()):
            room.warn(self._warning)

    def _warning(self) -> Notice:
        seconds = self.seconds_left
        return Notice(NoticeCode.DRAINING, f"the server restarts in {seconds} s", seconds)

    async def _until_empty(self) -> None:
        """No match is left."""
        while self._matches():
            self._changed = trio.Event()
            await self._changed.wait()

    def _matches(self) -> list[Room]:
        return [room for room in self._rooms.values() if room.plan.game not in self._lasting]

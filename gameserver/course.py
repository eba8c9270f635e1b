"""The course of a room: one match after the other, and when the room ends with one.

It ends when its match has ended and the score has been read, if its game is played once (Game.closes_when_over) or if it was told
to finish; told to finish it also ends as soon as no person plays. Whoever asks brings the time, trio's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameserver.core.limits import OVER_ROOM_SECONDS
from gameserver.core.messages import Notice, NoticeCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameserver.core.game import Game, Result


class Course:
    """See the module.

    Attributes:
        match_began: the first tick of the match that is played, or was played last.
    """

    def __init__(self, game: type[Game], result: Result | None, tick: int, *, people: Callable[[], int]) -> None:
        """It begins behind this tick. `result`: of a match that has ended by then. `people`: how many play now."""
        self.match_began = tick + 1
        self._people = people
        self._game = game
        self._result = result
        """Of the last step."""
        self._over_at: float | None = None
        self._farewell: Callable[[], Notice] | None = None
        """The room ends with this match, with this word to each."""

    @property
    def is_ending(self) -> bool:
        """Has the last match ended? Then nobody gets a seat any more."""
        return self._over_at is not None

    @property
    def last_word(self) -> Notice | Callable[[], Notice]:
        """Why it ends, for everyone or made for each."""
        return self._farewell or Notice(NoticeCode.OVER, "the match is over")

    def is_over(self, now: float) -> bool:
        """Is the room to end now?"""
        return (self._over_at is not None and now >= self._over_at) or (self._farewell is not None and not self._people())

    def finish(self, farewell: Callable[[], Notice], now: float) -> None:
        """The match that is on is the last one."""
        self._farewell = farewell
        if self._result is not None:
            self._end_soon(now)

    def take(self, result: Result | None, tick: int, now: float) -> Result | None:
        """The result behind the step of this tick, None while a match is played. It is returned if the match ended in this step."""
        before, self._result = self._result, result
        if result is None and before is not None:
            self.match_began = tick
            if self._farewell is not None:  # the next match is not begun for nothing
                self._over_at = now
        if result is None or before is not None:
            return None
        if self._game.closes_when_over or self._farewell is not None:
            self._end_soon(now)
        return result

    def _end_soon(self, now: float) -> None:
        """The match has ended; the room does when the score has been read."""
        if self._over_at is None:
            self._over_at = now + OVER_ROOM_SECONDS

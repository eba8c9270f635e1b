"""The calls that a client has made and that have no answer yet."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

import attrs
import trio

from gameserver.core.errors import GameserverError
from gameserver.core.messages import Call

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gameserver.core.layout import Row
    from gameserver.core.messages import Reply

CALLS_AT_ONCE: Final = 8
"""Calls that are said and not answered; a server refuses more of them that meet in one tick, as they may after a line was away."""


class SessionGone(GameserverError):
    """The server has given our seat away while a call waited for its answer: whether it was carried out is not known."""


@attrs.define
class _Asked:
    call: Call
    outcome: Reply | Exception | None = None
    answered: trio.Event = attrs.field(factory=trio.Event)


class Calls:
    """Numbers calls, and keeps each until its reply comes, whatever lines come and go meanwhile."""

    def __init__(self) -> None:
        self._asked: dict[int, _Asked] = {}
        """By number, ascending."""
        self._last = 0
        self._over: Exception | None = None

    def ask(self, method: str, arguments: Row) -> int:
        """A new call; returns its number. Raises what `end` was given."""
        if self._over is not None:
            raise self._over
        self._last += 1
        self._asked[self._last] = _Asked(Call(self._last, method, arguments))
        return self._last

    def to_say(self, above: int) -> Sequence[Call]:
        """Those that may be said now and have a higher number than what was said on this line already, in order."""
        return [asked.call for number, asked in islice(self._asked.items(), CALLS_AT_ONCE) if number > above]

    async def answer(self, number: int) -> Reply:
        """Wait for the reply. Raises what `fail` or `end` was given. A caller who is cancelled takes the call back."""
        asked = self._asked[number]
        try:
            await asked.answered.wait()
        finally:
            self._asked.pop(number, None)
        if isinstance(asked.outcome, Exception):
            raise asked.outcome
        assert asked.outcome is not None
        return asked.outcome

    def take(self, reply: Reply) -> None:
        """A reply has come. One that nobody waits for was said twice, and is nothing."""
        self._settle(reply.number, reply)

    def fail(self, error: Exception) -> None:
        """None of the calls so far will be answered, for this reason."""
        for number in tuple(self._asked):
            self._settle(number, error)

    def end(self, error: Exception) -> None:
        """The same, and so it is with all calls to come."""
        self._over = error
        self.fail(error)

    def _settle(self, number: int, outcome: Reply | Exception) -> None:
        asked = self._asked.pop(number, None)
        if asked is not None:
            asked.outcome = outcome
            asked.answered.set()

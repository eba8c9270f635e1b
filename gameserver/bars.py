"""Who was sent away from a room, and may not come back yet. It ends with the room; what outlives it is a ban (gameserver.bans)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from gameserver.core.errors import Refused
from gameserver.core.limits import KICK_SECONDS, MAX_BARS
from gameserver.core.messages import NoticeCode
from gameserver.core.registry import Limit

if TYPE_CHECKING:
    from gameserver.standing import Standing

_Who = tuple[str, ...]


class Bars:
    """Of one room. Times are trio's."""

    def __init__(self) -> None:
        self._until: dict[_Who, float] = {}

    def add(self, standing: Standing, name: str, now: float, seconds: float = KICK_SECONDS) -> None:
        """He may not come back for so long."""
        self._until = {who: until for who, until in self._until.items() if until > now}
        while len(self._until) >= MAX_BARS:
            del self._until[next(iter(self._until))]
        self._until[_who(standing, name)] = now + seconds

    def left(self, standing: Standing, name: str, now: float) -> float:
        """Seconds until he may come back; 0: now."""
        return max(0.0, self._until.get(_who(standing, name), now) - now)

    def check(self, standing: Standing, name: str, now: float) -> None:
        """Raise Refused if he may not come back yet."""
        left = self.left(standing, name, now)
        if left:
            why = f"you were sent away from this room: come back in {math.ceil(left)} s"
            raise Refused(why, NoticeCode.KICKED, limit=Limit.KICK_SECONDS)


def _who(standing: Standing, name: str) -> _Who:
    """Who has an account is that; of others, address and name are all that is known. Others behind his address may come in."""
    if standing.account is not None:
        return "account", standing.account
    return "guest", standing.caller.bucket, name.casefold()

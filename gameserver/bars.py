"""Who was sent away from a room, and may not come back yet. It ends with the room; what outlives it is a ban (gameserver.bans)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gameserver.standing import Standing

KICK_SECONDS: Final = 300.0
"""Longer than a round: whoever wanted to spoil this one finds another pastime, and a quarrel among friends is over by then."""
MAX_BARS: Final = 1_024
"""Of one room: the oldest give way. A host would have to send away three a second to get there."""

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


def _who(standing: Standing, name: str) -> _Who:
    """Who has an account is that; of others, address and name are all that is known. Others behind his address may come in."""
    if standing.account is not None:
        return "account", standing.account
    return "guest", standing.caller.bucket, name.casefold()

"""Who is there from which address: so that one of them cannot take the place of all the others.

It is asked when a connection has been accepted, before anything is read from it.
"""

from __future__ import annotations

import math
from http import HTTPStatus

import attrs

from gameserver.core.limits import (
    ADDRESS_CONNECTIONS,
    ADDRESS_CONNECTS_BURST,
    ADDRESS_CONNECTS_PER_SECOND,
    ADDRESS_UNADMITTED,
)
from gameserver.core.rates import Rates
from gameserver.core.registry import Limit
from gameserver.net.gate import HeadRefused


@attrs.define
class _Group:
    """The connections of one address."""

    connections: int = 0
    unadmitted: int = 0


@attrs.define
class Visit:
    """One connection, as its address is counted."""

    _crowd: Crowd
    _bucket: str
    _waits: bool = True
    _here: bool = True

    def admitted(self) -> None:
        """It is known what it wants, or who it is."""
        if self._waits:
            self._waits = False
            self._crowd._groups[self._bucket].unadmitted -= 1

    def leave(self) -> None:
        """It has gone."""
        self.admitted()
        if self._here:
            self._here = False
            group = self._crowd._groups[self._bucket]
            group.connections -= 1
            if not group.connections:
                del self._crowd._groups[self._bucket]


class Crowd:
    """See the module."""

    def __init__(self, per_address: int = ADDRESS_CONNECTIONS) -> None:
        """`per_address`: connections that one may have at once; how fast they come, and how many may wait, grows with it."""
        share = per_address / ADDRESS_CONNECTIONS
        self._groups: dict[str, _Group] = {}
        """Of the addresses that have a connection, by bucket."""
        self._most = per_address
        self._most_unadmitted = math.ceil(ADDRESS_UNADMITTED * share)
        self._connects = Rates(ADDRESS_CONNECTS_PER_SECOND * share, math.ceil(ADDRESS_CONNECTS_BURST * share))

    def __len__(self) -> int:
        """How many addresses are here."""
        return len(self._groups)

    def enter(self, bucket: str, now: float) -> Visit:
        """Somebody of this bucket (Caller.bucket) has connected. Raises HeadRefused if they are too many."""
        group = self._groups.get(bucket, _Group())
        if group.connections >= self._most:
            raise _too_many(f"{self._most} connections from one address are enough", 1.0, Limit.ADDRESS_CONNECTIONS)
        if group.unadmitted >= self._most_unadmitted:
            why = f"{self._most_unadmitted} connections of one address have yet to say what they want"
            raise _too_many(why, 1.0, Limit.ADDRESS_UNADMITTED)
        seconds = self._connects.take(bucket, now)
        if seconds:
            raise _too_many("too many connections from one address in a short time", seconds, Limit.ADDRESS_CONNECTS_PER_SECOND)
        self._groups[bucket] = group
        group.connections += 1
        group.unadmitted += 1
        return Visit(self, bucket)


def _too_many(why: str, seconds: float, limit: Limit) -> HeadRefused:
    return HeadRefused(HTTPStatus.SERVICE_UNAVAILABLE, why, limit=limit, retry_after=math.ceil(seconds))

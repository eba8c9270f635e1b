"""What one player is owed whatever happens to snapshots and lines: events and replies, kept until they are acknowledged.

They ride in frames before the snapshot. A frame that was handed over arrives, or the line dies; then everything that was not
acknowledged is sent again on the next line, and the client passes over what it has had. So each arrives exactly once.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import attrs

from gameserver.core.limits import RELIABLE_BYTES, RELIABLE_MESSAGES
from gameserver.core.registry import Limit
from gameserver.core.wire import encode_server

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gameserver.core.messages import EventMessage, Reply


@attrs.define
class _Owed:
    sequence: int
    """An event's; 0 for a reply."""
    data: bytes
    sent_tick: int = 0
    """The tick of the frame that it went out with last."""


class Reliable:
    """See the module. Nothing in it depends on a line but how much was sent on the present one."""

    __slots__ = ("_bytes", "_owed", "_sent", "last_event")

    def __init__(self) -> None:
        self.last_event = 0
        """The sequence number of the newest event."""
        self._owed: deque[_Owed] = deque()
        self._sent = 0
        """So many of them, from the oldest on, went out on the present line."""
        self._bytes = 0

    def add_event(self, event: EventMessage) -> None:
        """Owe him this event, under the next sequence number."""
        self.last_event += 1
        self._add(self.last_event, encode_server(attrs.evolve(event, sequence=self.last_event)))

    def add_reply(self, reply: Reply) -> None:
        """Owe him this reply."""
        self._add(0, encode_server(reply))

    def _add(self, sequence: int, data: bytes) -> None:
        self._owed.append(_Owed(sequence, data))
        self._bytes += len(data)

    @property
    def overflown(self) -> Limit | None:
        """What of it is more than anybody may be owed; then the promise cannot be kept any more."""
        if len(self._owed) > RELIABLE_MESSAGES:
            return Limit.RELIABLE_MESSAGES
        return Limit.RELIABLE_BYTES if self._bytes > RELIABLE_BYTES else None

    @property
    def has_unsent(self) -> bool:
        """Must the next frame on this line bring anything?"""
        return self._sent < len(self._owed)

    def unsent(self) -> Sequence[bytes]:
        """What the next frame on this line must bring, oldest first."""
        return [self._owed[at].data for at in range(self._sent, len(self._owed))]

    def sent(self, tick: int) -> None:
        """All of `unsent` went out with this tick's snapshot."""
        for at in range(self._sent, len(self._owed)):
            self._owed[at].sent_tick = tick
        self._sent = len(self._owed)

    def acknowledge(self, tick: int, event: int) -> None:
        """The client has the snapshot of this tick, with all that came before it, and the events up to that sequence number.

        Only what was sent on the present line counts, so nobody can acknowledge what he was never told.
        """
        while self._sent and (self._owed[0].sent_tick <= tick or 0 < self._owed[0].sequence <= event):
            self._bytes -= len(self._owed.popleft().data)
            self._sent -= 1

    def begin_line(self) -> None:
        """A new line: whatever was not acknowledged has to be sent again."""
        self._sent = 0

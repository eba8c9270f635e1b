"""The events that a client has had: reliable ones each once and in order, cosmetic ones as they come."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final

from gameserver.core.errors import ProtocolError, WorldMismatch

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gameserver.core.messages import EventMessage
    from gameserver.core.replica import Cosmetic
    from gameserver.core.schema import Schema

KEPT_EVENTS: Final = 1_024
"""Events that wait for somebody who looks; older ones are dropped."""


class Happenings:
    """See the module.

    Attributes:
        last: the sequence number of the last reliable event, 0 before the first.
        seen: (name, tick, object) of each event, oldest first.
    """

    def __init__(self) -> None:
        self.last = 0
        self.seen: deque[tuple[str, int, Any]] = deque(maxlen=KEPT_EVENTS)

    def begin_anew(self) -> None:
        """Another session: its sequence starts at 1."""
        self.last = 0

    def take(self, event: EventMessage, schema: Schema) -> None:
        """A reliable event. One that was had before is ignored: the server did not know.

        Raises WorldMismatch if one is missing before it, ProtocolError if it does not fit the schema.
        """
        if event.sequence <= self.last:
            return
        if event.sequence != self.last + 1:
            raise WorldMismatch(f"event {event.sequence} follows {self.last}")
        try:
            layout = schema.events[event.kind]
            made = layout.see(1, layout.check_row(event.values))
        except (IndexError, ValueError) as error:
            raise ProtocolError(f"event {event.sequence} does not fit the schema: {error}") from error
        self.last = event.sequence
        self.seen.append((layout.name, event.tick, made))

    def take_cosmetics(self, cosmetics: Iterable[Cosmetic], oldest: float) -> None:
        """Cosmetic events; those of a tick before `oldest` are not worth showing."""
        self.seen.extend((one.name, one.tick, one.event) for one in cosmetics if one.tick >= oldest)

"""The events of a recording as rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameserver.core.audience import AUDIENCES
from gameserver.core.errors import FormatError
from gameserver.export.columns import audience_text, reader

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gameserver.core.replay.playback import Frame
    from gameserver.core.schema import Schema


class Happenings:
    """Writes events into the tables of their kinds."""

    def __init__(self, schema: Schema, seconds: Callable[[int], float], adds: Sequence[Callable[[Sequence[object]], None]]) -> None:
        """`seconds`: of a tick; `adds`: what takes the rows of each kind of event."""
        self._seconds = seconds
        self._adds = adds
        self._read = [reader(event) for event in schema.events]
        self._numbers = {event.name: number for number, event in enumerate(schema.events)}
        self._names = [[field.name for field in event.fields] for event in schema.events]

    def write(self, frame: Frame, first: int, last: int) -> None:
        """Those of this frame that happened in these ticks: a frame tells of all that were run since the one before.

        Raises FormatError for what does not fit the schema.
        """
        for shown in frame.events:
            if first <= shown.tick <= last:
                try:
                    values = self._read[shown.kind](shown.values)
                except (IndexError, ValueError) as error:
                    raise FormatError(f"an event of tick {shown.tick} does not fit the recording's own schema: {error}") from error
                self._add(shown.kind, shown.tick, shown.to, list(shown.deaf), values)
        for cosmetic in frame.cosmetics:
            if first <= cosmetic.tick <= last:
                kind = self._numbers[cosmetic.name]
                values = [getattr(cosmetic.event, name) for name in self._names[kind]]
                self._add(kind, cosmetic.tick, cosmetic.part % AUDIENCES, [], values)

    def _add(self, kind: int, tick: int, to: int, deaf: list[int], values: Sequence[object]) -> None:
        self._adds[kind]((tick, self._seconds(tick), audience_text(to), deaf, *values))

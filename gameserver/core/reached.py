"""How often each limit was reached: one count for all rooms and lines of a server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameserver.core.registry import Limit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Reached:
    """See the module. It is told where somebody is refused, held back or dropped, and costs nothing where nobody is."""

    __slots__ = ("_counts",)

    def __init__(self) -> None:
        self._counts = {limit: 0 for limit in Limit if limit.is_counted}

    def __getitem__(self, limit: Limit) -> int:
        """How often. Raises KeyError for a limit that is not counted."""
        return self._counts[limit]

    def __iter__(self) -> Iterator[tuple[Limit, int]]:
        """All that are counted, those never reached too."""
        return iter(self._counts.items())

    def note(self, limit: Limit | None) -> None:
        """It was, once more. None: what happened had to do with no limit."""
        if limit is not None:
            self._counts[limit] += 1

    def note_all(self, limits: Iterable[Limit]) -> None:
        """All of these were."""
        for limit in limits:
            self._counts[limit] += 1

    def note_error(self, error: BaseException) -> None:
        """This was raised because of one, if it says so (GameserverError.limit)."""
        limit = getattr(error, "limit", None)
        if isinstance(limit, Limit):
            self._counts[limit] += 1

"""The last records of a log of the store, for whoever looks at what was kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameserver.ports import Store

T = TypeVar("T")

_PAGE: Final = 100_000
"""Records that are read at once."""


async def latest_of(store: Store, log: str, decode: Callable[[bytes], T], most: int) -> list[T]:
    """The last ones, oldest first. Those for which `decode` raises ValueError are passed over. Raises OSError."""
    found: list[T] = []
    start = 0
    while records := await store.read(log, start, _PAGE):
        start += len(records)
        for data in records:
            try:
                found.append(decode(data))
            except ValueError:
                continue
        del found[:-most]
    return found

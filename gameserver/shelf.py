"""The folder of recordings: what a file in it is called, and how much may stand there."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import trio

from gameserver.core.errors import GameserverError
from gameserver.livefile import PART, SUFFIX

if TYPE_CHECKING:
    from collections.abc import Collection

    from gameserver.ports import Disk

QUOTA_BYTES: Final = 2 * 1_024 * 1_024 * 1_024
"""Of all recordings: 140 hours of a room of arena with 16 players."""
LEAST_FREE_BYTES: Final = 1_024 * 1_024 * 1_024
"""With less, nothing new is recorded: whatever else lives on this disk needs it more."""
ABANDONED_SECONDS: Final = 24 * 3_600.0
"""A file that nobody sealed is not touched for so long: another server may be writing it."""

_TIME: Final = "%Y-%m-%dT%H-%M-%S"
_NAME: Final = re.compile(
    rf"(?P<at>\d{{4}}-\d\d-\d\dT\d\d-\d\d-\d\d)-[a-z0-9_]{{1,32}}-[0-9a-f]{{6}}{re.escape(SUFFIX)}(?P<part>{re.escape(PART)})?"
)


class NoSpace(GameserverError):
    """There is too little of it on the disk to begin another recording. The text says what to do."""


def name_of(room: str, at: float, session: bytes) -> str:
    """What the file of this recording is called: names sort by time. `at`: seconds since 1970."""
    when = datetime.fromtimestamp(at, UTC).strftime(_TIME)
    return f"{when}-{re.sub('[^a-z0-9]', '_', room)[:32]}-{session.hex()[:6]}{SUFFIX}"


class Shelf:
    """See the module. Files with other names than `name_of` gives are nobody's business: what is renamed is kept.

    Attributes:
        disk: its root is the folder.
    """

    def __init__(self, disk: Disk, *, quota_bytes: int = QUOTA_BYTES, least_free_bytes: int = LEAST_FREE_BYTES) -> None:
        self.disk = disk
        self._quota_bytes = quota_bytes
        self._least_free_bytes = least_free_bytes
        self._sizes: dict[str, int] = {}
        """Of sealed files, which do not grow."""
        self._lock = trio.Lock()

    async def make_room(self, growing: Collection[str], now: float) -> list[str]:
        """Before another recording begins: remove the oldest until they fit the quota. Returns the names of those removed.

        `growing`: files that are being written, which stay. `now`: seconds since 1970. Raises NoSpace, OSError.
        """
        async with self._lock:
            sizes = await self._all_sizes()
            total = sum(sizes.values())
            removed = []
            for name in sorted(sizes):
                if total <= self._quota_bytes:
                    break
                if name in growing or _may_be_growing(name, now):
                    continue
                with suppress(FileNotFoundError):  # somebody else made room
                    await self.disk.remove(name)
                total -= sizes[name]
                removed.append(name)
            free = await self.disk.free_bytes()
            if free < self._least_free_bytes:
                raise NoSpace(
                    f"{free / 2**20:.0f} MiB are free, and {self._least_free_bytes / 2**20:.0f} MiB are to stay so: "
                    "remove files, or record to another disk (serve --record DIR)"
                )
            return removed

    async def _all_sizes(self) -> dict[str, int]:
        """Of all recordings. Those that are gone in between are left out."""
        names = [name for name in await self.disk.list("") if _NAME.fullmatch(name)]
        sizes: dict[str, int] = {}
        for name in names:
            size = self._sizes.get(name)
            if size is None:
                try:
                    size = await self.disk.size(name)
                except FileNotFoundError:
                    continue
            sizes[name] = size
        self._sizes = {name: size for name, size in sizes.items() if not name.endswith(PART)}
        return sizes


def _may_be_growing(name: str, now: float) -> bool:
    found = _NAME.fullmatch(name)
    if found is None or not found["part"]:
        return False
    began = datetime.strptime(found["at"], _TIME).replace(tzinfo=UTC).timestamp()
    return now - began < ABANDONED_SECONDS

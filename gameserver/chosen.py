"""Recordings that somebody has picked, wherever they lie, as if they were in one folder (archive.Files)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import trio

from gameserver.archive import NAME
from gameserver.livefile import PART, SUFFIX

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

_ODD: Final = re.compile(r"[^A-Za-z0-9_-]+")
_MOST_CHARS: Final = 100
"""Of a name, so that a number fits behind it."""


class ChosenFiles:
    """See the module.

    Attributes:
        paths: by the name that each has here: its own, if it can stand in an address and is nobody else's.
    """

    def __init__(self, paths: Iterable[Path]) -> None:
        self.paths: dict[str, Path] = {}
        for path in paths:
            self.paths[self._free_name(path.name)] = path

    def _free_name(self, name: str) -> str:
        ending = SUFFIX + PART if name.endswith(PART) else SUFFIX
        stem = _ODD.sub("-", name.removesuffix(PART).removesuffix(SUFFIX))[:_MOST_CHARS] or "recording"
        number = 1
        while (free := f"{stem}{f'-{number}' if number > 1 else ''}{ending}") in self.paths:
            number += 1
        assert NAME.fullmatch(free)
        return free

    async def list(self, folder: str) -> Sequence[str]:
        """All of them; what was removed meanwhile shows when it is opened."""
        return sorted(self.paths)

    async def size(self, path: str) -> int:
        """Bytes of this file. Raises OSError."""
        return await trio.to_thread.run_sync(lambda: self._place(path).stat().st_size)

    async def read_part(self, path: str, offset: int, most: int) -> bytes:
        """At most so many bytes of this file. Raises OSError."""
        return await trio.to_thread.run_sync(self._read_part, path, offset, most)

    def _read_part(self, path: str, offset: int, most: int) -> bytes:
        with self._place(path).open("rb") as file:
            file.seek(offset)
            return file.read(most)

    def _place(self, name: str) -> Path:
        try:
            return self.paths[name]
        except KeyError:
            raise FileNotFoundError(name) from None

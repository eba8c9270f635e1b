"""The store of a server that remembers: its logs are files, its values live in memory.

Values (leases, addresses) speak of processes that run; they may die with this one. What is logged shall outlive it, and other
servers that have the folder see it as well: a ban counts on all of them.
"""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING, Final

import attrs
import trio

from gameserver.net.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameserver.ports import Disk

SUFFIX: Final = ".log"
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


@attrs.define
class _Log:
    count: int = 0
    """Of its records. They themselves stay in the file: a log may grow for years."""
    size: int = 0
    """Bytes of the file with these. If it has others, another process has written."""
    torn: bool = False
    """The file may end within a line: the next one begins with a line end."""


class FileStore(MemoryStore):
    """A `gameserver.ports.Store` whose logs are files on a disk, a line for each record: its CRC-32 and its bytes, escaped.

    A record whose `append` has returned outlives a crash. A line that is torn or spoilt is passed over, and costs no other. Servers
    may share the folder; of two that append in the same moment, both records are kept, and both may be told the same index.
    """

    def __init__(self, disk: Disk) -> None:
        super().__init__()
        self._disk = disk
        self._files: dict[str, _Log] = {}
        """What is known of logs that were read or written."""
        self._lock = trio.Lock()

    async def get(self, key: str) -> bytes | None:
        if await self._is_log(key):
            raise ValueError(f"{key!r} is a log: read it")
        return await super().get(key)

    async def put(self, key: str, value: bytes, *, seconds_to_live: float | None = None) -> None:
        if await self._is_log(key):
            await self.delete(key)
        await super().put(key, value, seconds_to_live=seconds_to_live)

    async def put_new(self, key: str, value: bytes, *, seconds_to_live: float) -> bool:
        return not await self._is_log(key) and await super().put_new(key, value, seconds_to_live=seconds_to_live)

    async def delete(self, key: str) -> None:
        await super().delete(key)
        if await self._is_log(key):
            async with self._lock:
                await self._disk.remove(key + SUFFIX)
                self._files.pop(key, None)

    async def append(self, log: str, record: bytes) -> int:
        if not _NAME.fullmatch(log):
            raise ValueError(f"{log!r} is no name of a log: it is to match {_NAME.pattern}")
        async with self._lock:
            size = await self._look(log)
            if size is None and await super().get(log) is not None:
                raise ValueError(f"{log!r} is a value, not a log: delete it first")
            held = self._files.get(log)
            if held is None or held.torn or held.size != size:
                _, held = _read(await self._disk.read(log + SUFFIX) if size is not None else b"")
                self._files[log] = held
            line = b"\n" * held.torn + _line(record)
            held.torn = True  # until we know better
            await self._disk.append(log + SUFFIX, line)
            held.torn = False
            held.count += 1
            held.size += len(line)
            await self._disk.sync(log + SUFFIX)
            return held.count - 1

    async def read(self, log: str, start: int = 0, most: int = 100) -> list[bytes]:
        async with self._lock:
            size = await self._look(log)
            if size is None:
                return await super().read(log, start, most)  # which knows what is wrong, or that there is none
            if start < 0 or most < 0:
                raise ValueError("start and most count from 0")
            held = self._files.get(log)
            if held is not None and start >= held.count and held.size == size:
                return []  # whoever waits for more asks every second, and a log may be long
            records, self._files[log] = _read(await self._disk.read(log + SUFFIX))
            return records[start : start + most]

    async def rewrite(self, log: str, change: Callable[[bytes], bytes | None]) -> int:
        """Put what `change` makes of it in the place of each record, and leave out those of which it makes None. Returns how many
        are not as they were.

        Lines that were torn go as well. The old file is there or the new one, and no other process may use the log meanwhile.
        """
        if not await self._is_log(log):
            return 0
        async with self._lock:
            before = records_in(await self._disk.read(log + SUFFIX))
            after = [change(record) for record in before]
            changed = sum(old != new for old, new in zip(before, after, strict=True))
            kept = [record for record in after if record is not None]
            data = b"".join(map(_line, kept))
            await self._disk.write(log + SUFFIX, data)
            await self._disk.sync(log + SUFFIX)
            _, self._files[log] = _read(data)
            return changed

    async def scraps(self, log: str) -> int:
        """Lines that are no whole record: a process was killed while it wrote them. `rewrite` leaves them out."""
        if not await self._is_log(log):
            return 0
        async with self._lock:
            return sum(bool(line) and _record(line) is None for line in (await self._disk.read(log + SUFFIX)).split(b"\n"))

    async def _is_log(self, key: str) -> bool:
        async with self._lock:
            return await self._look(key) is not None

    async def _look(self, key: str) -> int | None:
        """Bytes of this log's file, None if it is no log: another process may have begun or deleted it since we looked last."""
        if not _NAME.fullmatch(key):
            return None
        try:
            return await self._disk.size(key + SUFFIX)
        except FileNotFoundError:
            self._files.pop(key, None)
            return None


def _read(data: bytes) -> tuple[list[bytes], _Log]:
    """The records of a log's file, and what to remember of it."""
    records = records_in(data)
    return records, _Log(len(records), len(data), torn=bool(data) and not data.endswith(b"\n"))


def records_in(data: bytes) -> list[bytes]:
    """The records of a log's file, without the lines that were torn."""
    return [record for record in map(_record, data.split(b"\n")) if record is not None]


def _line(record: bytes) -> bytes:
    return b"%08x " % zlib.crc32(record) + record.replace(b"\\", b"\\\\").replace(b"\n", b"\\n") + b"\n"


def _record(line: bytes) -> bytes | None:
    crc, _, escaped = line.partition(b" ")
    record = re.sub(rb"\\(.)", lambda found: b"\n" if found[1] == b"n" else found[1], escaped, flags=re.DOTALL)
    return record if crc == b"%08x" % zlib.crc32(record) else None

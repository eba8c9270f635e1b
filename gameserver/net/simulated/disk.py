"""A simulated disk: what was not synced may be lost or torn in a crash, and any call can be made to fail."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import attrs
import trio

from gameserver.net.simulated.pipe import Latency
from gameserver.ports import checked_path

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence


@attrs.define(eq=False)
class _File:
    data: bytearray = attrs.field(factory=bytearray)
    synced: int = 0  # so many bytes outlive a crash
    sync_failed: bool = False  # the system has forgotten which pages it still owes: later syncs prove nothing


class SimDisk:
    """A `gameserver.ports.Disk` in memory that can be slow, full, faulty, can hang, and can crash.

    Names are journalled in order, as the common file systems do: whatever makes one change of a name durable makes the earlier
    ones durable too.

    Args:
        rng: decides how much of a torn write survives.
        capacity_bytes: a write beyond it is ENOSPC.

    Attributes:
        delay: how long each call takes.
        calls: how many calls there have been.
    """

    def __init__(self, rng: random.Random, *, capacity_bytes: int = 1 << 30) -> None:
        self.delay = Latency()
        self.calls = 0
        self._rng = rng
        self._capacity_bytes = capacity_bytes
        self._names: dict[str, _File] = {}
        self._durable_names: dict[str, _File] = {}
        self._journal: list[dict[str, _File | None]] = []  # changes of names since the last sync; None is a removal
        self._faults: dict[int, int] = {}
        self._going = trio.Event()
        self._going.set()

    # -- faults

    def fail(self, n: int, code: int) -> None:
        """Let the n-th call from now (1 is the next) raise an `OSError` with this code, such as `errno.ENOSPC`."""
        if n < 1:
            raise ValueError(f"n counts from 1, the next call; it was {n}")
        self._faults[self.calls + n] = code

    def mend(self) -> None:
        """Let no call fail that was told to, and none hang."""
        self._faults.clear()
        self.go_on()

    def hang(self) -> None:
        """Let every call wait until `go_on`. Whoever is cancelled meanwhile does not, and his call never happens."""
        if self._going.is_set():
            self._going = trio.Event()

    def go_on(self) -> None:
        """Let calls happen again."""
        self._going.set()

    def crash(self) -> None:
        """Go on with what a machine would find after losing power now.

        What was synced is there. Of the changed names since then a part survives, the earlier ones first; of the bytes
        appended since then a part, whose last stretch may have turned to zeros.
        """
        for change in self._journal[: self._rng.randint(0, len(self._journal))]:
            _apply(change, self._durable_names)
        self._journal.clear()
        self._names = dict(self._durable_names)
        for file in self._names.values():
            end = self._rng.randint(file.synced, len(file.data))
            sound = self._rng.randint(file.synced, end) if self._rng.random() < 0.5 else end
            file.data[sound:] = bytes(end - sound)
            file.synced = end
            file.sync_failed = False

    # -- the port

    async def read(self, path: str) -> bytes:
        checked_path(path)
        await self._call()
        return bytes(self._find(path).data)

    async def read_part(self, path: str, offset: int, most: int) -> bytes:
        checked_path(path)
        await self._call()
        return bytes(self._find(path).data[offset : offset + most])

    async def size(self, path: str) -> int:
        checked_path(path)
        await self._call()
        return len(self._find(path).data)

    async def append(self, path: str, data: bytes) -> None:
        checked_path(path)
        await self._call(lambda: self._append(path, data[: self._rng.randint(0, len(data))]))
        room = self._capacity_bytes - self._used_bytes()
        self._append(path, data[:room])
        if len(data) > room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)

    async def write(self, path: str, data: bytes) -> None:
        checked_path(path)
        await self._call()
        if len(data) > self._capacity_bytes - self._used_bytes():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
        self._change({path: _File(bytearray(data), synced=len(data))})

    async def sync(self, path: str) -> None:
        checked_path(path)
        await self._call(lambda: self._fail_sync(path))
        file = self._find(path)
        if not file.sync_failed:
            file.synced = len(file.data)
        self._durable_names = dict(self._names)
        self._journal.clear()

    async def rename(self, old: str, new: str) -> None:
        checked_path(old)
        checked_path(new)
        await self._call()
        self._change({old: None, new: self._find(old)})

    async def remove(self, path: str) -> None:
        checked_path(path)
        await self._call()
        self._find(path)
        self._change({path: None})

    async def list(self, folder: str) -> Sequence[str]:
        prefix = checked_path(folder) + "/" if folder else ""
        await self._call()
        found = set()
        for path in self._names:
            if path.startswith(prefix):
                name, slash, _ = path[len(prefix) :].partition("/")
                found.add(name + slash)
        return sorted(found)

    async def free_bytes(self) -> int:
        await self._call()
        return self._capacity_bytes - self._used_bytes()

    async def _call(self, on_fault: Callable[[], None] | None = None) -> None:
        """Take the time of a call, and fail if this one was told to. Like a thread, it cannot be stopped once it has begun."""
        await trio.lowlevel.checkpoint()
        self.calls += 1
        code = self._faults.pop(self.calls, None)
        seconds = self.delay.seconds + self.delay.jitter_seconds * self._rng.random()
        if seconds:
            with trio.CancelScope(shield=True):
                await trio.sleep(seconds)
        if not self._going.is_set():
            await self._going.wait()
        if code is not None:
            if on_fault is not None:
                on_fault()
            raise OSError(code, os.strerror(code))

    def _find(self, path: str) -> _File:
        try:
            return self._names[path]
        except KeyError:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path) from None

    def _append(self, path: str, data: bytes) -> None:
        if path not in self._names:
            self._change({path: _File()})
        self._names[path].data += data

    def _fail_sync(self, path: str) -> None:
        self._find(path).sync_failed = True

    def _change(self, change: dict[str, _File | None]) -> None:
        self._journal.append(change)
        _apply(change, self._names)

    def _used_bytes(self) -> int:
        return sum(len(file.data) for file in self._names.values())


def _apply(change: dict[str, _File | None], names: dict[str, _File]) -> None:
    for path, file in change.items():
        if file is None:
            names.pop(path, None)
        else:
            names[path] = file

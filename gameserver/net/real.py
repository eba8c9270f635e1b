"""The real ports: TCP, a folder of files, the system's randomness and its clock."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import trio

from gameserver.net.eager import EagerStream
from gameserver.net.logfiles import FileStore
from gameserver.net.memory import MemoryStore
from gameserver.ports import Listener, Ports, checked_path

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")

MOST_CALLS: Final = 16
"""Under way to one disk that abandons them: a recorder's, those of who watches, and as many that nobody waits for any more."""


class TcpListener(Listener):
    """A listening TCP socket."""

    def __init__(self, listener: trio.SocketListener) -> None:
        self._listener = listener
        host, port = listener.socket.getsockname()[:2]
        self._address = (str(host), int(port))

    @property
    def address(self) -> tuple[str, int]:
        return self._address

    async def accept(self) -> EagerStream:
        return EagerStream(await self._listener.accept())

    async def aclose(self) -> None:
        await self._listener.aclose()


class TcpNetwork:
    """A `gameserver.ports.Network` over TCP. A host with several addresses gets a listener for each."""

    async def listen(self, host: str, port: int) -> Sequence[TcpListener]:
        return [TcpListener(listener) for listener in await trio.open_tcp_listeners(port, host=host)]

    async def connect(self, host: str, port: int) -> trio.SocketStream:
        return await trio.open_tcp_stream(host, port)


class FileDisk:
    """A `gameserver.ports.Disk`: the files below a folder, handled in threads so that nobody waits for the disk but the caller.

    Args:
        root: the folder; it comes to be when something is first written.
        abandons: who is cancelled does not wait for a call that has begun. It goes on all the same, so nothing may be done with
            the file afterwards. For who has to end, even if the disk hangs.
    """

    def __init__(self, root: str | os.PathLike[str], *, abandons: bool = False) -> None:
        self._root = Path(root)
        self._abandons = abandons
        self._threads = trio.CapacityLimiter(MOST_CALLS) if abandons else None
        """Calls of its own: those that were abandoned hold the threads that they hang in."""

    async def read(self, path: str) -> bytes:
        return await self._aside(lambda: self._place(path).read_bytes())

    async def read_part(self, path: str, offset: int, most: int) -> bytes:
        return await self._aside(lambda: self._read_part(path, offset, most))

    async def size(self, path: str) -> int:
        return await self._aside(lambda: self._place(path).stat().st_size)

    async def append(self, path: str, data: bytes) -> None:
        await self._aside(lambda: self._append(path, data))

    async def write(self, path: str, data: bytes) -> None:
        await self._aside(lambda: self._write(path, data))

    async def sync(self, path: str) -> None:
        await self._aside(lambda: self._sync(path))

    async def rename(self, old: str, new: str) -> None:
        await self._aside(lambda: self._rename(old, new))

    async def remove(self, path: str) -> None:
        await self._aside(lambda: self._place(path).unlink())

    async def list(self, folder: str) -> Sequence[str]:
        return await self._aside(lambda: self._list(folder))

    async def free_bytes(self) -> int:
        return await self._aside(self._free_bytes)

    async def _aside(self, work: Callable[[], T]) -> T:
        return await trio.to_thread.run_sync(work, abandon_on_cancel=self._abandons, limiter=self._threads)

    def _place(self, path: str) -> Path:
        """Where the file is. A link that leads out of the root is refused like any other way out."""
        place = self._root / checked_path(path)
        if not place.resolve().is_relative_to(self._root.resolve()):
            raise ValueError(f"{path!r} leads out of {str(self._root)!r} through a link")
        return place

    def _read_part(self, path: str, offset: int, most: int) -> bytes:
        with self._place(path).open("rb") as file:
            file.seek(offset)
            return file.read(most)

    def _append(self, path: str, data: bytes) -> None:
        place = self._place(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("ab") as file:
            file.write(data)

    def _write(self, path: str, data: bytes) -> None:
        place = self._place(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        draft = place.with_name(f".{place.name}.{secrets.token_hex(8)}")
        try:
            with draft.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())  # or a crash may leave the new name on bytes that never reached the disk
            draft.replace(place)
        except BaseException:
            with contextlib.suppress(OSError):
                draft.unlink()
            raise

    def _sync(self, path: str) -> None:
        place = self._place(path)
        _fsync(place, os.O_RDWR)
        if os.name == "posix":  # elsewhere a folder cannot be opened, and names are journalled
            for folder in place.parents:
                _fsync(folder, os.O_RDONLY)
                if folder == self._root:
                    break

    def _rename(self, old: str, new: str) -> None:
        place = self._place(new)
        place.parent.mkdir(parents=True, exist_ok=True)
        self._place(old).replace(place)

    def _list(self, folder: str) -> Sequence[str]:
        place = self._place(folder) if folder else self._root
        try:
            found = [entry.name + "/" * entry.is_dir() for entry in place.iterdir() if not entry.name.startswith(".")]
        except FileNotFoundError:
            return []
        return sorted(found)

    def _free_bytes(self) -> int:
        place = self._root.absolute()
        while not place.exists():
            place = place.parent
        return shutil.disk_usage(place).free


def _fsync(place: Path, flags: int) -> None:
    descriptor = os.open(place, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class SystemRandomness:
    """A `gameserver.ports.Randomness` from the operating system."""

    def token(self, n_bytes: int) -> bytes:
        return secrets.token_bytes(n_bytes)

    def seed(self) -> int:
        return secrets.randbits(63)


class SystemWallClock:
    """A `gameserver.ports.WallClock` from the operating system."""

    def now(self) -> float:
        return time.time()


def real_ports(root: str | os.PathLike[str], *, remembers: bool = False) -> Ports:
    """The world as it is, with files below `root` and a store of this process alone, whose logs are files if it `remembers`."""
    disk = FileDisk(root)
    return Ports(
        network=TcpNetwork(),
        disk=disk,
        store=FileStore(disk) if remembers else MemoryStore(),
        randomness=SystemRandomness(),
        wall_clock=SystemWallClock(),
    )

"""The five ways in which a server touches the world, as protocols, so that a whole server runs on simulated ones.

Nothing but an implementation of a port opens a socket or a file, asks for the date, or draws a random number. Time is not a
port: it is trio's own clock, which a test replaces with `trio.testing.MockClock`. The real ports are in `gameserver.net.real`,
the simulated ones in `gameserver.net.simulated`.

Every port lets `OSError` travel: what a full disk or a refused connection costs is for the caller to say.
"""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, Protocol

import attrs
import trio

if TYPE_CHECKING:
    from collections.abc import Sequence


class Listener(trio.abc.Listener[trio.abc.Stream]):
    """Accepts connections, and knows where."""

    __slots__ = ()

    @property
    @abc.abstractmethod
    def address(self) -> tuple[str, int]:
        """The host and port that are really bound: whoever asked for port 0 learns here which one it got."""


class Network(Protocol):
    """Byte streams to and from other machines."""

    async def listen(self, host: str, port: int) -> Sequence[Listener]:
        """Accept connections from now on; port 0 takes any free one.

        Raises:
            OSError: the port is taken, or the host is not ours.
        """
        ...

    async def connect(self, host: str, port: int) -> trio.abc.Stream:
        """Open a connection.

        Raises:
            OSError: nobody listens there, or there is no way to get there.
        """
        ...


class Disk(Protocol):
    """Files below one folder. A path is relative, with `/` between its parts (see `checked_path`).

    What is appended, renamed or removed may be forgotten in a crash until `sync` has returned; a part of the bytes appended
    since then may survive, whole or torn. A `write` is never torn: after a crash the old bytes are there or the new ones.

    Every method raises `OSError` when the disk refuses, and `ValueError` for a path that `checked_path` refuses. A call that
    has begun is not cut short by cancellation.
    """

    async def read(self, path: str) -> bytes:
        """All bytes of a file."""
        ...

    async def read_part(self, path: str, offset: int, most: int) -> bytes:
        """At most so many bytes of a file, from this offset on; none behind its end."""
        ...

    async def size(self, path: str) -> int:
        """How many bytes a file has."""
        ...

    async def append(self, path: str, data: bytes) -> None:
        """Add to the end of a file, which comes to be, with its folders, if it does not exist.

        Raises:
            OSError: some of the data may have been added all the same.
        """
        ...

    async def write(self, path: str, data: bytes) -> None:
        """Replace a file as a whole, or create it. When this raises, the old bytes are still there."""
        ...

    async def sync(self, path: str) -> None:
        """Return when the bytes of this file, and its name, will outlive a crash.

        Raises:
            OSError: the bytes since the last sync may be lost, even if a later sync succeeds. Begin a new file.
        """
        ...

    async def rename(self, old: str, new: str) -> None:
        """Give a file another name, in place of a file that had that name before."""
        ...

    async def remove(self, path: str) -> None:
        """Forget a file."""
        ...

    async def list(self, folder: str) -> Sequence[str]:
        """The sorted names directly inside a folder ("" is the outermost); a folder's name ends in `/`. No folder, no names."""
        ...

    async def free_bytes(self) -> int:
        """How much may still be written."""
        ...


class Store(Protocol):
    """Small values and logs that the servers of a cluster share. A key holds a value or a log, never both.

    Every method raises `OSError` when the store cannot be reached; the change may then have happened or not.
    """

    async def get(self, key: str) -> bytes | None:
        """The value, or None if there is none or its time is over."""
        ...

    async def put(self, key: str, value: bytes, *, seconds_to_live: float | None = None) -> None:
        """Set the value, whatever was under the key before."""
        ...

    async def put_new(self, key: str, value: bytes, *, seconds_to_live: float) -> bool:
        """Set the value unless there is something under the key. True if it was set: of many who try, one is told so."""
        ...

    async def delete(self, key: str) -> None:
        """Forget the value or the log, if there is any."""
        ...

    async def append(self, log: str, record: bytes) -> int:
        """Add a record to the end of a log; returns its index, which begins at 0 and has no gaps."""
        ...

    async def read(self, log: str, start: int = 0, most: int = 100) -> list[bytes]:
        """The records of a log from an index on, at most so many; none if the log ends before. A store may have forgotten the
        oldest: those are empty."""
        ...


class Randomness(Protocol):
    """Chance that nobody outside can foresee. Play never draws from it directly: it gives a match its seed."""

    def token(self, n_bytes: int) -> bytes:
        """Bytes for a secret."""
        ...

    def seed(self) -> int:
        """A number of 63 bits."""
        ...


class WallClock(Protocol):
    """The date, for headers, logs and tickets only. It may jump; play and timeouts go by `trio.current_time`."""

    def now(self) -> float:
        """Seconds since 1970, UTC."""
        ...


@attrs.frozen(kw_only=True)
class Ports:
    """All that a server may touch of the world outside."""

    network: Network
    disk: Disk
    store: Store
    randomness: Randomness
    wall_clock: WallClock


def checked_path(path: str) -> str:
    """The path itself, if it names a place below the root of a disk on every system.

    Parts may not be empty or begin with a dot, so there is no way up and out, and names that do begin with a dot are left for
    a disk's own use. Backslash, colon and NUL are refused because they mean something to some system.

    Raises:
        ValueError: the path could lead elsewhere.
    """
    for part in path.split("/"):
        if not part or part.startswith(".") or any(c in part for c in "\\:\0"):
            raise ValueError(f"{path!r} is no path below the root: give relative parts joined by '/', none beginning with a dot")
    return path

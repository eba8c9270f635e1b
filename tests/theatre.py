"""What the tests of watching share: a server that records, in virtual time, and viewers that read what it shows as it comes."""

from __future__ import annotations

import random
from contextlib import asynccontextmanager, suppress
from itertools import count
from typing import TYPE_CHECKING, Any, Final, TypeVar

import attrs
import trio
import trio.testing
from trio_websocket import ConnectionClosed

from gameserver.api import make_app
from gameserver.archive import Archive
from gameserver.core.messages import Bye, Inputs, Snapshot
from gameserver.core.replay.chunks import ChunkType, places
from gameserver.core.replay.header import Contents, Header
from gameserver.core.replay.recording import Recording
from gameserver.guard import NoGuard
from gameserver.net.simulated import SimDisk, simulated_ports
from gameserver.recorder import Recorder
from gameserver.rooms import Rooms
from gameserver.server import Server
from gameserver.watching import routes
from tests.helpers import HOST, INSTANT, PORT, Host, Ping, Toy, wire
from tests.web import get

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from gameserver import Game
    from gameserver.core.replay.chunks import Chunk
    from gameserver.hooks import Hooks
    from gameserver.net.simulated import Latency, SimNetwork, SimStream

T = TypeVar("T")

DELAY: Final = 10.0
SECRET_TYPES: Final = frozenset((ChunkType.SECRET_VIEW, ChunkType.SECRET_KEYFRAME))
NEVER: Final = frozenset((ChunkType.TRUTH, ChunkType.STATE, ChunkType.FAULT, ChunkType.ORIGIN))


async def at_once(work: Callable[[], T], /) -> T:
    """recorder.Aside for virtual time."""
    await trio.lowlevel.checkpoint()
    return work()


@attrs.frozen
class Theatre(Host):
    """A running server that records to a simulated disk."""

    disk: SimDisk
    recorder: Recorder
    archive: Archive


@asynccontextmanager
async def theatre(
    *games: type[Game],
    seed: int = 1,
    latency: Latency = INSTANT,
    watch_delay: float = DELAY,
    rooms: Sequence[str] = (),
    quota_bytes: int = 1 << 30,
    disk: SimDisk | None = None,
    chunking: bool = True,
    hooks: Hooks | None = None,
) -> AsyncIterator[Theatre]:
    """On HOST:PORT; `rooms` play the first of the games and stay open."""
    ports = simulated_ports(seed, latency=latency, chunking=chunking)
    games = games or (Toy,)
    disk = disk if disk is not None else SimDisk(random.Random(seed))
    recorder = Recorder(
        disk=disk,
        randomness=ports.randomness,
        wall_clock=ports.wall_clock,
        quota_bytes=quota_bytes,
        least_free_bytes=0,
        aside=at_once,
    )
    archive = Archive(disk)
    all_rooms = Rooms(
        ports=ports,
        games={game.name: game for game in games},
        maps={},
        guard=NoGuard(),
        hooks=hooks,
        recorder=recorder,
        watch_delay=watch_delay,
    )
    server = Server(all_rooms, ports=ports, hooks=hooks, web=lambda server: make_app(server, routes(archive, recorder, server)))
    for name in rooms:
        all_rooms.open(name, games[0], seed=seed, keep=True)
    await server.listen(HOST, PORT)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(server.run)
        await trio.testing.wait_all_tasks_blocked()
        yield Theatre(server, ports.network, disk, recorder, archive)
        nursery.cancel_scope.cancel()


class Viewer:
    """Reads one answer as it comes.

    Attributes:
        status: of the answer.
        headers: by their names in lower case.
        data: the body, as far as it came.
        came: when each piece of it came, and how many bytes were there then.
        whole: it ended as answers end, and was not cut.
    """

    def __init__(self, stream: SimStream) -> None:
        self.stream = stream
        self.status = 0
        self.headers: dict[str, str] = {}
        self.data = b""
        self.came: list[tuple[float, int]] = []
        self.whole = False
        self._raw = b""

    @classmethod
    async def open(cls, network: SimNetwork, path: str, *headers: str) -> Viewer:
        """Ask, and read the head of the answer, and the first piece of it if it has any."""
        viewer = cls(await network.connect(HOST, PORT))
        await viewer.stream.send_all(get(path, *headers))
        while b"\r\n\r\n" not in viewer._raw:
            viewer._raw += await viewer.stream.receive_some()
        head, _, viewer._raw = viewer._raw.partition(b"\r\n\r\n")
        status, *lines = head.decode("ascii").split("\r\n")
        viewer.status = int(status.split(" ")[1])
        viewer.headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        viewer._take()
        while not viewer.whole and not viewer.data and (more := await viewer.stream.receive_some()):
            viewer._raw += more
            viewer._take()
        return viewer

    async def read(self, *, until: float | None = None) -> Viewer:
        """Read to the end, or up to this time."""
        with trio.CancelScope(deadline=float("inf") if until is None else until):
            try:
                while not self.whole and (more := await self.stream.receive_some()):
                    self._raw += more
                    self._take()
            except trio.BrokenResourceError:
                pass
            await self.stream.aclose()
        return self

    async def close(self) -> None:
        """Look no more."""
        await trio.aclose_forcefully(self.stream)

    def _take(self) -> None:
        """Whole chunks of the transfer coding (RFC 9112 7.1), or what comes without it."""
        if self.headers.get("transfer-encoding") != "chunked":
            self.data, self._raw = self.data + self._raw, b""
            self.whole = len(self.data) == int(self.headers.get("content-length", "0"))
            return
        while b"\r\n" in self._raw:
            size, _, rest = self._raw.partition(b"\r\n")
            length = int(size, 16)
            if len(rest) < length + 2:
                return
            self.data += rest[:length]
            self._raw = rest[length + 2 :]
            if length == 0:
                self.whole = True
                return
            self.came.append((trio.current_time(), len(self.data)))

    # -- what it is --------------------------------------------------------------------------------------------------------
    @property
    def recording(self) -> Recording:
        """What came, as a recording."""
        return Recording.open(self.data)

    @property
    def contents(self) -> Contents:
        """As it is said at the beginning."""
        (contents,) = [Contents.decode(chunk.payload) for chunk in self.chunks if chunk.type == ChunkType.CONTENTS]
        return contents

    @property
    def chunks(self) -> list[Chunk]:
        """All of them, unpacked."""
        recording = self.recording
        return [recording.chunk(place) for place in recording.places]

    @property
    def types(self) -> set[int]:
        """Of its chunks; all bytes must be chunks."""
        _, size = Header.decode(self.data)
        found = list(places(self.data, size))
        end = found[-1].offset + found[-1].length if found else size
        rest = self.data[end:]
        assert len(rest) == 16 if found and found[-1].type == ChunkType.FOOTER else not rest, "bytes that are no chunks"
        return {place.type for place in found}


async def look(network: SimNetwork, path: str, *headers: str, until: float | None = None) -> Viewer:
    """Ask, and read what comes, to the end or up to this time."""
    viewer = await Viewer.open(network, path, *headers)
    return await viewer.read(until=until)


@asynccontextmanager
async def someone(network: SimNetwork, room: str = "toy1", game: str = "toy", **of_hello: Any) -> AsyncIterator[None]:  # noqa: ANN401
    """Somebody plays in this room, and does nothing."""
    async with wire(network, room) as line, trio.open_nursery() as nursery:
        await line.join(game, **of_hello)

        async def listen() -> None:
            line.acknowledges = False
            with suppress(ConnectionClosed):
                while True:
                    for message in await line.hear():
                        if isinstance(message, Snapshot):  # each of them: he may be sent every second tick
                            await line.say(Inputs(0, message.tick, 0, None, ()))

        async def live() -> None:
            with suppress(ConnectionClosed):
                for number in count(1):
                    await line.say(Ping(number, number))
                    await trio.sleep(1.0)

        nursery.start_soon(listen)
        nursery.start_soon(live)
        yield
        with suppress(ConnectionClosed):
            await line.say(Bye())
        nursery.cancel_scope.cancel()

"""A server for an hour among players who come and go: does it grow, and is anything left of them?

Fifty bots play for seconds or a minute each, then say goodbye, lose their line and come back, or vanish. Beside them spectators
come and go, matches are recorded and watched, pages are asked for, and strangers say half a request or nonsense. Rooms are opened
and fall empty. Run: python -m benchmarks.reliability.soak [--minutes 60] [--bots 50]

Less than SHORT_MINUTES are the short form: everybody lives for a second or two in the server's own room, and what is measured is
whether anything is left of them.
"""

from __future__ import annotations

import argparse
import random
import re
import socket
import struct
import sys
import tempfile
from collections import Counter
from typing import TYPE_CHECKING, Final

import attrs
import trio
from gameclient.address import parse_url
from gameclient.bots import Bot
from gameclient.client import Client, ClientClosed

from benchmarks.feel.table import Row
from benchmarks.reliability.watched import Held, WatchedServer, watched_server
from gameserver.core.errors import GameserverError, Refused
from gameserver.core.messages import NoticeCode, Role
from gameserver.games.arena import Arena

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

MINUTES: Final = 60.0
BOTS: Final = 50
SPECTATORS: Final = 4
WATCHERS: Final = 2
READERS: Final = 2
STRANGERS: Final = 2
LIFE_SECONDS: Final = 20.0
"""Of a player, on average."""
SHORT_MINUTES: Final = 10.0
"""Below it a slope is noise, and a room that fell empty is there as long as all of it."""
SHORT_LIFE_SECONDS: Final = 1.0
PAUSE_SECONDS: Final = 0.3
"""Between one and the next, on average."""
ROOMS: Final = 6
"""That are played in at a time: enough seats for everybody, and for those that are kept for who has vanished."""
ROOM_SECONDS: Final = 120.0
"""After so long one of these rooms is left for a new one."""
WARM_UP: Final = 1 / 4
"""Share of the time in which memory may grow."""
MEBIBYTE: Final = 1_024 * 1_024
MOST_GROWTH: Final = 1.0
"""Mebibytes in ten minutes."""
SETTLE_SECONDS: Final = 2.0
"""Until a server that has just begun holds what it will while nobody is there."""
LEFT_SECONDS: Final = 120.0
"""After the last has left: a seat is kept for 30 s, and the empty room then for 60 s."""
RESET: Final = struct.pack("ii", 1, 0)
"""SO_LINGER: closing resets the line."""
PAGES: Final = ("/", "/play/", "/readyz", "/healthz", "/api/v1/recordings", "/api/v1/rooms/none/recording", "/nothing")
NONSENSE: Final = (
    b"",
    b"GET /ws/soak1 HTTP/1.1\r\nHost: x\r\nUpgr",
    b"\x16\x03\x01\x02\x00\x01\x00",
    b"GET /ws/soak1 HTTP/1.1\r\nHost: h\xe9\r\n\r\n",
    b"POST /readyz HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhe",
)


class FrailNetwork:
    """A network to real servers whose lines can be cut."""

    def __init__(self) -> None:
        self._stream: trio.SocketStream | None = None

    async def listen(self, host: str, port: int) -> Sequence[object]:
        """Nobody listens here."""
        raise OSError("a client only")

    async def connect(self, host: str, port: int) -> trio.SocketStream:
        """As TcpNetwork's."""
        self._stream = await trio.open_tcp_stream(host, port)
        return self._stream

    def cut(self) -> None:
        """The last line breaks: its peer gets a reset."""
        if self._stream is not None:
            try:
                self._stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                self._stream.socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it has gone already


class Crowd:
    """Everybody who comes and goes.

    Attributes:
        done: how often what was done, by its name.
        errors: what nobody expected.
    """

    def __init__(self, url: str, rng: random.Random, *, life_seconds: float, rooms: int, kept_room: bool) -> None:
        """`kept_room`: they play in the server's own room only, which never closes."""
        self._address = parse_url(url)
        self._rng = rng
        self._life_seconds = life_seconds
        self._rooms = rooms
        self._kept_room = kept_room
        self._began = trio.current_time()
        self.done: Counter[str] = Counter()
        self.errors: list[str] = []

    async def run(self, bots: int) -> None:
        """Until it is cancelled."""
        actors: list[tuple[int, Callable[[], Awaitable[None]]]] = [
            (bots, self._play),
            (SPECTATORS, self._look_on),
            (WATCHERS, self._watch),
            (READERS, self._read_pages),
            (STRANGERS, self._bother),
        ]
        async with trio.open_nursery() as nursery:
            for count, act in actors:
                for _ in range(count):
                    nursery.start_soon(self._again_and_again, act)

    async def _again_and_again(self, act: Callable[[], Awaitable[None]]) -> None:
        while True:
            await trio.sleep(self._rng.expovariate(1 / PAUSE_SECONDS))
            try:
                await act()
            except* ClientClosed as group:
                for closed in leaves(group):
                    self._count_closed(act.__name__, closed)
            except* (GameserverError, OSError, trio.BrokenResourceError) as group:
                self.errors += (f"{act.__name__}: {error!r}" for error in leaves(group))

    def _count_closed(self, who: str, error: Exception) -> None:
        """A line that was cut, or a room that is full, is what everybody expects; so is a bot that makes way."""
        notice = error.notice if isinstance(error, ClientClosed) else None
        if notice is not None and notice.code == NoticeCode.FULL:
            self.done["found no seat"] += 1
        elif notice is not None and notice.code == NoticeCode.KICKED:
            self.done["made way"] += 1
        elif notice is not None and notice.code != NoticeCode.CLOSED:
            self.errors.append(f"{who}: {error} ({NoticeCode(notice.code).name})")

    def _room(self) -> str:
        if self._kept_room:
            return self._address.room
        newest = int((trio.current_time() - self._began) / ROOM_SECONDS) + self._rooms
        return f"soak{newest - self._rng.randrange(self._rooms)}"

    def _client(self, network: FrailNetwork, role: Role, *, comes_back: bool) -> Client:
        number = self._rng.randrange(10_000)
        return Client(
            f"ws://{self._address.host}:{self._address.port}/ws/{self._room()}",
            game=Arena.name,
            name=f"{role.name.lower()} {number}",
            role=role,
            network=network,  # type: ignore[arg-type] # it never listens
            comes_back=comes_back,
            rng=random.Random(number),
        )

    # -- who plays, and who looks on ---------------------------------------------------------------------------------------
    async def _play(self) -> None:
        """One life of a player: he leaves in one of four ways."""
        end = self._rng.choice(("says goodbye", "says goodbye", "comes back", "vanishes"))
        network = FrailNetwork()
        role = Role.BOT if end == "says goodbye" else Role.PLAYER  # a bot's seat may be a person's meanwhile
        client = self._client(network, role, comes_back=end == "comes back")
        seconds = self._rng.expovariate(1 / self._life_seconds)

        async def play(client: Client) -> None:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(Bot(client, Arena.brain, self._rng.getrandbits(32)).play, client)
                nursery.start_soon(self._talk, client)
                await trio.sleep(seconds)
                if end == "comes back":
                    network.cut()
                    await trio.sleep(self._life_seconds / 4)
                elif end == "vanishes":
                    network.cut()
                    await trio.sleep_forever()
                nursery.cancel_scope.cancel()

        self.done[end] += 1
        await client.run(play)

    async def _talk(self, client: Client) -> None:
        while True:
            await trio.sleep(self._rng.expovariate(1 / self._life_seconds))
            try:
                await client.call("chat", f"line {self._rng.random()}", 0)
            except Refused:
                self.done["was told to say less"] += 1

    async def _look_on(self) -> None:
        async def look(client: Client) -> None:
            await trio.sleep(self._rng.expovariate(1 / self._life_seconds))

        self.done["looked on"] += 1
        await self._client(FrailNetwork(), Role.SPECTATOR, comes_back=True).run(look)

    # -- over HTTP ---------------------------------------------------------------------------------------------------------
    async def _watch(self) -> None:
        """A match as it goes on, for a while; who watches does not say goodbye."""
        self.done["watched"] += 1
        with trio.move_on_after(self._rng.expovariate(1 / self._life_seconds)):
            await self._ask(f"/api/v1/rooms/{self._room()}/recording?from=live")

    async def _read_pages(self) -> None:
        """A page, or a recording."""
        self.done["asked for a page"] += 1
        path = self._rng.choice(PAGES)
        answer = await self._ask(path)
        if path == "/api/v1/recordings":
            names = re.findall(rb'"name": ?"([^"]+)"', answer)
            if names:
                self.done["read a recording"] += 1
                await self._ask(f"/api/v1/recordings/{self._rng.choice(names).decode()}")

    async def _ask(self, path: str) -> bytes:
        stream = await trio.open_tcp_stream(self._address.host, self._address.port)
        answer = bytearray()
        try:
            await stream.send_all(f"GET {path} HTTP/1.1\r\nHost: {self._address.host}:{self._address.port}\r\n\r\n".encode())
            while data := await stream.receive_some(65_536):
                answer += data
        finally:
            await trio.aclose_forcefully(stream)
        return bytes(answer)

    async def _bother(self) -> None:
        """A stranger: half a request or none, and then silence, a reset or the end."""
        self.done["bothered"] += 1
        stream = await trio.open_tcp_stream(self._address.host, self._address.port)
        try:
            await stream.send_all(self._rng.choice(NONSENSE))
            with trio.move_on_after(self._rng.choice((0.0, 1.0, 6.0))):
                while await stream.receive_some(4_096):
                    pass
            if self._rng.random() < 0.5:
                stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        except trio.BrokenResourceError:
            pass
        finally:
            await trio.aclose_forcefully(stream)


def leaves(group: BaseExceptionGroup[Exception]) -> Iterator[Exception]:
    """The errors in it, however deep."""
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from leaves(error)
        else:
            yield error


@attrs.frozen(kw_only=True)
class Soaked:
    """What came of it.

    Attributes:
        before: what the server held before anybody came.
        held: while they were there, after the warm-up.
        after: what it held once everybody had left, or LEFT_SECONDS later.
    """

    before: Held
    held: Sequence[Held]
    after: Held
    done: Counter[str]
    errors: Sequence[str]

    @property
    def growth(self) -> float:
        """Mebibytes in ten minutes: the slope of the line that fits best."""
        return slope([(held.at, held.resident) for held in self.held]) * 600 / MEBIBYTE


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Of the straight line that fits best (least squares); 0 for fewer than two points."""
    if len(points) < 2:
        return 0.0
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _ in points)


async def _soak(server: WatchedServer, *, seconds: float, bots: int, seed: int, say: Callable[[str], None]) -> Soaked:
    while not server.held or server.held[-1].at < SETTLE_SECONDS:  # noqa: ASYNC110 - another process and a thread tell
        await trio.sleep(0.1)
    before = server.held[-1]
    short = seconds < SHORT_MINUTES * 60
    life_seconds = SHORT_LIFE_SECONDS if short else LIFE_SECONDS
    crowd = Crowd(server.url, random.Random(seed), life_seconds=life_seconds, rooms=ROOMS, kept_room=short)
    with trio.move_on_after(seconds):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(crowd.run, bots)
            while True:
                await trio.sleep(60.0)
                now = server.held[-1]
                say(f"{now.at:.0f} s: {now.resident / MEBIBYTE:.1f} MiB, {now.tasks} tasks, {now.descriptors} descriptors")
    held = tuple(held for held in server.held if held.at - before.at > WARM_UP * seconds)
    with trio.move_on_after(LEFT_SECONDS):
        while server.held[-1].tasks > before.tasks or server.held[-1].descriptors > before.descriptors:  # noqa: ASYNC110
            await trio.sleep(0.5)
    return Soaked(before=before, held=held, after=server.held[-1], done=crowd.done, errors=crowd.errors)


def soak(*, minutes: float, bots: int = BOTS, seed: int = 1, say: Callable[[str], None] = lambda line: None) -> Soaked:
    """A server of its own, for so long."""
    with tempfile.TemporaryDirectory() as folder, watched_server(f"{folder}/recordings", f"{folder}/data") as server:

        async def run() -> Soaked:
            return await _soak(server, seconds=minutes * 60, bots=bots, seed=seed, say=say)

        return trio.run(run)


def rows(soaked: Soaked, *, minutes: float, bots: int) -> Iterator[Row]:
    """What it measured, beside what is wanted. Of the short form there is no slope."""
    done = ", ".join(f"{count} × {what}" for what, count in sorted(soaked.done.items()))
    setting = f"{minutes:g} min of {bots} bots that come and go"
    lives = sum(soaked.done[end] for end in ("says goodbye", "comes back", "vanishes"))
    yield Row(f"{setting}: what nobody expected", "0", f"{len(soaked.errors)} ({done})", not soaked.errors and lives >= bots)
    if minutes >= SHORT_MINUTES:
        most = max(held.resident for held in soaked.held) / MEBIBYTE
        measured = f"{soaked.growth:+.2f} MiB; at most {most:.1f} MiB"
        yield Row(f"{setting}: memory, in ten minutes", f"≤ {MOST_GROWTH:g} MiB", measured, soaked.growth <= MOST_GROWTH)
    for what in ("tasks", "descriptors"):
        before, after = getattr(soaked.before, what), getattr(soaked.after, what)
        most = max(getattr(held, what) for held in soaked.held)
        measured = f"{after} ({before} before anybody came, {most} meanwhile)"
        yield Row(f"{setting}: {what} once all have left", "as before", measured, after <= before < most)


def measure(*, small: bool) -> Iterator[Row]:
    minutes, bots = (1 / 6, 8) if small else (MINUTES, BOTS)
    yield from rows(soak(minutes=minutes, bots=bots), minutes=minutes, bots=bots)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reliability.soak", description="A server for an hour.")
    parser.add_argument("--minutes", type=float, default=MINUTES)
    parser.add_argument("--bots", type=int, default=BOTS)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()

    def say(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    soaked = soak(minutes=arguments.minutes, bots=arguments.bots, seed=arguments.seed, say=say)
    found = list(rows(soaked, minutes=arguments.minutes, bots=arguments.bots))
    for row in found:
        print(f"{'  ' if row.reached else '! '}{row.what}: {row.measured} (aim: {row.aim})")
    for error in soaked.errors[:20]:
        print(error, file=sys.stderr)
    return 0 if all(row.reached for row in found) else 1


if __name__ == "__main__":
    sys.exit(main())

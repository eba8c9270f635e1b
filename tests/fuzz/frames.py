"""Strangers with malformed handshakes and frames at a server on real sockets, beside a match that may not notice.

Whatever reaches the wall around a connection as more than a peer's fault is logged there, and counts as an escape; so does anything
else that is logged as a warning, a server that says what no server may say, and a line that is still up long after its peer has
finished. In the end no task and no descriptor is left. A part of the strangers comes alone, and what the server holds for each of
them is measured.
"""

from __future__ import annotations

import gc
import logging
import socket
import tracemalloc
from collections import deque
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Final

import attrs
import trio
import trio.lowlevel
from gameclient.client import Client

from gameserver.api import make_app
from gameserver.core.limits import CLOSE_SECONDS, READY_SECONDS
from gameserver.guard import NoGuard
from gameserver.net.real import real_ports
from gameserver.rooms import Rooms
from gameserver.server import Server
from tests.fuzz.outcome import Failure, Outcome, shown
from tests.fuzz.strangers import GAME, ROOMS, Stranger, stranger
from tests.helpers import Push, Runner, Toy
from tests.net.match import descriptors
from tests.net.peer import RESET, Peer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping

    from gameserver import PlayerId, Profile

AT_ONCE: Final = 20
ANSWER_SECONDS: Final = 0.2
"""How long a stranger waits for an answer."""
PATIENCE_SECONDS: Final = READY_SECONDS + CLOSE_SECONDS + 6.0
"""A line whose peer says no more is ended before that: no phase is longer, and none waits for more than its own end."""
MAX_HELD_BYTES: Final = 64 * 1_024
"""Of memory that the server may hold for one hostile connection, its seat in a room included."""
WEIGHED: Final = 200
"""One of so many cases is played once more, alone, and weighed."""
AT_A_SITE: Final = 8
"""Strangers who are weighed at one server: for each who broke off in a match it keeps a seat, and tells it what goes on there."""
WEIGHINGS: Final = 2
WARM_UP: Final = 20
"""Cases that come before any is weighed: they fill caches."""
SETTLES_SECONDS: Final = 0.06
"""More than a tick: by then the server has taken what was said."""
MAX_UNDER_WAY: Final = 6
"""Snapshots that have been handed over in the end and not been read yet."""
RECENT: Final = 2 * AT_ONCE
"""Cases that may have been what made the server say something."""
MOST_SEARCHED: Final = 3
"""Escapes whose case is looked for."""


class Crowd(Toy):
    """A room for many, and without a memory: what is weighed are the strangers."""

    name = GAME
    max_players = 64

    def join(self, player: Runner, profile: Profile) -> None:
        super().join(player, profile)
        player.lucky = player.owner % 1_000  # more come here than its range has numbers for

    def step(self, inputs: Mapping[PlayerId, Push]) -> None:
        super().step(inputs)
        self.diary.clear()


class Watchman(logging.Handler):
    """Notes what is logged as a warning or worse, and who was there."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.noted: list[tuple[str, list[int]]] = []
        self.recent: deque[int] = deque(maxlen=RECENT)

    def emit(self, record: logging.LogRecord) -> None:
        self.noted.append((self.format(record)[-1_500:], list(self.recent)))


@attrs.define
class Site:
    """A server that is attacked.

    Attributes:
        server: in this process.
        port: where.
        watchman: hears what it logs.
        outcome: of the strangers.
        wrong: (case, what the server did to it that it may not).
    """

    server: Server
    port: int
    watchman: Watchman
    outcome: Outcome
    wrong: list[tuple[int, str]] = attrs.field(factory=list)


@contextmanager
def listening() -> Iterator[Watchman]:
    """Somebody who hears what is logged, until the end of the block."""
    watchman = Watchman()
    logger = logging.getLogger()
    logger.addHandler(watchman)
    try:
        yield watchman
    finally:
        logger.removeHandler(watchman)


@asynccontextmanager
async def site(*, express: bool) -> AsyncIterator[Site]:
    """A server, until the end of the block."""
    ports = real_ports(".")
    rooms = Rooms(ports=ports, games={"toy": Toy, GAME: Crowd}, maps={}, guard=NoGuard())
    server = Server(rooms, ports=ports, express=express, web=make_app)
    for name in ROOMS:
        rooms.open(name, Crowd, keep=True)
    ((_, port),) = await server.listen("127.0.0.1", 0)
    with listening() as watchman:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(server.run)
            yield Site(server, port, watchman, Outcome())
            nursery.cancel_scope.cancel()


async def meet(place: Site, number: int, who: Stranger, held: Callable[[], None] | None = None) -> None:
    """One connection. `held` is called when all has been said, as long as the line may still be up."""
    place.watchman.recent.append(number)
    place.outcome.ends["malformed handshakes and frames"] += who.count
    stream = await trio.open_tcp_stream("127.0.0.1", place.port)
    ear = Ear(stream)
    try:
        await _speak(place, stream, ear, who, held)
    except (trio.BrokenResourceError, trio.ClosedResourceError):
        place.outcome.ends["cut by the server"] += 1
    except AssertionError as error:
        place.wrong.append((number, f"the server said what none may say: {error}"))
    except trio.TooSlowError:
        place.wrong.append((number, f"the server held the line for {PATIENCE_SECONDS:g} s after the last word"))
    finally:
        if who.end == "reset":
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        await trio.aclose_forcefully(stream)


async def _speak(place: Site, stream: trio.SocketStream, ear: Ear, who: Stranger, held: Callable[[], None] | None) -> None:
    for said in who.opening:
        await stream.send_all(said)
        with trio.move_on_after(PATIENCE_SECONDS):
            await ear.hear()
    for piece in who.said():
        await stream.send_all(piece)
        if who.chunks:
            await trio.lowlevel.checkpoint()
    if held is not None:
        await trio.sleep(SETTLES_SECONDS)
        held()
    if who.end in ("finish", "stay"):
        if who.end == "finish":
            await stream.send_eof()
        with trio.fail_after(PATIENCE_SECONDS):
            while await ear.hear():
                pass
    elif who.end == "answer":
        with trio.move_on_after(ANSWER_SECONDS):
            await ear.hear()
    place.outcome.ends[ear.end] += 1


class Ear:
    """Hears the server, and asserts that it says what a server may."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self._stream = stream
        self._first = b""
        self._peer: Peer | None = None
        self._ended = False

    async def hear(self) -> bool:
        """Wait for more; False: nothing will come."""
        data = bytes(await self._stream.receive_some())
        self._ended = not data
        if self._peer is not None:
            self._peer.take(data)
        elif data and len(self._first) < 13:
            self._first += data
            assert self._first.startswith(b"HTTP/1.1 "[: len(self._first)]), self._first[:40]
            if self._first.startswith(b"HTTP/1.1 101 "):
                self._peer = Peer(self._stream)
                self._peer.take(self._first)
        return not self._ended

    @property
    def end(self) -> str:
        """How it came out for the stranger."""
        if self._peer is not None:
            return f"closed with {self._peer.code}" if self._peer.code is not None else "left or cut"
        return f"answered {self._first[9:12].decode()}" if self._first else "left without an answer"


# -- cases ------------------------------------------------------------------------------------------------------------------
def run(seed: int, first: int, count: int) -> Outcome:
    """These cases of this seed, half of them over the lane and half over the plain link."""
    outcome = Outcome()
    half = (count + 1) // 2
    for express, begin, many in ((True, first, half), (False, first + half, count - half)):
        if many:
            outcome.add(trio.run(_attack, seed, range(begin, begin + many), express))
    return outcome


async def _attack(seed: int, numbers: range, express: bool) -> Outcome:
    outcome = Outcome(len(numbers))
    async with site(express=express) as place:
        handed_over = await _beside_a_match(place, seed, numbers, outcome)
        outcome.ends["snapshots of the match beside them"] += handed_over
        outcome.add(attrs.evolve(place.outcome, cases=0))
        failures = [Failure(number, what, shown(stranger(seed, number).hostile)) for number, what in place.wrong]
        noted = place.watchman.noted[:]
    if len(numbers) > 1:
        await _weigh(seed, numbers, express, outcome)
    for text, suspects in noted[:MOST_SEARCHED]:
        failures.append(await _find(seed, text, suspects, express))
    failures += [Failure(suspects[-1], f"logged: {text}", "") for text, suspects in noted[MOST_SEARCHED:]]
    outcome.failures += failures
    return outcome


async def _beside_a_match(place: Site, seed: int, numbers: range, outcome: Outcome) -> int:
    """All the cases, beside two players. Returns how many snapshots these were handed."""

    async def play(client: Client) -> None:
        while True:
            await client.next_snapshot()

    async def attack(cases: Iterator[int]) -> None:
        for number in cases:
            await meet(place, number, stranger(seed, number))

    async with trio.open_nursery() as nursery:
        clients = [Client(f"ws://127.0.0.1:{place.port}/ws/match1", game="toy", name=name) for name in ("ann", "bob")]
        for client in clients:
            nursery.start_soon(client.run, play)
        await trio.sleep(0.3)
        tasks, files = trio.lowlevel.current_statistics().tasks_living, descriptors()
        stay = {number for number in numbers if stranger(seed, number).end == "stay"}
        cases = (number for number in numbers if number not in stay)
        async with trio.open_nursery() as strangers:
            for number in stay:
                strangers.start_soon(attack, iter((number,)))
            for _ in range(min(AT_ONCE, len(numbers))):
                strangers.start_soon(attack, cases)
        for what, counted, wanted in (
            ("tasks", lambda: trio.lowlevel.current_statistics().tasks_living, tasks),
            ("descriptors", descriptors, files),
        ):
            left = await _settled(counted, wanted) - wanted
            outcome.rise(f"{what} left", max(0, left))
            if left > 0:
                outcome.failures.append(Failure(numbers[-1], f"{left} {what} are left", ""))
        room = place.server.rooms["match1"]
        handed_over = room.counts.snapshots
        nursery.cancel_scope.cancel()
    stats = [client.stats for client in clients]
    missed = handed_over - sum(each.snapshots for each in stats)
    broken = sum(each.losses + each.world_mismatches for each in stats)
    if room.players != 2 or broken or missed > MAX_UNDER_WAY:
        what = f"the match beside them lost {missed} snapshots and {broken} lines, and has {room.players} players"
        outcome.failures.append(Failure(numbers[-1], what, ""))
    return handed_over


async def _settled(counted: Callable[[], int], wanted: int) -> int:
    """The count once it is what is wanted, or after a while."""
    with trio.move_on_after(PATIENCE_SECONDS):
        while counted() > wanted:  # noqa: ASYNC110 - counts have no event
            await trio.sleep(0.02)
    return counted()


async def _weigh(seed: int, numbers: range, express: bool, outcome: Outcome) -> None:
    """Some of the cases again, each alone: what does the server hold for one while it is up?"""
    weighed = [number for number in numbers[::WEIGHED] if stranger(seed, number).end != "stay"]
    async with site(express=express) as place:
        for number in weighed[:WARM_UP]:
            await meet(place, number, stranger(seed, number))
    tracemalloc.start()
    try:
        for begin in range(0, len(weighed), AT_A_SITE):
            async with site(express=express) as place:
                for number in weighed[begin : begin + AT_A_SITE]:
                    held = await _held(place, seed, number)
                    if held is None:
                        continue
                    outcome.ends["weighed"] += 1
                    outcome.rise("bytes held for a connection", held)
                    if held > MAX_HELD_BYTES:
                        what = f"the server held {held} bytes for it"
                        outcome.failures.append(Failure(number, what, shown(stranger(seed, number).hostile)))
    finally:
        tracemalloc.stop()


async def _held(place: Site, seed: int, number: int) -> int | None:
    """Bytes; None for a line that did not last so long.

    The least of some tries: rooms tick meanwhile, and the first player of a room has what is the room's on his account.
    """
    least: int | None = None
    for _ in range(WEIGHINGS):
        before = _traced()
        weights: list[int] = []
        await meet(place, number, stranger(seed, number), lambda: weights.append(_traced()))  # noqa: B023 - it is called in here
        if not weights:
            break
        held = weights[0] - before
        least = held if least is None else min(held, least)
    return least


def _traced() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


# -- which case was it? -----------------------------------------------------------------------------------------------------
async def _find(seed: int, text: str, suspects: list[int], express: bool) -> Failure:
    """The suspect who makes the server say something again when he comes alone, and as little of him as does."""
    for number in reversed(suspects):
        who = stranger(seed, number)
        if await _disturbs(who, number, express):
            for at in range(len(who.hostile) - 1, -1, -1):
                less = attrs.evolve(who, hostile=who.hostile[:at] + who.hostile[at + 1 :])
                if len(who.hostile) > 1 and await _disturbs(less, number, express):
                    who = less
            return Failure(number, f"logged: {text}", f"{who.phase}, {who.end}: {shown(who.hostile)}")
    return Failure(suspects[-1], f"logged (by none of {suspects} alone): {text}", "")


async def _disturbs(who: Stranger, number: int, express: bool) -> bool:
    async with site(express=express) as place:
        await meet(place, number, who)
        await trio.sleep(SETTLES_SECONDS)
        return bool(place.watchman.noted or place.wrong)

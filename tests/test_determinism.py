"""A seed decides a run: the canary for everything that simulates a server in virtual time."""

from __future__ import annotations

import hashlib
import random
from typing import TYPE_CHECKING

import pytest
import trio
import trio._core._run as scheduler
from trio_websocket import ConnectionClosed, HandshakeError, wrap_client_stream, wrap_server_stream

from gameserver.net.simulated import Latency, SimConnection, SimNetwork, SimStream, Toward, pipe
from tests import determinism
from tests.determinism import run_deterministic
from tests.processes import under_two_hash_seeds

if TYPE_CHECKING:
    from collections.abc import Callable

Event = tuple[object, ...]
CLIENTS = 5
SECONDS = 20


async def websockets_in_trouble(seed: int) -> list[Event]:
    """Clients and an echoing server over real WebSocket, on a network that suffers every fault; returns all that they saw."""
    rng = random.Random(seed)
    network = SimNetwork(rng, latency=Latency(0.02, 0.03), window_bytes=2_000, chunking=True)
    events: list[Event] = []

    def note(*what: object) -> None:
        events.append((trio.current_time(), *what))

    async def serve(stream: SimStream) -> None:
        number = stream.connection.number
        try:
            async with stream, trio.open_nursery() as nursery:
                websocket = await (await wrap_server_stream(nursery, stream)).accept()
                while True:
                    message = await websocket.get_message()
                    note("server", number, message)
                    await websocket.send_message(message)
        except* (ConnectionClosed, HandshakeError) as group:
            note("server lost", number, len(group.exceptions))

    async def play(me: int) -> None:
        draw = random.Random(seed * 100 + me)
        while True:
            try:
                with trio.move_on_after(6):
                    async with await network.connect("server", 80) as stream, trio.open_nursery() as nursery:
                        websocket = await wrap_client_stream(nursery, stream, "server", "/")  # type: ignore[arg-type]  # any stream will do
                        for n in range(200):
                            await websocket.send_message(b"%d" % n * int(40 * draw.random()))
                            note("client", me, len(await websocket.get_message()))
                            await trio.sleep(draw.random() / 10)
            except* (ConnectionClosed, HandshakeError, OSError) as group:
                note("client lost", me, repr(group.exceptions[0])[:60])
            await trio.sleep(draw.random())

    async def trouble() -> None:
        faults: list[Callable[[SimConnection, Toward], None]] = [
            lambda c, _: c.reset(),
            SimConnection.blackhole,
            SimConnection.clog,
            SimConnection.clog,
            SimConnection.unclog,
            SimConnection.unclog,
            lambda c, way: c.set_latency(Latency(0.2 * rng.random(), 0.1, 20_000), way),
            lambda _c, _way: network.partition(rng.random() < 0.3),
        ]
        while True:
            await trio.sleep(rng.random() / 2)
            if network.connections:
                fault, way = rng.randrange(len(faults)), rng.choice(list(Toward))
                connection = rng.choice(network.connections)
                note("fault", fault, connection.number, way)
                faults[fault](connection, way)

    with trio.move_on_after(SECONDS):
        async with trio.open_nursery() as nursery:
            (listener,) = await network.listen("", 80)
            nursery.start_soon(trio.serve_listeners, serve, [listener])
            for me in range(CLIENTS):
                nursery.start_soon(play, me)
            nursery.start_soon(trouble)
    return events


def log_of(seed: int) -> list[Event]:
    return run_deterministic(websockets_in_trouble, seed, seed=seed)


def digest_of(seed: int) -> str:
    return hashlib.sha256(repr(log_of(seed)).encode()).hexdigest()


def test_same_seed_gives_same_events() -> None:
    """Not only the same results: the same events in the same order at the same times."""
    first = log_of(1)
    assert len({event[1] for event in first}) == 5, "the scenario no longer sees messages, losses on both sides and faults"
    assert log_of(1) == first


def test_other_seed_gives_other_events() -> None:
    assert log_of(1) != log_of(2)


def test_seed_decides_the_order_of_tasks_alone() -> None:
    """With nothing else arbitrary in it, a run still depends on its seed, for trio shuffles the tasks that are ready."""

    async def race() -> list[int]:
        order: list[int] = []

        async def run(me: int) -> None:
            for _ in range(5):
                await trio.lowlevel.checkpoint()
                order.append(me)

        async with trio.open_nursery() as nursery:
            for me in range(8):
                nursery.start_soon(run, me)
        return order

    orders = [run_deterministic(race, seed=seed) for seed in (1, 2, 1)]
    assert orders[0] == orders[2]
    assert orders[0] != orders[1]


def test_processes_agree_whatever_their_hash_seed() -> None:
    code = "from tests.test_determinism import digest_of; print([digest_of(s) for s in (3, 4)])"
    assert under_two_hash_seeds(code) == [str([digest_of(3), digest_of(4)])] * 2


def test_scheduler_is_left_as_it_was() -> None:
    def what_it_is() -> tuple[object, object]:
        return getattr(scheduler, determinism.SHUFFLER).getstate(), getattr(scheduler, determinism.SORT_FIRST)

    async def fail() -> None:
        raise KeyError

    before = what_it_is()
    run_deterministic(trio.sleep, 1, seed=1)
    assert what_it_is() == before
    with pytest.raises(KeyError):
        run_deterministic(fail, seed=1)
    assert what_it_is() == before


@pytest.mark.parametrize("name", [determinism.SHUFFLER, determinism.SORT_FIRST, determinism.RUNNER, determinism.JUMP])
def test_lost_private_name_is_explained(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.delattr(trio.testing.MockClock if name == determinism.JUMP else scheduler, name)
    with pytest.raises(RuntimeError, match=f"has no {name} in trio._core._run any more"):
        run_deterministic(trio.sleep, 1, seed=1)


def test_alarms_ring_at_their_time_in_order_and_behind_deadlines() -> None:
    heard: list[tuple[object, float]] = []

    async def listen() -> None:
        ring_at = trio.lowlevel.current_clock().ring_at  # type: ignore[attr-defined] # run_deterministic's has it
        for name, at in (("b", 2.0), ("a", 1.0), ("c", 2.0)):
            ring_at(at, lambda now, name=name: heard.append((name, now)))
        await trio.sleep_until(2.0)
        heard.append(("deadline", trio.current_time()))
        await trio.sleep_until(2.5)
        ring_at(1.5, lambda now: heard.append(("late", now)))
        await trio.sleep_until(3.0)

    run_deterministic(listen, seed=1)
    assert heard == [("a", 1.0), ("deadline", 2.0), ("b", 2.0), ("c", 2.0), ("late", 2.5)]


@pytest.mark.parametrize("rings", [True, False])
def test_lines_are_the_same_under_a_clock_that_rings_and_one_that_does_not(monkeypatch: pytest.MonkeyPatch, rings: bool) -> None:
    """A reader that waits for arrivals, is cut off by a deadline in the very instant of one, and is woken by an earlier one."""
    if not rings:
        monkeypatch.setattr(pipe, "_alarms", lambda: None)
    heard: list[tuple[object, float]] = []

    async def read() -> None:
        connection = SimNetwork(random.Random(1), latency=Latency(1.0)).pair()
        await connection.client.send_all(b"first")
        with trio.move_on_at(1.0):
            heard.append((await connection.server.receive_some(), trio.current_time()))
        heard.append(("cut off", trio.current_time()))
        heard.append((await connection.server.receive_some(), trio.current_time()))
        with trio.move_on_at(3.0):  # in the middle of a wait for no time
            await connection.server.receive_some()
        await connection.client.send_all(b"slow")  # at 4.0, but for what follows
        async with trio.open_nursery() as nursery:
            nursery.start_soon(send_later, connection)
            while heard[-1][0] != b"":
                heard.append((await connection.server.receive_some(), trio.current_time()))

    async def send_later(connection: SimConnection) -> None:
        await trio.sleep_until(3.25)
        connection.clog(Toward.SERVER)
        await trio.sleep_until(4.5)
        connection.unclog(Toward.SERVER)
        await trio.sleep_until(5.0)
        connection.set_latency(Latency(0.5))
        await connection.client.send_all(b"quick")
        await connection.client.send_eof()

    run_deterministic(read, seed=1)
    assert heard == [("cut off", 1.0), (b"first", 1.0), (b"slow", 4.5), (b"quick", 5.5), (b"", 5.5)]

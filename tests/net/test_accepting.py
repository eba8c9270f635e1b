"""A system that gives no connections for a while, in virtual time; and how many a process may have."""

from __future__ import annotations

import errno
import logging
import random
import resource
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import trio
import trio.testing

from gameserver.net.accepting import OWN_DESCRIPTORS, PAUSE_SECONDS, WORD_SECONDS, accept_all, connections_within
from gameserver.net.simulated import Latency, SimNetwork
from gameserver.ports import Listener

if TYPE_CHECKING:
    from trio.testing import MockClock


class Short(Listener):
    """A listener of a system that is short of something for so long. `error`: what it says then."""

    def __init__(self, network: SimNetwork, seconds: float, error: Exception) -> None:
        self._network = network
        self._until = trio.current_time() + seconds
        self._error = error
        self.asked = 0

    @property
    def address(self) -> tuple[str, int]:
        return ("127.0.0.1", 1)

    async def accept(self) -> trio.abc.Stream:
        await trio.lowlevel.checkpoint()
        if trio.current_time() < self._until:
            self.asked += 1
            raise self._error
        await trio.sleep(1.0)
        return self._network.pair().server

    async def aclose(self) -> None:
        await trio.lowlevel.checkpoint()


@pytest.mark.parametrize(
    "error",
    [OSError(errno.EMFILE, "Too many open files"), OSError(errno.ENOMEM, "no memory"), OSError("odd"), MemoryError()],
    ids=str,
)
async def test_who_wants_to_come_in_waits_until_the_system_gives_again(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    seconds = 3.5 * WORD_SECONDS
    listener = Short(SimNetwork(random.Random(1), latency=Latency()), seconds, error)
    failures = 0
    accepted: list[float] = []

    def fail() -> None:
        nonlocal failures
        failures += 1

    async def serve(stream: trio.abc.Stream) -> None:
        accepted.append(trio.current_time())
        await trio.lowlevel.checkpoint()

    with caplog.at_level(logging.WARNING, "gameserver.net"):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(lambda: accept_all([listener], serve, nursery, on_failure=fail))
            await trio.sleep(seconds + 1.0 + 2 * PAUSE_SECONDS)
            nursery.cancel_scope.cancel()
    assert len(accepted) == 1
    assert failures == listener.asked
    assert failures == pytest.approx(seconds / PAUSE_SECONDS, abs=2)
    assert len(caplog.records) == 4, "a line when it begins, and one in ten seconds"
    told = sum(int(record.getMessage().partition("(")[2].partition(" ")[0]) for record in caplog.records)
    assert failures - told < WORD_SECONDS / PAUSE_SECONDS, "the lines speak of all of them"


def test_as_many_connections_as_there_are_descriptors_beside_our_own() -> None:
    """The limit is raised for them, in a process of its own."""
    code = (
        "import resource; from gameserver.net.accepting import connections_within\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))\n"
        "print(connections_within(5_000), resource.getrlimit(resource.RLIMIT_NOFILE)[0])"
    )

    def told(soft: int, hard: int) -> list[int]:
        command = [sys.executable, "-c", code.format(soft=soft, hard=hard)]
        return [int(word) for word in subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()]

    assert told(256, 1_000) == [1_000 - OWN_DESCRIPTORS, 1_000]
    assert told(100, 100) == [1, 100]
    assert told(6_000, 6_000) == [5_000, 6_000]


def test_nothing_is_asked_of_a_system_that_gives_enough() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert connections_within(1) == 1
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (soft, hard)

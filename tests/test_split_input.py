"""Two lines at once for one seat: what the older one sends never counts once the newer one has the seat (Seat.generation)."""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING, Final

import pytest
import trio
from trio_websocket import ConnectionClosed

from gameserver import Game, Input, integer
from gameserver.core.messages import Inputs, Ready, Snapshot, Welcome
from gameserver.core.wire import encode_client
from gameserver.net.simulated import Latency
from tests.helpers import serving, wire
from tests.net.peer import frame

if TYPE_CHECKING:
    from trio.testing import MockClock

    from gameserver.room import Room
    from tests.helpers import Host

SEEDS: Final = int(os.environ.get("SPLITS", "10"))
LINES: Final = 5
BY_LINE: Final = 10_000
"""Marks of one line begin at its number times this."""


class Marked(Input):
    mark: int = integer(0, 2**20, default=0)
    press: int = integer(0, LINES, edge=True)


class Marks(Game):
    """Each input says which line it came over."""

    name = "marks"
    inputs = Marked


class Split:
    """One player who opens line after line and goes on sending over all of them, as fast as a client may, early and late.

    Attributes:
        used: marks that entered a step.
        late: inputs that were sent over a line after WELCOME had come over a newer one.
    """

    def __init__(self, host: Host, seed: int) -> None:
        self.used: set[int] = set()
        self.late = 0
        self._host = host
        self._dice = random.Random(seed)
        self._token: bytes | None = None
        self._newest = 0
        self._done = False
        self._room.on_step = self._look

    @property
    def _room(self) -> Room:
        return self._host.server.rooms["marks1"]

    async def run(self) -> None:
        async with trio.open_nursery() as nursery:
            for number in range(1, LINES + 1):
                await nursery.start(self._line, number)
                await trio.sleep(self._dice.uniform(0.0, 1.0) ** 2)
            self._done = True

    async def _line(self, number: int, *, task_status: trio.TaskStatus[None]) -> None:
        async with wire(self._host.network, "marks1") as it:
            it.acknowledges = False
            await it.say(it.hello("marks", credential=self._token), Ready(None))
            welcome = await it.until(Welcome)
            self._token, self._newest = welcome.resume, number
            if number == 1:
                await it.until(Snapshot)  # before it is in the match nobody says anything
            task_status.started()
            try:
                for sent in range(1, BY_LINE):
                    tick = max(0, self._room.clock.tick + self._dice.randrange(-2, 10))
                    values = (number * BY_LINE + sent, self._dice.choice((0, number))) * self._dice.randrange(1, 4)
                    await it.stream.send_all(frame(encode_client(Inputs(tick, None, 0, None, values))))
                    self.late += number < self._newest
                    await trio.sleep(self._dice.uniform(0.03, 0.08))
                    if self._done:
                        return
            except (trio.BrokenResourceError, trio.ClosedResourceError, ConnectionClosed):
                assert number < self._newest, "the newest line was cut"

    def _look(self, room: Room) -> None:
        """After each step."""
        (seat,) = room.seats
        assert room.last_step is not None
        mark, press = room.last_step.inputs.get(1, (0, 0))
        assert isinstance(mark, int)
        if mark and mark not in self.used:  # else it is held
            assert mark // BY_LINE == seat.generation, "an older line's input counts"
            self.used.add(mark)
        assert press in (0, seat.generation), "an older line's press counts"


@pytest.mark.parametrize("express", [True, False], ids=["lane", "plain"])
async def test_an_older_lines_input_never_counts(autojump_clock: MockClock, express: bool) -> None:
    late, used_of = 0, dict.fromkeys(range(1, LINES + 1), 0)
    for seed in range(SEEDS):
        delay = random.Random(seed).choice((0.0, 0.02, 0.15))
        line = Latency(delay, delay / 2)
        async with serving(Marks, seed=seed, latency=line, chunking=True, express=express, rooms=["marks1"]) as host:
            split = Split(host, seed)
            await split.run()
        late += split.late
        for mark in split.used:
            used_of[mark // BY_LINE] += 1
    assert late > SEEDS, "it was put to the test"
    assert all(used_of.values())

"""Memory runs out in the middle of something, in virtual time: it costs a connection or a room, and never the server (F38)."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import trio

from gameserver.core.limits import CLOSE_SECONDS
from gameserver.core.messages import Bye, NoticeCode
from gameserver.core.parts import Parts
from gameserver.core.wire import decode_client, encode_client
from tests.helpers import Toy, serving, wire

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    import pytest
    from trio.testing import MockClock

    from tests.helpers import Host

BESIDE_SECONDS = 3.0
"""The other match is looked at for so long afterwards."""
UNREADABLE = encode_client(Bye())
"""What memory runs out at."""


class Hungry(Toy):
    """Its steps want more memory than there is, from a tick on."""

    name = "hungry"

    def step(self, inputs: Any) -> None:  # noqa: ANN401 - as Toy's
        if self.tick >= 20:
            raise MemoryError
        super().step(inputs)


def without_memory(function: Callable[..., Any], when: Callable[..., bool]) -> Callable[..., Any]:
    """The same, but that memory runs out `when`."""

    def call(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever it is
        if when(*arguments):
            raise MemoryError
        return function(*arguments, **named)

    return call


@asynccontextmanager
async def beside() -> AsyncIterator[Host]:
    """A server with a match that nothing happens to. At the end it has lost nothing, and people are let in to it."""
    async with serving(Toy, Hungry) as host, wire(host.network, "beside") as other, trio.open_nursery() as nursery:
        await other.join()
        nursery.start_soon(other.end)
        yield host
        room = host.server.rooms["beside"]
        tick = room.clock.tick
        await trio.sleep(BESIDE_SECONDS)
        assert abs(room.clock.tick - tick - BESIDE_SECONDS * Toy.tick_rate) <= 1
        assert room.clock.lost_seconds == 0
        assert room.players == 1
        assert not room.counts.skipped
        async with wire(host.network, "beside") as late:
            await late.join(name="late")
        nursery.cancel_scope.cancel()


async def test_where_it_runs_out_at_a_message_that_costs_the_line(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The seat is kept: nobody did anything wrong."""
    async with beside() as host, wire(host.network, "hit") as hit:
        await hit.join()
        monkeypatch.setattr("gameserver.seat.decode_client", without_memory(decode_client, lambda data: data == UNREADABLE))
        await hit.say(UNREADABLE)
        assert await hit.end() == 1011
        await trio.sleep(CLOSE_SECONDS)
        assert host.server.rooms["hit"].players == 1
        assert host.server.rooms["hit"].seats[0].line is None
        assert not host.server.rooms.faulted


async def test_where_it_runs_out_at_a_handshake_that_costs_the_line(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with beside() as host, wire(host.network, "hit") as hit:
        monkeypatch.setattr("gameserver.session.decode_client", without_memory(decode_client, lambda data: data == UNREADABLE))
        await hit.say(UNREADABLE)
        assert await hit.end() == 1006
        assert host.server.counts.broken == 1
        assert not host.server.unadmitted


async def test_where_it_runs_out_at_a_snapshot_that_costs_the_room(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with beside() as host, wire(host.network, "hit") as hit:
        await hit.join()
        parts = host.server.rooms["hit"].parts
        monkeypatch.setattr(Parts, "draft", without_memory(Parts.draft, lambda drawn, *_: drawn is parts))
        await hit.end()
        assert hit.notice is not None
        assert hit.notice.code == NoticeCode.FAULTED
        assert host.server.rooms.faulted == 1


async def test_where_it_runs_out_in_a_step_that_costs_the_room(autojump_clock: MockClock) -> None:
    async with beside() as host, wire(host.network, "hit") as hit:
        await hit.join("hungry")
        await hit.end()
        assert hit.notice is not None
        assert hit.notice.code == NoticeCode.FAULTED
        assert host.server.rooms.faulted == 1

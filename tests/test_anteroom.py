"""Who waits to be let in, and who makes way for whom. In virtual time; test_server.py has the server around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from gameserver.anteroom import Anteroom

if TYPE_CHECKING:
    from trio.testing import MockClock


def test_the_first_of_the_address_with_the_most_makes_way() -> None:
    gone: list[None] = []
    room = Anteroom(4, on_turned_out=lambda: gone.append(None))
    ann, bob, bob_again = (room.enter(address) for address in ("ann", "bob", "bob"))
    eve = room.enter("eve")
    assert list(room.guests) == [ann, bob, bob_again, eve]
    kay = room.enter("kay")
    assert list(room.guests) == [ann, bob_again, eve, kay]
    max_ = room.enter("max")
    assert list(room.guests) == [bob_again, eve, kay, max_], "with one each, who came first"
    assert len(gone) == 2


def test_nobody_makes_way_who_is_being_answered() -> None:
    room = Anteroom(2)
    ann, bob = room.enter("a"), room.enter("a")
    assert ann is not None and bob is not None
    ann.is_asking = True
    eve = room.enter("a")
    assert list(room.guests) == [ann, eve]
    assert eve is not None
    eve.is_asking = True
    assert room.enter("b") is None
    assert list(room.guests) == [ann, eve]
    eve.is_asking = False
    assert room.enter("b") is not None, "his answer was no, and he is slow to leave"


def test_who_has_left_is_not_turned_out() -> None:
    room = Anteroom(1)
    ann = room.enter("a")
    assert ann is not None
    ann.leave()
    ann.leave()
    assert room.enter("a") is not None


async def test_what_is_done_for_somebody_ends_when_he_makes_way(autojump_clock: MockClock) -> None:
    room = Anteroom(1)
    ended: list[str] = []

    async def serve(address: str) -> None:
        guest = room.enter(address)
        assert guest is not None
        with guest:
            if address == "let in":
                guest.leave()
            await trio.sleep(10)
            ended.append(address)

    async with trio.open_nursery() as nursery:
        for address in ("first", "let in", "last"):
            nursery.start_soon(serve, address)
            await trio.sleep(1)
    assert ended == ["let in", "last"]
    assert not room.guests

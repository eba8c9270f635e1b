"""Rooms that are kept full by bots which make way for people; and the crew that plays those bots."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
import trio
from gameclient.crew import LOOK_SECONDS as CREW_LOOKS
from gameclient.crew import Crew

from gameserver import Brain, SchemaError
from gameserver.core.messages import Role
from gameserver.fill import LOOK_SECONDS, Filler, wanted_bots
from gameserver.keys import Key, Keyring
from gameserver.standing import Rank
from tests.helpers import HOST, PORT, Host, Push, Toy, go, make_room, serving, sit, step

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from trio.testing import MockClock

    from gameserver import Game, PlayerId, Replica
    from gameserver.room import Room

URL = f"ws://{HOST}:{PORT}"
SOON = 3.0
"""Seconds in which a crew has done what it was told."""


# -- how many ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("keep", "people", "fill", "bots"),
    [
        (True, 0, 3, 3),
        (True, 1, 3, 2),
        (True, 3, 3, 0),
        (True, 4, 3, 0),
        (True, 0, 99, 4),
        (True, 1, 99, 3),
        (False, 0, 3, 0),
        (False, 1, 3, 2),
        (True, 1, 0, 0),
    ],
)
async def test_how_many_bots_a_room_wants(keep: bool, people: int, fill: int, bots: int, autojump_clock: MockClock) -> None:
    room = make_room(keep=keep)
    for number in range(people):
        sit(room, f"p{number}")
    sit(room, "looker", role=Role.SPECTATOR)
    assert wanted_bots([room], fill) == {"room1": (Toy, bots)}


async def test_bots_do_not_count_and_people_who_are_away_do(autojump_clock: MockClock) -> None:
    room = make_room()
    ann, bob = sit(room, "ann"), sit(room, "bob")
    sit(room, "bot", role=Role.BOT)
    await step(room, 2)
    room.release(ann.seat, ann.link)
    assert wanted_bots([room], 4)["room1"] == (Toy, 2)
    go(room, bob)
    assert wanted_bots([room], 4)["room1"] == (Toy, 3)


# -- the crew ---------------------------------------------------------------------------------------------------------------
@asynccontextmanager
async def crew(host: Host, load: Callable[[str], type[Game]] | None = None) -> AsyncIterator[trio.MemorySendChannel[str]]:
    """A crew that takes orders from this channel."""
    send, receive = trio.open_memory_channel[str](10)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(Crew(URL, seed=1, network=host.network, load=load or host.server.rooms.games.__getitem__).run, receive)
        yield send
        send.close()


async def test_a_bot_shows_a_ticket_of_its_own_each_time_it_joins(autojump_clock: MockClock) -> None:
    """As Filler and its process do: the crew asks, and has its tickets among its orders."""
    ring = Keyring([Key("k1", b"k" * 32)])
    async with serving(keys=ring) as host, trio.open_nursery() as nursery:
        orders, receive = trio.open_memory_channel[str](100)
        minted: list[str] = []

        def ask(room: str) -> None:
            minted.append(host.server.admission.mint(room=room, rank=Rank.BOT))
            orders.send_nowait(json.dumps({"room": room, "ticket": minted[-1]}))

        games = host.server.rooms.games.__getitem__
        nursery.start_soon(Crew(URL, seed=1, network=host.network, load=games, ask=ask).run, receive)
        room = host.server.rooms.open("here", Toy, keep=True)
        for bots in (3, 1, 2):
            await orders.send(order(bots))
            await trio.sleep(SOON)
            assert len(bots_in(room)) == bots
        assert {seat.standing.rank for seat in room.seats} == {Rank.BOT}
        assert len(minted) == 4, "one for each that came, and none for who stayed"
        orders.close()


async def test_a_crew_whose_questions_are_not_answered_goes_on_asking(autojump_clock: MockClock) -> None:
    asked: list[str] = []
    async with serving() as host, trio.open_nursery() as nursery:
        orders, receive = trio.open_memory_channel[str](100)
        games = host.server.rooms.games.__getitem__
        nursery.start_soon(Crew(URL, seed=1, network=host.network, load=games, ask=asked.append).run, receive)
        room = host.server.rooms.open("here", Toy, keep=True)
        await orders.send(order(1))
        await trio.sleep(60)
        assert 3 <= len(asked) <= 12
        assert bots_in(room) == []
        await orders.send(json.dumps({"room": "elsewhere", "ticket": "nobody's"}))
        orders.close()


async def test_a_filler_gives_tickets_to_its_own_rooms(autojump_clock: MockClock) -> None:
    async with serving(rooms=["here"]) as host:
        filler = Filler(host.server.rooms, fill=1, strength=1, url=URL, games={"toy": "toy"}, mint=lambda room: f"for {room}")
        said: list[dict[str, str]] = []

        class Lines:
            async def say(self, objects: list[dict[str, str]]) -> bool:
                said.extend(objects)
                return True

            async def __aiter__(self) -> AsyncIterator[str]:
                for room in ("here", "gone", "here"):
                    yield json.dumps({"room": room})

        await filler._give_tickets(Lines())  # type: ignore[arg-type] # what it needs of one
        assert said == 2 * [{"room": "here", "ticket": "for here"}]


def order(bots: int, room: str = "here", game: str = "toy") -> str:
    return json.dumps({"room": room, "game": game, "bots": bots})


def bots_in(room: Room) -> list[str]:
    return [player.name for player in room.simulation.players.values() if player.bot]


async def test_a_crew_comes_and_goes_as_it_is_told(autojump_clock: MockClock) -> None:
    async with serving() as host, crew(host) as orders:
        room = host.server.rooms.open("here", Toy, keep=True)
        for bots in (3, 1, 4, 0):
            await orders.send(order(bots))
            await trio.sleep(SOON)
            assert len(set(bots_in(room))) == room.players == bots
        await orders.send(order(2))
        await orders.send(order(1, "there"))
        await trio.sleep(SOON)
        assert [len(bots_in(host.server.rooms[name])) for name in ("here", "there")] == [2, 1]
    assert room.players == 0, "the end of the orders is the end of the bots"


async def test_a_person_who_comes_into_a_full_room_finds_a_seat(autojump_clock: MockClock) -> None:
    """The server counts, the crew obeys; the seat is free at once, and the others' is given up within moments."""
    async with serving() as host, crew(host) as orders:
        room = host.server.rooms.open("here", Toy, keep=True)

        async def count() -> None:
            while True:
                ((game, bots),) = wanted_bots([room], 4).values()
                await orders.send(order(bots, game=game.name))
                await trio.sleep(LOOK_SECONDS)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(count)
            await trio.sleep(SOON)
            assert (room.people, len(bots_in(room))) == (0, 4)
            ann = sit(room, "ann")
            await trio.sleep(0.2)
            assert (room.people, room.players) == (1, 4)
            assert ann.link.ended is None
            await trio.sleep(SOON)
            assert (room.people, len(bots_in(room))) == (1, 3)
            go(room, ann)
            await trio.sleep(SOON)
            assert (room.people, len(bots_in(room))) == (0, 4)
            nursery.cancel_scope.cancel()


class Clumsy(Brain):
    """Fails at every other thought that anybody has."""

    def think(self, view: Replica, player: PlayerId) -> Any:  # noqa: ANN401 - as in Brain
        if (view.tick or 0) > 30:
            raise RuntimeError("I cannot think")
        return Push()


class ClumsyToy(Toy):
    name = "clumsy"
    brain = Clumsy


async def test_a_brain_that_fails_costs_its_bot_and_another_comes(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(Toy, ClumsyToy) as host, crew(host) as orders:
        well = host.server.rooms.open("well", Toy, keep=True)
        room = host.server.rooms.open("here", ClumsyToy, keep=True)
        await orders.send(order(2, "well"))
        await orders.send(order(1, "here", "clumsy"))
        came: set[str] = set()
        for _ in range(400):  # each plays for moments, and there is a pause behind each
            await trio.sleep(0.1)
            came.update(bots_in(room))
        assert "I cannot think" in caplog.text
        assert len(bots_in(well)) == 2
        assert len(came) >= 2
        caplog.clear()
        await trio.sleep(60)
        assert 1 <= caplog.text.count("I cannot think") / 2 < 60 / CREW_LOOKS / 4, "it does not come back without a pause"


async def test_a_file_that_cannot_be_read_now_is_tried_again(autojump_clock: MockClock, caplog: pytest.LogCaptureFixture) -> None:
    tries = 0

    def load(source: str) -> type[Game]:
        nonlocal tries
        tries += 1
        if tries <= 2:
            raise SchemaError("toy.py:7: SyntaxError")
        return Toy

    async with serving() as host:
        room = host.server.rooms.open("here", Toy, keep=True)
        async with crew(host, load) as orders:
            await orders.send(order(2, game="toy.py"))
            await trio.sleep(0.1)
            assert bots_in(room) == []
            await trio.sleep(10)
            assert len(bots_in(room)) == 2
            assert tries == 3
            await orders.send(order(3, game="toy.py"))
            await trio.sleep(SOON)
            assert len(bots_in(room)) == 3
            assert tries == 4, "with each order it is read again"
    assert caplog.text.count("no bots for room here: toy.py:7: SyntaxError") == 2

"""The lobby: what visitors see of the rooms, what they may have opened, and that all of it goes over the rooms' own wire."""

from __future__ import annotations

import json
import re
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

import attrs
import pytest
import trio
import trio.testing
from gameclient.client import Client

from gameserver import Game, Globals, Options, Refused, boolean, integer, integers, real, shared, text
from gameserver.core.limits import (
    EMPTY_ROOM_SECONDS,
    MAX_SPECTATORS,
    OPENINGS_PER_MINUTE,
    ORDER_SECONDS,
    ORDERS_AT_ONCE,
    ROOMS_PER_VISITOR,
)
from gameserver.core.messages import Hello, NoticeCode, Pong, Role
from gameserver.core.simulation import Answer, Called, Join, Simulation
from gameserver.fill import Filler
from gameserver.games.arena import Arena
from gameserver.guard import NoGuard
from gameserver.lobby.game import LOBBY, MOST_LIST, Lobby, Terms
from gameserver.lobby.keeper import LOOK_SECONDS, Keeper, _joined
from gameserver.maps import load_map
from gameserver.net.link import MemoryLink
from gameserver.options import describe_options
from gameserver.standing import RANKS, Standing
from tests.helpers import HOST, PORT, Ping, Push, Toy, serving, sit, wire

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from trio.testing import MockClock

    from gameserver.core.simulation import Command
    from gameserver.server import Server
    from tests.helpers import Host

SOON = LOOK_SECONDS + 0.25
"""Seconds in which the lobby has been told, and has told everyone."""


@attrs.frozen
class House:
    """A server with a lobby."""

    host: Host
    keeper: Keeper

    @property
    def server(self) -> Server:
        return self.host.server

    @asynccontextmanager
    async def visitor(self, name: str = "ann", role: Role = Role.PLAYER, *, source: str = HOST) -> AsyncIterator[Client]:
        """Somebody in the lobby."""
        network = self.host.network.at(source)
        client = Client(f"ws://{HOST}:{PORT}/ws/{LOBBY}", game=LOBBY, name=name, network=network, role=role)
        here, gone = trio.Event(), trio.Event()

        async def look_around(client: Client) -> None:
            here.set()
            await gone.wait()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(client.run, look_around)
            await here.wait()
            yield client
            gone.set()


@asynccontextmanager
async def house(*games: type[Game], creates: bool = True, rooms: tuple[str, ...] = ()) -> AsyncIterator[House]:
    """A server of these games (or of the toy) with three maps."""
    maps = {name: load_map(name) for name in ("duel", "field", "tiny")}
    async with serving(*games, hosted=(Lobby,), maps=maps, create_rooms=creates, rooms=rooms) as host:
        keeper = Keeper(host.server, NoGuard(), creates=creates)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(keeper.run)
            await trio.testing.wait_all_tasks_blocked()
            yield House(host, keeper)
            nursery.cancel_scope.cancel()


def offers(client: Client) -> dict[str, Any]:
    """What he sees of each open room, by its name."""
    seen: list[Any] = client.replica.all("Offer")
    return {offer.room: offer for offer in seen}


def choices(client: Client) -> dict[str, Any]:
    """What he sees of each game that he can choose, by its name."""
    seen: list[Any] = client.replica.all("Choice")
    return {choice.game: choice for choice in seen}


@contextmanager
def refused(words: str) -> Iterator[None]:
    with pytest.raises(Refused, match=re.escape(words)):
        yield


# -- the list --------------------------------------------------------------------------------------------------------------
async def test_the_first_thing_that_a_visitor_sees_is_the_list(autojump_clock: MockClock) -> None:
    """Whoever wants to play at once must know what there is, and that there is no more."""
    async with house(rooms=("a", "b")) as it:
        await trio.sleep(100)  # nobody is there, and the lobby stands still
        it.server.rooms.open("late", Toy)
        await trio.sleep(SOON)
        async with it.visitor() as ann:
            assert ann.replica.shared().listed
            assert ann.replica.shared().creates
            assert set(offers(ann)) == {"a", "b", "late"}
            offer = offers(ann)["a"]
            assert (offer.game, offer.map, offer.mode, offer.most, offer.owner) == ("toy", "", "", 4, 0)
            assert (offer.players, offer.people, offer.bots, offer.spectators, offer.running, offer.kept) == (0, 0, 0, 0, 0, True)
            assert offers(ann)["late"].kept is False


async def test_the_list_follows_the_rooms(autojump_clock: MockClock) -> None:
    async with house(rooms=("a",)) as it, it.visitor() as ann:
        room = it.server.rooms["a"]
        number = offers(ann)["a"].id
        sit(room, "ben"), sit(room, "cid"), sit(room, "bot", role=Role.BOT), sit(room, "eve", role=Role.SPECTATOR)
        await trio.sleep(SOON)
        offer = offers(ann)["a"]
        assert (offer.id, offer.players, offer.people, offer.bots, offer.spectators, offer.running) == (number, 3, 2, 1, 1, 1)
        it.server.rooms.open("b", Toy)
        await trio.sleep(SOON)
        assert set(offers(ann)) == {"a", "b"}
        await trio.sleep(EMPTY_ROOM_SECONDS + 1)
        assert set(offers(ann)) == {"a"}


class Board(Globals):
    mode: str = text(8, default="sudden")


class Secret(Globals):
    mode: str = text(8, default="traitor", audience="none")


class Choosing(Options):
    mode: str = text(8, default="slow")


class Chosen(Game):
    name = "chosen"
    inputs = Push
    options = Choosing


class Shown(Chosen):
    name = "shown"
    board = shared(Board)


class Discreet(Game):
    name = "discreet"
    inputs = Push
    board = shared(Secret)


async def test_the_mode_is_what_the_room_shows_or_what_was_chosen(autojump_clock: MockClock) -> None:
    """And nothing that the players of the room do not see."""
    async with house(Arena, Chosen, Shown, Discreet) as it:
        it.server.rooms.open("a", Arena, map_name="duel")
        it.server.rooms.open("b", Chosen, options=Choosing(mode="fast"))
        it.server.rooms.open("c", Shown, options=Choosing(mode="fast"))
        it.server.rooms.open("d", Discreet)
        await trio.sleep(SOON)
        async with it.visitor() as ann:
            assert {name: offer.mode for name, offer in offers(ann).items()} == {"a": "all", "b": "fast", "c": "sudden", "d": ""}
            assert offers(ann)["a"].map == "duel"


async def test_an_idle_lobby_is_silent_and_a_busy_one_is_told_twice_a_second(autojump_clock: MockClock) -> None:
    async with house(rooms=("a",)) as it, wire(it.host.network, LOBBY) as ann:
        await ann.join(LOBBY)
        lobby, room = it.server.rooms[LOBBY], it.server.rooms["a"]
        await ann.say(Ping(1, 1))
        await ann.until(Pong)
        heard, steps = len(ann.heard), lobby.counts.steps
        with trio.move_on_after(10):
            await ann.hear()
        assert len(ann.heard) == heard
        assert lobby.counts.steps == steps
        with trio.move_on_after(4):
            for number in range(400):
                sit(room, f"p{number}", role=Role.SPECTATOR, ready=False) if number % 2 else room.seats.clear()
                await trio.sleep(0.037)
        assert 1 <= lobby.counts.steps - steps <= 4 / LOOK_SECONDS


async def test_a_lobby_that_fails_comes_again_with_its_list(autojump_clock: MockClock, caplog: pytest.LogCaptureFixture) -> None:
    async with house(rooms=("a",)) as it:
        lobby = it.server.rooms[LOBBY]
        for restarts in (0, 1):  # the first time it goes on without the answer
            assert (it.server.rooms.get(LOBBY), lobby.counts.restarts) == (lobby, restarts)
            lobby.answer("rooms", "no JSON")
            await trio.sleep(1)
        assert "room lobby failed" in caplog.text
        async with it.visitor() as ann:
            await trio.sleep(SOON)
            assert set(offers(ann)) == {"a"}
            assert await ann.call("create", "toy", "", "", 0) in it.server.rooms


async def test_visitors_see_and_hear_each_other(autojump_clock: MockClock) -> None:
    async with house() as it, it.visitor("ann") as ann, it.visitor("ben", Role.SPECTATOR) as ben, it.visitor("cid") as cid:
        assert [visitor.name for visitor in ben.replica.players()] == ["ann", "cid"]
        await ann.call("chat", "who plays?", 0)
        await trio.sleep(SOON)
        for client in (ann, ben, cid):
            assert [event.text for name, _, event in client.events if name == "Said"] == ["who plays?"]


# -- rooms that are created --------------------------------------------------------------------------------------------------
async def test_a_room_is_there_when_its_name_comes(autojump_clock: MockClock) -> None:
    async with house(Toy, Arena) as it, it.visitor() as ann:
        name = await ann.call("create", "arena", "duel", "score_limit=7\nready_up=yes", 0)
        assert re.fullmatch("[bcdfghjklmnpqrstvwxz]{5}", name)
        room = it.server.rooms[name]
        assert room.plan.game is Arena
        assert room.plan.map is not None and room.plan.map[0].name == "duel.tmj"
        assert (room.plan.options.score_limit, room.plan.options.ready_up, room.plan.keep) == (7, True, False)  # type: ignore[attr-defined] # Rules
        await trio.sleep(SOON)
        offer = offers(ann)[name]
        assert (offer.game, offer.map, offer.mode, offer.owner) == ("arena", "duel", "all", ann.player)
        other = await ann.call("create", "arena", "", "", 0)
        assert it.server.rooms[other].plan.map == load_map("field"), "its usual one"
        await trio.sleep(EMPTY_ROOM_SECONDS + 1)
        assert not offers(ann), "nobody came"


async def test_what_cannot_be_created_is_refused_in_words(autojump_clock: MockClock, caplog: pytest.LogCaptureFixture) -> None:
    class Failing(Toy):
        name = "failing"

        def setup(self, options: Any) -> None:  # noqa: ANN401 - as in Game
            raise KeyError("secret")

    async with house(Toy, Arena, Failing) as it, it.visitor() as ann:
        for order, words in (
            (("chess", "", ""), "there is no game 'chess'; there are toy, arena, failing"),
            ((LOBBY, "", ""), "there is no game 'lobby'"),
            (("arena", "atlantis", ""), "arena has no map 'atlantis'; it has field, duel"),
            (("arena", "../maps/duel", ""), "arena has no map"),
            (("toy", "duel", ""), "toy has no map 'duel'; it has none"),
            (("toy", "", "speed=9"), "option 'speed=9': write NAME=VALUE; the options of toy are: goal"),
            (("toy", "", "goal"), "option 'goal': write NAME=VALUE"),
            (("toy", "", "goal=far"), "option 'goal=far': 'far' is no integer"),
            (("toy", "", "goal=5000"), "5000 is outside 0..1000"),
            (("arena", "duel", "mode=football"), "'football' is none of map, all, teams, flags"),
            (("arena", "duel", "mode=flags"), "mode 'flags' cannot be played on duel.tmj: choose map, or one of all"),
            (("failing", "", ""), "the room failed, fault "),
        ):
            with refused(words):
                await ann.call("create", *order, 0)
            await trio.sleep(ORDER_SECONDS)
        assert set(it.server.rooms) == {LOBBY}
        await trio.sleep(SOON)
        assert not offers(ann)
        assert caplog.text.count("could not be opened, fault") == 1, "what a visitor did wrong is no fault"
        assert await ann.call("create", "toy", "", "", 0) in it.server.rooms, "and what was refused does not count"


async def test_an_error_with_a_limit_of_its_own_costs_its_room_and_not_the_lobby(autojump_clock: MockClock) -> None:
    class TooHeavy(Exception):
        limit: tuple[int, list[int]] = (5, [])  # of the game's own, and no Limit

    class Failing(Toy):
        name = "failing"

        def setup(self, options: Any) -> None:  # noqa: ANN401 - as in Game
            raise TooHeavy

    async with house(Toy, Failing) as it, it.visitor() as ann:
        with refused("the room failed, fault "):
            await ann.call("create", "failing", "", "", 0)
        assert await ann.call("create", "toy", "", "", 0) in it.server.rooms
        assert it.server.rooms.faulted == 0


async def test_a_visitor_has_a_few_rooms_open_and_not_many(autojump_clock: MockClock) -> None:
    async with house() as it, it.visitor() as ann, it.visitor("ben") as ben:
        outcomes: list[object] = []

        async def create() -> None:
            try:
                outcomes.append(await ann.call("create", "toy", "", "", 0))
            except Refused as refusal:
                outcomes.append(str(refusal))

        async with trio.open_nursery() as nursery:
            for _ in range(8):
                nursery.start_soon(create)
        assert len(it.server.rooms) == 1 + ROOMS_PER_VISITOR
        assert sum("of your rooms are open" in str(outcome) for outcome in outcomes) == ORDERS_AT_ONCE - ROOMS_PER_VISITOR
        assert outcomes.count("not so fast") == 8 - ORDERS_AT_ONCE
        assert await ben.call("create", "toy", "", "", 0) in it.server.rooms, "others have their own"
        await trio.sleep(EMPTY_ROOM_SECONDS + 1)
        assert await ann.call("create", "toy", "", "", 0) in it.server.rooms, "and they close when nobody comes"


async def test_a_server_has_so_many_rooms(autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch) -> None:
    async with house() as it, it.visitor() as ann:
        monkeypatch.setattr("gameserver.rooms.MAX_ROOMS", 2)
        await ann.call("create", "toy", "", "", 0)
        with refused("the server has 2 rooms"):
            await ann.call("create", "toy", "", "", 0)


async def test_where_no_rooms_are_created_there_is_no_choice(autojump_clock: MockClock) -> None:
    async with house(creates=False, rooms=("a",)) as it, it.visitor() as ann:
        assert not ann.replica.shared().creates
        assert not choices(ann)
        assert set(offers(ann)) == {"a"}
        with refused("no rooms are created here: join one that is open"):
            await ann.call("create", "toy", "", "", 0)


async def test_nobody_opens_another_lobby(autojump_clock: MockClock) -> None:
    async with house() as it:
        assert await turned_away(it, Role.PLAYER, "other") == (NoticeCode.REFUSED, "there is no room 'other'")
        assert await turned_away(it, Role.PLAYER, game="toy") == (NoticeCode.REFUSED, "room 'lobby' plays lobby")
        assert set(it.server.rooms) == {LOBBY}


# -- what can be chosen ------------------------------------------------------------------------------------------------------
class Wide(Options):
    size: float = real(quantum=1 / 4, low=0, high=10, default=1.5)
    free: float = real(quantum=1 / 16, default=0.0)
    lives: int = integer(1, 9, default=3)
    fog: bool = boolean(default=True)
    title: str = text(10, default="a=b")
    sort: str = text(4, choices=("odd", "even"), default="odd")
    counts: tuple[int, ...] = integers(0, 9, most=3, default=(1,))
    lines: str = text(10, default="a\nb")


class Rich(Game):
    """A toy with everything.

    And more words.
    """

    name = "rich-toy"
    inputs = Push
    options = Wide


class Roomy(Arena):
    """Played on the largest map alone."""

    name = "roomy"
    default_map = "field"

    @classmethod
    def map_problems(cls, tile_map: Any) -> Any:  # noqa: ANN401 - as in Game
        if tile_map.name == "tiny.tmj":
            raise ZeroDivisionError("an author's slip")
        return () if tile_map.name == "field.tmj" else ["too small"]


def test_options_are_told_in_one_form() -> None:
    assert describe_options(Rich) == [
        "size=0..10/0.25=1.5",
        "free=../0.0625=0",
        "lives=1..9=3",
        "fog=false|true=true",
        "title=*10=a=b",
        "sort=odd|even=odd",
    ]


async def test_choices_say_what_there_is(autojump_clock: MockClock, caplog: pytest.LogCaptureFixture) -> None:
    async with house(Toy, Arena, Rich, Roomy) as it, it.visitor() as ann:
        assert set(choices(ann)) == {"toy", "arena", "rich-toy", "roomy"}
        arena, rich = choices(ann)["arena"], choices(ann)["rich-toy"]
        assert (arena.title, arena.most) == ("Arena", 16)
        assert arena.maps.split(",") == ["field", "duel", "tiny"], "its usual one first"
        assert "mode=map|all|teams|flags=map" in arena.options.split("\n")
        assert "damage=10..400=100" in arena.options.split("\n")
        assert (rich.title, rich.about, rich.maps) == ("Rich Toy", "A toy with everything.", "")
        assert rich.options.split("\n") == describe_options(Rich)
        assert choices(ann)["roomy"].maps == "field"
        assert "map tiny.tmj is not offered for roomy: " in caplog.text
        assert "an author's slip" in caplog.text


def test_a_list_that_is_too_long_is_told_in_part(caplog: pytest.LogCaptureFixture) -> None:
    parts = [f"map{number:04}" for number in range(100)]
    joined = _joined(",", parts)
    assert len(joined) <= MOST_LIST
    assert joined.split(",") == parts[: len(joined.split(","))]
    assert "its list is full" in caplog.text


async def test_a_game_that_is_read_anew_is_told_anew(autojump_clock: MockClock) -> None:
    class Newer(Toy):
        name = "toy"
        max_players = 9

    async with house() as it, it.visitor() as ann:
        it.server.rooms.replace_game(Toy, Newer)
        await trio.sleep(SOON)
        assert choices(ann)["toy"].most == 9


# -- full --------------------------------------------------------------------------------------------------------------------
async def turned_away(it: House, role: Role, room: str = LOBBY, game: str = LOBBY) -> tuple[int, str]:
    """Somebody else says HELLO: the NOTICE that he gets."""
    async with wire(it.host.network, room) as ann:
        await ann.say(ann.hello(game, role=role))
        await ann.end()
        assert ann.notice is not None
        return ann.notice.code, ann.notice.text


async def test_a_full_lobby_is_looked_at_by_a_few_more(autojump_clock: MockClock) -> None:
    async with house(rooms=("a",)) as it:
        lobby = it.server.rooms[LOBBY]

        def take(role: Role) -> None:
            lobby.reserve(Hello(1, LOBBY, LOBBY, None, role, "somebody"), {}, MemoryLink(), Standing(rank=RANKS[role]))

        for _ in range(Lobby.max_players):
            take(Role.PLAYER)
        assert await turned_away(it, Role.PLAYER) == (NoticeCode.FULL, "the room is full: 255 of 255 seats are taken")
        async with it.visitor(role=Role.SPECTATOR) as ann:
            assert set(offers(ann)) == {"a"}
            for _ in range(MAX_SPECTATORS - 1):
                take(Role.SPECTATOR)
            assert await turned_away(it, Role.SPECTATOR) == (NoticeCode.FULL, f"the room has {MAX_SPECTATORS} spectators")


async def test_who_comes_again_and_again_opens_no_more_rooms_for_it(autojump_clock: MockClock) -> None:
    async with house() as it:
        opened = 0
        for _ in range(OPENINGS_PER_MINUTE):
            async with it.visitor(source="203.0.113.7") as ann:
                await ann.call("create", "toy", "", "", 0)
                opened += 1
        async with it.visitor(source="203.0.113.7") as ann:
            with refused("5 rooms a minute are enough"):
                await ann.call("create", "toy", "", "", 0)
        async with it.visitor(source="203.0.113.8") as ben:
            await ben.call("create", "toy", "", "", 0)
        assert opened == OPENINGS_PER_MINUTE


# -- what else goes on in a server -------------------------------------------------------------------------------------------
async def test_bots_fill_created_rooms_and_not_the_lobby(autojump_clock: MockClock) -> None:
    async with house() as it, it.visitor() as ann:
        name = await ann.call("create", "toy", "", "", 0)
        filler = Filler(it.server.rooms, fill=3, strength=1, url="ws://x", games={"toy": "toy"}, mint=str)
        orders: list[dict[str, Any]] = []

        class Lines:
            async def say(self, said: list[dict[str, Any]]) -> bool:
                orders.extend(said)
                return True

        sit(it.server.rooms[name], "ben")
        with trio.move_on_after(SOON):
            await filler._feed(Lines())  # type: ignore[arg-type] # what it needs of one
        assert orders == [{"room": name, "game": "toy", "bots": 2}]


def test_who_came_first_keeps_no_order_in_the_lobby() -> None:
    simulation = Simulation(Lobby, options=Terms(), seed=7)
    simulation.step([Join(1, "ann"), Join(2, "ben"), Join(3, "cid", host=True), Join(4, "eve", admin=True)], {})

    def outcome(player: int, call: str, other: int) -> object:
        simulation.step([Called(player, 1, call, (other, 1))], {})
        return simulation.replied[0].value

    for call in ("silence", "expel"):
        assert outcome(1, call, 2) == "in the lobby that is for who has the ticket of a host"
        assert simulation.kicked == []
        assert outcome(3, call, 2) is None
        assert outcome(4, call, 3) is None


def test_the_lobby_repeats() -> None:
    """What it was told and asked makes it, in every process: names of rooms come from its own dice."""
    rooms = [{"room": "a", "game": "toy", "map": "", "mode": "", "players": 0, "people": 0, "bots": 0, "spectators": 0}]
    fields = rooms[0] | {"running": 0, "most": 4, "kept": True, "by": 1}
    choice = {"game": "toy", "title": "Toy", "about": "", "maps": "", "options": "", "most": 4}
    steps: list[list[Command]] = [
        [Join(1, "ann"), Answer("choices", json.dumps([choice])), Answer("rooms", json.dumps([fields]))],
        [Called(1, 1, "create", ("toy", "", "", 0))],
        [Answer("rooms", json.dumps([fields | {"players": 2}, fields | {"room": "b", "by": 7}]))],
        [Answer("rooms", "[]"), Called(1, 2, "create", ("toy", "", "goal=1", 0))],
    ]
    histories = []
    names: list[object] = []
    for _ in range(2):
        simulation = Simulation(Lobby, options=Terms(), seed=7)
        history: list[object] = []
        for commands in steps:
            simulation.step(commands, {})
            history += [simulation.encode(), simulation.replied, simulation.emitted]
            names += [reply.value for reply in simulation.replied]
            twin = Simulation(Lobby, options=Terms(), seed=99)
            twin.restore(simulation.encode())
            simulation = twin
        histories.append(history)
    assert histories[0] == histories[1]
    assert (len(names), len(set(names))) == (4, 2)

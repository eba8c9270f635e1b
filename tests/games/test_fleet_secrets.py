"""What an admiral and a spectator are sent does not depend on where the other one's ships lie, as long as they may not know.

Two matches are played. In both everyone can be seen to do the same, and every shot has the same outcome; but player 1's ships lie
elsewhere, and he placed them in another way. Every byte that player 2 and a spectator get must be the same, and come at the same
time. Games that leak on purpose show that it would be found.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, Final

import attrs
import pytest
import trio

from gameserver import EVERYONE, Audience, PlayerId, Rng, call, integer
from gameserver.core.limits import PROTOCOL
from gameserver.core.messages import Call, Hello, Ping, Ready, Role
from gameserver.core.wire import encode_client, encode_server
from gameserver.games.fleet import Fleet
from gameserver.games.fleet.board import CELLS, SHIPS, SIZE, Berth, cells_of, random_fleet, what_is_wrong
from gameserver.games.fleet.state import BATTLE, Admiral, Fired, Ship, Terms
from gameserver.standing import RANKS, Standing
from tests.games.fleet_match import numbers
from tests.helpers import AckingLink, make_room, serving, step, wire
from tests.sizes import sized

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from contextlib import AbstractAsyncContextManager

    from trio.testing import MockClock

    from gameserver import Entity
    from gameserver.core.messages import ClientMessage
    from gameserver.room import Room
    from gameserver.seat import Seat
    from tests.helpers import Host, Wire

CASES: Final = sized(1_000, 250)
MOVES: Final = 9
HIDER: Final = 1
"""Player 1 hides what differs; 2 looks for it."""
TERMS: Final = Terms(move_seconds=5, place_seconds=20)


# -- what happens -----------------------------------------------------------------------------------------------------------
@attrs.frozen
class Case:
    """Two matches.

    Attributes:
        placing: what the hider calls to place his ships, in the one and in the other.
        seeker: player 2's fleet.
        cells: where the seeker fires, one after the other: the outcome is the same in both.
        dice: for everything else.
    """

    placing: tuple[list[tuple[str, tuple[Any, ...]]], list[tuple[str, tuple[Any, ...]]]]
    seeker: tuple[Berth, ...]
    cells: list[int]
    dice: int


class Target:
    """A fleet, and what shots at it tell."""

    def __init__(self, fleet: Sequence[Berth]) -> None:
        self._fleet = fleet
        self._afloat = [set(cells_of(berth, length)) for berth, length in zip(fleet, SHIPS, strict=True)]
        self.struck_by = {cell: number for number, cells in enumerate(self._afloat) for cell in cells}

    def told_by(self, cell: int) -> object:
        """A miss, a hit, or which ship would be sunk."""
        struck = self.struck_by.get(cell)
        if struck is None:
            return "miss"
        return "hit" if self._afloat[struck] - {cell} else (struck, self._fleet[struck])

    def fire(self, cell: int) -> None:
        for cells in self._afloat:
            cells.discard(cell)

    @property
    def cells_afloat(self) -> int:
        return sum(map(len, self._afloat))


def make_case(seed: int) -> Case:
    dice = random.Random(seed)
    rng = Rng(seed)
    one = random_fleet(rng)
    while True:  # some ships lie where they did
        redrawn = random_fleet(rng)
        other = tuple(berth if dice.random() < 0.5 else new for berth, new in zip(one, redrawn, strict=True))
        if what_is_wrong(other) is None and other != one:
            break
    cells: list[int] = []
    targets = Target(one), Target(other)
    while len(cells) < MOVES and targets[0].cells_afloat > 1:
        alike = [cell for cell in range(CELLS) if cell not in cells and targets[0].told_by(cell) == targets[1].told_by(cell)]
        wanted = [cell for cell in alike if cell in targets[0].struck_by]
        cells.append(dice.choice(wanted if wanted and dice.random() < 0.7 else alike))
        for target in targets:
            target.fire(cells[-1])

    def placing(fleet: tuple[Berth, ...]) -> list[tuple[str, tuple[Any, ...]]]:
        before: list[tuple[str, tuple[Any, ...]]] = [
            dice.choice([("place_at_random", ()), ("place", (numbers(random_fleet(rng)),))]) for _ in range(dice.randint(0, 3))
        ]
        return [*before, ("place", (numbers(fleet),))]

    return Case((placing(one), placing(other)), random_fleet(rng), cells, dice.randrange(2**32))


@attrs.define
class Guest:
    """Somebody in the room, and his line. (A Seated reads what it is sent, and makes a schema for it: too slow for so many.)"""

    seat: Seat
    link: AckingLink

    @property
    def player(self) -> PlayerId:
        return self.seat.player

    def say(self, message: ClientMessage) -> None:
        self.link.inbox.append(encode_client(message))


def let_in(room: Room, name: str, role: Role = Role.PLAYER) -> Guest:
    link = AckingLink()
    seat = room.reserve(Hello(PROTOCOL, "fleet", room.plan.name, None, role, name), {}, link, Standing(rank=RANKS[role]))
    seat.enter(link)
    return Guest(seat, link)


class Play:
    """One of the two matches, in a room that is ticked by hand.

    Attributes:
        heard: by each line but the hider's, what came over it and when.
    """

    def __init__(self, game: type[Fleet], case: Case, world: int) -> None:
        self._case = case
        self._world = world
        self._room: Room = make_room(game, options=TERMS, seed=case.dice)
        self._dice = random.Random(case.dice)
        self._lines: list[tuple[str, AckingLink]] = []
        self._last_call = 0
        self.heard: list[tuple[str, int, bytes]] = []

    async def run(self) -> None:
        room = self._room
        hider, seeker = let_in(room, "hider"), let_in(room, "seeker")
        self._listen("seeker", seeker, b"s" * 16)
        await self._step(self._dice.randint(1, 5))
        self._say(seeker, "place", numbers(self._case.seeker))
        for method, arguments in self._case.placing[self._world]:  # all in one tick: how many cannot be seen
            self._say(hider, method, *arguments)
        await self._step(1)
        game = room.simulation.game
        assert isinstance(game, Fleet)
        assert game.match.phase == BATTLE
        watched = [*self._case.cells]
        own = list(range(CELLS))
        self._dice.shuffle(own)
        while watched and game.match.phase == BATTLE:
            await self._something(seeker)
            if game.match.turn == seeker.player:
                cell = watched.pop(0)
                self._say(seeker, "fire", cell % SIZE, cell // SIZE)
            elif self._dice.random() < 0.15 and not game.players[HIDER].lost_moves:
                await self._step(round(TERMS.move_seconds * Fleet.tick_rate))  # he takes too long
                continue
            else:
                open_cells = game._open_cells(game.players[HIDER])
                cell = next(cell for cell in own if cell in open_cells)
                self._say(hider, "fire", cell % SIZE, cell // SIZE)
            await self._step(1)

    async def _something(self, seeker: Guest) -> None:
        """Time passes; a spectator comes or goes, the seeker loses his line and comes back, asks for the time, talks, or errs."""
        what = self._dice.random()
        if what < 0.1:
            self._listen(f"spectator {len(self._lines)}", let_in(self._room, "eve", Role.SPECTATOR), b"e" * 16)
        elif what < 0.15 and self._lines[-1][0].startswith("spectator"):
            _, link = self._lines.pop()
            eve = next(seat for seat in self._room.seats if seat.is_on(link))
            eve.over = True
            self._room.release(eve, link)
        elif what < 0.25:
            token = (b"%d" % len(self.heard)).rjust(16)
            self._room.welcome(seeker.seat, token)
            self._lines = [line for line in self._lines if line[1] is not seeker.link]
            self._room.release(seeker.seat, seeker.link)
            await self._step(self._dice.randint(0, 3))
            seeker.link = AckingLink()
            seeker.seat.resume(seeker.link, token)
            seeker.seat.enter(seeker.link)
            self._listen("seeker again", seeker, token)
        elif what < 0.35:
            seeker.say(Ping(1, 1))
        elif what < 0.4:
            self._say(seeker, "rematch")
        elif what < 0.45:
            self._say(seeker, "place", numbers(self._case.seeker))
        await self._step(self._dice.randint(0, 2))

    def _say(self, someone: Guest, method: str, *arguments: Any) -> None:  # noqa: ANN401 - plain values
        self._last_call += 1
        number = self._last_call if someone.player == HIDER else self._room.clock.tick * 10 + len(someone.link.inbox)
        someone.say(Call(number, method, arguments))

    def _listen(self, name: str, someone: Guest, token: bytes) -> None:
        welcome = self._room.welcome(someone.seat, token)
        self.heard.append((name, self._room.clock.tick, encode_server(welcome)))
        self._lines.append((name, someone.link))

    async def _step(self, ticks: int) -> None:
        for _ in range(ticks):
            await step(self._room)
            for name, link in self._lines:
                self.heard += [(name, self._room.clock.tick, frame) for frame in link.sent]
                link.sent.clear()
                assert link.ended is None, link.ended


async def difference(game: type[Fleet], seed: int) -> str | None:
    """What the seeker or a spectator could tell the two matches apart by, None if nothing."""
    case = make_case(seed)
    one = Play(game, case, 0)
    await one.run()
    other = Play(game, case, 1)
    await other.run()
    for number, (mine, yours) in enumerate(zip(one.heard, other.heard, strict=False)):
        if mine != yours:
            return f"case {seed}, frame {number}: {mine} and {yours}"
    return None if len(one.heard) == len(other.heard) else f"case {seed}: {len(one.heard)} and {len(other.heard)} frames"


# -- nothing is told --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("block", range(10))
async def test_wherever_the_ships_lie_the_other_gets_the_same_bytes(block: int, autojump_clock: MockClock) -> None:
    size = CASES // 10
    for seed in range(block * size, (block + 1) * size):
        assert await difference(Fleet, seed) is None


async def test_the_cases_are_worth_something(autojump_clock: MockClock) -> None:
    """Ships that differ are hit, ships are sunk, lines break, spectators look on."""
    told: dict[str, int] = {}
    sunk = hits_on_other_ships = 0
    for seed in range(40):
        case = make_case(seed)
        one, other = (Target(fleet_of(placing[-1][1][0])) for placing in case.placing)
        for cell in case.cells:
            assert one.told_by(cell) == other.told_by(cell)
            sunk += one.told_by(cell) not in ("miss", "hit")
            hits_on_other_ships += one.struck_by.get(cell) != other.struck_by.get(cell)
            one.fire(cell)
            other.fire(cell)
        play = Play(Fleet, case, 0)
        await play.run()
        for name, _, _ in play.heard:
            told[name.split()[0] + (" again" if "again" in name else "")] = told.get(name, 0) + 1
    assert sunk > 20
    assert hits_on_other_ships > 20
    assert set(told) == {"seeker", "seeker again", "spectator"}


def fleet_of(ships: tuple[int, ...]) -> tuple[Berth, ...]:
    return tuple((ships[at], ships[at + 1], ships[at + 2]) for at in range(0, len(ships), 3))


# -- through a whole server -------------------------------------------------------------------------------------------------
class Ear:
    """Hears a line, and writes down every frame with its time."""

    def __init__(self, line: Wire) -> None:
        self.line = line
        self.frames: list[tuple[float, bytes]] = []
        self._began = trio.current_time()
        self._hear = line.websocket.get_message
        line.websocket.get_message = self._note  # type: ignore[method-assign] # whoever hears, it is written down

    async def _note(self) -> str | bytes:
        frame = await self._hear()
        assert isinstance(frame, bytes)
        self.frames.append((round(trio.current_time() - self._began, 6), frame))
        return frame

    async def listen(self) -> None:
        while True:
            await self.line.hear()


async def serve_match(
    case: Case,
    world: int,
    *,
    house: Callable[..., AbstractAsyncContextManager[Host]] = serving,
    beside: Callable[[Host], Awaitable[None]] | None = None,
) -> dict[str, list[tuple[float, bytes]]]:
    """The case through sockets: everything that came over the lines of the seeker and of a spectator, and when.

    `house`: where it is played; `beside`: what goes on meanwhile.
    """
    heard: dict[str, list[tuple[float, bytes]]] = {}
    async with house(Fleet, seed=case.dice) as host, trio.open_nursery() as nursery:
        room = host.server.rooms.open("fleet1", Fleet, options=TERMS, seed=case.dice, keep=True)
        if beside is not None:
            nursery.start_soon(beside, host)

        async def come(name: str, *, role: Role = Role.PLAYER, credential: bytes | None = None) -> Ear:
            line = await nursery.start(hold, name, role, credential)
            ear: Ear = line
            nursery.start_soon(ear.listen)
            return ear

        async def hold(
            name: str, role: Role, credential: bytes | None, *, task_status: trio.TaskStatus[Ear] = trio.TASK_STATUS_IGNORED
        ) -> None:
            async with wire(host.network, "fleet1") as line:
                ear = Ear(line)
                heard[f"{name} {len(heard)}"] = ear.frames
                await line.say(Hello(PROTOCOL, "fleet", "fleet1", credential, role, name), *([Ready(None)] if credential else []))
                if not credential:
                    await line.hear()
                    await line.say(Ready(None))
                task_status.started(ear)
                await trio.sleep_forever()

        async def say(ear: Ear, *messages: ClientMessage) -> None:
            await ear.line.say(*messages)
            await trio.sleep(0.3137)  # never just when a tick is due

        hider = await come("hider")
        await trio.sleep(1.033)
        seeker = await come("seeker")
        await trio.sleep(1.033)
        placing = case.placing[world]
        idle = ("mute", (HIDER, 0))  # as many calls in both worlds, each in a tick of its own: that somebody calls is no secret
        most = max(len(calls) for calls in case.placing)
        for number, (method, arguments) in enumerate((*placing, *[idle] * (most - len(placing))), start=1):
            await say(hider, Call(number, method, arguments))
        await say(seeker, Call(1, "place", (numbers(case.seeker),)))
        await come("eve", role=Role.SPECTATOR)
        game = room.simulation.game
        assert isinstance(game, Fleet)
        watched = [*case.cells]
        number = 100
        while watched and game.match.phase == BATTLE:
            number += 1
            at_turn = game.match.turn
            cell = watched.pop(0) if at_turn == seeker_number(game) else game._open_cells(game.players[HIDER])[0]
            await say(
                seeker if at_turn == seeker_number(game) else hider,
                Ping(number, number),
                Call(number, "fire", (cell % SIZE, cell // SIZE)),
            )
        nursery.cancel_scope.cancel()
    return {name: frames for name, frames in heard.items() if not name.startswith("hider")}


def seeker_number(game: Fleet) -> PlayerId:
    return next(number for number in game.players if number != HIDER)


@pytest.mark.parametrize("seed", range(5))
async def test_so_it_is_through_a_whole_server(seed: int, autojump_clock: MockClock) -> None:
    case = make_case(seed)
    one, other = await serve_match(case, 0), await serve_match(case, 1)
    assert set(one) == set(other) and len(one) == 2
    for name, frames in one.items():
        assert len(frames) > len(case.cells)
        assert frames == other[name], name


# -- what leaks is found ----------------------------------------------------------------------------------------------------
class SeenByAll(Fleet):
    def audience(self, entity: Entity) -> Audience:
        return EVERYONE


class NumberedByPlace(Fleet):
    """Ships get their ids in the order in which they lie."""

    def _put(self, player: Admiral, fleet: Sequence[Berth]) -> None:
        for ship in [ship for ship in self.ships if ship.owner == player.owner]:
            self.ships.remove(ship)
        drawn = sorted(zip(fleet, SHIPS, strict=True))
        for (x, y, across), length in drawn:
            self.ships.add(Ship(length=length, x=x, y=y, across=across == 1, afloat=length, owner=player.owner))
        player.placed = True
        self._begin_battle_if_placed()


class NewShips(Fleet):
    """Whoever changes his mind gets ships with other ids."""

    def _put(self, player: Admiral, fleet: Sequence[Berth]) -> None:
        for ship in [ship for ship in self.ships if ship.owner == player.owner]:
            self.ships.remove(ship)
        super()._put(player, fleet)


class Announced(Fleet):
    """An event tells where the first ship lies."""

    def _put(self, player: Admiral, fleet: Sequence[Berth]) -> None:
        self.emit(Fired(player=player.owner, x=fleet[0][0], y=fleet[0][1], hit=False))
        super()._put(player, fleet)


class Blabbing(Fleet):
    """The reply tells how long the ship is that was hit."""

    @call
    def fire(self, player: Admiral, x: int = integer(0, SIZE - 1), y: int = integer(0, SIZE - 1)) -> str:
        enemy = self._other(player)
        lengths = [
            ship.length
            for ship in self.ships
            if ship.owner == enemy.owner and y * SIZE + x in cells_of((ship.x, ship.y, ship.across), ship.length)
        ]
        return f"{super().fire(player, x, y)} {lengths}"


class SharedDice(Fleet):
    """Fleets at random are drawn from the dice that also choose where chance fires."""

    def _draw_fleet(self, player: Admiral) -> tuple[Berth, ...]:
        return random_fleet(self.random)


@pytest.mark.parametrize("game", [SeenByAll, NumberedByPlace, NewShips, Announced, Blabbing, SharedDice])
async def test_a_leak_is_found(game: type[Fleet], autojump_clock: MockClock) -> None:
    found = [seed for seed in range(30) if await difference(game, seed) is not None]
    assert len(found) >= 3, f"it leaks, and only the cases {found} tell"

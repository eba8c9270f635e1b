"""A small but nasty game, a script that drives it, and an oracle for who may know what. Used by all tests of the core.

`Nasty` uses every kind of field at every level, changes owners, teams and audiences at random, is born and dies, counts on
timers and texts. Every secret that it writes into a field is a new number of at least SECRET (or a text with such a number), so
that a test can look for it in the bytes that somebody gets.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import msgpack

from gameserver.core.audience import EVERYONE, NOBODY, Audience, owner, part_of, team
from gameserver.core.fields import angle, boolean, integer, integers, real, text
from gameserver.core.game import Game, Result, call, entities_of, players_of, shared
from gameserver.core.record import Entity, Event, Globals, Input, Options, Player
from gameserver.core.simulation import Called, Command, Join, Leave, Simulation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gameserver.core.game import Profile

SECRET = 2**40
"""Every secret number is at least this; a difference of two is less, and so is all else in a frame."""
STRIDE = 7_919
TEAMS = 2


class Move(Input):
    push: int = integer(-1, 1)
    aim: int = angle(64)
    throttle: float = real(quantum=1 / 8, low=-1.0, high=1.0)
    fire: bool = boolean(edge=True)
    gear: int = integer(1, 5, default=2)


class Rules(Options):
    crowd: int = integer(0, 40, default=4)
    drag: float = real(quantum=1 / 64, low=0.0, high=1.0, default=0.1)


class Match(Globals):
    clock: int = integer(0, 1_000_000, default=0)
    title: str = text(80, default="")
    secrets: int = integer(0, 2**40, default=0, audience="none")
    drift: float = real(audience="none", default=0.1)
    timer: int = integer(0, 2**31, default=0, audience="none")


class Driver(Player):
    score: int = integer(-1_000, 1_000_000, default=0)
    hand: tuple[int, ...] = integers(0, 2**52, most=4, default=(), audience="owner")
    luck: float = real(audience="none", default=0.5)


class Tank(Entity):
    x: float = real(quantum=1 / 16, low=-2_000.0, high=2_000.0)
    heading: int = angle(256, default=0)
    alive: bool = boolean(default=True)
    plate: int = integer(0, 2**52)
    note: str = text(40, default="")
    plan: int = integer(0, 2**52, audience="team")
    cargo: int = integer(0, 2**52, audience="owner")
    route: tuple[int, ...] = integers(0, 2**52, most=3, default=(), audience="owner")
    core: int = integer(0, 2**52, audience="none")
    speed: float = real(audience="none", default=0.0)


class Mine(Entity):
    """Seen by nobody, its owner, somebody else, a team or everyone, as `stage` says."""

    depth: int = integer(0, 2**52)
    fuse: int = integer(0, 2**52, audience="team")
    key: int = integer(0, 2**52, audience="owner")
    stage: int = integer(0, 4, audience="none")
    spotter: int = integer(0, 9, default=0, audience="none")


class Boom(Event):
    at: float = real(quantum=1 / 16)
    code: int = integer(0, 2**52)


class Goal(Event, reliable=True):
    by: int = integer(0, 991)
    shout: str = text(40, default="")


class Nasty(Game):
    name = "nasty"
    version = 3
    tick_rate = 20
    max_players = 6
    inputs = Move
    options = Rules
    events = (Boom, Goal)

    match = shared(Match)
    players = players_of(Driver)
    tanks = entities_of(Tank)
    mines = entities_of(Mine)

    def setup(self, options: Rules) -> None:
        self.drag = options.drag
        self.match.title = f"crowd of {options.crowd}"
        for _ in range(options.crowd):
            self.spawn_tank()
        self.after(5, self.blink, "first", 0.25, None, True)

    def fresh(self) -> int:
        """A number that no other field ever had."""
        self.match.secrets += 1
        return SECRET + self.match.secrets * STRIDE

    def anyone(self) -> int:
        """A seated player's number, or nobody's."""
        return self.random.choice([0, *self.players])

    def spawn_tank(self) -> None:
        self.tanks.add(
            Tank(
                x=self.random.real(-100.0, 100.0),
                plate=self.fresh(),
                note=f"n{self.fresh()}",
                plan=self.fresh(),
                cargo=self.fresh(),
                core=self.fresh(),
                team=self.random.integer(0, TEAMS),
                owner=self.anyone(),
            )
        )

    def lay_mine(self) -> None:
        mine = Mine(depth=self.fresh(), fuse=self.fresh(), key=self.fresh(), stage=self.random.integer(0, 4))
        mine.owner, mine.team, mine.spotter = self.anyone(), self.random.integer(0, TEAMS), self.anyone()
        self.mines.add(mine)

    def audience(self, entity: Entity) -> Audience:
        if not isinstance(entity, Mine):
            return EVERYONE
        match entity.stage:
            case 0:
                return NOBODY
            case 1 if entity.owner:
                return owner(entity.owner)
            case 2 if entity.spotter:
                return owner(entity.spotter)
            case 3:
                return team(1)
            case 4:
                return EVERYONE
        return NOBODY

    def join(self, player: Driver, profile: Profile) -> None:
        player.team = 1 + player.owner % TEAMS
        player.luck = self.random.real()
        player.hand = (self.fresh(), self.fresh())

    def leave(self, player: Driver) -> None:
        for mine in self.mines:
            if mine.spotter == player.owner:
                mine.spotter = 0

    @call
    def shout(self, player: Driver, words: str = text(30), loud: bool = boolean()) -> str:
        self.emit(Goal(by=player.owner, shout=words), to=owner(player.owner) if not loud else EVERYONE)
        return words.upper()

    def blink(self, word: str, share: float, nothing: None, flag: bool) -> None:
        self.match.title = f"{word} {share} {nothing} {flag} {self.tick}"
        self.match.timer = self.after(self.random.integer(1, 6), self.blink, word[::-1], share / 2.0, None, not flag)

    def step(self, inputs: Mapping[int, Move]) -> None:
        dice = self.random
        self.match.clock += 1
        self.match.drift = self.match.drift * 1.000001 + 0.1
        for number, move in inputs.items():
            driver = self.players[number]
            driver.score += move.push + move.gear + int(move.throttle * 8) + (10 if move.fire else 0)
            driver.luck = (driver.luck * 3.999 * (1.0 - driver.luck)) if 0.0 < driver.luck < 1.0 else 0.3
            if move.fire:
                driver.hand = (*driver.hand[-3:], self.fresh())
        for tank in self.tanks:
            tank.speed = tank.speed * (1.0 - self.drag) + dice.real(-1.0, 1.0)
            tank.x = max(-1_999.0, min(1_999.0, tank.x + tank.speed))
            tank.heading += dice.integer(-200, 200)
        for _ in range(dice.integer(0, 5)):
            self.change_something()

    def change_something(self) -> None:
        dice = self.random
        tank = dice.choice([*self.tanks]) if len(self.tanks) else None
        mine = dice.choice([*self.mines]) if len(self.mines) else None
        what = dice.integer(0, 14)
        if what == 0 and len(self.tanks) < 12:
            self.spawn_tank()
        elif what == 1 and len(self.mines) < 12:
            self.lay_mine()
        elif what == 2 and tank:
            self.tanks.remove(tank)
        elif what == 3 and mine:
            self.mines.remove(mine)
        elif what == 4 and tank:
            tank.team = dice.integer(0, TEAMS)
        elif what == 5 and tank:
            tank.owner = self.anyone()
        elif what == 6 and mine:
            mine.stage, mine.spotter = dice.integer(0, 4), self.anyone()
        elif what == 7 and mine:
            mine.team, mine.owner = dice.integer(0, TEAMS), self.anyone()
        elif what == 8 and tank:
            tank.plate, tank.note = self.fresh(), f"n{self.fresh()}"
        elif what == 9 and tank:
            tank.plan = self.fresh()
        elif what == 10 and tank:
            tank.cargo, tank.route = self.fresh(), tuple(self.fresh() for _ in range(dice.integer(0, 3)))
        elif what == 11 and mine:
            mine.depth, mine.fuse, mine.key = self.fresh(), self.fresh(), self.fresh()
        elif what == 12 and len(self.players):
            driver = self.players[dice.choice([*self.players])]
            driver.team = dice.integer(0, TEAMS)
        elif what == 13:
            self.emit(Boom(at=dice.real(), code=self.fresh()), to=dice.choice([EVERYONE, NOBODY, team(1), team(2)]))
        elif what == 14 and dice.chance(0.3):
            self.cancel(self.match.timer)
            self.match.timer = self.after(3, self.blink, "again", 1.0 / 3.0, None, False)

    def is_over(self) -> Result | None:
        if self.match.clock < 60:
            return None
        return Result(winners=tuple(sorted(self.players))[:1], scores={n: p.score for n, p in self.players.items()})


# -- driving it --------------------------------------------------------------------------------------------------------------
Turn = tuple[list[Command], dict[int, Input]]
"""What enters one step."""


def script(seed: int, *, most_players: int = 4) -> Iterator[Turn]:
    """Commands and inputs for one tick after the other: joins, leaves, calls and presses at random."""
    dice = random.Random(seed)
    seated: list[int] = []
    layout = Nasty.schema.input
    while True:
        commands: list[Command] = []
        free = [number for number in range(1, most_players + 1) if number not in seated]
        if free and dice.random() < 0.2:
            number = dice.choice(free)
            seated.append(number)
            commands.append(Join(number, f"player {number}", {"rank": dice.random()}))
        elif seated and dice.random() < 0.05:
            number = dice.choice(seated)
            seated.remove(number)
            commands.append(Leave(number))
        if seated and dice.random() < 0.1:
            commands.append(Called(dice.choice(seated), dice.randrange(99), "shout", (f"hey {dice.random()}", dice.randrange(2))))
        inputs: dict[int, Input] = {
            number: layout.make(
                (dice.randint(-1, 1), dice.randrange(64), dice.randint(-8, 8), dice.randrange(2), dice.randint(1, 5))
            )
            for number in seated
            if dice.random() < 0.9
        }
        yield commands, inputs


def played(ticks: int, seed: int = 0) -> Simulation:
    """A match that has gone on for so many ticks."""
    simulation = Simulation(Nasty, seed=seed)
    for _, turn in zip(range(ticks), script(seed), strict=False):
        simulation.step(*turn)
    return simulation


# -- who may know what -------------------------------------------------------------------------------------------------------
def parts_seen(simulation: Simulation, player: int) -> tuple[int, ...]:
    """The parts of a player's view, 0 for a spectator's."""
    if player not in simulation.players:
        return (part_of(EVERYONE),)
    number = simulation.players[player].team
    mine = [EVERYONE, owner(player), *([team(number)] if number else [])]
    return tuple(part_of(audience) for audience in mine)


def secrets_allowed(simulation: Simulation, player: int) -> set[int]:
    """All secrets that this player (0: a spectator) may know now, worked out from the game's objects and not from the view."""
    game = simulation.game
    assert isinstance(game, Nasty)
    side = simulation.players[player].team if player in simulation.players else 0
    allowed: set[int] = set()
    for tank in game.tanks:
        allowed |= {tank.plate, *secrets_in(tank.note)}
        if side and tank.team == side:
            allowed.add(tank.plan)
        if player and tank.owner == player:
            allowed |= {tank.cargo, *tank.route}
    for mine in game.mines:
        audience = game.audience(mine)
        sees = audience == EVERYONE or (side and audience == team(side)) or (player and audience == owner(player))
        his = player and mine.owner == player
        if sees:
            allowed.add(mine.depth)
        if sees and ((side and mine.team == side) or (his and audience == owner(player))):
            allowed.add(mine.fuse)
        if his and audience != NOBODY and (sees or audience in (team(1), team(2))):
            allowed.add(mine.key)
    if player in simulation.players:
        allowed |= set(game.players[player].hand)
    for event in simulation.emitted:
        if event.to == EVERYONE or (side and event.to == team(side)):
            allowed |= set(secrets_in(event.row))
    return allowed


def secrets_in(value: Any) -> Iterator[int]:  # noqa: ANN401 - anything that msgpack can hold
    """All secrets in a decoded frame, however deep, in numbers and in texts."""
    if isinstance(value, int):
        if value >= SECRET:
            yield value
    elif isinstance(value, str):
        if value[1:].isdecimal():
            yield int(value[1:])
    elif isinstance(value, list | tuple):
        for item in value:
            yield from secrets_in(item)


def unpacked(frame: bytes) -> list[Any]:
    """The msgpack values of a frame, whatever they mean."""
    unpacker = msgpack.Unpacker(use_list=False)
    unpacker.feed(frame)
    return list(unpacker)

"""A game with a little of everything that a match in a test can do, and games that break the contract in one way each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gameserver import (
    NOBODY,
    Audience,
    Brain,
    Entity,
    Event,
    Game,
    Globals,
    Input,
    Options,
    Player,
    Refused,
    Replica,
    Result,
    boolean,
    call,
    entities_of,
    integer,
    owner,
    players_of,
    real,
    shared,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gameserver import PlayerId, Profile


class Paddle(Input):
    right: int = integer(-1, 1, default=0)
    gear: int = integer(1, 3, default=1)
    dive: bool = boolean(default=False, edge=True)


class Pebbles(Options):
    frogs_win_at: int = integer(0, 1_000, default=0)


class Duck(Entity):
    x: float = real(quantum=1 / 16)
    dives: int = integer(0, 10_000, default=0)
    crumbs: int = integer(0, 10_000, default=0, audience="owner")
    plan: int = integer(0, 99, default=7, audience="team")
    dream: float = real(audience="none", default=0.5)

    def far(self) -> bool:
        return self.x > 10


class Pike(Entity):
    """Seen by its owner alone until it bites."""

    teeth: int = integer(0, 99, default=42)


class Swimmer(Player):
    rank: int = integer(0, 99, default=0)


class Pond(Globals):
    ripples: int = integer(0, 1_000_000, default=0)
    depth: int = integer(0, 9, default=3, audience="none")


class Splash(Event):
    number: int = integer(0, 1023)


class Bread(Event, reliable=True):
    to: int = integer(0, 1023)
    words: str = text(20, default="")


class PondBrain(Brain):
    def think(self, view: Replica, player: int) -> Any:  # noqa: ANN401 - the game's own Input class
        return Paddle(right=1 if self.strength > 1 else 0, dive=True)


class PondGame(Game):
    name = "pond"
    tick_rate = 20
    max_players = 4
    inputs = Paddle
    options = Pebbles
    events = (Splash, Bread)
    brain = PondBrain
    closes_when_over = False

    players = players_of(Swimmer)
    ducks = entities_of(Duck)
    pikes = entities_of(Pike)
    pond = shared(Pond)

    limit: int

    def setup(self, options: Pebbles) -> None:
        self.limit = options.frogs_win_at

    def join(self, player: Swimmer, profile: Profile) -> None:
        player.rank = int(profile.pop("rank", 0) or 0)  # takes the profile apart: the copy must not notice
        player.team = 1 + player.owner % 2
        self.ducks.add(Duck(x=0.0, owner=player.owner, team=player.team))

    def leave(self, player: Swimmer) -> None:
        duck = self.ducks.owned_by(player.owner)
        if duck is not None:
            self.ducks.remove(duck)

    def audience(self, entity: Entity) -> Audience:
        if isinstance(entity, Pike):
            return owner(entity.owner) if entity.owner else NOBODY
        return Audience(0)

    def step(self, inputs: Mapping[PlayerId, Paddle]) -> None:
        for duck in self.ducks:
            wanted = inputs[duck.owner]
            duck.x += wanted.right * wanted.gear * 0.5
            duck.crumbs += self.random.integer(0, 1)
            duck.dream = duck.dream * 3.9 * (1.0 - duck.dream)
            if wanted.dive:
                duck.dives += 1
                self.emit(Splash(number=duck.owner), to=owner(duck.owner))
        self.pond.ripples += 1

    def is_over(self) -> Result | None:
        over = self.limit > 0 and self.pond.ripples % self.limit == 0
        return Result(winners=tuple(self.players)[:1]) if over else None

    def answer(self, question: str, value: int) -> None:
        self.pond.ripples += value

    @call
    def feed(self, player: Swimmer, to: int = integer(0, 1023), words: str = text(20)) -> str:
        """Throw bread."""
        if to not in self.players:
            raise Refused("nobody there")
        self.emit(Bread(to=to, words=words), to=owner(to))
        return words.upper()

    @call
    def evict(self, player: Swimmer, whom: int = integer(0, 1023)) -> None:
        self.kick(whom, "too loud")

    @call
    def fish(self, player: Swimmer) -> int:
        return self.pikes.add(Pike(owner=player.owner)).id

    @call
    def later(self, player: Swimmer) -> None:
        self.after(3, self.wave)

    def wave(self) -> None:
        self.log("%d ripples", self.pond.ripples)
        self.pond.ripples += 1000

"""The contract between a game and the server: what an author writes, what he may call, what he is promised.

    class Pong(Game):
        name = "pong"
        inputs = Move
        paddles = entities_of(Paddle)

        def join(self, player, profile): ...
        def leave(self, player): ...
        def step(self, inputs): ...

Promises: hooks run one at a time, never two at once; `step` runs once a tick, in order; all that is state lives in the
declared fields, so a room can be checkpointed, moved, replayed and forked at every tick. In return a hook may not wait, read a
clock, draw from any random generator but `self.random`, depend on the order of a set, or keep anything on `self` after `setup`.
docs/api.md lists each hook; docs/architecture.md says when it runs.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, ClassVar, Final, NoReturn, TypeVar

import attrs

from gameserver.core.audience import EVERYONE, MAX_PLAYER, Audience, PlayerId
from gameserver.core.calls import call, calls_of
from gameserver.core.contract import check_class, check_rewinds, check_settings, is_record
from gameserver.core.declared import Declared, declared, entities_of, players_of, shared
from gameserver.core.errors import GameError, MapError, Refused, SchemaError
from gameserver.core.fields import boolean, integer, text
from gameserver.core.limits import MAX_CHAT, MAX_INTEGER, SUBTICKS, TICK_RATE
from gameserver.core.record import Entity, Event, Globals, Input, Options, Player
from gameserver.core.rewind import Eye
from gameserver.core.schema import Schema
from gameserver.core.talk import BUILT_IN_EVENTS, EMOTES
from gameserver.core.timers import is_plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from gameserver.core.brain import Brain
    from gameserver.core.groups import Entities, Players
    from gameserver.core.maps import TileMap
    from gameserver.core.rng import Rng
    from gameserver.core.simulation import Simulation
    from gameserver.core.timers import TimerArgument

E = TypeVar("E", bound=Entity)

Profile = dict[str, "int | float | str | bool | None"]
"""What `Hooks.authorise` found out about a player: plain values, recorded with the join."""


class NoGlobals(Globals):
    """The globals of a game that declares none."""


@attrs.frozen
class Result:
    """How a match ended: what `is_over` returns once it has.

    Attributes:
        winners: PlayerIds, or nothing for a draw.
        scores: what each player has, by PlayerId.
    """

    winners: tuple[PlayerId, ...] = ()
    scores: Mapping[PlayerId, int] = attrs.field(factory=dict)


class Game:
    """Derive from this. See the module for the whole contract."""

    name: ClassVar[str] = ""
    """What clients ask for: lower case, `[a-z][a-z0-9_-]*`. Required."""
    version: ClassVar[int] = 1
    """Raise it when older clients could not play any more."""
    tick_rate: ClassVar[int] = TICK_RATE
    """Steps a second, 1 to 60."""
    max_players: ClassVar[int] = 8
    inputs: ClassVar[type[Input]]
    """The class of a player's input for one tick. Required."""
    options: ClassVar[type[Options]]
    """What may be chosen when a room is made."""
    events: ClassVar[tuple[type[Event], ...]] = ()
    uses_map: ClassVar[bool] = False
    """True: every room has a map, `self.map`."""
    default_map: ClassVar[str] = ""
    """The map where the room's maker names none: a file's name in maps/, without suffix."""
    brain: ClassVar[type[Brain] | None] = None
    """How this game's bots think; None: they press at random."""
    ticks_on_input: ClassVar[bool] = False
    """True: `step` runs only in ticks in which something happens (a command, an input with values, a timer); for games of turns.
    Ticks go on in time all the same."""
    closes_when_over: ClassVar[bool] = True
    """True: the room closes ten seconds after a result. False: it stays, for the next match of the same players."""

    bots_hold_seats: ClassVar[bool] = False
    """True: while a player's line is down, a bot that comes may play on for him, and sees what he would see, until he is back or
    his seat is given up. For games in which somebody who stands still spoils the match for others."""

    players: Declared[Players[Player]] = Declared("players", Player)

    schema: ClassVar[Schema]
    _sealed: bool = False
    _simulation: Simulation

    # -- hooks: what an author writes --------------------------------------------------------------------------------------
    def setup(self, options: Any) -> None:  # noqa: ANN401 - the game's own Options class
        """Make the room as it is before anyone comes. The only hook that may set attributes on `self`: things derived from the
        options and the map that never change (a grid, a table). It also runs when a room is restored, before its state is put back.
        """

    def join(self, player: Any, profile: Profile) -> None:  # noqa: ANN401 - the game's own Player class
        """Somebody took a seat. `player` is in `self.players` already."""

    def leave(self, player: Any) -> None:  # noqa: ANN401 - likewise
        """He left. Afterwards he is removed and whatever he still owns belongs to nobody."""

    def step(self, inputs: Mapping[PlayerId, Any]) -> None:
        """Advance the world by one tick, or to this one (`ticks_on_input`). `inputs` has an input for every player, in the order of
        their joining."""

    def audience(self, entity: Entity) -> Audience:
        """Who sees this entity now: EVERYONE, team(n), owner(p) or NOBODY. Asked once per entity and tick, never per viewer."""
        return EVERYONE

    def is_over(self) -> Result | None:
        """The result as long as a match is over, None while one goes on. Asked after each step.

        The first one counts, and is kept as a record. When None follows it, another match has begun (a rematch), which will have a
        result of its own; see `closes_when_over`.
        """
        return None

    @classmethod
    def map_problems(cls, tile_map: TileMap) -> Iterable[MapError]:
        """What keeps a map from suiting this game, each with what to do: for `gameserver maps check --game`, before any room runs.

        That every spawn and all open ground can be reached is checked for all games.
        """
        return ()

    def answer(self, question: str, value: Any) -> None:  # noqa: ANN401 - plain values
        """The answer of an asynchronous hook (`Hooks.on_result`) has arrived."""

    # -- calls that every game has; override one (with @call) to change or refuse it -----------------------------------------
    @call
    def chat(self, player: Any, line: str = text(MAX_CHAT), to_team: bool = boolean()) -> None:  # noqa: ANN401 - the game's own
        """Say something to everyone, or to one's team. Four lines at once, one in two seconds in the long run."""
        self._simulation.say(player, line, to_team=to_team)

    @call
    def emote(self, player: Any, which: int = integer(0, EMOTES - 1)) -> None:  # noqa: ANN401 - likewise
        """Show everyone an emote, once a second."""
        self._simulation.emote(player, which)

    @call
    def mute(self, player: Any, other: int = integer(1, MAX_PLAYER), muted: bool = boolean()) -> None:  # noqa: ANN401 - likewise
        """Do not hear this player any more, or again. The others do."""
        self._simulation.mute(player, other, muted=muted)

    @call
    def silence(self, player: Any, other: int = integer(1, MAX_PLAYER), silenced: bool = boolean()) -> None:  # noqa: ANN401 - likewise
        """Let nobody hear this player any more, or again. Only the host may."""
        self._simulation.silence(player, other, silenced=silenced)

    @call
    def expel(self, player: Any, other: int = integer(1, MAX_PLAYER), bar: bool = boolean()) -> None:  # noqa: ANN401 - likewise
        """Send this player away at the end of the tick; `bar`: and keep him out of the room for a while. Only the host may."""
        self._simulation.expel(player, other, bar=bar)

    @call
    def report(
        self,
        player: Any,  # noqa: ANN401 - likewise
        other: int = integer(1, MAX_PLAYER),
        reason: int = integer(0, 7),
        words: str = text(MAX_CHAT),
    ) -> None:
        """Tell those who keep order on the server of this player. It never gets here: a room takes it out before the step."""
        raise Refused("nobody takes reports here")

    # -- what a hook may use -----------------------------------------------------------------------------------------------
    @property
    def tick(self) -> int:
        """The number of the tick in hand; 0 in `setup`."""
        return self._simulation.world.tick

    @property
    def random(self) -> Rng:
        """The room's random generator, the only one that a hook may use."""
        return self._simulation.world.rng

    @property
    def map(self) -> TileMap:
        """The room's map. Raises GameError if the game does not say `uses_map = True`."""
        if self._simulation.map is None:
            raise GameError(f"{self.name} has no map: say `uses_map = True` in its class")
        return self._simulation.map

    def ticks(self, seconds: float) -> int:
        """How many ticks these seconds are, at least 1."""
        return max(1, round(seconds * self.tick_rate))

    def emit(self, event: Event, to: Audience = EVERYONE) -> None:
        """Tell an audience that something happened. A reliable event arrives once, a cosmetic one with its snapshot or never."""
        self._simulation.emit(event, to)

    def as_seen_by(self, player: PlayerId, entities: Entities[E], *, after: int = 0) -> list[tuple[E, E]]:
        """Each of these entities, and how this player saw it when he made the input of this tick.

            for tank, then in self.as_seen_by(shooter, self.tanks):
                if hits(then.x, then.y) and tank.health: ...

        Judge by `then` where it was, and by `tank` what it is: `then` has only the fields that clients interpolate, and cannot be
        changed. Who was not there at that moment, or has been put elsewhere since, is left out; what is the player's own is where
        it is now. `after`: so many ticks later than he saw it, but never later than now; for what flies. The collection is declared
        with `rewinds=True`. Raises GameError if it is not, or if nobody has this number.
        """
        return self._simulation.as_seen_by(player, entities, after)

    def sees_back(self, player: PlayerId) -> float:
        """How many ticks ago the world was as this player saw it when he made the input of this tick, with its fraction.

        0 for bots, at most 250 ms. Raises GameError if nobody has this number.
        """
        return self._simulation.sees_back(player) / SUBTICKS

    def kick(self, player: PlayerId, why: str) -> None:
        """Send somebody away at the end of this tick, and tell him why. He leaves in the next tick; his seat is free."""
        self._simulation.kick(player, why)

    def log(self, text: str, *values: object) -> None:
        """Say something to the author: `self.log("%s has the flag", player.name)`.

        It stands in the server's log with room and tick, and is no part of the match. Beyond MAX_LOG_LINES a tick it is dropped.
        """
        self._simulation.log(text, values)

    def after(self, ticks: int, method: Callable[..., None], *arguments: TimerArgument) -> int:
        """Call `self.method(*arguments)` so many ticks from now, before that tick's step. Returns a number for `cancel`.

        The arguments are plain values (ids, not entities: those may be gone by then). Raises GameError for anything else.
        """
        if getattr(method, "__self__", None) is not self or getattr(self, method.__name__, None) != method:
            raise GameError(f"after() takes a method of the game itself, such as self.respawn, not {method!r}")
        if type(ticks) is not int or ticks > MAX_INTEGER:
            raise GameError(f"after(): {ticks!r} is no number of ticks: give an int, such as self.ticks(seconds=2.5)")
        for argument in arguments:
            if not is_plain(argument):
                raise GameError(f"after(): {argument!r} is no plain value: pass an id and look the entity up later")
        world = self._simulation.world
        number: int = world.timers.add(world.tick + max(1, ticks), method.__name__, arguments)
        return number

    def cancel(self, timer: int) -> bool:
        """Forget a timer; False if it has gone off."""
        return self._simulation.world.timers.cancel(timer)

    # -- the machinery -----------------------------------------------------------------------------------------------------
    def __setattr__(self, name: str, value: object) -> None:
        if self._sealed:
            raise GameError(
                f"{type(self).__name__}.{name} was set after setup: it would be lost in a checkpoint and a replay. "
                "Declare a field for it on an entity, on Globals or on Player"
            )
        object.__setattr__(self, name, value)

    if not TYPE_CHECKING:  # a type checker shall go on finding misspelt names

        def __getattr__(self, name: str) -> NoReturn:
            """Python asks here when there is nothing of that name."""
            raise AttributeError(
                f"{type(self).__name__!r} object has no attribute {name!r}: declare what changes as a field (of Globals, say), "
                "and set what never changes in setup"
            )

    def __init_subclass__(cls, *, abstract: bool = False) -> None:
        """`abstract=True` is for a base of several games, which is no game itself."""
        if not abstract:
            frame = sys._getframe(1)  # the class statement
            cls.schema = _schema_of(cls, f"{frame.f_code.co_filename}:{frame.f_lineno}: class {cls.__name__}")


class NoOptions(Options):
    """The options of a game that declares none."""


Game.options = NoOptions


_BASES: Final = {"entities": Entity, "players": Player, "globals": Globals}


def _schema_of(game: type[Game], where: str) -> Schema:
    """Check a game's class and number its shapes. Raises SchemaError that names file, line and what to do."""
    check_class(game, Game, where)
    check_settings(game, where)
    for role, base in _BASES.items():
        for declaration in declared(game, role):
            if not is_record(declaration.record, base):
                given = getattr(declaration.record, "__name__", repr(declaration.record))
                raise SchemaError(
                    f"{declaration.where}: {declaration.name} must be given a subclass of {base.__name__}: "
                    f"write `class {given}({base.__name__}):`"
                )
            check_rewinds(declaration)
            if declaration.rewinds:
                declaration.eye = Eye(declaration.record, declaration.jump)
    globals_ = [*declared(game, "globals")]
    players = declared(game, "players")[-1].record
    if len(globals_) > 1:
        raise SchemaError(f"{globals_[1].where}: {game.__name__} declares two globals: put all fields into one class")
    globals_type = globals_[0].record if globals_ else NoGlobals
    globals_type.layout.need_defaults("the server makes it")
    players.layout.need_defaults("the server makes it when somebody joins")
    game.options.layout.need_defaults("a room may be made without saying any")
    kinds = [globals_type, players, *(d.record for d in declared(game, "entities"))]
    names = [kind.__name__ for kind in kinds]
    if len(set(names)) < len(names):
        raise SchemaError(f"{where}: two kinds have the same name: {', '.join(names)}")
    return Schema(
        game=game.name,
        version=game.version,
        kinds=tuple(kind.layout for kind in kinds),
        events=tuple(event.layout for event in (*game.events, *BUILT_IN_EVENTS)),
        calls={spec.name: spec.layout for spec in calls_of(game)},
        input=game.inputs.layout,
        options=game.options.layout,
        on_input=game.ticks_on_input,
    )


__all__ = ["Game", "Profile", "Refused", "Result", "call", "entities_of", "players_of", "shared"]

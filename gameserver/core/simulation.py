"""One room's match, without a network and without a clock: commands and inputs in, a world, a view and events out.

`step` is a pure function of the state before it, the commands, the inputs, the views (how far back each player saw) and the tick,
and it is the only thing that changes the state. So these, recorded in a match and put through a Simulation of the same seed, give
the same match.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from gameserver.core.audience import EVERYONE, NOBODY, Audience, PlayerId, part_of
from gameserver.core.commands import Answer, Called, Command, Connected, Emitted, Join, Leave, Replied
from gameserver.core.declared import declared
from gameserver.core.errors import GameError, Refused
from gameserver.core.game import Game, NoGlobals, Result
from gameserver.core.groups import Entities, Players
from gameserver.core.limits import MAX_EVENTS_PER_TICK, MAX_KICK_TEXT, MAX_LOG_LINES, MAX_LOG_TEXT, SUBTICKS
from gameserver.core.record import Entity, Event, Input, Options, Player
from gameserver.core.registry import Limit
from gameserver.core.rewind import most_back
from gameserver.core.rights import Rank, may_call, may_expel, may_silence
from gameserver.core.talk import BUILT_IN_EVENTS, Ended
from gameserver.core.timers import is_plain
from gameserver.core.view import Contents, View
from gameserver.core.world import PlainResult, World

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gameserver.core.layout import Row
    from gameserver.core.maps import TileMap

E = TypeVar("E", bound=Entity)
G = TypeVar("G", bound=Game)


class _Inputs(dict[PlayerId, Input]):
    """What `step` is given."""

    def __missing__(self, player: object) -> NoReturn:
        raise KeyError(f"nobody in the room has the number {player!r}: an entity whose player has left has owner 0")


class Simulation:
    """The machine around one Game object. See the module.

    Attributes:
        emitted: events of the last step, in order.
        replied: outcomes of the last step's calls.
        kicked: whom the game, or the host, sent away in the last step, and why.
        barred: which of them may not come back for a while.
        logged: what the game said to its author in the last step, also in one that failed.
        reached: the limits that calls and the game went beyond in it, without failing.
        judged: as whose eyes saw them the last step looked at entities, and how far back, in 1/256 of a tick.
    """

    def __init__(
        self, game_type: type[Game], *, options: Options | None = None, tile_map: TileMap | None = None, seed: int = 0
    ) -> None:
        """Make the room and run the game's `setup`. Raises GameError, or whatever the game raises."""
        schema = game_type.schema
        self.map = tile_map
        layout = game_type.options.layout
        self.options: Options = layout.make(layout.pack(options if options is not None else game_type.options()))  # rounded
        self.emitted: list[Emitted] = []
        self.replied: list[Replied] = []
        self.kicked: list[tuple[PlayerId, str]] = []
        self.barred: set[PlayerId] = set()
        self.logged: list[str] = []
        self.reached: list[Limit] = []
        self.judged: dict[PlayerId, int] = {}
        self._views: Mapping[PlayerId, int] = {}
        self._most_back = most_back(game_type.tick_rate)
        entity_types = [d.record for d in declared(game_type, "entities")]
        self._player_type: type[Player] = declared(game_type, "players")[-1].record
        globals_declared = declared(game_type, "globals")
        globals_ = (globals_declared[0].record if globals_declared else NoGlobals)()
        kinds = {record: number for number, record in enumerate((self._player_type, *entity_types), start=1)}
        eyes = [d.eye for d in declared(game_type, "entities") if d.eye is not None]
        self.world = World(schema, kinds, globals_, seed, game_type.tick_rate, eyes=eyes)
        self._events = {event: number for number, event in enumerate((*game_type.events, *BUILT_IN_EVENTS))}
        self._view = View(self.world)
        self.game = game_type()
        self._players: Players[Player] = Players()
        self._ask = self.game.audience if game_type.audience is not Game.audience else None
        game = self.game.__dict__
        game["_simulation"] = self
        for name in ("players", *(d.name for d in declared(game_type, "players"))):
            game[name] = self._players
        for declaration in declared(game_type, "entities"):
            game[declaration.name] = Entities(self.world, declaration.record, self._audience_of)
        for declaration in globals_declared:
            game[declaration.name] = globals_
        self.game.setup(self.options)
        game["_sealed"] = True
        self.world.quantise()
        self.world.remember()
        self._contents: Contents = self._look()

    # -- one tick ----------------------------------------------------------------------------------------------------------
    def step(
        self,
        commands: Sequence[Command],
        inputs: Mapping[PlayerId, Input],
        tick: int | None = None,
        views: Mapping[PlayerId, int] | None = None,
    ) -> None:
        """Advance to this tick, or by one: commands in order, due timers, the game's step, then everything is rounded.

        A game that ticks on input leaves ticks out, but none for which `is_idle` is false. `inputs` needs one for each player;
        those who join in this very step get the neutral one. `views`: how far back each player saw when he made his input, in 1/256
        of a tick; 0 for who is not in it. Raises GameError, or whatever the game raises; then the world is undefined and the room
        is lost. Raises ValueError for a tick that is over, or a view that is none.
        """
        world, game = self.world, self.game
        tick = world.tick + 1 if tick is None else tick
        if tick <= world.tick:
            raise ValueError(f"tick {tick} is over: the last one was {world.tick}")
        views = views or {}
        for viewer, back in views.items():
            if type(back) is not int or not 0 <= back <= self._most_back:
                raise ValueError(f"player {viewer} sees {back!r} back: it is an integer from 0 to {self._most_back}")
        self._views = views
        self.judged = {}
        self.emitted = []
        self.replied = []
        self.kicked = []
        self.barred = set()
        self.logged = []
        self.reached = []
        world.tick = tick
        for command in commands:
            self._apply(command)
        while timer := world.timers.take(world.tick):
            method = getattr(game, timer.method, None)
            if method is None:
                raise GameError(f"a timer is due for {type(game).__name__}.{timer.method}, which does not exist (any more)")
            method(*timer.arguments)
        game.step(_Inputs({player: inputs[player] if player in inputs else self._neutral() for player in self._players}))
        result = self._ask_result()
        if result is None or world.result is None:  # the first result of a match counts
            if result is not None:
                winners, scores = result
                players, points = zip(*scores, strict=True) if scores else ((), ())
                self.emit(Ended(winners=winners, players=players, scores=points), EVERYONE)
            world.result = result
        for number, player in self._players.items():
            if player.owner != number:
                raise GameError(f"player {number}'s owner was set to {player.owner}: it is his number in the room and stays")
        world.quantise()
        world.remember()
        self._contents = self._look()

    def is_idle(self, tick: int) -> bool:
        """May this tick be left out if nobody does anything in it? The game says that it may, and no timer is due."""
        due = self.world.timers.next_tick
        return type(self.game).ticks_on_input and (due is None or due > tick)

    def _ask_result(self) -> PlainResult | None:
        result: Any = self.game.is_over()  # whatever the author's code returns
        if result is None:
            return None
        winners, scores = getattr(result, "winners", None), getattr(result, "scores", None)
        if isinstance(result, Result) and isinstance(winners, tuple | list) and isinstance(scores, Mapping):
            pairs = tuple(sorted(scores.items()))
            if all(type(number) is int and is_plain(number) for number in (*winners, *itertools.chain(*pairs))):
                return tuple(winners), pairs
        raise GameError(
            f"{type(self.game).__name__}.is_over returned {result!r}: return None, or Result(winners=…, scores=…) with integers "
            "(players go by their numbers, player.owner)"
        )

    def _neutral(self) -> Input:
        neutral: Input = self.world.schema.input.neutral()
        return neutral

    def _apply(self, command: Command) -> None:
        match command:
            case Join(player_id, name, profile, bot, host, admin):
                if player_id in self._players:
                    raise GameError(f"player {player_id} has a seat already")
                if host or admin:
                    self.world.talk.entitle(player_id, Rank.ADMIN if admin else Rank.HOST)
                player = self._player_type(owner=player_id, name=name, bot=bot)
                self.world.add(player, self._audience_of(player))
                self._refresh_players()
                self.game.join(player, dict(profile))  # the game may keep or change it: the command stays as it was
            case Leave(player_id):
                player = self._players[player_id]
                self.game.leave(player)
                self.world.remove(player)
                self.world.talk.forget(player_id)
                self._refresh_players()
                for entity in self.world.entities.values():
                    if entity.owner == player_id:
                        entity.owner = 0  # the number will be given to somebody else one day
            case Connected(player_id, connected):
                self._players[player_id].connected = connected
                self._choose_host()
            case Called():
                self.replied.append(self._call(command))
            case Answer(question, value):
                self.game.answer(question, value)

    def _call(self, called: Called) -> Replied:
        layout = self.world.schema.calls[called.method]
        arguments = layout.make(called.arguments)
        player = self._players.get(called.player)
        if player is None:
            return Replied(called.player, called.number, False, "you have no seat")
        try:
            value = getattr(self.game, called.method)(player, **{f.name: getattr(arguments, f.name) for f in layout.fields})
        except Refused as refusal:
            if refusal.limit is not None:
                self.reached.append(refusal.limit)
            return Replied(called.player, called.number, False, str(refusal))
        if type(value) is float or not is_plain(value):
            raise GameError(f"call {called.method!r} returned {value!r}: return None, a bool, an int or a str")
        return Replied(called.player, called.number, True, value)

    def _refresh_players(self) -> None:
        members = self.world.by_kind[self._player_type].values()
        self._players.replace({player.owner: player for player in members if isinstance(player, Player)})
        self._choose_host()

    def _choose_host(self) -> None:
        """Of the people who are here, who came first; of those whose tickets make them that, if there are any.

        A host whose line is down stays host while nobody else is there.
        """
        people = [player for player in self._players.values() if not player.bot]
        here = [player for player in people if player.connected]
        entitled = self.world.talk.is_entitled
        host = next((player for player in here if entitled(player.owner)), here[0] if here else None)
        host = host or next((player for player in people if player.host), None)
        for player in self._players.values():
            player.host = player is host

    def emit(self, event: Event, to: Audience, deaf: frozenset[PlayerId] = frozenset()) -> None:
        """See Game.emit. Raises GameError for an event that the game does not declare, or too many of them."""
        kind = self._events.get(type(event))
        if isinstance(event, type):
            raise GameError(f"emit() takes an event, not its class: write self.emit({event.__name__}(…))")
        if kind is None:
            raise GameError(f"{type(event).__name__} is not declared: add it to {type(self.game).__name__}.events")
        if len(self.emitted) >= MAX_EVENTS_PER_TICK:
            raise GameError(f"{MAX_EVENTS_PER_TICK} events in one tick: emit fewer", limit=Limit.MAX_EVENTS_PER_TICK)
        if type(to) is not int or not EVERYONE <= to <= NOBODY:
            raise GameError(f"{type(event).__name__} emitted to {to!r}: say EVERYONE, team(n), owner(player) or NOBODY")
        self.emitted.append(Emitted(kind, type(event).layout.pack(event), to, type(event).reliable, deaf))

    # -- what players say to each other ------------------------------------------------------------------------------------
    def say(self, player: Player, line: str, *, to_team: bool) -> None:
        """See Game.chat."""
        said, to, deaf = self.world.talk.say(player, line, self.world.tick, to_team=to_team)
        self.emit(said, to, deaf)

    def emote(self, player: Player, which: int) -> None:
        """See Game.emote."""
        self.emit(self.world.talk.emote(player, which, self.world.tick), EVERYONE)

    def mute(self, player: Player, other: PlayerId, *, muted: bool) -> None:
        """See Game.mute."""
        self.world.talk.mute(player.owner, self._other(player, other), muted=muted)

    def silence(self, player: Player, other: PlayerId, *, silenced: bool) -> None:
        """See Game.silence."""
        rank_of = self.world.talk.rank_of
        if not may_call(rank_of(player), "silence"):
            raise Refused("only the host may silence others")
        other = self._other(player, other)
        if not may_silence(rank_of(player), rank_of(self._players[other])):
            raise Refused("a host cannot be silenced by another")
        self.world.talk.silence(other, silenced=silenced)

    def expel(self, player: Player, other: PlayerId, *, bar: bool) -> None:
        """See Game.expel."""
        rank_of = self.world.talk.rank_of
        if not may_call(rank_of(player), "expel"):
            raise Refused("only the host may send others away")
        other = self._other(player, other)
        if not may_expel(rank_of(player), rank_of(self._players[other])):
            raise Refused("a host sends away players only: bots make way by themselves, and hosts answer to an admin")
        self.kick(other, "the host has sent you away")
        if bar:
            self.barred.add(other)

    def _other(self, player: Player, other: PlayerId) -> PlayerId:
        if other not in self._players or other == player.owner:
            raise Refused("there is no such other player")
        return other

    # -- for the game ------------------------------------------------------------------------------------------------------
    def sees_back(self, player: PlayerId) -> int:
        """How far back he saw, in 1/256 of a tick. Raises GameError if nobody has this number."""
        if player not in self._players:
            raise GameError(f"{player!r} sees nothing: nobody has this number in the room")
        return self._views.get(player, 0)

    def as_seen_by(self, player: PlayerId, entities: Entities[E], after: int) -> list[tuple[E, E]]:
        """See Game.as_seen_by."""
        if not isinstance(entities, Entities):
            raise GameError(f"as_seen_by(): {entities!r} is no collection of entities: give one, such as self.tanks")
        past = self.world.pasts.get(entities.record)
        if past is None:
            name = entities.record.__name__
            raise GameError(f"as_seen_by(): {name} does not rewind: declare its collection as entities_of({name}, rewinds=True)")
        if type(after) is not int or after < 0:
            raise GameError(f"as_seen_by(): after={after!r} is no number of ticks: give an int of 0 or more")
        back = self.judged[player] = self.sees_back(player)
        return past.seen(entities, self.world.tick, max(0, back - after * SUBTICKS), player)

    def kick(self, player: PlayerId, why: str) -> None:
        """See Game.kick. Raises GameError if nobody has this number, or the reason is no text."""
        if player not in self._players:
            raise GameError(f"kick({player!r}): nobody has this number in the room")
        if type(why) is not str:
            raise GameError(f"kick(): {why!r} is no text: say why, he will read it")
        if all(player != number for number, _ in self.kicked):
            self.kicked.append((player, why[:MAX_KICK_TEXT]))
            if len(why) > MAX_KICK_TEXT:
                self._reach(Limit.MAX_KICK_TEXT)

    def log(self, text: str, values: tuple[object, ...]) -> None:
        """See Game.log."""
        if len(self.logged) >= MAX_LOG_LINES:
            self._reach(Limit.MAX_LOG_LINES)
            return
        line = str(text % values if values else text)
        self.logged.append(line[:MAX_LOG_TEXT])
        if len(line) > MAX_LOG_TEXT:
            self._reach(Limit.MAX_LOG_TEXT)

    def _reach(self, limit: Limit) -> None:
        """Once in a step: a loop may go beyond one a million times."""
        if limit not in self.reached:
            self.reached.append(limit)

    # -- the state as a whole ----------------------------------------------------------------------------------------------
    def encode(self) -> bytes:
        """Everything, between two steps."""
        return self.world.encode()

    def restore(self, data: bytes) -> None:
        """Continue from what `encode` gave, in this or another process. Raises GameError if it does not fit."""
        self.world.restore(data)
        self._refresh_players()
        self._contents = self._look()

    # -- the view ----------------------------------------------------------------------------------------------------------
    def contents(self) -> Contents:
        """All that anyone may see of the world after the last step, sorted by who may: the only way out of a game's state."""
        return self._contents

    @property
    def result(self) -> Result | None:
        """How the match ended, None while it goes on."""
        plain = self.world.result
        return None if plain is None else Result(plain[0], dict(plain[1]))

    @property
    def players(self) -> Mapping[PlayerId, Player]:
        """Everyone who has a seat."""
        return self._players

    @property
    def has_private_parts(self) -> bool:
        """Can anything be seen by some and not by others, a cosmetic event too? If not, one part serves everyone."""
        return (
            self._ask is not None
            or any(kind.cuts[2] > kind.cuts[0] for kind in self.world.schema.kinds)
            or any(not event.reliable for event in type(self.game).events)
        )

    def _look(self) -> Contents:
        return self._view.contents(self._audience_of if self._ask is not None else None)

    def cosmetics(self) -> dict[int, list[tuple[int, Row]]]:
        """The cosmetic events of the last step, as (kind, row), by the part that shows them."""
        found: dict[int, list[tuple[int, Row]]] = {}
        for emitted in self.emitted:
            if not emitted.reliable:
                found.setdefault(part_of(emitted.to), []).append((emitted.kind, emitted.row))
        return found

    def _audience_of(self, entity: Entity) -> Audience:
        if self._ask is None:
            return EVERYONE
        audience = self._ask(entity)
        if type(audience) is not int or not EVERYONE <= audience <= NOBODY:
            raise GameError(
                f"{type(self.game).__name__}.audience returned {audience!r}: return EVERYONE, team(n), owner(player) or NOBODY"
            )
        return audience


__all__ = ["Answer", "Called", "Command", "Connected", "Emitted", "Join", "Leave", "Replied", "Simulation"]

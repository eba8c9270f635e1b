"""A match in a test: the room's own machinery on ticks that pass when the test says so.

    match = Match(Pong, seed=1)
    ann, bob = match.join("ann"), match.join("bob")
    ann.hold(up=True)
    match.run(seconds=2)
    assert ann.sees.one(Ball).x > 160

Everything goes the way it goes in a room: inputs through the buffer, joins two a tick, views through fragments and bytes. Only the
line is missing, and with it delay and loss; and a match goes on when nobody is in it, and after its result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from gameserver.core.audience import EVERYONE, MAX_PLAYER, Audience, PlayerId, owner, part_of, team
from gameserver.core.brain import STRENGTH, STRENGTHS, Brain, RandomBrain
from gameserver.core.errors import Refused
from gameserver.core.game import Game
from gameserver.core.limits import GRACE_SECONDS, JOINS_PER_TICK, MAX_CALLS, MAX_SPECTATORS
from gameserver.core.messages import OVER_FLAG, EventMessage, NoticeCode, Reply
from gameserver.core.parts import Parts
from gameserver.core.record import Event, Record
from gameserver.core.replay.steps import Step
from gameserver.core.schema import Schema
from gameserver.core.simulation import Answer, Called, Command, Connected, Join, Leave, Simulation
from gameserver.core.talk import BUILT_IN_EVENTS
from gameserver.core.words import is_name
from gameserver.testing.client import Client, Happened
from gameserver.testing.maps import map_for
from gameserver.testing.record import MatchRecording
from gameserver.testing.seat import Mind, Seat
from gameserver.testing.sees import seen_class
from gameserver.testing.twin import Twin

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from gameserver.core.game import Profile, Result
    from gameserver.core.maps import TileMap
    from gameserver.core.record import Input, Options
    from gameserver.core.replay.tape import Tape

G = TypeVar("G", bound=Game)
E = TypeVar("E", bound=Event)


class Match(Generic[G]):
    """See the module.

    Attributes:
        game_type: the game's class.
        map: the room's map, None if the game has none.
        simulation: the machine around the game; `game` is the game itself.
        seats: everyone who is in the match or about to be, in order.
        happened: all events so far with their ticks, whoever may know of them.
        logged: what the game said with `self.log`, also in a tick that failed.
        results: of each match that was over (several if the game plays on), oldest first.
        seen_classes: what `Seat.sees` shows, by kind.
    """

    def __init__(
        self,
        game: type[G],
        *,
        seed: int = 0,
        options: Options | None = None,
        map: TileMap | str | Path | None = None,  # noqa: A002 - what it is called everywhere else
        check: bool | int = True,
    ) -> None:
        """Make the room; nobody is in it.

        Args:
            game: the class of the game.
            seed: of the room's random numbers, and of its bots' minds.
            options: an object of the game's Options class; None for the defaults.
            map: a name, a path or a map (`drawn_map`); None for the game's default.
            check: look for state outside of declared fields, and whether every seat sees what it should: True for each tick, a
                number for every so-manyth (long matches), False not at all. What is wrong raises AssertionError.

        Raises:
            ValueError, MapError: for a wrong argument; else whatever the game's `setup` raises.
        """
        if options is not None and type(options) is not game.options:
            raise ValueError(f"options of {game.name} are an object of {game.options.__name__}, not {options!r}")
        if check < 0:
            raise ValueError(f"check={check}: say True, False, or every so many ticks")
        self.game_type = game
        self.map = map_for(game, map)
        self.seats: list[Seat] = []
        self.happened: list[Happened] = []
        self.logged: list[str] = []
        self.results: list[Result] = []
        self._options = options
        self._seed = seed
        self.simulation = self._make_simulation(seed)
        self._now = 0
        self._parts = Parts(game.schema, tick_rate=game.tick_rate)
        self._client_schema = Schema.from_wire(game.schema.to_wire())  # what a client has: classes without the game's methods
        kinds = {type(self.simulation.world.globals), *self.simulation.world.by_kind}
        self.seen_classes: dict[str, type[Record]] = {
            layout.name: seen_class(kind) for layout in game.schema.kinds for kind in kinds if kind.__name__ == layout.name
        }
        self._in_match: dict[PlayerId, Seat] = {}
        """The players of the match, in the order of joining."""
        self._queue: list[Command] = []
        """Leaves and answers for the next tick."""
        self._last_player: PlayerId = 0
        self._private_parts = self.simulation.has_private_parts
        self._recording: MatchRecording | None = None
        self._check_every = int(check)
        self._twin = Twin(lambda: self._make_simulation(seed + 1), self._check_every) if check else None

    def _make_simulation(self, seed: int) -> Simulation:
        return Simulation(self.game_type, options=self._options, tile_map=self.map, seed=seed)

    # -- who is there ------------------------------------------------------------------------------------------------------
    def join(self, name: str, *, profile: Profile | None = None, bot: bool = False, sees_back: float = 0.0) -> Seat:
        """A seat for a script. He is in the match from the next tick on, or the one after: two join in one tick.

        `profile`: what the host's `authorise` would have returned. `sees_back`: how many ticks late he sees the others, as on a
        line with delay; see `Seat.sees_back`. Raises Refused if the room is full, ValueError for a profile that is not plain.
        """
        if not is_name(name):
            raise ValueError(f"{name!r} is no name of a player: 1 to 24 characters that can be seen")
        seat = self._take_seat(name, profile=profile, bot=bot, mind=None)
        seat.sees_back = sees_back
        return seat

    def bots(self, count: int | None = None, *, strength: int = STRENGTH) -> list[Seat]:
        """So many bots with the game's brain, or as many as there are seats left. They think as often as in a room.

        Raises Refused if there are not enough seats.
        """
        if strength not in STRENGTHS:
            raise ValueError(f"strength {strength!r}: say one of {', '.join(map(str, STRENGTHS))}")
        free = self.game_type.max_players - sum(seat.player > 0 for seat in self.seats)
        wanted = free if count is None else count
        if wanted > free:
            raise Refused(f"the room has {free} of {self.game_type.max_players} seats left, not {wanted}", NoticeCode.FULL)
        return [self._take_bot_seat(strength) for _ in range(wanted)]

    def _take_bot_seat(self, strength: int) -> Seat:
        number = self._next_player()
        seed = self._seed * 100_003 + number  # as gameclient's runner gives them: not alike in two rooms
        mind = Mind(lambda: self._make_brain(seed, strength), self.game_type)
        return self._take_seat(f"bot {number}", profile=None, bot=True, mind=mind)

    def _make_brain(self, seed: int, strength: int) -> Brain:
        return (self.game_type.brain or RandomBrain)(self._client_schema, self.map, seed, strength)

    def spectate(self, name: str = "spectator") -> Seat:
        """Somebody who looks on. Raises Refused if too many do."""
        if sum(seat.player == 0 for seat in self.seats) >= MAX_SPECTATORS:
            raise Refused(f"the room has {MAX_SPECTATORS} spectators", NoticeCode.FULL)
        seat = Seat(self, Client(self.game_type, self._client_schema, player=0, name=name))
        self.seats.append(seat)
        return seat

    def _take_seat(self, name: str, *, profile: Profile | None, bot: bool, mind: Mind | None) -> Seat:
        seated = [seat for seat in self.seats if seat.player]
        if len(seated) >= self.game_type.max_players:
            other = next((seat for seat in reversed(seated) if seat.client.bot), None)
            if other is None or bot:
                raise Refused(f"the room is full: {len(seated)} of {self.game_type.max_players} seats are taken", NoticeCode.FULL)
            self._send_away(other, "a person takes the seat")
        self._last_player = self._next_player()
        client = Client(self.game_type, self._client_schema, player=self._last_player, name=name, bot=bot, profile=profile)
        seat = Seat(self, client, mind)
        self.seats.append(seat)
        return seat

    def _next_player(self) -> PlayerId:
        """The next number in turn that nobody has, as in a room."""
        taken = {seat.player for seat in self.seats}
        number = self._last_player % MAX_PLAYER + 1
        while number in taken:
            number = number % MAX_PLAYER + 1
        return number

    def remove(self, seat: Seat) -> None:
        """The seat is free. If somebody in the match had it, he leaves in the next tick."""
        if seat not in self.seats:
            return
        self.seats.remove(seat)
        seat.client.over = True
        seat.client.connected = False
        if seat.player and seat.client.joined:
            del self._in_match[seat.player]
            self._queue.append(Leave(seat.player))

    def _send_away(self, seat: Seat, why: str) -> None:
        seat.kicked = why
        self.remove(seat)

    def answer(self, question: str, value: float | str | bool | None) -> None:
        """An asynchronous hook of the host has answered; the game hears of it in the next tick."""
        self._queue.append(Answer(question, value))

    # -- time --------------------------------------------------------------------------------------------------------------
    @property
    def tick(self) -> int:
        """The last tick that is over."""
        return self._now

    def step(self, ticks: int = 1) -> None:
        """Let so many ticks pass. Raises what the game raises; after that the match is lost."""
        __tracebackhide__ = True
        for _ in range(ticks):
            self._tick()

    def run(self, *, seconds: float) -> None:
        """Let so much time of the match pass: no time at all for whoever waits."""
        __tracebackhide__ = True
        self.step(self.simulation.game.ticks(seconds))

    def until(self, wanted: Callable[[], object], *, seconds: float = 60.0) -> None:
        """Let ticks pass until this is true. Raises AssertionError if it is not after so many seconds of the match."""
        __tracebackhide__ = True
        for _ in range(self.simulation.game.ticks(seconds)):
            if wanted():
                return
            self._tick()
        if not wanted():
            raise AssertionError(f"it did not come true within {seconds:g} s: the match is in tick {self.tick}")

    def _tick(self) -> None:
        __tracebackhide__ = True
        tick = self.tick + 1
        for seat in tuple(self.seats):
            client = seat.client
            if client.connected:
                if client.joined and seat.player:
                    seat.send_input(tick)
            else:
                client.away_ticks += 1
                if client.over or client.away_ticks >= GRACE_SECONDS * self.game_type.tick_rate:
                    self.remove(seat)
        self._now = tick
        commands = self._take_commands()
        has_news = bool(commands) or any(seat.client.inputs.has_news(tick) for seat in self._in_match.values())
        inputs = {player: seat.client.inputs.take(tick) for player, seat in self._in_match.items()}
        views = {player: seat.client.inputs.back for player, seat in self._in_match.items()}
        if not has_news and self.simulation.is_idle(tick):
            self._show_newcomers(tick)
            return
        before = self.simulation.result
        rows = {player: seat.client.inputs.row for player, seat in self._in_match.items()}
        recorded = Step(tick, tuple(commands), rows, views) if self._recording is not None else None
        if self._twin is None:
            self._step(commands, inputs, views)
        else:
            self._twin.before(self.simulation)
            self._twin.step(self.simulation, commands, inputs, views, self._step)
        if self._recording is not None and recorded is not None:
            self._recording.tape.step(recorded, self.simulation)
        self._hand_out(tick)
        for player, why in self.simulation.kicked:
            for seat in [seat for seat in self.seats if seat.player == player]:
                self._send_away(seat, why)
        result = self.simulation.result
        if before is None and result is not None:
            self.results.append(result)
        self._show(tick)

    def _step(self, commands: Sequence[Command], inputs: Mapping[PlayerId, Input], views: Mapping[PlayerId, int]) -> None:
        __tracebackhide__ = True
        try:
            self.simulation.step(commands, inputs, self._now, views)
        finally:
            self.logged += self.simulation.logged

    def _take_commands(self) -> list[Command]:
        """What enters the coming tick, in the order of a room: leaves and answers, then each seat's own."""
        commands, self._queue = self._queue, []
        joins = 0
        for seat in self.seats:
            client = seat.client
            if client.connected and not client.joined:
                if joins == JOINS_PER_TICK:
                    continue
                joins += 1
                client.joined = True
                if seat.player:
                    self._in_match[seat.player] = seat
                    commands.append(Join(seat.player, client.name, client.profile, client.bot))
                continue  # who comes in this very tick has nothing to say yet
            if seat.player and client.connected is not client.shown_connected:
                client.shown_connected = client.connected
                commands.append(Connected(seat.player, client.connected))
            if client.connected:
                calls, client.calls = client.calls, []
                commands += (Called(seat.player, call.number, call.method, call.arguments) for call in calls[:MAX_CALLS])
                for call in calls[MAX_CALLS:]:
                    client.owe(Reply(call.number, False, "too many calls at once"))
        return commands

    def _hand_out(self, tick: int) -> None:
        """Reliable events and replies of the step wait for the next frame of those whom they are for."""
        schema = self.game_type.schema
        for event in self.simulation.emitted:
            self.happened.append(Happened(tick, schema.events[event.kind].make(event.row)))
        reliable = [event for event in self.simulation.emitted if event.reliable]
        for seat in self.seats if reliable else ():
            audiences = self._audiences(seat) if seat.client.joined else ()
            for event in reliable:
                if event.to in audiences and seat.player not in event.deaf:
                    seat.client.owe(EventMessage(0, tick, event.kind, event.row))
        for reply in self.simulation.replied:
            for seat in self.seats:
                if seat.player == reply.player:
                    seat.client.owe(Reply(reply.number, reply.ok, reply.value))

    def _show(self, tick: int) -> None:
        """Everyone who has a line gets a frame."""
        __tracebackhide__ = True
        simulation = self.simulation
        cosmetics = {part: [(kind, 0, row) for kind, row in events] for part, events in simulation.cosmetics().items()}
        self._parts.commit(tick, simulation.contents(), cosmetics)
        flags = self._flags
        if self._recording is not None:
            self._recording.tape.show(tick, flags, self._parts, simulation.contents())
        is_checked = self._check_every > 0 and tick % self._check_every == 0
        for seat in self.seats:
            client = seat.client
            if client.over or not client.connected or not client.joined:
                continue
            wanted = self.parts_of(seat)
            client.take(self._parts.draft(client.viewer, wanted), tick, flags)
            if is_checked:
                self._check_sight(seat, wanted)

    @property
    def _flags(self) -> int:
        return OVER_FLAG if self.simulation.result is not None else 0

    def _show_newcomers(self, tick: int) -> None:
        """In a tick that is left out (Game.ticks_on_input) only who has seen nothing yet on his line gets a frame."""
        if any(seat.client.connected and seat.client.joined and seat.client.is_new for seat in self.seats):
            self._show(tick)

    def _check_sight(self, seat: Seat, wanted: tuple[int, ...]) -> None:
        __tracebackhide__ = True
        contents = self.simulation.contents()
        shown = {part: contents.get(part, {}) for part in wanted}
        seen = seat.client.replica.parts
        if seen != shown:
            parts = [part for part in sorted({*shown, *seen}) if shown.get(part) != seen.get(part)]
            raise AssertionError(
                f"tick {self.tick}: {seat.name} does not see what the server says he may, in parts {parts}: "
                f"this is an error of the server and not of {self.game_type.name}; please report it with the game"
            )

    def _audiences(self, seat: Seat) -> tuple[Audience, ...]:
        if not seat.player:
            return (EVERYONE,)
        number = self.simulation.players[seat.player].team
        return (EVERYONE, team(number), owner(seat.player)) if number else (EVERYONE, owner(seat.player))

    def parts_of(self, seat: Seat) -> tuple[int, ...]:
        """The parts that this seat may see now."""
        return tuple(map(part_of, self._audiences(seat))) if self._private_parts else (part_of(EVERYONE),)

    # -- the recording -----------------------------------------------------------------------------------------------------
    def record(self, *, code: str = "", engine: str = "") -> None:
        """Record the match from here on, as a server does. What a test changes in the game between ticks is shown in it, and not
        among what entered the match: it cannot be simulated again. `code`, `engine`: fingerprints, if anybody is to compare them.
        """
        self._parts.commit(self.tick, self.simulation.contents())
        self._recording = MatchRecording(
            self.game_type, self.simulation, self._parts,
            tick=self.tick, flags=self._flags, seed=self._seed, code=code, engine=engine,
        )  # fmt: skip

    def recording(self) -> bytes:
        """What was played since `record`, as a whole file (docs/replay-format.md). Raises LookupError if nothing is recorded."""
        return self._recorded().file("over" if self.result is not None else "closed")

    @property
    def tape(self) -> Tape:
        """What the recording is made by, to write a note in it or to lose some of it. Raises LookupError likewise."""
        return self._recorded().tape

    def _recorded(self) -> MatchRecording:
        if self._recording is None:
            raise LookupError("nothing is recorded: call match.record() first, before the ticks that you want in it")
        return self._recording

    # -- what came out -----------------------------------------------------------------------------------------------------
    @property
    def game(self) -> G:
        """The live game, for checks that look inside. A test may change it between ticks."""
        game: Any = self.simulation.game
        live: G = game
        return live

    @property
    def result(self) -> Result | None:
        """How the match ended, None while it goes on."""
        return self.simulation.result

    @overload
    def events(self) -> list[Event]: ...
    @overload
    def events(self, kind: type[E]) -> list[E]: ...
    def events(self, kind: type[Event] = Event) -> list[Any]:
        """All events so far, whoever may know of them, oldest first; of this class, if one is named. `happened` has their ticks."""
        self.check_event(kind)
        return [one.event for one in self.happened if isinstance(one.event, kind)]

    def check_event(self, kind: type[Event]) -> None:
        """Raise LookupError for a class of events that the game does not have."""
        known = (*self.game_type.events, *BUILT_IN_EVENTS)
        if kind is not Event and not any(issubclass(event, kind) for event in known):
            names = ", ".join(event.__name__ for event in known) or "none"
            raise LookupError(f"{self.game_type.name} has no event {kind.__name__}: it has {names}")

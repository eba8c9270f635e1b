"""One seat of a match in a test: a script says what it holds and presses, or a brain does."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, TypeVar, overload

from gameserver.core.brain import THINKS_PER_SECOND
from gameserver.core.errors import Refused
from gameserver.core.fields import check_value
from gameserver.core.inputs import Sight
from gameserver.core.limits import SUBTICKS
from gameserver.core.record import Event
from gameserver.core.rewind import most_back
from gameserver.testing.client import CallSaid, Client
from gameserver.testing.sees import Sees

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from gameserver.core.audience import PlayerId
    from gameserver.core.brain import Brain
    from gameserver.core.game import Game
    from gameserver.core.layout import Layout, Row
    from gameserver.testing.match import Match

E = TypeVar("E", bound=Event)
Answer = bool | int | str | None


class PendingCall:
    """A call that was said and is answered with the next tick."""

    def __init__(self, client: Client, number: int, method: str) -> None:
        self._client = client
        self._number = number
        self._method = method

    @property
    def done(self) -> bool:
        """Is there an answer?"""
        return self._number in self._client.replies

    def result(self) -> Answer:
        """The answer. Raises Refused if it is no, AssertionError if there is none yet."""
        __tracebackhide__ = True
        reply = self._client.replies.get(self._number)
        if reply is None:
            raise AssertionError(f"{self._method} has not been answered: let the match go on with match.step()")
        if not reply.ok:
            raise Refused(str(reply.value))
        return reply.value


class Seat:
    """One who takes part in a match, or looks on. Made by `Match.join`, `Match.bots` and `Match.spectate`."""

    def __init__(self, match: Match[Any], client: Client, mind: Mind | None = None) -> None:
        self.client = client
        """Both ends of its line; for whoever wants to know more than is asked here."""
        self.kicked: str | None = None
        """Why the game sent it away, None if it did not."""
        self._match = match
        self._mind = mind
        self._layout: Layout = match.game_type.schema.input
        self._held: dict[str, Any] = {field.name: field.neutral for field in self._layout.fields}
        self._pressed: dict[str, Any] = {}
        self._last_call = 0
        self._back = 0
        """How far back it sees, in 1/256 of a tick."""
        self._said: Row | None = None
        """The input that it sent last; where a game ticks on input it is not said again."""

    def __repr__(self) -> str:
        kind = "bot" if self.client.bot else "player" if self.player else "spectator"
        return f"<{kind} {self.player or ''} {self.name!r}>".replace("  ", " ")

    @property
    def player(self) -> PlayerId:
        """Its number in the room: the `owner` of what is its own. 0 for a spectator."""
        return self.client.player

    @property
    def name(self) -> str:
        return self.client.name

    # -- what it does ------------------------------------------------------------------------------------------------------
    def hold(self, **fields: float) -> None:
        """From the next tick on hold these values of the input, until they are changed. Raises ValueError for a bad one."""
        __tracebackhide__ = True
        self._held |= self._checked(fields)

    def press(self, **fields: float) -> None:
        """Have these values in the next tick alone; then those that are held count again."""
        __tracebackhide__ = True
        self._pressed |= self._checked(fields)

    def let_go(self) -> None:
        """Hold nothing: every field is as without an input."""
        self._held = {field.name: field.neutral for field in self._layout.fields}

    @property
    def sees_back(self) -> float:
        """How many ticks late it sees the others when it makes its inputs; at most 250 ms, for no room believes more.

        What the game is told with `Game.sees_back`. What the seat itself is shown with `sees` stays that of its last snapshot.
        """
        return self._back / SUBTICKS

    @sees_back.setter
    def sees_back(self, ticks: float) -> None:
        most = most_back(self._match.game_type.tick_rate)
        back = round(ticks * SUBTICKS)
        if not 0 <= back <= most:
            raise ValueError(f"sees_back={ticks!r}: a room looks 0 to {most / SUBTICKS:g} ticks back")
        self._back = back

    def _checked(self, fields: Mapping[str, Any]) -> Mapping[str, Any]:
        __tracebackhide__ = True
        self._must_play()
        if self._mind is not None:
            raise ValueError(f"{self.name} is a bot and plays by itself: take a seat with match.join to script one")
        return _checked(self._match.game_type.inputs.__name__, self._layout, fields)

    def _must_play(self) -> None:
        if not self.player:
            raise ValueError(f"{self.name} is a spectator: take a seat with match.join")

    def call(self, method: str, *arguments: Any, **named: Any) -> Answer:  # noqa: ANN401 - the call's own
        """Call a method of the game. The match goes on until it is answered: by one tick, once the seat has joined.

        Raises Refused with its text if the game says no, ValueError or TypeError for arguments that the server would not let pass.
        """
        __tracebackhide__ = True
        pending = self.begin_call(method, *arguments, **named)
        while not pending.done:
            self._match.step()
            if self.client.over:
                raise AssertionError(f"{self.name} is not in the match any more: there will be no answer to {method}")
        return pending.result()

    def begin_call(self, method: str, *arguments: Any, **named: Any) -> PendingCall:  # noqa: ANN401 - the call's own
        """Call a method of the game with the next tick, and go on: several calls of one tick come in the order of the seats."""
        __tracebackhide__ = True
        self._must_play()
        calls = self._match.game_type.schema.calls
        if method not in calls:
            raise LookupError(f"{self._match.game_type.name} has no call {method!r}: it has {', '.join(calls) or 'none'}")
        if self.client.over or not self.client.connected:
            raise ValueError(f"{self.name} has no line: he cannot call {method}")
        layout = calls[method]
        values = _bound(method, [field.name for field in layout.fields], arguments, named)
        row = layout.pack(SimpleNamespace(**_checked(method, layout, values)))
        return PendingCall(self.client, self._say_call(method, row), method)

    def _say_call(self, method: str, row: Row) -> int:
        self._last_call += 1
        self.client.calls.append(CallSaid(self._last_call, method, row))
        return self._last_call

    def leave(self) -> None:
        """Give the seat up; the game hears of it in the next tick."""
        self._match.remove(self)

    def disconnect(self) -> None:
        """The line breaks. The seat is kept for 30 s of match time, then the player leaves; at once if he has not joined yet."""
        self._must_play()
        self.client.disconnect()
        if not self.client.joined:
            self._match.remove(self)

    def reconnect(self) -> None:
        """Come back over another line. Raises Refused if the seat is gone."""
        if self.client.over:
            raise Refused(f"the seat of {self.name} is gone: he comes back as somebody new, with match.join")
        if not self.client.connected:
            self.client.reconnect(self._match.tick)

    # -- what it gets ------------------------------------------------------------------------------------------------------
    @property
    def sees(self) -> Sees:
        """What it sees, as of its last snapshot. Raises AssertionError before the first."""
        if self.client.replica.tick is None:
            raise AssertionError(f"{self.name} has seen nothing yet: match.step() lets him in")
        return Sees(self.client.replica, self._match.game_type.schema, self._match.seen_classes, self.name)

    @overload
    def events(self) -> list[Event]: ...
    @overload
    def events(self, kind: type[E]) -> list[E]: ...
    def events(self, kind: type[Event] = Event) -> list[Any]:
        """The events that it has had, oldest first; of this class, if one is named."""
        self._match.check_event(kind)
        return [one.event for one in self.client.happened if isinstance(one.event, kind)]

    # -- for the match -----------------------------------------------------------------------------------------------------
    def send_input(self, tick: int) -> None:
        """Say what is held and pressed in the coming tick, as its client would."""
        if self._mind is not None:
            row = self._mind.input_for(tick, self.client)
            for method, arguments in self._mind.take_calls():
                self._mind.said(self._say_call(method, arguments), method)
            if row is None:
                return
        else:
            row = self._layout.pack(SimpleNamespace(**(self._held | self._pressed)))
            self._pressed = {}
            if self._match.game_type.ticks_on_input and row == self._said:
                return
            self._said = row
        sight = Sight(tick * SUBTICKS - self._back) if self._back else None
        self.client.inputs.add(tick, [self._layout.check_row(row)], tick - 1, sight)


class Mind:
    """A brain between its thoughts: it thinks so often, and in between what it wanted last is held without its presses."""

    def __init__(self, brain: Callable[[], Brain], game: type[Game]) -> None:
        """`brain` is made when its bot has its first snapshot."""
        self._make = brain
        self._waits = game.ticks_on_input
        """It thinks only when there is something new to see."""
        self._thought_of: int | None = None
        """The tick that it saw when it thought last."""
        self._asked: dict[int, str] = {}
        """Its calls that were not answered when it looked last, by number."""
        self._brain: Brain | None = None
        self._every = max(1, round(game.tick_rate / THINKS_PER_SECOND))
        self._next = 0
        self._row: Row | None = None

    def take_calls(self) -> list[tuple[str, Row]]:
        """What it called in its last thought."""
        return self._brain.take_calls() if self._brain is not None else []

    def said(self, number: int, method: str) -> None:
        """A call of its own has this number."""
        self._asked[number] = method

    def input_for(self, tick: int, client: Client) -> Row | None:
        """What it wants in this tick; None as long as it has seen nothing, and if it sends nothing."""
        if client.replica.tick is None:
            return None
        if self._waits and self._thought_of == client.replica.tick:
            return None
        layout = client.replica.schema.input
        if tick >= self._next:
            self._next = tick + self._every
            self._thought_of = client.replica.tick
            if self._brain is None:
                self._brain = self._make()
            self._hear_refusals(self._brain, client)
            wanted = self._brain.think(client.replica, client.player)
            if wanted is None:
                self._row = None
                return None
            row = layout.pack(wanted)
            self._row = tuple(0 if field.edge else value for field, value in zip(layout.fields, row, strict=True))
            return row
        return self._row if not self._waits else None

    def _hear_refusals(self, brain: Brain, client: Client) -> None:
        for number in [number for number in self._asked if number in client.replies]:
            method, reply = self._asked.pop(number), client.replies[number]
            if not reply.ok:
                brain.refused(method, str(reply.value))


def _checked(where: str, layout: Layout, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """These values, if each fits its field. Raises TypeError for a field that is not there, ValueError for a value."""
    __tracebackhide__ = True
    fields = {field.name: field for field in layout.fields}
    for name, value in values.items():
        if name not in fields:
            raise TypeError(f"{where} has no field {name!r}: it has {', '.join(fields) or 'none'}")
        if problem := check_value(fields[name], value):
            raise ValueError(f"{where}.{name}: {problem}")
    return values


def _bound(method: str, names: list[str], arguments: Iterable[Any], named: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments by name. Raises TypeError if one is missing, or there is one too many."""
    __tracebackhide__ = True
    given = list(arguments)
    values = dict(zip(names, given, strict=False)) | dict(named)
    if len(given) > len(names) or len(values) < len(given) + len(named) or set(values) != set(names):
        raise TypeError(f"{method} takes ({', '.join(names)}), not {tuple(given)} and {dict(named)}")
    return values

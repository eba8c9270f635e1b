"""What one room's people owe each other: who may send whom away, who hears whom, whose inputs count. A model of it looks at each
step, and knows of nothing but the commands that entered it and what was answered to them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs
import trio

from gameserver.core.commands import Called, Join, Leave
from gameserver.core.limits import KICK_SECONDS
from gameserver.core.messages import Role
from tests.sim.telling import STAND_IN_MARK, STAND_IN_PUSH

if TYPE_CHECKING:
    from typing import Any

    from gameserver.core.audience import PlayerId
    from gameserver.core.commands import Command
    from gameserver.core.replay.steps import Step
    from gameserver.core.simulation import Simulation
    from gameserver.room import Room
    from gameserver.seat import Seat
    from gameserver.standing import Standing
    from tests.sim.scenario import Outcome

BAR_SECONDS: Final = 10.0
"""How long who was sent away stays out in the box, where nobody has KICK_SECONDS to wait. The room must have asked for those."""
SENT_AWAY: Final = "the host has sent you away"
NO_HOST: Final = "only the host may"
SILENCED: Final = "the host has silenced you"

_Who = tuple[str, ...]


@attrs.frozen
class Expulsion:
    """Somebody was sent away."""

    at: float
    until: float
    """He may not come back before; the same as `at`: he may at once."""


@attrs.frozen
class Line:
    """Something that was said."""

    tick: int
    player: PlayerId
    text: str
    deaf: frozenset[PlayerId]
    """Who does not want to hear it."""


class Order:
    """One life of a room in which order is kept.

    Attributes:
        lines: all that was said, in order.
        expelled: by player.
    """

    def __init__(self, room: Room, outcome: Outcome) -> None:
        self.lines: list[Line] = []
        self.expelled: dict[PlayerId, Expulsion] = {}
        self._room = room
        self._outcome = outcome
        self._barred: dict[_Who, Expulsion] = {}
        """The last of each who may not come back for a while."""
        self._hosts: frozenset[PlayerId] = frozenset()
        """After the last step."""
        self._titled: set[PlayerId] = set()
        self._mutes: dict[PlayerId, set[PlayerId]] = {}
        self._silenced: set[PlayerId] = set()
        self._leaving: set[PlayerId] = set()
        """Who was sent away in the last step leaves in this one."""
        self._watch_steps()
        self._watch_bars()

    def _watch_steps(self) -> None:
        on_step = self._room.on_step

        def look(room: Room) -> None:
            on_step(room)
            assert room.last_step is not None
            self._look(room.last_step.commands, room.simulation)

        self._room.on_step = look

    def _watch_bars(self) -> None:
        """Each is for the right one, and as long as it should be; then it is made shorter."""
        send_away = self._room.send_away

        def watch(seat: Seat, why: str, *, bar_seconds: float = 0.0) -> None:
            expulsion = self.expelled.get(seat.player) if why == SENT_AWAY else None
            wanted = KICK_SECONDS if expulsion is not None and expulsion.until > expulsion.at else 0.0
            if bar_seconds != wanted:
                self._complain(f"player {seat.player} is to stay out for {bar_seconds:g} s, and not for {wanted:g}: {why}")
            if expulsion is not None and wanted:
                self._barred[_who(seat.standing, seat.name)] = expulsion
            send_away(seat, why, bar_seconds=BAR_SECONDS if wanted else 0.0)

        self._room.send_away = watch  # type: ignore[method-assign] # the only way in which a step sends somebody away

    def barred_for(self, player: PlayerId) -> float:
        """Seconds until he who was this player may come back."""
        expulsion = self.expelled.get(player)
        return max(0.0, expulsion.until - trio.current_time()) if expulsion is not None else 0.0

    # -- each step -----------------------------------------------------------------------------------------------------------
    def _look(self, commands: tuple[Command, ...], simulation: Simulation) -> None:
        if commands or self._leaving:
            before = self._hosts
            self._hosts = frozenset(number for number, player in simulation.players.items() if player.host)
            replies = {(reply.player, reply.number): reply for reply in simulation.replied}
            leaving, self._leaving = self._leaving, set()
            for command in commands:
                match command:
                    case Join(player):
                        self._join(command)
                    case Leave(player):
                        leaving.discard(player)
                        self._forget(player)
                    case Called(player, number):
                        reply = replies[player, number]
                        self._judge(command, "" if reply.ok else str(reply.value), before, simulation)
            for player in leaving:
                self._complain(f"player {player} was sent away in the tick before, and is still in the match")

    def _join(self, join: Join) -> None:
        if join.host:
            self._titled.add(join.player)
        seat = self._room.seat_of(join.player)
        if seat is None:
            return
        expulsion = self._barred.get(_who(seat.standing, seat.name))
        if expulsion is not None and expulsion.at < seat.since < expulsion.until:  # who was let in before has come twice
            self._complain(f"{seat.name} was sent away, and is back {expulsion.until - seat.since:.1f} s before his time")

    def _forget(self, player: PlayerId) -> None:
        self._titled.discard(player)
        self._silenced.discard(player)
        self._mutes.pop(player, None)
        for muted in self._mutes.values():
            muted.discard(player)

    def _judge(self, called: Called, refusal: str, before: frozenset[PlayerId], simulation: Simulation) -> None:
        """Was the right thing answered? The host may have changed in this step: then either is right."""
        player, arguments = called.player, called.arguments
        may = player in before | self._hosts | self._titled
        must = player in (before & self._hosts) | self._titled
        if called.method in ("expel", "silence"):
            if not refusal and not may:
                self._complain(f"player {player} keeps no order, and may {called.method}")
            elif must and refusal.startswith(NO_HOST):
                self._complain(f"player {player} keeps order, and may not {called.method}")
        if called.method == "chat":
            self._hear(player, str(arguments[0]), refusal)
        elif not refusal and called.method in ("expel", "silence", "mute"):
            other, does = _number(arguments[0]), bool(arguments[1])
            self._carry_out(called.method, player, other, does=does, simulation=simulation)

    def _hear(self, player: PlayerId, text: str, refusal: str) -> None:
        if (refusal == SILENCED) is not (player in self._silenced):
            self._complain(f"player {player} is {'' if player in self._silenced else 'not '}silenced, and is told {refusal!r}")
        if not refusal:
            deaf = frozenset(number for number, muted in self._mutes.items() if player in muted)
            self.lines.append(Line(self._room.clock.tick, player, text, deaf))

    def _carry_out(self, what: str, player: PlayerId, other: PlayerId, *, does: bool, simulation: Simulation) -> None:
        match what:
            case "expel":
                found = simulation.players.get(other)
                if found is None or found.bot or other in self._titled:
                    self._complain(f"player {other} was sent away, whom no host may send")
                now = trio.current_time()
                self.expelled[other] = Expulsion(now, now + BAR_SECONDS if does else now)
                self._leaving.add(other)
            case "silence" if does:
                if other in self._titled:
                    self._complain(f"player {other} keeps order, and was silenced")
                self._silenced.add(other)
            case "silence":
                self._silenced.discard(other)
            case "mute" if does:
                self._mutes.setdefault(player, set()).add(other)
            case _:
                self._mutes.setdefault(player, set()).discard(other)

    def _complain(self, what: str) -> None:
        self._outcome.complain(f"room {self._room.plan.name}, tick {self._room.clock.tick}: {what}")


def _who(standing: Standing, name: str) -> _Who:
    """By what he is known who must stay out."""
    return (standing.account,) if standing.account is not None else (standing.caller.bucket, name.casefold())


def _number(value: object) -> int:
    assert isinstance(value, int)
    return value


class Helm:
    """In a room in which bots stand in: in each tick a player has one source of inputs, and it is the right one. Bots press what no
    person does (telling).
    """

    def __init__(self, room: Room, outcome: Outcome) -> None:
        self._room = room
        self._outcome = outcome
        take = room._seating.take

        def watch(tick: int) -> tuple[Step, dict[PlayerId, Any], bool]:
            taken = take(tick)
            self._look(taken[0])
            return taken

        room._seating.take = watch  # type: ignore[method-assign] # the only place through which inputs go into a step

    def _look(self, step: Step) -> None:
        stood_in = {seat.player for seat in self._room.seats if seat.stands_in and seat.joined}
        for player, row in step.inputs.items():
            right, mark = map(_number, row)
            by_bot = abs(right) == STAND_IN_PUSH or mark >= STAND_IN_MARK
            by_person = abs(right) == 1 or 0 < mark < STAND_IN_MARK
            if not (by_bot or by_person):
                continue
            seat = self._room.seat_of(player)
            if seat is None or seat.role is Role.BOT:
                continue
            if by_bot and by_person:
                self._complain(step, player, "has inputs of two in one tick")
            if by_bot and seat.ready:
                self._complain(step, player, "is there, and what a bot presses counts")
            elif by_bot and player not in stood_in:
                self._complain(step, player, "is away, nobody stands in for him, and what a bot presses counts")
            if by_person and player in stood_in:
                self._complain(step, player, "is away, a bot stands in for him, and what he presses counts")

    def _complain(self, step: Step, player: PlayerId, what: str) -> None:
        self._outcome.complain(f"room {self._room.plan.name}, tick {step.tick}: player {player} {what}")

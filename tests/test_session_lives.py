"""Hundreds of random steps in the life of a room's sessions, against a model of a few lines that says which token opens what."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING, Final

import attrs
import pytest
import trio

from gameserver.caller import Caller
from gameserver.core.errors import Refused
from gameserver.core.limits import GRACE_SECONDS, PROTOCOL, READY_SECONDS
from gameserver.core.messages import Bye, Hello, NoticeCode, Role
from gameserver.core.wire import encode_client
from tests.helpers import AckingLink, Host, Toy, game_of, serving

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from trio.testing import MockClock

    from gameserver.room import Room
    from gameserver.seat import Seat
    from gameserver.session import Ticket

STEPS: Final = 300
TICK: Final = 1 / Toy.tick_rate


@attrs.define(eq=False)
class Line:
    """What the session of one connection holds."""

    ticket: Ticket
    link: AckingLink


@attrs.define(eq=False)
class Person:
    """What the model knows of a player.

    Attributes:
        line: the one that has the seat, None while he is away.
        current, newest: the tokens that open his seat.
        told: all that he was ever told.
        until: when he is given up.
    """

    player: int
    line: Line | None
    newest: bytes
    current: bytes | None = None
    told: list[bytes] = attrs.field(factory=list)
    ready: bool = False
    until: float | None = None
    gone: bool = False

    def learn(self, seat: Seat) -> None:
        """Whoever has acknowledged a snapshot has his newest token: the one before is void."""
        if self.ready and seat.line is not None and seat.line.pacer.acknowledged_tick is not None:
            self.current = self.newest

    def opens(self, token: bytes) -> bool:
        return not self.gone and token in (self.current, self.newest)


class Life:
    """A room, its people and what happens to them. Every method whose name begins with `do_` is a step."""

    def __init__(self, host: Host, seed: int) -> None:
        self.host = host
        self.dice = random.Random(seed)
        self.people: list[Person] = []
        self.leaving: list[Line] = []
        """Lines that have ended; their sessions have not noticed yet."""
        self.refused = 0
        self.steps: list[Callable[[], Awaitable[None]]] = [
            getattr(self, name) for name in sorted(dir(self)) if name.startswith("do_")
        ]

    @property
    def room(self) -> Room:
        return self.host.server.rooms["toy1"]

    @property
    def alive(self) -> list[Person]:
        return [person for person in self.people if not person.gone]

    def seat_of(self, person: Person) -> Seat:
        return next(seat for seat in self.room.seats if seat.player == person.player)

    async def admit(self, token: bytes | None) -> tuple[Line, int, bytes]:
        link = AckingLink()
        hello = Hello(PROTOCOL, "toy", "toy1", token, Role.PLAYER, "ann")
        ticket = await self.host.server.reception.admit(hello, link, Caller())
        assert ticket.welcome.resume is not None
        return Line(ticket, link), ticket.welcome.player, ticket.welcome.resume

    # -- steps ---------------------------------------------------------------------------------------------------------------
    async def do_join(self) -> None:
        if len(self.alive) >= Toy.max_players:
            with pytest.raises(Refused) as refusal:
                await self.admit(None)
            assert refusal.value.code == NoticeCode.FULL
            return
        line, player, token = await self.admit(None)
        assert player not in {person.player for person in self.alive}
        self.people.append(Person(player, line, token, told=[token]))

    async def do_get_ready(self) -> None:
        if waiting := [person for person in self.alive if person.line is not None and not person.ready]:
            person = self.dice.choice(waiting)
            assert person.line is not None
            person.line.link.heard_at = trio.current_time()
            person.line.ticket.enter()
            person.ready, person.until = True, None

    async def do_ready_on_an_old_line(self) -> None:
        """READY was in the inbox when the seat was taken by another line."""
        if self.leaving:
            self.dice.choice(self.leaving).ticket.enter()

    async def do_goodbye_on_an_old_line(self) -> None:
        if self.leaving:
            self.dice.choice(self.leaving).ticket.give_up()

    async def do_cut(self) -> None:
        if online := [person for person in self.alive if person.line is not None]:
            self._cut(self.dice.choice(online))

    def _cut(self, person: Person) -> None:
        line, person.line, person.ready = person.line, None, False
        assert line is not None
        if self.seat_of(person).joined:
            person.until = person.until or trio.current_time() + GRACE_SECONDS
        else:
            person.gone = True
        line.link.closed.set()
        line.ticket.release()

    async def do_notice_the_end_of_an_old_line(self) -> None:
        if self.leaving:
            self.leaving.pop(self.dice.randrange(len(self.leaving))).ticket.release()

    async def do_come_back(self) -> None:
        """With any token that was ever told: sometimes a thief, sometimes somebody who missed a WELCOME."""
        if not self.people:
            return
        person = self.dice.choice(self.people[-8:])
        if not person.gone:
            person.learn(self.seat_of(person))
        token = self.dice.choice(person.told[-3:])
        if not person.opens(token):
            self.refused += 1
            with pytest.raises(Refused) as refusal:
                await self.admit(token)
            assert refusal.value.code == NoticeCode.SESSION_GONE
            return
        old = person.line
        line, player, newest = await self.admit(token)
        assert player == person.player
        if old is not None:
            assert old.link.ended is not None
            assert old.link.ended[0] == 4001
            self.leaving.append(old)
        if token == person.newest:
            person.current = token
        now = trio.current_time()
        person.until = max(person.until or now + GRACE_SECONDS, now + READY_SECONDS)
        person.line, person.newest, person.ready = line, newest, False
        person.told.append(newest)

    async def do_say_bye(self) -> None:
        if online := [person for person in self.alive if person.line is not None]:
            person = self.dice.choice(online)
            line = person.line
            assert line is not None
            if person.ready:
                line.link.inbox.append(encode_client(Bye()))
                await trio.sleep(2 * TICK)
                assert line.link.ended == (1000, "goodbye", b"")
            else:
                line.ticket.give_up()
            person.gone = True
            line.ticket.release()

    async def do_wait_a_little(self) -> None:
        await self.wait(self.dice.uniform(0.0, 3 * TICK))

    async def do_wait(self) -> None:
        await self.wait(self.dice.choice((1.0, GRACE_SECONDS / 3, GRACE_SECONDS)) * self.dice.random())

    async def wait(self, seconds: float) -> None:
        """Time passes; he who does not get ready in time is sent away by his session, he who is away too long is given up."""
        end = trio.current_time() + seconds
        await trio.sleep_until(end)
        for person in self.alive:
            if person.line is not None and not person.ready and self.dice.random() < seconds / READY_SECONDS:
                self._cut(person)
        await trio.sleep(2 * TICK)
        for person in self.alive:
            if person.line is None and person.until is not None and person.until <= trio.current_time() - TICK:
                person.gone = True
            elif person.line is None and person.until is not None and person.until <= trio.current_time():
                await trio.sleep(2 * TICK)  # too close to call
                person.gone = True

    # -- what is always so -----------------------------------------------------------------------------------------------------
    def check(self) -> None:
        now = trio.current_time()
        seats = {seat.player: seat for seat in self.room.seats if not seat.over}
        lines = [seat.line.link for seat in seats.values() if seat.line is not None]
        assert len(set(map(id, lines))) == len(lines), "one seat for each line"
        for person in self.alive:
            seat = seats.pop(person.player)
            person.learn(seat)
            assert (seat.line.link if seat.line is not None else None) is (person.line.link if person.line is not None else None)
            assert seat.ready is person.ready
            live, away = seat.line is not None, seat._away_until is not None and seat._away_until >= now - 2 * TICK
            assert live or away, "or nobody would ever clear this seat"
            if seat.line is not None:
                assert not seat.line.link.closed.is_set()
        assert not seats, "a seat of somebody who has gone"
        told = {token for person in self.people for token in person.told}
        assert len(told) == sum(len(person.told) for person in self.people), "no token twice"
        joins, leaves = (Counter(entry[2] for entry in game_of(self.room).diary if entry[0] == hook) for hook in ("join", "leave"))
        assert all(leaves[player] <= joins[player] <= leaves[player] + 1 for player in joins)


@pytest.mark.parametrize("seed", range(30))
async def test_every_seat_is_live_or_waits_for_a_time_or_is_gone(autojump_clock: MockClock, seed: int) -> None:
    async with serving(seed=seed, rooms=["toy1"]) as host:
        life = Life(host, seed)
        for _ in range(STEPS):
            await life.dice.choice(life.steps)()
            life.check()
        for person in life.alive:
            if person.line is not None:
                life._cut(person)
        for line in life.leaving:
            line.ticket.release()
        await trio.sleep(2 * GRACE_SECONDS)
        assert life.room.seats == []
        hooks = Counter((entry[0], entry[2]) for entry in game_of(life.room).diary if entry[0] in ("join", "leave"))
        players = {player for _, player in hooks}
        assert all(hooks["join", player] == hooks["leave", player] == 1 for player in players), "each left once"
        assert len(players) > 1
        assert life.refused > 5

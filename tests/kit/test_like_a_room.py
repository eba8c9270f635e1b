"""A match in a test is a room: the same script through both gives the same world, the same sight and the same events."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import attrs
import pytest

from gameserver import Refused
from gameserver.core.limits import GRACE_SECONDS
from gameserver.core.messages import Call, EventMessage, Inputs, Reply, Role
from gameserver.core.wire import encode_client
from gameserver.testing import Match, Seat
from tests.helpers import AckingLink, Seated, go, make_room, sit, step
from tests.kit.pond import PondGame

if TYPE_CHECKING:
    from trio.testing import MockClock

    from gameserver.room import Room

TOKEN = bytes(16)
NEUTRAL = {"right": 0, "gear": 1, "dive": False}


@attrs.define
class Twice:
    """One player, in the match and in the room."""

    seat: Seat
    seated: Seated
    role: Role = Role.PLAYER
    held: dict[str, int] = attrs.field(factory=lambda: dict(NEUTRAL))
    pressed: dict[str, int] = attrs.field(factory=dict)
    unsaid: list[Call] = attrs.field(factory=list)
    calls: int = 0

    def send(self, room: Room) -> None:
        """In the room, what the match's seat will say by itself."""
        if self.seated.seat.joined and self.seated.seat.player:
            wanted = self.held | self.pressed
            row = (wanted["right"], wanted["gear"], int(wanted["dive"]))
            self.seated.say(Inputs(room.clock.tick + 1, None, 0, None, row))
            self.pressed = {}
        self.seated.say(*self.unsaid)
        self.unsaid = []


def act(dice: random.Random, match: Match[PondGame], room: Room, people: list[Twice]) -> None:
    """Something happens between two ticks, to somebody."""
    what = dice.choice(["join", "leave", "hold", "hold", "press", "press", "call", "call", "call", "cut", "back", "look"])
    someone = dice.choice(people) if people else None
    if what in ("join", "look") or someone is None:
        role = Role.SPECTATOR if what == "look" else dice.choice([Role.PLAYER, Role.BOT])
        try:
            seated = sit(room, f"p{len(people)}", role=role)
        except Refused:
            with pytest.raises(Refused, match="the room is full"):
                match.join(f"p{len(people)}", bot=role is Role.BOT)
            return
        name = f"p{len(people)}"
        seat = match.spectate(name) if role is Role.SPECTATOR else match.join(name, bot=role is Role.BOT)
        assert seat.player == seated.player
        people.append(Twice(seat, seated, role))
        people[:] = [one for one in people if not one.seat.client.over]  # a bot may have made way
        return
    client = someone.seat.client
    if what == "leave" and client.connected:
        people.remove(someone)
        someone.seat.leave()
        go(room, someone.seated)
    elif not someone.seat.player:
        return
    elif what == "hold" and client.connected:
        someone.held = {"right": dice.randint(-1, 1), "gear": dice.randint(1, 3), "dive": False}
        someone.seat.hold(**someone.held)
    elif what == "press" and client.connected:
        someone.pressed |= {"dive": True}
        someone.seat.press(dive=True)
    elif what == "call" and client.connected and client.joined:
        someone.calls += 1
        method, arguments = said(dice, someone.seat, match)
        someone.seat.begin_call(method, *arguments)
        wire = tuple(value if isinstance(value, str) else int(value) for value in arguments)
        someone.unsaid.append(Call(someone.calls, method, wire))
    elif what == "cut" and client.connected:
        if not client.joined:
            people.remove(someone)
        someone.seat.disconnect()
        room.release(someone.seated.seat, someone.seated.link)
    elif what == "back" and not client.connected:
        someone.seat.reconnect()
        link = AckingLink()
        kept = someone.seated.seat
        room.welcome(kept, TOKEN)
        kept.resume(link, TOKEN)
        kept.enter(link)
        heard = someone.seated.heard
        someone.seated = Seated(kept, link, PondGame)
        someone.seated.heard = heard


def said(dice: random.Random, seat: Seat, played: Match[PondGame]) -> tuple[str, tuple[int | str, ...]]:
    """A call with its arguments: mostly talk, now and then bread, fish and somebody who sends himself away."""
    match dice.randrange(8):
        case 0:
            return "fish", ()
        case 1:
            return "later", ()
        case 2 if dice.random() < 0.3 and seat.player in played.game.players:
            return "evict", (seat.player,)
        case 3:
            return "mute", (dice.randint(1, 6), True)
        case 4 | 5:
            return "feed", (dice.randint(1, 6), "crumbs")
    return "chat", (f"line {dice.random()}", dice.random() < 0.5)


@pytest.mark.parametrize("seed", range(12))
async def test_a_script_gives_the_same_in_both(autojump_clock: MockClock, seed: int) -> None:
    dice = random.Random(seed)
    match = Match(PondGame, seed=seed, check=7)
    room = make_room(PondGame, seed=seed)
    people: list[Twice] = []
    for tick in range(1, 121):
        for _ in range(dice.choice([0, 0, 1, 2, 3])):
            act(dice, match, room, people)
        if not people:
            act(dice, match, room, people)
        for one in people:
            if one.seat.client.connected:
                one.send(room)
        await step(room)
        match.step()
        assert match.simulation.world.sub_hashes() == room.simulation.world.sub_hashes(), f"tick {tick}"
        assert match.tick == room.clock.tick == tick
        for one in [one for one in people if one.seat.client.joined and one.seat.client.connected]:
            one.seated.read()
            assert one.seat.client.replica.parts == one.seated.replica.parts, f"tick {tick}: {one.seat}"
            sent = {message.sequence: message.values for message in one.seated.heard if isinstance(message, EventMessage)}
            schema = PondGame.schema.events
            layouts = {layout.name: layout for layout in schema}
            got = [layouts[type(event).__name__].pack(event) for event in one.seat.events() if type(event).reliable]
            assert got == list(sent.values()), "what is said again on a new line counts once"
            replies = {message.number: message for message in one.seated.heard if isinstance(message, Reply)}
            assert one.seat.client.replies == replies
        people[:] = [one for one in people if not one.seat.client.over]


async def test_a_seat_is_kept_as_long_as_in_a_room(autojump_clock: MockClock) -> None:
    match, room = Match(PondGame, check=False), make_room(PondGame, seed=0)
    ann, seated = match.join("ann"), sit(room, "ann")
    match.join("bob")
    bob = sit(room, "bob")
    match.step()
    await step(room)
    ann.disconnect()
    room.release(seated.seat, seated.link)
    left: list[int] = []
    for tick in range(round(GRACE_SECONDS * PondGame.tick_rate) + 2):
        bob.say(encode_client(Inputs(0, room.clock.tick, 0, None, ())))
        match.step()
        await step(room)
        if len(match.game.players) == 1:
            left.append(tick)
        assert list(match.game.players) == list(room.simulation.players), tick
    assert left

"""While somebody's line is down a bot plays on for him, and nothing but his inputs is ever the bot's."""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING, Final

import attrs
import pytest
import trio
from gameclient.crew import Crew

from gameserver.core.commands import Connected
from gameserver.core.errors import Refused
from gameserver.core.limits import GRACE_SECONDS, MAX_SPECTATORS, READY_SECONDS, TOKEN_BYTES
from gameserver.core.messages import Call, Inputs, NoticeCode, Role
from gameserver.core.replay.recording import Recording
from gameserver.core.replay.verify import verify
from gameserver.fill import wanted_bots
from gameserver.games.arena import Arena
from gameserver.maps import load_map
from gameserver.net.simulated import Latency, simulated_ports
from tests.helpers import HOST, PORT, AckingLink, EventMessage, Reply, Seated, Toy, Whisper, go, make_room, serving, sit, step, wire
from tests.recording import recorder_on, studio

if TYPE_CHECKING:
    from trio.testing import MockClock

    from gameserver import PlayerId, Profile
    from gameserver.core.replay.steps import Step
    from gameserver.room import Room
    from tests.helpers import Runner

LIVES: Final = int(os.environ.get("STAND_INS", "5"))
"""Seeds."""
WELL: Final = -1
"""What a person presses, beside 1 for a bot: who sees it in a step knows whose it is."""


class Held(Toy):
    name = "held"
    bots_hold_seats = True


def cut(room: Room, someone: Seated) -> None:
    """His line breaks, and the room has noticed."""
    someone.link.closed.set()
    room.release(someone.seat, someone.link)


def back(room: Room, someone: Seated, token: bytes, *, ready: bool = True) -> None:
    """He comes over a new line with this token, as the reception lets him."""
    someone.link = AckingLink()
    assert room.find(token) is someone.seat
    someone.seat.resume(someone.link, token)
    if ready:
        someone.seat.enter(someone.link)


def presses(room: Room, player: PlayerId = 1) -> object:
    """What this player did in the last step."""
    assert room.last_step is not None
    return room.last_step.inputs[player][0]


async def with_stand_in(room: Room) -> tuple[Seated, bytes, Seated]:
    """Ann, whose line is down, her token, and the bot that plays for her."""
    ann = sit(room, "ann")
    token = bytes(TOKEN_BYTES)
    room.welcome(ann.seat, token)
    await step(room, 2)
    cut(room, ann)
    bot = sit(room, "bot", role=Role.BOT)
    await step(room)
    return ann, token, bot


# -- one by one -------------------------------------------------------------------------------------------------------------
async def test_a_bot_plays_on_for_who_is_away_until_he_is_back(autojump_clock: MockClock) -> None:
    room = make_room(Held)
    ann, token, bot = await with_stand_in(room)
    assert bot.player == ann.player == 1
    assert (room.players, room.people, room.spectators, room.counts.stood_in) == (1, 1, 0, 1)
    runner = room.simulation.players[1]
    assert not runner.connected, "it is not he who plays"
    assert not runner.bot
    bot.push(room.clock.tick + 1, (1, 0), (1, 0), (1, 0))
    await step(room, 3)
    assert presses(room) == 1
    assert bot.replica.tick is None
    bot.read()
    assert bot.replica.shared().steps == room.clock.tick, "it sees the match over its own line"
    assert bot.replica.players()[0].lucky == 7, "with his secrets"

    back(room, ann, token, ready=False)
    bot.push(room.clock.tick + 1, (1, 0))
    await step(room)
    assert presses(room) == 1, "while he loads the map it plays on"
    ann.seat.enter(ann.link)
    bot.push(room.clock.tick + 1, (1, 0), (1, 0))
    ann.push(room.clock.tick + 1, (WELL, 0), (WELL, 0))
    await step(room)
    assert presses(room) == WELL
    assert runner.connected
    assert (bot.notice.code, bot.notice.text) == (NoticeCode.KICKED, "the player is back")
    assert [seat.player for seat in room.seats] == [1]
    room.release(bot.seat, bot.link)
    await step(room)
    assert presses(room) == WELL
    assert (room.players, len(game(room).players)) == (1, 1)


def game(room: Room) -> Toy:
    found = room.simulation.game
    assert isinstance(found, Toy)
    return found


async def test_the_end_of_the_grace_is_the_end_of_the_stand_in(autojump_clock: MockClock) -> None:
    room = make_room(Held)
    _, _, bot = await with_stand_in(room)
    await trio.sleep(GRACE_SECONDS)
    await step(room, 2)
    assert (bot.notice.code, bot.notice.text) == (NoticeCode.KICKED, "the player is gone")
    assert room.seats == []
    assert [entry[0] for entry in game(room).diary if entry[0] in ("join", "leave")] == ["join", "leave"]


async def test_what_he_is_owed_is_his_and_what_it_is_owed_is_its_own(autojump_clock: MockClock) -> None:
    room = make_room(Held)
    ann = sit(room, "ann")
    token = bytes(TOKEN_BYTES)
    room.welcome(ann.seat, token)
    await step(room, 2)
    ann.say(Call(1, "whisper", (11,)))
    ann.seat.receive(trio.current_time())  # heard, and not answered when the line breaks
    ann.read()
    cut(room, ann)
    bot = sit(room, "bot", role=Role.BOT)
    await step(room)
    bot.say(Call(1, "whisper", (12,)), Call(2, "chat", ("hey", 0)))
    await step(room, 2)
    assert [(reply.number, reply.ok) for reply in bot.of(Reply)] == [(1, False), (2, False)]
    assert "stand in" in str(bot.of(Reply)[0].value)
    back(room, ann, token)
    await step(room, 2)
    assert [(reply.number, reply.ok) for reply in ann.of(Reply)] == [(1, True)]
    whispers = [m.values for m in ann.of(EventMessage) if m.kind == Held.events.index(Whisper)]
    assert whispers == [(11,)]
    assert [m.sequence for m in ann.of(EventMessage)] == [*range(1, len(ann.of(EventMessage)) + 1)], "each once, in order"
    assert [m.sequence for m in bot.of(EventMessage)] == [*range(1, len(bot.of(EventMessage)) + 1)], "counted by itself"


async def test_a_stand_in_has_no_token_and_does_not_touch_his(autojump_clock: MockClock) -> None:
    room = make_room(Held)
    ann, token, bot = await with_stand_in(room)
    welcome = room.welcome(bot.seat, b"x" * TOKEN_BYTES)
    assert (welcome.player, welcome.resume) == (1, None)
    assert room.find(b"x" * TOKEN_BYTES) is None
    assert room.find(token) is ann.seat


async def test_where_the_game_does_not_say_so_a_bot_has_a_seat_of_its_own(autojump_clock: MockClock) -> None:
    room = make_room(Toy)
    ann, _, bot = await with_stand_in(room)
    assert bot.player == 2
    assert (room.players, room.untended, room.counts.stood_in) == (2, 0, 0)
    assert presses(room, ann.player) == 0


async def test_only_seats_of_people_are_held_and_each_by_one(autojump_clock: MockClock) -> None:
    room = make_room(Held)
    first = sit(room, "first", role=Role.BOT)
    ann, bob = sit(room, "ann"), sit(room, "bob")
    await step(room, 2)
    for someone in (first, ann, bob):
        cut(room, someone)
    bots = [sit(room, f"bot{number}", role=Role.BOT) for number in range(3)]
    await step(room)
    assert [bot.player for bot in bots] == [ann.player, bob.player, 4]
    assert [bot.seat.stands_in for bot in bots] == [True, True, False]
    assert room.players == 4, "the first bot's seat waits for it as ever"


async def test_in_a_full_room_a_person_takes_the_seat_of_a_bot_that_has_one(autojump_clock: MockClock) -> None:
    room = make_room(Held)
    seated = sit(room, "seated", role=Role.BOT)
    people = [sit(room, name) for name in ("ann", "bob", "cyd")]
    await step(room, 2)
    cut(room, people[0])
    stand_in = sit(room, "stand-in", role=Role.BOT)
    await step(room)
    late = sit(room, "late")
    assert seated.link.ended is not None
    assert stand_in.link.ended is None
    assert late.player not in (seated.player, stand_in.player)
    with pytest.raises(Refused, match="full: 4 of 4"):
        sit(room, "more")


async def test_a_stand_in_that_goes_makes_room_for_another(autojump_clock: MockClock) -> None:
    room = make_room(Held)
    ann, token, bot = await with_stand_in(room)
    bot.push(room.clock.tick + 1, *[(1, 0)] * 8)
    await step(room, 2)
    cut(room, bot)
    await step(room)
    assert presses(room) == 0, "what it sent for later goes with it"
    second = sit(room, "second", role=Role.BOT)
    await step(room)
    second.push(room.clock.tick + 1, (1, 0))
    await step(room)
    assert second.player == 1
    assert presses(room) == 1
    back(room, ann, token)
    await step(room)
    assert room.counts.stood_in == 2


async def test_he_may_be_sent_away_while_a_bot_plays_for_him(autojump_clock: MockClock) -> None:
    room = make_room(Held)
    _, token, bot = await with_stand_in(room)
    room.simulation.kick(1, "enough")
    room._look_at_outcome()
    assert room.seats == []
    assert bot.notice.text == "the player is gone"
    assert room.find(token) is None
    await step(room)
    assert not room.simulation.players


async def test_spectators_are_counted_without_stand_ins(autojump_clock: MockClock) -> None:
    room = make_room(Held)
    await with_stand_in(room)
    for number in range(MAX_SPECTATORS):
        sit(room, f"s{number}", role=Role.SPECTATOR)
    assert (room.spectators, room.players) == (MAX_SPECTATORS, 1)
    with pytest.raises(Refused, match="spectators"):
        sit(room, "more", role=Role.SPECTATOR)


async def test_a_join_that_is_undone_takes_the_stand_in_with_it(autojump_clock: MockClock) -> None:
    """The match is built anew, which takes a while: meanwhile her line breaks, and a bot takes her seat."""
    room = make_room(Held)
    sit(room, "bob")
    await step(room, 2)
    ann = sit(room, "ann")
    bot = None
    revive = room._rescue.revive

    async def slow(*arguments: object) -> object:
        nonlocal bot
        found = await revive(*arguments)  # type: ignore[arg-type] # as the room gives them
        cut(room, ann)
        bot = sit(room, "bot", role=Role.BOT)
        return found

    room._rescue.revive = slow  # type: ignore[method-assign,assignment] # for the one moment that matters

    def fail(player: Runner, profile: Profile) -> None:
        raise RuntimeError("not you")

    room.simulation.game.__dict__["join"] = fail  # not of the one that is built anew
    async with trio.open_nursery() as nursery:
        nursery.start_soon(room.run)
        await trio.sleep(1)
        assert bot is not None
        assert bot.seat.stands_in
        assert bot.link.ended is not None
        assert [seat.name for seat in room.seats] == ["bob"]
        nursery.cancel_scope.cancel()


# -- how many are wanted ----------------------------------------------------------------------------------------------------
async def test_one_more_bot_is_wanted_for_each_seat_whose_player_is_away(autojump_clock: MockClock) -> None:
    room = make_room(Held)
    ann, token, _ = await with_stand_in(room)
    sit(room, "bob")
    await step(room, 2)
    assert wanted_bots([room], 4) == {"room1": (Held, 2 + 1)}
    assert wanted_bots([room], 2) == {"room1": (Held, 0 + 1)}
    assert wanted_bots([room], 0) == {"room1": (Held, 0)}, "who wants no bots gets none"
    back(room, ann, token, ready=False)
    assert wanted_bots([room], 2) == {"room1": (Held, 1)}, "until he is ready"
    ann.seat.enter(ann.link)
    assert wanted_bots([room], 2) == {"room1": (Held, 0)}


# -- at random --------------------------------------------------------------------------------------------------------------
@attrs.define(eq=False)
class Person:
    """What the model knows: who has a line, and until when he is waited for."""

    seated: Seated
    token: bytes
    online: bool = True
    ready: bool = False
    until: float | None = None
    whispers: list[int] = attrs.field(factory=list)
    heard: list[object] = attrs.field(factory=list)
    replies: list[int] = attrs.field(factory=list)
    calls: int = 0
    last_event: int = 0


class Life:
    """A recorded room, its people and bots. Every method whose name begins with `do_` is a step in it."""

    def __init__(self, room: Room, seed: int) -> None:
        self.room = room
        self.dice = random.Random(seed)
        self.people: list[Person] = []
        self.bots: list[Seated] = []
        self.stood_in = self.came_back = self.given_up = 0
        room.on_step = self.look
        self.steps = [getattr(self, name) for name in sorted(dir(self)) if name.startswith("do_")]

    def _fresh(self) -> bytes:
        return self.dice.randbytes(TOKEN_BYTES)

    def _some(self, **wanted: bool) -> Person | None:
        found = [p for p in self.people if all(getattr(p, name) is value for name, value in wanted.items())]
        return self.dice.choice(found) if found else None

    # -- steps ---------------------------------------------------------------------------------------------------------------
    def do_person_comes(self) -> None:
        try:
            seated = sit(self.room, "p", ready=False)
        except Refused:
            assert self.room.people == Held.max_players
            return
        token = self._fresh()
        self.room.welcome(seated.seat, token)
        self.people.append(Person(seated, token))

    def do_bot_comes(self) -> None:
        absent = [p for p in self.people if not p.online and p.seated.seat.joined and not self._has_stand_in(p)]
        try:
            bot = sit(self.room, "b", role=Role.BOT, ready=self.dice.random() < 0.8)
        except Refused:
            assert not absent
            return
        assert bot.seat.stands_in is bool(absent)
        self.bots.append(bot)

    do_another_bot_comes = do_bot_comes

    def _has_stand_in(self, person: Person) -> bool:
        return any(seat.stands_in and seat.player == person.seated.player for seat in self.room.seats)

    def do_bot_gets_ready(self) -> None:
        if waiting := [bot for bot in self.bots if not bot.seat.ready]:
            bot = self.dice.choice(waiting)
            bot.seat.enter(bot.link)  # perhaps it has been sent away already

    def do_bot_goes(self) -> None:
        if self.bots:
            bot = self.bots.pop(self.dice.randrange(len(self.bots)))
            bot.seat.over = bot.seat.over or not bot.seat.stands_in  # a bot with a seat says goodbye, or it would be waited for
            cut(self.room, bot)

    def do_get_ready(self) -> None:
        if person := self._some(online=True, ready=False):
            person.seated.seat.enter(person.seated.link)
            person.ready, person.until = True, None

    do_get_ready_too = do_get_ready

    def do_cut(self) -> None:
        if person := self._some(online=True):
            if not person.seated.seat.joined:
                self.people.remove(person)
            person.online = person.ready = False
            person.until = person.until or trio.current_time() + GRACE_SECONDS
            self._hear(person)
            cut(self.room, person.seated)

    do_cut_another = do_cut

    def do_come_back(self) -> None:
        if person := self._some(online=False):
            back(self.room, person.seated, person.token, ready=False)
            person.token = self._fresh()
            self.room.welcome(person.seated.seat, person.token)
            person.online = True
            person.until = max(person.until or 0, trio.current_time() + READY_SECONDS)
            self.came_back += 1

    do_come_back_too = do_come_back

    def do_say_bye(self) -> None:
        if (person := self._some(online=True)) and self.dice.random() < 0.3:
            self.people.remove(person)
            go(self.room, person.seated)

    def do_whisper(self) -> None:
        if (person := self._some(online=True, ready=True)) and person.seated.seat.joined:
            number = self.dice.randrange(1_000)
            person.calls += 1
            person.whispers.append(number)
            person.seated.say(Call(person.calls, "whisper", (number,)))
            person.seated.seat.receive(trio.current_time())

    def do_bots_call(self) -> None:
        for bot in self.bots:
            if bot.seat.stands_in and bot.seat.joined:
                bot.say(Call(self.dice.randrange(1_000), "whisper", (666,)))

    async def tick(self) -> None:
        """Everyone presses what tells him from the others: some early, some late."""
        for who, press in [(p.seated, WELL) for p in self.people if p.ready and p.seated.seat.joined] + [
            (b, 1) for b in self.bots if b.seat.joined
        ]:
            first = max(0, self.room.clock.tick + self.dice.randrange(-1, 5))
            who.say(Inputs(first, None, 0, None, (press, 0) * self.dice.randrange(1, 4)))
        await step(self.room)
        self.check()

    def _hear(self, person: Person) -> None:
        for message in person.seated.read():
            if isinstance(message, Reply) and message.number not in person.replies:  # a new line may bring it again
                person.replies.append(message.number)
            elif isinstance(message, EventMessage) and message.sequence > person.last_event:
                assert message.sequence == person.last_event + 1, "none is left out"
                person.last_event = message.sequence
                if message.kind == Held.events.index(Whisper):
                    person.heard.append(message.values[0])

    # -- what is always so ---------------------------------------------------------------------------------------------------
    def look(self, room: Room) -> None:
        """After each step: whose inputs were they?"""
        taken: Step | None = room.last_step
        assert taken is not None
        for player, row in taken.inputs.items():
            own = next(seat for seat in room.seats if seat.player == player and not seat.stands_in)
            standing_in = next((seat for seat in room.seats if seat.player == player and seat.stands_in and seat.joined), None)
            holder = standing_in or own
            assert holder is own or not own.ready
            is_bot = holder.role is Role.BOT
            assert row[0] in ((0, 1) if is_bot else (0, WELL)), f"tick {taken.tick}: player {player} did what somebody else pressed"
        for command in taken.commands:
            if type(command) is Connected:
                assert any(seat.player == command.player and seat.role is Role.PLAYER for seat in room.seats)

    def check(self) -> None:
        room, now = self.room, trio.current_time()
        for person in tuple(self.people):
            if not person.online and person.until is not None and person.until <= now:
                self.people.remove(person)
                self.given_up += 1
            elif person.online:
                assert person.seated.link.ended is None
                self._hear(person)
        self.bots = [bot for bot in self.bots if bot.link.ended is None]
        own = [seat for seat in room.seats if seat.player and not seat.stands_in]
        stand_ins = [seat for seat in room.seats if seat.stands_in]
        assert len({seat.player for seat in own}) == len(own) == room.players <= Held.max_players
        assert room.people == len(self.people)
        assert len({seat.player for seat in stand_ins}) == len(stand_ins)
        for seat in stand_ins:
            held = next(other for other in own if other.player == seat.player)
            assert held.role is Role.PLAYER
            assert not held.ready, "he is back, and it has not gone"
            assert seat.line is not None
            assert not seat.opens(bytes(TOKEN_BYTES))
        for number, runner in room.simulation.players.items():
            his = next((seat for seat in own if seat.player == number), None)
            assert his is None or his.role is Role.BOT or runner.connected is his.ready or his.stirred
        self.stood_in += len(stand_ins)


@pytest.mark.parametrize("seed", range(LIVES))
async def test_random_lives_of_people_and_stand_ins(autojump_clock: MockClock, seed: int) -> None:
    async with studio(seed) as made:
        room = make_room(Held, seed=seed)
        made.record(room)
        life = Life(room, seed)
        for _ in range(200):
            life.dice.choice(life.steps)()
            for _ in range(life.dice.randrange(3)):
                await life.tick()
            if life.dice.random() < 0.015:
                await trio.sleep(life.dice.random() * GRACE_SECONDS)
                await life.tick()
        for person in life.people:
            if not person.online:
                back(room, person.seated, person.token)
            else:
                person.seated.seat.enter(person.seated.link)
            person.online = person.ready = True
        for _ in range(4):
            await life.tick()
        for person in life.people:
            assert person.heard == person.whispers, "each once, in order, whoever played meanwhile"
            assert person.replies == [*range(1, person.calls + 1)]
        assert life.stood_in > 10
        assert life.came_back > 3
        assert room.counts.stood_in > 1
        await made.close(room)
        (recording,) = (await made.recordings()).values()
    verdict = verify(recording, Held)
    assert verdict.mismatch is None
    assert verdict.steps == recording.contents.steps > 100


# -- a whole server ---------------------------------------------------------------------------------------------------------
async def test_the_servers_bots_keep_the_tank_of_who_is_away_in_the_match(autojump_clock: MockClock) -> None:
    """Over lines with delay, recorded: her tank is driven, she comes back to it, and the recording is what was played."""
    ports = simulated_ports(3)
    maps = {Arena.default_map: load_map(Arena.default_map)}
    url = f"ws://{HOST}:{PORT}"
    async with serving(Arena, seed=3, latency=Latency(0.04, 0.02), maps=maps, recorder=recorder_on(ports)) as host:
        room = host.server.rooms.open("one", Arena, keep=True)
        driven = {True: 0, False: 0}
        """Ticks in which her tank was, by whether she was there."""
        send, orders = trio.open_memory_channel[str](10)

        async def fill() -> None:
            while True:
                ((_, bots),) = wanted_bots([room], 3).values()
                await send.send(f'{{"room": "one", "game": "arena", "bots": {bots}}}')
                await trio.sleep(0.25)

        def look(room: Room) -> None:
            assert room.last_step is not None
            if 1 in room.simulation.players:
                driven[room.simulation.players[1].connected] += any(room.last_step.inputs[1])

        async with trio.open_nursery() as nursery:
            async with wire(host.network, "one") as it:
                token = (await it.join("arena", name="Ann")).resume
                room.on_step = look
                nursery.start_soon(Crew(url, seed=1, network=host.network, load=lambda name: Arena).run, orders)
                nursery.start_soon(fill)
                await trio.sleep(3)
                assert (room.people, room.players, room.counts.stood_in) == (1, 3, 0)
                it.connection.reset()
            await trio.sleep(6)
            assert (room.people, room.players, room.counts.stood_in) == (1, 3, 1)
            async with wire(host.network, "one") as it:
                assert (await it.join("arena", name="Ann", credential=token)).player == 1
                await trio.sleep(2)
                assert (room.people, room.players, room.untended) == (1, 3, 0)
                assert not any(seat.stands_in for seat in room.seats)
            await host.server.stop()
            nursery.cancel_scope.cancel()
    assert driven[False] > 100
    assert driven[True] == 0, "she touched nothing"
    (name,) = await ports.disk.list("")
    recording = Recording.open(await ports.disk.read(name))
    assert recording.sealed
    assert verify(recording, Arena).mismatch is None

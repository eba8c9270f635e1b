"""A game that fails at what one player does goes on without that: everyone stays seated, and sees a world without a gap."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar, TypeVarTuple

import attrs
import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st

from gameserver import EVERYONE, call, integer, owner
from gameserver.core.audience import part_of
from gameserver.core.limits import GRACE_SECONDS, HOOK_CPU_SECONDS, HOOK_WALL_SECONDS, MAX_RESTARTS
from gameserver.core.messages import Call, EventMessage, Notice, NoticeCode, Reply, Role, Snapshot
from gameserver.core.replay.recording import Recording
from gameserver.core.replay.verify import verify
from gameserver.core.simulation import Called, Simulation
from gameserver.games.fleet import Fleet
from gameserver.games.fleet.board import SHIPS
from gameserver.games.fleet.state import Admiral, Fired, Ship
from gameserver.guard import HookTimeout, NoGuard
from gameserver.plan import RoomFault, RoomState
from gameserver.rescue import PATIENCE_SECONDS, QUARANTINE_SECONDS, SLICE_SECONDS
from tests.bombs import END, ERRORS, Healthy, undisturbed
from tests.determinism import run_deterministic
from tests.helpers import Came, Runner, Seated, Spark, Toy, Whisper, go, make_room, serving, sit
from tests.theatre import theatre

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from trio.testing import MockClock

    from gameserver import Game, PlayerId, Profile
    from gameserver.core.replay.header import Fault
    from gameserver.core.replay.steps import Step
    from gameserver.room import Room
    from tests.helpers import Push
    from tests.theatre import Theatre

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


# -- games that fail at what somebody does ---------------------------------------------------------------------------------
class Mine(Toy):
    """Fails whenever somebody steps on it, in one of five ways, and never else. Before it does, it says and does things."""

    name = "mine"
    blow: Callable[[], None]

    def fail(self) -> None:
        self.board.answer = 99_999
        self.emit(Came(player=666))
        self.emit(Spark(number=666))
        for player in self.players:
            self.emit(Whisper(number=666), owner(player))
            self.kick(player, "666")
        type(self).__dict__["blow"]()

    def join(self, player: Runner, profile: Profile) -> None:
        super().join(player, profile)
        if player.name == "mallory":
            self.fail()

    def leave(self, player: Runner) -> None:
        super().leave(player)
        if player.name == "trent":
            self.fail()

    def step(self, inputs: Mapping[PlayerId, Push]) -> None:
        super().step(inputs)
        if any(push.jump for push in inputs.values()):
            self.fail()

    def answer(self, question: str, value: Any) -> None:  # noqa: ANN401 - as in Game
        self.fail()

    @call
    def press(self, player: Runner, number: int = integer(0, 9)) -> None:
        self.fail()


def mine_of(error: str, number: int = 0, base: type[Mine] = Mine) -> type[Mine]:
    class Made(base):  # type: ignore[misc,valid-type] # the class is chosen by the test
        name = f"mine{number}"
        blow = ERRORS[error]

    made: type[Mine] = Made
    return made


class Truth:
    """Stands where a room's recorder stands: keeps what entered each step, and the hash behind it."""

    def __init__(self, room: Room) -> None:
        self.steps: list[Step] = []
        self.hashes: list[int] = []
        self.faults: list[Fault] = []
        self.room = room
        self.plan = room.plan
        room.recorder = self  # type: ignore[assignment] # what a room needs of one

    def step(self, step: Step, simulation: Simulation) -> None:
        self.steps.append(step)
        self.hashes.append(simulation.world.hash())

    def show(self, *_: object) -> None:
        pass

    def fault(self, fault: Fault) -> None:
        self.faults.append(fault)

    def begin_again(self, tick: int) -> None:
        """The world of the last good tick is the one that it knew."""
        assert tick == self.faults[-1].tick - 1
        assert self.room.simulation.world.tick == self.steps[-1].tick
        assert self.room.simulation.world.hash() == self.hashes[-1]

    def seal(self, end: str) -> None:
        pass

    def close(self) -> None:
        pass

    def check(self) -> None:
        """The same steps make the same match again."""
        simulation = Simulation(self.plan.game, options=self.plan.options, seed=self.plan.seed)
        for taken, expected in zip(self.steps, self.hashes, strict=True):
            taken.run(simulation)
            assert simulation.world.hash() == expected, f"tick {taken.tick}"


def ticks_of(someone: Seated) -> list[int]:
    return [message.tick for message in someone.of(Snapshot)]


def check_sees_all(someone: Seated, room: Room) -> None:
    """He was shown every tick, nothing of the attempt that failed, and his world is the room's."""
    ticks = ticks_of(someone)
    assert ticks == list(range(ticks[0], ticks[-1] + 1)), "a gap"
    assert ticks[-1] == room.clock.tick
    contents = room.simulation.contents()
    assert someone.replica.parts == {part: contents[part] for part in someone.replica.parts}
    assert someone.replica.parts.keys() == {part_of(EVERYONE), part_of(owner(someone.player))}
    told = [event.values for event in someone.of(EventMessage)]
    assert all(666 not in values for values in told) and all(number != 666 for _, number in someone.sparks)


# -- one share at a time ---------------------------------------------------------------------------------------------------
CAUSES: Final = ("call", "input", "join", "leave", "answer")


@attrs.frozen
class Struck:
    """A room at which somebody is about to step on the mine."""

    room: Room
    ann: Seated
    bob: Seated
    trent: Seated

    @classmethod
    def open(cls, room: Room) -> Struck:
        return cls(room, *(sit(room, name) for name in ("ann", "bob", "trent")))

    def strike(self, cause: str) -> Seated | None:
        """Does it; returns who came, if somebody did. What the others do in the same tick is innocent."""
        tick = self.room.clock.tick + 1
        self.bob.push(tick, (1, 0))
        self.bob.say(Call(7, "echo", ("hello",)))
        match cause:
            case "call":
                self.ann.say(Call(1, "press", (3,)))
            case "input":
                self.ann.push(tick, (1, 1))
            case "join":
                return sit(self.room, "mallory")
            case "leave":
                go(self.room, self.trent)
            case "answer":
                self.room.answer("who", 1)
        return None


async def strike_everywhere(cause: str, caplog: pytest.LogCaptureFixture) -> list[tuple[int, int, int, int, float]]:
    mines = [mine_of(error, number) for number, error in enumerate(ERRORS)]
    async with serving(Toy, *mines) as host:
        healthy = await Healthy.fill(host)
        for error, mine in zip(ERRORS, mines, strict=True):
            room = host.server.rooms.open(mine.name, mine)
            truth = Truth(room)
            struck = Struck.open(room)
            await trio.sleep(0.16)
            caplog.clear()
            mallory = struck.strike(cause)
            await trio.sleep(0.13)
            assert host.server.rooms[mine.name] is room, f"{cause}, {error}"
            assert (room.state, room.counts.restarts) == (RoomState.RUNNING, 1)
            (warning,) = [r for r in caplog.records if r.levelname == "WARNING" and "goes on" in r.getMessage()]
            assert "Traceback" in caplog.text and "bombs.py" in caplog.text, "the author is told where"
            check_sees_all(struck.bob, room)
            assert struck.bob.of(Reply) == [Reply(7, True, "hello")], "who did nothing loses nothing"
            assert room.simulation.players[struck.bob.player].x > 0  # type: ignore[attr-defined] # a Runner
            assert struck.bob.link.ended is None and not struck.bob.seat.over
            check_cost(cause, struck, mallory, warning.getMessage())
            truth.check()
            room.close(Notice(NoticeCode.CLOSED, "enough"))
        await trio.sleep_until(END)
        return healthy.outcome()


def check_cost(cause: str, struck: Struck, mallory: Seated | None, told: str) -> None:
    """What it cost him who did it, and that the operator is told what was left out."""
    match cause:
        case "call":
            assert struck.ann.of(Reply) == [Reply(1, False, f"the game failed at this call, fault {fault_in(told)}")]
            assert "without player 1 (ann): Called is left out" in told
        case "input":
            assert struck.ann.seat.inputs.acknowledged is not None, "it has come, and counts as used"
            assert "without player 1 (ann): his input is left out" in told
        case "join":
            assert mallory is not None
            assert mallory.notice.code == NoticeCode.FAULTED and mallory.notice.detail == fault_in(told)
            assert struck.room.players == 3 and len(struck.room.simulation.players) == 3
            assert "without player 4 (not in the match yet): Join is left out" in told
        case "leave":
            assert struck.room.players == 2
            assert not struck.room.simulation.players[struck.trent.player].connected, "he stays, away"
            assert "without player 3 (trent): Leave is left out" in told
        case "answer":
            assert "without the answer of a hook" in told
    if cause != "join":
        assert struck.ann.link.ended is None
        check_sees_all(struck.ann, struck.room)


def fault_in(told: str) -> str:
    """The fault's id."""
    return told.partition(", fault ")[2].partition(";")[0]


@pytest.mark.parametrize("cause", CAUSES)
def test_what_one_player_did_is_left_out_and_everyone_plays_on(cause: str, caplog: pytest.LogCaptureFixture) -> None:
    """Ten rooms meet it one after the other, each with another error; twenty more tick beside them as if nothing had happened."""
    assert run_deterministic(strike_everywhere, cause, caplog, seed=1) == undisturbed()


# -- when it does not go on ------------------------------------------------------------------------------------------------
@attrs.define
class Run:
    """A room that is run as a server does."""

    ended: trio.Event = attrs.field(factory=trio.Event)
    fault: RoomFault | None = None

    async def until_ended(self, seconds: float) -> None:
        """Raises TooSlowError if it takes longer."""
        with trio.fail_after(seconds):
            await self.ended.wait()


@asynccontextmanager
async def running(room: Room) -> AsyncIterator[Run]:
    """Until the test is through with it."""
    run = Run()

    async def until_closed() -> None:
        try:
            await room.run()
        except RoomFault as fault:
            run.fault = fault
        run.ended.set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(until_closed)
        yield run
        nursery.cancel_scope.cancel()


async def test_the_second_fault_at_the_same_place_ends_the_room(autojump_clock: MockClock) -> None:
    room = make_room(mine_of("KeyError"))
    struck = Struck.open(room)
    async with running(room) as run:
        await trio.sleep(0.16)
        struck.strike("call")
        await trio.sleep(0.2)
        assert (room.counts.restarts, run.ended.is_set()) == (1, False)
        struck.ann.say(Call(2, "press", (1,)))
        await run.until_ended(0.2)
    assert run.fault is not None and isinstance(run.fault.__cause__, KeyError)
    assert run.fault.step is not None and run.fault.step.tick == room.clock.tick
    assert room.counts.restarts == 1


async def test_a_room_does_not_go_on_more_often_than_that(autojump_clock: MockClock) -> None:
    """Each time at another place: after so many somebody is looking for them."""

    class Many(Toy):
        name = "many"

        @call
        def press(self, player: Runner, number: int = integer(0, 9)) -> None:
            match number:
                case 0:
                    raise KeyError
                case 1:
                    raise ValueError
                case 2:
                    raise KeyError
                case _:
                    raise IndexError

    room = make_room(Many)
    ann = sit(room)
    async with running(room) as run:
        for number in range(MAX_RESTARTS):
            await trio.sleep(0.16)
            ann.say(Call(number + 1, "press", (number,)))
            await trio.sleep(0.16)
            assert room.counts.restarts == number + 1
        ann.say(Call(9, "press", (MAX_RESTARTS,)))
        await run.until_ended(0.2)
    assert run.fault is not None


async def test_who_presses_on_is_not_heard_for_a_while(autojump_clock: MockClock) -> None:
    """A key that is held makes the same mistake in each tick: it is let go for him, and the others drive on."""

    class Held(Toy):
        name = "held"

        def step(self, inputs: Mapping[PlayerId, Push]) -> None:
            super().step(inputs)
            if any(push.right < 0 for push in inputs.values()):
                raise ZeroDivisionError

    room = make_room(Held)
    truth = Truth(room)
    ann, bob = sit(room, "ann"), sit(room, "bob")
    async with running(room):
        await trio.sleep(0.16)
        first = room.clock.tick + 1
        quarantine = round(QUARANTINE_SECONDS * room.clock.rate)
        for tick in range(first, first + quarantine):
            ann.push(tick, (-1, 0))
            bob.push(tick, (1, 0))
            await trio.sleep(1 / room.clock.rate)
        ann.push(room.clock.tick + 1, (1, 0))
        await trio.sleep(0.1)
        assert (room.state, room.counts.restarts) == (RoomState.RUNNING, 1)
        runners = {number: player.x for number, player in room.simulation.players.items()}  # type: ignore[attr-defined] # Runner
        assert runners[ann.player] > 0, "he is heard again"
        assert runners[bob.player] >= quarantine
    truth.check()


# -- hooks that take too long ----------------------------------------------------------------------------------------------
class CountingGuard(NoGuard):
    """Counts the calls into the game that failed."""

    def __init__(self) -> None:
        self.failed = 0

    def run(
        self,
        hook: Callable[[*Ts], T],
        *args: *Ts,
        cpu_seconds: float = HOOK_CPU_SECONDS,
        wall_seconds: float = HOOK_WALL_SECONDS,
    ) -> T:
        try:
            return hook(*args)
        except BaseException:
            self.failed += 1
            raise


class Slow(Toy):
    name = "slow"

    def step(self, inputs: Mapping[PlayerId, Push]) -> None:
        super().step(inputs)
        if any(push.jump for push in inputs.values()):
            raise HookTimeout("the hook used more than 0.2 s of CPU time")


async def test_a_hook_that_took_too_long_is_tried_once_more_and_not_for_each_player(autojump_clock: MockClock) -> None:
    guard = CountingGuard()
    room = make_room(Slow, guard=guard)
    truth = Truth(room)
    players = [sit(room, f"p{number}") for number in range(4)]
    async with running(room):
        await trio.sleep(0.26)
        tick = room.clock.tick + 1
        for player in players:
            player.push(tick, (1, int(player is players[3])))
        late = sit(room, "late", role=Role.SPECTATOR)
        players[0].say(Call(1, "echo", ("hi",)))
        await trio.sleep(0.26)
        assert (room.counts.restarts, guard.failed) == (1, 1)
        assert [player.x for player in room.simulation.players.values()] == [0] * 4  # type: ignore[attr-defined] # Runners
        (reply,) = players[0].of(Reply)
        assert (reply.number, reply.ok) == (1, False)
        assert late.of(Snapshot), "who looks on has come in"
        for player in players:
            check_sees_all(player, room)
        await trio.sleep(QUARANTINE_SECONDS)
        players[3].push(room.clock.tick + 1, (1, 1))
        await trio.sleep(0.1)
        assert guard.failed == 2, "and the next time is the same place, wherever it was interrupted"
    truth.check()


async def test_joins_that_were_left_out_with_all_others_come_in_the_next_tick(autojump_clock: MockClock) -> None:
    room = make_room(Slow)
    truth = Truth(room)
    ann, bob = sit(room, "ann"), sit(room, "bob")
    async with running(room):
        await trio.sleep(0.16)
        ann.push(room.clock.tick + 1, (1, 1))
        carol = sit(room, "carol")
        go(room, bob)
        await trio.sleep(0.16)
        assert room.counts.restarts == 1
        assert [player.name for player in room.simulation.players.values()] == ["ann", "carol"]
        check_sees_all(carol, room)
    truth.check()


# -- time ------------------------------------------------------------------------------------------------------------------
def heavy_of(clock: MockClock, seconds: float) -> type[Game]:
    """Each step of it takes so long."""

    class Heavy(Mine):
        name = "heavy"
        tick_rate = 10
        blow = ERRORS["KeyError"]

        def step(self, inputs: Mapping[PlayerId, Push]) -> None:
            clock.jump(seconds)
            super().step(inputs)

    return Heavy


async def test_the_others_tick_while_a_world_is_built_anew(autojump_clock: MockClock) -> None:
    """A second's worth of steps: each slice delays them, and no more."""
    async with serving(Toy) as host:
        other = host.server.rooms.open("toy1", Toy, keep=True)
        heavy = host.server.rooms.open("heavy1", heavy_of(autojump_clock, 0.03), keep=True)
        seen = sit(other)
        ann, bob = sit(heavy, "ann"), sit(heavy, "bob")
        await trio.sleep(4.0)
        other.counts.worst_lateness_seconds = 0.0
        ann.say(Call(1, "press", (1,)))
        await trio.sleep(2.0)
        assert heavy.counts.restarts == 1
        assert other.counts.worst_lateness_seconds < 3 * max(SLICE_SECONDS, 0.03) + 0.001
        assert other.clock.lost_seconds == 0
        seen.read()
        assert seen.replica.tick == other.clock.tick
        bob.read()
        assert bob.replica.tick == heavy.clock.tick


async def test_what_takes_too_long_ends_the_room(autojump_clock: MockClock) -> None:
    room = make_room(heavy_of(autojump_clock, 0.09))
    ann = sit(room, "ann")
    async with running(room) as run:
        await trio.sleep(4.5)
        ann.say(Call(1, "press", (1,)))
        await run.until_ended(PATIENCE_SECONDS + 0.5)
    assert run.fault is not None


async def test_a_room_may_be_closed_while_its_world_is_built_anew(autojump_clock: MockClock) -> None:
    room = make_room(heavy_of(autojump_clock, 0.03))
    ann = sit(room, "ann")
    async with running(room):
        await trio.sleep(3.0)
        ann.say(Call(1, "press", (1,)))
        await trio.sleep(0.3)
        assert room.counts.restarts == 0
        room.close(Notice(NoticeCode.CLOSED, "the server is going away"))
    assert ann.notice.code == NoticeCode.CLOSED


async def test_who_leaves_while_the_world_is_built_anew_has_left(autojump_clock: MockClock) -> None:
    """Also if he had come in the very tick that failed."""
    room = make_room(heavy_of(autojump_clock, 0.03))
    truth = Truth(room)
    ann, bob = sit(room, "ann"), sit(room, "bob")
    async with running(room):
        await trio.sleep(3.0)
        mallory = sit(room, "mallory")
        await trio.sleep(0.3)
        assert room.counts.restarts == 0
        go(room, mallory)
        go(room, bob)
        await trio.sleep(2.0)
        assert room.counts.restarts == 1
        assert [player.name for player in room.simulation.players.values()] == ["ann"]
        ann.read()
        assert ann.replica.tick == room.clock.tick
    truth.check()


# -- somebody whose leaving fails ------------------------------------------------------------------------------------------
async def test_a_leave_that_fails_is_tried_again_when_the_grace_is_over(autojump_clock: MockClock) -> None:
    room = make_room(mine_of("KeyError"))
    truth = Truth(room)
    struck = Struck.open(room)
    async with running(room) as run:
        await trio.sleep(0.16)
        struck.strike("leave")
        await trio.sleep(GRACE_SECONDS - 1)
        assert not run.ended.is_set() and room.counts.restarts == 1
        assert len(room.simulation.players) == 3
        newcomer = sit(room, "newcomer")
        assert newcomer.player == 4, "nobody plays on under his name"
        await run.until_ended(1.2)
    assert run.fault is not None
    truth.check()


# -- secrets ---------------------------------------------------------------------------------------------------------------
class Spy(Fleet):
    """Shows everyone where the ships of both are, and fails."""

    name = "spy"

    @call
    def peep(self, player: Admiral) -> None:
        for ship in self.ships:
            self.emit(Fired(player=player.owner, x=ship.x, y=ship.y, hit=True), EVERYONE)
            ship.afloat = 0
        raise KeyError("caught")


async def test_what_a_failed_attempt_gave_away_reaches_nobody(autojump_clock: MockClock) -> None:
    room = make_room(Spy)
    truth = Truth(room)
    ann, bob, eve = sit(room, "ann"), sit(room, "bob"), sit(room, "eve", role=Role.SPECTATOR)
    async with running(room):
        await trio.sleep(0.3)
        for seated in (ann, bob):
            seated.say(Call(1, "place_at_random", ()))
        await trio.sleep(0.3)
        ann.say(Call(2, "peep", ()))
        await trio.sleep(0.3)
        assert room.counts.restarts == 1
        game = room.simulation.game
        assert isinstance(game, Spy) and len(list(game.ships)) == 2 * len(SHIPS)
        for seated in (ann, bob, eve):
            fired = Spy.events.index(Fired)
            assert all(event.kind != fired for event in seated.of(EventMessage))
            ships = seated.replica.all(Ship)
            assert [ship.owner for ship in ships] == [seated.player] * (len(SHIPS) if seated.player else 0)
    truth.check()


# -- at any time -----------------------------------------------------------------------------------------------------------
class Wander(Mine):
    """Chance, timers and everyone's input decide where they go; a step of the mine anywhere in it."""

    name = "wander"
    blow = ERRORS["ZeroDivisionError"]

    def step(self, inputs: Mapping[PlayerId, Push]) -> None:
        super().step(inputs)
        for player in self.players.values():
            player.x += self.random.integer(0, 3)
        if self.tick % 7 == 0:
            self.after(5, self.shake, self.random.integer(1, 9))

    def shake(self, by: int) -> None:
        for player in self.players.values():
            player.x -= by


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_the_world_goes_on_as_if_what_was_left_out_had_never_been(data: st.DataObject) -> None:
    """In any tick, before and behind a state that was kept: the steps as they were taken make the same match from its beginning."""
    at = data.draw(st.integers(3, 230), label="tick")
    cause = data.draw(st.sampled_from(("call", "input", "join", "answer")), label="cause")
    phase = data.draw(st.floats(0, 0.99), label="phase")

    async def play() -> None:
        room = make_room(Wander, seed=at, phase=phase)
        truth = Truth(room)
        struck = Struck.open(room)
        async with running(room):
            await trio.sleep_until(room.clock.deadline(at) + 0.01)
            struck.strike(cause)
            await trio.sleep(0.5)
            assert room.counts.restarts == 1
            check_sees_all(struck.bob, room)
            check_sees_all(struck.trent, room)
        truth.check()

    run_deterministic(play, seed=1)


# -- what is recorded ------------------------------------------------------------------------------------------------------
async def recordings_of(house: Theatre) -> list[Recording]:
    """All that stand on the disk, in order."""
    disk = house.disk
    return sorted([Recording.open(await disk.read(name)) for name in await disk.list("")], key=lambda one: one.first_tick)


async def test_the_fault_is_sealed_and_the_match_recorded_on(autojump_clock: MockClock) -> None:
    mine = mine_of("KeyError")
    async with theatre(mine) as house:
        room = house.server.rooms.open("mine1", mine, seed=1)
        struck = Struck.open(room)
        await trio.sleep(7.26)
        struck.strike("call")
        await trio.sleep(3.0)
        assert room.counts.restarts == 1
        last = room.clock.tick
        room.close(Notice(NoticeCode.CLOSED, "enough"))
        await trio.sleep(1.0)
        before, after = await recordings_of(house)
    fault = before.fault
    assert fault is not None and fault.tick == before.last_tick + 1
    assert (fault.kind, fault.text, fault.where) == ("KeyError", "'a'", fault.where)
    assert fault.where.startswith("tests/bombs.py:") and "KeyError: 'a'" in fault.traceback
    assert [command for command in fault.step.commands if isinstance(command, Called) and command.method == "press"]
    assert (before.contents.end, after.contents.end) == ("faulted", "closed")
    assert after.header.before is not None and after.header.before.endswith(".trpl")
    assert (after.header.first, after.last_tick) == (before.last_tick, last)
    for recording in (before, after):
        verdict = verify(recording, mine)
        assert verdict.ok, verdict.mismatch
    assert verify(before, mine).fault_repeats


async def test_a_fault_that_nobody_had_a_share_in_is_sealed_too(autojump_clock: MockClock) -> None:
    class Clock(Toy):
        name = "clock"

        def step(self, inputs: Mapping[PlayerId, Push]) -> None:
            super().step(inputs)
            if self.board.steps == 30:
                raise OverflowError("midnight")

    async with theatre(Clock) as house:
        sit(house.server.rooms.open("clock1", Clock, seed=1), "ann")
        await trio.sleep(4.0)
        assert "clock1" not in house.server.rooms
        (recording,) = await recordings_of(house)
    assert recording.fault is not None
    assert (recording.fault.kind, recording.fault.tick, recording.last_tick) == ("OverflowError", 30, 29)
    assert recording.contents.end == "faulted"
    verdict = verify(recording, Clock)
    assert verdict.ok and verdict.fault_repeats

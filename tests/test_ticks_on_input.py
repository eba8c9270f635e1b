"""A room whose game ticks on input: nothing is stepped and nothing is shown unless something happens, and nobody is lost for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import trio
from gameclient.bots import Bot
from gameclient.client import Client

from gameserver import Brain, GameError, Refused, boolean, call, integer
from gameserver.core.limits import ACK_SECONDS, GRACE_SECONDS, IDLE_SECONDS, MAX_BASE_AGE
from gameserver.core.messages import Call, EventMessage, Ping, Pong, Reply, Role, Snapshot
from gameserver.core.parts import MOST_BASES
from gameserver.core.simulation import Called, Join, Simulation
from gameserver.net.link import MemoryLink
from gameserver.net.simulated import Latency
from tests.helpers import HOST, PORT, Push, Seated, Toy, game_of, go, make_room, serving, sit, step

if TYPE_CHECKING:
    from trio.testing import MockClock

    from gameserver import PlayerId, Replica
    from gameserver.room import Room
    from tests.helpers import Runner

URL = f"ws://{HOST}:{PORT}/ws/quiet1"
SECOND = Toy.tick_rate


class Quiet(Toy):
    """The toy, in turns: `diary` has the ticks of its steps and of what its timers did."""

    name = "quiet"
    ticks_on_input = True

    @call
    def later(self, player: Runner, ticks: int = integer(1, 10_000)) -> int:
        return self.after(ticks, self.ring, player.owner)

    def ring(self, player: PlayerId) -> None:
        self.diary.append(("ring", self.tick, player))
        self.players[player].x += 1

    def stepped(self) -> list[int]:
        return [entry[1] for entry in self.diary if entry[0] == "step"]


def quiet(room: Room) -> Quiet:
    game = game_of(room)
    assert isinstance(game, Quiet)
    return game


async def pinging(room: Room, *people: Seated, seconds: float) -> None:
    """Let so much time pass while they do what clients do: a ping each second."""
    for number in range(int(seconds)):
        for someone in people:
            someone.say(Ping(1_000 + number, number))
        await step(room, SECOND)


# -- nothing happens --------------------------------------------------------------------------------------------------------
async def test_in_an_idle_room_nothing_is_stepped_and_nothing_is_shown_but_pings_are_answered(autojump_clock: MockClock) -> None:
    room = make_room(Quiet)
    people = [sit(room, "ann"), sit(room, "bob"), sit(room, "eve", role=Role.SPECTATOR)]
    await step(room, 2)
    steps = room.counts.steps
    before = [len(someone.of(Snapshot)) for someone in people]
    for someone in people:
        someone.link.acknowledges = False
    await pinging(room, *people, seconds=60)
    assert room.counts.steps == steps == 1
    assert [len(someone.of(Snapshot)) for someone in people] == before == [1, 1, 1]
    for someone in people:
        assert [pong.sequence for pong in someone.of(Pong)] == list(range(1_000, 1_060))
        assert someone.link.ended is None and not someone.link.aborted
    assert room.clock.tick == 2 + 60 * SECOND, "ticks go on in time"


async def test_a_pong_tells_the_time_of_a_room_that_stands_still(autojump_clock: MockClock) -> None:
    room = make_room(Quiet)
    ann = sit(room)
    await step(room, 100)
    ann.say(Ping(7, 123))
    await step(room)
    (pong,) = ann.of(Pong)
    assert (pong.sequence, pong.client_time, pong.tick) == (7, 123, 101)
    assert pong.into_tick == pytest.approx(0, abs=2)


async def test_who_says_nothing_at_all_is_idle(autojump_clock: MockClock) -> None:
    room = make_room(Quiet)
    ann, bob = sit(room, "ann"), sit(room, "bob")
    await step(room)
    for someone in (ann, bob):
        someone.link.acknowledges = False
    await pinging(room, ann, seconds=IDLE_SECONDS + 2)
    assert ann.link.ended is None
    assert "nothing was heard" in bob.notice.text


# -- something happens ------------------------------------------------------------------------------------------------------
async def test_a_call_is_answered_in_the_next_tick_and_everyone_sees_what_came_of_it(autojump_clock: MockClock) -> None:
    room = make_room(Quiet)
    ann, bob = sit(room, "ann"), sit(room, "bob")
    await step(room, 300)
    ann.say(Call(1, "echo", ("hi",)))
    await step(room)
    assert [reply.value for reply in ann.of(Reply)] == ["hi"]
    assert quiet(room).stepped() == [1, 301]
    assert [snapshot.tick for snapshot in bob.of(Snapshot)] == [1, 301]
    assert bob.replica.shared().steps == 2
    fragments = bob.of(Snapshot)[-1].fragments
    assert [fragment[1] for fragment in fragments] == [300], "a difference to what was shown 300 ticks ago, not all anew"


async def test_a_timer_goes_off_at_its_tick(autojump_clock: MockClock) -> None:
    room = make_room(Quiet)
    ann, bob = sit(room, "ann"), sit(room, "bob")
    await step(room, 10)
    ann.say(Call(1, "later", (777,)))
    await step(room)
    await pinging(room, ann, bob, seconds=60)
    assert [entry for entry in quiet(room).diary if entry[0] == "ring"] == [("ring", 11 + 777, ann.player)]
    assert [snapshot.tick for snapshot in bob.of(Snapshot)] == [1, 11, 11 + 777]


async def test_an_input_is_a_reason_to_step_at_its_tick_and_only_then(autojump_clock: MockClock) -> None:
    room = make_room(Quiet)
    ann = sit(room)
    await step(room, 10)
    ann.push(15, (1, 1))
    ann.acknowledge()  # an INPUT without values is none
    await step(room, 50)
    assert quiet(room).stepped() == [1, 15]
    assert quiet(room).players[ann.player].x == 1
    assert ann.of(Snapshot)[-1].input_ack == 15


async def test_an_input_that_comes_late_counts_in_the_next_tick(autojump_clock: MockClock) -> None:
    room = make_room(Quiet)
    ann = sit(room)
    await step(room, 10)
    ann.push(8, (1, 1))
    await step(room, 50)
    assert quiet(room).stepped() == [1, 11]
    me = quiet(room).players[ann.player]
    assert (me.x, me.jumps) == (1, 1)


async def test_ticks_that_are_made_up_are_stepped_where_something_is_due(autojump_clock: MockClock) -> None:
    room = make_room(Quiet)
    ann = sit(room)
    await step(room, 5)
    ann.push(7, (1, 0))
    await trio.sleep_until(room.clock.deadline(8))
    room.tick(trio.current_time())
    assert room.clock.tick == 8
    assert quiet(room).stepped() == [1, 7]
    assert ann.of(Snapshot)[-1].tick == 8, "the tick in hand"


# -- newcomers --------------------------------------------------------------------------------------------------------------
async def test_a_spectator_gets_a_keyframe_and_nobody_else_notices(autojump_clock: MockClock) -> None:
    room = make_room(Quiet)
    ann = sit(room)
    await pinging(room, ann, seconds=25)
    ann.read()
    eve = sit(room, "eve", role=Role.SPECTATOR)
    await step(room, 50)
    (keyframe,) = eve.of(Snapshot)
    assert (keyframe.tick, [fragment[1] for fragment in keyframe.fragments]) == (501, [0])
    assert [player.name for player in eve.replica.players()] == ["ann"]
    assert len(ann.of(Snapshot)) == 1
    assert room.counts.steps == 1
    ann.say(Call(1, "echo", ("hi",)))
    await step(room)
    assert [[fragment[1] for fragment in someone.of(Snapshot)[-1].fragments] for someone in (ann, eve)] == [[550], [50]]
    assert ann.replica.shared().steps == eve.replica.shared().steps == 2


async def test_however_many_come_to_look_what_is_kept_for_them_is_bounded(autojump_clock: MockClock) -> None:
    room = make_room(Quiet)
    ann = sit(room)
    await step(room)
    for _ in range(2 * MOST_BASES):
        eve = sit(room, "eve", role=Role.SPECTATOR)
        await step(room)
        assert len(eve.of(Snapshot)) == 1
        go(room, eve)
    assert MAX_BASE_AGE < len(room._showing.parts._history) <= MOST_BASES
    ann.say(Call(1, "echo", ("hi",)))
    await step(room)
    ann.read()
    assert ann.replica.shared().steps == 2, "from nothing: what he had is too long ago"


async def test_who_comes_back_gets_all_of_it_with_what_he_missed(autojump_clock: MockClock) -> None:
    room = make_room(Quiet)
    ann, bob = sit(room, "ann"), sit(room, "bob")
    room.welcome(ann.seat, b"a" * 16)
    await step(room, 10)
    ann.read()
    room.release(ann.seat, ann.link)
    await step(room)
    assert not quiet(room).players[ann.player].connected
    bob.say(Call(1, "echo", ("hi",)))
    await step(room, 100)
    again = MemoryLink()
    assert room.find(b"a" * 16) is ann.seat
    ann.seat.resume(again, b"a" * 16)
    ann.seat.enter(again)
    await step(room, 50)
    assert quiet(room).players[ann.player].connected
    ann.link.sent += again.sent
    snapshot = ann.of(Snapshot)[-1]
    assert (snapshot.tick, {fragment[1] for fragment in snapshot.fragments}) == (112, {0})
    assert len(again.sent) == 1


async def test_a_newer_line_is_shown_everything_though_nothing_happened(autojump_clock: MockClock) -> None:
    """It takes the seat between two ticks: the match never hears that the older one has gone."""
    room = make_room(Quiet)
    ann = sit(room)
    room.welcome(ann.seat, b"a" * 16)
    await step(room, 10)
    again = MemoryLink()
    ann.seat.resume(again, b"a" * 16)
    ann.seat.enter(again)
    await step(room, 10)
    assert len(again.sent) == 1
    assert room.counts.steps == 1


async def test_a_seat_is_given_up_when_its_time_is_over(autojump_clock: MockClock) -> None:
    room = make_room(Quiet)
    ann, bob = sit(room, "ann"), sit(room, "bob")
    await step(room, 10)
    room.release(ann.seat, ann.link)
    await pinging(room, bob, seconds=GRACE_SECONDS + 1)
    bob.read()
    assert [player.name for player in bob.replica.players()] == ["bob"]
    assert room.counts.steps == 3, "they came; ann's line broke; she left"


# -- lines ------------------------------------------------------------------------------------------------------------------
async def test_nobody_is_cut_off_for_what_he_need_not_acknowledge(autojump_clock: MockClock) -> None:
    """Three snapshots, and then nothing for minutes: a client says nothing about the first three."""
    room = make_room(Quiet)
    ann, bob = sit(room, "ann"), sit(room, "bob")
    ann.link.acknowledges = False
    await step(room)
    for number in (1, 2):
        bob.say(Call(number, "echo", ("hi",)))
        await step(room)
    await pinging(room, ann, bob, seconds=120)
    assert len(ann.of(Snapshot)) == 3
    assert ann.link.ended is None


async def test_who_lets_the_fourth_snapshot_wait_is_cut_off(autojump_clock: MockClock) -> None:
    room = make_room(Quiet)
    ann, bob = sit(room, "ann"), sit(room, "bob")
    ann.link.acknowledges = False
    await step(room)
    for number in (1, 2, 3):
        bob.say(Call(number, "echo", ("hi",)))
        await step(room)
    await pinging(room, ann, bob, seconds=ACK_SECONDS - 1)
    assert ann.link.ended is None
    await pinging(room, ann, bob, seconds=2)
    assert "acknowledged" in ann.notice.text


async def test_who_takes_nothing_is_cut_off_once_something_waits_for_him(autojump_clock: MockClock) -> None:
    room = make_room(Quiet)
    ann, bob = sit(room, "ann"), sit(room, "bob")
    ann.link.acknowledges = False
    await step(room)
    ann.link.open_for_frames = False
    await pinging(room, ann, bob, seconds=30)
    assert not ann.link.aborted, "nothing waits: so nothing is known"
    bob.say(Call(1, "echo", ("hi",)))
    await pinging(room, ann, bob, seconds=ACK_SECONDS + 2)
    assert ann.link.aborted


async def test_who_could_not_take_it_at_once_gets_it_when_he_can(autojump_clock: MockClock) -> None:
    room = make_room(Quiet)
    ann, bob = sit(room, "ann"), sit(room, "bob")
    await step(room, 10)
    ann.link.open_for_frames = False
    bob.say(Call(1, "whisper", (5,)), Call(2, "echo", ("hi",)))
    await step(room, 10)
    ann.link.open_for_frames = True
    await step(room, 20)
    ann.read()
    assert [snapshot.tick for snapshot in ann.of(Snapshot)] == [1, 24], "in the first tick of its rate, which was lowered"
    assert ann.replica.shared().steps == 2
    assert len(bob.of(EventMessage)) == 3, "two came, one whispered"


async def test_everyone_is_told_that_time_was_lost(autojump_clock: MockClock) -> None:
    room = make_room(Quiet)
    ann = sit(room)
    await step(room, 10)
    await trio.sleep(5)
    room.tick(trio.current_time())
    control = ann.of(Snapshot)[-1].control
    assert control is not None and control[2] == room.clock.epoch == 1
    assert room.counts.steps == 1


# -- the simulation ---------------------------------------------------------------------------------------------------------
def test_ticks_only_grow() -> None:
    simulation = Simulation(Quiet)
    simulation.step([Join(1, "ann")], {}, 10)
    for over in (10, 9, -1):
        with pytest.raises(ValueError, match="is over: the last one was 10"):
            simulation.step([], {}, over)
    simulation.step([], {})
    assert simulation.world.tick == 11


def test_a_tick_may_be_left_out_only_if_no_timer_is_due() -> None:
    simulation = Simulation(Quiet)
    simulation.step([Join(1, "ann"), Called(1, 1, "later", (5,))], {}, 10)
    assert [simulation.is_idle(tick) for tick in (11, 14, 15, 16)] == [True, True, False, False]
    assert not Simulation(Toy).is_idle(1)


def test_steps_with_their_ticks_are_the_match() -> None:
    """The same commands in the same ticks give the same state, by whatever way it came there."""
    turns: list[tuple[int, list[Any]]] = [
        (3, [Join(1, "ann")]),
        (90, [Called(1, 1, "later", (40,))]),
        (130, []),
        (400, [Called(1, 2, "echo", ("x",))]),
    ]
    one, other = Simulation(Quiet, seed=5), Simulation(Quiet, seed=5)
    for tick, commands in turns:
        one.step(commands, {}, tick)
        other.restore(other.encode())
        other.step(commands, {}, tick)
    assert one.world.hash() == other.world.hash()
    other.step([], {}, 401)
    one.step([], {}, 402)
    assert one.world.hash() != other.world.hash()


# -- bots -------------------------------------------------------------------------------------------------------------------
class Echoing(Brain):
    """Answers each word that it has not answered, and notes what it saw, and when."""

    def __init__(self, *of_brain: Any) -> None:  # noqa: ANN401 - as in Brain
        super().__init__(*of_brain)
        self.seen: list[int | None] = []
        self.no: list[tuple[str, str]] = []

    def think(self, view: Replica, player: PlayerId) -> None:
        self.seen.append(view.tick)
        if len(self.seen) <= 3:
            self.call("echo", f"word {len(self.seen)}")
            self.call("forbid")

    def refused(self, method: str, why: str) -> None:
        self.no.append((method, why))


async def test_a_bot_thinks_when_there_is_something_to_see_and_its_calls_are_made_in_order(autojump_clock: MockClock) -> None:
    async with serving(Quiet, latency=Latency(0.02, 0.01)) as host, trio.open_nursery() as nursery:
        brains: list[Echoing] = []

        class Kept(Echoing):
            def __init__(self, *of_brain: Any) -> None:  # noqa: ANN401 - as in Brain
                super().__init__(*of_brain)
                brains.append(self)

        client = Client(URL, game="quiet", name="bot", network=host.network, role=Role.BOT)
        nursery.start_soon(Bot(client, Kept).run)
        await trio.sleep(10)
        (brain,) = brains
        game = quiet(host.server.rooms["quiet1"])
        words = [entry[3] for entry in game.diary if entry[0] == "echo"]
        assert words == ["word 1", "word 2", "word 3"]
        assert brain.no == [("forbid", "not today")] * 3
        thoughts = len(brain.seen)
        assert thoughts < 12, "it does not think where nothing changes"
        await trio.sleep(60)
        assert len(brain.seen) == thoughts
        late = Client(URL, game="quiet", name="ann", network=host.network)

        async def play(client: Client) -> None:
            await client.call("echo", "from ann")
            await trio.sleep(1)

        await late.run(play)
        await trio.sleep(1)
        assert thoughts < len(brain.seen) <= thoughts + 4, "ann came, spoke, left"
        assert brain.seen[-1] == client.replica.tick
        nursery.cancel_scope.cancel()


async def test_a_client_stays_in_a_room_where_nothing_happens(autojump_clock: MockClock) -> None:
    async with serving(Quiet, latency=Latency(0.05, 0.02)) as host:
        losses: list[Exception] = []
        client = Client(URL, game="quiet", name="ann", network=host.network, on_loss=losses.append)

        async def play(client: Client) -> None:
            await trio.sleep(600)
            room = host.server.rooms["quiet1"]
            assert client.clock.tick_at(trio.current_time()) == pytest.approx(room.clock.tick, abs=2), "it knows the time"
            assert client.stats.snapshots == 1
            asked = trio.current_time()
            assert await client.call("echo", "hi") == "hi"
            assert trio.current_time() - asked <= 1 / Quiet.tick_rate + 0.2
            first = client.next_input_tick()
            await client.send_input(first, Push(right=1))
            assert await client.next_snapshot(first) == first, "its stamp is in time though no snapshot had come for minutes"

        await client.run(play)
        assert losses == []


async def test_a_brain_that_only_calls_is_no_reason_to_step_an_action_game(autojump_clock: MockClock) -> None:
    """It sends no inputs at all, and is still acknowledged, seen and kept."""

    class Silent(Brain):
        def think(self, view: Replica, player: PlayerId) -> None:
            if view.tick is not None and view.tick % 50 < 2:
                self.call("echo", "now")

    async with serving() as host, trio.open_nursery() as nursery:
        client = Client(f"ws://{HOST}:{PORT}/ws/toy1", game="toy", name="bot", network=host.network, comes_back=False)
        nursery.start_soon(Bot(client, Silent).run)
        await trio.sleep(20)
        assert client.connected
        assert client.input_ack is None
        nursery.cancel_scope.cancel()


# -- calls of a brain -------------------------------------------------------------------------------------------------------
class Caller(Brain):
    """Its calls are made by the test."""


class Typed(Toy):
    name = "typed"

    @call
    def switch(self, player: Runner, on: bool = boolean(), level: int = integer(1, 3)) -> None:
        raise Refused("never")


@pytest.mark.parametrize(
    ("called", "wrong"),
    [
        (("swich", True, 1), "typed has no call 'swich'; it has .*switch"),
        (("switch",), "'switch' has 0 arguments; it takes on, level"),
        (("switch", True, 1, 2), "'switch' has 3 arguments"),
        (("switch", True, 4), "level: 4 is outside 1..3"),
        (("switch", 1, 2), "on: 1 is a int, not True or False"),
    ],
)
def test_a_call_that_cannot_be_made_is_an_error_of_the_brain_at_once(called: tuple[Any, ...], wrong: str) -> None:
    with pytest.raises(GameError, match=wrong):
        Caller(Typed.schema, None, 1).call(*called)


def test_calls_are_taken_once_as_the_wire_has_them() -> None:
    brain = Caller(Typed.schema, None, 1)
    brain.call("switch", True, 2)
    brain.call("forbid")
    assert brain.take_calls() == [("switch", (1, 2)), ("forbid", ())]
    assert brain.take_calls() == []

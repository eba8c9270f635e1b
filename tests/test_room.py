"""One room, its tick driven by hand and its clients on MemoryLinks: what goes in, what comes out, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import pytest
import trio
import trio.testing

from gameserver import Refused
from gameserver.core.audience import EVERYONE, MAX_PLAYER, owner, part_of
from gameserver.core.limits import (
    ACK_SECONDS,
    EMPTY_ROOM_SECONDS,
    IDLE_SECONDS,
    INPUT_HOLD_SECONDS,
    JOINS_PER_TICK,
    MAX_CALLS,
    MAX_CATCH_UP,
    OVER_ALLOWANCE_SECONDS,
    OVER_ROOM_SECONDS,
    RELIABLE_MESSAGES,
    SNAPSHOT_HARD,
)
from gameserver.core.messages import (
    OVER_FLAG,
    Bye,
    Call,
    EventMessage,
    Inputs,
    Notice,
    NoticeCode,
    Ping,
    Pong,
    Ready,
    Reply,
    Role,
    Snapshot,
)
from gameserver.plan import RoomFault, RoomState
from gameserver.rescue import RESCUE_SECONDS
from tests.helpers import Rules, Seated, Toy, game_of, go, make_room, serving, sit, step, toy_at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trio.testing import MockClock

    from gameserver import PlayerId, Result
    from gameserver.room import Room
    from tests.helpers import Push

CAME, WHISPER = 0, 1


def hooks(room: Room, *kinds: str) -> list[tuple[object, ...]]:
    """Which of these hooks ran, in order."""
    return [entry for entry in game_of(room).diary if entry[0] in kinds]


# -- coming and going -------------------------------------------------------------------------------------------------------
async def test_at_most_two_join_in_a_tick(autojump_clock: MockClock) -> None:
    assert JOINS_PER_TICK == 2
    room = make_room()
    people = [sit(room, f"p{n}") for n in range(4)] + [sit(room, "looker", role=Role.SPECTATOR)]
    seen = []
    for _ in range(3):
        await step(room)
        seen.append(sum(bool(p.of(Snapshot)) for p in people))
    assert seen == [2, 4, 5]
    assert hooks(room, "join") == [("join", 1, 1, {}), ("join", 1, 2, {}), ("join", 2, 3, {}), ("join", 2, 4, {})]


async def test_who_is_not_ready_is_not_in_the_match_and_his_line_is_not_touched(autojump_clock: MockClock) -> None:
    """Until READY the session listens to the line: a tick in between must not take READY away from it."""
    room = make_room()
    ann = sit(room, ready=False)
    ann.say(Ready(None))
    await step(room, 3)
    assert len(ann.link.inbox) == 1
    assert ann.link.ended is None
    assert not ann.link.sent
    assert hooks(room, "join") == []


async def test_join_and_leave_happen_inside_the_tick(autojump_clock: MockClock) -> None:
    room = make_room()
    ann, bob = sit(room, "ann", profile={"rank": 3}), sit(room, "bob")
    assert hooks(room, "join", "step") == []
    await step(room)
    go(room, ann)
    go(room, ann)
    assert hooks(room, "leave") == [], "not before the next tick"
    cid = sit(room, "cid")
    await step(room)
    assert game_of(room).diary == [
        ("join", 1, 1, {"rank": 3}),
        ("join", 1, 2, {}),
        ("step", 1, (1, 2)),
        ("leave", 2, 1),
        ("join", 2, 3, {}),
        ("step", 2, (2, 3)),
    ]
    bob.read()
    assert [p.name for p in bob.replica.players()] == ["bob", "cid"]
    assert cid.player == 3


async def test_who_goes_before_he_joined_leaves_no_trace(autojump_clock: MockClock) -> None:
    room = make_room()
    ann, ghost = sit(room, "ann"), sit(room, "ghost")
    go(room, ghost)
    await step(room, 2)
    assert hooks(room, "join", "leave") == [("join", 1, ann.player, {})]


async def test_a_full_room_refuses_with_6_and_a_spectator_still_fits(autojump_clock: MockClock) -> None:
    room = make_room()
    people = [sit(room, f"p{n}") for n in range(Toy.max_players)]
    with pytest.raises(Refused, match="4 of 4 seats") as refusal:
        sit(room)
    assert refusal.value.code == NoticeCode.FULL
    assert sit(room, role=Role.SPECTATOR).player == 0
    go(room, people[0])
    assert sit(room).player == 5


async def test_player_numbers_are_not_reused_at_once(autojump_clock: MockClock) -> None:
    room = make_room()
    stays = sit(room, "stays")
    given = []
    for _ in range(MAX_PLAYER + 1):
        someone = sit(room, ready=False)
        given.append(someone.player)
        go(room, someone)
    assert given[: MAX_PLAYER - 1] == list(range(2, MAX_PLAYER + 1)), "each number once"
    assert given[MAX_PLAYER - 1 :] == [2, 3], "then from the front, but for the one that somebody has"
    assert stays.player == 1


# -- inputs -----------------------------------------------------------------------------------------------------------------
async def test_step_gets_an_input_of_every_player_in_the_order_of_joining(autojump_clock: MockClock) -> None:
    room = make_room()
    bob, ann = sit(room, "bob"), sit(room, "ann")
    await step(room)
    go(room, bob)
    cid = sit(room, "cid")
    await step(room)
    assert hooks(room, "step") == [("step", 1, (bob.player, ann.player)), ("step", 2, (ann.player, cid.player))]


async def test_inputs_count_at_their_tick(autojump_clock: MockClock) -> None:
    room = make_room()
    ann = sit(room)
    await step(room)
    ann.push(3, (1, 1), (-1, 0), (0, 0))
    seen = []
    for _ in range(5):
        await step(room)
        ann.read()
        (me,) = ann.replica.players()
        seen.append((room.clock.tick, me.x, me.jumps, ann.of(Snapshot)[-1].input_ack))
    assert seen == [(2, 0, 0, None), (3, 1, 1, 3), (4, 0, 1, 4), (5, 0, 1, 5), (6, 0, 1, 5)]


async def test_levels_hold_for_a_while_and_presses_do_not(autojump_clock: MockClock) -> None:
    room = make_room()
    ann = sit(room)
    await step(room)
    ann.push(2, (1, 1))
    await step(room, 40)
    ann.read()
    (me,) = ann.replica.players()
    assert me.x == 1 + round(INPUT_HOLD_SECONDS * Toy.tick_rate)
    assert me.jumps == 1


async def test_a_late_press_counts_once_and_a_late_level_if_it_is_newer(autojump_clock: MockClock) -> None:
    room = make_room()
    ann = sit(room)
    await step(room, 5)
    ann.push(4, (1, 1))
    ann.push(3, (-1, 1))  # for a tick before one that was sent: nothing
    await step(room)
    ann.read()
    (me,) = ann.replica.players()
    assert (me.x, me.jumps) == (1, 1)
    assert ann.of(Snapshot)[-1].margin == round((room.clock.deadline(4) - room.clock.deadline(6)) * 1e6), "negative: it was late"


async def test_the_margin_is_the_time_from_arrival_to_the_tick(autojump_clock: MockClock) -> None:
    room = make_room()
    ann = sit(room)
    await step(room)
    assert ann.of(Snapshot)[-1].margin is None
    ann.push(4, (0, 0), (0, 0))
    await step(room)  # MemoryLink says that it came just now, when tick 2 is due
    assert ann.of(Snapshot)[-1].margin == 2 * 50_000


@pytest.mark.parametrize("values", [(1, 0), (1,)])
async def test_a_spectator_may_acknowledge_but_not_play(autojump_clock: MockClock, values: tuple[int, ...]) -> None:
    room = make_room()
    looker = sit(room, role=Role.SPECTATOR)
    await step(room)
    looker.read()
    looker.acknowledge()
    await step(room)
    assert looker.acknowledged_tick == 1
    assert looker.link.ended is None
    looker.say(Inputs(3, None, 0, None, values))
    await step(room)
    assert looker.link.ended is not None and looker.link.ended[0] == 1002


async def test_a_spectator_may_not_call(autojump_clock: MockClock) -> None:
    room = make_room()
    looker = sit(room, role=Role.SPECTATOR)
    await step(room)
    looker.say(Call(1, "echo", ("hi",)))
    await step(room)
    assert looker.link.ended is not None and looker.link.ended[0] == 1002
    assert hooks(room, "echo") == []


async def test_nobody_can_acknowledge_what_was_not_sent(autojump_clock: MockClock) -> None:
    room = make_room()
    ann = sit(room)
    ann.link.acknowledges = False
    await step(room)
    ann.say(Inputs(0, 999, 0, None, ()))
    await step(room)
    assert ann.acknowledged_tick is None
    ann.say(Inputs(0, 2, 0, None, ()), Inputs(0, 1, 0, None, ()))
    await step(room)
    assert ann.acknowledged_tick == 2, "and it never goes back"


# -- snapshots --------------------------------------------------------------------------------------------------------------
async def test_the_first_snapshot_is_a_keyframe_and_says_the_epoch_of_the_clock(autojump_clock: MockClock) -> None:
    room = make_room()
    await step(room, 2)
    ann = sit(room)
    await step(room, 2)
    first, second = ann.of(Snapshot)
    assert (first.epoch, first.tick, first.flags, first.input_ack, first.margin) == (0, 3, 0, None, None)
    assert first.control == ((), None, room.clock.epoch, ())
    assert [fragment[:2] for fragment in first.fragments] == [(part_of(EVERYONE), 0), (part_of(owner(ann.player)), 0)]
    assert second.control is None
    assert all(fragment[1] == 1 for fragment in second.fragments), "differences to the tick before"


async def test_lost_time_is_told_by_a_new_epoch_of_the_clock(autojump_clock: MockClock) -> None:
    room = make_room()
    ann = sit(room)
    await step(room)
    autojump_clock.jump(3)
    room.tick(trio.current_time())
    await step(room)
    before, at, after = ann.of(Snapshot)
    assert before.control is not None and at.control is not None
    assert at.control[2] == before.control[2] + 1
    assert at.tick == before.tick + 1, "time is lost, ticks are not"
    assert after.control is None


async def test_owners_see_what_is_theirs_and_spectators_only_what_is_public(autojump_clock: MockClock) -> None:
    room = make_room()
    ann, bob, looker = sit(room, "ann"), sit(room, "bob"), sit(room, "looker", role=Role.SPECTATOR)
    await step(room, 3)
    for someone in (ann, bob, looker):
        someone.read()
    assert looker.replica.parts.keys() == {part_of(EVERYONE)}
    assert ann.replica.parts.keys() == {part_of(EVERYONE), part_of(owner(ann.player))}
    mine, others = ann.replica.players()
    assert mine.lucky == 7
    assert not hasattr(others, "lucky")
    assert not any(hasattr(p, "lucky") for p in looker.replica.players())
    assert bob.replica.players()[1].lucky == 14


async def test_a_frame_is_pongs_and_events_and_then_one_snapshot(autojump_clock: MockClock) -> None:
    room = make_room()
    ann = sit(room)
    await step(room)
    ann.say(Ping(5, 55), Call(1, "whisper", (9,)))
    await step(room)
    ann.read()
    assert [type(message) for message in ann.frames[-1]] == [EventMessage, Reply, Pong, Snapshot]
    assert ann.of(Pong) == [Pong(5, 55, 2, 0, 0)]


async def test_a_snapshot_that_is_too_large_is_the_fault_of_the_room(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = make_room()
    sit(room)
    monkeypatch.setattr("gameserver.showing.SNAPSHOT_HARD", 10)
    assert SNAPSHOT_HARD > 10
    with pytest.raises(RoomFault) as fault:
        await step(room)
    assert "show fewer entities" in str(fault.value.__cause__)


async def test_a_state_that_is_too_large_to_be_kept_ends_no_match(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It could not go on after a fault: that is said once."""
    room = make_room()
    sit(room)
    monkeypatch.setattr("gameserver.core.world.MAX_STATE", 10)
    ticks = round(4 * RESCUE_SECONDS * Toy.tick_rate)
    await step(room, ticks)
    assert room.state is RoomState.RUNNING and room.clock.tick == ticks
    assert [record.message for record in caplog.records if "would not go on" in record.message] == [
        record.message for record in caplog.records if "keep fewer or smaller entities" in record.message
    ]
    assert sum("would not go on" in record.message for record in caplog.records) == 1
    make_room()


# -- the reliable lane ------------------------------------------------------------------------------------------------------
async def test_reliable_events_arrive_once_and_in_order_whatever_the_line_refuses(autojump_clock: MockClock) -> None:
    room = make_room()
    ann = sit(room)
    await step(room)
    for number in range(60):
        ann.link.open_for_frames = number % 7 == 0
        ann.say(Call(number + 1, "whisper", (number,)))
        await step(room)
        if number % 7 == 0:
            ann.read()
            ann.acknowledge()
    ann.link.open_for_frames = True
    await step(room, 8)  # she is put down to every 8th tick by now
    events = ann.of(EventMessage)
    assert [e.sequence for e in events] == list(range(1, 62))
    assert [e.kind for e in events] == [CAME] + 60 * [WHISPER]
    assert [e.values for e in events[1:]] == [(number,) for number in range(60)]
    assert [e.tick for e in events] == list(range(1, 62)), "the tick in which it happened, not the one that carried it"
    assert [r.number for r in ann.of(Reply)] == list(range(1, 61))


async def test_events_go_to_their_audience_and_spectators_are_everyone(autojump_clock: MockClock) -> None:
    """A spectator has no team and no number; events for one player must pass him by and not trip over him."""
    room = make_room()
    ann, bob, looker = sit(room, "ann"), sit(room, "bob"), sit(room, "looker", role=Role.SPECTATOR)
    await step(room, 2)
    ann.say(Call(1, "whisper", (5,)))
    await step(room)
    cid = sit(room, "cid")
    await step(room)
    assert [(e.sequence, e.kind) for e in ann.of(EventMessage)] == [(1, CAME), (2, CAME), (3, WHISPER), (4, CAME)]
    assert [(e.sequence, e.kind) for e in bob.of(EventMessage)] == [(1, CAME), (2, CAME), (3, CAME)]
    assert [(e.sequence, e.kind) for e in looker.of(EventMessage)] == [(1, CAME)]
    assert [(e.sequence, e.values) for e in cid.of(EventMessage)] == [(1, (cid.player,))]


async def test_calls_are_answered(autojump_clock: MockClock) -> None:
    room = make_room()
    ann, bob = sit(room, "ann"), sit(room, "bob")
    await step(room)
    ann.say(Call(7, "echo", ("hello",)), Call(8, "forbid", ()), Call(9, "whisper", (1,)))
    await step(room)
    assert ann.of(Reply) == [Reply(7, True, "hello"), Reply(8, False, "not today"), Reply(9, True, None)]
    assert bob.of(Reply) == []
    assert hooks(room, "echo") == [("echo", 2, ann.player, "hello")]


@pytest.mark.parametrize(
    ("method", "arguments"),
    [("echo", ()), ("echo", (1,)), ("echo", ("a", "b")), ("whisper", (1_001,)), ("whisper", (-1,)), ("nothing", ()), ("join", ())],
)
async def test_a_call_that_does_not_fit_ends_the_line_and_never_reaches_the_game(
    autojump_clock: MockClock, method: str, arguments: tuple[int | str, ...]
) -> None:
    room = make_room()
    ann, bob = sit(room, "ann"), sit(room, "bob")
    await step(room)
    ann.say(Call(1, method, arguments))
    await step(room)
    assert ann.link.ended is not None and ann.link.ended[0] == 1002
    assert bob.link.ended is None
    assert hooks(room, "echo") == []


async def test_too_many_calls_at_once_are_refused_politely(autojump_clock: MockClock) -> None:
    room = make_room()
    ann = sit(room)
    await step(room)
    ann.say(*(Call(n, "echo", ("x",)) for n in range(1, MAX_CALLS + 3)))
    await step(room)
    replies = {reply.number: reply.ok for reply in ann.of(Reply)}
    assert replies == {n: n <= MAX_CALLS for n in range(1, MAX_CALLS + 3)}
    ann.say(Call(100, "echo", ("y",)))
    await step(room)
    assert ann.of(Reply)[-1] == Reply(100, True, "y")


async def test_who_does_not_take_his_reliable_messages_is_sent_away(autojump_clock: MockClock) -> None:
    room = make_room(toy_at(60))
    ann = sit(room)
    await step(room)
    ann.link.open_for_frames = False
    for tick in range(RELIABLE_MESSAGES // 2 + 1):
        ann.say(*(Call(2 * tick + number, "echo", ("x",)) for number in (1, 2)))
        await step(room)
    assert ann.notice.code == NoticeCode.TOO_SLOW


async def test_who_says_more_than_his_share_is_heard_in_part_and_then_sent_away(autojump_clock: MockClock) -> None:
    """Four messages a tick, where three are allowed: for a second all are heard, then three; after three seconds of it he goes."""
    room = make_room()
    ann, bob = sit(room, "ann"), sit(room, "bob")
    await step(room)
    begin = trio.current_time()
    said = 0
    while ann.link.ended is None:
        ann.say(*(Inputs(0, None, 0, None, ()) for _ in range(3)))  # with the acknowledgement four
        said += 3
        await step(room)
        assert trio.current_time() - begin < 10
    assert ann.link.ended[0] == 1008
    passed = trio.current_time() - begin
    assert passed > OVER_ALLOWANCE_SECONDS
    a_second = 2 * Toy.tick_rate + 20
    assert ann.seat.line is not None
    waits = len(ann.link.inbox) + len(ann.seat.line._waiting)
    assert said + len(ann.of(Snapshot)) - waits <= a_second * (passed + 1)
    assert [snapshot.tick for snapshot in bob.of(Snapshot)] == list(range(1, room.clock.tick + 1)), "nobody else notices"


async def test_what_a_held_up_line_brings_at_once_is_all_heard(autojump_clock: MockClock) -> None:
    room = make_room()
    ann = sit(room)
    await step(room)
    ann.say(*(Ping(number, 0) for number in range(40)))
    await step(room)
    assert len(ann.of(Pong)) == 40


async def test_cosmetic_events_of_ticks_caught_up_say_how_long_ago(autojump_clock: MockClock) -> None:
    room = make_room()
    ann = sit(room)
    await step(room)
    ann.say(Call(1, "spark", (1,)))
    autojump_clock.jump(3 / Toy.tick_rate)
    room.tick(trio.current_time())
    ann.say(Call(2, "spark", (2,)))
    await step(room)
    ann.read()
    assert ann.sparks == [(2, 1), (5, 2)]
    assert [snapshot.tick for snapshot in ann.of(Snapshot)] == [1, 4, 5], "one frame for the ticks caught up"


# -- slow and silent clients ------------------------------------------------------------------------------------------------
async def test_a_client_that_is_skipped_slows_nobody_and_is_right_afterwards(autojump_clock: MockClock) -> None:
    room = make_room()
    ann, bob = sit(room, "ann"), sit(room, "bob")
    await step(room)
    bob.link.open_for_frames = False
    for tick in range(40):  # longer than a base may be old
        ann.push(room.clock.tick + 1, (1, tick % 2), ack=room.clock.tick)
        await step(room)
    assert len(ann.of(Snapshot)) == 41
    assert 5 < room.counts.skipped < 20, "he was put down to every 8th tick"
    bob.link.open_for_frames = True
    await step(room, 7)
    assert [s.tick for s in bob.of(Snapshot)] == [1, 48]
    assert bob.of(Snapshot)[-1].control == ((), 8, 0, ())
    ann.read()
    everyone = part_of(EVERYONE)
    assert bob.replica.parts[everyone] == ann.replica.parts[everyone] == room.simulation.contents()[everyone]
    await step(room, 8)
    bob.read()
    assert bob.replica.parts[everyone] == room.simulation.contents()[everyone]


async def test_a_frame_that_the_line_refuses_in_the_last_moment_changes_nothing(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = make_room()
    ann = sit(room)
    await step(room)
    monkeypatch.setattr(ann.link, "send_nowait", lambda *parts: False)
    ann.say(Ping(1, 1), Call(1, "whisper", (3,)))
    await step(room, 2)
    monkeypatch.undo()
    await step(room)
    ann.read()
    assert [type(m) for m in ann.frames[-1]] == [EventMessage, Reply, Pong, Snapshot]
    assert ann.of(Pong)[0].held == 100_000, "it waited for two ticks"
    assert ann.replica.tick == 4


async def test_who_acknowledges_nothing_is_too_slow(autojump_clock: MockClock) -> None:
    room = make_room()
    ann, bob = sit(room, "ann"), sit(room, "bob")
    ann.link.acknowledges = False
    while ann.link.ended is None:
        await step(room, 2)
        ann.say(Ping(1, 1))  # he is there, but he does not keep up
    assert ann.notice.code == NoticeCode.TOO_SLOW
    assert ann.link.ended[0] == 1008
    assert trio.current_time() == pytest.approx(ACK_SECONDS, abs=0.5)
    assert bob.link.ended is None


async def test_who_has_everything_is_not_too_slow_though_nothing_is_sent(autojump_clock: MockClock) -> None:
    room = make_room()
    ann = sit(room)
    await step(room)
    ann.read()
    ann.acknowledge()
    await step(room)
    ann.read()
    ann.acknowledge()
    ann.link.open_for_frames = False
    await step(room)
    for _ in range(20):
        ann.say(Ping(1, 1))
        await step(room, 3 * Toy.tick_rate // 4)
    assert ann.link.ended is None


async def test_who_says_nothing_is_idle(autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gameserver.core.pacing.ACK_SECONDS", 1_000.0)
    room = make_room()
    ann, bob = sit(room, "ann"), sit(room, "bob")
    ann.link.acknowledges = False
    while ann.link.ended is None:
        await step(room)
    assert ann.notice.code == NoticeCode.IDLE
    assert ann.link.ended[0] == 1001
    assert trio.current_time() == pytest.approx(IDLE_SECONDS, abs=0.2)
    assert bob.link.ended is None


async def test_one_hertz_is_fast_enough_for_a_client_that_acknowledges_every_fourth(autojump_clock: MockClock) -> None:
    room = make_room(toy_at(1))
    ann = sit(room)
    for tick in range(1, 41):
        await step(room)
        ann.say(Ping(tick, 0))
        ann.read()
        if tick % 4 == 0:
            ann.acknowledge()
    assert ann.link.ended is None
    assert len(ann.of(Snapshot)) == 40


async def test_bye_and_nonsense_end_one_line(autojump_clock: MockClock) -> None:
    room = make_room()
    ann, bob, cid = sit(room, "ann"), sit(room, "bob"), sit(room, "cid")
    await step(room, 2)
    ann.say(Bye())
    bob.say(b"\xc1")
    await step(room)
    assert ann.link.ended == (1000, "goodbye", b"")
    assert bob.link.ended is not None and bob.link.ended[0] == 1002
    assert cid.link.ended is None


# -- the life of a room -----------------------------------------------------------------------------------------------------
async def test_an_empty_room_stands_still_and_goes_on(autojump_clock: MockClock) -> None:
    room = make_room()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(room.run)
        await trio.sleep(100)
        assert (room.state, room.clock.tick) == (RoomState.PAUSED, 0)
        ann = sit(room)
        await trio.sleep(1.01)
        assert (room.state, room.clock.tick) == (RoomState.RUNNING, 20)
        first = ann.of(Snapshot)[0]
        assert (first.tick, first.control) == (1, ((), None, room.clock.epoch, ()))
        epoch = room.clock.epoch
        go(room, ann)
        await trio.sleep(100)
        assert (room.state, room.clock.tick) == (RoomState.PAUSED, 21), "one more tick, in which he leaves"
        assert hooks(room, "leave") == [("leave", 21, ann.player)]
        bob = sit(room, "bob")
        await trio.sleep(1.01)
        assert room.clock.tick == 41
        assert room.clock.epoch == epoch + 1
        assert [p.name for p in (bob.read(), bob.replica.players())[1]] == ["bob"]
        assert room.clock.lost_seconds == 0
        nursery.cancel_scope.cancel()


async def test_an_answer_reaches_a_room_that_stands_still(autojump_clock: MockClock) -> None:
    """In one tick, made for it: whoever comes then finds what the host has said meanwhile."""
    room = make_room()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(room.run)
        await trio.sleep(100)
        for value in (1, 2):
            room.answer("result", value)
            await trio.sleep(1)
            assert (room.state, room.clock.tick, game_of(room).board.answer) == (RoomState.PAUSED, value, value)
        nursery.cancel_scope.cancel()


async def test_a_host_may_listen_to_each_step_before_anyone_is_told(autojump_clock: MockClock) -> None:
    room = make_room()
    told: list[tuple[int, int]] = []
    ann = sit(room)
    room.on_step = lambda room: told.append((room.clock.tick, len(ann.of(Snapshot))))
    await step(room, 3)
    assert told == [(1, 0), (2, 1), (3, 2)]


async def test_an_empty_room_closes_in_the_end(autojump_clock: MockClock) -> None:
    room = make_room(keep=False)
    await room.run()
    assert trio.current_time() == pytest.approx(EMPTY_ROOM_SECONDS)
    assert room.state is RoomState.CLOSED
    with pytest.raises(Refused) as refusal:
        sit(room)
    assert refusal.value.code == NoticeCode.CLOSED


async def test_nobody_is_lost_who_comes_in_the_instant_in_which_the_room_would_close(autojump_clock: MockClock) -> None:
    """Whichever of the two trio runs first: he gets a seat in a room that goes on, or is told that it closes."""
    outcomes = set()
    for _ in range(100):
        room = make_room(keep=False)
        seated: list[Seated] = []

        async def come(room: Room = room, seated: list[Seated] = seated, at: float = trio.current_time()) -> None:
            await trio.sleep_until(at + EMPTY_ROOM_SECONDS)
            try:
                seated.append(sit(room))
            except Refused:
                outcomes.add("refused")

        async with trio.open_nursery() as nursery:
            nursery.start_soon(room.run)
            nursery.start_soon(come)
            await trio.sleep(EMPTY_ROOM_SECONDS + 1)
            if seated:
                outcomes.add("seated")
                assert seated[0].of(Snapshot), "he sits in a room that has closed"
            nursery.cancel_scope.cancel()
    assert outcomes == {"seated", "refused"}


async def test_a_match_that_is_over_says_so_and_closes(autojump_clock: MockClock) -> None:
    room = make_room(options=Rules(goal=3))
    results: list[Result] = []
    room.on_result = lambda _room, result: results.append(result)
    ann, looker = sit(room), sit(room, role=Role.SPECTATOR)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(room.run)
        await trio.sleep(0.06)
        ann.push(2, (1, 0), (1, 0), (1, 0))
        looker.say(Ping(1, 1))
        await trio.sleep(1)
        flags = [s.flags for s in ann.of(Snapshot)]
        assert flags[:3] == [0, 0, 0]
        assert set(flags[3:]) == {OVER_FLAG}
        (result,) = results
        assert (result.winners, dict(result.scores)) == ((1,), {1: 3})
        with pytest.raises(Refused) as refusal:
            sit(room, "late")
        assert refusal.value.code == NoticeCode.CLOSED
        room.answer("result", 42)
        for _ in range(20):
            await trio.sleep(1)
            if room.state is RoomState.CLOSED:
                break
            ann.read()
            ann.acknowledge()
            looker.read()
            looker.acknowledge()
    assert trio.current_time() == pytest.approx(OVER_ROOM_SECONDS, abs=1.5)
    assert ann.notice == looker.notice == Notice(NoticeCode.OVER, "the match is over")
    assert ann.link.ended is not None and ann.link.ended[0] == 1000
    assert [entry[2:] for entry in hooks(room, "answer")] == [("result", 42)]
    ann.read()
    assert ann.replica.shared().answer == 42


async def test_a_match_that_is_over_closes_at_once_when_everybody_has_left(autojump_clock: MockClock) -> None:
    room = make_room(options=Rules(goal=1))
    ann = sit(room)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(room.run)
        await trio.sleep(0.06)
        ann.push(2, (1, 0))
        await trio.sleep(0.1)
        go(room, ann)
    assert trio.current_time() < 1
    assert room.state is RoomState.CLOSED


async def test_closing_tells_everybody_and_runs_no_further_step(autojump_clock: MockClock) -> None:
    room = make_room(toy_at(1))
    ann, waiting = sit(room), sit(room, ready=False)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(room.run)
        await trio.sleep(1.5)
        room.close(Notice(NoticeCode.CLOSED, "the server is going away"))
        for someone in (ann, waiting):
            assert someone.notice.code == NoticeCode.CLOSED
            assert someone.link.ended is not None and someone.link.ended[0] == 1001
    assert len(hooks(room, "step")) == 1


@pytest.mark.parametrize("rate", [1, 20, 60])
async def test_the_tick_rate_is_the_games(autojump_clock: MockClock, rate: int) -> None:
    room = make_room(toy_at(rate))
    ann = sit(room)
    assert room.welcome(ann.seat, bytes(16)).tick_rate == rate
    async with trio.open_nursery() as nursery:
        nursery.start_soon(room.run)
        await trio.sleep(4 + 0.5 / rate)
        nursery.cancel_scope.cancel()
    assert room.clock.tick == 4 * rate
    assert [s.tick for s in ann.of(Snapshot)] == list(range(1, 4 * rate + 1))
    assert room.counts.worst_lateness_seconds < 1e-6


async def test_deadlines_do_not_drift(autojump_clock: MockClock) -> None:
    room = make_room(toy_at(60))
    start = trio.current_time()
    sit(room, role=Role.SPECTATOR)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(room.run)
        await trio.sleep(4.9)
        nursery.cancel_scope.cancel()
    assert room.clock.next_deadline == pytest.approx(start + (room.clock.tick + 1) / 60, abs=1e-9)


class Hitching(Toy):
    """Its step takes time, now and then."""

    name = "hitching"
    hitches: ClassVar[dict[int, float]] = {}  # set by the test, tick → seconds
    clock: MockClock

    def step(self, inputs: Mapping[PlayerId, Push]) -> None:
        super().step(inputs)
        if self.tick in self.hitches:
            type(self).clock.jump(self.hitches[self.tick])


@pytest.mark.parametrize(
    ("hitch", "lost"),
    [(0.04, 0.0), (0.12, 0.0), (0.24, 0.0), (0.31, 0.26), (0.6, 0.55), (5.0, 4.95), (600.0, 599.95)],
)
async def test_a_hitch_inside_a_step_is_made_up_or_forgiven(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch, hitch: float, lost: float
) -> None:
    """Up to 250 ms behind, three ticks at a time are caught up; beyond that the deadlines move, and no tick is left out."""
    monkeypatch.setattr(Hitching, "hitches", {10: hitch})
    monkeypatch.setattr(Hitching, "clock", autojump_clock, raising=False)
    room = make_room(Hitching)
    ann = sit(room)
    per_wake: list[int] = []
    tick = room.tick

    def counted(now: float) -> None:
        before = room.clock.tick
        tick(now)
        per_wake.append(room.clock.tick - before)

    monkeypatch.setattr(room, "tick", counted)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(room.run)
        await trio.sleep(0.51)
        await trio.sleep_until(hitch + 2.02)
        nursery.cancel_scope.cancel()
    assert max(per_wake) <= MAX_CATCH_UP
    assert room.clock.lost_seconds == pytest.approx(lost)
    assert room.clock.epoch == (1 if lost else 0)
    assert [entry[1] for entry in hooks(room, "step")] == list(range(1, room.clock.tick + 1)), "no gap"
    assert room.clock.tick == int((hitch + 2.02 - lost) * Toy.tick_rate + 1e-6)
    assert room.clock.next_deadline - trio.current_time() <= 1 / Toy.tick_rate + 1e-9, "on time again"
    assert room.counts.worst_lateness_seconds >= hitch - 1e-9, "whether it was forgiven or not"
    assert ann.of(Snapshot)[-1].tick == room.clock.tick


async def test_the_phases_of_rooms_are_spread(autojump_clock: MockClock) -> None:
    """Rooms that are opened together do not all wake in the same instant."""
    async with serving() as host:
        rooms = [host.server.rooms.open(f"r{n}", Toy, keep=True) for n in range(20)]
        deadlines = sorted(room.clock.next_deadline % (1 / Toy.tick_rate) * Toy.tick_rate for room in rooms)
        gaps = [b - a for a, b in zip(deadlines, [*deadlines[1:], deadlines[0] + 1], strict=True)]
        assert max(gaps) < 3 / 20
        assert min(gaps) > 0.3 / 20

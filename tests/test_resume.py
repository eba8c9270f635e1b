"""A player's line breaks and he comes back: to the same seat, with a token that is used once, and the newest line wins."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
import trio
from trio_websocket import ConnectionClosed

from gameserver.core.audience import EVERYONE, owner, part_of
from gameserver.core.limits import (
    GRACE_SECONDS,
    INPUT_HOLD_SECONDS,
    TOKEN_BYTES,
)
from gameserver.core.messages import Bye, Call, Inputs, Notice, NoticeCode, Ping, Ready, Role, Snapshot, Welcome
from gameserver.core.wire import pack
from gameserver.net.simulated import Latency, Toward
from tests.comebacks import Traveller, away, hooks, refusal, room_of, runner_of, seat_of
from tests.helpers import Toy, close_code, serving, toy_at, wire

if TYPE_CHECKING:
    from trio.testing import MockClock


SLOW = toy_at(1)


# -- tokens ------------------------------------------------------------------------------------------------------------------
async def test_a_player_is_given_a_token_and_a_spectator_none(autojump_clock: MockClock) -> None:
    async with serving() as host, wire(host.network) as ann, wire(host.network) as looker:
        token = (await ann.join()).resume
        assert token is not None and len(token) == TOKEN_BYTES == 16
        assert (await looker.join(role=Role.SPECTATOR)).resume is None


async def test_tokens_are_new_each_time_and_the_old_one_is_void_once_he_is_there(autojump_clock: MockClock) -> None:
    async with serving() as host:
        ann = Traveller(host.network)
        used: list[bytes] = []
        for _ in range(4):
            async with ann.line() as it:
                assert ann.token is not None
                await ann.stay(it, 0.2)  # he has acknowledged a snapshot, so he has the new one
                for token in used:
                    assert await refusal(host, token) == Notice(
                        NoticeCode.SESSION_GONE, "this seat is gone: join without the token", None
                    )
                used.append(ann.token)
                await ann.stay(it, 0.5)
                await away(it)
        assert len(set(used)) == 4
        assert room_of(host).players == 1
        assert seat_of(host).line is None, "none of the refused took the seat"


@pytest.mark.parametrize(
    ("where", "what", "role"),
    [("toy2", "toy", Role.PLAYER), ("toy1", "toy1", Role.PLAYER), ("toy1", "toy", Role.SPECTATOR), ("none", "toy", Role.PLAYER)],
    ids=["another room", "another game", "another role", "no such room"],
)
async def test_a_token_opens_one_seat_in_one_room_of_one_game(autojump_clock: MockClock, where: str, what: str, role: Role) -> None:
    async with serving(Toy, SLOW) as host, wire(host.network, "toy2") as other:
        await other.join()
        ann = Traveller(host.network)
        async with ann.line() as it:
            await away(it)
        notice = await refusal(host, ann.token, room=where, game=what, role=role)
        assert notice.code == NoticeCode.SESSION_GONE
        assert "none" not in host.server.rooms, "nothing was opened for him"
        async with ann.line():
            assert ann.player == 1, "and it still opens its own"


async def test_tokens_that_nobody_was_given_open_nothing(autojump_clock: MockClock) -> None:
    dice = random.Random(1)
    async with serving() as host, wire(host.network) as ann:
        token = (await ann.join()).resume
        assert token is not None
        near = [bytes((*token[:at], token[at] ^ 1, *token[at + 1 :])) for at in (0, 7, 15)]
        for forged in (*near, bytes(16), *(dice.randbytes(16) for _ in range(5))):
            assert (await refusal(host, forged)).code == NoticeCode.SESSION_GONE
        assert ann.notice is None and seat_of(host).ready


@pytest.mark.parametrize("size", [0, 15, 17, 512])
async def test_a_token_of_another_size_is_no_message(autojump_clock: MockClock, size: int) -> None:
    async with serving() as host, wire(host.network) as it:
        await it.say(pack([0, 1, "toy", "toy1", bytes(size), 0, "ann"]))
        assert await it.end() == 1002
        assert it.notice is None


# -- the same seat -----------------------------------------------------------------------------------------------------------
async def test_all_that_is_his_stays_and_the_match_knows_when_he_is_away(autojump_clock: MockClock) -> None:
    async with serving() as host, wire(host.network) as bob:
        ann = Traveller(host.network)
        async with ann.line() as it:
            tick = ann.snapshots[-1].tick
            await it.say(Inputs(tick + 2, None, 0, None, 6 * (1, 0)))
            await bob.join()
            await ann.stay(it, 1)
            before = runner_of(host)
            kept = (before.id, before.x, before.lucky, before.name)
            assert kept[1] > 0
            assert before.connected
            await away(it)
        await bob.until(Snapshot)
        assert not runner_of(host).connected
        await trio.sleep(3)
        assert room_of(host).players == 2
        async with ann.line() as it:
            await ann.stay(it, 0.2)
            after = runner_of(host)
            assert after.connected
            assert (after.id, after.x, after.lucky, after.name) == kept
            counts = room_of(host).counts
            assert (counts.lost, counts.resumed, host.server.counts.resumed) == (1, 1, 1)
        assert [entry[0] for entry in hooks(host, "join", "leave")] == ["join", "join"]


async def test_levels_hold_for_a_quarter_of_a_second_and_then_he_stands_still(autojump_clock: MockClock) -> None:
    async with serving() as host:
        ann = Traveller(host.network)
        async with ann.line() as it:
            await it.say(Inputs(ann.snapshots[-1].tick + 2, None, 0, None, (1, 0)))
            await trio.sleep(0.15)
            assert runner_of(host).x > 0
            await away(it)
        await trio.sleep(2)
        assert runner_of(host).x == 1 + INPUT_HOLD_SECONDS * Toy.tick_rate
        async with ann.line() as it:
            await ann.stay(it, 1)
            assert runner_of(host).x == 1 + INPUT_HOLD_SECONDS * Toy.tick_rate, "nor does coming back let go of the brake"


async def test_inputs_of_the_old_line_that_still_waited_are_void(autojump_clock: MockClock) -> None:
    async with serving() as host:
        ann = Traveller(host.network)
        async with ann.line() as it:
            await it.say(Inputs(ann.snapshots[-1].tick + 12, None, 0, None, 4 * (1, 1)))
            await trio.sleep(0.1)
            await away(it)
        async with ann.line() as it:
            first = ann.snapshots[-1].tick
            await it.say(Inputs(first + 15, None, 0, None, (-1, 0)))
            await trio.sleep(0.05)
            await it.say(Inputs(first - 3, None, 0, None, 3 * (1, 1)))  # and none for a tick that is over
            await ann.stay(it, 0.6)
            assert (runner_of(host).x, runner_of(host).jumps) == (0, 0)
            await ann.stay(it, 0.3)
            assert runner_of(host).x < 0, "those of the new one count"


async def test_the_first_snapshot_begins_anew(autojump_clock: MockClock) -> None:
    """All parts from nothing, the clock said again, the rate as at the start: the client knows nothing of the old line."""
    async with serving() as host:
        ann = Traveller(host.network)
        async with ann.line() as it:
            await trio.sleep(3)  # he acknowledges nothing: the line is put down to a slower rate
            line = seat_of(host).line
            assert line is not None and line.pacer.divisor > 1
            await away(it)
        async with ann.line() as it:
            first = ann.snapshots[0]
            assert {(fragment[0], fragment[1]) for fragment in first.fragments} == {
                (part_of(EVERYONE), 0),
                (part_of(owner(ann.player)), 0),
            }
            assert first.control is not None
            assert first.control[1] in (None, 1)
            assert first.control[2] is not None
            await ann.stay(it, 0.98)  # not at a tick, when she may have it or not
            ticks = [snapshot.tick for snapshot in ann.snapshots]
            assert ticks == list(range(ticks[0], ticks[-1] + 1)), "every tick again"
            assert ann.replica.parts == {part: room_of(host).simulation.contents()[part] for part in ann.replica.parts}


# -- cut at the worst moment -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("moment", ["before WELCOME", "after WELCOME", "before READY arrives", "after READY"])
async def test_a_line_that_breaks_while_he_comes_back_loses_nothing(autojump_clock: MockClock, moment: str) -> None:
    async with serving(SLOW, latency=Latency(0.05)) as host:
        ann = Traveller(host.network, game=SLOW)
        async with ann.line() as it:
            await ann.call(it, "echo", "before")
            await away(it)
        for _ in range(5):
            old = ann.token
            if moment == "before WELCOME":
                async with wire(host.network) as it:
                    await it.say(it.hello("toy1", credential=ann.token))
                    await trio.sleep(0.07)  # HELLO has arrived, WELCOME has not
                    assert seat_of(host).line is not None
                    await away(it)
            else:
                async with ann.line(ready=False) as it:
                    assert ann.token != old
                    if moment != "after WELCOME":
                        await it.say(Ready(None))
                        await trio.sleep(0.02 if moment == "before READY arrives" else 0.08)
                        assert seat_of(host).ready is (moment == "after READY")
                    await away(it)
        async with ann.line() as it:
            await ann.stay(it, 3)
            assert [reply.value for reply in ann.replies] == ["before"]
            assert [event.values for event in ann.events] == [(1,)]
        assert [entry[0] for entry in hooks(host, "join", "leave")] == ["join"]


async def test_who_has_not_been_in_the_match_leaves_no_seat_behind(autojump_clock: MockClock) -> None:
    """There is nothing to come back to; and a seat that is kept for nobody would be a way to fill a room."""
    async with serving(SLOW) as host:
        for ready in (False, True):
            async with wire(host.network) as it:
                await it.say(it.hello("toy1"))
                token = (await it.until(Welcome)).resume
                if ready:
                    await it.say(Ready(None))
                await away(it)
            assert room_of(host).players == 0
            assert (await refusal(host, token, game="toy1")).code == NoticeCode.SESSION_GONE
        assert hooks(host, "join", "leave") == []


# -- the newest line wins ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("state", ["admitted", "playing"])
async def test_a_newer_line_takes_the_seat_and_the_old_one_has_no_say_any_more(autojump_clock: MockClock, state: str) -> None:
    async with serving(latency=Latency(0.1)) as host:
        ann = Traveller(host.network)
        async with ann.line() as first:
            await ann.stay(first, 0.5)
            await away(first)
        async with ann.line(ready=state == "playing") as old, wire(host.network) as new:
            await new.say(new.hello(credential=ann.token))
            await trio.sleep(0.1)  # it has arrived; the old line hears of it in another 0.1 s
            tick = room_of(host).clock.tick
            if state == "playing":
                await old.say(Inputs(tick + 4, None, 0, None, 4 * (1, 1)), Call(50, "echo", ("late",)), Bye())
            else:
                await old.say(Ping(1, 1), Ready(None), Inputs(tick + 4, None, 0, None, 4 * (1, 1)), Call(50, "echo", ("late",)))
            assert await old.end() == 4001
            assert old.notice is not None and old.notice.code == NoticeCode.REPLACED
            await new.until(Welcome)
            assert not seat_of(host).ready, "READY of the old line is not READY of the new one"
            await new.say(Ready(None))
            await new.until(Snapshot)
            await trio.sleep(1)
            assert hooks(host, "echo") == []
            assert (runner_of(host).x, runner_of(host).jumps) == (0, 0)
            assert new.notice is None and seat_of(host).ready
            assert runner_of(host).connected
        assert [entry[0] for entry in hooks(host, "join", "leave")] == ["join"]


@pytest.mark.parametrize("seed", range(5))
async def test_of_two_lines_with_the_same_token_one_plays(autojump_clock: MockClock, seed: int) -> None:
    codes: list[int] = []
    async with serving(seed=seed, latency=Latency(0.02, 0.05), chunking=True) as host:
        ann = Traveller(host.network)
        async with ann.line() as it:
            await away(it)

        async def come() -> None:
            async with wire(host.network) as it:
                try:
                    await it.say(it.hello(credential=ann.token))
                    await it.until(Welcome)
                    await it.say(Ready(None))
                    await it.until(Snapshot)
                    await trio.sleep(2)
                except ConnectionClosed as closed:
                    codes.append(close_code(closed))
                else:
                    assert seat_of(host).ready
                    codes.append(await it.end() if it.notice else 0)

        async with trio.open_nursery() as nursery:
            for _ in range(3):
                nursery.start_soon(come)
            await trio.sleep(1)
            assert room_of(host).players == 1
            assert runner_of(host).connected
        assert sorted(codes)[0] == 0, "one of them plays"
        assert set(sorted(codes)[1:]) <= {4001, 1008}, "replaced, or too late: the token was void by then"


async def test_a_seat_that_changes_lines_is_lost_once(autojump_clock: MockClock) -> None:
    """The old line, which says its goodbye for a second, ends after the new one broke: that is no second loss."""
    async with serving() as host:
        ann = Traveller(host.network)
        async with ann.line() as old, ann.line(ready=False) as new:
            old.connection.clog(Toward.SERVER)  # its answer to the close does not come
            await away(new)
            assert room_of(host).counts.lost == 1
            await trio.sleep(2)
            assert room_of(host).counts.lost == 1
        await trio.sleep(GRACE_SECONDS + 1)
        assert [entry[0] for entry in hooks(host, "join", "leave")] == ["join", "leave"]

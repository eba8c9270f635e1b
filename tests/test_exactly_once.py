"""Events and replies arrive once and calls are carried out once, wherever the lines break; and nobody else learns a token."""

from __future__ import annotations

import hashlib
import logging
import random
from typing import TYPE_CHECKING, Any

import pytest
import trio
from trio_websocket import ConnectionClosed

from gameserver.core.limits import GRACE_SECONDS, MAX_CALLS, RELIABLE_MESSAGES
from gameserver.core.messages import Call, Hello, NoticeCode, Role, Welcome
from gameserver.core.simulation import Simulation
from gameserver.net.simulated import Latency, Toward
from tests.comebacks import Traveller, away, hooks, refusal, room_of, seat_of
from tests.helpers import serving, toy_at, wire

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trio.testing import MockClock

    from gameserver.core.simulation import Command

FAST = toy_at(60)


# -- once --------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", range(30))
async def test_whatever_breaks_each_event_reply_and_call_counts_once(autojump_clock: MockClock, seed: int) -> None:
    """Lines are cut at any byte in either direction, before and after a call has come, and after its reply has left."""
    dice = random.Random(seed)
    async with serving(seed=seed, latency=Latency(0.02, 0.03), chunking=True, rooms=["toy1"]) as host:
        ann = Traveller(host.network)
        asked = 0
        for _ in range(12):
            try:
                async with ann.line() as it:
                    for _ in range(min(dice.randrange(6), MAX_CALLS - 1 - len(ann.unanswered))):
                        asked += 1
                        await ann.call(it, dice.choice(("whisper", "whisper", "spark")), asked)
                        await ann.stay(it, dice.choice((0.0, 0.03, 0.1)))
                    if dice.random() < 0.5 and len(ann.unanswered) < MAX_CALLS:
                        it.connection.clog(dice.choice(tuple(Toward)))  # what follows is lost on the way, in part perhaps
                        asked += 1
                        await ann.call(it, "whisper", asked)
                        await trio.sleep(dice.uniform(0.0, 0.3))
                    it.connection.reset()
            except ConnectionClosed:
                pass
            await trio.sleep(dice.uniform(0.05, 2.0))
        async with ann.line() as it:
            while ann.unanswered:
                await ann.stay(it, 0.2)
            await ann.stay(it, 1)
        assert [reply.ok for reply in ann.replies] == asked * [True]
        assert sorted(reply.number for reply in ann.replies) == list(range(1, asked + 1))
        whispers = [event.values[0] for event in ann.events[1:]]
        assert whispers == sorted(set(whispers)), "in the order of the calls, each once"
        assert len(ann.events) == seat_of(host)._reliable.last_event
        assert [entry[0] for entry in hooks(host, "join", "leave")] == ["join"]


async def test_a_call_that_was_heard_is_not_carried_out_again_and_its_reply_comes(autojump_clock: MockClock) -> None:
    async with serving(latency=Latency(0.05)) as host:
        ann = Traveller(host.network)
        async with ann.line() as it:
            await ann.call(it, "echo", "heard")
            await trio.sleep(0.1)  # heard and carried out; the reply is on its way, and gets lost
            assert [entry[3] for entry in hooks(host, "echo")] == ["heard"]
            await away(it)
        async with ann.line() as it:
            await ann.call(it, "echo", "unheard")
            it.connection.reset()  # before it has arrived
            await trio.sleep(0.1)
        async with ann.line() as it:
            await ann.stay(it, 1)
        assert [entry[3] for entry in hooks(host, "echo")] == ["heard", "unheard"]
        assert [reply.value for reply in ann.replies] == ["heard", "unheard"]


async def test_a_call_that_was_heard_in_the_last_moment_is_carried_out_while_he_is_away(autojump_clock: MockClock) -> None:
    """It has left the line and waits for the tick."""
    async with serving(toy_at(1)) as host:
        ann = Traveller(host.network, game=toy_at(1))
        async with ann.line() as it:
            seat_of(host)._take_call(Call(1, "echo", ("late",)))
            await away(it)
        await trio.sleep(2)
        assert [entry[3] for entry in hooks(host, "echo")] == ["late"]


async def test_calls_beyond_the_limit_said_again_are_refused_once(autojump_clock: MockClock) -> None:
    async with serving() as host:
        ann = Traveller(host.network)
        async with ann.line() as it:
            for number in range(12):
                await ann.call(it, "echo", f"w{number}")
            await trio.sleep(0.1)
            await away(it)
        async with ann.line() as it:
            await ann.stay(it, 1)
        assert len(hooks(host, "echo")) == sum(reply.ok for reply in ann.replies)
        assert sorted(reply.number for reply in ann.replies) == list(range(1, 13))


# -- too much ----------------------------------------------------------------------------------------------------------------
async def test_who_is_owed_too_much_while_he_is_away_is_given_up(autojump_clock: MockClock) -> None:
    class Chatty(FAST):  # type: ignore[misc, valid-type] # a class made by a function
        name = "chatty"

        def leave(self, player: object) -> None:
            self.diary.append(("leave", self.tick))

        def step(self, inputs: object) -> None:
            super().step(inputs)
            for number in range(1, 3):
                self.emit(self.events[1](number=number))

    async with serving(Chatty, rooms=["toy1"]) as host:
        ann = Traveller(host.network, game=Chatty)
        async with ann.line() as it:
            await ann.stay(it, 1)
            it.connection.reset()
        await trio.sleep(RELIABLE_MESSAGES / 2 / 60 - 0.2)
        assert room_of(host).players == 1
        await trio.sleep(0.4)
        assert room_of(host).players == 0, "long before his time"
        assert GRACE_SECONDS > 10
        assert (await refusal(host, ann.token, game="chatty")).code == NoticeCode.SESSION_GONE
        assert len(hooks(host, "leave")) == 1


# -- secrets -----------------------------------------------------------------------------------------------------------------
async def test_nobody_else_ever_sees_a_token(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not in logs, not in what a message or a seat looks like, not in the state, the commands, or anybody else's bytes."""
    caplog.set_level(logging.DEBUG)
    commands: list[Command] = []
    step = Simulation.step

    def record(self: Simulation, taken: Sequence[Command], *rest: Any) -> None:  # noqa: ANN401 - whatever a step takes beside
        commands.extend(taken)
        step(self, taken, *rest)

    monkeypatch.setattr(Simulation, "step", record)
    tokens: list[bytes] = []
    async with serving() as host, wire(host.network) as bob, wire(host.network) as looker:
        await bob.join()
        await looker.join(role=Role.SPECTATOR)
        ann = Traveller(host.network)
        for _ in range(3):
            async with ann.line() as it:
                assert ann.token is not None
                tokens.append(ann.token)
                await ann.call(it, "echo", "x")
                await ann.stay(it, 0.3)
                await away(it)
        seat = seat_of(host, ann.player)
        others = b"".join(repr(message).encode() for it in (bob, looker) for message in it.heard)
        room = room_of(host)
        looks = repr((seat, room, host.server, room.simulation.world.globals, seat.profile, commands))
        looks += "".join(record.getMessage() + str(record.exc_text) for record in caplog.records)
        assert (await refusal(host, tokens[0])).code == NoticeCode.SESSION_GONE
        assert commands
        for token in tokens:
            hashed = hashlib.sha256(token).digest()
            assert repr(token)[2:-1].encode() not in others
            for secret in (token, hashed):
                assert secret.hex() not in looks
                assert repr(secret)[2:-1] not in looks
            assert repr(token)[2:-1] not in repr(vars(seat)), "the seat itself knows hashes only"


def test_a_message_does_not_show_the_secret_in_it() -> None:
    secret = bytes(range(65, 81))
    hello = Hello(1, "toy", "toy1", secret, Role.PLAYER, "ann")
    ticket = Hello(1, "toy", "toy1", "secret-ticket", Role.PLAYER, "ann")
    welcome = Welcome(1, secret, 20, {}, None, (), 0)
    assert "ABCDEFGH" not in repr(hello) + repr(welcome)
    assert "secret" not in repr(ticket)

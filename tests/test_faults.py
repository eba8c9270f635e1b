"""A game that fails costs its own room and nothing else, whatever it raises and wherever nobody has a share in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import trio
import trio.testing

from gameserver import Result, integer
from gameserver.core.messages import Inputs, NoticeCode, Ready, Role, Snapshot, Welcome
from gameserver.core.replay.steps import Step
from gameserver.faults import fault_of
from gameserver.hooks import Hooks
from gameserver.net.simulated import Latency
from tests.bombs import END, ERRORS, Bomb, Healthy, bomb_of, undisturbed
from tests.determinism import run_deterministic
from tests.helpers import Host, Runner, Toy, Wire, make_room, serving, sit, step, wire

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trio.testing import MockClock

    from gameserver import PlayerId
    from tests.helpers import Push


HOOKS = ("setup", "step", "audience", "is_over", "timer")
"""Nobody has a share in what fails there."""


# -- one hook at a time -----------------------------------------------------------------------------------------------------
async def meet_the_fault(host: Host, game: type[Bomb], failing: str) -> Wire:
    """Play in the room of this game until it fails; returns the line of somebody who was there."""
    room = game.name
    async with wire(host.network, room) as ann:
        await ann.say(ann.hello(game.name))
        if failing != "setup":
            await ann.until(Welcome)
            await ann.say(Ready(None))
            await ann.until(Snapshot)
        assert await ann.end() == 1011, f"{failing}, {game.name}"
        return ann


async def fail_everywhere(failing: str, caplog: pytest.LogCaptureFixture) -> list[tuple[int, int, int, int, float]]:
    bombs = [bomb_of(failing, error, number) for number, error in enumerate(ERRORS)]
    async with serving(Toy, *bombs) as host:
        healthy = await Healthy.fill(host)
        for error, bomb in zip(ERRORS, bombs, strict=True):
            caplog.clear()
            ann = await meet_the_fault(host, bomb, failing)
            notice = ann.notice
            assert notice is not None, error
            assert notice.code == NoticeCode.FAULTED
            assert type(notice.detail) is str and notice.detail in notice.text
            assert error not in notice.text, "strangers are not told what went wrong"
            await trio.sleep(0.01)
            assert bomb.name not in host.server.rooms
            (record,) = [r for r in caplog.records if r.levelname == "ERROR"]
            told = caplog.text
            assert notice.detail in record.getMessage()
            assert bomb.name in record.getMessage()
            assert "Traceback" in told and error in told, f"{error} is in the log, with its traceback"
            assert "bombs.py" in told, "down to the line of the game"
        for bomb in bombs:  # the same rooms open again
            async with wire(host.network, bomb.name) as again:
                await again.join(bomb.name)
                assert host.server.rooms[bomb.name].state.name == "RUNNING"
        async with wire(host.network, "well0") as newcomer:  # and so do others
            await newcomer.say(newcomer.hello(role=Role.SPECTATOR))
            await newcomer.until(Welcome)
        assert trio.current_time() < END - 0.1, "the scenario takes longer than it was made for"
        await trio.sleep_until(END)
        return healthy.outcome()


@pytest.mark.parametrize("failing", HOOKS)
def test_a_fault_ends_its_room_and_no_other(failing: str, caplog: pytest.LogCaptureFixture) -> None:
    """Ten rooms fail one after the other, each with another error; twenty more tick beside them as if nothing had happened."""
    after = run_deterministic(fail_everywhere, failing, caplog, seed=1)
    assert after == undisturbed()
    ticks, _, snapshots, skipped, lateness = after[0]
    assert ticks == 90
    assert snapshots == 2 * 90
    assert skipped == 0
    assert lateness == 0.0


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise SystemExit(5)


def test_an_error_that_cannot_be_told_is_recorded_all_the_same() -> None:
    """What its `__str__` raises would go past every wall."""
    fault = fault_of(Unspeakable(), Toy, fault_id="f", step=Step(tick=1, commands=[], inputs={}, views={}))
    assert fault.text == "(Unspeakable.__str__ raises SystemExit)"


# -- what the author is told ------------------------------------------------------------------------------------------------
class Patient(Runner):
    health: int = integer(0, 100, default=100)


async def test_a_bad_value_is_named_with_its_class_field_and_line(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    from gameserver import players_of

    class Clinic(Toy):
        name = "clinic"
        players = players_of(Patient)

        def step(self, inputs: Mapping[PlayerId, Push]) -> None:
            for player in self.players.values():
                assert isinstance(player, Patient)
                player.health = 101

    async with serving(Clinic) as host, wire(host.network, "c1") as it:
        await it.say(it.hello("clinic"))
        await it.until(Welcome)
        await it.say(Ready(None))
        assert await it.end() == 1011
    assert "Patient.health" in caplog.text
    assert "101 is outside 0..100" in caplog.text
    declared = Patient.declared["health"].where
    assert declared.endswith(".py:" + declared.rpartition(":")[2])
    assert declared in caplog.text, "where the field is declared"


class Cheating(Toy):
    name = "cheating"

    def step(self, inputs: Mapping[PlayerId, Push]) -> None:
        self.seen = 1


async def test_state_outside_of_the_world_is_a_fault_that_says_what_to_do(autojump_clock: MockClock) -> None:
    from gameserver.plan import RoomFault

    room = make_room(Cheating)
    sit(room)
    with pytest.raises(RoomFault, match=r"room1 faulted in tick 1, fault f0f0") as fault:
        await step(room)
    assert "Cheating.seen was set after setup" in str(fault.value.__cause__)
    assert "Declare a field" in str(fault.value.__cause__)


async def test_a_fault_in_an_asynchronous_hook_costs_nobody_anything(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gameserver.seat.ACK_SECONDS", 1_000.0)

    class Fails(Hooks):
        async def on_result(self, room: str, game: str, result: Result) -> int:
            await trio.sleep(0.1)
            raise ExceptionGroup("many", [KeyError("lost the database")])

    class Short(Toy):
        name = "short"

        def is_over(self) -> Result | None:
            return Result(winners=(1,)) if self.tick > 3 else None

    async with serving(Short, hooks=Fails()) as host, wire(host.network, "s1", path=None) as it:
        await it.join("short")
        await trio.sleep(1)
        assert "on_result failed for room s1" in caplog.text
        await it.say(Inputs(0, None, 0, None, ()))
        assert await it.end() == 1000
        assert it.notice is not None and it.notice.code == NoticeCode.OVER
        assert host.server.rooms.faulted == 0


async def test_many_rooms_may_fail_in_the_same_instant(autojump_clock: MockClock, caplog: pytest.LogCaptureFixture) -> None:
    bombs = [bomb_of("step", error, number) for number, error in enumerate(ERRORS)]
    async with serving(Toy, *bombs, latency=Latency(0.02)) as host:
        healthy = await Healthy.fill(host)
        for bomb in bombs:
            room = host.server.rooms.open(bomb.name, bomb)
            sit(room)
        await trio.sleep_until(1.06)
        assert host.server.rooms.faulted == len(bombs)
        assert len({r.getMessage()[-10:] for r in caplog.records if r.levelname == "ERROR"}) == len(bombs), "each with its own id"
        assert {tick for tick, *_ in healthy.outcome()} == {20, 21}, "by their phases"

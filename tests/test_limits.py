"""Each limit that a client or a game can reach is reached once: what happens then, and that its counter moves, and no other's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from gameserver.core.limits import OVER_ALLOWANCE_SECONDS
from gameserver.core.messages import Inputs, Role
from gameserver.core.registry import Limit
from tests.helpers import make_room, sit, step
from tests.reaching import WAYS

if TYPE_CHECKING:
    from trio.testing import MockClock

BESIDE: Final = {
    Limit.MAX_TURNED_AWAY: {Limit.ADDRESS_UNADMITTED},
    Limit.OVER_ALLOWANCE_SECONDS: {Limit.MESSAGES_PER_TICK},
    Limit.MAX_QUEUED_MESSAGES: {Limit.MESSAGES_PER_TICK},
    Limit.ROOM_MESSAGES_PER_SECOND: {Limit.JOINS_PER_TICK},
    Limit.ROOM_REPORTS_SECONDS: {Limit.JOINS_PER_TICK},
    Limit.MAX_FRAGMENT_SECONDS: {Limit.CLOSE_SECONDS},
    Limit.MAX_STATE: {Limit.INPUT_HOLD_SECONDS},
    Limit.MAX_RESTARTS: {Limit.INPUT_HOLD_SECONDS},
    Limit.ORDER_SECONDS: {Limit.ROOMS_PER_VISITOR},
    Limit.REWIND_SECONDS: {Limit.REWIND_TRUST_SECONDS, Limit.INPUT_HOLD_SECONDS},
}
"""What is reached on the way there."""


def test_there_is_a_way_to_each_limit_that_is_counted() -> None:
    assert set(WAYS) == {limit for limit in Limit if limit.is_counted}


@pytest.mark.parametrize("limit", WAYS, ids=lambda limit: limit.label)
async def test_whoever_reaches_it_is_counted(limit: Limit, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch) -> None:
    reached = await WAYS[limit](monkeypatch)
    counted = {found for found, times in reached if times}
    assert limit in counted
    assert counted - {limit} <= BESIDE.get(limit, set())


async def test_whoever_shouts_keeps_nobody_else_from_being_heard(autojump_clock: MockClock) -> None:
    """Also who comes last, and stays within what each may always say; and who shouts on is sent away."""
    room = make_room()
    crowd = [sit(room, f"eve{number}", role=Role.SPECTATOR) for number in range(30)]
    await step(room, 20)
    ann = sit(room, "ann")
    await step(room, 2)
    pressed, taken = [], []
    for number in range(round(room.clock.rate * (OVER_ALLOWANCE_SECONDS + 2))):
        for eve in crowd:
            if eve.link.ended is None:
                eve.say(*[Inputs(0, None, 0, None, ())] * 40)
        pressed.append(number % 3 - 1)
        ann.push(room.clock.tick + 1, (pressed[-1], 0))
        await step(room)
        assert room.last_step is not None
        taken.append(room.last_step.inputs[ann.player][0])
    assert taken == pressed
    assert room.counts.reached[Limit.ROOM_MESSAGES_PER_SECOND] > 0
    assert all(eve.link.ended is not None and eve.link.ended[0] == 1008 for eve in crowd)
    assert ann.link.ended is None

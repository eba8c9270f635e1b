"""No schedule of inputs, stamps or floods moves a tank further than its top speed allows.

Many more of them: python -m benchmarks.reliability --only proofs.
"""

from __future__ import annotations

from math import hypot
from typing import TYPE_CHECKING, Any

import pytest

from gameserver.games.arena import Arena
from gameserver.games.arena.motion import TOP_SPEED
from tests.games.speeding import drive, excess

if TYPE_CHECKING:
    from trio.testing import MockClock


@pytest.mark.parametrize("block", range(4))
async def test_nobody_is_faster_than_his_tank(block: int, autojump_clock: MockClock) -> None:
    for seed in range(block * 6, block * 6 + 6):
        assert excess(await drive(seed)) <= 0.0, f"schedule {seed}"


async def test_who_drives_honestly_comes_nearly_so_far(autojump_clock: MockClock) -> None:
    """Else the test above would prove nothing."""
    farthest = 0.0
    for seed in range(8):
        places = await drive(seed, honest=True)
        farthest = max(
            farthest, *(hypot(there.x - here.x, there.y - here.y) for here, there in zip(places, places[20:], strict=False))
        )
    assert farthest > 0.8 * 20 * TOP_SPEED


class Greedy(Arena):
    """Steps once more for each player who presses a trigger."""

    name = "greedy"

    def step(self, inputs: Any) -> None:  # noqa: ANN401 - as in Game
        super().step(inputs)
        for _ in range(sum(pressed.fire for pressed in inputs.values())):
            super().step(inputs)


async def test_a_game_that_lets_somebody_be_faster_is_found(autojump_clock: MockClock) -> None:
    assert any([excess(await drive(seed, Greedy)) > 0.0 for seed in range(10)])

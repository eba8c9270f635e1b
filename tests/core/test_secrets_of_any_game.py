"""Whatever a game declares: two worlds that differ only in what a player may not see send him the same bytes.

Many more of them: python -m benchmarks.reliability --only proofs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gameserver.core import view
from gameserver.core.audience import EVERYONE
from gameserver.core.world import World
from tests.core.any_game import random_game, turns
from tests.core.test_secrets import Audit, difference

if TYPE_CHECKING:
    from collections.abc import Callable

GAMES = 120


def tell_apart(seed: int) -> str | None:
    game = random_game(seed)
    return difference(game, seed, turns(game, seed))


@pytest.mark.parametrize("block", range(4))
def test_no_game_tells_what_may_not_be_seen(block: int) -> None:
    size = GAMES // 4
    for seed in range(block * size, (block + 1) * size):
        assert tell_apart(seed) is None


def test_the_worlds_do_differ_and_something_is_seen() -> None:
    """Else the test above would prove nothing."""
    differ = seen = 0
    for seed in range(60):
        game = random_game(seed)
        one, other = Audit(game), Audit(game)
        for tick, turn in enumerate(turns(game, seed), start=1):
            one.step(turn, 0, tick)
            other.step(turn, 1, tick)
        differ += one.simulation.world.hash() != other.simulation.world.hash()
        seen += len(set(one.sent[1])) > 5
    assert differ > 45
    assert seen > 45


def _one_counter(monkeypatch: pytest.MonkeyPatch) -> None:
    take = World._take_id
    monkeypatch.setattr(World, "_take_id", lambda self, audience: take(self, EVERYONE))


def _owners_fields_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view, "owner", lambda player: EVERYONE)


@pytest.mark.parametrize("breaks", [_one_counter, _owners_fields_for_all])
def test_a_leak_is_found(breaks: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch) -> None:
    breaks(monkeypatch)
    assert sum(tell_apart(seed) is not None for seed in range(40)) >= 4

"""Speed and view: nobody moves faster than he may, whatever he sends; and nobody is sent what he may not see, whatever the game."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from benchmarks.feel.table import Row
from tests.core.any_game import random_game
from tests.core.any_game import turns as turns_of_any_game
from tests.core.test_secrets import Veiled, difference
from tests.games.speeding import run_schedules

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEDULES: Final = 1_000
CASES: Final = 10_000
"""Of views: half of them of a game with all sorts of secrets, half of games at random."""
SMALL: Final = 50
"""So many times fewer of both, in the small form."""


def measure(*, small: bool) -> Iterator[Row]:
    """At full size some five minutes of a core."""
    schedules, cases = (SCHEDULES // SMALL, CASES // SMALL) if small else (SCHEDULES, CASES)
    worst, ticks = run_schedules(0, schedules)
    yield Row(
        f"Speed: {schedules:,} schedules of inputs, stamps, floods and lines through seat, buffer and step of arena",
        "no window of ticks in which a tank comes further than v_max × (ticks + 8)",
        f"{ticks:,} ticks, the worst window {worst:.1f} px beyond it",
        worst <= 0.0,
    )
    told = [found for seed in range(cases // 2) if (found := difference(Veiled, seed)) is not None]
    for seed in range(cases - cases // 2):
        game = random_game(seed)
        found = difference(game, seed, turns_of_any_game(game, seed))
        if found is not None:
            told.append(found)
    yield Row(
        f"View: {cases:,} pairs of worlds that differ only in what a player may not see, half of them of games at random",
        "the player and a spectator are sent identical bytes and ids in each",
        f"{len(told)} told them apart" + (f", the first: {told[0]}" if told else ""),
        not told,
    )

"""What the rows of the soak make of what it measures. `make soak` runs two minutes of it."""

from __future__ import annotations

from collections import Counter

import attrs
import pytest

from benchmarks.reliability.soak import MEBIBYTE, Soaked, rows, slope
from benchmarks.reliability.watched import Held

QUIET = Soaked(
    before=Held(at=2.0, tasks=11, descriptors=10, resident=60 * MEBIBYTE),
    held=[Held(at=600.0 + at, tasks=40, descriptors=30, resident=70 * MEBIBYTE + at % 7) for at in range(600)],
    after=Held(at=1_300.0, tasks=11, descriptors=10, resident=70 * MEBIBYTE),
    done=Counter({"says goodbye": 100, "vanishes": 50}),
    errors=[],
)
GROWING = [attrs.evolve(held, resident=round(held.resident + 2 * MEBIBYTE * (held.at - 600) / 600)) for held in QUIET.held]


def missed(soaked: Soaked) -> list[str]:
    """What of it does not reach its aim, by the last words of its name."""
    return [row.what.partition(": ")[2] for row in rows(soaked, minutes=20, bots=50) if not row.reached]


def test_a_row_is_missed_by_what_it_is_about() -> None:
    assert not missed(QUIET)
    assert missed(attrs.evolve(QUIET, held=GROWING)) == ["memory, in ten minutes"]
    assert missed(attrs.evolve(QUIET, errors=["_play: gone"])) == ["what nobody expected"]
    assert missed(attrs.evolve(QUIET, done=Counter())) == ["what nobody expected"], "nobody came"
    assert missed(attrs.evolve(QUIET, after=attrs.evolve(QUIET.after, tasks=12))) == ["tasks once all have left"]
    assert missed(attrs.evolve(QUIET, after=attrs.evolve(QUIET.after, descriptors=11))) == ["descriptors once all have left"]


def test_the_slope_is_that_of_the_line_that_fits_best() -> None:
    assert slope([(x, 3.0 * x + 5) for x in range(10)]) == pytest.approx(3.0)
    assert slope([(0, 1), (1, 0), (2, 1), (3, 0)]) == pytest.approx(-0.2)
    assert slope([(1, 1)]) == 0

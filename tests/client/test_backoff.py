"""How long a client waits between two tries."""

from __future__ import annotations

import random

import pytest
from gameclient.backoff import Backoff


def test_waits_double_up_to_two_seconds() -> None:
    class Longest(random.Random):
        def random(self) -> float:
            return 1.0

    backoff = Backoff(Longest())
    assert [backoff.next() for _ in range(6)] == [0.25, 0.5, 1.0, 2.0, 2.0, 2.0]
    backoff.reset()
    assert backoff.next() == 0.25


@pytest.mark.parametrize("seed", range(5))
def test_each_wait_is_shortened_at_random_to_no_less_than_half(seed: int) -> None:
    backoff = Backoff(random.Random(seed))
    parts = [backoff.next() / whole for whole in (0.25, 0.5, 1.0, *200 * [2.0])]
    assert min(parts) >= 0.5
    assert max(parts) <= 1.0
    assert min(parts) < 0.55
    assert max(parts) > 0.95


def test_the_same_seed_gives_the_same_waits() -> None:
    one, other = (Backoff(random.Random(7)) for _ in range(2))
    assert [one.next() for _ in range(9)] == [other.next() for _ in range(9)]

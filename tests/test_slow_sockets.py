"""The same on real sockets and beside a real server process, thin: test_slow_clients.py has the cases."""

from __future__ import annotations

import pytest

from benchmarks import slow_clients
from gameserver.core.limits import ACK_SECONDS, OVER_ALLOWANCE_SECONDS
from gameserver.games.arena import Arena

pytestmark = pytest.mark.real_time

MAX_GROWTH = 2 * 1_024 * 1_024
"""Of the whole process, whose own memory comes and goes by half a mebibyte in a match."""


def test_who_reads_nothing_is_gone_in_seconds() -> None:
    outcome = slow_clients.run("deaf", ACK_SECONDS + 3.0)
    assert outcome.gone_seconds is not None
    assert ACK_SECONDS - 1.0 <= outcome.gone_seconds <= 2 * ACK_SECONDS
    check(outcome)


def test_who_says_far_too_much_is_gone_in_seconds() -> None:
    outcome = slow_clients.run("noisy", OVER_ALLOWANCE_SECONDS + 3.0)
    assert outcome.gone_seconds is not None
    assert outcome.gone_seconds >= OVER_ALLOWANCE_SECONDS
    check(outcome)


def check(outcome: slow_clients.Outcome) -> None:
    assert outcome.errors == 0
    assert outcome.gap_seconds <= 2 / Arena.tick_rate
    assert outcome.growth_bytes <= MAX_GROWTH

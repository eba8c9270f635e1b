"""The measurement of servers that are told to end, in its small form: real processes, real signals."""

from __future__ import annotations

import pytest

from benchmarks.reliability.drain import Ended, measure, rows


@pytest.mark.real_time
def test_a_server_under_load_ends_as_is_promised() -> None:
    missed = [row for row in measure(small=True) if not row.reached]
    assert missed == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"sealed": 1}, {"verified": 1}, {"told": 4}, {"warned": 1}, {"turned_away": 6}, {"asked": 0, "turned_away": 0},
        {"gone_seconds": 10.1, "drain_seconds": 7.0}, {"gone_seconds": 6.5}, {"code": 70},
        {"words": ["somebody new was let in"]},
    ],
    ids=str,
)  # fmt: skip
def test_each_promise_can_be_broken(wrong: dict[str, object]) -> None:
    good: dict[str, object] = {
        "drain_seconds": 2.0, "gone_seconds": 2.5, "code": 0, "let_in": 5, "told": 5, "players": 3, "warned": 3, "asked": 7,
        "turned_away": 7, "recordings": 2, "sealed": 2, "verified": 2, "steps": 100,
    }  # fmt: skip
    assert all(row.reached for row in rows([Ended(**good)]))  # type: ignore[arg-type] # by name
    assert len([row for row in rows([Ended(**good | wrong)]) if not row.reached]) == 1  # type: ignore[arg-type] # by name

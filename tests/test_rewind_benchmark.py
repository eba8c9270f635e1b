"""The shooting range of benchmarks.rewind, small: through the whole stack, on lines with delay, in virtual time."""

from __future__ import annotations

import pytest

from benchmarks.prove import judged_as_seen
from benchmarks.rewind import HIT_PERCENT, MISS_PERCENT, MOST_BACK_MS, MOST_GAIN_MS, ROWS, Row, Score, main, score_of

SEES, SILENT, FAR, *LIARS = ROWS


def test_who_aims_at_what_he_sees_hits() -> None:
    score = score_of(SEES, shots=100, seeds=3)
    assert score.shots == 300
    assert score.share >= HIT_PERCENT


def test_without_compensation_he_does_not() -> None:
    """Else the test above would prove nothing."""
    score = score_of(SILENT, shots=100, seeds=1)
    assert score.share <= MISS_PERCENT
    assert {*score.backs_ms} == {0.0}


def test_beyond_the_most_nothing_is_made_good() -> None:
    score = score_of(FAR, shots=60, seeds=1)
    assert {*score.backs_ms} == {MOST_BACK_MS}
    assert score.share <= MISS_PERCENT
    assert score.clamped >= score.shots, "and it is counted"


@pytest.mark.parametrize("row", LIARS, ids=lambda row: row.who)
def test_who_lies_gains_little(row: Row) -> None:
    score = score_of(row, shots=15, seeds=2)
    assert score.shots == 2 * 15 * len(row.lines_ms)
    assert max(score.gains_ms) <= MOST_GAIN_MS
    assert max(score.backs_ms) <= MOST_BACK_MS
    assert row.is_fine(score)


def test_the_judge_of_the_rows_can_say_no() -> None:
    assert not SEES.is_fine(Score(shots=100, hits=98))
    assert not FAR.is_fine(Score(shots=100, hits=0, backs_ms=[200.0]))
    assert not LIARS[0].is_fine(Score(shots=1, gains_ms=[50.1], backs_ms=[100.0]))
    assert not LIARS[-1].is_fine(Score(shots=1, gains_ms=[0.0], backs_ms=[0.1]))


def test_the_table_is_read_by_who_proves(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--shots", "4", "--seeds", "1"])
    said, _ = judged_as_seen(capsys.readouterr().out)
    assert "a forged view gains" in said

"""The measurements of benchmarks/recordings run, and find what is wrong where something is."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.recordings import damage, reading
from benchmarks.recordings.__main__ import PARTS
from gameserver.core.replay.recording import Recording
from gameserver.games.pong import Pong
from gameserver.testing import Match

ROOT = Path(__file__).parents[1]


def recorded(seed: int) -> bytes:
    match: Match[Any] = Match(Pong, seed=seed, check=False)
    match.bots(2)
    match.record()
    match.run(seconds=4)
    return match.recording()


@pytest.fixture(scope="module")
def whole() -> damage.Whole:
    return damage.Whole(recorded(1))


def test_the_small_form_measures_everything() -> None:
    """How fast it is depends on the machine; whether it is right does not."""
    words = [sys.executable, "-m", "benchmarks.recordings", "--small", "--only", "hour,read,damage"]
    finished = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, text=True, timeout=300, check=False)
    rows = [line for line in finished.stdout.splitlines() if re.match(r"reached|MISSED", line)]
    assert len(rows) == 8, finished.stdout
    for said in ("20 of 20", "all equal: ", "800 files, 0 wrong", "30 files, 0 wrong"):
        assert said in finished.stdout
    assert "docs/" not in finished.stdout, "the page is of the full form"
    assert {"hour", "read", "damage"} <= PARTS.keys()


def test_another_match_is_found_to_be_another(whole: damage.Whole) -> None:
    other = Recording.open(recorded(2))
    assert "is another one" in whole.differences(other, 0)
    assert whole.differences(Recording.open(whole.data), 0) == ""


def test_a_reader_that_loses_chunks_is_found(whole: damage.Whole) -> None:
    """If reading said less, or more, than what is whole, each such file would be counted."""
    forgetful = damage.Whole(whole.data)
    del forgetful.places[-4]
    assert damage.cuts(forgetful, 200).wrong
    assert damage.flips(forgetful, 40, random.Random(1)).wrong
    found = damage.flips(whole, 200, random.Random(1))
    assert (found.files, found.wrong) == (200, [])
    assert 0 < found.refused < 200


def test_what_is_lost_behind_a_cut_is_counted(whole: damage.Whole) -> None:
    found = damage.cuts(whole, 2_000)
    assert (found.files, found.wrong) == (2_000, [])
    assert found.most_lost_seconds == pytest.approx(0.5, abs=0.02), "a block"


def test_a_seek_that_shows_another_world_is_counted(whole: damage.Whole, monkeypatch: pytest.MonkeyPatch) -> None:
    sought = reading.seek(whole.recording, 40, random.Random(1))
    assert (len(sought.milliseconds), sought.differ) == (40, 0)
    assert sought.p50 <= sought.p95 <= max(sought.milliseconds) * 1.5
    right = reading.worlds_at
    monkeypatch.setattr(
        reading, "worlds_at", lambda recording, ticks: {tick: (-1, world) for tick, (_, world) in right(recording, ticks).items()}
    )
    assert reading.seek(whole.recording, 40, random.Random(1)).differ == 40

"""The small form of `python -m benchmarks.recordings.kill`: a real server, a real disk, no last words."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from benchmarks.recordings.kill import LONGEST_SECONDS, kill_once

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.real_time


@pytest.mark.parametrize("seed", range(3))
def test_a_server_that_is_killed_leaves_all_but_a_second(tmp_path: Path, seed: int) -> None:
    killed = kill_once(tmp_path, random.Random(seed).uniform(0.0, LONGEST_SECONDS))
    assert killed.lost_seconds <= 1.0
    assert killed.steps > 0

"""How the game feels, asked briefly: that the measurements work, and that nothing is far off. benchmarks/feel measures it.

The bounds here are wide, for a machine that does other things meanwhile; bytes, which do not depend on it, are held exactly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.feel import drive, others, own, page
from benchmarks.feel.__main__ import BUDGET_BYTES, STORM
from benchmarks.feel.frames import frames
from tests.e2e.link import Weather

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.browser import Chromium

pytestmark = pytest.mark.real_time


def test_a_page_is_light_and_soon_playable(chromium: Chromium, tmp_path: Path) -> None:
    with drive.arena(tmp_path, "--bots", "4", weather=Weather()) as (server, _), chromium.window(server.origin) as window:
        loading = page.loading(window, "/play/")
    table = "\n".join(f"{size:7} {path}" for path, size in sorted(loading.files.items(), key=lambda file: -file[1]))
    assert loading.bytes <= BUDGET_BYTES, table
    assert loading.playable_ms <= 6_000


def test_the_own_tank_obeys_at_once_and_is_where_the_server_says(chromium: Chromium, tmp_path: Path) -> None:
    with (
        drive.arena(tmp_path, "--map", str(drive.bare_map(tmp_path))) as (_, link),
        drive.player(chromium, link) as window,
    ):
        first = own.first_movements(window, 3)
        assert max(movement.frames for movement in first) <= 2
        alone = own.mispredictions(window, 10, seed=1)
        assert alone.compared > 100
        assert alone.percent < 5
        fading = own.fading(window)
        assert fading.left[0][1] > 0.5, "the error was there to begin with"
        assert fading.after_fade <= 0.02
        assert fading.overshoot <= 0.001


def test_there_is_a_picture_for_every_frame_and_again_after_a_stall(chromium: Chromium, tmp_path: Path) -> None:
    with drive.arena(tmp_path, "--bots", "4") as (_, link), drive.player(chromium, link) as window:
        seen = others.starvation(window, 5)
        assert seen.frames > 50
        assert seen.percent < 10
        stall = others.recovery(window, link, 0.4)
        assert stall.gap_ms > 300, "there was a stall"
        assert stall.smooth_ms <= 3_500
        assert stall.backwards == 0


def test_two_hundred_moving_things_are_drawn(chromium: Chromium, tmp_path: Path) -> None:
    match = ("--game", str(STORM), "--map", "forts", "--bots", "8", "--option", "damage=10")
    with (
        drive.arena(tmp_path, *match, weather=Weather()) as (_, link),
        drive.player(chromium, link, settle=1.0) as window,
    ):
        window.screenshot("storm")
        seen = frames(chromium, window, 2)
        assert max(seen.moving) > 150
        assert seen.per_second > 10

"""The measurements of benchmarks/feel judge what they were given rightly. The measuring itself is in test_feel.py."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.feel import own, page, table
from benchmarks.feel.frames import read
from benchmarks.feel.others import judge
from benchmarks.feel.table import BEGIN, END, Row

TICK_MS = 1_000 / 30


def place(frame: int, x: float) -> dict[str, Any]:
    return {"at": frame * 16.0 + 8, "frame": frame, "x": x, "y": 5.0, "heading": 0}


def test_the_next_frame_is_one_frame_later() -> None:
    key = {"at": 60.0, "frame": 3, "code": "KeyD"}  # after the third frame
    at_once = own.first_movement(key, [place(2, 1.0), place(3, 1.0), place(4, 1.25), place(5, 1.5)])
    assert (at_once.frames, at_once.milliseconds) == (1, 12.0)
    assert own.first_movement(key, [place(3, 1.0), place(4, 1.0), place(5, 1.0), place(6, 1.5)]).frames == 3
    with pytest.raises(LookupError, match="KeyD"):
        own.first_movement(key, [place(3, 1.0), place(4, 1.0)])


def test_what_is_left_of_an_error() -> None:
    good = own.Fading([(0, 1.0), (100, 0.3), (299, 0.05), (300, 0.02), (400, 0.0)])
    assert (good.after_fade, good.overshoot, good.rise) == (0.02, 0.0, 0.0)
    swings = own.Fading([(0, 1.0), (100, -0.2), (300, 0.1)])
    assert (swings.after_fade, swings.overshoot) == (0.1, 0.2)
    assert swings.rise == pytest.approx(0.3)


def test_nothing_compared_is_nothing_predicted() -> None:
    assert own.Mispredictions(0, 0, 0).percent == 100
    assert own.Mispredictions(1_000, 1, 0).percent == pytest.approx(0.1)


def watched(*, smooth_after_ms: float, stall_ms: float = 400.0) -> tuple[list[dict[str, Any]], list[float]]:
    """Frames of a view that goes on for 250 ms of a stall, stands, and then makes up what is missing at a pace of 1.25."""
    stall, back = 1_000.0, 1_000.0 + stall_ms
    snapshots = [at for number in range(150) if not stall < (at := number * TICK_MS) < back]
    frames = []
    view = 0.0
    for number in range(300):
        at = number * 1_000 / 60
        if stall + 50 <= at < back:
            frozen = at > stall + 300
            pace, starved = (0.0, True) if frozen else (0.5, True)
        else:
            frozen, starved = False, False
            pace = 1.25 if back <= at < back + smooth_after_ms else 1.0
        frames.append({"at": at, "view": view, "starved": starved, "frozen": frozen})
        view += pace * (1_000 / 60) / TICK_MS
    return frames, snapshots


@pytest.mark.parametrize("smooth_after_ms", [300.0, 800.0, 1_500.0])
def test_smooth_is_when_the_view_goes_at_the_pace_of_time_again(smooth_after_ms: float) -> None:
    recovery = judge(*watched(smooth_after_ms=smooth_after_ms), tick_ms=TICK_MS)
    assert recovery.gap_ms == pytest.approx(400, abs=2 * TICK_MS)
    assert recovery.smooth_ms == pytest.approx(smooth_after_ms, abs=160), "a window of 250 ms sees the end of it early"
    assert recovery.extrapolated_ms == pytest.approx(250, abs=20)
    assert recovery.backwards == 0


def test_what_is_rough_much_later_is_another_matter() -> None:
    frames, snapshots = watched(smooth_after_ms=300)
    for frame in frames:
        frame["starved"] = frame["starved"] or 3_000 < frame["at"] < 3_050
    assert judge(frames, snapshots, tick_ms=TICK_MS).smooth_ms < 400
    for frame in frames:
        frame["starved"] = frame["starved"] or frame["at"] % 400 < 20
    assert judge(frames, snapshots, tick_ms=TICK_MS).smooth_ms > 3_000, "it never goes evenly for long"


def test_a_view_that_goes_back_is_seen() -> None:
    frames, snapshots = watched(smooth_after_ms=300)
    frames[100]["view"] = frames[99]["view"] - 0.01
    assert judge(frames, snapshots, tick_ms=TICK_MS).backwards == 1


def test_a_trace_is_read_frame_by_frame() -> None:
    def task(ts: float, ms: float, thread: int = 1) -> dict[str, Any]:
        return {"name": "ThreadControllerImpl::RunTask", "ph": "X", "pid": 7, "tid": thread, "ts": ts, "dur": ms * 1e3}

    events: list[dict[str, Any]] = [task(5_000, 100, thread=2)]
    for number in range(61):
        begin = number * 1e6 / 60
        events += [task(begin, 4), {"name": "FireAnimationFrame", "ph": "X", "pid": 7, "tid": 1, "ts": begin + 100, "dur": 3_000}]
        events.append(task(begin + 8_000, 7 if number % 10 else 12))
        if number % 10:
            events[-1]["tdur"] = 2_000  # and for 5 ms another process had the core
    frames = read(events, [200])
    assert frames.per_second == pytest.approx(60)
    assert frames.median_ms == pytest.approx(6)
    assert max(frames.busy_ms) == pytest.approx(16)
    with pytest.raises(LookupError, match="no animation frames"):
        read([task(0, 1)], [])


def test_a_load_is_the_sum_of_its_files() -> None:
    assert page.Loading({"/play/": 2_000, "/client/src/client.js": 5_000}, 800.0).bytes == 7_000


def test_the_table_takes_its_place_in_the_page() -> None:
    rows = [Row("a", "≤ 1", "0.5", True), Row("b", "≤ 1", "2", False)]
    text = table.table(rows)
    assert text.splitlines()[-2:] == ["| a | ≤ 1 | 0.5 | yes |", "| b | ≤ 1 | 2 | **no** |"]
    assert table.between_the_marks(f"before\n{BEGIN}\nold\n{END}\nafter\n", text) == f"before\n{BEGIN}\n\n{text}\n\n{END}\nafter\n"
    for damaged in ("nothing", f"{END} {BEGIN}", f"{BEGIN} {BEGIN} {END}"):
        with pytest.raises(ValueError, match="needs the lines"):
            table.between_the_marks(damaged, text)
    table.between_the_marks(table.PAGE.read_text(), text)

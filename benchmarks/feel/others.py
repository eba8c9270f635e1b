"""All that others move: whether there is a picture for every frame, and how soon there is again after a stall."""

from __future__ import annotations

import itertools
from statistics import median
from typing import TYPE_CHECKING, Any, Final

import attrs

from benchmarks.feel.drive import counts, taken

if TYPE_CHECKING:
    from tests.e2e.browser import Window
    from tests.e2e.link import Link

WINDOW_MS: Final = 250.0
"""Over which the pace of the view is taken; shorter, the frames' own unevenness hides it."""
EVEN: Final = 0.10
"""The view's clock may slew by 5 %; the rest is the measuring."""
STEADY_MS: Final = 500.0
"""What goes evenly for so long is smooth again; what is rough later has reasons of its own."""


@attrs.frozen
class Starvation:
    """Frames for which the newest snapshot was too old, of all; the view's delay, once a second, and how often snapshots come."""

    frames: int
    starved: int
    delays_ms: list[float]
    interval_ms: float

    @property
    def percent(self) -> float:
        return 100 * self.starved / self.frames if self.frames else 100.0

    @property
    def delay_snapshots(self) -> float:
        """At the median."""
        return median(self.delays_ms) / self.interval_ms

    @property
    def most_delay_snapshots(self) -> float:
        return max(self.delays_ms) / self.interval_ms


def starvation(window: Window, seconds: float) -> Starvation:
    """Watch for so long."""
    before = counts(window)
    delays = []
    for _ in range(max(1, round(seconds))):
        window.page.wait_for_timeout(1_000)
        delays.append(counts(window)["delayMs"])
    after = counts(window)
    frames, starved = after["frames"] - before["frames"], after["starvedFrames"] - before["starvedFrames"]
    return Starvation(frames, starved, delays, 1_000 / after["tickRate"])


@attrs.frozen
class Recovery:
    """After the first snapshot behind a stall, in milliseconds."""

    gap_ms: float
    """How long there was no snapshot."""
    smooth_ms: float
    """Until the view goes on evenly, and is not starved any more, for STEADY_MS at least."""
    extrapolated_ms: float
    """How long the view went on beyond the newest snapshot before it stood."""
    backwards: int
    """Frames whose view lay before the one before it."""


def recovery(window: Window, link: Link, stall_seconds: float) -> Recovery:
    """Stall the line once, in both directions."""
    taken(window)
    window.page.wait_for_timeout(1_000)
    link.stall(stall_seconds)
    window.page.wait_for_timeout(stall_seconds * 1e3 + 4_000)
    seen = taken(window)
    return judge(seen["frames"], seen["snapshots"], tick_ms=1_000 / counts(window)["tickRate"])


def judge(frames: list[dict[str, Any]], snapshots: list[float], *, tick_ms: float) -> Recovery:
    """How the longest gap between two of these snapshots was got over."""
    gap, back = max((later - earlier, later) for earlier, later in itertools.pairwise(snapshots))
    smooth = back
    for frame in frames:
        if frame["at"] > back and not _even(frames, frame, tick_ms):
            if frame["at"] - smooth > STEADY_MS:
                break
            smooth = frame["at"]
    beyond = [frame["at"] for frame in frames if back - gap < frame["at"] <= back and frame["starved"] and not frame["frozen"]]
    return Recovery(
        gap_ms=gap,
        smooth_ms=smooth - back,
        extrapolated_ms=beyond[-1] - beyond[0] if beyond else 0.0,
        backwards=sum(after["view"] < before["view"] for before, after in itertools.pairwise(frames)),
    )


def _even(frames: list[dict[str, Any]], frame: dict[str, Any], tick_ms: float) -> bool:
    """Does the view go on here at the pace of time, with a snapshot to go to?"""
    if frame["starved"]:
        return False
    later = next((other for other in frames if other["at"] >= frame["at"] + WINDOW_MS), None)
    if later is None:
        return True  # the end of what was watched
    pace = (later["view"] - frame["view"]) * tick_ms / (later["at"] - frame["at"])
    return bool(abs(pace - 1) <= EVEN)

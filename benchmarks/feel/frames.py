"""Pictures a second, and how long the page's main thread works for one of them: out of a trace of the browser itself."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import Counter
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any, Final

import attrs

if TYPE_CHECKING:
    from tests.e2e.browser import Chromium, Window

CATEGORIES: Final = ("toplevel", "devtools.timeline", "__metadata")
TASK: Final = "ThreadControllerImpl::RunTask"
FRAME: Final = "FireAnimationFrame"


@attrs.frozen
class Frames:
    """`busy_ms`: what the main thread worked from one frame's begin to the next one's, with messages, layout and painting.

    It is time of the core: while another process has it the thread does not work.
    """

    per_second: float
    busy_ms: list[float]
    moving: list[int]
    """Tanks and shells in the picture, as they were counted meanwhile."""

    @property
    def median_ms(self) -> float:
        return median(self.busy_ms)

    @property
    def p95_ms(self) -> float:
        return quantiles(self.busy_ms, n=20)[-1]


def frames(chromium: Chromium, window: Window, seconds: float) -> Frames:
    """Trace the window for so long. The count of what moves is taken once a second: it costs a frame little."""
    chromium.browser.start_tracing(page=window.page, categories=list(CATEGORIES))
    moving = []
    for _ in range(max(1, round(seconds))):
        window.page.wait_for_timeout(1_000)
        moving.append(window.js("() => probe.moving()"))
    events = json.loads(chromium.browser.stop_tracing())["traceEvents"]
    return read(events, moving)


def read(events: list[dict[str, Any]], moving: list[int]) -> Frames:
    """Out of a trace's events. The page's main thread is the one that fires animation frames most often."""
    fired = Counter((event["pid"], event["tid"]) for event in events if event["name"] == FRAME)
    if not fired:
        raise LookupError("the trace has no animation frames")
    thread, _ = fired.most_common(1)[0]
    ours = [event for event in events if (event["pid"], event["tid"]) == thread]
    begins = sorted({event["ts"] for event in ours if event["name"] == FRAME})
    busy = [0.0] * (len(begins) + 1)
    for event in ours:
        if event["name"] == TASK and event["ph"] == "X":
            # A frame's task begins a little before it fires: it counts for the frame in which its middle lies.
            busy[bisect_right(begins, event["ts"] + event["dur"] / 2)] += event.get("tdur", event["dur"]) / 1e3
    return Frames((len(begins) - 1) * 1e6 / (begins[-1] - begins[0]), busy[1:-1], moving)

"""The table of figures, and the page that it stands in."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGE: Final = Path(__file__).parents[2] / "docs" / "feel.md"
BEGIN: Final = "<!-- figures: written by python -m benchmarks.feel -->"
END: Final = "<!-- end of the figures -->"

IDLE_LOAD: Final = 1.0
"""What an idle machine may still have from before."""
AFTER_LOAD: Final = 3.0
"""What the measuring itself leaves: browser, server, bots and the line, of which two or three want a core at a time."""


@attrs.frozen
class Row:
    """One figure: what is promised, and what came out."""

    what: str
    aim: str
    measured: str
    reached: bool


def machine(browser_version: str) -> str:
    """What it was measured on."""
    kernel = f"{platform.system()} {platform.release().split('-')[0]}"
    programs = f"Python {platform.python_version()}, headless Chromium {browser_version} without a GPU"
    return f"{os.cpu_count()} cores, {platform.machine()}, {kernel}, {programs}"


def company(usual_load: float) -> str:
    """A warning if this machine does other things: figures of time then tell of those. Empty if it does not."""
    load, _, _ = os.getloadavg()
    return f"Something else ran here (load {load:.1f}): what takes time was measured with it." if load > usual_load else ""


def table(rows: Sequence[Row]) -> str:
    """In Markdown."""
    lines = [f"| {row.what} | {row.aim} | {row.measured} | {'yes' if row.reached else '**no**'} |" for row in rows]
    return "\n".join(("| what | aim | measured | reached |", "|---|---|---|---|", *lines))


def between_the_marks(page: str, text: str, begin: str = BEGIN, end: str = END) -> str:
    """The page with this text in the place of what stood between the marks. Raises ValueError if they are not there once each."""
    if page.count(begin) != 1 or page.count(end) != 1 or page.index(begin) > page.index(end):
        raise ValueError(f"the page needs the lines {begin!r} and {end!r}, in this order")
    before, _, rest = page.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}\n\n{text}\n\n{end}{after}"


def write(rows: Sequence[Row], on: str) -> None:
    """Into the page."""
    PAGE.write_text(between_the_marks(PAGE.read_text(), f"{on}\n\n{table(rows)}"))

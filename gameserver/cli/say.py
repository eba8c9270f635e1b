"""What all commands share: how they end, and how they talk to a person."""

from __future__ import annotations

import contextlib
import sys
from typing import Any, Final

OK: Final = 0
FAILED: Final = 1
"""The check failed."""
USAGE: Final = 2
"""Wrong usage, or something that the user can mend."""


def say(line: str) -> None:
    """Tell a person; standard output is for results. Nothing ends because nobody listens any more: a terminal that was closed, a
    reader that has gone, a full disk.
    """
    with contextlib.suppress(OSError):
        print(line, file=sys.stderr, flush=True)


def printable(text: str) -> str:
    """What a file says, without what would steer a terminal."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def progress(what: str, total: int) -> Any:  # noqa: ANN401 - a callable
    """Counts on standard error, if a person looks at it."""

    def show(done: int) -> None:
        if sys.stderr.isatty():
            print(f"\r{done}/{total} {what}", end="\n" if done == total else "", file=sys.stderr, flush=True)

    return show


def readable(summary: dict[str, Any]) -> str:
    """Names and numbers, a line each."""
    lines = []
    for key, value in summary.items():
        shown = ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else value
        lines.append(f"{key.replace('_', ' '):22} {shown}")
    return "\n".join(lines)

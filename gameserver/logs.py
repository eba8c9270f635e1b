"""Log lines as they are written: one line each whatever they tell of, and no flood of them.

What a peer says may stand in a line: nothing of it ends the line, steers a terminal, or makes it long. Of one kind of line about
one room or peer LOG_LINES_PER_SECOND are written; the others are left out, and a line says how many.
"""

from __future__ import annotations

import json
import logging
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from gameserver.core.limits import LOG_LINES_PER_SECOND, MAX_LOG_LINE
from gameserver.core.registry import Limit

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameserver.core.reached import Reached

AUTHORS: Final = "gameserver.game"
"""The logger through which games talk to their authors: a room has its own limit there (MAX_LOG_LINES)."""
KINDS: Final = 1_000
"""Of lines in one second, as many are told apart; beyond them no new kind is written in that second."""

Kind = tuple[str, int, str, str]
"""Logger, level, text before anything is filled in, and what is filled in first: of whom it tells."""


class LimitedHandler(logging.StreamHandler):  # type: ignore[type-arg] # a StreamHandler has no argument at run time
    """Writes to standard error what may be written. See the module."""

    def __init__(self, reached: Reached, clock: Callable[[], float] = monotonic) -> None:
        super().__init__()
        self._reached = reached
        self._clock = clock
        self._since = clock()
        self._written: dict[Kind, int] = {}
        self._left_out: dict[Kind, int] = {}

    def emit(self, record: logging.LogRecord) -> None:
        now = self._clock()
        if now - self._since >= 1.0:
            self._since = now
            self._tell_what_is_left_out()
        if record.name == AUTHORS and record.levelno <= logging.INFO:
            super().emit(record)
            return
        kind = _kind_of(record)
        written = self._written.get(kind, 0)
        if written >= LOG_LINES_PER_SECOND or (not written and len(self._written) >= KINDS):
            if kind in self._left_out or len(self._left_out) < KINDS:
                self._left_out[kind] = self._left_out.get(kind, 0) + 1
            self._reached.note(Limit.LOG_LINES_PER_SECOND)
            return
        self._written[kind] = written + 1
        super().emit(record)

    def _tell_what_is_left_out(self) -> None:
        left_out, self._left_out = self._left_out, {}
        self._written.clear()
        for (name, level, text, about), number in left_out.items():
            super().emit(logging.LogRecord(name, level, "", 0, f"{number} more like {text!r} ({about}) were left out", None, None))


def _kind_of(record: logging.LogRecord) -> Kind:
    arguments = record.args
    about = str(arguments[0])[:64] if isinstance(arguments, tuple) and arguments else ""
    return record.name, record.levelno, str(record.msg)[:200], about


class Lines(logging.Formatter):
    """For people."""

    def __init__(self, reached: Reached) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s")
        self._reached = reached

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = _one_line(record.message, self._reached)
        return super().formatMessage(record)

    def formatException(self, ei: Any) -> str:  # noqa: ANN401 - as in Formatter
        """Indented: no line of it is taken for one of the log, whatever stands in the error."""
        return "\n".join(f"  {_one_line(line, self._reached)}" for line in super().formatException(ei).split("\n"))


class JsonLines(logging.Formatter):
    """One JSON object a line, everything escaped."""

    def __init__(self, reached: Reached) -> None:
        super().__init__()
        self._reached = reached

    def format(self, record: logging.LogRecord) -> str:
        message = _cut(record.getMessage(), self._reached)
        line = {"at": record.created, "level": record.levelname, "logger": record.name, "message": message}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line)


def _cut(text: str, reached: Reached) -> str:
    if len(text) <= MAX_LOG_LINE:
        return text
    reached.note(Limit.MAX_LOG_LINE)
    return f"{text[: MAX_LOG_LINE - 1]}…"


def _one_line(text: str, reached: Reached) -> str:
    """With every character escaped that a terminal would not show."""
    text = _cut(text, reached)
    if text.isprintable():
        return text
    return _cut("".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text), reached)


def set_up_logging(*, verbose: bool, as_json: bool, reached: Reached) -> None:
    """Log lines go to standard error. `reached`: counts those that are left out or cut short."""
    handler = LimitedHandler(reached)
    handler.setFormatter(JsonLines(reached) if as_json else Lines(reached))
    logging.basicConfig(level=logging.DEBUG if verbose else logging.INFO, handlers=[handler])
    logging.getLogger("trio-websocket").setLevel(logging.WARNING)  # it logs every frame

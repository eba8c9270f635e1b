"""The end of a process that does not end by itself: a disk that does not answer, a loop that does not turn.

A clean stop waits for calls of the system, some of which cannot be cut short. Whoever was told that the process is gone by now
starts the next one, on the same port and the same files.
"""

from __future__ import annotations

import logging
import math
import os
import threading
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger("gameserver.app")

HARD_STOP_CODE: Final = 70
"""What the process ends with then (EX_SOFTWARE of sysexits.h)."""

SLICE_SECONDS: Final = 0.25
"""Time is counted so much at a time: while the whole process stands still (SIGSTOP, a machine that sleeps) none passes."""

LAST_WORD_SECONDS: Final = 0.2
"""Where the log goes may be what does not answer."""


class HardStop:
    """Ends the process so long after the last `arm`, unless its block is left before: in a thread, which needs nobody's help."""

    def __init__(self, end: Callable[[int], object] = os._exit) -> None:
        """`end`: ends the process with a code."""
        self._end = end
        self._disarmed = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._disarmed.set()

    def arm(self, seconds: float) -> None:
        """From now on; what was said before counts no more."""
        self._disarmed.set()
        self._disarmed = threading.Event()
        threading.Thread(target=self._stop_after, args=(seconds, self._disarmed), daemon=True).start()

    def _stop_after(self, seconds: float, disarmed: threading.Event) -> None:
        slices = math.ceil(seconds / SLICE_SECONDS)
        if not any(disarmed.wait(seconds / slices) for _ in range(slices)):
            self._stop(seconds)

    def _stop(self, seconds: float) -> None:
        text = "the server has not ended within %g s, and is ended: a call of the system does not return"
        last_word = threading.Thread(target=log.critical, args=(text, seconds), daemon=True)
        last_word.start()
        last_word.join(LAST_WORD_SECONDS)
        self._end(HARD_STOP_CODE)

"""How this process takes its memory, so that one which runs for weeks stays as small as what it holds.

glibc gives each thread a heap of its own, and learns from the largest block that was ever freed to keep such blocks. Both are for
programs of another kind: here threads only carry files to the disk, and the large blocks are those of rooms, which come and go.
What was freed stays in heaps that nobody else may use, and a server grew by two mebibytes in ten minutes
(`python -m benchmarks.reliability.soak`).
"""

from __future__ import annotations

import ctypes
import sys
from typing import Final

_TRIM_THRESHOLD: Final = -1
_MMAP_THRESHOLD: Final = -3
_ARENA_MAX: Final = -8
"""Options of mallopt (malloc.h)."""
ARENAS: Final = 1
"""Threads wait for each other where they allocate, and nearly all that do so hold Python's own lock anyway."""
LARGE_BYTES: Final = 128 * 1_024
"""Blocks from here on go back to the system when they are freed: glibc's own value, which it raises unless somebody has set it."""


def stay_small() -> bool:
    """For the whole process, from now on. False where that cannot be had: then memory is as the system thinks best."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # another libc
        return False
    options = ((_ARENA_MAX, ARENAS), (_MMAP_THRESHOLD, LARGE_BYTES), (_TRIM_THRESHOLD, LARGE_BYTES))
    return all(mallopt(option, value) for option, value in options)

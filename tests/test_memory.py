"""Large blocks of a server go back to the system when they are freed."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

ASK = """
import ctypes, sys
from gameserver.memory import LARGE_BYTES, stay_small

class Info(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in
        ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost")]

mallinfo = ctypes.CDLL(None).mallinfo2
mallinfo.restype = Info
if "small" in sys.argv:
    assert stay_small()
freed = bytes(16 * 2**20)
del freed
before = mallinfo().hblkhd
kept = bytes(4 * LARGE_BYTES)
print(mallinfo().hblkhd - before >= len(kept))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="this is glibc's alone")
@pytest.mark.parametrize(("how", "goes_back"), [("small", "True"), ("as it is", "False")])
def test_a_large_block_is_taken_from_the_system_whatever_was_freed_before(how: str, goes_back: str) -> None:
    asked = subprocess.run([sys.executable, "-c", ASK, how], capture_output=True, text=True, check=True)
    assert asked.stdout.strip() == goes_back

"""What other processes say, whose texts hash differently: nothing that is to repeat may depend on that."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
SECONDS: Final = 120
"""Until a process that does not end fails its test."""


def under_two_hash_seeds(code: str) -> list[str]:
    """What this code prints in two processes with different hash seeds, without the last line's end.

    Raises CalledProcessError if one fails.
    """
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        for hash_seed in ("1", "2")
    ]
    said = []
    for process in processes:
        out, _ = process.communicate(timeout=SECONDS)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, code)
        said.append(out.rstrip("\n"))
    return said

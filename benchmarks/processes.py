"""Starting a real server for a measurement, and reading what a process costs."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_ADDRESS = re.compile(r"Serving .* at (ws://\S+)")


class RunningServer:
    """A `gameserver serve` process. `url` names its first room."""

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        self.process = process
        self.url = url

    def cpu_seconds(self) -> float:
        """CPU time of the process so far, from /proc (Linux)."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def running_server(*arguments: str) -> Iterator[RunningServer]:
    """A server on a free port of loopback; it gets SIGINT at the end and must go within five seconds."""
    command = [sys.executable, "-m", "gameserver", "serve", "--port", "0", *arguments]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        yield RunningServer(process, _read_address(process.stderr))
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stderr.close()


def _read_address(lines: IO[str]) -> str:
    for line in lines:
        if found := _ADDRESS.search(line):
            return found[1]
    raise RuntimeError("the server ended before it said its address")

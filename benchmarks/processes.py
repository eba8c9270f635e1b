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


def cpu_times(pid: int) -> tuple[float, float]:
    """Seconds of CPU that a process has taken so far with its living children: as user, and in the kernel (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    user, system = int(fields[11]) / os.sysconf("SC_CLK_TCK"), int(fields[12]) / os.sysconf("SC_CLK_TCK")
    for child in _children(pid):
        of_child = cpu_times(child)
        user, system = user + of_child[0], system + of_child[1]
    return user, system


def resident_bytes(pid: int) -> int:
    """Memory that a process and its children hold at the moment (Linux)."""
    found = re.search(r"^VmRSS:\s+(\d+) kB$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    own = int(found[1]) * 1_024 if found is not None else 0  # a process that has just ended has none
    return own + sum(resident_bytes(child) for child in _children(pid))


def waiting_seconds(pid: int) -> float:
    """How long a process and its children have been ready to run so far while the core was another's (Linux)."""
    own = sum(int(task.read_text().split()[1]) for task in Path(f"/proc/{pid}/task").glob("*/schedstat"))
    return own / 1e9 + sum(waiting_seconds(child) for child in _children(pid))


def _children(pid: int) -> list[int]:
    return [int(child) for tasks in Path(f"/proc/{pid}/task").glob("*/children") for child in tasks.read_text().split()]


@contextmanager
def first_in_line() -> Iterator[bool]:
    """This process, and those that it starts meanwhile, before all others on this machine, where that is allowed: what is measured
    then is theirs, and not what else runs here. Tells whether it is.
    """
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    except (AttributeError, OSError):  # no Linux, or nobody special
        yield False
        return
    try:
        yield True
    finally:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


class RunningServer:
    """A `gameserver serve` process. `url` names its first room."""

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        self.process = process
        self.url = url

    def cpu_seconds(self) -> float:
        """CPU time of the process and its children so far."""
        return sum(cpu_times(self.process.pid))


@contextmanager
def running_server(*arguments: str) -> Iterator[RunningServer]:
    """A server on a free port of loopback, which records if told to; it gets SIGINT at the end and must go within five seconds."""
    command = [sys.executable, "-m", "gameserver", "serve", "--port", "0", *arguments]
    if "--record" not in arguments:
        command += ["--record", "off"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        yield RunningServer(process, read_address(process.stderr))
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stderr.close()


def read_address(lines: IO[str]) -> str:
    for line in lines:
        if found := _ADDRESS.search(line):
            return found[1]
    raise RuntimeError("the server ended before it said its address")

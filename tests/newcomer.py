"""A terminal in which tests type what a page or a command tells a new user to type."""

from __future__ import annotations

import contextlib
import os
import queue
import re
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT: Final = Path(__file__).parents[1]
DEFAULT_PORT: Final = "8765"
PATIENCE_SECONDS: Final = 60.0
"""For one command, on a machine that has other things to do."""


def free_port() -> int:
    """One that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


class Shell:
    """Runs lines of shell in a folder, with this checkout's `gameserver` and `pytest` first in the path.

    Where the lines say the server's usual port they mean one that is free: another server may run on this machine.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = str(free_port())
        self._running: list[Running] = []
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("GAMESERVER_", "PYTEST_"))}
        self._environment: Mapping[str, str] = {
            **kept,
            "PATH": f"{Path(sys.executable).parent}:{kept['PATH']}",
            "PYTHONPATH": f"{ROOT}:{ROOT / 'clients/python'}",
            "PYTHONUNBUFFERED": "1",
            "COLUMNS": "200",
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        for running in self._running:
            running.kill()

    def start(self, line: str) -> Running:
        """Run it until it is stopped."""
        running = Running(self._own(line), self.folder, self._environment)
        self._running.append(running)
        return running

    def run(self, line: str, *, fails: bool = False) -> str:
        """Run it to its end, which must be a good one, or a bad one; returns all that it said. `cd` is remembered."""
        words = shlex.split(line)
        if words[0] == "cd":
            self.folder = self.folder / words[1]
            assert self.folder.is_dir(), f"{line}: there is no such folder"
            return ""
        finished = subprocess.run(
            ["/bin/sh", "-c", self._own(line)],
            cwd=self.folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        assert (finished.returncode != 0) is fails, f"{line}\n{finished.stdout}"
        return finished.stdout

    def write(self, file: str, text: str) -> None:
        """Save a file, as an editor does."""
        (self.folder / file).write_text(text.replace(DEFAULT_PORT, self.port))

    def _own(self, line: str) -> str:
        """With our port, where the line goes to a server's usual one."""
        line = line.replace(DEFAULT_PORT, self.port)
        if re.match(r"gameserver serve\b", line) and "--port" not in line:
            line += f" --port {self.port}"
        if re.match(r"gameserver bots\b", line) and "--url" not in line:
            line += f" --url ws://127.0.0.1:{self.port}"
        return line


class Running:
    """A command that goes on until Ctrl-C. A thread reads what it says, so that waiting for a line can end."""

    def __init__(self, line: str, folder: Path, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            shlex.split(line, comments=True),
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.said = ""
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def until(self, pattern: str) -> None:
        """Wait for a line with this, behind the one that was waited for last. Raises AssertionError if it never comes."""
        end = time.monotonic() + PATIENCE_SECONDS
        line: str | None = ""
        while not re.search(pattern, line or ""):
            try:
                line = self._lines.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                line = None
            assert line is not None, f"it never said {pattern!r}, but:\n{self.said}"
            self.said += line

    def stop(self) -> int:
        """Ctrl-C; returns its exit code. `said` is complete then."""
        self._process.send_signal(signal.SIGINT)
        code = self._process.wait(timeout=PATIENCE_SECONDS)
        self._reader.join(timeout=PATIENCE_SECONDS)
        while (line := self._lines.get(timeout=1.0)) is not None:
            self.said += line
        return code

    def kill(self) -> None:
        """Whatever is left of it."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(timeout=PATIENCE_SECONDS)
        self._reader.join(timeout=PATIENCE_SECONDS)
        assert self._process.stdout is not None
        self._process.stdout.close()

"""`gameserver serve` as a process of its own, which can be stopped, killed and started again at the same address."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from tests.e2e import environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START_SECONDS: Final = 120.0
"""Until it listens, on a machine that has other things to do."""
STOP_SECONDS: Final = 30.0
_ADDRESS: Final = re.compile(r"(?:http|ws)://127\.0\.0\.1:(\d+)")


class Server:
    """One `gameserver serve`.

    Attributes:
        port: of loopback; a free one at first, the same one ever after.
    """

    def __init__(self, folder: Path, *arguments: str) -> None:
        """`folder`: where it runs, and writes what it says."""
        self.port = 0
        self._folder = folder
        self._arguments = arguments
        self._said = folder / "server.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ws(self, room: str) -> str:
        return f"ws://127.0.0.1:{self.port}/ws/{room}"

    def said(self) -> str:
        return self._said.read_text() if self._said.exists() else ""

    def start(self) -> None:
        """Returns when it listens."""
        command = [sys.executable, "-m", "gameserver", "serve", "--port", str(self.port), "--data", "off", *self._arguments]
        for option, usual in (("--record", "off"), ("--drain", "0")):  # a page that was closed has its seat for a while
            if option not in self._arguments:
                command += [option, usual]
        before = len(self.said())
        with self._said.open("ab") as said:
            self._process = subprocess.Popen(command, cwd=self._folder, env=environment(), stdout=said, stderr=said)
        end = time.monotonic() + START_SECONDS
        while (found := _ADDRESS.search(self.said(), before)) is None:
            if self._process.poll() is not None or time.monotonic() > end:
                self.kill()
                raise RuntimeError(f"the server does not start:\n{self.said()}")
            time.sleep(0.05)
        self.port = int(found[1])

    def stop(self) -> None:
        """As an operator does it."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """As a failing machine does it."""
        self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(number)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise


@contextmanager
def running_server(folder: Path, *arguments: str) -> Iterator[Server]:
    """A server for the length of a block. `arguments`: for `serve`, beside port and data; it records only if told to, and waits for
    matches when it stops only if told to.
    """
    server = Server(folder, *arguments)
    server.start()
    try:
        yield server
    finally:
        server.stop()

"""One measurement: a server on one core, the load generator on another, and what both of them say."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs
import trio

from benchmarks.processes import cpu_times, resident_bytes, waiting_seconds

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from benchmarks.line.servers import Crowd

ROOT: Final = Path(__file__).parents[2]
START_SECONDS: Final = 15.0
"""From the start of a server until it says its port."""
JOIN_SECONDS: Final = 65.0
"""Until all clients play; load.c gives up after 60 s."""
END_SECONDS: Final = 5.0
"""How long a server may take to end before it is killed."""
_PORT: Final = re.compile(r"(?:listening on |ws://127\.0\.0\.1:)(\d+)")


class RunFailed(Exception):
    """There is no measurement; the text says why."""


@attrs.frozen(kw_only=True)
class Span:
    """How long a run is measured, and how it is made."""

    seconds: float
    warmup: float
    server_core: int
    load_core: int


@attrs.frozen(kw_only=True)
class Run:
    """What was measured.

    Attributes:
        user_us, system_us: the server's CPU time per client and tick, in microseconds.
        core_share: of one core that the server took.
        waiting_share: of the time that it wanted the core and another process had it.
        resident: the server's memory at the end, in bytes.
        client_bytes: of it, what came with each client.
        load: what load.c printed.
    """

    user_us: float
    system_us: float
    core_share: float
    waiting_share: float
    resident: int
    client_bytes: float
    load: dict[str, Any]


@asynccontextmanager
async def running(core: int, command: Sequence[str], **files: Any) -> AsyncIterator[trio.Process]:  # noqa: ANN401 - as Popen
    """A process on this core; at the end it gets SIGTERM, and is killed if that does not help."""
    pinned = [sys.executable, "-m", "benchmarks.line.pin", str(core), *command]
    process = await trio.lowlevel.open_process(pinned, cwd=ROOT, stdin=subprocess.DEVNULL, **files)
    try:
        yield process
    finally:
        with trio.CancelScope(shield=True):
            if process.poll() is None:
                process.terminate()
            with trio.move_on_after(END_SECONDS):
                await process.wait()
            if process.returncode is None:
                process.kill()
                await process.wait()


async def measure(server: Sequence[str], load: Path, game: str, crowd: Crowd, span: Span, folder: Path) -> Run:
    """Start this server, let the crowd play, and measure. Raises RunFailed."""
    log = folder / "server.log"
    with log.open("wb") as written:
        async with running(span.server_core, server, stdout=written, stderr=subprocess.STDOUT) as process:
            port = await _port_of(process, trio.Path(log))
            before = resident_bytes(process.pid)
            command = [
                str(load), "--port", str(port), "--game", game, "--room", game, "--clients", str(crowd.clients),
                "--rooms-of", str(crowd.rooms_of), "--seconds", str(span.seconds), "--warmup", str(span.warmup),
            ]  # fmt: skip
            try:
                with trio.fail_after(JOIN_SECONDS + span.warmup + span.seconds):
                    async with running(span.load_core, command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as generator:
                        return await _watch(process, generator, crowd, before)
            except trio.TooSlowError as error:
                raise RunFailed("the load generator did not end in time") from error


async def _port_of(process: trio.Process, log: trio.Path) -> int:
    """Wait until the server says where it listens."""
    with trio.move_on_after(START_SECONDS):
        while process.poll() is None:
            if found := _PORT.search(await log.read_text()):
                return int(found[1])
            await trio.sleep(0.02)
    said = " / ".join((await log.read_text()).strip().splitlines()[-3:])
    raise RunFailed(f"the server did not start: {said}")


async def _watch(server: trio.Process, generator: trio.Process, crowd: Crowd, resident_before: int) -> Run:
    """Look at the server when the generator begins to measure and when it has measured."""
    assert generator.stderr is not None and generator.stdout is not None
    said = b""
    while b"measuring\n" not in said:
        got = await generator.stderr.receive_some()
        if not got:
            raise RunFailed(said.decode(errors="replace").strip() or "the load generator ended")
        said += got
    user, system = cpu_times(server.pid)
    waiting = waiting_seconds(server.pid)
    printed = b""
    while b"\n" not in printed:
        got = await generator.stdout.receive_some()
        if not got:
            raise RunFailed("the load generator ended early")
        printed += got
    if server.poll() is not None:
        raise RunFailed(f"the server ended with {server.returncode}")
    user_after, system_after = cpu_times(server.pid)
    waited = waiting_seconds(server.pid) - waiting
    resident = resident_bytes(server.pid)
    load: dict[str, Any] = json.loads(printed)
    turns = crowd.clients * max(load["ticks"], 1.0)
    return Run(
        user_us=(user_after - user) * 1e6 / turns,
        system_us=(system_after - system) * 1e6 / turns,
        core_share=(user_after - user + system_after - system) / load["seconds"],
        waiting_share=waited / load["seconds"],
        resident=resident,
        client_bytes=(resident - resident_before) / crowd.clients,
        load=load,
    )

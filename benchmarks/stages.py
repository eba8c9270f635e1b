"""Where a tick goes: a real server in this process, a room of cars, and a probe around each stage of the line.

The server runs three times under the load generator of benchmarks/line: bare, with probes, and bare again. What the probes cost is
what the second run takes more than the others, in CPU time of the process; it is taken off each stage by how many probes ran in it
and right within it. (A probe in a loop of its own would seem to cost a third of that: its code is in the cache there.) The stages
are wall time, so nothing else should run on the core. Names that the server does not have (any more) are left out and said.

Run: python -m benchmarks.stages [--cars 50] [--rooms 10] [--seconds 10] [--json]
"""

from __future__ import annotations

import argparse
import functools
import gc
import importlib
import json
import math
import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter_ns, process_time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

import attrs
import trio

from benchmarks.line.build import LOAD, NotBuilt, compiled
from benchmarks.line.report import BUSY_SHARE
from benchmarks.line.run import running
from benchmarks.line.scene import GAME_FILE, drive
from benchmarks.processes import waiting_seconds
from gameserver import app
from gameserver.settings import ServeSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

WARMUP_SECONDS: Final = 2.0
LIMIT_SECONDS: Final = 60.0
"""Beside the measurement itself: for starting, joining and warming up."""
CALIBRATION_CALLS: Final = 200_000
REST: Final = "the rest: trio's loop, wake-ups, tasks"

RECEIVE: Final = "receive: system call"
SEND: Final = "send: system call"
SOCKETS: Final = {"recv": RECEIVE, "recv_into": RECEIVE, "recvmsg": RECEIVE, "send": SEND, "sendmsg": SEND}
"""Methods of a socket, and their stages."""
COLLECT: Final = "garbage collection"
GAME_STEP: Final = "step: the game's"
SOCKET_MODULES: Final = ("gameserver.net.eager",)
"""Modules that make sockets as `socket.socket(…)`."""

PROBES: Final = (
    # stage, module, name in it
    ("receive: around the call", "gameserver.net.eager", "EagerStream.recv_stamped"),
    ("split, unmask", "gameserver.net.splitter", "Splitter.lift_only"),
    ("split, unmask", "gameserver.net.splitter", "Splitter.feed"),
    ("link: what arrived", "gameserver.net.express", "ExpressLink.receive_nowait"),
    ("decode", "gameserver.seat", "decode_client"),
    ("allowance, seat", "gameserver.seat", "Seat.receive"),
    ("allowance, seat", "gameserver.core.allowance", "Allowance.take"),
    ("check and buffer the input", "gameserver.core.inputs", "InputBuffer.add"),
    ("check and buffer the input", "gameserver.seat", "Seat._take_inputs"),
    ("acknowledge, pace", "gameserver.core.pacing", "Pacer.acknowledge"),
    ("acknowledge, pace", "gameserver.core.pacing", "Pacer.sent"),
    ("take the input", "gameserver.core.inputs", "InputBuffer.take"),
    ("guard", "gameserver.guard", "Guard.run"),
    ("step: around it", "gameserver.core.simulation", "Simulation.step"),
    ("quantise", "gameserver.core.world", "World.quantise"),
    ("view", "gameserver.core.view", "View.contents"),
    ("parts: commit, draft", "gameserver.core.parts", "Parts.commit"),
    ("parts: commit, draft", "gameserver.core.parts", "Parts.draft"),
    ("encode the fragment", "gameserver.core.parts", "Parts._encode"),
    ("encode the head", "gameserver.line", "encode_head"),
    ("hand over", "gameserver.line", "Line.may_send"),
    ("hand over", "gameserver.seat", "Seat.send"),
    ("hand over", "gameserver.net.express", "ExpressLink.send_nowait"),
    ("room", "gameserver.room", "Room.tick"),
)


@attrs.define
class _Count:
    """What a stage took. `inner`: calls of other probes from within it."""

    nanoseconds: int = 0
    calls: int = 0
    inner: int = 0


class Ledger:
    """Time by stage, each without what the probes within it have seen."""

    def __init__(self) -> None:
        self.counts: dict[str, _Count] = {}
        self._open: list[list[int]] = [[0, 0]]
        """For each probe that is running: nanoseconds and calls of those within it. The first is nobody's."""
        self._collecting = 0
        """When the garbage collector began."""

    def clear(self) -> None:
        """Begin anew, between two ticks."""
        for count in self.counts.values():
            count.nanoseconds = count.calls = count.inner = 0

    def probe(self, function: Callable[..., Any], stage: str) -> Callable[..., Any]:
        """The same function, timed."""
        count = self.counts.setdefault(stage, _Count())
        running_probes = self._open

        @functools.wraps(function)
        def timed(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever the function takes and gives
            within = [0, 0]
            running_probes.append(within)
            begin = perf_counter_ns()
            try:
                return function(*arguments, **named)
            finally:
                took = perf_counter_ns() - begin
                running_probes.pop()
                count.nanoseconds += took - within[0]
                count.calls += 1
                count.inner += within[1]
                outer = running_probes[-1]
                outer[0] += took
                outer[1] += 1

        return timed

    def collecting(self, phase: str, info: dict[str, int]) -> None:
        """For gc.callbacks: the collector runs wherever something is made, and would count there."""
        if phase == "start":
            self._collecting = perf_counter_ns()
            return
        took = perf_counter_ns() - self._collecting
        count = self.counts.setdefault(COLLECT, _Count())
        count.nanoseconds += took
        count.calls += 1
        self._open[-1][0] += took
        self._open[-1][1] += 1


@attrs.frozen
class ProbeCost:
    """Nanoseconds that one probe adds: to its own stage, and to the one around it."""

    own: float
    around: float

    def so_that(self, extra: float, ledger: Ledger) -> ProbeCost:
        """In the same ratio, but so that all probes together cost so many nanoseconds; never less than in a loop of their own."""
        all_probes = sum(count.calls for count in ledger.counts.values()) * (self.own + self.around)
        factor = max(1.0, extra / all_probes)
        return ProbeCost(self.own * factor, self.around * factor)

    @staticmethod
    def in_a_loop() -> ProbeCost:
        """By a function that does nothing, with a probe and without."""

        def nothing(argument: object) -> object:
            return argument

        def time_for(function: Callable[[object], object]) -> int:
            begin = perf_counter_ns()
            for _ in range(CALIBRATION_CALLS):
                function(None)
            return perf_counter_ns() - begin

        ledger = Ledger()
        probed = ledger.probe(nothing, "nothing")
        bare, with_probe = time_for(nothing), time_for(probed)
        seen = ledger.counts["nothing"].nanoseconds
        return ProbeCost((seen - bare) / CALIBRATION_CALLS, (with_probe - seen) / CALIBRATION_CALLS)


def install(ledger: Ledger) -> tuple[list[Callable[[], None]], list[str]]:
    """Put all probes in. Returns what takes them out again, and the names that are not there."""
    undo: list[Callable[[], None]] = []
    missing: list[str] = []

    def put(holder: Any, name: str, value: object) -> None:  # noqa: ANN401 - a class or a module
        undo.append(functools.partial(setattr, holder, name, getattr(holder, name)))
        setattr(holder, name, value)

    for stage, module_name, path in PROBES:
        *classes, name = path.split(".")
        try:
            holder = functools.reduce(getattr, classes, importlib.import_module(module_name))
            function = getattr(holder, name)
        except (ImportError, AttributeError):
            missing.append(f"{module_name}.{path}")
            continue
        put(holder, name, ledger.probe(function, stage))
    gc.callbacks.append(ledger.collecting)
    undo.append(functools.partial(gc.callbacks.remove, ledger.collecting))
    put(drive(), "step", ledger.probe(vars(drive())["step"], GAME_STEP))
    put(app, "load_game", lambda name: drive())  # loaded anew, the game would be another class, without the probe
    probed = {name: ledger.probe(getattr(socket.socket, name), stage) for name, stage in SOCKETS.items()}
    names = vars(socket) | {"socket": type("ProbedSocket", (socket.socket,), probed)}
    for module_name in SOCKET_MODULES:
        put(importlib.import_module(module_name), "socket", SimpleNamespace(**names))
    return undo, missing


@attrs.frozen
class Window:
    """One measurement: CPU seconds of the process, client ticks in it, and the share of it that the process waited for its core."""

    cpu: float
    turns: float
    waiting_share: float

    @property
    def microseconds(self) -> float:
        """Of CPU per client and tick."""
        return self.cpu * 1e6 / self.turns


async def play(ledger: Ledger, *, load: Path, load_core: int, cars: int, rooms: int, seconds: float) -> Window:
    """Serve in this process while so many drive, and measure. The ledger is cleared when the measurement begins."""
    said, heard = trio.open_memory_channel[str](math.inf)

    names = tuple(f"drive{number}" for number in range(1, rooms + 1))
    settings = ServeSettings(port=0, games=(str(GAME_FILE),), rooms=names, record="off")
    with trio.fail_after(LIMIT_SECONDS + seconds):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(app.serve, settings, said.send_nowait)
            port = ""
            async for line in heard:
                if found := re.search(r"ws://127\.0\.0\.1:(\d+)", line):
                    port = found[1]
                    break
            command = [
                str(load), "--port", port, "--clients", str(cars * rooms), "--rooms-of", str(cars),
                "--seconds", str(seconds), "--warmup", str(WARMUP_SECONDS),
            ]  # fmt: skip
            async with running(load_core, command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as generator:
                assert generator.stderr is not None and generator.stdout is not None
                await generator.stderr.receive_some()
                ledger.clear()
                before, waiting = process_time(), waiting_seconds(os.getpid())
                printed = await generator.stdout.receive_some()
                cpu, waited = process_time() - before, waiting_seconds(os.getpid()) - waiting
            nursery.cancel_scope.cancel()
    return Window(cpu, json.loads(printed)["ticks"] * cars * rooms, waited / seconds)


def stages(ledger: Ledger, cost: ProbeCost, window: Window) -> Iterator[tuple[str, float, float]]:
    """(stage, microseconds, calls), both per client and tick, dearest first, then the rest."""
    rows = []
    for stage, count in ledger.counts.items():
        own = count.nanoseconds - count.calls * cost.own - count.inner * cost.around
        rows.append((stage, max(own, 0.0) / 1e3 / window.turns, count.calls / window.turns))
    rows.sort(key=lambda row: -row[1])
    yield from (row for row in rows if row[2])
    calls = sum(count.calls for count in ledger.counts.values())
    probes = calls * (cost.own + cost.around) / 1e3 / window.turns
    yield REST, window.microseconds - probes - sum(row[1] for row in rows), 0.0


def report(
    bare: Sequence[Window], probed: Window, ledger: Ledger, loop_cost: ProbeCost, missing: Sequence[str], *, as_json: bool
) -> None:
    """Print the table."""
    without = sum(window.microseconds for window in bare) / len(bare)
    cost = loop_cost.so_that((probed.microseconds - without) * 1e3 * probed.turns, ledger)
    rows = list(stages(ledger, cost, probed))
    if as_json:
        figures = {stage: {"us": round(us, 3), "calls": round(calls, 3)} for stage, us, calls in rows}
        totals = {"us": round(without, 3), "us_with_probes": round(probed.microseconds, 3)}
        print(json.dumps(totals | {"stages": figures, "missing": list(missing)}))
        return
    print("| stage | µs per client and tick | calls |\n|---|--:|--:|")
    for stage, us, calls in rows:
        print(f"| {stage} | {us:.2f} | {f'{calls:.2f}' if calls else ''} |")
    print(f"| **all** | **{sum(us for _, us, _ in rows):.2f}** | |\n")
    runs = " and ".join(f"{window.microseconds:.1f}" for window in bare)
    print(f"Bare: {runs} µs; with probes: {probed.microseconds:.1f} µs. So a probe costs {cost.own + cost.around:.0f} ns.")
    if probed.waiting_share >= BUSY_SHARE:
        print(
            f"The process waited for its core during {probed.waiting_share:.0%} of the time: the stages seem longer than they are."
        )
    if missing:
        print(f"Not there, and so not told apart: {', '.join(missing)}.")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stages", description="Where a tick goes.")
    parser.add_argument("--cars", type=int, default=50, help="in each room")
    parser.add_argument("--rooms", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        parser.error("the server and the load generator need a core each")
    os.sched_setaffinity(0, {cores[0]})
    ledger, loop_cost = Ledger(), ProbeCost.in_a_loop()
    with TemporaryDirectory(prefix="benchmark-") as folder:
        try:
            load = compiled(LOAD, Path(folder))
        except NotBuilt as error:
            parser.error(str(error))
        played = functools.partial(
            play, load=load, load_core=cores[1], cars=arguments.cars, rooms=arguments.rooms, seconds=arguments.seconds
        )
        first = trio.run(played, Ledger())
        undo, missing = install(ledger)
        try:
            probed = trio.run(played, ledger)
        finally:
            for back in reversed(undo):
                back()
        second = trio.run(played, Ledger())
    report((first, second), probed, ledger, loop_cost, missing, as_json=arguments.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What the line costs: the same scene, clients and wire against several servers, run by run in turn. See docs/performance.md.

Run: python -m benchmarks.line [--clients 1000] [--rooms-of 50] [--seconds 20] [--runs 3] [--peers lane,ws,…] [--json] [--write]
Exit codes: 0 measured, 1 something was not measured or had errors, 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import signal
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import attrs
import trio

from benchmarks.line import report
from benchmarks.line.build import LOAD, NotBuilt, compiled
from benchmarks.line.run import Run, RunFailed, Span, measure
from benchmarks.line.servers import SERVERS, Crowd, Server
from benchmarks.prove import commit

INTERRUPTED: Final = 130
"""The exit code of a program that Ctrl-C has ended."""
WARMUP_SECONDS: Final = 3.0
"""From the moment when all clients play: what a just-in-time compiler has to learn, it learns now."""


@attrs.define
class _Contest:
    """A server with its runs so far."""

    server: Server
    crowd: Crowd
    command: list[str]
    folder: Path
    runs: list[Run] = attrs.field(factory=list)
    problem: str = ""

    def row(self) -> report.Row:
        return report.Row(self.server, self.crowd, self.runs, self.problem)


def prepare(server: Server, wanted: Crowd, folder: Path) -> _Contest:
    """Make what this server needs; its problem says why that cannot be done."""
    crowd = server.crowd(wanted)
    own = folder / server.name
    own.mkdir()
    try:
        return _Contest(server, crowd, server.make(crowd, own), own)
    except NotBuilt as error:
        _say(f"{server.name}: left out: {error}")
        return _Contest(server, crowd, [], own, problem=f"not measured: {error}")


async def until_interrupted(contests: list[_Contest], load: Path, span: Span, runs: int) -> bool:
    """Let them compete. False if somebody pressed Ctrl-C or sent SIGTERM: then everything that was started has ended."""
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async with trio.open_nursery() as nursery:

            async def watch() -> None:
                async for _ in signals:
                    nursery.cancel_scope.cancel()

            nursery.start_soon(watch)
            await compete(contests, load, span, runs)
            nursery.cancel_scope.cancel()
            return True
    return False  # the nursery was cancelled


async def compete(contests: list[_Contest], load: Path, span: Span, runs: int) -> None:
    """All servers in turn, so many times: what else happens on the machine meets all of them alike."""
    for number in range(1, runs + 1):
        for contest in contests:
            if not contest.command:
                continue
            server = contest.server
            try:
                run = await measure(contest.command, load, server.game, contest.crowd, span, contest.folder)
            except RunFailed as error:
                contest.problem = f"run {number} failed: {error}"
                _say(f"{server.name}: {contest.problem}")
                continue
            contest.runs.append(run)
            least = run.load["snapshots_per_second"]["min"]
            _say(f"{server.name}, run {number}: {run.user_us + run.system_us:.1f} us per client and tick, at least {least}/s")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def publish(rows: list[report.Row], runs: int, *, as_json: bool, on_page: bool) -> None:
    """Print the table, and write it into the page if that is wanted."""
    date = datetime.datetime.now(datetime.UTC).date()
    if as_json:
        print(json.dumps({"date": str(date), "machine": report.machine(), "rows": [row.figures() for row in rows]}))
    else:
        print(f"{report.table(rows)}\n\n{report.trust(rows)}")
    if on_page:
        command = " ".join(["python -m benchmarks.line", *sys.argv[1:]])
        head = f"`{command}`, {date}, commit {commit()}.\n{report.machine()}. Medians of {runs} runs."
        report.write(f"{head}\n{report.trust(rows)}\n\n{report.table(rows)}")


def main() -> int:
    names = [server.name for server in SERVERS]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.line", description="What the line costs.")
    parser.add_argument("--clients", type=int, default=1_000)
    parser.add_argument("--rooms-of", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--warmup", type=float, default=WARMUP_SECONDS)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--peers", default=",".join(names), help=f"which servers, of {', '.join(names)}")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--write", action="store_true", help="write the table into docs/performance.md")
    arguments = parser.parse_args()
    wanted = arguments.peers.split(",")
    if unknown := set(wanted) - set(names):
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    if arguments.clients < 1 or not 1 <= arguments.rooms_of <= 255 or arguments.runs < 1:
        parser.error("--clients and --runs are 1 or more, --rooms-of 1 to 255")
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        parser.error("the servers and the load generator need a core each")
    span = Span(seconds=arguments.seconds, warmup=arguments.warmup, server_core=cores[0], load_core=cores[1])
    with TemporaryDirectory(prefix="benchmark-") as name:
        folder = Path(name)
        try:
            load = compiled(LOAD, folder)
        except NotBuilt as error:
            parser.error(str(error))
        crowd = Crowd(arguments.clients, arguments.rooms_of)
        contests = [prepare(server, crowd, folder) for server in SERVERS if server.name in wanted]
        if not trio.run(until_interrupted, contests, load, span, arguments.runs):
            return INTERRUPTED
    rows = [contest.row() for contest in contests]
    publish(rows, arguments.runs, as_json=arguments.json, on_page=arguments.write)
    return 1 if any(row.problem or not row.runs or row.errors for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())

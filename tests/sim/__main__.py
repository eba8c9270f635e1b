"""`python -m tests.sim --seed N --seconds S`: play the box once, or with --seeds A-B or --corpus often, and say what came of it.

Exits with 1 if a promise was broken, and prints the command that repeats the first such run.
"""

from __future__ import annotations

import argparse
import faulthandler
import gc
import json
import multiprocessing
import sys
import time
import traceback
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

from tests.sim.box import run
from tests.sim.scenario import FAULTS, Outcome, Scenario

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

COLLECT_AFTER: Final = 20_000
"""New objects until the next look for garbage. Hardly any is in cycles here, and 700 (as Python has it) come every few ticks."""
CORPUS: Final = Path(__file__).with_name("corpus.txt")


@attrs.frozen
class Pace:
    """How fast a run was.

    Attributes:
        times_real_time: the match, all that is checked while it is played included; of this process's time on a core.
        checked_seconds: that it took to look at what was left: recordings that are made again, the twin.
    """

    times_real_time: float
    checked_seconds: float


def run_one(scenario: Scenario) -> tuple[Scenario, Outcome, Pace]:
    """Play it, and say how fast that was."""
    gc.collect()
    gc.freeze()  # the code and what the run before has left: no collection need look at it again
    gc.set_threshold(COLLECT_AFTER)
    faulthandler.dump_traceback_later(600 + scenario.seconds, exit=True)  # virtual time in which nobody waits stands still
    played: list[float] = []
    begin = time.process_time()
    try:
        outcome = run(scenario, lambda: played.append(time.process_time()))
    except Exception as error:  # of the box itself, perhaps: it has its command all the same
        traceback.print_exc()
        outcome = Outcome(wrong=[f"the run was not finished: {error!r}"])
    end = time.process_time()
    faulthandler.cancel_dump_traceback_later()
    until = played[0] if played else end
    return scenario, outcome, Pace(round(scenario.seconds / (until - begin), 1), round(end - until, 1))


def show(scenario: Scenario, outcome: Outcome, pace: Pace) -> None:
    """One line for a person, and the first promises that were broken."""
    faults = ", ".join(f"{count} {name}" for name, count in sorted(outcome.faults.items())) or "no faults"
    ends = ", ".join(f"{count} with {code}" for code, count in sorted(outcome.ends.items()))
    print(
        f"seed {scenario.seed}: {outcome.hash}, {outcome.ticks} ticks, {outcome.snapshots} snapshots compared, "
        f"{outcome.events} events, {outcome.calls} calls, {outcome.marks} marks, {outcome.lines} lines of chat heard, "
        f"{outcome.reports} reports, {outcome.expelled} guests sent away, {outcome.stood_in} stand-ins, "
        f"{outcome.resimulated} steps of {outcome.recordings} recordings made again, {outcome.copied} by copies, "
        f"{'a twin, ' if outcome.twin else ''}{outcome.losses} lines lost, closed {ends or 'none'}; {faults}; "
        f"{pace.times_real_time:.0f} times real time, checked in {pace.checked_seconds:g} s; "
        f"{len(outcome.wrong)} promises broken",
        flush=True,
    )
    for wrong in outcome.wrong[:10]:
        print(f"  {wrong}", flush=True)


def corpus(text: str) -> Iterator[Scenario]:
    """Runs worth repeating, one a line: seed, seconds, and faults if not all; what stands behind # is why."""
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        if words:
            seed, seconds, *only = words
            yield Scenario(seed=int(seed), seconds=float(seconds), only=_faults(only[0]) if only else None)


def _faults(text: str) -> frozenset[str]:
    """Names of faults, between commas. Raises ValueError."""
    names = frozenset(text.split(","))
    if unknown := names - set(FAULTS):
        raise ValueError(f"there is no fault {', '.join(sorted(unknown))}; there are {', '.join(FAULTS)}")
    return names


def _range(text: str) -> range:
    """A-B, or A alone. Raises ValueError."""
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.sim", description="A whole server in virtual time.")
    parser.add_argument("--seed", "--seeds", metavar="A-B", type=_range, default=range(1, 2), help="this seed, or all from A to B")
    parser.add_argument("--seconds", type=float, default=120.0, help="virtual seconds (default: 120)")
    parser.add_argument("--bots", type=int, help="in the large room (default: as the seed draws)")
    parser.add_argument("--calm", action="store_true", help="one room of arena, and no faults")
    parser.add_argument("--only", type=_faults, metavar="FAULT,…", help="no faults but these: to find which one it takes")
    parser.add_argument("--corpus", action="store_true", help="the runs in tests/sim/corpus.txt instead")
    parser.add_argument("--processes", type=int, default=1, help="share the runs among so many processes")
    parser.add_argument("--json", action="store_true", help="print one JSON object for each run")
    arguments = parser.parse_args(words)
    scenarios = [
        Scenario(seed=seed, seconds=arguments.seconds, bots=arguments.bots, faults=not arguments.calm, only=arguments.only)
        for seed in arguments.seed
    ]
    if arguments.corpus:
        scenarios = list(corpus(CORPUS.read_text()))
    failed: list[Scenario] = []
    with multiprocessing.Pool(arguments.processes) if arguments.processes > 1 else nullcontext() as pool:
        for scenario, outcome, pace in map(run_one, scenarios) if pool is None else pool.imap(run_one, scenarios):
            if arguments.json:
                print(json.dumps({"seed": scenario.seed, **attrs.asdict(pace), **attrs.asdict(outcome)}), flush=True)
            else:
                show(scenario, outcome, pace)
            if outcome.wrong:
                failed.append(scenario)
    print(f"{len(scenarios) - len(failed)} of {len(scenarios)} seeds kept every promise", file=sys.stderr)
    if failed:
        print(f"repeat with: {failed[0].command}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

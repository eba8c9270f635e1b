"""`python -m tests.sim --seed N --seconds S`: play the box once, or with --seeds A-B many times, and say what came of it.

Exits with 1 if a promise was broken, and prints the command that repeats the first such run.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import logging
import multiprocessing
import sys
import time
from contextlib import nullcontext

import attrs

from tests.determinism import run_deterministic
from tests.sim.box import Outcome, Scenario, play


def run_one(scenario: Scenario) -> tuple[Scenario, Outcome, float]:
    """Play it; the float is how many times faster than real time."""
    faulthandler.dump_traceback_later(600 + scenario.seconds, exit=True)  # virtual time in which nobody waits stands still
    logging.getLogger("gameserver.recorder").setLevel(logging.CRITICAL)  # that the disk fails is in the line
    begin = time.process_time()
    outcome = run_deterministic(play, scenario, seed=scenario.seed)
    took = time.process_time() - begin
    faulthandler.cancel_dump_traceback_later()
    return scenario, outcome, scenario.seconds / took


def show(scenario: Scenario, outcome: Outcome, speed: float) -> None:
    """One line for a person, and the first promises that were broken."""
    faults = ", ".join(f"{count} {name}" for name, count in sorted(outcome.faults.items())) or "no faults"
    print(
        f"seed {scenario.seed}: {outcome.hash}, {outcome.ticks} ticks, {outcome.snapshots} snapshots compared, "
        f"{outcome.resimulated} steps made again, {outcome.losses} lines lost, {faults}; {speed:.0f} times real time; "
        f"{len(outcome.wrong)} promises broken",
        flush=True,
    )
    for wrong in outcome.wrong[:10]:
        print(f"  {wrong}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.sim", description="A whole server in virtual time.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seeds", metavar="A-B", help="all seeds from A to B instead of one")
    parser.add_argument("--seconds", type=float, default=120.0, help="virtual seconds (default: 120)")
    parser.add_argument("--bots", type=int, default=8)
    parser.add_argument("--calm", action="store_true", help="no faults")
    parser.add_argument("--processes", type=int, default=1, help="share the seeds among so many processes")
    parser.add_argument("--json", action="store_true", help="print one JSON object for each seed")
    arguments = parser.parse_args()
    first, _, last = (arguments.seeds or f"{arguments.seed}-{arguments.seed}").partition("-")
    scenarios = [
        Scenario(seed=seed, seconds=arguments.seconds, bots=arguments.bots, faults=not arguments.calm)
        for seed in range(int(first), int(last) + 1)
    ]
    failed: list[int] = []
    with multiprocessing.Pool(arguments.processes) if arguments.processes > 1 else nullcontext() as pool:
        for scenario, outcome, speed in map(run_one, scenarios) if pool is None else pool.imap(run_one, scenarios):
            if arguments.json:
                print(json.dumps({"seed": scenario.seed, "times_real_time": round(speed, 1), **attrs.asdict(outcome)}), flush=True)
            else:
                show(scenario, outcome, speed)
            if outcome.wrong:
                failed.append(scenario.seed)
    print(f"{len(scenarios) - len(failed)} of {len(scenarios)} seeds kept every promise", file=sys.stderr)
    if failed:
        calm = " --calm" if arguments.calm else ""
        print(
            f"repeat with: python -m tests.sim --seed {failed[0]} --seconds {arguments.seconds:g} --bots {arguments.bots}{calm}",
            file=sys.stderr,
        )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

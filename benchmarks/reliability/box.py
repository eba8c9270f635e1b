"""The world in a box, at length: what its seeds kept, that they repeat, and how fast an hour of match goes by in virtual time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Final

from benchmarks.feel.table import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

SEEDS: Final = 200
SECONDS: Final = 120
HOUR_SECONDS: Final = 3_600
HOUR_BOTS: Final = 8
AIM_TIMES: Final = 20.0
MOST_NAMED: Final = 5
"""Of the seeds that kept not all: `python -m tests.sim --seed N` repeats each."""
TWICE: Final = 2
"""Seeds that are played again under other hash seeds."""


def measure(*, small: bool) -> Iterator[Row]:
    seeds, seconds = (2, 15) if small else (SEEDS, SECONDS)
    runs = _play("--seeds", f"1-{seeds}", "--seconds", str(seconds), "--processes", "2")
    broken = [run for run in runs if run["wrong"]]
    kept = len(runs) - len(broken)
    faults = sum(sum(run["faults"].values()) for run in runs)
    kinds = len({fault for run in runs for fault in run["faults"]})
    counted = {name: sum(run[name] for run in runs) for name in ("snapshots", "events", "calls", "marks", "resimulated")}
    yield Row(
        f"{seeds} seeds × {seconds} s with faults of lines, peers, time, rooms and disk: all invariants hold "
        f"(`python -m tests.sim --seeds 1-{seeds} --seconds {seconds} --processes 2`)",
        f"{seeds} of {seeds}",
        f"{kept} of {seeds}; {faults} faults of {kinds} kinds; {counted['snapshots']} worlds compared, {counted['events']} events, "
        f"{counted['calls']} calls and {counted['marks']} presses once each, {counted['resimulated']} steps made again"
        + "".join(f"; **seed {run['seed']}**: {run['wrong'][0]}" for run in broken[:MOST_NAMED]),
        kept == seeds == len(runs),
    )
    equal = 0
    for seed in range(1, TWICE + 1):
        hashes = {_play("--seed", str(seed), "--seconds", str(seconds), hash_seed=n)[0]["hash"] for n in ("1", "2")}
        equal += hashes == {runs[seed - 1]["hash"]}
    yield Row(
        "The same seed twice, under two hash seeds: the same run",
        f"{TWICE} of {TWICE} equal",
        f"{equal} of {TWICE} equal",
        equal == TWICE,
    )
    hour = 30 if small else HOUR_SECONDS
    (run,) = _play("--calm", "--bots", str(HOUR_BOTS), "--seconds", str(hour))
    times = run["times_real_time"]
    yield Row(
        f"{hour} s of arena with {HOUR_BOTS} bots, the whole stack, in virtual time "
        f"(`python -m tests.sim --calm --bots {HOUR_BOTS} --seconds {hour}`)",
        f"≥ {AIM_TIMES:g} × real time, no promise broken",
        f"{times:g} × real time, {run['snapshots']} worlds compared, {len(run['wrong'])} broken; its recordings made again in "
        f"{run['checked_seconds']:g} s",
        times >= AIM_TIMES and not run["wrong"],
    )


def _play(*words: str, hash_seed: str = "random") -> list[dict[str, Any]]:
    """What each run came to."""
    command = [sys.executable, "-m", "tests.sim", *words, "--json"]
    finished = subprocess.run(command, env={**os.environ, "PYTHONHASHSEED": hash_seed}, capture_output=True, text=True, check=False)
    runs = [json.loads(line) for line in finished.stdout.splitlines() if line.startswith("{")]
    if not runs:
        raise RuntimeError(f"{' '.join(command)} printed nothing: {finished.stderr[-500:]}")
    return runs

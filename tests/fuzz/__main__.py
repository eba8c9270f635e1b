"""Say anything at all to the server, or hand it to what reads recordings. Exits with 1 if something escapes.

Run: python -m tests.fuzz {decoder,frames,messages,recordings} [--count N] [--seed S] [--processes P] [--case K].
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Final

from tests.fuzz.shares import KINDS, fuzz

if TYPE_CHECKING:
    from tests.fuzz.outcome import Outcome

MOST_FAILURES: Final = 10
"""That are printed."""


def report(kind: str, seed: int, outcome: Outcome) -> None:
    """In words, with the command for each failure."""
    print(f"{kind}: {outcome.cases:,} cases of seed {seed}, {len(outcome.failures)} failures")
    print("  " + ", ".join(f"{count:,} {end}" for end, count in sorted(outcome.ends.items(), key=lambda item: -item[1])))
    for name, figure in outcome.worst.items():
        print(f"  at most {figure:,.0f} {name}")
    for failure in outcome.failures[:MOST_FAILURES]:
        print(f"! {failure.what}\n  smallest: {failure.smallest}")
        print(f"  repeat with: python -m tests.fuzz {kind} --seed {seed} --case {failure.number}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Say anything at all.")
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--count", type=int, default=10_000, help="how many cases (10,000)")
    parser.add_argument("--seed", type=int, default=1, help="of them all (1)")
    parser.add_argument("--case", type=int, help="this one alone, to repeat it")
    parser.add_argument("--processes", type=int, default=1, help="share the cases among so many (1)")
    arguments = parser.parse_args()
    if arguments.case is not None:
        outcome = fuzz(arguments.kind, count=1, seed=arguments.seed, first=arguments.case)
    else:
        outcome = fuzz(arguments.kind, count=arguments.count, seed=arguments.seed, processes=arguments.processes)
    report(arguments.kind, arguments.seed, outcome)
    return 1 if outcome.failures else 0


if __name__ == "__main__":
    sys.exit(main())

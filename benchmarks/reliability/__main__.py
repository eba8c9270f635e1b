"""Measure what the server promises to hold against, and write docs/reliability.md. Exits with 1 if an aim is missed.

Run: python -m benchmarks.reliability [--small] [--only NAME,NAME,…]. Each module of this package that has a `measure(*, small)` is
one part, under its own name.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import benchmarks.reliability as package
from benchmarks.feel.table import IDLE_LOAD, Row, company, table
from benchmarks.prove import commit, machine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

PAGE: Final = Path(__file__).parents[2] / "docs" / "reliability.md"
BEGIN: Final = "<!-- figures -->\n"
END: Final = "<!-- end of figures -->\n"
"""What the page says between these two is written here; the words around them are people's."""


def parts() -> dict[str, Callable[..., Iterable[Row]]]:
    """By name, in the order of the alphabet."""
    found = {}
    for module in pkgutil.iter_modules(package.__path__):
        measure = getattr(importlib.import_module(f"{package.__name__}.{module.name}"), "measure", None)
        if measure is not None:
            found[module.name] = measure
    return found


def main() -> int:
    known = parts()
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reliability", description="What the server holds against.")
    parser.add_argument("--small", action="store_true", help="in the small form; writes no page")
    parser.add_argument("--only", help=f"of {','.join(known)}; writes no page")
    arguments = parser.parse_args()
    wanted = arguments.only.split(",") if arguments.only else list(known)
    unknown = [name for name in wanted if name not in known]
    if unknown:
        parser.error(f"there is no {', '.join(unknown)}; there are {', '.join(known)}")
    rows: list[Row] = []
    for name in wanted:
        for row in known[name](small=arguments.small):
            rows.append(row)
            print(f"{'  ' if row.reached else '! '}{row.what}: {row.measured} (aim: {row.aim})", flush=True)
    if not arguments.small and not arguments.only:
        beside = company(IDLE_LOAD)
        text = f"\nAt {commit()}, on {machine()}. {beside}\n\n{table(rows)}\n"
        page = PAGE.read_text()
        head, _, rest = page.partition(BEGIN)
        PAGE.write_text(head + BEGIN + text + END + rest.partition(END)[2])
    missed = [row.what for row in rows if not row.reached]
    print(f"{len(rows) - len(missed)} of {len(rows)} aims reached", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

"""Measure what the server promises to hold against, and write docs/reliability.md. Exits with 1 if an aim is missed.

Run: python -m benchmarks.reliability [--small] [--only NAME,NAME,…] [--no-page]. Each module of this package that has a
`measure(*, small)` is one part, under its own name. On the page each part has a table of its own, with its own commit: those that
are measured are written anew, the others stay.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import benchmarks.reliability as package
from benchmarks.feel.table import IDLE_LOAD, Row, between_the_marks, company, table
from benchmarks.prove import commit, machine

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

PAGE: Final = Path(__file__).parents[2] / "docs" / "reliability.md"
BEGIN: Final = "<!-- figures: written by python -m benchmarks.reliability -->"
END: Final = "<!-- end of the figures -->"
"""What the page says between these two is written here; the words around them are people's."""


def parts() -> dict[str, Callable[..., Iterable[Row]]]:
    """By name, in the order of the alphabet."""
    found = {}
    for module in pkgutil.iter_modules(package.__path__):
        measure = getattr(importlib.import_module(f"{package.__name__}.{module.name}"), "measure", None)
        if measure is not None:
            found[module.name] = measure
    return found


def section(name: str, rows: Sequence[Row], beside: str) -> str:
    """What the page says of one part."""
    return f"{_heading(name)}\n\nAt commit {commit()}, on {machine()}. {beside}".strip() + f"\n\n{table(rows)}"


def _heading(name: str) -> str:
    return f"### `python -m benchmarks.reliability --only {name}`"


def with_sections(page: str, fresh: Mapping[str, str], known: Collection[str]) -> str:
    """The page with these sections anew. Those of parts that there are no more go."""
    _, _, rest = page.partition(BEGIN)
    said, _, _ = rest.partition(END)
    sections: dict[str, str] = {}
    for text in re.split(r"^(?=### )", said, flags=re.MULTILINE)[1:]:
        sections |= {name: text.strip() for name in known if text.startswith(_heading(name) + "\n")}
    sections |= fresh
    return between_the_marks(page, "\n\n".join(sections[name] for name in known if name in sections), BEGIN, END)


def rows_of(name: str, measure: Callable[..., Iterable[Row]], *, small: bool) -> Iterator[Row]:
    """Of one part. One that breaks has not reached its aim, and the others are measured all the same."""
    try:
        yield from measure(small=small)
    except Exception as error:
        yield Row(f"The rest of {name}", "is measured", f"not measured: {type(error).__name__}: {str(error)[:200]}", False)


def main() -> int:
    known = parts()
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reliability", description="What the server holds against.")
    parser.add_argument("--small", action="store_true", help="in the small form; writes no page")
    parser.add_argument("--only", help=f"some of {','.join(known)}")
    parser.add_argument("--no-page", action="store_true", help="leave docs/reliability.md as it is")
    arguments = parser.parse_args()
    wanted = arguments.only.split(",") if arguments.only else list(known)
    unknown = [name for name in wanted if name not in known]
    if unknown:
        parser.error(f"there is no {', '.join(unknown)}; there are {', '.join(known)}")
    beside = company(IDLE_LOAD)
    rows: list[Row] = []
    for name in wanted:
        before = len(rows)
        for row in rows_of(name, known[name], small=arguments.small):
            rows.append(row)
            print(f"{'reached' if row.reached else 'MISSED '} {row.what} ({row.aim}): {row.measured}", flush=True)
        if not arguments.small and not arguments.no_page:  # at once: all of them take hours
            PAGE.write_text(with_sections(PAGE.read_text(), {name: section(name, rows[before:], beside)}, known))
    reached = sum(row.reached for row in rows)
    print(f"{reached} of {len(rows)} aims reached")
    return 0 if reached == len(rows) else 1


if __name__ == "__main__":
    sys.exit(main())

"""From runs to a table, and the table into docs/performance.md."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final

import attrs

from benchmarks.line.build import WS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.line.run import Run
    from benchmarks.line.servers import Crowd, Server

PAGE: Final = Path(__file__).parents[2] / "docs" / "performance.md"
BEGIN: Final = "<!-- The table: written by `python -m benchmarks.line --write` -->"
END: Final = "<!-- End of the table -->"
BUSY_SHARE: Final = 0.05
"""A server that waits longer for a core of its own shares it with somebody: its snapshots are late by no fault of its own."""


@attrs.frozen
class Row:
    """All runs of one server. `problem`: why there are none, or not all."""

    server: Server
    crowd: Crowd
    runs: Sequence[Run]
    problem: str = ""

    def middle(self, value: Callable[[Run], float | None]) -> float | None:
        """The median of a value over the runs, None where a run has none."""
        values = [found for run in self.runs if (found := value(run)) is not None]
        return median(values) if values else None

    @property
    def errors(self) -> int:
        """Clients lost and protocol errors in the worst run."""
        return max(int(run.load["lost"]) + int(run.load["protocol_errors"]) for run in self.runs)

    def figures(self) -> dict[str, Any]:
        """Everything as plain values, for --json."""
        plain: dict[str, Any] = {"server": self.server.name, "problem": self.problem, **attrs.asdict(self.crowd)}
        return plain | {"runs": [attrs.asdict(run) for run in self.runs]}


def _pair(row: Row, of: str) -> str:
    """Median and 99th percentile of a duration, in ms; a dash for a server that does not tell."""
    half = row.middle(lambda run: (run.load[of] or {}).get("p50"))
    most = row.middle(lambda run: (run.load[of] or {}).get("p99"))
    return "–" if half is None or most is None else f"{half:.1f} / {most:.1f}"


def _least(row: Row) -> str:
    return f"{min(run.load['snapshots_per_second']['min'] for run in row.runs):.2f}"


def _text(row: Row, shape: str, value: Callable[[Run], float]) -> str:
    found = row.middle(value)
    return "–" if found is None else format(found, shape)


_COLUMNS: Final[dict[str, Callable[[Row], str]]] = {
    "server": lambda row: row.server.title,
    "clients": lambda row: f"{row.crowd.clients:,}, rooms of {row.crowd.rooms_of}",
    "µs of CPU per client and tick": lambda row: _text(row, ".1f", lambda run: run.user_us + run.system_us),
    "of these in the kernel": lambda row: _text(row, ".1f", lambda run: run.system_us),
    "of the core": lambda row: _text(row, ".0%", lambda run: run.core_share),
    "snapshots/s, worst client": _least,
    "gap p50 / p99, ms": lambda row: _pair(row, "gap_ms"),
    "round trip p50 / p99, ms": lambda row: _pair(row, "round_trip_ms"),
    "kB/s per client": lambda row: _text(row, ".1f", lambda run: run.load["bytes_per_client_second"] / 1e3),
    "KiB per client": lambda row: _text(row, ".0f", lambda run: run.client_bytes / 1_024),
    "errors": lambda row: str(row.errors),
}


def table(rows: Sequence[Row]) -> str:
    """The rows in Markdown; servers that were not measured are named below it."""
    lines = [f"| {' | '.join(_COLUMNS)} |", "|---|---" + "|--:" * (len(_COLUMNS) - 2) + "|"]
    lines += [f"| {' | '.join(column(row) for column in _COLUMNS.values())} |" for row in rows if row.runs]
    problems = [f"- {row.server.title}: {row.problem}" for row in rows if row.problem]
    return "\n".join([*lines, *([""] if problems else []), *problems])


def trust(rows: Sequence[Row]) -> str:
    """What speaks for the figures or against them: the generator's own cost and lateness, and others on the servers' core."""
    loads = [run.load for row in rows for run in row.runs]
    if not loads:
        return "Nothing was measured."
    share = max(load["generator"]["core_share"] for load in loads)
    late = max(load["generator"]["latest_ms"] for load in loads)
    missed = sum(load["generator"]["slots_missed"] for load in loads)
    waited = max(run.waiting_share for row in rows for run in row.runs)
    said = (
        f"The load generator took {share:.0%} of its core at most, sent at most {late:.0f} ms late and left {missed} inputs out. "
    )
    said += f"A server waited for its core during {waited:.1%} of a run at most"
    return f"{said}." if waited < BUSY_SHARE else f"{said}: **the machine was busy with something else; measure again.**"


def machine() -> str:
    """What it was measured on: the processor, the kernel, and the versions of all that takes part."""
    model = re.search(r"^model name\s*:\s*(.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    kernel = f"{platform.system()} {platform.release().split('-')[0]}"
    parts = [model[1] if model is not None else platform.machine(), f"{os.cpu_count()} cores", kernel]
    parts.append(f"Python {platform.python_version()}")
    parts += [f"{name} {_version(name)}" for name in ("trio", "trio-websocket", "msgpack", "picows", "uvloop")]
    parts.append(f"Node {_said('node', '--version').lstrip('v')}")
    wanted = json.loads((WS / "package.json").read_text())["dependencies"]
    parts += [f"{name} {wanted[name]}" for name in sorted(wanted)]
    parts.append(f"gcc {_said('gcc', '-dumpfullversion')}")
    return ", ".join(parts)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"


def _said(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=10, check=False).stdout.strip() or "missing"
    except FileNotFoundError:
        return "missing"


def write(text: str) -> None:
    """Put this between the markers of docs/performance.md. Raises LookupError if they are not there."""
    page = PAGE.read_text()
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise LookupError(f"{PAGE} has no {BEGIN!r} … {END!r}")
    PAGE.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}")

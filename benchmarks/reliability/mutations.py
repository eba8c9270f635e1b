"""Copies of the server that are broken on purpose: how many do the tests notice?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from benchmarks.feel.table import Row
from tests.mutations.__main__ import MAY_SURVIVE, try_all
from tests.mutations.broken import MUTATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

PROCESSES: Final = 2
SMALL: Final = ("pieces without content are not counted", "a flood is never too much")


def measure(*, small: bool) -> Iterator[Row]:
    """All of them, or two."""
    mutations = [mutation for mutation in MUTATIONS if not small or mutation.name in SMALL]
    findings = try_all(mutations, PROCESSES)
    caught = sum(finding.caught is True for finding in findings)
    missed = "; ".join(finding.name for finding in findings if finding.caught is not True)
    yield Row(
        f"{len(mutations)} copies of the server, each broken in one place (`python -m tests.mutations`): caught by the tests",
        "all" if small else f"all but {MAY_SURVIVE} at most",
        f"{caught} of {len(findings)}{': not ' + missed if missed else ''}",
        len(findings) - caught <= (0 if small else MAY_SURVIVE),
    )

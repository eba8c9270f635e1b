"""What a fuzzer found: how many cases of which end, the worst figures, and the failures, each with the command that repeats it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, TypeVar

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

S = TypeVar("S", bytes, tuple[bytes, ...])

MOST_TRIES: Final = 400
"""To make one failing case smaller."""
MOST_SHOWN: Final = 400
"""Characters of a case that are printed."""


@attrs.frozen
class Failure:
    """One case that did what none may do. `smallest`: what is left of it that still does so."""

    number: int
    what: str
    smallest: str


@attrs.define
class Outcome:
    """Of some cases.

    Attributes:
        cases: how many.
        ends: how they ended, each with its count.
        worst: the largest of each figure, by its name.
        failures: what went wrong.
    """

    cases: int = 0
    ends: Counter[str] = attrs.field(factory=Counter)
    worst: dict[str, float] = attrs.field(factory=dict)
    failures: list[Failure] = attrs.field(factory=list)

    def rise(self, name: str, figure: float) -> None:
        """This figure has come up; the largest is kept."""
        self.worst[name] = max(figure, self.worst.get(name, figure))

    def add(self, other: Outcome) -> None:
        """Take in what was found in other cases."""
        self.cases += other.cases
        self.ends += other.ends
        for name, figure in other.worst.items():
            self.rise(name, figure)
        self.failures += other.failures


def smallest(case: S, fails: Callable[[S], bool]) -> S:
    """Leave out of a failing case what it does not need, as long as it still fails: halves first, then ever smaller pieces."""
    piece = max(1, len(case) // 2)
    tries = 0
    while tries < MOST_TRIES:
        at = 0
        shorter = False
        while at < len(case) and tries < MOST_TRIES:
            less = case[:at] + case[at + piece :]
            tries += 1
            if fails(less):
                case, shorter = less, True
            else:
                at += piece
        if piece == 1 and not shorter:
            break
        piece = max(1, piece // 2)
    return case


def shown(case: bytes | Sequence[bytes]) -> str:
    """For a person, and short."""
    text = case.hex() if isinstance(case, bytes) else " | ".join(part.hex() for part in case)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}… ({len(text)} characters)"

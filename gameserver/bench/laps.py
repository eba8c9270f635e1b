"""Times by stage: what each took in every tick in which it ran."""

from __future__ import annotations

import math
from time import perf_counter_ns
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

P = ParamSpec("P")
T = TypeVar("T")


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent do not exceed (nearest rank); 0 if there are none."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


@attrs.frozen
class Spread:
    """How a number is distributed."""

    median: float
    p99: float
    worst: float
    count: int
    """So many were there."""

    @staticmethod
    def of(values: Sequence[float], scale: float = 1.0, digits: int = 1) -> Spread:
        """Of these values, each times `scale`."""
        most = max(values, default=0.0)
        median, p99, worst = (round(value * scale, digits) for value in (percentile(values, 50), percentile(values, 99), most))
        return Spread(median=median, p99=p99, worst=worst, count=len(values))

    def to_json(self) -> dict[str, float]:
        return attrs.asdict(self)


class Laps:
    """Nanoseconds by stage and tick. A stage that ran several times in a tick (a join for each of two) counts as one sum.

    Attributes:
        taken: stage → what each tick took in which it ran.
        only: the stages that count for now, None for all.
    """

    def __init__(self) -> None:
        self.taken: dict[str, list[int]] = {}
        self.only: Collection[str] | None = None
        self._tick: dict[str, int] = {}

    def add(self, stage: str, nanoseconds: int) -> None:
        """So much of this tick went there."""
        self._tick[stage] = self._tick.get(stage, 0) + nanoseconds

    def so_far(self, stage: str) -> int:
        """What went there in this tick."""
        return self._tick.get(stage, 0)

    def end_tick(self) -> None:
        """What follows is the next one."""
        for stage, nanoseconds in self._tick.items():
            if self.only is None or stage in self.only:
                self.taken.setdefault(stage, []).append(nanoseconds)
        self._tick = {}

    def timed(self, stage: str, function: Callable[P, T]) -> Callable[P, T]:
        """The same function, and its time goes to this stage."""

        def run(*arguments: P.args, **named: P.kwargs) -> T:
            begin = perf_counter_ns()
            try:
                return function(*arguments, **named)
            finally:
                self.add(stage, perf_counter_ns() - begin)

        return run

    def spread(self, stage: str) -> Spread:
        """In microseconds."""
        return Spread.of(self.taken.get(stage, ()), scale=1e-3)

"""Finds what makes matches not repeat: a copy of the match, restored from bytes, must go on exactly as the match does.

All state is in declared fields. So a fresh game, given the encoded state, the same commands, inputs and views, comes to the same
next state. Where it does not, something else decided: a value kept on `self`, in a module or in a closure, a clock, a random
generator of one's own, the order of a set. The copy then shows which field went another way.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Final

from gameserver.core.differences import different_worlds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from gameserver.core.audience import PlayerId
    from gameserver.core.record import Input
    from gameserver.core.simulation import Command, Simulation

MOST_DIFFERENCES: Final = 8
"""Lines of a report: one cause usually shows in many fields."""
WHAT_TO_DO: Final = (
    "State outside of declared fields: something that the copy does not have decides this. Look for values kept on self after "
    "setup (also inside a list or dict that setup made), in a module, a class or a closure; for clocks, `random` and the order of "
    "sets. Declare a field for it on an entity, on Globals or on Player (with audience='none' nobody is sent it), and draw "
    "chance from self.random."
)


class Twin:
    """Goes beside a match. Every `every` ticks it is compared with it, and made anew from the match's bytes."""

    def __init__(self, make: Callable[[], Simulation], every: int) -> None:
        """`make`: a fresh simulation of the same game, options and map."""
        self._make = make
        self._every = every
        self._copy: Simulation | None = None
        self._since = 0
        self._state: tuple[Any, ...] = ()
        """What of the match could be changed between ticks, as it was when the last one was done."""

    def before(self, match: Simulation) -> None:
        """Have a copy of the match as it is now. A test may have changed it since the last tick: then the copy begins anew."""
        match.world.quantise()
        untouched = self._changeable(match) == self._state
        if self._copy is not None and untouched:
            return
        twin = self._make()
        twin.restore(match.encode())
        self._copy, self._since = twin, match.world.tick
        if untouched:  # else what the match shows is older than the change
            _fail_if(f"tick {self._since}: a restored copy of {_name(match)} is not the same", _different(match, twin))

    def step(
        self,
        match: Simulation,
        commands: Sequence[Command],
        inputs: Mapping[PlayerId, Input],
        views: Mapping[PlayerId, int],
        step: Callable[[Sequence[Command], Mapping[PlayerId, Input], Mapping[PlayerId, int]], None],
    ) -> None:
        """Let both do the tick: `step` does the match's. Raises AssertionError if they come to something else."""
        __tracebackhide__ = True
        twin = self._copy
        assert twin is not None
        for_twin = copy.deepcopy(list(commands))  # a hook may take a profile apart
        step(commands, inputs, views)
        tick = match.world.tick
        try:
            twin.step(for_twin, inputs, tick, views)
        except Exception as error:  # whatever the game raises: in the match it did not
            raise AssertionError(
                f"tick {tick}: {_name(match)} goes on, and a copy of it, restored from tick {self._since}, raises "
                f"{type(error).__name__}: {error}\n{WHAT_TO_DO}"
            ) from error
        self._state = self._changeable(match)
        outcome = [*_different_outcome(match, twin)]
        if tick - self._since < self._every and not outcome:
            return
        self._copy = None
        differences = [*_different(match, twin), *outcome]
        what = f"A copy of it, restored from tick {self._since} and given the same inputs, differs"
        _fail_if(f"tick {tick}: {_name(match)} does not repeat. {what}", differences)

    @staticmethod
    def _changeable(match: Simulation) -> tuple[Any, ...]:
        world = match.world
        return dict(world.rows), world.rng.state(), world.timers.to_plain(), world.talk.to_plain()


def _name(match: Simulation) -> str:
    return type(match.game).__name__


def _fail_if(what: str, differences: Sequence[str]) -> None:
    __tracebackhide__ = True
    if not differences:
        return
    more = len(differences) - MOST_DIFFERENCES
    lines = [*differences[:MOST_DIFFERENCES], *([f"… and {more} more"] if more > 0 else [])]
    raise AssertionError(f"{what}:\n" + "".join(f"  {line}\n" for line in lines) + WHAT_TO_DO)


def _different(match: Simulation, twin: Simulation) -> list[str]:
    """The values of two worlds that differ, in words."""
    if match.world.hash() == twin.world.hash():
        return [] if match.contents() == twin.contents() else [_different_audience(match, twin)]
    return [difference.in_words("the match", "the copy") for difference in different_worlds(match, twin)]


def _different_audience(match: Simulation, twin: Simulation) -> str:
    mine, other = match.contents(), twin.contents()
    parts = [part for part in sorted({*mine, *other}) if mine.get(part) != other.get(part)]
    numbers = sorted({number for part in parts for number in {*mine.get(part, {})} ^ {*other.get(part, {})}})
    kinds = [f"{type(match.world.entities[number]).__name__} {number}" for number in numbers if number in match.world.entities]
    return f"audience(): the copy shows {', '.join(kinds) or 'some entities'} to others than the match does"


def _different_outcome(match: Simulation, twin: Simulation) -> Iterator[str]:
    for what in ("emitted", "replied", "kicked", "barred"):
        mine, other = getattr(match, what), getattr(twin, what)
        if mine != other:
            yield f"{what}: {mine} in the match, {other} in the copy"

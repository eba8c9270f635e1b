"""Finds what makes matches not repeat: a copy of the match, restored from bytes, must go on exactly as the match does.

All state is in declared fields. So a fresh game, given the encoded state, the same commands, inputs and views, comes to the same
next state. Where it does not, something else decided: a value kept on `self`, in a module or in a closure, a clock, a random
generator of one's own, the order of a set. The copy then shows which field went another way.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Final

from gameserver.core.world import GLOBALS_ID
from gameserver.testing.sees import value_of_row

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
    mine, other = match.world, twin.world
    if mine.hash() == other.hash():
        return [] if match.contents() == twin.contents() else [_different_audience(match, twin)]
    found = [*_different_globals(match, twin), *_different_entities(match, twin)]
    ours, theirs = mine.sub_hashes(), other.sub_hashes()
    kinds = {record.__name__ for record in mine.by_kind}
    for section in (name for name in ours if name not in kinds | {"globals"} and ours[name] != theirs[name]):
        match section:
            case "random":
                found.append("self.random: it was asked more often, or less, in the copy")
            case "timers":
                found.append(f"timers: {mine.timers.to_plain()[1]} in the match, {other.timers.to_plain()[1]} in the copy")
            case "past":
                found.append("the past: entities that rewind were elsewhere in the last ticks")
            case "result":
                found.append(f"result: {match.result} in the match, {twin.result} in the copy")
            case "ids":
                found.append("ids: entities were added or removed in another order, or seen by others when they were added")
            case _:
                found.append(f"{section} differs")
    for record, entities in mine.by_kind.items():
        if not found and list(entities) != list(other.by_kind[record]):
            found.append(f"{record.__name__}: the same entities in another order")
    return found or ["the encoded states differ"]


def _different_globals(match: Simulation, twin: Simulation) -> Iterator[str]:
    layout = match.world.schema.kinds[0]
    yield from _different_row(layout.name, layout, match.world.rows[GLOBALS_ID], twin.world.rows[GLOBALS_ID])


def _different_entities(match: Simulation, twin: Simulation) -> Iterator[str]:
    for record, entities in match.world.by_kind.items():
        others = twin.world.by_kind[record]
        for number in entities:
            who = f"{record.__name__} {number}"
            if number in others:
                yield from _different_row(who, record.layout, match.world.rows[number], twin.world.rows[number])
            else:
                yield f"{who} is in the match and not in the copy"
        for number in others:
            if number not in entities:
                yield f"{record.__name__} {number} is in the copy and not in the match"


def _different_row(who: str, layout: Any, mine: Any, other: Any) -> Iterator[str]:  # noqa: ANN401 - a Layout and rows of it
    for slot, field in enumerate(layout.fields):
        if mine[slot] != other[slot]:
            values = value_of_row(field, mine, slot), value_of_row(field, other, slot)
            yield f"{who}.{field.name}: {values[0]!r} in the match, {values[1]!r} in the copy"


def _different_audience(match: Simulation, twin: Simulation) -> str:
    mine, other = match.contents(), twin.contents()
    parts = [part for part in sorted({*mine, *other}) if mine.get(part) != other.get(part)]
    numbers = sorted({number for part in parts for number in {*mine.get(part, {})} ^ {*other.get(part, {})}})
    kinds = [f"{type(match.world.entities[number]).__name__} {number}" for number in numbers if number in match.world.entities]
    return f"audience(): the copy shows {', '.join(kinds) or 'some entities'} to others than the match does"


def _different_outcome(match: Simulation, twin: Simulation) -> Iterator[str]:
    for what in ("emitted", "replied", "kicked"):
        mine, other = getattr(match, what), getattr(twin, what)
        if mine != other:
            yield f"{what}: {mine} in the match, {other} in the copy"

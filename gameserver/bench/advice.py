"""What a measured match says about the game's declarations and its step: the rules of docs/api.md, with numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gameserver.core.limits import MAX_STATE

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Iterator

    from gameserver.bench.cost import FieldUse, FormUse
    from gameserver.core.game import Game

TICK_SHARE: Final = 1 / 4
"""Of a tick, for the step: the rest is for the clients, for the other rooms of the process, and for slower machines."""
SNAPSHOT_WANTED: Final = 16 * 1_024
"""Bytes of a snapshot: what phones take thirty times a second."""
BYTE_QUANTA: Final = 127
"""A change of so much takes one byte."""
COARSE_QUANTA: Final = 8
"""A top speed below this is off by up to 4 degrees in its direction."""
CHEAP_BITS: Final = 7
"""The first fields of a kind: a mask of these alone is one byte."""
ENOUGH: Final = 60
"""Changes of a field, or of a kind, from which something may be concluded."""
OFTEN: Final = 0.5
"""A field that changes in so many of the changes of its kind is one that always changes."""


def advice(
    game: type[Game], forms: Iterable[FormUse], *, step_microseconds: float, largest_snapshot: int, largest_state: int
) -> list[str]:
    """One line for each thing that the author should look at; none if all is well. `step_microseconds`: the median of a tick."""
    found: list[str] = []
    tick_microseconds = 1e6 / game.tick_rate
    if step_microseconds > tick_microseconds * TICK_SHARE:
        found.append(
            f"step: a tick takes {step_microseconds / 1e3:.1f} ms at the median, more than a quarter of the "
            f"{tick_microseconds / 1e3:.1f} ms that there are: do less in each tick, or lower tick_rate"
        )
    if largest_snapshot > SNAPSHOT_WANTED:
        found.append(
            f"snapshot: the largest has {largest_snapshot} bytes, more than {SNAPSHOT_WANTED}: "
            "show fewer entities, or shorter fields"
        )
    if largest_state > MAX_STATE // 2:
        found.append(
            f"state: it takes up to {largest_state} bytes, and beyond {MAX_STATE} a match does not survive a fault, "
            "nor does a new recording of it begin: keep fewer or smaller entities"
        )
    seen: set[str] = set()
    for form in forms:
        for line in (*_quanta(form), *_places(form)):
            if line not in seen:  # a kind shows the same field in several forms
                seen.add(line)
                found.append(line)
    return found


def _quanta(form: FormUse) -> Iterator[str]:
    """Fields whose changes do not suit their quantum."""
    for use in form.fields:
        quantum = use.field.quantum
        if quantum is None or use.changes.total() < ENOUGH:
            continue
        typical, top = _percentile(use.changes, 50), _percentile(use.changes, 95)
        if typical > BYTE_QUANTA:
            yield (
                f"{use.name}: it changes by {typical} quanta a tick (median), and more than {BYTE_QUANTA} cost a byte more: "
                f"{_better(quantum, top)} (declared at {use.field.where})"
            )
        elif top < COARSE_QUANTA and use.field.interpolate == "linear":
            yield (
                f"{use.name}: at most {top} quanta a tick (95 %), so that its motion is coarse: "
                f"{_better(quantum, top)} (declared at {use.field.where})"
            )


def _percentile(counts: Counter[int], percent: int) -> int:
    """The smallest number that so many percent do not exceed."""
    left = counts.total() * percent
    for number in sorted(counts):
        left -= counts[number] * 100
        if left <= 0:
            return number
    return 0


def _better(quantum: float, top: int) -> str:
    """The quantum with which top speed is 64 to 127 quanta."""
    wanted = quantum
    while top * quantum / wanted > BYTE_QUANTA:
        wanted *= 2
    while top * quantum / wanted <= BYTE_QUANTA // 2:
        wanted /= 2
    above, below = wanted.as_integer_ratio()
    return f"quantum={above}{f' / {below}' if below > 1 else ''} makes it {top * quantum / wanted:.0f}"


def _places(form: FormUse) -> Iterator[str]:
    """Fields that always change and stand behind ones that do not, where the mask is longer."""
    if form.times < ENOUGH:
        return
    quiet = [use for use in form.fields[:CHEAP_BITS] if use.times < OFTEN * form.times]
    for use in form.fields[CHEAP_BITS:]:
        if use.times >= OFTEN * form.times and quiet:
            yield _place(use, form, min(quiet, key=lambda other: other.times))


def _place(use: FieldUse, form: FormUse, other: FieldUse) -> str:
    often, seldom = use.times / form.times, other.times / form.times
    return (
        f"{use.name}: it changes in {often:.0%} of the changes of its kind and is field {use.slot + 1} of those who see it: "
        f"declare it before {other.field.name} ({seldom:.0%}), among the first {CHEAP_BITS}, which cost a byte less"
    )

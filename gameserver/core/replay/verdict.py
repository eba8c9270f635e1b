"""What came out when a recording was simulated again, and who may judge one."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gameserver.core.game import Game
    from gameserver.core.replay.recording import Recording
    from gameserver.core.replay.steps import Step

_STILL_PLAYS: Final = "it still plays, but only the code that made it can judge it"


class Cause(enum.Enum):
    """Which sort of mistake leads to a difference, as far as trying again shows."""

    OUTSIDE = "outside"
    """A game that has gone on from the beginning comes to what was recorded, one restored from a state does not."""
    CHANCE = "chance"
    """Two simulations in one process come to different results."""
    ELSEWHERE = "elsewhere"
    """The simulation repeats in this process, and what was recorded is something else."""


ADVICE: Final = {
    Cause.OUTSIDE: (
        "The game keeps state outside of declared fields: one that has run from the beginning comes to what was recorded, one that "
        "was restored from a saved state does not. Look for values kept on self, also in a list or dict that setup made, in a "
        "module, a class or a closure, and declare a field for them."
    ),
    Cause.CHANCE: (
        "Two simulations in this very process differ. Look for clocks, `random`, id(), threads and values kept in a module; draw "
        "chance from self.random, and count ticks."
    ),
    Cause.ELSEWHERE: (
        "It repeats in this process: either other code recorded it, or what decides differs from process to process. Look for the "
        "order of sets, hash(), math.sin and its like, clocks, `random`, and what was kept in a module. Or somebody changed the "
        "file."
    ),
}
"""What to look for."""


@attrs.frozen(kw_only=True)
class Mismatch:
    """The first thing that is not as it was recorded.

    Attributes:
        tick: the first tick that differs; the recording's first one if the room already began otherwise.
        field: what differs, such as "Tank 7 (Ann's) x"; "" if only the hash does.
        recorded: its value in the recording, "" if there is none to tell.
        simulated: its value in the simulation.
        detail: where it was found, in words.
        others: more that differs, a line each; the last one may say how many are left out.
        step: what entered that tick, None if it is not a step that differs.
        names: of the players in it.
        cause: which sort of mistake this is; None if nothing can be tried.
    """

    tick: int
    field: str
    recorded: str
    simulated: str
    detail: str
    others: tuple[str, ...] = ()
    step: Step | None = None
    names: Mapping[int, str] = attrs.field(factory=dict)
    cause: Cause | None = None


@attrs.frozen(kw_only=True)
class Verdict:
    """What came out.

    Attributes:
        steps: how many were simulated and found as recorded.
        seconds: of the match, that were simulated.
        mismatch: None: all is as it was recorded.
        fault_repeats: does the step that failed fail again? None: there is none, or it ran into the guard.
    """

    steps: int
    seconds: float
    mismatch: Mismatch | None = None
    fault_repeats: bool | None = None

    @property
    def ok(self) -> bool:
        """Is everything as it was recorded?"""
        return self.mismatch is None


def refusal(recording: Recording, game: type[Game], *, code: str, engine: str) -> str | None:
    """Why this game's code may not judge the recording, None if it may. `code`, `engine`: its fingerprints."""
    header, origin = recording.header, recording.origin
    if header.game != game.name:
        return f"it is a match of {header.game}, not of {game.name}"
    if header.version != game.version:
        return f"it was recorded by {header.game}@{header.version}, and this is version {game.version}: {_STILL_PLAYS}"
    if origin is None:
        return None  # simulating it will say that
    if not origin.code or not origin.engine:
        return f"it does not say by which code it was recorded: {_STILL_PLAYS}"
    if origin.code != code:
        return f"the code of {header.game} is not the one that it was recorded by: {_STILL_PLAYS}"
    if origin.engine != engine:
        return f"the simulation core is not the one that it was recorded by ({header.software}): {_STILL_PLAYS}"
    return None

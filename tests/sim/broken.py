"""Short runs of the box beside one fault each, and whether they notice a server that breaks a promise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.sim.box import run
from tests.sim.scenario import Scenario

if TYPE_CHECKING:
    from tests.sim.scenario import Outcome


def some(*faults: str, seed: int = 1, seconds: float = 15.0) -> Outcome:
    """A run with these faults alone, and without the bots, who cost most of the time."""
    return run(Scenario(seed=seed, seconds=seconds, bots=0, only=frozenset(faults)))


def must_notice(said: str, *faults: str, seed: int, seconds: float) -> None:
    """Such a run, of a server that has just been broken, complains in these words."""
    outcome = some(*faults, seed=seed, seconds=seconds)
    assert any(said in wrong for wrong in outcome.wrong), outcome.wrong

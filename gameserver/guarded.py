"""The game of one room behind the guard: whatever a call into it raises, SystemExit included, becomes a RoomFault."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, TypeVar, TypeVarTuple

from gameserver.core.limits import SETUP_SECONDS
from gameserver.core.registry import Limit
from gameserver.core.simulation import Simulation
from gameserver.plan import RoomFault

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gameserver.core.audience import PlayerId
    from gameserver.core.reached import Reached
    from gameserver.core.replay.steps import Step
    from gameserver.guard import HookRunner
    from gameserver.plan import RoomPlan

log = logging.getLogger("gameserver.game")

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class GuardedGame:
    """See the module.

    Attributes:
        simulation: the match itself. It may be replaced by another of the same room (gameserver.rescue).
    """

    def __init__(self, plan: RoomPlan, guard: HookRunner, fault_id: Callable[[], str], reached: Reached) -> None:
        """Run the game's setup. `fault_id` makes one; `reached` counts the limits that calls and steps reach. Raises RoomFault."""
        self._plan = plan
        self._guard = guard
        self._fault_id = fault_id
        self._reached = reached
        self.simulation = self._run(self.make, seconds=SETUP_SECONDS)
        if plan.start is not None:
            self._run(self.simulation.restore, plan.start.state, seconds=SETUP_SECONDS)

    def make(self) -> Simulation:
        """A fresh one of this room. Raises whatever the game raises."""
        plan = self._plan
        tile_map = plan.map[0] if plan.map is not None else None
        return Simulation(plan.game, options=plan.options, tile_map=tile_map, seed=plan.seed)

    def step(self, step: Step, inputs: Mapping[PlayerId, Any]) -> None:
        """Run this step, with its inputs as objects of the game's class. Raises RoomFault, which knows the step."""
        try:
            self._run(self.simulation.step, step.commands, inputs, step.tick, step.views, tick=step.tick)
        except RoomFault as fault:
            fault.step = step
            raise
        finally:
            self.tell(step.tick)

    def tell(self, tick: int) -> None:
        """What the game said in its last step, for who wrote it; and what it, or a call, went beyond."""
        for text in self.simulation.logged:
            log.info("room %s, tick %d: %s", self._plan.name, tick, text)
        if self.simulation.reached:
            self._reached.note_all(self.simulation.reached)

    def fault(self, error: BaseException, tick: int) -> RoomFault:
        """What this error of the game's is to the room."""
        fault = RoomFault(self._plan.name, tick, self._fault_id())
        fault.__cause__ = error
        limit = getattr(error, "limit", None)
        fault.limit = limit if isinstance(limit, Limit) else None  # the error may be the game's own, and mean something else by it
        return fault

    def _run(self, hook: Callable[[*Ts], T], *arguments: *Ts, seconds: float | None = None, tick: int = 0) -> T:
        """Call into the game. `tick`: in which; 0: before the first."""
        try:
            if seconds is not None:
                return self._guard.run(hook, *arguments, cpu_seconds=seconds, wall_seconds=seconds)
            return self._guard.run(hook, *arguments)
        except BaseException as error:  # SystemExit and HookTimeout too; nothing in here waits, so it is never a cancellation
            raise self.fault(error, tick) from error

"""Lets a match go on after its game has failed: from the last good tick, without what made it fail.

Every RESCUE_SECONDS the whole state is kept, and each step since. When a step raises, the world is built anew from them, as it was
before that step; the game that failed is thrown away with whatever it had done half. Then the step is tried without the share of
one player after another (what he called, that he came, his input), and at last without everybody's. The first that goes through is
how the match goes on:

    failed step → rebuild (state + steps) → without ann's share: raises → without bob's: goes through

If nobody had a share in it, nothing can be left out, and the room ends. It also ends when the game fails again at the same place:
then leaving out does not help. None of this is in a hurry: it is cut into slices, between which the other rooms tick.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

import attrs
import trio

from gameserver.core.commands import Answer
from gameserver.core.errors import GameError
from gameserver.core.limits import MAX_RESTARTS
from gameserver.faults import place_in_game
from gameserver.guard import HookTimeout

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from gameserver.core.audience import PlayerId
    from gameserver.core.commands import Command
    from gameserver.core.game import Game
    from gameserver.core.layout import Row
    from gameserver.core.reached import Reached
    from gameserver.core.replay.steps import Step
    from gameserver.core.simulation import Simulation
    from gameserver.guard import HookRunner

log = logging.getLogger("gameserver.rescue")

RESCUE_SECONDS: Final = 5.0
"""Between two states that are kept. One of arena costs 0.2 ms with 16 players, and the steps since are built anew in 45 ms."""
SLICE_SECONDS: Final = 0.02
"""Of rebuilding, before the other rooms get their turn: what they are late by is caught up in one tick."""
PATIENCE_SECONDS: Final = 2.0
"""The players look at a world that stands still; after so long the room has ended for them anyway."""
QUARANTINE_SECONDS: Final = 1.0
"""Whose share was left out has no inputs for so long: a key that is held would do the same in the next tick."""

HOST: Final[PlayerId] = 0
"""Whose share the answers of asynchronous hooks are."""


@attrs.frozen(kw_only=True)
class Revival:
    """How a match goes on.

    Attributes:
        before: the match as it was before the step that failed. Nobody else has it.
        simulation: the match after that step, as it was taken.
        step: the step, as it was taken.
        without: whose share was left out.
        left_out: the commands that were.
    """

    before: Simulation
    simulation: Simulation
    step: Step
    without: tuple[PlayerId, ...]
    left_out: tuple[Command, ...]

    def describe(self) -> str:
        """What was left out, for the operator."""
        if len(self.without) > 1:
            return "without what its players did in this tick"
        (who,) = self.without
        done = ", ".join(type(command).__name__ for command in self.left_out)
        if who == HOST:
            return "without the answer of a hook"
        name = self.before.players[who].name if who in self.before.players else "not in the match yet"
        return f"without player {who} ({name}): {done or 'his input'} is left out"


class Rescue:
    """What it takes to build the last good tick of one room anew. See the module.

    Attributes:
        restarts: how often the match went on.
    """

    def __init__(self, make: Callable[[], Simulation], simulation: Simulation, reached: Reached, *, phase: float = 0.0) -> None:
        """`make`: a fresh simulation of the same room. `phase`: of the room, so that not all keep their states in one instant.
        `reached`: counts states that are too large.
        """
        self.restarts = 0
        self._make = make
        self._reached = reached
        self._game = type(simulation.game)
        self._neutral: Row = simulation.world.schema.input.pack(simulation.world.schema.input.neutral())
        self._every = max(1, round(RESCUE_SECONDS * self._game.tick_rate))
        self._state: bytes | None = None
        """None: the last one was too large."""
        self._is_told = False
        """The operator is, of that."""
        self._steps: list[Step] = []
        """Since that state."""
        self._places: set[tuple[str, str]] = set()
        """Where the game has failed: class of the error, FILE:LINE."""
        self._keep(simulation)
        self._due = simulation.world.tick + round(self._every * (1.0 + phase))

    @property
    def is_spent(self) -> bool:
        """Has the match gone on as often as it may?"""
        return self.restarts >= MAX_RESTARTS

    def note(self, step: Step, simulation: Simulation) -> None:
        """This step went well, and led to this world."""
        if step.tick < self._due:
            if self._state is not None:
                self._steps.append(step)
            return
        self._keep(simulation)
        self._due = step.tick + self._every

    def _keep(self, simulation: Simulation) -> None:
        """A state that is too large cannot be kept: the match goes on without this net, and does not fail for it."""
        self._steps.clear()
        try:
            self._state = simulation.encode()
        except GameError as error:
            self._reached.note_error(error)
            if not self._is_told:
                log.warning("a room of %s would not go on after a fault: %s", self._game.name, error)
            self._state, self._is_told = None, True

    async def revive(self, step: Step, error: BaseException, guard: HookRunner) -> Revival | None:
        """The game has raised this in this step: how the match goes on, None if it cannot. Other rooms tick meanwhile."""
        place = _place(error, self._game)
        if place in self._places or self.is_spent:
            return None
        self._places.add(place)
        trials = list(_trials(step, self._neutral, once=isinstance(error, HookTimeout)))
        if not trials:
            return None
        pace = _Pace()
        await pace.rest()
        before = await self._rebuild(guard, pace)
        if before is None:
            return None
        try:
            state = before.encode()
        except GameError:  # it has grown too large since
            return None
        while trials:
            who = trials.pop(0) if not pace.is_late else trials.pop()
            taken = without(step, who, self._neutral)
            simulation = _attempt(guard, self._make, state, taken)
            if simulation is not None:
                self.restarts += 1
                left_out = tuple(command for command in step.commands if author(command) in who)
                return Revival(before=before, simulation=simulation, step=taken, without=who, left_out=left_out)
            if pace.is_late:
                return None
            await pace.breathe()
        return None

    async def _rebuild(self, guard: HookRunner, pace: _Pace) -> Simulation | None:
        """The match as it was when all was well, None if that takes too long or the game raises where it had not before."""
        simulation = _attempt(guard, self._make, self._state) if self._state is not None else None
        for step in tuple(self._steps):
            if simulation is None or pace.is_late:
                return None
            await pace.breathe()
            if not _succeeds(guard, step, simulation):
                return None
        return simulation


def author(command: Command) -> PlayerId:
    """Whose share in a step this is."""
    return HOST if isinstance(command, Answer) else command.player


def without(step: Step, who: Collection[PlayerId], neutral: Row) -> Step:
    """The step as if these had done nothing in it: no command of theirs, and inputs as if they touched no key."""
    return attrs.evolve(
        step,
        commands=[command for command in step.commands if author(command) not in who],
        inputs={player: neutral if player in who else row for player, row in step.inputs.items()},
        views={player: back for player, back in step.views.items() if player not in who},
        hash=0,
    )


def _trials(step: Step, neutral: Row, *, once: bool) -> Iterator[tuple[PlayerId, ...]]:
    """Whose shares to leave out, in this order: each one's who had one, commands before inputs; then all. `once`: all only."""
    shares = [author(command) for command in step.commands]
    shares += (player for player, row in step.inputs.items() if row != neutral)
    everybody = tuple(dict.fromkeys(shares))
    if len(everybody) > 1 and not once:
        yield from ((who,) for who in everybody)
    if everybody:
        yield everybody


def _place(error: BaseException, game: type[Game]) -> tuple[str, str]:
    """What makes two faults the same one. A hook is interrupted anywhere: that it took too long says enough."""
    name = type(error).__name__
    return (name, "") if isinstance(error, HookTimeout) else (name, place_in_game(error, game))


def _attempt(guard: HookRunner, make: Callable[[], Simulation], state: bytes, step: Step | None = None) -> Simulation | None:
    """A fresh simulation in this state, behind this step; None if the game raises."""

    def attempt() -> Simulation:
        simulation = make()
        simulation.restore(state)
        if step is not None:
            step.run(simulation)
        return simulation

    try:
        return guard.run(attempt)
    except BaseException:  # as in GuardedGame._run: nothing in here waits. What the game said first counts
        return None


def _succeeds(guard: HookRunner, step: Step, simulation: Simulation) -> bool:
    try:
        guard.run(step.run, simulation)
    except BaseException:  # likewise
        return False
    return True


class _Pace:
    """Cuts work into slices."""

    def __init__(self) -> None:
        self._began = self._slice_began = trio.current_time()

    @property
    def is_late(self) -> bool:
        """Has it taken too long?"""
        return trio.current_time() - self._began > PATIENCE_SECONDS

    async def breathe(self) -> None:
        """Let the others go first, if it is their turn."""
        if trio.current_time() - self._slice_began > SLICE_SECONDS:
            await self.rest()

    async def rest(self) -> None:
        """Let the others go first."""
        await trio.lowlevel.checkpoint()
        self._slice_began = trio.current_time()

"""A match that takes the time of each stage.

The probes stand around the server's own code and around the game's hooks; what is measured is what a room runs.
"""

from __future__ import annotations

from time import perf_counter_ns
from typing import TYPE_CHECKING, Any, Final

from gameserver.core.brain import Brain
from gameserver.core.game import Game
from gameserver.core.parts import Parts
from gameserver.core.simulation import Answer, Called, Connected, Join, Leave, Simulation
from gameserver.core.timers import Timers
from gameserver.testing import Match, Seat

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gameserver.bench.laps import Laps
    from gameserver.core.audience import Audience, PlayerId
    from gameserver.core.layout import Row
    from gameserver.core.maps import TileMap
    from gameserver.core.parts import Draft, Viewer
    from gameserver.core.record import Entity, Input, Options
    from gameserver.core.replica import Replica
    from gameserver.core.simulation import Command
    from gameserver.core.timers import Timer
    from gameserver.core.view import Contents
    from gameserver.core.world import PlainResult

_HOOKS: Final = {Join: "join", Leave: "leave", Connected: "connected", Called: "calls", Answer: "answer"}


class ProbedTimers(Timers):
    """Timers, and the time that what they call takes: from one that is due to the question for the next."""

    __slots__ = ("_begin", "_laps")

    def __init__(self, timers: Timers, laps: Laps) -> None:
        super().__init__()
        self.from_plain(timers.to_plain())
        self._laps = laps
        self._begin: int | None = None

    def take(self, tick: int) -> Timer | None:
        if self._begin is not None:
            self._laps.add("timers", perf_counter_ns() - self._begin)
        timer = super().take(tick)
        self._begin = None if timer is None else perf_counter_ns()
        return timer


class ProbedSimulation(Simulation):
    """A simulation whose hooks and stages are timed."""

    def __init__(self, laps: Laps, game_type: type[Game], *, options: Options | None, tile_map: TileMap | None, seed: int) -> None:
        self._laps = laps
        self._asked_at = 0
        begin = perf_counter_ns()
        super().__init__(game_type, options=options, tile_map=tile_map, seed=seed)
        laps.add("setup", perf_counter_ns() - begin)
        self.game.__dict__["step"] = laps.timed("step", self.game.step)
        self.world.timers = ProbedTimers(self.world.timers, laps)

    def step(
        self,
        commands: Sequence[Command],
        inputs: Mapping[PlayerId, Input],
        tick: int | None = None,
        views: Mapping[PlayerId, int] | None = None,
    ) -> None:
        begin = perf_counter_ns()
        super().step(commands, inputs, tick, views)
        self._laps.add("tick", perf_counter_ns() - begin)

    def _apply(self, command: Command) -> None:
        begin = perf_counter_ns()
        super()._apply(command)
        self._laps.add(_HOOKS[type(command)], perf_counter_ns() - begin)

    def _ask_result(self) -> PlainResult | None:
        begin = perf_counter_ns()
        result = super()._ask_result()
        self._asked_at = perf_counter_ns()
        self._laps.add("is_over", self._asked_at - begin)
        return result

    def _look(self) -> Contents:
        begin = perf_counter_ns()
        if self._asked_at:
            self._laps.add("quantise", begin - self._asked_at)  # what lies between the two is the rounding of all fields
        before = self._laps.so_far("audience")
        contents = super()._look()
        asked = self._laps.so_far("audience") - before
        self._laps.add("view", perf_counter_ns() - begin - asked)
        return contents

    def _audience_of(self, entity: Entity) -> Audience:
        if self._ask is None:
            return super()._audience_of(entity)
        begin = perf_counter_ns()
        audience = super()._audience_of(entity)
        self._laps.add("audience", perf_counter_ns() - begin)
        return audience


class ProbedParts(Parts):
    """Fragments, the time that they take, and the drafts of each tick."""

    def __init__(self, laps: Laps, game: type[Game]) -> None:
        super().__init__(game.schema, tick_rate=game.tick_rate)
        self._laps = laps
        self.drafts: list[Draft] = []

    def commit(self, tick: int, contents: Contents, cosmetics: Mapping[int, Sequence[tuple[int, int, Row]]] | None = None) -> None:
        begin = perf_counter_ns()
        super().commit(tick, contents, cosmetics)
        self._laps.add("encode", perf_counter_ns() - begin)
        self.drafts.clear()

    def draft(self, viewer: Viewer, wanted: tuple[int, ...], resting: tuple[int, ...] = ()) -> Draft:
        begin = perf_counter_ns()
        draft = super().draft(viewer, wanted, resting)
        self._laps.add("encode", perf_counter_ns() - begin)
        self.drafts.append(draft)
        return draft


class ProbedBrain(Brain):
    """A brain, and the time of each of its thoughts."""

    def __init__(self, brain: Brain, thoughts: list[int]) -> None:
        self._brain = brain
        self._thoughts = thoughts

    def think(self, view: Replica, player: PlayerId) -> Any:  # noqa: ANN401 - the game's own Input class
        begin = perf_counter_ns()
        wanted = self._brain.think(view, player)
        self._thoughts.append(perf_counter_ns() - begin)
        return wanted

    def refused(self, method: str, why: str) -> None:
        self._brain.refused(method, why)

    def take_calls(self) -> list[tuple[str, Row]]:
        return self._brain.take_calls()


class ProbedMatch(Match[Game]):
    """A match of bots on which the watch is kept.

    Attributes:
        laps: where its ticks went.
        thoughts: nanoseconds of each thought of a bot.
    """

    def __init__(self, laps: Laps, game: type[Game], *, seed: int, options: Options, tile_map: TileMap | None) -> None:
        self.laps = laps
        self.thoughts: list[int] = []
        super().__init__(game, seed=seed, options=options, map=tile_map, check=False)
        self._parts = self._probed = ProbedParts(laps, game)

    def _make_simulation(self, seed: int) -> Simulation:
        return ProbedSimulation(self.laps, self.game_type, options=self._options, tile_map=self.map, seed=seed)

    def _make_brain(self, seed: int, strength: int) -> Brain:
        return ProbedBrain(super()._make_brain(seed, strength), self.thoughts)

    @property
    def drafts(self) -> Sequence[Draft]:
        """What was drafted for the seats in the last tick."""
        return self._probed.drafts

    def keyframe_bytes(self, seat: Seat) -> int:
        """What somebody would be sent who came to this seat now."""
        parts, wanted = self._probed, self.parts_of(seat)
        return sum(len(parts.fragment(part, None)) for part in wanted)

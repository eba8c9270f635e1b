"""Is a recording what its game makes of the same commands and inputs? If not: which value differs first, and why that may be.

All steps are simulated again. Each one's hash is compared, the first and the last one included, and so are the full states and
each frame of the view. Every RESTART_SECONDS the match goes on in a fresh game, restored from its own bytes: what a game remembers
outside of declared fields is gone then, and what that decides comes out otherwise.

A hash that differs says when, and not what. What differs shows in the view track of that tick, which has all that anybody could
see. What nobody sees is found by what would make the hash fit (`guess`), or in the next full state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from gameserver.core.differences import Difference, different_views, different_worlds
from gameserver.core.errors import FormatError
from gameserver.core.replay.chunks import ChunkType
from gameserver.core.replay.guess import guess
from gameserver.core.replay.resimulate import fresh, restored, simulation_of
from gameserver.core.replay.steps import HASH_MASK
from gameserver.core.replay.verdict import Cause, Mismatch, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from gameserver.core.game import Game
    from gameserver.core.replay.playback import Playback
    from gameserver.core.replay.recording import Recording
    from gameserver.core.replay.steps import Step
    from gameserver.core.simulation import Simulation

RESTART_SECONDS: Final = 1.0
"""A fresh game costs as much as one step, and the sooner one begins, the nearer to its cause a difference is found."""
MOST_OTHERS: Final = 7
"""Differences that are named beside the first: one cause usually shows in many fields."""


def verify(recording: Recording, game: type[Game], on_step: Callable[[int], None] | None = None) -> Verdict:
    """Simulate it again and compare. `on_step` is told how many steps are done, after each.

    Whether this is the code that made it, `refusal` says. Raises NotSimulable if it cannot be begun with, FormatError if the
    recording is forged.
    """
    return _Verification(recording, game, on_step or (lambda done: None)).run()


class _Raised(Exception):
    """The game failed in a step that went well when it was recorded."""


class _Verification:
    """One run."""

    def __init__(self, recording: Recording, game: type[Game], on_step: Callable[[int], None]) -> None:
        self._recording = recording
        self._game = game
        self._on_step = on_step
        self._rate = recording.header.rate
        self._restart_every = round(RESTART_SECONDS * self._rate) | 1  # odd: what alternates is not always alike
        self._state_ticks = frozenset(place.first_tick for place in recording.places if place.type == ChunkType.STATE)
        self._simulation = simulation_of(recording, game)
        self._began = self._simulation.world.tick, self._simulation.encode()
        """Where the simulation in hand began, and from what."""
        self._random_before = self._simulation.world.rng.state()
        """The generator's state before the last step."""
        self._keyframe_ticks = frozenset(place.first_tick for place in recording.places if place.type == ChunkType.KEYFRAME)
        self._playback = self._play()
        self._seeks = self._play()
        """A second one, which begins anew at each keyframe."""
        self._steps = 0

    def run(self) -> Verdict:
        """Simulate all of it."""
        mismatch = self._look_at_beginning()
        if mismatch is None:
            mismatch = self._look_at_steps()
        if mismatch is None and self._recording.sealed:
            mismatch = self._look_at_end()
        return Verdict(
            steps=self._steps,
            seconds=max(0, self._simulation.world.tick - self._recording.header.first) / self._rate,
            mismatch=mismatch,
            fault_repeats=self._fault_repeats() if mismatch is None else None,
        )

    # -- what is compared --------------------------------------------------------------------------------------------------
    def _look_at_beginning(self) -> Mismatch | None:
        """A room that was opened for this match is as `setup` leaves it. (One that goes on from somewhere else is not.)"""
        header = self._recording.header
        if header.first == 0 and header.before is None:
            opened = fresh(self._recording, self._game)
            if differences := different_worlds(self._simulation, opened):
                return self._mismatch(None, differences, "the room begins otherwise: setup does not lead to the same world")
        if differences := self._different_view(header.first):
            return self._mismatch(None, differences, "the first view is another one, though the state is not")
        return None

    def _look_at_steps(self) -> Mismatch | None:
        for step in self._recording.steps():
            self._random_before = self._simulation.world.rng.state()
            try:
                _run(step, self._simulation)
            except _Raised as raised:
                return self._mismatch(step, [], f"the step fails, and did not when it was recorded: {raised}")
            if self._simulation.world.hash() & HASH_MASK != step.hash:
                return self._explain(step)
            if differences := self._different_state(step.tick):
                return self._mismatch(step, differences, "the full state of this tick is another one, though its hash is not")
            if differences := self._different_view(step.tick):
                return self._mismatch(step, differences, "the view of this tick is another one, though the state is not")
            self._steps += 1
            self._on_step(self._steps)
            if self._steps % self._restart_every == 0:
                self._began = step.tick, self._simulation.encode()
                self._simulation = self._restored(self._began[1])
        return None

    def _look_at_end(self) -> Mismatch | None:
        """What a sealed file says of itself."""
        contents = self._recording.contents
        if contents.steps != self._steps:
            return self._mismatch(None, [], f"the file's end tells of {contents.steps} steps, and there are {self._steps}")
        if contents.hash is not None and contents.hash != self._simulation.world.hash().to_bytes(8, "big"):
            return self._mismatch(None, [], "the hash at the file's end is not that of the last state")
        return None

    def _fault_repeats(self) -> bool | None:
        fault = self._recording.fault
        if fault is None or fault.kind == "HookTimeout":  # that step would not come back
            return None
        try:
            _run(fault.step, self._simulation)
        except _Raised:
            return True
        return False

    def _different_state(self, tick: int) -> list[Difference]:
        """How the recording's full state of this tick differs from the simulation; nothing if it has none."""
        if tick not in self._state_ticks:
            return []
        at, state = self._recording.state_at_or_before(tick)
        assert at == tick
        return different_worlds(self._restored(state), self._simulation)

    def _different_view(self, tick: int) -> list[Difference]:
        """How the view of this tick differs from what the simulation shows; nothing if the room did not show it."""
        playback = self._playback
        while playback is not None and playback.tick < tick and playback.advance() is not None:
            pass
        if playback is None or playback.tick != tick:
            return []
        return self._different_from(playback) or self._different_keyframe(tick)

    def _different_keyframe(self, tick: int) -> list[Difference]:
        """The same for whoever jumps to this tick; nothing if it has no keyframe."""
        if self._seeks is None or tick not in self._keyframe_ticks:
            return []
        self._seeks.seek(tick)
        return self._different_from(self._seeks)

    def _different_from(self, playback: Playback) -> list[Difference]:
        recorded, simulated = playback.contents, self._simulation.contents()
        return [] if recorded == simulated else different_views(self._simulation.world.schema, recorded, simulated)

    def _play(self) -> Playback | None:
        return self._recording.play() if self._keyframe_ticks else None  # it was cut before the first, or has no view at all

    def _restored(self, state: bytes) -> Simulation:
        return restored(self._recording, self._game, state)

    # -- what it is that differs -------------------------------------------------------------------------------------------
    def _explain(self, step: Step) -> Mismatch:
        """The hash of this step is another one: by what?"""
        cause = self._cause(step)
        if shown := self._different_view(step.tick):
            return self._mismatch(step, shown, "what was shown in this tick", cause)
        hidden = guess(self._simulation.world, self._random_before, step.hash)
        if hidden is not None:
            return self._mismatch(step, [hidden], "nothing that anyone was shown; the hash of this tick tells what", cause)
        nothing = self._mismatch(step, [], "", cause)  # made before the simulation goes on
        return self._search_on(step, nothing)

    def _search_on(self, step: Step, nothing: Mismatch) -> Mismatch:
        """Nothing that can be told differs in this very tick. Go on until something does, in a full state best of all."""
        found = attrs.evolve(nothing, detail="the hash of this tick, and nothing that anyone was ever shown; no full state follows")
        is_shown = False
        for tick in self._ticks_from(step):
            if differences := sorted(self._different_state(tick), key=lambda one: one.audience != "none"):
                detail = f"the hash of this tick, and nothing that was shown in it; the full state of tick {tick} tells what"
                return self._with(nothing, differences, detail)
            if not is_shown and (shown := self._different_view(tick)):
                is_shown = True
                detail = f"the hash of this tick, and nothing that was shown in it; tick {tick} is the first that shows anything"
                found = self._with(nothing, shown, detail)
        return found

    def _ticks_from(self, step: Step) -> Iterator[int]:
        """The ticks of this step and those behind it, each simulated, up to one that fails."""
        yield step.tick
        for later in self._recording.steps(step.tick):
            try:
                _run(later, self._simulation)
            except _Raised:
                return
            yield later.tick

    def _cause(self, step: Step) -> Cause:
        """Go the way to this step twice more: from where the simulation began, and from the beginning of the recording."""
        began, state = self._began
        again = self._went_to(step, self._restored(state), began)
        if again is None or again.world.hash() != self._simulation.world.hash():
            return Cause.CHANCE
        whole = self._went_to(step, simulation_of(self._recording, self._game), None)
        if whole is not None and whole.world.hash() & HASH_MASK == step.hash:
            return Cause.OUTSIDE
        return Cause.ELSEWHERE

    def _went_to(self, step: Step, simulation: Simulation, after: int | None) -> Simulation | None:
        for one in self._recording.steps(after):
            try:
                _run(one, simulation)
            except _Raised:
                return None
            if one.tick == step.tick:
                break
        return simulation

    # -- in words ----------------------------------------------------------------------------------------------------------
    def _mismatch(self, step: Step | None, differences: Sequence[Difference], detail: str, cause: Cause | None = None) -> Mismatch:
        names = {number: player.name for number, player in self._simulation.players.items()}
        at = step.tick if step is not None else self._simulation.world.tick
        empty = Mismatch(tick=at, field="", recorded="", simulated="", detail=detail, step=step, names=names, cause=cause)
        return self._with(empty, differences, detail)

    @staticmethod
    def _with(mismatch: Mismatch, differences: Sequence[Difference], detail: str) -> Mismatch:
        if not differences:
            return mismatch
        first, *more = differences
        others = [_line(one, mismatch.names) for one in more[:MOST_OTHERS]]
        if len(more) > MOST_OTHERS:
            others.append(f"… and {len(more) - MOST_OTHERS} more")
        field, recorded, simulated = _told(first, mismatch.names)
        return attrs.evolve(
            mismatch, field=field, recorded=recorded, simulated=simulated, others=tuple(others), detail=detail
        )  # fmt: skip


def _run(step: Step, simulation: Simulation) -> None:
    try:
        step.run(simulation)
    except FormatError:
        raise
    except (Exception, SystemExit) as error:  # whatever the game raises
        raise _Raised(f"{type(error).__name__}: {error}") from error


def _told(difference: Difference, names: Mapping[int, str]) -> tuple[str, str, str]:
    """(what, value recorded, value simulated)."""
    whose = f" ({names[difference.owner]}'s)" if difference.owner in names else ""
    what = f"{difference.who}{whose} {difference.field}".rstrip()
    if difference.note:
        return f"{what}: {difference.note.format(one='the recording', other='the simulation')}", "", ""
    return what, repr(difference.one), repr(difference.other)


def _line(difference: Difference, names: Mapping[int, str]) -> str:
    what, recorded, simulated = _told(difference, names)
    return f"{what}: {recorded} recorded, {simulated} simulated" if recorded else what

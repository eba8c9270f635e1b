"""A match as it is played, made into the chunks of its recording.

    tape.begin(simulation, parts, flags)                  the world after `header.first`, which `parts` has committed
    tape.step(step, simulation)                           after each step
    tape.show(tick, flags, parts, simulation.contents())  after each Parts.commit
    for chunk in tape.take(): …                           when it pleases who writes them

What runs in the tick copies references and packs what is small: fragments are those that clients got. Deflating and the disk are
others' business. Nothing in here changes the match.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gameserver.core.audience import EVERYONE, NOBODY, part_of
from gameserver.core.commands import Join, Leave
from gameserver.core.errors import GameError
from gameserver.core.replay.chunks import Chunk, ChunkType
from gameserver.core.replay.frames import FrameEncoder, ShownEvent, encode_keyframe
from gameserver.core.replay.header import Contents, Mark, What
from gameserver.core.replay.steps import HASH_MASK, StepEncoder
from gameserver.core.talk import BUILT_IN_EVENTS, Said

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gameserver.core.commands import Emitted
    from gameserver.core.parts import Parts
    from gameserver.core.replay.header import Fault, Header, Origin
    from gameserver.core.replay.steps import Step
    from gameserver.core.schema import Schema
    from gameserver.core.simulation import Simulation
    from gameserver.core.view import Contents as World

BLOCK_SECONDS: Final = 0.5
"""What a killed process loses, and what a reader inflates at once."""
BLOCK_BYTES: Final = 1_024 * 1_024
"""A block that is larger ends early: far above any game, far below what a chunk may have."""
KEYFRAME_SECONDS: Final = 5.0
"""What is played to get to any tick, at most (DDNet's figure): 150 frames, a few milliseconds."""
STATE_SECONDS: Final = 30.0
"""What is simulated to get to any tick, at most."""
MOST_EVENT_MARKS: Final = 20_000
"""A timeline is a few thousand pixels wide."""
MOST_EVENT_MARK_BYTES: Final = 2 * 1_024 * 1_024
"""Of all of them: the footer, which has them in one piece, is a chunk like any other."""
MOST_OTHER_MARKS: Final = 30_000
"""Who came and went, and what else there is: eight a second for an hour. Then it is time for another recording."""

_PUBLIC: Final = part_of(EVERYONE)
_UNSEEN: Final = part_of(NOBODY)
_VIEW: Final = frozenset((ChunkType.VIEW, ChunkType.SECRET_VIEW, ChunkType.KEYFRAME, ChunkType.SECRET_KEYFRAME))


class Tape:
    """See the module.

    Attributes:
        header: what the file begins with.
        marks: all so far.
        state_due: the next `step` writes the whole state.
        steps: how many there were.
    """

    def __init__(self, header: Header, origin: Origin, schema: Schema) -> None:
        self.header = header
        self.marks: list[Mark] = []
        self.state_due = False
        self.steps = 0
        self._origin = origin
        self._said = len(schema.events) - len(BUILT_IN_EVENTS) + BUILT_IN_EVENTS.index(Said)
        self._block_ticks = max(1, round(BLOCK_SECONDS * header.rate))
        self._keyframe_ticks = max(1, round(KEYFRAME_SECONDS * header.rate))
        self._state_ticks = max(1, round(STATE_SECONDS * header.rate))
        self._ready: list[Chunk] = []
        """Whole chunks that wait, in the order of the file."""
        self._ready_view = self._ready_other = 0
        """Bytes of them. A disk may hang for as long as it takes to collect thousands."""
        self._view: FrameEncoder | None = None
        self._secret_view: FrameEncoder | None = None
        self._truth: StepEncoder | None = None
        self._marks_waiting: list[Mark] = []
        self._events: list[ShownEvent] = []
        """Reliable ones, for the next frame."""
        self._secret_parts: set[int] = set()
        """Those that the last frame showed something in."""
        self._shown = self._last = self._keyframe_tick = self._state_tick = header.first
        self._gap_from: int | None = None
        """The first tick that was dropped, until the view goes on."""
        self._event_marks = self._event_mark_bytes = 0
        self._hash = 0
        self._was_over = False

    # -- in the tick -------------------------------------------------------------------------------------------------------
    def begin(self, simulation: Simulation, parts: Parts, flags: int) -> None:
        """The world after the tick `header.first`, the last one that `parts` has committed. Raises GameError: it is too large."""
        first = self.header.first
        self._hash = simulation.world.hash()
        self._was_over = simulation.result is not None
        self._add(ChunkType.ORIGIN, first, self._origin.encode())
        self._add(ChunkType.STATE, first, simulation.encode())
        self._begin_view(first, flags, parts, simulation.contents())
        for player, seat in simulation.players.items():
            self._mark(first, What.JOINED, player, seat.name, seat.bot)

    def step(self, step: Step, simulation: Simulation) -> None:
        """This was run, and the simulation is behind it."""
        self._hash = simulation.world.hash()
        if self._truth is None:
            self._truth = StepEncoder(step.tick)
        self._truth.add(step, self._hash & HASH_MASK)
        self.steps += 1
        self._last = step.tick
        for command in step.commands:
            match command:
                case Join(player, name, _, bot):
                    self._mark(step.tick, What.JOINED, player, name, bot)
                case Leave(player):
                    self._mark(step.tick, What.LEFT, player)
        for event in simulation.emitted:
            if event.reliable and event.to != NOBODY:
                self._events.append(ShownEvent(step.tick, event.kind, event.to, tuple(sorted(event.deaf)), event.row))
                if event.to == EVERYONE and event.kind != self._said:
                    self._mark_event(step.tick, event)
        is_over = simulation.result is not None
        if is_over and not self._was_over:
            self._mark(step.tick, What.OVER)
        self._was_over = is_over
        if self.state_due:
            self._add_state(step.tick, simulation)

    def show(self, tick: int, flags: int, parts: Parts, contents: World) -> None:
        """`parts` has committed these contents for this tick. Raises GameError if one part is larger than a snapshot may be."""
        if self._gap_from is not None:
            self._mark(tick, What.GAP, self._gap_from)
            self._gap_from = None
            self._events.clear()
            self._begin_view(tick, flags, parts, contents)
            return
        if tick <= self._shown:
            return  # somebody came between two ticks, and nothing else happened
        self._add_frame(tick, flags, parts, contents)
        self.state_due = tick - self._state_tick >= self._state_ticks
        if tick - self._keyframe_tick >= self._keyframe_ticks:
            self._close()
            self._add_keyframe(tick, flags, parts, contents)
        elif self._view is not None and (tick - self._view.first + 1 >= self._block_ticks or self._is_large()):
            self._close()

    def fault(self, fault: Fault) -> None:
        """The next step failed. Everything before is sound."""
        self._close()
        self._add(ChunkType.FAULT, fault.tick, fault.encode())
        self._mark(fault.tick, What.FAULT, fault.id)

    def note(self, tick: int, text: str) -> None:
        """Write this on the timeline."""
        newest = self.marks[-1].tick if self.marks else self.header.first
        self._mark(max(tick, newest), What.NOTE, text)

    # -- between ticks -----------------------------------------------------------------------------------------------------
    def take(self) -> list[Chunk]:
        """All that waits, in the order of the file. It waits no more."""
        self._close()
        ready, self._ready = self._ready, []
        self._ready_view = self._ready_other = 0
        return ready

    @property
    def is_full(self) -> bool:
        """Has so much happened that another recording had better begin?"""
        return len(self.marks) - self._event_marks >= MOST_OTHER_MARKS

    @property
    def waiting_bytes(self) -> tuple[int, int]:
        """Bytes that wait: of the view, which `drop_view` forgets, and of all else."""
        view = sum(block.size for block in (self._view, self._secret_view) if block is not None)
        truth = self._truth.size if self._truth is not None else 0
        return self._ready_view + view, self._ready_other + truth

    def drop_view(self) -> None:
        """Forget all of the view that waits. It goes on with a KEYFRAME at the next `show`, and the gap is marked."""
        kept = [chunk for chunk in self._ready if chunk.type not in _VIEW or chunk.first_tick == self.header.first]
        ticks = [chunk.first_tick for chunk in self._ready if chunk.type in _VIEW and chunk.first_tick != self.header.first]
        if self._view is not None:
            ticks.append(self._view.first)
        if not ticks:
            return
        self._ready = kept
        self._ready_view = sum(len(chunk.payload) for chunk in kept if chunk.type in _VIEW)
        self._view = self._secret_view = None
        if self._gap_from is None:
            self._gap_from = min(ticks)

    def contents(self, end: str | None, *, index: tuple[int, ...] = (), after: str | None = None) -> Contents:
        """What is in the recording now: for its footer, or for who wants to know."""
        return Contents(
            first=self.header.first,
            last=max(self._last, self._shown),
            end=end,
            steps=self.steps,
            hash=self._hash.to_bytes(8, "big"),
            marks=tuple(self.marks),
            index=index,
            after=after,
        )

    # -- pieces ------------------------------------------------------------------------------------------------------------
    def _add(self, kind: ChunkType, first_tick: int, payload: bytes, last_tick: int | None = None) -> None:
        last = first_tick if last_tick is None else last_tick
        self._ready.append(Chunk(kind, first_tick, last - first_tick + 1, payload))
        if kind in _VIEW:
            self._ready_view += len(payload)
        else:
            self._ready_other += len(payload)

    def _mark(self, tick: int, what: What, *values: object) -> Mark:
        mark = Mark(tick, what, values)
        self.marks.append(mark)
        self._marks_waiting.append(mark)
        return mark

    def _mark_event(self, tick: int, event: Emitted) -> None:
        if self._event_marks < MOST_EVENT_MARKS and self._event_mark_bytes < MOST_EVENT_MARK_BYTES:
            mark = self._mark(tick, What.EVENT, event.kind, *event.row)
            self._event_marks += 1
            self._event_mark_bytes += len(mark.encode())

    def _close(self) -> None:
        """All that is under way becomes chunks. What is secret comes first: who has the public half of a tick has all of it."""
        for kind, block in ((ChunkType.SECRET_VIEW, self._secret_view), (ChunkType.VIEW, self._view)):
            if block is not None:
                self._add(kind, block.first, block.payload(), block.last)
        self._view = self._secret_view = None
        self._close_truth()
        if self._marks_waiting:
            first, last = self._marks_waiting[0].tick, self._marks_waiting[-1].tick
            self._add(ChunkType.MARKS, first, b"".join(mark.encode() for mark in self._marks_waiting), last)
            self._marks_waiting = []

    def _is_large(self) -> bool:
        blocks = (self._view, self._secret_view, self._truth)
        return sum(block.size for block in blocks if block is not None) >= BLOCK_BYTES

    def _close_truth(self) -> None:
        if self._truth is not None:
            self._add(ChunkType.TRUTH, self._truth.first, self._truth.payload(), self._truth.last)
            self._truth = None

    def _add_state(self, tick: int, simulation: Simulation) -> None:
        """One that has become too large is left out: it only shortens the way, and a room does not fail for it."""
        self._state_tick = tick
        self.state_due = False
        try:
            state = simulation.encode()
        except GameError:
            return
        self._close_truth()
        self._add(ChunkType.STATE, tick, state)

    def _begin_view(self, tick: int, flags: int, parts: Parts, contents: World) -> None:
        self._shown = tick
        self._secret_parts = {part for part in contents if part != _PUBLIC}
        self._add_keyframe(tick, flags, parts, contents)

    def _add_keyframe(self, tick: int, flags: int, parts: Parts, contents: World) -> None:
        self._keyframe_tick = tick
        secret = [parts.fragment(part, None) for part in sorted(contents) if part != _PUBLIC]
        if secret:
            self._add(ChunkType.SECRET_KEYFRAME, tick, encode_keyframe(0, secret))
        self._add(ChunkType.KEYFRAME, tick, encode_keyframe(flags, [parts.fragment(_PUBLIC, None)]))

    def _add_frame(self, tick: int, flags: int, parts: Parts, contents: World) -> None:
        base = self._shown
        self._shown = tick
        if self._view is None:
            self._view = FrameEncoder(base, tick)
        events, self._events = self._events, []
        public = parts.fragment(_PUBLIC, base)
        self._view.add(tick, flags, [event for event in events if event.to == EVERYONE], [public] if public else ())
        secret = [event for event in events if event.to != EVERYONE]
        fragments = self._secret_fragments(parts, contents, base)
        if secret or fragments:
            if self._secret_view is None:
                self._secret_view = FrameEncoder(self._view.base, tick)
            self._secret_view.add(tick, 0, secret, fragments)

    def _secret_fragments(self, parts: Parts, contents: World, base: int) -> list[bytes]:
        """Of all parts that are shown to some, were until the last frame, or in which something was heard."""
        seen = {part for part in contents if part != _PUBLIC}
        heard = {part for part in parts.heard if part not in (_PUBLIC, _UNSEEN)}
        wanted = seen | heard | self._secret_parts
        before, self._secret_parts = self._secret_parts, seen
        return list(_fragments(parts, sorted(wanted), before, base))


def _fragments(parts: Parts, wanted: Iterable[int], before: set[int], base: int) -> Iterable[bytes]:
    """Those that say anything. A part that the last frame did not have begins from nothing."""
    for part in wanted:
        fragment = parts.fragment(part, base if part in before else None)
        if fragment:
            yield fragment

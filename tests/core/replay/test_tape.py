"""The tape: whatever happens in a match, and whatever the disk does, each tick that is there is the tick that was."""

from __future__ import annotations

import itertools
import random
from typing import TYPE_CHECKING

import attrs
import pytest

from gameserver import Event, text
from gameserver.core.audience import EVERYONE, NOBODY, part_of
from gameserver.core.commands import Join, Leave
from gameserver.core.errors import FormatError
from gameserver.core.parts import Parts
from gameserver.core.replay.chunks import Chunk, ChunkType, encode_chunk
from gameserver.core.replay.header import Fault, Header, Mark, Origin, What
from gameserver.core.replay.index import FileIndex
from gameserver.core.replay.recording import Recording
from gameserver.core.replay.steps import Step
from gameserver.core.replay.tape import BLOCK_BYTES, MOST_EVENT_MARK_BYTES, MOST_OTHER_MARKS, Tape
from gameserver.core.simulation import Simulation
from gameserver.games.arena.game import Arena
from gameserver.testing import Match
from tests.core.helpers import Nasty, script
from tests.helpers import Push, Toy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gameserver import PlayerId
    from gameserver.core.layout import Row
    from gameserver.core.view import Contents

PUBLIC = part_of(EVERYONE)
FIRST = [ChunkType.ORIGIN, ChunkType.STATE, ChunkType.SECRET_KEYFRAME, ChunkType.KEYFRAME]


@attrs.define
class Recorded:
    """A match of Nasty on a tape, and what it was."""

    tape: Tape
    simulation: Simulation
    worlds: dict[int, Contents]
    hashes: dict[int, int]
    heard: list[tuple[int, int, int]] = attrs.field(factory=list)
    """Reliable events: tick, kind, audience."""
    seen: list[tuple[int, int]] = attrs.field(factory=list)
    """Cosmetic ones: tick and kind."""
    chunks: list[Chunk] = attrs.field(factory=list)

    def file(self, *, sealed: bool = True) -> bytes:
        """All that was taken."""
        data = bytearray(self.tape.header.encode())
        index = FileIndex(len(data))
        for chunk in self.chunks:
            encoded = encode_chunk(chunk)
            index.add(chunk, len(encoded))
            data += encoded
        return bytes(data) + (index.footer(self.tape.contents("closed")) if sealed else b"")


def tape_of(simulation: Simulation, first: int = 0) -> Tape:
    schema = simulation.world.schema
    header = Header(
        session=bytes(16), game=schema.game, version=schema.version, room="r", protocol=1, rate=20, first=first, at=0.0,
        schema=schema.to_wire(), options=schema.options.pack(simulation.options), map=None, software="test",
    )  # fmt: skip
    return Tape(header, Origin(0, "", "", ""), schema)


def record(seed: int, ticks: int = 300, *, drops: float = 0.0, takes: float = 0.1, at_once: int = 3) -> Recorded:
    """Play at random: several steps before one is shown, a disk that is slow, view that is dropped."""
    dice = random.Random(seed)
    simulation = Simulation(Nasty, seed=seed)
    parts = Parts(Nasty.schema, tick_rate=Nasty.tick_rate)
    parts.commit(0, simulation.contents())
    made = Recorded(tape_of(simulation), simulation, {0: simulation.contents()}, {})
    tape = made.tape
    tape.begin(simulation, parts, 0)
    turns = script(seed)
    layout = Nasty.schema.input
    while simulation.world.tick < ticks:
        steps = dice.randint(1, at_once)
        cosmetics: dict[int, list[tuple[int, int, Row]]] = {}
        for left in reversed(range(steps)):
            commands, inputs = next(turns)
            tick = simulation.world.tick + 1
            views = {player: dice.randrange(5 * 256) for player in inputs if dice.random() < 0.1}
            step = Step(tick, tuple(commands), {player: layout.pack(one) for player, one in inputs.items()}, views)
            step.run(simulation)
            tape.step(step, simulation)
            made.worlds[tick], made.hashes[tick] = simulation.contents(), simulation.world.hash()
            made.heard += [(tick, one.kind, one.to) for one in simulation.emitted if one.reliable and one.to != NOBODY]
            made.seen += [(tick, one.kind) for one in simulation.emitted if not one.reliable and one.to != NOBODY]
            for part, events in simulation.cosmetics().items():
                cosmetics.setdefault(part, []).extend((kind, left, row) for kind, row in events)
        parts.commit(simulation.world.tick, simulation.contents(), cosmetics)
        tape.show(simulation.world.tick, int(simulation.result is not None), parts, simulation.contents())
        if dice.random() < drops:
            tape.drop_view()
        elif dice.random() < takes:
            made.chunks += tape.take()
    made.chunks += tape.take()
    return made


@pytest.mark.parametrize("seed", range(12))
def test_every_frame_shows_the_world_of_its_tick_and_all_that_was_heard(seed: int) -> None:
    made = record(seed)
    recording = Recording.open(made.file())
    playback = recording.play()
    assert playback.contents == made.worlds[0]
    heard, seen, last = [], [], 0
    while (frame := playback.advance()) is not None:
        assert not frame.is_jump
        assert playback.contents == made.worlds[frame.tick]
        heard += [(one.tick, one.kind, one.to) for one in frame.events]
        kinds = [layout.name for layout in Nasty.schema.events]
        seen += [(one.tick, kinds.index(one.name)) for one in frame.cosmetics]
        assert all(last < one.tick <= frame.tick for one in frame.cosmetics)
        last = frame.tick
    assert sorted(heard) == sorted(made.heard)
    assert sorted(seen) == sorted(made.seen)
    assert heard and seen and last == max(made.worlds)
    assert len({part for world in made.worlds.values() for part in world}) > 5


@pytest.mark.parametrize("seed", range(6))
def test_without_its_secrets_it_is_what_a_spectator_saw(seed: int) -> None:
    made = record(seed, 120)
    playback = Recording.open(made.file()).play(secret=False)
    while (frame := playback.advance()) is not None:
        assert playback.contents == {PUBLIC: made.worlds[frame.tick][PUBLIC]}
        assert all(event.to == EVERYONE for event in frame.events)


@pytest.mark.parametrize("seed", range(6))
def test_the_truth_makes_the_same_match_from_any_state(seed: int) -> None:
    made = record(seed, 700)
    recording = Recording.open(made.file())
    for tick in (0, 1, 599, 600, 700):
        simulation = Simulation(Nasty, seed=99)
        at, state = recording.state_at_or_before(tick)
        simulation.restore(state)
        assert simulation.world.tick == at <= tick
        steps = [*recording.steps(at)]
        assert [step.tick for step in steps] == [*range(at + 1, max(made.worlds) + 1)]
        for step in steps:
            step.run(simulation)
            assert simulation.world.hash() & 0xFFFF_FFFF == step.hash == made.hashes[step.tick] & 0xFFFF_FFFF
    assert recording.state_at_or_before(700)[0] > 550


@pytest.mark.parametrize("seed", range(12))
def test_what_a_slow_disk_loses_is_marked_and_all_else_is_right(seed: int) -> None:
    made = record(seed, 500, drops=0.03, takes=0.05)
    recording = Recording.open(made.file())
    playback = recording.play()
    shown = {playback.tick}
    while (frame := playback.advance()) is not None:
        assert playback.contents == made.worlds[frame.tick]
        if frame.is_jump:
            assert any(last == frame.tick - 1 for _, last in recording.gaps)
        shown.add(frame.tick)
    assert recording.gaps
    for first, last in recording.gaps:
        assert not any(first <= tick <= last for tick in shown)
    in_gaps = {tick for first, last in recording.gaps for tick in range(first, last + 1)}
    longest_wait = 3  # so many steps are shown at once
    assert all(any(tick + more in shown | in_gaps for more in range(longest_wait)) for tick in made.worlds if tick <= playback.tick)
    assert [step.tick for step in recording.steps()] == sorted(made.hashes), "the truth is never dropped"
    assert recording.contents.steps == len(made.hashes)


@pytest.mark.parametrize("seed", range(4))
def test_seek_equals_play(seed: int) -> None:
    made = record(seed, 700, drops=0.01 * (seed % 2))
    recording = Recording.open(made.file())
    playback = recording.play()
    shown = [playback.tick]
    while (frame := playback.advance()) is not None:
        shown.append(frame.tick)
    dice = random.Random(seed)
    for _ in range(200):
        wanted = dice.randint(-5, max(made.worlds) + 5)
        playback.seek(wanted)
        assert playback.tick == max((tick for tick in shown if tick <= wanted), default=0)
        assert playback.contents == made.worlds[playback.tick]
        if dice.random() < 0.2 and (frame := playback.advance()) is not None:
            assert playback.contents == made.worlds[frame.tick]


def test_a_file_without_its_footer_has_the_same_in_it() -> None:
    made = record(5, 300, drops=0.02)
    sealed, growing = Recording.open(made.file()), Recording.open(made.file(sealed=False))
    assert sealed.sealed and not growing.sealed
    assert growing.contents == attrs.evolve(sealed.contents, end=None, hash=None, index=())
    assert growing.places == sealed.places


def test_the_order_of_the_file() -> None:
    made = record(3, 700)
    assert [chunk.type for chunk in made.chunks[:4]] == FIRST
    newest: dict[int, int] = {}
    for chunk in made.chunks:
        assert chunk.first_tick >= newest.get(chunk.type, 0)
        newest[chunk.type] = chunk.first_tick
    half_a_second, keyframes, states = 10, 100, 600
    blocks = [chunk for chunk in made.chunks if chunk.type in (ChunkType.VIEW, ChunkType.SECRET_VIEW, ChunkType.TRUTH)]
    assert all(chunk.ticks < half_a_second + 5 for chunk in blocks)
    for kind, most in ((ChunkType.KEYFRAME, keyframes), (ChunkType.STATE, states)):
        ticks = [chunk.first_tick for chunk in made.chunks if chunk.type == kind]
        assert len(ticks) > 1
        assert all(after - before <= most + 6 for before, after in itertools.pairwise(ticks))
    for at, chunk in enumerate(made.chunks):
        if chunk.type == ChunkType.SECRET_VIEW:
            assert any(
                other.type == ChunkType.VIEW and other.first_tick <= chunk.first_tick for other in made.chunks[at + 1 : at + 2]
            )


def test_marks_say_who_came_and_went_and_what_happened_to_all() -> None:
    match = Match(Nasty, seed=1, check=False)
    ann = match.join("ann")
    match.step(2)
    match.record()
    bob = match.join("bob", bot=True)
    match.step()
    ann.call("shout", words="hello", loud=True)
    bob.call("shout", words="psst", loud=False)
    ann.call("chat", line="is not on a timeline", to_team=False)
    match.remove(bob)
    match.step(80)
    match.tape.note(0, "the end")
    marks = Recording.open(match.recording()).marks
    goal, ended = 1, len(Nasty.schema.events) - 1
    assert marks[:4] == (
        Mark(2, What.JOINED, (1, "ann", False)),
        Mark(3, What.JOINED, (2, "bob", True)),
        Mark(4, What.EVENT, (goal, 1, "hello")),
        Mark(7, What.LEFT, (2,)),
    )
    assert [(mark.what, mark.values[:1]) for mark in marks[4:]] == [
        (What.EVENT, (ended,)),
        (What.OVER, ()),
        (What.NOTE, ("the end",)),
    ]
    assert marks[-1].tick == marks[-2].tick, "a note is not written into the past"


def test_a_fault_is_the_last_that_is_in_it() -> None:
    made = record(2, 50)
    step = Step(made.simulation.world.tick + 1, (), {1: (0, 0, 0, 0, 1)}, {1: 300})
    fault = Fault(tick=step.tick, id="abc", kind="KeyError", text="9", traceback="…", where="game.py:1", step=step)
    made.tape.fault(fault)
    made.chunks += made.tape.take()
    for sealed in (True, False):
        recording = Recording.open(made.file(sealed=sealed))
        assert recording.fault == fault
        assert recording.marks[-1] == Mark(step.tick, What.FAULT, ("abc",))
        assert recording.last_tick == step.tick - 1
    assert recording.contents.end == "faulted"


def test_what_waits_is_counted_and_the_view_of_it_can_be_dropped() -> None:
    made = record(2, 100, takes=0.0)
    tape, parts = made.tape, Parts(Nasty.schema)
    assert tape.waiting_bytes == (0, 0)
    for tick in range(101, 140):
        step = Step(tick)
        step.run(made.simulation)
        parts.commit(tick, made.simulation.contents())
        tape.step(step, made.simulation)
        tape.show(tick, 0, parts, made.simulation.contents())
    view, truth = tape.waiting_bytes
    tape.drop_view()
    assert view > 0 < truth and tape.waiting_bytes == (0, truth)
    taken = tape.take()
    assert tape.waiting_bytes == (0, 0)
    assert sum(len(chunk.payload) for chunk in taken if chunk.type != ChunkType.MARKS) == truth
    assert not any(chunk.type in (ChunkType.VIEW, ChunkType.SECRET_VIEW, ChunkType.KEYFRAME) for chunk in taken)


def test_a_disk_that_hangs_from_the_beginning_leaves_the_first_world() -> None:
    made = record(2, 100, drops=0.0, takes=0.0)
    tape = tape_of(made.simulation)
    simulation, parts = Simulation(Nasty, seed=1), Parts(Nasty.schema)
    parts.commit(0, simulation.contents())
    tape.begin(simulation, parts, 0)
    tape.drop_view()
    assert [chunk.type for chunk in tape.take()] == FIRST


def test_a_block_of_large_frames_ends_early() -> None:
    simulation, parts = Simulation(Nasty, seed=1), Parts(Nasty.schema)
    parts.commit(0, simulation.contents())
    tape = tape_of(simulation)
    tape.begin(simulation, parts, 0)
    form, row = 17, (0, 0, 1, 0, "x" * 40)
    for tick in range(1, 11):  # a world that is another in each tick
        numbers = range(tick * 4_000, tick * 4_000 + 3_500)
        contents: Contents = {PUBLIC: dict.fromkeys(numbers, (form, (tick, *row[1:])))}
        parts.commit(tick, contents)
        tape.show(tick, 0, parts, contents)
    blocks = [chunk for chunk in tape.take() if chunk.type == ChunkType.VIEW]
    assert len(blocks) > 1
    assert all(len(chunk.payload) < BLOCK_BYTES + 256 * 1_024 for chunk in blocks)


def test_a_step_that_does_not_fit_the_game_is_a_format_error() -> None:
    simulation = Simulation(Nasty, seed=1)
    with pytest.raises(FormatError, match="nasty@3"):
        Step(1, (), {1: (1, 2)}).run(simulation)


def test_what_runs_in_the_tick_encodes_nothing_that_clients_do_not_get() -> None:
    """Everyone is up to date, so the fragments of the recording are theirs. (But of cosmetic events in empty parts.)"""
    encoded = []
    for records in (False, True):
        match = Match(Arena, seed=2, check=False)
        match.bots(4)
        match.spectate()
        match.step(10)
        if records:
            match.record()
        before = match._parts.encoded
        match.step(140)
        encoded.append(match._parts.encoded - before)
    assert 0 <= encoded[1] - encoded[0] < encoded[0] / 50


class News(Event, reliable=True):
    words: str = text(512)


class Gazette(Toy):
    """Has much to tell to everyone."""

    name = "gazette"
    events = (*Toy.events, News)  # type: ignore[assignment] # of other lengths

    def step(self, inputs: Mapping[PlayerId, Push]) -> None:
        for number in range(10):
            self.emit(News(words=f"{self.tick}.{number} ".ljust(500, "é")))


def test_a_timeline_of_long_events_fits_into_the_footer() -> None:
    match = Match(Gazette, seed=1, check=False)
    match.record()
    match.step(1_500)
    recording = Recording.open(match.recording())
    told = sum(mark.what is What.EVENT for mark in recording.marks)
    assert recording.sealed and 1_000 < told < 10_000
    assert len(recording.contents.encode()) < MOST_EVENT_MARK_BYTES + 64 * 1_024


def test_who_comes_and_goes_without_end_fills_a_recording() -> None:
    """A reader does not open one with marks without end."""
    simulation, parts = Simulation(Toy, seed=1), Parts(Toy.schema)
    parts.commit(0, simulation.contents())
    tape = tape_of(simulation)
    tape.begin(simulation, parts, 0)
    for tick in itertools.count(1):
        step = Step(tick, (Join(1, "x" * 24, {}, False), Leave(1)))
        step.run(simulation)
        tape.step(step, simulation)
        if tape.is_full:
            break
    assert tick == MOST_OTHER_MARKS // 2
    assert len(tape.contents("rolled").encode()) < 2 * 1_024 * 1_024

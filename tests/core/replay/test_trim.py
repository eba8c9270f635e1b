"""A part of a recording: it plays as the whole did, and can still be simulated where it says so."""

from __future__ import annotations

import random

import attrs
import pytest

from gameserver.core.errors import FormatError
from gameserver.core.replay.chunks import Chunk, ChunkType
from gameserver.core.replay.header import Fault, Mark, What
from gameserver.core.replay.recording import Recording
from gameserver.core.replay.steps import Step
from gameserver.core.replay.trim import Trimmed, trim
from gameserver.core.replay.verify import verify
from gameserver.games.arena.game import Arena
from gameserver.games.fleet.game import Fleet
from gameserver.games.pong import Pong
from tests.core.replay.forge import forged
from tests.core.replay.played import Played, play

SESSION = bytes(range(16))
GAMES = [(Arena, 4, 40.0), (Fleet, 2, 70.0), (Pong, 2, 40.0)]


@pytest.fixture(scope="module", params=GAMES, ids=lambda param: param[0].name)
def played(request: pytest.FixtureRequest) -> Played:
    game, bots, seconds = request.param
    return play(game, bots=bots, seconds=seconds, seed=6)


def cut(played: Played, first: int, last: int, *, truth: bool) -> tuple[Trimmed, Recording]:
    trimmed = trim(Recording.open(played.data), first, last, session=SESSION, truth=truth)
    recording = Recording.open(trimmed.data)
    assert recording.sealed
    assert recording.contents.end == "cut"
    assert recording.header.session == SESSION
    assert recording.header.first == recording.contents.first == trimmed.first
    assert recording.contents.last == trimmed.last
    return trimmed, recording


@pytest.mark.parametrize("truth", [True, False])
def test_any_part_plays_as_the_whole_did(played: Played, truth: bool) -> None:
    whole = Recording.open(played.data)
    shown = [whole.header.first]
    playback = whole.play()
    while (frame := playback.advance()) is not None:
        shown.append(frame.tick)
    rng = random.Random(1)
    for _ in range(6):
        first, last = sorted(rng.sample(range(whole.contents.last + 1), 2))
        trimmed, part = cut(played, first, last, truth=truth)
        assert trimmed.first <= first
        assert trimmed.last == max(tick for tick in shown if tick <= last)
        playback = part.play()
        assert playback.tick == trimmed.first
        assert playback.contents == played.worlds[trimmed.first]
        seen = []
        while (frame := playback.advance()) is not None:
            assert not frame.is_jump
            assert playback.contents == played.worlds[frame.tick]
            seen.append(frame.tick)
        assert seen == [tick for tick in shown if trimmed.first < tick <= last]
        assert part.is_shareable is not truth
        if truth:
            assert first - trimmed.first <= 31 * played.game.tick_rate
            verdict = verify(part, played.game)
            assert verdict.ok
            assert verdict.steps == sum(trimmed.first < tick <= last for tick in played.hashes)
        else:
            assert trimmed.first == max(tick for tick in shown if tick <= first)
            assert {place.type for place in part.places} <= {1, 2, 3, 4, 7}


def test_events_and_the_timeline_are_those_of_the_part(played: Played) -> None:
    whole = Recording.open(played.data)
    first, last = whole.contents.last // 3, whole.contents.last * 2 // 3
    trimmed, part = cut(played, first, last, truth=False)
    here = [mark for mark in whole.marks if trimmed.first < mark.tick <= last]
    assert here
    joined = [mark for mark in part.marks if mark.tick == trimmed.first]
    assert [mark.values for mark in joined] == [mark.values for mark in whole.marks if mark.what is What.JOINED]
    assert list(part.marks) == [*joined, *here]
    playback, original = part.play(), whole.play(trimmed.first)
    while (frame := playback.advance()) is not None:
        other = original.advance()
        assert other is not None
        assert (frame.tick, frame.flags, frame.events) == (other.tick, other.flags, other.events)
        assert [(one.name, one.tick) for one in frame.cosmetics] == [(one.name, one.tick) for one in other.cosmetics]


def test_the_whole_is_the_whole(played: Played) -> None:
    whole = Recording.open(played.data)
    trimmed, part = cut(played, 0, whole.contents.last, truth=True)
    assert (trimmed.first, trimmed.last, trimmed.has_truth) == (0, whole.contents.last, True)
    assert part.contents.hash == whole.contents.hash
    assert part.contents.steps == whole.contents.steps
    assert part.marks == whole.marks
    assert verify(part, played.game).ok


def test_what_has_no_truth_is_cut_without_it() -> None:
    played = play(Pong, bots=2, seconds=10.0, seed=6)
    kept = (ChunkType.VIEW, ChunkType.KEYFRAME, ChunkType.MARKS)
    shareable = attrs.evolve(played, data=forged(played.data, lambda chunk: chunk if chunk.type in kept else None))
    trimmed, part = cut(shareable, 100, 200, truth=True)
    assert not trimmed.has_truth
    assert part.play().contents == played.worlds[100]


def test_a_gap_at_the_beginning_begins_there() -> None:
    played = play(Pong, bots=2, seconds=20.0, seed=6)
    gone = set(range(331, 600))

    def dropped(chunk: Chunk) -> Chunk | None:
        return None if chunk.type in (ChunkType.VIEW, ChunkType.KEYFRAME) and chunk.first_tick in gone else chunk

    gap = Mark(600, What.GAP, (331,))
    data = forged(
        played.data,
        dropped,
        contents=lambda contents: attrs.evolve(contents, marks=tuple(sorted((*contents.marks, gap), key=lambda mark: mark.tick))),
    )
    recording = Recording.open(data)
    last_shown = recording.play(500).tick
    assert last_shown < 500
    trimmed = trim(recording, 500, 900, session=SESSION, truth=False)
    part = Recording.open(trimmed.data)
    assert trimmed.first == last_shown
    assert part.gaps == [(max(331, last_shown + 1), 599)]
    playback = part.play(700)
    assert (playback.tick, playback.contents) == (700, played.worlds[700])


def test_a_fault_stays_at_the_end_and_goes_with_it() -> None:
    played = play(Pong, bots=2, seconds=10.0, seed=6)
    tick = 601
    fault = Fault(tick=tick, id="f0", kind="KeyError", text="", traceback="", where="game.py:1", step=Step(tick))
    data = forged(played.data, more=[Chunk(ChunkType.FAULT, tick, 1, fault.encode())])
    whole = attrs.evolve(played, data=data)
    assert cut(whole, 0, 600, truth=True)[1].fault == fault
    assert cut(whole, 0, 599, truth=True)[1].fault is None
    assert cut(whole, 0, 600, truth=False)[1].fault is None


def test_without_a_view_there_is_no_part() -> None:
    played = play(Pong, bots=2, seconds=2.0, seed=6)
    view = (ChunkType.VIEW, ChunkType.KEYFRAME)
    recording = Recording.open(forged(played.data, lambda chunk: None if chunk.type in view else chunk))
    with pytest.raises(FormatError, match="nothing to look at"):
        trim(recording, 0, 60, session=SESSION)


def test_a_part_that_is_for_sharing_does_not_say_the_code_of_a_private_room() -> None:
    whole = Recording.open(play(Pong, bots=2, seconds=10.0, seed=6).data)
    whole.header = attrs.evolve(whole.header, code="bcdfg")
    for truth in (True, False):
        data = trim(whole, 60, 120, session=SESSION, truth=truth).data
        assert Recording.open(data).header.code == ("bcdfg" if truth else None)
        assert (b"bcdfg" in data) is truth

"""What it takes to look at a recording: to open it, to get to any tick, to simulate it again; and whether that is right."""

from __future__ import annotations

import mmap
import statistics
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import attrs

from gameserver.core.replay.recording import Recording
from gameserver.core.replay.verify import verify

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator
    from pathlib import Path

    from gameserver.core.game import Game
    from gameserver.core.view import Contents

OPENS: Final = 15


@contextmanager
def opened(file: Path) -> Iterator[Recording]:
    """As the commands open it: mapped, not loaded."""
    with file.open("rb") as stream:
        recording = Recording.open(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))
    try:
        yield recording
    finally:
        recording.close()


def open_ms(file: Path) -> float:
    """Until it is known what is in the file: the median of several times."""
    took = []
    for _ in range(OPENS):
        begin = time.perf_counter()
        with opened(file):
            took.append(time.perf_counter() - begin)
    return statistics.median(took) * 1e3


@attrs.frozen
class Sought:
    """Seeks to random ticks, forwards and backwards, one behind the other in one playback."""

    milliseconds: list[float]
    differ: int
    """Worlds that are not those of playing there."""

    @property
    def p50(self) -> float:
        return statistics.median(self.milliseconds)

    @property
    def p95(self) -> float:
        return statistics.quantiles(self.milliseconds, n=20)[-1]


def seek(recording: Recording, count: int, dice: random.Random) -> Sought:
    """Play it once from its first tick to its last, then seek so many ticks of it, and compare the worlds."""
    span = recording.view_ticks
    assert span is not None
    wanted = [dice.randint(*span) for _ in range(count)]
    worlds = worlds_at(recording, set(wanted))
    playback = recording.play()
    took, differ = [], 0
    for tick in wanted:
        begin = time.perf_counter()
        playback.seek(tick)
        took.append((time.perf_counter() - begin) * 1e3)
        differ += (playback.tick, playback.contents) != worlds[tick]
    return Sought(took, differ)


def worlds_at(recording: Recording, ticks: set[int]) -> dict[int, tuple[int, Contents]]:
    """By playing: for each of these ticks the tick of the last frame at or before it, and its world."""
    playback = recording.play()
    found: dict[int, tuple[int, Contents]] = {}
    waiting = sorted(ticks, reverse=True)
    shown = playback.tick, _copy(playback.contents)
    while waiting:
        frame = playback.advance()
        while waiting and (frame is None or waiting[-1] < frame.tick):
            found[waiting.pop()] = shown
        shown = playback.tick, _copy(playback.contents)
    return found


def _copy(world: Contents) -> Contents:
    """The playback goes on with its own."""
    return {part: dict(records) for part, records in world.items()}


@attrs.frozen
class Verified:
    """A match simulated again."""

    ok: bool
    steps: int
    first_tick: int
    last_tick: int
    times_real_time: float
    """By the CPU."""


def simulate(recording: Recording, game: type[Game]) -> Verified:
    """As `gameserver replay verify` does."""
    ticks = [step.tick for step in recording.steps()]
    begin = time.process_time()
    verdict = verify(recording, game)
    took = time.process_time() - begin
    return Verified(verdict.ok, verdict.steps, ticks[0], ticks[-1], verdict.seconds / took)

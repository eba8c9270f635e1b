"""What recordings promise, whatever the disk does: each that has a header opens, is a prefix of the true match, has every mark
once, and can be made again (I2, I3, I4, I11).
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from gameserver.core.errors import FormatError, GameserverError
from gameserver.core.replay.recording import Recording
from gameserver.core.replay.steps import HASH_MASK
from tests.recording import resimulated
from tests.sim.telling import Telling

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping, Sequence

    from tests.sim.invariants import Life
    from tests.sim.world import World

LOST_SECONDS: Final = 6.5
"""What a power cut may cost of a recording on a sound disk: a keyframe's distance, two flushes, and the time of the calls."""
SOUND_SECONDS: Final = 25.0
"""So long after the disk was last broken everything is recorded again: it is tried every 10 s, and what waited is written."""


async def check_crash(world: World, lives: Sequence[Life]) -> None:
    """The power was cut: what is on the disk is true, and nearly all is there unless the disk was broken anyway."""
    newest: dict[int, int] = {}
    for name, recording in (await opened(world)).items():
        last = _check_hashes(world, name, recording)
        if recording.origin is not None:
            seed = recording.origin.seed
            newest[seed] = max(newest.get(seed, 0), last)
    for life in lives:
        rate = life.room.plan.game.tick_rate
        missing = (life.last_tick - newest.get(life.seed, 0)) / rate
        if world.disk_sound_for() > SOUND_SECONDS and missing > LOST_SECONDS + world.guard.lost_lately(LOST_SECONDS):
            world.outcome.complain(f"room {life.name}: the power cut cost {missing:.1f} s of its recording")


async def check_sealed(world: World, lives: Sequence[Life]) -> None:
    """The server was stopped in good order: each of its matches has its end on the disk, unless that was broken."""
    if world.disk_sound_for() < SOUND_SECONDS:
        return
    sealed: dict[int, int] = {}
    for recording in (await opened(world)).values():
        if recording.sealed and recording.origin is not None:
            seed = recording.origin.seed
            sealed[seed] = max(sealed.get(seed, 0), recording.last_tick)
    for life in lives:
        if sealed.get(life.seed, -1) < life.last_tick:
            world.outcome.complain(f"room {life.name}: ended in tick {life.last_tick}, and is sealed up to {sealed.get(life.seed)}")


async def check_all(world: World, rng: random.Random) -> None:
    """The run is over: every recording is true and can be made again. On a sound disk nothing is missing."""
    outcome = world.outcome
    recordings = await opened(world)
    marks: dict[tuple[int, int, int], str] = {}
    for name, recording in recordings.items():
        outcome.recordings += 1
        _check_hashes(world, name, recording)
        life = _life_of(world, recording)
        if life is None:
            outcome.complain(f"{name} is of no room that there was")
            continue
        plan = life.room.plan
        try:
            outcome.resimulated += resimulated(recording, plan.game, plan.map[0] if plan.map is not None else None)
        except (AssertionError, GameserverError) as error:
            outcome.complain(f"{name}: {error!r}")
        if issubclass(plan.game, Telling):
            _check_marks(world, name, recording, marks)
    if recordings:
        name = rng.choice(sorted(recordings))
        await _check_flipped(world, name, rng)
    if not outcome.faults and outcome.resimulated != outcome.ticks:
        outcome.complain(f"{outcome.resimulated} of {outcome.ticks} ticks are recorded")


async def opened(world: World) -> Mapping[str, Recording]:
    """All recordings on the disk, by name. One without a sound header is none: it was begun, and nothing of it was ever synced."""
    found = {}
    for name in await world.disk.list(""):
        data = await world.disk.read(name)
        try:
            found[name] = Recording.open(data)
        except FormatError as error:
            if not name.endswith(".part"):
                world.outcome.complain(f"{name} is sealed, and cannot be opened: {error}")
    return found


def _life_of(world: World, recording: Recording) -> Life | None:
    seed = recording.origin.seed if recording.origin is not None else None
    lives = world.oracle.lives.get(recording.header.room, [])
    return next((life for life in lives if life.seed == seed), None)


def _check_hashes(world: World, name: str, recording: Recording) -> int:
    """Its steps are those of the true match, without a gap. Returns the newest tick."""
    life = _life_of(world, recording)
    last = recording.header.first
    for step in recording.steps():
        if step.tick != last + 1:
            world.outcome.complain(f"{name}: tick {step.tick} follows {last}")
        last = step.tick
        true = life.hashes.get(last) if life is not None else None
        if true is not None and step.hash != true & HASH_MASK:
            world.outcome.complain(f"{name}: tick {last} is not what the match was")
            break
    return last


def _check_marks(world: World, name: str, recording: Recording, seen: dict[tuple[int, int, int], str]) -> None:
    """Every press entered one step, and no second one; `seen`: those of other recordings, by life, player and mark."""
    assert recording.origin is not None
    for step in recording.steps():
        for player, row in step.inputs.items():
            mark = row[1]
            if not isinstance(mark, int) or not mark:
                continue
            key = (recording.origin.seed, player, mark)
            if key in seen:
                world.outcome.complain(f"{name}: mark {mark} of player {player} enters tick {step.tick}, and {seen[key]}")
            seen[key] = f"tick {step.tick} of {name}"


async def _check_flipped(world: World, name: str, rng: random.Random) -> None:
    """One bit is wrong: it is found, and what is still read is true (F22)."""
    data = bytearray(await world.disk.read(name))
    bit = rng.randrange(8 * len(data))
    data[bit // 8] ^= 1 << bit % 8
    with suppress(FormatError):
        _check_hashes(world, f"{name} with bit {bit} flipped", Recording.open(bytes(data)))

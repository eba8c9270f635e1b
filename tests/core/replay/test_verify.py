"""What `verify` finds: nothing in sound recordings; in all others the right tick, field, values and sort of mistake."""

from __future__ import annotations

import itertools
import random
import time
from typing import TYPE_CHECKING, Any, ClassVar

import attrs
import pytest

from gameserver import (
    EVERYONE,
    NOBODY,
    Entity,
    Game,
    Globals,
    Input,
    Options,
    Player,
    call,
    entities_of,
    integer,
    players_of,
    shared,
)
from gameserver.core.errors import FormatError, GameserverError
from gameserver.core.replay.chunks import Chunk, ChunkType
from gameserver.core.replay.header import Fault, Mark, What
from gameserver.core.replay.recording import Recording
from gameserver.core.replay.resimulate import NotSimulable, rebuild, simulation_of
from gameserver.core.replay.steps import Step
from gameserver.core.replay.verdict import Cause, Mismatch, refusal
from gameserver.core.replay.verify import verify
from gameserver.games.arena.game import Arena
from gameserver.games.fleet.game import Fleet
from gameserver.games.pong import Pong
from gameserver.testing import Match
from tests.core.replay.forge import forged, with_steps, with_wrong_hash
from tests.core.replay.played import play
from tests.processes import under_two_hash_seeds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gameserver import Audience, PlayerId


# -- a game that keeps its contract, and many that break it ------------------------------------------------------------------
class Push(Input):
    right: int = integer(-1, 1, default=0)


class Rules(Options):
    pace: int = integer(1, 9, default=1)


class Board(Globals):
    seen: int = integer(0, 1_000_000, default=0)
    other: int = integer(0, 1_000_000, default=0)
    hidden: int = integer(0, 1_000_000, default=0, audience="none")
    veiled: int = integer(0, 1_000_000, default=0, audience="none")


class Runner(Player):
    x: int = integer(-1_000_000, 1_000_000, default=0)


class Crow(Entity):
    y: int = integer(0, 1_000_000, default=0)


class Sound(Game, abstract=True):
    """Ten ticks a second; everyone runs, and one crow flies."""

    inputs = Push
    options = Rules
    tick_rate = 10
    players = players_of(Runner)
    board = shared(Board)
    crows = entities_of(Crow)

    def setup(self, options: Rules) -> None:
        self.crows.add(Crow())

    def step(self, inputs: Mapping[PlayerId, Push]) -> None:
        for number, push in inputs.items():
            self.players[number].x += push.right
        self.board.seen += self.random.integer(0, 3)
        for crow in self.crows:
            crow.y += 1
        if self.tick == 25:
            self.slip()

    def slip(self) -> None:
        """What goes wrong in tick 25."""

    @call
    def hop(self, player: Runner, far: int = integer(0, 100)) -> None:
        player.x += far


class Fair(Sound):
    name = "fair"


class WallTime(Sound):
    name = "walltime"

    def slip(self) -> None:
        self.board.other = 1 + time.perf_counter_ns() % 999_983


class GlobalRandom(Sound):
    name = "globalrandom"

    def slip(self) -> None:
        self.players[1].x = 5_000 + random.randrange(900_000)


class HiddenAttribute(Sound):
    """What `setup` made and each step changes: alike in every match from its beginning on, and not in a restored one."""

    name = "hiddenattribute"
    counted: list[int]

    def setup(self, options: Rules) -> None:
        super().setup(options)
        self.counted = [0]

    def step(self, inputs: Mapping[PlayerId, Push]) -> None:
        super().step(inputs)
        self.counted[0] += 1

    def slip(self) -> None:
        self.board.other = self.counted[0]


class Kept(Sound, abstract=True):
    """What a module or a class keeps goes on from match to match: each gets the next number."""

    numbers: ClassVar[Any] = itertools.count(1)


class HiddenField(Kept):
    name = "hiddenfield"

    def slip(self) -> None:
        self.board.hidden = next(self.numbers)


class TwoHiddenFields(Kept):
    name = "twohiddenfields"

    def slip(self) -> None:
        self.board.hidden = self.board.veiled = next(self.numbers)


class ExtraDraw(Kept):
    name = "extradraw"

    def slip(self) -> None:
        for _ in range(next(self.numbers)):
            self.random.integer(0, 9)


class ShownLater(Kept):
    """What is hidden, twice over, shows itself a second later."""

    name = "shownlater"

    def slip(self) -> None:
        self.board.hidden = self.board.veiled = next(self.numbers)
        self.after(self.ticks(1), self.show, self.board.hidden)

    def show(self, number: int) -> None:
        self.board.other = number


class Comes(Kept):
    """In every other match there is one crow more."""

    name = "comes"

    def slip(self) -> None:
        if next(self.numbers) % 2:
            self.crows.add(Crow())


class Setup(Kept):
    name = "setup"

    def setup(self, options: Rules) -> None:
        self.crows.add(Crow(y=next(self.numbers)))


class Hides(Kept):
    """Who sees what is not in the state's hash."""

    name = "hides"
    hiding: ClassVar[list[int]] = []

    def slip(self) -> None:
        self.hiding.append(next(self.numbers))

    def audience(self, entity: Entity) -> Audience:
        return NOBODY if isinstance(entity, Crow) and self.tick == 25 and len(self.hiding) == 1 else EVERYONE


class Raises(Kept):
    name = "raises"

    def slip(self) -> None:
        if next(self.numbers) > 1:
            raise ZeroDivisionError("the second time")


SET_ORDER = """
import sys
from typing import Any
from gameserver.core.replay.recording import Recording
from gameserver.core.replay.verify import verify
from gameserver.testing import Match
from tests.core.replay.test_verify import Sound

class SetOrder(Sound):
    name = "setorder"

    def slip(self):
        names = sorted({"ann", "bob", "cyd", "dan", "eve", "fay", "gus", "hal"})
        for name in set(names):
            self.board.other = self.board.other * 8 % 900_001 + names.index(name)

def record():
    match: Any = Match(SetOrder, seed=4, check=False)
    match.record()
    match.join("ann")
    match.run(seconds=5)
    return match.recording()
"""


@pytest.fixture(autouse=True)
def first_match() -> None:
    """Numbers that are kept begin anew, as in a new process."""
    Kept.numbers = itertools.count(1)
    Hides.hiding.clear()


def record(game: type[Game], *, seconds: float = 10.0, seed: int = 4) -> bytes:
    match: Match[Any] = Match(game, seed=seed, check=False)
    match.record()
    ann, bob = match.join("Ann"), match.join("Bob")
    match.step(2)
    for turn in range(round(seconds * 2)):
        ann.hold(right=(turn % 3) - 1)
        bob.hold(right=1)
        if turn == 4:
            bob.begin_call("hop", 40)
        match.step(5)
    return match.recording()


def judge(data: bytes, game: type[Game]) -> Mismatch:
    """What differs."""
    verdict = verify(Recording.open(data), game)
    assert verdict.mismatch is not None, "it was not noticed"
    assert not verdict.ok
    return verdict.mismatch


# -- sound recordings --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("game", "bots", "seconds"), [(Arena, 8, 40.0), (Fleet, 2, 60.0), (Pong, 2, 40.0)])
def test_a_match_is_what_was_recorded(game: type[Game], bots: int, seconds: float) -> None:
    played = play(game, bots=bots, seconds=seconds, seed=3)
    told: list[int] = []
    verdict = verify(Recording.open(played.data), game, told.append)
    assert verdict.ok
    assert verdict.steps == len(played.hashes) == told[-1]
    assert verdict.seconds == max(played.hashes) / game.tick_rate
    assert told == list(range(1, len(played.hashes) + 1))


def test_a_match_of_scripts_with_calls_and_leaves_is_what_was_recorded() -> None:
    match: Match[Any] = Match(Fair, seed=4, check=False)
    match.record()
    ann = match.join("Ann", profile={"rank": 7})
    match.step(20)
    ann.call("hop", 9)
    ann.disconnect()
    match.step(10)
    ann.reconnect()
    match.step(10)
    ann.leave()
    match.answer("how", "so")
    match.step(400)
    verdict = verify(Recording.open(match.recording()), Fair)
    assert verdict.ok
    assert verdict.steps == match.tick


def test_a_recording_that_began_in_the_middle_is_simulated_from_there() -> None:
    match: Match[Any] = Match(Fair, seed=4, check=False)
    match.join("Ann")
    match.step(40)
    match.record()
    match.step(40)
    recording = Recording.open(match.recording())
    assert recording.header.first == 40
    assert simulation_of(recording, Fair).world.tick == 40
    assert verify(recording, Fair).ok


def test_a_file_that_was_cut_is_judged_as_far_as_it_goes() -> None:
    data = record(Fair)
    verdict = verify(Recording.open(data[: len(data) * 3 // 4]), Fair)
    assert verdict.ok
    assert 20 < verdict.steps < 102


def test_any_tick_is_rebuilt_as_it_was() -> None:
    played = play(Pong, bots=2, seconds=70.0, seed=5)
    recording = Recording.open(played.data)
    for tick in (1, 2, 1_799, 1_800, 1_801, 1_802, 2_345, 4_200):
        simulation = rebuild(recording, Pong, tick)
        assert simulation.world.tick == tick
        assert simulation.world.hash() == played.hashes[tick]
        assert simulation.contents() == played.worlds[tick]
    assert rebuild(recording, Pong, 0).contents() == played.worlds[0]


def test_the_order_of_sets_is_no_part_of_it() -> None:
    """The same recording, made and judged by processes whose texts hash differently."""
    code = (
        "from tests.core.replay.played import play\nfrom gameserver.games.arena.game import Arena\nimport hashlib\n"
        "from gameserver.core.replay.recording import Recording\nfrom gameserver.core.replay.verify import verify\n"
        "played = play(Arena, bots=6, seconds=8.0, seed=2)\n"
        "print(hashlib.sha256(played.data).hexdigest(), verify(Recording.open(played.data), Arena))"
    )
    first, second = under_two_hash_seeds(code)
    assert first == second
    assert first.endswith("Verdict(steps=240, seconds=8.0, mismatch=None, fault_repeats=None)")


# -- games that do not repeat ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("game", "field", "simulated", "cause"),
    [
        (WallTime, "Board other", None, Cause.CHANCE),
        (GlobalRandom, "Runner {ann} (Ann's) x", None, Cause.CHANCE),
        (HiddenAttribute, "Board other", "2", Cause.OUTSIDE),
        (HiddenField, "Board hidden", "2", Cause.CHANCE),
        (ExtraDraw, "self.random draws", "3", Cause.CHANCE),
        (Comes, "Crow {crow}", "not there", Cause.CHANCE),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_a_game_that_does_not_repeat_is_caught_with_tick_field_and_values(
    game: type[Game], field: str, simulated: str | None, cause: Cause
) -> None:
    data = record(game)
    recording = Recording.open(data)
    mismatch = judge(data, game)
    assert mismatch.tick == 25
    shown = recording.play(25)
    assert shown.tick == 25
    (ann,) = (player for player in shown.replica.players() if player.name == "Ann")
    crows: list[Any] = shown.replica.all("Crow")
    newest = max(crow.id for crow in crows)
    assert mismatch.field == field.format(ann=ann.id, crow=newest)
    known = {
        "Board other": str(shown.replica.shared().other),
        f"Runner {ann.id} (Ann's) x": str(ann.x),
        "Board hidden": "1",
        "self.random draws": "2",
        f"Crow {newest}": "there",
    }
    assert mismatch.recorded == known[mismatch.field]
    assert mismatch.simulated != mismatch.recorded
    assert mismatch.simulated == simulated or simulated is None
    assert mismatch.cause is cause
    assert mismatch.step is not None
    assert mismatch.step.tick == 25
    assert mismatch.names == {1: "Ann", 2: "Bob"}


def test_the_order_of_a_set_is_caught_in_another_process() -> None:
    recorded = f"{SET_ORDER}\nprint(record().hex())"
    first, second = under_two_hash_seeds(recorded)
    assert first != second, "the two processes go through the set alike: take other names"
    judged = (
        f"{SET_ORDER}\nfor data in ({first!r}, {second!r}):\n"
        "    found = verify(Recording.open(bytes.fromhex(data)), SetOrder).mismatch\n"
        "    print(found and (found.tick, found.field, found.recorded != found.simulated, found.cause.value))"
    )
    differs = (25, "Board other", True, "elsewhere")
    assert under_two_hash_seeds(judged) == [f"None\n{differs}", f"{differs}\nNone"]


def test_two_hidden_values_are_told_by_the_next_full_state() -> None:
    mismatch = judge(record(TwoHiddenFields, seconds=35.0), TwoHiddenFields)
    assert mismatch.tick == 25
    assert (mismatch.field, mismatch.recorded, mismatch.simulated) == ("Board hidden", "1", "2")
    assert mismatch.others == ("Board veiled: 1 recorded, 2 simulated",)
    assert "the full state of tick 301 tells what" in mismatch.detail


def test_two_hidden_values_that_nothing_tells_are_noticed_all_the_same() -> None:
    mismatch = judge(record(TwoHiddenFields), TwoHiddenFields)
    assert (mismatch.tick, mismatch.field) == (25, "")
    assert "no full state follows" in mismatch.detail


def test_what_shows_later_is_named_with_the_tick_where_it_shows() -> None:
    mismatch = judge(record(ShownLater), ShownLater)
    assert (mismatch.tick, mismatch.field, mismatch.recorded, mismatch.simulated) == (25, "Board other", "1", "2")
    assert "tick 35 is the first that shows anything" in mismatch.detail


def test_a_room_that_begins_otherwise_is_caught_before_its_first_tick() -> None:
    mismatch = judge(record(Setup), Setup)
    assert (mismatch.tick, mismatch.recorded, mismatch.simulated) == (0, "1", "3")
    assert mismatch.field.startswith("Crow")
    assert "setup" in mismatch.detail


def test_a_view_that_depends_on_something_else_is_caught() -> None:
    mismatch = judge(record(Hides), Hides)
    assert (mismatch.tick, mismatch.recorded, mismatch.simulated) == (25, "not there", "there")
    assert "though the state is not" in mismatch.detail


def test_a_step_that_fails_only_now_is_told() -> None:
    mismatch = judge(record(Raises), Raises)
    assert mismatch.tick == 25
    assert mismatch.detail == "the step fails, and did not when it was recorded: ZeroDivisionError: the second time"


# -- recordings that were changed --------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def sound() -> bytes:
    data = record(Fair, seconds=35.0)
    assert verify(Recording.open(data), Fair).steps == 352
    return data


@pytest.mark.parametrize("tick", [1, 2, 200, 351, 352])
def test_one_flipped_bit_of_one_hash_is_noticed_in_the_first_tick_and_in_the_last(sound: bytes, tick: int) -> None:
    mismatch = judge(with_wrong_hash(sound, tick), Fair)
    assert mismatch.tick == tick
    assert mismatch.cause is Cause.ELSEWHERE


def test_another_input_is_noticed_where_it_acts(sound: bytes) -> None:
    data = with_steps(sound, lambda step: attrs.evolve(step, inputs={**step.inputs, 2: (0,)}) if step.tick == 77 else step)
    mismatch = judge(data, Fair)
    assert mismatch.tick == 77
    assert mismatch.field == "Runner 3 (Bob's) x"
    assert int(mismatch.recorded) == int(mismatch.simulated) + 1
    assert mismatch.step is not None
    assert mismatch.step.inputs[2] == (0,)


def test_a_left_out_step_is_noticed(sound: bytes) -> None:
    def without_truth_of_second_block(chunk: Chunk) -> Chunk | None:
        return None if chunk.type == ChunkType.TRUTH and chunk.first_tick > 340 else chunk

    mismatch = judge(forged(sound, without_truth_of_second_block), Fair)
    assert "352 steps, and there are" in mismatch.detail


def test_another_hash_at_the_end_is_noticed(sound: bytes) -> None:
    data = forged(sound, contents=lambda contents: attrs.evolve(contents, hash=bytes(8)))
    mismatch = judge(data, Fair)
    assert mismatch.tick == 352
    assert "the hash at the file's end" in mismatch.detail


def test_another_full_state_is_noticed(sound: bytes) -> None:
    other = Recording.open(record(Fair, seconds=35.0, seed=5)).state_at_or_before(352)

    def replaced(chunk: Chunk) -> Chunk:
        return attrs.evolve(chunk, payload=other[1]) if chunk.type == ChunkType.STATE and chunk.first_tick == other[0] else chunk

    mismatch = judge(forged(sound, replaced), Fair)
    assert mismatch.tick == other[0] == 301
    assert (mismatch.field, "though its hash is not" in mismatch.detail) == ("Board seen", True)


def test_another_view_is_noticed(sound: bytes) -> None:
    lies = Recording.open(record(Fair, seconds=35.0, seed=5))
    view = {place.first_tick: lies.chunk(place) for place in lies.places if place.type == ChunkType.VIEW}

    def replaced(chunk: Chunk) -> Chunk:
        return view[chunk.first_tick] if chunk.type == ChunkType.VIEW and chunk.first_tick == 101 else chunk

    mismatch = judge(forged(sound, replaced), Fair)
    assert 101 <= mismatch.tick <= 105
    assert (mismatch.field, "though the state is not" in mismatch.detail) == ("Board seen", True)


def test_another_keyframe_is_noticed(sound: bytes) -> None:
    """Who plays on never looks at it; who jumps there sees it."""
    lies = Recording.open(record(Fair, seconds=35.0, seed=5))
    keyframes = {place.first_tick: lies.chunk(place) for place in lies.places if place.type == ChunkType.KEYFRAME}

    def replaced(chunk: Chunk) -> Chunk:
        return keyframes[chunk.first_tick] if chunk.type == ChunkType.KEYFRAME and chunk.first_tick == 100 else chunk

    assert 100 in keyframes
    mismatch = judge(forged(sound, replaced), Fair)
    assert (mismatch.tick, mismatch.field) == (100, "Board seen")


def test_a_forged_step_is_a_format_error(sound: bytes) -> None:
    data = with_steps(sound, lambda step: attrs.evolve(step, inputs={1: (7,)}) if step.tick == 9 else step)
    with pytest.raises(FormatError, match="step 9 does not fit"):
        verify(Recording.open(data), Fair)


@pytest.mark.parametrize("kind", [ChunkType.STATE, ChunkType.TRUTH, ChunkType.VIEW, ChunkType.KEYFRAME, ChunkType.ORIGIN])
def test_no_forgery_raises_anything_but_our_own_errors(kind: ChunkType) -> None:
    """Bytes of payloads changed under sound CRCs: a verdict, or an error that says what is wrong."""
    data, rng = record(Fair, seconds=4.0), random.Random(kind)
    noticed = 0

    def changed(chunk: Chunk) -> Chunk:
        if chunk.type != kind or rng.random() < 0.3:
            return chunk
        payload = bytearray(chunk.payload)
        for _ in range(rng.randint(1, 3)):
            payload[rng.randrange(len(payload))] = rng.randrange(256)
        return attrs.evolve(chunk, payload=bytes(payload))

    for _ in range(60):
        try:
            noticed += not verify(Recording.open(forged(data, changed)), Fair).ok
        except GameserverError:
            noticed += 1
    assert noticed > (30 if kind != ChunkType.ORIGIN else 1)


# -- who may judge -----------------------------------------------------------------------------------------------------------
def test_other_code_is_refused_in_words(sound: bytes) -> None:
    match: Match[Any] = Match(Fair)
    match.record(code="c0de", engine="e791")
    match.step()
    recording = Recording.open(match.recording())
    assert refusal(recording, Fair, code="c0de", engine="e791") is None
    assert "the code of fair is not the one" in str(refusal(recording, Fair, code="other", engine="e791"))
    assert "the simulation core is not the one" in str(refusal(recording, Fair, code="c0de", engine="other"))
    assert "it is a match of fair, not of walltime" in str(refusal(recording, WallTime, code="c0de", engine="e791"))
    assert "does not say by which code" in str(refusal(Recording.open(sound), Fair, code="", engine=""))

    class Newer(Fair):
        name = "fair"
        version = 2

    assert "fair@1, and this is version 2" in str(refusal(recording, Newer, code="c0de", engine="e791"))


def test_a_recording_that_cannot_be_simulated_says_why(sound: bytes) -> None:
    truth = (ChunkType.ORIGIN, ChunkType.TRUTH, ChunkType.STATE)
    with pytest.raises(NotSimulable, match="there is no truth track in it"):
        verify(Recording.open(forged(sound, lambda chunk: None if chunk.type in truth else chunk)), Fair)
    with pytest.raises(NotSimulable, match="it is a match of fair, not of walltime"):
        verify(Recording.open(sound), WallTime)
    with pytest.raises(NotSimulable, match="no state"):
        rebuild(Recording.open(forged(sound, lambda chunk: None if chunk.type == ChunkType.STATE else chunk)), Fair, 100)

    class Wide(Board):
        more: int = integer(0, 1, default=0, audience="none")

    class Changed(Fair):
        name = "fair"
        board = shared(Wide)

    with pytest.raises(NotSimulable, match="its fields are declared differently now"):
        verify(Recording.open(sound), Changed)

    class Broken(Fair):
        name = "fair"

        def setup(self, options: Rules) -> None:
            raise KeyError("map")

    with pytest.raises(NotSimulable, match="fair cannot set up the room: KeyError: 'map'"):
        verify(Recording.open(sound), Broken)


# -- the crash capsule -------------------------------------------------------------------------------------------------------
class Faulty(Sound):
    name = "faulty"

    def slip(self) -> None:
        raise ZeroDivisionError("in tick 25")


@pytest.mark.parametrize(("kind", "tick", "repeats"), [("ZeroDivisionError", 25, True), ("HookTimeout", 25, None)])
def test_the_step_that_failed_fails_again(kind: str, tick: int, repeats: bool | None) -> None:
    match: Match[Any] = Match(Faulty, seed=4, check=False)
    match.record()
    match.join("Ann")
    match.step(tick - 1)
    step = Step(tick, (), {1: (1,)})
    fault = Fault(tick=tick, id="f0", kind=kind, text="", traceback="", where="game.py:1", step=step)
    chunk = Chunk(ChunkType.FAULT, tick, 1, fault.encode())
    marks = (Mark(tick, What.FAULT, ("f0",)),)
    data = forged(match.recording(), more=[chunk], contents=lambda contents: attrs.evolve(contents, end="faulted", marks=marks))
    verdict = verify(Recording.open(data), Faulty)
    assert verdict.ok
    assert verdict.fault_repeats is repeats


def test_a_fault_that_does_not_come_again_is_told() -> None:
    data = record(Fair, seconds=2.0)
    tick = Recording.open(data).contents.last + 1
    fault = Fault(tick=tick, id="f0", kind="KeyError", text="", traceback="", where="game.py:1", step=Step(tick))
    verdict = verify(Recording.open(forged(data, more=[Chunk(ChunkType.FAULT, tick, 1, fault.encode())])), Fair)
    assert verdict.ok
    assert verdict.fault_repeats is False

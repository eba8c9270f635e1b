"""The box keeps its promises, repeats exactly, and would notice if it did not. `make sim` plays it at length."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import pytest

from gameserver.core.errors import GameError
from gameserver.core.inputs import InputBuffer
from gameserver.core.parts import Parts
from gameserver.core.reliable import Reliable
from gameserver.core.world import World
from gameserver.net.simulated import SimDisk
from gameserver.room import Room
from gameserver.seat import Seat
from tests.sim import __main__ as command_line
from tests.sim.box import run
from tests.sim.broken import must_notice, some
from tests.sim.scenario import FAULTS, Outcome, Scenario

if TYPE_CHECKING:
    from collections.abc import Callable


ROOT = Path(__file__).parent.parent.parent


def test_a_calm_match_loses_nothing() -> None:
    outcome = run(Scenario(seed=3, seconds=10.0, bots=4, faults=False))
    assert outcome.wrong == []
    assert outcome.losses == 0
    assert outcome.resimulated == outcome.ticks
    assert outcome.ticks == pytest.approx(300, abs=10), "30 ticks a second, less the time until the first bot came"
    assert outcome.snapshots > 4 * 250


def test_promises_are_kept_in_a_world_that_breaks() -> None:
    """A few of everything that can break, and some who lie; ten seconds after the last fault everyone plays."""
    outcome = some(
        "reset", "blackhole", "swizzle", "fail_disk", "raise_in_step", "jump", "power_cut", "garbler", "twice", seed=2, seconds=25.0
    )
    assert outcome.wrong == []
    assert len(outcome.faults) > 4
    assert outcome.losses > 3
    assert min(outcome.events, outcome.calls, outcome.marks, outcome.copied) > 20
    assert outcome.resimulated > outcome.ticks / 2, "the disk fails now and then, and is given time"


def test_what_nothing_touches_is_as_if_nothing_had_happened() -> None:
    outcome = some("storm", "fail_disk", "rot", "flooder", "meddler", seconds=18.0)
    assert outcome.wrong == []
    assert outcome.twin
    assert len(outcome.faults) > 2


def test_the_same_seed_gives_the_same_run_under_any_hash_seed() -> None:
    """Two processes, two hash seeds: everything that the box counts is equal, faults and all. Another seed differs."""
    here = run(Scenario(seed=5, seconds=4.0, bots=1))
    command = [sys.executable, "-m", "tests.sim", "--seed", "5", "--seconds", "4", "--bots", "1", "--json"]
    another = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
    environment = {"PYTHONHASHSEED": another, "PYTHONPATH": f"{ROOT}:{ROOT / 'clients' / 'python'}"}
    finished = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    there = json.loads(finished.stdout)
    assert {key: there[key] for key in attrs.asdict(here)} == json.loads(json.dumps(attrs.asdict(here)))
    assert run(Scenario(seed=6, seconds=4.0, bots=1)).hash != here.hash


def test_a_match_that_grows_beyond_its_bound_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """F17: it can no longer be kept, but everyone plays on, and nothing has failed (MAX_STATE)."""
    too_large: list[int] = []
    honest = World.encode

    def encode(self: World) -> bytes:
        try:
            return honest(self)
        except GameError:
            too_large.append(self.tick)
            raise

    monkeypatch.setattr(World, "encode", encode)
    outcome = some("grow", seed=61, seconds=22.0)
    assert outcome.wrong == []
    assert too_large


# -- each invariant notices what it is there for ----------------------------------------------------------------------------
def test_a_wrong_world_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that keeps a change of position from a fragment now and then."""
    honest = Parts._flat_changed

    def forgetful(self: Parts, changed: list[object]) -> list[object]:
        return honest(self, changed[1:] if len(changed) > 4 else changed)  # type: ignore[arg-type, return-value]

    monkeypatch.setattr(Parts, "_flat_changed", forgetful)
    outcome = run(Scenario(seed=1, seconds=8.0, bots=4, faults=False))
    assert any("differs" in wrong or "CRC" in wrong for wrong in outcome.wrong)


def _forget_events(monkeypatch: pytest.MonkeyPatch) -> None:
    """An event that was not acknowledged is not sent again."""
    honest = Reliable.begin_line

    def begin_line(self: Reliable) -> None:
        self._owed = type(self._owed)(one for one in self._owed if not one.sequence)
        self._bytes = sum(len(one.data) for one in self._owed)
        honest(self)

    monkeypatch.setattr(Reliable, "begin_line", begin_line)


def _press_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """A press is given to the game in two ticks."""
    honest = InputBuffer.take

    def take(self: InputBuffer, tick: int) -> object:
        before = self.row
        made = honest(self, tick)
        if self.row[1] != before[1] and self.row[1]:
            self._press(tick + 1, self.row)
        return made

    monkeypatch.setattr(InputBuffer, "take", take)


def _lose_presses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every third press is not given to the game."""
    honest = InputBuffer.take

    def take(self: InputBuffer, tick: int) -> object:
        made = honest(self, tick)
        if self.row[1] and isinstance(self.row[1], int) and self.row[1] % 3 == 0:
            row = (self.row[0], 0)
            self._made = (row, self._layout.make(row))
            return self._made[1]
        return made

    monkeypatch.setattr(InputBuffer, "take", take)


def _give_seats_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """A seat is not kept for who lost his line."""
    honest = Seat.lose

    def lose(self: Seat) -> bool:
        honest(self)
        self.over = True
        return False

    monkeypatch.setattr(Seat, "lose", lose)


def _tell_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    """A token stands in the log."""
    honest = Seat.offer

    def offer(self: Seat, token: bytes) -> None:
        logging.getLogger("gameserver.seat").debug("%s was offered %r", self.name, token)
        honest(self, token)

    monkeypatch.setattr(Seat, "offer", offer)


def _never_sync(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is said to be synced is not."""

    async def sync(self: SimDisk, path: str) -> None:
        await self._call()

    monkeypatch.setattr(SimDisk, "sync", sync)


def _keep_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part of the state is in no encoding: it counts on what the process remembers."""
    honest = Room._take_outcome

    def take_outcome(self: Room) -> None:
        if self.clock.tick % 7 == 0:
            for tally in self.simulation.players.values():
                tally.x += 1  # type: ignore[attr-defined]
        honest(self)

    monkeypatch.setattr(Room, "_take_outcome", take_outcome)


@pytest.mark.parametrize(
    ("break_it", "faults", "seed", "seconds", "said"),
    [
        (_forget_events, ("storm",), 34, 14.0, "was told what cannot be"),
        (_press_twice, ("reset",), 2, 2.0, "was used in tick"),
        (_lose_presses, ("reset",), 2, 5.0, "not used"),
        (_give_seats_away, ("storm",), 34, 14.0, "lost the seat"),
        (_tell_tokens, ("reset",), 2, 2.0, "a secret is in the log"),
        (_never_sync, ("power_cut",), 84, 20.0, "the power cut cost"),
        (_keep_a_secret, ("reset",), 2, 13.0, "a copy of the match"),
    ],
)
def test_a_broken_promise_is_noticed(
    break_it: Callable[[pytest.MonkeyPatch], None],
    faults: tuple[str, ...],
    seed: int,
    seconds: float,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without these, a run that finds nothing would say nothing."""
    break_it(monkeypatch)
    must_notice(said, *faults, seed=seed, seconds=seconds)


# -- the command ------------------------------------------------------------------------------------------------------------
def test_a_run_that_breaks_a_promise_can_be_repeated(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def play(scenario: Scenario) -> tuple[Scenario, Outcome, command_line.Pace]:
        return scenario, Outcome(wrong=["oh"] if scenario.seed == 8 else []), command_line.Pace(20.0, 0.5)

    monkeypatch.setattr(command_line, "run_one", play)
    assert command_line.main(["--seeds", "7-9", "--seconds", "30", "--bots", "2", "--only", "storm,reset"]) == 1
    command = "python -m tests.sim --seed 8 --seconds 30 --bots 2 --only reset,storm"
    assert f"repeat with: {command}\n" in capsys.readouterr().err
    assert command_line.main(["--seed", "9"]) == 0
    with pytest.raises(SystemExit):
        command_line.main(["--only", "earthquake"])


def test_what_is_left_out_changes_nothing_of_the_rest() -> None:
    whole = Scenario(seed=4, seconds=1.0).draw()
    assert whole.faults <= set(FAULTS)
    assert attrs.evolve(Scenario(seed=4, seconds=1.0, only=frozenset(("reset",))).draw(), faults=whole.faults) == whole


def test_the_corpus_has_every_fault() -> None:
    scenarios = list(command_line.corpus(command_line.CORPUS.read_text()))
    assert {fault for scenario in scenarios for fault in scenario.draw().faults} == set(FAULTS)

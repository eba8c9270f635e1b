"""The box keeps its promises, repeats exactly, and would notice if it did not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import attrs
import pytest

from gameserver.core.parts import Parts
from tests.determinism import run_deterministic
from tests.sim.box import Outcome, Scenario, play

ROOT = Path(__file__).parent.parent.parent


def run(scenario: Scenario) -> Outcome:
    return run_deterministic(play, scenario, seed=scenario.seed)


def test_a_calm_match_loses_nothing() -> None:
    outcome = run(Scenario(seed=3, seconds=20.0, faults=False))
    assert outcome.wrong == []
    assert outcome.losses == 0
    assert outcome.resimulated == outcome.ticks
    assert outcome.ticks == pytest.approx(600, abs=10), "30 ticks a second, less the time until the first bot came"
    assert outcome.snapshots > 8 * 500


@pytest.mark.parametrize("seed", [1, 2])
def test_worlds_are_never_wrong_on_a_bad_network(seed: int) -> None:
    """Resets, black holes, clogs, delays, partitions; ten seconds after the last of them everyone plays."""
    outcome = run(Scenario(seed=seed, seconds=30.0))
    assert outcome.wrong == []
    assert sum(outcome.faults.values()) > 5
    assert outcome.resimulated > outcome.ticks / 2, "the disk fails now and then, and is given time"


def test_the_same_seed_gives_the_same_run_under_any_hash_seed() -> None:
    """Two processes, two hash seeds: everything that the box counts is equal, faults and all. Another seed differs."""
    here = run(Scenario(seed=5, seconds=20.0))
    command = [sys.executable, "-m", "tests.sim", "--seed", "5", "--seconds", "20", "--json"]
    for hash_seed in ("1", "2"):
        environment = {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": f"{ROOT}:{ROOT / 'clients' / 'python'}"}
        finished = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
        there = json.loads(finished.stdout)
        assert {key: there[key] for key in attrs.asdict(here)} == attrs.asdict(here)
    assert run(Scenario(seed=6, seconds=20.0)).hash != here.hash


def test_the_oracle_notices_a_wrong_world(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that keeps a change of position from a fragment now and then: without this the comparison would prove nothing."""
    honest = Parts._flat_changed

    def forgetful(self: Parts, changed: list[object]) -> list[object]:
        return honest(self, changed[1:] if len(changed) > 4 else changed)  # type: ignore[arg-type, return-value]

    monkeypatch.setattr(Parts, "_flat_changed", forgetful)
    outcome = run(Scenario(seed=1, seconds=5.0, bots=4, faults=False))
    assert any("differs" in wrong or "CRC" in wrong for wrong in outcome.wrong)

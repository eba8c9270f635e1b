"""Cut lines in small form; `python -m tests.sim.cuts --cuts 1000` is the whole."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from gameclient.happenings import Happenings

from tests.sim import cuts
from tests.sim.cuts import CUTS_PER_WORLD, LONGEST_AWAY_SECONDS, run_world
from tests.sim.guest import Cut, Outcome

if TYPE_CHECKING:
    from gameserver.core.messages import EventMessage
    from gameserver.core.schema import Schema


@pytest.mark.parametrize("seed", [1, 2])
def test_everyone_comes_back_from_twenty_five_cuts(seed: int) -> None:
    _, outcome = run_world((seed, CUTS_PER_WORLD))
    assert outcome.wrong == []
    assert len(outcome.cuts) == CUTS_PER_WORLD
    assert max(cut.away for cut in outcome.cuts) <= LONGEST_AWAY_SECONDS
    assert outcome.events > 1_000
    assert outcome.calls > 500


def test_the_same_seed_gives_the_same_history() -> None:
    _, outcome = run_world((3, 4))
    assert run_world((3, 4))[1] == outcome
    assert run_world((4, 4))[1].hash != outcome.hash
    assert all(cut.away < math.inf for cut in outcome.cuts)


def test_a_doubled_event_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that takes what is sent again for news: without this the counting would prove nothing."""
    honest = Happenings.take

    def gullible(self: Happenings, event: EventMessage, schema: Schema) -> None:
        if event.sequence <= self.last:
            self.last = event.sequence - 1
        honest(self, event, schema)

    monkeypatch.setattr(Happenings, "take", gullible)
    _, outcome = run_world((1, CUTS_PER_WORLD))
    assert any("follows" in wrong for wrong in outcome.wrong)


def test_a_world_that_breaks_a_promise_can_be_repeated(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def run(world: tuple[int, int]) -> tuple[int, Outcome]:
        seed, count = world
        return seed, Outcome(cuts=count * [Cut("reset", away=1.0, entering=0.1, trip=0.1)], wrong=["oh"] if seed == 8 else [])

    monkeypatch.setattr(cuts, "run_world", run)
    assert cuts.main(["--cuts", "30", "--seed", "7"]) == 1
    assert "repeat with: python -m tests.sim.cuts --cuts 5 --seed 8\n" in capsys.readouterr().err
    assert cuts.main(["--cuts", "30", "--seed", "9"]) == 0

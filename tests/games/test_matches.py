"""The watched matches: that they are played to the end, and that those who watch see what goes wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from gameserver.games.arena.brain import ArenaBrain
from gameserver.games.arena.state import Controls
from tests.games import matches
from tests.games.watched_match import STUCK_TICKS, Outcome, Plan, WatchedMatch, play

if TYPE_CHECKING:
    import pytest

PLAN = Plan(map="tiny", mode="all", seed=1, strengths=(3, 1), seconds=60)


def test_a_match_is_played_and_counted() -> None:
    outcome = play(PLAN)
    assert outcome.wrong == []
    assert outcome.points[3] > 0 and sum(outcome.fired.values()) >= sum(outcome.kills.values()) > 0
    assert matches.row("tiny", [outcome])[:3] == ["tiny", "1", str(sum(outcome.kills.values()))]
    assert attrs.asdict(play(PLAN)) | {"cpu_seconds": 0} == attrs.asdict(outcome) | {"cpu_seconds": 0}, "it does not repeat"


def test_who_stands_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ArenaBrain, "think", lambda *_: Controls())
    watched = WatchedMatch(PLAN)
    for _ in range(STUCK_TICKS):
        watched.step()
    assert watched.outcome.wrong == []
    for _ in range(5):
        watched.step()
    assert len(watched.outcome.wrong) == 2 and all("for more than 5 s" in wrong for wrong in watched.outcome.wrong)


def test_who_is_in_a_wall_is_seen() -> None:
    watched = WatchedMatch(PLAN)
    watched.step()
    tank = next(iter(watched.match.game.tanks))
    tank.x = tank.y = 16.0
    watched.step()
    assert any(f"player {tank.owner} is in a wall" in wrong for wrong in watched.outcome.wrong)


def test_a_fault_of_a_bot_is_what_is_wrong_with_the_match(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> Controls:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(ArenaBrain, "think", fail)
    assert ["ZeroDivisionError: a bug" in wrong for wrong in play(PLAN).wrong] == [True]


def test_what_never_occurs_on_a_map_is_named() -> None:
    outcome = Outcome(plan=PLAN, points={3: 4.0, 1: 2.0}, cpu_seconds=1.0)
    outcome.fired["shell"] = outcome.kills["shell"] = 1
    found = matches.missing("tiny", [outcome])
    assert "tiny: no mine was fired" in found and "tiny: no mine killed" in found and "tiny: no round ended" in found
    assert not any("shell" in problem for problem in found)
    assert "tiny: no flag was captured" in matches.missing("tiny", [attrs.evolve(outcome, plan=attrs.evolve(PLAN, mode="flags"))])


def test_strong_bots_that_lose_are_a_problem(capsys: pytest.CaptureFixture[str]) -> None:
    lost = Outcome(plan=PLAN, points={3: 1.0, 1: 2.0}, cpu_seconds=1.0)
    won = Outcome(plan=PLAN, points={3: 3.0, 1: 2.0}, cpu_seconds=1.0)
    assert matches.wins([lost, won, won]) == {(3, 1): (2, 3)}
    assert matches.judge([], [lost, won, won], quiet=False) == 1
    assert "strength 3 beat 1 in 2 of 3 duels, fewer than 80%" in capsys.readouterr().err
    assert matches.judge([], [won], quiet=False) == 0


def test_matches_take_turns_at_modes_and_strengths() -> None:
    plans = matches.plans(["tiny"], range(1, 5), modes=[], strengths=(), seconds=300)
    assert {plan.strengths for plan in plans} == {(2, 2, 2, 2), (3, 1, 3, 1), (1, 3, 1, 3)}
    (named,) = matches.plans(["tiny"], [7], modes=["all"], strengths=(1, 2), seconds=300, bots=3)
    assert named == Plan(map="tiny", mode="all", seed=7, strengths=(1, 2, 1))
    assert matches.plans(["tiny"], [1], modes=["no such mode"], strengths=(), seconds=300) == []


def test_the_command_of_a_match_plays_just_that_match(monkeypatch: pytest.MonkeyPatch) -> None:
    played: list[Plan] = []

    def note(plan: Plan) -> Outcome:
        played.append(plan)
        return Outcome(plan=plan)

    monkeypatch.setattr(matches, "play", note)
    monkeypatch.setattr("sys.argv", PLAN.command.split()[2:])
    matches.main()
    assert played == [PLAN]

"""`gameserver bench`: what it measures is there, adds up, and its advice is given when it is due and not otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gameserver import Brain, Entity, Game, GameError, Input, Result, boolean, entities_of, integer, real, text
from gameserver.bench import BenchReport, run_bench
from gameserver.bench.advice import advice
from gameserver.bench.cost import WireCost
from gameserver.bench.laps import Laps, Spread, percentile
from gameserver.bench.report import HOOKS
from gameserver.core.limits import MAX_STATE
from gameserver.games.arena import Arena
from gameserver.maps import load_map
from gameserver.testing import Match
from tests.kit.pond import PondGame

if TYPE_CHECKING:
    from collections.abc import Mapping


class Still(Input):
    go: bool = boolean(default=False)


class Racer(Entity):
    """Its position is too fine, its height too coarse, and what always changes stands behind what never does."""

    x: float = real(quantum=1 / 256)
    z: float = real(quantum=1.0)
    a: int = integer(0, 9, default=0)
    b: int = integer(0, 9, default=0)
    c: int = integer(0, 9, default=0)
    d: int = integer(0, 9, default=0)
    e: int = integer(0, 9, default=0)
    lap: int = integer(0, 1_000_000, default=0)


class Race(Game):
    name = "race"
    inputs = Still
    racers = entities_of(Racer)

    def setup(self, options: Any) -> None:  # noqa: ANN401 - the game's own Options
        self.racers.add(Racer(x=0.0, z=0.0))

    def step(self, inputs: Mapping[int, Still]) -> None:
        for racer in self.racers:
            racer.x += 2.0
            racer.z += 1.0
            racer.lap += 1


class Leaf(Entity):
    words: str = text(200)


class Heavy(Game):
    name = "heavy"
    inputs = Still
    leaves = entities_of(Leaf)

    def setup(self, options: Any) -> None:  # noqa: ANN401 - the game's own Options
        for number in range(100):
            self.leaves.add(Leaf(words=f"{number:200}"))


class Short(Game):
    """A match lasts three seconds, whoever plays."""

    name = "short"
    inputs = Still

    def is_over(self) -> Result | None:
        return Result() if self.tick >= 90 else None


class Over(Short):
    name = "over"

    def is_over(self) -> Result | None:
        return Result()


def bench(game: type[Game], seconds: float = 3.0, players: int = 2) -> BenchReport:
    return run_bench(game, players=players, seconds=seconds)


def test_every_stage_of_a_tick_is_measured_and_their_sum_is_the_tick() -> None:
    report = run_bench(Arena, players=8, seconds=3, tile_map=load_map("field")[0])
    assert (report.ticks, report.matches, report.seconds) == (90, 1, 3.0)
    for stage in ("tick", "step", "is_over", "quantise", "view", "encode"):
        assert report.times[stage].count == 90, stage
        assert 0 < report.times[stage].median <= report.times[stage].p99 <= report.times[stage].worst
    assert report.times["join"].count == 4, "two in a tick"
    assert report.times["setup"].count == 1
    assert report.times["brain"].count == 8 * 30, "ten thoughts a second"
    assert report.times["audience"].count == 90
    parts = sum(report.times[stage].median for stage in HOOKS if stage != "tick" and report.times[stage].count == 90)
    assert 0.5 * report.times["tick"].median < parts < 1.5 * report.times["tick"].median


def test_hooks_of_a_game_that_has_them_are_measured() -> None:
    class Busy(PondGame):
        name = "busy"

        def setup(self, options: Any) -> None:  # noqa: ANN401 - the game's own Options
            super().setup(options)
            self.after(1, self.again)

        def again(self) -> None:
            self.after(1, self.again)

    report = bench(Busy)
    assert report.times["audience"].count == report.times["timers"].count == report.ticks == 60
    assert report.entities["Duck"] == Spread(median=2, p99=2, worst=2, count=60)
    assert report.entities["Pike"].worst == 0


def test_bytes_by_field_add_up_to_what_the_clients_got() -> None:
    """Every byte of every frame is said to be somebody's."""
    report = run_bench(Arena, players=4, seconds=5, tile_map=load_map("field")[0])
    total = sum(report.bytes_per_second.values())
    match = Match(Arena, check=False)
    match.bots(4)
    match.step(4 + 30)
    before = [sum(seat.client.frames) for seat in match.seats]
    match.step(150)
    got = sum(sum(seat.client.frames) for seat in match.seats) - sum(before)
    assert total == pytest.approx(got / 5 / 4, abs=0.1 * len(report.bytes_per_second))
    assert report.bytes_per_second["Tank.x"] > report.bytes_per_second["Tank.health"] > 0
    assert report.keyframe.median > report.snapshot.median > 0
    assert report.state.worst > 100


def test_cosmetic_events_and_checksums_have_rows_of_their_own() -> None:
    report = bench(PondGame, seconds=10)
    assert {"Splash (event)", "(checksums)", "(ids and masks)", "Duck.x", "Duck.crumbs"} <= set(report.bytes_per_second)
    assert "Duck.dream" not in report.bytes_per_second, "nobody is sent it"


def test_advice_names_field_number_and_what_to_do() -> None:
    warnings = bench(Race, seconds=4).warnings
    (fine,) = [line for line in warnings if line.startswith("Racer.x")]
    assert "changes by 512 quanta a tick (median)" in fine and "quantum=1 / 32 makes it 64" in fine and "test_bench.py" in fine
    (coarse,) = [line for line in warnings if line.startswith("Racer.z")]
    assert "at most 1 quanta a tick" in coarse and "quantum=1 / 64 makes it 64" in coarse
    (place,) = [line for line in warnings if line.startswith("Racer.lap")]
    assert "it changes in 100% of the changes of its kind and is field 8" in place and "declare it before a (0%)" in place
    assert len(warnings) == 3


def test_large_snapshots_are_warned_of() -> None:
    (warning,) = bench(Heavy, seconds=1).warnings
    assert warning.startswith("snapshot: the largest has 2") and "more than 16384" in warning


def test_a_slow_step_and_a_large_state_are_warned_of() -> None:
    given: dict[str, Any] = {"step_microseconds": 100.0, "largest_snapshot": 100, "largest_state": 100}
    assert advice(Race, (), **given) == []
    (step,) = advice(Race, (), **(given | {"step_microseconds": 9_000.0}))
    assert step.startswith("step: a tick takes 9.0 ms at the median, more than a quarter of the 33.3 ms")
    (state,) = advice(Race, (), **(given | {"largest_state": MAX_STATE // 2 + 1}))
    assert state.startswith("state: it takes up to 131073 bytes, and beyond 262144 a match does not survive a fault")


def test_a_slow_field_that_is_not_drawn_between_snapshots_may_be_coarse() -> None:
    class Gauge(Entity):
        level: float = real(quantum=1.0, default=0.0, interpolate="none")

    class Meter(Game):
        name = "meter"
        inputs = Still
        gauges = entities_of(Gauge)

        def setup(self, options: Any) -> None:  # noqa: ANN401 - the game's own Options
            self.gauges.add(Gauge())

        def step(self, inputs: Mapping[int, Still]) -> None:
            for gauge in self.gauges:
                gauge.level += 1.0

    assert bench(Meter, seconds=4).warnings == ()


def test_a_match_that_ends_is_followed_by_another_and_joins_of_all_count() -> None:
    report = bench(Short, seconds=5)
    assert report.matches == 3, "a second and two ticks of each are warm-up"
    assert report.times["setup"].count == report.times["join"].count == 3
    assert report.times["tick"].count == report.ticks == 150, "warm-ups are not measured"
    with pytest.raises(GameError, match="a match of over is over by tick 1: choose options"):
        bench(Over)


def test_a_game_without_a_brain_is_played_at_random() -> None:
    assert Race.brain is None
    assert bench(Race, seconds=1).times["brain"].count == 2 * 10


def test_the_report_is_a_page_and_plain_values() -> None:
    seconds: list[int] = []
    report = run_bench(PondGame, players=3, seconds=2, seed=9, on_second=seconds.append)
    assert seconds == [1, 2]
    page = report.readable()
    assert page.startswith("pond: 3 bots, 2 s at 20 Hz, 40 ticks, seed 9\n")
    assert "a step of pond with 3 players: " in page and "your @call methods" in page
    assert page.count("warning: ") == len(report.warnings)
    found = report.to_json()
    assert found["microseconds"]["tick"].keys() == {"median", "p99", "worst", "count"}
    assert found["warnings"] == list(report.warnings) and found["map"] is None


def test_the_arena_gives_no_cause_for_advice() -> None:
    report = run_bench(Arena, players=16, seconds=10, tile_map=load_map("field")[0])
    assert [line for line in report.warnings if not line.startswith("step")] == []


def test_what_a_hook_raises_comes_out() -> None:
    class Fails(Race):
        name = "fails"

        def step(self, inputs: Mapping[int, Still]) -> None:
            raise KeyError("nothing")

    with pytest.raises(KeyError, match="nothing"):
        bench(Fails)


def test_laps_add_up_by_tick_and_stage() -> None:
    laps = Laps()
    laps.add("join", 10)
    laps.add("join", 5)
    assert laps.so_far("join") == 15
    laps.end_tick()
    laps.only = ("join",)
    laps.add("join", 1)
    laps.add("step", 1)
    laps.end_tick()
    assert laps.taken == {"join": [15, 1]}
    assert laps.timed("call", lambda a, b=1: a + b)(1, b=2) == 3 and laps.so_far("call") > 0
    assert laps.spread("none") == Spread(median=0, p99=0, worst=0, count=0)
    assert [percentile([3, 1, 2, 4], percent) for percent in (0, 50, 51, 100)] == [1, 2, 3, 4]


def test_a_fragment_that_many_get_counts_for_each() -> None:
    class Sleeper(Brain):
        def think(self, view: Any, player: int) -> Still:  # noqa: ANN401 - a Replica
            return Still()

    class Lazy(Race):
        name = "lazy"
        brain = Sleeper

    one, four = bench(Lazy, players=1), bench(Lazy, players=4)
    assert one.bytes_per_second["Racer.lap"] == four.bytes_per_second["Racer.lap"] == 30.0, "a byte a tick to each"
    assert WireCost(Lazy.schema).byte_counts == {}

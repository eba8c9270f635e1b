"""The check that a match repeats: what it finds, and what it says."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING, Any

import pytest

from gameserver import (
    EVERYONE,
    NOBODY,
    Audience,
    Entity,
    Event,
    Game,
    Globals,
    Input,
    Options,
    boolean,
    call,
    entities_of,
    integer,
    real,
    shared,
)
from gameserver.testing import Match

if TYPE_CHECKING:
    from collections.abc import Mapping


class Push(Input):
    right: int = integer(-1, 1, default=0)


class Ball(Entity):
    x: float = real(quantum=1 / 8)
    lit: bool = boolean(default=False)


class Score(Globals):
    goals: int = integer(0, 1_000_000, default=0)


class Ping(Event):
    number: int = integer(0, 1_000_000)


class Fair(Game):
    name = "fair"
    inputs = Push
    events = (Ping,)
    balls = entities_of(Ball)
    score = shared(Score)

    def setup(self, options: Options) -> None:
        self.balls.add(Ball(x=0.0))
        self.balls.add(Ball(x=8.0))


class Counts(Fair):
    """Keeps a number in a list that setup made."""

    name = "counts"
    kept: list[int]

    def setup(self, options: Options) -> None:
        self.kept = [0]
        super().setup(options)

    def step(self, inputs: Mapping[int, Push]) -> None:
        self.kept[0] += 1
        for ball in self.balls:
            ball.x += 0.5
            ball.lit = self.kept[0] == 12
        self.balls.owned_by(0).x = self.kept[0] * 2.0  # type: ignore[union-attr] # setup made it


class Rare(Counts):
    """Its secret shows only once, long after it was kept."""

    name = "rare"

    def step(self, inputs: Mapping[int, Push]) -> None:
        self.kept[0] += 1
        if self.kept[0] == 45:
            self.score.goals += 1


class Chancy(Fair):
    name = "chancy"

    def step(self, inputs: Mapping[int, Push]) -> None:
        self.score.goals = random.randrange(1_000_000)


class Forgets(Counts):
    """Fails in the copy alone."""

    name = "forgets"

    def step(self, inputs: Mapping[int, Push]) -> None:
        if self.tick > 1:
            self.kept[self.tick - 1] += 1
        self.kept.append(0)


class Whispers(Counts):
    """The worlds are equal, the events are not."""

    name = "whispers"

    def step(self, inputs: Mapping[int, Push]) -> None:
        self.kept[0] += 1
        self.emit(Ping(number=self.kept[0]))


class Hides(Counts):
    """Who sees a ball hangs on something that is not in the world."""

    name = "hides"

    def step(self, inputs: Mapping[int, Push]) -> None:
        self.kept[0] += 1

    def audience(self, entity: Entity) -> Audience:
        return NOBODY if self.kept[0] == 3 and entity.id % 2 else EVERYONE


class Spawns(Counts):
    name = "spawns"

    def step(self, inputs: Mapping[int, Push]) -> None:
        self.kept[0] += 1
        if self.kept[0] == 2:
            self.balls.add(Ball(x=3.0))
            self.after(5, self.nothing)
            self.random.integer(0, 5)

    def nothing(self) -> None:
        pass


class Loud(Counts):
    name = "loud"

    def step(self, inputs: Mapping[int, Push]) -> None:
        pass

    @call
    def total(self, player: Any) -> int:  # noqa: ANN401 - a Player
        self.kept[0] += 1
        return self.kept[0]


def failure(game: type[Game], ticks: int = 60, **options: Any) -> str:  # noqa: ANN401 - Match's own
    match = Match(game, **options)
    match.join("ann")
    with pytest.raises(AssertionError) as caught:
        match.step(ticks)
    return str(caught.value)


def test_a_kept_number_is_named_by_kind_field_and_both_values() -> None:
    said = failure(Counts)
    assert said.startswith(
        "tick 2: Counts does not repeat. A copy of it, restored from tick 1 and given the same inputs, differs:\n"
    )
    assert "  Ball 1.x: 4.0 in the match, 2.0 in the copy\n" in said
    assert "State outside of declared fields" in said and "self.random" in said


@pytest.mark.parametrize("every", [1, 7, 30])
def test_what_shows_long_after_it_was_kept_is_found_at_any_interval(every: int) -> None:
    said = failure(Rare, check=every)
    assert "Score.goals: 1 in the match, 0 in the copy" in said


def test_a_generator_of_ones_own_is_found_at_once() -> None:
    assert "tick 1: Chancy does not repeat" in (said := failure(Chancy))
    assert "Score.goals: " in said


def test_a_copy_that_fails_is_reported_with_its_error() -> None:
    said = failure(Forgets)
    assert "Forgets goes on, and a copy of it, restored from tick 1, raises IndexError: list index out of range" in said


@pytest.mark.parametrize("every", [1, 50])
def test_different_events_count_though_the_worlds_are_equal(every: int) -> None:
    assert "emitted: " in failure(Whispers, check=every, ticks=51)


def test_a_copy_that_shows_things_to_others_is_reported_with_the_entity() -> None:
    assert "audience(): the copy shows Ball 1, Player 3 to others than the match does" in failure(Hides)


def test_entities_timers_and_chance_that_differ_are_named() -> None:
    said = failure(Spawns)
    assert re.search(r"Ball \d+ is in the match and not in the copy", said)
    assert "self.random: " in said and "timers: " in said


def test_a_call_that_answers_otherwise_is_found() -> None:
    match = Match(Loud)
    ann = match.join("ann")
    match.step()
    assert ann.call("total") == 1, "the copy has counted as far"
    with pytest.raises(AssertionError, match="replied: "):
        ann.call("total")


def test_without_checks_nothing_is_looked_for() -> None:
    match = Match(Counts, check=False)
    match.step(100)
    assert match.game.kept == [100]


@pytest.mark.parametrize("every", [1, 5])
def test_a_test_may_change_the_live_game_between_ticks(every: int) -> None:
    """Fields, entities, timers, chance, globals: none of that is state outside of the world."""
    match = Match(Fair, check=every)
    for tick in range(20):
        game = match.game
        if tick == 3:
            next(iter(game.balls)).x = 100.0
        elif tick == 6:
            game.balls.add(Ball(x=1.0))
        elif tick == 9:
            game.random.integer(0, 9)
        elif tick == 12:
            game.score.goals = 5
        elif tick == 15:
            game.balls.remove(next(iter(game.balls)))
        match.step()
    assert (match.tick, match.game.score.goals >= 5) == (20, True), "what was changed stayed changed, and nothing was blamed"


def test_a_game_that_keeps_its_state_in_fields_repeats() -> None:
    match = Match(Fair)
    match.join("ann")
    match.bots(2)
    match.step(100)
    assert match.tick == 100

"""How far back a player saw, from what his client says to what the game is told: believed as far as the server can measure it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from gameserver import Entity, Game, Input, boolean, entities_of, real
from gameserver.core.limits import MAX_INTEGER, REWIND_SECONDS, SUBTICKS
from gameserver.core.messages import Inputs, Role
from tests.helpers import Seated, make_room, sit, step

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trio.testing import MockClock

    from gameserver import PlayerId
    from gameserver.room import Room

RATE = 30


class Trigger(Input):
    fire: bool = boolean()


class Bird(Entity):
    x: float = real(quantum=1 / 16)


class Hunt(Game):
    """`diary` tells who fired when, how far back he saw, and what. It is no state, so it stands outside of the world."""

    name = "hunt"
    tick_rate = RATE
    inputs = Trigger
    birds = entities_of(Bird, rewinds=True)

    diary: list[tuple[int, PlayerId, float, list[float]]]

    def setup(self, options: object) -> None:
        self.diary = []
        self.birds.add(Bird(x=0.0))

    def step(self, inputs: Mapping[PlayerId, Trigger]) -> None:
        for bird in self.birds:
            bird.x += 4.0
        for player, trigger in inputs.items():
            if trigger.fire:
                seen = [then.x for _, then in self.as_seen_by(player, self.birds)]
                self.diary.append((self.tick, player, self.sees_back(player), seen))


def diary(room: Room) -> list[tuple[int, PlayerId, float, list[float]]]:
    game: Any = room.simulation.game
    entries: list[tuple[int, PlayerId, float, list[float]]] = game.diary
    return entries


async def settled(role: Role = Role.PLAYER) -> tuple[Room, Seated]:
    """Somebody whose line is known: his acknowledgements are read a tick after the snapshots were sent."""
    room = make_room(Hunt)
    ann = sit(room, role=role)
    await step(room, 60)
    return room, ann


async def shoot(room: Room, ann: Seated, view: int | None, *, ticks: int = 1) -> tuple[int, PlayerId, float, list[float]]:
    """Fire in the next tick, having seen this tick (times 256)."""
    ann.say(Inputs(room.clock.tick + 1, None, 0, view, (1,) * ticks))
    await step(room)
    return diary(room)[-1]


async def test_what_a_player_saw_comes_to_the_game_as_ticks_ago(autojump_clock: MockClock) -> None:
    room, ann = await settled()
    tick = room.clock.tick + 1
    fired = await shoot(room, ann, tick * SUBTICKS - 640)
    assert fired == (tick, ann.player, 2.5, [4.0 * (tick - 2.5)])
    assert room.counts.clamped_shots == 0


async def test_time_goes_on_for_the_inputs_behind_the_first(autojump_clock: MockClock) -> None:
    room, ann = await settled()
    tick = room.clock.tick + 1
    await shoot(room, ann, tick * SUBTICKS - 300, ticks=3)
    await step(room, 2)
    assert [(at, back) for at, _, back, _ in diary(room)] == [(tick + i, 300 / SUBTICKS) for i in range(3)]


async def test_it_holds_as_long_as_the_levels_do(autojump_clock: MockClock) -> None:
    room, ann = await settled()
    await shoot(room, ann, (room.clock.tick + 1) * SUBTICKS - 300)
    await step(room, 20)
    assert len(diary(room)) == 1 + round(REWIND_SECONDS * RATE), "the trigger is held for 250 ms, then let go"
    assert {back for _, _, back, _ in diary(room)} == {300 / SUBTICKS}


async def test_who_comes_late_has_seen_what_is_older_now(autojump_clock: MockClock) -> None:
    room, ann = await settled()
    late = room.clock.tick
    ann.say(Inputs(late, None, 0, late * SUBTICKS - 300, (1,)))
    await step(room)
    assert diary(room)[-1][:3] == (late + 1, ann.player, (300 + SUBTICKS) / SUBTICKS)


@pytest.mark.parametrize("seconds", [1, 10])
async def test_who_says_more_than_the_line_explains_gains_little(
    seconds: int, autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    """What he really sees: one tick until his acknowledgement is read, and one and a half of interpolation."""
    caplog.set_level(logging.DEBUG, "gameserver.game")
    room, ann = await settled()
    tick = room.clock.tick + 1
    _, _, back, seen = await shoot(room, ann, max(0, tick - seconds * RATE) * SUBTICKS)
    assert 2.5 <= back <= 2.5 + 0.05 * RATE
    assert seen == [4.0 * (tick - back)]
    assert room.counts.clamped_shots == 1
    assert f"room room1, tick {tick}: player 1 is judged {back / RATE * 1e3:.0f} ms back, and said" in caplog.text
    await step(room, 20)
    assert room.counts.clamped_shots == len(diary(room)), "each of them is a shot"


@pytest.mark.parametrize("view", [None, MAX_INTEGER, 10**9])
async def test_who_says_nothing_or_the_future_is_judged_now(view: int | None, autojump_clock: MockClock) -> None:
    room, ann = await settled()
    tick = room.clock.tick + 1
    assert (await shoot(room, ann, view))[2:] == (0.0, [4.0 * tick])
    assert room.counts.clamped_shots == 0


@pytest.mark.parametrize("view", [2**53, -1, "now", 1.5])
async def test_what_is_no_tick_ends_the_line(view: Any, autojump_clock: MockClock) -> None:  # noqa: ANN401 - anything
    room, ann = await settled()
    ann.say(Inputs(room.clock.tick + 1, None, 0, view, (1,)))
    await step(room)
    assert diary(room) == []
    assert ann.link.ended is not None and ann.link.ended[0] == 1002


async def test_bots_lead_by_themselves(autojump_clock: MockClock) -> None:
    room, bot = await settled(Role.BOT)
    assert (await shoot(room, bot, (room.clock.tick - 3) * SUBTICKS))[2] == 0.0


async def test_nobody_sees_further_back_than_the_most(autojump_clock: MockClock) -> None:
    """However long the line is."""
    room = make_room(Hunt)
    ann = sit(room)
    ann.link.acknowledges = False
    for _ in range(40):
        await step(room)
        if room.clock.tick > 12:
            ann.say(Inputs(0, room.clock.tick - 12, 0, None, ()))
    tick = room.clock.tick + 1
    _, _, back, seen = await shoot(room, ann, (tick - 15) * SUBTICKS)
    assert (back, seen) == (REWIND_SECONDS * RATE, [4.0 * (tick - REWIND_SECONDS * RATE)])
    assert room.counts.clamped_shots == 1

"""The bots: that they play, and that each part of how they play does what it says."""

from __future__ import annotations

import math

import attrs
import pytest

from gameserver import GameError, Replica
from gameserver.games.arena import Arena, motion
from gameserver.games.arena.brain import ArenaBrain
from gameserver.games.arena.state import Controls, Shell
from gameserver.maps import load_map
from tests.games.arena_match import TICKS_PER_THOUGHT, ArenaMatch, drawn_map

HALL = drawn_map("s                  s", *[" " * 20] * 10, "s                  s")
ROOMS = drawn_map(
    "####################",
    "#s       #         #",
    "#        #         #",
    "#        #         #",
    "#        #         #",
    "#                 s#",
    "####################",
)

STILL_TICKS = 5 * Arena.tick_rate
STILL_PIXELS = 24.0


@attrs.define
class Life:
    """How one bot spent a match."""

    driven: float = 0.0
    longest_stay: int = 0
    at: tuple[int, float, float] = (0, 0.0, 0.0)
    anchor: tuple[int, float, float, int] = (0, 0.0, 0.0, 0)


def watch(match: ArenaMatch, ticks: int) -> dict[int, Life]:
    """Play on, and see who drives how far and who stays within a few pixels how long, while alive."""
    lives = {player: Life() for player in match.seats}
    for _ in range(ticks):
        match.step()
        for tank in match.game.tanks:
            assert not match.map.blocked(tank.x, tank.y, motion.TANK_HALF), f"tank {tank.id} is in a wall"
            life = lives[tank.owner]
            if life.at[0] == tank.id:
                life.driven += math.hypot(tank.x - life.at[1], tank.y - life.at[2])
            life.at = (tank.id, tank.x, tank.y)
            number, x, y, since = life.anchor
            if number != tank.id or not tank.health or math.hypot(tank.x - x, tank.y - y) > STILL_PIXELS:
                life.anchor = (tank.id, tank.x, tank.y, match.tick)
            else:
                life.longest_stay = max(life.longest_stay, match.tick - since)
    return lives


# -- matches ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("map_name", "bots", "seconds"), [("field", 8, 60), ("field", 16, 30), ("field", 2, 60), ("tiny", 4, 30)])
def test_bots_fight_and_never_stand_still(map_name: str, bots: int, seconds: int) -> None:
    match = ArenaMatch(load_map(map_name)[0], bots=bots, seed=7)
    lives = watch(match, seconds * Arena.tick_rate)
    kills = {player: match.driver(player).kills for player in lives}
    assert sum(kills.values()) >= bots * seconds / 60, f"kills: {kills}"
    for player, life in lives.items():
        assert life.driven > 40 * seconds, f"bot {player} drove {life.driven:.0f} px in {seconds} s"
        assert life.longest_stay <= STILL_TICKS, f"bot {player} stayed in place for {life.longest_stay} ticks"
    assert sum(kills.values()) == sum(match.driver(player).deaths for player in lives)


def test_a_lone_bot_wanders() -> None:
    match = ArenaMatch(bots=1)
    life = watch(match, 30 * Arena.tick_rate)[1]
    assert life.driven > 30 * 60
    assert life.longest_stay <= STILL_TICKS


# -- one thought -----------------------------------------------------------------------------------------------------------
def think(match: ArenaMatch, player: int) -> Controls:
    seat = match.seats[player]
    return seat.brain.think(seat.replica, player)


def stare(match: ArenaMatch, player: int, thoughts: int) -> list[Controls]:
    """What this bot thinks while nobody does anything."""
    found = []
    for _ in range(thoughts):
        match.drive(ticks=TICKS_PER_THOUGHT)
        found.append(think(match, player))
    return found


def pair(seed: int = 1) -> ArenaMatch:
    match = ArenaMatch(HALL, bots=2, seed=seed)
    match.drive()
    match.place(1, 320.0, 192.0)
    match.place(2, 320.0, 392.0 - 60)
    return match


def test_same_seed_and_same_view_same_thoughts() -> None:
    match = pair()
    match.drive()
    replica = match.seats[1].replica
    one, two = (ArenaBrain(Arena.schema, HALL, 5) for _ in range(2))
    assert [one.think(replica, 1) for _ in range(20)] == [two.think(replica, 1) for _ in range(20)]


def test_before_it_has_seen_anything_it_does_nothing() -> None:
    assert ArenaBrain(Arena.schema, HALL, 1).think(Replica(Arena.schema), 1) == Controls()


def test_without_a_map_there_is_no_bot() -> None:
    with pytest.raises(GameError, match="map"):
        ArenaBrain(Arena.schema, None, 1)


@pytest.mark.parametrize("seed", range(5))
def test_it_aims_at_its_enemy_and_errs_a_little(seed: int) -> None:
    match = pair(seed)
    aims = [(controls.aim - 256 + 512) % 1024 - 512 for controls in stare(match, 1, 60)[10:]]
    assert all(abs(aim) < 128 for aim in aims), f"off the target by {aims} of 1,024 steps"
    assert abs(sum(aims) / len(aims)) < 16
    assert len(set(aims)) > 5, "nobody aims like a machine"


def test_it_shoots_at_what_it_can_hit() -> None:
    assert any(controls.fire for controls in stare(pair(), 1, 10))


def test_it_does_not_shoot_at_a_wall() -> None:
    match = ArenaMatch(ROOMS, bots=2)
    match.drive()
    match.place(1, 256.0, 64.0)
    match.place(2, 352.0, 64.0)
    assert not any(controls.fire for controls in stare(match, 1, 10))


def test_it_does_not_shoot_without_ammunition() -> None:
    match = pair()
    for _ in range(10):
        match.drive(ticks=TICKS_PER_THOUGHT)
        tank = match.tank(1)
        tank.ammo, tank.reload_tick = 0, match.tick + 100
        match.drive()
        assert not think(match, 1).fire


def test_it_leads_a_target_that_moves() -> None:
    """The other drives to the right below it: it has to aim ahead of him, on average."""
    match = pair()
    match.place(2, 200.0, 330.0)
    ahead = []
    for thought in range(12):
        match.drive({2: Controls(bearing=0, throttle=2)}, ticks=TICKS_PER_THOUGHT)
        aim = think(match, 1).aim
        tank = match.tank(2)
        straight = motion.aim_at(tank.x - match.tank(1).x, tank.y - match.tank(1).y)
        if thought > 4:
            ahead.append((straight - aim + 512) % 1024 - 512)
    assert sum(ahead) / len(ahead) > 25, f"it aims {ahead} steps ahead"


def test_it_finds_its_way_round_a_wall() -> None:
    match = ArenaMatch(ROOMS, bots=2)
    match.drive()
    match.place(1, 256.0, 64.0)
    match.place(2, 352.0, 64.0)
    for _ in range(150):
        seat = match.seats[1]
        if match.tick % TICKS_PER_THOUGHT == 0:
            seat.holds = seat.brain.think(seat.replica, 1)
        match.drive({1: seat.holds})
        one, two = match.tank(1), match.tank(2)
        if ROOMS.clear_line(one.x, one.y, two.x, two.y):
            return
    pytest.fail("in 5 s it did not get to see an enemy behind a wall")


@pytest.mark.parametrize("aim", [0, 256, 512, 768])
def test_it_steps_out_of_the_way_of_a_shell(aim: int) -> None:
    match = pair()
    match.place(2, 40.0, 40.0)
    match.drive()
    heading = aim >> 2
    x, y = (320.0 - 80 * motion.COSINES[heading] / motion.UNIT, 192.0 - 80 * motion.COSINES[heading - 64 & 255] / motion.UNIT)
    step_x, step_y = motion.shell_velocity(aim)
    match.game.shells.add(Shell(x=x, y=y, heading=heading, step_x=step_x, step_y=step_y, owner=2))
    match.drive()
    controls = think(match, 1)
    assert controls.throttle == 2
    assert controls.bearing in (heading + 64 & 255, heading - 64 & 255)


def test_who_cannot_move_tries_another_way() -> None:
    match = pair()
    bearings = {controls.bearing for controls in stare(match, 1, 40)}
    assert len(bearings) > 4


def test_a_wreck_wants_to_come_back() -> None:
    match = pair()
    match.tank(1).health = 0
    match.tank(1).respawn_tick = match.tick + 90
    match.drive()
    controls = think(match, 1)
    assert controls.respawn and not controls.fire and not controls.throttle

"""The bots: that they play sensibly, each part of how they play does what it says, and a beginner is a beginner."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest

from gameserver import GameError, Replica, TileMap
from gameserver.games.arena import Arena, motion
from gameserver.games.arena.brain import ArenaBrain
from gameserver.games.arena.brain.skill import SKILLS
from gameserver.games.arena.state import CAPTURED, MINE, RAIL, RETURNED, SHELL, SPREAD, Controls, Mine, Rules, Shell
from tests.games.arena_match import TICKS_PER_THOUGHT, ArenaMatch, drawn_map, events
from tests.games.watched_match import STUCK_TICKS, Plan, WatchedMatch
from tests.processes import under_two_hash_seeds

HALL = drawn_map("s                  s", *[" " * 20] * 10, "s                  s")
SIDES = drawn_map("1                  2", *[" " * 20] * 10, "1                  2", modes="teams")
ROOMS = drawn_map(
    "####################",
    "#s       #         #",
    "#        #         #",
    "#        #         #",
    "#        #         #",
    "#                 s#",
    "####################",
)
LARDER = drawn_map(
    "######################",
    "#s        #         s#",
    "#   h     #     a    #",
    "#         #          #",
    "#                    #",
    "######################",
)
FORTS = drawn_map(
    "########################",
    "#1    #          #    2#",
    "#                      #",
    "#1 f     ##  ##     g 2#",
    "#                      #",
    "#1    #          #    2#",
    "########################",
    modes="flags",
)
LANE = drawn_map("##############################", "#s                          s#", "##############################")


class Stage:
    """A match in which some play themselves and everyone else stands still."""

    def __init__(self, tile_map: TileMap, *strengths: int, seed: int = 1, rules: Rules | None = None) -> None:
        self.match = ArenaMatch(tile_map, bots=len(strengths), seed=seed, rules=rules)
        for player, strength in enumerate(strengths, start=1):
            seat = self.match.seats[player]
            seat.brain = ArenaBrain(seat.replica.schema, tile_map, 100 * seed + player, strength)
        self.match.drive()

    def play(self, *players: int, ticks: int, script: dict[int, Controls] | None = None) -> list[dict[int, Controls]]:
        """Let these play on; returns what was held in each tick."""
        match, held = self.match, []
        for _ in range(ticks):
            thoughts = match.think()
            held.append({player: thoughts[player] for player in players} | (script or {}))
            match.drive(held[-1])
        return held

    def seconds_until(self, wanted: str, *players: int, seconds: float, **fields: int) -> float:
        """How long these play until there is such an event."""
        for tick in range(round(seconds * Arena.tick_rate)):
            self.play(*players, ticks=1)
            if any(fields.items() <= found.items() for _, found in events(self.match, wanted)):
                return tick / Arena.tick_rate
        pytest.fail(f"no {wanted} with {fields} within {seconds:g} s")


def pair(strength: int, *, seed: int = 1, apart: float = 200.0, tile_map: TileMap = HALL) -> Stage:
    """Player 1 of this strength, and player 2 below it, in the open."""
    stage = Stage(tile_map, strength, 2, seed=seed)
    stage.match.place(1, 320.0, 96.0)
    stage.match.place(2, 320.0, 96.0 + apart)
    return stage


# -- matches ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("map_name", "mode", "strengths", "seconds"),
    [
        ("field", "all", (1, 2, 3) * 2 + (1, 3), 60),
        ("field", "all", (2,) * 16, 20),
        ("field", "all", (3, 1), 60),
        ("tiny", "all", (2,) * 4, 40),
    ],
)
def test_bots_fight_and_never_stand_still(map_name: str, mode: str, strengths: tuple[int, ...], seconds: int) -> None:
    watched = WatchedMatch(Plan(map=map_name, mode=mode, seed=7, strengths=strengths, seconds=seconds))
    outcome = watched.play()
    assert outcome.wrong == []
    kills = sum(outcome.kills.values())
    assert kills >= len(strengths) * seconds / 60, f"kills: {outcome.kills}"
    assert kills == sum(driver.deaths for driver in watched.match.game.players.values())


def test_a_lone_bot_looks_about() -> None:
    stage = Stage(ROOMS, 2)
    places = []
    for _ in range(60 * Arena.tick_rate):
        stage.play(1, ticks=1)
        places.append((stage.match.tank(1).x, stage.match.tank(1).y))
    assert max(x for x, _ in places) - min(x for x, _ in places) > 300, "it stays in one room"
    for second in range(0, len(places) - STUCK_TICKS, Arena.tick_rate):
        assert any(math.dist(places[second], place) > 24 for place in places[second : second + STUCK_TICKS]), f"it stands: {second}"


def test_without_walls_nobody_leaves_the_map() -> None:
    stage = Stage(HALL, 1, 2, 3, 3)
    for _ in range(900):
        stage.play(1, 2, 3, 4, ticks=1)
        for tank in stage.match.game.tanks:
            assert not HALL.blocked(tank.x, tank.y, motion.TANK_HALF), f"player {tank.owner} at ({tank.x}, {tank.y})"


def thoughts_of_a_match(seconds: int) -> list[str]:
    """What the bots of a match do, as text."""
    stage = Stage(FORTS, 1, 2, 3, 3, seed=4)
    return [str(sorted(held.items())) for held in stage.play(1, 2, 3, 4, ticks=seconds * Arena.tick_rate)]


def test_equal_seeds_give_equal_thoughts_in_every_process() -> None:
    code = "from tests.games.test_arena_brain import thoughts_of_a_match; print('\\n'.join(thoughts_of_a_match(20)))"
    assert under_two_hash_seeds(code) == ["\n".join(thoughts_of_a_match(20))] * 2


# -- what it knows ---------------------------------------------------------------------------------------------------------
def test_before_it_has_seen_anything_it_does_nothing() -> None:
    assert ArenaBrain(Arena.schema, HALL, 1).think(Replica(Arena.schema), 1) == Controls()


def test_without_a_map_there_is_no_bot() -> None:
    with pytest.raises(GameError, match="map"):
        ArenaBrain(Arena.schema, None, 1)


def test_what_its_player_cannot_see_makes_no_difference() -> None:
    """An armed mine right before it, an enemy without ammunition: it drives on and aims as if there were none."""
    plain, secret = (pair(3, apart=250.0) for _ in range(2))
    game = secret.match.game
    game.mines.add(Mine(x=320.0, y=160.0, armed_tick=0, end_tick=10_000, owner=2))
    enemy = secret.match.tank(2)
    enemy.ammo = enemy.spreads = enemy.mines = enemy.rails = 0
    enemy.reload_tick = 10_000
    for _ in range(60):
        held = [stage.play(1, ticks=1) for stage in (plain, secret)]
        assert held[0] == held[1]
        if not any(mine.owner == 2 for mine in game.mines):
            return  # it drove into it: no better proof
    assert plain.match.tank(1).x == secret.match.tank(1).x


def test_a_mine_that_it_saw_being_laid_it_drives_round() -> None:
    """In most cases at least; one that nobody showed it, it runs into."""
    hit = {True: 0, False: 0}
    for seed in range(8):
        for shown in hit:
            stage = Stage(drawn_map(*["#" * 22, *["#" + " " * 20 + "#"] * 4, "#" * 22, "#s" + " " * 18 + "s#"]), 3, 2, seed=seed)
            match = stage.match
            match.place(1, 80.0, 96.0)
            match.place(2, 640.0, 96.0)
            match.tank(2).safe_until = 10**6
            tick = match.tick
            match.game.mines.add(Mine(x=260.0, y=96.0, armed_tick=tick + (12 if shown else 0), end_tick=tick + 900, owner=2))
            stage.play(1, ticks=90)
            hit[shown] += match.tank(1).health < 100
    assert hit[True] < hit[False], f"hit by a mine in 8 runs: {hit}"


# -- aiming ----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("strength", "seconds"), [(1, 25.0), (2, 9.0), (3, 6.0)])
def test_it_destroys_a_target_that_stands(strength: int, seconds: float) -> None:
    times = sorted(pair(strength, seed=seed).seconds_until("Killed", 1, seconds=90, killer=1) for seed in range(7))
    assert times[3] < seconds, f"seconds until the kill: {times}"
    assert times[0] > SKILLS[strength].reaction_ticks / Arena.tick_rate + 0.5, f"nobody is so quick: {times}"


def test_the_stronger_the_sooner() -> None:
    def seconds(strength: int) -> float:
        return sum(pair(strength, seed=seed).seconds_until("Killed", 1, seconds=90, killer=1) for seed in range(7))

    times = [seconds(strength) for strength in SKILLS]
    assert times[0] > 1.5 * times[1] > 1.5 * times[2]


@pytest.mark.parametrize("strength", SKILLS)
@pytest.mark.parametrize("seed", range(3))
def test_it_does_nothing_about_what_appears_before_its_reaction_time(strength: int, seed: int) -> None:
    stage = Stage(ROOMS, strength, 2, seed=seed)
    match = stage.match
    match.place(1, 240.0, 64.0)
    match.place(2, 352.0, 64.0)
    stage.play(1, ticks=3)
    match.place(1, 160.0, 176.0)
    match.place(2, 160.0, 60.0)
    shown = match.tick
    for _ in range(240):
        (held,) = stage.play(1, ticks=1)
        if held[1].fire and held[1].weapon != MINE:
            took = match.tick - shown
            assert SKILLS[strength].reaction_ticks <= took, f"it shot after {took} ticks"
            return
    pytest.fail("it does not shoot at all")


@pytest.mark.parametrize("strength", SKILLS)
def test_its_turret_is_no_faster_than_a_hand(strength: int) -> None:
    stage = Stage(HALL, strength, 3, 3)
    aims = [held[1].aim for held in stage.play(1, 2, 3, ticks=300)]
    assert max(abs((after - before + 512 & 1023) - 512) for before, after in pairwise(aims[6:])) <= (SKILLS[strength].turret_turn)


def test_it_leads_a_target_that_moves() -> None:
    """The other drives to the right below it: it has to aim ahead of him, on average."""
    ahead = []
    for seed in range(4):
        stage = pair(3, seed=seed)
        stage.match.tank(1).rails = stage.match.tank(1).spreads = 0
        stage.match.place(2, 100.0, 296.0)
        for tick in range(60):
            stage.play(1, ticks=1, script={2: Controls(bearing=0, throttle=2)})
            me, other = stage.match.tank(1), stage.match.tank(2)
            aim = stage.match.seats[1].holds.aim
            if tick > 24:
                ahead.append((motion.aim_at(other.x - me.x, other.y - me.y) - aim + 512 & 1023) - 512)
    assert sum(ahead) / len(ahead) > 25, f"it aims {ahead} steps ahead"


def fired(stage: Stage, weapon: int | None = None, *, ticks: int = 150) -> bool:
    """Whether player 1 pulls the trigger in so many ticks, of this weapon if one is named."""
    return any(held[1].fire and weapon in (None, held[1].weapon) for held in stage.play(1, ticks=ticks))


def test_it_does_not_shoot_at_a_wall() -> None:
    stage = Stage(ROOMS, 3, 2)
    for _ in range(20):
        stage.match.place(1, 256.0, 64.0)
        stage.match.place(2, 352.0, 64.0)
        stage.match.tank(1).mines = 0
        assert not fired(stage, ticks=3)


@pytest.mark.parametrize("strength", SKILLS)
def test_it_wastes_no_shot_on_who_is_protected(strength: int) -> None:
    stage = pair(strength)
    stage.match.tank(2).safe_until = stage.match.tick + 150
    stage.match.tank(1).mines = 0
    assert not fired(stage, ticks=100)
    stage.match.tank(2).safe_until = 0
    assert fired(stage, ticks=120)


def test_it_does_not_shoot_at_mates_nor_through_them() -> None:
    stage = Stage(SIDES, 3, 2, 2, 2)
    match = stage.match
    team = match.driver(1).team
    mate = next(player for player in (2, 3, 4) if match.driver(player).team == team)
    enemies = [player for player in (2, 3, 4) if match.driver(player).team != team]
    match.tank(1).mines = 0
    for _ in range(30):
        match.place(1, 320.0, 96.0)
        match.place(mate, 320.0, 170.0)
        for number, enemy in enumerate(enemies):
            match.place(enemy, 320.0, 250.0 + 40 * number)
        assert not fired(stage, ticks=3)
    match.place(mate, 40.0, 370.0)
    assert fired(stage), "with the mate out of the way it may shoot"


# -- weapons ---------------------------------------------------------------------------------------------------------------
def counted(apart: float, *, seeds: int = 5) -> dict[int, int]:
    """What strong bots fire at a target that stands so far away, by weapon."""
    weapons = dict.fromkeys((SHELL, SPREAD, MINE, RAIL), 0)
    for seed in range(seeds):
        stage = pair(3, seed=seed, apart=apart)
        stage.match.tank(1).mines = 0
        for _ in range(12):
            stage.match.place(1, 320.0, 40.0)
            stage.match.place(2, 320.0, 40.0 + apart)
            before = stage.match.tank(1).ready_tick
            for held in stage.play(1, ticks=3):
                weapons[held[1].weapon] += held[1].fire and stage.match.tank(1).ready_tick > before
    return weapons


def test_near_it_takes_the_spread_and_far_away_the_rail() -> None:
    near, far = counted(80.0), counted(300.0)
    assert near[SPREAD] > near[SHELL] and near[SPREAD] > near[RAIL], f"near: {near}"
    assert far[RAIL] > far[SPREAD] and far[SPREAD] == 0, f"far: {far}"


def test_without_shells_it_fires_what_it_has_and_then_nothing() -> None:
    stage = pair(3, apart=120.0)
    tank = stage.match.tank(1)
    tank.ammo, tank.reload_tick, tank.mines = 0, 10**6, 0
    assert fired(stage)
    tank.spreads = tank.rails = 0
    assert not fired(stage)


def test_who_flees_lays_mines() -> None:
    laid = 0
    for seed in range(6):
        stage = pair(2, seed=seed, apart=150.0)
        for _ in range(40):
            tank = stage.match.tank(1)
            tank.health, tank.mines = 10, 3
            stage.match.place(2, tank.x - math.copysign(130.0, tank.x - 320.0), tank.y)  # at its heels
            stage.play(1, ticks=3)
        laid += len(list(stage.match.game.mines))
    assert laid >= 6


# -- driving ---------------------------------------------------------------------------------------------------------------
def test_it_finds_its_way_round_a_wall() -> None:
    stage = Stage(ROOMS, 2, 2)
    stage.match.place(1, 256.0, 64.0)
    stage.match.place(2, 352.0, 64.0)
    for _ in range(210):
        stage.play(1, ticks=1)
        one, two = stage.match.tank(1), stage.match.tank(2)
        if ROOMS.clear_line(one.x, one.y, two.x, two.y):
            return
    pytest.fail("in 7 s it did not get to see an enemy behind a wall")


def test_it_drives_straight_on_and_not_from_tile_to_tile() -> None:
    """Across the open, at an angle that no row of tiles has: the hull hardly turns."""
    hall = drawn_map("s" + " " * 19, *[" " * 20] * 6, " " * 12 + "h" + " " * 7, *[" " * 20] * 3)
    stage = Stage(hall, 3)
    stage.match.place(1, 20.0, 20.0).health = 10
    headings = []
    while stage.match.tank(1).health == 10 and stage.match.tick < 300:
        stage.play(1, ticks=1)
        headings.append(stage.match.tank(1).heading)
    turned = sum(abs((b - a + 128 & 255) - 128) for a, b in pairwise(headings))
    assert stage.match.tank(1).health == 60, "it did not get there"
    assert turned < 32, f"{turned} of 256 steps turned on a straight way: {headings}"


def test_two_pass_each_other_in_a_lane() -> None:
    """Both want past: in a lane of one tile nobody can, and even there nobody stands for long."""
    stage = Stage(LANE, 2, 2)
    match = stage.match
    since = dict.fromkeys((1, 2), (0, 0.0))
    for _ in range(900):
        stage.play(1, 2, ticks=1)
        for player, (_, x) in since.items():
            if abs(match.tank(player).x - x) > 24 or not match.tank(player).health:
                since[player] = match.tick, match.tank(player).x
            assert match.tick - since[player][0] <= STUCK_TICKS, f"player {player} stands at {match.tank(player).x}"


@pytest.mark.parametrize("aim", [0, 256, 512, 768])
def test_a_strong_one_steps_out_of_the_way_of_a_shell_and_a_beginner_does_not(aim: int) -> None:
    heading = aim >> 2
    aside = dict.fromkeys(SKILLS, 0)
    for strength in SKILLS:
        for seed in range(8):
            stage = Stage(HALL, strength, 2, seed=seed)
            match = stage.match
            match.place(1, 320.0, 192.0)
            match.place(2, 40.0, 40.0)
            x, y = (
                320.0 - 110 * motion.COSINES[heading] / motion.UNIT,
                192.0 - 110 * motion.COSINES[heading - 64 & 255] / motion.UNIT,
            )
            step_x, step_y = motion.shell_velocity(aim)
            match.game.shells.add(Shell(x=x, y=y, heading=heading, step_x=step_x, step_y=step_y, owner=2))
            bearings = [held[1].bearing for held in stage.play(1, ticks=12)]
            aside[strength] += any(bearing in (heading + 64 & 255, heading - 64 & 255) for bearing in bearings[6:])
    assert aside[3] >= 6 and aside[3] > aside[1], f"of 8 shells: {aside}"


def test_who_cannot_move_tries_another_way() -> None:
    stage = pair(2)
    bearings = set()
    for _ in range(60):
        stage.match.place(1, 320.0, 96.0)
        bearings.add(stage.play(1, ticks=3)[-1][1].bearing)
    assert len(bearings) > 4


def test_a_wreck_wants_to_come_back() -> None:
    stage = pair(2)
    stage.match.tank(1).health = 0
    stage.match.tank(1).respawn_tick = stage.match.tick + 90
    held = stage.play(1, ticks=20)
    assert any(controls[1].respawn for controls in held)
    assert not any(controls[1].fire or controls[1].throttle for controls in held[TICKS_PER_THOUGHT:])


# -- goals -----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("strength", [2, 3])
def test_who_is_weak_fetches_health(strength: int) -> None:
    stage = Stage(LARDER, strength, 2)
    stage.match.place(1, 240.0, 140.0)
    stage.match.place(2, 640.0, 60.0)
    stage.match.tank(1).health = 20
    assert stage.seconds_until("Taken", 1, seconds=6, kind=0) < 6
    assert stage.match.tank(1).health == 70


def test_who_is_weak_and_finds_no_health_gets_out_of_sight() -> None:
    hidden = 0
    for seed in range(8):
        stage = Stage(ROOMS, 3, 2, seed=seed)
        match = stage.match
        match.place(1, 240.0, 180.0)
        match.place(2, 130.0, 64.0)
        match.tank(1).health = 20
        stage.play(1, ticks=75)
        hidden += not ROOMS.clear_line(match.tank(1).x, match.tank(1).y, match.tank(2).x, match.tank(2).y)
    assert hidden >= 5, f"hidden after 2.5 s in {hidden} of 8"


def test_who_has_nothing_left_fetches_ammunition() -> None:
    stage = Stage(LARDER, 2, 2)
    stage.match.place(1, 640.0, 140.0)
    stage.match.place(2, 40.0, 40.0)
    tank = stage.match.tank(1)
    tank.spreads = tank.mines = tank.rails = 0
    assert stage.seconds_until("Taken", 1, seconds=6, kind=1) < 6
    assert (tank.spreads, tank.mines, tank.rails) == (3, 1, 1)


def test_who_has_everything_leaves_pickups_to_others() -> None:
    stage = Stage(LARDER, 3, 2)
    stage.match.place(1, 240.0, 140.0)
    stage.match.tank(2).safe_until = 10**6
    tank = stage.match.tank(1)
    for _ in range(60):
        tank.health, tank.spreads, tank.mines, tank.rails = 100, 8, 3, 4
        stage.play(1, ticks=1)
        assert not events(stage.match, "Taken")


def test_strong_ones_go_for_the_wounded_and_beginners_leave_fights_to_those_who_fight() -> None:
    """To the right somebody wounded with whom another is busy; to the left, a little further away, one who is alone."""
    for strength, right in ((1, False), (3, True)):
        stage = Stage(HALL, strength, 2, 2, 2)
        match = stage.match
        for _ in range(20):
            match.place(1, 320.0, 200.0)
            match.place(2, 440.0, 200.0)
            match.tank(2).health = 30
            match.place(3, 500.0, 240.0)
            match.place(4, 190.0, 200.0)
            match.tank(1).mines = 0
            stage.play(1, ticks=3)
        aims = match.seats[1].holds.aim
        assert (256 < aims < 768) is not right, f"strength {strength} aims at {aims} of 1,024"


# -- flags -----------------------------------------------------------------------------------------------------------------
def flagged(*strengths: int, seed: int = 1) -> tuple[Stage, int]:
    """A match for flags, and a player of team 1."""
    stage = Stage(FORTS, *strengths, seed=seed)
    return stage, next(player for player in stage.match.seats if stage.match.driver(player).team == 1)


@pytest.mark.parametrize("strength", SKILLS)
def test_it_takes_the_flag_and_carries_it_home(strength: int) -> None:
    stage, player = flagged(strength, strength)
    other = 3 - player
    for _ in range(40 * Arena.tick_rate):
        stage.match.tank(other).safe_until = 10**6  # nobody is in its way, and shooting is no use
        stage.play(player, ticks=1)
        if any(fields["what"] == CAPTURED and fields["player"] == player for _, fields in events(stage.match, "FlagMoved")):
            return
    pytest.fail("it did not bring the flag home within 40 s")


@pytest.mark.parametrize("strength", SKILLS)
def test_it_returns_its_own_flag(strength: int) -> None:
    stage, player = flagged(strength, strength)
    match = stage.match
    flag = next(flag for flag in match.game.flags if flag.team == 1)
    flag.x, flag.y, flag.home, flag.return_tick = 400.0, 80.0, False, match.tick + 10_000
    match.place(player, 240.0, 176.0)
    match.place(3 - player, 700.0, 176.0)
    match.tank(3 - player).safe_until = 10**6
    assert stage.seconds_until("FlagMoved", player, seconds=10, what=RETURNED, player=player) < 10


def test_who_is_weak_fetches_health_before_the_flag() -> None:
    stage = Stage(drawn_map("#" * 16, "#1            2#", "#1 f   h   g  2#", "#1            2#", "#" * 16, modes="flags"), 3, 3)
    player = next(player for player in stage.match.seats if stage.match.driver(player).team == 1)
    stage.match.place(player, 300.0, 50.0).health = 20
    stage.match.place(3 - player, 440.0, 112.0)
    stage.match.tank(3 - player).safe_until = 10**6
    assert stage.seconds_until("Taken", player, seconds=4, kind=0) < 4


def test_a_team_of_four_keeps_one_at_home_and_sends_the_others() -> None:
    stage = Stage(FORTS, *(3,) * 8)
    match = stage.match
    ours = [player for player in match.seats if match.driver(player).team == 1]
    at_home = dict.fromkeys(ours, 0)
    for player in match.seats.keys() - set(ours):
        match.place(player, 730.0, 48.0)
    for tick in range(400):
        for player in match.seats.keys() - set(ours):
            match.tank(player).safe_until = 10**6
        stage.play(*ours, ticks=1)
        for player in ours:
            at_home[player] += tick >= 100 and match.tank(player).x < 400
    assert sorted(count > 200 for count in at_home.values()) == [False, False, False, True], f"ticks near home: {at_home}"


def test_the_carrier_goes_round_an_enemy_on_his_way() -> None:
    """Two ways lead home; an enemy stands on the shorter one."""
    ways = drawn_map(
        "####################",
        "#1                2#",
        "# ####  ######### ##",
        "#1f#             g2#",
        "# ####  ######### ##",
        "#                  #",
        "####################",
        modes="flags",
    )
    above = 0
    for seed in range(6):
        stage = Stage(ways, 3, 3, seed=seed)
        match = stage.match
        player = next(player for player in match.seats if match.driver(player).team == 1)
        match.place(player, 560.0, 112.0)
        match.place(3 - player, 300.0, 112.0)
        stage.play(player, ticks=1)
        for _ in range(90):
            match.tank(player).health = 100
            match.tank(3 - player).safe_until = 10**6
            stage.play(player, ticks=1)
            if match.tank(player).x < 400:
                break
        above += abs(match.tank(player).y - 112) > 40
    assert above >= 3, f"{above} of 6 went round"

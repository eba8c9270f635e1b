"""The arena's rules, and what its matches cost on the wire."""

from __future__ import annotations

import itertools

import attrs
import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gameserver import EVERYONE, GameError, owner, team
from gameserver.core.audience import part_of
from gameserver.core.limits import ID_REST_SECONDS
from gameserver.core.parts import Parts, Viewer
from gameserver.core.simulation import Connected, Join, Simulation
from gameserver.games.arena import Arena, motion
from gameserver.games.arena.state import MAGAZINE, MODES, MOST_LIFE, OVER, PLAYING, SHELL, TEAMS, WEAPONS, Controls, Rules, Tank
from gameserver.games.arena.tanks import RELOAD_TICKS
from gameserver.games.arena.weapons import COOLDOWN_TICKS
from gameserver.maps import load_map
from tests.games.arena_match import FIRE_RIGHT, OPEN, ArenaMatch, drawn_map, duel, events
from tests.processes import under_two_hash_seeds

WALLED = drawn_map(
    "####################",
    "#s       ##       s#",
    "#        ##        #",
    "#        ##        #",
    "#                  #",
    "#s                s#",
    "####################",
)
TINY = load_map("tiny")[0]
TINY = attrs.evolve(TINY, objects=tuple(thing for thing in TINY.objects if thing.type != "pickup"))  # nothing makes faster
PUBLIC = part_of(EVERYONE)

BYTES_PER_CHANGE = 6.0
"""What a changed entity may cost in the public part and the owners' together, on average over a match."""
BYTES_PER_ENTITY = 17.5
"""What an entity may cost in a keyframe of the public part, at every tick of a match. It is most when there are only tanks,
with nine fields each, and drivers, with their names."""


def kill(match: ArenaMatch) -> None:
    """Player 1 fires at player 2 until he is a wreck."""
    for _ in range(120):
        match.drive({1: FIRE_RIGHT})
        if not match.tank(2).health:
            return
    pytest.fail("2 s of fire did not destroy a tank")


# -- coming and going ------------------------------------------------------------------------------------------------------
def test_each_player_has_a_tank_on_a_spawn() -> None:
    match = ArenaMatch(bots=16)
    match.drive()
    spawns = {(spawn.x, spawn.y) for spawn in match.map.objects_of("spawn")}
    places = {(tank.x, tank.y) for tank in match.game.tanks}
    assert places <= spawns
    assert len(places) == 16, "each has a spawn of his own while there are enough"


def test_a_tank_comes_far_from_its_enemies() -> None:
    """With three to choose from, never the nearest of four."""
    for seed in range(20):
        match = ArenaMatch(OPEN, bots=1, seed=seed)
        match.drive()
        match.place(1, 60.0, 60.0)
        match.join(2, 1)
        match.drive()
        assert (match.tank(2).x, match.tank(2).y) != (48.0, 48.0)


def test_where_he_comes_is_no_foregone_conclusion() -> None:
    places = set()
    for seed in range(20):
        match = ArenaMatch(OPEN, bots=1, seed=seed)
        match.drive()
        places.add((match.tank(1).x, match.tank(1).y))
    assert len(places) == 4


def test_who_leaves_takes_his_tank_and_leaves_his_shells() -> None:
    match = duel()
    match.place(2, 500.0, 112.0)
    match.drive({1: FIRE_RIGHT})
    match.leave(1)
    match.drive(ticks=10)
    assert [tank.owner for tank in match.game.tanks] == [2]
    assert [shell.owner for shell in match.game.shells] == [0]
    match.drive(ticks=40)
    assert match.tank(2).health == 75, "a shell without an owner still hits"


def test_nobody_scores_for_the_shell_of_one_who_left() -> None:
    match = duel(Rules(damage=400))
    match.drive({1: FIRE_RIGHT})
    match.leave(1)
    killed = []
    for _ in range(20):
        match.drive()
        killed += [row for name, row in events(match) if name == "Killed"]
    assert killed == [{"killer": 0, "victim": 2, "weapon": SHELL}]


def test_a_map_without_spawns_is_refused() -> None:
    with pytest.raises(GameError, match="no object of class `spawn`"):
        Simulation(Arena, tile_map=drawn_map("    ", "    ", "    ", "    "))


def test_a_spawn_in_a_wall_is_refused() -> None:
    with pytest.raises(GameError, match="in a wall"):
        Simulation(Arena, tile_map=drawn_map("s   ", "#   ", "    ", "    ", tile_size=16))


# -- driving ---------------------------------------------------------------------------------------------------------------
def test_a_tank_drives_where_its_driver_wants() -> None:
    match = duel()
    match.place(2, 60.0, 60.0)
    match.drive({1: Controls(bearing=0, throttle=2)}, ticks=30)
    tank = match.tank(1)
    assert tank.x > 200 + 24 * motion.TOP_SPEED
    assert (tank.y, tank.speed) == (112.0, motion.TOP_SPEED)


def test_the_turret_points_where_it_is_aimed() -> None:
    match = duel()
    match.drive({1: Controls(aim=513), 2: Controls(aim=1023)})
    assert (match.tank(1).aim, match.tank(2).aim) == (128, 0)


def test_tanks_do_not_drive_through_each_other() -> None:
    match = duel()
    match.place(2, 300.0, 113.0)
    match.drive({1: Controls(bearing=0, throttle=2), 2: Controls(bearing=128, throttle=2)}, ticks=15)
    left, right = match.tank(1), match.tank(2)
    assert left.x < right.x
    assert (right.x - left.x) ** 2 + (right.y - left.y) ** 2 > motion.TANK_RADIUS**2


def test_who_rams_pushes() -> None:
    match = duel()
    match.drive({1: Controls(bearing=0, throttle=2)}, ticks=60)
    assert match.tank(2).x > 310


inputs = st.builds(
    Controls,
    bearing=st.integers(0, 255),
    throttle=st.integers(0, 2),
    aim=st.integers(0, 1023),
    fire=st.booleans(),
    weapon=st.integers(0, WEAPONS - 1),
    respawn=st.booleans(),
)


@settings(max_examples=40)
@given(st.integers(0, 2**32), st.lists(st.tuples(*[inputs] * 5), min_size=10, max_size=30))
def test_whatever_they_do_nobody_gets_into_a_wall_or_too_fast(seed: int, moves: list[tuple[Controls, ...]]) -> None:
    """Five tanks on the smallest map, each move held for 4 ticks."""
    simulation = Simulation(Arena, tile_map=TINY, seed=seed)
    simulation.step([Join(player, "") for player in range(1, 6)], {})
    game = simulation.game
    assert isinstance(game, Arena)
    before: dict[int, tuple[float, float]] = {}
    for move in moves * 2:
        for _ in range(4):
            simulation.step([], dict(enumerate(move, start=1)))
            for tank in game.tanks:
                assert not TINY.blocked(tank.x, tank.y, motion.TANK_HALF)
                assert abs(tank.speed) <= motion.TOP_SPEED
                x, y = before.get(tank.id, (tank.x, tank.y))
                far = max(abs(tank.x - x), abs(tank.y - y)) / motion.QUANTUM
                assert far <= 127, "with all pushes a tick's way fits one byte"
            before = {tank.id: (tank.x, tank.y) for tank in game.tanks}
            for shell in game.shells:
                assert not TINY.solid_at(*TINY.tile_at(shell.x, shell.y))
            assert sum(driver.kills for driver in game.players.values()) == sum(d.deaths for d in game.players.values())


# -- shooting --------------------------------------------------------------------------------------------------------------
def test_a_hit_costs_health() -> None:
    match = duel()
    hits = []
    for _ in range(15):
        match.drive({1: FIRE_RIGHT} if match.tick < 3 else {})
        hits += [row for name, row in events(match) if name == "Hit"]
    assert match.tank(2).health == 75
    assert len(hits) == 1 and hits[0]["victim"] == 2
    assert (hits[0]["x"] - 300) ** 2 + (hits[0]["y"] - 112) ** 2 <= (motion.HIT_RADIUS + 2) ** 2


def test_a_shell_does_not_hit_who_fired_it() -> None:
    match = duel()
    match.drive({1: Controls(aim=256, fire=True)}, ticks=90)
    assert match.tank(1).health == 100


def test_the_magazine_empties_and_fills() -> None:
    match = duel()
    match.place(2, 48.0, 176.0)
    fired, ammo = [], []
    for tick in range(140):
        before = match.tank(1).ammo
        match.drive({1: FIRE_RIGHT})
        ammo.append(match.tank(1).ammo)
        if match.tank(1).ready_tick == match.tick + COOLDOWN_TICKS[SHELL]:
            fired.append(tick)
        assert 0 <= match.tank(1).ammo <= before + 1
    gaps = [later - earlier for earlier, later in itertools.pairwise(fired)]
    assert gaps[: MAGAZINE - 1] == [COOLDOWN_TICKS[SHELL]] * (MAGAZINE - 1)
    assert gaps[-3:] == [RELOAD_TICKS] * 3, "held down, in the end it fires as fast as it loads"
    assert min(ammo) == 0
    match.drive(ticks=MAGAZINE * RELOAD_TICKS)
    assert match.tank(1).ammo == MAGAZINE


def test_a_shell_lives_two_seconds_at_most() -> None:
    long = drawn_map("s" + " " * 60, *[" " * 61] * 3)
    match = ArenaMatch(long, bots=1)
    match.drive()
    match.drive({1: Controls(aim=0, fire=True)})
    for lived in range(1, 2 * MOST_LIFE):
        match.drive()
        if not len(match.game.shells):
            assert lived == MOST_LIFE == 2 * Arena.tick_rate
            return
    pytest.fail("the shell flies for ever")


@settings(max_examples=60)
@given(st.integers(0, 1023), st.integers(60, 260), st.integers(45, 180))
def test_shells_never_pass_walls(aim: int, x: int, y: int) -> None:
    match = ArenaMatch(WALLED, bots=1)
    match.drive()
    tank = match.place(1, float(x), float(y))
    match.drive({1: Controls(aim=aim, fire=True)})
    before = (tank.x, tank.y)
    for _ in range(MOST_LIFE + 1):
        for shell in match.game.shells:
            assert WALLED.clear_line(*before, shell.x, shell.y), f"from {before} to {(shell.x, shell.y)} there is a wall"
            before = (shell.x, shell.y)
        match.drive()
    assert not len(match.game.shells)


@settings(max_examples=60)
@given(st.integers(0, 1023), st.integers(28, 120), st.integers(-13, 13))
def test_shells_never_pass_tanks(aim: int, away: int, beside: int) -> None:
    """A tank anywhere on the straight way of a shell is hit, however the ticks fall."""
    open_map = drawn_map("s" + " " * 11, *[" " * 12] * 11)
    match = ArenaMatch(open_map, bots=2)
    match.drive()
    match.place(1, 192.0, 192.0)
    dx, dy = motion.shell_velocity(aim)
    dx, dy = dx / motion.SHELL_SPEED, dy / motion.SHELL_SPEED
    match.place(2, 192.0 + away * dx - beside * dy, 192.0 + away * dy + beside * dx)
    match.drive({1: Controls(aim=aim, fire=True)})
    match.drive(ticks=20)
    assert match.tank(2).health == 75


def test_a_barrel_in_a_wall_shoots_at_the_wall() -> None:
    match = ArenaMatch(WALLED, bots=1)
    match.drive()
    match.place(1, 9 * 32 - motion.TANK_HALF, 64.0)
    match.drive({1: Controls(aim=0, fire=True)})
    assert not len(match.game.shells)
    assert [row["victim"] for name, row in events(match) if name == "Hit"] == [0]


def test_who_touches_another_cannot_miss_him() -> None:
    match = duel()
    match.place(2, 226.0, 112.0)
    match.drive({1: FIRE_RIGHT, 2: Controls(aim=512, fire=True)})
    assert (match.tank(1).health, match.tank(2).health) == (75, 75)


def test_who_is_shot_at_that_moment_still_fires() -> None:
    match = duel(Rules(damage=400))
    match.place(2, 226.0, 112.0)
    match.drive({1: FIRE_RIGHT, 2: Controls(aim=512, fire=True)})
    assert (match.driver(1).kills, match.driver(2).kills) == (1, 1)


# -- dying and coming back -------------------------------------------------------------------------------------------------
def test_death_counts_for_both() -> None:
    match = duel()
    kill(match)
    assert ("Killed", {"killer": 1, "victim": 2, "weapon": SHELL}) in events(match)
    one, two = match.driver(1), match.driver(2)
    assert (one.kills, one.deaths, one.score) == (1, 0, 1)
    assert (two.kills, two.deaths, two.score) == (0, 1, 0)


def test_kills_are_told_reliably_and_hits_are_not() -> None:
    match = duel()
    kill(match)
    told = {Arena.schema.events[emitted.kind].name: emitted.reliable for emitted in match.simulation.emitted}
    assert told == {"Hit": False, "Killed": True}


def test_a_wreck_does_nothing_and_stops_nothing() -> None:
    match = duel()
    kill(match)
    wreck = match.tank(2)
    place = wreck.x, wreck.y
    match.place(1, 250.0, 112.0)
    match.drive({1: Controls(bearing=0, throttle=2), 2: Controls(bearing=0, throttle=2, fire=True)}, ticks=25)
    assert (wreck.x, wreck.y) == place
    assert match.tank(1).x > 320, "one drives over it"
    assert all(shell.owner == 1 for shell in match.game.shells)


def test_a_wreck_comes_back_after_three_seconds() -> None:
    match = duel()
    kill(match)
    wreck = match.tank(2).id
    match.drive(ticks=89)
    assert match.tank(2).health == 0
    match.drive()
    assert match.tank(2).health == 100
    assert match.tank(2).ammo == MAGAZINE
    assert match.tank(2).id != wreck, "it is another tank, so that no client draws it as flying there"


def test_a_press_brings_it_back_after_one_second() -> None:
    match = duel()
    kill(match)
    match.drive({2: Controls(respawn=True)}, ticks=29)
    assert match.tank(2).health == 0
    match.drive({2: Controls(respawn=True)})
    assert match.tank(2).health == 100


def test_the_living_cannot_respawn() -> None:
    match = duel()
    before = match.tank(1).id
    match.drive({1: Controls(respawn=True)})
    assert match.tank(1).id == before


# -- the end ---------------------------------------------------------------------------------------------------------------
def test_the_score_limit_ends_the_match() -> None:
    match = duel(Rules(score_limit=1))
    assert match.game.match.score_limit == 1
    kill(match)
    result = match.simulation.result
    assert result is not None
    assert (result.winners, dict(result.scores)) == ((1,), {1: 1, 2: 0})
    assert match.game.match.phase == OVER


def test_two_who_reach_the_limit_together_share_the_victory() -> None:
    match = duel(Rules(score_limit=1, damage=400))
    match.place(2, 226.0, 112.0)
    match.drive({1: FIRE_RIGHT, 2: Controls(aim=512, fire=True)})
    result = match.simulation.result
    assert result is not None
    assert result.winners == (1, 2)


def test_after_the_end_nobody_is_hurt() -> None:
    match = duel(Rules(score_limit=1))
    kill(match)
    match.drive({1: FIRE_RIGHT, 2: FIRE_RIGHT}, ticks=100)
    assert not len(match.game.shells)
    assert match.driver(1).kills == 1


def test_without_a_limit_it_goes_on() -> None:
    match = duel(Rules(damage=400))
    kill(match)
    assert match.simulation.result is None


# -- secrets ---------------------------------------------------------------------------------------------------------------
def test_nobody_sees_what_is_in_another_ones_magazine() -> None:
    match = ArenaMatch(bots=4)
    hidden = [field.name for field in Tank.layout.fields if field.audience == "owner"]
    assert hidden == ["speed", "ammo", "ready_tick", "reload_tick", "spreads", "mines", "rails", "respawn_tick"]
    for _ in range(200):
        match.step()
        for player, seat in match.seats.items():
            assert set(seat.replica.parts) <= {PUBLIC, part_of(owner(player))}
            for tank in seat.replica.all(Tank):
                seen = [name for name in hidden if hasattr(tank, name)]
                assert seen == (hidden if tank.owner == player else [])


def test_replicas_show_what_there_is() -> None:
    match = ArenaMatch(bots=4)
    for _ in range(200):
        match.step()
    for player, seat in match.seats.items():
        seen = {tank.owner: tank for tank in seat.replica.all(Tank)}
        assert list(seen) == [tank.owner for tank in sorted(match.game.tanks, key=lambda tank: tank.id)]
        for tank in match.game.tanks:
            for name in ("id", "x", "y", "heading", "aim", "health"):
                assert getattr(seen[tank.owner], name) == getattr(tank, name)
        assert seen[player].ammo == match.tank(player).ammo
        assert seat.replica.crcs_checked > 0


# -- determinism -----------------------------------------------------------------------------------------------------------
SHELVED = drawn_map(
    "########################",
    "#1     h        h     2#",
    "#      #        #      #",
    "#f a       v        a g#",
    "#                      #",
    "#1     h        h     2#",
    "########################",
    modes="all, teams, flags",
)
"""Everything that a map can have, and short ways to it."""


def hash_after(seed: int, ticks: int, mode: str = "all") -> int:
    """Of a match in which all weapons are fired, by drivers who see the others late."""
    match = ArenaMatch(SHELVED, bots=6, seed=seed, rules=Rules(mode=mode, time_limit=5))
    for _ in range(ticks):
        match.simulation.step(match.take_commands(), match.act(), None, match.views())
        match.show()
    return match.simulation.world.hash()


def test_same_seed_same_match() -> None:
    assert hash_after(3, 300) == hash_after(3, 300)


def test_other_views_other_match(monkeypatch: pytest.MonkeyPatch) -> None:
    """How far back they saw is an input like any other."""
    seen = hash_after(3, 120)
    monkeypatch.setattr(ArenaMatch, "views", lambda match: {})
    assert hash_after(3, 120) != seen


def test_other_seed_other_match() -> None:
    assert hash_after(3, 60) != hash_after(4, 60)


def test_processes_agree_whatever_their_hash_seed() -> None:
    code = """
from tests.games.test_arena import hash_after
print([hash_after(5, 200, mode) for mode in ("all", "teams", "flags")])
"""
    assert under_two_hash_seeds(code) == [str([hash_after(5, 200, mode) for mode in MODES])] * 2


@pytest.mark.parametrize("mode", MODES)
def test_a_copy_goes_on_alike_from_every_tick(mode: str) -> None:
    """All state is in the world: a room restored from bytes at any tick makes the same next step."""
    damage = 30 if mode == "flags" else 100  # else nobody gets home with a flag
    rules = Rules(mode=mode, time_limit=12, ready_up=mode == "teams", friendly_fire=mode == "all", idle_seconds=3, damage=damage)
    match = ArenaMatch(SHELVED, bots=8, seed=3, rules=rules)
    twin = Simulation(Arena, options=rules, tile_map=SHELVED, seed=999)
    happened: set[str] = set()
    phases = set()
    for tick in range(900):
        if tick == 150:
            match.leave(3)
        if tick == 170:
            match.join(9, 9, bot=True)
        if tick in (10, 15):
            for player in match.seats:
                match.call(player, "ready", 1)
        if tick == 100:
            match.command(Connected(4, False))
        commands, inputs_now, views = match.take_commands(), match.act(), match.views()
        twin.restore(match.simulation.encode())
        match.simulation.step(commands, inputs_now, None, views)
        twin.step(commands, inputs_now, None, views)
        assert twin.world.hash() == match.simulation.world.hash(), {
            name: (mine, twin.world.sub_hashes()[name]) for name, mine in match.simulation.world.sub_hashes().items()
        }
        assert twin.emitted == match.simulation.emitted
        assert twin.kicked == match.simulation.kicked
        happened |= {name for name, _ in events(match)}
        phases.add(match.game.match.phase)
        match.show()
    assert happened >= {"Hit", "Exploded", "Railed", "Taken", "Killed", "RoundStarted", "RoundEnded"}
    assert ("FlagMoved" in happened) == (mode == "flags")
    assert phases >= {PLAYING, OVER}


def test_ids_stay_small_and_rest() -> None:
    """A small id is a short one on the wire; and an id that somebody may still speak of is not given away."""
    match = ArenaMatch(bots=8)
    gone: dict[int, int] = {}
    before: set[int] = set()
    for _ in range(600):
        match.step()
        now = set(match.simulation.world.entities)
        for number in sorted(now - before):
            assert match.tick - gone.get(number, -10_000) >= ID_REST_SECONDS * Arena.tick_rate, f"id {number} came back at once"
        for number in before - now:
            gone[number] = match.tick
        before = now
    assert max(gone) < 256


# -- bytes -----------------------------------------------------------------------------------------------------------------
def changed_values(data: bytes) -> list[int]:
    """What a fragment says of changed entities: its fifth element."""
    fragment = msgpack.unpackb(data)
    assert isinstance(fragment[4], list)
    return fragment[4]


def packed(values: list[int]) -> int:
    return sum(len(msgpack.packb(value)) for value in values)


@pytest.mark.parametrize("mode", [None, *MODES])
def test_what_a_match_costs_on_the_wire(mode: str | None) -> None:
    """From one tick to the next, over 20 s of eight bots, all parts together; without a mode on the field, with shells only."""
    match = ArenaMatch(bots=8) if mode is None else ArenaMatch(SHELVED, bots=8, rules=Rules(mode=mode))
    parts = Parts(Arena.schema)
    viewer = Viewer()
    wanted = [PUBLIC, *(part_of(team(side)) for side in TEAMS), *(part_of(owner(player)) for player in range(1, 9))]
    size = count = 0
    keyframes = []
    before: dict[int, dict[int, tuple[int, tuple[object, ...]]]] = {}
    for _ in range(600):
        match.simulation.step(match.take_commands(), match.think() if mode is None else match.act())
        match.show()
        contents = match.simulation.contents()
        parts.commit(match.tick, contents)
        draft = parts.draft(viewer, tuple(wanted))
        viewer.commit(draft)
        size += sum(packed(changed_values(fragment)) for fragment in draft.fragments)
        for part, records in contents.items():
            olds = before.get(part, {})
            count += sum(number in olds and olds[number][1] != record[1] for number, record in records.items())
        before = {part: dict(records) for part, records in contents.items()}
        keyframes.append(len(parts.fragment(PUBLIC, None)) / len(contents[PUBLIC]))
    assert count > 8 * 500
    assert size / count <= BYTES_PER_CHANGE, f"{size / count:.2f} B for each of {count} changed entities"
    assert mode or max(keyframes) <= BYTES_PER_ENTITY, f"{max(keyframes):.2f} B for each entity of a keyframe, whole fragment"
    average = sum(match.snapshots) / len(match.snapshots)
    assert average < 220, f"{average:.0f} B for each snapshot, head and all"


def test_an_unchanged_world_costs_nothing() -> None:
    match = ArenaMatch(bots=8)
    match.drive(ticks=30)
    parts = Parts(Arena.schema)
    viewer = Viewer()
    wanted = [PUBLIC, part_of(owner(1))]
    parts.commit(match.tick, match.simulation.contents())
    viewer.commit(parts.draft(viewer, tuple(wanted)))
    for _ in range(3):
        match.drive()
        parts.commit(match.tick, match.simulation.contents())
        draft = parts.draft(viewer, tuple(wanted))
        viewer.commit(draft)
        assert draft.fragments == [], f"{sum(map(len, draft.fragments))} B though nobody moved"


def test_masks_are_one_byte() -> None:
    """Only what never changes, or once in a tank's life, lies beyond the first seven fields of a form."""
    beyond = set()
    for layout in Arena.schema.kinds:
        public, _, all_of_it = layout.cuts
        names = [field.name for field in layout.fields]
        if layout.name != "Driver":
            beyond |= {*names[7:public], *names[public + 7 : all_of_it]}
    assert beyond == {"owner", "team", "respawn_tick", "time_limit", "mode"}

"""The arena's movement exists twice, in Python and in JavaScript: both come to the same integers, for as long as a match lasts."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs
import pytest

from gameserver import Rng, TileMap
from gameserver.core.simulation import Join, Simulation
from gameserver.games.arena import Arena, motion
from gameserver.games.arena.motion import QUANTUM
from gameserver.games.arena.pickups import FAST_SECONDS
from gameserver.games.arena.state import OVER, SPEED, WEAPONS, Controls, Tank
from gameserver.maps import load_map
from tests.games import make_arena_vectors
from tests.sizes import sized
from tests.tools import require_tool

if TYPE_CHECKING:
    from collections.abc import Iterator

BROWSER: Final = Path(__file__).parents[2] / "clients" / "browser"
PLAYER: Final = 1
MINUTES: Final = sized(10, 6)
TICKS: Final = MINUTES * 60 * Arena.tick_rate


@pytest.mark.parametrize("name", ["motion.json", "ground.json"])
def test_the_vectors_are_up_to_date(name: str) -> None:
    folder, made = make_arena_vectors.FOLDER, make_arena_vectors.files()
    assert set(made) == {path.name for path in folder.iterdir()}
    assert (folder / name).read_text(encoding="utf-8") == made[name], (
        "run python -m tests.games.make_arena_vectors, and look at the change"
    )


# -- minutes -------------------------------------------------------------------------------------------------------------------
@attrs.define
class Story:
    """What a browser is told of a match, and what the server says of every tick. arena_twin.js describes the parts."""

    map: str
    fast_ticks: int
    inputs: list[list[int]] = attrs.field(factory=list)
    told: dict[int, list[list[int] | None]] = attrs.field(factory=dict)
    pickups: dict[int, list[list[int]]] = attrs.field(factory=dict)
    mute: list[int] = attrs.field(factory=list)
    truth: list[list[int] | None] = attrs.field(factory=list)

    births: int = 0
    deaths: int = 0
    finds: int = 0
    """Pickups that made fast."""
    bumps: int = 0
    """Ticks in which a wall took all the speed."""
    shots: int = 0


def driver(rng: Rng, tile_map: TileMap, tank: Tank | None, holds: Controls, goal: tuple[int, int]) -> Controls:
    """Half of the time towards a goal on the map, round all walls, else anywhere: into walls, back and forth, to a stop."""
    if rng.chance(0.08):
        throttle = rng.choice((0, 1, motion.FULL_THROTTLE, motion.FULL_THROTTLE, motion.FULL_THROTTLE))
        fire = rng.chance(0.5)
        return Controls(bearing=rng.integer(0, 255), throttle=throttle, fire=fire, weapon=rng.integer(0, WEAPONS - 1))
    if tank is None or rng.chance(0.5):
        return holds
    next_tile = tile_map.flow_field(*goal).next(*tile_map.tile_at(tank.x, tank.y))
    if next_tile is None:
        return holds
    x, y = tile_map.centre(*next_tile)
    bearing = motion.aim_at(x - tank.x, y - tank.y) >> 2
    return Controls(bearing=bearing, throttle=motion.FULL_THROTTLE, fire=holds.fire, weapon=holds.weapon)


def tell(name: str, seed: int, ticks: int = TICKS) -> Story:
    """Minutes of one tank alone: rounds end meanwhile, and now and then it is destroyed."""
    tile_map, data = load_map(name)
    simulation = Simulation(Arena, tile_map=tile_map, seed=seed)
    game = simulation.game
    assert isinstance(game, Arena)
    rng = Rng(seed)
    story = Story(data.hex(), game.ticks(FAST_SECONDS))
    goals = [tile_map.tile_at(place.x, place.y) for place, kind in game.ground.pickups if kind == SPEED]
    holds, goal = Controls(), rng.choice(goals)
    tank: Tank | None = None
    lying: list[list[int]] = []
    for tick in range(1, ticks + 1):
        if rng.chance(0.005):
            goal = rng.choice(goals)
        holds = driver(rng, tile_map, tank, holds, goal)
        if tank is not None and rng.chance(1 / 1500):  # what a blow does that destroys it
            tank.health, tank.speed, tank.respawn_tick = 0, 0.0, tick + game.respawn_ticks
            simulation.world.quantise()
        before, phase, stores = tank, game.match.phase, None if tank is None else _gun(tank)
        simulation.step([Join(PLAYER, "one")] if tick == 1 else [], {PLAYER: holds} if tick > 1 else {})
        tank = game.tanks.owned_by(PLAYER)
        assert tank is not None
        alive = bool(tank.health)
        story.inputs.append([holds.bearing, holds.throttle, int(holds.fire), holds.weapon])
        if phase == OVER:
            story.mute.append(tick)
        now = [[_quanta(p.x), _quanta(p.y)] for p in game.pickups if p.kind == SPEED]
        made_fast = tank.fast_until == tick + story.fast_ticks
        # Laid and taken within this tick, the client never saw it.
        unseen = made_fast and not any(_near(tank, place) for place in lying)
        if now != lying:
            story.pickups[tick] = lying = now
        found = stores is not None and any(now > then for now, then in zip(_gun(tank)[3:], stores[3:], strict=True))
        if tank is not before or not alive or found or unseen:
            story.told[tick] = [_state(tank), _gun(tank)] if alive else [None, None]
        story.truth.append([*_state(tank), *_gun(tank)] if alive else None)
        story.births += tank is not before
        story.deaths += not alive and (tick - 1 not in story.told or story.told[tick - 1][0] is not None)
        story.finds += made_fast and alive
        story.shots += stores is not None and alive and tank.ready_tick != stores[1]
        story.bumps += alive and tank.speed == 0 and holds.throttle > 0
    return story


def _state(tank: Tank) -> list[int]:
    return [_quanta(tank.x), _quanta(tank.y), tank.heading, _quanta(tank.speed), tank.fast_until]


def _gun(tank: Tank) -> list[int]:
    return [tank.ammo, tank.ready_tick, tank.reload_tick, tank.spreads, tank.mines, tank.rails]


def _quanta(length: float) -> int:
    quanta = length / QUANTUM
    assert quanta == int(quanta), "the simulation rounds at the end of each tick"
    return int(quanta)


def _near(tank: Tank, place: list[int]) -> bool:
    """With room for the rounding at the end of the tick."""
    return abs(tank.x - place[0] * QUANTUM) <= 21 and abs(tank.y - place[1] * QUANTUM) <= 21


def drive_in_the_browser(story: Story, browser: Path) -> Iterator[list[int] | None]:
    given = {key: getattr(story, key) for key in ("map", "fast_ticks", "inputs", "told", "pickups", "mute")}
    command = [require_tool("node"), str(browser / "test" / "arena_twin.js")]
    finished = subprocess.run(command, input=json.dumps(given), capture_output=True, text=True, timeout=120, check=False)
    assert finished.returncode == 0, finished.stderr
    return map(json.loads, finished.stdout.splitlines())


def differing(story: Story, browser: Path = BROWSER) -> list[str]:
    """Each integer of the browser's that is not the server's, in words."""
    names = ("x", "y", "heading", "speed", "fast_until", "ammo", "ready_tick", "reload_tick", "spreads", "mines", "rails")
    wrong = []
    driven = list(drive_in_the_browser(story, browser))
    assert len(driven) == len(story.truth)
    for tick, (here, there) in enumerate(zip(story.truth, driven, strict=True), start=1):
        if here is None or there is None:
            if here is not there:
                wrong.append(f"tick {tick}: a tank here and none there")
            continue
        for name, one, other in zip(names, here, there, strict=True):
            if one != other:
                wrong.append(f"tick {tick}: {name} is {one}, in the browser {other}")
    return wrong


@pytest.mark.parametrize(("name", "seed"), [("field", 1), ("maze", 2)])
def test_minutes_of_driving_differ_in_no_integer(name: str, seed: int) -> None:
    story = tell(name, seed)
    assert len(story.truth) == TICKS
    # It went through everything that there is.
    assert 2 * story.births >= MINUTES and 4 * story.deaths >= MINUTES, "tanks were destroyed, and rounds brought new ones"
    seen = (story.finds, story.bumps, story.shots)
    assert story.finds >= MINUTES and story.bumps >= 20 * MINUTES and story.shots >= 30 * MINUTES, seen
    assert len(story.told) < TICKS / 10, "a browser that is told everything predicts nothing"
    wrong = differing(story)
    assert not wrong, f"{len(wrong)} integers differ, first:\n" + "\n".join(wrong[:10])


def test_a_constant_that_is_off_by_a_quantum_is_noticed(tmp_path: Path) -> None:
    for folder in ("arena", "test"):
        shutil.copytree(BROWSER / folder, tmp_path / folder)
    (tmp_path / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    motion_js = tmp_path / "arena" / "motion.js"
    right = motion_js.read_text(encoding="utf-8")
    story = tell("field", 1, ticks=300)
    assert not differing(story, tmp_path)
    assert right.count("TOP_SPEED = 4.5;") == 1
    motion_js.write_text(right.replace("TOP_SPEED = 4.5;", "TOP_SPEED = 4.5625;"), encoding="utf-8")
    assert differing(story, tmp_path)

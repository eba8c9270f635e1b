"""Shots are judged where their shooter saw the others, and hurt only whom they could hurt now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gameserver.games.arena import Arena, motion
from gameserver.games.arena.state import FULL_HEALTH, MOST_LIFE, RAIL, SHELL, SPREAD, Hit, Killed, Railed, Rules, Shell, Tank
from gameserver.games.arena.weapons import DAMAGE, PELLET_LIFE
from gameserver.testing import Match, Seat, drawn_map

if TYPE_CHECKING:
    from collections.abc import Callable

OPEN = drawn_map("#" * 30, *["#" + " " * 28 + "#"] * 6, "#s" + " " * 26 + "s#", *["#" + " " * 28 + "#"] * 6, "#" * 30)
SOUTH = 64
AT = (480.0, 240.0)
"""Where the shooter stands."""


class Scene:
    """Ann stands still; bob, on her right, drives south at full speed, or stands as well."""

    def __init__(self, *, away: float = 200.0, sees_back: float = 0.0, drives: bool = True, rules: Rules | None = None) -> None:
        self.match = Match(Arena, map=OPEN, seed=4, options=rules)
        self.ann: Seat = self.match.join("ann", sees_back=sees_back)
        self.bob: Seat = self.match.join("bob")
        self.match.step()
        self.put(self.ann, *AT)
        self.put(self.bob, AT[0] + away, AT[1] - 60.0 if drives else AT[1])
        self.places: dict[int, tuple[float, float]] = {}
        if drives:
            self.bob.hold(bearing=SOUTH, throttle=2)
        for _ in range(20):
            self.step()

    def tank(self, seat: Seat) -> Tank:
        tank = self.match.game.tanks.owned_by(seat.player)
        assert tank is not None, "everyone has one"
        return tank

    def put(self, seat: Seat, x: float, y: float) -> None:
        tank = self.tank(seat)
        tank.x, tank.y, tank.heading, tank.speed, tank.safe_until = x, y, SOUTH, 0.0, 0

    def step(self) -> None:
        self.match.step()
        bob = self.tank(self.bob)
        self.places[self.match.tick] = bob.x, bob.y

    def drawn(self, back: float) -> tuple[float, float]:
        """Where bob is on ann's screen in the coming tick."""
        view = self.match.tick + 1 - back
        tick, part = int(view), view % 1
        (x0, y0), (x1, y1) = self.places[tick], self.places[tick + 1 if part else tick]
        return x0 + (x1 - x0) * part, y0 + (y1 - y0) * part

    def fire(self, at: tuple[float, float], weapon: int = RAIL) -> None:
        self.ann.hold(aim=motion.aim_at(at[0] - AT[0], at[1] - AT[1]), weapon=weapon)
        self.ann.press(fire=True)
        self.step()

    @property
    def harm(self) -> int:
        """What bob has lost."""
        return FULL_HEALTH - self.tank(self.bob).health


# -- rails -------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("back", [1.0, 2.5, 4.25, 6.0, 7.5])
def test_a_rail_hits_what_its_driver_aims_at(back: float) -> None:
    scene = Scene(sees_back=back)
    at = scene.drawn(back)
    scene.fire(at)
    assert scene.harm == DAMAGE[RAIL]
    (ray,) = scene.match.events(Railed)
    assert (ray.x1 - at[0]) ** 2 + (ray.y1 - at[1]) ** 2 <= (motion.HIT_RADIUS + 2) ** 2, "it ends where the target was seen"


def test_it_misses_where_the_target_is_but_was_not_seen() -> None:
    scene = Scene(sees_back=6.0)
    bob = scene.tank(scene.bob)
    scene.fire((bob.x, bob.y + motion.TOP_SPEED))
    assert scene.harm == 0


def test_without_delay_it_is_judged_now() -> None:
    """As bots shoot."""
    scene = Scene()
    scene.fire(scene.drawn(6.0))
    assert scene.harm == 0
    scene = Scene()
    bob = scene.tank(scene.bob)
    scene.fire((bob.x, bob.y + motion.TOP_SPEED))
    assert scene.harm == DAMAGE[RAIL]


def vanish(scene: Scene) -> None:
    """He is a wreck, and will be for a while."""
    tank = scene.tank(scene.bob)
    tank.health, tank.respawn_tick = 0, scene.match.tick + 90


def come_back(scene: Scene) -> None:
    """Bob has a new tank, far away, as after a death."""
    old = scene.tank(scene.bob)
    scene.match.game.tanks.remove(old)
    scene.match.game.tanks.add(Tank(x=48.0, y=48.0, heading=0, aim=0, owner=scene.bob.player))


def be_moved(scene: Scene) -> None:
    scene.tank(scene.bob).x += 100.0


def be_safe(scene: Scene) -> None:
    scene.tank(scene.bob).safe_until = scene.match.tick + 30


@pytest.mark.parametrize("happen", [vanish, come_back, be_moved, be_safe])
def test_nobody_is_hurt_who_cannot_be_any_more(happen: Callable[[Scene], None]) -> None:
    """Dead, with a new tank, put elsewhere, protected: all judged as things are now."""
    scene = Scene(sees_back=6.0, drives=False)
    at = scene.drawn(6.0)
    happen(scene)
    before = scene.tank(scene.bob).health
    scene.fire(at)
    assert scene.tank(scene.bob).health == before
    assert not scene.match.events(Killed)


def test_a_mate_is_spared_who_is_one_now() -> None:
    scene = Scene(sees_back=6.0, drives=False)
    at = scene.drawn(6.0)
    for seat in (scene.ann, scene.bob):
        scene.tank(seat).team = 1
    scene.fire(at)
    assert scene.harm == 0


# -- shells ------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("back", "ticks"), [(0.0, 0), (0.9, 0), (1.0, 1), (5.5, 5), (7.5, 7)])
@pytest.mark.parametrize(("weapon", "life"), [(SHELL, MOST_LIFE), (SPREAD, PELLET_LIFE)])
def test_a_shell_is_where_it_would_be_on_the_shooters_screen(back: float, ticks: int, weapon: int, life: int) -> None:
    """He sees it leave the barrel at once, and everybody else is so many ticks behind there."""
    scene = Scene(sees_back=back)
    scene.fire((AT[0] - 100.0, AT[1]), weapon)  # away from bob
    shells = list(scene.match.game.shells)
    assert len(shells) == (1 if weapon == SHELL else 5)
    for shell in shells:
        far = motion.MUZZLE_TICKS + ticks
        assert (shell.x, shell.y) == pytest.approx((AT[0] + far * shell.step_x, AT[1] + far * shell.step_y), abs=1 / 16)
        assert shell.life == life - ticks


def met(scene: Scene, back: float) -> tuple[float, float]:
    """Where a shell that is fired in the coming tick meets bob on ann's screen, if he drives on as he does."""
    x, start = scene.drawn(back)
    y = start
    for _ in range(5):
        ticks = ((x - AT[0]) ** 2 + (y - AT[1]) ** 2) ** 0.5 / motion.SHELL_SPEED - motion.MUZZLE_TICKS
        y = start + motion.TOP_SPEED * ticks
    return x, y


@pytest.mark.parametrize("back", [4.0, 7.0])
def test_a_shell_hits_at_once_whom_it_meets_on_the_way_to_the_present(back: float) -> None:
    scene = Scene(away=44.0, sees_back=back)
    scene.put(scene.bob, AT[0] + 44.0, AT[1] - 60.0)
    scene.places.clear()
    for _ in range(14):
        scene.step()
    scene.fire(met(scene, back), SHELL)
    (hit,) = scene.match.events(Hit)
    assert (hit.victim, scene.harm) == (scene.bob.player, DAMAGE[SHELL])
    assert not len(scene.match.game.shells)


@pytest.mark.parametrize("back", [1.0, 3.0, 7.5])
def test_a_shell_flies_on_in_the_present(back: float) -> None:
    """On her screen it meets him some ticks later; by then the present is what she saw coming."""
    scene = Scene(away=150.0, sees_back=back)
    scene.fire(met(scene, back), SHELL)
    assert scene.harm == 0
    scene.match.until(lambda: scene.match.events(Hit), seconds=3)
    assert scene.harm == DAMAGE[SHELL]


def test_a_wall_stops_it_on_the_way_to_the_present() -> None:
    scene = Scene(sees_back=7.5)
    scene.put(scene.ann, 60.0, 240.0)
    scene.ann.hold(aim=512, weapon=SHELL)
    scene.ann.press(fire=True)
    scene.step()
    assert not list(scene.match.game.shells)
    assert [hit.victim for hit in scene.match.events(Hit)] == [0]
    assert scene.match.simulation.world.by_kind[Shell] == {}

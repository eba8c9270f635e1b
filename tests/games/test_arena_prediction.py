"""A browser predicts its own tank over matches that it is shown as a client is: by snapshots, and six ticks behind its inputs."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gameserver import EVERYONE, Rng, owner, team
from gameserver.core import wire
from gameserver.core.audience import part_of
from gameserver.core.limits import INPUT_HOLD_SECONDS
from gameserver.core.messages import Welcome
from gameserver.core.parts import Parts, Viewer
from gameserver.core.simulation import Join
from gameserver.games.arena import Arena, motion
from gameserver.games.arena.state import SPEED, Controls
from gameserver.maps import load_map
from tests.games.arena_match import ArenaMatch
from tests.games.test_arena_twin import driver
from tests.tools import require_tool

if TYPE_CHECKING:
    from gameserver import PlayerId

BROWSER: Final = Path(__file__).parents[2] / "clients" / "browser"
ME: Final = 1
LEAD: Final = 6
"""Ticks from the newest snapshot to the input that is being sent, on a line of about 150 ms."""

HOLD_TICKS: Final = round(INPUT_HOLD_SECONDS * Arena.tick_rate)


class Watched:
    """A match, and what player 1's client gets of it."""

    def __init__(self, name: str, *, bots: int, seed: int) -> None:
        tile_map, data = load_map(name)
        self.match = ArenaMatch(tile_map, bots=bots, seed=seed)
        self.surprises = 0
        """Pickups that made the tank fast and of which its client could not know: laid and taken in the same tick."""
        if not bots:
            self.match.command(Join(ME, "one"))
        self._parts = Parts(Arena.schema)
        self._viewer = Viewer()
        welcome = Welcome(
            player=ME, resume=None, tick_rate=Arena.tick_rate, schema=Arena.schema.to_wire(),
            map=(name, tile_map.sha256, data), options=(), epoch=0,
        )  # fmt: skip
        self.given: dict[str, Any] = {
            "welcome": wire.encode_server(welcome).hex(),
            "player": ME,
            "lead": LEAD,
            "inputs": {},
            "frames": [],
            "truth": {},
            "fired": [],
        }

    def step(self, inputs: dict[PlayerId, Controls], *, shown: bool = True, sent: Controls | None = None) -> None:
        """One tick. `sent`: what the client says that it holds, if its input comes too late for the server to hold it too."""
        match, simulation = self.match, self.match.simulation
        before = match.game.tanks.owned_by(ME)
        ready = before.ready_tick if before is not None else 0
        fast_until = before.fast_until if before is not None else 0
        lying = [(pickup.x, pickup.y) for pickup in match.game.pickups if pickup.kind == SPEED]
        simulation.step(match.take_commands(), inputs if match.tick else {})
        match.show()
        tick, tank = match.tick, match.tank(ME)
        if ME in inputs:
            self.given["inputs"][tick] = list(Arena.inputs.layout.pack(sent or inputs[ME]))
        if tank.health:
            self.given["truth"][tick] = [tank.x, tank.y]
            if tank is before and tank.ready_tick != ready:
                self.given["fired"].append(tick)
            if tank.fast_until > fast_until and not any(abs(tank.x - x) < 21 and abs(tank.y - y) < 21 for x, y in lying):
                self.surprises += 1
        self._parts.commit(tick, simulation.contents(), {})
        if shown:
            side = match.driver(ME).team
            seen = (EVERYONE, *((team(side),) if side else ()), owner(ME))
            draft = self._parts.draft(self._viewer, tuple(part_of(audience) for audience in seen))
            control = (draft.drops, None, None, ()) if draft.drops else None
            head = wire.encode_head(0, tick, 0, None, None, control, len(draft.fragments))
            self._viewer.commit(draft)
            self.given["frames"].append((head + draft.body).hex())

    def predicted(self) -> dict[str, float]:
        """What own_tank_run.js makes of it."""
        command = [require_tool("node"), str(BROWSER / "test" / "own_tank_run.js")]
        finished = subprocess.run(command, input=json.dumps(self.given), capture_output=True, text=True, timeout=120, check=False)
        assert finished.returncode == 0, finished.stderr
        outcome: dict[str, float] = json.loads(finished.stdout)
        return outcome


class Drive:
    """Player 1 drives about, takes pickups and fires."""

    def __init__(self, match: ArenaMatch, seed: int) -> None:
        self.rng = Rng(seed)
        self._match = match
        self._goals = [match.map.tile_at(place.x, place.y) for place, kind in match.game.ground.pickups if kind == SPEED]
        self._goal = self._goals[0]
        self.holds = Controls()

    def controls(self) -> Controls:
        if self.rng.chance(0.01):
            self._goal = self.rng.choice(self._goals)
        self.holds = driver(self.rng, self._match.map, self._match.game.tanks.owned_by(ME), self.holds, self._goal)
        return self.holds


def test_alone_every_tick_is_predicted() -> None:
    """Also those of the pickups that make fast, and shots; new tanks are no wrong prediction."""
    watched = Watched("field", bots=0, seed=3)
    drive = Drive(watched.match, seed=3)
    for _ in range(3600):
        watched.step({ME: drive.controls()})
    outcome = watched.predicted()
    assert outcome["taken"] == 3600 and outcome["compared"] > 3500
    assert outcome["mispredicted"] == watched.surprises <= 3, "only a pickup that is laid under the tank cannot be known"
    assert outcome["replayed"] == (LEAD - 1) * outcome["mispredicted"]
    assert outcome["jump"] < 5, "in half a tick nothing drives further than 3.4 px"
    fired = watched.given["fired"]
    assert len(fired) > 40 and outcome["shown"] == outcome["in_time"] == len(fired)
    assert outcome["ghosts"] > 500
    assert outcome["shells"] == outcome["exact"] > 40, "a ghost begins where the server's shell does"


def test_snapshots_that_are_skipped_cost_nothing() -> None:
    watched = Watched("maze", bots=0, seed=4)
    drive = Drive(watched.match, seed=4)
    for tick in range(1, 1801):
        watched.step({ME: drive.controls()}, shown=tick % 4 == 0 and tick % 100 != 0)
    outcome = watched.predicted()
    assert outcome["taken"] == 1800 / 4 - 18 and outcome["compared"] > 400
    assert outcome["mispredicted"] == watched.surprises == 0


def test_where_the_client_says_nothing_it_assumes_what_the_server_does() -> None:
    """Levels hold for 250 ms, then everything is neutral."""
    watched = Watched("field", bots=0, seed=5)
    drive = Drive(watched.match, seed=5)
    silent = 0
    for tick in range(1, 1801):
        before = drive.holds
        now = drive.controls()
        silent = silent + 1 if tick % 60 > 40 else 0
        if silent:
            drive.holds = now = Controls(bearing=before.bearing, throttle=before.throttle) if silent <= HOLD_TICKS else Controls()
        watched.step({ME: now})
        if silent:
            del watched.given["inputs"][tick]
    outcome = watched.predicted()
    assert outcome["compared"] > 1200, "all but those ticks of the silences that the server's word came before"
    assert outcome["mispredicted"] == watched.surprises == 0


def test_an_input_that_comes_late_costs_the_ticks_that_it_misses() -> None:
    watched = Watched("field", bots=0, seed=6)
    drive = Drive(watched.match, seed=6)
    late = 0
    for _ in range(1800):
        before, now = drive.holds, drive.controls()
        if now != before and drive.rng.chance(0.2):
            late += 1
            watched.step({ME: before}, sent=now)
        else:
            watched.step({ME: now})
    outcome = watched.predicted()
    assert late > 30
    assert late / 2 < outcome["mispredicted"] - watched.surprises <= late, "one tick each, unless it moved the tank alike"
    assert outcome["replayed"] == (LEAD - 1) * outcome["mispredicted"]
    assert outcome["most"] < 20


def test_in_a_scrum_the_tank_is_near_where_it_comes_to() -> None:
    """Four others who drive at it all the time push it about: nothing of that can be known, but much of it be guessed."""
    watched = Watched("duel", bots=5, seed=1)
    drive = Drive(watched.match, seed=1)
    game, rng = watched.match.game, drive.rng
    held: dict[PlayerId, Controls] = {}
    for _ in range(1800):
        now = drive.controls()
        inputs = {ME: Controls(bearing=now.bearing, throttle=now.throttle)}
        mine = game.tanks.owned_by(ME)
        for player in range(2, 6):
            other = game.tanks.owned_by(player)
            if mine is not None and other is not None and rng.chance(0.2):
                towards = motion.aim_at(mine.x - other.x, mine.y - other.y) >> 2
                held[player] = Controls(bearing=towards + rng.integer(-20, 20) & 255, throttle=motion.FULL_THROTTLE)
            inputs[player] = held.get(player, Controls())
        watched.step(inputs)
    outcome = watched.predicted()
    assert outcome["mispredicted"] > 500, "it is pushed in most ticks, and never just as was guessed"
    assert outcome["mean"] < 3 and outcome["p95"] < 8, "driving through them, 9 and 20 px"
    assert outcome["jump"] < 10

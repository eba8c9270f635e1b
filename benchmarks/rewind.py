"""What lag compensation does: shots of a rail at a target that strafes at full speed, over lines with delay, in virtual time.

    python -m benchmarks.rewind [--shots 100] [--seeds 3]

The whole stack plays: the server with its room, two clients on simulated lines, the arena with its rails. The shooter draws the
target as docs/protocol.md says a client does, between two snapshots, and aims at what he draws. Some shooters say something else
than what they see; then what counts is by how much more than the truth they were believed.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import deque
from math import floor, inf
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

import attrs
import trio
import trio.testing
from gameclient import Client
from gameclient.delay import ViewDelay

from gameserver.core.limits import (
    MAX_INTEGER,
    REWIND_SECONDS,
    REWIND_TRUST_SECONDS,
    SUBTICKS,
)
from gameserver.core.tiled import parse_map
from gameserver.games.arena import Arena
from gameserver.games.arena.motion import aim_at
from gameserver.games.arena.state import FULL_HEALTH, MOST_RAILS, RAIL, Controls, Driver, Rules
from gameserver.guard import NoGuard
from gameserver.maps import load_map
from gameserver.net.simulated import Latency, simulated_ports
from gameserver.rooms import Rooms
from gameserver.server import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gameserver import PlayerId, Profile
    from gameserver.core.messages import Snapshot
    from gameserver.ports import Network

HOST: Final = "127.0.0.1"
PORT: Final = 8765
ROOM: Final = "range1"
SHOT_TICKS: Final = 13
"""Between two shots: soon, but so that each comes in another phase of the target's way."""
WARM_UP_SECONDS: Final = 2.0
"""Until the clocks know their lines."""


class Range(Arena):
    """An arena on which two stand apart; rails are loaded at once and hurt nobody for long."""

    name = "range"

    diary: list[tuple[int, bool, float]]
    """Of each shot: the tick, whether it hit, how many ticks back it was judged. No part of the state."""

    def setup(self, options: Rules) -> None:
        super().setup(options)
        self.diary = []

    def join(self, player: Driver, profile: Profile) -> None:
        super().join(player, profile)
        tank = self.tanks.owned_by(player.owner)
        assert tank is not None, "everyone has one"
        tank.x, tank.y = 640.0, 720.0 if player.owner == 1 else 400.0

    def step(self, inputs: Mapping[PlayerId, Controls]) -> None:
        for tank in self.tanks:
            tank.health, tank.rails, tank.safe_until = FULL_HEALTH, MOST_RAILS, 0
            tank.ready_tick = min(tank.ready_tick, self.tick - 1 + SHOT_TICKS)
        super().step(inputs)
        for tank in self.tanks:
            if tank.rails < MOST_RAILS:
                hit = any(other.health < FULL_HEALTH for other in self.tanks)
                self.diary.append((self.tick, hit, self.sees_back(tank.owner)))


def open_field() -> bytes:
    """The field without its inner walls and pickups."""
    drawn = json.loads(load_map("field")[1])
    width, height = drawn["width"], drawn["height"]
    for layer in drawn["layers"]:
        if layer["name"] == "walls":
            for place in range(width * height):
                if 0 < place % width < width - 1 and 0 < place // width < height - 1:
                    layer["data"][place] = 0
        elif layer["type"] == "objectgroup":
            layer["objects"] = [one for one in layer["objects"] if one["type"] != "pickup"]
    return json.dumps(drawn).encode()


class Screen(Client):
    """A client that draws the others between two snapshots, a delay behind the earliest of them (docs/protocol.md, section 5)."""

    def __init__(self, url: str, *, name: str, network: Network) -> None:
        super().__init__(url, game=Range.name, name=name, network=network)
        self._places: deque[tuple[int, float, float]] = deque(maxlen=64)
        """Of the other tank: tick, x, y."""
        self._delay: ViewDelay | None = None
        self._shown = -inf

    def _take_snapshot(self, snapshot: Snapshot, now: float) -> None:
        super()._take_snapshot(snapshot, now)
        self._delay = self._delay or ViewDelay(self.tick_rate)
        self._delay.arrived(snapshot.tick, now, self._rate)
        tanks: list[Any] = self.replica.all("Tank")
        for tank in tanks:
            if tank.owner != self.player:
                self._places.append((snapshot.tick, tank.x, tank.y))

    async def sight_other(self) -> None:
        """Wait until the other tank is there."""
        while not self._places:
            await self.next_snapshot()

    def look(self, now: float) -> float:
        """The tick that is on the screen now."""
        assert self._delay is not None, "a snapshot has come"
        view = min(self._delay.target_tick(now), self._places[-1][0])
        self._shown = max(self._shown, floor(view * SUBTICKS) / SUBTICKS)
        return self._shown

    def drawn(self, view: float) -> tuple[float, float]:
        """Where the other tank is on the screen."""
        older = newer = self._places[0]
        for newer in self._places:
            if newer[0] >= view:
                break
            older = newer
        part = (view - older[0]) / (newer[0] - older[0]) if newer[0] > older[0] else 0.0
        return older[1] + (newer[1] - older[1]) * part, older[2] + (newer[2] - older[2]) * part

    def own(self) -> tuple[float, float]:
        """Where our own tank is."""
        tanks: list[Any] = self.replica.all("Tank")
        tank = next(tank for tank in tanks if tank.owner == self.player)
        return tank.x, tank.y


@attrs.frozen(kw_only=True)
class Trial:
    """One shooter on one line."""

    round_trip_ms: float
    jitter_ms: float = 0.0
    """Of the whole round trip, either way."""
    says: Callable[[float], float] | None = lambda view: view
    """None: he says nothing."""
    shots: int = 100
    seed: int = 1


@attrs.define
class Score:
    """What came of it."""

    shots: int = 0
    hits: int = 0
    backs_ms: list[float] = attrs.field(factory=list)
    """How far back each shot was judged."""
    gains_ms: list[float] = attrs.field(factory=list)
    """By how much that was more than what the shooter really saw."""
    clamped: int = 0

    def add(self, other: Score) -> None:
        """Put another trial's score to this one."""
        for field in attrs.fields(Score):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))

    @property
    def share(self) -> float:
        """Percent of the shots that hit."""
        return 100 * self.hits / self.shots


class Silent(Screen):
    """Says nil."""

    async def _say_inputs(self, line: Any, first_tick: int, values: tuple[int, ...]) -> None:  # noqa: ANN401 - a Line
        say = line.say

        async def without_view(message: Any) -> None:  # noqa: ANN401 - an Inputs
            await say(attrs.evolve(message, view_tick_256=None))

        await super()._say_inputs(SimpleNamespace(say=without_view), first_tick, values)  # type: ignore[arg-type] # it is one to say with


async def _shoot(screen: Screen, trial: Trial, diary: Sequence[object]) -> dict[int, float]:
    """Fire at what is drawn until there were so many shots; returns the tick of each → what was on the screen."""
    truth: dict[int, float] = {}
    pause = round(WARM_UP_SECONDS * screen.tick_rate) + random.Random(trial.seed).randrange(SHOT_TICKS)
    while len(diary) < trial.shots:
        tick = await screen.next_turn()
        view = screen.look(trio.current_time())
        if trial.says is not None:
            screen.view_tick = max(0.0, trial.says(view))
        (x, y), (own_x, own_y) = screen.drawn(view), screen.own()
        pause -= 1
        fire = pause <= 0
        if fire:
            pause = SHOT_TICKS + 2
            truth[tick] = view
        await screen.send_input(tick, Controls(aim=aim_at(x - own_x, y - own_y), fire=fire, weapon=RAIL))
    return truth


async def _strafe(client: Client, seed: int) -> None:
    """Drive to and fro for ever, never at rest."""
    rng = random.Random(seed)
    bearing, until = 0, 0
    while True:
        tick = await client.next_turn()
        tanks: list[Any] = client.replica.all("Tank")
        x = next(tank.x for tank in tanks if tank.owner == client.player)
        if tick >= until or (x < 160 and bearing) or (x > 1_120 and not bearing):
            bearing, until = 128 - bearing, tick + rng.randint(30, 90)
        await client.send_input(tick, Controls(bearing=bearing, throttle=2))


async def play(trial: Trial) -> Score:
    """Under a MockClock that jumps."""
    score = Score()
    least, spread = (trial.round_trip_ms - trial.jitter_ms) / 2e3, trial.jitter_ms / 1e3
    ports = simulated_ports(trial.seed, latency=Latency(least, spread), chunking=False)
    data = open_field()
    maps = {"field": (parse_map(data, "field.tmj"), data)}
    rooms = Rooms(ports=ports, games={Range.name: Range}, maps=maps, guard=NoGuard())
    server = Server(rooms, ports=ports)
    options = Rules(mode="all", score_limit=0, time_limit=0, idle_seconds=0)
    room = rooms.open(ROOM, Range, options=options, seed=trial.seed, keep=True)
    await server.listen(HOST, PORT)
    url = f"ws://{HOST}:{PORT}/ws/{ROOM}"
    shooter = (Silent if trial.says is None else Screen)(url, name="shooter", network=ports.network)
    target = Client(url, game=Range.name, name="target", network=ports.network)
    game: Any = room.simulation.game
    truth: dict[int, float] = {}
    joined = trio.Event()

    async def shoot(client: Client) -> None:
        joined.set()
        await shooter.sight_other()
        truth.update(await _shoot(shooter, trial, game.diary))

    async def be_shot_at() -> None:
        await joined.wait()  # the shooter is player 1
        await target.run(lambda client: _strafe(client, trial.seed))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(server.run)
        nursery.start_soon(be_shot_at)
        await shooter.run(shoot)
        nursery.cancel_scope.cancel()
    milliseconds = 1_000 / Range.tick_rate
    for tick, hit, back in game.diary[: trial.shots]:
        fired = max(stamp for stamp in truth if stamp <= tick)  # it may have come late
        score.shots += 1
        score.hits += hit
        score.backs_ms.append(round(back * milliseconds, 6))
        score.gains_ms.append(round((back - (tick - truth[fired])) * milliseconds, 6))
    score.clamped = room.counts.clamped_shots
    return score


# -- the table ---------------------------------------------------------------------------------------------------------------
TARGET_MS: Final = 100.0
JITTER_MS: Final = 10.0
TOO_FAR_MS: Final = 600.0
FORGED_MS: Final = ((0.0, 0.0), (10.0, 0.0), (20.0, 2.0), (40.0, 5.0), (60.0, 10.0), (100.0, 10.0))
"""Round trips and jitters of who lies."""
MOST_BACK_MS: Final = REWIND_SECONDS * 1e3
MOST_GAIN_MS: Final = REWIND_TRUST_SECONDS * 1e3
HIT_PERCENT: Final = 99.0
MISS_PERCENT: Final = 30.0
"""Without compensation one hits a target that happens to turn round."""


@attrs.frozen
class Row:
    """One line of the table: who shoots, on which lines, and what must come of it."""

    who: str
    lines_ms: Sequence[tuple[float, float]]
    says: Callable[[float], float] | None
    is_fine: Callable[[Score], bool]
    aim: str


def _truthful(view: float) -> float:
    return view


def _gains_little(score: Score) -> bool:
    return max(score.gains_ms) <= MOST_GAIN_MS and max(score.backs_ms) <= MOST_BACK_MS


def _is_judged_now(score: Score) -> bool:
    return max(score.backs_ms) == 0


USUAL: Final = ((TARGET_MS, JITTER_MS),)
ROWS: Final = (
    Row("says what he sees", USUAL, _truthful, lambda score: score.share >= HIT_PERCENT, f"{HIT_PERCENT:g} % hit"),
    Row("says nothing (no compensation)", USUAL, None, lambda score: score.share <= MISS_PERCENT, f"≤ {MISS_PERCENT:g} % hit"),
    Row(
        "says what he sees",
        ((TOO_FAR_MS, JITTER_MS),),
        _truthful,
        lambda score: score.share <= MISS_PERCENT and {*score.backs_ms} == {MOST_BACK_MS},
        f"{MOST_BACK_MS:g} ms back, ≤ {MISS_PERCENT:g} % hit",
    ),
    Row("says 10 s ago", FORGED_MS, lambda view: view - 10 * Range.tick_rate, _gains_little, f"gains ≤ {MOST_GAIN_MS:g} ms"),
    Row(
        "says 1 s before what he sees",
        FORGED_MS,
        lambda view: view - Range.tick_rate,
        _gains_little,
        f"gains ≤ {MOST_GAIN_MS:g} ms",
    ),
    Row("says 1 s ahead", FORGED_MS, lambda view: view + Range.tick_rate, _is_judged_now, "judged now"),
    Row("says 2^53 - 1", FORGED_MS, lambda view: MAX_INTEGER / SUBTICKS, _is_judged_now, "judged now"),
)


def score_of(row: Row, *, shots: int, seeds: int) -> Score:
    """All trials of a row together."""
    score = Score()
    for seed in range(1, seeds + 1):
        for round_trip, jitter in row.lines_ms:
            trial = Trial(round_trip_ms=round_trip, jitter_ms=jitter, says=row.says, shots=shots, seed=seed)
            score.add(trio.run(play, trial, clock=trio.testing.MockClock(autojump_threshold=0)))
    return score


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="What lag compensation does.")
    parser.add_argument("--shots", type=int, default=100, help="of each shooter on each line")
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args(arguments)
    print("| round trip, ms | the shooter | shots | hits | judged, ms back | more than he saw, ms | aim | reached |")
    print("|---|---|--:|--:|--:|--:|---|---|")
    missed = 0
    for row in ROWS:
        score = score_of(row, shots=options.shots, seeds=options.seeds)
        lines = ", ".join(f"{round_trip:g} ± {jitter:g}" for round_trip, jitter in row.lines_ms)
        backs, gains = (f"{min(values):.0f} to {max(values):.0f}" for values in (score.backs_ms, score.gains_ms))
        fine = row.is_fine(score)
        missed += not fine
        cells = (lines, row.who, score.shots, f"{score.share:.1f} %", backs, gains, row.aim, "yes" if fine else "**no**")
        print("|", " | ".join(map(str, cells)), "|", flush=True)
    print(f"{len(ROWS) - missed} of {len(ROWS)} rows reached")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

"""One match of bots that is watched from its first tick to its last: what was fired, taken and won, and what must not happen."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import attrs

from gameserver.games.arena import Arena
from gameserver.games.arena.motion import TANK_HALF
from gameserver.games.arena.state import CAPTURED, PICKUPS, PLAYING, FlagMoved, Killed, RoundEnded, Rules, Taken
from gameserver.games.arena.weapons import COOLDOWN_TICKS
from gameserver.testing import Match

if TYPE_CHECKING:
    from gameserver import PlayerId

WEAPONS: Final = ("shell", "spread", "mine", "rail")
ROUND_SECONDS: Final = 240
"""So that a match of five minutes sees a round end, whoever is how good."""
STUCK_TICKS: Final = 5 * Arena.tick_rate
STUCK_PIXELS: Final = 24.0
CAPTURE_POINTS: Final = 3
TWIN_TICKS: Final = 601
"""How often a copy from bytes, which goes beside the match, is compared with it and made anew: every 20 s, at no round number."""


@attrs.frozen(kw_only=True)
class Plan:
    """A match to play. `strengths`: one bot for each."""

    map: str
    mode: str
    seed: int
    strengths: tuple[int, ...]
    seconds: int = 300

    @property
    def command(self) -> str:
        """What plays just this match."""
        strengths = ",".join(map(str, self.strengths))
        what = f"--maps {self.map} --modes {self.mode} --seeds {self.seed} --strengths {strengths} --bots {len(self.strengths)}"
        return f"python -m tests.games.matches {what} --seconds {self.seconds}"


@attrs.define(kw_only=True)
class Outcome:
    """What came of it. `wrong`: what must not happen, in words; `points`: of the whole match, by strength."""

    plan: Plan
    fired: dict[str, int] = attrs.field(factory=lambda: dict.fromkeys(WEAPONS, 0))
    kills: dict[str, int] = attrs.field(factory=lambda: dict.fromkeys(WEAPONS, 0))
    taken: dict[str, int] = attrs.field(factory=lambda: dict.fromkeys(PICKUPS, 0))
    captures: int = 0
    rounds: int = 0
    points: dict[int, float] = attrs.field(factory=dict)
    longest_stay: float = 0.0
    cpu_seconds: float = 0.0
    wrong: list[str] = attrs.field(factory=list)


class WatchedMatch:
    """The match and those who watch it."""

    def __init__(self, plan: Plan) -> None:
        self.outcome = Outcome(plan=plan)
        rules = Rules(mode=plan.mode, time_limit=ROUND_SECONDS)
        self.match = Match(Arena, seed=plan.seed, options=rules, map=plan.map, check=TWIN_TICKS)
        for strength in plan.strengths:
            self.match.bots(1, strength=strength)
        self._points: dict[PlayerId, int] = {seat.player: 0 for seat in self.match.seats}
        self._ready: dict[int, int] = {}
        self._stays: dict[PlayerId, tuple[int, float, float, int]] = {}

    def play(self) -> Outcome:
        """From the first tick to the last."""
        begin = time.process_time()
        for _ in range(self.outcome.plan.seconds * Arena.tick_rate):
            self.step()
        self.outcome.cpu_seconds = time.process_time() - begin
        sides: dict[int, list[int]] = {}
        for player, strength in enumerate(self.outcome.plan.strengths, start=1):
            sides.setdefault(strength, []).append(self._points[player])
        self.outcome.points = {strength: sum(points) / len(points) for strength, points in sides.items()}
        return self.outcome

    def step(self) -> None:
        """One tick, and a look at it."""
        self.match.step()
        self._watch_tanks()
        self._watch_events()

    def _wrong(self, what: str) -> None:
        self.outcome.wrong.append(f"tick {self.match.tick}: {what}")

    # -- watching ----------------------------------------------------------------------------------------------------------
    def _watch_tanks(self) -> None:
        game, tick = self.match.game, self.match.tick
        for tank in game.tanks:
            if game.map.blocked(tank.x, tank.y, TANK_HALF):
                self._wrong(f"the tank of player {tank.owner} is in a wall at ({tank.x}, {tank.y})")
            if tank.ready_tick != self._ready.get(tank.id, 0):
                self._ready[tank.id] = tank.ready_tick
                if tank.ready_tick > tick:
                    self.outcome.fired[WEAPONS[COOLDOWN_TICKS.index(tank.ready_tick - tick)]] += 1
            number, x, y, since = self._stays.get(tank.owner, (0, 0.0, 0.0, 0))
            apart = (tank.x - x) * (tank.x - x) + (tank.y - y) * (tank.y - y)
            if number != tank.id or not tank.health or apart > STUCK_PIXELS * STUCK_PIXELS:
                self._stays[tank.owner] = tank.id, tank.x, tank.y, tick
                continue
            self.outcome.longest_stay = max(self.outcome.longest_stay, (tick - since) / Arena.tick_rate)
            if tick - since == STUCK_TICKS + 1:
                self._wrong(f"player {tank.owner} has stood about ({x:.0f}, {y:.0f}) for more than 5 s")

    def _watch_events(self) -> None:
        match, outcome = self.match, self.outcome
        for one in match.happened:
            event = one.event
            if isinstance(event, Killed):
                outcome.kills[WEAPONS[event.weapon]] += 1
                if match.game.match.phase == PLAYING and event.killer:
                    self._points[event.killer] += 1
            elif isinstance(event, Taken):
                outcome.taken[PICKUPS[event.kind]] += 1
            elif isinstance(event, FlagMoved) and event.what == CAPTURED:
                outcome.captures += 1
                self._points[event.player] += CAPTURE_POINTS
            elif isinstance(event, RoundEnded):
                outcome.rounds += 1
                result = match.result
                if result is None or not result.winners or set(result.scores) != set(self._points):
                    self._wrong(f"round {match.game.match.round} ended with {result}")
        match.happened.clear()  # five minutes of them are many


def play(plan: Plan) -> Outcome:
    """Play a match. Whatever it raises is what is wrong with it."""
    watched = WatchedMatch(plan)
    try:
        return watched.play()
    except Exception as error:  # a fault of the game or of a bot, whatever it is
        watched.outcome.wrong.append(f"tick {watched.match.tick}: {type(error).__name__}: {error}")
        return watched.outcome

"""The match that is measured, from the first bot to the report."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Final

import attrs

from gameserver.bench.advice import advice
from gameserver.bench.cost import WireCost
from gameserver.bench.laps import Laps, Spread
from gameserver.bench.probes import ProbedMatch
from gameserver.bench.report import HOOKS, OTHERS, BenchReport
from gameserver.core.errors import GameError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameserver.core.game import Game
    from gameserver.core.maps import TileMap
    from gameserver.core.record import Options

WARM_UP_SECONDS: Final = 1.0
"""Of game time, once everyone is in: first times are slower, and bots have yet to find each other."""
HEADS: Final = "(heads, reliable events, replies)"


@attrs.define
class _Found:
    """What a bench adds up over its matches."""

    cost: WireCost
    laps: Laps = attrs.field(factory=Laps)
    thoughts: list[int] = attrs.field(factory=list)
    frames: list[int] = attrs.field(factory=list)
    keyframes: list[int] = attrs.field(factory=list)
    states: list[int] = attrs.field(factory=list)
    entities: dict[str, list[int]] = attrs.field(factory=dict)
    ticks: int = 0
    matches: int = 0

    def look(self, match: ProbedMatch) -> None:
        """Take in one tick."""
        self.ticks += 1
        self.cost.count(match.simulation.contents(), match.drafts)
        before = sum(map(len, (draft.body for draft in match.drafts)))
        sizes = [seat.client.frames[-1] for seat in match.seats]
        self.frames += sizes
        self.cost.byte_counts[HEADS] += sum(sizes) - before
        for kind, entities in match.simulation.world.by_kind.items():
            self.entities.setdefault(kind.__name__, []).append(len(entities))
        if match.tick % match.game_type.tick_rate == 0:
            self.keyframes += (match.keyframe_bytes(seat) for seat in match.seats)
            self.states.append(len(match.simulation.encode()))


def run_bench(
    game: type[Game],
    *,
    players: int,
    seconds: float,
    seed: int = 0,
    options: Options | None = None,
    tile_map: TileMap | None = None,
    on_second: Callable[[int], None] | None = None,
) -> BenchReport:
    """Play and measure so many seconds of game time. A match that ends before that is followed by another, of the next seed.

    `on_second`: called after each second of game time, with its number. Raises GameError for a game whose match is over at once,
    and whatever the game raises.
    """
    wanted = max(1, round(seconds * game.tick_rate))
    found = _Found(WireCost(game.schema))
    gc.collect()
    while found.ticks < wanted:
        match = _begin(game, found, seed=seed + found.matches, players=players, options=options, tile_map=tile_map)
        while found.ticks < wanted and not (match.result is not None and game.closes_when_over):
            match.step()
            found.laps.end_tick()
            found.look(match)
            if on_second is not None and found.ticks % game.tick_rate == 0:
                on_second(found.ticks // game.tick_rate)
        found.thoughts += match.thoughts
    times = {stage: found.laps.spread(stage) for stage in (HOOKS | OTHERS)}
    times["brain"] = Spread.of(found.thoughts, scale=1e-3)
    snapshot, state = Spread.of(found.frames, digits=0), Spread.of(found.states, digits=0)
    warnings = advice(
        game,
        found.cost.forms.values(),
        step_microseconds=times["tick"].median,
        largest_snapshot=max(max(found.frames), max(found.keyframes, default=0)),
        largest_state=max(found.states, default=0),
    )
    share = found.ticks / game.tick_rate * players
    return BenchReport(
        game=game.name,
        players=players,
        seconds=round(found.ticks / game.tick_rate, 3),
        seed=seed,
        map=tile_map.name if tile_map is not None else "",
        matches=found.matches,
        ticks=found.ticks,
        tick_rate=game.tick_rate,
        times=times,
        snapshot=snapshot,
        keyframe=Spread.of(found.keyframes, digits=0),
        state=state,
        bytes_per_second={name: round(size / share, 1) for name, size in found.cost.byte_counts.most_common() if size},
        entities={kind: Spread.of(counts, digits=0) for kind, counts in found.entities.items()},
        warnings=tuple(warnings),
    )


def _begin(
    game: type[Game], found: _Found, *, seed: int, players: int, options: Options | None, tile_map: TileMap | None
) -> ProbedMatch:
    """A match with everyone in it, warm. Of that time only what the room's making and the joins took is kept."""
    found.laps.only = ("setup", "join")
    match = ProbedMatch(found.laps, game, seed=seed, options=options or game.options(), tile_map=tile_map)
    found.matches += 1
    found.laps.end_tick()
    match.bots(players)
    for _ in range(players + round(WARM_UP_SECONDS * game.tick_rate)):
        if match.result is not None:
            break
        match.step()
        found.laps.end_tick()
    found.laps.only = None
    if match.result is not None and game.closes_when_over:
        raise GameError(f"a match of {game.name} is over by tick {match.tick}: choose options with which it lasts longer")
    match.thoughts.clear()
    return match

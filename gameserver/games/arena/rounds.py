"""Rounds: how one starts, when it ends, who has won, and what is between two.

waiting --all ready, or the first comes--> playing --a limit is reached--> over --time, or all ready--> playing or waiting
   ^------------------------------------ the last one leaves ---------------'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gameserver import Result
from gameserver.games.arena import flags, mines, pickups, tanks, teams
from gameserver.games.arena.state import OVER, PLAYING, WAITING, RoundEnded, RoundStarted

if TYPE_CHECKING:
    from gameserver import PlayerId
    from gameserver.games.arena.game import Arena
    from gameserver.games.arena.state import Driver

COUNTDOWN_SECONDS: Final = 3.0
OVER_SECONDS: Final = 12.0
"""Time to read the scores."""
REMATCH_SECONDS: Final = 3.0
"""So long at least, however eager they are: everyone shall see who won."""
FEWEST: Final = 2
"""Players for a round that all were ready for; bots count."""


def start(game: Arena) -> None:
    """A round begins afresh: scores 0, teams even, all tanks new, nothing in flight."""
    match = game.match
    match.phase, match.round, match.starts_tick = PLAYING, match.round + 1, 0
    match.ends_tick = game.tick + game.ticks(match.time_limit) if match.time_limit else 0
    match.team1_score = match.team2_score = 0
    for driver in game.players.values():
        driver.score = driver.kills = driver.deaths = 0
        driver.ready = False  # nobody can say it again before the round is over
    teams.even(game)
    _clear(game)
    flags.plant(game)
    pickups.lay_all(game)
    for tank in game.tanks:
        game.tanks.remove(tank)
    coming = list(game.players)
    game.random.shuffle(coming)  # the first to come has all spawns to choose from, the last keeps away from all others
    for player in coming:
        tanks.spawn(game, player)
    game.emit(RoundStarted(number=match.round))


def advance(game: Arena) -> None:
    """At the end of a tick: does another phase begin?"""
    match = game.match
    if not game.players:
        _wait(game)
    elif match.phase == WAITING:
        _count_down(game)
    elif match.phase == PLAYING:
        if _decided(game):
            _end(game)
    else:
        least = match.ends_tick - game.ticks(OVER_SECONDS) + game.ticks(REMATCH_SECONDS)
        if game.tick >= match.ends_tick or (game.tick >= least and _all_ready(game)):
            if game.rules.ready_up:
                _wait(game)
            else:
                start(game)


def result(game: Arena) -> Result | None:
    """Who has won, while a round is over."""
    if game.match.phase != OVER:
        return None
    return Result(winners=_winners(game), scores={player: driver.score for player, driver in game.players.items()})


def _people(game: Arena) -> list[Driver]:
    """Those whom the others wait for."""
    return [driver for driver in game.players.values() if not driver.bot and driver.connected]


def _all_ready(game: Arena) -> bool:
    people = _people(game)
    return bool(people) and all(driver.ready for driver in people)


def _wait(game: Arena) -> None:
    match = game.match
    match.phase, match.ends_tick, match.starts_tick = WAITING, 0, 0


def _count_down(game: Arena) -> None:
    """While all are ready the countdown runs; whoever changes his mind, or comes, stops it."""
    match = game.match
    if len(game.players) < FEWEST or not all(driver.ready for driver in _people(game)):
        match.starts_tick = 0
    elif not match.starts_tick:
        match.starts_tick = game.tick + game.ticks(COUNTDOWN_SECONDS)
    elif game.tick >= match.starts_tick:
        start(game)


def _standings(game: Arena) -> dict[int, int]:
    """What decides: the points of each team, or of each driver."""
    if game.match.mode == "all":
        return {player: driver.score for player, driver in game.players.items()}
    return dict(enumerate(teams.scores(game), start=1))


def _best(game: Arena) -> list[int]:
    """Teams or drivers: all who reached the limit, for they did so in one tick, or else all with the most points."""
    standings = _standings(game)
    least = max(standings.values(), default=0)
    if game.match.score_limit:
        least = min(least, game.match.score_limit)
    return [number for number, points in standings.items() if points >= least]


def _winners(game: Arena) -> tuple[PlayerId, ...]:
    best = _best(game)
    if game.match.mode == "all":
        return tuple(best)
    return tuple(player for player, driver in game.players.items() if driver.team in best)


def _decided(game: Arena) -> bool:
    limit, ends_tick = game.match.score_limit, game.match.ends_tick
    if ends_tick and game.tick >= ends_tick:
        return True
    return limit > 0 and max(_standings(game).values(), default=0) >= limit


def _end(game: Arena) -> None:
    match = game.match
    match.phase, match.ends_tick = OVER, game.tick + game.ticks(OVER_SECONDS)
    _clear(game)
    best = _best(game)
    only = best[0] if len(best) == 1 else 0
    by_team = match.mode != "all"
    game.emit(RoundEnded(winner_team=only if by_team else 0, winner_player=0 if by_team else only))


def _clear(game: Arena) -> None:
    """Everything in flight goes, and what lies in wait."""
    for shell in game.shells:
        game.shells.remove(shell)
    mines.clear(game)

"""Sides: who comes into which team, how teams are evened, what they have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameserver.games.arena.state import TEAMS, Driver

if TYPE_CHECKING:
    from gameserver.games.arena.game import Arena


def scores(game: Arena) -> tuple[int, int]:
    """Of team 1 and team 2."""
    return game.match.team1_score, game.match.team2_score


def score(game: Arena, team: int, points: int) -> None:
    """Points for a team."""
    if team == 1:
        game.match.team1_score += points
    else:
        game.match.team2_score += points


def choose(game: Arena, newcomer: Driver) -> int:
    """The team for somebody who comes: the smaller one, of equal ones that with fewer points, else 1."""
    if game.match.mode == "all":
        return 0
    sizes = [sum(driver.team == team for driver in game.players.values() if driver is not newcomer) for team in TEAMS]
    one, two = zip(sizes, scores(game), strict=True)
    return 2 if two < one else 1


def even(game: Arena) -> None:
    """Between rounds: whoever came last to a team that has two more than the other goes over."""
    if game.match.mode == "all":
        return
    one, two = ([driver for driver in game.players.values() if driver.team == team] for team in TEAMS)
    while abs(len(one) - len(two)) >= 2:
        larger, smaller = (one, two) if len(one) > len(two) else (two, one)
        moved = larger.pop()
        moved.team = 2 if larger is one else 1
        smaller.append(moved)

"""How the bots of fleet play: strength 1 fires at random, 2 hunts and then follows up its hits, 3 counts how ships can lie.

A bot knows its own ships, all shots and what was sunk, as its player would. It is never in a hurry, and always wants a rematch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gameserver import Brain
from gameserver.games.fleet.board import BERTHS, CELLS, SHIPS, SIZE, cell_at, cells_of, random_fleet
from gameserver.games.fleet.state import BATTLE, OVER, PLACING, Ship, Shot

if TYPE_CHECKING:
    from gameserver import PlayerId, Replica

HIT_WEIGHT: Final = 50
"""For each open hit that it covers, a berth counts so many times: more than there are berths through any one cell."""


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What one has found out about the other's board.

    Attributes:
        fired: cells that were fired at.
        open_hits: hits on ships that are still afloat.
        lengths: of the ships that are still afloat.
    """

    fired: frozenset[int]
    open_hits: frozenset[int]
    lengths: tuple[int, ...]

    @staticmethod
    def from_view(view: Replica, player: PlayerId) -> Knowledge:
        """What this player sees."""
        mine = [shot for shot in view.all(Shot) if shot.owner == player]
        hits = {shot.y * SIZE + shot.x for shot in mine if shot.hit}
        lengths = list(SHIPS)
        for ship in view.all(Ship):
            if ship.owner != player and not ship.afloat:
                hits.difference_update(cells_of((ship.x, ship.y, ship.across), ship.length))
                lengths.remove(ship.length)
        return Knowledge(frozenset(shot.y * SIZE + shot.x for shot in mine), frozenset(hits), tuple(lengths))

    @property
    def untried(self) -> list[int]:
        """Cells that are left, ascending."""
        return [cell for cell in range(CELLS) if cell not in self.fired]


class FleetBrain(Brain):
    """One bot. See the module."""

    def think(self, view: Replica, player: PlayerId) -> None:
        match = view.shared()
        admirals = view.players()
        me = next((admiral for admiral in admirals if admiral.owner == player), None)
        if match is None or me is None:
            return
        if match.phase == PLACING and not me.placed:
            self.call("place", tuple(number for berth in random_fleet(self.random) for number in berth))
        elif match.phase == BATTLE and match.turn == player:
            cell = self.choose(Knowledge.from_view(view, player))
            self.call("fire", cell % SIZE, cell // SIZE)
        elif match.phase == OVER and not me.wants_rematch and len(admirals) > 1:
            self.call("rematch")

    def choose(self, known: Knowledge) -> int:
        """The cell to fire at."""
        if self.strength == 1:
            return self.random.choice(known.untried)
        return self.random.choice(_hunted(known) if self.strength == 2 else _likeliest(known))


def _hunted(known: Knowledge) -> list[int]:
    """Next to a hit, in line with two of them if there are such; else the black cells, as on every other one there is a ship."""
    beside: list[int] = []
    in_line: list[int] = []
    for cell in known.untried:
        x, y = cell % SIZE, cell // SIZE
        for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            if cell_at(x + dx, y + dy) in known.open_hits:
                beside.append(cell)
                if cell_at(x + 2 * dx, y + 2 * dy) in known.open_hits:
                    in_line.append(cell)
    black = [cell for cell in known.untried if (cell % SIZE + cell // SIZE) % 2 == 0]
    return in_line or beside or black or known.untried


def _likeliest(known: Knowledge) -> list[int]:
    """The cells that most of the berths cover in which a ship can still lie; those through open hits count for far more."""
    blocked = known.fired - known.open_hits
    scores = [0] * CELLS
    for length in known.lengths:
        for berth in BERTHS[length]:
            cells = cells_of(berth, length)
            if not blocked.isdisjoint(cells):
                continue
            weight = 1
            for cell in cells:
                if cell in known.open_hits:
                    weight *= HIT_WEIGHT
            for cell in cells:
                scores[cell] += weight
    untried = known.untried
    best = max(scores[cell] for cell in untried)
    return [cell for cell in untried if scores[cell] == best]

"""A match of fleet without a network: the simulation is stepped at the ticks in which somebody calls, or a clock runs out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gameserver.core.simulation import Called, Command, Join, Leave, Replied, Simulation
from gameserver.games.fleet import Fleet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gameserver import PlayerId
    from gameserver.core.record import Event
    from gameserver.games.fleet.board import Berth
    from gameserver.games.fleet.state import Admiral, Match, Ship, Terms

ROWS: tuple[Berth, ...] = ((0, 0, 1), (0, 2, 1), (0, 4, 1), (0, 6, 1), (0, 8, 1))
"""A fleet that lies in every second row, at the left."""
COLUMNS: tuple[Berth, ...] = ((9, 0, 0), (7, 0, 0), (5, 0, 0), (3, 0, 0), (1, 0, 0))


def numbers(fleet: Sequence[Berth]) -> tuple[int, ...]:
    """As `place` takes it."""
    return tuple(number for berth in fleet for number in berth)


class FleetMatch:
    """Two admirals, 1 and 2, in one room; time passes as the test says.

    Attributes:
        simulation: the room.
        told: every event so far, with its tick.
    """

    def __init__(self, terms: Terms | None = None, *, players: Sequence[PlayerId] = (1, 2)) -> None:
        self.simulation = Simulation(Fleet, options=terms, seed=1)
        self.told: list[tuple[int, Event]] = []
        self._number = 0
        if players:
            self.step(*(Join(player, f"p{player}") for player in players))

    # -- what happens ------------------------------------------------------------------------------------------------------
    def step(self, *commands: Command, ticks: int = 1) -> None:
        """So many ticks pass, and in the last of them this happens."""
        until = self.tick + ticks
        while (due := self.simulation.world.timers.next_tick) is not None and due < until:
            self._step(due)
        self._step(until, *commands)

    def _step(self, tick: int, *commands: Command) -> None:
        self.simulation.step(commands, {}, tick)
        layouts = self.simulation.world.schema.events
        self.told += [(tick, layouts[emitted.kind].make(emitted.row)) for emitted in self.simulation.emitted]

    def call(self, player: PlayerId, method: str, *arguments: Any, ticks: int = 1) -> Replied:  # noqa: ANN401 - plain values
        """He calls, in the next tick; returns what he is told."""
        self._number += 1
        self.step(Called(player, self._number, method, arguments), ticks=ticks)
        (reply,) = self.simulation.replied
        return reply

    def ask(self, player: PlayerId, method: str, *arguments: Any) -> Any:  # noqa: ANN401 - likewise
        """The same, where he is not told no."""
        reply = self.call(player, method, *arguments)
        assert reply.ok, reply.value
        return reply.value

    def refused(self, player: PlayerId, method: str, *arguments: Any) -> str:  # noqa: ANN401 - likewise
        """The same, where he is; returns why. Nothing has changed then."""
        before = self.simulation.world.sub_hashes()
        reply = self.call(player, method, *arguments)
        after = self.simulation.world.sub_hashes()
        assert not reply.ok
        assert {name for name in before if before[name] != after[name]} <= {"tick"}
        return str(reply.value)

    def leave(self, player: PlayerId) -> None:
        self.step(Leave(player))

    def join(self, player: PlayerId) -> None:
        self.step(Join(player, f"p{player}"))

    def begin(self, first: Sequence[Berth] = ROWS, second: Sequence[Berth] = COLUMNS) -> None:
        """Both place: the battle begins."""
        self.ask(1, "place", numbers(first))
        self.ask(2, "place", numbers(second))

    def play_out(self, winner: PlayerId) -> None:
        """The battle goes on until this one has hit everything; the other one never hits (ROWS and COLUMNS)."""
        game = self.game
        targets = [
            (ship.x + step * ship.across, ship.y + step * (not ship.across))
            for ship in game.ships
            if ship.owner != winner
            for step in range(ship.length)
        ]
        water = [(x, y) for y in (9, 7) for x in range(10)] if winner == 2 else [(x, y) for x in (0, 2) for y in range(10)]
        while self.match.phase == 2:
            x, y = targets.pop(0) if self.match.turn == winner else water.pop(0)
            self.ask(self.match.turn, "fire", x, y)

    # -- looking -----------------------------------------------------------------------------------------------------------
    @property
    def tick(self) -> int:
        return self.simulation.world.tick

    @property
    def game(self) -> Fleet:
        game = self.simulation.game
        assert isinstance(game, Fleet)
        return game

    @property
    def match(self) -> Match:
        return self.game.match

    def admiral(self, player: PlayerId) -> Admiral:
        return self.game.players[player]

    def fleet(self, player: PlayerId) -> list[Ship]:
        return [ship for ship in self.game.ships if ship.owner == player]

    def berths(self, player: PlayerId) -> tuple[Berth, ...]:
        return tuple((ship.x, ship.y, int(ship.across)) for ship in self.fleet(player))

    def of(self, kind: str) -> list[Any]:
        """All events of this name so far."""
        return [event for _, event in self.told if type(event).__name__ == kind]

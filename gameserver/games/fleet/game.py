"""The rules of fleet: who places, fires, takes too long, and wins.

Everything happens in calls, in timers, and when somebody comes or goes. What an admiral may not know about the other one's ships
never leaves the server: ships are for their owners alone until they are sunk; their ids say nothing but their place in the order
of SHIPS; and placing at random draws from dice of the admiral's own, so that no random number that others come to feel depends on
where, or how often, somebody has placed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gameserver import (
    EVERYONE,
    NOBODY,
    Audience,
    Game,
    PlayerId,
    Profile,
    Refused,
    Result,
    Rng,
    call,
    entities_of,
    integer,
    integers,
    owner,
    players_of,
    shared,
)
from gameserver.games.fleet.board import CELLS, SHIPS, SIZE, Berth, cells_of, random_fleet, what_is_wrong
from gameserver.games.fleet.brain import FleetBrain
from gameserver.games.fleet.state import (
    BATTLE,
    OVER,
    PLACING,
    WAITING,
    Admiral,
    Fired,
    Match,
    MoveLost,
    Orders,
    Ship,
    Shot,
    Sunk,
    Terms,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gameserver import Entity

LOST_MOVES: Final = 2
"""So many in a row lose the match: nobody shall wait a whole board long for somebody who has gone."""


class Fleet(Game):
    """Two admirals look for each other's ships; who sinks all of them first wins."""

    name = "fleet"
    tick_rate = 10
    max_players = 2
    inputs = Orders
    options = Terms
    events = (Fired, Sunk, MoveLost)
    ticks_on_input = True
    closes_when_over = False
    brain = FleetBrain

    players = players_of(Admiral)
    ships = entities_of(Ship)
    shots = entities_of(Shot)
    match = shared(Match)

    move_ticks: int
    place_ticks: int

    # -- hooks -------------------------------------------------------------------------------------------------------------
    def setup(self, options: Terms) -> None:
        self.move_ticks = options.move_seconds * self.tick_rate
        self.place_ticks = options.place_seconds * self.tick_rate

    def join(self, player: Admiral, profile: Profile) -> None:
        if len(self.players) == self.max_players:
            self._begin(self.random.choice(tuple(self.players)))
        else:
            self._wait()

    def leave(self, player: Admiral) -> None:
        """In the battle he loses, and the other may look at the board until somebody new comes. Before it, nothing has happened."""
        if self.match.phase == BATTLE:
            self._decide(self._other(player), player, "left")
        elif self.match.phase == PLACING:
            self._wait()

    def audience(self, entity: Entity) -> Audience:
        if not isinstance(entity, Ship) or not entity.afloat or self.match.phase == OVER:
            return EVERYONE
        return owner(entity.owner) if entity.owner else NOBODY

    def is_over(self) -> Result | None:
        if self.match.phase != OVER:
            return None
        return Result(winners=(self.match.winner,), scores={self.match.winner: 1, self.match.loser: 0})

    # -- what admirals do --------------------------------------------------------------------------------------------------
    @call
    def place(self, player: Admiral, ships: tuple[int, ...] = integers(0, SIZE - 1, most=3 * len(SHIPS))) -> None:
        """Place all ships: x, y and 1 for across or 0 for down, of each in the order of SHIPS. As often as he likes until the
        battle begins, which it does when both have placed.
        """
        self._need_phase(PLACING)
        if len(ships) != 3 * len(SHIPS):
            raise Refused(f"a fleet has {len(SHIPS)} ships of 3 numbers each (x, y, across): {3 * len(SHIPS)}, not {len(ships)}")
        fleet = [(ships[at], ships[at + 1], ships[at + 2]) for at in range(0, len(ships), 3)]
        wrong = what_is_wrong(fleet)
        if wrong is not None:
            raise Refused(wrong)
        self._put(player, fleet)

    @call
    def place_at_random(self, player: Admiral) -> None:
        """The same, somewhere."""
        self._need_phase(PLACING)
        self._put(player, self._draw_fleet(player))

    @call
    def fire(self, player: Admiral, x: int = integer(0, SIZE - 1), y: int = integer(0, SIZE - 1)) -> str:
        """Fire at a cell of the other's board, in one's own turn. Returns "miss", "hit" or "sunk"."""
        self._need_phase(BATTLE)
        if self.match.turn != player.owner:
            raise Refused("it is not your turn")
        if y * SIZE + x not in self._open_cells(player):
            raise Refused(f"you have fired at ({x}, {y}) before")
        player.lost_moves = 0
        return self._fire(player, x, y)

    @call
    def resign(self, player: Admiral) -> None:
        """Give the battle up."""
        self._need_phase(BATTLE)
        self._decide(self._other(player), player, "resigned")

    @call
    def rematch(self, player: Admiral) -> None:
        """Ask for another match; it begins when both have asked, and the other one has the first move."""
        self._need_phase(OVER)
        if len(self.players) < self.max_players:
            raise Refused("the other one has left: wait for somebody new")
        player.wants_rematch = True
        if all(admiral.wants_rematch for admiral in self.players.values()):
            self._begin(next(number for number in self.players if number != self.match.first))

    def _need_phase(self, phase: int) -> None:
        """Raises Refused, with a reason, in any other phase."""
        now = self.match.phase
        if now != phase:
            reasons = {
                WAITING: "nobody is here to play with yet",
                PLACING: "the battle has not begun: both have to place their ships",
                BATTLE: "the battle is on",
                OVER: "the match is over: ask for a rematch",
            }
            raise Refused(reasons[now])

    # -- from match to match -----------------------------------------------------------------------------------------------
    def _wait(self) -> None:
        self._clear()
        self.match.phase = WAITING
        self._run_clock(0)

    def _begin(self, first: PlayerId) -> None:
        self._clear()
        self.match.phase = PLACING
        self.match.first = first
        for admiral in self.players.values():
            admiral.dice = self.random.bits32()
        self._run_clock(self.place_ticks, self.place_the_rest)

    def _clear(self) -> None:
        for ship in self.ships:
            self.ships.remove(ship)
        for shot in self.shots:
            self.shots.remove(shot)
        for admiral in self.players.values():
            admiral.placed = admiral.wants_rematch = False
            admiral.lost_moves = 0
        self.match.turn = self.match.first = self.match.winner = self.match.loser = 0
        self.match.why = ""

    def _decide(self, winner: Admiral, loser: Admiral, why: str) -> None:
        self.match.phase = OVER
        self.match.turn = 0
        self.match.winner, self.match.loser, self.match.why = winner.owner, loser.owner, why
        winner.wins += 1
        self._run_clock(0)

    def _other(self, player: Admiral) -> Admiral:
        """His opponent. There is one from placing on to the end of the battle."""
        return next(admiral for admiral in self.players.values() if admiral is not player)

    # -- placing -----------------------------------------------------------------------------------------------------------
    def _draw_fleet(self, player: Admiral) -> tuple[Berth, ...]:
        dice = Rng(player.dice)
        fleet = random_fleet(dice)
        player.dice = dice.bits32()
        return fleet

    def _put(self, player: Admiral, fleet: Sequence[Berth]) -> None:
        """The same ships every time that he changes his mind: new ones would have other ids, and tell how often he did."""
        mine = [ship for ship in self.ships if ship.owner == player.owner]
        if not mine:
            mine = [
                self.ships.add(Ship(length=length, x=0, y=0, across=False, afloat=length, owner=player.owner)) for length in SHIPS
            ]
        for ship, (x, y, across) in zip(mine, fleet, strict=True):
            ship.x, ship.y, ship.across = x, y, across == 1
        player.placed = True
        self._begin_battle_if_placed()

    def _begin_battle_if_placed(self) -> None:
        if all(admiral.placed for admiral in self.players.values()):
            self.match.phase = BATTLE
            self._give_turn(self.match.first)

    def place_the_rest(self) -> None:
        """The clock of placing has run out."""
        for admiral in [admiral for admiral in self.players.values() if not admiral.placed]:
            self._put(admiral, self._draw_fleet(admiral))

    # -- the battle --------------------------------------------------------------------------------------------------------
    def _give_turn(self, player: PlayerId) -> None:
        self.match.turn = player
        self._run_clock(self.move_ticks, self.lose_move)

    def _open_cells(self, player: Admiral) -> list[int]:
        """Cells at which he has not fired."""
        fired = {shot.y * SIZE + shot.x for shot in self.shots if shot.owner == player.owner}
        return [cell for cell in range(CELLS) if cell not in fired]

    def _fire(self, player: Admiral, x: int, y: int) -> str:
        enemy = self._other(player)
        fleet = [ship for ship in self.ships if ship.owner == enemy.owner]
        struck = next((ship for ship in fleet if y * SIZE + x in cells_of((ship.x, ship.y, ship.across), ship.length)), None)
        self.shots.add(Shot(x=x, y=y, hit=struck is not None, owner=player.owner))
        self.emit(Fired(player=player.owner, x=x, y=y, hit=struck is not None))
        outcome = "miss"
        if struck is not None:
            struck.afloat -= 1
            outcome = "hit" if struck.afloat else "sunk"
        if struck is not None and not struck.afloat:
            self.emit(Sunk(player=enemy.owner, ship=struck.id))
        if any(ship.afloat for ship in fleet):
            self._give_turn(enemy.owner)
        else:
            self._decide(player, enemy, "sunk")
        return outcome

    def lose_move(self) -> None:
        """The clock of a move has run out: the first time in a row chance fires for him, the second time he has lost."""
        player = self.players[self.match.turn]
        player.lost_moves += 1
        self.emit(MoveLost(player=player.owner, in_a_row=player.lost_moves))
        if player.lost_moves >= LOST_MOVES:
            self._decide(self._other(player), player, "clock")
        else:
            cell = self.random.choice(self._open_cells(player))
            self._fire(player, cell % SIZE, cell // SIZE)

    def _run_clock(self, ticks: int, then: Callable[[], None] | None = None) -> None:
        """The clock of this phase or move, instead of the one that runs. 0 ticks: none."""
        self.cancel(self.match.timer)
        self.match.timer = self.match.deadline = 0
        if ticks and then is not None:
            self.match.timer = self.after(ticks, then)
            self.match.deadline = self.tick + ticks

"""Battleship for two: a game of turns and of secrets. It is stepped only when somebody does something or a clock runs out.

board.py: where ships can lie, as pure functions
state.py: what there is          game.py: the rules          brain.py: the bots
"""

from gameserver.games.fleet.game import Fleet as Fleet

"""Top-down tanks for 2 to 16 players: the game to play first, and the example that shows what the server can do.

motion.py: how things move, as pure functions that a browser can repeat exactly
state.py: what there is          game.py: the rules          brain.py: the bots
"""

from gameserver.games.arena.game import Arena as Arena

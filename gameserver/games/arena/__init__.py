"""Top-down tanks for 2 to 16 players: the game to play first, and the example that shows what the server can do.

    motion.py, rays.py      how things move, what a straight shot meets: pure functions that a browser can repeat exactly
    state.py                what there is: every field, option and event
    map_rules.py, ground.py what the arena wants of a map, and what it reads from it
    tanks.py                coming, driving, pushing
    weapons.py, shells.py, mines.py, harm.py
    pickups.py, flags.py, teams.py, rounds.py, away.py
    game.py                 the hooks, and the order of a tick
    brain/                  the bots

The modules between ground and game are functions that take the game; all that they remember is in its fields.
"""

from gameserver.games.arena.game import Arena as Arena

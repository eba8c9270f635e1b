"""How the arena's bots play. A bot knows what its player would know, and errs like a person.

mind.py      one bot: from what it sees to what it presses      skill.py    what the strengths differ in
memory.py    who and what is where, and since when              paths.py    ways over the map, driven smoothly
goals.py     what to do next      flag_duty.py  what a flag asks for      escape.py    out of the way of shells, tanks, mines
gunnery.py   turret and trigger                                 weapons.py  which weapon, where a mine
"""

from gameserver.games.arena.brain.mind import ArenaBrain as ArenaBrain

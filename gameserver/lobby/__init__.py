"""Which rooms there are, told over the rooms' own protocol: the lobby is a room that nobody has to invent a second wire for.

game.py      what visitors see and may ask for; a game like any other
keeper.py    keeps it true: watches the server's rooms, opens those that were ordered
"""

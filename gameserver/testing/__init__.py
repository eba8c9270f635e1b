"""The kit for authors: play a game in a test, without a network, threads or waiting. docs/testing-games.md shows how.

match.py    the match: seats, ticks, what came out of them       seat.py    one player: a script or a bot
sees.py     what one seat sees, as objects of the author's classes       twin.py    finds state outside of declared fields
client.py   both ends of a client without its line       maps.py    a map drawn in the test
record.py   a match as a recording       golden.py   a recording that shall come out as it was
"""

from gameserver.testing.golden import verify_recording as verify_recording
from gameserver.testing.maps import drawn_map as drawn_map
from gameserver.testing.match import Match as Match
from gameserver.testing.seat import PendingCall as PendingCall
from gameserver.testing.seat import Seat as Seat
from gameserver.testing.sees import Sees as Sees

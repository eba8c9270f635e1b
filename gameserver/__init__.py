"""An authoritative multiplayer game server.

The house, from the bottom up; imports run one way, from each line to those above it:

    core/       the game contract, the state, the wire, the parts: no I/O, no clock, no chance but the room's own
    ports.py    the doors to the world (network, disk, store, randomness, wall clock)
    net/        bytes in, bytes out: real and simulated ports, and the link, which is what a room sees of a client
    guard.py    stops game code that does not end
    room.py     one simulation on a tick            session.py   one client from handshake to goodbye
    rooms.py    all of them, each behind a wall         server.py    accept, supervise; the wall around each connection
    app.py      puts it all together                cli/         the commands
    games/      one module each; they use the names below and nothing else
    testing/    a match in a test, for their authors         bench/       what a game costs

These are the names for game authors.
"""

from gameserver.core.audience import EVERYONE as EVERYONE
from gameserver.core.audience import NOBODY as NOBODY
from gameserver.core.audience import Audience as Audience
from gameserver.core.audience import PlayerId as PlayerId
from gameserver.core.audience import owner as owner
from gameserver.core.audience import team as team
from gameserver.core.brain import Brain as Brain
from gameserver.core.errors import GameError as GameError
from gameserver.core.errors import GameserverError as GameserverError
from gameserver.core.errors import MapError as MapError
from gameserver.core.errors import Refused as Refused
from gameserver.core.errors import SchemaError as SchemaError
from gameserver.core.fields import angle as angle
from gameserver.core.fields import boolean as boolean
from gameserver.core.fields import integer as integer
from gameserver.core.fields import integers as integers
from gameserver.core.fields import real as real
from gameserver.core.fields import text as text
from gameserver.core.game import Game as Game
from gameserver.core.game import Profile as Profile
from gameserver.core.game import Result as Result
from gameserver.core.game import call as call
from gameserver.core.game import entities_of as entities_of
from gameserver.core.game import players_of as players_of
from gameserver.core.game import shared as shared
from gameserver.core.groups import Entities as Entities
from gameserver.core.groups import Players as Players
from gameserver.core.maps import MapObject as MapObject
from gameserver.core.maps import Navigator as Navigator
from gameserver.core.maps import TileMap as TileMap
from gameserver.core.record import Entity as Entity
from gameserver.core.record import Event as Event
from gameserver.core.record import Globals as Globals
from gameserver.core.record import Input as Input
from gameserver.core.record import Options as Options
from gameserver.core.record import Player as Player
from gameserver.core.replica import Replica as Replica
from gameserver.core.rng import Rng as Rng
from gameserver.core.schema import Schema as Schema

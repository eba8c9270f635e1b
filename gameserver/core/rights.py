"""Who may say what: by the rank of a line, and by how far it has come. What no table names is refused.

`MAY_SAY` and `MAY_PLAY` are about messages and are held to where those arrive (session, seat). `MAY_CALL` is about the calls that
every game has; it is held to inside the step, because a recording has to come to the same end (but for `report`, which enters
none). A game's own calls are open to everybody who has a seat, and it is for the game to refuse them.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final

from gameserver.core.messages import Bye, Call, ClientMessage, Hello, Inputs, Ping, Ready, Role

if TYPE_CHECKING:
    from collections.abc import Mapping


class Rank(enum.IntEnum):
    """What somebody may do."""

    SPECTATOR = 0
    BOT = 1
    PLAYER = 2
    HOST = 3
    """Keeps order in one room."""
    ADMIN = 4
    """Keeps order on the server."""


class Phase(enum.Enum):
    """How far a line has come."""

    GREETING = enum.auto()
    """Nothing has been heard on it."""
    ENTERING = enum.auto()
    """WELCOME was sent, READY is awaited."""
    WAITING = enum.auto()
    """READY was heard; he joins in one of the next ticks."""
    MATCH = enum.auto()
    """He is in the match, or looks on."""


_ALL: Final = frozenset(Rank)
_SEATED: Final = frozenset((Rank.BOT, Rank.PLAYER, Rank.HOST, Rank.ADMIN))
_PEOPLE: Final = frozenset((Rank.PLAYER, Rank.HOST, Rank.ADMIN))
_KEEPERS: Final = frozenset((Rank.HOST, Rank.ADMIN))

MAY_SAY: Final[Mapping[Phase, Mapping[type[ClientMessage], frozenset[Rank]]]] = {
    Phase.GREETING: {Hello: _ALL},
    Phase.ENTERING: {Ready: _ALL, Ping: _ALL, Bye: _ALL},
    Phase.WAITING: {Ping: _ALL, Bye: _ALL},
    Phase.MATCH: {Inputs: _ALL, Ping: _ALL, Call: _SEATED, Bye: _ALL},
}
"""By phase and message. An INPUT is open to all because it acknowledges; what is pressed in it is not (`MAY_PLAY`)."""
MAY_PLAY: Final = _SEATED
"""Whose INPUT may have values."""
MAY_CALL: Final[Mapping[str, frozenset[Rank]]] = {
    "chat": _SEATED,
    "emote": _SEATED,
    "mute": _SEATED,
    "silence": _KEEPERS,
    "expel": _KEEPERS,
    "report": _PEOPLE,
}
"""The calls that every game has."""
ORDER_CALLS: Final = frozenset(call for call, ranks in MAY_CALL.items() if ranks == _KEEPERS)
"""Those of who keeps order."""


def rank_of_line(rank: Rank, role: Role) -> Rank:
    """As what somebody of this rank speaks who has come in this role: a host who looks on is a spectator like any other."""
    return min(rank, {Role.SPECTATOR: Rank.SPECTATOR, Role.BOT: Rank.BOT}.get(role, rank))


def sayable(phase: Phase, rank: Rank) -> frozenset[type[ClientMessage]]:
    """The messages that a line of this rank may send in this phase."""
    return frozenset(message for message, ranks in MAY_SAY[phase].items() if rank in ranks)


def may_call(rank: Rank, call: str) -> bool:
    """May somebody of this rank use this call that every game has?"""
    return rank in MAY_CALL.get(call, frozenset())


def may_expel(rank: Rank, other: Rank) -> bool:
    """May somebody of this rank send the other out? An admin anybody; a host the players: bots make way by themselves."""
    return may_call(rank, "expel") and (rank is Rank.ADMIN or other is Rank.PLAYER)


def may_silence(rank: Rank, other: Rank) -> bool:
    """May somebody of this rank let nobody hear the other? An admin anybody; a host those who keep no order themselves."""
    return may_call(rank, "silence") and (rank is Rank.ADMIN or other not in _KEEPERS)

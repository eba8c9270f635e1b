"""Who may see something: everyone, one team, one player, nobody. Audiences and cells number the parts of a snapshot.

A **part** is what all viewers of one (audience, cell) see alike, so it is encoded once for all of them. Its number on the wire is
`audience + cell * AUDIENCES`; cell 0 is the whole room.
"""

from __future__ import annotations

from typing import Final, NewType

Audience = NewType("Audience", int)
PlayerId = int
"""A player's number in the room: 1 to MAX_PLAYER. 0 stands for nobody."""

MAX_TEAM: Final = 31
AUDIENCES: Final = 1_024
MAX_PLAYER: Final = AUDIENCES - MAX_TEAM - 2
"""What remains of the 1,024 audiences after everyone, nobody and the teams."""

EVERYONE: Final = Audience(0)
NOBODY: Final = Audience(AUDIENCES - 1)


def team(number: int) -> Audience:
    """The audience of this team, 1 to 31. Raises ValueError for another number."""
    if not 1 <= number <= MAX_TEAM:
        raise ValueError(f"there is no team {number}: teams are numbered 1 to {MAX_TEAM}")
    return Audience(number)


def owner(player: PlayerId) -> Audience:
    """The audience of this player alone. Raises ValueError for a number that no player can have."""
    if not 1 <= player <= MAX_PLAYER:
        raise ValueError(f"there is no player {player}: players are numbered 1 to {MAX_PLAYER}")
    return Audience(MAX_TEAM + player)


def part_of(audience: Audience, cell: int = 0) -> int:
    """The number of the part that this audience sees of this cell."""
    return audience + cell * AUDIENCES


def is_of_team(part: int) -> bool:
    """Is this a team's part? Its viewers change when somebody changes sides; a player's own part is his for ever."""
    return 1 <= part % AUDIENCES <= MAX_TEAM

"""Who somebody is to this server: by the ticket that he showed, or by what a server that is open takes everybody for."""

from __future__ import annotations

import math
from typing import Final

import attrs

from gameserver.caller import Caller
from gameserver.core.messages import Role
from gameserver.core.rights import Rank as Rank


@attrs.frozen(kw_only=True)
class Standing:
    """See the module.

    Attributes:
        rank: what he may do.
        account: by which name whoever gave him his ticket knows him; None: nobody does.
        ticket: number of the ticket that let him in; None without one.
        signed_at: when that ticket was, in trio's time.
        name: what that ticket says he is called; None: what he says himself.
        caller: who is at the other end of the line that he came over.
    """

    rank: Rank
    account: str | None = None
    ticket: str | None = None
    signed_at: float = -math.inf
    name: str | None = None
    caller: Caller = attrs.field(factory=Caller)


RANKS: Final = {Role.SPECTATOR: Rank.SPECTATOR, Role.PLAYER: Rank.PLAYER, Role.BOT: Rank.BOT}
"""What an open server takes somebody for who comes in this role."""

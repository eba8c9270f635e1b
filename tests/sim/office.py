"""Where the box's players get their tickets, if its server asks for them. No ticket and no key may turn up in the log (I13)."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from gameserver.keys import SECRET_BYTES, Key, Keyring
from gameserver.standing import Rank
from gameserver.tickets import NUMBER_BYTES, claims_for, sign

if TYPE_CHECKING:
    import random
    from collections.abc import Awaitable, Callable

    from gameserver.ports import WallClock
    from tests.sim.invariants import Logs


class Office:
    """See the module.

    Attributes:
        keys: of the server; None: it is open.
    """

    def __init__(self, rng: random.Random, logs: Logs, wall_clock: WallClock, *, keyed: bool) -> None:
        self._rng = rng
        self._logs = logs
        self._wall_clock = wall_clock
        self._key = self.another_key()
        self.keys = Keyring([self._key]) if keyed else None

    def another_key(self) -> Key:
        """Of the same name as the right one, if that is there already, and another secret."""
        key = Key("box", self._rng.randbytes(SECRET_BYTES))
        self._logs.guard(key.secret)
        self._logs.guard(base64.urlsafe_b64encode(key.secret).rstrip(b"=").decode())
        return key

    def mint(
        self, room: str, rank: Rank = Rank.PLAYER, *, account: str | None = None, key: Key | None = None, ago: float = 0.0
    ) -> str:
        """A ticket. `key`: not the server's; `ago`: made so many seconds ago."""
        number = self._rng.randbytes(NUMBER_BYTES)
        claims = claims_for(room=room, rank=rank, number=number, now=self._wall_clock.now() - ago, account=account)
        ticket = sign(claims, key if key is not None else self._key)
        self._logs.guard(ticket)
        return ticket

    def tickets(self, room: str, rank: Rank = Rank.PLAYER, *, account: str | None = None) -> Callable[[], Awaitable[str]] | None:
        """For a client that needs a fresh one for each line on which it joins as somebody new; None: it needs none."""
        if self.keys is None:
            return None

        async def ticket() -> str:
            return self.mint(room, rank, account=account)

        return ticket

    def bot_ticket(self, room: str) -> str:
        """The same for a bot."""
        return self.mint(room, Rank.BOT)

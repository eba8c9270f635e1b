"""Who is let in: whoever shows a ticket, or on an open server anybody; and who may ask what of the server over HTTP.

An open server signs tickets too, with a key that nobody else has and that ends with it, so that joining over REST is the same
everywhere. A ticket that is shown has to be good, also there.
"""

from __future__ import annotations

import logging
import math
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import trio
from starlette.exceptions import HTTPException

from gameserver.caller import CALLER, is_loopback
from gameserver.core.errors import Refused
from gameserver.core.limits import JOINS_BURST, JOINS_PER_SECOND, OPENINGS_PER_MINUTE, TICKET_SECONDS, TICKET_TOLERANCE_SECONDS
from gameserver.core.messages import NoticeCode, Role
from gameserver.core.rates import Rates
from gameserver.core.registry import Limit
from gameserver.keys import SECRET_BYTES, Key, Keyring
from gameserver.standing import RANKS, Rank, Standing
from gameserver.tickets import ANY_ROOM, NUMBER_BYTES, Claims, TicketRefused, claims_for, read_ticket, sign

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from gameserver.caller import Caller
    from gameserver.core.messages import Hello
    from gameserver.ports import Randomness, Store, WallClock

log = logging.getLogger("gameserver.admission")

REMEMBER_SECONDS: Final = 4 * TICKET_TOLERANCE_SECONDS
"""How long after its end a used ticket is remembered. Another server of the same store takes it TICKET_TOLERANCE_SECONDS longer,
and its clock may be twice as much behind ours: each of them differs by as much from that of whoever signed. The
fourth is to spare."""
ALLOWED_ROLES: Final = {
    Rank.SPECTATOR: frozenset((Role.SPECTATOR,)),
    Rank.BOT: frozenset((Role.BOT, Role.SPECTATOR)),
    Rank.PLAYER: frozenset((Role.PLAYER, Role.SPECTATOR)),
    Rank.HOST: frozenset((Role.PLAYER, Role.SPECTATOR)),
    Rank.ADMIN: frozenset((Role.PLAYER, Role.SPECTATOR)),
}
"""As what whoever has a ticket of this rank may come."""


class Admission:
    """See the module."""

    def __init__(
        self,
        *,
        store: Store,
        randomness: Randomness,
        wall_clock: WallClock,
        keys: Keyring | None = None,
        counts_loopback: bool = False,
        since: float = 0.0,
        is_void: Callable[[str], bool] = lambda number: False,
    ) -> None:
        """`store`: remembers used tickets, for all servers that share it. `keys` None: the server is open. `counts_loopback`: what
        comes from this machine is counted as from elsewhere (Doors). `since`: the date from which on the store remembers; older
        tickets may have been used. `is_void`: was the ticket of this number revoked?
        """
        self._store = store
        self._randomness = randomness
        self._wall_clock = wall_clock
        self._is_open = keys is None
        self._keys = keys
        self._counts_loopback = counts_loopback
        self._is_void = is_void
        self._since = int(since)  # in whole seconds, as tickets are dated
        self._openings = Rates(OPENINGS_PER_MINUTE / 60, OPENINGS_PER_MINUTE)
        self._joins = Rates(JOINS_PER_SECOND, JOINS_BURST)

    @property
    def is_open(self) -> bool:
        """Is everybody let in, with a ticket or without?"""
        return self._is_open

    @property
    def keys(self) -> Keyring:
        """Those that are alive."""
        if self._keys is None:  # not before somebody needs it: what is drawn before decides what is drawn behind
            self._keys = Keyring([Key("open", self._randomness.token(SECRET_BYTES))])
        return self._keys

    def mint(
        self, *, room: str, rank: Rank, account: str | None = None, name: str | None = None, seconds: int = TICKET_SECONDS
    ) -> str:
        """A ticket of ours. Raises ValueError for one that cannot be."""
        number = self._randomness.token(NUMBER_BYTES)
        now = self._wall_clock.now()
        claims = claims_for(room=room, rank=rank, account=account, name=name, seconds=seconds, number=number, now=now)
        return sign(claims, self.keys.signing)

    async def standing_of(self, hello: Hello, caller: Caller) -> Standing:
        """Who it is that says this HELLO, which has no resume token. Raises Refused. A ticket is used up by this."""
        if hello.credential is None:
            if not self._is_open:
                raise Refused("a ticket is needed to join", NoticeCode.REFUSED)
            return Standing(rank=RANKS[hello.role], caller=caller)
        assert isinstance(hello.credential, str), "a resume token is the seat's to judge"
        now = self._wall_clock.now()
        claims = read_ticket(hello.credential, self.keys, now=now)
        signed_at = trio.current_time() - (now - claims.issued_at)
        if claims.room not in (hello.room, ANY_ROOM):
            raise TicketRefused("this ticket is for another room")
        if hello.role not in ALLOWED_ROLES[claims.rank]:
            raise TicketRefused(f"this ticket is not for a {hello.role.name.lower()}")
        await self._use_up(claims)
        rank = claims.rank if claims.rank >= Rank.HOST else RANKS[hello.role]
        return Standing(
            rank=rank, account=claims.account, ticket=claims.number, signed_at=signed_at, name=claims.name, caller=caller
        )

    async def admin_standing(self, ticket: str | None, caller: Caller) -> Standing:
        """Who it is that shows this ticket to ask something of the whole server. Raises Refused. The ticket is used up by this."""
        if not ticket:
            raise Refused("the ticket of an admin is needed", NoticeCode.REFUSED)
        claims = read_ticket(ticket, self.keys, now=self._wall_clock.now())
        if claims.rank is not Rank.ADMIN or claims.room != ANY_ROOM:
            raise TicketRefused("this is no ticket of an admin of the server")
        if self._is_void(claims.number):  # of who comes in, the reception asks (Bans.check)
            raise TicketRefused("this ticket was revoked")
        await self._use_up(claims)
        return Standing(rank=Rank.ADMIN, account=claims.account, ticket=claims.number, name=claims.name, caller=caller)

    async def check_admin(self, request: Request) -> Standing:
        """The admin who sends this request, by the ticket in its `Authorization: Bearer`. Raises HTTPException, with 401."""
        kind, _, shown = request.headers.get("authorization", "").partition(" ")
        try:
            return await self.admin_standing(shown.strip() if kind.lower() == "bearer" else None, request.scope[CALLER])
        except Refused as refusal:
            raise HTTPException(HTTPStatus.UNAUTHORIZED, str(refusal), {"WWW-Authenticate": "Bearer"}) from refusal

    # -- how often ---------------------------------------------------------------------------------------------------------
    def count_opening(self, standing: Standing) -> None:
        """Somebody has a room opened. Raises Refused if he does that too often."""
        if standing.account is None and not self._is_counted(standing.caller):
            return
        key = f"account {standing.account}" if standing.account is not None else standing.caller.bucket
        seconds = self._openings.take(key, trio.current_time())
        if seconds:
            why = f"{OPENINGS_PER_MINUTE} rooms a minute are enough: join one that is there, or try again in {math.ceil(seconds)} s"
            raise Refused(why, NoticeCode.REFUSED, limit=Limit.OPENINGS_PER_MINUTE)

    def count_join(self, caller: Caller) -> float:
        """Somebody asks for a ticket. Returns 0 if he may, else in how many seconds."""
        return self._joins.take(caller.bucket, trio.current_time()) if self._is_counted(caller) else 0.0

    def _is_counted(self, caller: Caller) -> bool:
        return self._counts_loopback or not is_loopback(caller.address)

    async def _use_up(self, claims: Claims) -> None:
        """Raises Refused if that was done before, or cannot be found out: a ticket that may have been used opens nothing."""
        now = self._wall_clock.now()
        if claims.issued_at < self._since <= now:  # with a clock that was set back meanwhile nobody could be let in
            raise TicketRefused("this ticket is older than the server, which was started again")
        seconds = claims.expires_at + REMEMBER_SECONDS - now
        try:
            is_first = await self._store.put_new(f"ticket/{claims.number}", b"", seconds_to_live=max(seconds, REMEMBER_SECONDS))
        except OSError as error:
            log.error("the store does not answer, so no ticket can be taken: %s", error)
            raise Refused("nobody can be let in at the moment", NoticeCode.REFUSED) from error
        if not is_first:
            raise TicketRefused("this ticket has been used")

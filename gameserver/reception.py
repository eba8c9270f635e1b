"""Lets people in: whoever says HELLO is given a seat in the room that he asks for, or the one that is kept for him, or a reason."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import attrs

from gameserver.core.commands import plain_profile
from gameserver.core.errors import Refused
from gameserver.core.limits import ACCOUNT_SEATS, PROTOCOL, TOKEN_BYTES
from gameserver.core.messages import Hello, NoticeCode
from gameserver.core.registry import Limit
from gameserver.entrance import SeatTicket
from gameserver.plan import RoomFault, RoomState

if TYPE_CHECKING:
    from gameserver.admission import Admission
    from gameserver.bans import Bans
    from gameserver.caller import Caller
    from gameserver.core.game import Game
    from gameserver.hooks import Hooks
    from gameserver.net.link import Link
    from gameserver.ports import Randomness
    from gameserver.room import Room
    from gameserver.rooms import Rooms
    from gameserver.seat import Seat
    from gameserver.server import ServerCounts
    from gameserver.standing import Standing

log = logging.getLogger("gameserver.reception")


class Reception:
    """See the module."""

    def __init__(
        self,
        rooms: Rooms,
        counts: ServerCounts,
        *,
        admission: Admission,
        bans: Bans,
        hooks: Hooks,
        randomness: Randomness,
    ) -> None:
        self._rooms = rooms
        self._counts = counts
        self._admission = admission
        self._bans = bans
        self._hooks = hooks
        self._randomness = randomness

    async def admit(self, hello: Hello, link: Link, caller: Caller) -> SeatTicket:
        """Find or open the room and keep a seat in it, or find the seat that is kept. Raises Refused."""
        rooms = self._rooms
        game = self._game_for(hello)
        if isinstance(hello.credential, bytes):
            return self._resume(hello, game, hello.credential, link, caller)
        if (refusal := rooms.leaving) is not None:  # before his ticket is used up
            raise refusal
        standing = await self._admission.standing_of(hello, caller)
        self._bans.check(standing)
        if standing.name is not None:
            hello = attrs.evolve(hello, name=standing.name)
        try:
            profile = plain_profile(await self._hooks.authorise(hello, standing))
        except Refused:
            raise
        except Exception as error:  # the host's own code: whatever it raises, the player is told and nobody else notices
            log.exception("authorise failed")
            raise Refused("nobody can be let in at the moment", NoticeCode.REFUSED) from error
        self._bans.check(standing)  # again: the host may have taken seconds
        if (refusal := rooms.leaving) is not None:
            raise refusal
        self._check_seats(standing)
        room = rooms.get(hello.room)
        if room is None or room.state is RoomState.CLOSED:
            if rooms.opens_new(hello.room, game):
                self._admission.count_opening(standing)
            try:
                room = rooms.reopen(hello.room, game)
            except RoomFault as fault:
                raise rooms.refusal_of(hello.room, fault) from fault
        if room.plan.game is not game:
            raise Refused(f"room {hello.room!r} plays {room.plan.game.name}", NoticeCode.REFUSED)
        if room.plan.code is not None:
            room.check_invitation(standing)
        seat = room.reserve(hello, profile, link, standing)
        self._counts.admitted += 1
        return self._ticket(room, seat, link)

    def _check_seats(self, standing: Standing) -> None:
        """Raises Refused if this account has as many seats as it may have."""
        account = standing.account
        if account is None:
            return
        seats = sum(seat.standing.account == account for room in self._rooms.values() for seat in room.seats)
        if seats >= ACCOUNT_SEATS:
            why = f"this account has {seats} seats here: leave one of them, or wait until those whose line is down are given up"
            raise Refused(why, NoticeCode.REFUSED, limit=Limit.ACCOUNT_SEATS)

    def _resume(self, hello: Hello, game: type[Game], token: bytes, link: Link, caller: Caller) -> SeatTicket:
        """The seat that this token opens, whoever sits in it by now. Raises Refused."""
        room = self._rooms.get(hello.room)
        seat = room.find(token) if room is not None and room.plan.game is game else None
        if room is None or seat is None or seat.role is not hello.role:
            if (refusal := self._rooms.leaving) is not None:  # without a token he would be told the same
                raise refusal
            raise Refused("this seat is gone: join without the token", NoticeCode.SESSION_GONE)
        standing = attrs.evolve(seat.standing, caller=caller)  # he may be somewhere else by now
        self._bans.check(standing)
        seat.standing = standing
        seat.resume(link, token)
        self._counts.resumed += 1
        return self._ticket(room, seat, link)

    def _ticket(self, room: Room, seat: Seat, link: Link) -> SeatTicket:
        return SeatTicket(room, seat, link, room.welcome(seat, self._randomness.token(TOKEN_BYTES)))

    def _game_for(self, hello: Hello) -> type[Game]:
        games = self._rooms.games
        name, _, version = hello.game.partition("@")
        game = games.get(name)
        here = f"{game.name}@{game.version}" if game is not None else None
        if hello.protocol != PROTOCOL:
            raise Refused(f"this server speaks protocol {PROTOCOL}, you {hello.protocol}: update", NoticeCode.UPDATE_NEEDED, here)
        if game is None:
            raise Refused(f"there is no game {name!r}; there are {', '.join(sorted(games))}", NoticeCode.REFUSED)
        if version and int(version) != game.version:
            raise Refused(f"this server has {here}: update", NoticeCode.UPDATE_NEEDED, here)
        return game

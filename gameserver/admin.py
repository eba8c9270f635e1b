"""What an admin may ask of a server over HTTP (docs/http.md): who is here, and who shall not be.

    GET    /api/v1/admin/sessions               who is here                               ?room=ROOM
    POST   /api/v1/admin/kick                   send a player away                        {room, player, reason, seconds?}
    POST   /api/v1/admin/rooms/ROOM/close       end a room                                {reason?}
    GET    /api/v1/admin/bans                   who is banned
    POST   /api/v1/admin/bans                   shut an account or a network out          {account | address, seconds, reason}
    DELETE /api/v1/admin/bans/ID                let him in again
    POST   /api/v1/admin/revoke                 a ticket is void, and what it has opened  {ticket}

Each request shows a fresh ticket of an admin, `Authorization: Bearer TICKET`, and uses it up. All of it is JSON, errors too, and
nothing of it is for other pages (no CORS). Each stands in the log, `gameserver.audit`: who, from where, and what was done.
"""

from __future__ import annotations

import json
import logging
import math
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import attrs
import trio
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Route

from gameserver.caller import CALLER
from gameserver.core.errors import Refused
from gameserver.core.limits import MAX_INTEGER, MAX_KICK_SECONDS, MAX_KICK_TEXT
from gameserver.core.messages import Notice, NoticeCode
from gameserver.tickets import number_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from gameserver.caller import Caller
    from gameserver.ports import WallClock
    from gameserver.room import Room
    from gameserver.seat import Seat
    from gameserver.server import Server
    from gameserver.standing import Standing

log = logging.getLogger("gameserver.audit")

QUIET_SECONDS: Final = 10.0
"""Between two lines of the log about those who are no admins."""

_NO_STORE: Final = {"Cache-Control": "no-store"}
_JSON: Final = "application/json"


def routes(server: Server, wall_clock: WallClock) -> list[Route]:
    """For the app of this server (api.make_app)."""
    desk = _Desk(server, wall_clock)
    paths: list[tuple[str, str, Callable[[_Asked], Awaitable[object]]]] = [
        ("GET", "sessions", desk.sessions),
        ("POST", "kick", desk.kick),
        ("POST", "rooms/{room}/close", desk.close),
        ("GET", "bans", desk.bans),
        ("POST", "bans", desk.ban),
        ("DELETE", "bans/{id}", desk.lift),
        ("POST", "revoke", desk.revoke),
    ]
    return [Route(f"/api/v1/admin/{path}", desk.answering(answer), methods=[method]) for method, path, answer in paths]


@attrs.frozen
class _Asked:
    """What an admin asks.

    Attributes:
        admin: who he is.
        said: the body, or nothing.
    """

    request: Request
    admin: Standing
    said: dict[str, Any]

    def text(self, key: str, what: str, default: str | None = None) -> str:
        """This value of the body. Raises HTTPException unless it is text, and `what` it has to be; likewise below."""
        value = self.said.get(key, default)
        if type(value) is not str:
            raise HTTPException(HTTPStatus.BAD_REQUEST, f"{key} is {what}")
        if not value.isprintable():
            raise HTTPException(HTTPStatus.BAD_REQUEST, f"{key} has characters that cannot be seen")
        return value

    def integer(self, key: str, what: str) -> int:
        value = self.said.get(key)
        if type(value) is not int:
            raise HTTPException(HTTPStatus.BAD_REQUEST, f"{key} is {what}")
        return value

    def number(self, key: str, what: str, default: float | None = None) -> float:
        value: Any = self.said.get(key, default)
        if type(value) not in (int, float) or not abs(value) <= MAX_INTEGER:
            raise HTTPException(HTTPStatus.BAD_REQUEST, f"{key} is {what}")
        return float(value)

    def need(self, *keys: str, other: tuple[str, ...] = ()) -> None:
        """Raise HTTPException unless the body has these, and nothing but those others."""
        if not self.said.keys() >= set(keys) or not self.said.keys() <= {*keys, *other}:
            more = f", and perhaps {', '.join(other)}" if other else ""
            raise HTTPException(HTTPStatus.BAD_REQUEST, f"send a JSON object with {', '.join(keys) or 'nothing'}{more}")


class _Desk:
    """Its answers: plain values. They raise HTTPException, ValueError for what is asked wrongly, OSError of the store."""

    def __init__(self, server: Server, wall_clock: WallClock) -> None:
        self._server = server
        self._wall_clock = wall_clock
        self._refused = 0
        """Requests without a ticket of an admin, since the log was told of one."""
        self._quiet_until = -math.inf

    def answering(self, answer: Callable[[_Asked], Awaitable[object]]) -> Callable[[Request], Awaitable[Response]]:
        """An endpoint of this."""

        async def endpoint(request: Request) -> Response:
            try:
                admin = await self._server.admission.check_admin(request)
                said = _read(request.headers.get("content-type", ""), await request.body())
                return JSONResponse(await answer(_Asked(request, admin, said)), headers=_NO_STORE)
            except HTTPException as error:
                if error.status_code == HTTPStatus.UNAUTHORIZED:
                    self._note_refused(request.scope[CALLER], error.detail)
                return JSONResponse({"error": error.detail}, error.status_code, {**_NO_STORE, **(error.headers or {})})
            except (Refused, ValueError) as error:
                return JSONResponse({"error": str(error)}, HTTPStatus.BAD_REQUEST, _NO_STORE)
            except OSError as error:
                log.error("the store does not answer: %s", error)
                why = "the store does not answer: ask whether it was done before you try again"
                return JSONResponse({"error": why}, HTTPStatus.SERVICE_UNAVAILABLE, _NO_STORE)

        return endpoint

    def _note_refused(self, caller: Caller, why: str) -> None:
        """Somebody who is no admin has asked. Who tries that without end does not fill the log."""
        self._refused += 1
        now = trio.current_time()
        if now >= self._quiet_until:
            log.warning("%s", json.dumps({"refused": self._refused, "from": caller.address, "why": why}))
            self._refused, self._quiet_until = 0, now + QUIET_SECONDS

    # -- who is here -------------------------------------------------------------------------------------------------------
    async def sessions(self, asked: _Asked) -> object:
        name = asked.request.query_params.get("room")
        rooms = [self._room(name)] if name is not None else list(self._server.rooms.values())
        _note(asked, "sessions", {"room": name} if name is not None else {})
        now, wall = trio.current_time(), self._wall_clock.now()
        return {"sessions": [_session(room, seat, now, wall) for room in rooms for seat in room.seats]}

    async def kick(self, asked: _Asked) -> object:
        asked.need("room", "player", "reason", other=("seconds",))
        room = self._room(asked.text("room", "the name of a room"))
        player = asked.integer("player", "the number of a player")
        reason = _reason(asked)
        seconds = asked.number("seconds", "how long he stays out of the room, in seconds", 0.0)
        if not 0 <= seconds <= MAX_KICK_SECONDS:
            raise ValueError(f"seconds is 0 to {MAX_KICK_SECONDS}: he stays out of this room so long; a ban is of all rooms")
        seat = next((seat for seat in room.seats if seat.player == player > 0 and not seat.stands_in), None)
        if seat is None:
            raise HTTPException(HTTPStatus.NOT_FOUND, "there is no such player in this room")
        name = seat.name
        room.send_away(seat, reason, bar_seconds=seconds)
        done = {"room": room.plan.name, "player": player, "name": name, "reason": reason, "seconds": seconds}
        _note(asked, "kick", done)
        return {"kicked": done}

    async def close(self, asked: _Asked) -> object:
        asked.need(other=("reason",))
        room = self._room(asked.request.path_params["room"])
        reason = _reason(asked, "the host has closed this room")
        done = {"room": room.plan.name, "seats": len(room.seats), "reason": reason}
        room.close(Notice(NoticeCode.CLOSED, reason))
        _note(asked, "close", done)
        return {"closed": done}

    def _room(self, name: str) -> Room:
        room = self._server.rooms.get(name)
        if room is None:
            raise HTTPException(HTTPStatus.NOT_FOUND, "there is no such room")
        return room

    # -- who shall not be --------------------------------------------------------------------------------------------------
    async def bans(self, asked: _Asked) -> object:
        _note(asked, "bans", {})
        return {"bans": [attrs.asdict(ban) for ban in self._server.bans.active]}

    async def ban(self, asked: _Asked) -> object:
        asked.need("seconds", "reason", other=("account", "address"))
        account, address = (asked.text(key, "text") if key in asked.said else None for key in ("account", "address"))
        made = attrs.asdict(
            await self._server.bans.ban(
                account=account,
                address=address,
                seconds=asked.number("seconds", "how long, in seconds"),
                reason=_reason(asked),
                by=asked.admin.account,
            )
        )
        _note(asked, "ban", made)
        return {"ban": made}

    async def lift(self, asked: _Asked) -> object:
        ban = await self._server.bans.lift(asked.request.path_params["id"])
        if ban is None:
            raise HTTPException(HTTPStatus.NOT_FOUND, "there is no such ban")
        _note(asked, "unban", attrs.asdict(ban))
        return {"lifted": attrs.asdict(ban)}

    async def revoke(self, asked: _Asked) -> object:
        asked.need("ticket")
        ticket = asked.text("ticket", "a ticket, or its number")
        number = number_of(ticket, self._server.admission.keys) if "." in ticket else ticket
        await self._server.bans.revoke(number)
        _note(asked, "revoke", {"number": number})  # a ticket is a secret, its number is none
        return {"revoked": number}


def _reason(asked: _Asked, default: str | None = None) -> str:
    reason = asked.text("reason", "text, for the players to read", default)
    if not 1 <= len(reason) <= MAX_KICK_TEXT:
        raise ValueError(f"a reason has 1 to {MAX_KICK_TEXT} characters: players will read it")
    return reason


def _session(room: Room, seat: Seat, now: float, wall: float) -> dict[str, object]:
    line, standing = seat.line, seat.standing
    round_trip = line.pacer.round_trip_seconds if line is not None else None
    return {
        "room": room.plan.name,
        "player": seat.player,
        "name": seat.name,
        "role": seat.role.name.lower(),
        "rank": standing.rank.name.lower(),
        "account": standing.account,
        "ticket": standing.ticket,
        "address": standing.caller.bucket,
        "since": round(wall - (now - seat.since), 3),
        "connected": line is not None,
        "stands_in": seat.stands_in,
        "rtt": round(round_trip, 4) if round_trip is not None else None,
    }


def _note(asked: _Asked, what: str, done: dict[str, Any]) -> None:
    """Each thing that an admin does stands in the log, in one line that nothing in it can break."""
    who = asked.admin.account if asked.admin.account is not None else "an admin"
    log.info("%s", json.dumps({"admin": who, "from": asked.admin.caller.address, "did": what, **done}))


def _read(content_type: str, body: bytes) -> dict[str, Any]:
    """The object in the body, an empty one without a body. Raises HTTPException."""
    if not body:
        return {}
    if content_type.partition(";")[0].strip().lower() != _JSON:  # what a form of another page could not send
        raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"send JSON, with Content-Type: {_JSON}")
    try:
        said = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise HTTPException(HTTPStatus.BAD_REQUEST, "this is no JSON") from error
    if type(said) is not dict:
        raise HTTPException(HTTPStatus.BAD_REQUEST, "send a JSON object")
    return said

"""POST /api/v1/rooms/ROOM/join: a page, or a host's own site, asks for a ticket (docs/http.md)."""

from __future__ import annotations

import json
import math
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import attrs
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Route

from gameserver.caller import CALLER
from gameserver.codes import CodeRefused
from gameserver.core.errors import GameserverError, Refused
from gameserver.core.limits import ROOM_PATTERN, TICKET_SECONDS
from gameserver.core.messages import NoticeCode, Role
from gameserver.core.registry import Limit
from gameserver.core.words import is_name
from gameserver.standing import Rank, Standing
from gameserver.tickets import ROLES, is_account

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from gameserver.caller import Caller
    from gameserver.rooms import Rooms
    from gameserver.server import Server

PUBLIC_RANKS: Final = (Rank.PLAYER, Rank.SPECTATOR)
"""What whoever asks may become."""
RETRY_SECONDS: Final = 1
MAX_CODE: Final = 32

_KEYS: Final = frozenset(("game", "role", "name", "code", "account"))
_CAME_AS: Final = {Rank.SPECTATOR: Role.SPECTATOR, Rank.BOT: Role.BOT}


class _No(GameserverError):
    """The answer is an error.

    Attributes:
        status: of HTTP.
        reason: for programs, where the status leaves open what they can do about it: "code", "full", "game", "restarting"; else "".
        headers: of the answer.
    """

    def __init__(self, status: HTTPStatus, why: str, *, reason: str = "", **headers: str) -> None:
        super().__init__(why)
        self.status = status
        self.reason = reason
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


@attrs.frozen(kw_only=True)
class _Wish:
    """What the body says."""

    game: str
    rank: Rank
    name: str | None
    code: str | None
    account: str | None


def routes(server: Server, *, with_tickets: bool = False) -> Sequence[Route]:
    """For this server's app. `with_tickets`: only whoever shows an admin's ticket is answered, and may ask for any role."""

    async def join(request: Request) -> Response:
        headers = {"Cache-Control": "no-store"}
        try:
            ticket = await _join(server, request, with_tickets=with_tickets)
        except _No as no:
            return JSONResponse({"error": str(no)} | ({"reason": no.reason} if no.reason else {}), no.status, headers | no.headers)
        except HTTPException as no:  # of who is no admin
            return JSONResponse({"error": no.detail}, no.status_code, {**headers, **(no.headers or {})})
        room = request.path_params["room"]
        return JSONResponse({"ticket": ticket, "expires_in": TICKET_SECONDS, "path": f"/ws/{room}"}, headers=headers)

    return [Route("/api/v1/rooms/{room}/join", join, methods=["POST"])]


async def _join(server: Server, request: Request, *, with_tickets: bool) -> str:
    """The ticket. Raises _No, and HTTPException for who would have to be an admin."""
    admission = server.admission
    caller: Caller = request.scope[CALLER]
    seconds = admission.count_join(caller)
    if seconds:
        server.reached.note(Limit.JOINS_PER_SECOND)
        raise _No(HTTPStatus.TOO_MANY_REQUESTS, "too many requests to join from one address", Retry_After=str(math.ceil(seconds)))
    wish = _read(request.headers.get("content-type", ""), await request.body())
    if with_tickets:
        await admission.check_admin(request)
    elif wish.account is not None or wish.rank not in PUBLIC_RANKS:
        raise _No(HTTPStatus.FORBIDDEN, "a role other than player and spectator, and an account, are for who has an admin's ticket")
    room = request.path_params["room"]
    standing = Standing(rank=wish.rank, account=wish.account, name=wish.name, caller=caller)
    try:
        server.may_enter(room, wish.code, standing)  # first: what goes on in a private room is for who knows its code
        _find(server.rooms, room, wish)
        return admission.mint(room=room, rank=wish.rank, account=wish.account, name=wish.name)
    except Refused as refusal:
        server.reached.note(refusal.limit)
        if refusal.code == NoticeCode.FULL:
            raise _No(HTTPStatus.CONFLICT, str(refusal), reason="full") from refusal
        raise _No(HTTPStatus.FORBIDDEN, str(refusal), reason="code" if isinstance(refusal, CodeRefused) else "") from refusal
    except ValueError as error:
        raise _No(HTTPStatus.BAD_REQUEST, str(error)) from error


def _find(rooms: Rooms, room: str, wish: _Wish) -> None:
    """Raises _No unless that can be played there now."""
    if (refusal := rooms.leaving) is not None:
        seconds = refusal.detail if type(refusal.detail) is int else RETRY_SECONDS
        raise _No(HTTPStatus.SERVICE_UNAVAILABLE, str(refusal), reason="restarting", Retry_After=str(seconds))
    game = rooms.games.get(wish.game)
    if not re.fullmatch(ROOM_PATTERN, room) or game is None:
        raise _No(HTTPStatus.NOT_FOUND, "there is no such game here" if game is None else "there is no such room")
    planned = rooms.planned_game(room)
    if planned is None and not rooms.opens_new(room, game):
        raise _No(HTTPStatus.NOT_FOUND, "there is no such room")
    if planned is None and wish.code is not None:  # he means one that has closed: what he would open under its name is for all
        raise _No(HTTPStatus.NOT_FOUND, "this private room has closed: create another one")
    if planned not in (None, game):
        raise _No(HTTPStatus.CONFLICT, "another game is played in this room", reason="game")
    there = rooms.get(room)
    if there is not None and not there.has_place(_CAME_AS.get(wish.rank, Role.PLAYER)):
        raise _No(HTTPStatus.CONFLICT, "the room is full", reason="full")


def _read(content_type: str, body: bytes) -> _Wish:
    """Raises _No."""
    if content_type.partition(";")[0].strip().lower() != "application/json":  # what a form of another page could not send
        raise _No(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "send JSON, with Content-Type: application/json")
    try:
        said = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _No(HTTPStatus.BAD_REQUEST, "this is no JSON") from error
    if type(said) is not dict or not said.keys() <= _KEYS:
        raise _No(
            HTTPStatus.BAD_REQUEST, f"send an object with game and role, and perhaps {', '.join(sorted(_KEYS - {'game', 'role'}))}"
        )
    role = _text(said, "role", "one of " + ", ".join(ROLES))
    name, code, account = (_text(said, key, "text") if said.get(key) is not None else None for key in ("name", "code", "account"))
    if role not in ROLES:
        raise _No(HTTPStatus.BAD_REQUEST, f"role is one of {', '.join(ROLES)}")
    if name is not None and not is_name(name):
        raise _No(HTTPStatus.BAD_REQUEST, "name is 1 to 24 characters that can be seen")
    if code is not None and not (len(code) <= MAX_CODE and code.isprintable()):
        raise _No(HTTPStatus.BAD_REQUEST, "code is the code of a private room")
    if account is not None and not is_account(account):
        raise _No(HTTPStatus.BAD_REQUEST, "account is 1 to 64 characters that can be seen")
    return _Wish(game=_text(said, "game", "the name of a game"), rank=ROLES[role], name=name, code=code, account=account)


def _text(said: dict[str, Any], key: str, what: str) -> str:
    value = said.get(key)
    if type(value) is not str:
        raise _No(HTTPStatus.BAD_REQUEST, f"{key} is {what}")
    try:
        value.encode()  # JSON may name halves of pairs, which are no text
    except UnicodeEncodeError as error:
        raise _No(HTTPStatus.BAD_REQUEST, f"{key} is no text") from error
    return value

"""What is served over HTTP beside the rooms: whether the server lives, whether it wants more clients, and what it is given more.

A Starlette app, made for one server. It is handed vetted, whole requests (gameserver.net.gate), and its answers are dressed in the
headers that every answer has (gameserver.net.http). None of them repeats anything of what was asked.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Protocol

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.responses import Response

_NO_STORE: Final = (("Cache-Control", "no-store"),)
_UPGRADE: Final = (("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"))

_NO_PAGES: Final = "A game server, without pages in this installation. Its rooms are played over WebSocket, at /ws/ROOM.\n"


class Status(Protocol):
    """What the app must know of its server."""

    @property
    def unready(self) -> str | None:
        """Why no more clients should be sent here, in a word; None if they may come."""
        ...


def make_app(server: Status, more: Sequence[Route] = ()) -> Starlette:
    """The app of this server. `more`: what else it shall answer, such as the pages (gameserver.web)."""

    async def home(request: Request) -> Response:
        return PlainTextResponse(_NO_PAGES, headers=dict(_NO_STORE))

    async def live(request: Request) -> Response:
        """Whoever gets this answer has proved that the loop runs."""
        return PlainTextResponse("ok\n", headers=dict(_NO_STORE))

    async def ready(request: Request) -> Response:
        reason = server.unready
        if reason is None:
            return JSONResponse({"ready": True}, headers=dict(_NO_STORE))
        return JSONResponse({"ready": False, "reason": reason}, HTTPStatus.SERVICE_UNAVAILABLE, dict(_NO_STORE))

    app = Starlette(
        routes=[Route("/healthz", live), Route("/readyz", ready), Route("/ws/{room}", _room), *more, Route("/", home)],
        exception_handlers={HTTPException: _refuse, Exception: _fail},
    )
    app.router.redirect_slashes = False  # the address that it would send people to is made from their own Host
    return app


async def _room(request: Request) -> Response:
    raise HTTPException(HTTPStatus.UPGRADE_REQUIRED, "the rooms are at /ws/ROOM, over WebSocket", dict(_UPGRADE))


async def _refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException), "Starlette calls it for no other"
    return _say(request, error.status_code, error.detail, dict(error.headers or {}))


async def _fail(request: Request, error: Exception) -> Response:
    """Starlette raises the error again behind this answer, and it is logged then."""
    return _say(request, HTTPStatus.INTERNAL_SERVER_ERROR, "this request failed", {})


def _say(request: Request, status: int, text: str, headers: dict[str, str]) -> Response:
    """An error, as JSON for whoever asks for that, else as text."""
    if "application/json" in request.headers.get("accept", ""):
        return JSONResponse({"error": text}, status, headers)
    return PlainTextResponse(f"{text}\n", status, headers)

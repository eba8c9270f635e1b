"""What `serve --dev` answers over HTTP: a room stopped, stepped, and laid open. For who develops a game, on his own machine.

    GET  /dev/rooms                  the rooms
    GET  /dev/rooms/ROOM             the whole state, hidden fields too
    POST /dev/rooms/ROOM/pause       no further tick
    POST /dev/rooms/ROOM/step        so many ticks (?ticks=1), then stand still again
    POST /dev/rooms/ROOM/resume      go on

It shows what players must not see. So it is mounted only with --dev, which there is on loopback only; and it answers nobody whose
Host is another name (a page elsewhere that has its own name point here) or who does not say DEV_HEADER (a form on a page cannot).
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Protocol

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Route

from gameserver.development.dump import dump

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from gameserver.room import Room

DEV_HEADER: Final = "x-gameserver-dev"
LOOPBACK_NAMES: Final = frozenset(("127.0.0.1", "localhost", "[::1]"))
MAX_STEPS: Final = 10_000
"""Ticks of one request: five minutes at 30 Hz."""


class Rooms(Protocol):
    """What it must know of its server."""

    @property
    def rooms(self) -> Mapping[str, Room]:
        """The open rooms."""
        ...


def routes(server: Rooms) -> list[Route]:
    """For the app of this server (api.make_app)."""

    def guarded(answer: Callable[[Request], object]) -> Callable[[Request], object]:
        async def endpoint(request: Request) -> Response:
            host = request.headers.get("host", "")
            name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
            if name not in LOOPBACK_NAMES or DEV_HEADER not in request.headers:
                raise HTTPException(HTTPStatus.FORBIDDEN, f"for the developer only: ask 127.0.0.1, with the header {DEV_HEADER}: 1")
            return JSONResponse(answer(request), headers={"Cache-Control": "no-store"})

        return endpoint

    def room_of(request: Request) -> Room:
        room = server.rooms.get(request.path_params["room"])
        if room is None:
            known = ", ".join(sorted(server.rooms)) or "none"
            raise HTTPException(HTTPStatus.NOT_FOUND, f"there is no such room; there are: {known}")
        return room

    def listed(request: Request) -> object:
        return [_summary(room) for room in server.rooms.values()]

    def shown(request: Request) -> object:
        return dump(room_of(request).simulation)

    def pause(request: Request) -> object:
        room = room_of(request)
        room.hold()
        return _summary(room)

    def step(request: Request) -> object:
        room = room_of(request)
        ticks = request.query_params.get("ticks", "1")
        if not ticks.isascii() or not ticks.isdigit() or not 1 <= int(ticks) <= MAX_STEPS:
            raise HTTPException(HTTPStatus.BAD_REQUEST, f"ticks is a number from 1 to {MAX_STEPS}")
        room.hold(after=int(ticks))
        return _summary(room)

    def resume(request: Request) -> object:
        room = room_of(request)
        room.unhold()
        return _summary(room)

    return [
        Route("/dev/rooms", guarded(listed)),
        Route("/dev/rooms/{room}", guarded(shown)),
        Route("/dev/rooms/{room}/pause", guarded(pause), methods=["POST"]),
        Route("/dev/rooms/{room}/step", guarded(step), methods=["POST"]),
        Route("/dev/rooms/{room}/resume", guarded(resume), methods=["POST"]),
    ]


def _summary(room: Room) -> dict[str, object]:
    return {
        "room": room.plan.name,
        "game": room.plan.game.name,
        "tick": room.clock.tick,
        "players": [
            {"number": number, "name": player.name, "bot": player.bot} for number, player in room.simulation.players.items()
        ],
        "paused": room.held,
    }

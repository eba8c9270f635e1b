"""Recordings over HTTP (docs/http.md): a list, each of them, and the matches that are being played, with a delay.

    GET /api/v1/recordings                  which there are, newest first         ?most=N  ?before=NAME
    GET /api/v1/recordings/NAME             one of them, or a part of it          ?from=TICK  ?to=TICK
    GET /api/v1/rooms/ROOM/recording        the match in that room, as it goes on ?from=TICK|live  ?to=TICK

The recordings of a private room are in no list; each of them is given to who says the room's code: ?code=CODE. What goes out is
always the shareable form (gameserver.core.replay.shareable), and of a match that goes on nothing that is younger than its room's
delay: neither by its own address, nor by the name of its file.
"""

from __future__ import annotations

import logging
import re
from contextlib import aclosing
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Protocol

import attrs
import trio
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gameserver.archive import NAME, Entry, Span, Stored, names_in
from gameserver.caller import CALLER, Caller
from gameserver.codes import CodeGuard
from gameserver.core.errors import FormatError, Refused
from gameserver.core.limits import MAX_LISTED, ROOM_PATTERN, STREAM_SECONDS
from gameserver.core.replay.chunks import MAX_TICK
from gameserver.core.replay.shareable import reveals
from gameserver.following import Pieces, delayed, follow
from gameserver.livefile import PART
from gameserver.net.http import STREAM
from gameserver.web import has_tag

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from gameserver.archive import Archive
    from gameserver.core.reached import Reached
    from gameserver.livefile import LiveFile
    from gameserver.recorder import Recorder
    from gameserver.room import Room

log = logging.getLogger("gameserver.recordings")

USUAL_ENTRIES: Final = 50
ANSWER_SECONDS: Final = STREAM_SECONDS - 30.0
"""Then a stream ends between two chunks, before it is cut; whoever wants more asks for what follows."""
LIVE: Final = "live"
"""Where the match is now, less the delay; of one that has ended, its end."""

_GOLDEN: Final = 0.6180339887498949
_TYPE: Final = "application/octet-stream"
_NO_STORE: Final = {"Cache-Control": "no-store"}
_AGAIN: Final = {**_NO_STORE, "Retry-After": "10"}


class Rooms(Protocol):
    """What must be known of a server."""

    codes: CodeGuard
    reached: Reached

    @property
    def rooms(self) -> Mapping[str, Room]:
        """The open rooms."""
        ...


def routes(archive: Archive | None, recorder: Recorder | None = None, server: Rooms | None = None) -> list[Route]:
    """For the app of a server (api.make_app).

    `archive`: the folder of the recordings, None if there is none; `recorder`: what writes to it now, in the rooms of `server`.
    """
    watching = _Watching(archive, recorder, server)
    return [
        Route("/api/v1/recordings", watching.listed),
        Route("/api/v1/recordings/{name}", watching.given),
        Route("/api/v1/rooms/{room}/recording", watching.followed),
    ]


class _Watching:
    """The three answers."""

    def __init__(self, archive: Archive | None, recorder: Recorder | None, server: Rooms | None) -> None:
        self._archive = archive
        self._recorder = recorder
        self._server = server
        self._codes = server.codes if server is not None else CodeGuard()
        self._pieces = Pieces(archive) if archive is not None else None
        self._viewers = 0
        """All that ever were: the pulses of viewers are spread by it."""

    # -- the list ----------------------------------------------------------------------------------------------------------
    async def listed(self, request: Request) -> Response:
        """Newest first. A file that somebody removes meanwhile is not in it; nor is one that is no recording."""
        most = _number(request, "most", 1, MAX_LISTED) or USUAL_ENTRIES
        before = request.query_params.get("before")
        found: list[Entry] = []
        files = await self._files()
        for file in (name for name in files if before is None or name < before):
            if len(found) > most:
                break
            await trio.lowlevel.checkpoint()  # rooms tick between two of them
            entry = await self._entry(file)
            if entry is not None:
                found.append(entry)
        return JSONResponse(
            {"recordings": [attrs.asdict(entry) for entry in found[:most]], "more": len(found) > most}, headers=_NO_STORE
        )

    async def _files(self) -> list[str]:
        if self._archive is None:
            return []
        try:
            files = await self._archive.names()
        except OSError as error:
            raise _unreadable(error) from error
        self._archive.forget(files)
        return files

    async def _entry(self, file: str) -> Entry | None:
        assert self._archive is not None
        live = self._live(file)
        try:
            if live is None:
                return await self._archive.entry(file)
            return _live_entry(live) if self._archive.secrets or live.tape.header.code is None else None
        except OSError:
            return None

    def _live(self, file: str) -> LiveFile | None:
        """The recording in this file, if its match goes on, or has gone on until a moment ago: it is given with a delay."""
        live = self._recorder.fresh(file.removesuffix(PART)) if self._recorder is not None else None
        return None if live is not None and live.over and reveals(live.end) else live

    # -- one of them -------------------------------------------------------------------------------------------------------
    async def given(self, request: Request) -> Response:
        """A file; while it grows, the match with its delay."""
        name, span = request.path_params["name"], _span(request)
        if not NAME.fullmatch(name) or self._archive is None:
            raise HTTPException(HTTPStatus.NOT_FOUND, "there is no such recording", _NO_STORE)
        live = self._live(name)
        if live is not None:
            return self._follow(request, live, span)
        stored = await self._find(name)
        self._check_code(request, stored.header.code)
        headers = {
            "Content-Disposition": f'attachment; filename="{stored.file.removesuffix(PART)}"',
            "Cache-Control": "no-cache",
        }
        if stored.contents.end is not None:  # what it gives will not change any more
            headers["ETag"] = tag = f'"{stored.header.session.hex()}"'
            if has_tag(request.headers.get("if-none-match", ""), tag):
                return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
        return self._stream(request, self._archive.shared(stored, span), headers)

    async def _find(self, name: str) -> Stored:
        """By its name, or by the one that it had, or will have: a link may be older than the end of its match."""
        assert self._archive is not None
        other = name.removesuffix(PART) if name.endswith(PART) else name + PART
        for file in (name, other):
            try:
                return await self._archive.open(file)
            except FileNotFoundError:
                continue
            except OSError as error:
                raise _unreadable(error) from error
            except FormatError as error:
                raise HTTPException(HTTPStatus.NOT_FOUND, f"this is no recording that can be played: {error}", _NO_STORE) from error
        raise HTTPException(HTTPStatus.NOT_FOUND, "there is no such recording: the oldest make way for new ones", _NO_STORE)

    # -- a match that goes on ----------------------------------------------------------------------------------------------
    async def followed(self, request: Request) -> Response:
        """The match in a room."""
        name, span = request.path_params["room"], _span(request)
        room = self._server.rooms.get(name) if self._server is not None and re.fullmatch(ROOM_PATTERN, name) else None
        if room is None:
            raise HTTPException(HTTPStatus.NOT_FOUND, "there is no such room", _NO_STORE)
        if self._archive is None:
            raise HTTPException(HTTPStatus.NOT_FOUND, "this server does not record: start it without --record off", _NO_STORE)
        if room.recorder is None:
            raise HTTPException(HTTPStatus.NOT_FOUND, "this room is not recorded", _NO_STORE)
        if room.recorder.live is None:
            raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, "this room is not being recorded at the moment", _AGAIN)
        return self._follow(request, room.recorder.live, span)

    def _check_code(self, request: Request, code: str | None) -> None:
        """Raise HTTPException for whoever does not know the code of a private room. The owner of the files need not."""
        assert self._archive is not None
        if code is None or self._archive.secrets:
            return
        caller: Caller = request.scope.get(CALLER, Caller())
        try:
            self._codes.check(code, request.query_params.get("code"), guesser=caller.bucket, now=trio.current_time())
        except Refused as refusal:
            if self._server is not None:
                self._server.reached.note(refusal.limit)
            raise HTTPException(HTTPStatus.FORBIDDEN, str(refusal), _NO_STORE) from refusal

    def _follow(self, request: Request, live: LiveFile, span: Span) -> Response:
        assert self._pieces is not None
        self._check_code(request, live.tape.header.code)
        self._viewers += 1
        pieces = follow(live, self._pieces, span=span, phase=self._viewers * _GOLDEN % 1.0)
        return self._stream(request, pieces, {**_NO_STORE, "X-Recording": live.name, "X-Delay": f"{live.watch_delay:g}"})

    def _stream(self, request: Request, pieces: AsyncGenerator[bytes], headers: Mapping[str, str]) -> Response:
        begin = request.scope.get(STREAM)
        if begin is not None and not begin():
            raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, "too many are watching: come again", _AGAIN)
        return _Stream(pieces, headers)


class _Stream(Response):
    """Sends pieces as they come, until they end, the peer has gone, or ANSWER_SECONDS have passed."""

    def __init__(self, pieces: AsyncGenerator[bytes], headers: Mapping[str, str]) -> None:
        self.status_code = HTTPStatus.OK
        self.background = None
        self.init_headers({**headers, "Content-Type": _TYPE})
        self._pieces = pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with aclosing(self._pieces):
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            if scope["method"] != "HEAD":
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(_wait_until_gone, receive, nursery.cancel_scope)
                    with trio.move_on_after(ANSWER_SECONDS):
                        await self._send_pieces(send)
                    nursery.cancel_scope.cancel()
            await send({"type": "http.response.body", "body": b""})

    async def _send_pieces(self, send: Send) -> None:
        try:
            async for piece in self._pieces:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        except OSError as error:  # the answer ends here, without a FOOTER: whoever asks again is told what is wrong
            log.warning("a recording cannot be read on: %s", error)


async def _wait_until_gone(receive: Receive, scope: trio.CancelScope) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    scope.cancel()


def _live_entry(live: LiveFile) -> Entry:
    """As everyone may know it: nothing of it is younger than the delay."""
    header = live.tape.header
    _, last, marks = delayed(live)
    entry = Entry.of(header, name=live.name, seconds=(last - header.first) / header.rate, players=names_in(marks))
    return attrs.evolve(entry, live=not live.over)


def _span(request: Request) -> Span:
    first = MAX_TICK if request.query_params.get("from") == LIVE else _number(request, "from", 0, MAX_TICK)
    last = _number(request, "to", 0, MAX_TICK)
    if first is not None and last is not None and last < first:
        raise HTTPException(HTTPStatus.BAD_REQUEST, "`to` is not before `from`", _NO_STORE)
    return Span(first, last)


def _number(request: Request, name: str, least: int, most: int) -> int | None:
    text = request.query_params.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(most)) and least <= int(text) <= most):
        also = f", or `{LIVE}`" if name == "from" else ""
        raise HTTPException(HTTPStatus.BAD_REQUEST, f"`{name}` is a number from {least} to {most}{also}", _NO_STORE)
    return int(text)


def _unreadable(error: OSError) -> HTTPException:
    log.warning("the recordings cannot be read: %s", error)
    return HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, "the recordings cannot be read at the moment", _AGAIN)

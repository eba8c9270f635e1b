"""One connection from accept to its end: what does the stranger want? An answer over HTTP, or a session over WebSocket.

`Server` stands behind it with the wall: whatever a peer does here costs that connection alone.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import attrs
import trio
from trio_websocket import wrap_server_stream

from gameserver.anteroom import Anteroom
from gameserver.caller import Addressed, Caller
from gameserver.core.limits import HANDSHAKE_SECONDS, MAX_MESSAGE, ROOM_PATTERN
from gameserver.net.express import ExpressLink
from gameserver.net.frames import FrameStream
from gameserver.net.gate import Head, HeadRefused, Request, read_request, turn_away
from gameserver.net.lane import Lane, ReadsNow
from gameserver.net.meter import Meter
from gameserver.net.plain import PlainLink
from gameserver.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameserver.anteroom import Guest
    from gameserver.core.messages import Hello, Ping, Welcome
    from gameserver.net.http import HttpSide
    from gameserver.net.link import Link
    from gameserver.reception import Reception
    from gameserver.room import Room
    from gameserver.seat import Seat
    from gameserver.session import Ticket

_PATH: Final = re.compile(rf"/ws/({ROOM_PATTERN})")


@attrs.frozen
class SeatTicket:
    """A seat in a room, as the session of one line sees it (session.Ticket)."""

    room: Room
    seat: Seat
    link: Link
    welcome: Welcome

    def answer(self, at: float, ping: Ping) -> None:
        if self.seat.line is not None and self.seat.is_on(self.link):
            self.seat.line.answer_now(at, ping, trio.current_time())

    def enter(self) -> None:
        self.seat.enter(self.link)

    def give_up(self) -> None:
        self.seat.give_up(self.link)

    def release(self) -> None:
        self.room.release(self.seat, self.link)


class Entrance:
    """The way in of one server.

    Attributes:
        anteroom: connections between accept and the answer to their HELLO.
    """

    def __init__(self, desk: Reception, *, web: HttpSide | None, express: bool, on_refusal: Callable[[], None]) -> None:
        """`desk` lets people in; `web` answers what is no upgrade (without one that is refused); `express` False: no lane;
        `on_refusal` is called when somebody is turned away before a HELLO.
        """
        self.anteroom = Anteroom(on_turned_out=on_refusal)
        self._on_refusal = on_refusal
        self._desk = desk
        self._web = web
        self._express = express

    async def serve(self, stream: trio.abc.Stream) -> None:
        """Serve one connection to its end. Raises whatever the peer, or a library on its account, makes it raise."""
        caller = Caller(address=stream.peer if isinstance(stream, Addressed) else "")
        guest = self.anteroom.enter(caller.bucket)
        if guest is None:
            self._on_refusal()
            return
        with guest:
            await self._receive(stream, caller, guest)

    async def _receive(self, stream: trio.abc.Stream, caller: Caller, guest: Guest) -> None:
        deadline = trio.current_time() + HANDSHAKE_SECONDS
        asked = room = None
        with trio.CancelScope(deadline=deadline):
            try:
                asked = await read_request(stream)
                if isinstance(asked, Request):
                    if self._web is None:
                        raise HeadRefused(HTTPStatus.UPGRADE_REQUIRED, "the rooms are at /ws/ROOM, over WebSocket")
                    self._web.admit()
                elif asked is not None:
                    room = _PATH.fullmatch(asked.path)
                    if room is None:
                        raise HeadRefused(HTTPStatus.NOT_FOUND, "the rooms are at /ws/ROOM")
            except HeadRefused as refusal:
                self._on_refusal()
                await turn_away(stream, refusal)
                return
        if isinstance(asked, Head) and room is not None:
            await self._converse(stream, asked, room[1], _Door(guest, self._desk, caller), deadline)
        elif isinstance(asked, Request) and self._web is not None:
            guest.leave()
            await self._web.serve(stream, asked)

    async def _converse(self, stream: trio.abc.Stream, head: Head, room: str, door: _Door, deadline: float) -> None:
        """Upgrade the stream and serve the session on it. `deadline`: for the upgrade and HELLO."""
        meter = Meter(trio.current_time())
        frames: FrameStream
        if self._express and isinstance(stream, ReadsNow):
            frames = Lane(stream, largest=MAX_MESSAGE, head=head.raw, meter=meter)
        else:
            frames = FrameStream(stream, largest=MAX_MESSAGE, masked=True, head=head.raw, meter=meter)
        async with trio.open_nursery() as nursery:
            link: PlainLink | None = None
            with trio.CancelScope(deadline=deadline):
                request = await wrap_server_stream(nursery, frames, message_queue_size=1, max_message_size=MAX_MESSAGE)
                websocket = await request.accept()
                link = ExpressLink(websocket, frames) if isinstance(frames, Lane) else PlainLink(websocket, frames)
            if link is not None:
                nursery.start_soon(link.run)
                await Session(link, room, door).run(deadline)
                await link.closed.wait()
            nursery.cancel_scope.cancel()


@attrs.frozen
class _Door:
    """The desk as one connection sees it, which waits in the anteroom until it has been let in (session.Desk)."""

    _guest: Guest
    _desk: Reception
    _caller: Caller

    async def admit(self, hello: Hello, link: Link) -> Ticket:
        self._guest.is_asking = True
        try:
            ticket = await self._desk.admit(hello, link, self._caller)
        finally:
            self._guest.is_asking = False  # who was refused may take his time over the goodbye, but not a place
        self._guest.leave()
        return ticket

"""One connection from accept to its end: what does the stranger want? An answer over HTTP, or a session over WebSocket.

`Server` stands behind it with the wall: whatever a peer does here costs that connection alone.
"""

from __future__ import annotations

import logging
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import attrs
import trio
from trio_websocket import wrap_server_stream

from gameserver.anteroom import Anteroom
from gameserver.caller import Addressed, Caller, is_loopback
from gameserver.core.limits import HANDSHAKE_SECONDS, MAX_MESSAGE, MAX_TURNED_AWAY, ROOM_PATTERN
from gameserver.core.registry import Limit
from gameserver.crowd import Crowd
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
    from gameserver.core.reached import Reached
    from gameserver.crowd import Visit
    from gameserver.doors import Doors
    from gameserver.net.http import HttpSide
    from gameserver.net.link import Link
    from gameserver.reception import Reception
    from gameserver.room import Room
    from gameserver.seat import Seat
    from gameserver.session import Ticket

log = logging.getLogger("gameserver.entrance")

PROBES: Final = ("/healthz", "/readyz")
"""Answered whatever the Host: a load balancer has only an address, and they say nothing that anybody could use."""
SAFE_METHODS: Final = ("GET", "HEAD")
"""They change nothing (RFC 9110 9.2.1), and no other page may read what they answer."""
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
        crowd: who is there, by address.
        anteroom: connections between accept and the answer to their HELLO.
    """

    def __init__(
        self,
        desk: Reception,
        *,
        doors: Doors,
        web: HttpSide | None,
        express: bool,
        on_refusal: Callable[[], None],
        reached: Reached,
    ) -> None:
        """`desk` lets people in, of those whom `doors` let through; `web` answers what is no upgrade (without one that is
        refused); `express` False: no lane; `on_refusal` is called when somebody is turned away before a HELLO; `reached`: counts
        the limits.
        """
        self.anteroom = Anteroom(on_turned_out=self._on_crowding)
        self.crowd = Crowd(doors.per_address)
        self._turned_away = 0
        self._has_warned = False
        """The operator was told of a proxy."""
        self._doors = doors
        self._reached = reached
        self._on_refusal = on_refusal
        self._desk = desk
        self._web = web
        self._express = express

    async def serve(self, stream: trio.abc.Stream) -> None:
        """Serve one connection to its end. Raises whatever the peer, or a library on its account, makes it raise."""
        peer, own = (stream.peer, stream.own) if isinstance(stream, Addressed) else ("", "")
        caller = Caller(address=peer)
        guest = self.anteroom.enter(caller.bucket)
        if guest is None:
            self._on_crowding()
            return
        with guest:
            door = _Door(guest, self._desk, self.crowd, caller)
            try:
                await self._receive(stream, peer, own, door)
            finally:
                door.close()

    def _on_crowding(self) -> None:
        """There were too many who have not been let in yet, and one of them has gone for it."""
        self._on_refusal()
        self._reached.note(Limit.MAX_UNADMITTED)

    async def _receive(self, stream: trio.abc.Stream, peer: str, own: str, door: _Door) -> None:
        deadline = trio.current_time() + HANDSHAKE_SECONDS
        if not self._doors.is_proxy(peer) and not await self._has_place(stream, door):
            return
        asked = room = None
        with trio.CancelScope(deadline=deadline) as scope:
            try:
                asked = await read_request(stream)
                if asked is not None:
                    room = self._vet(asked, peer, own)
            except HeadRefused as refusal:
                self._on_refusal()
                self._reached.note(refusal.limit)
                await turn_away(stream, refusal)
                return
        self._reached.note(Limit.HANDSHAKE_SECONDS if scope.cancelled_caught else None)
        if asked is None:
            return
        door.meet(self._doors.caller(peer, asked.sender))
        if not self._has_warned and self._doors.overlooks_proxy(peer, asked.sender):
            self._has_warned = True
            log.warning(
                "requests come from %s through a proxy: all its clients are one address until you say --proxy %s", peer, peer
            )
        if door.visit is None and not await self._has_place(stream, door):
            return
        if isinstance(asked, Head) and room is not None:
            await self._converse(stream, asked, room, door, deadline)
        elif isinstance(asked, Request) and self._web is not None:
            door.pass_through()
            await self._web.serve(stream, asked, door.caller)

    def _vet(self, asked: Head | Request, peer: str, own: str) -> str | None:
        """The room that he wants to go to, None if he asks something over HTTP. Raises HeadRefused."""
        doors = self._doors
        if isinstance(asked, Head) or asked.path not in PROBES:
            doors.check_host(asked.sender, own)
        if isinstance(asked, Head) or asked.method not in SAFE_METHODS:
            doors.check_origin(asked.sender, peer)
        if isinstance(asked, Head):
            room = _PATH.fullmatch(asked.path)
            if room is None:
                raise HeadRefused(HTTPStatus.NOT_FOUND, "the rooms are at /ws/ROOM")
            return room[1]
        if self._web is None:
            raise HeadRefused(HTTPStatus.UPGRADE_REQUIRED, "the rooms are at /ws/ROOM, over WebSocket")
        self._web.admit()
        return None

    async def _has_place(self, stream: trio.abc.Stream, door: _Door) -> bool:
        """Is there a place for another connection of this address? Then it is taken; else he is told, if that costs little."""
        try:
            door.take_place(self._doors)
            return True
        except HeadRefused as refusal:
            self._on_refusal()
            self._reached.note(refusal.limit)
            door.pass_through()
            if self._turned_away >= MAX_TURNED_AWAY:
                self._reached.note(Limit.MAX_TURNED_AWAY)
                return False
            self._turned_away += 1
            try:
                await turn_away(stream, refusal)
            finally:
                self._turned_away -= 1
            return False

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
            with trio.CancelScope(deadline=deadline) as scope:
                request = await wrap_server_stream(nursery, frames, message_queue_size=1, max_message_size=MAX_MESSAGE)
                websocket = await request.accept()
                if isinstance(frames, Lane):
                    link = ExpressLink(websocket, frames, self._reached)
                else:
                    link = PlainLink(websocket, frames, self._reached)
            self._reached.note(Limit.HANDSHAKE_SECONDS if scope.cancelled_caught else None)
            if link is not None:
                nursery.start_soon(link.run)
                await Session(link, room, door, self._reached).run(deadline)
                await link.closed.wait()
            nursery.cancel_scope.cancel()


@attrs.define
class _Door:
    """The desk as one connection sees it, which waits in the anteroom until it has been let in (session.Desk)."""

    _guest: Guest
    _desk: Reception
    _crowd: Crowd
    caller: Caller
    visit: Visit | None = None
    """Where the connections of its address are counted."""

    def meet(self, caller: Caller) -> None:
        """He has said who he is: behind a proxy each of its clients counts for himself from now on, also in the anteroom."""
        self.caller = caller
        self._guest.address = caller.bucket

    def take_place(self, doors: Doors) -> None:
        """Count it among those of its address. Raises HeadRefused if they are too many."""
        if doors.counts_loopback or not is_loopback(self.caller.address):
            self.visit = self._crowd.enter(self.caller.bucket, trio.current_time())

    async def admit(self, hello: Hello, link: Link) -> Ticket:
        self._guest.is_asking = True
        try:
            ticket = await self._desk.admit(hello, link, self.caller)
        finally:
            self._guest.is_asking = False  # who was refused may take his time over the goodbye, but not a place
        self.pass_through()
        return ticket

    def pass_through(self) -> None:
        """It is known what it wants."""
        self._guest.leave()
        if self.visit is not None:
            self.visit.admitted()

    def close(self) -> None:
        """It has gone."""
        if self.visit is not None:
            self.visit.leave()

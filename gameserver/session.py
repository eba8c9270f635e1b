"""One client from the first message to the last: HELLO, WELCOME, READY, then the room has the line until it closes.

A session knows no rooms. Whoever runs it gives it a `Desk`, which finds the room and keeps a seat in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

import trio

from gameserver.core.errors import ProtocolError, Refused
from gameserver.core.limits import READY_SECONDS
from gameserver.core.messages import Bye, Hello, Notice, NoticeCode, Ping, Ready, Welcome
from gameserver.core.reached import Reached
from gameserver.core.registry import Limit
from gameserver.core.rights import Phase, Rank, sayable
from gameserver.core.wire import decode_client, encode_server

if TYPE_CHECKING:
    from gameserver.net.link import Arrived, Link

_GREETING: Final = sayable(Phase.GREETING, Rank.SPECTATOR)
_ENTERING: Final = sayable(Phase.ENTERING, Rank.SPECTATOR)
"""Whoever is not in the match yet may say what the least may, whatever he is to become."""


class Ticket(Protocol):
    """A seat that is being kept for somebody."""

    @property
    def welcome(self) -> Welcome:
        """What he is told first."""
        ...

    def answer(self, at: float, ping: Ping) -> None:
        """A PING has come before the match. Raises ProtocolError if there are too many."""
        ...

    def enter(self) -> None:
        """He is ready: the room takes the line from here."""
        ...

    def give_up(self) -> None:
        """He has said goodbye, or broken the protocol, and does not come back."""
        ...

    def release(self) -> None:
        """His line is gone."""
        ...


class Desk(Protocol):
    """Lets people in."""

    async def admit(self, hello: Hello, link: Link) -> Ticket:
        """Keep a seat. Raises Refused, with a notice code and a text for the player."""
        ...


class Session:
    """See the module."""

    def __init__(self, link: Link, room: str, desk: Desk, reached: Reached | None = None) -> None:
        """`room`: what the path of the upgrade said. `reached`: counts what a refusal or an end is because of."""
        self._link = link
        self._room = room
        self._desk = desk
        self._reached = reached if reached is not None else Reached()

    async def run(self, hello_deadline: float) -> None:
        """Serve the line until it closes. `hello_deadline`: trio time by which HELLO must be here and answered."""
        link = self._link
        try:
            with trio.CancelScope(deadline=hello_deadline) as scope:
                hello = self._hello((await link.receive()).data)
                ticket = await self._desk.admit(hello, link)
            if scope.cancelled_caught:
                self._reached.note(Limit.HANDSHAKE_SECONDS)
                self._end(Notice(NoticeCode.IDLE, "no HELLO in time"))
                return
        except trio.EndOfChannel:
            return
        except ProtocolError as error:
            self._reached.note(error.limit)
            link.end(error.close_code, str(error)[:100])
            return
        except Refused as refusal:
            self._reached.note(refusal.limit)
            self._end(Notice(refusal.code or NoticeCode.REFUSED, str(refusal), refusal.detail))
            return
        try:
            await self._play(ticket)
        except trio.EndOfChannel:
            pass
        except ProtocolError as error:
            self._reached.note(error.limit)
            ticket.give_up()
            link.end(error.close_code, str(error)[:100])
        finally:
            ticket.release()

    def _hello(self, data: bytes) -> Hello:
        message = decode_client(data)
        if type(message) not in _GREETING or not isinstance(message, Hello):
            raise ProtocolError(f"{type(message).__name__} before HELLO")
        if message.room != self._room:
            raise ProtocolError("HELLO names another room than the path")
        return message

    async def _play(self, ticket: Ticket) -> None:
        ready = False
        with trio.move_on_after(READY_SECONDS) as scope:
            await self._link.send(encode_server(ticket.welcome))
            ready = await self._wait_for_ready(ticket)
        if ready:
            ticket.enter()
            await self._link.closed.wait()
        else:
            self._reached.note(Limit.READY_SECONDS if scope.cancelled_caught else None)
            self._end(Notice(NoticeCode.IDLE, "no READY in time"))

    async def _wait_for_ready(self, ticket: Ticket) -> bool:
        """True once READY is here, False if he says goodbye instead; `_end` has no effect then."""
        tile_map = ticket.welcome.map
        while True:
            arrived: Arrived = await self._link.receive()
            message = decode_client(arrived.data)
            if type(message) not in _ENTERING:
                raise ProtocolError(f"{type(message).__name__} before READY")
            match message:
                case Ready(map_hash):
                    if map_hash != (tile_map[1] if tile_map is not None else None):
                        raise ProtocolError("READY names another map")
                    return True
                case Ping():
                    ticket.answer(arrived.at, message)
                case Bye():
                    ticket.give_up()
                    self._link.end(1000, "goodbye")
                    return False
                case _:  # a message that the table allows and nobody takes
                    raise ProtocolError(f"{type(message).__name__} before READY")

    def _end(self, notice: Notice) -> None:
        self._link.end(NoticeCode(notice.code).close_code, notice.text[:100], encode_server(notice))

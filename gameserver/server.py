"""Accepts connections, runs a session on each, beside the rooms, and keeps the failure of one from the others.

`_run_session` is, with `Rooms._run_room`, the only place that catches broadly: a peer that breaks its connection costs that
connection. `trio_websocket.serve_websocket` is never used: one malformed request ends it and all its rooms.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import attrs
import trio
from trio_websocket import ConnectionClosed
from wsproto.utilities import LocalProtocolError

from gameserver.admission import Admission
from gameserver.bans import Bans
from gameserver.codes import CodeGuard
from gameserver.core.errors import ProtocolError, Refused
from gameserver.core.limits import CLOSE_SECONDS, MAX_CONNECTIONS, READY_CONNECTIONS, SEAL_SECONDS
from gameserver.core.registry import Limit
from gameserver.doors import Doors
from gameserver.entrance import Entrance
from gameserver.hooks import Hooks
from gameserver.net.accepting import accept_all
from gameserver.net.http import HttpSide
from gameserver.reception import Reception
from gameserver.standing import Rank

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.types import ASGIApp

    from gameserver.keys import Keyring
    from gameserver.ports import Listener, Ports
    from gameserver.rooms import Rooms
    from gameserver.standing import Standing

log = logging.getLogger("gameserver.server")


@attrs.define
class ServerCounts:
    """What happened on a server, counted since it was started."""

    accepted: int = 0
    admitted: int = 0
    resumed: int = 0
    """Lines that took a kept seat again."""
    broken: int = 0
    """Connections that the peer broke, before or after the handshake."""
    refused: int = 0
    not_accepted: int = 0
    """How often the system had no connection to give (accepting)."""


class Server:
    """See the module.

    Attributes:
        rooms: those that are open, by name; opens them.
        admission: knows by their tickets who people are.
        bans: knows who may not come in.
        codes: keeps those out of private rooms who do not know the code.
        reception: lets them in.
        counts: what happened here.
        reached: how often each limit was, in all of its rooms and on all of its lines.
    """

    def __init__(
        self,
        rooms: Rooms,
        *,
        ports: Ports,
        hooks: Hooks | None = None,
        express: bool = True,
        web: Callable[[Server], ASGIApp] | None = None,
        keys: Keyring | None = None,
        doors: Doors | None = None,
        most_connections: int = MAX_CONNECTIONS,
    ) -> None:
        """`rooms`: run here from now on; `hooks`: say who may come in;
        `express` False: no lane, whatever the streams can do;
        `web` makes the app that answers what is no upgrade (without one that is refused);
        `keys`: of the tickets without which nobody comes in; None: the server is open;
        `doors`: whom it answers at all; None: whoever reaches it, by whatever name and from whichever page;
        `most_connections`: where the system has fewer than MAX_CONNECTIONS (net.accepting).
        """
        self.counts = ServerCounts()
        self.rooms = rooms
        self.reached = rooms.reached
        self.codes = CodeGuard()
        self.bans = Bans(
            store=ports.store, randomness=ports.randomness, wall_clock=ports.wall_clock, on_change=self._send_the_banned_away
        )
        self._ports = ports
        self._doors = doors if doors is not None else Doors()
        self.admission = Admission(
            store=ports.store,
            randomness=ports.randomness,
            wall_clock=ports.wall_clock,
            keys=keys,
            counts_loopback=self._doors.counts_loopback,
            since=ports.wall_clock.now(),
            is_void=self.bans.is_void,
        )
        self.reception = Reception(
            rooms,
            self.counts,
            admission=self.admission,
            bans=self.bans,
            hooks=hooks if hooks is not None else Hooks(),
            randomness=ports.randomness,
        )
        self._side = side = HttpSide(web(self), ports.wall_clock, self.reached) if web is not None else None
        self._entrance = Entrance(
            self.reception, doors=self._doors, web=side, express=express, on_refusal=self._count_refusal, reached=self.reached
        )
        self._listeners: list[Listener] = []
        self._nursery: trio.Nursery | None = None
        self._connections = 0
        self._most_connections = most_connections
        self._stopping = False
        self._empty = trio.Event()
        """Set when the last connection has gone while stopping."""

    # -- life --------------------------------------------------------------------------------------------------------------
    async def listen(self, host: str, port: int) -> Sequence[tuple[str, int]]:
        """Take the port; connections wait in it until `run`. Returns the bound addresses. Raises OSError if it is taken."""
        self._listeners += await self._ports.network.listen(host, port)
        return [listener.address for listener in self._listeners]

    async def run(self) -> None:
        """Serve until `stop` or a cancellation."""
        await self.bans.refresh()
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            nursery.start_soon(self.bans.run)
            self.rooms.start(nursery)
            await accept_all(self._listeners, self._run_session, nursery, on_failure=self._count_failure)

    async def drain(self, seconds: float) -> None:
        """Let nobody in any more, and give matches so long at most to end (gameserver.drain). `stop` is to follow."""
        await self.rooms.end_within(seconds).run()

    async def stop(self) -> None:
        """Tell everybody, wait CLOSE_SECONDS for the goodbyes at most and for what is recorded SEAL_SECONDS, then end `run`."""
        began = trio.current_time()
        self._stopping = True
        drain = self.rooms.end_within(0.0)  # whatever time an earlier one has left
        for room in tuple(self.rooms.values()):
            room.close(drain.farewell)
        if self._connections:
            with trio.move_on_after(CLOSE_SECONDS):
                await self._empty.wait()
        with trio.move_on_at(began + SEAL_SECONDS):
            await self.rooms.recorded()
        if self._nursery is not None:
            self._nursery.cancel_scope.cancel()

    @property
    def connections(self) -> int:
        """All that have been accepted and have not gone."""
        return self._connections

    @property
    def http(self) -> HttpSide | None:
        """What answers requests, None if nothing does."""
        return self._side

    @property
    def unadmitted(self) -> int:
        """Connections between accept and the answer to their HELLO."""
        return len(self._entrance.anteroom.guests)

    @property
    def unready(self) -> str | None:
        """Why a load balancer should send nobody here, in a word; None if it may (api.Status)."""
        if self.rooms.are_draining:
            return "stopping" if self._stopping else "draining"
        return "full" if self._connections >= min(READY_CONNECTIONS, self._most_connections * 9 // 10) else None

    # -- who may be here ---------------------------------------------------------------------------------------------------
    def may_enter(self, name: str, code: str | None, standing: Standing) -> None:
        """Raise Refused if he is not to be given a ticket for this room: he is banned or barred, or does not know its code."""
        self.bans.check(standing)
        room = self.rooms.get(name)
        if room is None:
            return
        if standing.name is not None:
            room.bars.check(standing, standing.name, trio.current_time())
        if room.plan.code is not None and standing.rank < Rank.ADMIN:
            guesser = f"account {standing.account}" if standing.account is not None else standing.caller.bucket
            self.codes.check(room.plan.code, code, guesser=guesser, now=trio.current_time())

    def _send_the_banned_away(self) -> None:
        """Somebody has been banned, or his ticket is void: he may be in a room."""
        for room in self.rooms.values():
            for seat in room.seats[:]:
                if seat not in room.seats:  # who stood in for somebody has gone with him
                    continue
                try:
                    self.bans.check(seat.standing)
                except Refused as refusal:
                    log.info("room %s: player %d is sent away: %s", room.plan.name, seat.player, refusal)
                    room.send_away(seat, str(refusal))

    # -- sessions ----------------------------------------------------------------------------------------------------------
    def _count_refusal(self) -> None:
        self.counts.refused += 1

    def _count_failure(self) -> None:
        self.counts.not_accepted += 1

    async def _run_session(self, stream: trio.abc.Stream) -> None:
        """The wall around one connection, from accept to the end."""
        self.counts.accepted += 1
        if self._connections >= self._most_connections:
            self.reached.note(Limit.MAX_CONNECTIONS)
            self._count_refusal()
            await trio.aclose_forcefully(stream)
            return
        self._connections += 1
        try:
            await self._entrance.serve(stream)
        except* (ConnectionClosed, ProtocolError, LocalProtocolError, trio.BrokenResourceError, trio.ClosedResourceError) as group:
            # LocalProtocolError: trio-websocket answers a ping while we are closing (its issue 184)
            self.counts.broken += 1
            log.debug("connection broken by the peer: %r", group.exceptions)
        except* Exception as group:
            self.counts.broken += 1
            log.warning("connection ended by an error", exc_info=group)
        finally:
            self._connections -= 1
            if self._stopping and not self._connections:
                self._empty.set()
            with trio.CancelScope(shield=True):
                await trio.aclose_forcefully(stream)

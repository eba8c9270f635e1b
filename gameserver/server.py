"""Accepts connections, runs rooms and sessions, and keeps the failure of one from the others.

`_run_session` and `_run_room` are the only places that catch broadly: a peer that breaks its connection costs that connection, a
game that breaks costs its room. `trio_websocket.serve_websocket` is never used: one malformed request ends it and all its rooms.
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
from gameserver.codes import CodeGuard, draw_code
from gameserver.core.errors import GameError, ProtocolError, Refused
from gameserver.core.limits import (
    CLOSE_SECONDS,
    MAX_CONNECTIONS,
    MAX_ROOMS,
    READY_CONNECTIONS,
    SEAL_SECONDS,
    WATCH_DELAY_SECONDS,
)
from gameserver.core.messages import Notice, NoticeCode
from gameserver.core.reached import Reached
from gameserver.core.registry import Limit
from gameserver.development.explain import explanation
from gameserver.development.reload import carried_over
from gameserver.doors import Doors
from gameserver.drain import Drain
from gameserver.entrance import Entrance
from gameserver.hooks import Hooks
from gameserver.net.accepting import accept_all
from gameserver.net.http import HttpSide
from gameserver.plan import RoomCounts, RoomFault, RoomPlan, RoomState
from gameserver.reception import Reception
from gameserver.reports import Reports
from gameserver.results import Results
from gameserver.room import Room
from gameserver.standing import Rank

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from starlette.types import ASGIApp

    from gameserver.core.game import Game, Result
    from gameserver.core.maps import TileMap
    from gameserver.core.record import Options
    from gameserver.guard import HookRunner
    from gameserver.keys import Keyring
    from gameserver.ports import Listener, Ports
    from gameserver.recorder import Recorder
    from gameserver.reports import Report
    from gameserver.standing import Standing

log = logging.getLogger("gameserver.server")

_GOLDEN = 0.6180339887498949
"""Multiples of it, modulo 1, are spread evenly whatever their number: the phases of rooms."""


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
    rooms_opened: int = 0
    rooms_faulted: int = 0


class Server:
    """See the module.

    Attributes:
        rooms: the open rooms, by name.
        on_open: called with each room that is opened, before it ticks.
        admission: knows by their tickets who people are.
        bans: knows who may not come in.
        codes: keeps those out of private rooms who do not know the code.
        reception: lets them in.
        counts: what happened here.
        reached: how often each limit was, in all of its rooms and on all of its lines.
        past: what happened in the rooms that have closed.
    """

    def __init__(
        self,
        *,
        ports: Ports,
        games: Mapping[str, type[Game]],
        maps: Mapping[str, tuple[TileMap, bytes]],
        guard: HookRunner,
        hooks: Hooks | None = None,
        recorder: Recorder | None = None,
        create_rooms: bool = True,
        hosted: Collection[type[Game]] = (),
        express: bool = True,
        explains: bool = False,
        watch_delay: float = WATCH_DELAY_SECONDS,
        web: Callable[[Server], ASGIApp] | None = None,
        keys: Keyring | None = None,
        doors: Doors | None = None,
        most_connections: int = MAX_CONNECTIONS,
        reached: Reached | None = None,
        strangers: bool = False,
    ) -> None:
        """`games` by name; `maps` by name: the parsed map and its file; `recorder`: records every match, but for what goes on in
        rooms of hosted games; `create_rooms`: a HELLO for an unknown room opens it,
        unless it is one of a game that is `hosted`: then the host alone opens rooms;
        `express` False: no lane, whatever the streams can do; `explains`: players are shown what went wrong in their room, for
        who develops a game; `watch_delay`: of all rooms, in seconds;
        `web` makes the app that answers what is no upgrade (without one that is refused);
        `keys`: of the tickets without which nobody comes in; None: the server is open;
        `doors`: whom it answers at all; None: whoever reaches it, by whatever name and from whichever page.
        `most_connections`: where the system has fewer than MAX_CONNECTIONS (net.accepting);
        `reached`: counts the limits that are reached here;
        `strangers`: people meet here who do not know each other: in rooms that are kept nobody is host for coming first.
        """
        self.rooms: dict[str, Room] = {}
        self.on_open: Callable[[Room], None] = lambda room: None
        self.counts = ServerCounts()
        self.reached = reached if reached is not None else Reached()
        self.past = RoomCounts()
        self._present: list[RoomCounts] = []
        """Of the rooms that are not past: one that is closing may have given its name to another."""
        self.codes = CodeGuard()
        self.bans = Bans(
            store=ports.store, randomness=ports.randomness, wall_clock=ports.wall_clock, on_change=self._send_the_banned_away
        )
        self._ports = ports
        self._games = dict(games)
        self._explains = explains
        self._watch_delay = watch_delay
        self._strangers = strangers
        self._maps = maps
        self._guard = guard
        self._doors = doors if doors is not None else Doors()
        self._hooks = hooks if hooks is not None else Hooks()
        self._results = Results(ports.store, ports.wall_clock, self._hooks)
        self._reports = Reports(ports.store, ports.wall_clock)
        self._recorder = recorder
        self._create_rooms = create_rooms
        self._hosted = hosted
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
            self, self.counts, admission=self.admission, bans=self.bans, hooks=self._hooks, randomness=ports.randomness
        )
        self._side = side = HttpSide(web(self), ports.wall_clock, self.reached) if web is not None else None
        self._entrance = Entrance(
            self.reception, doors=self._doors, web=side, express=express, on_refusal=self._count_refusal, reached=self.reached
        )
        self._kept: dict[str, RoomPlan] = {}
        """Plans of rooms that are kept: whoever asks for one after it has ended gets it again."""
        self._listeners: list[Listener] = []
        self._nursery: trio.Nursery | None = None
        self._connections = 0
        self._drain: Drain | None = None
        """None as long as the server is not to end."""
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
            if self._recorder is not None:
                nursery.start_soon(self._recorder.run)
            for room in self.rooms.values():
                nursery.start_soon(self._run_room, room)
            await accept_all(self._listeners, self._run_session, nursery, on_failure=self._count_failure)

    async def drain(self, seconds: float) -> None:
        """Let nobody in any more, and give matches so long at most to end (gameserver.drain). `stop` is to follow."""
        self._drain = Drain(self.rooms, lasting=self._hosted, seconds=seconds)
        await self._drain.run()

    async def stop(self) -> None:
        """Tell everybody, wait CLOSE_SECONDS for the goodbyes at most and for what is recorded SEAL_SECONDS, then end `run`."""
        began = trio.current_time()
        drain = self._drain = Drain(self.rooms, lasting=self._hosted, seconds=0.0)  # whatever time an earlier one has left
        self._stopping = True
        for room in tuple(self.rooms.values()):
            room.close(drain.farewell)
        if self._connections:
            with trio.move_on_after(CLOSE_SECONDS):
                await self._empty.wait()
        if self._recorder is not None and self._nursery is not None:
            with trio.move_on_at(began + SEAL_SECONDS):
                await self._recorder.finish()
        if self._nursery is not None:
            self._nursery.cancel_scope.cancel()

    @property
    def connections(self) -> int:
        """All that have been accepted and have not gone."""
        return self._connections

    @property
    def total(self) -> RoomCounts:
        """What happened in all rooms, as one; it never becomes less."""
        total = RoomCounts(reached=self.reached)
        for counts in (self.past, *self._present):
            total.add(counts)
        return total

    @property
    def http(self) -> HttpSide | None:
        """What answers requests, None if nothing does."""
        return self._side

    @property
    def unadmitted(self) -> int:
        """Connections between accept and the answer to their HELLO."""
        return len(self._entrance.anteroom.guests)

    @property
    def leaving(self) -> Refused | None:
        """What whoever wants to come in is told while the server drains or stops; None as long as it does not."""
        return self._drain.refusal() if self._drain is not None else None

    @property
    def unready(self) -> str | None:
        """Why a load balancer should send nobody here, in a word; None if it may (api.Status)."""
        if self._drain is not None:
            return "stopping" if self._stopping else "draining"
        return "full" if self._connections >= min(READY_CONNECTIONS, self._most_connections * 9 // 10) else None

    # -- rooms -------------------------------------------------------------------------------------------------------------
    @property
    def games(self) -> Mapping[str, type[Game]]:
        """By name, as they are now (`replace_game`)."""
        return self._games

    @property
    def maps(self) -> Mapping[str, tuple[TileMap, bytes]]:
        """By name: the parsed map and its file."""
        return self._maps

    def open_room(
        self,
        name: str,
        game: type[Game],
        *,
        options: Options | None = None,
        map_name: str = "",
        seed: int | None = None,
        keep: bool = False,
        private: bool = False,
    ) -> Room:
        """Open a room now; a `private` one has a code (RoomPlan.code).

        Raises Refused if there are too many or the map is not there, RoomFault if the game's setup fails.
        """
        return self.open_plan(
            RoomPlan(
                name=name,
                game=game,
                options=options if options is not None else game.options(),
                map=self._map_for(game, map_name),
                seed=seed if seed is not None else self._ports.randomness.seed(),
                keep=keep,
                code=draw_code(self._ports.randomness) if private else None,
            )
        )

    def open_plan(self, plan: RoomPlan) -> Room:
        """Open a room that somebody else has planned, all but its phase, its delay, and who may keep order in it. Raises as
        `open_room` does.
        """
        plan = attrs.evolve(
            plan,
            phase=self.counts.rooms_opened * _GOLDEN % 1.0,
            watch_delay=self._watch_delay,
            first_keeps_order=not (self._strangers and plan.keep),
        )
        if plan.keep:
            self._kept[plan.name] = plan
        return self._open(plan)

    def _open(self, plan: RoomPlan) -> Room:
        if (refusal := self.leaving) is not None:
            raise refusal
        if len(self.rooms) >= MAX_ROOMS:
            raise Refused(f"the server has {MAX_ROOMS} rooms", NoticeCode.FULL, limit=Limit.MAX_ROOMS)
        room = Room(plan, self._guard, self._new_fault_id, self.reached)
        self._start(room)
        return room

    def _start(self, room: Room) -> None:
        room.on_result = self._on_result
        room.on_report = self._on_report
        if self._recorder is not None and room.plan.game not in self._hosted:
            room.recorder = self._recorder.begin(room, room.plan.start.recording if room.plan.start is not None else None)
        self.on_open(room)
        self.rooms[room.plan.name] = room
        self._present.append(room.counts)
        self.counts.rooms_opened += 1
        log.info("room %s opened: %s", room.plan.name, room.plan.game.name)
        if self._nursery is not None:
            self._nursery.start_soon(self._run_room, room)

    def replace_game(self, old: type[Game], new: type[Game]) -> list[str]:
        """Play this game from now on where the other was played; returns the names of the rooms.

        Each begins anew with the options that it had, as far as the new game has them, and so does a kept one that had failed;
        players are told to join again. Raises RoomFault, Refused or GameError if a room cannot be made; then nothing has changed.
        """
        if new.name != old.name:
            raise GameError(f"{old.name} is called {new.name} now: start the server again")
        if (refusal := self.leaving) is not None:
            raise refusal
        plans = [room.plan for room in self.rooms.values() if room.plan.game is old]
        plans += [plan for name, plan in self._kept.items() if plan.game is old and name not in self.rooms]
        changed = []
        for plan in plans:
            tile_map = self._map_for(new, "") if (plan.map is None) is new.uses_map else plan.map
            options = carried_over(plan.options, new.options)
            changed.append(attrs.evolve(plan, game=new, options=options, map=tile_map))
        rooms = [Room(plan, self._guard, self._new_fault_id, self.reached) for plan in changed]
        self._games[new.name] = new
        self._kept |= {plan.name: plan for plan in changed if plan.keep}
        for room in rooms:
            name = room.plan.name
            if name in self.rooms:
                self.rooms[name].close(Notice(NoticeCode.MOVED, "the game has changed: join again", f"/ws/{name}"))
            self._start(room)
        return [plan.name for plan in changed]

    def reopen(self, name: str, game: type[Game]) -> Room:
        """Open a room for somebody who asks for it: a kept one as it was planned, with a new seed. Raises Refused, RoomFault."""
        kept = self._kept.get(name)
        if kept is not None:
            return self._open(attrs.evolve(kept, seed=self._ports.randomness.seed()))
        if not self.opens_new(name, game):
            raise Refused(f"there is no room {name!r}", NoticeCode.REFUSED)
        return self.open_room(name, game)

    def opens_new(self, name: str, game: type[Game]) -> bool:
        """Would a room of this name be one that nobody has planned, and may it be opened by who asks for it?"""
        return name not in self._kept and self._create_rooms and game not in self._hosted

    def planned_game(self, name: str) -> type[Game] | None:
        """What is played in a room of this name that is there, or that is kept."""
        room = self.rooms.get(name)
        if room is not None and room.state is not RoomState.CLOSED:
            return room.plan.game
        kept = self._kept.get(name)
        return kept.game if kept is not None else None

    def _map_for(self, game: type[Game], name: str) -> tuple[TileMap, bytes] | None:
        if not game.uses_map:
            return None
        wanted = name or game.default_map
        if wanted not in self._maps:
            raise Refused(f"there is no map {wanted!r}; there are {', '.join(sorted(self._maps))}", NoticeCode.REFUSED)
        return self._maps[wanted]

    def _new_fault_id(self) -> str:
        return self._ports.randomness.token(5).hex()

    async def _run_room(self, room: Room) -> None:
        """The wall around one room."""
        name = room.plan.name
        try:
            await room.run()
            log.info("room %s closed after %d ticks", name, room.clock.tick)
        except* Exception as group:
            self.counts.rooms_faulted += 1
            fault = next((error for error in group.exceptions if isinstance(error, RoomFault)), None)
            fault_id = fault.fault_id if fault is not None else self._new_fault_id()
            log.exception("room %s failed in tick %d, fault %s", name, room.clock.tick, fault_id, exc_info=group)
            if room.recorder is not None:
                room.recorder.seal("faulted")
            room.close(Notice(NoticeCode.FAULTED, self._fault_text(fault_id, group), fault_id))
        finally:
            if room.recorder is not None:
                room.recorder.close()
            self.past.add(room.counts)
            self._present = [counts for counts in self._present if counts is not room.counts]
            if self.rooms.get(name) is room:
                del self.rooms[name]
            if self._drain is not None:
                self._drain.room_closed()

    def refusal_of(self, name: str, fault: RoomFault) -> Refused:
        """What somebody is told whose room could not be opened: the game's own words if it refused, else a fault id."""
        self.reached.note(fault.limit)
        if isinstance(fault.__cause__, Refused):
            return Refused(str(fault.__cause__), NoticeCode.REFUSED)
        log.error("room %s could not be opened, fault %s", name, fault.fault_id, exc_info=fault)
        return Refused(self._fault_text(fault.fault_id, fault), NoticeCode.FAULTED, fault.fault_id)

    def _fault_text(self, fault_id: str, error: BaseException) -> str:
        """What players are told of a fault: what it was only to who develops the game."""
        text = f"the room failed, fault {fault_id}"
        return f"{text}\n{explanation(error)}" if self._explains else text

    def _on_result(self, room: Room, result: Result) -> None:
        if self._nursery is not None:
            self._results.take(room, result, self._nursery)

    def may_enter(self, name: str, code: str | None, standing: Standing) -> None:
        """Raise Refused if he is not to be given a ticket for this room: he is banned or barred, or does not know its code."""
        self.bans.check(standing)
        room = self.rooms.get(name)
        if room is None:
            return
        if standing.name is not None:
            room.check_bar(standing, standing.name)
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

    def _on_report(self, report: Report) -> None:
        if self._nursery is not None:
            self._reports.take(report, self._nursery)

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

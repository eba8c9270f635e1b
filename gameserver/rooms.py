"""The rooms of a server: opens them, runs each behind a wall of its own, and knows what has happened in all of them.

`Rooms._run_room` is the only place that catches broadly what comes out of a room: a game that breaks costs its room.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

import attrs

from gameserver.codes import draw_code
from gameserver.core.errors import GameError, Refused
from gameserver.core.limits import MAX_ROOMS, WATCH_DELAY_SECONDS
from gameserver.core.messages import Notice, NoticeCode
from gameserver.core.reached import Reached
from gameserver.core.registry import Limit
from gameserver.development.explain import explanation
from gameserver.development.reload import carried_over
from gameserver.drain import Drain
from gameserver.hooks import Hooks
from gameserver.plan import RoomCounts, RoomFault, RoomPlan, RoomState
from gameserver.reports import Reports
from gameserver.results import Results
from gameserver.room import Room

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    import trio

    from gameserver.core.game import Game, Result
    from gameserver.core.maps import TileMap
    from gameserver.core.record import Options
    from gameserver.guard import HookRunner
    from gameserver.ports import Ports
    from gameserver.recorder import Recorder
    from gameserver.reports import Report

log = logging.getLogger("gameserver.rooms")

_GOLDEN = 0.6180339887498949
"""Multiples of it, modulo 1, are spread evenly whatever their number: the phases of rooms."""


class Rooms(Mapping[str, Room]):
    """The open ones, by name. See the module.

    Attributes:
        on_open: called with each room that is opened, before it ticks.
        reached: how often each limit was, in all of them and on the lines of their server.
        opened: how many rooms were, since the server was started.
        faulted: how many ended because their game failed.
    """

    def __init__(
        self,
        *,
        ports: Ports,
        games: Mapping[str, type[Game]],
        maps: Mapping[str, tuple[TileMap, bytes]],
        guard: HookRunner,
        hooks: Hooks | None = None,
        reached: Reached | None = None,
        recorder: Recorder | None = None,
        create_rooms: bool = True,
        hosted: Collection[type[Game]] = (),
        explains: bool = False,
        watch_delay: float = WATCH_DELAY_SECONDS,
        strangers: bool = False,
    ) -> None:
        """`games` by name; `maps` by name: the parsed map and its file; `hooks`: are told results;
        `reached`: counts on, where limits are counted already; `recorder`: records every match, but for what goes on in rooms of
        hosted games; `create_rooms`: a HELLO for an unknown room opens it, unless it is one of a game that is `hosted`: then
        the host alone opens rooms; `explains`: players are shown what went wrong in their room, for who develops a game;
        `watch_delay`: of all rooms, in seconds;
        `strangers`: people meet here who do not know each other: in rooms that are kept nobody is host for coming first.
        """
        self.on_open: Callable[[Room], None] = lambda room: None
        self.reached = reached if reached is not None else Reached()
        self.opened = 0
        self.faulted = 0
        self._open: dict[str, Room] = {}
        self._kept: dict[str, RoomPlan] = {}
        """Plans of rooms that are kept: whoever asks for one after it has ended gets it again."""
        self._past = RoomCounts()
        """Of the rooms that have closed."""
        self._present: list[RoomCounts] = []
        """Of the others: one that is closing may have given its name to another."""
        self._randomness = ports.randomness
        self._games = dict(games)
        self._maps = maps
        self._guard = guard
        self._results = Results(ports.store, ports.wall_clock, hooks if hooks is not None else Hooks())
        self._reports = Reports(ports.store, ports.wall_clock)
        self._recorder = recorder
        self._create_rooms = create_rooms
        self._hosted = hosted
        self._explains = explains
        self._watch_delay = watch_delay
        self._strangers = strangers
        self._nursery: trio.Nursery | None = None
        self._drain: Drain | None = None
        """None as long as they are not to end."""

    # -- those that are open -----------------------------------------------------------------------------------------------
    def __getitem__(self, name: str) -> Room:
        return self._open[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._open)

    def __len__(self) -> int:
        return len(self._open)

    @property
    def games(self) -> Mapping[str, type[Game]]:
        """What can be played in them, by name, as it is now (`replace_game`)."""
        return self._games

    @property
    def maps(self) -> Mapping[str, tuple[TileMap, bytes]]:
        """By name: the parsed map and its file."""
        return self._maps

    @property
    def total(self) -> RoomCounts:
        """What happened in all rooms, those included that have closed, as one; it never becomes less."""
        total = RoomCounts(reached=self.reached)
        for counts in (self._past, *self._present):
            total.add(counts)
        return total

    def planned_game(self, name: str) -> type[Game] | None:
        """What is played in a room of this name that is there, or that is kept."""
        room = self._open.get(name)
        if room is not None and room.state is not RoomState.CLOSED:
            return room.plan.game
        kept = self._kept.get(name)
        return kept.game if kept is not None else None

    def opens_new(self, name: str, game: type[Game]) -> bool:
        """Would a room of this name be one that nobody has planned, and may it be opened by who asks for it?"""
        return name not in self._kept and self._create_rooms and game not in self._hosted

    # -- opening -----------------------------------------------------------------------------------------------------------
    def open(
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
                seed=seed if seed is not None else self._randomness.seed(),
                keep=keep,
                code=draw_code(self._randomness) if private else None,
            )
        )

    def open_plan(self, plan: RoomPlan) -> Room:
        """Open a room that somebody else has planned, all but its phase, its delay, and who may keep order in it. Raises as
        `open` does.
        """
        plan = attrs.evolve(
            plan,
            phase=self.opened * _GOLDEN % 1.0,
            watch_delay=self._watch_delay,
            first_keeps_order=not (self._strangers and plan.keep),
        )
        if plan.keep:
            self._kept[plan.name] = plan
        return self._make(plan)

    def reopen(self, name: str, game: type[Game]) -> Room:
        """Open a room for somebody who asks for it: a kept one as it was planned, with a new seed. Raises Refused, RoomFault."""
        kept = self._kept.get(name)
        if kept is not None:
            return self._make(attrs.evolve(kept, seed=self._randomness.seed()))
        if not self.opens_new(name, game):
            raise Refused(f"there is no room {name!r}", NoticeCode.REFUSED)
        return self.open(name, game)

    def replace_game(self, old: type[Game], new: type[Game]) -> list[str]:
        """Play this game from now on where the other was played; returns the names of the rooms.

        Each begins anew with the options that it had, as far as the new game has them, and so does a kept one that had failed;
        players are told to join again. Raises RoomFault, Refused or GameError if a room cannot be made; then nothing has changed.
        """
        if new.name != old.name:
            raise GameError(f"{old.name} is called {new.name} now: start the server again")
        if (refusal := self.leaving) is not None:
            raise refusal
        plans = [room.plan for room in self._open.values() if room.plan.game is old]
        plans += [plan for name, plan in self._kept.items() if plan.game is old and name not in self._open]
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
            if name in self._open:
                self._open[name].close(Notice(NoticeCode.MOVED, "the game has changed: join again", f"/ws/{name}"))
            self._start(room)
        return [plan.name for plan in changed]

    def refusal_of(self, name: str, fault: RoomFault) -> Refused:
        """What somebody is told whose room could not be opened: the game's own words if it refused, else a fault id."""
        self.reached.note(fault.limit)
        if isinstance(fault.__cause__, Refused):
            return Refused(str(fault.__cause__), NoticeCode.REFUSED)
        log.error("room %s could not be opened, fault %s", name, fault.fault_id, exc_info=fault)
        return Refused(self._fault_text(fault.fault_id, fault), NoticeCode.FAULTED, fault.fault_id)

    def _map_for(self, game: type[Game], name: str) -> tuple[TileMap, bytes] | None:
        if not game.uses_map:
            return None
        wanted = name or game.default_map
        if wanted not in self._maps:
            raise Refused(f"there is no map {wanted!r}; there are {', '.join(sorted(self._maps))}", NoticeCode.REFUSED)
        return self._maps[wanted]

    def _make(self, plan: RoomPlan) -> Room:
        if (refusal := self.leaving) is not None:
            raise refusal
        if len(self._open) >= MAX_ROOMS:
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
        self._open[room.plan.name] = room
        self._present.append(room.counts)
        self.opened += 1
        log.info("room %s opened: %s", room.plan.name, room.plan.game.name)
        if self._nursery is not None:
            self._nursery.start_soon(self._run_room, room)

    # -- running -----------------------------------------------------------------------------------------------------------
    def start(self, nursery: trio.Nursery) -> None:
        """Run them in there, those that are open and those that will be, and what records them."""
        self._nursery = nursery
        if self._recorder is not None:
            nursery.start_soon(self._recorder.run)
        for room in self._open.values():
            nursery.start_soon(self._run_room, room)

    async def _run_room(self, room: Room) -> None:
        """The wall around one room."""
        name = room.plan.name
        try:
            await room.run()
            log.info("room %s closed after %d ticks", name, room.clock.tick)
        except* Exception as group:
            self.faulted += 1
            fault = next((error for error in group.exceptions if isinstance(error, RoomFault)), None)
            fault_id = fault.fault_id if fault is not None else self._new_fault_id()
            log.exception("room %s failed in tick %d, fault %s", name, room.clock.tick, fault_id, exc_info=group)
            if room.recorder is not None:
                room.recorder.seal("faulted")
            room.close(Notice(NoticeCode.FAULTED, self._fault_text(fault_id, group), fault_id))
        finally:
            if room.recorder is not None:
                room.recorder.close()
            self._past.add(room.counts)
            self._present = [counts for counts in self._present if counts is not room.counts]
            if self._open.get(name) is room:
                del self._open[name]
            if self._drain is not None:
                self._drain.room_closed()

    def _on_result(self, room: Room, result: Result) -> None:
        if self._nursery is not None:
            self._results.take(room, result, self._nursery)

    def _on_report(self, report: Report) -> None:
        if self._nursery is not None:
            self._reports.take(report, self._nursery)

    def _new_fault_id(self) -> str:
        return self._randomness.token(5).hex()

    def _fault_text(self, fault_id: str, error: BaseException) -> str:
        """What players are told of a fault: what it was only to who develops the game."""
        text = f"the room failed, fault {fault_id}"
        return f"{text}\n{explanation(error)}" if self._explains else text

    # -- the end -----------------------------------------------------------------------------------------------------------
    @property
    def leaving(self) -> Refused | None:
        """What whoever wants to come in is told while they are to end; None as long as they are not."""
        return self._drain.refusal() if self._drain is not None else None

    @property
    def are_draining(self) -> bool:
        """Are they to end?"""
        return self._drain is not None

    def end_within(self, seconds: float) -> Drain:
        """Open none any more, and let nobody in. Returns what ends those that are open, in place of an earlier one."""
        self._drain = Drain(self, lasting=self._hosted, seconds=seconds)
        return self._drain

    async def recorded(self) -> None:
        """Return when all that was recorded is on the disk: rooms that go on have to be closed first."""
        if self._recorder is not None and self._nursery is not None:
            await self._recorder.finish()

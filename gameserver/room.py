"""One match on a fixed tick: what arrived goes in, one step, one frame for each client goes out. It waits for nobody.

`run` is the only thing here that waits: for the next deadline, and for the other rooms while a world is built anew. All else is
synchronous, therefore atomic:

    Room.tick → Seating.receive, take → GuardedGame.step → Parts.commit → Seat.send

Whatever a game raises, SystemExit included, becomes a `RoomFault`. `run` goes on without what made it fail (gameserver.rescue). If
that cannot be it raises the fault, which ends this room and no other.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

import trio

from gameserver.bars import Bars
from gameserver.core.clock import TickClock
from gameserver.core.errors import GameError, Refused
from gameserver.core.limits import EMPTY_ROOM_SECONDS, KICK_SECONDS, SUBTICKS
from gameserver.core.messages import Notice, NoticeCode, Welcome
from gameserver.core.reached import Reached
from gameserver.core.registry import Limit
from gameserver.core.rewind import most_back
from gameserver.core.rights import Rank
from gameserver.core.simulation import Leave
from gameserver.course import Course
from gameserver.faults import fault_of
from gameserver.guarded import GuardedGame
from gameserver.plan import RoomCounts, RoomFault, RoomState
from gameserver.reports import Desk
from gameserver.rescue import Rescue
from gameserver.seating import Seating
from gameserver.showing import Showing

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameserver.core.audience import PlayerId
    from gameserver.core.game import Profile, Result
    from gameserver.core.messages import Hello, Role
    from gameserver.core.parts import Parts
    from gameserver.core.replay.steps import Step
    from gameserver.core.simulation import Simulation
    from gameserver.guard import HookRunner
    from gameserver.net.link import Link
    from gameserver.plan import RoomPlan
    from gameserver.recorder import RoomRecorder
    from gameserver.reports import Report
    from gameserver.seat import Seat
    from gameserver.standing import Standing

log = logging.getLogger("gameserver.game")

STAND_SECONDS: Final = 0.1
"""A room that is held looks after its lines so often."""


class Room:
    """See the module.

    Attributes:
        counts: what happened in it.
        state: where it is in its life.
        course: which match is played, and how the room ends.
        bars: who was sent away and may not come back yet.
        on_result: called in the tick in which a match ends.
        on_report: called with what a player reports of another; when it was is for the host to say.
        on_step: called after each step, before anyone is told of it: for a host that listens to the game.
        recorder: is told of each step and of what is shown after it, None if the room is not recorded.
        last_step: what entered the last step, also one that failed.
    """

    def __init__(self, plan: RoomPlan, guard: HookRunner, fault_id: Callable[[], str], reached: Reached | None = None) -> None:
        """Make the room and run the game's setup. `reached`: counts the limits that are reached in it. Raises RoomFault."""
        self.plan = plan
        self.counts = RoomCounts(reached=reached if reached is not None else Reached())
        self.state = RoomState.RUNNING
        self.on_result: Callable[[Room, Result], None] = lambda room, result: None
        self.on_report: Callable[[Report], None] = lambda report: None
        self.on_step: Callable[[Room], None] = lambda room: None
        self.recorder: RoomRecorder | None = None
        self.last_step: Step | None = None
        self._guard = guard
        self._game = GuardedGame(plan, guard, fault_id, self.counts.reached)
        simulation = self._game.simulation
        self._showing = Showing(simulation, plan.game, self.counts)
        tick = plan.start.tick if plan.start is not None else 0
        self._clock = TickClock(plan.game.tick_rate, trio.current_time(), phase=plan.phase, tick=tick)
        self._seating = Seating(
            plan.game,
            self._clock,
            self.counts,
            rewinds=bool(simulation.world.pasts),
            on_report=Desk(self, fault_id).answer,
            first_keeps_order=plan.first_keeps_order,
        )
        self._seating.inherit(simulation.players.values())
        self._opened_at = trio.current_time()
        self.course = Course(plan.game, simulation.result, tick, people=lambda: self.people)
        self.bars = Bars()
        self._rescue = Rescue(self._game.make, simulation, self.counts.reached, phase=plan.phase)
        self._wake = trio.Event()
        self._held_from: int | None = None
        """The last tick before the room stands still, None: it does not."""
        self._warning: Callable[[], Notice] | None = None
        """What whoever comes over a new line is told at once."""

    # -- coming and going (called between ticks) ---------------------------------------------------------------------------
    @property
    def seats(self) -> list[Seat]:
        """Everyone who was let in, in order; those who are in the match as well as those who are about to be or to leave."""
        return self._seating.seats

    def seat_of(self, player: PlayerId) -> Seat | None:
        """This player's own, not that of who stands in for him; None if nobody has it."""
        return self._seating.seat_of(player)

    @property
    def players(self) -> int:
        """How many seats are taken."""
        return self._seating.players

    @property
    def people(self) -> int:
        """How many of them by people, those included whose line is down."""
        return self._seating.people

    @property
    def spectators(self) -> int:
        """How many look on."""
        return sum(not seat.player for seat in self.seats)

    @property
    def untended(self) -> int:
        """Seats of people who are away or not yet back, and which bots may play meanwhile (Game.bots_hold_seats)."""
        return self._seating.untended

    @property
    def simulation(self) -> Simulation:
        """The match itself, for tests and tools that look on."""
        return self._game.simulation

    @property
    def parts(self) -> Parts:
        """What of the match was shown."""
        return self._showing.parts

    @property
    def clock(self) -> TickClock:
        """The room's time."""
        return self._clock

    def reserve(self, hello: Hello, profile: Profile, link: Link, standing: Standing) -> Seat:
        """Keep a seat for somebody who has been let in; he joins after `enter`. Raises Refused if there is none."""
        if self.state is RoomState.CLOSED or self.course.is_ending:
            raise Refused("the room is closing", NoticeCode.CLOSED)
        self.bars.check(standing, hello.name, trio.current_time())
        seat = self._seating.reserve(hello, profile, link, standing)
        self._wake.set()
        return seat

    def check_invitation(self, standing: Standing) -> None:
        """Raise Refused unless he has a ticket that was given for the code of this private room (Server.may_enter), or a host's.

        One from before the room was there was given to whoever asked. Tickets are dated in whole seconds.
        """
        if standing.ticket is None or (standing.rank < Rank.HOST and standing.signed_at < self._opened_at - 1.0):
            raise Refused("this room is private: its code is needed", NoticeCode.REFUSED)

    def send_away(self, seat: Seat, why: str, *, bar_seconds: float = 0.0) -> None:
        """Tell him why, and free his seat; who comes back within `bar_seconds` is refused."""
        if bar_seconds:
            self.bars.add(seat.standing, seat.name, trio.current_time(), bar_seconds)
        self._seating.send_away(seat, why)

    def has_place(self, role: Role) -> bool:
        """Is there a seat for somebody who comes in this role now?"""
        return self.state is not RoomState.CLOSED and not self.course.is_ending and self._seating.has_place(role)

    def find(self, token: bytes) -> Seat | None:
        """The seat that this token opens."""
        if self.state is RoomState.CLOSED:
            return None
        return self._seating.find(token)

    def welcome(self, seat: Seat, token: bytes) -> Welcome:
        """What this seat is told first. `token`: a fresh one, to come back with."""
        tile_map = None
        if self.plan.map is not None:
            parsed, data = self.plan.map
            tile_map = (parsed.name, parsed.sha256, data)
        schema = self.plan.game.schema
        options = schema.options.pack(self.plan.options)
        resume = None
        if seat.player and not seat.stands_in:
            seat.offer(token)
            resume = token
        if self._warning is not None and seat.line is not None:
            seat.line.warn(self._warning())
        return Welcome(seat.player, resume, self.plan.game.tick_rate, schema.to_wire(), tile_map, options, 0)

    def release(self, seat: Seat, link: Link) -> None:
        """This line of his is gone. In the match his seat is kept for a while, unless his session is over; else it is free."""
        self._seating.release(seat, link)

    def answer(self, question: str, value: float | str | bool) -> None:
        """An asynchronous hook has answered; the game hears of it in the next tick, also if nobody is here."""
        self._seating.answer(question, value)
        self._wake.set()

    def warn(self, warning: Callable[[], Notice]) -> None:
        """Tell everyone something that ends nothing (NoticeCode.DRAINING), and whoever comes from now on."""
        self._warning = warning
        for seat in self.seats:
            if seat.line is not None:
                seat.line.warn(warning())

    def finish(self, farewell: Callable[[], Notice]) -> None:
        """End with the match that is on, when its score has been read; at once if no person plays. `farewell` makes the last word
        for each. Whoever lets people in lets nobody in any more.
        """
        self.course.finish(farewell, trio.current_time())
        if not self.people:
            self.close(farewell)

    def close(self, notice: Notice | Callable[[], Notice]) -> None:
        """Tell everyone why, or each what is made for him, and end. `run` returns."""
        self.state = RoomState.CLOSED
        for seat in self.seats:
            seat.end(notice if isinstance(notice, Notice) else notice())
        self._wake.set()

    # -- for who develops the game -----------------------------------------------------------------------------------------
    @property
    def held(self) -> bool:
        """Does it stand still?"""
        return self._held_from is not None and self._clock.tick >= self._held_from

    def hold(self, *, after: int = 0) -> None:
        """Stand still after so many more ticks. Lines are kept, pings answered; what is sent waits."""
        self._held_from = self._clock.tick + after
        self._wake.set()

    def unhold(self) -> None:
        """Go on."""
        self._held_from = None
        self._wake.set()

    # -- the loop ----------------------------------------------------------------------------------------------------------
    async def run(self) -> None:
        """Tick until the room closes. Raises RoomFault when the game fails."""
        while self.state is not RoomState.CLOSED:
            if not self.seats and not self._seating.has_commands:
                await self._pause()
                continue
            if self.held:
                await self._stand()
                continue
            await trio.sleep_until(self._clock.next_deadline)
            try:
                self.tick(trio.current_time())
            except RoomFault as fault:
                await self._go_on(fault)

    async def _pause(self) -> None:
        """Nobody is here: stand still until somebody comes, and close if that takes too long."""
        if self.course.is_over(float("inf")):  # there is nobody to read the score
            self.close(self.course.last_word)
            return
        self.state = RoomState.PAUSED
        self._wake = trio.Event()
        with trio.move_on_after(float("inf") if self.plan.keep else EMPTY_ROOM_SECONDS):
            await self._wake.wait()
        if self.state is RoomState.PAUSED and self._wake.is_set():  # even if that was in the very last moment
            self.state = RoomState.RUNNING
            self._clock.resume(trio.current_time())
        else:
            self.state = RoomState.CLOSED

    async def _stand(self) -> None:
        """A developer looks at the match: no tick passes, and nobody is sent away for it."""
        while self.held and self.state is not RoomState.CLOSED:
            self._wake = trio.Event()
            with trio.move_on_after(STAND_SECONDS):
                await self._wake.wait()
            self._seating.stand(trio.current_time())
        self._clock.resume(trio.current_time())

    def tick(self, now: float) -> None:
        """Run the ticks that are due at `now`, then hand every client that is ready one frame."""
        deadline = self._clock.next_deadline
        lost_seconds = self._clock.lost_seconds
        due = self._clock.due(now)
        if self._held_from is not None:
            due = min(due, self._held_from - self._clock.tick)
        if not due or self.state is RoomState.CLOSED:
            return
        if self._clock.lost_seconds > lost_seconds:
            self.counts.reached.note(Limit.MAX_DEBT_SECONDS)
            for seat in self.seats:
                if seat.line is not None:
                    seat.line.excuse(now)
        self._seating.receive(now)
        for _ in range(due):
            if self._step():
                self._take_outcome()
        self._show()
        end = trio.current_time()
        counts = self.counts
        counts.worst_lateness_seconds = max(counts.worst_lateness_seconds, end - deadline)
        counts.late += end > self._clock.next_deadline
        counts.busy_seconds += end - now
        if self.course.is_over(now):
            self.close(self.course.last_word)

    def _step(self) -> bool:
        """The next tick has come. False if nothing happens in it and the game need not hear of it."""
        tick = self._clock.advance()
        step, inputs, has_news = self._seating.take(tick)
        if self.simulation.is_idle(tick) and not has_news:
            return False
        self.counts.steps += 1
        self.last_step = step
        self._game.step(step, inputs)
        self._count_clamped(tick)
        return True

    def _take_outcome(self) -> None:
        """A step has gone well: all that must hear of it before it is shown."""
        step, simulation = self.last_step, self.simulation
        assert step is not None
        if self.recorder is not None:
            self.recorder.step(step, simulation)
        self._rescue.note(step, simulation)
        self.on_step(self)
        for command in step.commands:
            if isinstance(command, Leave):
                self._showing.forget(command.player)
        self._showing.take_step(self.seats, self._clock.tick)
        self._look_at_outcome()

    def _show(self) -> None:
        try:
            self._showing.show(self.seats, self._clock.tick, self.recorder)
        except GameError as error:
            raise self._game.fault(error, self._clock.tick) from error

    def _count_clamped(self, tick: int) -> None:
        """Whose shots of this step were not judged as far back as he said: forgers, and those whose line is too long."""
        for player, back in self.simulation.judged.items():
            cut = self._seating.cut(player)
            if cut:
                self.counts.clamped_shots += 1
                is_most = back >= most_back(self._clock.rate)
                self.counts.reached.note(Limit.REWIND_SECONDS if is_most else Limit.REWIND_TRUST_SECONDS)
                milliseconds = 1_000 / SUBTICKS / self._clock.rate
                log.debug(
                    "room %s, tick %d: player %d is judged %.0f ms back, and said %.0f",
                    self.plan.name, tick, player, back * milliseconds, (back + cut) * milliseconds,
                )  # fmt: skip

    def _look_at_outcome(self) -> None:
        """Whom the last step sent away, and whether it ended a match."""
        simulation = self.simulation
        for player, why in simulation.kicked:
            for seat in [seat for seat in self.seats if seat.player == player and not seat.stands_in]:
                self.send_away(seat, why, bar_seconds=KICK_SECONDS if player in simulation.barred else 0.0)
        result = self.course.take(simulation.result, self._clock.tick, trio.current_time())
        if result is not None:
            self.on_result(self, result)

    async def _go_on(self, fault: RoomFault) -> None:
        """After a step that failed: from the last good tick, without what made it fail. Raises the fault if that cannot be."""
        error = fault.__cause__
        self.counts.reached.note_error(fault)
        if fault.step is None or error is None:
            raise fault
        if self.recorder is not None:
            self.recorder.fault(fault_of(error, self.plan.game, fault_id=fault.fault_id, step=fault.step))
        revival = await self._rescue.revive(fault.step, error, self._guard)
        if self.state is RoomState.CLOSED:
            return
        if revival is None:
            if self._rescue.is_spent:
                self.counts.reached.note(Limit.MAX_RESTARTS)
            raise fault
        self.counts.restarts += 1
        log.warning("%s; the match goes on %s", fault, revival.describe(), exc_info=error)
        self._seating.settle(revival, fault.fault_id)
        if self.recorder is not None:
            self._follow(revival.before)
            self.recorder.begin_again(revival.step.tick - 1)
        self._follow(revival.simulation)
        self.last_step = revival.step
        self._game.tell(revival.step.tick)
        self._take_outcome()
        self._show()

    def _follow(self, simulation: Simulation) -> None:
        """The match goes on in this one."""
        self._game.simulation = simulation
        self._showing.follow(simulation)

"""A room's side of its recordings: what it steps and shows goes to a tape, and the tape to a file, and to the next one in time."""

from __future__ import annotations

import hashlib
import logging
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Final

from gameserver.core.errors import GameError
from gameserver.core.limits import MAX_TRUTH_BYTES, MAX_UNWRITTEN, MAX_VIEW_BYTES, MAX_VIEW_SECONDS, PROTOCOL
from gameserver.core.messages import OVER_FLAG
from gameserver.core.replay.header import Header
from gameserver.core.replay.tape import Tape
from gameserver.livefile import LiveFile
from gameserver.shelf import name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gameserver.core.parts import Parts
    from gameserver.core.replay.header import Fault
    from gameserver.core.replay.steps import Step
    from gameserver.core.simulation import Simulation
    from gameserver.core.view import Contents as World
    from gameserver.recorder import Recorder
    from gameserver.room import Room

ROLL_SECONDS: Final = 3_600.0
"""A recording of so much play goes on in another file: one that is lost, or removed for the quota, costs an hour at most."""
LOOK_SECONDS: Final = 0.5
"""Between two looks at what waits."""

log = logging.getLogger("gameserver.recorder")


class RoomRecorder:
    """One room's side of its recordings, called in its tick: nothing here waits, calls the system, or raises.

    Attributes:
        live: the recording that goes on now, None if there is none.
        closed: none will.
    """

    def __init__(self, recorder: Recorder, room: Room, session: bytes, before: str | None) -> None:
        """Begins with the world as it is."""
        self.live: LiveFile | None = None
        self.closed = False
        self._may_begin = False
        """Another may begin with the next world that is shown."""
        self._waits = False
        """For the disk, which is given time."""
        self._recorder = recorder
        self._room = room
        self._session = session
        """Of the next recording."""
        self._before = before
        """The recording that the next one goes on from."""
        self._origin = recorder.origin_of(room.plan.game, room.plan.seed)
        self._rate = room.plan.game.tick_rate
        self._unwritten = 0
        """Files that are not closed."""
        self._is_too_large = False
        """Its state cannot be kept, so no recording can begin; that was told."""
        self._has_failed = False
        """By an error that is our own, and was told."""
        self._was_over = False
        self._looked_tick = self._taken_tick = 0
        """When it was last looked after what waits, and when that was all taken."""
        self.begin_again(room.clock.tick)

    @property
    def name(self) -> str | None:
        """The file name of the recording that goes on now."""
        return self.live.name if self.live is not None else None

    # -- in the tick -------------------------------------------------------------------------------------------------------
    def step(self, step: Step, simulation: Simulation) -> None:
        """This was run. When the next match begins with it, so does the next recording."""
        was_over, self._was_over = self._was_over, simulation.result is not None
        if self.live is not None:
            with self._wall():
                self.live.tape.step(step, simulation)
                self.live.stir()
        if was_over and not self._was_over:
            self.seal("over")
            self._before = None
            self.begin_again(step.tick)

    def show(self, tick: int, flags: int, parts: Parts, contents: World) -> None:
        """The parts have committed these contents for this tick."""
        live = self.live
        if live is None:
            if self._may_begin and not self.closed:
                self._begin(tick)
            return
        with self._wall():
            live.tape.show(tick, flags, parts, contents)
            live.stir()
        if tick - self._looked_tick >= LOOK_SECONDS * self._rate:
            self._look(live, tick)
        is_long = tick - live.tape.header.first >= ROLL_SECONDS * self._rate
        if (is_long or live.tape.is_full) and self.live is live:
            self.live, self._before = None, live.name
            self._begin(tick)
            live.finish("rolled", after=self.name)

    def note(self, tick: int, text: str) -> tuple[str, float] | None:
        """Write this on the timeline. Returns the recording's file name, and the second in it; None if there is no recording."""
        live = self.live
        if live is None:
            return None
        with self._wall():
            live.tape.note(tick, text)
            live.stir()
        return live.name, (tick - live.tape.header.first) / self._rate

    def fault(self, fault: Fault) -> None:
        """The next step has failed; the recording ends with it. If the match goes on all the same, `begin_again`."""
        if self.live is not None:
            with self._wall():
                self.live.tape.fault(fault)
            self.seal("faulted")

    def seal(self, end: str) -> None:
        """The recording ends here."""
        self._may_begin = False
        live, self.live = self.live, None
        if live is not None:
            self._before = live.name
            live.finish(end)

    def begin_again(self, tick: int) -> None:
        """Record the room from this tick on, which its simulation is behind, in another file."""
        with self._wall():
            self._room.parts.commit(tick, self._room.simulation.contents())
        self._begin(tick)

    def close(self) -> None:
        """The room has closed."""
        self.seal("over" if self._was_over else "closed")
        self.closed = True

    # -- its files ---------------------------------------------------------------------------------------------------------
    def _begin(self, tick: int) -> None:
        """The room's parts have committed this tick."""
        self._may_begin = False
        if self._unwritten >= MAX_UNWRITTEN:
            self._wait()
            return
        room = self._room
        at = self._recorder.wall_clock.now()
        with self._wall():
            header = Header(
                session=self._session,
                game=room.plan.game.name,
                version=room.plan.game.version,
                room=room.plan.name,
                protocol=PROTOCOL,
                rate=self._rate,
                first=tick,
                at=at,
                schema=room.plan.game.schema.to_wire(),
                options=room.plan.game.schema.options.pack(room.plan.options),
                map=(room.plan.map[0].name, room.plan.map[0].sha256, room.plan.map[1]) if room.plan.map is not None else None,
                software=self._recorder.software,
                before=self._before,
                code=room.plan.code,
            )
            tape = Tape(header, self._origin, room.plan.game.schema)
            self._was_over = room.simulation.result is not None
            try:
                tape.begin(room.simulation, room.parts, OVER_FLAG if self._was_over else 0)
            except GameError as error:
                if not self._is_too_large:
                    log.warning("room %s is not recorded while it is like this: %s", room.plan.name, error)
                self._is_too_large = True
                self._wait()
                return
            self._is_too_large = False
            live = LiveFile(name_of(room.plan.name, at, self._session), tape, watch_delay=room.plan.watch_delay)
            self._session = hashlib.blake2b(self._session, digest_size=len(self._session)).digest()  # chance costs a system call
            self._before = None
            self._looked_tick = self._taken_tick = tick
            self._unwritten += 1
            self.live = live
            self._recorder.add(live, self)

    def _look(self, live: LiveFile, tick: int) -> None:
        """Does the disk keep up?"""
        self._looked_tick = tick
        if live.was_taken:
            live.was_taken = False
            self._taken_tick = tick
        view, truth = live.tape.waiting_bytes
        if view > MAX_VIEW_BYTES or (view and tick - self._taken_tick > MAX_VIEW_SECONDS * self._rate):
            live.tape.drop_view()
            self._taken_tick = tick
            self._recorder.lags(live)
        if truth > MAX_TRUTH_BYTES:
            self._recorder.gives_up(live, tick)
            self.seal("rolled")
            self._wait()

    def written(self, live: LiveFile) -> None:
        """This file is closed, sealed or not."""
        self._unwritten -= 1
        if self.live is live:  # it ends too early
            self.live = None
            self._before = live.name if live.places else self._before
            self._wait()

    def _wait(self) -> None:
        """Another recording begins when the disk has been given time."""
        if not self.closed and not self._waits:  # matches may end one after the other while it hangs
            self._waits = True
            self._recorder.start(partial(self._recorder.retry, self))

    def resume(self) -> None:
        """The disk takes recordings again."""
        self._waits, self._may_begin = False, True

    @contextmanager
    def _wall(self) -> Iterator[None]:
        """An error of the recorder costs the recording, and not the match."""
        try:
            yield
        except Exception:
            if not self._has_failed:
                log.exception("room %s: its recording ends by an error of the recorder; the match goes on", self._room.plan.name)
            self._has_failed = True
            live, self.live = self.live, None
            if live is not None:
                self._before = live.name
                live.finish(None)
            self._wait()

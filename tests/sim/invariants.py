"""What must be true of a server at every moment, whatever breaks: watched while the box runs.

I2, I3, I9: `Life`, one room from its opening to its end. I5, I6 and who may sit where: `Census`. I12: `Endings`. I13, and that the
server's walls are never needed: `Logs`. I7: `left_over`. I4 and I11 are of recordings, in tests.sim.tapes; I8 and I10 of whole
runs, in tests.sim.box. I1 needs a cluster; what is left of it is that nobody is ever shown a tick that lies before one he has seen.
"""

from __future__ import annotations

import hashlib
import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import trio

from gameserver.core.audience import EVERYONE, owner, part_of
from gameserver.core.errors import GameError
from gameserver.core.limits import (
    GRACE_SECONDS,
    INPUT_QUEUE,
    MAX_CALLS,
    MAX_QUEUED_MESSAGES,
    MAX_SPECTATORS,
    MAX_TRUTH_BYTES,
    MAX_UNADMITTED,
    MAX_VIEW_BYTES,
    READY_SECONDS,
    RELIABLE_BYTES,
    RELIABLE_MESSAGES,
)
from gameserver.core.messages import Role
from gameserver.core.simulation import Simulation
from gameserver.net.plain import PlainLink
from gameserver.net.simulated.network import RECEIVE_BYTES
from gameserver.plan import RoomState

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gameclient.client import Client

    from gameserver.core.layout import Row
    from gameserver.core.view import Contents
    from gameserver.line import Line
    from gameserver.room import Room
    from gameserver.seat import Seat
    from gameserver.server import Server
    from tests.sim.order import Order
    from tests.sim.scenario import Outcome

KEPT_SECONDS: Final = 40.0
"""How far back the oracle remembers: a clogged line delivers late."""
HASH_EVERY: Final = 30
"""Ticks between two looks at the whole state."""
COPY_EVERY: Final = 100
COPIED_TICKS: Final = 25
"""In each COPY_EVERY ticks a copy of the match, made from its state, goes beside it for so many."""
COMPARE_EVERY: Final = 5
"""Ticks between two looks at a copy: what once differs goes on differing."""
MOST_WAITING: Final = RECEIVE_BYTES // 8 + MAX_QUEUED_MESSAGES
"""Messages of one line that are read and not yet heard: what one read can hold, and what waited before the room took over."""
BLOCK_BYTES: Final = 256 * 1_024
"""A tape is looked at twice a second: it may be over its bounds by what comes in between."""
LINGERS_SECONDS: Final = 2.0
"""A line that is closed leaves its seat within a moment."""
CODES: Final = frozenset((1000, 1001, 1002, 1003, 1007, 1008, 1009, 1011, 1012, 1013, 4001))
"""All that the server may close a line with (docs/protocol.md)."""
OWN_TASKS: Final = (
    "Server.run",
    "accepting._accept_from",
    "Bans.run",
    "Rooms._run_room",
    "Recorder.run",
    "Recorder._write",
    "Recorder.retry",
)
"""What a server does when nobody is there."""
SECRET_BYTES: Final = 16
"""A secret has so many bytes at least: shorter ones occur by chance."""


class Life:
    """One room from its opening to its end: what it showed and what it was, tick by tick (I2, I3, I5, I9).

    Attributes:
        room: the room.
        hashes: of the whole state, at every HASH_EVERY-th tick.
        last_tick: of the newest step.
        order: what its people owe each other, None if nobody keeps order in it.
    """

    def __init__(self, room: Room, outcome: Outcome, *, copies: bool = False) -> None:
        """`copies`: a copy of the match, made from its encoded state, goes beside it for COPIED_TICKS, again and again."""
        self.room = room
        self.hashes: dict[int, int] = {}
        self.last_tick = room.clock.tick
        self._outcome = outcome
        self._truth: dict[int, Contents] = {}
        self._keeps = round(KEPT_SECONDS * room.plan.game.tick_rate)
        self._copies = copies
        self._copy: Simulation | None = None
        self._served_tick = 0
        self._served: set[tuple[int, bool]] = set()
        """Players, and whether it was who stands in for them."""
        self._watch_contents()
        self._watch_frames()
        room.on_step = self._stepped
        self.order: Order | None = None

    @property
    def name(self) -> str:
        """Of the room."""
        return self.room.plan.name

    @property
    def seed(self) -> int:
        """No two lives have the same."""
        return self.room.plan.seed

    def _watch_contents(self) -> None:
        commit = self.room._showing.parts.commit

        def remember(tick: int, contents: Contents, cosmetics: Mapping[int, Sequence[tuple[int, int, Row]]] | None = None) -> None:
            self._truth[tick] = contents
            self._truth.pop(tick - self._keeps, None)
            commit(tick, contents, cosmetics)

        self.room._showing.parts.commit = remember  # type: ignore[method-assign] # the only place that sees every tick's contents

    def _watch_frames(self) -> None:
        """Nobody is handed two frames in one tick, or one on a line that is not his; and nobody sits twice (I5)."""
        send = self.room._showing._send

        def watch(seat: Seat, line: Line, flags: int, now: float) -> None:
            if self.room.clock.tick != self._served_tick:
                self._served_tick = self.room.clock.tick
                self._served.clear()
                players = [(one.player, one.stands_in) for one in self.room.seats if one.player]
                if len(set(players)) != len(players):
                    self._complain(f"players sit twice: {players}")
            who = (seat.player, seat.stands_in)
            if (seat.player and who in self._served) or line is not seat.line:
                self._complain(f"player {seat.player} has two lines")
            self._served.add(who)
            send(seat, line, flags, now)

        self.room._showing._send = watch  # type: ignore[method-assign] # the only place through which all frames go

    def _stepped(self, room: Room) -> None:
        step = room.last_step
        assert step is not None
        if step.tick != self.last_tick + 1 and not room.plan.game.ticks_on_input:
            self._complain(f"tick {step.tick} follows {self.last_tick}")
        self.last_tick = step.tick
        if self._copies:
            self._step_copy(room)
        if step.tick % HASH_EVERY == 0:
            self.hashes[step.tick] = room.simulation.world.hash()

    def _step_copy(self, room: Room) -> None:
        """What is not in the encoded state is not in the match: the copy must go on alike (F40)."""
        step = room.last_step
        assert step is not None
        if self._copy is not None:
            step.run(self._copy)
            self._outcome.copied += 1
            if step.tick % COMPARE_EVERY == 0 and self._copy.world.hash() != room.simulation.world.hash():
                self._complain("a copy of the match, made from its state, goes on otherwise")
                self._copy = None
                self._copies = False
                return
            if step.tick % COPY_EVERY == COPIED_TICKS:
                self._copy = None
        if step.tick % COPY_EVERY == 0:
            try:
                state = room.simulation.encode()
            except GameError:  # it has grown beyond MAX_STATE, and goes on without what is made from its state
                return
            plan = room.plan
            tile_map = plan.map[0] if plan.map is not None else None
            self._copy = Simulation(plan.game, options=plan.options, tile_map=tile_map, seed=plan.seed)
            self._copy.restore(state)

    def holds(self, tick: int, parts: Contents) -> str | None:
        """Is this what the room showed of these parts at this tick? None: it is; else what is wrong."""
        truth = self._truth.get(tick)
        if truth is None:
            return "is not one that the server had"
        for part, records in parts.items():
            if records != truth.get(part, {}):
                return f"part {part} differs from the server's"
        return None

    def _complain(self, what: str) -> None:
        self._outcome.complain(f"room {self.name}, tick {self.room.clock.tick}: {what}")


class Oracle:
    """Compares every world that a client holds with what the server showed at that tick.

    Attributes:
        last_seen: when each of them was shown something last, by name.
    """

    def __init__(self, outcome: Outcome) -> None:
        self.last_seen: dict[str, float] = {}
        self.lives: dict[str, list[Life]] = {}
        """By room, oldest first."""
        self._outcome = outcome
        self._bound: dict[str, tuple[int, Life, int]] = {}
        """In which life each of them plays: his session, the life, the newest tick that he has seen."""

    def watch(self, room: Room, *, copies: bool = False) -> Life:
        """A room has opened."""
        life = Life(room, self._outcome, copies=copies)
        self.lives.setdefault(life.name, []).append(life)
        return life

    def compare(self, name: str, client: Client) -> Life:
        """A client has applied a snapshot: its world must be what the server showed to this player at that tick, and no more.

        Returns the life of the room that it is in.
        """
        replica = client.replica
        tick = replica.tick
        assert tick is not None
        self.last_seen[name] = trio.current_time()
        self._outcome.snapshots += 1
        allowed = {part_of(EVERYONE), part_of(owner(client.player))}
        if not replica.parts.keys() <= allowed:
            self._outcome.complain(f"{name}: tick {tick}: holds parts {sorted(replica.parts)}")
        bound = self._bound.get(name)
        if bound is not None and bound[0] == client.sessions:
            _, life, newest = bound
            wrong = life.holds(tick, replica.parts)
            if tick <= newest:
                wrong = f"comes after {newest}"
        else:  # another session: which life of the room it is in shows by what it sees
            lives = self.lives[client.room][::-1]
            found = [life.holds(tick, replica.parts) for life in lives]
            life, wrong = (lives[found.index(None)], None) if None in found else (lives[0], found[0])
        self._bound[name] = (client.sessions, life, tick)
        if wrong is not None:
            self._outcome.complain(f"{name}: tick {tick}: {wrong}")
        return life

    def digest(self) -> str:
        """Of all states so far."""
        digest = hashlib.blake2b(digest_size=16)
        for name, lives in sorted(self.lives.items()):
            for life in lives:
                digest.update(repr((name, life.last_tick, sorted(life.hashes.items()))).encode())
        return digest.hexdigest()


class Census:
    """Who sits where, and what waits for him: all of it bounded, and nobody a ghost (I6)."""

    def __init__(self, outcome: Outcome) -> None:
        self._outcome = outcome
        self._closed_since: dict[tuple[str, int], tuple[Line, float]] = {}

    def look(self, server: Server) -> None:
        """Once in a while."""
        if server.unadmitted > MAX_UNADMITTED:
            self._outcome.complain(f"{server.unadmitted} connections are unadmitted")
        for room in server.rooms.values():
            self._look_at(room)

    def _look_at(self, room: Room) -> None:
        name = room.plan.name
        if room.players > room.plan.game.max_players or room.spectators > MAX_SPECTATORS:
            self._outcome.complain(f"room {name}: {room.players} players and {room.spectators} spectators")
        for number, seat in enumerate(room.seats):
            for what in (*_too_much(seat), *_ghost(seat), *_impostor(room, seat)):
                self._outcome.complain(f"room {name}, player {seat.player}: {what}")
            self._look_at_line(room, number, seat)
        live = room.recorder.live if room.recorder is not None else None
        if live is not None:
            view, truth = live.tape.waiting_bytes
            if view > MAX_VIEW_BYTES + BLOCK_BYTES or truth > MAX_TRUTH_BYTES + BLOCK_BYTES:
                self._outcome.complain(f"room {name}: {view} and {truth} bytes wait for the disk")

    def _look_at_line(self, room: Room, number: int, seat: Seat) -> None:
        """A line that is closed must leave its seat."""
        line, key = seat.line, (room.plan.name, number)
        if line is None or not line.link.closed.is_set():
            self._closed_since.pop(key, None)
            return
        known, since = self._closed_since.setdefault(key, (line, trio.current_time()))
        if known is not line:
            self._closed_since[key] = (line, trio.current_time())
        elif trio.current_time() - since > LINGERS_SECONDS and room.state is not RoomState.CLOSED:
            self._outcome.complain(f"room {room.plan.name}, player {seat.player}: sits on a line that has closed")


def _too_much(seat: Seat) -> Iterator[str]:
    """What of his is more than it may be."""
    owed = seat._reliable
    if not seat.over and (len(owed._owed) > RELIABLE_MESSAGES or owed._bytes > RELIABLE_BYTES):
        yield f"is owed {len(owed._owed)} messages, {owed._bytes} bytes"
    if owed._bytes != sum(len(one.data) for one in owed._owed):
        yield f"is owed {owed._bytes} bytes by count, and others in truth"
    if len(seat._calls) > MAX_CALLS:
        yield f"{len(seat._calls)} calls wait"
    if len(seat.inputs._waiting) > INPUT_QUEUE:
        yield f"{len(seat.inputs._waiting)} inputs wait"
    line = seat.line
    if line is not None:
        if len(line._waiting) > MOST_WAITING:
            yield f"{len(line._waiting)} messages wait"
        if len(line._pings) > MAX_QUEUED_MESSAGES:
            yield f"{len(line._pings)} pings wait"
        if isinstance(line.link, PlainLink) and len(line.link._inbox) > MOST_WAITING:
            yield f"{len(line.link._inbox)} messages wait in the link"


def _ghost(seat: Seat) -> Iterator[str]:
    """A seat is there, or kept for so long and no longer, or over."""
    now = trio.current_time()
    if seat.line is None and seat.joined and not seat.over:
        if seat._away_until is None:
            yield "is away, and for ever"
        elif seat._away_until > now + max(GRACE_SECONDS, READY_SECONDS):
            yield f"is kept for {seat._away_until - now:.0f} s more"


def _impostor(room: Room, seat: Seat) -> Iterator[str]:
    """Who stands in does so for a person who is in the match, and is not there; and the match knows that."""
    if not seat.stands_in:
        return
    own = room.seat_of(seat.player)
    if own is None or own.role is Role.BOT or not own.joined:
        yield "somebody stands in for nobody"
    elif seat.joined and not own.stirred:
        player = room.simulation.players[seat.player]
        if own.ready or player.connected or player.bot:
            yield "somebody stands in for him, and he is there"


class Endings:
    """With what the server closes lines (I12)."""

    def __init__(self, outcome: Outcome) -> None:
        self._outcome = outcome

    @contextmanager
    def watched(self) -> Iterator[None]:
        """All links of this process, until the end of the block."""
        end = PlainLink.end

        def note(link: PlainLink, code: int, reason: str, last: bytes = b"") -> None:
            self._outcome.ends[code] = self._outcome.ends.get(code, 0) + 1
            if code not in CODES:
                self._outcome.complain(f"a line was closed with {code}: {reason}")
            end(link, code, reason, last)

        PlainLink.end = note  # type: ignore[method-assign, assignment] # every goodbye goes through here
        try:
            yield
        finally:
            PlainLink.end = end  # type: ignore[method-assign]


class Logs(logging.Handler):
    """Everything that is logged: no secret is in it (I13), and no wall was needed against an error of our own."""

    ESCAPES: Final = ("connection ended by an error", "ends by an error of the recorder", "authorise failed", "is not handled")

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(logging.DEBUG)
        self.lines = 0
        self._outcome = outcome
        self._secrets: list[str] = []

    def guard(self, secret: bytes | str) -> None:
        """This must never be in a line, in any of the ways in which bytes are written."""
        if isinstance(secret, str):
            self._secrets.append(secret)
        elif len(secret) >= SECRET_BYTES:
            self._secrets += (secret.hex(), repr(secret)[2:-1])

    def emit(self, record: logging.LogRecord) -> None:
        self.lines += 1
        text = self.format(record)
        for secret in self._secrets:
            if secret in text:
                self._outcome.complain(f"a secret is in the log: {record.name}: {record.msg}")
        if record.name.startswith("gameserver") and any(escape in text for escape in self.ESCAPES):
            self._outcome.complain(f"an error of our own: {text}")

    @contextmanager
    def watched(self) -> Iterator[None]:
        """All that is logged in this process, until the end of the block; nobody else hears it."""
        logger = logging.getLogger("gameserver")
        level, propagates = logger.level, logger.propagate
        logger.addHandler(self)
        logger.setLevel(logging.DEBUG)
        logger.propagate = False
        try:
            yield
        finally:
            logger.propagate = propagates
            logger.setLevel(level)
            logger.removeHandler(self)


def left_over(server: Server, nursery: trio.Nursery) -> Iterator[str]:
    """After everyone has left, and a while: what is still there of them (I7)."""
    for room in server.rooms.values():
        if room.seats:
            yield f"room {room.plan.name} still has {len(room.seats)} seats"
        if room.state is RoomState.RUNNING:
            yield f"room {room.plan.name} still runs"
    if server._connections or server.unadmitted:
        yield f"{server._connections} connections are counted, {server.unadmitted} of them unadmitted"
    for task in tasks_under(nursery):
        if not task.name.endswith(OWN_TASKS):
            yield f"the task {task.name}"


def tasks_under(nursery: trio.Nursery) -> Iterator[trio.lowlevel.Task]:
    """All tasks of a nursery, and of the nurseries in them."""
    for task in nursery.child_tasks:
        yield task
        for inner in task.child_nurseries:
            yield from tasks_under(inner)

"""An honest player, with a model of what he was promised: every reliable event once and in order, every call answered once, every
press used once, and his own seat back whenever he is away for less than the grace.
"""

from __future__ import annotations

import errno
import math
import random
import re
from collections import deque
from typing import TYPE_CHECKING, Final

import attrs
import trio
from gameclient.calls import SessionGone
from gameclient.client import Client
from gameclient.line import ClientClosed

from gameserver.core.errors import GameserverError, Refused
from gameserver.core.limits import GRACE_SECONDS, INPUT_WINDOW_SECONDS
from gameserver.core.messages import Notice, NoticeCode
from gameserver.net.simulated import Toward
from gameserver.standing import Rank
from tests.sim.order import SENT_AWAY
from tests.sim.telling import STAND_IN_MARK, Push

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gameclient.line import Line

    from gameserver.core.messages import ServerMessage, Snapshot
    from gameserver.net.simulated import SimConnection, SimNetwork, SimStream
    from gameserver.ports import Listener
    from gameserver.seat import Seat
    from tests.sim.invariants import Life
    from tests.sim.order import Expulsion
    from tests.sim.order import Line as Spoken
    from tests.sim.telling import Tally
    from tests.sim.world import World

AWAY_SECONDS: Final = GRACE_SECONDS - 1.0
"""Who was shown something less than so long ago must be let into his seat again: the server notices a loss at once, or later."""
THINKS_PER_SECOND: Final = 10
"""How often he decides anew, at most: each time for the ticks until the next."""
MARK_SECONDS: Final = 1.5
"""Between two marks: late ones that come in one tick are one."""
BARRED: Final = re.compile(r"you were sent away from this room: come back in (\d+) s")
LATE_SECONDS: Final = 5.0
"""How much older than it says a word may be that came over a slow line, rounded up as it is."""
FURTHEST_SECONDS: Final = INPUT_WINDOW_SECONDS + 1.0
"""How far ahead of what he has seen an input of his can wait: the room may be so much ahead of that, and the input of the room."""
ANSWER_SECONDS: Final = 10.0
"""With a line, a call is answered within this time."""


@attrs.define
class _Mark:
    """A press that was sent."""

    number: int
    tick: int
    due: int
    """An acknowledgement of this tick is of no earlier input: those stamped by a clock of before may have the same ticks as it."""
    line: Line | None
    clock: int | None
    """The number of the room's clock by which it was stamped."""
    seen: int
    """The tick of the world that he had seen then."""
    lost: float
    """How much time all rooms had lost by then, in seconds."""
    early: int
    """How many inputs of his had come too early by then, by the server's own count: those are left out."""


class Road:
    """One person's way to the server, which may be closed for a while (ports.Network)."""

    def __init__(self, network: SimNetwork) -> None:
        self._network = network
        self._is_closed = False
        self._connection: SimConnection | None = None

    async def listen(self, host: str, port: int) -> Sequence[Listener]:
        return await self._network.listen(host, port)

    async def connect(self, host: str, port: int) -> SimStream:
        stream = await self._network.connect(host, port)
        if self._is_closed:
            stream.connection.reset()
            raise OSError(errno.ENETUNREACH, f"there is no way to {host}:{port}")
        self._connection = stream.connection
        return stream

    def close(self, *, cleanly: bool) -> None:
        """His line breaks: at both ends at once, or so that nobody is told."""
        self._is_closed = True
        if self._connection is not None and cleanly:
            self._connection.reset()
        elif self._connection is not None:
            for toward in Toward:
                self._connection.blackhole(toward)

    def open(self) -> None:
        """There is a way again."""
        self._is_closed = False

    @property
    def was_cut(self) -> bool:
        """Has the network ended his last line, and neither he nor the server?"""
        return self._connection is not None and self._connection.client._broken


class Honest:
    """See the module."""

    def __init__(self, name: str, world: World, room: str, seed: int, *, calm: bool = False, rank: Rank = Rank.PLAYER) -> None:
        """`calm`: on the network on which nothing is broken. `rank`: by his ticket, if one is asked for. All that he does goes by
        his seed.
        """
        honest = self

        class Watched(Client):
            def _take(self, message: ServerMessage, now: float) -> None:
                if isinstance(message, Notice) and message.code == NoticeCode.KICKED:
                    honest._hear_why(message)
                super()._take(message, now)

            def _take_snapshot(self, snapshot: Snapshot, now: float) -> None:
                super()._take_snapshot(snapshot, now)
                honest._look(snapshot, now)

        self.name = name
        self._rank = rank
        self._world = world
        self._seed = seed
        self._rng = random.Random(seed)
        self._url = f"ws://{world.HOST}:{world.PORT}/ws/{room}"
        self._game = world.games[room].name
        self.room = room
        self.road = Road(world.calm if calm else world.rough)
        self._type = Watched
        self._client: Client | None = None
        self._life: Life | None = None
        """Of the room: in which of them he plays."""
        self._session = 0
        self._player = 0
        self._told = self._rung = 0
        self._last_mark = self._next_mark = 0
        self._marks: deque[_Mark] = deque()
        self._stamped = 0
        """The highest tick for which he sent an input in this session, by whatever clock."""
        self._lines = 0
        """What was said in this life before, and is heard or not for him to hear."""
        self._lines_from = 0
        """The tick from which on he must hear what is said."""
        self._was_told = False
        """In this session: that he is sent away."""
        self._heard_at = -math.inf
        self._waiting_since: dict[str, float] = {}
        """For the answer to each call that is out."""

    async def run(self) -> None:
        """Play until cancelled. He comes back as often as it takes; to be told that he may not is a broken promise."""
        await trio.sleep(self._rng.random())  # who comes in one instant with others comes before or after them by chance
        client = self._type(
            self._url,
            game=self._game,
            name=self.name,
            network=self.road,
            credential=self._world.office.tickets(self.room, self._rank, account=self.name),
            patient=True,
            give_up_seconds=math.inf,
            on_loss=self._lost,
            rng=random.Random(self._rng.getrandbits(32)),
        )
        self._client = client
        try:
            await client.run(self._play)
        except* GameserverError as group:
            self._complain(f"is out: {group.exceptions!r}")

    # -- for who has him do something --------------------------------------------------------------------------------------
    @property
    def is_there(self) -> bool:
        """Is the match on for him?"""
        return self._client is not None and self._client.connected and self._session == self._client.sessions

    @property
    def client(self) -> Client:
        """To be asked when he is there."""
        assert self._client is not None
        return self._client

    @property
    def life(self) -> Life:
        """Likewise, of the room in which he is."""
        assert self._life is not None
        return self._life

    @property
    def seen(self) -> list[Tally]:
        """All players, as he sees them."""
        return list(self.client.replica.players())

    @property
    def me(self) -> Tally:
        """Himself among them."""
        return next(tally for tally in self.seen if tally.owner == self.client.player)

    async def ask(self, method: str, *arguments: int | str) -> str | None:
        """Call this, and wait for the answer. What he is refused with; empty if it was done; None: nobody will know."""
        with trio.move_on_after(ANSWER_SECONDS):
            try:
                await self.client.call(method, *arguments)
            except Refused as refusal:
                return str(refusal)
            except (SessionGone, ClientClosed):
                return None
            return ""
        return None

    def _lost(self, error: Exception) -> None:
        self._world.outcome.losses += 1
        if not isinstance(error, ClientClosed):
            self._complain(f"was told what cannot be: {error!r}")
            return
        by_server = " closed the line" in str(error) and not self.road.was_cut
        if by_server and error.notice is None and self._expulsion() is not None and not self._was_told:
            self._complain("was sent away, and the line was closed without a word")

    # -- what he does ------------------------------------------------------------------------------------------------------
    async def _play(self, client: Client) -> None:
        async with trio.open_nursery() as nursery:
            for method in ("bump", "knock"):
                nursery.start_soon(self._call, client, method, random.Random(f"{method} of {self._seed}"))
            mark_at = 0.0
            ticks = max(2, client.tick_rate // THINKS_PER_SECOND)
            while True:
                turns = client.next_input_ticks(ticks)
                right, number = self._rng.choice((-1, 0, 1)), 0
                if trio.current_time() >= mark_at and client.connected and self._session == client.sessions:
                    mark_at = trio.current_time() + MARK_SECONDS
                    self._next_mark += 1
                    number = self._next_mark
                    seen, lost = client.replica.tick or 0, self._world.guard.lost_seconds
                    due = max(turns.start, min(self._stamped + 1, seen + round(FURTHEST_SECONDS * client.tick_rate)))
                    self._marks.append(
                        _Mark(number, turns.start, due, client._line, client._clock_number, seen, lost, self._early())
                    )
                self._stamped = max(self._stamped, turns[-1])
                await client.send_input(turns.start, Push(right=right, mark=number), len(turns))
                await client.next_snapshot((client.replica.tick or 0) + ticks)

    async def _call(self, client: Client, method: str, rng: random.Random) -> None:
        counted, session = 0, client.sessions
        while True:
            await trio.sleep(rng.uniform(0.05, 0.8))
            if session != client.sessions:
                counted, session = 0, client.sessions
            self._waiting_since[method] = trio.current_time()
            try:
                answer = await client.call(method)
            except SessionGone:
                continue
            except Refused as refusal:
                if "the game failed" not in str(refusal) or self.room not in self._world.brittle:
                    self._complain(f"{method}: {refusal}")
                continue
            finally:
                self._waiting_since.pop(method, None)
            if session != client.sessions:  # it was answered in the world that is gone, or in this one
                counted, session = answer, client.sessions
                continue
            counted += 1
            self._world.outcome.calls += 1
            if answer != counted:
                self._complain(f"{method} number {counted} was counted as {answer}")
                counted = answer

    # -- what he is shown --------------------------------------------------------------------------------------------------
    def _look(self, snapshot: Snapshot, now: float) -> None:
        client = self._client
        assert client is not None
        life = self._world.oracle.compare(self.name, client)
        if client.sessions != self._session:
            self._begin(client, life, now)
        elif client.player != self._player:
            self._complain(f"was player {self._player} and is {client.player}, in one session")
        self._heard_at = now
        self._hear_events(client)
        self._check_marks(client, snapshot)

    def _begin(self, client: Client, life: Life, now: float) -> None:
        """Somebody new in the room: that is right only if it is another room, or he was away for too long."""
        sent_away = self._expulsion() is not None
        if life is self._life and now - self._heard_at < AWAY_SECONDS and not self._world.leapt(self._heard_at) and not sent_away:
            self._complain(f"lost the seat of player {self._player} after {now - self._heard_at:.1f} s")
        self._life = life
        self._session, self._player = client.sessions, client.player
        self._told = self._rung = self._last_mark = 0
        self._marks.clear()
        self._stamped = 0
        self._was_told = False
        self._lines = 0
        self._lines_from = client.replica.tick or 0

    def _hear_events(self, client: Client) -> None:
        outcome = self._world.outcome
        while client.events:
            name, at, event = client.events.popleft()
            number = getattr(event, "number", 0)
            outcome.events += 1
            if name == "Marked":
                self._hear_mark(number, at)
            elif name == "Told":
                if number != self._told + 1:
                    self._complain(f"Told {number} of tick {at} follows {self._told}")
                self._told = number
            elif name == "Said":
                self._hear_line(at, event.player, event.text)
            else:
                if self._rung and number != self._rung + 1:
                    self._complain(f"Rung {number} of tick {at} follows {self._rung}")
                self._rung = number
        mine = next(tally for tally in client.replica.players() if tally.owner == client.player)
        if self._told != mine.told:
            self._complain(f"has heard {self._told} numbers, the world says {mine.told}")
        self._pass_lines(client.replica.tick or 0)

    # -- what others say and do --------------------------------------------------------------------------------------------
    def _expulsion(self) -> Expulsion | None:
        """That he was sent away in this session."""
        order = self._life.order if self._life is not None else None
        return order.expelled.get(self._player) if order is not None else None

    def _hear_why(self, notice: Notice) -> None:
        """He was sent away, or may not come back yet: somebody has done that, and it is said how long."""
        expulsion, now = self._expulsion(), trio.current_time()
        if expulsion is None:
            self._complain(f"was sent away, and nobody did that: {notice}")
        elif notice.text == SENT_AWAY:
            self._was_told = True
            self._world.outcome.expelled += 1
        else:
            said = BARRED.fullmatch(notice.text)
            left = expulsion.until - now
            if said is None or not left <= int(said[1]) <= left + LATE_SECONDS:
                self._complain(f"may come back in {left:.1f} s, and was told {notice.text!r}")

    def _hear_line(self, tick: int, player: int, text: str) -> None:
        """What was said: each line once, in order, and none that he does not want to hear."""
        order = self.life.order
        while order is not None and self._lines < len(order.lines):
            line = order.lines[self._lines]
            self._lines += 1
            if (line.tick, line.player, line.text) == (tick, player, text):
                self._world.outcome.lines += 1
                if self._player in line.deaf:
                    self._complain(f"has muted player {player}, and hears in tick {tick}: {text}")
                return
            self._miss(line)
        self._complain(f"hears player {player} in tick {tick}, who has not said that now: {text}")

    def _pass_lines(self, tick: int) -> None:
        """All up to this tick are heard by now, or will never be."""
        order = self.life.order
        while order is not None and self._lines < len(order.lines) and order.lines[self._lines].tick <= tick:
            self._miss(order.lines[self._lines])
            self._lines += 1

    def _miss(self, line: Spoken) -> None:
        if line.tick > self._lines_from and self._player not in line.deaf:
            self._complain(f"has not heard player {line.player} in tick {line.tick}: {line.text}")

    def _hear_mark(self, number: int, tick: int) -> None:
        """A press was used: once, not before its tick, and none is overtaken by a later one."""
        if number >= STAND_IN_MARK:
            return  # a bot's, which was he for a while; that each of those is used once at most the recordings show
        self._world.outcome.marks += 1
        if number <= self._last_mark:
            self._complain(f"mark {number} was used in tick {tick}, after {self._last_mark}")
        self._last_mark = max(self._last_mark, number)
        sent = next((mark for mark in self._marks if mark.number == number), None)
        if sent is None:
            self._complain(f"mark {number} was used in tick {tick}, and is not waited for")
            return
        if tick < (sent.tick if self._is_of_now(sent) else sent.seen + 1):
            self._complain(f"mark {number} for tick {sent.tick} was used in tick {tick}")
        while self._marks and self._marks[0].number <= number:
            passed = self._marks.popleft()
            if passed.number < number and tick <= sent.tick and self._must_be_used(passed) and not self._may_have_met(passed):
                self._complain(f"mark {passed.number} for tick {passed.tick} was acknowledged, and never used")

    def _check_marks(self, client: Client, snapshot: Snapshot) -> None:
        """What is acknowledged was used, and its event came before this snapshot."""
        if snapshot.input_ack is None:
            return
        for mark in self._marks:
            if mark.line is client._line and mark.due <= snapshot.input_ack and self._must_be_used(mark):
                self._complain(f"mark {mark.number} for tick {mark.tick} is acknowledged by {snapshot.input_ack}, and not used")
                mark.line = None  # once is enough

    def _must_be_used(self, mark: _Mark) -> bool:
        """Not where inputs are left out on purpose: by the server for who sends too many, or after the game has failed."""
        client = self._client
        is_kept = client is not None and mark.line is client._line and mark.early == self._early()
        return is_kept and self.room not in self._world.brittle

    def _is_of_now(self, mark: _Mark) -> bool:
        """Was it stamped by the clock that the room has still? Else its tick meant another moment than it does now."""
        return mark.clock == self.client._clock_number

    def _may_have_met(self, passed: _Mark) -> bool:
        """Has the room stood still for so long that the next one came for the same tick? Then the two are one."""
        return self._world.guard.lost_seconds - passed.lost > MARK_SECONDS / 2

    def _early(self) -> int:
        """How many of his inputs came for ticks further away than any may be."""
        seat: Seat | None = self._world.seat_of(self.room, self._player)
        return -1 if seat is None else seat.inputs.counts.early

    def check_end(self) -> None:
        """The faults are over for a while: nothing may be open any more."""
        for method, since in self._waiting_since.items():
            if trio.current_time() - since > ANSWER_SECONDS:
                self._complain(f"{method} is not answered after {trio.current_time() - since:.1f} s")

    def _complain(self, what: str) -> None:
        self._world.outcome.complain(f"{self.name}: {what}")

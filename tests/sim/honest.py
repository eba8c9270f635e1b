"""An honest player, with a model of what he was promised: every reliable event once and in order, every call answered once, every
press used once, and his own seat back whenever he is away for less than the grace.
"""

from __future__ import annotations

import math
import random
from collections import deque
from typing import TYPE_CHECKING, Final

import attrs
import trio
from gameclient.calls import SessionGone
from gameclient.client import Client
from gameclient.line import ClientClosed

from gameserver.core.errors import GameserverError, Refused
from gameserver.core.limits import GRACE_SECONDS
from tests.sim.telling import Push

if TYPE_CHECKING:
    from gameclient.line import Line

    from gameserver.core.messages import Snapshot
    from gameserver.seat import Seat
    from tests.sim.invariants import Life
    from tests.sim.world import World

AWAY_SECONDS: Final = GRACE_SECONDS - 1.0
"""Who was shown something less than so long ago must be let into his seat again: the server notices a loss at once, or later."""
THINKS_PER_SECOND: Final = 10
"""How often he decides anew, at most: each time for the ticks until the next."""
MARK_SECONDS: Final = 1.5
"""Between two marks: late ones that come in one tick are one."""
ANSWER_SECONDS: Final = 10.0
"""With a line, a call is answered within this time."""


@attrs.define
class _Mark:
    """A press that was sent."""

    number: int
    tick: int
    line: Line | None
    dropped: int
    """How many inputs of his the server had left out by then, by its own count: it may, for who sends too many or too early."""


class Honest:
    """See the module."""

    def __init__(self, name: str, world: World, room: str, seed: int, *, calm: bool = False) -> None:
        """`calm`: on the network on which nothing is broken. All that he does goes by his seed."""
        honest = self

        class Watched(Client):
            def _take_snapshot(self, snapshot: Snapshot, now: float) -> None:
                super()._take_snapshot(snapshot, now)
                honest._look(snapshot, now)

        self.name = name
        self._world = world
        self._seed = seed
        self._rng = random.Random(seed)
        self._url = f"ws://{world.HOST}:{world.PORT}/ws/{room}"
        self._game = world.games[room].name
        self.room = room
        self._network = world.calm if calm else world.rough
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
        """The highest tick for which he sent an input in this session."""
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
            network=self._network,
            credential=self._world.office.tickets(self.room),
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

    def _lost(self, error: Exception) -> None:
        self._world.outcome.losses += 1
        if not isinstance(error, ClientClosed):
            self._complain(f"was told what cannot be: {error!r}")

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
                    fresh = turns.start > self._stamped  # else time was lost, and its tick may be taken by an input of before
                    self._marks.append(_Mark(number, turns.start, client._line if fresh else None, self._dropped()))
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
        if life is self._life and now - self._heard_at < AWAY_SECONDS and not self._world.leapt(self._heard_at):
            self._complain(f"lost the seat of player {self._player} after {now - self._heard_at:.1f} s")
        self._life = life
        self._session, self._player = client.sessions, client.player
        self._told = self._rung = self._last_mark = 0
        self._marks.clear()
        self._stamped = 0

    def _hear_events(self, client: Client) -> None:
        outcome = self._world.outcome
        while client.events:
            name, at, event = client.events.popleft()
            number = event.number
            outcome.events += 1
            if name == "Marked":
                self._hear_mark(number, at)
            elif name == "Told":
                if number != self._told + 1:
                    self._complain(f"Told {number} of tick {at} follows {self._told}")
                self._told = number
            else:
                if self._rung and number != self._rung + 1:
                    self._complain(f"Rung {number} of tick {at} follows {self._rung}")
                self._rung = number
        mine = next(tally for tally in client.replica.players() if tally.owner == client.player)
        if self._told != mine.told:
            self._complain(f"has heard {self._told} numbers, the world says {mine.told}")

    def _hear_mark(self, number: int, tick: int) -> None:
        """A press was used: once, not before its tick, and none is overtaken by a later one."""
        self._world.outcome.marks += 1
        if number <= self._last_mark:
            self._complain(f"mark {number} was used in tick {tick}, after {self._last_mark}")
        self._last_mark = max(self._last_mark, number)
        sent = next((mark for mark in self._marks if mark.number == number), None)
        if sent is None:
            self._complain(f"mark {number} was used in tick {tick}, and is not waited for")
            return
        if tick < sent.tick:
            self._complain(f"mark {number} for tick {sent.tick} was used in tick {tick}")
        while self._marks and self._marks[0].number <= number:
            passed = self._marks.popleft()
            if passed.number < number and tick <= sent.tick and self._must_be_used(passed):
                self._complain(f"mark {passed.number} for tick {passed.tick} was acknowledged, and never used")

    def _check_marks(self, client: Client, snapshot: Snapshot) -> None:
        """What is acknowledged was used, and its event came before this snapshot."""
        if snapshot.input_ack is None:
            return
        for mark in self._marks:
            if mark.line is client._line and mark.tick <= snapshot.input_ack and self._must_be_used(mark):
                self._complain(f"mark {mark.number} for tick {mark.tick} is acknowledged by {snapshot.input_ack}, and not used")
                mark.line = None  # once is enough

    def _must_be_used(self, mark: _Mark) -> bool:
        """Not where inputs are left out on purpose: by the server for who sends too many, or after the game has failed."""
        client = self._client
        is_kept = client is not None and mark.line is client._line and mark.dropped == self._dropped()
        return is_kept and self.room not in self._world.brittle

    def _dropped(self) -> int:
        """How many of his inputs the server has left out."""
        seat: Seat | None = self._world.seat_of(self.room, self._player)
        counts = seat.inputs.counts if seat is not None else None
        return -1 if counts is None else counts.early + counts.excess + counts.repeated

    def check_end(self) -> None:
        """The faults are over for a while: nothing may be open any more."""
        for method, since in self._waiting_since.items():
            if trio.current_time() - since > ANSWER_SECONDS:
                self._complain(f"{method} is not answered after {trio.current_time() - since:.1f} s")

    def _complain(self, what: str) -> None:
        self._world.outcome.complain(f"{self.name}: {what}")

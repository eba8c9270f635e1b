"""A room's side of one client: what came from it, what it is owed, what it has been sent."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import attrs
import trio

from gameserver.core.allowance import Allowance
from gameserver.core.errors import ProtocolError
from gameserver.core.inputs import InputBuffer
from gameserver.core.limits import (
    ACK_SECONDS,
    IDLE_SECONDS,
    INPUT_QUEUE,
    MAX_QUEUED_MESSAGES,
    OVER_ALLOWANCE_SECONDS,
    RELIABLE_BYTES,
    RELIABLE_MESSAGES,
)
from gameserver.core.messages import Bye, Call, EventMessage, Inputs, Notice, NoticeCode, Ping, Pong, Reply, Role
from gameserver.core.parts import Draft, Viewer
from gameserver.core.wire import decode_client, encode_head, encode_server

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gameserver.core.audience import PlayerId
    from gameserver.core.clock import TickClock
    from gameserver.core.game import Profile
    from gameserver.core.layout import Row
    from gameserver.core.schema import Schema
    from gameserver.net.link import Arrived, Link

MAX_CALLS: int = 8
"""Calls of one client that may wait for the next tick."""


class Seat:
    """One client in one room. The room calls it in its tick; nothing here waits.

    Attributes:
        player: his number in the room, 0 for a spectator.
        ready: he has loaded the map and waits to join.
        joined: he is in the match.
        viewer: what he has of each part.
        inputs: what he sent for ticks to come.
    """

    def __init__(
        self, player: PlayerId, role: Role, name: str, profile: Profile, link: Link, schema: Schema, clock: TickClock
    ) -> None:
        self.player = player
        self.role = role
        self.name = name
        self.profile = profile
        self.ready = False
        self.joined = False
        self.viewer = Viewer()
        self.inputs = InputBuffer(schema.input, clock.rate)
        self._link = link
        self._schema = schema
        self._clock = clock
        self._allowance = Allowance(clock.rate, trio.current_time())
        self._waiting: deque[Arrived] = deque()
        """Messages beyond the allowance."""
        self._over_since: float | None = None
        self._calls: deque[Call] = deque()
        self._pings: list[tuple[float, Ping]] = []
        self._owed: list[bytes] = []
        """Reliable messages for the next frame."""
        self._owed_bytes = 0
        self._last_event = 0
        self._margin: int | None = None
        self._sent_tick: int | None = None
        self._acked_tick: int | None = None
        self._progress_at = trio.current_time()
        """When the client last acknowledged something new, or was last owed nothing."""
        self._clock_epoch: int | None = None
        """The clock's epoch that the client knows."""

    @property
    def acknowledged_tick(self) -> int | None:
        """The newest snapshot that the client says it has."""
        return self._acked_tick

    def enter(self) -> None:
        """He is ready: the room reads his line from here on, and lets him in at its next tick."""
        self.ready = True
        self._link.engage()

    # -- in ----------------------------------------------------------------------------------------------------------------
    def receive(self, now: float) -> None:
        """Take what has arrived. A client that breaks the protocol, is idle or does not keep up is sent away."""
        try:
            self._hear(now)
        except ProtocolError as error:
            self._link.end(error.close_code, str(error)[:100])
            return
        if now - self._link.heard_at > IDLE_SECONDS:
            self.end(Notice(NoticeCode.IDLE, f"nothing was heard for {IDLE_SECONDS:g} s"))
        elif self._sent_tick is not None and now - self._progress_at > ACK_SECONDS and self._acked_tick != self._sent_tick:
            self.end(Notice(NoticeCode.TOO_SLOW, f"no snapshot was acknowledged for {ACK_SECONDS:g} s"))

    def _hear(self, now: float) -> None:
        """Take what the allowance allows; the rest waits for the next tick."""
        self._waiting.extend(self._link.receive_nowait())
        if not self._waiting:
            self._over_since = None
            return
        self._allowance.refill(now)
        while self._waiting and self._allowance.take(len(self._waiting[0].data)):
            arrived = self._waiting.popleft()
            self._take(arrived.at, arrived.data)
        if not self._waiting:
            self._over_since = None
        elif self._over_since is None:
            self._over_since = now
        elif now - self._over_since > OVER_ALLOWANCE_SECONDS or len(self._waiting) > MAX_QUEUED_MESSAGES:
            raise ProtocolError("too many messages, or too many bytes", 1008)

    def _take(self, at: float, data: bytes) -> None:
        message = decode_client(data)
        match message:
            case Inputs() if self.joined:
                self._take_inputs(at, message)
            case Ping():
                self._take_ping(at, message)
            case Call() if self.joined and self.role is Role.PLAYER:
                self._take_call(message)
            case Bye():
                self._link.end(1000, "goodbye")
            case _:
                raise ProtocolError(f"{type(message).__name__} may not be said now")

    def _take_ping(self, at: float, ping: Ping) -> None:
        if len(self._pings) >= MAX_QUEUED_MESSAGES:
            raise ProtocolError("too many pings", 1008)
        self._pings.append((at, ping))

    def _take_inputs(self, at: float, message: Inputs) -> None:
        width = len(self._schema.input.fields)
        values = message.values
        if values and (self.role is not Role.PLAYER or not width or len(values) % width):
            raise ProtocolError(f"an input has {width} values for each tick")
        if len(values) > INPUT_QUEUE * width:
            raise ProtocolError(f"inputs for more than {INPUT_QUEUE} ticks")
        try:
            check = self._schema.input.check_row
            rows: list[Row] = [check(values[i : i + width]) for i in range(0, len(values), width)] if values else []
        except ValueError as error:
            raise ProtocolError(str(error)) from error
        fresh = self.inputs.add(message.first_tick, rows, self._clock.tick)
        if fresh is not None:
            self._margin = round((self._clock.deadline(fresh) - at) * 1e6)
        acked = message.ack_tick
        if acked is None or self._sent_tick is None or acked > self._sent_tick:
            return  # never believe in a snapshot that we did not send
        if self._acked_tick is None or acked > self._acked_tick:
            self._acked_tick = acked
            self._progress_at = at

    def _take_call(self, call: Call) -> None:
        layout = self._schema.calls.get(call.method)
        if layout is None:
            raise ProtocolError(f"there is no call {call.method[:40]!r}")
        try:
            layout.check_row(call.arguments)
        except ValueError as error:
            raise ProtocolError(str(error)) from error
        if len(self._calls) >= MAX_CALLS:
            self.owe(Reply(call.number, False, "too many calls at once"))
        else:
            self._calls.append(call)

    def take_calls(self) -> Sequence[Call]:
        """The calls that wait for this tick."""
        if not self._calls:
            return ()
        calls, self._calls = self._calls, deque()
        return tuple(calls)

    # -- out ---------------------------------------------------------------------------------------------------------------
    def owe(self, message: EventMessage | Reply) -> None:
        """Send this with the next frame, whatever happens to snapshots. An event gets the client's next sequence number."""
        if isinstance(message, EventMessage):
            self._last_event += 1
            message = attrs.evolve(message, sequence=self._last_event)
        data = encode_server(message)
        self._owed.append(data)
        self._owed_bytes += len(data)
        if len(self._owed) > RELIABLE_MESSAGES or self._owed_bytes > RELIABLE_BYTES:
            self.end(Notice(NoticeCode.TOO_SLOW, "the client does not take its messages"))

    def may_send(self) -> bool:
        """Is the line free for a frame?"""
        return self._link.ready()

    def send(self, draft: Draft, flags: int, now: float) -> bool:
        """Hand over one frame; False if the line did not take it, then nothing has changed."""
        clock = self._clock
        control = None
        if draft.drops or self._clock_epoch != clock.epoch:
            control = (draft.drops, None, clock.epoch, ())
        head = encode_head(
            0, clock.tick, flags, self.inputs.acknowledged, self._margin, control, len(draft.fragments)
        )  # the epoch is 0 as long as a room lives in one process
        pongs = [encode_server(self._pong(at, ping, now)) for at, ping in self._pings] if self._pings else []
        if not self._link.send_nowait(*self._owed, *pongs, head, *draft.fragments):
            return False
        if self._acked_tick == self._sent_tick:
            self._progress_at = now  # it had everything so far; from now on it has something to acknowledge
        self._sent_tick = clock.tick
        self._clock_epoch = clock.epoch
        self._owed.clear()
        self._owed_bytes = 0
        self._pings.clear()
        self.viewer.commit(draft)
        return True

    def _pong(self, at: float, ping: Ping, now: float) -> Pong:
        return Pong(ping.sequence, ping.client_time, self._clock.tick, self._clock.micros_into(now), round((now - at) * 1e6))

    def answer_early(self, at: float, ping: Ping) -> None:
        """Answer a PING before the match: now if the line is free, else with the first frame. Raises ProtocolError for a flood."""
        if not self._link.send_nowait(encode_server(self._pong(at, ping, trio.current_time()))):
            self._take_ping(at, ping)

    def end(self, notice: Notice) -> None:
        """Tell the client why, and close its line."""
        self._link.end(NoticeCode(notice.code).close_code, notice.text[:100], encode_server(notice))

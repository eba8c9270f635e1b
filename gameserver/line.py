"""One connection of a seat: what comes over it, what the peer has of the room, and how much may be on its way to it.

A seat may outlive its line; whatever is true of one connection only stands here, and begins anew with the next one.
"""

from __future__ import annotations

from collections import deque
from math import floor
from typing import TYPE_CHECKING, Final

from gameserver.core.allowance import Allowance, Share
from gameserver.core.clock import ClocksTold
from gameserver.core.errors import ProtocolError
from gameserver.core.limits import IDLE_SECONDS, MAX_QUEUED_MESSAGES, MESSAGES_PER_TICK, OVER_ALLOWANCE_SECONDS, SUBTICKS
from gameserver.core.messages import Notice, NoticeCode, Ping, Pong
from gameserver.core.pacing import Pacer
from gameserver.core.parts import Draft, Viewer
from gameserver.core.reached import Reached
from gameserver.core.registry import Limit
from gameserver.core.wire import encode_head, encode_server

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gameserver.core.clock import TickClock
    from gameserver.net.link import Arrived, Link


LOOK_SECONDS: Final = 0.25
"""Between two looks at whether somebody is there at all."""


class Line:
    """See the module. The room calls it in its tick, through the seat; nothing here waits.

    Attributes:
        link: the connection itself.
        viewer: what the peer has of each part.
        pacer: how much may be on its way.
        clocks: by which of the room's clocks the peer stamps.
        margin: microseconds between the arrival of the newest input and the tick that it was for.
        ended: our last word has been said; nothing that still comes counts.
    """

    def __init__(
        self,
        link: Link,
        clock: TickClock,
        now: float,
        *,
        flows: bool = True,
        share: Share | None = None,
        reached: Reached | None = None,
    ) -> None:
        """`flows`: a snapshot is due in every tick (Game.ticks_on_input says otherwise). `share`: of the room that he is in.
        `reached`: counts what is held back.
        """
        self.link = link
        self.viewer = Viewer()
        self.pacer = Pacer(clock.rate, now, flows=flows)
        self.clocks = ClocksTold(clock)
        self.margin: int | None = None
        self.ended = False
        self._clock = clock
        self._reached = reached if reached is not None else Reached()
        self._share = share if share is not None else Share(clock.rate)
        self._allowance = Allowance(clock.rate, now)
        self._waiting: deque[Arrived] = deque()
        """Messages beyond the allowance."""
        self._over_since: float | None = None
        self._listening_since = now
        self._look_at = now
        self._pings: list[tuple[float, Ping]] = []
        self._warning = b""
        """A NOTICE that ends nothing, to go with the next frame."""
        self._told_epoch: int | None = None
        """The clock's epoch that the peer knows."""
        self._told_tick: int | None = None
        """Of the last snapshot."""
        self._told_divisor = 1

    # -- in ----------------------------------------------------------------------------------------------------------------
    def hear(self, now: float) -> Sequence[Arrived]:
        """What has arrived, as far as the allowance and the room's go. The rest waits, and meanwhile nothing more is read.

        Raises ProtocolError for somebody who has said too much for too long.
        """
        if self._waiting:
            return self._hear_late(now)
        arrived = self.link.receive_nowait()
        if len(arrived) > MESSAGES_PER_TICK:
            self._waiting.extend(arrived)
            heard_late = self._hear_late(now)
            if not self._waiting:
                self._over_since = None
            return heard_late
        heard = 0
        for message in arrived:
            if not self._allowance.take(len(message.data), now):
                break
            heard += 1
        else:
            self._over_since = None
            return arrived
        self._waiting.extend(arrived[heard:])
        self._hold_back(now)
        return arrived[:heard]

    def _hear_late(self, now: float) -> Sequence[Arrived]:
        """What waits comes first; whether that is all there is shows when the link is read again."""
        heard: list[Arrived] = []
        most = MESSAGES_PER_TICK + self._share.left(now)
        while self._waiting and len(heard) < most and self._allowance.take(len(self._waiting[0].data), now):
            heard.append(self._waiting.popleft())
        self._share.spend(max(0, len(heard) - MESSAGES_PER_TICK))
        if not self._waiting:
            return heard
        if len(heard) == most:
            self._reached.note(Limit.ROOM_MESSAGES_PER_SECOND)
            self._over_since = None  # the room is too loud: that is nobody's own fault
        elif self._over_since is None:
            self._hold_back(now)
        elif now - self._over_since > OVER_ALLOWANCE_SECONDS:
            raise ProtocolError("too many messages, or too many bytes", 1008, limit=Limit.OVER_ALLOWANCE_SECONDS)
        return heard

    def _hold_back(self, now: float) -> None:
        """He has said more than he may. Counted once, until all has been heard."""
        if self._over_since is None:
            self._over_since = now
            self._reached.note(self._allowance.lacking(now))

    def oldest_view(self, at: float) -> int:
        """256 × the oldest tick that can have been on the peer's screen when it sent what arrived then, by our own measure."""
        return floor(self._clock.tick_at(at - self.pacer.sight_seconds) * SUBTICKS)

    def take_ping(self, at: float, ping: Ping) -> None:
        """Answer it with the next frame. Raises ProtocolError for a flood."""
        if len(self._pings) >= MAX_QUEUED_MESSAGES:
            raise ProtocolError("too many pings", 1008, limit=Limit.MAX_QUEUED_MESSAGES)
        self._pings.append((at, ping))

    def answer_now(self, at: float, ping: Ping, now: float) -> None:
        """Answer it at once if the line is free, else as `take_ping`. Nobody has more to say here than in the match."""
        if not self._allowance.take(1, now):
            raise ProtocolError("too many pings", 1008, limit=self._allowance.lacking(now))
        if not self.link.send_nowait(encode_server(self._pong(at, ping, now))):
            self.take_ping(at, ping)

    def is_time_to_look(self, now: float) -> bool:
        """Is it time to ask whether the peer is there at all? Asking in every tick would cost more than it tells."""
        if now < self._look_at:
            return False
        self._look_at = now + LOOK_SECONDS
        return True

    def is_silent(self, now: float) -> bool:
        """Has nothing come for so long that nobody is there?"""
        return now - max(self.link.heard_at, self._listening_since) > IDLE_SECONDS

    def excuse(self, now: float) -> None:
        """The room stood still until now and read nothing: the peer is not to blame for what did not come."""
        self._listening_since = now
        self.pacer.excuse(now)

    # -- out ---------------------------------------------------------------------------------------------------------------
    def lacks_snapshot(self, stepped_tick: int) -> bool:
        """Is there anything that the peer has not been shown, if the last step was in this tick?"""
        return self._told_tick is None or self._told_tick < stepped_tick or self._told_epoch != self._clock.epoch

    def warn(self, notice: Notice) -> None:
        """Tell the peer with the next frame, in place of what he has not been told yet. The line goes on."""
        self._warning = encode_server(notice)

    def send_pongs(self, now: float) -> None:
        """Answer and tell what waits, in a tick without a snapshot."""
        if (self._pings or self._warning) and self.link.ready() and self.link.send_nowait(self._warning, *self._pongs(now)):
            self._pings.clear()
            self._warning = b""

    def _pongs(self, now: float) -> list[bytes]:
        return [encode_server(self._pong(at, ping, now)) for at, ping in self._pings]

    def may_send(self, now: float) -> bool:
        """Is the line free for a frame? A line that is not is paced."""
        free = self.pacer.has_room(now) and self.link.ready()
        if not free:
            self.pacer.skipped(now)
        return free

    def send(self, reliable: Sequence[bytes], draft: Draft, flags: int, input_ack: int | None, now: float) -> bool:
        """Hand over one frame; False if the line did not take it, then nothing has changed."""
        clock, divisor = self._clock, self.pacer.divisor
        control = None
        if draft.drops or self._told_epoch != clock.epoch or self._told_divisor != divisor:
            control = (draft.drops, divisor if self._told_divisor != divisor else None, clock.epoch, ())
        head = encode_head(
            0, clock.tick, flags, input_ack, self.margin, control, len(draft.fragments)
        )  # the epoch is 0 as long as a room lives in one process
        if reliable or self._pings or self._warning:
            head = b"".join((*reliable, *self._pongs(now), self._warning, head))
        if not self.link.send_nowait(head, draft.body):
            self.pacer.skipped(now)
            return False
        self.pacer.sent(clock.tick, len(head) + len(draft.body), now)
        if self._told_epoch != clock.epoch:
            self.clocks.tell()
        self._told_epoch = clock.epoch
        self._told_tick = clock.tick
        self._told_divisor = divisor
        self._pings.clear()
        self._warning = b""
        self.viewer.commit(draft)
        return True

    def _pong(self, at: float, ping: Ping, now: float) -> Pong:
        return Pong(ping.sequence, ping.client_time, self._clock.tick, self._clock.micros_into(now), round((now - at) * 1e6))

    def end(self, notice: Notice) -> None:
        """Tell the peer why, and close."""
        self.close(NoticeCode(notice.code).close_code, notice.text, encode_server(notice))

    def close(self, code: int, reason: str, last: bytes = b"") -> None:
        """Close with this WebSocket code, after `last`, a frame."""
        self.ended = True
        self.link.end(code, reason[:100], last)

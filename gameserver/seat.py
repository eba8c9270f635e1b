"""A room's side of one client: what he has sent, what he is owed, and the line that he has at present, if any."""

from __future__ import annotations

import hashlib
import hmac
from collections import deque
from typing import TYPE_CHECKING

import trio

from gameserver.core.errors import ProtocolError
from gameserver.core.inputs import InputBuffer, Sight
from gameserver.core.limits import (
    ACK_SECONDS,
    GRACE_SECONDS,
    IDLE_SECONDS,
    INPUT_QUEUE,
    MAX_CALLS,
    MAX_CHAT,
    MAX_UNACKED_BYTES,
    READY_SECONDS,
)
from gameserver.core.messages import Bye, Call, ClientMessage, EventMessage, Inputs, Notice, NoticeCode, Ping, Reply, Role
from gameserver.core.reached import Reached
from gameserver.core.registry import Limit
from gameserver.core.reliable import Reliable
from gameserver.core.rights import MAY_PLAY, Phase, Rank, rank_of_line, sayable
from gameserver.core.wire import decode_client
from gameserver.line import Line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gameserver.core.allowance import Share
    from gameserver.core.audience import PlayerId
    from gameserver.core.clock import TickClock
    from gameserver.core.game import Profile
    from gameserver.core.layout import Row
    from gameserver.core.parts import Draft
    from gameserver.core.schema import Schema
    from gameserver.net.link import Link
    from gameserver.standing import Standing

_LINE_ONLY = (NoticeCode.TOO_SLOW, NoticeCode.IDLE, NoticeCode.REPLACED)
"""These end a line, and not the session: the player may come back."""


class Seat:
    """One client in one room: a session, which may see several lines. The room calls it in its tick; nothing here waits.

    Attributes:
        player: his number in the room, 0 for a spectator.
        role: what he came as.
        standing: who he is to the server.
        rank: as what he speaks on his line.
        since: when he was let in, in trio's time.
        line: his connection, None while he is away.
        ready: he has loaded the map, and the room reads his line.
        joined: he is in the match.
        over: the session has ended; once its line is gone, so is the seat.
        shown_connected: what the match believes of his line (Player.connected).
        stirred: something of him enters the match in the next tick (he comes, goes or comes back, or calls).
        inputs: what he sent for ticks to come.
        stands_in: a bot that plays for somebody whose line is down: the player is the other's, and stays it.
        generation: of his lines, how many there were; only the newest is heard.
    """

    def __init__(
        self,
        player: PlayerId,
        role: Role,
        name: str,
        profile: Profile,
        link: Link,
        standing: Standing,
        schema: Schema,
        clock: TickClock,
        *,
        flows: bool = True,
        rewinds: bool = False,
        stands_in: bool = False,
        on_report: Callable[[Seat, Call], Reply] | None = None,
        share: Share | None = None,
        reached: Reached | None = None,
        withheld: frozenset[str] = frozenset(),
    ) -> None:
        """`flows`: as in Line. `rewinds`: it matters to the game what was on his screen. `on_report`: where his
        reports go, and not into the match. `share`: as in Line. `reached`: counts what he is refused.
        `withheld`: calls that take the ticket of a host here.
        """
        self.player = player
        self.role = role
        self.name = name
        self.profile = profile
        self.standing = standing
        self.rank = rank_of_line(standing.rank, role)
        self.stands_in = stands_in
        self.generation = 1
        self.since = trio.current_time()
        self._share = share
        self._reached = reached if reached is not None else Reached()
        self.line: Line | None = Line(link, clock, self.since, flows=flows, share=share, reached=self._reached)
        self.ready = False
        self.joined = False
        self.over = False
        self.shown_connected = True
        self.stirred = False
        self.inputs = InputBuffer(schema.input, clock.rate, self._reached)
        self._schema = schema
        self._input_width = len(schema.input.fields)
        self._clock = clock
        self._flows = flows
        self._on_report = on_report
        self._withheld = withheld if self.rank < Rank.HOST else frozenset()
        self._looks_back = rewinds and role is not Role.BOT  # bots lead by themselves
        self._may_play = self.rank in MAY_PLAY
        self._sayable = sayable(Phase.WAITING, self.rank), sayable(Phase.MATCH, self.rank)
        """Before he is in the match, and in it."""
        self._reliable = Reliable()
        self._calls: deque[Call] = deque()
        self._last_call = 0
        """The highest number of a call that was heard: lower ones are said again after a line broke."""
        self._token: bytes | None = None
        """Hash of the token that opens this seat."""
        self._next_token: bytes | None = None
        """Hash of the one that he was told last. Until he proves that he has it, both open the seat."""
        self._away_until: float | None = None
        """When the seat is given up; None while he is there."""

    # -- lines come and go -------------------------------------------------------------------------------------------------
    def offer(self, token: bytes) -> None:
        """He is being told this token; the one before it is void once he has acknowledged a snapshot on his line."""
        self._next_token = _hash(token)

    def opens(self, token: bytes) -> bool:
        """Is this a token of this seat?"""
        digest = _hash(token)
        known = [held for held in (self._token, self._next_token) if held is not None]
        return not self.over and any(hmac.compare_digest(digest, held) for held in known)

    def resume(self, link: Link, token: bytes) -> None:
        """He comes back over another line with this token of his. The line that he has, if any, ends now."""
        if self.line is not None:
            self.line.end(Notice(NoticeCode.REPLACED, "you came back over another line"))
        if self._next_token is not None and hmac.compare_digest(_hash(token), self._next_token):
            self._token = self._next_token
        now = trio.current_time()
        self._away_until = max(self._away_until or now + GRACE_SECONDS, now + READY_SECONDS)
        self.line = Line(link, self._clock, now, flows=self._flows, share=self._share, reached=self._reached)
        self.generation += 1
        self.inputs.restart(self._clock.tick)
        self.ready = False
        self.stirred = True

    def enter(self, link: Link) -> None:
        """He is ready on this line: the room reads it from here on, and lets him in at its next tick."""
        if not self.is_on(link):
            return  # a newer line has taken the seat
        if self.joined:
            self._reliable.begin_line()
            self.inputs.restart(self._clock.tick)
        self._away_until = None
        self.ready = True
        self.stirred = True
        link.engage()

    def is_on(self, link: Link) -> bool:
        """Is this the line that he has? If not, a newer one has taken the seat, and this one has no say in it."""
        return self.line is not None and self.line.link is link

    def give_up(self, link: Link) -> None:
        """He has said goodbye, or broken the protocol, before he was ready: he does not come back."""
        if self.is_on(link):
            self.over = True

    def lose(self) -> bool:
        """His line is gone. Is the seat kept for him? Not for somebody who broke the rules of the line itself."""
        self.over = self.over or (self.line is not None and self.line.link.breached)
        self.line = None
        self.ready = False
        self.stirred = True
        if self.over or not self.joined or not self.player or self.stands_in:
            return False
        if self._away_until is None:
            self._away_until = trio.current_time() + GRACE_SECONDS
        return True

    def has_expired(self, now: float) -> bool:
        """Is nobody there, and nobody waited for any more?"""
        return self.line is None and (self.over or self._away_until is None or now >= self._away_until)

    # -- in ----------------------------------------------------------------------------------------------------------------
    def receive(self, now: float) -> None:
        """Take what has arrived. A client that breaks the protocol, is idle or does not keep up is sent away."""
        line = self.line
        if line is None or line.ended:
            return
        allowed = self._sayable[self.joined]
        takes_inputs = Inputs in allowed
        try:
            for arrived in line.hear(now):
                if line.ended:
                    return  # what comes behind the last word
                message = decode_client(arrived.data)
                if type(message) is Inputs and takes_inputs:  # nearly all are
                    self._take_inputs(line, arrived.at, message)
                elif type(message) in allowed:
                    self._take(line, arrived.at, message)
                else:
                    raise ProtocolError(f"{type(message).__name__} may not be said now")
        except ProtocolError as error:
            self.over = True
            self._reached.note(error.limit)
            line.close(error.close_code, str(error))
            return
        except MemoryError:  # what cannot be read costs who said it his line, and nobody the match; his seat is kept
            line.close(1011, "out of memory")
            return
        if line.is_time_to_look(now):
            self._look_after(line, now)

    def _look_after(self, line: Line, now: float) -> None:
        """Is he there at all, and does he take what he is sent?"""
        if line.is_silent(now):
            self._reached.note(Limit.IDLE_SECONDS)
            line.end(Notice(NoticeCode.IDLE, f"nothing was heard for {IDLE_SECONDS:g} s"))
        elif line.pacer.is_stalled(now):
            too_much = line.pacer.unacknowledged_bytes > MAX_UNACKED_BYTES
            self._reached.note(Limit.MAX_UNACKED_BYTES if too_much else Limit.ACK_SECONDS)
            if line.link.ready():
                line.end(Notice(NoticeCode.TOO_SLOW, f"no snapshot was acknowledged for {ACK_SECONDS:g} s"))
            else:
                line.link.abort()  # he does not read: words would only wait in our memory

    def _take(self, line: Line, at: float, message: ClientMessage) -> None:
        match message:
            case Ping():
                line.take_ping(at, message)
            case Call():
                self._take_call(message)
            case Bye():
                self.over = True
                line.close(1000, "goodbye")
            case _:  # a message that the table allows and nobody takes
                raise ProtocolError(f"{type(message).__name__} may not be said now")

    def _take_inputs(self, line: Line, at: float, message: Inputs) -> None:
        values = message.values
        width = self._input_width
        if values and not self._may_play:
            raise ProtocolError("who looks on presses nothing")
        if values and (not width or len(values) % width):
            raise ProtocolError(f"an input has {width} values for each tick")
        if len(values) > INPUT_QUEUE * width:
            raise ProtocolError(f"inputs for more than {INPUT_QUEUE} ticks", limit=Limit.INPUT_QUEUE)
        check = self._schema.input.check_row
        try:
            rows: list[Row] = [check(values[i : i + width]) for i in range(0, len(values), width)] if values else []
        except ValueError as error:
            raise ProtocolError(str(error)) from error
        if message.ack_tick is not None:
            line.pacer.acknowledge(message.ack_tick, at)
            if line.pacer.acknowledged_tick is not None:
                self._token = self._next_token  # WELCOME came before any snapshot: he has it
                self._reliable.acknowledge(line.pacer.acknowledged_tick, message.ack_event)
            if line.clocks.acknowledge(line.pacer.acknowledged_tick):
                self.inputs.begin_clock()
        if not rows:
            return
        sight = None
        if self._looks_back and message.view_tick_256 is not None:
            view = max(message.view_tick_256, line.oldest_view(at))
            sight = Sight(view, view - message.view_tick_256)
        fresh = self.inputs.add(message.first_tick, rows, self._clock.tick, sight, behind=line.clocks.behind)
        if fresh is not None:
            line.margin = round((self._clock.deadline(fresh) - at) * 1e6)

    def _take_call(self, call: Call) -> None:
        layout = self._schema.calls.get(call.method)
        if layout is None:
            raise ProtocolError(f"there is no call {call.method[:40]!r}")
        try:
            layout.check_row(call.arguments)
        except ValueError as error:
            raise ProtocolError(str(error), limit=_limit_of(call)) from error
        if call.number <= self._last_call:
            return  # it was heard over an earlier line, and its reply is on the way
        self._last_call = call.number
        if self.stands_in:
            self.owe(Reply(call.number, False, "you only stand in for this player: you call nothing in his name"))
        elif call.method in self._withheld:
            self.owe(Reply(call.number, False, "in this room that is for who has the ticket of a host"))
        elif call.method == "report" and self._on_report is not None:
            self.owe(self._on_report(self, call))
        elif len(self._calls) >= MAX_CALLS:
            self._reached.note(Limit.MAX_CALLS)
            self.owe(Reply(call.number, False, "too many calls at once"))
        else:
            self._calls.append(call)
            self.stirred = True

    def take_calls(self) -> Sequence[Call]:
        """The calls that wait for this tick."""
        calls, self._calls = self._calls, deque()
        return tuple(calls)

    # -- out ---------------------------------------------------------------------------------------------------------------
    def owe(self, message: EventMessage | Reply) -> None:
        """Send this with the next frame, whatever happens to snapshots and lines. Nobody is owed anything after his session."""
        if self.over:
            return
        if isinstance(message, EventMessage):
            self._reliable.add_event(message)
        else:
            self._reliable.add_reply(message)
        overflown = self._reliable.overflown
        if overflown is not None:
            self.over = True  # it cannot be made good any more
            self._reached.note(overflown)
            if self.line is not None:
                self.line.end(Notice(NoticeCode.TOO_SLOW, "the client does not take its messages"))

    @property
    def is_owed(self) -> bool:
        """Does anything wait for the next frame?"""
        return self._reliable.has_unsent

    def send(self, draft: Draft, flags: int, now: float) -> bool:
        """Hand over one frame; False if the line did not take it, then nothing has changed."""
        line = self.line
        if line is None:
            return False
        if not self._reliable.has_unsent:
            return line.send((), draft, flags, self.inputs.acknowledged, now)
        sent = line.send(self._reliable.unsent(), draft, flags, self.inputs.acknowledged, now)
        if sent:
            self._reliable.sent(self._clock.tick)
        return sent

    def end(self, notice: Notice) -> None:
        """Tell the client why, and close his line."""
        if notice.code not in _LINE_ONLY:
            self.over = True
        if self.line is not None:
            self.line.end(notice)


def _limit_of(call: Call) -> Limit | None:
    """That its arguments do not keep to; other bounds than that of a chat line are what a game declares."""
    is_long = call.method == "chat" and any(type(value) is str and len(value) > MAX_CHAT for value in call.arguments)
    return Limit.MAX_CHAT if is_long else None


def _hash(token: bytes) -> bytes:
    return hashlib.sha256(token).digest()

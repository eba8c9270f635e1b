"""One line to one room: the conversation of docs/protocol.md from the client's side."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final, TypeVarTuple

import trio
from trio_websocket import ConnectionClosed, WebSocketConnection, wrap_client_stream

from gameclient.address import parse_url
from gameclient.clock import ServerClock
from gameclient.stats import ClientStats
from gameserver.core.errors import GameserverError, MapError, ProtocolError, Refused, WorldMismatch
from gameserver.core.limits import COSMETIC_SECONDS, HANDSHAKE_SECONDS, MAX_FRAME, PROTOCOL
from gameserver.core.messages import (
    Bye,
    Call,
    ClientMessage,
    EventMessage,
    Hello,
    Inputs,
    Notice,
    Ping,
    Pong,
    Ready,
    Reply,
    Role,
    ServerMessage,
    Snapshot,
    Welcome,
)
from gameserver.core.replica import Replica
from gameserver.core.schema import Schema
from gameserver.core.tiled import parse_map
from gameserver.core.wire import decode_server, encode_client
from gameserver.net.frames import FrameStream
from gameserver.net.real import TcpNetwork

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from gameserver.core.maps import TileMap
    from gameserver.ports import Network

Ts = TypeVarTuple("Ts")

FIRST_PINGS: Final = 5
FIRST_PING_SECONDS: Final = 0.1
PING_SECONDS: Final = 1.0
SILENCE_SECONDS: Final = 5.0
"""A server sends with every tick; when nothing came for so long, the line is dead whatever TCP thinks."""
ACK_EVERY: Final = 4
"""Snapshots after which an empty INPUT acknowledges, if nothing else did."""
KEPT_EVENTS: Final = 1_024
"""Events that wait for somebody who looks; older ones are dropped."""


class ClientClosed(GameserverError):
    """The line is closed. `notice`: what the server said about it, if it said anything."""

    def __init__(self, message: str, notice: Notice | None = None) -> None:
        super().__init__(message)
        self.notice = notice


class Client:
    """One line to one room. Everything but `run` is for what `run` runs: the first snapshot is there by then.

    Attributes:
        player: our number in the room, 0 for a spectator.
        replica: the world as we may see it.
        schema, map, tick_rate: what the server said about the room.
        clock: the room's time.
        notice: why the server ended the line, None as long as it has not.
    """

    player: int
    schema: Schema
    map: TileMap | None
    replica: Replica
    clock: ServerClock
    tick_rate: int

    def __init__(
        self,
        url: str,
        *,
        game: str,
        name: str,
        network: Network | None = None,
        credential: str | bytes | None = None,
        role: Role = Role.PLAYER,
    ) -> None:
        """Raises ValueError for a URL that names no room."""
        self._address = parse_url(url)
        if not self._address.room:
            raise ValueError(f"{url!r} names no room: add /ws/ROOM")
        self._hello = Hello(PROTOCOL, game, self._address.room, credential, role, name)
        self._network = network if network is not None else TcpNetwork()
        self.stats = ClientStats()
        self.notice: Notice | None = None
        self.resume: bytes | None = None
        """What opens our seat again once this line has broken."""
        self.margin_seconds: float | None = None
        """How long before its tick our newest input came, as the server says."""
        self.input_ack: int | None = None
        self.events: deque[tuple[str, int, Any]] = deque(maxlen=KEPT_EVENTS)
        """(name, tick, object) of reliable and cosmetic events, oldest first; take them out as you like."""
        self._websocket: WebSocketConnection | None = None
        self._arrived = trio.lowlevel.ParkingLot()
        self._acknowledge = trio.lowlevel.ParkingLot()
        self._waited_for = 0
        """The lowest tick that anybody in `_arrived` waits for."""
        self._welcomed = trio.Event()
        self._joined = trio.Event()
        self._broken = trio.Event()
        self._wrong: WorldMismatch | ProtocolError | None = None
        """What the server sent that it may not have sent; then `_broken` is set."""
        self._closed = False
        self._closing = False
        self._failure: Exception | None = None
        self._last_event = 0
        self._unacknowledged = 0
        self._last_input_tick = 0
        self._clock_epoch: int | None = None
        self._replies: dict[int, Reply] = {}
        self._next_call = 0
        self._pings: dict[int, float] = {}

    # -- the line ----------------------------------------------------------------------------------------------------------
    async def run(self, play: Callable[[Client], Awaitable[object]]) -> None:
        """Connect, join, then run `play(self)`; when it returns, say goodbye.

        Raises ClientClosed if the line could not be opened or was closed meanwhile, WorldMismatch or ProtocolError if the server
        sent what it may not, and whatever `play` raises.
        """
        try:
            stream = await self._network.connect(self._address.host, self._address.port)
        except OSError as error:
            raise ClientClosed(f"cannot reach {self._address.host}:{self._address.port}: {error}") from error
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._first_failure, nursery, self._talk, nursery, stream)
                nursery.start_soon(self._first_failure, nursery, self._play, play)
                nursery.start_soon(self._first_failure, nursery, self._give_up)
        except* Exception as group:  # of the library below: what is ours is in _failure
            self._failure = self._failure or ClientClosed(f"the line broke: {group.exceptions[0]!r}", self.notice)
        finally:
            self._closed = True
            with trio.CancelScope(shield=True):
                await trio.aclose_forcefully(stream)
        if self._failure is not None:
            raise self._failure

    async def _first_failure(self, nursery: trio.Nursery, function: Callable[[*Ts], Awaitable[object]], *arguments: *Ts) -> None:
        """Run one of the two halves; when it ends, so does the other. The first error is kept for `run` to raise."""
        try:
            await function(*arguments)
        except Exception as error:
            self._failure = self._failure or error
        self._closed = True
        self._arrived.unpark_all()
        nursery.cancel_scope.cancel()

    async def _give_up(self) -> None:
        """The server sent what it may not: close the line and say so."""
        await self._broken.wait()
        if self._websocket is not None:
            with trio.move_on_after(1):
                await self._websocket.aclose(1002)
        assert self._wrong is not None
        raise self._wrong

    async def _play(self, play: Callable[[Client], Awaitable[object]]) -> None:
        await self._joined.wait()
        await play(self)
        await self.close()

    async def _talk(self, nursery: trio.Nursery, stream: trio.abc.Stream) -> None:
        host = f"{self._address.host}:{self._address.port}"
        try:
            with trio.move_on_after(HANDSHAKE_SECONDS) as scope:
                frames = FrameStream(stream, largest=MAX_FRAME, masked=False)
                self._websocket = await wrap_client_stream(
                    nursery,
                    frames,  # type: ignore[arg-type] # any stream will do
                    host,
                    f"/ws/{self._address.room}",
                    max_message_size=MAX_FRAME,
                )
                frames.lift(self._take_frame)
                nursery.start_soon(self._first_failure, nursery, self._watch, frames)
                await self._say(self._hello)
                await self._welcomed.wait()
                await self._say(Ready(self.map.sha256 if self.map is not None else None))
                await self._joined.wait()
            if scope.cancelled_caught:
                raise ClientClosed(f"{host} did not answer within {HANDSHAKE_SECONDS:g} s")
            nursery.start_soon(self._first_failure, nursery, self._ping)
            while True:
                if self._unacknowledged >= ACK_EVERY:
                    await self._say_inputs(0, ())
                await self._acknowledge.park()
        except ConnectionClosed:
            await trio.sleep_forever()  # _watch tells why

    async def _watch(self, frames: FrameStream) -> None:
        """Wait for the end of the line, and say why it ended."""
        try:
            while True:
                message = await self.websocket.get_message()  # only what did not come in one plain frame
                frames.delivered()
                if isinstance(message, bytes):
                    self._take_frame(message, trio.current_time())
                elif self._wrong is None:
                    self._wrong = ProtocolError("the server sent text")
                    self._broken.set()
        except ConnectionClosed as error:
            if self._closing:
                return
            if self._wrong is not None:
                raise self._wrong from None
            reason = f": {self.notice.text}" if self.notice is not None else f" with {error.reason}" if error.reason else ""
            raise ClientClosed(f"{self._address.host}:{self._address.port} closed the line{reason}", self.notice) from error

    @property
    def name(self) -> str:
        """What we are called."""
        return self._hello.name

    @property
    def room(self) -> str:
        """The name of the room."""
        return self._address.room

    @property
    def websocket(self) -> WebSocketConnection:
        """The line below. Raises ClientClosed before it is open."""
        if self._websocket is None:
            raise ClientClosed("the line is not open yet")
        return self._websocket

    async def _say(self, message: ClientMessage) -> None:
        await self.websocket.send_message(encode_client(message))

    async def _ping(self) -> None:
        sequence = 0
        try:
            while True:
                if trio.current_time() - self.stats.last_snapshot_at > SILENCE_SECONDS:
                    raise ClientClosed(f"nothing came for {SILENCE_SECONDS:g} s", self.notice)
                sequence += 1
                self._pings = {number: at for number, at in self._pings.items() if number > sequence - 16}
                self._pings[sequence] = now = trio.current_time()
                await self._say(Ping(sequence, round(now * 1e6)))
                await trio.sleep(FIRST_PING_SECONDS if sequence < FIRST_PINGS else PING_SECONDS)
        except ConnectionClosed:
            return  # the reader tells why

    # -- what comes --------------------------------------------------------------------------------------------------------
    def _take_frame(self, frame: bytes, now: float) -> None:
        """A frame has come. What is wrong with it is kept; the line is closed for it."""
        if self._wrong is not None or self._closed:
            return
        self.stats.bytes_received += len(frame)
        try:
            for message in decode_server(frame):
                self._take_message(message, now)
        except (WorldMismatch, ProtocolError) as error:
            self._wrong = error
            self._broken.set()

    def _take_message(self, message: ServerMessage, now: float) -> None:
        match message:
            case Snapshot():
                self._take_snapshot(message, now)
            case Pong():
                self._take_pong(message, now)
            case EventMessage():
                self._take_event(message)
            case Reply():
                self._replies[message.number] = message
            case Notice():
                self.notice = message
            case Welcome():
                self._take_welcome(message)

    def _take_welcome(self, welcome: Welcome) -> None:
        if self._welcomed.is_set():
            raise ProtocolError("a second WELCOME")
        self.player = welcome.player
        self.resume = welcome.resume
        self.schema = Schema.from_wire(welcome.schema)
        try:
            self.map = parse_map(welcome.map[2], welcome.map[0]) if welcome.map is not None else None
        except MapError as error:
            raise ProtocolError(f"the server's map: {error}") from error
        self.replica = Replica(self.schema)
        self.clock = ServerClock(welcome.tick_rate)
        self.tick_rate = welcome.tick_rate
        self._welcomed.set()

    def _take_snapshot(self, snapshot: Snapshot, now: float) -> None:
        if not self._welcomed.is_set():
            raise ProtocolError("SNAPSHOT before WELCOME")
        drops: Sequence[int] = ()
        schedule: Sequence[int] = ()
        if snapshot.control is not None:
            drops, _, clock_epoch, schedule = snapshot.control[:4]
            if clock_epoch is not None and clock_epoch != self._clock_epoch:
                self._clock_epoch = clock_epoch
                self.clock.reset()
                self._last_input_tick = snapshot.tick
        cosmetics = self.replica.apply(snapshot.epoch, snapshot.tick, drops, schedule, snapshot.fragments)
        if cosmetics:
            oldest = snapshot.tick - COSMETIC_SECONDS * self.tick_rate
            self.events.extend((one.name, one.tick, one.event) for one in cosmetics if one.tick >= oldest)
        self.clock.hint(now, snapshot.tick)
        self.input_ack = snapshot.input_ack
        if snapshot.margin is not None and (margin := snapshot.margin / 1e6) != self.margin_seconds:
            self.margin_seconds = margin
            self.stats.late_inputs += margin < 0
        stats = self.stats
        if stats.snapshots:
            stats.gaps.append(now - stats.last_snapshot_at)
        else:
            stats.first_snapshot_at = now
        stats.snapshots += 1
        stats.last_snapshot_at = now
        self._joined.set()
        self._unacknowledged += 1
        if self._unacknowledged >= ACK_EVERY:
            self._acknowledge.unpark()
        if snapshot.tick >= self._waited_for:
            self._arrived.unpark_all()

    def _take_pong(self, pong: Pong, now: float) -> None:
        sent_at = self._pings.pop(pong.sequence, None)
        if sent_at is None or not self._welcomed.is_set():
            raise ProtocolError(f"a PONG for no PING: {pong.sequence}")
        self.stats.round_trips.append(self.clock.add(sent_at, now, pong.tick, pong.into_tick / 1e6, pong.held / 1e6))

    def _take_event(self, event: EventMessage) -> None:
        if not self._welcomed.is_set():
            raise ProtocolError("EVENT before WELCOME")
        if event.sequence != self._last_event + 1 and (self._last_event or type(self._hello.credential) is not bytes):
            raise WorldMismatch(f"event {event.sequence} follows {self._last_event}")
        self._last_event = event.sequence
        try:
            layout = self.schema.events[event.kind]
            made = layout.see(1, layout.check_row(event.values))
        except (IndexError, ValueError) as error:
            raise ProtocolError(f"event {event.sequence} does not fit the schema: {error}") from error
        self.events.append((layout.name, event.tick, made))

    # -- what a user does --------------------------------------------------------------------------------------------------
    async def next_snapshot(self, at_least: int = 0) -> int:
        """Wait for the next snapshot of this tick or a later one; returns its tick. Raises ClientClosed when none will come."""
        if not self._closed:
            self._waited_for = min(self._waited_for, at_least) if self._arrived else at_least
            await self._arrived.park()
        if self._closed or self.replica.tick is None:
            raise ClientClosed("the line is closed", self.notice)
        return self.replica.tick

    def next_input_tick(self) -> int:
        """The first tick for which an input that is sent now arrives in time, by the room's clock and the margin it reports."""
        now = trio.current_time()
        lead = self.clock.round_trip_seconds / 2 * self.tick_rate + self._safety_ticks()
        return max(self._last_input_tick + 1, int(self.clock.tick_at(now) + lead) + 1)

    def _safety_ticks(self) -> float:
        """How much earlier than needed, in ticks: one, and more while inputs come late."""
        if self.margin_seconds is None:
            return 1.0
        margin_ticks = self.margin_seconds * self.tick_rate
        self._safety += 0.1 * (1.0 - margin_ticks) if margin_ticks < 1.0 else 0.02 * (1.0 - min(margin_ticks, 4.0))
        self._safety = min(max(self._safety, 0.5), self.tick_rate / 4)
        return self._safety

    _safety: float = 1.0

    async def send_input(self, first_tick: int, wanted: Any, ticks: int = 1) -> None:  # noqa: ANN401 - an object with its fields
        """Send this input for first_tick, and the same without its presses for the ticks behind it, `ticks` in all.

        `wanted`: an object of the game's Input class, or any with its fields. Raises ClientClosed if the line is closed, GameError
        if a value does not fit its declaration.
        """
        layout = self.schema.input
        row = layout.pack(wanted)
        values = row
        if ticks > 1:
            values += (ticks - 1) * tuple(0 if field.edge else value for field, value in zip(layout.fields, row, strict=True))
        await self._say_inputs(first_tick, values)  # type: ignore[arg-type] # an input has only numbers
        self._last_input_tick = max(self._last_input_tick, first_tick + ticks - 1)

    async def _say_inputs(self, first_tick: int, values: tuple[int, ...]) -> None:
        tick = self.replica.tick
        self._unacknowledged = 0
        try:
            await self._say(Inputs(first_tick, tick, self._last_event, None if tick is None else tick * 256, values))
        except ConnectionClosed as error:
            raise ClientClosed("the line is closed", self.notice) from error

    async def call(self, method: str, *arguments: Any) -> Any:  # noqa: ANN401 - plain values
        """Call one of the game's methods and wait for its answer. Raises Refused with its text if it said no."""
        self._next_call += 1
        number = self._next_call
        try:
            await self._say(Call(number, method, arguments))
        except ConnectionClosed as error:
            raise ClientClosed("the line is closed", self.notice) from error
        while number not in self._replies:
            await self.next_snapshot()
        reply = self._replies.pop(number)
        if not reply.ok:
            raise Refused(str(reply.value))
        return reply.value

    async def close(self) -> None:
        """Say goodbye and close the line."""
        self._closing = True
        try:
            with trio.move_on_after(1):
                await self._say(Bye())
                await self.websocket.aclose()
        except ConnectionClosed:
            return

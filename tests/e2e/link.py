"""A bad line: a TCP proxy on loopback that delays what it carries, and stalls and breaks when it is told to.

It is a line as TCP makes one: whatever is late holds up all that comes behind it, nothing is lost or overtakes. Each direction of
each connection draws its delays from a generator of its own, so that one seed gives it the same weather in every run:

    browser ──▶ Way: [(due, bytes), (due, bytes), …] ──▶ server        the due times never fall
"""

from __future__ import annotations

import random
import socket
import struct
import threading
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Final

import attrs
import trio

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RECEIVE_BYTES: Final = 65_536
MOST_PIECES: Final = 4_096
"""That wait on one way; the sender is not read until some have gone."""
RESET: Final = struct.pack("ii", 1, 0)
"""SO_LINGER: closing sends a reset, as a line that breaks."""
START_SECONDS: Final = 30.0


@attrs.frozen(kw_only=True)
class Weather:
    """How long a piece is on its way, in one direction; the round trip has twice that."""

    delay_ms: float = attrs.field(default=0.0, validator=attrs.validators.ge(0))
    jitter_ms: float = attrs.field(default=0.0, validator=attrs.validators.ge(0))
    """Up to so much more or less, drawn evenly for each piece."""
    stall_every_ms: float = attrs.field(default=0.0, validator=attrs.validators.ge(0))
    """0: never. Counted from when the connection began."""
    stall_ms: float = attrs.field(default=0.0, validator=attrs.validators.ge(0))

    def __attrs_post_init__(self) -> None:
        if self.jitter_ms > self.delay_ms:
            raise ValueError(f"a jitter of {self.jitter_ms:g} ms makes a delay of {self.delay_ms:g} ms negative")
        if self.stall_every_ms and self.stall_ms >= self.stall_every_ms:
            raise ValueError("a line that stalls all the time carries nothing: stall_ms must be less than stall_every_ms")


class Way:
    """When the pieces of one direction arrive. Knows no socket and no clock: `now` is in seconds.

    Attributes:
        stalled_until: nothing arrives before that time, whenever it is due.
    """

    def __init__(self, weather: Weather, rng: random.Random, *, begin: float) -> None:
        self.weather = weather
        self._rng = rng
        self._begin = begin
        self._last_due = begin
        self.stalled_until = begin

    def due(self, now: float) -> float:
        """When a piece that is sent now arrives: never before an earlier one."""
        weather = self.weather
        due = now + (weather.delay_ms + weather.jitter_ms * self._rng.uniform(-1, 1)) / 1e3
        self._last_due = self._after_stalls(max(due, self._last_due))
        return self._last_due

    def _after_stalls(self, due: float) -> float:
        every, length = self.weather.stall_every_ms / 1e3, self.weather.stall_ms / 1e3
        if not every:
            return due
        turn, into = divmod(due - self._begin, every)
        return self._begin + turn * every + length if turn and into < length else due


@attrs.define(eq=False)
class _Connection:
    """Two streams, and the ways between them."""

    near: trio.SocketStream
    far: trio.SocketStream
    ways: tuple[Way, Way]
    scope: trio.CancelScope = attrs.field(factory=trio.CancelScope)
    reset: bool = False


class Link:
    """A line from its own port to another one on loopback, for any number of connections. Call its methods from other threads.

    Attributes:
        port: where to connect to.
        accepted: how many connections there have been.
    """

    def __init__(self, target_port: int, weather: Weather, *, seed: int = 1) -> None:
        self.port = 0
        self.accepted = 0
        self._target_port = target_port
        self._weather = weather
        self._seed = seed
        self._refuses = False
        self._connections: set[_Connection] = set()
        self._token: trio.lowlevel.TrioToken | None = None
        self._scope = trio.CancelScope()

    # -- what tests do to it

    def set_weather(self, weather: Weather) -> None:
        """From now on, for all connections. Pieces that are on their way arrive when they were to."""
        self._call(partial(self._set_weather, weather))

    def stall(self, seconds: float) -> None:
        """From now on nothing arrives for so long, in either direction; what is on its way waits before the other end."""
        self._call(partial(self._stall, seconds))

    def cut(self, *, refuse: bool = False) -> None:
        """Break all connections at once, with what is on its way. `refuse`: new ones are broken too, until `mend`."""
        self._call(partial(self._cut, refuse))

    def mend(self) -> None:
        """Take connections again."""
        self._call(partial(setattr, self, "_refuses", False))

    @property
    def open_connections(self) -> int:
        return len(self._connections)

    # -- its thread

    async def run(self, on_ready: Callable[[], None] = lambda: None) -> None:
        """Until `stop`."""
        self._token = trio.lowlevel.current_trio_token()
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        self.port = listeners[0].socket.getsockname()[1]
        with self._scope:
            async with trio.open_nursery() as nursery:
                await nursery.start(trio.serve_listeners, self._accept, listeners)
                on_ready()

    def stop(self) -> None:
        self._call(self._scope.cancel)

    def _call(self, what: Callable[[], None]) -> None:
        assert self._token is not None, "the link does not run"
        trio.from_thread.run_sync(what, trio_token=self._token)

    def _set_weather(self, weather: Weather) -> None:
        self._weather = weather
        for connection in self._connections:
            for way in connection.ways:
                way.weather = weather

    def _stall(self, seconds: float) -> None:
        until = trio.current_time() + seconds
        for connection in self._connections:
            for way in connection.ways:
                way.stalled_until = max(way.stalled_until, until)

    def _cut(self, refuse: bool) -> None:
        self._refuses = refuse
        for connection in self._connections:
            connection.reset = True
            connection.scope.cancel()

    async def _accept(self, near: trio.SocketStream) -> None:
        number, self.accepted = self.accepted, self.accepted + 1
        if self._refuses:
            _break(near)
            return
        try:
            far = await trio.open_tcp_stream("127.0.0.1", self._target_port)
        except OSError:  # nobody listens there: so the line says the same
            _break(near)
            return
        now = trio.current_time()
        there, back = (Way(self._weather, random.Random(f"{self._seed}/{number}/{way}"), begin=now) for way in ("there", "back"))
        connection = _Connection(near, far, (there, back))
        self._connections.add(connection)
        try:
            with connection.scope:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._carry, connection, near, far, there)
                    nursery.start_soon(self._carry, connection, far, near, back)
        finally:
            self._connections.discard(connection)
            for stream in (near, far):
                if connection.reset:
                    _break(stream)
                stream.socket.close()  # and not `aclose`, which is a checkpoint: when the link stops the second would stay open

    async def _carry(self, connection: _Connection, source: trio.SocketStream, sink: trio.SocketStream, way: Way) -> None:
        send, receive = trio.open_memory_channel[tuple[float, bytes]](MOST_PIECES)

        async def read() -> None:
            async with send:
                while True:
                    try:
                        piece = await source.receive_some(RECEIVE_BYTES)
                    except trio.BrokenResourceError:
                        connection.reset = True
                        connection.scope.cancel()
                        return
                    await send.send((way.due(trio.current_time()), piece))
                    if not piece:
                        return

        async with trio.open_nursery() as nursery:
            nursery.start_soon(read)
            async for due, piece in receive:
                await trio.sleep_until(due)
                await trio.sleep_until(way.stalled_until)
                try:
                    if piece:
                        await sink.send_all(piece)
                    else:
                        await sink.send_eof()
                except trio.BrokenResourceError:
                    connection.reset = True
                    connection.scope.cancel()


def _break(stream: trio.SocketStream) -> None:
    """Close with a reset."""
    stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    stream.socket.close()


@contextmanager
def running_link(target_port: int, weather: Weather = Weather(), *, seed: int = 1) -> Iterator[Link]:
    """A link in a thread of its own: the browser's driver, which blocks, does not make it late."""
    link = Link(target_port, weather, seed=seed)
    ready = threading.Event()
    thread = threading.Thread(target=trio.run, args=(link.run, ready.set), name="link", daemon=True)
    thread.start()
    if not ready.wait(START_SECONDS):
        raise TimeoutError("the link did not begin to listen")
    try:
        yield link
    finally:
        link.stop()
        thread.join(START_SECONDS)

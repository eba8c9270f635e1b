"""Simulated connections and the network that makes them."""

from __future__ import annotations

import errno
import math
import operator
import random
from typing import TYPE_CHECKING

import attrs
import trio

from gameserver.net.simulated.pipe import WINDOW_BYTES, Latency, Pipe, Toward
from gameserver.ports import Listener

if TYPE_CHECKING:
    from collections.abc import Sequence

RECEIVE_BYTES = 65_536  # what trio reads when it is not told how much
BACKLOG = 128  # connections that nobody has accepted yet; more are refused, as with tcp_abort_on_overflow
LOOPBACK = "127.0.0.1"  # where clients are, unless they say otherwise (SimNetwork.at)
FIRST_FREE_PORT = 49_152  # where the dynamic ports begin (RFC 6335)


class SimStream(trio.abc.HalfCloseableStream):
    """One end of a simulated connection.

    It keeps the promises of `trio.SocketStream`. `send` and `recv` are its other face, for those who may not wait: those of a
    non-blocking stdlib socket.

    Attributes:
        connection: what the stream is an end of.
        own: this end's address.
        peer: the other end's (caller.Addressed).
    """

    __slots__ = ("_broken", "_closed", "_finished", "_in", "_out", "_receiving", "_sending", "connection", "own", "peer")

    def __init__(self, connection: SimConnection, incoming: Pipe, outgoing: Pipe, *, own: str, peer: str) -> None:
        self.connection = connection
        self.own = own
        self.peer = peer
        self._in = incoming
        self._out = outgoing
        self._closed = self._broken = self._finished = False
        self._receiving = self._sending = False

    # -- the face of a trio stream

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        if max_bytes is None:
            max_bytes = RECEIVE_BYTES
        elif operator.index(max_bytes) < 1:
            raise ValueError("max_bytes must be at least 1")
        if self._receiving:
            raise trio.BusyResourceError("another task is already receiving from this stream")
        self._receiving = True
        try:
            pipe = self._in
            if self._closed or self._broken or pipe.next_at() <= trio.current_time():
                await trio.lowlevel.checkpoint()
            while (data := self._take(max_bytes)) is None:
                at = pipe.next_at()
                if at == math.inf and pipe.instant:
                    await pipe.reader.wait()
                else:
                    await pipe.reader.wait_until(at)
            return data
        finally:
            self._receiving = False

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        self._begin_sending()
        try:
            data = bytes(data)
            await trio.lowlevel.checkpoint()
            sent = self._push(data)
            while sent < len(data):
                await self._wait_for_room()
                sent += self._push(data[sent : sent + WINDOW_BYTES])
        finally:
            self._sending = False

    async def wait_send_all_might_not_block(self) -> None:
        self._begin_sending()
        try:
            await trio.lowlevel.checkpoint()
            self._push(b"")
            while not self._out.has_room():
                await self._wait_for_room()
                self._push(b"")
        finally:
            self._sending = False

    async def send_eof(self) -> None:
        self._begin_sending()
        try:
            await trio.lowlevel.checkpoint()
            if not self._finished or self._closed:
                self._push(b"")
                self._finish()
        finally:
            self._sending = False

    async def aclose(self) -> None:
        self.close()
        await trio.lowlevel.checkpoint()

    def close(self) -> None:
        """What `aclose` does, without the checkpoint."""
        if self._closed:
            return
        self._closed = True
        if not self._broken:
            now = trio.current_time()
            self._out.close(now, unread=self._has_unread(now), finished=self._finished)
            self._in.discard()
            self._in.writer.wake()  # the peer, if it waits for room: it looks when it will know
        self._in.reader.wake()
        self._out.writer.wake()
        self.connection._end_closed()

    # -- the face of a socket

    def recv(self, max_bytes: int) -> bytes:
        """What has arrived, or b"" at the end.

        Raises:
            BlockingIOError: nothing has arrived yet.
            OSError: the stream is closed, or broken.
        """
        try:
            data = self._take(max_bytes)
        except trio.ClosedResourceError:
            raise OSError(errno.EBADF, "closed") from None
        except trio.BrokenResourceError:
            raise ConnectionResetError(errno.ECONNRESET, "reset") from None
        if data is None:
            raise BlockingIOError(errno.EAGAIN, "nothing to receive")
        return data

    def recv_stamped(self, max_bytes: int) -> tuple[bytes, float]:
        """What `recv` gives, and when the last of it arrived (lane.ReadsNow)."""
        data = self.recv(max_bytes)
        return data, self._in.taken_at if data else trio.current_time()

    def send(self, data: bytes) -> int:
        """Send as much as there is room for now; returns how much that is.

        Raises:
            BlockingIOError: there is no room.
            OSError: the stream is closed, or broken.
        """
        try:
            sent = self._push(self._out.cut_short(data) if data else data)
        except trio.ClosedResourceError:
            raise OSError(errno.EBADF, "closed") from None
        except trio.BrokenResourceError:
            raise BrokenPipeError(errno.EPIPE, "the connection is broken") from None
        if data and not sent:
            raise BlockingIOError(errno.EAGAIN, "no room to send")
        return sent

    # -- what both faces share

    def _take(self, most: int) -> bytes | None:
        if self._closed:
            raise trio.ClosedResourceError("this stream was already closed")
        if self._broken:
            raise trio.BrokenResourceError("the connection was reset")
        return self._in.take(most, trio.current_time())

    def _push(self, data: bytes) -> int:
        if self._closed or self._finished:
            raise trio.ClosedResourceError("this stream was already closed for sending")
        now = trio.current_time()
        if self._broken or self._in.writer_gone(now):
            raise trio.BrokenResourceError("the connection was reset, or closed by the peer")
        return self._out.push(data, now)

    def _begin_sending(self) -> None:
        if self._sending:
            raise trio.BusyResourceError("another task is already sending on this stream")
        self._sending = True

    async def _wait_for_room(self) -> None:
        """Wait until there may be room, or a reason why there never will be."""
        news_at = self._in.gone_at
        if news_at <= trio.current_time():  # it has come but for a clog, whose end wakes us
            news_at = math.inf
        await self._out.writer.wait_until(news_at)

    def _has_unread(self, now: float) -> bool:
        try:
            return bool(self._in.take(1, now))
        except trio.BrokenResourceError:
            return False

    def _finish(self) -> None:
        self._finished = True
        self._out.finish(trio.current_time())

    def _break(self) -> None:
        self._broken = True
        self._in.discard()
        self._in.reader.wake()
        self._out.writer.wake()


class SimConnection:
    """A connection and the faults that it can suffer.

    Attributes:
        number: how many connections its network had before it.
        client: the end that connected.
        server: the end that was accepted.
    """

    __slots__ = ("_live", "_pipes", "client", "number", "server")

    def __init__(
        self, number: int, up: Pipe, down: Pipe, live: dict[int, SimConnection], *, ends: tuple[str, str] = (LOOPBACK, LOOPBACK)
    ) -> None:
        """`ends`: the addresses of client and server."""
        client, server = ends
        self.number = number
        self._pipes = {Toward.SERVER: up, Toward.CLIENT: down}
        self.client = SimStream(self, incoming=down, outgoing=up, own=client, peer=server)
        self.server = SimStream(self, incoming=up, outgoing=down, own=server, peer=client)
        self._live = live
        live[number] = self

    def __repr__(self) -> str:
        return f"<SimConnection {self.number}>"

    def reset(self) -> None:
        """Both ends are broken, and what they had not yet received is lost."""
        self._live.pop(self.number, None)
        self.client._break()
        self.server._break()

    def blackhole(self, toward: Toward) -> None:
        """From now on nothing arrives in this direction, for good, and nobody is told.

        The sender goes on until its window is full. The end of the stream does not arrive either; a `reset` does.
        """
        self._pipes[toward].lose(trio.current_time())

    def half_close(self, toward: Toward) -> None:
        """Nothing more is sent in this direction, as after `send_eof`; who is sending there is cut off in the middle of it."""
        stream = self.client if toward is Toward.SERVER else self.server
        if not (stream._finished or stream._closed or stream._broken):
            stream._finish()

    def clog(self, toward: Toward) -> None:
        """Nothing arrives in this direction until `unclog`, as when every packet must be sent again."""
        self._pipes[toward].clog(trio.current_time())

    def unclog(self, toward: Toward) -> None:
        """What was held back arrives now, in order; what is still on its way takes its time."""
        self._pipes[toward].unclog(trio.current_time())
        other = Toward.CLIENT if toward is Toward.SERVER else Toward.SERVER
        self._pipes[other].writer.wake()  # the news that its reader has gone may have been held back

    def set_latency(self, latency: Latency, toward: Toward | None = None) -> None:
        """How long what is sent from now on will take, in one direction or in both."""
        for way in Toward if toward is None else (toward,):
            self._pipes[way].set_latency(latency)

    def _end_closed(self) -> None:
        if self.client._closed and self.server._closed:
            self._live.pop(self.number, None)


class SimListener(Listener):
    """Accepts the connections that are made to one address of a `SimNetwork`."""

    def __init__(self, network: SimNetwork, address: tuple[str, int]) -> None:
        self._network = network
        self._address = address
        self._arrived, self._waiting = trio.open_memory_channel[SimStream](BACKLOG)

    @property
    def address(self) -> tuple[str, int]:
        return self._address

    async def accept(self) -> SimStream:
        return await self._waiting.receive()

    async def aclose(self) -> None:
        """Stop listening. Connections that nobody has accepted are reset, as the kernel does."""
        if self._network._listeners.get(self._address) is self:
            del self._network._listeners[self._address]
            while self._waiting.statistics().current_buffer_used:
                self._waiting.receive_nowait().connection.reset()
        self._waiting.close()  # this end first: whoever waits in accept learns that we closed
        self._arrived.close()
        await trio.lowlevel.checkpoint()


class SimNetwork:
    """A `gameserver.ports.Network` in memory.

    Hosts are mere names. A listener on "", "0.0.0.0" or "::" hears connections to every host; "localhost" is "127.0.0.1".

    Args:
        rng: decides everything that is arbitrary.
        latency: of new connections, in both directions.
        window_bytes: how much can be sent in one direction before any of it is received.
        chunking: receive arbitrary parts of what has arrived, instead of as much as possible.
    """

    def __init__(
        self,
        rng: random.Random,
        *,
        latency: Latency = Latency(),
        window_bytes: int = WINDOW_BYTES,
        chunking: bool = False,
    ) -> None:
        self._rng = rng
        self._latency = latency
        self._window_bytes = window_bytes
        self._chunking = chunking
        self._listeners: dict[tuple[str, int], SimListener] = {}
        self._live: dict[int, SimConnection] = {}
        self._count = 0
        self._next_free_port = FIRST_FREE_PORT
        self._partitioned = False

    @property
    def connections(self) -> list[SimConnection]:
        """Those that are neither reset nor closed at both ends, the oldest first."""
        return list(self._live.values())

    def set_latency(self, latency: Latency) -> None:
        """How long bytes take on connections that are made from now on."""
        self._latency = latency

    def partition(self, is_partitioned: bool) -> None:
        """Refuse new connections, or accept them again. Those that exist are not touched."""
        self._partitioned = is_partitioned

    async def listen(self, host: str, port: int) -> Sequence[SimListener]:
        await trio.lowlevel.checkpoint()
        host = _host(host)
        if port == 0:
            port = self._next_free_port
            self._next_free_port += 1
        address = (host, port)
        if address in self._listeners:
            raise OSError(errno.EADDRINUSE, f"somebody listens on {host}:{port} already")
        self._listeners[address] = listener = SimListener(self, address)
        return [listener]

    def at(self, address: str) -> SimHost:
        """The same network, for a client that has this address; else clients have that of loopback."""
        return SimHost(self, address)

    async def connect(self, host: str, port: int, *, source: str = LOOPBACK) -> SimStream:
        rng = random.Random(self._rng.getrandbits(64))
        latency = self._latency
        trip = 2 * latency.seconds + latency.jitter_seconds * (rng.random() + rng.random())
        await trio.sleep(trip)
        if self._partitioned:
            raise OSError(errno.ENETUNREACH, f"there is no way to {host}:{port}")
        for heard in (_host(host), "", "0.0.0.0", "::"):
            listener = self._listeners.get((heard, port))
            if listener is not None:
                break
        else:
            raise ConnectionRefusedError(errno.ECONNREFUSED, f"nobody listens on {host}:{port}")
        connection = self._connect(rng, latency, ends=(source, _host(host)))
        try:
            listener._arrived.send_nowait(connection.server)
        except trio.WouldBlock:
            connection.reset()
            raise ConnectionRefusedError(errno.ECONNREFUSED, f"too many wait to be accepted on {host}:{port}") from None
        return connection.client

    def pair(self) -> SimConnection:
        """A connection that is open at once, without a listener."""
        return self._connect(random.Random(self._rng.getrandbits(64)), self._latency)

    def _connect(self, rng: random.Random, latency: Latency, *, ends: tuple[str, str] = (LOOPBACK, LOOPBACK)) -> SimConnection:
        up, down = (Pipe(random.Random(rng.getrandbits(64)), latency, self._window_bytes, self._chunking) for _ in range(2))
        self._count += 1
        return SimConnection(self._count - 1, up, down, self._live, ends=ends)


@attrs.frozen
class SimHost:
    """A `gameserver.ports.Network`: a `SimNetwork` as one machine on it sees it."""

    network: SimNetwork
    address: str

    async def listen(self, host: str, port: int) -> Sequence[SimListener]:
        return await self.network.listen(host, port)

    async def connect(self, host: str, port: int) -> SimStream:
        return await self.network.connect(host, port, source=self.address)


def _host(name: str) -> str:
    return LOOPBACK if name == "localhost" else name

"""A TCP stream that owns its socket and takes the short way: what fits is written without a turn of the scheduler.

`trio.SocketStream` yields to the scheduler at every call, which is a third of what a small message costs. A room's clients send and
get one each tick, so here a write that fits the kernel's buffer does not yield. Reading always waits first, so nothing starves.

The socket is the standard library's own object, so that a descriptor that was closed raises EBADF instead of being used for
whoever got its number next.
"""

from __future__ import annotations

import socket

import trio

READ_BYTES = 4_096
"""Larger than any message to the server, header and mask included, so that one read takes it whole."""


class EagerStream(trio.abc.HalfCloseableStream):
    """See the module. It takes the socket out of a fresh `trio.SocketStream` that nobody has used."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self._raw = socket.socket(fileno=stream.socket.detach())
        self._raw.setblocking(False)
        self._closed = False
        self._sending = False

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        if self._closed:
            raise trio.ClosedResourceError("this stream was closed")
        if self._sending:
            raise trio.BusyResourceError("somebody else is writing to this stream")
        with memoryview(data) as rest:
            sent = 0
            self._sending = True
            try:
                while sent < len(rest):
                    try:
                        sent += self._raw.send(rest[sent:])
                    except BlockingIOError:
                        await trio.lowlevel.wait_writable(self._raw)
            except OSError as error:
                raise self._error() from error
            finally:
                self._sending = False

    def send(self, data: bytes) -> int:
        """Write what fits into the kernel's buffer (outlet.SendsNow). BlockingIOError if nothing does, OSError if it is broken."""
        return self._raw.send(data)

    async def wait_send_all_might_not_block(self) -> None:
        if self._closed:
            raise trio.ClosedResourceError("this stream was closed")
        await trio.lowlevel.wait_writable(self._raw)

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        while True:
            if self._closed:
                raise trio.ClosedResourceError("this stream was closed")
            await trio.lowlevel.wait_readable(self._raw)
            try:
                return self._raw.recv(max_bytes or READ_BYTES)
            except BlockingIOError:
                continue
            except OSError as error:
                raise self._error() from error

    async def send_eof(self) -> None:
        if self._closed:
            raise trio.ClosedResourceError("this stream was closed")
        if self._sending:
            raise trio.BusyResourceError("somebody else is writing to this stream")
        await trio.lowlevel.checkpoint()
        try:
            self._raw.shutdown(socket.SHUT_WR)
        except OSError as error:
            raise self._error() from error

    def _error(self) -> Exception:
        return trio.ClosedResourceError("closed by another task") if self._closed else trio.BrokenResourceError("the peer has gone")

    async def aclose(self) -> None:
        if not self._closed:
            self._closed = True
            trio.lowlevel.notify_closing(self._raw)
            self._raw.close()
        await trio.lowlevel.checkpoint()

"""A TCP stream that owns its socket and takes the short way: what fits is written without a turn of the scheduler.

`trio.SocketStream` yields to the scheduler at every call, which is a third of what a small message costs. A room's clients send and
get one each tick, so here a write that fits the kernel's buffer does not yield. Reading always waits first, so nothing starves.

The socket is the standard library's own object, so that a descriptor that was closed raises EBADF instead of being used for
whoever got its number next.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import time
from typing import TYPE_CHECKING, Final

import trio

from gameserver.caller import plain_address
from gameserver.core.limits import IDLE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable

READ_BYTES: Final = 65_536
USER_TIMEOUT_MILLISECONDS: Final = round(IDLE_SECONDS * 1_000)
"""Bytes that nobody acknowledges for so long end the connection, as silence does (Linux; TCP's own limit is minutes)."""

_SO_TIMESTAMPNS: Final = 35
"""Linux: every read comes with the time at which its last packet reached the kernel. The socket module has no name for it."""
_TIMESPEC: Final = struct.Struct("@ll")
_ANCILLARY_BYTES: Final = socket.CMSG_SPACE(_TIMESPEC.size) if hasattr(socket, "CMSG_SPACE") else 0
_MOST_SECONDS_BACK: Final = 1.5
"""A room reads once a second at least. An age beyond it, or below 0, means that somebody has set the
system's clock in between."""


class EagerStream(trio.abc.HalfCloseableStream):
    """See the module. It takes the socket out of a fresh `trio.SocketStream` that nobody has used.

    Attributes:
        peer: the other end's IP address, "" if it has gone already (caller.Addressed).
        own: ours.
        send: writes what fits into the kernel's buffer (outlet.SendsNow). BlockingIOError if nothing does, OSError if it is broken.
    """

    def __init__(self, stream: trio.SocketStream) -> None:
        self._raw = socket.socket(fileno=stream.socket.detach())
        self._raw.setblocking(False)
        self.peer = _address_of(self._raw.getpeername)
        self.own = _address_of(self._raw.getsockname)
        with contextlib.suppress(OSError, AttributeError):  # not everywhere
            self._raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MILLISECONDS)
        self._stamps = False
        with contextlib.suppress(OSError):
            self._raw.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
            self._stamps = _ANCILLARY_BYTES > 0
        self.send: Callable[[bytes], int] = self._raw.send
        self._now = trio.lowlevel.current_clock().current_time
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

    def recv_stamped(self, max_bytes: int) -> tuple[bytes, float]:
        """What has come, none at the end, and when the last of it came (lane.ReadsNow).

        The time is that of the kernel where it tells (Linux), else that of this call. BlockingIOError if nothing has come, OSError
        if the stream is broken.
        """
        if not self._stamps:
            return self._raw.recv(max_bytes), self._now()
        data, ancillary, _, _ = self._raw.recvmsg(max_bytes, _ANCILLARY_BYTES)
        for _, kind, stamp in ancillary:
            if kind == _SO_TIMESTAMPNS and len(stamp) == _TIMESPEC.size:
                seconds, nanoseconds = _TIMESPEC.unpack(stamp)
                age = time.time() - seconds - nanoseconds * 1e-9
                return data, self._now() - (age if 0.0 <= age <= _MOST_SECONDS_BACK else 0.0)
        return data, self._now()

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

    def close(self) -> None:
        """What `aclose` does, without the checkpoint."""
        if not self._closed:
            self._closed = True
            trio.lowlevel.notify_closing(self._raw)
            self._raw.close()

    def _error(self) -> Exception:
        return trio.ClosedResourceError("closed by another task") if self._closed else trio.BrokenResourceError("the peer has gone")

    async def aclose(self) -> None:
        self.close()
        await trio.lowlevel.checkpoint()


def _address_of(ask: Callable[[], tuple[str, int] | tuple[str, int, int, int]]) -> str:
    try:
        return plain_address(ask()[0])
    except OSError:  # a peer that has reset the line has no name any more
        return ""

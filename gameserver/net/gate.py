"""The front door: reads and vets the head of a request before any library sees it.

The libraries below were written for well-meaning peers: one byte that is not ASCII in a `Host` header raises out of the WebSocket
handshake, and nobody there minds a head of many kilobytes. So nothing passes but a head that is short, plain and says exactly
what an upgrade needs (RFC 9112 for the syntax, RFC 6455 4.2.1 for the upgrade). `vet` is pure; `read_head` waits for bytes.
"""

from __future__ import annotations

import base64
import binascii
import re
from http import HTTPStatus
from typing import Final

import attrs
import trio

from gameserver.core.errors import GameserverError
from gameserver.core.limits import CLOSE_SECONDS

MAX_HEAD_BYTES: Final = 4_096
"""Browsers send about 600 bytes; with long cookies of other applications on the same host, 2 KiB."""
MAX_HEADERS: Final = 40
"""Browsers send about 15; some servers have fallen over thousands (CVE-2024-37890)."""
MAX_HOST_CHARS: Final = 255
MAX_DRAIN_BYTES: Final = 65_536
"""What is read from somebody who has been turned away; more than fits into a socket's buffers is malice."""

_END: Final = b"\r\n\r\n"
_REQUEST: Final = re.compile(rb"([A-Z]{1,16}) (/[!-~]*) HTTP/1\.1")
_HEADER: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):([ -~\t]*)")
_HOST: Final = re.compile(rb"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")
_ONCE: Final = (b"host", b"upgrade", b"sec-websocket-key", b"sec-websocket-version", b"content-length", b"transfer-encoding")


class HeadRefused(GameserverError):
    """This request goes no further. `status` and the text are what the peer is answered."""

    def __init__(self, status: HTTPStatus, why: str) -> None:
        super().__init__(why)
        self.status = status

    def answer(self) -> bytes:
        """The whole response; the connection closes behind it."""
        body = f"{self}\n".encode()
        connection = "Connection: close\r\n"
        if self.status is HTTPStatus.UPGRADE_REQUIRED:  # RFC 9110 7.8: who sends Upgrade names it in Connection
            connection = "Connection: close, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        return (
            f"HTTP/1.1 {self.status.value} {self.status.phrase}\r\nContent-Type: text/plain; charset=utf-8\r\n"
            f"Content-Length: {len(body)}\r\n{connection}\r\n"
        ).encode() + body


@attrs.frozen
class Head:
    """The head of an upgrade that may pass. `raw`: its bytes, the empty line included."""

    path: str
    raw: bytes


def vet(raw: bytes) -> Head:
    """Read a whole head, its empty line included. Raises HeadRefused."""
    request, *lines = raw[: -len(_END)].split(b"\r\n")
    found = _REQUEST.fullmatch(request)
    if found is None:
        raise HeadRefused(HTTPStatus.BAD_REQUEST, "this is no HTTP/1.1 request")
    if len(lines) > MAX_HEADERS:
        raise HeadRefused(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"at most {MAX_HEADERS} headers")
    headers: dict[bytes, bytes] = {}
    for line in lines:
        header = _HEADER.fullmatch(line)
        if header is None:
            raise HeadRefused(HTTPStatus.BAD_REQUEST, "a header is not plain ASCII")
        name = header[1].lower()
        if name in headers and name in _ONCE:
            raise HeadRefused(HTTPStatus.BAD_REQUEST, f"two headers {name.decode()}")
        value = header[2].strip(b" \t")
        headers[name] = headers[name] + b"," + value if name in headers else value
    host = headers.get(b"host", b"")
    if len(host) > MAX_HOST_CHARS or not _HOST.fullmatch(host):
        raise HeadRefused(HTTPStatus.BAD_REQUEST, "exactly one valid Host is needed")
    if b"content-length" in headers or b"transfer-encoding" in headers:
        raise HeadRefused(HTTPStatus.BAD_REQUEST, "a request here has no body")
    if found[1] != b"GET":
        raise HeadRefused(HTTPStatus.METHOD_NOT_ALLOWED, "only GET")
    _need_upgrade(headers)
    return Head(found[2].decode(), raw)


def _need_upgrade(headers: dict[bytes, bytes]) -> None:
    """Raises HeadRefused unless the headers ask for a WebSocket (RFC 6455 4.2.1)."""
    wanted = [part.strip().lower() for part in headers.get(b"connection", b"").split(b",")]
    if headers.get(b"upgrade", b"").lower() != b"websocket" or b"upgrade" not in wanted:
        raise HeadRefused(HTTPStatus.UPGRADE_REQUIRED, "the rooms are at /ws/ROOM, over WebSocket")
    if headers.get(b"sec-websocket-version") != b"13":
        raise HeadRefused(HTTPStatus.UPGRADE_REQUIRED, "this server speaks version 13 of WebSocket")
    try:
        key = base64.b64decode(headers.get(b"sec-websocket-key", b""), validate=True)
    except binascii.Error:
        key = b""
    if len(key) != 16:
        raise HeadRefused(HTTPStatus.BAD_REQUEST, "Sec-WebSocket-Key must be 16 bytes in base64")


async def read_head(stream: trio.abc.ReceiveStream) -> Head | None:
    """Read from a fresh connection until the head is whole; None if the peer closes before that.

    Raises HeadRefused, also for bytes behind the head: a client must wait for the answer (RFC 6455 4.1), and whatever else they are
    would be read as frames.
    """
    raw = b""
    while True:
        data = await stream.receive_some(MAX_HEAD_BYTES)
        if not data:
            return None
        searched = max(0, len(raw) - len(_END) + 1)
        raw += data
        end = raw.find(_END, searched)
        if end >= 0 and end + len(_END) <= MAX_HEAD_BYTES:
            break
        if end >= 0 or len(raw) >= MAX_HEAD_BYTES:
            raise HeadRefused(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"the head of a request may have {MAX_HEAD_BYTES} bytes")
    head = vet(raw[: end + len(_END)])
    if len(raw) > end + len(_END):
        raise HeadRefused(HTTPStatus.BAD_REQUEST, "nothing may follow the request before its answer")
    return head


async def turn_away(stream: trio.abc.Stream, refusal: HeadRefused) -> None:
    """Answer, and let the peer read it: closing on bytes that nobody has read would reset the line and lose the answer.

    Takes CLOSE_SECONDS at most, and reads MAX_DRAIN_BYTES at most. Closing the stream is left to the caller.
    """
    with trio.move_on_after(CLOSE_SECONDS):
        await stream.send_all(refusal.answer())
        if isinstance(stream, trio.abc.HalfCloseableStream):
            await stream.send_eof()
            drained = 0
            while drained < MAX_DRAIN_BYTES and (data := await stream.receive_some(MAX_HEAD_BYTES)):
                drained += len(data)

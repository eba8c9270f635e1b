"""The front door: reads and vets each request before any library sees it.

The libraries below were written for well-meaning peers: one byte that is not ASCII in a `Host` header raises out of the WebSocket
handshake, nobody there minds a head of many kilobytes, and a head that two parsers understand in two ways is how requests are
smuggled. So there is one parser, this one (RFC 9112 for the syntax, RFC 6455 4.2.1 for the upgrade), and two ways past it:

- a request for `Upgrade: websocket` must be short, plain and say exactly what an upgrade needs; its head goes on as it is;
- any other request must be whole, with a body of known and small length. It is written anew from what was understood, without
  the headers that speak of the connection: nobody behind can be asked to switch protocols, or to keep the line for another request.

`vet` is pure; `read_request` waits for bytes.
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
from gameserver.core.limits import (
    CLOSE_SECONDS,
    MAX_BODY_BYTES,
    MAX_DRAIN_BYTES,
    MAX_HEAD_BYTES,
    MAX_HEADERS,
    MAX_HOST_CHARS,
    MAX_UPGRADE_BYTES,
    MAX_UPGRADE_HEADERS,
)
from gameserver.core.registry import Limit

READ_BYTES: Final = 4_096

SECURITY_HEADERS: Final = (
    ("X-Content-Type-Options", "nosniff"),
    (
        "Content-Security-Policy",
        "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'",
    ),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
"""On every answer that somebody could look at: a browser shall run, load and frame nothing that is not ours, who opened the page
has no hold on it, and it asks for no device but those to play with (gamepad, wake lock and full screen are every page's own).
'self' means the WebSocket of the same host as well."""
PART_TYPES: Final = ("text/javascript", "text/css", "image/png")
"""Of the parts of a page, for which its own policy holds."""
PART_HEADERS: Final = SECURITY_HEADERS[:1]
"""On those: there are a hundred of them, and the other headers would be a fifth of their bytes."""

_END: Final = b"\r\n\r\n"
_REQUEST: Final = re.compile(rb"([A-Z]{1,16}) (/[!-~]*) HTTP/1\.([01])")
_HEADER: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):([ -~\t\x80-\xff]*)")
_HOST: Final = re.compile(rb"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")
_LENGTH: Final = re.compile(rb"[0-9]{1,18}")
_ONCE: Final = (b"host", b"upgrade", b"sec-websocket-key", b"sec-websocket-version", b"content-length", b"transfer-encoding")
_OF_THE_CONNECTION: Final = frozenset(
    (b"connection", b"upgrade", b"http2-settings", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"expect")
)
"""Headers that are between us and the next hop only (RFC 9110 7.6.1): they are settled here."""

_OF_PROXIES: Final = frozenset((b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"x-real-ip", b"forwarded", b"via"))
"""Headers that proxies write."""


class HeadRefused(GameserverError):
    """This request goes no further. `status` and the text are what the peer is answered."""

    def __init__(self, status: HTTPStatus, why: str, *, limit: Limit | None = None, retry_after: int | None = None) -> None:
        """`retry_after`: seconds after which it may be worth another try."""
        super().__init__(why)
        self.status = status
        self.limit = limit
        self.retry_after = retry_after

    def answer(self) -> bytes:
        """The whole response; the connection closes behind it."""
        body = f"{self}\n".encode()
        connection = "Connection: close\r\n"
        if self.status is HTTPStatus.UPGRADE_REQUIRED:  # RFC 9110 7.8: who sends Upgrade names it in Connection
            connection = "Connection: close, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        if self.retry_after is not None:
            connection = f"Retry-After: {self.retry_after}\r\n{connection}"
        security = "".join(f"{name}: {value}\r\n" for name, value in SECURITY_HEADERS)
        return (
            f"HTTP/1.1 {self.status.value} {self.status.phrase}\r\nContent-Type: text/plain; charset=utf-8\r\n"
            f"Content-Length: {len(body)}\r\n{security}{connection}\r\n"
        ).encode() + body


@attrs.frozen
class Sender:
    """What a head says of who sends it, and to whom. All of it is his word.

    Attributes:
        host: `Host`; "" in HTTP/1.0.
        origin: `Origin`; None without one, several joined by commas.
        forwarded_for: `X-Forwarded-For`, likewise.
        is_over_tls: the last `X-Forwarded-Proto` says https.
        is_relayed: some header says that a proxy stands in between.
    """

    host: str = ""
    origin: str | None = None
    forwarded_for: str | None = None
    is_over_tls: bool = False
    is_relayed: bool = False


@attrs.frozen
class Head:
    """The head of an upgrade that may pass. `raw`: its bytes, the empty line included."""

    path: str
    raw: bytes
    sender: Sender = attrs.field(factory=Sender, eq=False)


@attrs.frozen
class Request:
    """A request for no upgrade, to be answered by HTTP.

    Attributes:
        raw: the head, the empty line included, written anew: `Connection: close` is all that it says of the connection.
        length: of the body, in bytes.
        body: what follows the head.
        method: GET, for instance.
        path: without what follows a question mark.
    """

    raw: bytes
    length: int
    body: bytes = b""
    method: str = "GET"
    path: str = "/"
    sender: Sender = attrs.field(factory=Sender, eq=False)


def vet(raw: bytes) -> Head | Request:
    """Read a whole head, its empty line included. Raises HeadRefused."""
    line, *lines = raw[: -len(_END)].split(b"\r\n")
    found = _REQUEST.fullmatch(line)
    if found is None:
        raise HeadRefused(HTTPStatus.BAD_REQUEST, "this is no HTTP/1.1 request")
    if len(lines) > MAX_HEADERS:
        raise HeadRefused(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"at most {MAX_HEADERS} headers", limit=Limit.MAX_HEADERS)
    headers: dict[bytes, bytes] = {}
    kept = [line]
    for header_line in lines:
        header = _HEADER.fullmatch(header_line)
        if header is None:
            raise HeadRefused(HTTPStatus.BAD_REQUEST, "a header is malformed")
        name = header[1].lower()
        if name in headers and name in _ONCE:
            raise HeadRefused(HTTPStatus.BAD_REQUEST, f"two headers {name.decode()}")
        value = header[2].strip(b" \t")
        headers[name] = headers[name] + b"," + value if name in headers else value
        if name not in _OF_THE_CONNECTION:
            kept.append(name + b": " + value)
    is_first_version = found[3] == b"0"
    host = headers.get(b"host", b"")
    if (host or not is_first_version) and (len(host) > MAX_HOST_CHARS or not _HOST.fullmatch(host)):
        limit = Limit.MAX_HOST_CHARS if len(host) > MAX_HOST_CHARS else None
        raise HeadRefused(HTTPStatus.BAD_REQUEST, "exactly one valid Host is needed", limit=limit)
    if b"websocket" in _tokens(headers, b"upgrade"):
        if is_first_version:
            raise HeadRefused(HTTPStatus.BAD_REQUEST, "an upgrade needs HTTP/1.1")
        _vet_upgrade(found[1], headers, raw)
        return Head(found[2].decode(), raw, _sender(headers))
    return Request(
        b"\r\n".join([*kept, b"connection: close"]) + _END,
        _length(found[1], headers),
        method=found[1].decode(),
        path=found[2].decode().partition("?")[0],
        sender=_sender(headers),
    )


def _sender(headers: dict[bytes, bytes]) -> Sender:
    origin, forwarded_for = headers.get(b"origin"), headers.get(b"x-forwarded-for")
    return Sender(
        host=headers.get(b"host", b"").decode(),
        origin=origin.decode("latin-1") if origin is not None else None,
        forwarded_for=forwarded_for.decode("latin-1") if forwarded_for is not None else None,
        is_over_tls=_tokens(headers, b"x-forwarded-proto")[-1] == b"https",
        is_relayed=not _OF_PROXIES.isdisjoint(headers),
    )


def _tokens(headers: dict[bytes, bytes], name: bytes) -> list[bytes]:
    """The elements of a header that is a list (RFC 9110 5.6.1), in lower case."""
    return [part.strip(b" \t").lower() for part in headers.get(name, b"").split(b",")]


def _vet_upgrade(method: bytes, headers: dict[bytes, bytes], raw: bytes) -> None:
    """Raises HeadRefused unless this is a plain request for a WebSocket (RFC 6455 4.2.1)."""
    if len(raw) > MAX_UPGRADE_BYTES or raw.count(b"\r\n") - 2 > MAX_UPGRADE_HEADERS:
        why = f"the head of an upgrade may have {MAX_UPGRADE_BYTES} bytes and {MAX_UPGRADE_HEADERS} headers"
        limit = Limit.MAX_UPGRADE_BYTES if len(raw) > MAX_UPGRADE_BYTES else Limit.MAX_UPGRADE_HEADERS
        raise HeadRefused(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, why, limit=limit)
    if not raw.isascii():
        raise HeadRefused(HTTPStatus.BAD_REQUEST, "a header is not plain ASCII")
    if b"content-length" in headers or b"transfer-encoding" in headers:
        raise HeadRefused(HTTPStatus.BAD_REQUEST, "an upgrade has no body")
    if method != b"GET":
        raise HeadRefused(HTTPStatus.METHOD_NOT_ALLOWED, "only GET")
    if headers[b"upgrade"].lower() != b"websocket" or b"upgrade" not in _tokens(headers, b"connection"):
        raise HeadRefused(HTTPStatus.UPGRADE_REQUIRED, "the rooms are at /ws/ROOM, over WebSocket")
    if headers.get(b"sec-websocket-version") != b"13":
        raise HeadRefused(HTTPStatus.UPGRADE_REQUIRED, "this server speaks version 13 of WebSocket")
    try:
        key = base64.b64decode(headers.get(b"sec-websocket-key", b""), validate=True)
    except binascii.Error:
        key = b""
    if len(key) != 16:
        raise HeadRefused(HTTPStatus.BAD_REQUEST, "Sec-WebSocket-Key must be 16 bytes in base64")


def _length(method: bytes, headers: dict[bytes, bytes]) -> int:
    """Of the body, in bytes. Raises HeadRefused if that is unclear or too much."""
    said = headers.get(b"content-length")
    if b"transfer-encoding" in headers:
        if said is not None or method in (b"GET", b"HEAD"):
            raise HeadRefused(HTTPStatus.BAD_REQUEST, "this request has no Transfer-Encoding")
        raise HeadRefused(HTTPStatus.LENGTH_REQUIRED, "send a Content-Length")
    if said is None:
        return 0
    if not _LENGTH.fullmatch(said):
        raise HeadRefused(HTTPStatus.BAD_REQUEST, "Content-Length is no number")
    length = int(said)
    if length and method in (b"GET", b"HEAD"):  # it means nothing, and proxies differ about it (RFC 9110 9.3.1)
        raise HeadRefused(HTTPStatus.BAD_REQUEST, "this request has no body")
    if length > MAX_BODY_BYTES:
        raise HeadRefused(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a body may have {MAX_BODY_BYTES} bytes", limit=Limit.MAX_BODY_BYTES
        )
    if length and headers.get(b"expect"):  # whoever expects a word before the body sends it without one after this
        raise HeadRefused(HTTPStatus.EXPECTATION_FAILED, "send the body at once")
    return length


async def read_request(stream: trio.abc.ReceiveStream) -> Head | Request | None:
    """Read from a fresh connection until a request is whole; None if the peer closes before that.

    Raises HeadRefused, also for bytes behind the head of an upgrade: a client must wait for the answer (RFC 6455 4.1), and whatever
    else they are would be read as frames. Bytes behind another request are dropped: its connection closes after the answer.
    """
    raw = bytearray()
    while True:
        searched = max(0, len(raw) - len(_END) + 1)
        data = await stream.receive_some(READ_BYTES)
        if not data:
            return None
        raw += data
        end = raw.find(_END, searched) + len(_END)
        if end >= len(_END) and end <= MAX_HEAD_BYTES:
            break
        if end >= len(_END) or len(raw) >= MAX_HEAD_BYTES:
            why = f"the head of a request may have {MAX_HEAD_BYTES} bytes"
            raise HeadRefused(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, why, limit=Limit.MAX_HEAD_BYTES)
    asked = vet(bytes(raw[:end]))
    if isinstance(asked, Head):
        if len(raw) > end:
            raise HeadRefused(HTTPStatus.BAD_REQUEST, "nothing may follow the request before its answer")
        return asked
    while len(raw) < end + asked.length:
        data = await stream.receive_some(READ_BYTES)
        if not data:
            return None
        raw += data
    return attrs.evolve(asked, body=bytes(raw[end : end + asked.length]))


async def turn_away(stream: trio.abc.Stream, refusal: HeadRefused) -> None:
    """Answer, and let the peer read it.

    Takes CLOSE_SECONDS at most, and reads MAX_DRAIN_BYTES at most. Closing the stream is left to the caller.
    """
    with trio.move_on_after(CLOSE_SECONDS):
        await stream.send_all(refusal.answer())
        await hang_up(stream)


async def hang_up(stream: trio.abc.Stream) -> None:
    """Say that nothing more comes, and wait until the peer has read all: closing on bytes that nobody has read would reset the line
    and lose the answer.

    Takes CLOSE_SECONDS at most, and reads MAX_DRAIN_BYTES at most. Closing the stream is left to the caller.
    """
    if isinstance(stream, trio.abc.HalfCloseableStream):
        with trio.move_on_after(CLOSE_SECONDS):
            await stream.send_eof()
            drained = 0
            while drained < MAX_DRAIN_BYTES and (data := await stream.receive_some(READ_BYTES)):
                drained += len(data)

"""What strangers say over a socket: requests and frames, right ones and all kinds of wrong ones, at every phase of a connection."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

import attrs

from gameserver.core.limits import MAX_MESSAGE, PROTOCOL
from gameserver.core.messages import Hello, Ping, Ready, Role
from gameserver.core.wire import encode_client
from tests.fuzz.hostile import TEXTS, changed, dice_of, message
from tests.net.peer import BINARY, CLOSE, CONTINUED, PING, PONG, TEXT, frame, goodbye, pieces

if TYPE_CHECKING:
    import random

ROOMS: Final = tuple(f"crowd{number}" for number in range(16))
"""Enough that the seats which are kept for strangers who broke off leave room for others."""
GAME: Final = "crowd"
PHASES: Final = ("head", "http", "hello", "ready", "match", "parting")
ENDS: Final = ("answer", "answer", "finish", "reset", "close")
STAYS: Final = 2_000
"""One of so many strangers says no more, and waits until the server has had enough."""

_KEY: Final = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
_GET: Final = b"GET /ws/crowd0 HTTP/1.1"
_HEADERS: Final = (b"Host: x", b"Upgrade: websocket", b"Connection: Upgrade", _KEY, b"Sec-WebSocket-Version: 13")
_METHODS: Final = (b"GET", b"get", b"POST", b"HEAD", b"PUT", b"CONNECT", b"OPTIONS", b"PRI", b"", b"G E T", b"GET\0", b"X" * 20)
_PATHS: Final = (
    b"/ws/crowd1", b"/ws/", b"/ws/../ws/crowd1", b"/ws/crowd1?ticket=x", b"/ws/CROWD", b"/ws/" + b"a" * 33, b"*",
    b"http://x/ws/crowd1", b"//ws",
    b"/ws/%63rowd1", b"/ws/crowd1\xe9", b"/" + b"a" * 4_000, b"", b"/ws/crowd1 HTTP/1.1\r\nX: y\r\n\r\nGET /",
)  # fmt: skip
_VERSIONS: Final = (b"HTTP/1.1", b"HTTP/1.0", b"HTTP/2", b"HTTP/0.9", b"http/1.1", b"HTTP/1.1 ", b"HTTP/9.9", b"", b"ICY")
_ODD_HEADERS: Final = (
    b"Host: y", b"Host:", b"Host: h\xe9", b"Host: " + b"a." * 2_000, b"Host : x", b" Host: x", b"Host: x, y", b"Host: [::1",
    b"Host: x:99999999",
    b"Content-Length: 5", b"Content-Length: -1", b"Content-Length: 5, 5", b"Content-Length: 9" + b"9" * 30,
    b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: chunked, identity", b"Expect: 100-continue", b"Upgrade: h2c", b"Upgrade: websocket, h2c", b"Upgrade: \xff",
    b"Connection: close", b"Connection: keep-alive, Upgrade", b"Connection: Upgrade, \xe9", b"Sec-WebSocket-Version: 8",
    b"Sec-WebSocket-Version: 13, 8",
    b"Sec-WebSocket-Key: AAAA", b"Sec-WebSocket-Key: " + b"=" * 24, _KEY, b"Sec-WebSocket-Protocol: \xff",
    b"Sec-WebSocket-Protocol: a, a, ,",
    b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits", b"Sec-WebSocket-Extensions: \"", b"Origin: null",
    b"Origin: http://evil.example", b"Origin: http://x, http://y", b"X: \0", b"X: a\rb", b"X: a\nb", b"X: \x0b", b": empty",
    b"no colon", b"X\xe9: y",
    b"X: " + b"y" * 5_000, b"\tfolded", b"Cookie: " + b"a=b; " * 300, b"X-Forwarded-For: 1.2.3.4, \xff",
    b"Range: bytes=0-,-1,5-", b"Accept-Encoding: \0",
    b"Authorization: Bearer " + b"x" * 600,
)  # fmt: skip
_PAGES: Final = (
    b"/", b"/healthz", b"/readyz", b"/api/v1/rooms", b"/api/v1/status", b"/api/v1/recordings", b"/client/src/index.js", b"/arena/",
    b"/client/../../etc/passwd", b"/client/%2e%2e/%2e%2e/pyproject.toml", b"/client//src", b"/%00", b"/%ff%fe",
    b"/recordings/x?from=-1&to=\xff",
    b"/api/v1/rooms/%0d%0aX:y/join", b"/maps/..%2f..", b"/?" + b"a&" * 900,
)  # fmt: skip
_BODIES: Final = (
    b"{}",
    b'{"game":"crowd","role":"player"}',
    b"[" * 2_000,
    b'{"a":' * 500,
    b"\xff\xfe",
    b'{"game":1e999}',
    b'"\\ud800"',
    b"a=b&" * 500,
)
_CODES: Final = (0, 1, 999, 1000, 1001, 1002, 1004, 1005, 1006, 1007, 1012, 1015, 2999, 3000, 4999, 5000, 65_535)
_MESSAGES: Final = (
    (0, PROTOCOL, GAME, "crowd0", None, 0, "Ann"),
    (0, PROTOCOL, GAME, "crowd0", b"t" * 16, 1, "Ann"),
    (0, PROTOCOL, GAME, "crowd0", "a.ticket.here", 2, "Ann"),
    (1, None),
    (1, b"h" * 32),
    (2, 100, 99, 0, 25_000, (1, 0, -1, 0)),
    (2, 0, 1, 0, None, ()),
    (3, 1, 1_000_000),
    (4, 1, "echo", ("hi",)),
    (4, 2, "whisper", (5,)),
    (5,),
)


@attrs.frozen
class Stranger:
    """One connection.

    Attributes:
        phase: how far he goes as he should: one of PHASES.
        opening: said in this order, each behind the answer to the one before.
        hostile: the malformed handshake, or the frames, said behind those.
        cut: so many bytes of them are said at most.
        chunks: at these places of them he takes a breath.
        end: how he leaves: "answer" (he hears one first), "finish" (he says that nothing more comes, and stays), "reset", "close",
            "stay" (and says no more).
    """

    phase: str
    opening: tuple[bytes, ...]
    hostile: tuple[bytes, ...]
    cut: int
    chunks: tuple[int, ...]
    end: str

    @property
    def count(self) -> int:
        """How many malformed handshakes and frames are said at least in part."""
        begins = itertools.accumulate((len(each) for each in self.hostile[:-1]), initial=0)
        return sum(begin < self.cut for begin in begins)

    def said(self) -> list[bytes]:
        """The hostile bytes, piece by piece."""
        all_of_it = b"".join(self.hostile)[: self.cut]
        places = (0, *(place for place in self.chunks if place < len(all_of_it)), len(all_of_it))
        return [all_of_it[begin:end] for begin, end in itertools.pairwise(places)]


def stranger(seed: int, number: int) -> Stranger:
    """The one of this number."""
    dice = dice_of(seed, number)
    phase = dice.choices(PHASES, (6, 1, 4, 3, 7, 2))[0]
    room = dice.choice(ROOMS)
    hello = frame(
        encode_client(
            Hello(PROTOCOL, GAME, room, None, dice.choice((Role.PLAYER, Role.SPECTATOR, Role.SPECTATOR, Role.BOT)), "Ann")
        )
    )
    ready = frame(encode_client(Ready(None)))
    opening: tuple[bytes, ...] = ()
    if phase not in ("head", "http"):
        opening = (upgrade(room), hello, ready)[: {"hello": 1, "ready": 2}.get(phase, 3)]
    if phase == "head":
        hostile: tuple[bytes, ...] = (head(dice),)
    elif phase == "http":
        hostile = (request(dice),)
    else:
        first = (dice.choice((frame(b"\x91\x05"), goodbye(1000), goodbye(dice.choice(_CODES)))),) if phase == "parting" else ()
        hostile = first + tuple(bad_frame(dice) for _ in range(dice.choice((1, 1, 2, 4, 8))))
    size = sum(map(len, hostile))
    cut = size if dice.randrange(4) else dice.randrange(size + 1)
    chunks = tuple(sorted(dice.randrange(size + 1) for _ in range(dice.choice((0, 0, 1, 3)))))
    end = "stay" if dice.randrange(STAYS) == 0 else dice.choice(ENDS)
    return Stranger(phase, opening, hostile, cut, chunks, end)


def upgrade(room: str) -> bytes:
    """A request for a WebSocket as it should be."""
    return b"\r\n".join((b"GET /ws/%s HTTP/1.1" % room.encode(), *_HEADERS)) + b"\r\n\r\n"


def head(dice: random.Random) -> bytes:
    """Of an upgrade, with something wrong in it."""
    kind = dice.randrange(10)
    if kind == 0:
        return dice.randbytes(dice.randrange(1, 600))
    if kind < 4:
        return changed(dice, upgrade("crowd2"), (upgrade("crowd3"), b"\r\n" * 30, b"\0" * 30))
    line, headers, newline = _GET, list(_HEADERS), b"\r\n"
    for _ in range(dice.choice((1, 1, 2, 3))):
        match dice.randrange(6):
            case 0:
                line = b" ".join((dice.choice(_METHODS), dice.choice(_PATHS), dice.choice(_VERSIONS)))
            case 1:
                headers.pop(dice.randrange(len(headers)))
            case 2:
                headers[dice.randrange(len(headers))] = dice.choice(_ODD_HEADERS)
            case 3:
                headers += [dice.choice(_ODD_HEADERS)] * dice.choice((1, 1, 2, 60))
            case 4:
                newline = dice.choice((b"\n", b"\r", b"\r\n", b"\r\n ", b"\r\r\n"))
            case _:
                dice.shuffle(headers)
    behind = dice.choice((b"", b"", b"", bad_frame(dice), upgrade("crowd4"), b"\r\n"))
    return newline.join((line, *headers)) + newline + newline + behind


def request(dice: random.Random) -> bytes:
    """For a page or an answer of the API, right or wrong."""
    method = dice.choice((b"GET", b"GET", b"GET", b"HEAD", b"POST", b"DELETE", b"OPTIONS"))
    path = dice.choice(_PAGES)
    if dice.randrange(3) == 0:
        path = changed(dice, path, _PAGES).replace(b" ", b"%20").replace(b"\r", b"").replace(b"\n", b"")
    headers = [b"Host: x", *(dice.choice(_ODD_HEADERS) for _ in range(dice.choice((0, 0, 1, 2))))]
    body = dice.choice(_BODIES) if method in (b"POST", b"DELETE") else b""
    if body:
        headers += [b"Content-Length: %d" % len(body), b"Content-Type: application/json"]
    return b"\r\n".join((method + b" /" + path.lstrip(b"/") + b" HTTP/1.1", *headers)) + b"\r\n\r\n" + body


def bad_frame(dice: random.Random) -> bytes:
    """A frame, or some that belong together: malformed, or with a message in it that is."""
    payload = message(dice, _MESSAGES)
    match dice.randrange(14):
        case 0:  # any header at all
            key = dice.randbytes(4) if dice.randrange(4) else None
            payload = dice.randbytes(dice.randrange(200))
            return frame(
                payload, dice.randrange(16), final=dice.random() < 0.7, reserved=dice.choice((0, 0, 0, 1, 2, 4, 7)), key=key
            )
        case 1:  # a length in more bytes than it needs
            return frame(payload[:125], length_bytes=dice.choice((2, 8)))
        case 2:  # says that it is longer than it is, or than anything may be
            length = dice.choice((126, MAX_MESSAGE, MAX_MESSAGE + 1, 2**16, 2**32, 2**63 - 1, 2**63, 2**64 - 1))
            opcode = dice.choice((0x82, 0x02, 0x81, 0x89, 0x88, 0x80))
            return bytes((opcode, 0xFF)) + length.to_bytes(8, "big") + dice.randbytes(dice.randrange(300))
        case 3:  # no mask
            return frame(payload, key=None)
        case 4:  # pieces: with nothing in them, too many, never the last, mixed with others
            parts = tuple(payload[at : at + 7] for at in range(0, min(len(payload), 300), 7))
            whole = pieces(*parts) if parts else frame(b"", final=False)
            return dice.choice(
                (
                    whole,
                    whole[:-20],
                    whole + whole[20:],
                    frame(b"", final=False) + frame(b"", CONTINUED, final=False) * dice.randrange(60),
                )
            )
        case 5:
            inner = dice.choice((frame(b"x", TEXT), frame(payload), frame(b"", PING), goodbye(1000), frame(b"x", final=False)))
            return frame(payload[:50], final=False) + inner + frame(payload[50:], CONTINUED)
        case 6:
            return frame(b"x", CONTINUED)
        case 7:
            return frame(
                dice.choice(TEXTS).encode() + dice.choice((b"", b"\xff", b"\xed\xa0\x80")), TEXT, final=dice.randrange(4) > 0
            )
        case 8:  # closes of all kinds
            reason = dice.choice((b"", b"bye", b"\xff", b"x" * 123))
            return dice.choice(
                (
                    goodbye(dice.choice(_CODES), reason),
                    frame(b"", CLOSE),
                    frame(b"\x03", CLOSE),
                    frame(b"\x03\xe8" + bytes(200), CLOSE),
                )
            )
        case 9:  # control frames: many, long, in pieces
            opcode = dice.choice((PING, PONG))
            return dice.choice(
                (frame(b"p", opcode) * dice.randrange(1, 30), frame(bytes(126), opcode), frame(b"p", opcode, final=False))
            )
        case 10:  # honest and too often
            return frame(encode_client(Ping(1, 2))) * dice.choice((3, 70, 200))
        case 11:
            return changed(dice, frame(payload), (frame(b"x" * 130), goodbye(1000), b"\x82\x80\0\0\0\0"))
        case _:
            return frame(payload, BINARY)

"""An HTTP client by hand: it says bytes, and reads what comes until the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import trio

from tests.helpers import HOST, PORT

if TYPE_CHECKING:
    from gameserver.net.simulated import SimNetwork


@attrs.frozen
class Answer:
    """What came back.

    Attributes:
        headers: by their names in lower case; what came twice is joined by commas.
        seconds: from the connection to its end.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float

    @property
    def text(self) -> str:
        return self.body.decode()


def get(path: str, *headers: str, method: str = "GET") -> bytes:
    """A request as bytes."""
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: example.org", *headers, "", ""]).encode()


def read_answer(data: bytes, seconds: float = 0.0) -> Answer:
    """The one answer in the data, whole and with nothing behind it; that to HEAD has no body, whatever it says."""
    head, _, body = data.partition(b"\r\n\r\n")
    status, *lines = head.decode("ascii").split("\r\n")
    version, code = status.split(" ")[:2]
    assert version == "HTTP/1.1"
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        headers[name.lower()] = f"{headers[name.lower()]}, {value}" if name.lower() in headers else value
    assert not body or len(body) == int(headers["content-length"]), "another answer follows, or this one is cut"
    return Answer(int(code), headers, body, seconds)


async def converse(network: SimNetwork, data: bytes, *, end: bool = False) -> tuple[bytes, float]:
    """Connect, say this, and read to the end: all that came, and how many seconds it took. With `end`, say that no more follows."""
    stream = await network.connect(HOST, PORT)
    begin = trio.current_time()
    answer = b""
    try:
        await stream.send_all(data)
        if end:
            await stream.send_eof()
        while more := await stream.receive_some():
            answer += more
    except trio.BrokenResourceError:
        pass  # closed on bytes that nobody read
    finally:
        await trio.aclose_forcefully(stream)
    return answer, trio.current_time() - begin


async def ask(network: SimNetwork, data: bytes, *, end: bool = False) -> Answer:
    """`converse` with a server that answers."""
    return read_answer(*await converse(network, data, end=end))

"""Other people in the room, for tests that are no coroutines: Python clients in a thread of their own."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, cast

import trio
from gameclient.address import parse_url
from gameclient.client import Client
from trio_websocket import ConnectionClosed, wrap_client_stream

from gameserver.core.errors import Refused
from gameserver.core.limits import MAX_FRAME, PROTOCOL
from gameserver.core.messages import Hello, Ready, Role, Welcome
from gameserver.core.wire import decode_server, encode_client

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS: Final = 60.0
"""For a guest to join, and for an answer."""


class Guest:
    """Somebody who is in the room and does what he is told."""

    def __init__(self, client: Client, token: trio.lowlevel.TrioToken) -> None:
        self.client = client
        self._token = token

    def call(self, method: str, *arguments: Any) -> str | None:  # noqa: ANN401 - whatever the schema says
        """Call, and wait for the answer: None, or why it was refused."""

        async def ask() -> str | None:
            with trio.fail_after(SECONDS):
                try:
                    await self.client.call(method, *arguments)
                except Refused as refused:
                    return str(refused)
                return None

        return trio.from_thread.run(ask, trio_token=self._token)

    def leave(self) -> None:
        async def close() -> None:
            with trio.move_on_after(SECONDS):
                await self.client.close()

        trio.from_thread.run(close, trio_token=self._token)


class Crowd:
    """Guests come and go."""

    def __init__(self) -> None:
        self.ready = threading.Event()
        self._token: trio.lowlevel.TrioToken | None = None
        self._nursery: trio.Nursery | None = None

    async def run(self) -> None:
        self._token = trio.lowlevel.current_trio_token()
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            self.ready.set()
            await trio.sleep_forever()

    def join(self, url: str, *, game: str, name: str) -> Guest:
        """Returns when he is in. Raises what the client does, such as ClientClosed, if he does not get in."""
        token, nursery = self._token, self._nursery
        assert token is not None and nursery is not None

        async def come() -> Client:
            client = Client(url, game=game, name=name, role=Role.PLAYER, comes_back=False)
            inside = trio.Event()
            failures: list[Exception] = []

            async def stay(_: Client) -> None:
                inside.set()
                await trio.sleep_forever()

            async def live() -> None:
                try:
                    await client.run(stay)
                except Exception as error:
                    failures.append(error)
                inside.set()

            nursery.start_soon(live)
            with trio.fail_after(SECONDS):
                await inside.wait()
            if failures:
                raise failures[0]
            return client

        return Guest(trio.from_thread.run(come, trio_token=token), token)

    def shout(self, url: str, *, game: str, name: str, message: bytes) -> int:
        """Somebody joins by hand, says these bytes as one message, and is answered by the end of his line: the close code."""
        token = self._token
        assert token is not None

        async def come_and_shout() -> int:
            address = parse_url(url)
            stream = await trio.open_tcp_stream(address.host, address.port)
            try:
                with trio.fail_after(SECONDS):
                    async with trio.open_nursery() as nursery:
                        line = await wrap_client_stream(
                            nursery, stream, address.host, f"/ws/{address.room}", max_message_size=MAX_FRAME
                        )
                        await line.send_message(encode_client(Hello(PROTOCOL, game, address.room, None, Role.PLAYER, name)))
                        (welcome,) = decode_server(cast("bytes", await line.get_message()))
                        assert isinstance(welcome, Welcome)
                        await line.send_message(encode_client(Ready(welcome.map[1] if welcome.map is not None else None)))
                        await line.get_message()
                        try:
                            await line.send_message(message)
                            while True:
                                await line.get_message()
                        except ConnectionClosed as closed:
                            return int(closed.reason.code) if closed.reason is not None else 1006
                        finally:
                            nursery.cancel_scope.cancel()
            finally:
                stream.socket.close()

        return trio.from_thread.run(come_and_shout, trio_token=token)

    def stop(self) -> None:
        token, nursery = self._token, self._nursery
        assert token is not None and nursery is not None
        trio.from_thread.run_sync(nursery.cancel_scope.cancel, trio_token=token)


@contextmanager
def a_crowd() -> Iterator[Crowd]:
    """Whoever is still there at the end goes without a word."""
    crowd = Crowd()
    thread = threading.Thread(target=trio.run, args=(crowd.run,), name="crowd", daemon=True)
    thread.start()
    assert crowd.ready.wait(SECONDS)
    try:
        yield crowd
    finally:
        crowd.stop()
        thread.join(SECONDS)

"""A server that says what a test tells it to, over a real WebSocket on simulated ports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgpack
import trio
import trio.testing
from gameclient.client import Client
from trio_websocket import ConnectionClosed, HandshakeError, WebSocketConnection, wrap_server_stream

from gameserver.core.audience import EVERYONE, owner, part_of
from gameserver.core.messages import Hello, NoticeCode, Ping, Pong, Ready, Welcome
from gameserver.core.parts import Parts, Viewer
from gameserver.core.simulation import Join, Simulation
from gameserver.core.wire import decode_client, encode_head, encode_server
from gameserver.net.simulated import Latency, simulated_ports
from tests.helpers import HOST, INSTANT, PORT, Toy, close_code

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from gameserver.core.messages import ClientMessage
    from gameserver.net.simulated import SimNetwork

URL = f"ws://{HOST}:{PORT}/ws/toy1"


class Script:
    """One connection, from the server's side. It has a world, so that what it says is right unless a test makes it wrong."""

    def __init__(self, websocket: WebSocketConnection) -> None:
        self.websocket = websocket
        self.heard: list[ClientMessage] = []
        self._simulation = Simulation(Toy, seed=1)
        self._parts = Parts(Toy.schema, crc_every=1)
        self._viewer = Viewer()

    async def hear(self) -> ClientMessage:
        data = await self.websocket.get_message()
        assert isinstance(data, bytes)
        message = decode_client(data)
        self.heard.append(message)
        return message

    async def say(self, *frames: bytes | str) -> None:
        for frame in frames:
            await self.websocket.send_message(frame)

    async def end(self) -> int:
        """Hear to the end; returns the close code."""
        try:
            while True:
                await self.hear()
        except ConnectionClosed as closed:
            return close_code(closed)

    def welcome(self) -> bytes:
        return encode_server(Welcome(1, None, Toy.tick_rate, Toy.schema.to_wire(), None, (0,), 0))

    def fragments(self) -> list[Any]:
        """The world goes on by a tick: its fragments, as lists."""
        self._simulation.step([] if self._simulation.players else [Join(1, "ann")], {})
        self._parts.commit(self.tick, self._simulation.contents())
        draft = self._parts.draft(self._viewer, (part_of(EVERYONE), part_of(owner(1))))
        self._viewer.commit(draft)
        return [msgpack.unpackb(fragment) for fragment in draft.fragments]

    @property
    def tick(self) -> int:
        return self._simulation.world.tick

    def snapshot(self, fragments: Sequence[Any] | None = None, *, tick: int | None = None, control: Any = None) -> bytes:  # noqa: ANN401 - plain values
        """A frame with the next tick's snapshot, or with one of these fragments."""
        fragments = self.fragments() if fragments is None else fragments
        head = encode_head(0, self.tick if tick is None else tick, 0, None, None, control, len(fragments))
        return head + b"".join(map(msgpack.packb, fragments))

    async def let_in(self) -> None:
        """The conversation up to the first snapshot."""
        assert isinstance(await self.hear(), Hello)
        await self.say(self.welcome())
        assert isinstance(await self.hear(), Ready)
        await self.say(self.snapshot())

    async def go_on(self, seconds: float) -> None:
        """Send a snapshot every tick, and answer pings."""
        end = trio.current_time() + seconds
        while trio.current_time() < end:
            await trio.sleep(1 / Toy.tick_rate)
            await self.say(self.snapshot())

    async def answer_pings(self) -> None:
        while True:
            message = await self.hear()
            if isinstance(message, Ping):
                await self.say(encode_server(Pong(message.sequence, message.client_time, self.tick, 0, 0)))


async def stay(client: Client) -> None:
    await trio.sleep_forever()


async def converse(
    script: Callable[[Script], Awaitable[object]] | None,
    play: Callable[[Client], Awaitable[object]] = stay,
    *,
    latency: Latency = INSTANT,
    raw: Callable[[trio.abc.Stream], Awaitable[object]] | None = None,
) -> Client:
    """Run a client against this script, or against a server that handles the bare stream. Raises what Client.run raises."""
    network = simulated_ports(1, latency=latency).network
    client = Client(URL, game="toy", name="ann", network=network)
    await run_against(network, script, client, play, raw=raw)
    return client


async def run_against(
    network: SimNetwork,
    script: Callable[[Script], Awaitable[object]] | None,
    client: Client,
    play: Callable[[Client], Awaitable[object]],
    *,
    raw: Callable[[trio.abc.Stream], Awaitable[object]] | None = None,
) -> None:
    (listener,) = await network.listen(HOST, PORT)
    failure: BaseException | None = None

    async def serve() -> None:
        stream = await listener.accept()
        if raw is not None:
            await raw(stream)
            return
        assert script is not None
        try:
            async with trio.open_nursery() as inner:
                request = await wrap_server_stream(inner, stream)
                await script(Script(await request.accept()))
                inner.cancel_scope.cancel()
        except* (ConnectionClosed, HandshakeError):
            pass  # the client has gone: what it did is what the test asks about
        await trio.aclose_forcefully(stream)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(serve)
        try:
            await client.run(play)
        except Exception as error:
            failure = error
        await trio.sleep(0.5)  # the script hears of the end
        nursery.cancel_scope.cancel()
    if failure is not None:
        raise failure


__all__ = ["URL", "NoticeCode", "Script", "converse", "run_against", "stay"]

"""A server that says what a test tells it to, over a real WebSocket on simulated ports."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, TypeVar

import msgpack
import trio
import trio.testing
from gameclient.client import Client
from trio_websocket import ConnectionClosed, HandshakeError, WebSocketConnection, wrap_server_stream

from gameserver.core.audience import EVERYONE, owner, part_of
from gameserver.core.messages import Hello, NoticeCode, Ready, Welcome
from gameserver.core.parts import Parts, Viewer
from gameserver.core.simulation import Join, Simulation
from gameserver.core.wire import decode_client, encode_head, encode_server
from gameserver.net.simulated import Latency, simulated_ports
from tests.helpers import HOST, INSTANT, PORT, Toy, close_code

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from gameserver.core.messages import ClientMessage
    from gameserver.net.simulated import SimNetwork, SimStream

M = TypeVar("M")

URL = f"ws://{HOST}:{PORT}/ws/toy1"


class World:
    """What the server knows: a match, which goes on from one line to the next."""

    def __init__(self) -> None:
        self.simulation = Simulation(Toy, seed=1)
        self.parts = Parts(Toy.schema, crc_every=1)


class Script:
    """One connection, from the server's side. It has a world, so that what it says is right unless a test makes it wrong."""

    def __init__(self, websocket: WebSocketConnection, world: World | None, stream: SimStream) -> None:
        world = world if world is not None else World()
        self.websocket = websocket
        self.stream = stream
        self.heard: list[ClientMessage] = []
        self._simulation = world.simulation
        self._parts = world.parts
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

    async def hear_a(self, kind: type[M]) -> M:
        """Hear until there is a message of this kind, and return it."""
        while True:
            message = await self.hear()
            if isinstance(message, kind):
                return message

    def welcome(self, resume: bytes | None = None, *, player: int = 1) -> bytes:
        return encode_server(Welcome(player, resume, Toy.tick_rate, Toy.schema.to_wire(), None, (0,), 0))

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

    async def let_in(self, resume: bytes | None = None, *, player: int = 1) -> Hello:
        """The conversation up to the first snapshot; returns what it began with. `resume`: the token that is given out."""
        hello = await self.hear()
        assert isinstance(hello, Hello)
        await self.say(self.welcome(resume, player=player))
        assert isinstance(await self.hear(), Ready)
        await self.say(self.snapshot())
        return hello

    async def go_on(self, seconds: float) -> None:
        """Send a snapshot every tick, and answer pings."""
        end = trio.current_time() + seconds
        while trio.current_time() < end:
            await trio.sleep(1 / Toy.tick_rate)
            await self.say(self.snapshot())

    async def go_on_hearing(self, seconds: float = float("inf")) -> None:
        """The same, and hear what comes; returns when the client has gone, too."""

        async def hear() -> None:
            await self.end()
            nursery.cancel_scope.cancel()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(hear)
            await self.go_on(seconds)
            await trio.testing.wait_all_tasks_blocked()
            nursery.cancel_scope.cancel()

    def of(self, kind: type[M]) -> list[M]:
        """All messages of this kind that were heard so far."""
        return [message for message in self.heard if isinstance(message, kind)]


async def stay(client: Client) -> None:
    await trio.sleep_forever()


async def converse(
    script: Callable[[Script], Awaitable[object]] | None,
    play: Callable[[Client], Awaitable[object]] = stay,
    *,
    latency: Latency = INSTANT,
    raw: Callable[[trio.abc.Stream], Awaitable[object]] | None = None,
) -> Client:
    """Run a client that does not come back against this script, or against a server that handles the bare stream.

    Raises what Client.run raises.
    """
    network = simulated_ports(1, latency=latency).network
    client = Client(URL, game="toy", name="ann", network=network, comes_back=False)
    await run_against(network, [script] if script is not None else [], client, play, raw=raw)
    return client


async def converse_again(
    *scripts: Callable[[Script], Awaitable[object]],
    play: Callable[[Client], Awaitable[object]] = stay,
    worlds: Sequence[World] | None = None,
    **of_client: Any,  # noqa: ANN401 - what Client takes
) -> Client:
    """Run a client that comes back: its first line is for the first script, and so on. `worlds` has one for each; else they share.

    Raises what Client.run raises.
    """
    network = simulated_ports(1).network
    client = Client(URL, game="toy", name="ann", network=network, rng=random.Random(1), **of_client)
    await run_against(network, scripts, client, play, worlds=worlds or len(scripts) * [World()])
    return client


async def run_against(
    network: SimNetwork,
    scripts: Sequence[Callable[[Script], Awaitable[object]]],
    client: Client,
    play: Callable[[Client], Awaitable[object]],
    *,
    worlds: Sequence[World] | None = None,
    raw: Callable[[trio.abc.Stream], Awaitable[object]] | None = None,
) -> None:
    """Run the client against `serve_scripts`. Raises what Client.run raises."""
    failure: BaseException | None = None
    async with trio.open_nursery() as nursery:
        await nursery.start(serve_scripts, network, scripts, worlds, raw)
        try:
            await client.run(play)
        except Exception as error:
            failure = error
        await trio.sleep(0.5)  # the script hears of the end
        nursery.cancel_scope.cancel()
    if failure is not None:
        raise failure


async def serve_scripts(
    network: SimNetwork,
    scripts: Sequence[Callable[[Script], Awaitable[object]]],
    worlds: Sequence[World] | None = None,
    raw: Callable[[trio.abc.Stream], Awaitable[object]] | None = None,
    *,
    task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
) -> None:
    """The first connection is for the first script; when there are no more of them, nobody listens."""
    (listener,) = await network.listen(HOST, PORT)
    task_status.started()

    async def serve(stream: SimStream, script: Callable[[Script], Awaitable[object]], world: World | None) -> None:
        try:
            async with trio.open_nursery() as inner:
                request = await wrap_server_stream(inner, stream)
                await script(Script(await request.accept(), world, stream))
                inner.cancel_scope.cancel()
        except* (ConnectionClosed, HandshakeError):
            pass  # the client has gone: what it did is what the test asks about
        finally:
            stream.close()

    async with trio.open_nursery() as nursery:
        if raw is not None:
            nursery.start_soon(raw, await listener.accept())
        for number, script in enumerate(scripts):
            nursery.start_soon(serve, await listener.accept(), script, worlds[number] if worlds is not None else None)
        await listener.aclose()


__all__ = ["URL", "NoticeCode", "Script", "World", "converse", "converse_again", "run_against", "serve_scripts", "stay"]

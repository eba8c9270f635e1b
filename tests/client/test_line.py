"""One line of the Python client, by itself: how it opens, what keeps it, how it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import trio
from gameclient.address import parse_url
from gameclient.line import FIRST_PING_SECONDS, FIRST_PINGS, PING_SECONDS, SILENCE_SECONDS, ClientClosed, Line
from gameclient.stats import ClientStats

from gameserver.core.errors import ProtocolError
from gameserver.core.limits import HANDSHAKE_SECONDS, READY_SECONDS
from gameserver.core.messages import Bye, Hello, Inputs, Notice, NoticeCode, Ping, Pong, Ready, Role, Snapshot, Welcome
from gameserver.core.wire import encode_server
from gameserver.net.simulated import Latency, Toward, simulated_ports
from tests.client.scripted import URL, Script, serve_scripts

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from trio.testing import MockClock

    from gameserver.core.messages import ServerMessage
    from gameserver.net.simulated import SimNetwork, SimStream

HELLO = Hello(1, "toy", "toy1", None, Role.PLAYER, "ann")


async def stay(line: Line) -> None:
    await trio.sleep_forever()


class Owner:
    """Somebody who has a line.

    Attributes:
        heard: the messages, and when they came.
    """

    def __init__(self, network: SimNetwork) -> None:
        self.heard: list[tuple[ServerMessage, float]] = []
        self.stats = ClientStats()
        self.line = Line(network, parse_url(URL), self._take, self.stats)

    def _take(self, message: ServerMessage, now: float) -> None:
        self.heard.append((message, now))
        match message:
            case Snapshot():
                self.line.joined.set()
            case Pong():
                self.line.answered(message)

    async def speak(self, line: Line) -> None:
        await line.say(HELLO)
        await line.welcomed.wait()
        await line.say(Ready(None))

    async def run(self) -> None:
        await self.line.run(self.speak)

    @property
    def kinds(self) -> list[type[ServerMessage]]:
        return [type(message) for message, _ in self.heard]


async def talk(script: Callable[[Script], Awaitable[object]], *, latency: Latency = Latency()) -> Owner:
    """Run a line against this script. Raises what Line.run raises."""
    network = simulated_ports(1, latency=latency).network
    owner = Owner(network)
    failure: Exception | None = None
    async with trio.open_nursery() as nursery:
        await nursery.start(serve_scripts, network, [script])
        try:
            await owner.run()
        except (ClientClosed, ProtocolError) as error:
            failure = error
        await trio.sleep(0.5)
        nursery.cancel_scope.cancel()
    if failure is not None:
        raise failure
    return owner


async def test_messages_are_handed_on_in_order_with_their_times(autojump_clock: MockClock) -> None:
    network = simulated_ports(1).network
    owner = Owner(network)

    async def script(it: Script) -> None:
        assert await it.let_in() == HELLO
        await trio.sleep(1)
        await it.say(encode_server(Notice(NoticeCode.DRAINING, "soon", 9)) + it.snapshot())
        await it.websocket.aclose()

    async with trio.open_nursery() as nursery:
        await nursery.start(serve_scripts, network, [script])
        with pytest.raises(ClientClosed, match="closed the line") as closed:
            await owner.run()
    assert closed.value.notice is None, "that the server drains is not why the line has ended"
    assert owner.kinds == [Welcome, Snapshot, Notice, Snapshot]
    assert [now for _, now in owner.heard] == [0, 0, 1, 1]
    assert owner.stats.bytes_received > 100
    assert not owner.line.is_open


async def test_it_is_open_from_the_first_snapshot_to_the_end(autojump_clock: MockClock) -> None:
    network = simulated_ports(1).network
    owner = Owner(network)
    was_open: list[bool] = []

    async def script(it: Script) -> None:
        was_open.append(owner.line.is_open)
        await it.let_in()
        await owner.line.joined.wait()
        was_open.append(owner.line.is_open)

    async with trio.open_nursery() as nursery:
        await nursery.start(serve_scripts, network, [script])
        with pytest.raises(ClientClosed):
            await owner.run()
    was_open.append(owner.line.is_open)
    assert was_open == [False, True, False]


async def test_pings_are_quick_at_first_and_then_one_a_second(autojump_clock: MockClock) -> None:
    pings: list[tuple[int, float]] = []

    async def script(it: Script) -> None:
        await it.let_in()
        with trio.move_on_after(4.9):
            while True:
                ping = await it.hear_a(Ping)
                pings.append((ping.sequence, trio.current_time()))
                await it.say(encode_server(Pong(ping.sequence, ping.client_time, 1, 0, 0)))

    with pytest.raises(ClientClosed):
        await talk(script)
    assert [sequence for sequence, _ in pings] == list(range(1, len(pings) + 1))
    at_first = [round(n * FIRST_PING_SECONDS, 6) for n in range(FIRST_PINGS)]
    assert [round(at, 6) for _, at in pings] == at_first + [round(at_first[-1] + n * PING_SECONDS, 6) for n in (1, 2, 3)]
    assert (FIRST_PINGS, FIRST_PING_SECONDS, PING_SECONDS) == (16, 0.103, 0.97), "protocol: one to ten a second"


async def test_silence_ends_it_after_five_seconds(autojump_clock: MockClock) -> None:
    async def script(it: Script) -> None:
        await it.let_in()
        await it.go_on_hearing(1.0)
        it.stream.connection.blackhole(Toward.CLIENT)
        await it.go_on_hearing(SILENCE_SECONDS + 1)

    with pytest.raises(ClientClosed, match="nothing came for 5 s"):
        await talk(script)
    assert trio.current_time() == pytest.approx(1.0 + SILENCE_SECONDS + 0.5)


@pytest.mark.parametrize(
    ("after", "seconds"), [("connecting", HANDSHAKE_SECONDS), ("the upgrade", HANDSHAKE_SECONDS), ("WELCOME", READY_SECONDS)]
)
async def test_a_match_that_does_not_begin_ends_it(autojump_clock: MockClock, after: str, seconds: float) -> None:
    network = simulated_ports(1).network
    owner = Owner(network)

    async def script(it: Script) -> None:
        if after == "WELCOME":
            await it.hear()
            await it.say(it.welcome())
            await trio.sleep(HANDSHAKE_SECONDS + 1)
            await it.say(encode_server(Notice(99, "a word that is no snapshot")))
        await trio.sleep_forever()

    async with trio.open_nursery() as nursery:
        if after == "connecting":
            await network.listen("127.0.0.1", 8765)
        else:
            await nursery.start(serve_scripts, network, [script])
        with pytest.raises(ClientClosed, match=f"did not answer within {seconds:g} s"):
            await owner.run()
        assert trio.current_time() == pytest.approx(seconds, abs=1)
        nursery.cancel_scope.cancel()


async def test_a_network_that_does_not_connect_ends_it(autojump_clock: MockClock) -> None:
    class Tar:
        async def connect(self, host: str, port: int) -> SimStream:
            await trio.sleep_forever()
            raise AssertionError

        async def listen(self, host: str, port: int) -> list[object]:
            return []

    line = Line(Tar(), parse_url(URL), lambda message, now: None, ClientStats())  # type: ignore[arg-type] # it listens nowhere
    with pytest.raises(ClientClosed, match="did not answer within 5 s"):
        await line.run(stay)
    assert trio.current_time() == HANDSHAKE_SECONDS


async def test_what_its_owner_calls_wrong_is_answered_with_1002(autojump_clock: MockClock) -> None:
    codes: list[int] = []

    class Strict(Owner):
        def _take(self, message: ServerMessage, now: float) -> None:
            super()._take(message, now)
            if isinstance(message, Notice):
                raise ProtocolError("I will not hear that")

    async def script(it: Script) -> None:
        await it.let_in()
        await it.say(encode_server(Notice(99, "psst")) + encode_server(Notice(99, "never seen")))
        await it.say(it.snapshot())
        codes.append(await it.end())

    network = simulated_ports(1, latency=Latency(0.05)).network
    owner = Strict(network)
    async with trio.open_nursery() as nursery:
        await nursery.start(serve_scripts, network, [script])
        with pytest.raises(ProtocolError, match="not hear"):
            await owner.run()
        await trio.sleep(1)
    assert codes == [1002]
    assert owner.kinds == [Welcome, Snapshot, Notice], "and nothing behind it counts"


async def test_a_goodbye_ends_it_without_an_error(autojump_clock: MockClock) -> None:
    network = simulated_ports(1, latency=Latency(0.1)).network
    owner = Owner(network)
    ends: list[object] = []

    async def script(it: Script) -> None:
        await it.let_in()
        ends.append(await it.end())
        ends.append(it.heard[-1])

    async with trio.open_nursery() as nursery:
        await nursery.start(serve_scripts, network, [script])
        nursery.start_soon(owner.run)
        await owner.line.joined.wait()
        await owner.line.close()
        await owner.line.close()
        await owner.line.say(Inputs(1, None, 0, None, ()))
    assert ends == [1000, Bye()]
    assert network.connections == []


async def test_a_goodbye_before_it_is_open_is_short(autojump_clock: MockClock) -> None:
    network = simulated_ports(1, latency=Latency(0.1)).network
    owner = Owner(network)
    await network.listen("127.0.0.1", 8765)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(owner.run)
        await trio.sleep(1)
        await owner.line.close()
        assert trio.current_time() < 1.1


async def test_what_is_said_on_a_line_that_is_gone_is_lost_without_an_error(autojump_clock: MockClock) -> None:
    network = simulated_ports(1).network
    owner = Owner(network)

    async def script(it: Script) -> None:
        await it.let_in()
        it.stream.connection.reset()

    async with trio.open_nursery() as nursery:
        await nursery.start(serve_scripts, network, [script])
        with pytest.raises(ClientClosed):
            await owner.run()
    await owner.line.say(Inputs(1, None, 0, None, ()))
    await owner.line.close()


async def test_an_error_of_whoever_speaks_is_no_end_of_the_line(autojump_clock: MockClock) -> None:
    """It is a bug, and must not look like something to come back from."""

    async def speak(line: Line) -> None:
        raise KeyError("a bug")

    async def script(it: Script) -> None:
        await it.end()

    network = simulated_ports(1).network
    owner = Owner(network)
    async with trio.open_nursery() as nursery:
        await nursery.start(serve_scripts, network, [script])
        with pytest.raises(ExceptionGroup) as group:
            await owner.line.run(speak)
    assert group.group_contains(KeyError, match="a bug")

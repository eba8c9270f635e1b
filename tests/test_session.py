"""What a client may say and when, from the first message on, said to a whole server over real WebSockets."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest
import trio
from trio_websocket import ConnectionClosed

from gameserver.core.limits import HANDSHAKE_SECONDS, MAX_MESSAGE, MAX_QUEUED_MESSAGES, PROTOCOL, READY_SECONDS
from gameserver.core.messages import Bye, Call, Hello, Inputs, NoticeCode, Ping, Pong, Ready, Role, Snapshot, Welcome
from gameserver.core.wire import encode_client, pack
from gameserver.maps import load_map
from gameserver.net.simulated import Latency
from tests.helpers import HOST, PORT, Toy, Wire, serving, toy_at, wire

if TYPE_CHECKING:
    from trio.testing import MockClock

    from gameserver.core.messages import ClientMessage


class Walled(Toy):
    """With a map, so that READY has something to say."""

    name = "walled"
    uses_map = True
    default_map = "tiny"


SLOW = toy_at(1)  # between READY and the first snapshot there is a second
HELLO = Hello(PROTOCOL, "toy1", "room1", None, Role.PLAYER, "ann")

ANYTIME: dict[str, tuple[bytes | str, int]] = {
    "nothing": (b"", 1002),
    "no msgpack": (b"\xc1", 1002),
    "no array": (pack(5), 1002),
    "an empty array": (pack([]), 1002),
    "a map": (pack({0: 1}), 1002),
    "two messages in one": (pack([5]) + pack([5]), 1002),
    "half a message": (encode_client(HELLO)[:-3], 1002),
    "an unknown number": (pack([6]), 1002),
    "a negative number": (pack([-1]), 1002),
    "a number that is true": (pack([True, None]), 1002),
    "an element too many": (pack([5, 0]), 1002),
    "an element too few": (pack([3, 1]), 1002),
    "a float": (pack([3, 1, 1.0]), 1002),
    "an integer above 53 bits": (pack([3, 1, 2**53]), 1002),
    "deep nesting": (b"\x91" * 2_000, 1002),
    "an announced giant": (b"\xdd\xff\xff\xff\xff", 1002),
    "an ext value": (b"\x92\x05\xc7\x00\x01", 1002),
    "too many bytes": (bytes(MAX_MESSAGE + 1), 1009),
    "text": ("[5]", 1003),
}

STATES = ("new", "admitted", "ready", "playing")


async def bring_to(state: str, it: Wire, game: str = "toy1") -> None:
    """Lead the conversation up to this state."""
    if state == "new":
        return
    await it.say(it.hello(game))
    await it.until(Welcome)
    if state != "admitted":
        await it.say(Ready(None))
        if state == "playing":
            await it.until(Snapshot)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("case", ANYTIME)
async def test_what_is_no_message_ends_the_line_in_every_state(autojump_clock: MockClock, state: str, case: str) -> None:
    bad, code = ANYTIME[case]
    async with serving(SLOW) as host:
        async with wire(host.network, "room1") as it:
            await bring_to(state, it)
            await it.say(bad)
            assert await it.end() == code
        async with wire(host.network, "room1") as other:  # and nobody else notices
            await other.join("toy1")


ILLEGAL: list[tuple[str, ClientMessage]] = [
    *(("new", message) for message in (Ready(None), Inputs(1, None, 0, None, ()), Ping(1, 1), Call(1, "forbid", ()), Bye())),
    *(("admitted", message) for message in (HELLO, Inputs(1, None, 0, None, ()), Inputs(1, None, 0, None, (1, 0)))),
    ("admitted", Call(1, "forbid", ())),
    *(("ready", message) for message in (HELLO, Ready(None), Inputs(1, None, 0, None, ()), Call(1, "forbid", ()))),
    *(("playing", message) for message in (HELLO, Ready(None))),
    ("playing", Inputs(1, None, 0, None, (1,))),
    ("playing", Inputs(1, None, 0, None, (2, 0))),
    ("playing", Inputs(1, None, 0, None, (0, 2))),
    ("playing", Inputs(1, None, 0, None, 17 * (0, 0))),
    ("playing", Call(1, "missing", ())),
    ("playing", Call(1, "step", ())),
    ("playing", Call(1, "__init__", ())),
    ("playing", Call(1, "forbid", (1,))),
    ("playing", Call(1, "echo", ())),
    ("playing", Call(1, "echo", (7,))),
    ("playing", Call(1, "echo", ("x" * 21,))),
]


@pytest.mark.parametrize(("state", "message"), ILLEGAL, ids=str)
async def test_what_may_not_be_said_now_ends_the_line_with_1002(
    autojump_clock: MockClock, state: str, message: ClientMessage
) -> None:
    async with serving(SLOW) as host, wire(host.network, "room1") as it:
        await bring_to(state, it)
        await it.say(message)
        assert await it.end() == 1002
        assert it.notice is None


@pytest.mark.parametrize("state", ["admitted", "ready", "playing"])
async def test_bye_is_answered_with_the_end(autojump_clock: MockClock, state: str) -> None:
    async with serving(SLOW) as host, wire(host.network, "room1") as it:
        await bring_to(state, it)
        await it.say(Bye())
        assert await it.end() == 1000
        await trio.sleep(0.1)
        assert host.server.rooms["room1"].players == 0, "the seat is free again"


@pytest.mark.parametrize("state", ["admitted", "ready", "playing"])
async def test_ping_is_answered_from_welcome_on(autojump_clock: MockClock, state: str) -> None:
    async with serving(SLOW, latency=Latency(0.05)) as host, wire(host.network, "room1") as it:
        await bring_to(state, it)
        await it.say(Ping(-7, 123))
        pong = await it.until(Pong)
        assert (pong.sequence, pong.client_time) == (-7, 123)
        due = host.server.rooms["room1"].clock.deadline(pong.tick)
        assert due + pong.into_tick / 1e6 == pytest.approx(trio.current_time() - 0.05, abs=1e-3)


async def test_pings_behind_hello_in_one_breath_are_all_answered(autojump_clock: MockClock) -> None:
    """The answers would meet WELCOME on its way out, and there is only one frame in flight."""
    async with serving(SLOW, latency=Latency(0.05)) as host, wire(host.network, "room1") as it:
        await it.say(it.hello("toy1"), Ping(1, 1), Ping(2, 2), Ping(3, 3), Ready(None))
        await it.until(Snapshot)
        assert sorted(m.sequence for m in it.heard if isinstance(m, Pong)) == [1, 2, 3]


async def test_a_flood_ends_the_line_with_1008(autojump_clock: MockClock) -> None:
    async with serving(SLOW) as host, wire(host.network, "room1") as it:
        await bring_to("playing", it)
        with contextlib.suppress(ConnectionClosed):
            for _ in range(10 * MAX_QUEUED_MESSAGES):
                await it.say(Inputs(0, None, 0, None, ()))
        assert await it.end() == 1008


# -- who does not come ------------------------------------------------------------------------------------------------------
async def test_hello_must_come_in_time(autojump_clock: MockClock) -> None:
    async with serving() as host, wire(host.network) as it:
        code = await it.end()
        assert trio.current_time() == pytest.approx(HANDSHAKE_SECONDS)
        assert it.notice is not None and it.notice.code == NoticeCode.IDLE
        assert code == 1001
        assert not host.server.rooms


async def test_ready_must_come_in_time(autojump_clock: MockClock) -> None:
    async with serving() as host, wire(host.network) as it:
        await it.say(it.hello())
        await it.until(Welcome)
        began = trio.current_time()
        for number in range(9):  # pings do not count
            await trio.sleep(1)
            await it.say(Ping(number, 0))
        assert await it.end() == 1001
        assert trio.current_time() - began == pytest.approx(READY_SECONDS)
        assert it.notice is not None and it.notice.code == NoticeCode.IDLE
        assert host.server.rooms["toy1"].players == 0


async def test_ready_must_name_the_map(autojump_clock: MockClock) -> None:
    async with serving(Walled, maps={"tiny": load_map("tiny")}) as host:
        for wrong in (None, bytes(32)):
            async with wire(host.network, "w1") as it:
                await it.say(it.hello("walled"))
                await it.until(Welcome)
                await it.say(Ready(wrong))
                assert await it.end() == 1002
        async with wire(host.network, "w1") as it:
            welcome = await it.join("walled")
            tile_map, data = load_map("tiny")
            assert welcome.map == (tile_map.name, tile_map.sha256, data)


async def test_where_there_is_no_map_ready_names_none(autojump_clock: MockClock) -> None:
    async with serving() as host, wire(host.network) as it:
        await it.say(it.hello())
        await it.until(Welcome)
        await it.say(Ready(bytes(32)))
        assert await it.end() == 1002


# -- who is not let in ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("said", "code", "detail", "text"),
    [
        ({"protocol": 2}, NoticeCode.UPDATE_NEEDED, "toy@1", "protocol 1"),
        ({"protocol": 0}, NoticeCode.UPDATE_NEEDED, "toy@1", "protocol 1"),
        ({"protocol": 2, "game": "chess"}, NoticeCode.UPDATE_NEEDED, None, "protocol 1"),
        ({"game": "toy@2"}, NoticeCode.UPDATE_NEEDED, "toy@1", "toy@1"),
        ({"game": "toy@0"}, NoticeCode.UPDATE_NEEDED, "toy@1", "toy@1"),
        ({"game": "chess"}, NoticeCode.REFUSED, None, "there are toy"),
        ({"game": "chess@1"}, NoticeCode.REFUSED, None, "there are toy"),
    ],
    ids=str,
)
async def test_a_client_of_another_kind_is_told_what_there_is(
    autojump_clock: MockClock, said: dict[str, Any], code: NoticeCode, detail: str | None, text: str
) -> None:
    async with serving() as host, wire(host.network) as it:
        await it.say(it.hello(**said))
        assert await it.end() == 1008
        assert it.notice is not None
        assert (it.notice.code, it.notice.detail) == (code, detail)
        assert text in it.notice.text
        assert not host.server.rooms, "nothing was opened for him"


@pytest.mark.parametrize("game", ["toy", "toy@1"])
async def test_a_name_alone_accepts_any_version(autojump_clock: MockClock, game: str) -> None:
    async with serving() as host, wire(host.network) as it:
        welcome = await it.join(game)
        assert (welcome.player, welcome.role, welcome.tick_rate) == (1, Role.PLAYER, 20)
        assert welcome.resume is not None


async def test_hello_must_name_the_room_of_the_path(autojump_clock: MockClock) -> None:
    async with serving() as host, wire(host.network, "room1") as it:
        await it.say(it.hello(room="room2"))
        assert await it.end() == 1002
        assert not host.server.rooms


async def test_a_room_plays_one_game(autojump_clock: MockClock) -> None:
    async with serving(Toy, SLOW) as host, wire(host.network, "room1") as first, wire(host.network, "room1") as second:
        await first.join("toy")
        await second.say(second.hello("toy1"))
        assert await second.end() == 1008
        assert second.notice is not None and second.notice.code == NoticeCode.REFUSED
        assert "plays toy" in second.notice.text


async def test_rooms_are_opened_on_demand_only_where_that_is_allowed(autojump_clock: MockClock) -> None:
    async with serving(create_rooms=False, rooms=["here"]) as host:
        async with wire(host.network, "here") as it:
            await it.join()
        async with wire(host.network, "there") as it:
            await it.say(it.hello())
            assert await it.end() == 1008
            assert it.notice is not None and "there is no room 'there'" in it.notice.text


@pytest.mark.parametrize(
    "name",
    ["", " ", "x" * 25, "a\nb", "a\u202eb", "a\u200bb", "\ud800", "\x00", "\u2028"],
    ids=lambda name: name.encode("utf-8", "replace").hex(),
)
async def test_a_name_that_could_deceive_is_refused(autojump_clock: MockClock, name: str) -> None:
    async with serving() as host, wire(host.network) as it:
        await it.say(pack([0, PROTOCOL, "toy", "toy1", None, 0, name.encode("utf-8", "surrogatepass")]))
        assert await it.end() == 1002
    async with serving() as host, wire(host.network) as it:
        packed = pack([0, PROTOCOL, "toy", "toy1", None, 0, ""])[:-1]
        body = name.encode("utf-8", "surrogatepass")
        await it.say(packed + bytes([0xD9, len(body)]) + body)
        assert await it.end() == 1002


async def test_welcome_waits_for_a_line_that_is_full(autojump_clock: MockClock) -> None:
    """The answer to the upgrade fills the window, and the client reads late: WELCOME waits, it is not skipped like a snapshot."""
    upgrade = (
        b"GET /ws/toy1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    hello = encode_client(Hello(PROTOCOL, "toy", "toy1", None, Role.PLAYER, "ann"))
    async with serving() as host:
        line = await host.network.connect(HOST, PORT)
        await line.send_all(upgrade)
        answer = await line.receive_some()
        await line.aclose()
        host.network._window_bytes = len(answer)
        line = await host.network.connect(HOST, PORT)
        await line.send_all(upgrade)
        await trio.sleep(0.1)
        await line.send_all(bytes((0x82, 0x80 | len(hello))) + bytes(4) + hello)
        await trio.sleep(1)
        received = b""
        with trio.move_on_after(2):
            while data := await line.receive_some():
                received += data
        assert received.startswith(answer)
        assert len(received) > len(answer) + 100, "WELCOME came once there was room"

"""The Python client against servers that keep the protocol, break it, or fall silent."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest
import trio
import trio.testing
from gameclient.address import parse_url
from gameclient.client import Client
from gameclient.line import SILENCE_SECONDS, ClientClosed

from gameserver import GameError, Refused
from gameserver.core.errors import ProtocolError, WorldMismatch
from gameserver.core.limits import ACK_EVERY, HANDSHAKE_SECONDS, READY_SECONDS
from gameserver.core.messages import (
    Bye,
    Call,
    EventMessage,
    Hello,
    Inputs,
    Notice,
    NoticeCode,
    Ping,
    Pong,
    Ready,
    Reply,
    Role,
)
from gameserver.core.tiled import MAX_FILE_BYTES, parse_map
from gameserver.core.wire import encode_server, pack
from gameserver.maps import load_map, maps_folder
from gameserver.net.simulated import Latency, Toward, simulated_ports
from tests.client.scripted import URL, Script, converse, run_against, stay
from tests.helpers import Push, Toy, game_of, serving

if TYPE_CHECKING:
    from collections.abc import Callable

    from trio.testing import MockClock


# -- addresses --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("ws://host", ("host", 80, "")),
        ("ws://host/", ("host", 80, "")),
        ("ws://host:1/ws/a1", ("host", 1, "a1")),
        ("ws://127.0.0.1:65535", ("127.0.0.1", 65_535, "")),
        ("ws://[::1]:8765/ws/x", ("::1", 8_765, "x")),
    ],
)
def test_urls(url: str, address: tuple[str, int, str]) -> None:
    parsed = parse_url(url)
    assert (parsed.host, parsed.port, parsed.room) == address


@pytest.mark.parametrize(
    "url",
    [
        *("", "host", "http://host", "wss://host", "ws://", "ws://host:", "ws://host:x", "ws://host:65536", "ws://host:99999"),
        *("ws://host/ws/", "ws://host/ws/A", "ws://host/ws/a/b", "ws://host/ws/a?b=c", "ws://host/x", "ws://a:1:2"),
        "ws://host/ws/" + 33 * "a",
    ],
)
def test_bad_urls_are_told_apart(url: str) -> None:
    with pytest.raises(ValueError, match=r"ws://HOST:PORT|there is no port"):
        parse_url(url)


def test_a_client_needs_a_room() -> None:
    with pytest.raises(ValueError, match="add /ws/ROOM"):
        Client("ws://host:1", game="toy", name="ann")


# -- the conversation -------------------------------------------------------------------------------------------------------
async def test_the_conversation_goes_as_the_protocol_says(autojump_clock: MockClock) -> None:
    said: list[Any] = []

    async def script(it: Script) -> None:
        await it.let_in()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(it.go_on, 5)
            said.append(await it.end())
            said.extend(it.heard)
            nursery.cancel_scope.cancel()

    async def play(client: Client) -> None:
        assert client.replica.tick == 1
        assert (client.player, client.tick_rate, client.map) == (1, 20, None)
        assert [p.name for p in client.replica.players()] == ["ann"]
        await client.next_snapshot(11)

    await converse(script, play)
    assert said[0] == 1000
    hello, ready, *rest, bye = said[1:]
    assert hello == Hello(1, "toy", "toy1", None, Role.PLAYER, "ann")
    assert ready == Ready(None)
    assert bye == Bye()
    acks = [message.ack_tick for message in rest if isinstance(message, Inputs)]
    assert acks == [4, 8], f"an empty INPUT with every {ACK_EVERY}th snapshot"
    pings = [message.sequence for message in rest if isinstance(message, Ping)]
    assert pings == [1, 2, 3, 4, 5], "quick ones at first"


async def test_a_client_plays_on_a_real_server(autojump_clock: MockClock) -> None:
    async with serving(latency=Latency(0.02)) as host:
        client = Client(URL, game="toy", name="ann", network=host.network)

        async def play(client: Client) -> None:
            await client.send_input(client.next_input_tick(), Push(right=1, jump=True), 4)
            await client.next_snapshot(20)
            (me,) = client.replica.players()
            assert me.jumps == 1, "a press counts once"
            assert me.x >= 4
            assert me.lucky == 7
            assert await client.call("echo", "hello") == "hello"
            with pytest.raises(Refused, match="not today"):
                await client.call("forbid")
            assert await client.call("whisper", 12) is None
            assert [(name, event.number) for name, _, event in client.events if name == "Whisper"] == [("Whisper", 12)]
            with pytest.raises(GameError):
                await client.send_input(1, Push(right=2))

        await client.run(play)
        await trio.sleep(0.2)
        assert host.server.rooms["toy1"].players == 0, "it said goodbye"
        assert client.stats.late_inputs == 0


async def test_a_client_takes_the_map_from_the_server(autojump_clock: MockClock) -> None:
    class Walled(Toy):
        name = "walled"
        uses_map = True
        default_map = "tiny"

    async with serving(Walled, maps={"tiny": load_map("tiny")}) as host:

        async def play(client: Client) -> None:
            assert client.map == load_map("tiny")[0]

        await Client(URL, game="walled", name="ann", network=host.network).run(play)


async def test_the_largest_map_arrives(autojump_clock: MockClock) -> None:
    """A map's file may have 1 MiB, more than any snapshot: WELCOME must get through a window of 64 KiB and the client's bounds."""
    document = json.loads((maps_folder() / "tiny.tmj").read_text())
    document["comment"] = ""
    document["comment"] = "x" * (MAX_FILE_BYTES - len(json.dumps(document)))
    data = json.dumps(document).encode()
    assert len(data) == MAX_FILE_BYTES

    class Wide(Toy):
        name = "wide"
        uses_map = True
        default_map = "huge"

    async def play(client: Client) -> None:
        assert client.map is not None
        assert client.map.sha256 == hashlib.sha256(data).digest()

    async with serving(Wide, maps={"huge": (parse_map(data, "huge.tmj"), data)}, rooms=["toy1"]) as host:
        await Client(URL, game="wide", name="ann", network=host.network).run(play)


async def test_a_spectator_sees_and_acknowledges(autojump_clock: MockClock) -> None:
    async with serving() as host:

        async def play(client: Client) -> None:
            assert client.player == 0
            await client.next_snapshot(8 * Toy.tick_rate)

        await Client(URL, game="toy", name="ann", network=host.network, role=Role.SPECTATOR).run(play)


async def test_a_cosmetic_event_that_is_too_old_is_not_shown(autojump_clock: MockClock) -> None:
    """300 ms are six ticks of this game: one of six ticks ago counts, one of seven does not."""
    seen: list[tuple[str, int]] = []
    spark = [event.__name__ for event in Toy.events].index("Spark")

    async def script(it: Script) -> None:
        await it.let_in()
        for _ in range(8):
            fragments = it.fragments()
            if it.tick == 9:
                fragments[0] = [*(*fragments[0], None)[:6], [spark, 6, 1, spark, 7, 2]]
            await it.say(it.snapshot(fragments))
        await it.end()

    async def play(client: Client) -> None:
        await client.next_snapshot(9)
        seen.extend((name, tick) for name, tick, _ in client.events)

    await converse(script, play)
    assert seen == [("Spark", 3)]


async def test_two_may_wait_for_different_ticks(autojump_clock: MockClock) -> None:
    reached: dict[int, int] = {}

    async with serving() as host:

        async def play(client: Client) -> None:
            async def wait(tick: int) -> None:
                while await client.next_snapshot(tick) < tick:
                    pass
                reached[tick] = client.replica.tick or 0

            async with trio.open_nursery() as nursery:
                for tick in (30, 10, 20):
                    nursery.start_soon(wait, tick)

        await Client(URL, game="toy", name="ann", network=host.network).run(play)
    assert reached == {10: 10, 20: 20, 30: 30}


# -- what a server may not say ----------------------------------------------------------------------------------------------
def wrong_crc(it: Script) -> bytes:
    fragments = it.fragments()
    fragments[0][5] ^= 1
    return it.snapshot(fragments)


def wrong_base(it: Script) -> bytes:
    fragments = it.fragments()
    fragments[0][1] += 1
    return it.snapshot(fragments)


def unknown_entity(it: Script) -> bytes:
    fragments = it.fragments()
    fragments[0][3] = [77]
    return it.snapshot(fragments)


def event(sequence: int, kind: int = 0, values: tuple[int, ...] = (1,)) -> bytes:
    return encode_server(EventMessage(sequence, 1, kind, values))


WRONG: dict[str, tuple[Callable[[Script], bytes | str], type[Exception], str]] = {
    "a wrong CRC": (wrong_crc, WorldMismatch, "CRC"),
    "a wrong base": (wrong_base, WorldMismatch, "counts from"),
    "an unknown entity": (unknown_entity, ProtocolError, "does not fit"),
    "an old tick": (lambda it: it.snapshot([], tick=1), ProtocolError, "follows"),
    "a missing event": (lambda it: event(2), WorldMismatch, "event 2 follows 0"),
    "an event of no kind": (lambda it: event(1, kind=9), ProtocolError, "does not fit"),
    "an event of other values": (lambda it: event(1, values=(1, 2)), ProtocolError, "does not fit"),
    "text": (lambda it: "hello", ProtocolError, "text"),
    "a second WELCOME": (Script.welcome, ProtocolError, "second WELCOME"),
    "a PONG for no PING": (lambda it: encode_server(Pong(99, 0, 1, 0, 0)), ProtocolError, "no PING"),
    "no msgpack": (lambda it: b"\xc1", ProtocolError, "msgpack"),
    "half a value": (lambda it: it.snapshot()[:-1], ProtocolError, "ends inside|fragments"),
    "an unknown number": (lambda it: pack([9]), ProtocolError, "known number"),
    "a fragment by itself": (lambda it: pack([0, 0, [], [], []]), ProtocolError, "message 0"),
    "fewer fragments than announced": (lambda it: pack([1, 0, 5, 0, None, None, None, 2]), ProtocolError, "announced"),
}


@pytest.mark.parametrize("case", WRONG)
async def test_what_a_server_may_not_say_ends_the_line_with_1002(autojump_clock: MockClock, case: str) -> None:
    frame, error, text = WRONG[case]
    codes: list[int] = []

    async def script(it: Script) -> None:
        await it.let_in()
        await it.say(frame(it))
        codes.append(await it.end())

    with pytest.raises(error, match=text):
        await converse(script)
    assert codes == [1002]


async def test_a_pong_that_comes_seconds_late_is_no_fault(autojump_clock: MockClock) -> None:
    """A line stands still for four seconds right after it was opened, when a PING is said every tenth of a second."""

    async def script(it: Script) -> None:
        await it.let_in()
        with trio.move_on_after(4.0):
            await it.end()
        pings = it.of(Ping)
        assert len(pings) > 16
        await it.say(*(encode_server(Pong(ping.sequence, ping.client_time, it.tick, 0, 0)) for ping in pings))
        await it.go_on_hearing()

    async def play(client: Client) -> None:
        await trio.sleep(5.0)

    client = await converse(script, play)
    assert len(client.stats.round_trips) > 16


@pytest.mark.parametrize("frame", [event(1), encode_server(Pong(1, 0, 1, 0, 0)), pack([1, 0, 1, 0, None, None, None, 0])])
async def test_nothing_comes_before_welcome(autojump_clock: MockClock, frame: bytes) -> None:
    async def script(it: Script) -> None:
        await it.hear()
        await it.say(frame)
        await it.end()

    with pytest.raises(ProtocolError):
        await converse(script)


@pytest.mark.parametrize("broken", [{}, {"game": "toy"}, {"kinds": [1, 2]}])
async def test_a_schema_that_cannot_be_read_ends_the_line(autojump_clock: MockClock, broken: dict[str, Any]) -> None:
    async def script(it: Script) -> None:
        await it.hear()
        await it.say(pack([0, 1, 0, None, 20, broken, None, [], 0]))
        assert await it.end() == 1002

    with pytest.raises(ProtocolError, match="schema"):
        await converse(script)


async def test_a_map_that_cannot_be_read_ends_the_line(autojump_clock: MockClock) -> None:
    async def script(it: Script) -> None:
        await it.hear()
        await it.say(pack([0, 1, 0, None, 20, Toy.schema.to_wire(), ["a.tmj", bytes(32), b"{}"], [0], 0]))
        assert await it.end() == 1002

    with pytest.raises(ProtocolError, match="map"):
        await converse(script)


async def test_elements_and_flags_that_are_not_known_are_ignored(autojump_clock: MockClock) -> None:
    """So a server may add to the end of an array within the same protocol."""

    async def script(it: Script) -> None:
        await it.let_in()
        await it.say(pack([1, 0, 2, 254, None, None, None, 0, "new", {}]))
        await it.say(pack([2, 1, 2, 0, [1], "new"]) + pack([4, 5, True, None, 1]) + pack([5, 3, "draining", 9, 1]))
        await it.say(pack([1, 0, 3, 0, None, None, None, 0]))
        await it.end()

    async def play(client: Client) -> None:
        await client.next_snapshot(3)
        assert [name for name, _, _ in client.events] == ["Came"]

    await converse(script, play)


async def test_a_server_that_stops_after_an_error_of_its_own_does_not_hold_the_client(autojump_clock: MockClock) -> None:
    """Nobody answers the close of a client that has seen something wrong."""

    async def script(it: Script) -> None:
        await it.let_in()
        await it.say(b"\xc1")
        await trio.sleep_forever()

    began = trio.current_time()
    with pytest.raises(ProtocolError):
        await converse(script)
    assert trio.current_time() - began < 3


# -- the end of a line ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("let_in", [False, True])
async def test_the_notice_is_in_what_is_raised(autojump_clock: MockClock, let_in: bool) -> None:
    notice = Notice(NoticeCode.MOVED, "go there", "ws://there")

    async def script(it: Script) -> None:
        if let_in:
            await it.let_in()
        else:
            await it.hear()
        await it.say(encode_server(notice))
        await it.websocket.aclose(1012)

    with pytest.raises(ClientClosed, match="closed the line: go there") as closed:
        await converse(script)
    assert closed.value.notice == notice


async def test_a_close_without_a_notice_says_its_code(autojump_clock: MockClock) -> None:
    async def script(it: Script) -> None:
        await it.let_in()
        await it.websocket.aclose(4321, "because")

    with pytest.raises(ClientClosed, match="4321") as closed:
        await converse(script)
    assert closed.value.notice is None


async def test_nobody_listens(autojump_clock: MockClock) -> None:
    network = simulated_ports(1).network
    with pytest.raises(ClientClosed, match=r"cannot reach 127\.0\.0\.1:8765"):
        await Client(URL, game="toy", name="ann", network=network).run(stay)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"garbage\r\n\r\n",
        b"HTTP/1.1 101 OK\r\n\r\n",
        b"",
    ],
)
async def test_an_answer_that_is_no_upgrade(autojump_clock: MockClock, answer: bytes) -> None:
    async def raw(stream: trio.abc.Stream) -> None:
        await stream.receive_some()
        if answer:
            await stream.send_all(answer)
        await stream.aclose()

    with pytest.raises(ClientClosed):
        await converse(None, raw=raw)
    assert trio.current_time() <= HANDSHAKE_SECONDS + 1


@pytest.mark.parametrize("after", ["accept", "upgrade", "HELLO", "WELCOME"])
async def test_a_server_that_says_no_more_in_the_handshake_is_given_up(autojump_clock: MockClock, after: str) -> None:
    async def script(it: Script) -> None:
        if after in ("HELLO", "WELCOME"):
            await it.hear()
        if after == "WELCOME":
            await it.say(it.welcome())
        await trio.sleep_forever()

    async def raw(stream: trio.abc.Stream) -> None:
        await trio.sleep_forever()

    seconds = READY_SECONDS if after == "WELCOME" else HANDSHAKE_SECONDS
    with pytest.raises(ClientClosed, match=f"did not answer within {seconds:g} s"):
        await converse(script, raw=raw if after == "accept" else None)
    assert trio.current_time() == pytest.approx(seconds, abs=1)


async def test_a_server_that_falls_silent_is_given_up(autojump_clock: MockClock) -> None:
    async def script(it: Script) -> None:
        await it.let_in()
        await it.go_on(2)
        await trio.sleep_forever()

    with pytest.raises(ClientClosed, match="nothing came for 5 s"):
        await converse(script)
    assert 2 + SILENCE_SECONDS <= trio.current_time() <= 2 + SILENCE_SECONDS + 2


async def test_a_line_that_is_cut_wakes_everybody_who_waits(autojump_clock: MockClock) -> None:
    outcomes: list[str] = []
    network = simulated_ports(1).network

    async def script(it: Script) -> None:
        await it.let_in()
        await trio.sleep(1)
        network.connections[0].reset()

    async def play(client: Client) -> None:
        async def wait_for_reply() -> None:
            try:
                await client.call("echo", "x")
            except ClientClosed:
                outcomes.append("call")

        async def wait_for_snapshot() -> None:
            try:
                await client.next_snapshot(1_000)
            except ClientClosed:
                outcomes.append("snapshot")

        async with trio.open_nursery() as nursery:
            nursery.start_soon(wait_for_reply)
            nursery.start_soon(wait_for_snapshot)

    client = Client(URL, game="toy", name="ann", network=network, comes_back=False)
    with pytest.raises(ClientClosed):
        await run_against(network, [script], client, play)
    assert sorted(outcomes) in ([], ["call", "snapshot"]), "cancelled or told, but never left waiting"
    with pytest.raises(ClientClosed):
        await client.next_snapshot()


async def test_a_server_that_does_not_read_does_not_hold_the_goodbye(autojump_clock: MockClock) -> None:
    async with serving(latency=Latency(0.01)) as host:

        async def play(client: Client) -> None:
            host.network.connections[0].clog(Toward.SERVER)

        began = trio.current_time()
        await Client(URL, game="toy", name="ann", network=host.network).run(play)
        assert trio.current_time() - began < 2.5


async def test_what_play_raises_is_raised(autojump_clock: MockClock) -> None:
    async def play(client: Client) -> None:
        raise KeyError("of the bot")

    async with serving() as host:
        with pytest.raises(KeyError, match="of the bot"):
            await Client(URL, game="toy", name="ann", network=host.network).run(play)


async def test_replies_find_their_calls(autojump_clock: MockClock) -> None:
    """Two calls at once, answered in the other order."""

    async def script(it: Script) -> None:
        await it.let_in()
        calls: list[Call] = []
        while len(calls) < 2:
            message = await it.hear()
            if isinstance(message, Call):
                calls.append(message)
        for asked in reversed(calls):
            await it.say(encode_server(Reply(asked.number, True, asked.arguments[0])) + it.snapshot())  # type: ignore[arg-type] # a str
        await it.end()

    answers: dict[str, str] = {}

    async def play(client: Client) -> None:
        async def ask(word: str) -> None:
            answers[word] = await client.call("echo", word)

        async with trio.open_nursery() as nursery:
            for word in ("one", "two"):
                nursery.start_soon(ask, word)

    await converse(script, play)
    assert answers == {"one": "one", "two": "two"}


@pytest.mark.parametrize(("shown", "said"), [(None, 256), (0.5, 128), (0.71, 182), (-3.0, 0)])
async def test_what_is_on_the_screen_goes_with_each_input(shown: float | None, said: int, autojump_clock: MockClock) -> None:
    """Of who draws nothing in between it is the newest snapshot, here tick 1."""

    heard: list[int | None] = []

    async def serve(script: Script) -> None:
        await script.let_in()
        heard.append((await script.hear_a(Inputs)).view_tick_256)
        await script.end()

    async def play(client: Client) -> None:
        client.view_tick = shown
        await client.send_input(2, Push(right=1))
        await trio.sleep(0.1)

    await converse(serve, play)
    assert heard == [said]


async def test_inputs_reach_the_game_with_their_ticks(autojump_clock: MockClock) -> None:
    async with serving(latency=Latency(0.05)) as host:

        async def play(client: Client) -> None:
            await client.next_snapshot(30)
            for _ in range(10):
                tick = client.next_input_tick()
                await client.send_input(tick, Push(right=1))
                await client.next_snapshot((client.replica.tick or 0) + 1)
            await client.next_snapshot((client.replica.tick or 0) + 10)
            counts = host.server.rooms["toy1"].seats[0].inputs.counts
            assert (counts.used, counts.late, counts.repeated, counts.early, counts.excess) == (10, 0, 0, 0, 0)
            assert game_of(host.server.rooms["toy1"]).players[1].x >= 10

        await Client(URL, game="toy", name="ann", network=host.network).run(play)


async def test_a_call_may_say_what_its_game_declares_and_no_more(autojump_clock: MockClock) -> None:
    """Else the line would end for it, and so would each one after it, on which the call is said again."""
    async with serving() as host:

        async def play(client: Client) -> None:
            assert await client.call("chat", "hello", False) is None
            assert await client.call("chat", "hello", 0) is None
            with pytest.raises(GameError, match="has no call 'char'; it has "):
                await client.call("char", "hello", False)
            with pytest.raises(GameError, match="2 is not an integer from 0 to 1"):
                await client.call("chat", "hello", 2)
            with pytest.raises(GameError, match="has 2 values"):
                await client.call("chat", "hello")
            assert client.stats.losses == 0

        await Client(URL, game="toy", name="ann", network=host.network).run(play)

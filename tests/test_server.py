"""The wall around each connection, the way in, and the way out: a whole server on simulated ports."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import pytest
import trio
import trio.testing
from gameclient.bots import BotRunner

from gameserver import Refused
from gameserver.core.limits import CLOSE_SECONDS, EMPTY_ROOM_SECONDS, GRACE_SECONDS, HANDSHAKE_SECONDS, MAX_ROOMS, MAX_UNADMITTED
from gameserver.core.messages import Bye, Hello, Inputs, Notice, NoticeCode, Role, Snapshot, Welcome
from gameserver.hooks import Hooks
from gameserver.net.simulated import Latency, Toward
from gameserver.standing import Rank
from tests.helpers import HOST, PORT, Host, Rules, Seated, Toy, Wire, game_of, serving, sit, toy_at, wire

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from trio.testing import MockClock

    from gameserver import Profile
    from gameserver.standing import Standing

HEAD: Final = (
    b"GET /ws/toy1 HTTP/1.1\r\nHost: 127.0.0.1:8765\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def header(name: bytes, value: bytes) -> bytes:
    """The head with one header replaced, or added."""
    lines = HEAD.split(b"\r\n")
    kept = [line for line in lines[1:-2] if not line.lower().startswith(name.lower() + b":")]
    return b"\r\n".join([lines[0], *kept, name + b": " + value, b"", b""])


def without(name: bytes) -> bytes:
    return b"\r\n".join(line for line in HEAD.split(b"\r\n") if not line.startswith(name + b":"))


BAD_HEADS: Final[dict[str, bytes]] = {
    "nothing": b"",
    "garbage": bytes(range(256)) * 4,
    "zeros": bytes(5_000),
    "TLS": bytes.fromhex("16030100a5010000a10303") + bytes(160),
    "a plain GET": b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "a plain GET of the room": b"GET /ws/toy1 HTTP/1.1\r\nHost: a\r\n\r\n",
    "HTTP/1.0": HEAD.replace(b"HTTP/1.1", b"HTTP/1.0"),
    "HTTP/9": HEAD.replace(b"HTTP/1.1", b"HTTP/9.9"),
    "a POST with a body": b"POST /ws/toy1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
    "chunked": b"POST /ws/toy1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "a chunked upgrade": header(b"Transfer-Encoding", b"chunked"),
    "both lengths": header(b"Transfer-Encoding", b"chunked").replace(b"\r\n\r\n", b"\r\nContent-Length: 5\r\n\r\n"),
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "no host": without(b"Host"),
    "two hosts": header(b"X", b"1").replace(b"Host:", b"Host: a\r\nHost:"),
    "no key": without(b"Sec-WebSocket-Key"),
    "no version": without(b"Sec-WebSocket-Version"),
    "no connection": without(b"Connection"),
    "no upgrade": without(b"Upgrade"),
    "another version": header(b"Sec-WebSocket-Version", b"12"),
    "a short key": header(b"Sec-WebSocket-Key", b"abc"),
    "a key of no base64": header(b"Sec-WebSocket-Key", b"\xff" * 24),
    **{
        f"{name.decode()} {what}": header(name, value)
        for name in (
            b"Host",
            b"Connection",
            b"Upgrade",
            b"Sec-WebSocket-Protocol",
            b"Sec-WebSocket-Extensions",
            b"Sec-WebSocket-Key",
            b"Sec-WebSocket-Version",
            b"Origin",
        )
        for what, value in {
            "of Latin-1": b"h\xe9",
            "of UTF-8": "日本".encode(),
            "of half a character": b"\xe3\x81",
            "with NUL": b"a\0b",
            "empty": b"",
            "long": b"a" * 3_000,
            "odd": b";;,,==\"'\\",
        }.items()
    },
    "a folded header": header(b"X-A", b"1\r\n  2"),
    "a header without colon": HEAD.replace(b"Upgrade: websocket", b"Upgrade websocket"),
    "a header without name": HEAD.replace(b"Upgrade:", b":"),
    "many headers": HEAD.replace(b"Host", b"\r\n".join(b"X-%d: 1" % n for n in range(500)) + b"\r\nHost"),
    "a huge header": header(b"X-Huge", b"a" * 100_000),
    "a huge host": header(b"Host", b"x" * 15_000),
    "a long path": HEAD.replace(b"/ws/toy1", b"/ws/" + b"a" * 3_000),
    "a path up": HEAD.replace(b"/ws/toy1", b"/ws/../toy1"),
    "an escaped path": HEAD.replace(b"/ws/toy1", b"/ws/%74oy1"),
    "a query": HEAD.replace(b"/ws/toy1", b"/ws/toy1?a=1"),
    "a path of UTF-8": HEAD.replace(b"/ws/toy1", "/ws/töy".encode()),
    "another path": HEAD.replace(b"/ws/toy1", b"/play"),
    "an absolute target": HEAD.replace(b"/ws/toy1", b"http://a/ws/toy1"),
    "upper case": HEAD.replace(b"/ws/toy1", b"/ws/Toy1"),
    "only line feeds": HEAD.replace(b"\r\n", b"\n"),
    "only carriage returns": HEAD.replace(b"\r\n", b"\r"),
    "an extension": header(b"Sec-WebSocket-Extensions", b"permessage-deflate; client_max_window_bits=99"),
    "bytes behind": HEAD + b"\xff" * 100,
    "an unmasked frame behind": HEAD + b"\x82\x05hello",
    "a reserved frame behind": HEAD + b"\xf3\x85\0\0\0\0hello",
    "an endless frame behind": HEAD + b"\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0",
    "a long control frame behind": HEAD + b"\x89\xfe\x01\x00\0\0\0\0" + bytes(256),
    "a continuation behind": HEAD + b"\x80\x85\0\0\0\0hello",
    "text that is no UTF-8 behind": HEAD + b"\x81\x82\0\0\0\0\xff\xff",
    "a close of one byte behind": HEAD + b"\x88\x81\0\0\0\0\x03",
    "a close of a bad code behind": HEAD + b"\x88\x82\0\0\0\0\x00\x05",
    "empty continuations behind": HEAD + b"\x02\x80\0\0\0\0" + b"\x00\x80\0\0\0\0" * 500,
    "pings behind": HEAD + b"\x89\x80\0\0\0\0" * 500,
}

ENDINGS = ("reset", "close", "half close", "silence")


class Match:
    """Two bots that play while others misbehave.

    Attributes:
        gaps: how long each of them waited for each snapshot.
    """

    def __init__(self, host: Host) -> None:
        self.host = host
        self.snapshots_before = self.tick_before = 0
        self.runner = BotRunner(f"ws://{HOST}:{PORT}", game=Toy, room="match", count=2, seconds=float("inf"), network=host.network)

    @property
    def room(self) -> Any:  # noqa: ANN401 - Room
        return self.host.server.rooms["match"]

    def begin(self) -> None:
        """Both are in: from here on everything counts."""
        assert self.room.players == 2
        self.snapshots_before, self.tick_before = self.room.counts.snapshots, self.room.clock.tick

    def check(self) -> None:
        """Nobody has lost a snapshot, a tick, or his line."""
        counts, clock = self.room.counts, self.room.clock
        assert counts.skipped == 0
        assert counts.snapshots - self.snapshots_before == 2 * (clock.tick - self.tick_before), "one for each bot and tick"
        assert clock.lost_seconds == 0
        assert self.room.players == 2
        assert not self.runner.report.failed
        assert self.host.server.rooms.faulted == 0


@asynccontextmanager
async def match(**of_serving: Any) -> AsyncIterator[Match]:  # noqa: ANN401 - what `serving` takes
    async with serving(**of_serving) as host:
        it = Match(host)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(it.runner.run)
            await trio.sleep(1)
            it.begin()
            yield it
            nursery.cancel_scope.cancel()


async def misbehave(it: Match, data: bytes, ending: str) -> None:
    """Connect, say this, and go in one of four ways."""
    stream = await it.host.network.connect(HOST, PORT)
    try:
        with trio.move_on_after(2):
            await stream.send_all(data)
        await trio.sleep(0.01)
        if ending == "reset":
            stream.connection.reset()
        elif ending == "half close":
            await stream.send_eof()
    except (trio.BrokenResourceError, trio.ClosedResourceError):
        pass  # the server was quicker
    if ending == "silence":
        await trio.sleep(HANDSHAKE_SECONDS + 2 * CLOSE_SECONDS)
    elif ending == "half close":
        await trio.sleep(1)
    await trio.aclose_forcefully(stream)


async def settle(it: Match, tasks: int) -> None:
    """After the handshake's time is over, nothing may be left of whoever misbehaved."""
    await trio.sleep(HANDSHAKE_SECONDS + 2 * CLOSE_SECONDS + 1)
    assert it.host.server.unadmitted == 0
    assert trio.lowlevel.current_statistics().tasks_living == tasks, "tasks were leaked"
    it.check()


@pytest.mark.parametrize("ending", ENDINGS)
async def test_no_head_harms_anybody_else(autojump_clock: MockClock, ending: str, caplog: pytest.LogCaptureFixture) -> None:
    """Every bad head, one after the other, then all at once; meanwhile two bots play on."""
    async with match() as it:
        tasks = trio.lowlevel.current_statistics().tasks_living
        for data in BAD_HEADS.values():
            async with trio.open_nursery() as nursery:
                nursery.start_soon(misbehave, it, data, ending)
                if ending == "silence":
                    await trio.sleep(0.05)
                    nursery.cancel_scope.cancel()
        async with trio.open_nursery() as nursery:
            for data in BAD_HEADS.values():
                nursery.start_soon(misbehave, it, data, ending)
        await settle(it, tasks)
        async with wire(it.host.network) as late:
            await late.join()
        assert not [
            r for r in caplog.records if r.levelname != "DEBUG" and r.name.startswith("gameserver.server") and r.exc_info
        ], "a stranger can fill the log with tracebacks"


async def test_a_head_may_end_at_any_byte(autojump_clock: MockClock) -> None:
    async with match() as it:
        tasks = trio.lowlevel.current_statistics().tasks_living
        for ending in ("close", "half close", "reset"):
            async with trio.open_nursery() as nursery:
                for end in range(len(HEAD)):
                    nursery.start_soon(misbehave, it, HEAD[:end], ending)
                    await trio.sleep(0.005)
        await settle(it, tasks)


async def test_random_bytes_harm_nobody(autojump_clock: MockClock) -> None:
    rng = random.Random(1)
    async with match(chunking=True, latency=Latency(0.01, 0.02)) as it:
        tasks = trio.lowlevel.current_statistics().tasks_living
        async with trio.open_nursery() as nursery:
            for _ in range(200):
                data = bytearray(HEAD + bytes(rng.getrandbits(8) for _ in range(rng.randrange(40))))
                for _ in range(rng.randrange(4)):
                    data[rng.randrange(len(data))] = rng.getrandbits(8)
                nursery.start_soon(misbehave, it, bytes(data), rng.choice(ENDINGS))
                await trio.sleep(0.02)
        await settle(it, tasks)


async def test_who_waits_at_the_door_is_let_go_in_time(autojump_clock: MockClock) -> None:
    async with serving() as host:
        stream = await host.network.connect(HOST, PORT)
        await stream.send_all(HEAD[:50])
        await trio.sleep(0.1)
        assert host.server.unadmitted == 1
        assert await stream.receive_some() == b""
        assert trio.current_time() == pytest.approx(HANDSHAKE_SECONDS)
        await trio.sleep(0.1)
        assert host.server.unadmitted == 0


async def test_who_waits_at_the_door_makes_way_for_who_comes(autojump_clock: MockClock) -> None:
    """There is a limit to those who wait; beyond it the first of them goes. Those who are in already notice nothing."""
    async with match() as it:
        waiting = [await it.host.network.connect(HOST, PORT) for _ in range(MAX_UNADMITTED)]
        await trio.testing.wait_all_tasks_blocked()
        assert it.host.server.unadmitted == MAX_UNADMITTED
        async with wire(it.host.network) as late:
            await late.join()
            assert await waiting[0].receive_some() == b""
            assert trio.current_time() < HANDSHAKE_SECONDS
            assert it.host.server.unadmitted == MAX_UNADMITTED - 1
            assert it.host.server.counts.refused == 1
        for stream in waiting[:50]:
            await stream.aclose()
        await trio.sleep(HANDSHAKE_SECONDS + 1)
        assert it.host.server.unadmitted == 0
        it.check()


async def test_thousands_who_wait_at_the_door_keep_nobody_out(autojump_clock: MockClock) -> None:
    async with match() as it:
        waiting = []
        for number in range(5 * MAX_UNADMITTED):
            stream = await it.host.network.connect(HOST, PORT)
            await stream.send_all(HEAD[: number % len(HEAD)])
            waiting.append(stream)
            await trio.sleep(0.001)
            if number % MAX_UNADMITTED == 0:
                began = trio.current_time()
                async with wire(it.host.network) as honest:
                    await honest.join(role=Role.SPECTATOR)
                    assert trio.current_time() - began < 0.2
        assert it.host.server.unadmitted <= MAX_UNADMITTED
        it.check()


async def test_another_path_is_not_found(autojump_clock: MockClock) -> None:
    async with serving() as host:
        stream = await host.network.connect(HOST, PORT)
        await stream.send_all(HEAD.replace(b"/ws/toy1", b"/elsewhere"))
        answer = await stream.receive_some()
        assert answer.startswith(b"HTTP/1.1 404")
        assert not host.server.rooms


async def test_a_goodbye_frees_the_seat(autojump_clock: MockClock) -> None:
    async with serving() as host, wire(host.network) as stays:
        await stays.join()
        for _ in range(10):
            async with wire(host.network) as goes:
                await goes.join()
                await goes.say(Bye())
                assert await goes.end() == 1000
            await trio.sleep(0.1)
            assert host.server.rooms["toy1"].players == 1
        await trio.sleep(0.1)
        assert [entry[0] for entry in game_of(host.server.rooms["toy1"]).diary if entry[0] != "step"].count("leave") == 10


async def test_a_line_that_breaks_keeps_its_seat_for_a_while(autojump_clock: MockClock) -> None:
    async with serving(rooms=["toy1"]) as host:
        async with wire(host.network) as goes:
            await goes.join()
            goes.connection.reset()
        room = host.server.rooms["toy1"]
        await trio.sleep(GRACE_SECONDS - 0.5)
        assert room.players == 1
        assert not room.simulation.players[1].connected
        await trio.sleep(1)
        assert room.players == 0
        assert [entry[0] for entry in game_of(room).diary if entry[0] != "step"] == ["join", "leave"]


async def test_a_full_room_and_a_full_server_say_so_with_6(autojump_clock: MockClock) -> None:
    async with serving() as host:
        room = host.server.rooms.open("toy1", Toy, keep=True)
        for _ in range(Toy.max_players):
            sit(room)
        async with wire(host.network) as it:
            await it.say(it.hello())
            assert await it.end() == 1013
            assert it.notice is not None and it.notice.code == NoticeCode.FULL
        for number in range(MAX_ROOMS - 1):
            host.server.rooms.open(f"r{number}", Toy, keep=True)
        async with wire(host.network, "onemore") as it:
            await it.say(it.hello())
            assert await it.end() == 1013
            assert it.notice is not None and it.notice.code == NoticeCode.FULL


async def test_an_empty_room_that_nobody_keeps_is_forgotten(autojump_clock: MockClock) -> None:
    async with serving() as host:
        async with wire(host.network) as it:
            await it.join()
            assert "toy1" in host.server.rooms
        await trio.sleep(GRACE_SECONDS + EMPTY_ROOM_SECONDS + 1)
        assert host.server.rooms == {}
        async with wire(host.network) as it:
            await it.join()


# -- the way out ------------------------------------------------------------------------------------------------------------
async def test_stop_says_goodbye_to_everybody(autojump_clock: MockClock) -> None:
    lines: list[Wire] = []

    async def listen(host: Host, room: str, state: str, task_status: trio.TaskStatus[None]) -> None:
        async with wire(host.network, room) as it:
            lines.append(it)
            if state == "playing":
                await it.join()
            else:
                await it.say(it.hello(role=Role.SPECTATOR))
                await it.until(Welcome)
            task_status.started()
            assert await it.end() == 1012

    async with serving(latency=Latency(0.03)) as host:
        await trio.sleep(0.1)
        async with trio.open_nursery() as nursery:
            for room in ("a", "b", "c"):
                for state in ("playing", "admitted"):
                    await nursery.start(partial(_started, listen, host, room, state))
            before = trio.current_time()
            await host.server.stop()
            assert trio.current_time() - before < 0.3, "nobody was waited for in vain"
        for it in lines:
            assert it.notice is not None and it.notice.code == NoticeCode.RESTARTING
        assert Counter(it.notice.detail for it in lines if it.notice is not None) == {0: 3, 1: 3}, "spread over two seconds"
        with pytest.raises(OSError):
            await host.network.connect(HOST, PORT)


async def _started(
    listen: Any,  # noqa: ANN401 - the function above
    *arguments: object,
    task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
) -> None:
    await listen(*arguments, task_status)


@pytest.mark.parametrize("state", ["connected", "upgraded", "playing"])
async def test_stop_ends_in_time_though_a_client_does_not_read(autojump_clock: MockClock, state: str) -> None:
    async with serving(latency=Latency(0.01)) as host, trio.open_nursery() as nursery:
        if state == "connected":
            await host.network.connect(HOST, PORT)
            await trio.sleep(1)
        else:

            async def stare() -> None:
                async with wire(host.network) as it:
                    if state == "playing":
                        await it.join()
                    it.connection.clog(Toward.CLIENT)
                    await trio.sleep_forever()

            nursery.start_soon(stare)
            await trio.sleep(3)
        before = trio.current_time()
        await host.server.stop()
        await trio.testing.wait_all_tasks_blocked()
        assert trio.current_time() - before <= CLOSE_SECONDS + 1e-6
        assert host.server.unadmitted == 0
        nursery.cancel_scope.cancel()


async def test_who_comes_while_the_server_stops_is_told_so(autojump_clock: MockClock) -> None:
    class Slow(Hooks):
        async def authorise(self, hello: Hello, standing: Standing) -> Profile:
            await trio.sleep(0.5)
            return {}

    async with serving(hooks=Slow()) as host, wire(host.network) as it:
        await it.say(it.hello())
        await trio.sleep(0.2)
        await host.server.stop()
        assert await it.end() == 1012
        assert it.notice is not None and it.notice.code == NoticeCode.RESTARTING
        assert host.server.rooms == {}


async def test_a_server_with_nobody_in_it_stops_at_once(autojump_clock: MockClock) -> None:
    async with serving(rooms=["a", "b"]) as host:
        await trio.sleep(1)
        await host.server.stop()
        assert trio.current_time() == 1


# -- the hooks of the host --------------------------------------------------------------------------------------------------
class Doorman(Hooks):
    """Knows one account, and some tricks."""

    def __init__(self) -> None:
        self.asked: list[tuple[Hello, Standing]] = []

    async def authorise(self, hello: Hello, standing: Standing) -> Profile:
        self.asked.append((hello, standing))
        match standing.account:
            case "gold":
                await trio.sleep(0.2)
                return {"rank": 7, "guild": "red"}
            case "raise":
                raise KeyError("the database is away")
            case "nested":
                return {"guild": {"name": "red"}}  # type: ignore[dict-item] # what a host gives that does not check its types
            case "group":
                raise ExceptionGroup("many", [OSError("a"), ValueError("b")])
            case "slow":
                await trio.sleep_forever()
            case "banned":
                raise Refused("you know why", NoticeCode.KICKED)
        raise Refused("no account, no seat")


def ticket_of(host: Host, account: str | None) -> str | None:
    """A ticket of the server's own for this account, none for nobody."""
    return host.server.admission.mint(room="toy1", rank=Rank.PLAYER, account=account) if account is not None else None


async def test_the_profile_reaches_join(autojump_clock: MockClock) -> None:
    doorman = Doorman()
    async with serving(hooks=doorman) as host, wire(host.network) as it:
        await it.join(credential=ticket_of(host, "gold"), name="zoë")
        ((asked, standing),) = doorman.asked
        assert (asked.name, asked.room, standing.account, standing.rank) == ("zoë", "toy1", "gold", Rank.PLAYER)
        assert standing.caller.address == HOST
        (joined,) = [entry for entry in game_of(host.server.rooms["toy1"]).diary if entry[0] == "join"]
        assert joined[3] == {"rank": 7, "guild": "red"}


@pytest.mark.parametrize(
    ("account", "code", "close_code", "text"),
    [
        (None, NoticeCode.REFUSED, 1008, "no account, no seat"),
        ("banned", NoticeCode.KICKED, 1008, "you know why"),
        ("raise", NoticeCode.REFUSED, 1008, "nobody can be let in at the moment"),
        ("nested", NoticeCode.REFUSED, 1008, "nobody can be let in at the moment"),
        ("group", NoticeCode.REFUSED, 1008, "nobody can be let in at the moment"),
        ("slow", NoticeCode.IDLE, 1001, "in time"),
    ],
)
async def test_who_is_not_let_in_is_told_so_and_nobody_else_notices(
    autojump_clock: MockClock,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    account: str | None,
    code: NoticeCode,
    close_code: int,
    text: str,
) -> None:
    monkeypatch.setattr("gameserver.seat.ACK_SECONDS", 1_000.0)
    async with serving(hooks=Doorman()) as host, wire(host.network) as friend:
        await friend.join(credential=ticket_of(host, "gold"))
        began = trio.current_time()
        async with wire(host.network) as it:
            await it.say(it.hello(credential=ticket_of(host, account)))
            assert await it.end() == close_code
            assert it.notice is not None and it.notice.code == code
            assert text in it.notice.text
        assert trio.current_time() - began <= HANDSHAKE_SECONDS + 0.1
        await trio.sleep(0.1)
        assert host.server.unadmitted == 0
        assert host.server.rooms["toy1"].players == 1
        await friend.until(Snapshot)
        if account == "nested":
            assert "profile['guild'] is {'name': 'red'}: keys are str, values" in caplog.text
        if account in ("raise", "group", "nested"):
            assert "authorise failed" in caplog.text and "Traceback" in caplog.text


async def test_the_answer_to_a_result_enters_the_game(autojump_clock: MockClock) -> None:
    class Scores(Hooks):
        async def on_result(self, room: str, game: str, result: Any) -> int:  # noqa: ANN401 - as in Hooks
            await trio.sleep(1)
            assert (room, game) == ("short", "toy")
            return 1_000 + int(result.scores[1])

    async with serving(hooks=Scores()) as host:
        room = host.server.rooms.open("short", Toy, options=Rules(goal=2))
        async with wire(host.network, "short") as it:
            await it.join()
            await it.say(Inputs(room.clock.tick + 2, None, 0, None, (1, 0, 1, 0)))
            await trio.sleep(2)
            assert [entry[2:] for entry in game_of(room).diary if entry[0] == "answer"] == [("result", 1_002)]


async def test_an_answer_that_no_recording_holds_does_not_enter_the_game(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    class Scores(Hooks):
        async def on_result(self, room: str, game: str, result: Any) -> Any:  # noqa: ANN401 - as in Hooks, and worse
            return {"rank": 1}

    async with serving(hooks=Scores()) as host:
        room = host.server.rooms.open("short", Toy, options=Rules(goal=2))
        async with wire(host.network, "short") as it:
            await it.join()
            await it.say(Inputs(room.clock.tick + 2, None, 0, None, (1, 0, 1, 0)))
            await trio.sleep(2)
        assert not [entry for entry in game_of(room).diary if entry[0] == "answer"]
        assert "on_result for room short returned {'rank': 1}: return None, bool, int" in caplog.text


async def test_two_servers_live_side_by_side(autojump_clock: MockClock) -> None:
    async with serving(toy_at(60)) as one, serving(toy_at(1)) as other:
        async with wire(one.network) as a, wire(other.network) as b:
            await a.join("toy60")
            await b.join("toy1")
        assert one.server.counts.admitted == other.server.counts.admitted == 1


async def test_a_spectator_takes_no_seat(autojump_clock: MockClock) -> None:
    async with serving() as host:
        room = host.server.rooms.open("toy1", Toy, keep=True)
        people: list[Seated] = [sit(room) for _ in range(Toy.max_players)]
        async with wire(host.network) as it:
            welcome = await it.join(role=Role.SPECTATOR)
            assert (welcome.player, welcome.role) == (0, Role.SPECTATOR)
            assert room.players == len(people)


async def test_a_kept_room_comes_back_as_it_was_planned(autojump_clock: MockClock) -> None:
    """Its match has ended, or it has faulted: whoever asks for it next gets the same options, and a match with another seed."""
    async with serving(create_rooms=False) as host:
        first = host.server.rooms.open("toy1", Toy, options=Rules(goal=77), seed=5, keep=True)
        first.close(Notice(NoticeCode.OVER, "the match is over"))
        await trio.testing.wait_all_tasks_blocked()
        await trio.sleep(1)
        assert "toy1" not in host.server.rooms
        async with wire(host.network) as line:
            welcome = await line.join()
        assert welcome.options == (77,)
        again = host.server.rooms["toy1"]
        assert again is not first
        assert again.plan.keep
        assert again.plan.seed != 5

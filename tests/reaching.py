"""How each limit that a client or a game can reach is reached: one way each, through the code that players meet.

A way asserts what happens to whoever goes beyond, and returns the counts of the server or the room in which it happened.
"""

from __future__ import annotations

import io
import logging
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import attrs
import msgpack
import pytest
import trio
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from gameserver import Entity, Game, Refused, entities_of, text
from gameserver.api import make_app
from gameserver.core import limits
from gameserver.core.messages import Call, Inputs, NoticeCode, Ping, Reply, Role, Welcome
from gameserver.core.rates import Rates
from gameserver.core.reached import Reached
from gameserver.core.registry import Limit
from gameserver.core.wire import decode_server, encode_client
from gameserver.doors import Doors
from gameserver.guard import Guard, HookTimeout, NoGuard
from gameserver.logs import LimitedHandler, Lines
from gameserver.net.http import STREAM
from gameserver.plan import RoomFault
from gameserver.rescue import QUARANTINE_SECONDS
from gameserver.standing import Rank
from tests.helpers import HOST, PORT, Host, Seated, Toy, game_of, make_room, serving, sit, step, wire
from tests.test_expel import expelled, standing
from tests.test_joining import PLAYER, post
from tests.test_joining import house as joinable
from tests.test_lobby import house
from tests.test_reports import report
from tests.test_rewinding_rooms import Hunt
from tests.web import ask, converse, get

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from gameserver.net.simulated import SimStream
    from gameserver.room import Room
    from gameserver.server import Server

Way = "Callable[[pytest.MonkeyPatch], Awaitable[Reached]]"

UPGRADE: Final = (
    b"GET /ws/toy1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
FAR: Final = "203.0.113.7"
"""The address of somebody who is not on this machine."""
PING, PLAIN, PIECE, MORE = 0x89, 0x82, 0x02, 0x00
"""First bytes of frames: a ping, a whole message, a message's first and middle piece."""


def frame(first: int, payload: bytes = b"") -> bytes:
    """A masked frame whose key is zero."""
    length = bytes((0x80 | len(payload),)) if len(payload) < 126 else bytes((0xFE,)) + len(payload).to_bytes(2, "big")
    return bytes((first,)) + length + bytes(4) + payload


# -- on a line, in the match -------------------------------------------------------------------------------------------------
async def _breaks(patch: pytest.MonkeyPatch, *, said: bytes, code: int) -> Reached:
    """A player says this message, and his line is closed with the code."""
    async with serving() as host, wire(host.network) as it:
        await it.join()
        await it.say(said)
        assert await it.end() == code
        return host.server.reached


async def _breaks_by_frames(patch: pytest.MonkeyPatch, *, frames: tuple[bytes, ...], code: int, apart: float = 0.0) -> Reached:
    """Likewise with these bytes, of somebody who is not ready yet: so he owes no acknowledgements."""
    async with serving() as host, wire(host.network) as it:
        await it.say(it.hello())
        await it.until(Welcome)
        with suppress(trio.BrokenResourceError):
            for data in frames:
                await it.stream.send_all(data)
                await trio.sleep(apart)
        assert await it.end() == code
        return host.server.reached


async def _floods(patch: pytest.MonkeyPatch) -> Reached:
    async with serving() as host, wire(host.network) as it, trio.open_nursery() as nursery:
        await it.join()

        async def shout() -> None:
            with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
                while True:
                    await it.stream.send_all(frame(PLAIN, encode_client(Inputs(0, None, 0, None, ()))) * 10)
                    await trio.sleep(0.02)

        nursery.start_soon(shout)
        begin = trio.current_time()
        assert await it.end() == 1008
        assert limits.OVER_ALLOWANCE_SECONDS < trio.current_time() - begin < limits.OVER_ALLOWANCE_SECONDS + 1
        nursery.cancel_scope.cancel()
        return host.server.reached


# -- before the match -------------------------------------------------------------------------------------------------------
async def _hello(patch: pytest.MonkeyPatch, *, name: str) -> Reached:
    async with serving() as host, wire(host.network) as it:
        await it.say(msgpack.packb((0, limits.PROTOCOL, "toy", "toy1", None, 0, name)))
        assert await it.end() == 1002
        return host.server.reached


async def _shouts_before_ready(patch: pytest.MonkeyPatch) -> Reached:
    async with serving() as host, wire(host.network) as it:
        await it.say(it.hello())
        await it.until(Welcome)
        await it.stream.send_all(frame(PLAIN, encode_client(Ping(1, 1))) * (limits.MAX_QUEUED_MESSAGES + 1))
        assert await it.end() == 1008
        return host.server.reached


async def _is_silent(patch: pytest.MonkeyPatch) -> Reached:
    async with serving() as host:
        stream = await host.network.connect(HOST, PORT)
        begin = trio.current_time()
        assert not await stream.receive_some()
        assert trio.current_time() - begin == limits.HANDSHAKE_SECONDS
        return host.server.reached


async def _is_not_ready(patch: pytest.MonkeyPatch) -> Reached:
    async with serving() as host, wire(host.network) as it:
        await it.say(it.hello())
        await it.end()
        assert it.notice is not None and it.notice.code == NoticeCode.IDLE
        return host.server.reached


async def _has_an_old_ticket(patch: pytest.MonkeyPatch) -> Reached:
    async with serving() as host:
        ticket = host.server.admission.mint(room="toy1", rank=Rank.PLAYER)
        await trio.sleep(limits.TICKET_SECONDS + limits.TICKET_TOLERANCE_SECONDS + 1)
        async with wire(host.network) as it:
            await it.say(it.hello(credential=ticket))
            await it.end()
            assert it.notice is not None and "expired" in it.notice.text
        return host.server.reached


@asynccontextmanager
async def _stubborn(host: Host) -> AsyncIterator[SimStream]:
    """Somebody who is refused, and neither answers the Close nor goes."""
    stream = await host.network.connect(HOST, PORT)
    await stream.send_all(UPGRADE)
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += await stream.receive_some()
    await stream.send_all(frame(PLAIN, b"\x91\x05"))
    yield stream
    await trio.aclose_forcefully(stream)


@attrs.frozen
class Run:
    """A room that runs, who is in it, and whether it has ended."""

    room: Room
    player: Seated
    ended: trio.Event


@asynccontextmanager
async def _running(*, guard: Any = None) -> AsyncIterator[Run]:  # noqa: ANN401 - a HookRunner
    room = make_room(Deeds, guard=guard)
    run = Run(room, sit(room), trio.Event())

    async def live() -> None:
        with suppress(RoomFault):
            await run.room.run()
        run.ended.set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(live)
        await trio.sleep(0.2)
        yield run
        nursery.cancel_scope.cancel()


async def _does_not_close(patch: pytest.MonkeyPatch) -> Reached:
    async with serving() as host, _stubborn(host):
        await trio.sleep(limits.CLOSE_SECONDS / 2)
        assert host.server.connections == 1
        await trio.sleep(limits.CLOSE_SECONDS)
        assert host.server.connections == 0
        return host.server.reached


async def _goes_on_shouting(patch: pytest.MonkeyPatch) -> Reached:
    async with serving() as host, _stubborn(host) as stream:
        await trio.sleep(0.1)
        with suppress(trio.BrokenResourceError):
            await stream.send_all(frame(PLAIN, b"x" * 4_000) * (2 * limits.MAX_DRAIN_BYTES // 4_000))
        await trio.sleep(limits.CLOSE_SECONDS + 0.5)
        assert host.server.connections == 0
        return host.server.reached


# -- too many of them -------------------------------------------------------------------------------------------------------
async def _connects_twice(patch: pytest.MonkeyPatch, *, where: str) -> Reached:
    """There is one place: one of the two has to go."""
    async with serving() as host:
        if where == "server":
            host.server._most_connections = 1
        else:
            host.server._entrance.anteroom._places = 1
        one, other = await host.network.connect(HOST, PORT), await host.network.connect(HOST, PORT)
        await trio.sleep(0.1)
        assert host.server.connections == 1
        await trio.aclose_forcefully(one)
        await trio.aclose_forcefully(other)
        return host.server.reached


async def _connects_from_afar(patch: pytest.MonkeyPatch, *, times: int, stays: bool, most: int = 0) -> Reached:
    """One address too often, or with too many at once: the last is told so. `most`: connections, for this once."""
    async with serving(web=make_app) as host:
        if most:
            host.server._entrance.crowd._most = most
        for number in range(times):
            stream = await host.network.connect(HOST, PORT, source=FAR)
            if not stays:
                await stream.send_all(get("/healthz"))
            if not stays or number == times - 1:
                said = await stream.receive_some()
                assert said.startswith(b"HTTP/1.1 503" if number == times - 1 else b"HTTP/1.1 200")
                await trio.aclose_forcefully(stream)
        return host.server.reached


async def _is_not_even_told(patch: pytest.MonkeyPatch) -> Reached:
    patch.setattr("gameserver.entrance.MAX_TURNED_AWAY", 1)
    async with serving(web=make_app) as host:
        streams = [await host.network.connect(HOST, PORT, source=FAR) for _ in range(limits.ADDRESS_UNADMITTED + 2)]
        assert (await streams[-2].receive_some()).startswith(b"HTTP/1.1 503")
        assert await streams[-1].receive_some() == b""
        for stream in streams:
            await trio.aclose_forcefully(stream)
        return host.server.reached


async def _asks_to_join(patch: pytest.MonkeyPatch) -> Reached:
    async with joinable(doors=Doors(counts_loopback=True)) as host:
        host.server._entrance.crowd._connects = Rates(1_000, 1_000)  # another limit, which would come first
        statuses = [(await post(host, PLAYER)).status for _ in range(limits.JOINS_BURST + 1)]
        assert statuses == [200] * limits.JOINS_BURST + [429]
        return host.server.reached


async def _guesses(patch: pytest.MonkeyPatch, *, together: bool = False) -> Reached:
    """`together`: everybody may guess less often than one, for this once."""
    async with joinable() as host:
        if together:
            host.server.codes._by_code = Rates(1 / limits.WRONG_CODE_SECONDS, limits.WRONG_CODES - 1)
        plan = attrs.evolve(host.server.rooms.open("toy1", Toy, keep=True).plan, name="secret", code="bcdfg")
        host.server.rooms.open_plan(plan)
        for _ in range(limits.WRONG_CODES + 1):
            answer = await post(host, {**PLAYER, "code": "wrong"}, room="secret")
            assert answer.status == 403
        assert "too many wrong codes" in answer.text
        return host.server.reached


async def _has_many_seats(patch: pytest.MonkeyPatch) -> Reached:
    async with serving() as host, AsyncExitStack() as stack:
        for number in range(limits.ACCOUNT_SEATS + 1):
            it = await stack.enter_async_context(wire(host.network, f"toy{number}"))
            ticket = host.server.admission.mint(room=f"toy{number}", rank=Rank.PLAYER, account="a7")
            if number < limits.ACCOUNT_SEATS:
                await it.join(credential=ticket)
            else:
                await it.say(it.hello(credential=ticket))
                await it.end()
                assert it.notice is not None and it.notice.code == NoticeCode.REFUSED
        return host.server.reached


async def _has_rooms_opened(patch: pytest.MonkeyPatch) -> Reached:
    async with serving() as host:
        for number in range(limits.OPENINGS_PER_MINUTE + 1):
            async with wire(host.network.at(FAR), f"toy{number}") as it:
                if number < limits.OPENINGS_PER_MINUTE:
                    await it.join()
                else:
                    await it.say(it.hello())
                    await it.end()
                    assert it.notice is not None and it.notice.code == NoticeCode.REFUSED
        return host.server.reached


async def _comes_back_too_soon(patch: pytest.MonkeyPatch) -> Reached:
    room = make_room()
    await expelled(room, bar=True)
    with pytest.raises(Refused) as caught:
        sit(room, "bob", standing=standing())
    room.counts.reached.note(caught.value.limit)  # as a session does
    return room.counts.reached


async def _reports(patch: pytest.MonkeyPatch, *, times: int) -> Reached:
    """So many report somebody, each twice if there is one only."""
    room = make_room(toy_of(times + 1))
    bob, *others = [sit(room, f"p{number}") for number in range(times + 1)]
    await step(room, times)
    for ann in others:
        ann.say(report(1, bob.player), *([report(2, bob.player)] if times == 1 else []))
    await step(room, 2)
    assert sum(not reply.ok for ann in others for reply in ann.of(Reply)) == 1
    return room.counts.reached


def toy_of(players: int) -> type[Toy]:
    """The same game for so many."""

    class Crowded(Toy):
        name = "crowded"
        max_players = players

    return Crowded


async def _is_full(patch: pytest.MonkeyPatch, *, role: Role, most: int) -> Reached:
    patch.setattr("gameserver.seating.MAX_SPECTATORS", most)
    room = make_room()
    for _ in range(most):
        sit(room, role=role)
    with pytest.raises(Refused) as caught:
        sit(room, role=role)
    room.counts.reached.note(caught.value.limit)  # as a session does (test_each_refusal_of_a_session_is_counted)
    return room.counts.reached


async def _opens_too_many(patch: pytest.MonkeyPatch) -> Reached:
    patch.setattr("gameserver.rooms.MAX_ROOMS", 1)
    async with serving(rooms=("toy1",)) as host, wire(host.network, "toy2") as it:
        await it.say(it.hello())
        await it.end()
        assert it.notice is not None and it.notice.code == NoticeCode.FULL
        return host.server.reached


async def _join_at_once(patch: pytest.MonkeyPatch) -> Reached:
    room = make_room()
    for _ in range(limits.JOINS_PER_TICK + 1):
        sit(room)
    await step(room)
    assert len(room.simulation.players) == limits.JOINS_PER_TICK
    return room.counts.reached


# -- HTTP -------------------------------------------------------------------------------------------------------------------
async def _asks(patch: pytest.MonkeyPatch, *, said: bytes, status: int) -> Reached:
    async with serving(web=make_app) as host:
        assert (await ask(host.network, said)).status == status
        return host.server.reached


def _app(server: Server) -> Starlette:
    """What answers late, and what goes on for ever."""

    async def late(request: Request) -> PlainTextResponse:
        await trio.sleep(2 * limits.HTTP_SECONDS)
        return PlainTextResponse("late")

    async def stream(scope: Scope, receive: Receive, send: Send) -> None:
        begins = scope[STREAM]()
        await send(
            {"type": "http.response.start", "status": 200 if begins else 503, "headers": [(b"content-length", b"0")][begins:]}
        )
        while begins:
            await send({"type": "http.response.body", "body": bytes(65_536), "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    class Endless:
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            await stream(scope, receive, send)

    return Starlette(routes=[Route("/late", late), Route("/stream", Endless())])


async def _is_answered_late(patch: pytest.MonkeyPatch) -> Reached:
    async with serving(web=_app) as host:
        assert await converse(host.network, get("/late")) == (b"", limits.HTTP_SECONDS)
        return host.server.reached


async def _reads_nothing(patch: pytest.MonkeyPatch) -> Reached:
    async with serving(web=_app) as host:
        stream = await host.network.connect(HOST, PORT)
        await stream.send_all(get("/stream"))
        await trio.sleep(limits.STALL_SECONDS + 1)
        assert host.server.connections == 0
        return host.server.reached


async def _asks_for_too_many(patch: pytest.MonkeyPatch, *, name: str, path: str) -> Reached:
    patch.setattr(f"gameserver.net.http.{name}", 0)
    async with serving(web=_app) as host:
        assert (await ask(host.network, get(path))).status == 503
        return host.server.reached


# -- in a room --------------------------------------------------------------------------------------------------------------
async def _seated(game: type[Game] = Toy, *, guard: Any = None) -> tuple[Room, Seated]:  # noqa: ANN401 - a HookRunner
    room = make_room(game, guard=guard)
    ann = sit(room)
    await step(room, 3)
    return room, ann


async def _goes_silent(patch: pytest.MonkeyPatch) -> Reached:
    room, ann = await _seated()
    ann.link.open_for_frames = ann.link.acknowledges = False
    await step(room, room.clock.rate * round(limits.IDLE_SECONDS + 1))
    assert ann.notice.code == NoticeCode.IDLE
    return room.counts.reached


async def _acknowledges_nothing(patch: pytest.MonkeyPatch) -> Reached:
    room, ann = await _seated()
    ann.link.acknowledges = False
    await step(room, room.clock.rate * round(limits.ACK_SECONDS + 2))
    assert ann.notice.code == NoticeCode.TOO_SLOW
    return room.counts.reached


async def _is_owed_bytes(patch: pytest.MonkeyPatch) -> Reached:
    room, ann = await _seated()
    ann.link.acknowledges = False
    ann.link.inbox.clear()
    assert ann.seat.line is not None
    ann.seat.line.pacer.sent(room.clock.tick, limits.MAX_UNACKED_BYTES + 1, trio.current_time())
    await step(room, room.clock.rate)
    assert ann.notice.code == NoticeCode.TOO_SLOW
    return room.counts.reached


async def _stays_away(patch: pytest.MonkeyPatch) -> Reached:
    room, ann = await _seated()
    ann.link.closed.set()
    room.release(ann.seat, ann.link)
    await step(room, room.clock.rate * round(limits.GRACE_SECONDS - 1))
    assert room.players == 1
    await step(room, room.clock.rate * 2)
    assert room.players == 0
    return room.counts.reached


async def _says(patch: pytest.MonkeyPatch, *, messages: tuple[bytes, ...]) -> Reached:
    """What is too much for the allowance waits."""
    room, ann = await _seated()
    ann.say(*messages)
    await step(room)
    assert ann.seat.line is not None and ann.seat.line._waiting
    return room.counts.reached


async def _shout_together(patch: pytest.MonkeyPatch) -> Reached:
    room = make_room()
    loud = [sit(room, name) for name in ("ann", "bob", "eve", "mac")]
    await step(room, 5)
    share = limits.ROOM_MESSAGES_PER_SECOND // room.clock.rate
    for one in loud:
        one.link.acknowledges = False
        one.say(*[Inputs(0, None, 0, None, ())] * 50)
    await step(room)
    waiting = sum(len(one.seat.line._waiting) for one in loud if one.seat.line is not None)
    assert waiting >= 4 * 50 - share - 4 * limits.MESSAGES_PER_TICK
    await step(room, 2)
    assert all(one.seat.line is not None and not one.seat.line._waiting and one.link.ended is None for one in loud)
    return room.counts.reached


async def _calls(patch: pytest.MonkeyPatch, *, calls: tuple[tuple[str, tuple[Any, ...]], ...]) -> Reached:
    """The last of these calls is refused, the others are not."""
    room, ann = await _seated()
    for number, (method, arguments) in enumerate(calls, start=1):
        ann.say(Call(number, method, arguments))
    await step(room, 2)
    heard = [message for data in ann.link.sent for message in decode_server(data)]
    replies = {reply.number: reply.ok for reply in heard if isinstance(reply, Reply)}
    assert replies == {number: number < len(calls) for number in range(1, len(calls) + 1)}
    return room.counts.reached


async def _presses(patch: pytest.MonkeyPatch, *, ahead: int, times: int) -> Reached:
    room, ann = await _seated()
    ann.push(room.clock.tick + ahead, *[(1, 0)] * times)
    await step(room)
    counts = ann.seat.inputs.counts
    assert counts.early + counts.excess == 1
    return room.counts.reached


async def _lets_go_of_the_line(patch: pytest.MonkeyPatch) -> Reached:
    room, ann = await _seated()
    ann.push(room.clock.tick + 1, (1, 0))
    await step(room, round(limits.INPUT_HOLD_SECONDS * room.clock.rate) + 1)
    moved = game_of(room).players[ann.player].x
    assert room.counts.reached[Limit.INPUT_HOLD_SECONDS] == 0
    await step(room, 3)
    assert game_of(room).players[ann.player].x == moved
    return room.counts.reached


async def _shoots(patch: pytest.MonkeyPatch, *, late: int) -> Reached:
    """He says that he saw the beginning of the match, over a line on which acknowledgements take so many ticks."""
    room = make_room(Hunt)
    ann = sit(room)
    ann.link.acknowledges = False
    for _ in range(90):
        await step(room)
        ann.say(Inputs(0, max(room.clock.tick - late, 1), 0, None, ()))
    ann.say(Inputs(room.clock.tick + 1, None, 0, 0, (1,)))
    await step(room)
    assert room.counts.clamped_shots == 1
    return room.counts.reached


async def _is_owed(patch: pytest.MonkeyPatch, *, reply: str, times: int) -> Reached:
    room, ann = await _seated()
    ann.link.open_for_frames = False
    for number in range(times):
        assert ann.link.ended is None
        ann.seat.owe(Reply(number, True, reply))
    assert ann.notice.code == NoticeCode.TOO_SLOW
    return room.counts.reached


async def _stands_still(patch: pytest.MonkeyPatch) -> Reached:
    room, _ = await _seated()
    await trio.sleep(limits.MAX_DEBT_SECONDS + 1.0)
    room.tick(trio.current_time())
    assert room.clock.lost_seconds > limits.MAX_DEBT_SECONDS
    return room.counts.reached


# -- what a game does -------------------------------------------------------------------------------------------------------
class Note(Entity):
    said: str = text(500, default="")
    secret: str = text(500, default="", audience="none")


class Deeds(Toy):
    """Does in a step what a test says."""

    name = "deeds"
    notes = entities_of(Note)
    deed: Callable[[Any], object]

    def step(self, inputs: Any) -> None:  # noqa: ANN401 - as in Game
        deeds, self.diary[:] = [entry[1] for entry in self.diary if entry[0] == "do"], []
        for deed in deeds:
            deed(self)

    def ring(self) -> None:
        """A timer."""


async def _does(deed: Callable[[Any], object], run: Run) -> None:
    """In the next tick, in which a player presses something: so there is what the match can go on without."""
    room = run.room
    game: Any = room.simulation.game
    game.diary.append(("do", deed))
    run.player.push(room.clock.tick + 1, (1, 0), (1, 0))
    await trio.sleep(2 / room.clock.rate)


async def _faults(patch: pytest.MonkeyPatch, *, deed: Callable[[Any], object]) -> Reached:
    async with _running() as run:
        await _does(deed, run)
        assert run.ended.is_set() or run.room.counts.restarts == 1
        return run.room.counts.reached


async def _goes_beyond(patch: pytest.MonkeyPatch, *, deed: Callable[[Any], object]) -> Reached:
    async with _running() as run:
        await _does(deed, run)
        assert not run.ended.is_set() and run.room.counts.restarts == 0
        return run.room.counts.reached


async def _grows(patch: pytest.MonkeyPatch) -> Reached:
    async with _running() as run:
        await _does(partial(_many, 1_000, lambda game: game.notes.add(Note(secret="s" * 500))), run)
        await trio.sleep(15.0)
        assert not run.ended.is_set()
        return run.room.counts.reached


async def _fails_three_times(patch: pytest.MonkeyPatch) -> Reached:
    async with _running() as run:
        for deed in (
            lambda game: 1 // 0,
            lambda game: game.no_such_thing,
            lambda game: game.players[99],
        ):
            await trio.sleep(QUARANTINE_SECONDS + 0.5)  # so long nothing that he presses counts
            assert not run.ended.is_set()
            await _does(deed, run)
        assert run.ended.is_set()
        return run.room.counts.reached


class _Alarm(NoGuard):
    """A guard that stops the hook when it is told to."""

    limit: Limit | None = None

    def run(self, hook: Any, *args: Any, cpu_seconds: float = 0.0, wall_seconds: float = 0.0) -> Any:  # type: ignore[override] # noqa: ANN401
        limit, self.limit = self.limit, None
        if limit is not None:
            raise HookTimeout("too long", limit=limit)
        return hook(*args)


async def _takes_too_long(patch: pytest.MonkeyPatch, *, limit: Limit, hook: Callable[[], None]) -> Reached:
    cpu_seconds, wall_seconds = (0.02, 5.0) if limit is Limit.HOOK_CPU_SECONDS else (5.0, 0.05)
    with Guard() as real, pytest.raises(HookTimeout) as caught:
        real.run(hook, cpu_seconds=cpu_seconds, wall_seconds=wall_seconds)
    assert caught.value.limit is limit
    guard = _Alarm()
    async with _running(guard=guard) as run:
        guard.limit = caught.value.limit
        await trio.sleep(0.2)
        return run.room.counts.reached


def _spin() -> None:
    while True:
        pass


def _wait() -> None:
    import time

    while True:
        time.sleep(0.001)


def _many(times: int, deed: Callable[[Any], object], game: Any) -> None:  # noqa: ANN401 - the game
    for _ in range(times):
        deed(game)


# -- the lobby, and the log ---------------------------------------------------------------------------------------------------
async def _orders(patch: pytest.MonkeyPatch, *, times: int) -> Reached:
    async with house() as it, it.visitor() as ann:
        for number in range(times):
            with pytest.raises(Refused) if number == times - 1 else suppress(Refused):
                await ann.call("create", "toy", "", "", 0)
        return it.server.reached


async def _logs(patch: pytest.MonkeyPatch, *, times: int, size: int) -> Reached:
    reached = Reached()
    out = io.StringIO()
    handler = LimitedHandler(reached, trio.current_time)
    handler.setFormatter(Lines(reached))
    handler.setStream(out)
    for _ in range(times):
        handler.handle(logging.LogRecord("gameserver.server", logging.INFO, "", 0, "room %s opened", ("a" * size,), None))
    lines = out.getvalue().splitlines()
    assert len(lines) == min(times, limits.LOG_LINES_PER_SECOND)
    assert all(len(line) < limits.MAX_LOG_LINE + 100 for line in lines)
    return reached


def _packed(*values: object) -> bytes:
    data: bytes = msgpack.packb(values)
    return data


_EMPTY: Final = encode_client(Inputs(0, None, 0, None, ()))
_EMOTE: Final = ("emote", (1,))
_CHAT: Final = ("chat", ("hello", 0))

WAYS: Final[dict[Limit, Callable[[pytest.MonkeyPatch], Awaitable[Reached]]]] = {
    Limit.MAX_DEBT_SECONDS: _stands_still,
    Limit.HANDSHAKE_SECONDS: _is_silent,
    Limit.READY_SECONDS: _is_not_ready,
    Limit.CLOSE_SECONDS: _does_not_close,
    Limit.MAX_DRAIN_BYTES: _goes_on_shouting,
    Limit.MAX_UPGRADE_BYTES: partial(_asks, said=UPGRADE[:-2] + b"X: " + b"x" * 4_000 + b"\r\n\r\n", status=431),
    Limit.MAX_UPGRADE_HEADERS: partial(_asks, said=UPGRADE[:-2] + b"X: x\r\n" * 40 + b"\r\n", status=431),
    Limit.MAX_HEAD_BYTES: partial(_asks, said=get("/", "X: " + "x" * limits.MAX_HEAD_BYTES), status=431),
    Limit.MAX_HEADERS: partial(_asks, said=get("/", *["X: x"] * limits.MAX_HEADERS), status=431),
    Limit.MAX_BODY_BYTES: partial(_asks, said=get("/", f"Content-Length: {limits.MAX_BODY_BYTES + 1}", method="POST"), status=413),
    Limit.MAX_HOST_CHARS: partial(_asks, said=b"GET / HTTP/1.1\r\nHost: " + b"h" * 256 + b"\r\n\r\n", status=400),
    Limit.MAX_UNADMITTED: partial(_connects_twice, where="anteroom"),
    Limit.MAX_CONNECTIONS: partial(_connects_twice, where="server"),
    Limit.ADDRESS_CONNECTIONS: partial(_connects_from_afar, times=4, stays=True, most=3),
    Limit.ADDRESS_UNADMITTED: partial(_connects_from_afar, times=limits.ADDRESS_UNADMITTED + 1, stays=True),
    Limit.ADDRESS_CONNECTS_PER_SECOND: partial(_connects_from_afar, times=limits.ADDRESS_CONNECTS_BURST + 1, stays=False),
    Limit.MAX_TURNED_AWAY: _is_not_even_told,
    Limit.ACCOUNT_SEATS: _has_many_seats,
    Limit.OPENINGS_PER_MINUTE: _has_rooms_opened,
    Limit.JOINS_PER_SECOND: _asks_to_join,
    Limit.KICK_SECONDS: _comes_back_too_soon,
    Limit.WRONG_CODES: _guesses,
    Limit.ROOM_WRONG_CODES: partial(_guesses, together=True),
    Limit.REPORT_SECONDS: partial(_reports, times=1),
    Limit.ROOM_REPORTS_SECONDS: partial(_reports, times=limits.ROOM_REPORTS_AT_ONCE + 1),
    Limit.MAX_ROOMS: _opens_too_many,
    Limit.MAX_SEATS: partial(_is_full, role=Role.PLAYER, most=Toy.max_players),
    Limit.MAX_SPECTATORS: partial(_is_full, role=Role.SPECTATOR, most=3),
    Limit.JOINS_PER_TICK: _join_at_once,
    Limit.IDLE_SECONDS: _goes_silent,
    Limit.ACK_SECONDS: _acknowledges_nothing,
    Limit.MAX_UNACKED_BYTES: _is_owed_bytes,
    Limit.GRACE_SECONDS: _stays_away,
    Limit.TICKET_TOLERANCE_SECONDS: _has_an_old_ticket,
    Limit.MAX_HTTP_CONNECTIONS: partial(_asks_for_too_many, name="MAX_HTTP_CONNECTIONS", path="/late"),
    Limit.HTTP_SECONDS: _is_answered_late,
    Limit.MAX_STREAMS: partial(_asks_for_too_many, name="MAX_STREAMS", path="/stream"),
    Limit.STALL_SECONDS: _reads_nothing,
    Limit.MAX_MESSAGE: partial(_breaks, said=bytes(limits.MAX_MESSAGE + 1), code=1009),
    Limit.MAX_QUEUED_MESSAGES: _shouts_before_ready,
    Limit.MESSAGES_PER_TICK: partial(_says, messages=(_EMPTY,) * 61),
    Limit.MESSAGE_BYTES_PER_SECOND: partial(_says, messages=(_packed(4, 1, "echo", ["x" * 500] * 8),) * 5),
    Limit.ROOM_MESSAGES_PER_SECOND: _shout_together,
    Limit.CONTROL_PER_SECOND: partial(_breaks_by_frames, frames=(frame(PING) * 11,), code=1008),
    Limit.MAX_FRAGMENTS: partial(
        _breaks_by_frames, frames=(frame(PIECE, b"\x93") + frame(MORE) * limits.MAX_FRAGMENTS,), code=1009
    ),
    Limit.MAX_FRAGMENT_BYTES: partial(
        _breaks_by_frames, frames=(frame(PIECE, b"\x93") + b"\x00\xff" + (20_000).to_bytes(8, "big") + bytes(4),), code=1009
    ),
    Limit.MAX_FRAGMENT_SECONDS: partial(
        _breaks_by_frames,
        frames=(frame(PIECE, b"\x93"), frame(MORE), frame(MORE)),
        apart=limits.MAX_FRAGMENT_SECONDS * 0.6,
        code=1009,
    ),
    Limit.MAX_CALLS: partial(_calls, calls=(("echo", ("x",)),) * (limits.MAX_CALLS + 1)),
    Limit.OVER_ALLOWANCE_SECONDS: _floods,
    Limit.DECODE_ARRAY: partial(_breaks, said=_packed(2, 0, None, 0, None, (0,) * 65), code=1002),
    Limit.DECODE_MAP: partial(_breaks, said=_packed(5, {"x": 0}), code=1002),
    Limit.DECODE_TEXT: partial(_breaks, said=_packed(4, 1, "x" * 513, ()), code=1002),
    Limit.DECODE_BIN: partial(_breaks, said=_packed(1, bytes(1_025)), code=1002),
    Limit.MAX_INTEGER: partial(_breaks, said=_packed(3, 2**53, 0), code=1002),
    Limit.MAX_NAME: partial(_hello, name="x" * 25),
    Limit.MAX_MARKS: partial(_hello, name="a" + "\u0301" * 5),
    Limit.INPUT_WINDOW_SECONDS: partial(_presses, ahead=round(limits.INPUT_WINDOW_SECONDS * Toy.tick_rate) + 2, times=1),
    Limit.INPUT_HOLD_SECONDS: _lets_go_of_the_line,
    Limit.INPUT_QUEUE: partial(_breaks, said=encode_client(Inputs(9, None, 0, None, (0,) * 34)), code=1002),
    Limit.INPUT_CREDIT: partial(_presses, ahead=5, times=limits.INPUT_CREDIT + 1),
    Limit.REWIND_SECONDS: partial(_shoots, late=12),
    Limit.REWIND_TRUST_SECONDS: partial(_shoots, late=0),
    Limit.SNAPSHOT_HARD: partial(_faults, deed=partial(_many, 600, lambda game: game.notes.add(Note(said="s" * 500)))),
    Limit.MAX_ENTITIES: partial(_faults, deed=partial(_many, limits.MAX_ENTITIES, lambda game: game.notes.add(Note()))),
    Limit.MAX_STATE: _grows,
    Limit.MAX_TIMERS: partial(_faults, deed=partial(_many, limits.MAX_TIMERS + 1, lambda game: game.after(5, game.ring))),
    Limit.MAX_EVENTS_PER_TICK: partial(
        _faults, deed=partial(_many, limits.MAX_EVENTS_PER_TICK + 1, lambda game: game.emit(Toy.events[2](number=1)))
    ),
    Limit.HOOK_CPU_SECONDS: partial(_takes_too_long, limit=Limit.HOOK_CPU_SECONDS, hook=_spin),
    Limit.HOOK_WALL_SECONDS: partial(_takes_too_long, limit=Limit.HOOK_WALL_SECONDS, hook=_wait),
    Limit.MAX_RESTARTS: _fails_three_times,
    Limit.MAX_LOG_LINES: partial(_goes_beyond, deed=partial(_many, limits.MAX_LOG_LINES + 1, lambda game: game.log("x"))),
    Limit.MAX_LOG_TEXT: partial(_goes_beyond, deed=lambda game: game.log("x" * (limits.MAX_LOG_TEXT + 1))),
    Limit.MAX_KICK_TEXT: partial(_goes_beyond, deed=lambda game: game.kick(1, "x" * (limits.MAX_KICK_TEXT + 1))),
    Limit.RELIABLE_MESSAGES: partial(_is_owed, reply="", times=limits.RELIABLE_MESSAGES + 1),
    Limit.RELIABLE_BYTES: partial(_is_owed, reply="x" * 1_000, times=limits.RELIABLE_BYTES // 1_000 + 1),
    Limit.MAX_CHAT: partial(_breaks, said=encode_client(Call(1, "chat", ("x" * (limits.MAX_CHAT + 1), 0))), code=1002),
    Limit.CHAT_SECONDS: partial(_calls, calls=(_CHAT,) * (limits.CHAT_AT_ONCE + 1)),
    Limit.EMOTE_SECONDS: partial(_calls, calls=(_EMOTE,) * (limits.EMOTES_AT_ONCE + 1)),
    Limit.ORDER_SECONDS: partial(_orders, times=limits.ORDERS_AT_ONCE + 1),
    Limit.ROOMS_PER_VISITOR: partial(_orders, times=limits.ROOMS_PER_VISITOR + 1),
    Limit.LOG_LINES_PER_SECOND: partial(_logs, times=20, size=5),
    Limit.MAX_LOG_LINE: partial(_logs, times=1, size=10_000),
}
"""One for each limit that is counted."""

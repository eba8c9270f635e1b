"""Those who do not keep to the protocol, or lie in it, beside the honest ones. Each attack is one line, or a few; what it may cost
whom is checked on the server's side of it, since lines break here anyway.
"""

from __future__ import annotations

import random
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

import trio
from trio_websocket import ConnectionClosed, HandshakeError

from gameserver.core.limits import ACK_SECONDS, HANDSHAKE_SECONDS, IDLE_SECONDS, OVER_ALLOWANCE_SECONDS, TOKEN_BYTES
from gameserver.core.messages import Bye, Call, ClientMessage, Inputs, Notice, NoticeCode, Ping, Ready, Role, Snapshot, Welcome
from gameserver.net.simulated import Latency, Toward
from gameserver.standing import Rank
from gameserver.tickets import number_of
from tests.helpers import Wire, wire
from tests.sim.world import TELLING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from gameserver.net.simulated import SimConnection
    from tests.sim.world import World

    Attack = Callable[[World, random.Random], Awaitable[None]]

UNHEARD: Final = (ConnectionClosed, HandshakeError, OSError, trio.BrokenResourceError, trio.ClosedResourceError)
"""Lines break here, are refused or never open: no news."""
BETWEEN_SECONDS: Final = 6.0
"""From one attack of a kind to the next, on average, at the usual pace."""
SLACK_SECONDS: Final = 1.5
"""A tick, the look every quarter of a second, and the goodbye of a second at most."""
BANNED_SECONDS: Final = 2.0
"""Who is banned is gone within this time."""
BAN_SECONDS: Final = 86_400.0
"""Bans end by the date, which somebody may set by an hour, twice (F13)."""
ENDS: Final = frozenset((1000, 1001, 1005, 1006, 1011, 1012, 1013, 4001))
"""Codes that anybody may meet, whatever he did: his seat was needed, the room failed, the server went."""
NOTHING_THERE: Final = (NoticeCode.SESSION_GONE, NoticeCode.CLOSED, NoticeCode.RESTARTING)
"""What a token that opens nothing is met with: that it does, or that there is no room, or no server, to open a seat in."""
GARBAGE: Final = (
    b"",
    b"\xc1",
    b"\x00",
    b"\x93\x01\x02",
    b"\xdd\xff\xff\xff\xff",
    b"\x91" * 60,
    b"\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00",
    b"\x96\x03\xcb\x7f\xf0\x00\x00\x00\x00\x00\x00\x00\x00\x00\x90",
    b"\x96\x03\x01\xc3\x00\xc0\x90",
    b"\x96\x03\xcf\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\xc0\x90",
    b"\xc7\x04\x01abcd",
    bytes(5_000),
)
"""Not one of them is a message."""


@asynccontextmanager
async def _line(world: World, room: str = TELLING, address: str | None = None) -> AsyncIterator[Wire]:
    """A WebSocket, closed in the end whatever happens. Raises what UNHEARD says, or groups of it."""
    async with wire(world.rough if address is None else world.rough.at(address), room) as mine:
        try:
            yield mine
        finally:
            mine.stream.close()


async def _join(world: World, mine: Wire, **of_hello: Any) -> Welcome | None:  # noqa: ANN401 - what `hello` takes
    """None: it took too long, as on a line that is broken."""
    if "credential" not in of_hello and world.office.keys is not None:
        rank = Rank.BOT if of_hello.get("role") is Role.BOT else Rank.PLAYER
        of_hello["credential"] = world.office.mint(mine.room, rank)
    with trio.move_on_after(10.0):
        return await mine.join(world.games[TELLING].name, **of_hello)
    return None


async def _see_off(world: World, connection: SimConnection, seconds: float, who: str) -> None:
    """The server must have closed its end of this by then; time that was jumped over counts for nobody."""
    lost = world.guard.lost_seconds
    with trio.move_on_after(seconds):
        while not connection.server._closed and not connection.server._broken:  # noqa: ASYNC110 - nobody tells
            await trio.sleep(0.1)
        return
    if world.guard.lost_seconds == lost and connection.number in {live.number for live in world.rough.connections}:
        world.outcome.complain(f"{who} is still connected after {seconds:g} s")


async def _expect(world: World, mine: Wire, codes: set[int], who: str) -> None:
    """What the server closes this with is one of these, or an end that anybody may meet, or one of a line that stood still."""
    with trio.move_on_after(20.0):
        code = await mine.end()
        too_slow = mine.notice is not None and mine.notice.code is NoticeCode.TOO_SLOW
        if code not in codes | ENDS and not too_slow:
            world.outcome.complain(f"{who} was closed with {code}")


async def flooder(world: World, rng: random.Random) -> None:
    """F10: says a hundred times as much as he may."""
    async with _line(world) as mine:
        if await _join(world, mine, name="flooder") is None:
            return
        tick = next(m.tick for m in mine.heard if isinstance(m, Snapshot))
        message = Inputs(tick + 5, tick, 0, None, (1, 0))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_see_off, world, mine.connection, 3 * OVER_ALLOWANCE_SECONDS + IDLE_SECONDS, "the flooder")
            with trio.move_on_after(3 * OVER_ALLOWANCE_SECONDS):
                with suppress(ConnectionClosed):
                    while True:
                        await mine.say(*20 * [message])
                        await trio.sleep(0.01)
            await _expect(world, mine, {1008}, "the flooder")


async def stamper(world: World, rng: random.Random) -> None:
    """F10: stamps from far past and far future, views that nobody can have had, acknowledgements of what was never sent."""
    async with _line(world) as mine:
        if await _join(world, mine, name="stamper") is None:
            return
        with trio.move_on_after(4.0):
            for _ in range(60):
                first = rng.choice((0, 1, 2**31, 2**52, rng.randrange(10_000)))
                ack = rng.choice((None, 0, 1, 2**31, rng.randrange(10_000)))
                view = rng.choice((None, 0, 2**40, rng.randrange(10**6)))
                values = tuple(value for _ in range(rng.randint(0, 16)) for value in (rng.choice((-1, 1)), 0))
                await mine.say(Inputs(first, ack, rng.choice((0, 2**31)), view, values))
                await trio.sleep(0.05)
        await mine.websocket.aclose(1000)


async def garbler(world: World, rng: random.Random) -> None:
    """F9: bytes that are no message, before HELLO, after it or in the match."""
    async with _line(world) as mine:
        phase = rng.randrange(3)
        if phase == 1:
            await mine.say(mine.hello(world.games[TELLING].name, name="garbler"))
            with trio.move_on_after(5.0):
                await mine.until(Welcome)
        elif phase == 2 and await _join(world, mine, name="garbler") is None:
            return
        await mine.say(rng.choice(GARBAGE) if rng.random() < 0.9 else "text")
        await _see_off(world, mine.connection, HANDSHAKE_SECONDS + IDLE_SECONDS + SLACK_SECONDS, "the garbler")
        await _expect(world, mine, {1002, 1003, 1007, 1008, 1009}, "the garbler")


async def slow_reader(world: World, rng: random.Random) -> None:
    """F3, F5: takes 2 kB/s, and acknowledges it."""
    async with _line(world) as mine:
        if await _join(world, mine, name="slow reader") is None:
            return
        mine.connection.set_latency(Latency(0.05, 0.0, 2_000.0), Toward.CLIENT)
        with trio.move_on_after(15.0):
            await mine.end()


async def non_reader(world: World, rng: random.Random) -> None:
    """F5: reads nothing, acknowledges nothing, but goes on talking: gone after ACK_SECONDS, and what he is sent waits nowhere."""
    async with _line(world) as mine:
        if await _join(world, mine, name="non-reader") is None:
            return
        mine.connection.clog(Toward.CLIENT)
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_chatter, mine)
                await _see_off(world, mine.connection, IDLE_SECONDS + ACK_SECONDS + 2 * SLACK_SECONDS, "the non-reader")
                nursery.cancel_scope.cancel()
        finally:
            mine.connection.unclog(Toward.CLIENT)


async def _chatter(mine: Wire) -> None:
    with suppress(ConnectionClosed):
        for number in range(1, 1_000):
            await mine.say(Ping(number, 0))
            await trio.sleep(0.5)


async def thief(world: World, rng: random.Random) -> None:
    """Row 8: tokens that were guessed, and one that has been replaced."""
    room = rng.choice((TELLING, TELLING, "elsewhere"))
    guessed = rng.randbytes(rng.choice((TOKEN_BYTES, TOKEN_BYTES, 1, 64)))
    await _try_token(world, room, guessed, "guessed")
    async with _line(world) as mine:
        welcome = await _join(world, mine, name="owner")
    if welcome is None or welcome.resume is None:
        return
    first, second = welcome.resume, None
    async with _line(world) as mine:
        welcome = await _join(world, mine, name="owner", credential=first)
        if welcome is None:
            return
        second = welcome.resume
        with trio.move_on_after(2.0):
            while True:
                await mine.hear()
        seat = world.seat_of(TELLING, welcome.player)
        line = seat.line if seat is not None else None
        if line is None or line.pacer.acknowledged_tick is None:
            return  # he has not proved that he has the second token, so the first one is good still
        await _try_token(world, TELLING, first, "old")
        await mine.say(Bye())
        await trio.sleep(1.0)
        if seat is not None and seat.over:
            await _try_token(world, TELLING, second or b"", "of a session that is over")


async def _try_token(world: World, room: str, token: bytes, which: str) -> None:
    """Opens nothing."""
    async with _line(world, room) as mine:
        await mine.say(mine.hello(world.games[TELLING].name, room=room, credential=token, name="thief"))
        with trio.move_on_after(10.0):
            with suppress(ConnectionClosed):
                await mine.until(Notice)
            if any(isinstance(message, Welcome) for message in mine.heard):
                world.outcome.complain(f"a token that was {which} opened a seat")
            elif mine.notice is not None and mine.notice.code not in NOTHING_THERE:
                world.outcome.complain(f"who had a token that was {which} was told: {mine.notice}")


async def twice(world: World, rng: random.Random) -> None:
    """F7: comes back over one line and another at once, while the first still talks: the newest has the seat."""
    async with _line(world) as mine:
        welcome = await _join(world, mine, name="twice")
        if welcome is None or welcome.resume is None:
            return
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_push, mine)
            for _ in range(rng.randint(1, 3)):
                nursery.start_soon(_again, world, welcome, rng.uniform(0.0, 0.2))
            await _expect(world, mine, set(), "the older of two lines")
            nursery.cancel_scope.cancel()


async def _push(mine: Wire) -> None:
    with suppress(ConnectionClosed):
        while True:
            tick = max((m.tick for m in mine.heard if isinstance(m, Snapshot)), default=0)
            mine.heard.clear()
            await mine.say(Inputs(tick + 3, tick or None, 0, None, (1, 0)))
            await trio.sleep(0.05)


async def _again(world: World, welcome: Welcome, wait: float) -> None:
    await trio.sleep(wait)
    async with _line(world) as mine:
        again = await _join(world, mine, name="twice", credential=welcome.resume)
        if again is not None and again.player != welcome.player:
            world.outcome.complain(f"player {welcome.player} came back as player {again.player}")


async def half_open(world: World, rng: random.Random) -> None:
    """Row 2: a part of a head, or a whole one and no HELLO; sent whole or byte by byte, then nothing."""
    head = b"GET /ws/telling HTTP/1.1\r\nHost: 127.0.0.1:8765\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    rest = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    said = rng.choice((b"", head[:1], head[: rng.randint(1, len(head))], head + rest))
    try:
        stream = await world.rough.connect(world.HOST, world.PORT)
    except OSError:
        return
    async with stream:
        with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
            if rng.random() < 0.5:
                await stream.send_all(said)
            else:
                for at in range(0, len(said), 8):
                    await stream.send_all(said[at : at + 8])
                    await trio.sleep(0.2)
        await _see_off(world, stream.connection, HANDSHAKE_SECONDS + SLACK_SECONDS, "half a handshake")


async def meddler(world: World, rng: random.Random) -> None:
    """F41: says what he may not, in a role in which nobody says it."""
    role = rng.choice((Role.SPECTATOR, Role.PLAYER, Role.BOT))
    async with _line(world) as mine:
        if await _join(world, mine, name="meddler", role=role) is None:
            return
        wrong: list[ClientMessage] = [
            Ready(None),
            mine.hello(world.games[TELLING].name),
            Call(1, "no_such_call", ()),
            Call(1, "bump", (1,)),
            Call(1, "step", ()),
            Call(1, "__init__", ()),
            Inputs(1, None, 0, None, (5, 0)),
            Inputs(1, None, 0, None, (0,)),
            Inputs(1, None, 0, None, 34 * (0,)),
        ]
        if role is Role.SPECTATOR:
            wrong += [Call(1, "bump", ()), Inputs(1, None, 0, None, (1, 0))]
        await mine.say(rng.choice(wrong))
        await _see_off(world, mine.connection, IDLE_SECONDS + SLACK_SECONDS, f"a meddling {role.name.lower()}")
        await _expect(world, mine, {1002, 1008}, f"a meddling {role.name.lower()}")


async def forger(world: World, rng: random.Random) -> None:
    """Row 6: a ticket that is used up, over, altered, for another room or signed by somebody else opens nothing; nor does none at
    all where tickets are asked for.
    """
    office = world.office
    ways = ["over", "altered", "for another room", "signed by somebody else"]
    which = rng.choice([*ways, "used up", "missing"] if office.keys is not None else ways)
    ticket: str | None = office.mint(TELLING, ago=200.0 if which == "over" else 0.0)
    if which == "altered":
        ticket = _altered(ticket or "", rng)
    elif which == "for another room":
        ticket = office.mint("elsewhere")
    elif which == "signed by somebody else":
        ticket = office.mint(TELLING, key=office.another_key())
    elif which == "missing":
        ticket = None
    elif which == "used up":
        async with _line(world) as mine:
            if await _join(world, mine, name="forger", credential=ticket) is None:
                return
    await _try_ticket(world, ticket, which)


def _altered(ticket: str, rng: random.Random) -> str:
    """One letter of it is another."""
    at = rng.choice([place for place, letter in enumerate(ticket) if letter != "."])
    letter = rng.choice([letter for letter in "ABCDefgh0189-_" if letter != ticket[at]])
    return f"{ticket[:at]}{letter}{ticket[at + 1 :]}"


async def _try_ticket(world: World, ticket: str | None, which: str, address: str | None = None) -> None:
    """Opens nothing."""
    async with _line(world, address=address) as mine:
        await mine.say(mine.hello(world.games[TELLING].name, credential=ticket, name="forger"))
        with trio.move_on_after(10.0):
            with suppress(ConnectionClosed):
                await mine.until(Welcome)
            if any(isinstance(message, Welcome) for message in mine.heard):
                world.outcome.complain(f"a ticket that was {which} opened a seat")


async def outlaw(world: World, rng: random.Random) -> None:
    """Row 11: in the match he is banned, or his ticket is revoked. He is gone within two seconds, and stays out as long."""
    address = f"203.0.113.{rng.randint(1, 254)}"
    account = f"outlaw {rng.getrandbits(32):08x}"
    keys = world.office.keys
    ticket = world.office.mint(TELLING, account=account) if keys is not None else None
    async with _line(world, address=address) as mine:
        if await _join(world, mine, name="outlaw", credential=ticket) is None:
            return
        bans, lost = world.server.bans, world.guard.lost_seconds
        which = rng.choice(("account", "ticket", "address") if keys is not None else ("address",))
        ban = None
        if which == "ticket":
            assert ticket is not None
            assert keys is not None
            await bans.revoke(number_of(ticket, keys))
        elif which == "account":
            ban = await bans.ban(account=account, seconds=BAN_SECONDS, reason="for lying")
        else:
            ban = await bans.ban(address=address, seconds=BAN_SECONDS, reason="for lying")
        await _see_off(world, mine.connection, BANNED_SECONDS + SLACK_SECONDS, f"an outlaw by {which}")
    if ban is not None and world.guard.lost_seconds - lost < 1.0:
        again = world.office.mint(TELLING, account=account) if keys is not None else None
        with trio.move_on_after(8.0):
            await _try_ticket(world, again, "of somebody who is banned", address)
        await world.server.bans.lift(ban.id)


ATTACKS: Final[dict[str, Attack]] = {
    attack.__name__: attack
    for attack in (flooder, stamper, garbler, slow_reader, non_reader, thief, twice, half_open, meddler, forger, outlaw)
}


async def lie(world: World, name: str) -> None:
    """This attack, again and again, until cancelled."""
    attack = ATTACKS[name]
    rng = random.Random(f"{name} of {world.scenario.seed}")
    while True:
        await trio.sleep(rng.expovariate(1.0 / (BETWEEN_SECONDS * world.knobs.pace)))
        world.outcome.count(name)
        with trio.move_on_after(40.0):
            try:
                await attack(world, rng)
            except* UNHEARD:
                pass

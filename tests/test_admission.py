"""Who is let in with which ticket: a whole server on simulated ports, open or with keys."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

import pytest
import trio
from trio_websocket import ConnectionClosed

from benchmarks.reliability.admission import measure
from gameserver import Refused
from gameserver.admission import Admission
from gameserver.caller import Caller
from gameserver.core.limits import TICKET_SECONDS, TICKET_TOLERANCE_SECONDS
from gameserver.core.messages import Hello, NoticeCode, Role, Welcome
from gameserver.keys import Key, Keyring
from gameserver.net.memory import MemoryStore
from gameserver.net.simulated import SimWallClock, simulated_ports
from gameserver.standing import Rank
from gameserver.tickets import ANY_ROOM, TicketRefused
from tests.helpers import HOST, Host, close_code, serving, wire

if TYPE_CHECKING:
    from trio.testing import MockClock


RING: Final = Keyring([Key("k1", b"k" * 32)])
SOMEWHERE: Final = "203.0.113.7"


def ticket(host: Host, rank: Rank = Rank.PLAYER, *, room: str = "toy1", account: str | None = None, name: str | None = None) -> str:
    return host.server.admission.mint(room=room, rank=rank, account=account, name=name)


async def refusal(host: Host, credential: str | None, *, role: Role = Role.PLAYER, room: str = "toy1") -> str:
    """What somebody is told who is not let in."""
    async with wire(host.network, room) as it:
        await it.say(it.hello(credential=credential, role=role))
        assert await it.end() == 1008
        assert it.notice is not None and it.notice.code == NoticeCode.REFUSED
        return it.notice.text


async def test_a_ticket_opens_the_door_once(autojump_clock: MockClock) -> None:
    async with serving(keys=RING) as host, wire(host.network) as it:
        shown = ticket(host, account="account 7", name="zoë")
        await it.join(credential=shown, name="somebody else")
        (seat,) = host.server.rooms["toy1"].seats
        assert (seat.name, seat.standing.rank, seat.standing.account) == ("zoë", Rank.PLAYER, "account 7")
        assert seat.standing.ticket is not None and seat.standing.caller.address == HOST
        assert await refusal(host, shown) == "this ticket has been used: get a new ticket"


async def test_of_many_who_show_the_same_ticket_one_comes_in(autojump_clock: MockClock) -> None:
    async with serving(keys=RING) as host:
        shown = ticket(host)
        let_in, codes = [], []

        async def come() -> None:
            async with wire(host.network) as it:
                await it.say(it.hello(credential=shown))
                try:
                    let_in.append(await it.until(Welcome))
                except ConnectionClosed as closed:
                    codes.append(close_code(closed))

        async with trio.open_nursery() as nursery:
            for _ in range(20):
                nursery.start_soon(come)
        assert len(let_in) == 1 and codes == 19 * [1008]


async def test_without_a_ticket_nobody_comes_in_where_there_are_keys(autojump_clock: MockClock) -> None:
    async with serving(keys=RING) as host:
        for role in Role:
            assert await refusal(host, None, role=role) == "a ticket is needed to join"
        assert not host.server.rooms, "no room was opened for them"


async def test_an_open_server_lets_everybody_in_and_still_judges_tickets(autojump_clock: MockClock) -> None:
    async with serving() as host, wire(host.network) as ann, wire(host.network) as bob:
        await ann.join()
        await bob.join(credential=ticket(host, name="bob"))
        first, second = host.server.rooms["toy1"].seats
        assert (first.standing.ticket, first.standing.account, first.standing.rank) == (None, None, Rank.PLAYER)
        assert (second.name, second.standing.ticket is None) == ("bob", False)
        assert "not valid" in await refusal(host, "gold")


async def test_the_ticket_of_another_open_server_is_none_here(autojump_clock: MockClock) -> None:
    async with serving(seed=1) as one, serving(seed=2) as two:
        assert "not valid" in await refusal(two, ticket(one))


async def test_a_ticket_is_for_one_room(autojump_clock: MockClock) -> None:
    async with serving(keys=RING, rooms=["a", "b"]) as host:
        shown = ticket(host, room="a")
        assert await refusal(host, shown, room="b") == "this ticket is for another room: get a new ticket"
        async with wire(host.network, "a") as it:
            await it.join(credential=shown)  # a wrong door has not used it up
        async with wire(host.network, "b") as it:
            await it.join(credential=ticket(host, Rank.ADMIN, room=ANY_ROOM))


@pytest.mark.parametrize(
    ("rank", "role", "becomes"),
    [
        (Rank.SPECTATOR, Role.SPECTATOR, Rank.SPECTATOR),
        (Rank.SPECTATOR, Role.PLAYER, None),
        (Rank.SPECTATOR, Role.BOT, None),
        (Rank.BOT, Role.SPECTATOR, Rank.SPECTATOR),
        (Rank.BOT, Role.PLAYER, None),
        (Rank.BOT, Role.BOT, Rank.BOT),
        (Rank.PLAYER, Role.SPECTATOR, Rank.SPECTATOR),
        (Rank.PLAYER, Role.PLAYER, Rank.PLAYER),
        (Rank.PLAYER, Role.BOT, None),
        (Rank.HOST, Role.SPECTATOR, Rank.HOST),
        (Rank.HOST, Role.PLAYER, Rank.HOST),
        (Rank.HOST, Role.BOT, None),
        (Rank.ADMIN, Role.SPECTATOR, Rank.ADMIN),
        (Rank.ADMIN, Role.PLAYER, Rank.ADMIN),
        (Rank.ADMIN, Role.BOT, None),
    ],
)
async def test_as_what_a_ticket_lets_somebody_come(rank: Rank, role: Role, becomes: Rank | None, autojump_clock: MockClock) -> None:
    async with serving(keys=RING) as host:
        if becomes is None:
            assert (
                await refusal(host, ticket(host, rank), role=role)
                == f"this ticket is not for a {role.name.lower()}: get a new ticket"
            )
            return
        async with wire(host.network) as it:
            await it.join(credential=ticket(host, rank), role=role)
            (seat,) = host.server.rooms["toy1"].seats
            assert (seat.role, seat.standing.rank) == (role, becomes)


async def test_coming_back_needs_no_ticket(autojump_clock: MockClock) -> None:
    async with serving(keys=RING) as host:
        async with wire(host.network) as it:
            welcome = await it.join(credential=ticket(host, account="a"))
            it.connection.reset()
        await trio.sleep(1)
        async with wire(host.network) as again:
            await again.join(credential=welcome.resume)
            (seat,) = host.server.rooms["toy1"].seats
            assert seat.standing.account == "a"


async def test_no_line_of_the_log_shows_a_ticket(autojump_clock: MockClock, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with serving(keys=RING) as host, wire(host.network) as it:
        shown = ticket(host)
        await refusal(host, shown, role=Role.BOT)
        await it.join(credential=shown)
        await refusal(host, shown)
    for part in shown.split("."):
        assert part not in caplog.text


async def test_the_server_knows_where_somebody_comes_from(autojump_clock: MockClock) -> None:
    async with serving() as host, wire(host.network.at(SOMEWHERE)) as it:
        await it.join()
        (seat,) = host.server.rooms["toy1"].seats
        assert seat.standing.caller == Caller(address=SOMEWHERE)


# -- without a server around it ----------------------------------------------------------------------------------------------
class BrokenStore(MemoryStore):
    """A store that nobody reaches."""

    async def put_new(self, key: str, value: bytes, *, seconds_to_live: float) -> bool:
        raise OSError("the store is away")


def admission(store: MemoryStore | None = None, clock: SimWallClock | None = None) -> Admission:
    ports = simulated_ports(1)
    return Admission(
        store=store if store is not None else MemoryStore(),
        randomness=ports.randomness,
        wall_clock=clock if clock is not None else SimWallClock(),
        keys=RING,
    )


def hello(credential: str) -> Hello:
    return Hello(1, "toy", "toy1", credential, Role.PLAYER, "ann")


async def test_a_ticket_is_taken_once_by_all_servers_of_a_store(autojump_clock: MockClock) -> None:
    store = MemoryStore()
    one, two = admission(store), admission(store)
    shown = one.mint(room="toy1", rank=Rank.PLAYER)
    await one.standing_of(hello(shown), Caller())
    with pytest.raises(TicketRefused, match="has been used"):
        await two.standing_of(hello(shown), Caller())


@pytest.mark.parametrize("ahead", [0.0, TICKET_TOLERANCE_SECONDS])
async def test_no_difference_of_clocks_makes_a_used_ticket_good_again(ahead: float, autojump_clock: MockClock) -> None:
    """The first server's clock is ahead, the second's behind: the second takes a ticket for longer than the first remembers it by
    its own clock."""
    store = MemoryStore()
    first, second = SimWallClock(), SimWallClock()
    first.skew_seconds, second.skew_seconds = ahead, -ahead
    one, two = admission(store, first), admission(store, second)
    shown = admission().mint(room="toy1", rank=Rank.PLAYER)
    await one.standing_of(hello(shown), Caller())
    for _ in range(TICKET_SECONDS + 4 * TICKET_TOLERANCE_SECONDS):
        with pytest.raises(TicketRefused):
            await two.standing_of(hello(shown), Caller())
        await trio.sleep(1)


@pytest.mark.parametrize("uptime", range(0, TICKET_SECONDS + 2 * TICKET_TOLERANCE_SECONDS, 10))
async def test_a_server_that_is_started_again_takes_no_ticket_from_before(uptime: int, autojump_clock: MockClock) -> None:
    """Which of them were used has gone with its store."""
    await trio.sleep(1_000.5)
    async with serving(keys=RING) as host:
        shown, unused, order = ticket(host), ticket(host), ticket(host, Rank.ADMIN, room=ANY_ROOM)
        await host.server.admission.admin_standing(order, Caller())
        async with wire(host.network) as it:
            await it.join(credential=shown)
    await trio.sleep(1 + uptime)
    async with serving(keys=RING) as host:
        for old in (shown, unused):
            assert await refusal(host, old) in (
                "this ticket is older than the server, which was started again: get a new ticket",
                "this ticket has expired: get a new ticket",
            )
        with pytest.raises(TicketRefused):
            await host.server.admission.admin_standing(order, Caller())
        async with wire(host.network) as it:
            await it.join(credential=ticket(host))


async def test_a_clock_that_is_set_back_keeps_nobody_out(autojump_clock: MockClock) -> None:
    async with serving(keys=RING) as host:
        clock = host.server._ports.wall_clock
        assert isinstance(clock, SimWallClock)
        clock.skew_seconds = -3_600.0
        async with wire(host.network) as it:
            await it.join(credential=ticket(host))


async def test_when_the_store_is_away_no_ticket_is_taken(autojump_clock: MockClock, caplog: pytest.LogCaptureFixture) -> None:
    desk = admission(BrokenStore())
    with pytest.raises(Refused, match="nobody can be let in at the moment"):
        await desk.standing_of(hello(desk.mint(room="toy1", rank=Rank.PLAYER)), Caller())
    assert "the store is away" in caplog.text


async def test_who_asks_something_of_the_whole_server_shows_an_admins_ticket(autojump_clock: MockClock) -> None:
    desk = admission()
    shown = desk.mint(room=ANY_ROOM, rank=Rank.ADMIN, account="root")
    assert (await desk.admin_standing(shown, Caller())).account == "root"
    for wrong in (None, "", "gold", shown, *(desk.mint(room="toy1", rank=rank) for rank in Rank)):
        with pytest.raises(Refused):
            await desk.admin_standing(wrong, Caller())


# -- in numbers ----------------------------------------------------------------------------------------------------------------
def test_the_figures_of_admission_in_their_small_form() -> None:
    for row in measure(small=True):
        assert row.reached, f"{row.what}: {row.measured}"

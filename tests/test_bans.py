"""Who is banned, or whose ticket is void, is not let in; and is sent away from every server of the store within two seconds."""

from __future__ import annotations

import ipaddress
import json
import random
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import attrs
import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from gameserver import Refused
from gameserver.bans import BANS, REVOKED_SECONDS, Bans
from gameserver.caller import Caller
from gameserver.core.limits import BAN_POLL_SECONDS, MAX_BAN_SECONDS
from gameserver.core.messages import NoticeCode, Welcome
from gameserver.core.rights import Rank
from gameserver.guard import NoGuard
from gameserver.net.logfiles import FileStore
from gameserver.net.memory import MemoryStore
from gameserver.net.simulated import SimDisk, SimHost, SimRandomness, SimWallClock, simulated_ports
from gameserver.rooms import Rooms
from gameserver.server import Server
from gameserver.standing import Standing
from tests.helpers import HOST, PORT, Host, Toy, serving, wire

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from trio.testing import MockClock

    from gameserver.ports import Store
    from tests.helpers import Wire

GONE_SECONDS = 2.0
"""In which whoever is banned is sent away, wherever he is."""


def standing(*, account: str | None = None, address: str = "203.0.113.7", ticket: str | None = None) -> Standing:
    return Standing(rank=Rank.PLAYER, account=account, ticket=ticket, caller=Caller(address=address))


def bans_of(store: Store, on_change: Callable[[], None] = lambda: None) -> Bans:
    return Bans(store=store, randomness=SimRandomness(random.Random(1)), wall_clock=SimWallClock(), on_change=on_change)


def words(bans: Bans, who: Standing) -> str | None:
    """What he is told; None: he may come in."""
    try:
        bans.check(who)
    except Refused as refusal:
        return str(refusal)
    return None


# -- the list ---------------------------------------------------------------------------------------------------------------
async def test_an_account_is_banned_until_its_time_is_over(autojump_clock: MockClock) -> None:
    bans = bans_of(MemoryStore())
    made = await bans.ban(account="bob", seconds=3_600, reason="aimbot", by="eve")
    assert bans.active == [made] and made.by == "eve"
    told = words(bans, standing(account="bob"))
    assert told is not None and told.startswith("you are banned until 20") and told.endswith(" UTC: aimbot")
    assert words(bans, standing(account="bobby")) is None
    assert words(bans, standing()) is None
    await trio.sleep(3_600)
    assert words(bans, standing(account="bob")) is None
    assert bans.active == []


@pytest.mark.parametrize(
    ("banned", "inside", "outside"),
    [
        ("203.0.113.7", ["203.0.113.7", "::ffff:203.0.113.7"], ["203.0.113.8", "2001:db8::1", "", "nonsense"]),
        ("203.0.113.0/24", ["203.0.113.0", "203.0.113.255"], ["203.0.112.255", "203.0.114.0"]),
        ("2001:db8::1", ["2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff"], ["2001:db8:0:1::1", "203.0.113.7"]),
        ("2001:db8::/32", ["2001:db8:1234::1"], ["2001:db9::1"]),
        ("::ffff:203.0.113.7", ["203.0.113.7"], ["203.0.113.8"]),
    ],
)
async def test_a_network_is_banned(banned: str, inside: list[str], outside: list[str]) -> None:
    bans = bans_of(MemoryStore())
    await bans.ban(address=banned, seconds=60, reason="x")
    assert all(words(bans, standing(address=address)) for address in inside)
    assert not any(words(bans, standing(address=address)) for address in outside)


addresses = st.ip_addresses(v=4).filter(lambda address: not address.is_loopback)


@given(st.lists(st.tuples(addresses, st.integers(8, 32)), max_size=8), st.lists(addresses, max_size=8))
def test_looking_a_network_up_is_searching_for_it(banned: list[tuple[Any, int]], callers: list[Any]) -> None:
    networks = [ipaddress.ip_network((address, bits), strict=False) for address, bits in banned]
    networks = [network for network in networks if not network.is_loopback]

    async def look_up() -> None:
        bans = bans_of(MemoryStore())
        for network in networks:
            await bans.ban(address=str(network), seconds=60, reason="x")
        for caller in [*callers, *(address for address, _ in banned)]:
            is_in = any(caller in network for network in networks)
            assert (words(bans, standing(address=str(caller))) is not None) is is_in

    trio.run(look_up)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({}, "either an account or an address"),
        ({"account": "bob", "address": "203.0.113.7"}, "either an account or an address"),
        ({"account": ""}, "no account"),
        ({"address": "example.org"}, "no address, and no network like"),
        ({"address": "203.0.113.0/33"}, "no address, and no network like"),
        ({"address": "0.0.0.0/0"}, "would shut out too many"),
        ({"address": "2001::/8"}, "would shut out too many"),
        ({"address": "127.0.0.1"}, "this machine: name the proxy"),
        ({"address": "::1/128"}, "this machine: name the proxy"),
        ({"account": "bob", "reason": ""}, "a reason has 1 to"),
        ({"account": "bob", "reason": "x" * 101}, "a reason has 1 to"),
        ({"account": "bob", "reason": "a\nb"}, "a reason has 1 to"),
        ({"account": "bob", "seconds": 0}, "lasts more than 0"),
        ({"account": "bob", "seconds": float("nan")}, "lasts more than 0"),
        ({"account": "bob", "seconds": MAX_BAN_SECONDS + 1}, "lasts more than 0"),
    ],
)
async def test_a_ban_that_cannot_be_is_refused_in_words(wrong: dict[str, Any], says: str) -> None:
    store = MemoryStore()
    with pytest.raises(ValueError, match=says):
        await bans_of(store).ban(**{"seconds": 60, "reason": "x", **wrong})
    assert await store.read(BANS) == []


async def test_a_ban_is_lifted(autojump_clock: MockClock) -> None:
    bans = bans_of(MemoryStore())
    long = await bans.ban(account="bob", seconds=7_200, reason="long")
    short = await bans.ban(account="bob", seconds=60, reason="short")
    assert (words(bans, standing(account="bob")) or "").endswith("long"), "the one that ends last counts"
    assert await bans.lift(long.id) == long
    assert (words(bans, standing(account="bob")) or "").endswith("short")
    assert await bans.lift(short.id) == short
    assert words(bans, standing(account="bob")) is None
    assert await bans.lift(short.id) is None


async def test_what_is_banned_outlives_the_server(autojump_clock: MockClock) -> None:
    disk = SimDisk(random.Random(1))
    first = bans_of(FileStore(disk))
    kept = await first.ban(account="bob", seconds=3_600, reason="x")
    lifted = await first.ban(address="203.0.113.7", seconds=3_600, reason="y")
    await first.ban(account="short", seconds=1, reason="z")
    await first.lift(lifted.id)
    await trio.sleep(2)
    second = bans_of(FileStore(disk))
    await second.refresh()
    assert second.active == [kept]
    assert words(second, standing(account="bob")) and not words(second, standing())


async def test_a_record_that_cannot_be_read_costs_no_other(caplog: pytest.LogCaptureFixture) -> None:
    store = MemoryStore()
    for record in (
        b"",
        b"[]",
        b"5",
        b"{}",
        b'{"kind":"future"}',
        b'{"kind":"ban"}',
        b"\xff",
        b'{"kind":"revoke","number":1}',
        b"null",
        b'{"kind":"ban","id":"1","account":null,"network":"no network","since":0,"until":9e9,"reason":"x","by":null}',
        b'{"kind":"ban","id":"2","account":"bob","network":null,"since":0,"until":1e300,"reason":"x","by":null}',
        b'{"kind":"ban","id":"3","account":"bob","network":null,"since":0,"until":Infinity,"reason":"x","by":null}',
    ):
        await store.append(BANS, record)
    bans = bans_of(store)
    lifted, made = [await bans.ban(account=account, seconds=60, reason="x") for account in ("ann", "bob")]
    await bans.lift(lifted.id)
    assert bans.active == [made]
    assert words(bans, standing(account="bob")) and not words(bans, standing(account="ann"))
    assert "passed over" in caplog.text


class Broken(MemoryStore):
    """Fails when it is told to."""

    fails = False

    async def read(self, log: str, start: int = 0, most: int = 100) -> list[bytes]:
        if self.fails:
            raise OSError("no way to get there")
        return await super().read(log, start, most)


async def test_a_store_that_fails_is_told_of_once_and_known_bans_count(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    store = Broken()
    bans = bans_of(store)
    await bans.ban(account="bob", seconds=3_600, reason="x")
    store.fails = True
    with trio.move_on_after(60):
        await bans.run()
    assert words(bans, standing(account="bob"))
    assert caplog.text.count("cannot be read") == 1
    store.fails = False
    await bans_of(store).ban(account="ann", seconds=3_600, reason="x")
    with trio.move_on_after(BAN_POLL_SECONDS):
        await bans.run()
    assert words(bans, standing(account="ann"))


async def test_a_log_that_does_not_grow_is_not_read_again(autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its size is asked for: another server may have written."""
    disk = SimDisk(random.Random(1))
    bans = bans_of(FileStore(disk))
    await bans.ban(account="bob", seconds=3_600, reason="x")
    await bans.refresh()
    calls = disk.calls
    monkeypatch.setattr(disk, "read", None)
    with trio.move_on_after(60.5 * BAN_POLL_SECONDS):
        await bans.run()
    assert disk.calls == calls + 61


# -- on servers -------------------------------------------------------------------------------------------------------------
@asynccontextmanager
async def two_servers(*, folder: SimDisk | None = None) -> AsyncIterator[tuple[Host, Host]]:
    """They share a store, or this folder (`--data`), and nothing else."""
    shared = MemoryStore()
    async with trio.open_nursery() as nursery:
        hosts = []
        for seed in (1, 2):
            store = FileStore(folder) if folder is not None else shared
            ports = attrs.evolve(simulated_ports(seed), store=store)
            server = Server(Rooms(ports=ports, games={"toy": Toy}, maps={}, guard=NoGuard()), ports=ports)
            await server.listen(HOST, PORT)
            nursery.start_soon(server.run)
            hosts.append(Host(server, ports.network))
        await trio.testing.wait_all_tasks_blocked()
        yield hosts[0], hosts[1]
        nursery.cancel_scope.cancel()


def ticket(host: Host, account: str | None = None, room: str = "toy1") -> str:
    return host.server.admission.mint(room=room, rank=Rank.PLAYER, account=account)


async def gone(line: Wire) -> str:
    """What he is told who is sent away, and within GONE_SECONDS."""
    with trio.fail_after(GONE_SECONDS):
        assert await line.end() == 1008
    assert line.notice is not None and line.notice.code == NoticeCode.KICKED
    return line.notice.text


async def test_who_is_banned_is_gone_from_every_server_within_two_seconds(autojump_clock: MockClock) -> None:
    rng = random.Random(7)
    for number in range(10):  # moments between two looks
        folder = SimDisk(rng) if number % 2 else None
        async with two_servers(folder=folder) as (one, two), wire(two.network) as line, wire(two.network) as other:
            await line.join(credential=ticket(two, "bob"))
            await other.join(credential=ticket(two, "ann"), name="ben")
            await trio.sleep(rng.uniform(0, 3))
            await one.server.bans.ban(account="bob", seconds=60, reason="aimbot")
            assert "aimbot" in await gone(line)
            await trio.sleep(0.2)
            assert list(two.server.rooms["toy1"].simulation.players) == [2], "nobody else is touched"
            async with wire(two.network) as again:
                await again.say(again.hello(credential=ticket(two, "bob")))
                assert "you are banned" in await gone(again)
            with pytest.raises(Refused, match="you are banned"):
                two.server.may_enter("toy1", None, standing(account="bob"))


async def test_an_address_is_banned_on_an_open_server_and_its_seat_is_free_at_once(autojump_clock: MockClock) -> None:
    async with serving(rooms=("toy1",)) as host:
        away, here = SimHost(host.network, "203.0.113.7"), SimHost(host.network, "203.0.113.8")
        async with wire(away) as line, wire(here) as other:
            welcome = await line.join()
            await other.join()
            await host.server.bans.ban(address="203.0.113.7", seconds=60, reason="x")
            await gone(line)
            for credential in (welcome.resume, None):
                async with wire(away) as again:
                    await again.say(again.hello(credential=credential))
                    with trio.fail_after(GONE_SECONDS):
                        assert await again.end() == 1008
            await trio.sleep(1.0)
            assert [seat.player for seat in host.server.rooms["toy1"].seats] == [2]


async def test_who_comes_back_from_a_banned_address_does_not_get_his_seat(autojump_clock: MockClock) -> None:
    async with serving(rooms=("toy1",)) as host:
        async with wire(SimHost(host.network, "198.51.100.1")) as line:
            welcome = await line.join()
        await host.server.bans.ban(address="203.0.113.7", seconds=60, reason="x")
        async with wire(SimHost(host.network, "203.0.113.7")) as again:
            await again.say(again.hello(credential=welcome.resume))
            assert "you are banned" in await gone(again)
        async with wire(SimHost(host.network, "198.51.100.2")) as again:
            await again.say(again.hello(credential=welcome.resume))
            assert (await again.until(Welcome)).player == welcome.player
        (seat,) = host.server.rooms["toy1"].seats
        assert seat.standing.caller.address == "198.51.100.2", "a ban of where he is now would find him"


async def test_who_is_away_or_about_to_enter_is_sent_away_too(autojump_clock: MockClock) -> None:
    async with serving(rooms=("toy1",)) as host:
        async with wire(host.network) as line:
            await line.join(credential=ticket(host, "bob"))
        async with wire(host.network) as entering:
            await entering.say(entering.hello(credential=ticket(host, "bob")))
            await entering.until(Welcome)
            assert len(host.server.rooms["toy1"].seats) == 2
            await host.server.bans.ban(account="bob", seconds=60, reason="x")
            await gone(entering)
        assert host.server.rooms["toy1"].seats == []


async def test_a_revoked_ticket_opens_nothing_and_ends_what_it_has_opened(autojump_clock: MockClock) -> None:
    async with two_servers() as (one, two), wire(two.network) as line, wire(two.network) as other:
        await line.join(credential=ticket(two))
        await other.join(credential=ticket(two))
        number = two.server.rooms["toy1"].seats[0].standing.ticket
        assert number is not None
        await one.server.bans.revoke(number)
        assert await gone(line) == "your ticket was revoked"
        await trio.sleep(0.5)
        assert [seat.player for seat in two.server.rooms["toy1"].seats] == [2]
        with pytest.raises(ValueError, match="32 digits"):
            await one.server.bans.revoke("x")


async def test_void_tickets_are_forgotten_once_nobody_takes_them_any_more(autojump_clock: MockClock) -> None:
    store = MemoryStore()
    bans = bans_of(store)
    number = "ab" * 16
    await bans.revoke(number)
    assert words(bans, standing(ticket=number)) == "your ticket was revoked"
    await trio.sleep(REVOKED_SECONDS)
    assert bans.active == [] and bans._revoked == {}
    late = bans_of(store)
    await late.refresh()
    assert late._revoked == {}
    assert json.loads((await store.read(BANS))[0])["number"] == number

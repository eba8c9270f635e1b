"""By which names the server answers, from which pages, and how many of one address it serves."""

from __future__ import annotations

import contextlib
import random
import re
from typing import TYPE_CHECKING, Final

import attrs
import pytest
import trio
from gameclient.client import Client

from gameserver.api import make_app
from gameserver.caller import Caller, bucket_of, is_loopback, plain_address
from gameserver.core.limits import (
    ADDRESS_CONNECTIONS,
    ADDRESS_CONNECTS_BURST,
    ADDRESS_CONNECTS_PER_SECOND,
    ADDRESS_UNADMITTED,
    HANDSHAKE_SECONDS,
    MAX_CONNECTIONS,
    OPENINGS_PER_MINUTE,
)
from gameserver.core.rates import Rates
from gameserver.doors import Doors, make_doors, parse_name, parse_origin
from gameserver.net.gate import HeadRefused, Sender, vet
from gameserver.settings import ServeSettings
from tests.helpers import HOST, PORT, Host, serving, wire
from tests.web import Answer, read_answer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractAsyncContextManager

    from trio.testing import MockClock

    from gameserver.net.simulated import SimNetwork
    from gameserver.ports import Listener

FAR: Final = "203.0.113.7"
DOORS: Final = make_doors(
    listens_on="0.0.0.0",
    hosts=["play.example", "api.play.example:8443"],
    origins=["https://www.example:443", "http://dev.example:3000"],
    proxies=["10.0.0.0/8"],
)


def upgrade(*headers: str, host: str = f"127.0.0.1:{PORT}") -> bytes:
    return "\r\n".join(
        [
            "GET /ws/toy1 HTTP/1.1",
            f"Host: {host}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Version: 13",
            *headers,
            "",
            "",
        ]
    ).encode()


def request(path: str, *headers: str, host: str = f"127.0.0.1:{PORT}", method: str = "GET") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", f"Host: {host}", *headers, "", ""]).encode()


async def answer(host: Host, data: bytes, *, source: str = HOST) -> Answer:
    """What comes back at first; a line that has become a WebSocket is left."""
    stream = await host.network.connect(HOST, PORT, source=source)
    try:
        await stream.send_all(data)
        said = b""
        while b"\r\n\r\n" not in said or b" 101 " not in said:
            more = await stream.receive_some()
            if not more:
                break
            said += more
        return read_answer(said)
    finally:
        await trio.aclose_forcefully(stream)


def behind_doors(doors: Doors = DOORS) -> AbstractAsyncContextManager[Host]:
    return serving(doors=doors, web=make_app)


# -- Origin ------------------------------------------------------------------------------------------------------------------
OWN: Final = f"http://127.0.0.1:{PORT}"
ORIGINS: Final[dict[str, tuple[str, ...]]] = {
    "null": ("null",),
    "nothing": ("",),
    "another scheme": (f"https://127.0.0.1:{PORT}",),
    "a scheme of files": ("file://",),
    "an extension": ("chrome-extension://abcdefghijklmnop",),
    "another port": (f"http://127.0.0.1:{PORT + 1}",),
    "no port": ("http://127.0.0.1",),
    "another name for the same machine": (f"http://localhost:{PORT}",),
    "another host": ("http://evil.example",),
    "ours as a suffix": (f"http://evil127.0.0.1:{PORT}",),
    "ours as a subdomain": (f"http://127.0.0.1.evil.example:{PORT}",),
    "an allowed one as a suffix": ("https://evil-www.example",),
    "a subdomain of an allowed one": ("https://a.www.example",),
    "an allowed one over plain HTTP": ("http://www.example",),
    "an allowed one on another port": ("https://www.example:8443",),
    "an allowed one with a dot behind": ("https://www.example.",),
    "an allowed one with a path": ("https://www.example/",),
    "userinfo": (f"http://127.0.0.1:{PORT}@evil.example",),
    "userinfo in front of ours": (f"http://evil@127.0.0.1:{PORT}",),
    "a homograph": ("https://www.xn--xample-2of",),
    "blanks in it": ("https://www. example",),
    "two in one": (f"{OWN} {OWN}",),
    "two with a comma": (f"{OWN},{OWN}",),
    "two headers": (OWN, "http://evil.example"),
    "two headers alike": (OWN, OWN),
    "a port with zeros": (f"http://127.0.0.1:0{PORT}",),
    "a port that is none": ("http://127.0.0.1:99999",),
    "another notation of the address": (f"http://2130706433:{PORT}",),
    "a tab": (f"{OWN}\t.evil.example",),
}


@pytest.mark.parametrize("origins", ORIGINS.values(), ids=ORIGINS)
async def test_a_page_of_another_origin_gets_no_websocket(origins: tuple[str, ...], autojump_clock: MockClock) -> None:
    async with behind_doors() as host:
        said = await answer(host, upgrade(*(f"Origin: {origin}" for origin in origins)))
        assert said.status == 403
        assert "--origin" in said.text
        assert host.server.counts.refused == 1


@pytest.mark.parametrize(
    ("origin", "host_header"),
    [
        (None, f"127.0.0.1:{PORT}"),
        (OWN, f"127.0.0.1:{PORT}"),
        (OWN.upper(), f"127.0.0.1:{PORT}"),
        (f"http://localhost:{PORT}", f"localhost:{PORT}"),
        (f"http://localhost:{PORT}", f"LocalHost:{PORT}"),
        ("http://play.example", "play.example"),
        ("http://play.example:80", "play.example"),
        ("http://play.example", "play.example:80"),
        ("http://[::1]:9000", "[::1]:9000"),
        ("http://[0:0::1]:9000", "[::1]:9000"),
        ("https://www.example", f"127.0.0.1:{PORT}"),
        ("HTTPS://WWW.example:443", f"127.0.0.1:{PORT}"),
        ("http://dev.example:3000", "play.example"),
    ],
)
async def test_our_own_pages_and_allowed_ones_and_programs_may_connect(
    origin: str | None, host_header: str, autojump_clock: MockClock
) -> None:
    async with behind_doors() as host:
        headers = [f"Origin: {origin}"] if origin is not None else []
        assert (await answer(host, upgrade(*headers, host=host_header))).status == 101


async def test_bytes_that_are_no_text_are_no_origin(autojump_clock: MockClock) -> None:
    async with behind_doors() as host:
        said = await answer(host, upgrade("Origin: https://www.ex\u0430mple"))
        assert said.status == 400


async def test_who_may_read_is_not_asked_where_he_comes_from_and_who_may_change_is(autojump_clock: MockClock) -> None:
    async with behind_doors() as host:
        foreign = "Origin: http://evil.example"
        assert (await answer(host, request("/", foreign))).status == 200
        assert (await answer(host, request("/", foreign, "Content-Length: 0", method="POST"))).status == 403
        assert (await answer(host, request("/", f"Origin: {OWN}", "Content-Length: 0", method="POST"))).status == 405


async def test_a_trusted_proxy_says_whether_the_page_came_over_tls(autojump_clock: MockClock) -> None:
    async with behind_doors() as host:
        for proxy, proto, origin, status in [
            ("10.0.0.1", "https", "https://play.example", 101),
            ("10.0.0.1", "https", "http://play.example", 403),
            ("10.0.0.1", "http", "https://play.example", 403),
            ("10.0.0.1", "http", "http://play.example", 101),
            (FAR, "https", "https://play.example", 403),
        ]:
            data = upgrade(f"X-Forwarded-Proto: {proto}", f"Origin: {origin}", host="play.example")
            assert (await answer(host, data, source=proxy)).status == status


async def test_a_server_without_lists_takes_any_page_and_any_name(autojump_clock: MockClock) -> None:
    async with behind_doors(Doors()) as host:
        assert (await answer(host, upgrade("Origin: null", host="x"))).status == 101


# -- Host --------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "is_ours"),
    [
        ("127.0.0.1:8765", True),
        ("127.0.0.1", True),
        ("localhost:8765", True),
        ("localhost:9999", True),
        ("LOCALHOST", True),
        ("[::1]:8765", True),
        ("play.example", True),
        ("play.example:8443", True),
        ("api.play.example:8443", True),
        ("api.play.example", False),
        ("api.play.example:8444", False),
        ("evil.example:8765", False),
        ("play.example.", False),
        ("evilplay.example", False),
        ("play.example.evil.example", False),
        ("localhost.evil.example", False),
        ("10.1.2.3:8765", False),
        ("2130706433", False),
        ("[::2]", False),
    ],
)
async def test_only_who_means_this_server_is_answered(name: str, is_ours: bool, autojump_clock: MockClock) -> None:
    async with behind_doors() as host:
        assert (await answer(host, upgrade(host=name))).status == (101 if is_ours else 421)
        said = await answer(host, request("/", host=name))
        assert said.status == (200 if is_ours else 421)
        assert is_ours or "--allow-host" in said.text
        for probe in ("/healthz", "/readyz?x=1"):
            assert (await answer(host, request(probe, host=name))).status == 200, "a load balancer has an address only"


def test_the_address_by_which_somebody_came_is_a_good_name() -> None:
    DOORS.check_host(Sender("192.168.1.5:8765"), "192.168.1.5")
    DOORS.check_host(Sender("[fe80::1]"), "fe80::1")
    with pytest.raises(HeadRefused):
        DOORS.check_host(Sender("192.168.1.6:8765"), "192.168.1.5")


async def test_a_python_client_writes_a_host_that_is_one(autojump_clock: MockClock) -> None:
    doors = make_doors(listens_on="::1", hosts=(), origins=(), proxies=())
    async with serving(doors=doors) as host:
        seen: list[str] = []

        async def play(client: Client) -> None:
            await client.next_snapshot()
            seen.append(client.room)

        for address in ("127.0.0.1", "localhost"):
            await Client(f"ws://{address}:{PORT}/ws/toy1", game="toy", name="ann", network=host.network).run(play)
        network = SixToFour(host.network)
        await Client(f"ws://[::1]:{PORT}/ws/toy1", game="toy", name="ann", network=network).run(play)
        assert seen == ["toy1"] * 3


@attrs.frozen
class SixToFour:
    """A network on which ::1 is where 127.0.0.1 is."""

    network: SimNetwork

    async def listen(self, host: str, port: int) -> Sequence[Listener]:
        return await self.network.listen(host, port)

    async def connect(self, host: str, port: int) -> trio.abc.Stream:
        return await self.network.connect({"::1": HOST}.get(host, host), port)


# -- who it is ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("peer", "forwarded_for", "address"),
    [
        (FAR, None, FAR),
        (FAR, "1.2.3.4", FAR),
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", "1.2.3.4", "1.2.3.4"),
        ("10.0.0.1", "6.6.6.6, 1.2.3.4", "1.2.3.4"),
        ("10.0.0.1", "6.6.6.6, 1.2.3.4, 10.9.9.9", "1.2.3.4"),
        ("10.0.0.1", "127.0.0.1, 1.2.3.4", "1.2.3.4"),
        ("10.0.0.1", "1.2.3.4:5678", "1.2.3.4"),
        ("10.0.0.1", "[2001:db8::1]:443", "2001:db8::1"),
        ("10.0.0.1", "2001:DB8:0::1", "2001:db8::1"),
        ("10.0.0.1", "1.2.3.4, garbage", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "1.2.3.4, unknown, 10.2.2.2", "10.2.2.2"),
    ],
)
def test_only_a_trusted_proxy_says_whom_it_speaks_for(peer: str, forwarded_for: str | None, address: str) -> None:
    assert DOORS.caller(peer, Sender(forwarded_for=forwarded_for)).address == address


@pytest.mark.parametrize(
    ("sender", "peer", "is_near"),
    [
        (Sender(), HOST, True),
        (Sender(), "::1", True),
        (Sender(is_relayed=True), HOST, False),
        (Sender(), FAR, False),
        (Sender(), "", False),
    ],
)
def test_who_is_near_has_come_without_a_proxy(sender: Sender, peer: str, is_near: bool) -> None:
    assert DOORS.caller(peer, sender).is_near is is_near


def test_a_relayed_request_is_known_by_its_headers() -> None:

    assert not vet(request("/")).sender.is_relayed
    for header in ("X-Forwarded-For: 1.2.3.4", "Forwarded: for=1.2.3.4", "Via: 1.1 x"):
        assert vet(request("/", header)).sender.is_relayed


async def test_a_proxy_that_was_not_named_is_told_of_once(autojump_clock: MockClock, caplog: pytest.LogCaptureFixture) -> None:
    async with behind_doors() as host:
        relayed = request("/", "X-Forwarded-For: 1.2.3.4")
        for peer, data in (("8.7.6.5", relayed), ("10.0.0.1", relayed), (HOST, request("/"))):
            assert (await answer(host, data, source=peer)).status == 200
        assert "--proxy" not in caplog.text, "a stranger may say so, a named one and a program on this machine are as they should"
        for _ in range(2):
            assert (await answer(host, relayed)).status == 200
    (line,) = caplog.messages
    assert f"come from {HOST} through a proxy" in line and f"--proxy {HOST}" in line


@pytest.mark.parametrize(
    ("address", "bucket"),
    [
        ("1.2.3.4", "1.2.3.4"),
        ("::ffff:1.2.3.4", "1.2.3.4"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("x", ""),
    ],
)
def test_addresses_are_counted_as_those_who_have_them(address: str, bucket: str) -> None:
    assert bucket_of(address) == Caller(address=address).bucket == bucket


def test_what_is_loopback() -> None:
    assert all(is_loopback(address) for address in ("127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"))
    assert not any(is_loopback(address) for address in ("", "localhost.", "1.2.3.4", "::2"))
    assert plain_address("nonsense") == ""


def test_names_and_origins_are_read_strictly() -> None:
    assert parse_name("A.Example:80") == parse_name("a.example:80")
    assert all(parse_name(text) is None for text in ("", "a b", "a:", "a:0", "a:65536", "a:1:2", "[::1", "[::g]", "ü", "a/b"))
    assert parse_origin("https://a") == parse_origin("HTTPS://A:443") != parse_origin("http://a")


@pytest.mark.parametrize("text", ["0.0.0.0/0", "::/0", "10.0.0.1/8", "proxy.example", ""])
def test_what_is_no_proxy_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match=f"^--proxy {re.escape(text)}: "):
        make_doors(listens_on="::1", hosts=(), origins=(), proxies=[text])


# -- caps of one address -----------------------------------------------------------------------------------------------------
async def connect(host: Host, source: str) -> trio.abc.Stream:
    return await host.network.connect(HOST, PORT, source=source)


async def first_answer(stream: trio.abc.Stream) -> bytes:
    said = b""
    while more := await stream.receive_some():
        said += more
    return said


async def test_of_one_address_few_may_wait_to_say_what_they_want(autojump_clock: MockClock) -> None:
    async with behind_doors() as host:
        waiting = [await connect(host, FAR) for _ in range(ADDRESS_UNADMITTED)]
        said = read_answer(await first_answer(await connect(host, FAR)))
        assert said.status == 503 and said.headers["retry-after"] == "1"
        async with wire(host.network.at("203.0.113.8")) as other:
            await other.join()
        await trio.sleep(HANDSHAKE_SECONDS + 1)
        assert host.server.unadmitted == 0
        async with wire(host.network.at(FAR)) as it:
            await it.join()
        for stream in waiting:
            await trio.aclose_forcefully(stream)
        await trio.sleep(1)
        assert len(host.server._entrance.crowd) == 0, "nobody is remembered who has gone"


async def test_of_one_address_no_more_than_twenty_are_served(autojump_clock: MockClock) -> None:
    async with behind_doors() as host, trio.open_nursery() as nursery:

        async def stay(address: str, task_status: trio.TaskStatus[None]) -> None:
            async with wire(host.network.at(address), f"toy{address[-1]}") as it:
                await it.say(it.hello(role=1))  # type: ignore[arg-type] # a spectator
                await it.hear()
                task_status.started()
                await trio.sleep_forever()

        for number in range(ADDRESS_CONNECTIONS):
            await nursery.start(stay, FAR if number % 2 else "::ffff:" + FAR)
            await trio.sleep(1 / ADDRESS_CONNECTS_PER_SECOND)
        assert read_answer(await first_answer(await connect(host, FAR))).status == 503
        async with wire(host.network.at("2001:db8::1")) as other:
            await other.join()
        nursery.cancel_scope.cancel()


async def test_one_address_may_not_connect_as_often_as_it_likes(autojump_clock: MockClock) -> None:
    async with behind_doors() as host:

        async def ask(source: str) -> int:
            return (await answer(host, request("/healthz"), source=source)).status

        network = "2001:db8:0:7::"
        statuses = [await ask(f"{network}{number + 1:x}") for number in range(ADDRESS_CONNECTS_BURST + 5)]
        assert statuses == ADDRESS_CONNECTS_BURST * [200] + 5 * [503], "a /64 is one"
        assert await ask("2001:db8:0:8::1") == 200
        await trio.sleep(1)
        assert [await ask(network + "1") for _ in range(ADDRESS_CONNECTS_PER_SECOND + 1)] == ADDRESS_CONNECTS_PER_SECOND * [200] + [
            503
        ]


async def test_a_school_behind_one_address_is_let_in_where_the_operator_says_so(autojump_clock: MockClock) -> None:
    for share in (2, 0.25):
        per_address = round(share * ADDRESS_CONNECTIONS)
        most = round(share * ADDRESS_CONNECTS_BURST)
        async with behind_doors(attrs.evolve(DOORS, per_address=per_address)) as host:
            statuses = [(await answer(host, request("/healthz"), source=FAR)).status for _ in range(most + 1)]
            assert statuses == most * [200] + [503], "as many more in a second"
            await trio.sleep(10)
            waiting = [await connect(host, FAR) for _ in range(per_address)]
            await trio.sleep(0.1)
            assert host.server.unadmitted == round(share * ADDRESS_UNADMITTED), "and at once"
            for stream in waiting:
                await trio.aclose_forcefully(stream)


@pytest.mark.parametrize(("said", "most"), [(ADDRESS_CONNECTIONS, ADDRESS_CONNECTIONS), (200, 200), (0, MAX_CONNECTIONS)])
def test_what_the_operator_says_of_one_address_is_what_counts(said: int, most: int) -> None:
    assert ServeSettings(per_address=said).doors().per_address == most


async def test_loopback_is_counted_only_where_that_is_wanted(autojump_clock: MockClock) -> None:
    for counts in (False, True):
        async with behind_doors(Doors(counts_loopback=counts)) as host:
            statuses = {(await answer(host, request("/healthz"))).status for _ in range(ADDRESS_CONNECTS_BURST + 1)}
            assert statuses == ({200, 503} if counts else {200})


async def test_behind_a_proxy_its_clients_are_counted_and_not_the_proxy(autojump_clock: MockClock) -> None:
    async with behind_doors() as host:

        async def ask(client: str) -> int:
            data = request("/", f"X-Forwarded-For: 6.6.6.6, {client}", host="play.example")
            return (await answer(host, data, source="10.0.0.1")).status

        assert [await ask(FAR) for _ in range(ADDRESS_CONNECTS_BURST + 1)] == ADDRESS_CONNECTS_BURST * [200] + [503]
        assert [await ask(f"198.51.100.{n}") for n in range(50)] == 50 * [200]


async def test_behind_a_proxy_the_anteroom_knows_its_clients_apart_too(autojump_clock: MockClock) -> None:
    async with behind_doors() as host:
        host.server._entrance.anteroom._places = 4
        waiting = []
        for client in ("198.51.100.1", FAR, FAR, FAR, "198.51.100.2"):
            waiting.append(await host.network.connect(HOST, PORT, source="10.0.0.1"))
            await waiting[-1].send_all(upgrade(f"X-Forwarded-For: {client}", host="play.example"))
            await trio.sleep(0.1)
        here = [guest.address for guest in host.server._entrance.anteroom.guests]
        assert here == ["198.51.100.1", FAR, FAR, "198.51.100.2"], "who has the most there makes way, and not who came first"
        for stream in waiting:
            await trio.aclose_forcefully(stream)


async def test_a_flood_is_closed_when_telling_it_so_would_cost_too_much(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gameserver.entrance.MAX_TURNED_AWAY", 2)
    async with behind_doors() as host:
        streams = [await connect(host, FAR) for _ in range(ADDRESS_UNADMITTED + 4)]
        await trio.sleep(0.1)
        assert host.server.unadmitted == ADDRESS_UNADMITTED, "who is turned away takes nobody's place"
        told = 0
        for stream in streams[ADDRESS_UNADMITTED:]:
            with contextlib.suppress(trio.BrokenResourceError):
                told += b"503" in await stream.receive_some()
        assert told == 2
        for stream in streams:
            await trio.aclose_forcefully(stream)


async def test_one_address_opens_few_rooms_a_minute(autojump_clock: MockClock) -> None:
    async with serving(rooms=["kept"]) as host:

        async def come(room: str, source: str = FAR) -> bool:
            async with wire(host.network.at(source), room) as it:
                await it.say(it.hello())
                await it.hear()
                assert it.notice is None or "rooms a minute are enough" in it.notice.text
                return it.notice is None

        assert [await come(f"r{n}") for n in range(OPENINGS_PER_MINUTE + 1)] == OPENINGS_PER_MINUTE * [True] + [False]
        assert await come("kept") and await come("r1"), "rooms that are there, or that the host planned, cost nothing"
        assert await come("other", "203.0.113.8")
        assert all([await come(f"near{n}", HOST) for n in range(2 * OPENINGS_PER_MINUTE)])
        await trio.sleep(60 / OPENINGS_PER_MINUTE)
        assert await come("again")


def test_rates_remember_nobody_for_longer_than_needed() -> None:
    rng = random.Random(1)
    rates = Rates(10, 20)
    now = 0.0
    for number in range(10_000):
        rates.take(f"key {number}", now)
        now += rng.random() * 0.02
    assert len(rates) < 500
    assert rates.take("a", now) == 0.0
    assert all(rates.take("a", now) == 0.0 for _ in range(19))
    assert rates.take("a", now) == pytest.approx(0.1)
    assert rates.take("a", now + 0.1) == 0.0
    assert rates.take("a", now + 100) == 0.0

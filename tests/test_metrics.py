"""GET /metrics: who may ask, and that the numbers are those of the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import pytest
import trio
from prometheus_client.parser import text_string_to_metric_families

from gameserver import metrics
from gameserver.api import make_app
from gameserver.core.limits import MAX_MESSAGE
from gameserver.core.messages import Notice, NoticeCode, Role
from gameserver.core.registry import Limit
from gameserver.standing import Rank
from tests.helpers import HOST, PORT, Toy, serving, wire
from tests.web import ask, get, read_answer

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from trio.testing import MockClock

    from gameserver.server import Server
    from tests.helpers import Host

FAR = "203.0.113.7"


def app(server: Server) -> Starlette:
    return make_app(server, metrics.routes(server, server.admission.check_admin))


async def scrape(host: Host) -> dict[tuple[str, str], float]:
    """The value of each, by its name and its label."""
    answer = await ask(host.network, get("/metrics"))
    assert answer.status == 200 and answer.headers["content-type"].startswith("text/plain; version=")
    return {
        (sample.name, next(iter(sample.labels.values()), "")): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


async def from_afar(host: Host, *headers: str) -> int:
    stream = await host.network.connect(HOST, PORT, source=FAR)
    said = b""
    async with stream:
        await stream.send_all(get("/metrics", *headers))
        while more := await stream.receive_some():
            said += more
    return read_answer(said).status


async def test_every_limit_that_is_counted_is_there_from_the_start(autojump_clock: MockClock) -> None:
    async with serving(web=app) as host:
        found = await scrape(host)
    counted = {label: value for (name, label), value in found.items() if name == "gameserver_limit_reached_total"}
    assert counted == {limit.label: 0.0 for limit in Limit if limit.is_counted}


async def test_the_numbers_are_those_of_the_server(autojump_clock: MockClock) -> None:
    async with serving(web=app) as host:
        async with wire(host.network) as ann, wire(host.network) as bob, wire(host.network, "toy2") as eve:
            await ann.join()
            await bob.join(role=Role.SPECTATOR, name="bob")
            await eve.join()
            await eve.say(bytes(MAX_MESSAGE + 1))
            await eve.end()
            await trio.sleep(2.0)  # until her line has gone
            found = await scrape(host)
            assert found["gameserver_limit_reached_total", "max_message"] == 1
            assert found["gameserver_seats", "person"] == 1
            assert found["gameserver_seats", "spectator"] == 1
            assert found["gameserver_rooms", "running"] + found["gameserver_rooms", "paused"] == 2
            assert found["gameserver_connections", ""] == 3, "two lines, and who asks"
            assert found["gameserver_http", "short"] == 1
            assert found["gameserver_ready", ""] == 1
            assert found["gameserver_admitted_total", ""] == 3
            assert found["gameserver_steps_total", ""] > 0
            assert found["gameserver_snapshot_bytes_total", ""] > 0
        for room in tuple(host.server.rooms.values()):
            room.close(Notice(NoticeCode.CLOSED, "closing"))
        await trio.sleep(1.0)
        assert not host.server.rooms
        after = await scrape(host)
        steps = ("gameserver_steps_total", "")
        assert after[steps] >= found[steps], "what a room has done that has closed is not forgotten"


async def test_what_a_room_counted_is_told_when_it_has_closed_too(autojump_clock: MockClock) -> None:
    async with serving(web=app, rooms=("toy1",)) as host:
        counts = host.server.rooms["toy1"].counts
        numbers = [name for name, value in attrs.asdict(counts, recurse=False).items() if type(value) in (int, float)]
        for number, name in enumerate(numbers, start=1):
            setattr(counts, name, 10 * number)
        host.server.counts.not_accepted = 7
        for look in ("while it is open", "when it has closed"):
            found = await scrape(host)
            assert found["gameserver_stand_ins_total", ""] == counts.stood_in >= 10, look
            assert found["gameserver_not_accepted_total", ""] == 7
            host.server.rooms["toy1"].close(Notice(NoticeCode.CLOSED, "closing")) if host.server.rooms else None
            await trio.sleep(1.0)
        assert {name: getattr(host.server.rooms.total, name) for name in numbers} == {
            name: getattr(counts, name) for name in numbers
        }


async def test_no_number_becomes_less_where_a_room_is_opened_anew_before_the_last_has_ended(autojump_clock: MockClock) -> None:
    """A counter that goes down has begun at 0 again, for who reads it, and all that it has is new."""
    async with serving(web=app, rooms=("toy1",)) as host:
        room = host.server.rooms["toy1"]
        room.counts.steps = 1_000
        room.close(Notice(NoticeCode.CLOSED, "closing"))
        assert host.server.rooms.reopen("toy1", Toy) is not room
        assert host.server.rooms.total.steps == 1_000
        await trio.sleep(1.0)
        assert host.server.rooms.total.steps == 1_000


async def test_no_room_and_no_name_of_a_peer_makes_it_longer(autojump_clock: MockClock) -> None:
    async with serving(web=app, rooms=("toy1",)) as host:
        before = set(await scrape(host))
        for number in range(30):
            async with wire(host.network, f"room{number}") as it:
                await it.join(name=f"eve{number}")
        assert set(await scrape(host)) == before


async def test_who_is_not_near_shows_the_ticket_of_an_admin_once(autojump_clock: MockClock) -> None:
    async with serving(web=app) as host:
        mint = host.server.admission.mint
        admin, host_only = mint(room="*", rank=Rank.ADMIN), mint(room="toy1", rank=Rank.HOST)
        assert await from_afar(host) == 401
        assert await from_afar(host, f"Authorization: Bearer {host_only}") == 401
        assert await from_afar(host, f"Authorization: Bearer {admin}") == 200
        assert await from_afar(host, f"Authorization: Bearer {admin}") == 401, "a ticket is used up"


@pytest.mark.parametrize("header", ["X-Forwarded-For: 127.0.0.1", "Forwarded: for=127.0.0.1"])
async def test_what_comes_through_a_proxy_on_this_machine_is_not_near(header: str, autojump_clock: MockClock) -> None:
    async with serving(web=app) as host:
        assert (await ask(host.network, get("/metrics", header))).status == 401

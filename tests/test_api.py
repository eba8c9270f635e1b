"""What a browser, a load balancer and a stranger are told over HTTP, through the whole server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import trio

from gameserver import server as server_module
from gameserver.api import make_app
from gameserver.core.limits import CLOSE_SECONDS
from gameserver.net.gate import SECURITY_HEADERS
from tests.helpers import HOST, PORT, serving, wire
from tests.web import ask, get

if TYPE_CHECKING:
    from trio.testing import MockClock

REQUESTS = {
    "the front": (get("/"), 200),
    "health": (get("/healthz"), 200),
    "readiness": (get("/readyz"), 200),
    "a room": (get("/ws/toy1"), 426),
    "nothing": (get("/nowhere"), 404),
    "nothing in JSON": (get("/nowhere", "Accept: application/json"), 404),
    "a method": (get("/healthz", method="POST"), 405),
    "an unknown method": (get("/", method="BREW"), 405),
    "a refusal of the gate": (get("/", "Transfer-Encoding: chunked"), 400),
}


@pytest.mark.parametrize(("request_", "status"), REQUESTS.values(), ids=REQUESTS)
async def test_every_answer_is_dressed_and_ends_the_connection(request_: bytes, status: int, autojump_clock: MockClock) -> None:
    async with serving(web=make_app) as host:
        answer = await ask(host.network, request_)
    assert answer.status == status
    for name, value in SECURITY_HEADERS:
        assert answer.headers[name.lower()] == value
    assert "close" in answer.headers["connection"]
    assert "server" not in answer.headers
    assert answer.seconds == 0


async def test_health_and_readiness(autojump_clock: MockClock) -> None:
    async with serving(web=make_app) as host:
        live, ready = await ask(host.network, get("/healthz")), await ask(host.network, get("/readyz"))
    assert live.text == "ok\n"
    assert json.loads(ready.body) == {"ready": True}
    assert live.headers["cache-control"] == ready.headers["cache-control"] == "no-store"
    assert live.headers["date"] == "Thu, 01 Jan 2026 00:00:00 GMT", "the date is the port's, not the machine's"


async def test_a_server_that_is_full_or_stops_wants_nobody_and_still_lives(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "READY_CONNECTIONS", 3)
    async with serving(web=make_app) as host, wire(host.network) as it:
        await it.join()
        assert (await ask(host.network, get("/readyz"))).status == 200
        async with wire(host.network):
            full = await ask(host.network, get("/readyz"))
            assert (full.status, json.loads(full.body)) == (503, {"ready": False, "reason": "full"})
            assert full.headers["cache-control"] == "no-store"
            assert (await ask(host.network, get("/healthz"))).status == 200
        silent = await host.network.connect(HOST, PORT)  # it is waited for, in vain
        async with trio.open_nursery() as nursery:
            nursery.start_soon(host.server.stop)
            await trio.sleep(CLOSE_SECONDS / 2)
            stopping = await ask(host.network, get("/readyz"))
            assert (stopping.status, json.loads(stopping.body)) == (503, {"ready": False, "reason": "stopping"})
            assert (await ask(host.network, get("/healthz"))).status == 200
        await silent.aclose()


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz", "/ws/toy1", "/nowhere"])
async def test_head_has_the_headers_of_get_and_no_body(path: str, autojump_clock: MockClock) -> None:
    async with serving(web=make_app) as host:
        whole, bare = await ask(host.network, get(path)), await ask(host.network, get(path, method="HEAD"))
    assert bare.body == b"" != whole.body
    assert (bare.status, bare.headers) == (whole.status, whole.headers)


async def test_a_room_without_an_upgrade_says_what_is_needed(autojump_clock: MockClock) -> None:
    async with serving(web=make_app) as host:
        answer = await ask(host.network, get("/ws/toy1"))
    assert answer.text == "the rooms are at /ws/ROOM, over WebSocket\n"
    assert answer.headers["upgrade"] == "websocket"
    assert answer.headers["sec-websocket-version"] == "13"
    assert {token.strip().lower() for token in answer.headers["connection"].split(",")} == {"upgrade", "close"}


async def test_errors_come_as_json_to_whoever_asks_for_it(autojump_clock: MockClock) -> None:
    async with serving(web=make_app) as host:
        missing = await ask(host.network, get("/%3Cb%3E", "Accept: application/json"))
        assert missing.headers["content-type"] == "application/json"
        assert json.loads(missing.body) == {"error": "Not Found"}
        refused = await ask(host.network, get("/healthz", "Accept: text/html, application/json", method="DELETE"))
        assert json.loads(refused.body) == {"error": "Method Not Allowed"}
        assert set(refused.headers["allow"].split(", ")) == {"GET", "HEAD"}
        plain = await ask(host.network, get("/%3Cb%3E", "Accept: */*"))
        assert plain.headers["content-type"] == "text/plain; charset=utf-8"
        assert plain.text == "Not Found\n"


async def test_nobody_is_sent_elsewhere(autojump_clock: MockClock) -> None:
    """A path with one slash too many is not there; an address made from the peer's own Host would be a way to send people on."""
    async with serving(web=make_app) as host:
        for path in ("/healthz/", "//example.net/", "/ws/toy1/"):
            answer = await ask(host.network, get(path))
            assert answer.status == 404
            assert "location" not in answer.headers


async def test_without_an_app_only_upgrades_are_served(autojump_clock: MockClock) -> None:
    async with serving() as host:
        answer = await ask(host.network, get("/healthz"))
        assert answer.status == 426
        assert answer.text == "the rooms are at /ws/ROOM, over WebSocket\n"
        async with wire(host.network) as it:
            await it.join()

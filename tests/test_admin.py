"""What an admin may ask over HTTP, and nobody else: in virtual time."""

from __future__ import annotations

import json
import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

import pytest
import trio

from gameserver.admin import routes
from gameserver.api import make_app
from gameserver.core.limits import MAX_KICK_SECONDS
from gameserver.core.messages import NoticeCode, Role
from gameserver.core.rights import Rank
from gameserver.keys import Key, Keyring
from gameserver.net.memory import MemoryStore
from gameserver.net.simulated import SimWallClock
from tests.helpers import HOST, Toy, serving, wire
from tests.web import Answer, ask, get

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from trio.testing import MockClock

    from tests.helpers import Host, Wire

RING: Final = Keyring([Key("k1", b"k" * 32)])
EVERYTHING: Final = [
    ("GET", "sessions", None),
    ("POST", "kick", {"room": "toy1", "player": 1, "reason": "x"}),
    ("POST", "rooms/toy1/close", None),
    ("GET", "bans", None),
    ("POST", "bans", {"account": "bob", "seconds": 60, "reason": "x"}),
    ("DELETE", "bans/00000000", None),
    ("POST", "revoke", {"ticket": "ab" * 16}),
]


@asynccontextmanager
async def office(game: type[Toy] = Toy, **of_server: Any) -> AsyncIterator[Host]:  # noqa: ANN401 - what `serving` takes
    """A server with keys, and what an admin asks."""
    web = lambda server: make_app(server, routes(server, SimWallClock()))  # noqa: E731 - as Server takes it
    async with serving(game, keys=RING, rooms=("toy1", "toy2"), web=web, **of_server) as host:
        yield host


def ticket(host: Host, rank: Rank = Rank.PLAYER, *, room: str = "toy1", account: str | None = None) -> str:
    return host.server.admission.mint(room=room, rank=rank, account=account)


def admin(host: Host, account: str | None = "eve") -> str:
    return host.server.admission.mint(room="*", rank=Rank.ADMIN, account=account)


async def say(
    host: Host,
    method: str,
    path: str,
    said: Mapping[str, Any] | bytes | None = None,
    *,
    bearer: str | None = None,
    kind: str = "application/json",
) -> Answer:
    """One request. `bearer`: by default a fresh ticket of an admin."""
    body = said if isinstance(said, bytes) else json.dumps(said).encode() if said is not None else b""
    headers = [f"Authorization: Bearer {bearer if bearer is not None else admin(host)}"]
    if body:
        headers += [f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    answer = await ask(host.network, get(f"/api/v1/admin/{path}", *headers, method=method) + body)
    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"
    return answer


async def done(host: Host, method: str, path: str, said: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 - JSON
    answer = await say(host, method, path, said)
    assert answer.status == 200, answer.text
    return json.loads(answer.body)


async def refused(host: Host, method: str, path: str, said: Mapping[str, Any] | bytes | None = None) -> tuple[int, str]:
    answer = await say(host, method, path, said)
    assert answer.headers["content-type"] == "application/json"
    return answer.status, json.loads(answer.body)["error"]


async def told(line: Wire) -> tuple[int, str]:
    """The last word to somebody."""
    with trio.fail_after(2.0):
        await line.end()
    assert line.notice is not None
    return line.notice.code, line.notice.text


# -- who may ask ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("method", "path", "said"), EVERYTHING, ids=[f"{method} {path}" for method, path, _ in EVERYTHING])
async def test_nobody_but_an_admin_is_answered(
    method: str, path: str, said: dict[str, Any] | None, autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "gameserver.audit")
    async with office() as host, wire(host.network) as line:
        await line.join(credential=ticket(host))
        used = admin(host)
        assert (await say(host, "GET", "sessions", bearer=used)).status == 200
        caplog.clear()
        of_a_room = host.server.admission.mint(room="toy1", rank=Rank.ADMIN)
        for bearer in ("", "x", "a.b.c", used, of_a_room, *(ticket(host, rank) for rank in Rank if rank is not Rank.ADMIN)):
            answer = await say(host, method, path, said, bearer=bearer)
            assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")
            assert not bearer or bearer not in answer.text
        (record,) = caplog.records  # that somebody tried, once in a while; not what was not done
        assert json.loads(record.getMessage()) == {"refused": 1, "from": HOST, "why": "the ticket of an admin is needed"}
        assert host.server.bans.active == []
        assert [seat.player for seat in host.server.rooms["toy1"].seats] == [1]


@pytest.mark.parametrize(("method", "path", "said"), EVERYTHING, ids=[f"{method} {path}" for method, path, _ in EVERYTHING])
async def test_each_thing_that_is_done_stands_in_the_log_in_one_line_and_no_ticket_does(
    method: str, path: str, said: dict[str, Any] | None, autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "gameserver.audit")
    async with office() as host, wire(host.network) as line:
        shown = ticket(host)
        await line.join(credential=shown, name="ann")
        if method == "DELETE":
            path = f"bans/{(await host.server.bans.ban(account='bob', seconds=60, reason='x')).id}"
        if path == "revoke":
            said = {"ticket": shown}
        bearer = admin(host)
        answer = await say(host, method, path, said, bearer=bearer)
        assert answer.status == 200, answer.text
        (record,) = caplog.records
        book = json.loads(record.getMessage())
        assert (book["admin"], book["from"]) == ("eve", HOST)
        assert "\n" not in record.getMessage()
        assert bearer not in caplog.text and shown not in caplog.text


# -- what they may ask ------------------------------------------------------------------------------------------------------
async def test_an_admin_sees_who_is_here(autojump_clock: MockClock) -> None:
    async with office() as host, wire(host.network) as line, wire(host.network, "toy2") as other:
        await line.join(credential=ticket(host, Rank.HOST, account="ann@example.org"), name="ann")
        await other.join(credential=ticket(host, Rank.SPECTATOR, room="toy2"), role=Role.SPECTATOR, name="ben")
        await trio.sleep(2)
        sessions = (await done(host, "GET", "sessions"))["sessions"]
        assert [(one["room"], one["player"], one["name"], one["role"], one["rank"]) for one in sessions] == [
            ("toy1", 1, "ann", "player", "host"),
            ("toy2", 0, "ben", "spectator", "spectator"),
        ]
        ann = sessions[0]
        assert (ann["account"], ann["address"], ann["connected"]) == ("ann@example.org", HOST, True)
        assert abs(SimWallClock().now() - 2 - ann["since"]) < 1
        assert ann["ticket"] == host.server.rooms["toy1"].seats[0].standing.ticket
        assert (await done(host, "GET", "sessions?room=toy2"))["sessions"] == sessions[1:]
        assert await refused(host, "GET", "sessions?room=nowhere") == (404, "there is no such room")
        await trio.aclose_forcefully(line.stream)
        await trio.sleep(1)
        (away,) = (await done(host, "GET", "sessions?room=toy1"))["sessions"]
        assert (away["connected"], away["rtt"]) == (False, None)


async def test_an_admin_can_tell_who_stands_in_from_whom_he_stands_in_for(autojump_clock: MockClock) -> None:
    class Held(Toy):
        bots_hold_seats = True

    async with office(Held) as host, wire(host.network) as line, wire(host.network) as bot:
        await line.join(credential=ticket(host), name="ann")
        await trio.aclose_forcefully(line.stream)
        await trio.sleep(1)
        await bot.join(credential=ticket(host, Rank.BOT), role=Role.BOT, name="bolt")
        sessions = (await done(host, "GET", "sessions"))["sessions"]
        assert [(one["player"], one["name"], one["stands_in"]) for one in sessions] == [(1, "ann", False), (1, "bolt", True)]
        assert (await done(host, "POST", "kick", {"room": "toy1", "player": 1, "reason": "away"}))["kicked"]["name"] == "ann"
        assert (await done(host, "GET", "sessions"))["sessions"] == []


async def test_an_admin_sends_a_player_away(autojump_clock: MockClock) -> None:
    async with office() as host, wire(host.network) as line:
        await line.join(credential=ticket(host, Rank.HOST, account="ann"), name="ann")
        said = {"room": "toy1", "player": 1, "reason": "language", "seconds": 600}
        assert (await done(host, "POST", "kick", said))["kicked"]["name"] == "ann"
        assert await told(line) == (NoticeCode.KICKED, "language")
        async with wire(host.network) as again:
            await again.say(again.hello(credential=ticket(host, account="ann")))
            assert (await told(again))[1] == "you were sent away from this room: come back in 600 s"
        assert await refused(host, "POST", "kick", said) == (404, "there is no such player in this room")
        async with wire(host.network, "toy2") as elsewhere:
            await elsewhere.join(credential=ticket(host, room="toy2", account="ann"))
            await done(host, "POST", "kick", {"room": "toy2", "player": 1, "reason": "x"})
            await told(elsewhere)
        async with wire(host.network, "toy2") as elsewhere:
            await elsewhere.join(credential=ticket(host, room="toy2", account="ann"))  # he was not barred


async def test_an_admin_closes_a_room(autojump_clock: MockClock) -> None:
    async with office() as host, wire(host.network) as line, wire(host.network, "toy2") as other:
        await line.join(credential=ticket(host))
        await other.join(credential=ticket(host, room="toy2"))
        assert (await done(host, "POST", "rooms/toy1/close", {"reason": "maintenance"}))["closed"]["seats"] == 1
        assert await told(line) == (NoticeCode.CLOSED, "maintenance")
        await trio.sleep(1)
        assert list(host.server.rooms) == ["toy2"]
        assert await refused(host, "POST", "rooms/toy1/close") == (404, "there is no such room")
        await done(host, "POST", "rooms/toy2/close")
        assert await told(other) == (NoticeCode.CLOSED, "the host has closed this room")


async def test_an_admin_bans_lists_and_lifts(autojump_clock: MockClock) -> None:
    async with office() as host, wire(host.network) as line:
        await line.join(credential=ticket(host, account="bob"))
        made = (await done(host, "POST", "bans", {"account": "bob", "seconds": 3_600, "reason": "aimbot"}))["ban"]
        assert (await told(line))[0] == NoticeCode.KICKED
        assert (made["account"], made["network"], made["by"], made["reason"]) == ("bob", None, "eve", "aimbot")
        network = (await done(host, "POST", "bans", {"address": "2001:db8::1", "seconds": 0.5, "reason": "x"}))["ban"]
        assert network["network"] == "2001:db8::/64"
        assert (await done(host, "GET", "bans"))["bans"] == [made, network]
        await trio.sleep(1)
        assert (await done(host, "GET", "bans"))["bans"] == [made]
        assert (await done(host, "DELETE", f"bans/{made['id']}"))["lifted"] == made
        assert await refused(host, "DELETE", f"bans/{made['id']}") == (404, "there is no such ban")
        async with wire(host.network) as again:
            await again.join(credential=ticket(host, account="bob"))


async def test_an_admin_makes_a_ticket_void_by_its_text_or_its_number(autojump_clock: MockClock) -> None:
    async with office() as host:
        for by_number in (True, False):
            shown = ticket(host)
            async with wire(host.network) as line:
                await line.join(credential=shown)
                with trio.move_on_after(100):  # the ticket's time is over then, his is not
                    await line.end()
                number = host.server.rooms["toy1"].seats[0].standing.ticket
                assert number is not None
                said = {"ticket": number if by_number else shown}
                assert await done(host, "POST", "revoke", said) == {"revoked": number}
                assert await told(line) == (NoticeCode.KICKED, "your ticket was revoked")
        unused = ticket(host)
        await done(host, "POST", "revoke", {"ticket": unused})
        async with wire(host.network) as line:
            await line.say(line.hello(credential=unused))
            assert "revoked" in (await told(line))[1]
        assert (await refused(host, "POST", "revoke", {"ticket": "a.b.c"}))[0] == 400
        stolen = admin(host)
        await done(host, "POST", "revoke", {"ticket": stolen})
        answer = await say(host, "GET", "sessions", bearer=stolen)
        assert (answer.status, json.loads(answer.body)) == (401, {"error": "this ticket was revoked: get a new ticket"})


# -- what they may not ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("path", "said", "says"),
    [
        ("kick", {}, "send a JSON object with room, player, reason, and perhaps seconds"),
        ("kick", {"room": "toy1", "player": 1, "reason": "x", "extra": 1}, "send a JSON object with"),
        ("kick", {"room": 1, "player": 1, "reason": "x"}, "room is the name of a room"),
        ("kick", {"room": "toy1", "player": True, "reason": "x"}, "player is the number of a player"),
        ("kick", {"room": "toy1", "player": 1.5, "reason": "x"}, "player is the number of a player"),
        ("kick", {"room": "toy1", "player": 1, "reason": ""}, "a reason has 1 to 100 characters"),
        ("kick", {"room": "toy1", "player": 1, "reason": "a\nb"}, "reason has characters that cannot be seen"),
        ("kick", {"room": "toy1", "player": 1, "reason": "\ud800"}, "reason has characters that cannot be seen"),
        ("kick", {"room": "toy1", "player": 1, "reason": "x", "seconds": -1}, f"seconds is 0 to {MAX_KICK_SECONDS}"),
        ("kick", {"room": "toy1", "player": 1, "reason": "x", "seconds": float("inf")}, "seconds is how long"),
        ("bans", {"account": "bob", "seconds": 60}, "send a JSON object with seconds, reason, and perhaps account, address"),
        ("bans", {"seconds": 60, "reason": "x"}, "ban either an account or an address"),
        ("bans", {"address": "0.0.0.0/0", "seconds": 60, "reason": "x"}, "would shut out too many"),
        ("bans", {"account": None, "seconds": 60, "reason": "x"}, "account is text"),
        ("bans", {"account": "bob", "seconds": "60", "reason": "x"}, "seconds is how long"),
        ("rooms/toy1/close", {"why": "x"}, "send a JSON object with nothing, and perhaps reason"),
        ("revoke", {"ticket": "xyz"}, "the number of a ticket has 32 digits"),
        ("revoke", [], "send a JSON object"),
        ("revoke", b"{", "this is no JSON"),
        ("revoke", b"[" * 10_000, "this is no JSON"),
        ("revoke", b'"\xff"', "this is no JSON"),
    ],
)
async def test_what_is_asked_wrongly_is_refused_in_words(
    path: str,
    said: Any,  # noqa: ANN401 - JSON
    says: str,
    autojump_clock: MockClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "gameserver.audit")
    async with office() as host, wire(host.network) as line:
        await line.join(credential=ticket(host))
        status, why = await refused(host, "POST", path, said)
        assert status == 400 and says in why
        assert caplog.records == [] and host.server.bans.active == []
        assert [seat.player for seat in host.server.rooms["toy1"].seats] == [1]


async def test_a_form_of_another_page_is_not_taken(autojump_clock: MockClock) -> None:
    async with office() as host:
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
            answer = await say(host, "POST", "revoke", {"ticket": "ab" * 16}, kind=kind)
            assert answer.status == 415


class Broken(MemoryStore):
    async def append(self, log: str, record: bytes) -> int:
        raise OSError("no space left")


async def test_a_store_that_fails_is_said(autojump_clock: MockClock) -> None:
    async with office() as host:
        host.server.bans._store = Broken()
        status, why = await refused(host, "POST", "bans", {"account": "bob", "seconds": 60, "reason": "x"})
        assert (status, why) == (503, "the store does not answer: ask whether it was done before you try again")

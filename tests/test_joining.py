"""POST /api/v1/rooms/ROOM/join: who is given a ticket, and what else is answered."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest
import trio

from gameserver import Refused, joining
from gameserver.api import make_app
from gameserver.core.limits import ACCOUNT_SEATS, JOINS_BURST, JOINS_PER_SECOND, TICKET_SECONDS
from gameserver.core.messages import NoticeCode, Role
from gameserver.core.rates import Rates
from gameserver.doors import Doors, make_doors
from gameserver.keys import Key, Keyring
from gameserver.lobby.game import Lobby
from gameserver.standing import Rank
from gameserver.tickets import ANY_ROOM, read_ticket
from tests.helpers import HOST, PORT, Host, Toy, serving, wire
from tests.web import Answer, read_answer

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from trio.testing import MockClock

RING: Final = Keyring([Key("k1", b"k" * 32)])
PLAYER: Final = {"game": "toy", "role": "player"}
JSON: Final = "Content-Type: application/json"


def house(*, with_tickets: bool = False, **how: Any) -> AbstractAsyncContextManager[Host]:  # noqa: ANN401 - what `serving` takes
    doors = how.pop("doors", make_doors(listens_on=HOST, hosts=(), origins=["https://www.example"], proxies=()))
    return serving(web=lambda server: make_app(server, joining.routes(server, with_tickets=with_tickets)), doors=doors, **how)


async def post(host: Host, body: object, *headers: str, room: str = "toy1", source: str = HOST) -> Answer:
    """Ask for a ticket. `headers`: beside Host and length, JSON if none is given."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = [
        f"POST /api/v1/rooms/{room}/join HTTP/1.1",
        f"Host: {HOST}:{PORT}",
        f"Content-Length: {len(data)}",
        *(headers or (JSON,)),
    ]
    stream = await host.network.connect(HOST, PORT, source=source)
    async with stream:
        await stream.send_all("\r\n".join([*head, "", ""]).encode() + data)
        said = b""
        while more := await stream.receive_some():
            said += more
    return read_answer(said)


def reason(answer: Answer) -> object:
    """What a program is told beside the status, None if nothing."""
    return json.loads(answer.body).get("reason")


def error(answer: Answer) -> str:
    text = json.loads(answer.body)["error"]
    assert isinstance(text, str) and answer.headers["cache-control"] == "no-store"
    return text


@pytest.mark.parametrize("keys", [None, RING], ids=["open", "keyed"])
async def test_whoever_asks_gets_a_ticket_that_opens_the_room(keys: Keyring | None, autojump_clock: MockClock) -> None:
    async with house(keys=keys) as host:
        answer = await post(host, PLAYER | {"name": "zoë", "code": None})
        assert (answer.status, answer.headers["cache-control"]) == (200, "no-store")
        said = json.loads(answer.body)
        assert (said["expires_in"], said["path"], set(said)) == (TICKET_SECONDS, "/ws/toy1", {"ticket", "expires_in", "path"})
        async with wire(host.network) as it:
            await it.join(credential=said["ticket"])
            (seat,) = host.server.rooms["toy1"].seats
            assert (seat.name, seat.standing.rank, seat.standing.account) == ("zoë", Rank.PLAYER, None)


async def test_a_spectators_ticket_lets_him_look_on_and_no_more(autojump_clock: MockClock) -> None:
    async with house(keys=RING, rooms=["toy1"]) as host:
        shown = json.loads((await post(host, {"game": "toy", "role": "spectator"})).body)["ticket"]
        async with wire(host.network) as it:
            await it.say(it.hello(credential=shown))
            assert await it.end() == 1008
        async with wire(host.network) as it:
            await it.join(credential=shown, role=Role.SPECTATOR)


@pytest.mark.parametrize(
    ("body", "status", "why"),
    [
        (b"", 400, "no JSON"),
        (b"{", 400, "no JSON"),
        (b"\xff", 400, "no JSON"),
        (b"[" * 9_000, 400, "no JSON"),
        ([], 400, "send an object"),
        (7, 400, "send an object"),
        ({}, 400, "role is one of"),
        ({"game": "toy"}, 400, "role is one of"),
        ({"role": "player"}, 400, "game is"),
        (PLAYER | {"role": "root"}, 400, "role is one of spectator, bot, player, host, admin"),
        (PLAYER | {"role": 2}, 400, "role is"),
        (PLAYER | {"game": 1}, 400, "game is"),
        (PLAYER | {"wish": 1}, 400, "send an object"),
        (PLAYER | {"name": "a\u202e"}, 400, "name is 1 to 24 characters"),
        (PLAYER | {"name": "x" * 25}, 400, "name is 1 to 24 characters"),
        (PLAYER | {"name": "\ud800"}, 400, "name is no text"),
        (PLAYER | {"name": 5}, 400, "name is text"),
        (PLAYER | {"code": "x" * 40}, 400, "code is"),
        (PLAYER | {"role": "bot"}, 403, "admin's ticket"),
        (PLAYER | {"role": "host"}, 403, "admin's ticket"),
        (PLAYER | {"role": "admin"}, 403, "admin's ticket"),
        (PLAYER | {"account": "me"}, 403, "admin's ticket"),
        (PLAYER | {"game": "chess"}, 404, "no such game"),
    ],
)
async def test_what_is_no_wish_is_answered_with_what_is_wrong(
    body: object, status: int, why: str, autojump_clock: MockClock
) -> None:
    async with house() as host:
        answer = await post(host, body)
        assert answer.status == status
        assert why in error(answer)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (("Content-Type: text/plain",), 415),
        (("Content-Type: application/x-www-form-urlencoded",), 415),
        (("Accept: */*",), 415),
        (("Content-Type: application/json; charset=utf-8",), 200),
        ((JSON, f"Origin: http://{HOST}:{PORT}"), 200),
        ((JSON, "Origin: https://www.example"), 200),
        ((JSON, "Origin: https://evil.example"), 403),
        ((JSON, "Origin: null"), 403),
    ],
)
async def test_a_form_or_a_page_of_somebody_else_gets_none(
    headers: tuple[str, ...], status: int, autojump_clock: MockClock
) -> None:
    async with house() as host:
        assert (await post(host, PLAYER, *headers)).status == status


async def test_a_room_that_is_not_there_and_may_not_be_opened(autojump_clock: MockClock) -> None:
    async with house(create_rooms=False, rooms=["a"]) as host:
        assert (await post(host, PLAYER, room="a")).status == 200
        for room in ("b", "Not-A-Room", "x" * 33):
            answer = await post(host, PLAYER, room=room)
            assert (answer.status, error(answer), reason(answer)) == (404, "there is no such room", None)


async def test_a_room_in_which_something_else_is_played(autojump_clock: MockClock) -> None:
    async with house(hosted=[Lobby]) as host:
        host.server.rooms.open("lobby", Lobby, keep=True)
        answer = await post(host, PLAYER, room="lobby")
        assert (answer.status, error(answer), reason(answer)) == (409, "another game is played in this room", "game")
        assert (await post(host, {"game": Lobby.name, "role": "player"}, room="lobby")).status == 200
        assert (await post(host, {"game": Lobby.name, "role": "player"}, room="mine")).status == 404


async def test_a_full_room_says_so_unless_a_bot_would_make_way(autojump_clock: MockClock) -> None:
    async with house() as host:
        room = host.server.rooms.open("toy1", Toy, keep=True)
        wires = [wire(host.network) for _ in range(Toy.max_players)]
        lines = [await line.__aenter__() for line in wires]
        try:
            for number, line in enumerate(lines):
                await line.join(name=f"p{number}", role=Role.BOT if number == 0 else Role.PLAYER)
            assert (await post(host, PLAYER)).status == 200, "the bot goes"
            room._seating.send_away(room.seats[0], "for this test")
            async with wire(host.network) as last:
                await last.join()
                answer = await post(host, PLAYER)
                assert (answer.status, error(answer), reason(answer)) == (409, "the room is full", "full")
                assert (await post(host, {"game": "toy", "role": "spectator"})).status == 200
        finally:
            for context in reversed(wires):
                await context.__aexit__(None, None, None)


async def test_one_address_may_not_ask_as_often_as_it_likes(autojump_clock: MockClock) -> None:
    async with house(doors=Doors(counts_loopback=True)) as host:
        host.server._entrance.crowd._connects = Rates(1_000, 1_000)  # another limit, which would come first
        statuses = [(await post(host, PLAYER)).status for _ in range(JOINS_BURST + 1)]
        assert statuses == JOINS_BURST * [200] + [429]
        answer = await post(host, PLAYER)
        assert answer.headers["retry-after"] == "1" and "too many requests" in error(answer)
        assert (await post(host, PLAYER, source="203.0.113.9")).status == 200
    assert JOINS_PER_SECOND == 10


async def test_the_server_may_refuse_and_says_why(autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch) -> None:
    async with house() as host:
        asked = []

        def may_enter(room: str, code: str | None, standing: Any) -> None:  # noqa: ANN401 - a Standing
            asked.append((room, code, standing.rank, standing.caller.address))
            raise Refused("full of ghosts", NoticeCode.FULL) if code == "full" else Refused("its code is needed")

        monkeypatch.setattr(host.server, "may_enter", may_enter)
        answer = await post(host, PLAYER | {"code": "abcde"}, source="203.0.113.9")
        assert (answer.status, error(answer)) == (403, "its code is needed")
        assert asked == [("toy1", "abcde", Rank.PLAYER, "203.0.113.9")]
        full = await post(host, PLAYER | {"code": "full"})
        assert (full.status, reason(full)) == (409, "full")


async def test_a_server_that_drains_gives_no_tickets(autojump_clock: MockClock) -> None:
    async with house() as host, wire(host.network) as it, trio.open_nursery() as nursery:
        await it.join()
        nursery.start_soon(host.server.drain, 20.0)
        await trio.sleep(0.1)
        answer = await post(host, PLAYER)
        assert host.server.rooms.leaving is not None
        assert answer.status == 503 and int(answer.headers["retry-after"]) >= 1
        assert (error(answer), reason(answer)) == (str(host.server.rooms.leaving), "restarting")
        nursery.cancel_scope.cancel()


# -- a host's own site lets people in ------------------------------------------------------------------------------------------
async def test_with_tickets_only_an_admin_is_answered(autojump_clock: MockClock) -> None:
    async with house(keys=RING, with_tickets=True) as host:
        mint = host.server.admission.mint
        wish = PLAYER | {"role": "host", "account": "a7", "name": "zoë"}
        nothing = await post(host, wish)
        assert (nothing.status, error(nothing)) == (401, "the ticket of an admin is needed")
        shown = mint(room=ANY_ROOM, rank=Rank.ADMIN)
        answer = await post(host, wish, JSON, f"Authorization: Bearer {shown}")
        assert answer.status == 200
        claims = read_ticket(json.loads(answer.body)["ticket"], RING, now=host.server._ports.wall_clock.now())
        assert (claims.rank, claims.account, claims.name, claims.room) == (Rank.HOST, "a7", "zoë", "toy1")
        for again in (shown, mint(room="toy1", rank=Rank.ADMIN), mint(room="toy1", rank=Rank.PLAYER), "gold"):
            answer = await post(host, wish, JSON, f"Authorization: Bearer {again}")
            assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")
        basic = await post(host, wish, JSON, f"Authorization: Basic {mint(room=ANY_ROOM, rank=Rank.ADMIN)}")
        assert basic.status == 401


async def test_a_ticket_too_long_for_hello_is_refused_in_words(autojump_clock: MockClock) -> None:
    async with house(keys=RING, with_tickets=True) as host:
        shown = host.server.admission.mint(room=ANY_ROOM, rank=Rank.ADMIN)
        wish = PLAYER | {"account": 64 * "é", "name": 24 * "é"}
        answer = await post(host, wish, JSON, f"Authorization: Bearer {shown}")
        assert answer.status == 400 and "shorten them" in error(answer)


async def test_an_account_has_three_seats_on_a_server(autojump_clock: MockClock) -> None:
    async with serving(keys=RING) as host:
        mint = host.server.admission.mint
        wires = [wire(host.network, f"toy{n}") for n in range(ACCOUNT_SEATS)]
        lines = [await line.__aenter__() for line in wires]
        try:
            for number, line in enumerate(lines):
                await line.join(credential=mint(room=f"toy{number}", rank=Rank.PLAYER, account="a7"))
            async with wire(host.network, "more") as it:
                await it.say(it.hello(credential=mint(room="more", rank=Rank.PLAYER, account="a7")))
                assert await it.end() == 1008
                assert it.notice is not None and "this account has 3 seats here" in it.notice.text
            async with wire(host.network, "more") as it:
                await it.join(credential=mint(room="more", rank=Rank.PLAYER, account="a8"))
        finally:
            for context in reversed(wires):
                await context.__aexit__(None, None, None)

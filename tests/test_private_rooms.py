"""Private rooms: who gets in, who does not, and what of them nobody hears."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import attrs
import pytest
import trio

from gameserver import Refused
from gameserver.archive import Archive
from gameserver.caller import Caller
from gameserver.codes import LETTERS, CodeGuard, draw_code
from gameserver.core.limits import CODE_LETTERS, MAX_GUESSERS, ROOM_WRONG_CODES, WRONG_CODE_SECONDS, WRONG_CODES
from gameserver.core.messages import Notice, NoticeCode, Role
from gameserver.core.registry import Limit
from gameserver.core.replay.recording import Recording
from gameserver.core.rights import Rank
from gameserver.net.simulated import simulated_ports
from gameserver.standing import Standing
from gameserver.tickets import ANY_ROOM
from tests.helpers import wire
from tests.test_joining import PLAYER, RING, error, post, reason
from tests.test_joining import house as joining
from tests.test_lobby import SOON, house, offers, refused
from tests.theatre import look, someone, theatre
from tests.web import ask, get

if TYPE_CHECKING:
    from trio.testing import MockClock

    from gameserver.keys import Keyring
    from tests.theatre import Theatre

NEEDED = "this room is private: its code is needed"
WRONG = "this room is private: that is not its code"


def stranger(address: str = "203.0.113.7", rank: Rank = Rank.PLAYER) -> Standing:
    return Standing(rank=rank, caller=Caller(address=address))


# -- the code ---------------------------------------------------------------------------------------------------------------
def test_codes_are_drawn_evenly() -> None:
    randomness = simulated_ports(1).randomness
    codes = [draw_code(randomness) for _ in range(4_000)]
    assert all(len(code) == CODE_LETTERS and set(code) <= set(LETTERS) for code in codes)
    assert len(set(codes)) > 3_990
    counts = Counter("".join(codes))
    assert set(counts) == set(LETTERS)
    assert max(counts.values()) - min(counts.values()) < 200, "of a thousand each: six times the deviation"


def test_a_code_is_not_found_by_trying() -> None:
    guard = CodeGuard()
    for number in range(WRONG_CODES):
        with pytest.raises(Refused, match=WRONG):
            guard.check("bcdfg", f"bcdf{LETTERS[number + 5]}", guesser="a", now=float(number))
    with pytest.raises(Refused, match=r"too many wrong codes: wait \d+ s"):
        guard.check("bcdfg", "bcdfg", guesser="a", now=WRONG_CODES + 1.0)
    guard.check("bcdfg", "bcdfg", guesser="b", now=WRONG_CODES + 1.0)
    guard.check("bcdfg", "bcdfg", guesser="a", now=WRONG_CODE_SECONDS)


def test_a_code_is_not_found_by_many_who_try_together() -> None:
    """Somebody with an IPv6 /48 has 65,536 addresses that are counted apart: three million codes would be ten minutes' work."""
    guard = CodeGuard()
    for number in range(ROOM_WRONG_CODES):
        with pytest.raises(Refused, match=WRONG):
            guard.check("bcdfg", "xxxxx", guesser=f"2001:db8:0:{number:x}::/64", now=0.0)
    with pytest.raises(Refused, match=r"too many wrong codes for this room: wait \d+ s") as caught:
        guard.check("bcdfg", "bcdfg", guesser="somebody else", now=0.0)
    assert caught.value.limit is Limit.ROOM_WRONG_CODES
    guard.check("zzzzz", "zzzzz", guesser="somebody else", now=0.0)
    guard.check("bcdfg", "bcdfg", guesser="somebody else", now=WRONG_CODE_SECONDS / ROOM_WRONG_CODES)
    days = len(LETTERS) ** CODE_LETTERS / ROOM_WRONG_CODES * WRONG_CODE_SECONDS / 86_400
    assert days > 7, "for all of them: no room is there for so long"


def test_a_code_that_was_said_aloud_fits_and_none_is_no_guess() -> None:
    guard = CodeGuard()
    guard.check("bcdfg", " BCDFG ", guesser="a", now=0.0)
    for nothing in [None, ""] * WRONG_CODES:
        with pytest.raises(Refused, match=NEEDED):
            guard.check("bcdfg", nothing, guesser="a", now=0.0)
    guard.check("bcdfg", "bcdfg", guesser="a", now=0.0)
    for odd in ("bcdf\u011f", "\ud800", "bcdfgbcdfg", "x" * 4_096):
        with pytest.raises(Refused, match=WRONG):
            guard.check("bcdfg", odd, guesser=odd[:9], now=0.0)


def test_who_guesses_from_everywhere_costs_bounded_memory() -> None:
    guard = CodeGuard()
    for number in range(MAX_GUESSERS + 100):
        with pytest.raises(Refused):
            guard.check(f"code of room {number % 100}", "x", guesser=str(number), now=0.0)
    assert len(guard._wrong) == MAX_GUESSERS


# -- the lobby --------------------------------------------------------------------------------------------------------------
async def test_who_creates_a_private_room_is_told_its_code_and_nobody_else_sees_it(autojump_clock: MockClock) -> None:
    async with house() as it, it.visitor() as ann, it.visitor("ben") as ben:
        name, code = str(await ann.call("create", "toy", "", "", 1)).split()
        room = it.server.rooms[name]
        assert room.plan.code == code
        public = await ann.call("create", "toy", "", "", 0)
        assert it.server.rooms[str(public)].plan.code is None
        await trio.sleep(SOON)
        assert set(offers(ann)) == set(offers(ben)) == {public}
        assert code not in repr(room.plan), "what is logged"
        with refused("2 of your rooms are open"):
            await ann.call("create", "toy", "", "", 1)


# -- getting in -------------------------------------------------------------------------------------------------------------
async def test_nobody_enters_without_a_ticket_that_was_given_for_the_code(autojump_clock: MockClock) -> None:
    async with house() as it:
        room = it.server.rooms.open("secret", it.server.rooms.games["toy"], private=True)
        assert room.plan.code is not None
        for role in Role:
            async with wire(it.host.network, "secret") as line:
                await line.say(line.hello(role=role))
                assert await line.end() == 1008
                assert line.notice is not None and (line.notice.code, line.notice.text) == (NoticeCode.REFUSED, NEEDED)
        for code, why in ((None, NEEDED), ("zzzzz" if room.plan.code != "zzzzz" else "yyyyy", WRONG)):
            with refused(why):
                it.server.may_enter("secret", code, stranger())
        it.server.may_enter("secret", room.plan.code, stranger())
        it.server.may_enter("secret", None, stranger(rank=Rank.ADMIN))
        it.server.may_enter("elsewhere", None, stranger())
        async with wire(it.host.network, "secret") as line:
            ticket = it.server.admission.mint(room="secret", rank=Rank.PLAYER)
            welcome = await line.join(credential=ticket)
            assert welcome.player == 1
            async with wire(it.host.network, "secret") as again:
                await again.join(credential=welcome.resume)  # his token is his


@pytest.mark.parametrize("keys", [None, RING], ids=["open", "keyed"])
async def test_who_says_the_code_to_the_host_is_given_a_ticket_and_is_in(keys: Keyring | None, autojump_clock: MockClock) -> None:
    async with joining(keys=keys) as host:
        room = host.server.rooms.open("secret", host.server.rooms.games["toy"], private=True)
        for code, why in ((None, NEEDED), ("wrong", WRONG)):
            answer = await post(host, PLAYER | {"code": code}, room="secret")
            assert (answer.status, error(answer), reason(answer)) == (403, why, "code")
        answer = await post(host, PLAYER | {"code": room.plan.code}, room="secret")
        assert answer.status == 200
        async with wire(host.network, "secret") as line:
            await line.join(credential=json.loads(answer.body)["ticket"])
        elsewhere = await post(host, PLAYER)
        async with wire(host.network, "secret") as line:
            await line.say(line.hello(credential=json.loads(elsewhere.body)["ticket"]))
            await line.end()
            assert line.notice is not None and "for another room" in line.notice.text


async def test_a_code_opens_no_room(autojump_clock: MockClock) -> None:
    """Who has the link to a private room that has closed does not open one of its name, where everybody may come in."""
    async with joining() as host:
        answer = await post(host, PLAYER | {"code": "bcdfg"}, room="secret")
        assert (answer.status, error(answer)) == (404, "this private room has closed: create another one")
        assert (await post(host, PLAYER, room="secret")).status == 200


async def test_a_ticket_from_before_a_room_was_private_does_not_stand_for_its_code(autojump_clock: MockClock) -> None:
    """Else somebody fetches tickets for names that a private room may have one day."""
    async with joining(keys=RING) as host:
        early = [json.loads((await post(host, PLAYER, room=name)).body)["ticket"] for name in ("bcdfg", "bcdfh")]
        admins = host.server.admission.mint(room=ANY_ROOM, rank=Rank.ADMIN)
        await trio.sleep(2)
        toy = host.server.rooms.games["toy"]
        plan = host.server.rooms.open("secret", toy, private=True).plan
        host.server.rooms.open_plan(attrs.evolve(plan, name="bcdfg"))
        host.server.rooms.open("bcdfh", toy)
        async with wire(host.network, "bcdfg") as line:
            await line.say(line.hello(credential=early[0]))
            await line.end()
            assert line.notice is not None and line.notice.text == NEEDED
        async with wire(host.network, "bcdfh") as line:
            await line.join(credential=early[1])
        later = json.loads((await post(host, PLAYER | {"code": plan.code}, room="bcdfg")).body)["ticket"]
        for good in (admins, later):
            async with wire(host.network, "bcdfg") as line:
                await line.join(credential=good)


async def test_whoever_is_barred_is_given_no_ticket(autojump_clock: MockClock) -> None:
    async with house() as it:
        room = it.server.rooms.open("open", it.server.rooms.games["toy"])
        standing = Standing(rank=Rank.PLAYER, name="ann", caller=Caller(address="203.0.113.7"))
        room.bars.add(standing, "ann", trio.current_time())
        with refused("you were sent away from this room"):
            it.server.may_enter("open", None, standing)


# -- recordings -------------------------------------------------------------------------------------------------------------
async def names(host: Theatre) -> list[str]:
    answer = await ask(host.network, get("/api/v1/recordings"))
    return [entry["name"] for entry in json.loads(answer.body)["recordings"]]


async def test_recordings_of_a_private_room_are_for_those_who_know_its_code(autojump_clock: MockClock) -> None:
    async with theatre() as host:
        room = host.server.rooms.open("secret", host.server.rooms.games["toy"], private=True)
        code = room.plan.code
        assert code is not None and room.recorder is not None
        async with someone(host.network, "secret", credential=host.server.admission.mint(room="secret", rank=Rank.PLAYER)):
            await trio.sleep(30)
            live = room.recorder.name
            assert live is not None
            addresses = ["/api/v1/rooms/secret/recording", f"/api/v1/recordings/{live}", f"/api/v1/recordings/{live}.part"]
            assert await names(host) == []
            for address in addresses:
                answer = await ask(host.network, get(f"{address}?to=1"))
                assert (answer.status, answer.text) == (403, NEEDED + "\n")
                assert (await look(host.network, f"{address}?to=1&code={code}")).status == 200
        room.close(Notice(NoticeCode.OVER, "the match is over"))
        await trio.sleep(30)
        assert await host.disk.list("") == [live]
        assert await names(host) == []
        answer = await ask(host.network, get(f"/api/v1/recordings/{live}"))
        assert (answer.status, answer.text) == (403, NEEDED + "\n")
        given = await look(host.network, f"/api/v1/recordings/{live}?code={code}")
        assert (given.status, given.whole, given.recording.header.code) == (200, True, None), "who has it may pass it on"
        assert code.encode() not in given.data
        stored = Recording.open(await host.disk.read(live))
        assert stored.header.code == code and code not in repr(stored.header)
        owner = Archive(host.disk, secrets=True)
        assert await owner.entry(live) is not None, "whose files they are sees them all"
        wrong = [await ask(host.network, get(f"/api/v1/recordings/{live}?code=wrong")) for _ in range(WRONG_CODES + 1)]
        assert [answer.text.startswith(("this", "too many")) for answer in wrong] == [True] * (WRONG_CODES + 1)
        assert wrong[-1].text.startswith("too many wrong codes")

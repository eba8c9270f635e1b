"""A host sends somebody away: who may, whom, what he is told, and how long he stays out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import trio

from gameserver import Player, Refused, boolean, call, integer
from gameserver.bars import Bars
from gameserver.caller import Caller
from gameserver.core.limits import KICK_SECONDS, MAX_BARS
from gameserver.core.messages import Call, Notice, NoticeCode, Reply, Role
from gameserver.core.replay.steps import Step, decode_step, encode_step
from gameserver.core.rights import Rank
from gameserver.core.simulation import Connected, Join, Leave, Simulation
from gameserver.settings import ServeSettings
from gameserver.standing import Standing
from tests.helpers import Toy, make_room, serving, sit, step
from tests.test_talk import Parlour, parlour, say

if TYPE_CHECKING:
    from trio.testing import MockClock

    from gameserver.room import Room
    from tests.helpers import Seated

HOST_ONLY = "only the host may send others away"
OUTRANKED = "a host sends away players only: bots make way by themselves, and hosts answer to an admin"


def standing(rank: Rank = Rank.PLAYER, *, account: str | None = None, address: str = "203.0.113.7") -> Standing:
    return Standing(rank=rank, account=account, caller=Caller(address=address))


def titled() -> Simulation:
    """1 is a bot, 2 and 3 people, 4 and 5 hosts by ticket, 6 an admin."""
    simulation = Simulation(Parlour, seed=1)
    joins = [Join(1, "bot", bot=True), Join(2, "ann"), Join(3, "bob"), Join(4, "cid", host=True), Join(5, "dan", host=True)]
    simulation.step([*joins, Join(6, "eve", admin=True)], {})
    return simulation


def hosts(simulation: Simulation) -> list[int]:
    return [number for number, player in simulation.players.items() if player.host]


# -- in the step ------------------------------------------------------------------------------------------------------------
def test_whose_ticket_makes_him_a_host_goes_before_who_came_first() -> None:
    simulation = titled()
    assert hosts(simulation) == [4]
    simulation.step([Connected(4, False)], {})
    assert hosts(simulation) == [5]
    simulation.step([Connected(4, True), Leave(5), Leave(6)], {})
    assert hosts(simulation) == [4]
    simulation.step([Leave(4)], {})
    assert hosts(simulation) == [2], "without one it is who came first"
    simulation.step([Join(4, "somebody else")], {})
    assert hosts(simulation) == [2], "a number that is given out again has no title"


@pytest.mark.parametrize(
    ("who", "whom", "why_not"),
    [
        (2, 3, HOST_ONLY), (1, 2, HOST_ONLY),
        (4, 3, None), (5, 3, None), (6, 3, None),
        (4, 1, OUTRANKED), (4, 5, OUTRANKED), (5, 4, OUTRANKED), (4, 6, OUTRANKED),
        (6, 1, None), (6, 4, None),
        (4, 4, "there is no such other player"), (4, 9, "there is no such other player"),
    ],
)  # fmt: skip
def test_who_may_send_away_whom(who: int, whom: int, why_not: str | None) -> None:
    simulation = titled()
    assert say(simulation, who, "expel", whom, 1) == why_not
    assert [player for player, _ in simulation.kicked] == ([whom] if why_not is None else [])
    assert simulation.barred == ({whom} if why_not is None else set())


def test_who_came_first_in_an_open_room_is_a_host_like_any_other() -> None:
    simulation = parlour()
    assert say(simulation, 1, "expel", 2, 0) is None
    assert simulation.kicked == [(2, "the host has sent you away")]
    assert simulation.barred == set()
    simulation.step([], {})
    assert simulation.kicked == []


def test_one_host_does_not_silence_another() -> None:
    simulation = titled()
    assert say(simulation, 4, "silence", 5, 1) == "a host cannot be silenced by another"
    assert say(simulation, 4, "silence", 2, 1) is None
    assert say(simulation, 6, "silence", 5, 1) is None


def test_titles_are_state() -> None:
    simulation = titled()
    twin = Simulation(Parlour, seed=99)
    twin.restore(simulation.encode())
    assert twin.world.hash() == simulation.world.hash()
    assert say(twin, 5, "expel", 2, 1) is None, "by a title that he was not given here"
    assert hosts(twin) == [4]


def test_the_state_of_a_room_without_titles_is_what_it_was() -> None:
    """Recordings from before there were any go on to fit."""
    assert parlour().world.talk.to_plain() == []
    assert titled().world.talk.to_plain() == [[number, 0, 0, False, [], int(rank)] for number, rank in ((4, 3), (5, 3), (6, 4))]


@pytest.mark.parametrize(
    "join", [Join(1, "ann"), Join(1, "ann", {"a": 1}, True), Join(1, "ann", host=True), Join(1, "x", admin=True)]
)
def test_a_title_is_in_the_recording_and_costs_nothing_where_there_is_none(join: Join) -> None:
    plain = encode_step(Step(1, (join,)))
    assert len(plain[2][0]) == (7 if join.host or join.admin else 5)
    assert decode_step(plain, 1).commands == (join,)


# -- in a room --------------------------------------------------------------------------------------------------------------
async def expelled(room: Room, *, bar: bool, of: Standing | None = None) -> tuple[Seated, Seated]:
    ann, bob = sit(room, "ann", standing=standing(address="192.0.2.1")), sit(room, "bob", standing=of or standing())
    await step(room, 2)
    ann.say(Call(1, "expel", (bob.player, int(bar))))
    await step(room)
    return ann, bob


async def test_who_is_sent_away_is_told_so_and_his_seat_is_free(autojump_clock: MockClock) -> None:
    room = make_room()
    ann, bob = await expelled(room, bar=False)
    assert (bob.notice.code, bob.notice.text) == (NoticeCode.KICKED, "the host has sent you away")
    assert [(reply.number, reply.ok) for reply in ann.of(Reply)] == [(1, True)]
    await step(room)
    assert list(room.simulation.players) == [ann.player]
    sit(room, "bob", standing=standing())  # he was not barred


async def test_who_is_barred_stays_out_for_a_while(autojump_clock: MockClock) -> None:
    room = make_room()
    await expelled(room, bar=True)
    for role in Role:
        with pytest.raises(Refused, match=r"sent away from this room: come back in \d+ s") as refused:
            sit(room, "Bob", role=role, standing=standing())
        assert refused.value.code == NoticeCode.KICKED
    sit(room, "bob", standing=standing(address="203.0.113.8"))  # somebody else of his name
    sit(room, "carla", standing=standing())  # his sister, at the same address
    await step(room, round(KICK_SECONDS * room.clock.rate) + 1)
    sit(room, "bob", standing=standing())


async def test_an_account_is_barred_whatever_it_calls_itself_and_wherever_it_is(autojump_clock: MockClock) -> None:
    room = make_room()
    await expelled(room, bar=True, of=standing(account="b0b"))
    with pytest.raises(Refused, match="sent away"):
        sit(room, "robert", standing=standing(account="b0b", address="198.51.100.1"))
    sit(room, "bob", standing=standing(account="b0b2"))


async def test_somebody_whose_line_is_down_can_be_sent_away_too(autojump_clock: MockClock) -> None:
    room = make_room()
    ann, bob = sit(room, "ann", standing=standing(address="192.0.2.1")), sit(room, "bob", standing=standing())
    await step(room, 2)
    room.release(bob.seat, bob.link)
    ann.say(Call(1, "expel", (bob.player, 1)))
    await step(room, 2)
    assert list(room.simulation.players) == [ann.player]
    with pytest.raises(Refused, match="sent away"):
        sit(room, "bob", standing=standing())


async def test_where_strangers_come_who_came_first_keeps_no_order_in_the_hosts_own_room(autojump_clock: MockClock) -> None:
    async with serving(strangers=True, rooms=["kept"]) as host:
        assert not host.server.rooms["kept"].plan.first_keeps_order
        assert host.server.rooms.open("opened", Toy).plan.first_keeps_order, "who has a room opened is the first in it"
        host.server.rooms["kept"].close(Notice(NoticeCode.CLOSED, "for this test"))
        await trio.sleep(0.1)
        assert not host.server.rooms.reopen("kept", Toy).plan.first_keeps_order
    async with serving(rooms=["kept"]) as host:
        assert host.server.rooms["kept"].plan.first_keeps_order


@pytest.mark.parametrize(
    ("settings", "strangers"),
    [
        ({}, False),
        ({"lan": True}, False),
        ({"host": "::1"}, False),
        ({"host": "0.0.0.0", "open": True}, True),
        ({"host": "0.0.0.0", "keys": "keys"}, True),
        ({"keys": "keys"}, True),
        ({"proxies": ("127.0.0.1",)}, True),
    ],
)
def test_strangers_meet_where_a_network_or_a_proxy_or_tickets_bring_them(settings: dict[str, Any], strangers: bool) -> None:
    assert ServeSettings(**settings).meets_strangers is strangers


async def test_there_only_tickets_make_hosts(autojump_clock: MockClock) -> None:
    room = make_room(first_keeps_order=False)
    ann, bob, eve = sit(room, "ann"), sit(room, "bob"), sit(room, "eve", standing=standing(Rank.HOST))
    await step(room, 2)
    for someone, other in ((ann, bob), (bob, eve)):
        someone.say(Call(1, "expel", (other.player, 1)), Call(2, "silence", (other.player, 1)))
    await step(room)
    for someone in (ann, bob):
        assert [reply.value for reply in someone.of(Reply)] == 2 * ["in this room that is for who has the ticket of a host"]
    ann.say(Call(3, "mute", (bob.player, 1)))
    await step(room)
    assert [reply.ok for reply in ann.of(Reply)] == [False, False, True]
    eve.say(Call(1, "expel", (ann.player, 0)))
    await step(room)
    assert ann.notice.text == "the host has sent you away"


async def test_a_game_with_a_rule_of_its_own_keeps_it_there_too(autojump_clock: MockClock) -> None:
    class Voting(Toy):
        name = "voting"

        @call
        def expel(self, player: Player, other: int = integer(1, 991), bar: bool = boolean()) -> None:
            raise Refused("your vote is counted")

    room = make_room(Voting, first_keeps_order=False)
    ann, bob = sit(room, "ann"), sit(room, "bob")
    await step(room, 2)
    ann.say(Call(1, "expel", (bob.player, 1)))
    await step(room)
    assert [reply.value for reply in ann.of(Reply)] == ["your vote is counted"]


async def test_a_game_may_keep_its_players(autojump_clock: MockClock) -> None:
    class Castaways(Toy):
        name = "castaways"

        @call
        def expel(self, player: Player, other: int = integer(1, 991), bar: bool = boolean()) -> None:
            raise Refused("nobody leaves this island")

    room = make_room(Castaways)
    ann, bob = await expelled(room, bar=True)
    assert bob.link.ended is None
    assert [reply.value for reply in ann.of(Reply)] == ["nobody leaves this island"]


def test_bars_are_bounded_and_an_ipv6_home_is_one() -> None:
    bars = Bars()
    for number in range(MAX_BARS + 10):
        bars.add(standing(account=str(number)), "x", 0.0)
    assert not bars.left(standing(account="9"), "x", 1.0), "the oldest have given way"
    assert bars.left(standing(account=str(MAX_BARS)), "x", 1.0) == KICK_SECONDS - 1
    bars.add(standing(address="2001:db8::1"), "bob", 0.0)
    assert bars.left(standing(address="2001:db8::ffff:2"), "bob", 1.0)
    assert not bars.left(standing(address="2001:db8:0:1::1"), "bob", 1.0)
    bars.add(standing(address="::ffff:203.0.113.9"), "bob", 0.0)
    assert bars.left(standing(address="203.0.113.9"), "bob", 1.0), "however it came in"

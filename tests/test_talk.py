"""What every room has beside its game: chat, emotes, muting, the host, results, being sent away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gameserver import Game, Input, Refused, Result, boolean, call, integer, text
from gameserver.core.limits import (
    CHAT_AT_ONCE,
    CHAT_SECONDS,
    EMOTE_SECONDS,
    EMOTES_AT_ONCE,
    MAX_CHAT,
    MAX_LOG_LINES,
    OVER_ROOM_SECONDS,
)
from gameserver.core.messages import OVER_FLAG, Call, EventMessage, NoticeCode, Role, Snapshot
from gameserver.core.simulation import Called, Connected, Join, Leave, Simulation
from gameserver.plan import RoomState
from tests.helpers import make_room, sit, step

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trio.testing import MockClock

    from gameserver import Player, PlayerId
    from tests.helpers import Seated


class Nothing(Input):
    over: bool = boolean(default=False)
    out: int = integer(0, 9, default=0)


class Parlour(Game):
    """Players sit in teams and talk. Who says `over` wins, for as long as he says so; `out` sends that player away."""

    name = "parlour"
    tick_rate = 20
    inputs = Nothing
    closes_when_over = False

    def join(self, player: Player, profile: Mapping[str, Any]) -> None:
        player.team = (player.owner + 1) // 2  # 1 and 2 are team 1, 3 and 4 team 2
        self.log("%s sits down", player.name)

    def step(self, inputs: Mapping[PlayerId, Nothing]) -> None:
        self.wish = inputs
        for wanted in inputs.values():
            if wanted.out in self.players:
                self.kick(wanted.out, "you were asked to go")

    def is_over(self) -> Result | None:
        winners = tuple(number for number, wanted in self.wish.items() if wanted.over)
        return Result(winners, {number: number * 10 for number in self.players}) if winners else None

    wish: Mapping[PlayerId, Nothing]

    def __setattr__(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)  # `wish` is last tick's input and not state


def parlour(players: int = 4, *, bots: int = 0) -> Simulation:
    simulation = Simulation(Parlour, seed=1)
    for number in range(1, players + 1):
        simulation.step([Join(number, f"p{number}", bot=number <= bots)], {})
    return simulation


def say(simulation: Simulation, player: int, method: str, *arguments: int | str) -> str | None:
    """Call, in a tick of its own. Why not, or None if it was done."""
    simulation.step([Called(player, 1, method, tuple(arguments))], {})
    (reply,) = simulation.replied
    return None if reply.ok else str(reply.value)


def heard(simulation: Simulation) -> list[tuple[str, tuple[Any, ...], int, set[int]]]:
    """The last step's events: name, row, audience, who is deaf to it."""
    events = simulation.world.schema.events
    return [(events[e.kind].name, e.row, e.to, set(e.deaf)) for e in simulation.emitted]


# -- chat -------------------------------------------------------------------------------------------------------------------
def test_a_line_is_heard_by_everyone_and_as_it_was_meant() -> None:
    simulation = parlour()
    assert say(simulation, 1, "chat", "  good   game ", 0) is None
    assert heard(simulation) == [("Said", (1, 0, "good game"), 0, set())]


def test_a_line_to_the_team_is_for_that_team() -> None:
    simulation = parlour()
    assert say(simulation, 3, "chat", "flank left", 1) is None
    assert heard(simulation) == [("Said", (3, 1, "flank left"), 2, set())]


def test_who_has_no_team_is_told_so() -> None:
    simulation = parlour(1)
    simulation.players[1].team = 0
    assert say(simulation, 1, "chat", "anyone?", 1) == "you have no team"
    assert heard(simulation) == []


@pytest.mark.parametrize("line", ["", "   ", "a\nb", "\u202ex"])
def test_what_may_not_be_said_is_refused_in_words(line: str) -> None:
    simulation = parlour(1)
    assert say(simulation, 1, "chat", line, 0) == f"a line has 1 to {MAX_CHAT} characters and no control characters"


def test_chat_has_a_rate() -> None:
    """So many at once, then one in CHAT_SECONDS; what is refused does not count."""
    simulation = parlour(2)
    line = ("hi", 0)
    assert [say(simulation, 1, "chat", *line) for _ in range(CHAT_AT_ONCE + 3)] == [None] * CHAT_AT_ONCE + ["not so fast"] * 3
    assert say(simulation, 2, "chat", *line) is None, "each has his own"
    ticks, said = round(20 * CHAT_SECONDS * 30), 0
    for _ in range(ticks):
        said += say(simulation, 1, "chat", *line) is None
    assert abs(said - 30) <= 1


def test_emotes_have_a_rate_and_are_cosmetic() -> None:
    simulation = parlour(1)
    assert [say(simulation, 1, "emote", 3) for _ in range(EMOTES_AT_ONCE + 1)] == [None] * EMOTES_AT_ONCE + ["one emote a second"]
    for _ in range(round(20 * EMOTE_SECONDS)):
        simulation.step([], {})
    assert say(simulation, 1, "emote", 4) is None
    (event,) = simulation.emitted
    assert not event.reliable and event.row == (1, 4)


def test_a_game_may_refuse_what_is_said() -> None:
    class Silent(Parlour):
        name = "silent"

        @call
        def chat(self, player: Player, line: str = text(MAX_CHAT), to_team: bool = boolean()) -> None:
            if "spoiler" in line:
                raise Refused("no spoilers")
            super().chat(player, line, to_team)

    simulation = Simulation(Silent, seed=1)
    simulation.step([Join(1, "ann")], {})
    assert say(simulation, 1, "chat", "a spoiler", 0) == "no spoilers"
    assert say(simulation, 1, "chat", "hello", 0) is None
    assert heard(simulation) == [("Said", (1, 0, "hello"), 0, set())]


# -- who is heard -----------------------------------------------------------------------------------------------------------
def test_who_is_muted_is_not_heard_by_that_one_player() -> None:
    simulation = parlour()
    assert say(simulation, 2, "mute", 1, 1) is None
    assert say(simulation, 1, "chat", "hello", 0) is None
    assert heard(simulation)[0][3] == {2}
    assert say(simulation, 3, "chat", "hello", 0) is None
    assert heard(simulation)[0][3] == set()
    assert say(simulation, 2, "mute", 1, 0) is None
    assert say(simulation, 1, "chat", "hello again", 0) is None
    assert heard(simulation)[0][3] == set()


@pytest.mark.parametrize("other", [1, 9])
def test_one_mutes_only_others_who_are_there(other: int) -> None:
    assert say(parlour(), 1, "mute", other, 1) == "there is no such other player"


def test_the_host_silences_and_nobody_else_may() -> None:
    simulation = parlour()
    assert say(simulation, 2, "silence", 3, 1) == "only the host may silence others"
    assert say(simulation, 1, "silence", 3, 1) is None
    assert say(simulation, 3, "chat", "hello", 0) == "the host has silenced you"
    assert say(simulation, 3, "emote", 1) == "the host has silenced you"
    assert say(simulation, 1, "silence", 3, 0) is None
    assert say(simulation, 3, "chat", "hello", 0) is None


def test_a_number_that_is_given_out_again_is_not_muted_any_more() -> None:
    simulation = parlour()
    say(simulation, 2, "mute", 3, 1)
    say(simulation, 1, "silence", 3, 1)
    simulation.step([Leave(3)], {})
    simulation.step([Join(3, "somebody else")], {})
    assert say(simulation, 3, "chat", "hello", 0) is None
    assert heard(simulation)[0][3] == set()


def test_the_host_is_who_came_first_and_is_there() -> None:
    simulation = parlour(4, bots=1)

    def hosts() -> list[int]:
        return [number for number, player in simulation.players.items() if player.host]

    assert hosts() == [2], "not a bot"
    simulation.step([Connected(2, False)], {})
    assert hosts() == [3]
    simulation.step([Connected(2, True)], {})
    assert hosts() == [2], "he is back, and was first"
    simulation.step([Connected(2, False), Connected(3, False), Connected(4, False)], {})
    assert hosts() == [4], "nobody else is there: the last one stays"
    simulation.step([Leave(2), Leave(3), Leave(4)], {})
    assert hosts() == []


def test_all_this_is_state() -> None:
    """Saved and restored in between, everything goes on alike."""
    simulation = parlour()
    say(simulation, 2, "mute", 1, 1)
    say(simulation, 2, "chat", "one", 0)
    say(simulation, 2, "emote", 2)
    say(simulation, 1, "silence", 4, 1)
    twin = Simulation(Parlour, seed=99)
    twin.restore(simulation.encode())
    assert twin.world.hash() == simulation.world.hash()
    lines: list[tuple[int, str, str]] = [(1, "chat", "hi"), (2, "chat", "x"), (4, "chat", "x"), *[(2, "chat", "y")] * 4]
    for player, method, line in lines:
        assert say(twin, player, method, line, 0) == say(simulation, player, method, line, 0)
        assert heard(twin) == heard(simulation)
    assert twin.world.hash() == simulation.world.hash()
    before = simulation.world.hash()
    say(simulation, 3, "mute", 2, 1)
    twin.step([], {})
    assert simulation.world.hash() != twin.world.hash() != before


# -- in a room --------------------------------------------------------------------------------------------------------------
def said(someone: Seated) -> list[Any]:
    kind = [layout.name for layout in Parlour.schema.events].index("Said")
    return [event.values for event in someone.of(EventMessage) if event.kind == kind]


async def test_a_muted_player_is_not_sent_and_everybody_else_hears_him(autojump_clock: MockClock) -> None:
    room = make_room(Parlour)
    ann, bob, cid, eve = (sit(room, name) for name in ("ann", "bob", "cid", "eve"))
    looker = sit(room, "looker", role=Role.SPECTATOR)
    await step(room, 3)
    bob.say(Call(1, "mute", (ann.player, 1)))
    await step(room)
    ann.say(Call(1, "chat", ("hello", 0)))
    await step(room)
    ann.say(Call(2, "chat", ("we two", 1)))
    await step(room)
    everyone, team = (ann.player, 0, "hello"), (ann.player, 1, "we two")
    assert [said(one) for one in (ann, bob, cid, eve, looker)] == [[everyone, team], [], [everyone], [everyone], [everyone]]
    bob.say(Call(2, "mute", (ann.player, 0)))
    await step(room)
    ann.say(Call(3, "chat", ("again", 0)))
    await step(room)
    assert said(bob) == [(ann.player, 0, "again")]
    sequences = [event.sequence for event in bob.of(EventMessage)]
    assert sequences == list(range(1, len(sequences) + 1)), "what he does not want leaves no gap"


async def test_a_spectator_may_not_speak(autojump_clock: MockClock) -> None:
    room = make_room(Parlour)
    sit(room)
    looker = sit(room, "looker", role=Role.SPECTATOR)
    await step(room, 2)
    looker.say(Call(1, "chat", ("hello", 0)))
    await step(room)
    assert looker.link.ended is not None and looker.link.ended[0] == 1002


async def test_who_is_kicked_is_told_why_and_his_seat_is_free(autojump_clock: MockClock) -> None:
    room = make_room(Parlour)
    ann, bob = sit(room, "ann"), sit(room, "bob")
    await step(room)
    ann.push(2, (0, bob.player))
    await step(room)
    assert (bob.notice.code, bob.notice.text) == (NoticeCode.KICKED, "you were asked to go")
    assert ann.link.ended is None
    await step(room)
    assert list(room.simulation.players) == [ann.player]
    assert room.players == 1


async def test_a_person_gets_the_seat_of_a_bot(autojump_clock: MockClock) -> None:
    room = make_room(Parlour)
    people = [sit(room, f"p{n}") for n in range(6)]
    bots = [sit(room, f"bot {n}", role=Role.BOT) for n in range(2)]
    await step(room, 4)
    assert [player.bot for player in room.simulation.players.values()] == [False] * 6 + [True] * 2
    with pytest.raises(Refused, match="full"):
        sit(room, "bot 3", role=Role.BOT)
    newcomer = sit(room, "newcomer")
    await step(room)
    assert bots[1].notice.code == NoticeCode.KICKED, "the last that came"
    assert bots[0].link.ended is None
    assert room.simulation.players[newcomer.player].name == "newcomer"
    sit(room, "another")
    await step(room)
    assert room.players == len(room.simulation.players) == 8
    with pytest.raises(Refused, match="full"):
        sit(room, "one too many")
    assert all(one.link.ended is None for one in people)


async def test_match_follows_match_in_a_room_that_stays(autojump_clock: MockClock) -> None:
    room = make_room(Parlour)
    results: list[Result] = []
    room.on_result = lambda _, result: results.append(result)
    ann, bob = sit(room, "ann"), sit(room, "bob")
    await step(room)
    over = [layout.name for layout in Parlour.schema.events].index("Ended")

    async def play(tick: int, wins: int) -> list[int]:
        ann.push(tick, (wins, 0))
        await step(room)
        return [snapshot.flags & OVER_FLAG for snapshot in bob.of(Snapshot)]

    assert (await play(2, 1))[-1]
    assert results == [Result((ann.player,), {ann.player: 10, bob.player: 20})]
    bob.push(4, (1, 0))
    await step(room, 2)
    assert len(results) == 1, "the first result of a match counts"
    bob.push(5, (0, 0))
    assert not (await play(5, 0))[-1], "another match goes on"
    assert (await play(6, 1))[-1]
    assert len(results) == 2
    assert [event.values for event in bob.of(EventMessage) if event.kind == over] == [
        ((ann.player,), (ann.player, bob.player), (10, 20))
    ] * 2
    await step(room, round(20 * (OVER_ROOM_SECONDS + 5)))
    assert room.state is RoomState.RUNNING


async def test_what_a_game_logs_stands_in_the_log_with_room_and_tick(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "gameserver.game")
    room = make_room(Parlour)
    sit(room, "ann")
    await step(room)
    assert [record.getMessage() for record in caplog.records] == [f"room {room.plan.name}, tick 1: ann sits down"]


def test_a_game_that_logs_without_end_is_cut_short() -> None:
    simulation = parlour(1)
    for _ in range(MAX_LOG_LINES + 10):
        simulation.game.log("again")
    assert len(simulation.logged) == MAX_LOG_LINES


def test_kicking_nobody_is_an_error_of_the_game() -> None:
    simulation = parlour(1)
    with pytest.raises(Exception, match="nobody has this number"):
        simulation.game.kick(7, "why")

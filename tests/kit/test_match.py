"""`Match`: seats, time, what they see and get, as in a room."""

from __future__ import annotations

from typing import Any

import pytest

from gameserver import Entity, MapError, Refused
from gameserver.core.limits import GRACE_SECONDS, INPUT_HOLD_SECONDS, MAX_CALLS, RELIABLE_MESSAGES
from gameserver.core.talk import Ended, Said
from gameserver.games.arena import Arena
from gameserver.games.arena.state import Killed, Rules, Tank
from gameserver.testing import Match, drawn_map
from tests.kit.pond import Bread, Duck, Pebbles, Pike, Pond, PondGame, Splash, Swimmer


def paired() -> tuple[Match[PondGame], Any, Any]:
    match = Match(PondGame, seed=3)
    ann, bob = match.join("ann"), match.join("bob")
    match.step()
    return match, ann, bob


# -- who is there -----------------------------------------------------------------------------------------------------------
def test_two_join_in_one_tick_in_their_order_and_get_numbers_in_turn() -> None:
    match = Match(PondGame)
    seats = [match.join(name) for name in ("ann", "bob", "cid")]
    assert [seat.player for seat in seats] == [1, 2, 3]
    match.step()
    assert list(match.game.players) == [1, 2]
    match.step()
    assert list(match.game.players) == [1, 2, 3]
    seats[1].leave()
    late = match.join("dan")
    assert late.player == 4, "a number is not given out again soon"
    match.step()
    assert list(match.game.players) == [1, 3, 4]
    assert [player.name for player in match.game.players.values()] == ["ann", "cid", "dan"]


def test_a_full_room_refuses_and_a_bot_makes_room_for_a_person() -> None:
    match = Match(PondGame)
    people = [match.join(name) for name in ("ann", "bob", "cid")]
    (bot,) = match.bots()
    match.step(2)
    assert bot.client.bot and match.game.players[bot.player].bot
    with pytest.raises(Refused, match="the room is full: 4 of 4"):
        match.join("zed", bot=True)
    with pytest.raises(Refused, match="the room has 0 of 4 seats left, not 1"):
        match.bots(1)
    dan = match.join("dan")
    match.step()
    assert bot.kicked == "a person takes the seat"
    assert list(match.game.players) == [*(seat.player for seat in people), dan.player]
    with pytest.raises(Refused, match="the room is full"):
        match.join("eve")


def test_a_profile_arrives_and_the_match_repeats_though_the_game_takes_it_apart() -> None:
    match = Match(PondGame)
    match.join("ann", profile={"rank": 7})
    match.step(3)
    assert match.game.players[1].rank == 7


def test_whoever_is_kicked_is_told_why_and_leaves_in_the_next_tick() -> None:
    match, ann, bob = paired()
    ann.call("evict", bob.player)
    assert bob.kicked == "too loud"
    assert list(match.game.players) == [1, 2]
    match.step()
    assert list(match.game.players) == [1]
    with pytest.raises(ValueError, match="bob has no line"):
        bob.call("fish")


def test_a_spectator_sees_what_everyone_sees_and_does_nothing() -> None:
    match, ann, _ = paired()
    ann.call("fish")
    crowd = match.spectate()
    match.step()
    assert len(crowd.sees.all(Duck)) == 2
    assert crowd.sees.all(Pike) == [] and len(ann.sees.all(Pike)) == 1
    with pytest.raises(ValueError, match="is a spectator"):
        crowd.hold(right=1)
    assert list(match.game.players) == [1, 2]
    crowd.leave()
    match.step()


# -- inputs -----------------------------------------------------------------------------------------------------------------
def test_held_values_last_and_pressed_ones_count_once() -> None:
    match, ann, _ = paired()
    ann.hold(right=1)
    ann.press(dive=True, gear=3)
    match.step()
    assert ann.sees.one(Duck, owner=1).x == 1.5
    match.step(3)
    assert (ann.sees.one(Duck, owner=1).x, ann.sees.one(Duck, owner=1).dives) == (3.0, 1)
    ann.hold(gear=2)
    match.step()
    assert ann.sees.one(Duck, owner=1).x == 4.0
    ann.let_go()
    match.step(5)
    assert ann.sees.one(Duck, owner=1).x == 4.0


def test_what_is_held_before_joining_counts_from_the_tick_after() -> None:
    """In a room nobody can send an input before his first snapshot."""
    match = Match(PondGame)
    ann = match.join("ann")
    ann.hold(right=1)
    ann.press(dive=True)
    match.step()
    assert (match.game.ducks.owned_by(1) or Duck(x=0.0)).x == 0.0
    match.step()
    duck = ann.sees.one(Duck)
    assert (duck.x, duck.dives) == (0.5, 1)


@pytest.mark.parametrize(
    ("fields", "error", "said"),
    [
        ({"up": True}, TypeError, "Paddle has no field 'up': it has right, gear, dive"),
        ({"right": 2}, ValueError, r"Paddle\.right: 2 is outside -1\.\.1"),
        ({"right": True}, ValueError, "is a bool, not an int"),
        ({"dive": 1}, ValueError, "is a int, not True or False"),
    ],
)
def test_a_wrong_input_says_what_there_is(fields: Any, error: type[Exception], said: str) -> None:  # noqa: ANN401
    _, ann, _ = paired()
    with pytest.raises(error, match=said):
        ann.hold(**fields)
    with pytest.raises(error, match=said):
        ann.press(**fields)


# -- lines ------------------------------------------------------------------------------------------------------------------
def test_without_a_line_levels_hold_for_a_while_and_the_seat_for_longer() -> None:
    match, ann, bob = paired()
    ann.hold(right=1)
    match.step()
    ann.disconnect()
    assert ann.sees.tick == match.tick
    match.run(seconds=2)
    held = round(INPUT_HOLD_SECONDS * 20)
    assert bob.sees.one(Duck, owner=1).x == 0.5 * (1 + held)
    assert bob.sees.one(Swimmer, owner=1).connected is False
    assert ann.sees.one(Swimmer, owner=1).connected is True, "he saw it last when he was there"
    ann.reconnect()
    match.step()
    assert bob.sees.one(Swimmer, owner=1).connected is True
    assert ann.sees.tick == match.tick
    ann.disconnect()
    match.run(seconds=GRACE_SECONDS + 1)
    assert list(match.game.players) == [2]
    with pytest.raises(Refused, match="the seat of ann is gone"):
        ann.reconnect()


def test_a_line_that_broke_brings_reliable_events_later_and_cosmetic_ones_never() -> None:
    match, ann, bob = paired()
    ann.press(dive=True)
    match.step()
    assert ann.events(Splash) == [Splash(number=1)] and bob.events() == []
    ann.disconnect()
    bob.call("feed", 1, words="hello")
    ann.reconnect()
    match.step(3)
    assert ann.events(Bread) == [Bread(to=1, words="hello")]
    assert bob.events(Bread) == []
    assert match.events() == [Splash(number=1), Bread(to=1, words="hello")]
    assert [one.tick for one in match.happened] == [2, 3]


def test_who_is_owed_too_much_loses_his_session() -> None:
    match, ann, bob = paired()
    ann.disconnect()
    for _ in range(RELIABLE_MESSAGES // MAX_CALLS + 1):
        for _ in range(MAX_CALLS):
            bob.begin_call("feed", 1, "x")
        match.step()
    match.step(2)
    assert list(match.game.players) == [2]


# -- calls ------------------------------------------------------------------------------------------------------------------
def test_a_call_returns_what_the_game_says_or_raises_its_no() -> None:
    match, ann, _ = paired()
    assert ann.call("feed", 2, "quack") == "QUACK"
    assert ann.call("feed", words="quack", to=2) == "QUACK"
    assert match.tick == 3, "one tick each"
    with pytest.raises(Refused, match="nobody there"):
        ann.call("feed", 3, "")
    assert ann.call("evict", 2) is None


def test_players_talk_and_do_not_hear_whom_they_have_muted() -> None:
    match, ann, bob = paired()
    ann.call("chat", "hello", to_team=False)
    bob.call("mute", ann.player, muted=True)
    ann.call("chat", "are you there?", False)
    assert [said.text for said in match.events(Said)] == ["hello", "are you there?"]
    assert [said.text for said in bob.events(Said)] == ["hello"]
    assert len(ann.events(Said)) == 2, "he hears himself"


def test_calls_of_one_tick_come_in_the_order_of_the_seats() -> None:
    match, ann, bob = paired()
    last = bob.begin_call("feed", 1, "bob")
    first, second = ann.begin_call("feed", 2, "ann"), ann.begin_call("feed", 1, "again")
    with pytest.raises(AssertionError, match="feed has not been answered"):
        first.result()
    match.step()
    assert (first.result(), second.result(), last.result()) == ("ANN", "AGAIN", "BOB")
    assert [event.words for event in match.events(Bread)] == ["ann", "again", "bob"]


def test_more_calls_than_a_room_takes_at_once_are_refused() -> None:
    match, ann, _ = paired()
    calls = [ann.begin_call("feed", 2, "x") for _ in range(MAX_CALLS + 1)]
    match.step()
    assert [call.result() for call in calls[:-1]] == ["X"] * MAX_CALLS
    with pytest.raises(Refused, match="too many calls at once"):
        calls[-1].result()


def test_a_call_before_joining_waits_until_the_caller_is_in() -> None:
    match = Match(PondGame)
    for name in ("ann", "bob"):
        match.join(name)
    assert match.join("cid").call("feed", 1, "late") == "LATE"
    assert match.tick == 3, "two join in the first tick, he in the second"


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        (
            ("sing",),
            LookupError,
            "pond has no call 'sing': it has chat, emote, mute, silence, expel, report, feed, evict, fish, later",
        ),
        (("feed", 1), TypeError, r"feed takes \(to, words\), not \(1,\)"),
        (("feed", 1, "a", 2), TypeError, "feed takes"),
        (("feed", 5000, "a"), ValueError, "feed.to: 5000 is outside"),
        (("feed", 1, 2), ValueError, "feed.words: 2 is a int, not a str"),
    ],
)
def test_a_wrong_call_says_what_there_is(arguments: Any, error: type[Exception], said: str) -> None:  # noqa: ANN401
    _, ann, _ = paired()
    with pytest.raises(error, match=said):
        ann.begin_call(*arguments)


def test_a_timer_and_an_answer_of_the_host_enter_in_their_ticks() -> None:
    match, ann, _ = paired()
    ann.call("later")
    match.answer("result", 500)
    match.step()
    assert ann.sees.one(Pond).ripples == 503
    assert match.logged == []
    match.step(2)
    assert ann.sees.one(Pond).ripples == 1505
    assert match.logged == ["504 ripples"]


# -- sight ------------------------------------------------------------------------------------------------------------------
def test_a_hidden_field_says_who_may_see_it() -> None:
    _, ann, _ = paired()
    mine, other = ann.sees.one(Duck, owner=1), ann.sees.one(Duck, owner=2)
    assert mine.crumbs in (0, 1) and mine.plan == 7
    with pytest.raises(AttributeError, match=r"Duck\.crumbs is not shown to this seat: it is for its owner .*; owner is 2"):
        _ = other.crumbs
    with pytest.raises(AttributeError, match=r"Duck\.plan is not shown to this seat: it is for its team .*; team is 1"):
        _ = other.plan
    with pytest.raises(AttributeError, match=r"Duck\.dream is not shown to this seat: it is for nobody"):
        _ = mine.dream
    with pytest.raises(AttributeError, match="Duck has no field 'y': it has x, dives, crumbs"):
        _ = mine.y
    with pytest.raises(
        AttributeError, match=r'Pond\.depth is not shown to this seat: it is for nobody \(audience="none", declared'
    ):
        _ = ann.sees.one(Pond).depth
    assert repr(other).startswith("Duck(id=") and "crumbs" not in repr(other) and "crumbs" in repr(mine)


def test_what_is_seen_is_of_the_authors_class_and_cannot_be_changed() -> None:
    match, ann, _ = paired()
    before = ann.sees
    duck = before.one(Duck, owner=1)
    assert isinstance(duck, Duck) and duck.far() is False
    with pytest.raises(AttributeError, match=r"a copy: change match\.game"):
        duck.x = 1.0
    live = match.game.ducks.owned_by(1)
    assert live is not None
    live.x, live.dream = 100.0, 0.25
    match.game.pikes.add(Pike(owner=1))
    match.step()
    assert ann.sees.one(Duck, owner=1).far() and ann.sees.one(Pike).teeth == 42
    assert duck.x == 0.0, "what was seen does not change"
    assert before.tick == 1 and before.one(Duck, owner=1).x == 0.0
    assert ann.sees.get(live.id).x == 100.0
    assert ann.sees.get(99_999) is None


def test_asking_for_one_says_what_there_is_instead() -> None:
    match, ann, _ = paired()
    with pytest.raises(AssertionError, match=r"ann sees 2 of Duck in tick 1, not one; name a field.*\n  Duck\(id=.*\n  Duck\("):
        ann.sees.one(Duck)
    with pytest.raises(AssertionError, match=r"ann sees 0 of Duck, owner=3 in tick 1, not one; there are\n  Duck\("):
        ann.sees.one(Duck, owner=3)
    with pytest.raises(LookupError, match="pond has no kind Tank: it has Pond, Swimmer, Duck, Pike"):
        ann.sees.all(Tank)
    with pytest.raises(LookupError, match=r"pond has another Duck than elsewhere\.Duck: import it from the same file"):
        ann.sees.all(type("Duck", (Entity,), {"__module__": "elsewhere"}))
    with pytest.raises(LookupError, match="Duck has no field 'colour'"):
        ann.sees.all(Duck, colour=1)
    assert ann.sees.all(Duck, crumbs=5000) == []
    assert [player.name for player in ann.sees.all(Swimmer)] == ["ann", "bob"]
    with pytest.raises(LookupError, match="pond has no event Killed: it has Splash, Bread"):
        match.events(Killed)
    with pytest.raises(AssertionError, match="late has seen nothing yet"):
        _ = match.join("late").sees


# -- time and results -------------------------------------------------------------------------------------------------------
def test_time_is_ticks_or_seconds_and_until_waits_for_something() -> None:
    match, ann, _ = paired()
    match.run(seconds=2)
    assert match.tick == 41
    ann.hold(right=1)
    match.until(lambda: ann.sees.one(Duck, owner=1).x >= 3, seconds=1)
    assert match.tick == 47
    with pytest.raises(AssertionError, match="did not come true within 1 s: the match is in tick 67"):
        match.until(lambda: False, seconds=1)


def test_a_result_stands_and_another_match_has_its_own() -> None:
    match = Match(PondGame, options=Pebbles(frogs_win_at=5))
    match.join("ann")
    match.step(4)
    assert match.result is None
    match.step()
    assert match.result is not None and match.result.winners == (1,)
    match.step(6)
    assert match.result is None, "the game plays on"
    assert len(match.results) == len(match.events(Ended)) == 2


# -- bots and maps ----------------------------------------------------------------------------------------------------------
def test_bots_think_with_the_games_brain_and_press_once_a_thought() -> None:
    match = Match(PondGame)
    strong, weak = match.bots(2, strength=3), match.bots(1, strength=1)
    match.step(12)
    assert [seat.name for seat in (*strong, *weak)] == ["bot 1", "bot 2", "bot 3"]
    first = strong[0].sees.one(Duck, owner=1)
    assert (first.x, first.dives) == (0.5 * 11, 6), "20 Hz, a thought every other tick"
    assert weak[0].sees.one(Duck, owner=3).x == 0
    with pytest.raises(ValueError, match="is a bot and plays by itself"):
        weak[0].hold(right=1)
    with pytest.raises(ValueError, match="strength 4: say one of 1, 2, 3"):
        match.bots(1, strength=4)


def test_a_drawn_map_takes_the_place_of_the_games() -> None:
    match = Match(Arena, map=drawn_map("##########", "#s......s#", "##########"), seed=4)
    ann, bob = match.join("ann"), match.join("bob")
    match.step()
    mine, other = ann.sees.one(Tank, owner=1), ann.sees.one(Tank, owner=2)
    ann.hold(fire=True, aim=0 if mine.x < other.x else 512)
    match.until(lambda: bob.events(Killed), seconds=20)
    assert bob.events(Killed) == [Killed(killer=1, victim=2, weapon=0)]
    assert Match(Arena).map is not None
    with pytest.raises(ValueError, match="pond has no map"):
        Match(PondGame, map="field")
    with pytest.raises(MapError, match="there is no such file"):
        Match(Arena, map="atlantis")
    with pytest.raises(ValueError, match="draw a map as one text for each row"):
        drawn_map("###", "##")


def test_wrong_arguments_say_what_to_do() -> None:
    with pytest.raises(ValueError, match="options of pond are an object of Pebbles"):
        Match(PondGame, options=Rules())
    with pytest.raises(ValueError, match="check=-1"):
        Match(PondGame, check=-1)
    with pytest.raises(ValueError, match="'' is no name of a player"):
        Match(PondGame).join("")


def test_a_long_match_of_bots_repeats_and_equal_seeds_are_equal_matches() -> None:
    """Half a minute of the arena with checks: kills, returns, shells, reloads."""
    hashes = []
    for _ in range(2):
        match = Match(Arena, seed=11, check=20)
        match.bots(8)
        match.run(seconds=30)
        hashes.append(match.simulation.world.hash())
        assert match.events(Killed) and max(match.seats[0].client.frames) < 16 * 1024
    assert hashes[0] == hashes[1]


# -- what a seat sees late ---------------------------------------------------------------------------------------------------
def test_a_seat_that_sees_late_says_so_with_its_inputs() -> None:
    match = Match(Arena)
    ann, bob = match.join("ann", sees_back=2.5), match.join("bob")
    match.step(2)
    assert (ann.sees_back, match.game.sees_back(ann.player), match.game.sees_back(bob.player)) == (2.5, 2.5, 0.0)
    ann.sees_back = 7.5
    match.step()
    assert match.game.sees_back(ann.player) == 7.5


@pytest.mark.parametrize("ticks", [-0.1, 7.6, 100])
def test_no_seat_sees_further_back_than_a_room_looks(ticks: float) -> None:
    with pytest.raises(ValueError, match=r"a room looks 0 to 7\.5 ticks back"):
        Match(Arena).join("ann", sees_back=ticks)

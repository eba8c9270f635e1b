"""Inputs between arrival and their tick: nothing is lost that can be saved, nothing is doubled, and flooding gains nothing."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gameserver.core.fields import boolean, integer, real
from gameserver.core.inputs import InputBuffer, Sight
from gameserver.core.limits import INPUT_CREDIT, INPUT_HOLD_SECONDS, INPUT_QUEUE, INPUT_WINDOW_SECONDS, REWIND_SECONDS, SUBTICKS
from gameserver.core.record import Input
from tests.sizes import sized

RATE = 20
WINDOW = round(INPUT_WINDOW_SECONDS * RATE)
HOLD = round(INPUT_HOLD_SECONDS * RATE)


class Pad(Input):
    walk: int = integer(-1, 1)
    gear: int = integer(1, 5, default=2)
    speed: float = real(quantum=0.5, default=0.7)
    fire: bool = boolean(edge=True)
    jump: int = integer(0, 3, edge=True)


def row(walk: int = 0, gear: int = 2, fire: int = 0, jump: int = 0) -> tuple[int, ...]:
    return (walk, gear, 1, fire, jump)


NEUTRAL = Pad(walk=0, gear=2, speed=0.5, fire=False, jump=0)


def buffer() -> InputBuffer:
    return InputBuffer(Pad.layout, RATE)


# -- in time -----------------------------------------------------------------------------------------------------------------
def test_an_input_is_used_at_its_tick_and_acknowledged() -> None:
    inputs = buffer()
    assert inputs.add(3, [row(1), row(-1)], tick=1) == 3
    assert inputs.take(2) == NEUTRAL
    assert inputs.acknowledged is None
    assert inputs.take(3).walk == 1
    assert inputs.acknowledged == 3
    assert inputs.take(4).walk == -1
    assert inputs.acknowledged == 4
    assert (inputs.counts.used, inputs.counts.neutral) == (2, 1)


def test_no_input_is_the_neutral_one_rounded() -> None:
    """The declared default 0.7 is no multiple of its quantum; a recording would give back 0.5."""
    assert buffer().take(1) == NEUTRAL


def test_the_row_of_what_was_taken_makes_the_same_input_again() -> None:
    inputs = buffer()
    assert Pad.layout.make(inputs.row) == NEUTRAL
    inputs.add(1, [row(1, fire=1)], tick=0)
    inputs.add(1, [row(-1, jump=2)], tick=1)  # repeated: it changes nothing
    for tick in (1, 2, 3):
        taken = inputs.take(tick)
        assert Pad.layout.make(inputs.row) == taken
        inputs.add(tick, [row(gear=tick, fire=tick % 2)], tick=tick + 1)  # late: its presses come with the next


def test_equal_inputs_are_the_same_object() -> None:
    inputs = buffer()
    inputs.add(1, [row(1), row(1)], tick=0)
    assert inputs.take(1) is inputs.take(2)


@pytest.mark.parametrize(("ahead", "taken"), [(1, True), (WINDOW, True), (WINDOW + 1, False), (2**53 - 1, False)])
def test_the_window_is_one_second_wide(ahead: int, taken: bool) -> None:
    inputs = buffer()
    assert (inputs.add(100 + ahead, [row(1)], tick=100) is not None) is taken
    assert inputs.counts.early == (not taken)


def test_a_forged_stamp_far_ahead_does_not_block_the_honest_ones() -> None:
    inputs = buffer()
    inputs.add(10**9, [row(1)] * 16, tick=5)
    assert inputs.add(7, [row(-1)], tick=5) == 7
    assert inputs.take(6) == NEUTRAL
    assert inputs.take(7).walk == -1


# -- missing -----------------------------------------------------------------------------------------------------------------
def test_levels_hold_for_a_quarter_of_a_second_and_edges_do_not() -> None:
    inputs = buffer()
    inputs.add(1, [row(1, gear=5, fire=1)], tick=0)
    assert inputs.take(1).fire
    for tick in range(2, 2 + HOLD):
        held = inputs.take(tick)
        assert (held.walk, held.gear, held.fire) == (1, 5, False), f"tick {tick}"
    assert inputs.take(2 + HOLD) == NEUTRAL
    assert (inputs.counts.held, inputs.counts.neutral) == (HOLD, 1)


def test_without_any_input_yet_nothing_is_held() -> None:
    inputs = buffer()
    assert all(inputs.take(tick) == NEUTRAL for tick in range(1, 4))
    assert inputs.counts.neutral == 3


# -- late --------------------------------------------------------------------------------------------------------------------
def test_a_late_level_counts_if_it_is_newer() -> None:
    inputs = buffer()
    for tick in range(1, 6):
        inputs.take(tick)
    assert inputs.add(3, [row(1), row(-1)], tick=5) == 3
    assert inputs.take(6).walk == -1
    assert inputs.acknowledged == 4
    assert inputs.counts.late == 2


def test_a_late_press_is_carried_into_the_next_tick_once() -> None:
    inputs = buffer()
    inputs.add(3, [row(fire=1, jump=2)], tick=5)
    carried = inputs.take(6)
    assert (carried.fire, carried.jump) == (True, 2)
    after = inputs.take(7)
    assert (after.fire, after.jump) == (False, 0)


def test_a_late_press_joins_the_input_of_its_tick() -> None:
    inputs = buffer()
    inputs.add(5, [row(fire=1)], tick=5)
    inputs.add(6, [row(1, jump=3)], tick=5)
    both = inputs.take(6)
    assert (both.walk, both.fire, both.jump) == (1, True, 3)


def test_a_press_in_time_wins_over_a_late_one_of_the_same_field() -> None:
    inputs = buffer()
    inputs.add(5, [row(jump=1)], tick=5)
    inputs.add(6, [row(jump=3)], tick=5)
    assert inputs.take(6).jump == 3
    assert inputs.take(7).jump == 0


def test_what_was_sent_before_is_ignored() -> None:
    """Clients may repeat; and none may change what he already said."""
    inputs = buffer()
    assert inputs.add(1, [row(1), row(1, fire=1)], tick=0) == 1
    assert inputs.add(1, [row(-1, fire=1), row(-1), row(0)], tick=0) == 3
    assert [inputs.take(tick).walk for tick in (1, 2, 3)] == [1, 1, 0]
    assert inputs.add(2, [row(fire=1)], tick=3) is None
    assert not inputs.take(4).fire
    assert inputs.counts.repeated == 3


# -- the room has lost time --------------------------------------------------------------------------------------------------
def test_what_was_pressed_while_the_room_stood_still_comes_late_and_not_in_a_second() -> None:
    inputs = buffer()
    inputs.add(1, [row(1)], tick=0)
    inputs.take(1)
    assert inputs.add(2, [row(1)] * 9 + [row(-1, fire=1)], tick=1, behind=12) == -10
    taken = inputs.take(2)
    assert (taken.walk, taken.fire) == (-1, True)
    assert inputs.acknowledged == 1, "it does not go back"
    assert not inputs.take(3).fire


def test_by_another_clock_a_tick_may_be_said_again() -> None:
    """It has one row still, the newer one, and costs no more; whatever was pressed for it counts."""
    inputs = buffer()
    inputs.add(1, [row(1, fire=1)], tick=0)
    credit = inputs._credit
    assert inputs.add(1, [row(-1, jump=2)], tick=0) is None, "not by the same"
    inputs.begin_clock()
    assert inputs.add(1, [row(-1, jump=2)], tick=0) == 1
    assert inputs.add(1, [row(0, jump=1)], tick=0) is None, "nor twice by the other"
    assert inputs._credit == credit
    first = inputs.take(1)
    assert (first.walk, first.fire, first.jump) == (-1, True, 2)


def test_nothing_overtakes_what_was_made_before_the_room_stood_still() -> None:
    """Those rows still wait for their ticks, and what was made later means an earlier one by the present clock."""
    inputs = buffer()
    inputs.add(1, [row(1, jump=1), row(1), row(1, jump=2)], tick=0)
    assert inputs.add(4, [row(-1, fire=1)], tick=0, behind=30) == -26
    inputs.begin_clock()
    assert inputs.add(2, [row(-1)], tick=0) == 2
    assert [(taken.walk, taken.jump, taken.fire) for taken in map(inputs.take, (1, 2, 3))] == [
        (1, 1, False),
        (1, 0, False),
        (-1, 2, True),
    ]
    assert inputs.take(4).walk == -1
    assert inputs.acknowledged == 3


def test_a_new_line_has_nothing_of_the_presses_for_which_there_was_no_room() -> None:
    inputs = buffer()
    inputs.add(1, [row(fire=1)] * 16, tick=0)
    assert inputs.counts.excess
    inputs.restart(0)
    assert not any(inputs.take(tick).fire for tick in range(1, 20))


# -- too many ----------------------------------------------------------------------------------------------------------------
def test_credit_bounds_a_burst_and_accrues_with_the_ticks() -> None:
    inputs = buffer()
    inputs.add(1, [row(1)] * 16, tick=0)
    assert inputs.counts.excess == 16 - INPUT_CREDIT
    for tick in range(1, 17):
        inputs.take(tick)
    assert inputs.counts.used == INPUT_CREDIT


def test_what_is_beyond_the_credit_is_still_pressed_in_its_tick() -> None:
    inputs = buffer()
    inputs.add(1, [row(1, fire=1)] * 12, tick=0)
    taken = [inputs.take(tick) for tick in range(1, 14)]
    assert [pad.fire for pad in taken] == [True] * 12 + [False]
    assert (inputs.counts.used, inputs.counts.excess) == (INPUT_CREDIT, 12 - INPUT_CREDIT)


def test_the_queue_is_bounded() -> None:
    """One who sends one more each tick, always as far ahead as the window allows, fills the queue and no more."""
    inputs = buffer()
    for tick in range(200):
        inputs.add(tick + WINDOW, [row(1)], tick=tick)
        inputs.take(tick + 1)
        assert len(inputs._waiting) <= INPUT_QUEUE


def test_flooding_gains_nothing() -> None:
    """The honest client has one input a tick; whoever sends twenty has one a tick, too, and its ticks are the same."""
    honest, flood = buffer(), buffer()
    used = {"honest": 0, "flood": 0}
    for tick in range(200):
        honest.add(tick + 2, [row(1, fire=1)], tick=tick)
        for ahead in range(1, WINDOW):
            flood.add(tick + ahead, [row(1, fire=1)] * 16, tick=tick)
            flood.add(max(0, tick - ahead), [row(1, fire=1)] * 16, tick=tick)
        used["honest"] += honest.take(tick + 1).fire
        used["flood"] += flood.take(tick + 1).fire
    assert used["flood"] <= used["honest"] + 2
    assert flood.counts.used <= 200 + INPUT_CREDIT


# -- every press once --------------------------------------------------------------------------------------------------------
@attrs.frozen
class Packet:
    """Inputs for some ticks, and the tick before which they arrive. `pressed` says in which of them fire is pressed.

    `lost`: ticks that the room has lost since the packet before. `learns`: these are the first by the clock that it has had since.
    """

    first: int
    pressed: tuple[bool, ...]
    arrival: int
    lost: int = 0
    learns: bool = False


@st.composite
def schedules(draw: st.DrawFn) -> list[Packet]:
    """Packets in the order of a TCP line: their ticks grow, their arrivals do not go back; they may be early, late, doubled. The
    room may lose time, and the client learn of that later.
    """
    packets = []
    first = arrival = 1
    behind = 0
    for _ in range(draw(st.integers(1, 25))):
        pressed = tuple(draw(st.lists(st.booleans(), min_size=1, max_size=4)))
        arrival += draw(st.integers(0, 3) | st.integers(0, 30))
        lost = draw(st.just(0) | st.integers(0, 40))
        behind += lost
        learns = bool(behind) and draw(st.booleans())
        if learns:
            first, behind = max(1, first - behind), 0
        packets.append(Packet(first, pressed, arrival, lost, learns))
        first = max(1, first + draw(st.integers(-2, 6) | st.integers(0, 40)))
    return packets


@settings(max_examples=sized(600, 200))
@given(packets=schedules())
def test_every_press_is_seen_exactly_once(packets: list[Packet]) -> None:
    """In its tick if it came in time, else in the next one; unless it was beyond the window. Nothing else is ever pressed."""
    inputs = buffer()
    expected: set[int] = set()
    dropped = 0
    sent: set[int] = set()
    """By the present clock of the client."""
    seen: set[int] = set()
    behind = latest = 0
    end = packets[-1].arrival + WINDOW + 2
    for tick in range(1, end):  # `tick` is the one to be taken next: the last one done is tick - 1
        for packet in packets:
            if packet.arrival != tick:
                continue
            behind += packet.lost
            if packet.learns:
                inputs.begin_clock()
                behind = 0
                sent.clear()
            for place, press in enumerate(packet.pressed):
                wanted = packet.first + place
                before = attrs.astuple(inputs.counts)
                inputs.add(wanted, [row(fire=int(press))], tick=tick - 1, behind=behind)
                counts = dict(zip([a.name for a in attrs.fields(type(inputs.counts))], before, strict=True))
                early = inputs.counts.early > counts["early"]
                limited = early or inputs.counts.excess > counts["excess"]
                again = inputs.counts.repeated > counts["repeated"]
                assert again == (wanted in sent or (bool(sent) and wanted < max(sent)))
                if inputs.counts.early == counts["early"]:
                    sent.add(wanted)
                dropped += limited
                if not early and not again:
                    latest = max(wanted - behind, tick, latest)
                    if press:
                        expected.add(latest)
        if inputs.take(tick).fire:
            seen.add(tick)
    assert seen == expected
    assert inputs.counts.early + inputs.counts.excess == dropped


@given(
    arrivals=st.lists(
        st.tuples(st.integers(0, 60), st.lists(st.tuples(st.integers(-1, 1), st.integers(0, 1)), max_size=16), st.integers(0, 60)),
        max_size=30,
    )
)
def test_whatever_arrives_an_input_is_taken_for_every_tick(arrivals: list[Any]) -> None:
    inputs = buffer()
    acknowledged = -1
    for tick in range(1, 70):
        for first, rows, when in arrivals:
            if when == tick:
                inputs.add(first, [row(walk, fire=fire) for walk, fire in rows], tick - 1)
        taken = inputs.take(tick)
        assert isinstance(taken, Pad)
        assert Pad.layout.make(Pad.layout.pack(taken)) == taken
        assert len(inputs._waiting) <= INPUT_QUEUE
        if inputs.acknowledged is not None:
            assert acknowledged <= inputs.acknowledged <= tick, "an acknowledgement does not go back, nor ahead"
            acknowledged = inputs.acknowledged
    counts = inputs.counts
    assert counts.used + counts.held + counts.neutral == 69


# -- what was on the screen --------------------------------------------------------------------------------------------------
MOST_BACK = round(REWIND_SECONDS * RATE * SUBTICKS)


def test_how_far_back_he_saw_is_told_for_each_tick() -> None:
    inputs = buffer()
    inputs.add(3, [row(1), row(1)], 1, Sight(3 * SUBTICKS - 400))
    assert [(inputs.take(tick).walk, inputs.back) for tick in (2, 3, 4)] == [(0, 0), (1, 400), (1, 400)]


def test_it_holds_with_the_levels_and_ends_with_them() -> None:
    inputs = buffer()
    inputs.add(1, [row(1)], 0, Sight(SUBTICKS - 400, cut=7))
    backs = []
    for tick in range(1, HOLD + 4):
        inputs.take(tick)
        backs.append((inputs.back, inputs.cut))
    assert backs == [(400, 7)] * (HOLD + 1) + [(0, 0)] * 2


def test_what_comes_late_was_seen_longer_ago() -> None:
    inputs = buffer()
    inputs.take(1)
    inputs.take(2)
    inputs.add(2, [row(1)], 2, Sight(2 * SUBTICKS - 400))
    assert inputs.take(3).walk == 1
    assert inputs.back == 400 + SUBTICKS
    inputs.take(4)
    assert inputs.back == 400 + SUBTICKS, "and holds with it"


def test_who_says_nothing_after_he_has_said_something_sees_the_present() -> None:
    inputs = buffer()
    inputs.add(1, [row(1)], 0, Sight(0))
    inputs.add(2, [row(1)], 0)
    inputs.take(1)
    assert inputs.back == SUBTICKS
    inputs.take(2)
    assert inputs.back == 0


@given(st.integers(-(2**60), 2**60), st.integers(0, 2**60))
def test_it_is_never_negative_and_never_more_than_the_most(view: int, cut: int) -> None:
    """What is more is counted as cut, beside what was cut before."""
    inputs = buffer()
    inputs.add(1, [row(1)], 0, Sight(view, cut))
    inputs.take(1)
    assert 0 <= inputs.back <= MOST_BACK
    assert inputs.back + inputs.cut == max(0, SUBTICKS - view) + cut

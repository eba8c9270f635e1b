"""The room's random numbers: the published sequence, evenly spread, and continued from a stored state."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gameserver.core.rng import Rng


def test_it_is_the_published_generator() -> None:
    """The demo of O'Neill's reference implementation: pcg32_srandom(42, 54), round 1."""
    rng = Rng(42, 54)
    assert [rng.bits32() for _ in range(6)] == [0xA15C02B7, 0x7B47F409, 0xBA1D3330, 0x83D2F293, 0xBFA4784B, 0xCBED606E]


def test_the_default_stream_does_not_change() -> None:
    """Recordings of old matches must play for ever: these numbers stand in files."""
    rng = Rng(0)
    assert [rng.bits32() for _ in range(4)] == [0x348A463F, 0x4F205A1B, 0x2946C488, 0x805E36DE]
    rng = Rng(2**63)
    assert [rng.integer(1, 6) for _ in range(10)] == [1, 5, 5, 5, 6, 6, 5, 4, 5, 5]


@given(seed=st.integers(-(2**70), 2**70), skip=st.integers(0, 50))
def test_a_restored_generator_goes_on(seed: int, skip: int) -> None:
    rng, other = Rng(seed), Rng(1)
    for _ in range(skip):
        rng.bits32()
    other.restore(list(rng.state()))
    assert [other.bits32() for _ in range(20)] == [rng.bits32() for _ in range(20)]


@given(low=st.integers(-(10**12), 10**12), span=st.integers(0, 2**32 - 1), seed=st.integers(0, 2**32))
def test_an_integer_is_within_its_bounds(low: int, span: int, seed: int) -> None:
    assert low <= Rng(seed).integer(low, low + span) <= low + span


@pytest.mark.parametrize(("low", "high"), [(1, 0), (0, 2**32), (-(2**31), 2**31)])
def test_an_impossible_range_is_refused(low: int, high: int) -> None:
    with pytest.raises(ValueError, match="no integer from"):
        Rng(1).integer(low, high)


def test_the_widest_range_is_every_bit_pattern() -> None:
    assert Rng(5).integer(0, 2**32 - 1) == Rng(5).bits32()


@pytest.mark.parametrize("faces", [2, 3, 6, 10, 64, 100])
def test_integers_are_spread_evenly(faces: int) -> None:
    """Chi-squared: the bound is that of one test in a hundred thousand, so the seed is no lucky one."""
    rng = Rng(faces)
    rolls = 600 * faces
    counts = Counter(rng.integer(1, faces) for _ in range(rolls))
    assert set(counts) == set(range(1, faces + 1))
    expected = rolls / faces
    chi = sum((count - expected) ** 2 / expected for count in counts.values())
    freedom = faces - 1
    assert chi < freedom + 6 * (2 * freedom) ** 0.5 + 10


def test_a_range_that_does_not_divide_two_to_the_32_has_no_favourites() -> None:
    """A plain remainder would make the lower third of this range twice as likely."""
    rng = Rng(9)
    span = 3 * 2**30
    low = sum(rng.integer(0, span - 1) < 2**30 for _ in range(6_000))
    assert 1_800 < low < 2_200


def test_reals_lie_in_their_range_and_all_over_it() -> None:
    rng = Rng(1)
    drawn = [rng.real(-2.0, 3.0) for _ in range(10_000)]
    assert all(-2.0 <= value < 3.0 for value in drawn)
    assert abs(sum(drawn) / len(drawn) - 0.5) < 0.06
    assert min(drawn) < -1.99 and max(drawn) > 2.99


def test_chance_is_its_probability() -> None:
    rng = Rng(1)
    assert not any(rng.chance(0.0) for _ in range(1_000))
    assert all(rng.chance(1.0) for _ in range(1_000))
    assert 2_800 < sum(rng.chance(0.3) for _ in range(10_000)) < 3_200


def test_choice_and_shuffle() -> None:
    rng = Rng(1)
    assert {rng.choice("abc") for _ in range(100)} == set("abc")
    with pytest.raises(IndexError):
        rng.choice([])
    orders: Counter[tuple[int, ...]] = Counter()
    for _ in range(6_000):
        items = [1, 2, 3]
        rng.shuffle(items)
        orders[tuple(items)] += 1
    assert len(orders) == 6
    assert all(850 < count < 1_150 for count in orders.values())


def test_equal_seeds_are_equal_and_others_are_not() -> None:
    assert [Rng(7).bits32() for _ in range(3)] == [Rng(7).bits32() for _ in range(3)]
    assert len({Rng(seed).bits32() for seed in range(1_000)}) == 1_000
    assert Rng(7, 1).bits32() != Rng(7, 2).bits32()

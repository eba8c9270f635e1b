"""What enters a match from outside of it is what a recording gives back."""

from __future__ import annotations

import enum
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gameserver import Game, Input, Player, Profile, players_of
from gameserver.core.commands import Join, plain_profile
from gameserver.core.limits import MAX_INTEGER, MAX_PROFILE
from gameserver.core.simulation import Simulation

plain_values = (
    st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | st.floats(allow_nan=False) | st.text(max_size=20)
)


@given(st.dictionaries(st.text(max_size=8), plain_values, max_size=8))
def test_a_plain_profile_is_what_msgpack_gives_back(profile: Profile) -> None:
    taken = plain_profile(profile)
    assert taken == profile
    assert taken is not profile
    assert msgpack.unpackb(msgpack.packb(taken)) == taken


class Rank(enum.IntEnum):
    MAJOR = 3


@pytest.mark.parametrize(
    ("profile", "says"),
    [
        (None, "is a dict of plain values, not None"),
        ([("rank", 1)], "is a dict of plain values"),
        ({1: "one"}, r"profile\[1\] is 'one': keys are str"),
        ({"tags": ["a"]}, r"profile\['tags'\] is \['a'\].*a key of its own"),
        ({"id": 2**60}, "up to 53 bits"),
        ({"rank": Rank.MAJOR}, "profile.*Rank.MAJOR"),
        ({"name": "\ud800"}, "profile"),
        ({"\ud800": 1}, "profile"),
        ({"raw": b"x"}, "profile"),
        ({"essay": "x" * MAX_PROFILE}, f"may have {MAX_PROFILE}"),
    ],
)
def test_what_a_recording_would_not_give_back_is_refused(profile: object, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        plain_profile(profile)


class Nothing(Input):
    pass


class Greedy(Game):
    """Takes its players' profiles apart."""

    name = "greedy"
    inputs = Nothing
    players = players_of(Player)

    def join(self, player: Player, profile: Profile) -> None:
        profile.clear()


def test_a_game_that_changes_a_profile_does_not_change_the_command() -> None:
    profile: dict[str, Any] = {"rank": 7}
    join = Join(1, "ann", profile)
    Simulation(Greedy).step([join], {})
    assert join.profile == {"rank": 7}

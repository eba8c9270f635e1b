"""What enters a step of a match beside the inputs, and what comes out of it beside the world."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

from gameserver.core.limits import MAX_PROFILE
from gameserver.core.timers import is_plain

if TYPE_CHECKING:
    from gameserver.core.audience import Audience, PlayerId
    from gameserver.core.game import Profile
    from gameserver.core.layout import Row


# -- what enters a step beside the inputs ----------------------------------------------------------------------------------
@attrs.frozen
class Join:
    """Somebody takes a seat."""

    player: PlayerId
    name: str
    profile: Profile = attrs.field(factory=dict)
    bot: bool = False
    host: bool = False
    """His ticket makes him a host of this room."""
    admin: bool = False
    """Or of all rooms."""


@attrs.frozen
class Leave:
    """He gives it up."""

    player: PlayerId


@attrs.frozen
class Connected:
    """His line broke, and his seat is kept; or he is back."""

    player: PlayerId
    connected: bool


@attrs.frozen
class Called:
    """A client calls a method. `number` is the client's own, for the reply. The schema has the method, and its layout's `check_row`
    has passed the arguments."""

    player: PlayerId
    number: int
    method: str
    arguments: Row


@attrs.frozen
class Answer:
    """An asynchronous hook has answered."""

    question: str
    value: Any


Command = Join | Leave | Connected | Called | Answer


# -- what comes out of it --------------------------------------------------------------------------------------------------
@attrs.frozen
class Emitted:
    """An event of the last step. `kind` indexes the schema's events."""

    kind: int
    row: Row
    to: Audience
    reliable: bool
    deaf: frozenset[PlayerId] = frozenset()
    """Who of them does not want it: he has muted whom it comes from."""


@attrs.frozen
class Replied:
    """The outcome of a call: value if ok, else the reason as text."""

    player: PlayerId
    number: int
    ok: bool
    value: bool | int | str | None


# -- what comes from outside of the match ----------------------------------------------------------------------------------
def plain_profile(profile: object) -> Profile:
    """A copy of this profile, if a recording gives back an equal one: what is none would make another match of it.

    Raises ValueError, which says what is wrong.
    """
    if not isinstance(profile, Mapping):
        raise ValueError(f"a profile is a dict of plain values, not {profile!r}")
    copy = dict(profile)
    for key, value in copy.items():
        if type(key) is not str or not is_plain(key) or not is_plain(value):
            raise ValueError(
                f"profile[{key!r}] is {value!r}: keys are str, values None, bool, int (up to 53 bits), float or str. "
                "What is nested gets a key of its own for each value"
            )
    size = sum(len(value) for pair in copy.items() for value in pair if isinstance(value, str))
    if size > MAX_PROFILE:
        raise ValueError(f"a profile of {size} characters: it may have {MAX_PROFILE}")
    return copy

"""What enters a step of a match beside the inputs, and what comes out of it beside the world."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

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

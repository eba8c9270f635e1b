"""Those who were accepted and have not been let in yet. There is room for so many, and nobody can sit in it to keep the others out.

When it is full, whoever comes takes the place of somebody who waits: of those whose address has the most in here, the one who has
waited longest. An honest handshake takes some hundred milliseconds at most. So who never finishes his own only turns out himself,
however many he opens.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Self

import attrs
import trio

from gameserver.core.limits import MAX_UNADMITTED

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType


@attrs.define(eq=False)
class Guest:
    """Somebody in the anteroom, from `Anteroom.enter` on. As a context it holds all that is done for him: turned out, it ends.

    Attributes:
        address: where he comes from; those of one count together.
        is_asking: he has said what he wants, and waits for an answer: nobody takes his place any more.
    """

    address: str
    _anteroom: Anteroom
    is_asking: bool = False
    _scope: trio.CancelScope = attrs.field(factory=trio.CancelScope)

    def __enter__(self) -> Self:
        self._scope.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> bool:
        self.leave()
        return self._scope.__exit__(kind, error, trace)

    def leave(self) -> None:
        """He is let in, or goes: his place is free. Once is enough."""
        self._anteroom.guests.pop(self, None)

    def turn_out(self) -> None:
        """His place is another's, and his connection ends."""
        self.leave()
        self._scope.cancel()


class Anteroom:
    """See the module.

    Attributes:
        guests: who is here, in the order in which they came.
    """

    def __init__(self, places: int = MAX_UNADMITTED, *, on_turned_out: Callable[[], None] = lambda: None) -> None:
        """`on_turned_out` is called when somebody has to make way."""
        self.guests: dict[Guest, None] = {}
        self._places = places
        self._on_turned_out = on_turned_out

    def enter(self, address: str) -> Guest | None:
        """Somebody has come. None: there is no room, for everybody here is being answered."""
        if len(self.guests) >= self._places:
            waiting = [guest for guest in self.guests if not guest.is_asking]
            if not waiting:
                return None
            crowds = Counter(guest.address for guest in waiting)
            max(waiting, key=lambda guest: crowds[guest.address]).turn_out()  # the first of them, so the one who came first
            self._on_turned_out()
        guest = Guest(address, self)
        self.guests[guest] = None
        return guest

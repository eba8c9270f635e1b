"""How long a client waits before it tries again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import random

FIRST_WAIT_SECONDS: Final = 0.25
LAST_WAIT_SECONDS: Final = 2.0
"""The longest wait: a player who looks at a frozen picture does not have more patience than that."""
LEAST_PART: Final = 0.5
"""Each wait is shortened at random, down to this part of it: so the clients of a server that went do not come back as one."""


class Backoff:
    """0.25, 0.5, 1, 2, 2, … seconds, each times a random number from 0.5 to 1."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._wait = FIRST_WAIT_SECONDS

    def next(self) -> float:
        """Seconds to wait now."""
        wait = self._wait
        self._wait = min(2 * wait, LAST_WAIT_SECONDS)
        return wait * self._rng.uniform(LEAST_PART, 1.0)

    def reset(self) -> None:
        """It has worked: the next wait is the shortest again."""
        self._wait = FIRST_WAIT_SECONDS

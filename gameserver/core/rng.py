"""The room's random numbers: PCG-XSH-RR 64/32 (O'Neill 2014, "PCG: A Family of Simple Fast Space-Efficient ... Generators").

Python promises a stable sequence only for `random.random()`; a replay needs one for every method, and a state small enough to
travel in each checkpoint. This one is two integers. It is not for secrets: the seed never leaves the server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import MutableSequence, Sequence

T = TypeVar("T")

_MASK: Final = 2**64 - 1
_MULTIPLIER: Final = 6364136223846793005
_STREAM: Final = 1442695040888963407


class Rng:
    """A seeded generator. Equal seeds give equal sequences on every platform."""

    __slots__ = ("_increment", "_state")

    def __init__(self, seed: int, stream: int = _STREAM) -> None:
        self._increment = (stream << 1 | 1) & _MASK
        self._state = (self._increment + seed) & _MASK
        self.bits32()

    def bits32(self) -> int:
        """32 random bits."""
        old = self._state
        self._state = (old * _MULTIPLIER + self._increment) & _MASK
        x = ((old >> 18 ^ old) >> 27) & 0xFFFFFFFF
        turn = old >> 59
        return (x >> turn | x << (32 - turn)) & 0xFFFFFFFF

    def integer(self, low: int, high: int) -> int:
        """An integer from low to high, both included, equally likely. ValueError if high < low or they are over 2**32 apart."""
        span = high - low + 1
        if not 0 < span <= 2**32:
            raise ValueError(f"no integer from {low} to {high}: give low <= high, at most 2**32 apart")
        limit = 2**32 - 2**32 % span  # beyond it some results would come up more often than others
        while (bits := self.bits32()) >= limit:
            pass
        return low + bits % span

    def real(self, low: float = 0.0, high: float = 1.0) -> float:
        """A float, low <= result < high, from 32 bits (high itself only where floats are too coarse between the two)."""
        return low + (high - low) * (self.bits32() * 2.0**-32)

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return self.real() < probability

    def choice(self, items: Sequence[T]) -> T:
        """One of the items. Raises IndexError if there are none."""
        if not items:
            raise IndexError("choice from nothing")
        return items[self.integer(0, len(items) - 1)]

    def shuffle(self, items: MutableSequence[T]) -> None:
        """Shuffle in place (Fisher and Yates)."""
        for i in range(len(items) - 1, 0, -1):
            j = self.integer(0, i)
            items[i], items[j] = items[j], items[i]

    def state(self) -> tuple[int, int]:
        """What `restore` takes back."""
        return self._state, self._increment

    def restore(self, state: Sequence[int]) -> None:
        """Continue from a `state()`."""
        self._state, self._increment = state

"""So many cases of one kind, shared among processes. Not in `__main__`, which a process that is spawned does not load again."""

from __future__ import annotations

import multiprocessing
from contextlib import nullcontext
from typing import TYPE_CHECKING, Final

from tests.fuzz import decoder, frames, messages, recordings
from tests.fuzz.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

KINDS: Final[dict[str, Callable[[int, int, int], Outcome]]] = {
    "decoder": decoder.run,
    "frames": frames.run,
    "messages": messages.run,
    "recordings": recordings.run,
}
"""Each takes a seed, the number of the first case and how many there are."""
AT_A_TIME: Final = 2_500
"""Cases that one process is given: few enough that two of them end together."""

Share = tuple[str, int, int, int]


def run_share(share: Share) -> Outcome:
    """Some cases of one kind."""
    kind, seed, first, count = share
    return KINDS[kind](seed, first, count)


def fuzz(kind: str, *, count: int, seed: int = 1, first: int = 0, processes: int = 1) -> Outcome:
    """So many cases of this kind, shared among so many processes."""
    end = first + count
    shares = [(kind, seed, begin, min(AT_A_TIME, end - begin)) for begin in range(first, end, AT_A_TIME)]
    total = Outcome()
    with multiprocessing.get_context("spawn").Pool(processes) if processes > 1 else nullcontext() as pool:
        for outcome in map(run_share, shares) if pool is None else pool.imap_unordered(run_share, shares):
            total.add(outcome)
    total.failures.sort(key=lambda failure: failure.number)
    return total

"""Whatever anybody says: malformed connections, sessions, messages and recordings. Each failure comes with its command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from benchmarks.feel.table import Row
from tests.fuzz.decoder import MAX_BYTES
from tests.fuzz.frames import MAX_HELD_BYTES
from tests.fuzz.shares import fuzz

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fuzz.outcome import Outcome

SEED: Final = 1
PROCESSES: Final = 2
FULL: Final = {"frames": 43_000, "messages": 100_000, "decoder": 1_000_000, "recordings": 10_000}
SMALL: Final = {"frames": 200, "messages": 200, "decoder": 2_000, "recordings": 40}
LEAST_FRAMES: Final = {False: 100_000, True: 300}
"""Malformed handshakes and frames among those connections, in the full form and in the small one."""
IN_JAVASCRIPT: Final = "decoded by the browser's too"


def measure(*, small: bool) -> Iterator[Row]:
    """Each fuzzer once."""
    counts = SMALL if small else FULL
    frames = _fuzz("frames", counts)
    said = frames.ends["malformed handshakes and frames"]
    left = sum(frames.worst[f"{what} left"] for what in ("tasks", "descriptors"))
    yield Row(
        f"Malformed handshakes and frames over real sockets, on {frames.cases:,} connections at every phase, beside a match",
        f"≥ {LEAST_FRAMES[small]:,}; 0 escapes, 0 tasks or descriptors left, no snapshot lost",
        f"{said:,}; {len(frames.failures)} failures, {left:.0f} left{_first('frames', frames)}",
        said >= LEAST_FRAMES[small] and not frames.failures and not left,
    )
    held = frames.worst.get("bytes held for a connection", float("inf"))
    yield Row(
        f"Memory held for a hostile connection, the client's end included ({frames.ends['weighed']:,} weighed alone)",
        f"≤ {MAX_HELD_BYTES // 1024} KiB",
        f"at most {held / 1024:.0f} KiB",
        held <= MAX_HELD_BYTES,
    )
    messages = _fuzz("messages", counts)
    yield Row(
        f"{messages.cases:,} sessions with hostile values, in five kinds of rooms",
        "each ends with a code, 0 rooms fail, the room beside them is the same in every tick",
        f"{len(messages.failures)} failures, {messages.ends['rooms failed']} rooms failed; "
        f"{messages.ends['equal ticks of the room beside them']:,} ticks equal{_first('messages', messages)}",
        not messages.failures and not messages.ends["rooms failed"],
    )
    decoder = _fuzz("decoder", counts)
    taken = decoder.worst["bytes of memory for a message"]
    yield Row(
        f"{decoder.cases:,} random and mutated messages for the server's decoder, and as many frames for a client's",
        "nothing but ProtocolError; what is understood is written and read again alike",
        f"{len(decoder.failures)} failures; {decoder.ends[IN_JAVASCRIPT]:,} by the browser's as well{_first('decoder', decoder)}",
        not decoder.failures,
    )
    yield Row(
        "Memory that decoding one message takes", f"≤ {MAX_BYTES >> 20} MiB", f"at most {taken / 1024:.0f} KiB", taken <= MAX_BYTES
    )
    recordings = _fuzz("recordings", counts)
    yield Row(
        f"{recordings.cases:,} recordings that were changed behind their checksums, for all that reads one",
        "nothing but FormatError",
        f"{len(recordings.failures)} failures; at most {recordings.worst['bytes of memory for a file'] / 2**20:.0f} MiB"
        f"{_first('recordings', recordings)}",
        not recordings.failures,
    )


def _fuzz(kind: str, counts: dict[str, int]) -> Outcome:
    return fuzz(kind, count=counts[kind], seed=SEED, processes=PROCESSES)


def _first(kind: str, outcome: Outcome) -> str:
    """The first failure, and how to see it again."""
    if not outcome.failures:
        return ""
    failure = outcome.failures[0]
    return f": {failure.what[:80]!r}, `python -m tests.fuzz {kind} --seed {SEED} --case {failure.number}`"

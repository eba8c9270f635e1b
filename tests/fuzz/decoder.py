"""Random and mutated messages for the decoders: they raise ProtocolError or understand, and one message takes little memory.

What the server's decoder understands is written down again and read once more: it must be the same. A share of the frames for
clients goes through the browser's decoder as well, in Node.js: it raises its ProtocolError or understands, and it understands all
that the Python one does (which leaves it to the schema to look at rows and fragments).
"""

from __future__ import annotations

import gc
import struct
import subprocess
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gameserver.core.errors import ProtocolError
from gameserver.core.limits import MAX_INTEGER
from gameserver.core.messages import EventMessage, Snapshot, Welcome
from gameserver.core.wire import decode_client, decode_server, encode_client
from tests.fuzz.hostile import changed, dice_of, message, packed
from tests.fuzz.outcome import Failure, Outcome, shown, smallest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MAX_BYTES: Final = 1 << 20
"""Of memory that one message may take while it is decoded."""
FOR_SERVER: Final[tuple[tuple[Any, ...], ...]] = (
    (0, 1, "arena@1", "lobby", None, 0, "Ann"),
    (0, 1, "toy", "match1", b"t" * 16, 0, "Ann"),
    (0, 1, "toy", "match1", "a.ticket.here", 2, "Zoë"),
    (1, b"h" * 32),
    (1, None),
    (2, 100, 99, 0, 25_000, (1, 0, -1, 0, 1, 0)),
    (2, 0, None, 0, None, ()),
    (3, 1, 1_000_000_000),
    (4, 7, "emote", (3, "hello", (1, 2))),
    (5,),
)
"""Messages to a server, one of each kind and shape."""
SCHEMA: Final = {"game": "toy", "kinds": [["runner", ["x", "int"]]], "events": []}
SCHEMAS: Final[tuple[dict[str, Any], ...]] = ({"game": "toy", "kinds": (("runner", ("x", "int")),), "events": ()}, {})
"""As they are read, those that nothing is wrong with."""
FOR_CLIENT: Final[tuple[tuple[tuple[Any, ...], ...], ...]] = (
    ((0, 1, 0, b"r" * 16, 30, SCHEMA, ("field", b"h" * 32, b"{}"), (1, "x"), 0),),
    ((0, 0, 1, None, 20, {}, None, (), 0),),
    ((3, 1, 2, 3, 4, 5), (2, 1, 2, 0, (5, "x", (1, 2), 0))),
    ((4, 1, True, "x"), (4, 2, False, "no"), (5, 1, "kicked", None), (5, 4, "moved", "/ws/other")),
    ((1, 0, 100, 0, 99, -5, ((3,), None, 1, (0, 2)), 2), (0, 0, (8, 0, 5), (), ()), (1, 1, (), (1,), (2, 1, 5), 77, (0, 1, 2))),
    ((1, 0, 101, 1, None, None, None, 0),),
)
"""Frames to a client, as the messages in them."""
JAVASCRIPT_SHARE: Final = 5
"""Every so many frames for clients go through the browser's decoder as well."""

_JUDGE: Final = Path(__file__).with_name("decoder.mjs")


def case(seed: int, number: int) -> tuple[bytes, bytes]:
    """A message to the server, and a frame to a client."""
    dice = dice_of(seed, number)
    return message(dice, FOR_SERVER), _frame(dice)


def _frame(dice: Any) -> bytes:  # noqa: ANN401 - random.Random, which would be imported for this alone
    messages = dice.choice(FOR_CLIENT)
    at = dice.randrange(len(messages))
    before, behind = b"".join(map(packed, messages[:at])), b"".join(map(packed, messages[at + 1 :]))
    if dice.randrange(3):
        return before + message(dice, [messages[at]]) + behind
    return changed(dice, before + packed(messages[at]) + behind, [b"".join(map(packed, other)) for other in FOR_CLIENT])


def told_by_server(data: bytes) -> str:
    """How the server's decoder takes it. Raises whatever must not be raised."""
    try:
        understood = decode_client(data)
    except ProtocolError as error:
        return f"refused {error.close_code}"
    again = decode_client(encode_client(understood))
    if again != understood:
        raise AssertionError(f"read as {understood!r}, written and read again it is {again!r}")
    return f"understood {type(understood).__name__}"


def told_by_client(data: bytes) -> str:
    """How the Python client's decoder takes it."""
    try:
        decode_server(data)
    except ProtocolError:
        return "refused by the client"
    return "understood by the client"


def _problem(judge: Callable[[bytes], str], data: bytes) -> str:
    try:
        judge(data)
    except Exception as error:
        return f"{type(error).__name__}: {str(error)[:200]}"
    return ""


def run(seed: int, first: int, count: int) -> Outcome:
    """These cases of this seed."""
    outcome = Outcome()
    for_browser: list[tuple[int, bytes, bool]] = []
    gc.collect()
    tracemalloc.start()
    try:
        for number in range(first, first + count):
            to_server, to_client = case(seed, number)
            for judge, data in ((told_by_server, to_server), (told_by_client, to_client)):
                _judge(outcome, judge, data, number)
            if number % JAVASCRIPT_SHARE == 0:
                for_browser.append((number, to_client, _is_faultless(to_client)))
    finally:
        tracemalloc.stop()
    outcome.cases = count
    compare_with_javascript(outcome, for_browser)
    return outcome


def _judge(outcome: Outcome, judge: Callable[[bytes], str], data: bytes, number: int) -> None:
    before, _ = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    try:
        end = judge(data)
    except Exception as error:
        what = f"{type(error).__name__} out of {judge.__name__}: {str(error)[:200]}"
        outcome.failures.append(Failure(number, what, shown(smallest(data, lambda less: bool(_problem(judge, less))))))
        return
    grown = tracemalloc.get_traced_memory()[1] - before
    outcome.ends[end] += 1
    if judge is not told_by_server:
        return  # a server may send a map, and so much as a client has to believe
    outcome.rise("bytes of memory for a message", grown)
    if grown > MAX_BYTES:
        outcome.failures.append(Failure(number, f"a message of {len(data)} bytes took {grown}", shown(data)))


def _is_faultless(data: bytes) -> bool:
    """Does the Python decoder understand this, and is nothing left in it that only the schema could judge?"""
    try:
        messages = decode_server(data)
    except ProtocolError:
        return False
    rows = [
        row
        for m in messages
        if isinstance(m, Welcome | EventMessage)
        for row in (m.options if isinstance(m, Welcome) else m.values)
    ]
    if any(isinstance(m, Welcome) and m.schema not in SCHEMAS for m in messages):
        return False
    return all(map(_is_plain, rows)) and not any(isinstance(m, Snapshot) and m.fragments for m in messages)


def _is_plain(value: object) -> bool:
    if type(value) is tuple:
        return all(type(item) is int and _is_plain(item) for item in value)
    return type(value) is str or (type(value) is int and abs(value) <= MAX_INTEGER)


def compare_with_javascript(outcome: Outcome, frames: Sequence[tuple[int, bytes, bool]]) -> None:
    """The browser's decoder must understand the faultless ones, and raise nothing else. Without Node.js none is compared."""
    told = told_by_javascript([data for _, data, _ in frames])
    if told is None:
        outcome.ends["not compared: there is no Node.js"] += len(frames)
        return
    for (number, data, faultless), end in zip(frames, told, strict=True):
        outcome.ends["decoded by the browser's too"] += 1
        if end not in ("", "ProtocolError"):
            outcome.failures.append(Failure(number, f"the browser's decoder raised {end}", shown(data)))
        elif faultless and end:
            outcome.failures.append(Failure(number, "the browser's decoder refuses what Python's takes", shown(data)))


def told_by_javascript(frames: Sequence[bytes]) -> list[str] | None:
    """What each made the browser's decoder throw, empty for nothing; None where there is no Node.js."""
    said = b"".join(struct.pack(">I", len(data)) + data for data in frames)
    try:
        finished = subprocess.run(["node", str(_JUDGE)], input=said, stdout=subprocess.PIPE, check=True)
    except FileNotFoundError:
        return None
    return finished.stdout.decode().split("\n")[: len(frames)]

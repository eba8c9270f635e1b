"""Hostile bytes: values that no honest client sends, in encodings that none uses, and changes of whatever is given.

Every case has dice of its own, so that a seed and a number say all about it.
"""

from __future__ import annotations

import random
import struct
from typing import TYPE_CHECKING, Any, Final

import msgpack

from gameserver.core.limits import MAX_INTEGER, MAX_MESSAGE

if TYPE_CHECKING:
    from collections.abc import Sequence

INTEGERS: Final = tuple(
    sign * (1 << bits) + off for bits in (0, 5, 7, 8, 15, 16, 31, 32, 53) for sign in (1, -1) for off in (-1, 0, 1)
)
TEXTS: Final = (
    "", " ", "a", "a" * 24, "a" * 25, "a" * 512, "a" * 513, "\0", "a\nb", "\x1b[2J", "\u202eevil", "\ufeffann", "\u2028",
    "\U0001f600" * 24,
    "é" * 24, "e\u0301", "<img src=x onerror=alert(1)>", "../../etc/passwd", "{0.__class__}", "%s%n", "__init__", "constructor",
    "null",
)  # fmt: skip
WHOLE: Final = (
    b"\xc0", b"\xc2", b"\xc3", b"\x80", b"\x90", b"\xa0", b"\xc4\x00",
    b"\xcb\x7f\xf8" + bytes(6), b"\xcb\x7f\xf0" + bytes(6), b"\xcb\x80" + bytes(7), b"\xca\x3f\x80\x00\x00",
    b"\xcf" + b"\xff" * 8, b"\xd3\x80" + bytes(7), b"\xd3" + bytes(7) + b"\x07", b"\xce\x00\x00\x00\x01", b"\xd9\x01a",
    b"\xda\x00\x01a",
    b"\xdb\x00\x00\x00\x01a", b"\xdc\x00\x00", b"\xdd\x00\x00\x00\x01\x00", b"\xc6\x00\x00\x00\x01x", b"\x81\xa0\x00",
)  # fmt: skip
"""Values in encodings that are rare, or longer than they need be."""
BROKEN: Final = (
    b"\xc1",  # msgpack never uses it
    b"\xdd\xff\xff\xff\xff", b"\xdc\xff\xff", b"\xdf\xff\xff\xff\xff", b"\xde\xff\xff", b"\xdb\xff\xff\xff\xff",
    b"\xc6\xff\xff\xff\xff",
    b"\xc9\xff\xff\xff\xff\x05", b"\xc7\x00\x05", b"\xd4\x05\x00", b"\xd6\xff\x00\x00\x00\x00", b"\xd7\xff" + b"\xff" * 8,
    b"\x82\x00\x01\x00\x02", b"\x81\x90\x00", b"\x81\x80\x00", b"\xa1\xff", b"\xa3\xed\xa0\x80", b"\xa2\xc0\x80", b"\x9f",
    b"\xdc\x00\x40",
)  # fmt: skip
"""What the decoder's bounds refuse, what is cut short, and what is no value at all."""
RAW: Final = WHOLE + BROKEN
PATTERNS: Final = (
    b"\x9f", b"\xdc\x00\x40", b"\xdc\xff\xff", b"\xdd\xff\xff\xff\xff", b"\x81\xa0", b"\xde\x00\x20\xa0", b"\xde\xff\xff\xa0",
    b"\x81", b"\x90",
    b"\x80", b"\xc0", b"\xa0", b"\xcb" + bytes(8), b"\xcf" + b"\xff" * 8, b"\xd6\xff" + bytes(4), b"\xdc\x00\x3f", b"\x91",
    b"\xa1\xff",
)  # fmt: skip
"""What little makes much of, over and over."""


def dice_of(seed: int, number: int) -> random.Random:
    """The dice of one case."""
    return random.Random(seed << 32 | number)


def value(dice: random.Random, depth: int = 0) -> bytes:
    """Any value, encoded."""
    kind = dice.randrange(9 if depth < 3 else 6)
    match kind:
        case 0 | 1:
            return packed(dice.choice(INTEGERS))
        case 2:
            return packed(dice.choice(TEXTS))
        case 3:
            return dice.choice(WHOLE if dice.randrange(8) else BROKEN)
        case 4:
            return packed(dice.randbytes(dice.choice((0, 1, 15, 16, 17, 31, 32, 33, 200))))
        case 5:
            return packed(dice.choice((None, True, False, 0.5, 1.0, float("nan"), float("inf"), 2**64 - 1, -(2**63))))
        case 6 | 7:
            count = dice.choice((0, 1, 2, 3, 8, 64, 65))
            return array([value(dice, depth + 1)] * count if count > 8 else [value(dice, depth + 1) for _ in range(count)])
        case _:
            count = dice.choice((0, 1, 2, 32, 33))
            return b"\xde" + struct.pack(">H", count) + b"".join(packed(str(n)) + value(dice, 3) for n in range(count))


def packed(plain: object) -> bytes:
    """As msgpack has it."""
    data: bytes = msgpack.packb(plain)
    return data


def array(elements: Sequence[bytes]) -> bytes:
    """Of encoded elements."""
    count = len(elements)
    head = bytes((0x90 | count,)) if count < 16 else b"\xdc" + struct.pack(">H", count)
    return head + b"".join(elements)


def integer(dice: random.Random) -> int:
    """One that fits the protocol, mostly a small one."""
    return dice.choice((0, 1, 2, 5, 100, MAX_INTEGER, dice.randrange(1_000)))


def bent(dice: random.Random, elements: Sequence[bytes]) -> list[bytes]:
    """An array's elements with one thing in it that should not be."""
    elements = list(elements)
    at = dice.randrange(len(elements))
    match dice.randrange(8):
        case 0:
            del elements[at]
        case 1:
            elements.insert(at, value(dice))
        case 2:
            elements[at], elements[0] = elements[0], elements[at]
        case 3:
            elements[at] = array([elements[at]])
        case _:
            elements[at] = value(dice)
    return elements


def changed(dice: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Bytes flipped, cut, doubled, or spliced with those of others."""
    said = bytearray(data)
    for _ in range(dice.choice((1, 1, 1, 2, 4))):
        at = dice.randrange(len(said) + 1)
        match dice.randrange(8):
            case 0:
                said[at : at + 1] = dice.randbytes(1)
            case 1:
                said[at : at + 1] = bytes((said[at] ^ 1 << dice.randrange(8),)) if at < len(said) else b"\x90"
            case 2:
                del said[at : at + dice.randint(1, 8)]
            case 3:
                said[at:at] = dice.choice(RAW)
            case 4:
                other = dice.choice(others)
                begin = dice.randrange(len(other) + 1)
                said[at:at] = other[begin : begin + dice.randint(1, 40)]
            case 5:
                said[at:at] = said[at : at + dice.randint(1, 40)] * dice.choice((1, 1, 2, 20))
            case 6:
                del said[at:]
            case _:
                said[at : at + 1] = dice.choice((b"\x00", b"\x7f", b"\x80", b"\xff", b"\xc1", b"\xdc", b"\xdd"))
    return bytes(said)


def bomb(dice: random.Random, most: int = MAX_MESSAGE) -> bytes:
    """As much of one pattern, or of two, as fits."""
    size = dice.choice((most, most, most // 2, most + 1, dice.randrange(1, most)))
    head = dice.choice((b"", b"\xdc\x00\x40", b"\x96\x02", b"\x94\x04\x01\xa1x\xdc\x00\x40"))
    first, second = dice.choice(PATTERNS), dice.choice(PATTERNS)
    body = first * (size // len(first) + 1) if dice.randrange(2) else (first + second) * (size // (len(first) + len(second)) + 1)
    return (head + body)[:size]


def message(dice: random.Random, whole: Sequence[Sequence[Any]]) -> bytes:
    """A message of a peer; `whole` are such as may be said, as values."""
    kind = dice.randrange(20)
    if kind == 0:
        return dice.randbytes(dice.randrange(64))
    if kind == 1:
        return bomb(dice)
    elements = [packed(element) for element in dice.choice(whole)]
    if kind < 4:
        return array(elements)
    if kind < 13:
        elements = bent(dice, elements)
        if dice.randrange(4) == 0 and elements:
            elements = bent(dice, elements)
        return array(elements)
    return changed(dice, array(elements), [array([packed(element) for element in other]) for other in whole])

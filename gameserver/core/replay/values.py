"""The msgpack values of recordings, both ways. A file may come from anybody: what does not fit is a FormatError, nothing else."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Final

import msgpack

from gameserver.core.errors import FormatError
from gameserver.core.limits import MAX_INTEGER, MAX_PROFILE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_ARRAY: Final = 1 << 18
"""Elements of an array: the flat values of a fragment, which has 256 KiB at most."""
MAX_MAP: Final = MAX_PROFILE + 1
"""Keys of a map. A profile has the most: so many of one character, and the empty one."""

pack: Final[Callable[[object], bytes]] = msgpack.packb


def values_of(data: bytes | memoryview) -> Iterator[Any]:
    """All values of a payload, one behind the other; arrays are tuples. Raises FormatError."""
    most = max(1, len(data))
    unpacker = msgpack.Unpacker(
        use_list=False, strict_map_key=True, max_buffer_size=most, max_array_len=min(most, MAX_ARRAY), max_map_len=MAX_MAP,
        max_ext_len=0, ext_hook=_no_ext,
    )  # fmt: skip
    try:
        unpacker.feed(data)
        while unpacker.tell() < len(data):
            yield unpacker.unpack()
    except (ValueError, TypeError, RecursionError, msgpack.OutOfData) as error:  # TypeError: an unhashable key of a map
        raise FormatError("a payload is not msgpack, out of bounds, or ends inside a value") from error


def value_of(data: bytes | memoryview) -> Any:  # noqa: ANN401 - any value
    """The one value of a payload. Raises FormatError."""
    values = list(itertools.islice(values_of(data), 2))
    if len(values) != 1:
        raise FormatError(f"a payload has {len(values) or 'no'} values instead of one")
    return values[0]


def _no_ext(code: int, data: bytes) -> object:
    """An empty ext value would pass max_ext_len."""
    raise ValueError("ext types are not used")


# -- what a value must be: each raises ValueError, which the decoders turn into a FormatError --------------------------------
def natural(value: object, most: int = MAX_INTEGER) -> int:
    """An integer of 0 or more."""
    if type(value) is not int or not 0 <= value <= most:
        raise ValueError(f"{str(value)[:40]} is not an integer from 0 to {most}")
    return value


def text(value: object) -> str:
    """A str."""
    if type(value) is not str:
        raise ValueError(f"{str(value)[:40]!r} is no text")
    return value


def optional_text(value: object) -> str | None:
    """A str, or nil."""
    return None if value is None else text(value)


def binary(value: object, length: int | None = None) -> bytes:
    """A bin, of this length if one is given."""
    if type(value) is not bytes or (length is not None and len(value) != length):
        raise ValueError("a value is no bin of the right length")
    return value


def array(value: object) -> tuple[Any, ...]:
    """An array."""
    if type(value) is not tuple:
        raise ValueError(f"{str(value)[:40]} is no array")
    return value


def row(values: object) -> tuple[Any, ...]:
    """Wire values: integers of 53 bits, texts, floats, arrays of integers."""
    for value in array(values):
        for one in value if type(value) is tuple else (value,):
            if type(one) is int:
                if not -MAX_INTEGER <= one <= MAX_INTEGER:
                    raise ValueError(f"{one} is not an integer of 53 bits")
            elif type(one) not in (str, float, bool) or type(value) is tuple:
                raise ValueError(f"{str(one)[:40]!r} is no wire value")
    checked: tuple[Any, ...] = array(values)
    return checked

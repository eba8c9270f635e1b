"""What a recording begins with, what it was made from, and what its timeline shows."""

from __future__ import annotations

import enum
import math
import struct
import zlib
from typing import TYPE_CHECKING, Any, Final

import attrs

from gameserver.core.errors import FormatError
from gameserver.core.limits import MAX_TICK_RATE, MIN_TICK_RATE
from gameserver.core.replay.chunks import MAX_TICK
from gameserver.core.replay.steps import Step, decode_step, encode_step
from gameserver.core.replay.values import array, binary, natural, optional_text, pack, row, text, value_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gameserver.core.layout import Row

FORMAT: Final = 1
"""The version of docs/replay-format.md."""
SHAREABLE: Final = 1
"""Flag: there is no truth track in it."""
LIVE: Final = 2
"""Flag: a stream that goes on."""
SESSION_BYTES: Final = 16
MAX_HEADER: Final = 4 * 1_024 * 1_024
"""Bytes of the header's map: a tile map of 1 MiB, and the schema."""

_MAGIC: Final = b"TRPL"
_LEAD: Final = struct.Struct(">4sHHI")
_CRC: Final = struct.Struct(">I")


@attrs.frozen(kw_only=True)
class Header:
    """See docs/replay-format.md, section 1."""

    session: bytes
    """16 random bytes: this recording."""
    game: str
    version: int
    room: str
    protocol: int
    rate: int
    """Ticks a second."""
    first: int
    """The tick after which the recording begins."""
    at: float
    """Wall time of that tick, seconds since 1970; for display only."""
    schema: Mapping[str, Any]
    """As in WELCOME."""
    options: Row
    map: tuple[str, bytes, bytes] | None
    """Name, SHA-256, bytes of the file."""
    software: str
    before: str | None = None
    """The file name of the recording that this one goes on from."""
    code: str | None = attrs.field(default=None, repr=False)
    """Of a private room: who does not know it is not given the recording. It is not in what is given away."""
    flags: int = 0

    def encode(self) -> bytes:
        """The bytes that the file begins with."""
        keys = (
            "session",
            "game",
            "version",
            "room",
            "protocol",
            "rate",
            "first",
            "at",
            "schema",
            "options",
            "map",
            "software",
            "before",
        )
        private = {"code": self.code} if self.code is not None else {}
        body = pack({key: getattr(self, key) for key in keys} | private)
        data = _LEAD.pack(_MAGIC, FORMAT, self.flags, len(body)) + body
        return data + _CRC.pack(zlib.crc32(data))

    @staticmethod
    def size_of(data: bytes | memoryview) -> int:
        """The size of the header that begins so, as far as that can be said from its first bytes."""
        if len(data) < _LEAD.size:
            return _LEAD.size
        return _LEAD.size + int(_LEAD.unpack_from(data)[-1]) + _CRC.size

    @staticmethod
    def decode(data: bytes | memoryview) -> tuple[Header, int]:
        """The header of this file, and its size. Raises FormatError."""
        view = memoryview(data)
        if len(view) < _LEAD.size or bytes(view[:4]) != _MAGIC:
            raise FormatError("this is no recording: it does not begin with TRPL")
        _, version, flags, length = _LEAD.unpack_from(view)
        if version != FORMAT:
            raise FormatError(f"this recording has format {version}, and {FORMAT} is the one that is known: update gameserver")
        end = _LEAD.size + length
        if length > MAX_HEADER or len(view) < end + _CRC.size:
            raise FormatError("the header is cut short: nothing of this recording can be read")
        if _CRC.unpack_from(view, end)[0] != zlib.crc32(view[:end]):
            raise FormatError("the header is damaged: nothing of this recording can be read")
        try:
            return _header(value_of(view[_LEAD.size : end]), flags), end + _CRC.size
        except (KeyError, TypeError, ValueError) as error:
            raise FormatError(f"the header does not fit: {str(error)[:200]}") from error


def _header(body: Any, flags: int) -> Header:  # noqa: ANN401 - what the file says
    if type(body) is not dict or type(body["schema"]) is not dict:
        raise ValueError("it, or its schema, is no map")
    rate, at = natural(body["rate"]), body["at"]
    if not MIN_TICK_RATE <= rate <= MAX_TICK_RATE:
        raise ValueError(f"{rate} ticks a second")
    if type(at) not in (int, float) or not math.isfinite(at):
        raise ValueError("`at` is no time")
    tile_map = None
    if body["map"] is not None:
        name, digest, content = array(body["map"])
        tile_map = text(name), binary(digest, 32), binary(content)
    return Header(
        session=binary(body["session"], SESSION_BYTES),
        game=text(body["game"]),
        version=natural(body["version"]),
        room=text(body["room"]),
        protocol=natural(body["protocol"]),
        rate=rate,
        first=natural(body["first"], MAX_TICK),
        at=float(at),
        schema=body["schema"],
        options=row(body["options"]),
        map=tile_map,
        software=text(body["software"]),
        before=optional_text(body.get("before")),
        code=optional_text(body.get("code")),
        flags=flags,
    )


@attrs.frozen
class Origin:
    """What a Simulation is made from, beside the header."""

    seed: int
    code: str
    """SHA-256 in hex over the source files of the game."""
    engine: str
    """Likewise, of the simulation core."""
    python: str

    def encode(self) -> bytes:
        """The payload of an ORIGIN."""
        return pack(attrs.asdict(self))

    @staticmethod
    def decode(payload: bytes) -> Origin:
        """Raises FormatError."""
        body = value_of(payload)
        try:
            if type(body["seed"]) is not int:
                raise ValueError("the seed is no integer")
            return Origin(body["seed"], text(body["code"]), text(body["engine"]), text(body["python"]))
        except (KeyError, TypeError, ValueError) as error:
            raise FormatError(f"an ORIGIN does not fit: {str(error)[:200]}") from error


# -- the timeline ----------------------------------------------------------------------------------------------------------
class What(enum.IntEnum):
    """What a mark says. Behind each, its values."""

    JOINED = 0
    """player, name, whether a bot"""
    LEFT = 1
    """player"""
    EVENT = 2
    """kind, values…"""
    OVER = 3
    FAULT = 4
    """the fault's id"""
    GAP = 5
    """the first tick that is missing of the view, which goes on in the mark's own"""
    NOTE = 6
    """text"""


@attrs.frozen
class Mark:
    """Something that a timeline shows."""

    tick: int
    what: What
    values: tuple[Any, ...] = ()

    def encode(self) -> bytes:
        """One value of MARKS."""
        return pack((self.tick, int(self.what), *self.values))


def decode_marks(marks: Iterable[Any]) -> Iterator[Mark]:
    """Those that are known, in order. Raises FormatError."""
    known = frozenset(What)
    newest = 0
    try:
        for mark in marks:
            if natural(array(mark)[1]) in known:
                decoded = _mark(mark)
                if decoded.tick < newest:
                    raise ValueError(f"one of tick {decoded.tick} follows one of {newest}")
                newest = decoded.tick
                yield decoded
    except (IndexError, TypeError, ValueError) as error:
        raise FormatError(f"a mark does not fit: {str(error)[:200]}") from error


def _mark(mark: object) -> Mark:
    tick, what, *values = array(mark)
    natural(tick, MAX_TICK)
    match What(natural(what)), values:
        case What.JOINED, [int(player), str(), bool()]:
            natural(player)
        case (What.LEFT, [int(number)]) | (What.EVENT, [int(number), *_]):
            natural(number)
            row(tuple(values))
        case What.GAP, [int(missing)]:
            natural(missing, tick)
        case (What.OVER, []) | (What.FAULT | What.NOTE, [str()]):
            pass
        case _:
            raise ValueError(f"mark {what} of tick {tick}")
    return Mark(tick, What(what), tuple(values))


@attrs.frozen(kw_only=True)
class Contents:
    """What is in a recording: of a FOOTER or CONTENTS, or found by reading it."""

    first: int
    last: int
    end: str | None
    """over, closed, rolled, faulted, cut; None while it goes on, or if nobody could say."""
    steps: int
    hash: bytes | None
    """The whole hash behind the last step."""
    marks: tuple[Mark, ...] = ()
    index: tuple[int, ...] = ()
    """Flat: type, tick and offset of all KEYFRAMEs and STATEs."""
    after: str | None = None
    """The file name of the recording that goes on."""

    def encode(self) -> bytes:
        """The payload of a FOOTER or CONTENTS."""
        body = {name: getattr(self, name) for name in ("first", "last", "end", "steps", "hash", "index", "after")}
        return pack(body | {"marks": [(mark.tick, int(mark.what), *mark.values) for mark in self.marks]})

    @staticmethod
    def decode(payload: bytes) -> Contents:
        """Raises FormatError."""
        body = value_of(payload)
        try:
            index = tuple(natural(number) for number in array(body["index"]))
            if len(index) % 3:
                raise ValueError("the index has not three numbers for each chunk")
            return Contents(
                first=natural(body["first"], MAX_TICK),
                last=natural(body["last"], MAX_TICK),
                end=optional_text(body["end"]),
                steps=natural(body["steps"]),
                hash=None if body["hash"] is None else binary(body["hash"], 8),
                marks=tuple(decode_marks(array(body["marks"]))),
                index=index,
                after=optional_text(body.get("after")),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise FormatError(f"what is in this recording is not said as it should be: {str(error)[:200]}") from error


# -- the crash capsule -----------------------------------------------------------------------------------------------------
@attrs.frozen(kw_only=True)
class Fault:
    """How the game failed."""

    tick: int
    """Of the step that failed."""
    id: str
    kind: str
    """The exception's class."""
    text: str
    traceback: str
    where: str
    """`file:line` of the game."""
    step: Step
    """What entered it."""

    def encode(self) -> bytes:
        """The payload of a FAULT."""
        body = {name: getattr(self, name) for name in ("tick", "id", "kind", "text", "traceback", "where")}
        return pack(body | {"step": encode_step(self.step)})

    @staticmethod
    def decode(payload: bytes) -> Fault:
        """Raises FormatError."""
        body = value_of(payload)
        try:
            texts = {name: text(body[name]) for name in ("id", "kind", "text", "traceback", "where")}
            tick = natural(body["tick"], MAX_TICK)
            return Fault(tick=tick, step=decode_step(body["step"], tick), **texts)
        except (KeyError, TypeError, ValueError) as error:
            raise FormatError(f"a FAULT does not fit: {str(error)[:200]}") from error

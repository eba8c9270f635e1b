"""Reads and writes the PNG files of this project: 8 bits a channel, red, green and blue, no interlacing."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
RGB: Final = 2
CHANNELS: Final = 3

Colour = tuple[int, int, int]
Picture = list[list[Colour]]
"""Row by row from the top left."""


def write(path: Path, picture: Picture) -> None:
    """Each row is stored as it is, or as its difference from the one above: whichever packs better."""
    above = bytes(CHANNELS * len(picture[0]))
    plain, differences = bytearray(), bytearray()
    for row in picture:
        line = bytes(channel for colour in row for channel in colour)
        plain += b"\x00" + line
        differences += b"\x02" + bytes(here - there & 255 for here, there in zip(line, above, strict=True))
        above = line
    packed = min((zlib.compress(bytes(lines), 9) for lines in (plain, differences)), key=len)
    header = struct.pack(">IIBBBBB", len(picture[0]), len(picture), 8, RGB, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", packed), (b"IEND", b""))
    path.write_bytes(SIGNATURE + b"".join(_chunk(name, data) for name, data in parts))


def read(path: Path) -> Picture:
    """Raises ValueError for a file of another kind: save it as 24-bit PNG, without transparency and interlacing."""
    data = path.read_bytes()
    width, height, *kind = struct.unpack(">IIBBBBB", data[16:29])
    if data[:8] != SIGNATURE or kind != [8, RGB, 0, 0, 0]:
        raise ValueError(f"{path} is no 24-bit PNG: save it without transparency, palette and interlacing")
    packed = bytearray()
    at = 8
    while at < len(data):
        length, name = struct.unpack(">I4s", data[at : at + 8])
        if name == b"IDAT":
            packed += data[at + 8 : at + 8 + length]
        at += length + 12
    stride = width * CHANNELS
    lines = zlib.decompress(packed)
    above = bytearray(stride)
    picture = []
    for start in range(0, height * (stride + 1), stride + 1):
        above = _unfiltered(lines[start], bytearray(lines[start + 1 : start + 1 + stride]), above)
        channels = iter(above)
        picture.append(list(zip(channels, channels, channels, strict=True)))
    return picture


def _unfiltered(kind: int, line: bytearray, above: bytearray) -> bytearray:
    """One row, of which each byte is stored as its difference from a guess (PNG specification, section 9)."""
    for index in range(len(line)):
        left = line[index - CHANNELS] if index >= CHANNELS else 0
        corner = above[index - CHANNELS] if index >= CHANNELS else 0
        up = above[index]
        match kind:
            case 0:
                guess = 0
            case 1:
                guess = left
            case 2:
                guess = up
            case 3:
                guess = (left + up) // 2
            case _:
                guess = min((left, up, corner), key=lambda value: abs(left + up - corner - value))
        line[index] = line[index] + guess & 255
    return line


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

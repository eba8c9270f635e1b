"""PNG files as rows of colours: red, green and blue, 0 to 255 each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path

PALETTE: Final = 256
"""Colours that a PNG file can name by one byte: then it is a quarter as long."""

Colour = tuple[int, int, int]
Picture = list[list[Colour]]
"""Row by row from the top left."""


def write(path: Path, picture: Picture, *, paletted: bool = False) -> None:
    """`paletted`: with the best PALETTE colours for it, each pixel the nearest of them."""
    image = Image.new("RGB", (len(picture[0]), len(picture)))
    image.putdata([colour for row in picture for colour in row])
    if paletted:
        image = image.quantize(PALETTE, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    image.save(path, optimize=True)


def read(path: Path) -> Picture:
    """Raises OSError for a file that is no picture."""
    with Image.open(path) as image:
        wide, high = image.size
        data = image.convert("RGB").tobytes()
    colours = list(zip(data[::3], data[1::3], data[2::3], strict=True))
    return [colours[row * wide : (row + 1) * wide] for row in range(high)]

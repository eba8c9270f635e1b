"""What a page loads: from its HTML over styles and modules to everything that those name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gameserver.web import File, Files

_COMMENT: Final = re.compile(r"/\*.*?\*/|^\s*//.*?$", re.S | re.M)
"""Types are imported in comments; nobody loads those."""
_IMPORT: Final = re.compile(r"""(?:^|[\s;}])(?:import|from)\s*\(?\s*["']([^"'\n]+)["']""")
_NAMED: Final = re.compile(r"""["'`]((?:\.{1,2}/[\w./-]+\.m?js)|(?:/(?:client|maps)/[\w./-]+\.\w+))["'`]""")
"""A picture in full, or a module that is loaded by its name when it is needed."""
_BESIDE: Final = re.compile(
    r"""new URL\(["']([^"']+)["'],\s*(?:import\.meta\.url|new URL\(["']([^"']+)["'],\s*location\.href\)\.href)\)"""
)
"""Something that lies beside the module; in a pack the module says where that was."""
_HTML: Final = re.compile(r"""<(?:script|link|img|source)\b[^>]*?\b(?:src|href)\s*=\s*["']([^"']+)["']""", re.I)
_CSS: Final = re.compile(r"""url\(\s*["']?([^"')]+)["']?\s*\)|@import\s+["']([^"']+)["']""")


def names_in(address: str, file: File) -> Iterator[str]:
    """The addresses that this file names, in full."""
    text = file.data.decode() if not file.type.startswith("image/png") else ""
    if file.type.startswith("text/html"):
        found = _HTML.findall(text)
    elif file.type.startswith("text/css"):
        found = [first or second for first, second in _CSS.findall(_COMMENT.sub("", text))]
    elif file.type.startswith("text/javascript"):
        code = _COMMENT.sub("", text)
        yield from (urljoin(urljoin(address, beside), name) for name, beside in _BESIDE.findall(code))
        code = _BESIDE.sub("", code)
        found = list(dict.fromkeys([*_IMPORT.findall(code), *_NAMED.findall(code)]))
    else:
        found = []
    for name in found:
        yield urljoin(address, name)


def closure(files: Files, page: str, without: str = "\n") -> dict[str, File | None]:
    """Every address that this page comes to load, with its file; None where there is none.

    Other pages are not followed, nor what has this text in its address.
    """
    found: dict[str, File | None] = {}
    waiting = [page]
    while waiting:
        address = waiting.pop()
        if address not in found:
            file = found[address] = files.find(address)
            if file is not None:
                waiting += [name for name in names_in(address, file) if not name.endswith(".html") and without not in name]
    return found


def wire_bytes(file: File) -> int:
    """Of its body, as browsers get it."""
    return len(file.data if file.packed is None else file.packed)

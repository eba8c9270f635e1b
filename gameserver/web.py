"""The browser's files: the pages, the client's modules, the picture of the map's tiles.

Rooms tick on the loop that answers requests, so nothing is read from disk while they do: a `Site` holds every file, whole and
compressed, from the start; scripts and styles without their comments (gameserver.shorten). What is not in it is not there, so no
path leads out of the folders. For who develops the pages a `LiveSite` reads them anew for each request.

    /                    pages/index.html          /client/FOLDER/…    the files of FOLDERS, as they lie there
    /play/               pages/play/index.html     /favicon.svg        pages/favicon.svg
    /watch/              pages/watch/index.html    /client/packs/…     a page's modules in one file
    /maps/tiles.png      beside the maps
"""

from __future__ import annotations

import gzip
import hashlib
import logging
import re
from functools import partial
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final, Protocol

import attrs
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from gameserver.maps import maps_folder
from gameserver.pack import CannotPack, Modules, pack_page, point_to_packs
from gameserver.shorten import shorten_script, shorten_style

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from starlette.requests import Request

log = logging.getLogger("gameserver.web")

FOLDERS: Final = ("src", "vendor", "arena", "pages")
"""Of the browser client: what a page may load. Tests, types and tools lie beside them."""
TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    "LICENSE": "text/plain; charset=utf-8",
}
"""What is served, by suffix, or by name where there is none; other files are not."""
SHORT: Final = {
    "/": "/client/pages/index.html",
    "/play/": "/client/pages/play/index.html",
    "/watch/": "/client/pages/watch/index.html",
    "/favicon.svg": "/client/pages/favicon.svg",
}
"""Addresses of their own, for what people and browsers ask for."""
TILES: Final = "/maps/tiles.png"

_CODING: Final = re.compile(r"([a-z0-9*-]+)[ \t]*(?:;[ \t]*q=([0-9.]*))?")
_NONE: Final = re.compile(r"0(\.0*)?")


PAGES: Final = {
    "/client/pages/index.html": ("/client/pages/lobby/main.js", ()),
    "/client/pages/play/index.html": (
        "/client/pages/play/main.js",
        ("/client/arena/index.js", "/client/pages/play/generic/index.js"),
    ),
    "/client/pages/watch/index.html": (
        "/client/pages/watch/main.js",
        ("/client/arena/index.js", "/client/pages/play/generic/index.js"),
    ),
}
"""The script of each page, and the modules that it loads when it needs them."""


@attrs.frozen
class File:
    """A file as it is sent.

    Attributes:
        packed: by gzip; None if that saves nothing.
        tag: says which contents these are, without the quotes of an ETag.
    """

    type: str
    data: bytes
    packed: bytes | None
    tag: str

    @classmethod
    def of(cls, name: str, data: bytes) -> File:
        """`name`: of the file, or its address."""
        packed = gzip.compress(data, 9, mtime=0)
        kind = PurePosixPath(name).suffix or PurePosixPath(name).name
        return cls(TYPES[kind], data, packed if len(packed) < len(data) else None, hashlib.sha256(data).hexdigest()[:16])


class Files(Protocol):
    """Where an address leads."""

    def find(self, address: str) -> File | None:
        """The file at this address, None if there is none."""
        ...


class Site:
    """All files, read when it is made; pages load their modules in packs (gameserver.pack)."""

    def __init__(self, browser: Path, maps: Path) -> None:
        """Raises OSError if a file cannot be read."""
        sources = {address: path.read_bytes() for address, path in _list(browser, maps).items()}
        packs = _packs_of(sources)
        sent = {address: _shortened(address, data) for address, data in sources.items()} | packs
        self._files: Mapping[str, File] = {address: File.of(address, data) for address, data in sent.items()}

    def __iter__(self) -> Iterator[tuple[str, File]]:
        """All of them, with their addresses."""
        return iter(self._files.items())

    def find(self, address: str) -> File | None:
        return self._files.get(SHORT.get(address, address))


class LiveSite:
    """The files as they are at the moment, each read when it is asked for, comments and all: for who develops the pages."""

    def __init__(self, browser: Path, maps: Path) -> None:
        self._folders = (browser, maps)

    def find(self, address: str) -> File | None:
        path = _list(*self._folders).get(SHORT.get(address, address))
        try:
            return File.of(path.name, path.read_bytes()) if path is not None else None
        except FileNotFoundError:  # an editor is just replacing it
            return None


def browser_folder() -> Path:
    """The browser client that comes with the server: inside the installed package, or at the top of a checkout."""
    package = Path(__file__).resolve().parent
    installed = package / "_data" / "browser"
    return installed if installed.is_dir() else package.parent / "clients" / "browser"


def open_site(*, live: bool = False) -> Files:
    """The site of this installation; `live`: it shows the files as they change. Raises OSError."""
    return (LiveSite if live else Site)(browser_folder(), maps_folder())


def _list(browser: Path, maps: Path) -> dict[str, Path]:
    """The path of each file that is served, by its address. What is hidden, and what a link leads to elsewhere, is not."""
    found = {}
    for folder in FOLDERS:
        for path in sorted((browser / folder).rglob("*")):
            inside = path.relative_to(browser)
            is_plain = (path.suffix or path.name) in TYPES and not any(part.startswith(".") for part in inside.parts)
            if is_plain and path.is_file() and path.resolve().is_relative_to((browser / folder).resolve()):
                found[f"/client/{inside.as_posix()}"] = path
    tiles = maps / "tiles.png"
    return found | ({TILES: tiles} if tiles.is_file() else {})


def _packs_of(sources: Mapping[str, bytes]) -> dict[str, bytes]:
    """The packs, and the pages as they are when they load them."""
    found: dict[str, bytes] = {}
    modules = Modules(lambda address: sources[address].decode())
    for page, (entry, later) in PAGES.items():
        there = [address for address in later if address in sources]
        if page in sources and entry in sources:
            try:
                packs, places = pack_page(modules, entry, there, partial(_pack_address, entry))
            except (CannotPack, ValueError, KeyError) as error:
                log.warning("%s loads its modules one by one: %s", page, error)
                continue
            found |= {address: script.encode() for address, script in packs.items()}
            found[page] = point_to_packs(sources[page].decode(), places).encode()
    return found


def _pack_address(page: str, entry: str) -> str:
    """Each page has its own: what a game's view needs beside it depends on what the page's script has already.

    Args:
        page: the script of the page.
    """
    names = [page] if page == entry else [page.removesuffix("/main.js"), entry]
    return f"/client/packs/{'-'.join(name.removeprefix('/client/').replace('/', '-') for name in names)}"


def _shortened(address: str, data: bytes) -> bytes:
    """As it is, if it is not what its name says: the browser will tell who looks there."""
    shorten = {".js": shorten_script, ".mjs": shorten_script, ".css": shorten_style}.get(PurePosixPath(address).suffix)
    try:
        return data if shorten is None else shorten(data.decode()).encode()
    except ValueError as error:
        log.warning("%s is sent as it is: %s", address, error)
        return data


# -- answers ---------------------------------------------------------------------------------------------------------------
def routes(files: Files) -> list[Route]:
    """For the app of a server (api.make_app): nothing if there are no pages here."""
    if files.find("/") is None:
        return []

    async def serve(request: Request) -> Response:
        file = files.find(request.scope["path"])
        if file is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return _answer(request, file)

    async def add_slash(request: Request) -> Response:
        """Relative to this server: the peer's own Host has no say in where he is sent."""
        query = request.scope["query_string"].decode("ascii")
        page = f"{request.scope['path']}/"
        return RedirectResponse(f"{page}?{query}" if query else page, HTTPStatus.PERMANENT_REDIRECT)

    addresses = [*SHORT, TILES, "/client/{path:path}"]
    folders = [address.removesuffix("/") for address in SHORT if len(address) > 1 and address.endswith("/")]
    return [*(Route(address, serve) for address in addresses), *(Route(folder, add_slash) for folder in folders)]


def _answer(request: Request, file: File) -> Response:
    """The file, or that the peer has it already. Browsers ask every time: a page and its modules are of one version."""
    packed = file.packed if _takes_gzip(request.headers.get("accept-encoding", "")) else None
    tag = f'"{file.tag}{"z" if packed is not None else ""}"'  # other bytes, another tag (RFC 9110 8.8.3.3)
    headers = {"Cache-Control": "no-cache", "ETag": tag}
    if file.packed is not None:
        headers["Vary"] = "Accept-Encoding"
    if has_tag(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    headers["Content-Type"] = file.type
    if packed is not None:
        headers["Content-Encoding"] = "gzip"
    return Response(file.data if packed is None else packed, headers=headers)


def _takes_gzip(header: str) -> bool:
    """Whether this Accept-Encoding allows gzip (RFC 9110 12.5.3)."""
    weights: dict[str, str] = dict(_CODING.findall(header.lower()))
    return not _NONE.fullmatch(weights.get("gzip", weights.get("*", "0")))


def has_tag(header: str, tag: str) -> bool:
    """Whether this If-None-Match names the tag (RFC 9110 13.1.2: weakly compared, so W/ in front means nothing)."""
    return header.strip() == "*" or tag in (part.strip().removeprefix("W/") for part in header.split(","))

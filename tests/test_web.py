"""The browser's files: which there are, at which addresses, and how they are sent."""

from __future__ import annotations

import gzip
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gameserver import web
from gameserver.api import make_app
from gameserver.net.gate import PART_HEADERS, PART_TYPES, SECURITY_HEADERS
from gameserver.shorten import shorten_script
from tests.helpers import serving
from tests.web import ask, get

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from trio.testing import MockClock

    from gameserver.net.simulated import SimNetwork

MODULE = b"export const text='tank';\n" * 40 + b"export const end=1;"


@pytest.fixture
def browser(tmp_path: Path) -> Path:
    """A browser client of a few files, with others beside them that are nobody's business; the maps lie in it too."""
    files = {
        "pages/index.html": b"<!doctype html><title>lobby</title>" + b"<p>room</p>" * 50,
        "pages/play/index.html": b"<!doctype html><title>play</title>" + b"<p>tank</p>" * 50,
        "pages/watch/index.html": b"<!doctype html><title>watch</title>" + b"<p>again</p>" * 50,
        "pages/favicon.svg": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
        "pages/style.css": b"body { margin: 0 }",
        "src/index.js": MODULE,
        "src/deep/part.mjs": MODULE,
        "src/.hidden.js": b"secret",
        "src/.git/config.js": b"secret",
        "src/notes.txt": b"secret",
        "vendor/other/LICENSE": b"as is",
        "src/key": b"secret",
        "test/client.test.js": b"secret",
        "node_modules/left/index.js": b"secret",
        "package.json": b"{}",
        "maps/tiles.png": b"\x89PNG" + bytes(range(256)),
        "maps/field.tmj": b"{}",
    }
    for name, data in files.items():
        path = tmp_path / "browser" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (tmp_path / "outside.js").write_bytes(b"secret")
    (tmp_path / "browser" / "src" / "link.js").symlink_to(tmp_path / "outside.js")
    (tmp_path / "browser" / "src" / "folder").symlink_to(tmp_path)
    return tmp_path / "browser"


@asynccontextmanager
async def serving_files(files: web.Files) -> AsyncIterator[SimNetwork]:
    async with serving(web=lambda server: make_app(server, web.routes(files))) as host:
        yield host.network


def site_of(browser: Path) -> web.Site:
    return web.Site(browser, browser / "maps")


# -- which there are -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("address", "file", "type_"),
    [
        ("/", "pages/index.html", "text/html; charset=utf-8"),
        ("/play/", "pages/play/index.html", "text/html; charset=utf-8"),
        ("/play/?room=arena1&watch=1", "pages/play/index.html", "text/html; charset=utf-8"),
        ("/watch/?recording=a.trpl&t=3", "pages/watch/index.html", "text/html; charset=utf-8"),
        ("/favicon.svg", "pages/favicon.svg", "image/svg+xml"),
        ("/maps/tiles.png", "maps/tiles.png", "image/png"),
        ("/client/pages/style.css", "pages/style.css", "text/css; charset=utf-8"),
        ("/client/src/index.js", "src/index.js", "text/javascript; charset=utf-8"),
        ("/client/vendor/other/LICENSE", "vendor/other/LICENSE", "text/plain; charset=utf-8"),
        ("/client/src/deep/part.mjs", "src/deep/part.mjs", "text/javascript; charset=utf-8"),
    ],
)
async def test_a_file_at_its_address(address: str, file: str, type_: str, browser: Path, autojump_clock: MockClock) -> None:
    async with serving_files(site_of(browser)) as network:
        answer, bare = await ask(network, get(address)), await ask(network, get(address, method="HEAD"))
    assert (answer.status, answer.headers["content-type"]) == (200, type_)
    assert answer.body == (browser / file).read_bytes()
    assert answer.headers["cache-control"] == "no-cache"
    assert "content-encoding" not in answer.headers
    security = PART_HEADERS if type_.startswith(PART_TYPES) else SECURITY_HEADERS
    assert [(name, answer.headers.get(name.lower())) for name, _ in security] == list(security)
    assert ("content-security-policy" in answer.headers) is (security is SECURITY_HEADERS)
    assert "access-control-allow-origin" not in answer.headers
    assert (bare.status, bare.headers, bare.body) == (200, answer.headers, b"")


@pytest.mark.parametrize(
    "address",
    [
        "/client/",
        "/client/src",
        "/client/src/",
        "/client/src/nothing.js",
        "/client/src/.hidden.js",
        "/client/src/.git/config.js",
        "/client/src/notes.txt",
        "/client/src/key",
        "/client/src/link.js",
        "/client/src/folder/outside.js",
        "/client/src/../test/client.test.js",
        "/client/src/%2e%2e/test/client.test.js",
        "/client/src/..%2ftest/client.test.js",
        "/client/src%2findex.js%00",
        "/client//src/index.js",
        "/client/SRC/index.js",
        "/client/test/client.test.js",
        "/client/node_modules/left/index.js",
        "/client/package.json",
        "/client//etc/passwd",
        "/maps/field.tmj",
        "/play/index.html",
        "/index.html",
    ],
)
@pytest.mark.parametrize("live", [False, True])
async def test_nothing_else_is_there(address: str, live: bool, browser: Path, autojump_clock: MockClock) -> None:
    files = web.LiveSite(browser, browser / "maps") if live else site_of(browser)
    async with serving_files(files) as network:
        answer = await ask(network, get(address))
    assert (answer.status, answer.text) == (404, "Not Found\n")


async def test_files_are_only_fetched(browser: Path, autojump_clock: MockClock) -> None:
    async with serving_files(site_of(browser)) as network:
        for method in ("POST", "PUT", "DELETE", "OPTIONS"):
            assert (await ask(network, get("/", method=method))).status == 405


async def test_a_forgotten_slash_is_added_and_the_question_kept(browser: Path, autojump_clock: MockClock) -> None:
    async with serving_files(site_of(browser)) as network:
        asked = await ask(network, get("/play?room=a&x=%22%0d%0a"))
        assert (asked.status, asked.headers["location"]) == (308, "/play/?room=a&x=%22%0d%0a")
        assert (await ask(network, get("/play"))).headers["location"] == "/play/"
        assert (await ask(network, get("/watch?room=a"))).headers["location"] == "/watch/?room=a"


async def test_an_installation_without_pages_says_so(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with serving_files(web.Site(tmp_path, tmp_path)) as network:
        answer = await ask(network, get("/"))
        assert (answer.status, answer.headers["content-type"]) == (200, "text/plain; charset=utf-8")
        assert "without pages" in answer.text
        assert (await ask(network, get("/play/"))).status == 404


def test_the_files_of_this_checkout_are_found() -> None:
    site = web.open_site()
    module = site.find("/client/src/wire.js")
    assert module is not None
    source = (Path(__file__).parents[1] / "clients" / "browser" / "src" / "wire.js").read_bytes()
    assert module.data == shorten_script(source.decode()).encode()
    live = web.open_site(live=True).find("/client/src/wire.js")
    assert live is not None
    assert live.data == source
    assert site.find("/maps/tiles.png") is not None


# -- compressed, and not again ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("accepts", "packed"),
    [
        ("gzip", True),
        ("gzip, deflate, br, zstd", True),
        ("deflate, GZIP;q=0.5", True),
        ("*", True),
        ("*;q=0, gzip", True),
        ("gzip ; q=1.000", True),
        ("", False),
        ("br", False),
        ("identity", False),
        ("gzip;q=0", False),
        ("gzip; q=0.000, *", False),
        ("*;q=0", False),
        ("notgzip", False),
    ],
)
async def test_whoever_reads_gzip_gets_it(accepts: str, packed: bool, browser: Path, autojump_clock: MockClock) -> None:
    async with serving_files(site_of(browser)) as network:
        answer = await ask(network, get("/client/src/index.js", f"Accept-Encoding: {accepts}"))
        plain = await ask(network, get("/client/src/index.js"))
    assert (answer.headers.get("content-encoding") == "gzip") is packed
    assert (gzip.decompress(answer.body) if packed else answer.body) == MODULE
    assert answer.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    assert (answer.headers["etag"] == plain.headers["etag"]) is not packed, "other bytes, another tag"


async def test_what_gzip_makes_no_smaller_is_sent_as_it_is(browser: Path, autojump_clock: MockClock) -> None:
    async with serving_files(site_of(browser)) as network:
        answer = await ask(network, get("/maps/tiles.png", "Accept-Encoding: gzip"))
    assert answer.body == (browser / "maps" / "tiles.png").read_bytes()
    assert not {"content-encoding", "vary"} & set(answer.headers)


async def test_what_the_browser_has_is_not_sent_again(browser: Path, autojump_clock: MockClock) -> None:
    async with serving_files(site_of(browser)) as network:
        for coding in ("Accept-Encoding: gzip", "Accept-Encoding: identity"):
            first = await ask(network, get("/client/src/index.js", coding))
            tag = first.headers["etag"]
            for known in (tag, f'"other", W/{tag}', "*"):
                again = await ask(network, get("/client/src/index.js", coding, f"If-None-Match: {known}"))
                assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
                assert again.headers["vary"] == "Accept-Encoding"
                assert "content-security-policy" in again.headers
            assert (await ask(network, get("/client/src/index.js", coding, 'If-None-Match: "other"'))).status == 200


# -- for who develops them -------------------------------------------------------------------------------------------------
async def test_a_live_site_shows_what_was_just_written_and_a_site_does_not(browser: Path, autojump_clock: MockClock) -> None:
    files, live = site_of(browser), web.LiveSite(browser, browser / "maps")
    (browser / "src" / "index.js").write_bytes(b"changed")
    (browser / "src" / "new.js").write_bytes(b"new")
    async with serving_files(files) as network:
        assert (await ask(network, get("/client/src/index.js"))).body == MODULE
        assert (await ask(network, get("/client/src/new.js"))).status == 404
    async with serving_files(live) as network:
        assert (await ask(network, get("/client/src/index.js"))).body == b"changed"
        assert (await ask(network, get("/client/src/new.js"))).body == b"new"
        (browser / "src" / "new.js").unlink()
        assert (await ask(network, get("/client/src/new.js"))).status == 404


def test_all_is_in_memory_before_the_first_request(browser: Path) -> None:
    """Rooms tick on the loop that answers: it waits for no disk."""
    files = site_of(browser)
    for path in browser.rglob("*.*"):
        if path.is_file():
            path.unlink()
    found = files.find("/client/src/index.js")
    assert found is not None
    assert found.data == MODULE

"""The pages as they are served: everything that they load is there, comes from here, and is not much."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from gameserver.api import make_app
from gameserver.web import File, Site, browser_folder, open_site, routes
from tests.helpers import serving
from tests.page_files import closure, names_in, wire_bytes
from tests.web import converse, get, read_answer

if TYPE_CHECKING:
    from trio.testing import MockClock

MOST_BYTES: Final = 150_000
"""Of all that a page loads, with the heads of the answers: two seconds on a slow phone line."""


@pytest.fixture(scope="module")
def files() -> Site:
    site = open_site()
    assert isinstance(site, Site)
    return site


def test_everything_that_a_file_names_is_there(files: Site) -> None:
    """Every module, style and page: what it imports is served under the address that it says."""
    missing = {
        f"{address} names {name}"
        for address, file in files
        for name in names_in(address, file)
        if name.startswith(("/", "..")) and files.find(name) is None
    }
    assert not missing


def test_nothing_is_named_that_lies_elsewhere(files: Site) -> None:
    assert not {f"{address} names {name}" for address, file in files for name in names_in(address, file) if ":" in name}


PAGES = {"the lobby": ("/", "\n"), "the arena": ("/play/", "generic"), "another game": ("/play/", "arena")}
PAGES |= {"a recorded arena": ("/watch/", "generic"), "another recorded game": ("/watch/", "arena")}


@pytest.mark.parametrize(("page", "without"), PAGES.values(), ids=PAGES)
async def test_a_page_is_served_whole_and_weighs_little(files: Site, page: str, without: str, autojump_clock: MockClock) -> None:
    found = closure(files, page, without)
    sizes: dict[str, int] = {}
    async with serving(web=lambda server: make_app(server, routes(files))) as host:
        for address, file in sorted(found.items()):
            data, _ = await converse(host.network, get(address, "Accept-Encoding: gzip"))
            assert read_answer(data).status == 200, address
            assert file is not None
            assert len(read_answer(data).body) == wire_bytes(file)
            sizes[address] = len(data)
    for address, size in sorted(sizes.items(), key=lambda item: -item[1]):
        print(f"{size:8,} {address}")
    print(f"{sum(sizes.values()):8,} in {len(sizes)} files")
    assert any("pack" in address for address in sizes)
    assert sum(sizes.values()) <= MOST_BYTES


def test_the_walk_finds_what_a_page_loads() -> None:
    """Imports of every form, styles and pictures; not what stands in comments."""

    def names(type_: str, text: str) -> list[str]:
        return list(names_in("/client/pages/play/main.js", File(type_, text.encode(), None, "")))

    script = """
    // import "./not.js";
    /** @typedef {import("./type.js").Thing} Thing */
    import { a } from "../../src/index.js";
    import "./side.js";
    export { b } from './other.js';
    const view = await import("./late.js");
    image.src = "/maps/tiles.png";
    link.href = new URL("late.css", import.meta.url).href;
    link.href = new URL("packed.css",new URL("/client/arena/index.js",location.href).href).href;
    const text = "imported from here";
    """
    assert names("text/javascript", script) == [
        "/client/pages/play/late.css",
        "/client/arena/packed.css",
        "/client/src/index.js",
        "/client/pages/play/side.js",
        "/client/pages/play/other.js",
        "/client/pages/play/late.js",
        "/maps/tiles.png",
    ]
    page = '<link rel="stylesheet" href="/client/pages/style.css"><script type="module" src="main.js"></script><a href="/x">x</a>'
    assert names("text/html", page) == ["/client/pages/style.css", "/client/pages/play/main.js"]
    assert names("text/css", '@import "a.css"; b { background: url(c.svg) }') == [
        "/client/pages/play/a.css",
        "/client/pages/play/c.svg",
    ]


def test_the_pages_have_no_script_or_style_of_their_own() -> None:
    """The policy that is sent with them forbids it: it would not run."""
    pages = sorted((browser_folder() / "pages").rglob("*.html"))
    assert len(pages) >= 2
    for page in pages:
        text = page.read_text()
        assert "<style" not in text
        assert " style=" not in text
        assert "<script>" not in text
        assert "javascript:" not in text

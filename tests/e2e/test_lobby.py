"""The lobby, as somebody finds it who opens the address that `serve` prints."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from gameserver.core.limits import GRACE_SECONDS
from tests.e2e.browser import DESKTOP, PHONE, PHONE_LANDSCAPE
from tests.e2e.play import PLAYING
from tests.e2e.server import Server, running_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.browser import Chromium, Window

pytestmark = pytest.mark.real_time

LIGHTNESS = """() => {
  const [red, green, blue] = getComputedStyle(document.body).backgroundColor.match(/[\\d.]+/g).map(Number);
  return (red + green + blue) / 3;
}"""
ROOM = "() => new URLSearchParams(location.search).get('room')"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One of everything: the arena with bots, and two games that are drawn from their schema."""
    folder: Path = tmp_path_factory.mktemp("server")
    with running_server(folder, "--game", "arena", "--game", "pong", "--game", "fleet", "--bots", "4", "--seed", "1") as server:
        yield server


def enter(window: Window) -> None:
    window.open("/")
    window.until("() => document.querySelector('[data-room=arena1]')", what="the room in the list")


def test_quick_play_leads_into_the_match(chromium: Chromium, server: Server) -> None:
    with chromium.window(server.origin) as window:
        enter(window)
        card = window.page.locator("[data-room=arena1]")
        window.until("() => /4 bots/.test(document.querySelector('[data-room=arena1]').textContent)")
        assert "arena" in card.inner_text() and "of 16" in card.inner_text()
        window.fits()
        window.screenshot("lobby")
        window.page.get_by_label("Name").fill("Ada")
        window.page.get_by_role("button", name="Quick play").click()
        window.until(PLAYING, what="the match")
        window.until("() => window.gameserver.client.world.all('Driver').some(d => d.values.name === 'Ada')")


def test_a_name_that_the_server_would_refuse_is_refused_here(chromium: Chromium, server: Server) -> None:
    with chromium.window(server.origin) as window:
        enter(window)
        window.page.get_by_label("Name").fill("a\u202eb")
        window.sees(re.compile("cannot be seen"))
        window.page.get_by_role("button", name="Quick play").click()
        window.page.wait_for_timeout(500)
        assert window.js("() => location.pathname") == "/", "he does not join with it"


def test_the_list_is_live_and_people_see_each_other(chromium: Chromium, server: Server) -> None:
    with chromium.window(server.origin) as ada, chromium.window(server.origin) as bob:
        for window, name in ((ada, "Ada"), (bob, "Bob")):
            window.open("/")
            window.page.get_by_label("Name").fill(name)
            window.page.keyboard.press("Tab")
        ada.until("() => [...document.querySelectorAll('.people-here *')].some(e => e.textContent.startsWith('Bob'))")
        bob.page.get_by_placeholder("Say hello").fill("anyone for a round?")
        bob.page.keyboard.press("Enter")
        ada.sees("anyone for a round?")
        bob.open("/play/?room=bobs1&game=arena")
        bob.until(PLAYING)
        person = "() => /1 person/.test(document.querySelector('[data-room=bobs1]')?.textContent)"
        ada.until(person, what="Bob's room in the list, with him in it")
        gone = "() => ![...document.querySelectorAll('.people-here *')].some((element) => element.textContent.startsWith('Bob'))"
        ada.until(gone, seconds=GRACE_SECONDS / 2, what="no Bob in the lobby any more, long before his seat would be given up")


def test_the_keyboard_alone_leads_into_a_match(chromium: Chromium, server: Server) -> None:
    with chromium.window(server.origin) as window:
        enter(window)
        reached = []
        for _ in range(12):
            window.page.keyboard.press("Tab")
            focus = window.js(
                "() => { const e = document.activeElement; const style = getComputedStyle(e);"
                " return [e.ariaLabel ?? e.textContent.trim(), style.outlineStyle !== 'none' || style.boxShadow !== 'none'] }"
            )
            reached.append(focus[0])
            assert focus[1], f"{focus[0]!r} has the focus, and nothing shows it"
            if focus[0] == "Quick play":
                break
        assert "Settings" in reached, reached
        window.page.keyboard.press("Enter")
        window.until(PLAYING, what="the match")


def test_a_room_can_be_created_and_joined_by_its_link(chromium: Chromium, server: Server) -> None:
    with chromium.window(server.origin) as host, chromium.window(server.origin) as guest:
        enter(host)
        host.page.get_by_role("button", name="Create a room").click()
        host.screenshot("create")
        host.page.get_by_role("button", name="Create and join").click()
        host.until(PLAYING, what="the new room")
        room = host.js(ROOM)
        assert re.fullmatch("[a-z0-9]+", room) and room != "arena1"
        enter(guest)
        guest.until("(room) => document.querySelector(`[data-room=${room}]`)", room, what="the new room in the list")
        guest.page.get_by_role("button", name="Join by link").click()
        guest.page.get_by_label("Link or name").fill(host.page.url)
        guest.page.keyboard.press("Enter")
        guest.until(PLAYING)
        assert guest.js(ROOM) == room
        two = "() => window.gameserver.client.world.all('Driver').filter(d => !d.values.bot).length === 2"
        host.until(two, what="both people in the room")


def test_whoever_watches_has_no_seat(chromium: Chromium, server: Server) -> None:
    with chromium.window(server.origin) as window:
        enter(window)
        window.page.get_by_role("link", name="Watch arena1").click()
        window.until(PLAYING)
        assert window.js("() => window.gameserver.client.player") == 0
        window.sees(re.compile("You (are watching|follow)"))
        window.until("() => window.gameserver.client.picture.all('Tank').length >= 4", what="the bots' tanks")
        window.page.wait_for_timeout(1_000)
        window.screenshot("watch")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE, PHONE_LANDSCAPE], ids=["desktop", "phone", "phone-landscape"])
def test_it_fits_every_screen_in_both_schemes(chromium: Chromium, server: Server, size: tuple[int, int], scheme: str) -> None:
    with chromium.window(server.origin, size=size, touch=size != DESKTOP, scheme=scheme) as window:
        enter(window)
        window.fits()
        window.until(f"(light) => ({LIGHTNESS})() > 128 === light", scheme == "light", what=f"a {scheme} page")
        window.screenshot(f"lobby-{size[0]}x{size[1]}-{scheme}")


def test_the_settings_are_kept_and_heeded(chromium: Chromium, server: Server) -> None:
    with chromium.window(server.origin, scheme="dark") as window:
        enter(window)
        window.page.get_by_role("button", name="Settings").click()
        window.screenshot("settings")
        window.page.get_by_label("Theme").select_option("light")
        window.page.get_by_label("Colours of players").select_option("safe")
        window.page.keyboard.press("Escape")
        enter(window)
        window.until(f"() => ({LIGHTNESS})() > 128", what="the light theme, after the page was loaded again")

"""Who comes in, and who keeps order: tickets, private rooms, reports, and being sent away."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pytest

from gameserver.keys import write_new
from tests.e2e.browser import NO_TICKET, PHONE
from tests.e2e.play import PLAYING, chosen
from tests.e2e.server import running_server
from tests.e2e.told import keep_told, was_told

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.browser import Chromium, Window

pytestmark = pytest.mark.real_time

PEOPLE: Final = "() => window.gameserver.client.world.all('Driver').filter((driver) => !driver.values.bot).length"


def press(window: Window, name: str) -> None:
    window.page.get_by_role("button", name=name, exact=True).click()


def test_order_is_kept_in_a_private_room(chromium: Chromium, tmp_path: Path) -> None:
    """On a server with keys: whoever has the link or the code comes in, reports, and is sent away."""
    write_new(tmp_path / "keys")
    with (
        running_server(tmp_path, "--bots", "1", "--seed", "1", "--keys", str(tmp_path / "keys")) as server,
        chromium.window(server.origin, settings=chosen(name="Ada")) as ada,
        chromium.window(server.origin, settings=chosen(name="Bob"), size=PHONE, touch=True) as bob,
    ):
        bob.expect(NO_TICKET)
        room = open_private(ada)
        code_is_asked_for(bob, ada, room)
        one_reports(bob)
        host_sends_away(ada, bob)


def open_private(ada: Window) -> str:
    ada.open("/")
    keep_told(ada)
    press(ada, "Create a room")
    ada.page.get_by_label("Private").check()
    ada.screenshot("create-private")
    press(ada, "Create and join")
    ada.until(PLAYING, what="the private room")
    was_told(ada, "This room is private")
    found = re.search(r"room=(\w+)&game=arena#code=([a-z]{5})$", ada.page.url)
    assert found is not None, ada.page.url
    assert not [url for url in ada.requests if "code" in url.partition("#")[0]], "a fragment is sent to nobody"
    return found[1]


def code_is_asked_for(bob: Window, ada: Window, room: str) -> None:
    bob.open("/")
    bob.until("() => document.querySelector('[data-room=arena1]')", what="the public room in the list")
    assert not bob.js("(room) => document.querySelector(`[data-room=${room}]`)", room)
    bob.open(f"/play/?room={room}&game=arena")
    bob.sees("This room is private")
    bob.page.keyboard.type("wrong")
    bob.page.keyboard.press("Enter")
    bob.sees(re.compile("not its code"))
    bob.fits()
    bob.screenshot("private-wrong")
    bob.page.get_by_label("Code of the room").fill(ada.page.url.partition("code=")[2].upper())
    bob.page.keyboard.press("Enter")
    bob.until(PLAYING, what="the private room, for the guest")
    ada.until(f"() => ({PEOPLE})() === 2", what="both in the private room")
    assert bob.page.url == ada.page.url, "he can hand the link on"


def one_reports(bob: Window) -> None:
    keep_told(bob)
    bob.page.get_by_label("Scores").tap()
    bob.until("() => document.querySelectorAll('.scores [data-deed]').length === 2", what="what can be done about Ada alone")
    bob.fits()
    bob.screenshot("scores-phone")
    bob.page.get_by_role("button", name="Report Ada").tap()
    bob.page.get_by_label("Why").select_option("Insults")
    bob.page.get_by_label(re.compile("In your words")).fill("he swears")
    bob.fits()
    bob.screenshot("report-phone")
    press(bob, "Report")
    was_told(bob, "Reported. Thank you.")
    bob.page.get_by_role("button", name="Report Ada").tap()
    press(bob, "Report")
    bob.sees(re.compile("Not done: one report in"))
    bob.screenshot("report-refused-phone")
    press(bob, "Cancel")


def host_sends_away(ada: Window, bob: Window) -> None:
    press(ada, "Scores")
    ada.page.get_by_role("button", name=re.compile("More about Bob")).click()
    ada.screenshot("more")
    press(ada, "Send away")
    ada.screenshot("expel")
    ada.page.keyboard.press("Tab")
    assert ada.js("() => document.activeElement.closest('dialog') !== null")
    ada.page.locator("[data-action=expel-go]").press("Enter")
    was_told(ada, "Bob was sent away.")
    bob.sees("You were sent away")
    bob.screenshot("expelled-phone")
    press(bob, "Join again")
    bob.sees(re.compile("sent away from this room"))


def test_a_server_whose_host_lets_people_in_says_so(chromium: Chromium, tmp_path: Path) -> None:
    write_new(tmp_path / "keys")
    with (
        running_server(tmp_path, "--seed", "1", "--keys", str(tmp_path / "keys"), "--join", "tickets") as server,
        chromium.window(server.origin) as window,
    ):
        window.expect(NO_TICKET)
        window.open("/play/?room=arena1&game=arena")
        window.sees("You come in another way")
        window.screenshot("invited")
        window.open("/")
        window.sees(re.compile("over its host's own site"))
        window.screenshot("lobby-invited")

"""Names and chat lines that want to be more than words: nothing of them runs, and no layout breaks.

What would run would show as an alert, a violation of the policy, or a request: each of them fails the test (`browser.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgpack
import pytest
from gameclient.client import ClientClosed

from gameserver.core.words import is_name, spoken
from tests.e2e.browser import DESKTOP, PHONE
from tests.e2e.crowd import a_crowd
from tests.e2e.hostile import LINES, MEGABYTE, NAMES
from tests.e2e.play import chosen, player
from tests.e2e.server import running_server

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.browser import Chromium, Window
    from tests.e2e.crowd import Crowd, Guest
    from tests.e2e.server import Server

pytestmark = pytest.mark.real_time

AT_ONCE: Final = 14
"""Guests beside the window's own player; the arena has 16 seats."""
TRAPS: Final = """() => {
  window.trapped = 0;
  for (const name of ["alert", "confirm", "prompt"]) window[name] = () => { window.trapped++; };
}"""
WIDE: Final = """() => {
  const cut = (element) => element !== null && (getComputedStyle(element).overflowX !== "visible" || cut(element.parentElement));
  const wide = [];
  for (const element of document.querySelectorAll("body *")) {
    const { width, left, right } = element.getBoundingClientRect();
    if (width === 0 || getComputedStyle(element).visibility === "hidden" || element.closest("[hidden], svg, canvas")) continue;
    if ((right > innerWidth + 1 || left < -1) && !cut(element.parentElement))
      wide.push(`${element.tagName}.${element.className}: ${left} to ${right}`);
  }
  return wide;
}"""
"""What sticks out of the window, and is not cut off by what it lies in."""
CRUSHED: Final = """() => [...document.querySelectorAll(".chat-log li")]
  .filter((line) => line.clientHeight > 0 && line.clientHeight < parseFloat(getComputedStyle(line).lineHeight) - 1)
  .map((line) => line.textContent)"""
"""Lines of chat that are lower than one line of text."""
FOREIGN: Final = """() => {
  const found = document.body.querySelectorAll("script, style, base, meta, iframe, [onerror], [onload], [ontoggle], [onfocus]");
  return [...found].map(({ outerHTML }) => outerHTML);
}"""
"""Elements that no page of ours has in its body."""


LISTED: Final = """(players) => players.every((player) => document.querySelector(`.scores [data-player="${player}"]`))"""
STILL: Final = """() => document.getAnimations()
  .every(({ effect, playState }) => playState !== "running" || effect.getComputedTiming().endTime === Infinity)"""
"""Nothing is still on the way to its place."""


def harmless(window: Window) -> None:
    """Nothing has run, nothing has become an element, nothing sticks out."""
    window.until(STILL)
    assert window.js("() => window.trapped") == 0
    assert window.js(FOREIGN) == []
    window.fits()
    assert window.js(WIDE) == []
    assert window.js(CRUSHED) == []
    window.check()


def come(crowd: Crowd, server: Server, names: list[str]) -> list[Guest]:
    """Let those in whom the server lets in. It must be just those whom it says it lets in."""
    guests = []
    for name in names:
        try:
            guest = crowd.join(server.ws("arena1"), game="arena", name=name)
        except ClientClosed:
            assert not is_name(name), f"{name!r} should have been let in"
        else:
            assert is_name(name), f"{name!r} should not have been let in"
            guests.append(guest)
    return guests


@pytest.mark.parametrize(("size", "lines"), [(DESKTOP, LINES[0::2]), (PHONE, LINES[1::2])], ids=["desktop", "phone"])
def test_nothing_runs_and_no_layout_breaks(
    chromium: Chromium, tmp_path: Path, size: tuple[int, int], lines: tuple[str, ...]
) -> None:
    assert len(NAMES) >= 50 and len(LINES) >= 50
    endless = ("--option", "idle_seconds=0", "--option", "time_limit=0", "--seed", "1")
    touch = size == PHONE
    with (
        running_server(tmp_path, *endless) as server,
        a_crowd() as crowd,
        player(chromium, server.origin, size=size, touch=touch, settings=chosen(name="<i>me</i>")) as window,
    ):
        window.js(TRAPS)
        left = list(reversed(lines))
        for first in range(0, len(NAMES), AT_ONCE):
            guests = come(crowd, server, list(NAMES[first : first + AT_ONCE]))
            for guest in guests:
                if left:
                    line = left.pop()
                    assert (guest.call("chat", line, 0) is None) == (spoken(line) is not None), repr(line)
            window.js("() => document.querySelector('[data-action=scores]').click()")
            there = [guest.client.player for guest in guests]
            window.until(LISTED, there, what="all of them in the scores")
            harmless(window)
            if first == 0:
                window.screenshot(f"hostile-scores-{size[0]}")
            window.js("() => document.querySelector('[data-action=scores]').click()")
            for guest in guests:
                guest.leave()
        assert not left, "everything was said"
        window.js("() => document.querySelector('[data-action=chat]').click()")
        heard = {spoken(line) for line in lines} - {None}
        window.until("(count) => document.querySelectorAll('.said').length >= count", len(heard), what="all that was said")
        window.screenshot(f"hostile-chat-{size[0]}")
        harmless(window)
        shown = {text.strip() for text in window.page.locator(".said").all_inner_texts()}
        assert {line for line in heard if line is not None and line.isascii()} <= shown, "markup is shown as it was written"


def test_the_lobby_shows_them_as_harmlessly(chromium: Chromium, tmp_path: Path) -> None:
    with running_server(tmp_path, "--seed", "1") as server, a_crowd() as crowd:
        names = [name for name in NAMES if is_name(name)][:40]
        guests = [crowd.join(server.ws("lobby"), game="lobby", name=name) for name in names]
        for size in (DESKTOP, PHONE):
            with chromium.window(server.origin, size=size, touch=size == PHONE) as window:
                window.open("/")
                window.until("(count) => document.querySelector('.people-here')?.childElementCount >= count", len(names))
                window.js(TRAPS)
                said = 0
                for guest, line in zip(guests, LINES, strict=False):
                    if size == DESKTOP:
                        said += guest.call("chat", line, 0) is None
                window.until("(count) => document.querySelectorAll('.said').length >= count", said, what="all that was said")
                window.page.screenshot(full_page=True)
                window.screenshot(f"hostile-lobby-{size[0]}")
                harmless(window)


def test_a_megabyte_ends_its_own_line_and_nobody_elses(chromium: Chromium, tmp_path: Path) -> None:
    with (
        running_server(tmp_path, "--seed", "1") as server,
        a_crowd() as crowd,
        player(chromium, server.origin) as window,
    ):
        window.js(TRAPS)
        shout = msgpack.packb([4, 1, "chat", [MEGABYTE, 0]])
        assert crowd.shout(server.ws("arena1"), game="arena", name="Loud", message=shout) in (1006, 1009)
        tick = window.js("() => window.gameserver.client.world.tick")
        window.until("(tick) => window.gameserver.client.world.tick > tick + 15", tick, what="the match goes on")
        harmless(window)
        assert window.js("() => window.gameserver.client.stats.losses") == 0
        assert window.js("() => window.gameserver.client.state") == "playing"

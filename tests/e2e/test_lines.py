"""What a player sees and keeps when his line breaks, when another tab takes his seat, and when the server has a last word."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.e2e.browser import LOST_LINE, NO_TICKET, Window
from tests.e2e.crowd import a_crowd
from tests.e2e.link import running_link
from tests.e2e.play import PLAYING, mine, player, seat
from tests.e2e.server import Server, running_server
from tests.e2e.told import all_told, keep_told, was_told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.browser import Chromium

pytestmark = pytest.mark.real_time

FAULTY: Final = Path(__file__).parent / "faulty.py"

RECORD: Final = """() => {
  window.heard = [];
  window.gameserver.client.on("event", ({ name, sequence, values }) => window.heard.push([name, sequence, values.text ?? ""]));
}"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The arena without bots, and games that end in other ways."""
    games = ("--game", "arena", "--game", "pong", "--game", str(FAULTY))
    with running_server(tmp_path_factory.mktemp("server"), *games, "--option", "idle_seconds=0", "--seed", "1") as server:
        yield server


def dialog(window: Window, title: str) -> None:
    """Wait for the words that cover the match."""
    window.page.get_by_role("dialog", name=title).wait_for()


def press(window: Window, button: str) -> None:
    window.page.get_by_role("dialog").get_by_role("button", name=button).click()


def test_a_cut_line_is_told_and_resumed_and_no_line_of_chat_is_lost_or_doubled(chromium: Chromium, server: Server) -> None:
    with running_link(server.port) as link, a_crowd() as crowd, player(chromium, f"http://127.0.0.1:{link.port}") as window:
        window.expect(*LOST_LINE)
        before = seat(window)
        window.js(RECORD)
        keep_told(window)
        guest = crowd.join(server.ws("arena1"), game="arena", name="Bob")
        assert guest.call("chat", "before", 0) is None
        window.until("() => window.heard.some(([, , text]) => text === 'before')")
        link.cut(refuse=True)
        assert guest.call("chat", "meanwhile", 0) is None
        dialog(window, "Connection lost")
        window.screenshot("lost")
        assert window.js("() => window.gameserver.client.state") == "lost"
        link.mend()
        window.page.locator("dialog [data-action=try]").dispatch_event("click")  # it may be back by itself before a mouse is there
        window.until(PLAYING, what="the match again")
        was_told(window, "you have your seat")
        assert guest.call("chat", "after", 0) is None
        window.until("() => window.heard.some(([, , text]) => text === 'after')")
        assert seat(window) == before, "the same seat in the same world"
        heard: list[list[Any]] = window.js("() => window.heard")
        assert [text for name, _, text in heard if name == "Said"] == ["before", "meanwhile", "after"]
        sequences = [sequence for _, sequence, _ in heard]
        assert sequences == list(range(sequences[0], sequences[0] + len(sequences)))
        window.until("() => document.querySelectorAll('.said').length >= 3")
        assert window.page.locator(".said").all_inner_texts() == ["before", "meanwhile", "after"]


def test_many_short_cuts_are_got_over_without_a_word_from_the_player(chromium: Chromium, server: Server) -> None:
    with running_link(server.port) as link, player(chromium, f"http://127.0.0.1:{link.port}") as window:
        window.expect(*LOST_LINE)
        before = seat(window)
        for number in range(5):
            link.cut()
            window.until("(number) => window.gameserver.client.stats.losses === number", number + 1)
            window.until(PLAYING, what="the match again")
        assert seat(window) == before


def test_a_reload_takes_the_same_seat(chromium: Chromium, server: Server) -> None:
    with player(chromium, server.origin) as window:
        number, _ = seat(window)
        entity = mine(window, "Tank")["id"]
        window.page.reload()
        window.until(PLAYING, what="the match again")
        assert window.js("() => window.gameserver.client.player") == number
        assert mine(window, "Tank")["id"] == entity, "the same tank: nobody has left or joined"


def test_the_newest_tab_wins_and_the_older_one_can_take_the_seat_back(chromium: Chromium, server: Server) -> None:
    with player(chromium, server.origin) as first:
        number, _ = seat(first)
        with first.context.expect_page() as opened:
            first.js("() => { window.open(location.href); }")
        second = Window(first.context, opened.value, server.origin)
        second.until(PLAYING, what="the match in the second tab")
        assert seat(second)[0] == number
        dialog(first, "You play in another tab")
        first.screenshot("replaced")
        press(first, "Play here")
        first.until(PLAYING, what="the match in the first tab again")
        assert seat(first)[0] == number
        dialog(second, "You play in another tab")
        first.page.wait_for_timeout(3_000)  # long enough for the second to take it back, if it were to
        assert first.js("() => window.gameserver.client.state") == "playing", "the two do not fight"
        second.check()


def test_a_server_that_goes_and_comes_is_told_and_joined_anew(chromium: Chromium, tmp_path: Path) -> None:
    with running_server(tmp_path, "--seed", "1") as server, player(chromium, server.origin) as window:
        window.expect(*LOST_LINE)
        keep_told(window)
        server.kill()
        dialog(window, "Connection lost")
        window.screenshot("server-gone")
        window.page.wait_for_timeout(1_000)  # it tries meanwhile, and in vain
        server.start()
        window.until(PLAYING, what="the match on the new server")
        was_told(window, "joined anew")
        assert window.js("() => window.gameserver.client.session") == 2


def test_a_server_that_restarts_says_so_before_and_everybody_is_back_after(chromium: Chromium, tmp_path: Path) -> None:
    """In a match, and in the lobby."""
    with (
        running_server(tmp_path, "--seed", "1", "--drain", "4") as server,
        player(chromium, server.origin) as window,
        chromium.window(server.origin) as lobby,
    ):
        for it in (window, lobby):
            it.expect(*LOST_LINE)
        lobby.open("/")
        lobby.until("() => document.querySelectorAll('.people-here .person').length > 0", what="the lobby")
        for it in (window, lobby):
            keep_told(it)
        with ThreadPoolExecutor() as threads:
            stopped = threads.submit(server.stop)
            for it in (window, lobby):
                was_told(it, "The server restarts ")
            window.screenshot("server-drains")
            lobby.screenshot("lobby-drains")
            dialog(window, "The server restarts")
            assert window.page.get_by_role("button", name="Try now").is_visible()
            window.screenshot("server-restarts")
            stopped.result()
        for it in (window, lobby):
            counted = [int(found[1]) for told in all_told(it) if (found := re.match(r"The server restarts \w+ (\d) second", told))]
            assert 4 >= counted[0] > counted[-1], f"it is told early, and runs down: {counted}"
            assert counted == sorted(counted, reverse=True)
        server.start()
        window.until(PLAYING, what="the match on the new server")
        assert window.js("() => window.gameserver.client.session") == 2
        lobby.until("() => document.querySelector('.lost')?.hidden", what="the lobby again")


def test_a_room_that_fails_says_so_with_its_number(chromium: Chromium, server: Server) -> None:
    with player(chromium, server.origin, "room=broken1&game=faulty") as window:
        window.js("() => { window.gameserver.client.call('fail').catch(() => 0); }")
        dialog(window, "This room has failed")
        assert window.page.get_by_role("dialog").locator("code").inner_text()
        window.screenshot("faulted")
        press(window, "Another room")
        window.until(PLAYING, what="another room")
        assert "faulty" not in window.page.url


def test_who_is_sent_away_is_told_why(chromium: Chromium, server: Server) -> None:
    with player(chromium, server.origin, "room=kicks&game=faulty") as window:
        why = "<b>too</b> loud"
        window.js("(why) => { window.gameserver.client.call('send_me_away', why).catch(() => 0); }", why)
        dialog(window, "You were sent away")
        window.sees(why)
        press(window, "Join again")
        window.until(PLAYING, what="the match again")


def test_a_full_room_offers_to_watch(chromium: Chromium, server: Server) -> None:
    with a_crowd() as crowd, chromium.window(server.origin) as window:
        for name in ("Ann", "Bob"):
            crowd.join(server.ws("pong7"), game="pong", name=name)
        window.expect(NO_TICKET)
        window.open("/play/?room=pong7&game=pong")
        dialog(window, "No seat is free")
        press(window, "Watch")
        window.until(PLAYING, what="the match to watch")
        assert window.js("() => window.gameserver.client.player") == 0


def test_another_version_asks_to_load_again(chromium: Chromium, server: Server) -> None:
    with chromium.window(server.origin) as window:
        window.open("/play/?room=arena1&game=arena@99")
        dialog(window, "An update is needed")
        window.screenshot("update")
        with window.page.expect_navigation():
            press(window, "Load again")
        dialog(window, "An update is needed")


def test_a_room_that_is_not_there(chromium: Chromium, server: Server) -> None:
    with chromium.window(server.origin) as window:
        window.open("/play/?room=nowhere9")
        dialog(window, "There is no room nowhere9")
        press(window, "Quick play")
        window.until(PLAYING, what="a match")
        assert "nowhere9" not in window.page.url


def test_the_background_keeps_the_seat_and_the_match_goes_on_afterwards(chromium: Chromium, server: Server) -> None:
    """Another tab in front: no frames and slow timers; acknowledgements go on, or the server would cut the line after 5 s."""
    with player(chromium, server.origin) as window:
        before = seat(window)
        session = window.context.new_cdp_session(window.page)
        session.send("Emulation.setFocusEmulationEnabled", {"enabled": False})
        front = window.context.new_page()
        front.goto("about:blank")
        front.bring_to_front()
        front.wait_for_timeout(7_000)
        assert window.js("() => window.gameserver.client.stats.losses") == 0
        window.page.bring_to_front()
        tick = window.js("() => window.gameserver.client.picture.tick")
        window.until("(tick) => window.gameserver.client.picture.tick > tick + 30", tick, what="the match, as it goes on")
        assert seat(window) == before
        front.close()


@pytest.mark.parametrize("path", ["/", "/play/?room=arena1&game=arena"])
def test_a_page_whose_script_does_not_come_says_so(chromium: Chromium, server: Server, path: str) -> None:
    with chromium.window(server.origin) as window:
        window.expect(r"net::ERR_FAILED")
        window.page.route("**/client/packs/**", lambda route: route.abort())
        window.open(path)
        again = window.page.get_by_role("link", name="Load the page again")
        again.wait_for(state="visible")
        window.page.unroute("**/client/packs/**")
        again.click()
        window.until("() => document.querySelector('.boot') === null", what="the page's own script")
        assert window.page.url == server.origin + path

"""The watch page: a match again, from any side and at any speed, from the server, from a file, and while it goes on."""

from __future__ import annotations

import base64
import re
import time
from statistics import median
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.e2e.browser import PHONE, PHONE_LANDSCAPE
from tests.e2e.play import chosen
from tests.e2e.server import Server, running_server
from tests.e2e.told import keep_told, was_told
from tests.e2e.watch import ARENA, ARENA_SECONDS, FLEET, FORGED_TICK, PACE, SEEK_MS, SHOWN, STATE, forged, make_recordings, watch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.browser import Chromium, Window

pytestmark = pytest.mark.real_time

SEEK_MS_TYPICAL: Final = 1_500
"""The promise is 300 ms; the machine that runs the tests may do other things."""
DELAY_SECONDS: Final = 2.0


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recordings")
    make_recordings(folder)
    return folder


@pytest.fixture(scope="module")
def server(recordings: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A room of bots that is recorded beside what was recorded before."""
    options = ("--option", "time_limit=0", "--option", "score_limit=0", "--option", "idle_seconds=0")
    where = ("--record", str(recordings), "--watch-delay", str(DELAY_SECONDS))
    match = ("--map", "duel", "--bots", "4", "--seed", "1")
    with running_server(tmp_path_factory.mktemp("server"), *match, *options, *where) as server:
        yield server


def state(window: Window) -> dict[str, Any]:
    found: dict[str, Any] = window.js(STATE)
    return found


def pause(window: Window) -> None:
    """What is asked of the page afterwards does not depend on when."""
    window.js("() => gameserver.player.pause()")


def press(window: Window, name: str) -> None:
    window.page.locator(f"[data-action={name}]").first.click()


# -- one match again -----------------------------------------------------------------------------------------------------------
def test_it_plays_pauses_and_goes_at_any_speed(chromium: Chromium, server: Server) -> None:
    with chromium.window(server.origin) as window:
        watch(window, f"recording={ARENA}")
        window.until("() => gameserver.player.seconds > 0.5", what="it goes on by itself")
        window.page.keyboard.press("Space")
        paused = state(window)
        assert not paused["playing"]
        window.page.wait_for_timeout(300)
        assert state(window)["tick"] == paused["tick"]

        window.page.keyboard.press("Period")
        stepped = state(window)["tick"]
        assert 0 < stepped - paused["tick"] <= 1
        window.page.keyboard.press("Period")
        assert state(window)["tick"] == stepped + 1
        window.page.keyboard.press("Comma")
        window.until("(tick) => gameserver.player.picture.tick === tick", stepped, what="a tick back")
        window.screenshot("watch-paused")

        window.page.get_by_label("Speed").select_option("8")
        window.page.keyboard.press("Space")
        pace = window.js(PACE)
        assert 4 < pace < 9, f"{pace:.1f} s of the match in a second at 8×"
        window.page.keyboard.press("BracketLeft")
        assert state(window)["rate"] == 4


def test_a_seek_shows_its_frame_soon(chromium: Chromium, server: Server) -> None:
    with chromium.window(server.origin) as window:
        watch(window, f"recording={ARENA}")
        window.until("(last) => gameserver.player.secondsOf(gameserver.recording.loaded.last) > last - 1", ARENA_SECONDS)
        took = [window.js(SEEK_MS, seconds) for seconds in (60, 10, 85, 1, 45.5, 45, 89, 30)]
        assert median(took) < SEEK_MS_TYPICAL, took


def test_the_line_is_dragged_and_moved_by_keys(chromium: Chromium, server: Server) -> None:
    with chromium.window(server.origin) as window:
        watch(window, f"recording={ARENA}")
        slider = window.page.get_by_role("slider", name="Where in the match")
        box = slider.bounding_box()
        assert box is not None
        y = box["y"] + box["height"] / 2
        window.page.mouse.move(box["x"] + box["width"] * 0.25, y)
        window.page.locator(".hint canvas").wait_for(state="visible")
        window.screenshot("watch-hint")
        window.page.mouse.down()
        window.page.mouse.move(box["x"] + box["width"] * 0.75, y, steps=12)
        dragged = state(window)
        assert not dragged["playing"], "it stands while it is dragged"
        assert abs(dragged["seconds"] - ARENA_SECONDS * 0.75) < 2
        window.page.mouse.up()
        assert state(window)["playing"], "and goes on from there"
        pause(window)
        assert state(window)["seconds"] >= dragged["seconds"]
        slider.focus()
        before = state(window)["seconds"]
        window.page.keyboard.press("ArrowLeft")
        assert -7 < state(window)["seconds"] - before < -3
        window.page.keyboard.press("Home")
        assert state(window)["seconds"] < 2
        slider.and_(window.page.locator("[aria-valuetext='0:00 of 1:30']")).wait_for()


def test_what_happened_leads_there(chromium: Chromium, server: Server) -> None:
    with chromium.window(server.origin) as window:
        watch(window, f"recording={ARENA}")
        press(window, "events")
        events = window.page.get_by_role("complementary", name="What happened")
        lines = events.locator("li")
        listed = "() => document.querySelectorAll('.events li').length"
        window.until(f"() => gameserver.recording.complete && ({listed})() > 5", what="the list")
        count = lines.count()
        window.screenshot("watch-events")
        kills = events.get_by_role("button", name=re.compile("Kills"))
        kills.click()
        window.until(f"(count) => ({listed})() < count", count, what="the list without kills")
        kills.click()
        window.until(f"(count) => ({listed})() === count", count, what="the list with kills")
        pause(window)
        lines.nth(count - 1).get_by_role("button").click()
        clock = lines.nth(count - 1).locator(".when").inner_text()
        minutes, seconds = map(int, clock.split(":"))
        at = state(window)["seconds"]
        assert abs(at - (60 * minutes + seconds - 2)) < 2.5, (at, clock)


def test_somebody_is_followed_or_nobody(chromium: Chromium, server: Server) -> None:
    with chromium.window(server.origin) as window:
        watch(window, f"recording={ARENA}&t=20")
        box = window.page.get_by_label("Follow", exact=True)
        name = box.locator("option").nth(3).inner_text()
        box.select_option(label=name)
        player = window.until("() => gameserver.view.following()", what="somebody who is followed")
        window.page.keyboard.press("KeyE")
        window.until("(before) => gameserver.view.following() !== before", player)
        window.page.mouse.move(640, 300)
        window.page.mouse.down()
        window.page.mouse.move(500, 260, steps=5)
        window.page.mouse.up()
        window.until("() => gameserver.view.following() === 0", what="who draws the ground along looks round by himself")
        scale = window.js("() => gameserver.view.camera.scale")
        window.page.mouse.wheel(0, -120)
        window.until("(before) => gameserver.view.camera.scale > before", scale, what="the wheel brings it nearer")


def test_a_link_leads_to_its_second(chromium: Chromium, server: Server) -> None:
    with chromium.window(server.origin) as window:
        window.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=server.origin)
        began = time.monotonic()
        watch(window, f"recording={ARENA}&t=33.5")
        window.page.keyboard.press("Space")
        at = state(window)["seconds"]
        assert 33 < at < 34 + time.monotonic() - began
        keep_told(window)
        press(window, "link")
        was_told(window, f"Link to {int(at // 60)}:{int(at % 60):02d} copied")
        link = window.js("() => navigator.clipboard.readText()")
        assert link.startswith(f"{server.origin}/watch/?recording={ARENA}&t=")
        assert abs(float(link.rpartition("=")[2]) - at) < 0.2


def test_what_one_player_saw(chromium: Chromium, server: Server) -> None:
    """Everything is shown after the match; seen by one, the other's ships are where they were: hidden."""
    owners = """() => [...new Set(gameserver.player.picture.all("Ship").map(({ values }) => values.owner))].sort()"""
    with chromium.window(server.origin) as window:
        watch(window, f"recording={FLEET}")
        window.page.keyboard.press("Space")
        window.js("() => gameserver.player.seekSeconds(3)")
        window.until(f"() => ({owners})().length === 2", what="the ships of both")
        window.screenshot("watch-fleet-all")
        see = window.page.get_by_label("See", exact=True)
        for player in (1, 2):
            see.select_option(str(player))
            window.until(f"(player) => JSON.stringify(({owners})()) === `[${{player}}]`", player, what="his own alone")
        window.screenshot("watch-fleet-two")
        see.select_option("public")
        window.until(f"() => ({owners})().length === 0", what="nobody's")


# -- a file of one's own -------------------------------------------------------------------------------------------------------
DROP: Final = """([name, base64]) => {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([bytes], name));
  const dropped = (type) => document.body.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
  dropped("dragenter");
  const offered = !document.querySelector(".dropping").hidden;
  dropped("dragover");
  dropped("drop");
  return offered && document.querySelector(".dropping").hidden;
}"""


def drop(window: Window, name: str, data: bytes) -> None:
    window.until("() => document.querySelector('.dropping')", what="the page's script")
    assert window.js(DROP, [name, base64.b64encode(data).decode()]), "the page does not say that it takes the file"


def wanted(window: Window, since: int) -> list[str]:
    """What the page has asked the server for; the icon is the browser's affair."""
    return [url for url in window.requests[since:] if not url.endswith("/favicon.svg")]


def test_a_file_is_dropped_and_the_network_is_gone(chromium: Chromium, server: Server, recordings: Path) -> None:
    """All that it needs is there with the page."""
    with chromium.window(server.origin) as window:
        window.open("/watch/")
        window.sees("arena1")
        window.page.wait_for_load_state("networkidle")
        window.expect("ERR_INTERNET_DISCONNECTED")
        window.context.set_offline(True)
        asked = len(window.requests)
        drop(window, "mine.trpl", (recordings / ARENA).read_bytes())
        window.until(SHOWN, what="the match out of the file")
        window.until("() => gameserver.player.seconds > 0.5")
        assert not wanted(window, asked)
        assert window.page.locator("[data-action=download]").is_hidden()
        press(window, "link")
        window.sees("This file is on your computer only")
        window.screenshot("watch-dropped")
        drop(window, "other.trpl", (recordings / FLEET).read_bytes())
        window.until("() => gameserver.player?.schema.game === 'fleet'", what="another game, out of another file")
        window.until(SHOWN)
        assert not wanted(window, asked)


def test_a_file_is_picked(chromium: Chromium, server: Server, recordings: Path) -> None:
    with chromium.window(server.origin) as window:
        window.open("/watch/")
        with window.page.expect_file_chooser() as chosen_file:
            press(window, "open")
        chosen_file.value.set_files(recordings / FLEET)
        window.until(SHOWN, what="the match out of the file")


def test_what_is_no_recording_is_refused_in_words(chromium: Chromium, server: Server, recordings: Path) -> None:
    whole = (recordings / ARENA).read_bytes()
    refused = {
        "picture.png": (b"\x89PNG\r\n\x1a\n" + bytes(1000), "This is no recording"),
        "empty.trpl": (b"", "This is no recording"),
        "new.trpl": (b"TRPL\x00\x63" + whole[6:], "This recording is too new"),
        "damaged.trpl": (whole[:40] + bytes([whole[40] ^ 1]) + whole[41:], "This is no recording"),
    }
    with chromium.window(server.origin) as window:
        window.open("/watch/")
        for name, (data, words) in refused.items():
            drop(window, name, data)
            window.sees(words)
        window.screenshot("watch-refused")
        drop(window, "cut.trpl.part", whole[: len(whole) * 2 // 3])
        window.until(SHOWN, what="what is there of a file that was cut")
        window.sees(re.compile(r"This recording was cut off: it plays up to [01]:\d\d"))
        window.screenshot("watch-cut")


def test_a_forged_file_plays_up_to_where_it_is_forged(chromium: Chromium, server: Server, recordings: Path) -> None:
    """Its sums fit, and what they protect makes no sense."""
    data = forged((recordings / FLEET).read_bytes())
    with chromium.window(server.origin) as window:
        window.open("/watch/")
        drop(window, "forged.trpl", data)
        window.sees(re.compile(r"From 0:0[1-9] on this recording cannot be read"))
        window.screenshot("watch-forged")
        assert 0 < state(window)["tick"] < FORGED_TICK


def test_what_is_not_there_is_told(chromium: Chromium, server: Server) -> None:
    with chromium.window(server.origin) as window:
        window.expect("404")
        window.open("/watch/?recording=2020-01-01T00-00-00-arena1-000000.trpl")
        window.sees("There is no such recording")
        window.open("/watch/?room=nowhere")
        window.sees("nowhere cannot be watched this way")
        window.page.get_by_role("button", name="All recordings").click()
        window.sees("Every match is recorded")
        window.open("/watch/?recording=../../etc/passwd")
        window.sees("Every match is recorded")


# -- a match that goes on ------------------------------------------------------------------------------------------------------
def test_a_match_that_goes_on_is_paused_rewound_and_caught_up(chromium: Chromium, server: Server) -> None:
    with chromium.window(server.origin) as window:
        watch(window, "room=arena1")
        window.until("() => gameserver.player.following", what="live")
        window.sees(re.compile(r"Live, \d+ s ago"))
        window.screenshot("watch-live")
        window.page.keyboard.press("Space")
        assert not state(window)["live"]
        window.until("() => gameserver.player.behindMs() > 1500", what="the match goes on without us")
        window.sees(re.compile(r"Back to live, 0:\d\d behind"))
        window.page.keyboard.press("Home")
        window.until("() => !gameserver.player.waiting && gameserver.player.picture.tick < 30", what="its beginning")
        window.screenshot("watch-rewound")
        window.page.keyboard.press("Space")
        window.until("() => gameserver.player.seconds > 0.5")
        press(window, "live")
        window.until("() => gameserver.player.following && !gameserver.player.waiting", what="live again")


def test_the_next_match_follows_and_a_room_that_ends_is_told(chromium: Chromium, tmp_path: Path) -> None:
    """Who looks on live goes on with the room. When there is nothing to go on with, all can still be watched."""
    options = (
        "--option",
        "time_limit=30",
        "--option",
        "score_limit=1",
        "--strength",
        "3",
        "--map",
        "duel",
        "--bots",
        "2",
        "--watch-delay",
        "0",
        "--record",
        str(tmp_path / "r"),
    )
    with running_server(tmp_path, *options) as server, chromium.window(server.origin) as window:
        watch(window, "room=arena1")
        first = window.js("() => gameserver.recording.header.session")
        other = "(first) => gameserver.recording && gameserver.recording.header.session !== first"
        window.until(other, first, seconds=240, what="the next match")
        window.until(SHOWN)
        window.until("() => { const [[from, to]] = gameserver.recording.loaded.all; return to - from > 120; }", what="4 seconds")
        window.expect("ERR_", "404", "503")
        server.stop()
        window.until("() => gameserver.recording.complete || document.querySelector('.warning:not([hidden])')", seconds=30)
        window.screenshot("watch-over")
        window.js("() => { gameserver.player.pause(); gameserver.player.seek(gameserver.recording.loaded.all[0][0] + 5); }")
        window.page.keyboard.press("Space")
        window.until("() => gameserver.player.playing && !gameserver.player.waiting", what="what has come can be watched still")


# -- the page ------------------------------------------------------------------------------------------------------------------
def test_the_list_leads_to_matches_old_and_new(chromium: Chromium, server: Server) -> None:
    with chromium.window(server.origin) as window:
        window.open("/")
        window.page.get_by_role("link", name="Recordings").click()
        window.sees("Every match is recorded")
        window.sees("Live")
        window.screenshot("watch-list")
        window.page.get_by_label("Game, room, map or player").fill("fleet")
        window.until("() => document.querySelectorAll('.recording').length === 1", what="that of fleet alone")
        window.page.locator(".recording").get_by_role("link").click()
        window.until(SHOWN, what="the recording")
        window.page.get_by_label("All recordings").click()
        window.sees("Every match is recorded")
        window.page.go_back()
        window.until(SHOWN, what="the recording again")
        window.open("/")
        window.page.get_by_role("link", name="Watch the match in arena1 from its start").click()
        window.until(SHOWN)
        window.fits()


@pytest.mark.parametrize("size", [PHONE, PHONE_LANDSCAPE], ids=["phone", "phone on its side"])
def test_it_fits_a_phone(size: tuple[int, int], chromium: Chromium, server: Server) -> None:
    with chromium.window(server.origin, size=size, touch=True) as window:
        watch(window, f"recording={ARENA}&t=40")
        window.fits()
        for name in ("play", "events", "link", "download"):
            box = window.page.locator(f".deck [data-action={name}]").bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= size[0]
            assert box["y"] + box["height"] <= size[1]
            assert min(box["width"], box["height"]) >= 36, f"{name} is too small for a finger"
        slider = window.page.get_by_role("slider").bounding_box()
        assert slider is not None
        pause(window)
        window.page.touchscreen.tap(slider["x"] + slider["width"] / 2, slider["y"] + slider["height"] / 2)
        window.until("(half) => Math.abs(gameserver.player.seconds - half) < 2", ARENA_SECONDS / 2, what="where it was tapped")
        window.screenshot(f"watch-{size[0]}")
        press(window, "events")
        window.sees("What happened")
        window.screenshot(f"watch-events-{size[0]}")
        window.fits()


def test_it_is_quiet_and_calm_if_one_wants(chromium: Chromium, server: Server) -> None:
    """Sound is off until somebody wants it here; motion is as the system says; light is light."""
    with chromium.window(server.origin, scheme="light", reduced_motion=True, settings=chosen(muted=False)) as window:
        watch(window, f"recording={ARENA}&t=40")
        window.page.get_by_role("button", name="Sound on").wait_for()
        press(window, "sound")
        window.page.get_by_role("button", name="Sound off").wait_for()
        assert window.js("() => document.documentElement.dataset.motion") == "reduced"
        window.screenshot("watch-light")
        window.page.keyboard.press("F1")
        window.sees("Play, pause")
        window.page.keyboard.press("Escape")
        window.page.keyboard.down("Tab")
        window.page.get_by_role("region", name=re.compile("Each|Scores")).wait_for()
        window.screenshot("watch-scores")
        window.page.keyboard.up("Tab")

"""A whole visit: from the lobby into a match with bots, and all that one does there."""

from __future__ import annotations

import itertools
import math
import re
from typing import TYPE_CHECKING, Final

import pytest

from tests.e2e.browser import PHONE, PHONE_LANDSCAPE
from tests.e2e.gunner import Gunner
from tests.e2e.play import DRIVING, MINE, MOVED, PLAYING, chosen, drive, join, mine, player, tank
from tests.e2e.server import Server, running_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.browser import Chromium, Window

pytestmark = pytest.mark.real_time

DEADLY = ("--option", "damage=400", "--option", "time_limit=0", "--option", "score_limit=0", "--option", "idle_seconds=0")
"""One shell ends a tank; the round goes on for ever."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Weak bots on a small map."""
    match = ("--map", "duel", "--bots", "4", "--strength", "1", "--seed", "1", *DEADLY)
    with running_server(tmp_path_factory.mktemp("server"), *match) as server:
        yield server


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Nobody there who shoots."""
    with running_server(tmp_path_factory.mktemp("quiet"), "--seed", "1", *DEADLY) as server:
        yield server


def far(one: dict[str, float] | None, other: dict[str, float] | None) -> float:
    assert one is not None and other is not None
    return math.hypot(one["x"] - other["x"], one["y"] - other["y"])


WATCH_FOR_DESTROYED: Final = """() => {
  const look = () => {
    const message = document.querySelector(".arena-message");
    if (message?.checkVisibility() && message.textContent.includes("Destroyed")) window.sawDestroyed = true;
    else requestAnimationFrame(look);
  };
  look();
}"""


def test_a_visit(chromium: Chromium, server: Server) -> None:
    """Lobby, quick play, drive, chat, destroy a bot, be destroyed, come back, see the scores."""
    with chromium.window(server.origin) as window:
        window.open("/")
        window.page.get_by_label("Name").fill("Ada")
        window.page.get_by_role("button", name="Quick play").click()
        window.until(PLAYING, what="the match")
        window.until(DRIVING, what="a tank")
        keyboard = window.page.keyboard

        drive(window, "Tank", ("KeyD", "KeyS", "KeyA", "KeyW"), by=10)

        keyboard.press("Enter")
        keyboard.type("wasd 1234 <b>hello</b>")
        keyboard.press("Enter")
        window.sees("wasd 1234 <b>hello</b>")
        window.screenshot("match")

        window.js(WATCH_FOR_DESTROYED)
        gunner = Gunner(window)
        assert gunner.hunt(240), "no bot was hit in four minutes"
        window.screenshot("match-hit")
        window.until(
            "() => window.gunner.happened.some(e => e.name === 'Killed' && e.victim === gameserver.client.player)", seconds=240
        )
        window.until("() => window.sawDestroyed", what="the words for it, however soon the trigger brings another tank")
        window.screenshot("match-destroyed")
        window.until(DRIVING, what="another tank")

        keyboard.down("Tab")
        board = window.page.get_by_role("region", name=re.compile("Free|Each|Scores"))
        board.wait_for()
        assert "Ada" in board.inner_text()
        kills = window.js(
            "() => gameserver.client.world.all('Driver').find(d => d.values.owner === gameserver.client.player).values.kills"
        )
        assert kills >= 1
        window.screenshot("match-scores")
        keyboard.up("Tab")
        board.wait_for(state="hidden")

        keyboard.press("F3")
        window.sees("Ping")
        window.screenshot("match-netgraph")
        window.fits()


KEEP_PATH: Final = """(owner) => {
  const { client } = window.gameserver;
  const place = (world) => {
    const values = world.all("Tank").find((tank) => tank.values.owner === owner)?.values;
    return values ? [{ x: values.x, y: values.y }] : [];
  };
  window.known = place(client.world);
  window.forget?.();
  window.forget = client.on("snapshot", () => window.known.push(...place(client.world)));
  const shown = (window.shown = []);
  let guessed = -Infinity;
  const look = (now) => {
    if (client.picture.starved) guessed = now;
    shown.push(...place(client.picture).map((there) => ({ ...there, guess: now - guessed < 500 })));
    if (window.shown === shown) requestAnimationFrame(look);
  };
  look(performance.now());
}"""
"""Writes down where the server says that somebody's tank is, and where this page shows it, frame by frame. A frame that had to
guess how it went on may be wrong, and what was guessed wrong glides to its place in the 300 ms behind it.
"""
REST: Final = """() => {
  const { client, view } = window.gameserver;
  const { predicted } = view.ownTank;
  const now = client.world.all("Tank").find((tank) => tank.values.owner === client.player)?.values;
  const stands = predicted && now?.speed === 0 && predicted.speed === 0;
  return stands && Math.hypot(predicted.x - now.x, predicted.y - now.y) < 1 && { x: now.x, y: now.y };
}"""
"""Where one's own tank stands, once it does: the server says so, and what is still under way to it changes nothing."""
SHOWN: Final = """({ owner, x, y }) => {
  const shown = window.gameserver.client.picture.all("Tank").find((tank) => tank.values.owner === owner)?.values;
  return shown && Math.hypot(shown.x - x, shown.y - y) < 1;
}"""


def filled(path: list[dict[str, float]]) -> list[dict[str, float]]:
    """The places of a path, and those between: a page that draws seldom goes far in a frame."""
    steps = [part / 10 for part in range(10)]
    between = [
        {axis: one[axis] + part * (other[axis] - one[axis]) for axis in ("x", "y")}
        for one, other in itertools.pairwise(path)
        for part in steps
    ]
    return [*between, path[-1]]


def test_two_pages_see_each_other(chromium: Chromium, quiet: Server) -> None:
    with (
        player(chromium, quiet.origin, settings=chosen(name="Ada")) as ada,
        player(chromium, quiet.origin, settings=chosen(name="Bob")) as bob,
    ):
        for window, name, other in ((ada, "Ada", "Bob"), (bob, "Bob", "Ada")):
            window.until(DRIVING)
            names = window.js("() => window.gameserver.client.world.all('Driver').map(d => d.values.name)")
            assert {name, other} <= set(names)
        number = ada.js("() => window.gameserver.client.player")
        where = both_see(ada, bob, number)
        moved = 0.0
        for key in ("KeyD", "KeyA", "KeyS", "KeyW"):
            ada.js(KEEP_PATH, number)
            bob.js(KEEP_PATH, number)
            ada.page.keyboard.down(key)
            ada.page.wait_for_timeout(700)
            ada.page.keyboard.up(key)
            place = both_see(ada, bob, number)
            driven, shown = ada.js("() => window.known"), bob.js("() => window.shown")
            known = [seen for seen in shown if not seen["guess"]]
            aside = max((min(far(seen, other) for other in filled(driven)) for seen in known), default=0.0)
            assert aside < 4, f"Bob saw it {aside:.1f} px beside the way that it took"
            gone = far(place, where)
            if gone > 20:
                assert any(5 < far(seen, where) < gone - 5 for seen in shown), "it jumped"
            moved = max(moved, gone)
            where = place
        assert moved > 20


def both_see(ada: Window, bob: Window, number: int) -> dict[str, float]:
    """Where Ada's tank stands, in the same place for both."""
    place: dict[str, float] = ada.until(REST, what="the tank at rest")
    for window in (ada, bob):
        window.until(SHOWN, {"owner": number, **place}, what=f"the tank at {place}")
    return place


@pytest.mark.parametrize("size", [PHONE, PHONE_LANDSCAPE], ids=["portrait", "landscape"])
def test_thumbs_on_a_phone(chromium: Chromium, quiet: Server, size: tuple[int, int]) -> None:
    with player(chromium, quiet.origin, size=size, touch=True, scale=2.0) as window:
        window.until(DRIVING)
        window.fits()
        width, height = size
        thumbs = Thumbs(window)
        own = mine(window, "Tank")
        driven = False
        for dx, dy in ((60, 0), (-60, 0), (0, 60), (0, -60)):
            thumbs.put(1, width * 0.2, height * 0.75)
            thumbs.put(1, width * 0.2 + dx, height * 0.75 + dy)
            came = window.within(3, MOVED, {"kind": "Tank", "id": own["id"], "x": own["x"], "y": own["y"], "by": 20})
            driven = driven or came == "moved"
            window.screenshot(f"touch-{width}x{height}")
            thumbs.lift(1)
        assert driven, "the left thumb drives"

        still = window.until(REST)
        thumbs.put(2, width * 0.8, height * 0.75)
        thumbs.put(2, width * 0.8 + 70, height * 0.75)
        window.until(f"(kind) => ({MINE})(kind).ammo < 5", "Tank", what="the right thumb fires")
        thumbs.lift(2)
        assert far(window.until(REST), still) < 1, "the right thumb does not drive"


class Thumbs:
    """Fingers on the glass, as the browser's own protocol has them."""

    def __init__(self, window: Window) -> None:
        self._session = window.context.new_cdp_session(window.page)
        self._down: dict[int, tuple[float, float]] = {}

    def put(self, finger: int, x: float, y: float) -> None:
        """Down, or to another place."""
        kind = "touchMove" if finger in self._down else "touchStart"
        self._down[finger] = (x, y)
        self._say(kind)

    def lift(self, finger: int) -> None:
        del self._down[finger]
        self._say("touchEnd")

    def _say(self, kind: str) -> None:
        points = [{"x": x, "y": y, "id": finger} for finger, (x, y) in self._down.items()]
        self._session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


@pytest.mark.parametrize("game", ["pong", "fleet"])
def test_a_game_without_a_view_of_its_own_can_be_played(
    chromium: Chromium, tmp_path_factory: pytest.TempPathFactory, game: str
) -> None:
    with (
        running_server(tmp_path_factory.mktemp(game), "--game", game, "--bots", "2", "--seed", "1") as server,
        player(chromium, server.origin, f"room={game}1&game={game}") as window,
    ):
        window.until("() => window.gameserver.client.picture.tick > 10", what="the match")
        window.screenshot(game)
        window.fits()
        if game == "pong":
            drive(window, "Paddle", ("ArrowUp", "ArrowDown"), by=5)


def test_what_is_chosen_for_the_eyes_is_heeded(chromium: Chromium, server: Server) -> None:
    choices = chosen(palette="safe", reducedMotion="on", theme="light", muted=True)
    with player(chromium, server.origin, settings=choices) as window:
        window.until("() => document.querySelector('.arena-calm') !== null")
        window.screenshot("match-light-safe")
    with player(chromium, server.origin, reduced_motion=True) as window:
        window.until("() => document.querySelector('.arena-calm') !== null", what="what the system says counts, too")


def test_keys_can_be_remapped(chromium: Chromium, quiet: Server) -> None:
    with player(chromium, quiet.origin) as window:
        window.until(DRIVING)
        window.page.keyboard.press("Escape")
        window.page.get_by_role("button", name="Settings").click()
        window.page.get_by_role("button", name=re.compile("^Right:")).click()
        window.page.keyboard.press("KeyL")
        window.screenshot("remapped")
        window.page.keyboard.press("Escape")
        window.until(PLAYING)
        before = tank(window)
        assert before is not None
        window.page.keyboard.down("KeyL")
        driven = "([x, y, heading]) => { const now = window.gameserver.view.ownTank.predicted;"
        driven += " return now && (Math.hypot(now.x - x, now.y - y) > 5 || now.heading !== heading); }"
        window.until(driven, [before["x"], before["y"], before["heading"]], what="the new key drives, or turns the tank")
        window.page.keyboard.up("KeyL")


def test_join_is_the_address_of_a_room(chromium: Chromium, quiet: Server) -> None:
    with chromium.window(quiet.origin) as window:
        join(window, "room=arena1")
        assert "room=arena1" in window.page.url and "game=arena" in window.page.url

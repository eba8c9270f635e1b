"""Somebody at the keys and the mouse, whom a seed decides, and the room in which he is alone."""

from __future__ import annotations

import json
import random
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.e2e.link import Link, Weather, running_link
from tests.e2e.server import Server, running_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.browser import Chromium, Window

PROBE: Final = (Path(__file__).parent / "probe.js").read_text()
MAPS: Final = Path(__file__).parents[2] / "maps"
ACROSS: Final = Weather(delay_ms=75, jitter_ms=30)
"""A round trip of 150 ms ± 30 each way: another continent, or a bad evening at home."""
KEYS: Final = ("KeyW", "KeyA", "KeyS", "KeyD")
SETTLE_SECONDS: Final = 4.0
"""Until clock, input margin and view delay have found their places; all of them look at the last seconds."""


def bare_map(folder: Path) -> Path:
    """The arena's first map without what one may drive over: nothing but the driver then acts on his tank."""
    plain = json.loads((MAPS / "field.tmj").read_text())
    for layer in plain["layers"]:
        if layer["type"] == "objectgroup":
            layer["objects"] = [thing for thing in layer["objects"] if (thing.get("type") or thing.get("class")) != "pickup"]
    file = folder / "bare.tmj"
    file.write_text(json.dumps(plain))
    return file


@contextmanager
def arena(folder: Path, *arguments: str, weather: Weather = ACROSS, seed: int = 1) -> Iterator[tuple[Server, Link]]:
    """A room of an endless round, in which one may also watch, and a line to it."""
    endless = ("--option", "time_limit=0", "--option", "score_limit=0", "--option", "idle_seconds=0", "--seed", "1")
    with running_server(folder, *endless, *arguments) as server, running_link(server.port, weather, seed=seed) as link:
        yield server, link


@contextmanager
def player(chromium: Chromium, link: Link, *, settle: float = SETTLE_SECONDS, room: str = "arena1") -> Iterator[Window]:
    """Somebody who is in the match, in a tank, with the probe in his page."""
    with chromium.window(f"http://127.0.0.1:{link.port}") as window:
        join(window, room)
        window.js(PROBE)
        window.page.wait_for_timeout(settle * 1e3)
        window.js("() => probe.take()")
        yield window


def join(window: Window, room: str = "arena1") -> None:
    """Open the play page, and wait until there is a tank to drive."""
    window.open(f"/play/?room={room}")
    window.until("() => window.gameserver?.client?.state === 'playing'", what="a match")
    window.until("() => window.gameserver.view?.ownTank?.exists", what="a tank of one's own")


def drive(window: Window, seconds: float, *, seed: int) -> None:
    """Drive about for so long: one or two keys at a time, each for a third of a second on average, and the mouse all over."""
    rng = random.Random(seed)
    end = time.monotonic() + seconds
    keyboard, mouse = window.page.keyboard, window.page.mouse
    held: set[str] = set()
    while time.monotonic() < end:
        wanted = set(rng.sample(KEYS, rng.choice((0, 1, 1, 1, 2, 2))))
        for code in sorted(held - wanted):
            keyboard.up(code)
        for code in sorted(wanted - held):
            keyboard.down(code)
        held = wanted
        mouse.move(rng.uniform(100, 1_100), rng.uniform(100, 700))
        window.page.wait_for_timeout(rng.uniform(60, 600))
    for code in sorted(held):
        keyboard.up(code)


def counts(window: Window) -> dict[str, Any]:
    """What the page has counted so far."""
    found: dict[str, Any] = window.js("() => probe.counts()")
    return found


def taken(window: Window) -> dict[str, Any]:
    """What the probe has written down since the last time: `frames`, `places`, `keys` and `snapshots`, each a list."""
    found: dict[str, Any] = window.js("() => probe.take()")
    return found

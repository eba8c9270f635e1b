"""Takes docs/play.jpg, lobby.jpg and watch.jpg, the pictures in these pages, in Chromium. Run: python -m docs.screenshots"""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PIL import Image

from tests.e2e.browser import running_chromium
from tests.e2e.server import running_server

if TYPE_CHECKING:
    from tests.e2e.browser import Window

FOLDER: Final = Path(__file__).parent
MATCH: Final = ("--map", "forts", "--option", "mode=flags", "--bots", "16", "--strength", "3", "--seed", "1")
RECORDED: Final = ("--record", "recordings", "--watch-delay", "2")
LOOKS: Final = 60
"""Moments to choose from, half a second apart."""
BUSY: Final = """() => {
  const { client, player, view } = window.gameserver;
  const { picture } = client ?? player;
  const near = ({ values }) => Math.hypot(values.x - view.camera.x, values.y - view.camera.y) < 330;
  return picture.all("Shell").filter(near).length + 3 * picture.all("Tank").filter(near).length;
}"""
"""How much there is to see in the window."""


def save(picture: bytes, name: str) -> None:
    """A fifth of the bytes of the PNG."""
    Image.open(io.BytesIO(picture)).convert("RGB").save(FOLDER / name, quality=86, optimize=True)


def busiest(window: Window) -> bytes:
    """The moment at which most is going on."""
    most, best = -1.0, b""
    for _ in range(LOOKS):
        window.page.wait_for_timeout(500)
        busy: float = window.js(BUSY)
        if busy > most:
            most, best = busy, window.page.screenshot()
    return best


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        running_chromium() as chromium,
        running_server(Path(folder), *MATCH, *RECORDED) as server,
    ):
        with chromium.window(server.origin) as window:
            window.open("/play/?room=arena1&game=arena&watch=1")
            window.until("() => window.gameserver?.view?.camera", what="a match to watch")
            save(busiest(window), "play.jpg")
        with chromium.window(server.origin) as window:
            window.open("/")
            window.sees("arena1")
            window.page.wait_for_timeout(500)
            save(window.page.screenshot(), "lobby.jpg")
        with chromium.window(server.origin) as window:
            window.open("/watch/?room=arena1")
            window.until("() => window.gameserver?.view?.camera", what="a match to watch again")
            save(busiest(window), "watch.jpg")


if __name__ == "__main__":
    main()

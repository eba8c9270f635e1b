"""The watch page in Chromium: how long it is from a seek until its frame is on the screen."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import attrs

from tests.e2e.browser import running_chromium

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator
    from pathlib import Path

LOAD_SECONDS: Final = 120.0
STOP_SECONDS: Final = 5.0
LOADED: Final = """() => {
  const { player, view, recording } = window.gameserver ?? {};
  if (!player || !view || player.waiting || document.querySelector("dialog[open]") !== null) return false;
  const { all } = recording.loaded;
  return all.length === 1 && recording.contents !== null && all[0][1] >= recording.contents.last;
}"""
SEEK: Final = """(tick) => new Promise((resolve) => {
  const { player } = gameserver;
  const began = performance.now();
  player.seek(tick);
  const look = () => {
    if (!player.waiting && player.picture.tick === tick) resolve(performance.now() - began);
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})"""
"""The page's own drawing stands before this in each frame: what is found there has been drawn."""


@attrs.frozen
class Shown:
    """What a person waits for, in milliseconds."""

    loaded_ms: float
    """From the navigation until all of the recording is there."""
    seeks_ms: list[float]


@contextmanager
def _served(file: Path) -> Iterator[str]:
    """`gameserver replay play`; gives the page's address."""
    command = [sys.executable, "-m", "gameserver", "replay", "play", str(file)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        found = re.search(r"Watch at (\S+)", process.stderr.readline())
        if found is None:
            raise RuntimeError("`replay play` did not say where it shows the recording")
        yield found[1]
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stderr.close()


def watch(file: Path, last: int, seeks: int, dice: random.Random) -> Shown:
    """Open the recording, and seek so many random ticks of it, in both directions."""
    with _served(file) as url, running_chromium() as chromium:
        parts = urlsplit(url)
        with chromium.window(f"{parts.scheme}://{parts.netloc}") as window:
            begin = time.monotonic()
            window.open(f"{parts.path}?{parts.query}")
            window.until(LOADED, seconds=LOAD_SECONDS, what="the whole recording")
            loaded_ms = (time.monotonic() - begin) * 1e3
            return Shown(loaded_ms, [window.js(SEEK, dice.randint(1, last)) for _ in range(seeks)])

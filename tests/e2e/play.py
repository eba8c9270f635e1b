"""Steps that several tests of the play page share."""

from __future__ import annotations

import itertools
import json
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from tests.e2e.browser import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.e2e.browser import Chromium, Window

PLAYING: Final = """() => {
  const { client, view } = window.gameserver ?? {};
  return client?.state === "playing" && view && document.querySelector("dialog[open]") === null;
}"""
DRIVING: Final = "() => window.gameserver?.view?.ownTank?.exists"
MINE: Final = """(kind) => {
  const { client } = window.gameserver;
  const found = client.world.all(kind).find(({ values }) => values.owner === client.player);
  return found ? { id: found.id, ...found.values } : null;
}"""
SEAT: Final = "() => { const { client } = window.gameserver; return [client.player, client.session]; }"


def join(window: Window, place: str = "room=arena1&game=arena") -> None:
    """Open the play page there, and wait until the match can be seen and nothing covers it."""
    window.open(f"/play/?{place}")
    window.until(PLAYING, what="the match")


@contextmanager
def player(chromium: Chromium, origin: str, place: str = "room=arena1&game=arena", **window: Any) -> Iterator[Window]:  # noqa: ANN401
    """Somebody in a match, in a window of his own. `window`: as `Chromium.window`."""
    with chromium.window(origin, **window) as opened:
        join(opened, place)
        yield opened


def chosen(**settings: str | float | bool) -> dict[str, str]:
    """What the pages find in the localStorage of somebody who has chosen this in the settings."""
    return {f"gameserver:settings.{name}": json.dumps(value) for name, value in settings.items()}


def tank(window: Window) -> dict[str, float] | None:
    """The own tank as it is predicted: x, y, heading, speed. None without one."""
    found: dict[str, float] | None = window.js("() => window.gameserver.view.ownTank.predicted")
    return found


def mine(window: Window, kind: str) -> dict[str, Any]:
    """The values of this player's entity of a kind, as the newest snapshot has them, and its `id`."""
    found: dict[str, Any] = window.until(MINE, kind, what=f"a {kind} of one's own")
    return found


MOVED: Final = """({ kind, id, x, y, by }) => {
  const now = window.gameserver.client.world.get(id);
  if (now?.kind !== kind) return "gone";
  return Math.hypot((now.values.x ?? 0) - x, now.values.y - y) > by && "moved";
}"""


def drive(window: Window, kind: str, keys: Sequence[str], *, by: float) -> None:
    """Press one key after another until what one has has gone so far: a wall may be on one side, and a shell may end a tank."""
    end = time.monotonic() + PATIENCE
    for key in itertools.cycle(keys):
        assert time.monotonic() < end, f"no key of {keys} moves the {kind}"
        before = mine(window, kind)
        place = {"kind": kind, "id": before["id"], "x": before.get("x", 0), "y": before["y"], "by": by}
        window.page.keyboard.down(key)
        came = window.within(1.5, MOVED, place)
        window.page.keyboard.up(key)
        if came == "moved":
            return


def seat(window: Window) -> tuple[int, int]:
    """The number of the player, and in the how-manyth world he is."""
    player, session = window.js(SEAT)
    return player, session

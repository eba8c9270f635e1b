"""Somebody at the mouse who goes for the others: he aims where they will be, and corrects his hand by eye."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any, Final

from tests.e2e.play import seat

if TYPE_CHECKING:
    from tests.e2e.browser import Window

REACH: Final = 260.0
"""Pixels of the screen from its middle to the mouse."""
AIMS: Final = 1_024
WATCH: Final = """() => {
  const { client } = window.gameserver;
  const at = client.schema.input.fields.findIndex(({ name }) => name === "aim");
  window.gunner = { aim: 0, happened: [], seen: new Map() };
  client.on("input", ({ values }) => { window.gunner.aim = values[at]; });
  client.on("event", ({ name, values }) => window.gunner.happened.push({ name, ...values }));
}"""
LOOK: Final = """() => {
  const { client, view } = window.gameserver;
  const own = view.ownTank.predicted;
  const { seen } = window.gunner;
  const tick = client.picture.tick;
  let nearest = null;
  for (const { id, values } of client.picture.all("Tank")) {
    if (values.owner === client.player || values.health === 0) continue;
    const before = seen.get(id);
    if (!before || before.tick < tick - 3) seen.set(id, { tick, x: values.x, y: values.y, before });
    const last = before?.before ?? before;
    const passed = last ? tick - last.tick : 0;
    const [vx, vy] = passed > 0 && passed < 30 ? [(values.x - last.x) / passed, (values.y - last.y) / passed] : [0, 0];
    if (own === null) continue;
    const far = Math.hypot(values.x - own.x, values.y - own.y);
    const flight = far / 7.5;
    if (!nearest || far < nearest.far) nearest = { far, dx: values.x + vx * flight - own.x, dy: values.y + vy * flight - own.y };
  }
  return { own, nearest, aim: window.gunner.aim };
}"""


class Gunner:
    """He stands at the window's mouse."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._angle = 0.0
        window.js(WATCH)
        self._player, _ = seat(window)

    def aim(self) -> float | None:
        """Point the mouse at the nearest enemy; how far the gun was off, in aims of 1,024. None if there is nobody, or no tank."""
        look = self._window.js(LOOK)
        if look["own"] is None or look["nearest"] is None:
            return None
        wanted = math.atan2(look["nearest"]["dy"], look["nearest"]["dx"])
        is_at = look["aim"] / AIMS * math.tau
        off = math.remainder(wanted - is_at, math.tau)
        self._angle += off
        size = self._window.page.viewport_size
        assert size is not None
        x, y = size["width"] / 2 + REACH * math.cos(self._angle), size["height"] / 2 + REACH * math.sin(self._angle)
        self._window.page.mouse.move(x, y)
        return off / math.tau * AIMS

    def happened(self) -> list[dict[str, Any]]:
        """The reliable events so far: `name` and values."""
        found: list[dict[str, Any]] = self._window.js("() => window.gunner.happened")
        return found

    def was_destroyed(self) -> bool:
        """Has anybody destroyed this player?"""
        return any(event["name"] == "Killed" and event["victim"] == self._player for event in self.happened())

    def hunt(self, seconds: float) -> bool:
        """Aim and fire until somebody is destroyed by this player; false if that takes longer."""
        mouse = self._window.page.mouse
        end = time.monotonic() + seconds
        mouse.down()
        try:
            while time.monotonic() < end:
                self.aim()
                self._window.page.wait_for_timeout(30)
                kills = [event for event in self.happened() if event["name"] == "Killed" and event["killer"] == self._player]
                if any(kill["victim"] != self._player for kill in kills):
                    return True
        finally:
            mouse.up()
        return False

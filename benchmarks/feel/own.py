"""The own tank: a key shows on the next frame, the prediction is what the server finds, and an error fades unseen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

from benchmarks.feel.drive import counts, drive, taken

if TYPE_CHECKING:
    from tests.e2e.browser import Window

BODY_WIDTH: Final = 24.0
"""Of a tank, in pixels of the map."""
REST_SECONDS: Final = 1.5
"""After which a tank that nobody drives stands."""
FADE_MS: Final = 300.0


@attrs.frozen
class FirstMovement:
    """After how many frames, and milliseconds, a key that went down had moved what is drawn."""

    frames: int
    milliseconds: float


def first_movements(window: Window, presses: int) -> list[FirstMovement]:
    """Press a key so often, each time from rest."""
    movements = []
    for number in range(presses):
        code = ("KeyD", "KeyA")[number % 2]
        window.page.wait_for_timeout(REST_SECONDS * 1e3)
        taken(window)
        window.page.wait_for_timeout(100)  # for a place before the press
        window.page.keyboard.down(code)
        window.page.wait_for_timeout(250)
        window.page.keyboard.up(code)
        seen = taken(window)
        movements.append(first_movement(seen["keys"][0], seen["places"]))
    return movements


def first_movement(key: dict[str, Any], places: list[dict[str, Any]]) -> FirstMovement:
    """Of the tank that was drawn in these places, one a frame, at rest until this key went down. Raises LookupError if none."""
    before = [place for place in places if place["at"] <= key["at"]][-1]
    for place in places:
        if place["at"] > key["at"] and any(place[field] != before[field] for field in ("x", "y", "heading")):
            return FirstMovement(place["frame"] - key["frame"], place["at"] - key["at"])
    raise LookupError(f"{key['code']} moved nothing")


@attrs.frozen
class Mispredictions:
    """Ticks whose prediction was compared with the server's, and those that differed."""

    compared: int
    wrong: int
    late_inputs: int

    @property
    def percent(self) -> float:
        return 100 * self.wrong / self.compared if self.compared else 100.0


def mispredictions(window: Window, seconds: float, *, seed: int) -> Mispredictions:
    """Drive about for so long."""
    before = counts(window)
    drive(window, seconds, seed=seed)
    after = counts(window)
    compared, wrong, late = (after[name] - before[name] for name in ("compared", "mispredicted", "lateInputs"))
    return Mispredictions(compared, wrong, late)


@attrs.frozen
class Fading:
    """What is left of a forced error, in body widths, over the milliseconds since."""

    left: list[tuple[float, float]]

    @property
    def after_fade(self) -> float:
        """The most that is left once it should be invisible."""
        return max(abs(left) for at, left in self.left if at >= FADE_MS)

    @property
    def overshoot(self) -> float:
        """How far it went to the other side."""
        return max(0.0, *(-left for _, left in self.left))

    @property
    def rise(self) -> float:
        """By how much it grew from one frame to the next, at worst."""
        return max(0.0, *(after - before for (_, before), (_, after) in zip(self.left, self.left[1:], strict=False)))


def fading(window: Window) -> Fading:
    """Let the prediction jump by one body width while the tank stands, and watch what is drawn."""
    window.page.wait_for_timeout(REST_SECONDS * 1e3)
    taken(window)
    at = window.js(f"() => probe.forceError({BODY_WIDTH}, 0)")
    window.page.wait_for_timeout(1_000)
    places = taken(window)["places"]
    rest = places[-1]["x"]
    return Fading([(place["at"] - at, (place["x"] - rest) / BODY_WIDTH) for place in places if place["at"] >= at])

"""docs/api.md is the whole contract: whatever an author may declare, write, use or import stands on it."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

import gameserver
from gameserver import Game, angle, boolean, integer, integers, real, text
from gameserver.core.rng import Rng
from gameserver.core.talk import BUILT_IN_EVENTS

PAGE = re.sub(r"\s+", " ", (Path(__file__).parent.parent / "docs" / "api.md").read_text())

OF_THE_GAME = sorted(name for name in vars(Game) if not name.startswith("_") and name != "schema")
FIELD_OPTIONS = sorted(
    {name for field in (real, integer, angle, boolean, text, integers) for name in inspect.signature(field).parameters} - {"steps"}
)
CHANCE = [name for name in vars(Rng) if not name.startswith("_") and name not in ("state", "restore", "bits32")]
ELSEWHERE = {
    "Entities",
    "Players",
    "GameserverError",
    "MapObject",
    "Navigator",
    "TileMap",
    "Schema",
    "Replica",
    "Rng",
    "Audience",
    "PlayerId",
    "Profile",
}
"""Types that annotations name, and what maps/README.md and testing-games.md are about."""
NAMES = sorted(name for name in vars(gameserver) if not name.startswith("_") and inspect.isclass(getattr(gameserver, name)))


@pytest.mark.parametrize("name", OF_THE_GAME)
def test_what_a_game_declares_writes_and_uses_is_on_the_page(name: str) -> None:
    assert re.search(rf"\b{name}\b", PAGE), f"Game.{name} is not on the page"


@pytest.mark.parametrize("name", FIELD_OPTIONS)
def test_each_option_of_a_field_is_on_the_page(name: str) -> None:
    assert re.search(rf"\b{name}\b", PAGE), f"the option {name} of fields is not on the page"


@pytest.mark.parametrize("name", CHANCE)
def test_each_way_to_draw_is_on_the_page(name: str) -> None:
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize("event", BUILT_IN_EVENTS, ids=lambda event: event.__name__)
def test_each_event_that_every_game_has_is_on_the_page(event: type[gameserver.Event]) -> None:
    assert f"{event.__name__}({', '.join(field.name for field in event.layout.fields)})" in PAGE


@pytest.mark.parametrize("name", sorted(set(NAMES) - ELSEWHERE))
def test_each_public_class_is_on_the_page(name: str) -> None:
    assert re.search(rf"\b{name}\b", PAGE), f"gameserver.{name} is not on the page"

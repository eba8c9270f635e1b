"""What a look through a game's file finds, and what it lets be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gameserver.development.lint import slips_in
from gameserver.maps import maps_folder

if TYPE_CHECKING:
    from pathlib import Path

SLIPS = {
    "import random": "imports random: draw from self.random",
    "from random import choice": "imports random: draw from self.random",
    "import uuid, attrs": "imports uuid: draw from self.random",
    "from time import monotonic": "imports time: count ticks",
    "import datetime as dt": "imports datetime: count ticks",
    "import os.path": "imports os.path: a hook reads and writes nothing outside",
    "from urllib.request import urlopen": "imports urllib.request: a hook reads",
    "import threading": "imports threading: a hook reads",
    "import math\nx = math.sin(1)": "math.sin: its last digits differ",
    "import math as m\nx = m.atan2(1, 2)": "math.atan2: its last digits differ",
    "from math import sqrt, cos": "math.cos: its last digits differ",
    "x = hash('a')": "hash(): it differs from process to process",
    "x = id(object())": "id(): an object's address differs",
    "f = open('x')": "open(): a hook reads",
    "for x in {1, 2}:\n    pass": "goes through a set: a set has no order",
    "y = [x for x in set((1, 2))]": "goes through a set: a set has no order",
}


@pytest.mark.parametrize("source", SLIPS)
def test_a_slip_is_named_with_file_line_and_what_to_do(source: str, tmp_path: Path) -> None:
    file = tmp_path / "game.py"
    file.write_text(f"# a game\n{source}\n")
    (slip,) = slips_in(file)
    where, _, text = slip.partition(": ")
    assert text.startswith(SLIPS[source])
    assert where in (f"{file}:2", f"{file}:3")


@pytest.mark.parametrize(
    "source",
    [
        "import math\nx = math.sqrt(2) + math.floor(1.5) + math.pi",
        "from math import sqrt, floor, isfinite",
        "for x in sorted({1, 2}):\n    pass",
        "x = 3 in {1, 2}",
        "for x in {1: 2}:\n    pass",
        "import time  # unchecked",
        "class Hand:\n    def id(self):\n        return 1\n\n\nx = Hand().id()",
        "from . import random",
        "def broken(:",
        "",
    ],
)
def test_what_repeats_is_let_be(source: str, tmp_path: Path) -> None:
    file = tmp_path / "game.py"
    file.write_text(source)
    assert slips_in(file) == []


def test_our_own_games_have_none() -> None:
    games = maps_folder().parent / "gameserver" / "games"
    files = sorted(games.rglob("*.py"))
    assert len(files) > 5
    assert [slip for file in files for slip in slips_in(file)] == []

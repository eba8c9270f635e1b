"""The README's game is the one that a stranger types: it must run as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

from gameserver.core.simulation import Join, Leave, Simulation
from gameserver.library import load_game

ROOT = Path(__file__).parent.parent


def test_the_game_in_the_readme_plays(tmp_path: Path) -> None:
    """Loaded from a file like any author's: two players, a few rallies, a leave; somebody scores when nobody moves."""
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
    (source,) = [block for block in blocks if "class Pong" in block]
    file = tmp_path / "pong.py"
    file.write_text(source)
    game = load_game(str(file))
    simulation = Simulation(game, seed=1)
    simulation.step([Join(1, "ann"), Join(2, "bob")], {})
    for _ in range(600):
        simulation.step([], {})
    score = simulation.world.globals
    assert score.left + score.right > 0, "a ball that nobody meets must count"  # type: ignore[attr-defined] # the game's own Globals
    simulation.step([Leave(1)], {})
    simulation.step([], {})
    assert list(simulation.players) == [2]

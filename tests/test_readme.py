"""The README's game is the one that a stranger types: it must run as it stands there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from gameserver import cli
from gameserver.library import load_game
from gameserver.testing import Match

ROOT = Path(__file__).parent.parent


def test_the_game_in_the_readme_plays(tmp_path: Path) -> None:
    """Loaded from a file like any author's: two players, one of them moves, the other leaves."""
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
    (source,) = [block for block in blocks if "(Game)" in block]
    file = tmp_path / "paddles.py"
    file.write_text(source)
    match = Match(load_game(str(file)), seed=1)
    ann, bob = match.join("ann"), match.join("bob")
    ann.hold(up=True)
    match.run(seconds=1)
    (paddle, other) = match.game.paddles  # type: ignore[attr-defined] # the file's own game
    assert (paddle.y, other.y) == (0.0, 100.0)
    bob.leave()
    match.step()
    assert [paddle.owner for paddle in match.game.paddles] == [ann.player]  # type: ignore[attr-defined] # likewise


def test_the_readme_names_the_pages_that_there_are() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", (ROOT / "README.md").read_text())
    assert "docs/writing-a-game.md" in links
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.parametrize("page", ["SECURITY.md", "docs/privacy.md"])
def test_a_page_names_what_there_is(page: str) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", (ROOT / page).read_text())
    assert links
    assert [link for link in links if not ((ROOT / page).parent / link).exists()] == []


def test_the_commands_of_the_readme_are_commands() -> None:
    """With options that they have; what they do has tests of its own."""
    blocks = "".join(re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.S))
    commands = [shlex.split(line, comments=True)[1:] for line in re.findall(r"^(?:\.venv/bin/)?gameserver .*$", blocks, re.M)]
    for command in commands:
        cli.make_app().parse_args(command, exit_on_error=False, print_error=False)
    assert {command[1] for command in commands if command[0] == "replay"} == {
        "info", "play", "verify", "fork", "debug", "export", "trim",
    }  # fmt: skip

"""docs/writing-a-game.md, followed to the letter: its files are saved, its commands are run, and what it shows is what one sees.

Comments on the page say what a block is: `file: NAME` is saved under that name, `change: NAME` is a difference to apply to it,
`part of NAME` stands in it, `fails` is a command that does. `sh` is run, and each line of `text` must be said by what was run last,
or by the server, with … for anything.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs
import pytest

from gameserver import cli
from gameserver.games.pong import Pong
from gameserver.library import load_game
from gameserver.testing import Match
from tests.newcomer import DEFAULT_PORT, Shell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.newcomer import Running

ROOT: Final = Path(__file__).parents[1]
PAGE: Final = (ROOT / "docs" / "writing-a-game.md").read_text()
BUILT_IN: Final = (ROOT / "gameserver" / "games" / "pong.py").read_text()


@attrs.frozen
class Block:
    """What stands between two fences, what language it is in, and what the comment before it says it is."""

    role: str
    file: str
    language: str
    text: str


def blocks_of(page: str) -> list[Block]:
    found = re.findall(r"(?:<!-- (file|change|part|fails)(?:: | of )?(\S*) -->\n)?```(\w*)\n(.*?)```", page, re.DOTALL)
    return [Block(*groups) for groups in found]


def changed(source: str, difference: str) -> str:
    """The source with a difference applied, which must fit in exactly one place."""
    lines = difference.splitlines(keepends=True)
    old = "".join(line[1:] for line in lines if line[0] in " -")
    new = "".join(line[1:] for line in lines if line[0] in " +")
    assert source.count(old) == 1, f"this stands {source.count(old)} times in the file:\n{old}"
    return source.replace(old, new)


def versions() -> Iterator[tuple[str, str]]:
    """Each file of the page and each state that it goes through: (name, text)."""
    files: dict[str, str] = {}
    for block in blocks_of(PAGE):
        if block.role == "file":
            files[block.file] = block.text
        elif block.role == "change":
            files[block.file] = changed(files[block.file], block.text)
        else:
            continue
        yield block.file, files[block.file]


def test_the_page_shows_the_very_file_that_comes_with_the_server() -> None:
    listings = [block.text for block in blocks_of(PAGE) if (block.role, block.file) == ("file", "pong.py")]
    assert len(listings) == 3
    assert listings[-1] == BUILT_IN
    for block in blocks_of(PAGE):
        assert block.role != "part" or block.text in BUILT_IN
        assert block.language in ("python", "sh", "text", "diff")
        assert block.role or block.language in ("sh", "text"), f"nobody runs this:\n{block.text}"


def test_each_version_of_the_game_plays(tmp_path: Path) -> None:
    """As a file, like a reader's; the last one is the built-in game."""
    sources = [text for name, text in versions() if name == "pong.py"]
    for number, source in enumerate(sources[:3]):
        file = tmp_path / f"pong{number}.py"
        file.write_text(source)
        match = Match(load_game(str(file)), seed=number)
        match.bots()
        match.run(seconds=20)
        (ball,) = match.game.balls  # type: ignore[attr-defined] # the file's own game
        assert 0.0 <= ball.x <= 320.0 and 0.0 <= ball.y <= 200.0
    assert load_game(str(file)).schema.to_wire() == Pong.schema.to_wire()


@pytest.mark.real_time
def test_who_does_what_the_page_says_sees_what_it_shows(tmp_path: Path) -> None:
    states = versions()
    with Shell(tmp_path) as shell:
        reader = _Reader(shell)
        for block in blocks_of(PAGE):
            if block.role in ("file", "change"):
                shell.write(*next(states))
            elif block.language == "sh":
                for line in block.text.splitlines():
                    reader.type(line, fails=block.role == "fails")
            elif block.language == "text":
                reader.look_for(block.text)
        assert reader.server is not None
        assert reader.server.stop() == cli.OK


class _Reader:
    """Has one terminal for the server and one for all else."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self.server: Running | None = None
        self._said: str | None = None
        """By what was typed since the last text; None: nothing was, and the server is meant."""

    def type(self, line: str, *, fails: bool) -> None:
        if line == "pip install pytest":
            return  # it is installed, for this is it; a test installs nothing
        if line.startswith("gameserver serve"):
            if self.server is not None:
                assert self.server.stop() == cli.OK
            self.server, self._said = self._shell.start(line), None
        else:
            self._said = (self._said or "") + self._shell.run(line, fails=fails)

    def look_for(self, text: str) -> None:
        said, self._said = self._said, None
        for line in text.replace(DEFAULT_PORT, self._shell.port).splitlines():
            pattern = re.escape(line).replace("…", ".*")
            if said is not None:
                assert re.search(pattern, said), f"{line!r} is not in\n{said}"
            else:
                assert self.server is not None
                self.server.until(pattern)

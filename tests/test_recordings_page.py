"""docs/recordings.md: its commands are run, its example too, and its tables and columns are those that an export has."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any, Final

import pytest

from gameserver import cli
from gameserver.code import fingerprint
from gameserver.games.arena import Arena
from gameserver.testing import Match

ROOT: Final = Path(__file__).parents[1]
PAGE: Final = (ROOT / "docs" / "recordings.md").read_text()
ONES_THAT_STAY: Final = ("play", "fork", "debug")
"""They serve until Ctrl-C, or talk with whoever types."""


def commands() -> list[list[str]]:
    """Of the page, as somebody types them."""
    return [shlex.split(line)[1:] for line in re.findall(r"^gameserver .*$", PAGE, re.MULTILINE)]


@pytest.fixture(scope="module")
def match() -> bytes:
    code, engine = fingerprint(Arena)
    played: Match[Any] = Match(Arena, seed=4, check=False)
    played.bots(8)
    played.record(code=code, engine=engine)
    played.run(seconds=40)
    return played.recording()


@pytest.fixture
def folder(tmp_path: Path, match: bytes, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the reader stands: with a recording at hand."""
    (tmp_path / "match.trpl").write_bytes(match)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(command: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(command)
    assert ended.value.code == cli.OK, command


def test_the_commands_of_the_page_do_what_it_says(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    to_run = [command for command in commands() if command[1] not in ONES_THAT_STAY]
    assert len(to_run) == 6
    for command in to_run:
        run(command)
    said = capsys.readouterr().out
    assert "match.trpl: fine: 1200 ticks" in said
    assert (folder / "short.trpl").exists()
    for tables in ("exports", "tables"):
        assert json.loads((folder / tables / "match" / "recording.json").read_text())["game"] == "arena"


def test_the_commands_that_stay_are_commands() -> None:
    """Their options are known; what they do has tests of its own."""
    staying = [command for command in commands() if command[1] in ONES_THAT_STAY]
    assert sorted(command[1] for command in staying) == sorted(ONES_THAT_STAY)
    for command in staying:
        cli.make_app().parse_args(command, exit_on_error=False, print_error=False)


def test_every_option_that_the_page_names_is_one() -> None:
    words = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", PAGE))
    app = cli.make_app()
    known: set[str] = set()
    for command in (app["serve"], app["results"], *(app["replay"][name] for name in app["replay"] if not name.startswith("-"))):
        for argument in command.assemble_argument_collection():
            known |= {*argument.names, *argument.negatives}
    assert words - known == set()


def test_the_example_shows_what_players_did(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["replay", "export", "match.trpl", "--to", "parquet"])
    (source,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    made: dict[str, Any] = {}
    exec(compile(source, "recordings.md", "exec"), made)
    pairs = made["pairs"]
    assert len(pairs) > 8 * 1_000
    assert pairs.notna()[["x", "throttle", "aim_wanted"]].all().all()
    turning = pairs[(pairs.health > 0) & (pairs.throttle > 0)].groupby("player").x.nunique()
    assert (turning > 50).all(), "who drives is elsewhere in each tick"
    assert "throttle" in capsys.readouterr().out


def test_the_tables_and_columns_are_those_of_the_page(folder: Path) -> None:
    """In both directions: what an export has is on the page, and what is on the page an export has."""
    run(["replay", "export", "match.trpl", "--to", "jsonl"])
    tables = json.loads((folder / "exports" / "match" / "recording.json").read_text())["tables"]
    rows = re.findall(r"^\| `([\w/]+)` \| [^|]*\| (`tick`[^|]*) \|$", PAGE, re.MULTILINE)
    documented = {name: re.findall(r"`(\w+)`", columns) for name, columns in rows}
    assert {name.partition("/")[0] for name in documented} == {name.partition("/")[0] for name in tables}
    standard: dict[str, str] = {}
    for name, table in tables.items():
        (on_page,) = [columns for pattern, columns in documented.items() if pattern.partition("/")[0] == name.partition("/")[0]]
        declared = {column["name"] for column in table["columns"] if _is_declared(name, column["name"])}
        ours = [column for column in table["columns"] if column["name"] not in declared]
        assert [column["name"] for column in ours] == [column for column in on_page if column not in declared]
        standard |= {column["name"]: column["type"] for column in ours}
    types = dict(re.findall(r"^\| `(\w+)` \| (integer|real|text|integers) \|", PAGE, re.MULTILINE))
    assert types == standard


def _is_declared(table: str, column: str) -> bool:
    """Is it a field of the game's?"""
    schema, name = Arena.schema, table.rpartition("/")[2]
    layouts = [*schema.kinds, *schema.events, *schema.calls.values()]
    layout = {"shared": schema.kinds[0], "players": schema.kinds[1], "inputs": schema.input}.get(table) or next(
        (layout for layout in layouts if layout.name == name), None
    )
    return layout is not None and column in {field.name for field in layout.fields}

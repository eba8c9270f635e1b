"""`gameserver replay export`: which folders it makes, what it says, and how it ends."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from gameserver.cli.say import FAILED, OK, USAGE
from gameserver.games.pong import Pong
from gameserver.testing import Match
from tests.test_cli import Command, gameserver

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["gameserver"]  # the fixture


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    """Two in one folder, one of which never ended, and a file that is none."""
    match: Match[Any] = Match(Pong, seed=1, check=False)
    match.bots(2)
    match.record()
    match.run(seconds=3)
    folder = tmp_path / "recordings"
    folder.mkdir()
    (folder / "whole.trpl").write_bytes(match.recording())
    (folder / "cut.trpl.part").write_bytes(match.recording()[:-400])
    (folder / "broken.trpl").write_bytes(match.recording()[:100])
    return folder


def test_a_folder_of_recordings_becomes_a_folder_of_folders(gameserver: Command, recordings: Path, tmp_path: Path) -> None:
    """The one that cannot be read is named, and costs no other."""
    assert gameserver("replay", "export", str(recordings), "--to", "jsonl") == FAILED
    assert sorted(path.name for path in (tmp_path / "exports").iterdir()) == ["cut", "whole"]
    assert "broken.trpl: the header is cut short" in gameserver.err
    lines = gameserver.out.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("exports/") and "tables with" in line for line in lines)
    whole = [json.loads(line) for line in (tmp_path / "exports" / "whole" / "shared.jsonl").read_text().splitlines()]
    cut = [json.loads(line) for line in (tmp_path / "exports" / "cut" / "shared.jsonl").read_text().splitlines()]
    assert whole[: len(cut)] == cut
    assert len(whole) == 181


def test_json_says_what_came_of_each_file(gameserver: Command, recordings: Path, tmp_path: Path) -> None:
    file = str(recordings / "whole.trpl")
    code = gameserver(
        "replay", "export", file, "--to", "parquet", "-o", "tables", "--every", "10", "--from", "0:01", "--until", "90", "--json"
    )  # fmt: skip
    assert code == OK
    (told,) = json.loads(gameserver.out)["files"]
    assert (told["file"], told["folder"], told["first_tick"], told["last_tick"]) == (file, "tables/whole", 60, 90)
    assert told["rows"]["shared"] == 4
    assert told["rows"]["inputs"] == 2 * 31
    about = json.loads((tmp_path / "tables" / "whole" / "recording.json").read_text())
    assert {name: table["rows"] for name, table in about["tables"].items()} == told["rows"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["whole.trpl"], "--to"),
        (["whole.trpl", "--to", "csv"], "csv"),
        (["whole.trpl", "--to", "jsonl", "--every", "0"], "--every"),
        (["whole.trpl", "--to", "jsonl", "--from", "soon"], "--from soon"),
        (["whole.trpl", "--to", "jsonl", "--until", "9:00"], "--until 9:00"),
        (["whole.trpl", "--to", "jsonl", "--from", "0:02", "--until", "0:01"], "nothing from tick 120 to tick 60"),
        (["none.trpl", "--to", "jsonl"], "there is no such recording"),
        (["broken.trpl", "--to", "jsonl"], "header is cut short"),
    ],
)
def test_what_cannot_be_done_is_said(gameserver: Command, recordings: Path, arguments: list[str], said: str) -> None:
    file, *others = arguments
    assert gameserver("replay", "export", str(recordings / file), *others) == USAGE
    assert said in " ".join(gameserver.err.split())


def test_an_export_is_not_written_over(gameserver: Command, recordings: Path) -> None:
    file = str(recordings / "whole.trpl")
    assert gameserver("replay", "export", file, "--to", "jsonl") == OK
    assert gameserver("replay", "export", file, "--to", "jsonl") == USAGE
    assert "exports/whole is there already" in gameserver.err

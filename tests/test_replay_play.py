"""`gameserver replay play`: somebody's own recordings, shown by a server without rooms."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gameserver import cli
from gameserver.archive import NAME
from gameserver.chosen import ChosenFiles
from gameserver.cli.replay_play import MOST_LINES, announcement
from gameserver.core.replay.recording import Recording
from gameserver.games.fleet import Fleet
from gameserver.testing import Match
from tests.theatre import NEVER, SECRET_TYPES

PATIENCE = 20.0


@given(st.lists(st.text(min_size=1, max_size=200), max_size=20))
def test_any_names_become_addresses_of_their_own(names: list[str]) -> None:
    paths = [Path(str(number)) / name.replace("/", "_") for number, name in enumerate(names)]
    chosen = ChosenFiles(paths)
    assert sorted(chosen.paths.values()) == sorted(paths)
    assert all(NAME.fullmatch(name) for name in chosen.paths)


async def test_a_name_that_fits_is_kept_and_what_was_not_chosen_is_not_there(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "one.trpl").write_bytes(folder.encode() * 3)
    (tmp_path / "secret.trpl").write_bytes(b"s")
    chosen = ChosenFiles([tmp_path / "a" / "one.trpl", tmp_path / "b" / "one.trpl"])
    assert await chosen.list("") == ["one-2.trpl", "one.trpl"]
    assert (await chosen.size("one.trpl"), await chosen.read_part("one-2.trpl", 1, 9)) == (3, b"bb")
    for name in ("secret.trpl", "../secret.trpl", str(tmp_path / "secret.trpl")):
        with pytest.raises(FileNotFoundError):
            await chosen.size(name)


def test_what_is_said_of_one_of_some_and_of_many() -> None:
    address = ("127.0.0.1", 9_000)
    one = ChosenFiles([Path("x.trpl")])
    assert announcement(one, [address], "127.0.0.1")[0] == "Watch at http://127.0.0.1:9000/watch/?recording=x.trpl"
    later = announcement(one, [address], "127.0.0.1", 61.25)
    assert later[0].endswith("/watch/?recording=x.trpl&t=61.2"), "from a second on"
    some = ChosenFiles([Path("x.trpl"), Path("odd name.trpl")])
    lines = announcement(some, [address], "127.0.0.1")
    assert lines[0] == "Watch at http://127.0.0.1:9000/watch/"
    assert "odd name.trpl: http://127.0.0.1:9000/watch/?recording=odd-name.trpl" in lines
    many = ChosenFiles([Path(f"{number}.trpl") for number in range(MOST_LINES + 1)])
    assert len(announcement(many, [address], "127.0.0.1")) == 3
    assert "secret" in announcement(one, [("0.0.0.0", 9_000)], "0.0.0.0")[1]


@pytest.mark.parametrize(
    ("names", "at", "why_not"),
    [(2, "0:01", "there are 2: name one"), (1, "soon", "write a tick"), (1, "9:00", "0:00 to 0:00"), (0, "0:01", "TRPL")],
)
def test_where_it_begins_has_to_be_in_the_one_that_is_shown(
    names: int, at: str, why_not: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    match = Match(Fleet, seed=1, check=False)
    match.record()
    match.step(120)
    for number in range(names):
        (tmp_path / f"{number}.trpl").write_bytes(match.recording())
    if not names:
        (tmp_path / "none.trpl").write_bytes(b"x" * 100)
    with pytest.raises(SystemExit, match="2"):
        cli.main(["replay", "play", str(tmp_path), "--at", at])
    assert why_not in capsys.readouterr().err


def run(*arguments: str, cwd: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "gameserver", "replay", "play", *arguments]
    return subprocess.Popen(command, cwd=cwd, stderr=subprocess.PIPE, text=True)


@pytest.mark.real_time
def test_recordings_are_served_until_ctrl_c_with_all_that_was_secret(tmp_path: Path) -> None:
    match = Match(Fleet, seed=1, check=False)
    match.bots(2)
    match.record()
    match.step(200)
    data = match.recording()
    (tmp_path / "whole.trpl").write_bytes(data)
    (tmp_path / "cut.trpl.part").write_bytes(data[: len(data) * 2 // 3])
    process = run(".", cwd=tmp_path)
    try:
        assert process.stderr is not None
        found = re.search(r"http://127\.0\.0\.1:\d+", process.stderr.readline())
        assert found is not None
        with urllib.request.urlopen(f"{found[0]}/api/v1/recordings", timeout=PATIENCE) as answer:
            listed = json.load(answer)["recordings"]
        assert [(entry["name"], entry["end"]) for entry in listed] == [("whole.trpl", "closed"), ("cut.trpl.part", None)]
        for entry in listed:
            with urllib.request.urlopen(f"{found[0]}/api/v1/recordings/{entry['name']}", timeout=PATIENCE) as answer:
                recording = Recording.open(answer.read())
            types = {place.type for place in recording.places}
            assert types >= SECRET_TYPES
            assert not types & NEVER
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()
        process.communicate()


@pytest.mark.real_time
def test_what_cannot_be_shown_is_said(tmp_path: Path) -> None:
    none = run("nothing.trpl", cwd=tmp_path)
    assert "there is no such recording" in none.communicate(timeout=PATIENCE)[1]
    assert none.returncode == 2
    (tmp_path / "x.trpl").write_bytes(b"")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        busy = run("x.trpl", "--port", str(taken.getsockname()[1]), cwd=tmp_path)
        assert "choose another port with --port" in busy.communicate(timeout=PATIENCE)[1]
    assert busy.returncode == 2

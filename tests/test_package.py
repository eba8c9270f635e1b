"""What `pip install` brings: the server, the client, the browser's files and the maps."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_the_wheel_holds_everything_that_a_server_needs(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    for name in (
        "gameserver/py.typed",
        "gameserver/cli/__init__.py",
        "gameserver/games/arena/game.py",
        "gameserver/games/pong.py",
        "gameserver/skeleton/game.py.txt",
        "gameclient/client.py",
        "gameclient/py.typed",
        "gameserver/_data/maps/field.tmj",
        "gameserver/_data/browser/package.json",
    ):
        assert name in names, f"{name} is missing from the wheel"
    assert not any(name.startswith(("tests/", "benchmarks/")) for name in names)


def test_maps_are_found_in_an_installed_package(tmp_path: Path) -> None:
    """The unpacked wheel, without the repository beside it, serves its maps."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    script = "import gameserver.maps as m; print(m.maps_folder()); print(','.join(m.map_names())); m.load_map('field')"
    finished = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env={"PYTHONPATH": str(site)}, capture_output=True, text=True, check=True
    )
    folder, names = finished.stdout.split()
    assert Path(folder) == site / "gameserver" / "_data" / "maps"
    assert "field" in names.split(",")

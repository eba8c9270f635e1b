"""What `pip install` brings: the server, the client, the browser's files and the maps."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from gameserver.web import FOLDERS

ROOT = Path(__file__).parent.parent
BROWSER = "gameserver/_data/browser/"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return zipfile.ZipFile(built)


def test_the_wheel_holds_everything_that_a_server_needs(wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())
    for name in (
        "gameserver/py.typed",
        "gameserver/cli/__init__.py",
        "gameserver/games/arena/game.py",
        "gameserver/games/pong.py",
        "gameserver/skeleton/game.py.txt",
        "gameclient/client.py",
        "gameclient/py.typed",
        "gameserver/_data/maps/field.tmj",
        "gameserver/_data/maps/tiles.png",
        "gameserver/_data/browser/src/wire.js",
        "gameserver/_data/browser/vendor/msgpack/Decoder.mjs",
    ):
        assert name in names, f"{name} is missing from the wheel"
    assert not any(name.startswith(("tests/", "benchmarks/")) for name in names)


def test_of_the_browser_client_it_holds_what_a_page_loads(wheel: zipfile.ZipFile) -> None:
    """And nothing of how that is made: the tools alone are a hundred times as large."""
    browser = [Path(name.removeprefix(BROWSER)) for name in wheel.namelist() if name.startswith(BROWSER)]
    folder = ROOT / "clients" / "browser"
    there = [path.relative_to(folder) for name in FOLDERS for path in (folder / name).rglob("*") if path.is_file()]
    assert sorted(browser) == sorted(there)
    assert not any({"node_modules", "test", "types"} & set(path.parts) for path in browser)


def test_the_wheel_and_the_server_name_the_same_folders() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    named = {path.removeprefix("clients/browser/") for path in settings["only-include"] if path.startswith("clients/browser")}
    assert named == set(FOLDERS)


def test_maps_and_pages_are_found_in_an_installed_package(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    """The unpacked wheel, without the repository beside it, serves them."""
    site = tmp_path / "site"
    wheel.extractall(site)
    script = """
import gameserver.maps, gameserver.web
print(gameserver.maps.maps_folder(), gameserver.web.browser_folder(), ",".join(gameserver.maps.map_names()))
gameserver.maps.load_map("field")
site = gameserver.web.open_site()
assert site.find("/client/src/wire.js") and site.find("/maps/tiles.png")
"""
    finished = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env={"PYTHONPATH": str(site)}, capture_output=True, text=True, check=True
    )
    maps, browser, names = finished.stdout.split()
    assert Path(maps) == site / "gameserver" / "_data" / "maps"
    assert Path(browser) == site / "gameserver" / "_data" / "browser"
    assert "field" in names.split(",")

"""What has to be made before it can run: the C programs, and the libraries of the Node room."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
LOAD: Final = HERE / "load.c"
FLOOR: Final = HERE / "peers" / "floor.c"
WS: Final = HERE / "peers" / "ws"
COMPILE_SECONDS: Final = 60
INSTALL_SECONDS: Final = 120
SAID_LINES: Final = 4
"""Of what a program said when it failed: the first ones tell the reason, what follows them is help."""


class NotBuilt(Exception):
    """A program cannot be made; the text says why and what to do."""


def compiled(source: Path, folder: Path) -> Path:
    """Compile this C file into the folder; returns the program. Raises NotBuilt."""
    if shutil.which("gcc") is None:
        raise NotBuilt("gcc is not installed")
    program = folder / source.stem
    _run(["gcc", "-O2", "-std=gnu17", "-Wall", "-Wextra", "-o", str(program), str(source)], COMPILE_SECONDS)
    return program


def node_modules() -> None:
    """Install what the Node room needs beside it, unless it is there as its lock file says. Raises NotBuilt."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        raise NotBuilt("Node.js 20 or newer is not installed")
    lock, installed = WS / "package-lock.json", WS / "node_modules" / ".package-lock.json"
    if not installed.is_file() or installed.stat().st_mtime < lock.stat().st_mtime:
        # The lock file leaves out msgpackr's native part, which is for texts: the scene has none, and not every machine has one.
        _run(["npm", "ci", "--prefix", str(WS), "--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund"], INSTALL_SECONDS)


def _run(command: list[str], seconds: float) -> None:
    try:
        finished = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired as error:
        raise NotBuilt(f"{command[0]} took more than {seconds:g} s") from error
    if finished.returncode:
        said = [line for line in finished.stderr.splitlines() if "error" in line]
        raise NotBuilt(f"{command[0]} failed: " + " / ".join(said[:SAID_LINES]))

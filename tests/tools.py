"""Programs that some tests need and not every machine has."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

NODE_TOOLS = Path(__file__).parent.parent / "clients" / "browser" / "node_modules" / ".bin"


def require_tool(name: str) -> str:
    """The path of this program, on the machine or among what the browser client's tests bring (`npm ci`).

    Skips the test where it is missing; with REQUIRE_ALL=1 in the environment it fails instead.
    """
    path = shutil.which(name) or shutil.which(name, path=NODE_TOOLS)
    if path is not None:
        return path
    if os.environ.get("REQUIRE_ALL") == "1":
        pytest.fail(f"{name} is not installed, and REQUIRE_ALL=1 says that nothing may be skipped")
    pytest.skip(f"{name} is not installed")

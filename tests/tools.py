"""Programs that some tests need and not every machine has."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

NODE_TOOLS = Path(__file__).parent.parent / "clients" / "browser" / "node_modules" / ".bin"


def require_tool(name: str, *other_names: str) -> str:
    """The path of this program, on the machine or among what the browser client's tests bring (`npm ci`).

    `other_names`: what else it may be called. Skips the test where it is missing; with REQUIRE_ALL=1 in the environment it fails
    instead.
    """
    for called in (name, *other_names):
        path = shutil.which(called) or shutil.which(called, path=NODE_TOOLS)
        if path is not None:
            return path
    if os.environ.get("REQUIRE_ALL") == "1":
        pytest.fail(f"{name} is not installed, and REQUIRE_ALL=1 says that nothing may be skipped")
    pytest.skip(f"{name} is not installed")

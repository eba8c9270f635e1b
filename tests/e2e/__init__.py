"""The whole, as a player has it: the system's Chromium, the pages, the SDK, and `gameserver serve` as a process of its own.

Playwright's synchronous interface drives the browser, so these tests are plain functions. `server.py` starts servers, `link.py` is
the bad line between the two, `browser.py` a window that fails its test for what a player's browser should never do.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]


def environment() -> dict[str, str]:
    """For a process of this checkout, wherever it runs, whatever the shell says."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GAMESERVER_", "PYTEST_"))}
    return {**kept, "PYTHONPATH": f"{ROOT}:{ROOT / 'clients/python'}", "PYTHONUNBUFFERED": "1"}

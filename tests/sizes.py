"""How much the longest tests try: enough to notice what breaks in the suite, all of it with WHOLE=1 in the environment."""

from __future__ import annotations

import os
from typing import Final

WHOLE: Final = os.environ.get("WHOLE") == "1"
"""`make prove` runs them whole; whoever changes what they test does it by hand: `WHOLE=1 pytest tests/…`."""


def sized(whole: int, small: int) -> int:
    """How many cases, or how long, it is this time."""
    return whole if WHOLE else small

"""What failed, for who wrote it."""

from __future__ import annotations

import traceback
from typing import Final

from gameserver.plan import RoomFault

MAX_EXPLANATION: Final = 4_000
"""Characters of a traceback in a NOTICE: its end, which is where the game is."""


def explanation(error: BaseException) -> str:
    """The traceback of what the game raised, without what called it, at most MAX_EXPLANATION characters."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    cause = error.__cause__ if isinstance(error, RoomFault) and error.__cause__ is not None else error
    return "".join(traceback.format_exception(cause, chain=False))[-MAX_EXPLANATION:]

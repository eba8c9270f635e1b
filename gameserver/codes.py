"""The codes of private rooms: drawn by the host's chance, compared in constant time, and not to be found by trying."""

from __future__ import annotations

import hmac
import math
from collections import deque
from typing import TYPE_CHECKING, Final

from gameserver.core.errors import Refused
from gameserver.core.messages import NoticeCode

if TYPE_CHECKING:
    from gameserver.ports import Randomness

LETTERS: Final = "bcdfghjklmnpqrstvwxz"
"""Of names of rooms and of codes. Without vowels no words come out of them that nobody wants to read."""
LENGTH: Final = 5
"""Three million of them: easy to say aloud, hard to meet by chance."""
WRONG_CODES: Final = 5
"""Of one address in WRONG_SECONDS: a slip or two of who was told one, and a chance of 1 in 400 for who tries all day."""
WRONG_SECONDS: Final = 60.0
MAX_GUESSERS: Final = 4_096
"""Addresses whose wrong codes are remembered: the oldest give way."""


def draw_code(randomness: Randomness) -> str:
    """A new one, each as likely as any other."""
    letters: list[str] = []
    fair = 256 // len(LETTERS) * len(LETTERS)
    while len(letters) < LENGTH:
        letters += [LETTERS[byte % len(LETTERS)] for byte in randomness.token(LENGTH) if byte < fair]
    return "".join(letters[:LENGTH])


class CodeGuard:
    """Knows who has tried how often, on one server. Times are trio's."""

    def __init__(self) -> None:
        self._wrong: dict[str, deque[float]] = {}
        """When each address had a wrong one, no longer than WRONG_SECONDS ago."""

    def check(self, wanted: str, given: str | None, *, bucket: str, now: float) -> None:
        """Raise Refused unless this is the code, whose `given` was sent by somebody at this address (Caller.bucket).

        Spaces around it and capitals do not count: it was said aloud.
        """
        if not given:
            raise Refused("this room is private: its code is needed", NoticeCode.REFUSED)
        wrong = self._wrong.get(bucket, deque[float]())
        while wrong and wrong[0] <= now - WRONG_SECONDS:
            wrong.popleft()
        if len(wrong) >= WRONG_CODES:
            raise Refused(f"too many wrong codes: wait {math.ceil(wrong[0] + WRONG_SECONDS - now)} s", NoticeCode.REFUSED)
        if hmac.compare_digest(given.strip().lower().encode("utf-8", "replace"), wanted.encode()):
            return
        wrong.append(now)
        self._wrong.pop(bucket, None)
        while len(self._wrong) >= MAX_GUESSERS:
            del self._wrong[next(iter(self._wrong))]
        self._wrong[bucket] = wrong
        raise Refused("this room is private: that is not its code", NoticeCode.REFUSED)

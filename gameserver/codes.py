"""The codes of private rooms: drawn by the host's chance, compared in constant time, and not to be found by trying."""

from __future__ import annotations

import hmac
import math
from collections import deque
from typing import TYPE_CHECKING, Final

from gameserver.core.errors import Refused
from gameserver.core.limits import CODE_LETTERS, MAX_GUESSERS, ROOM_WRONG_CODES, WRONG_CODE_SECONDS, WRONG_CODES
from gameserver.core.messages import NoticeCode
from gameserver.core.rates import Rates
from gameserver.core.registry import Limit

if TYPE_CHECKING:
    from gameserver.ports import Randomness

LETTERS: Final = "bcdfghjklmnpqrstvwxz"
"""Of names of rooms and of codes. Without vowels no words come out of them that nobody wants to read."""


class CodeRefused(Refused):
    """The code of a private room is missing, or wrong: whoever knows it may say it."""


def draw_code(randomness: Randomness) -> str:
    """A new one, each as likely as any other."""
    letters: list[str] = []
    fair = 256 // len(LETTERS) * len(LETTERS)
    while len(letters) < CODE_LETTERS:
        letters += [LETTERS[byte % len(LETTERS)] for byte in randomness.token(CODE_LETTERS) if byte < fair]
    return "".join(letters[:CODE_LETTERS])


class CodeGuard:
    """Knows who has tried how often, on one server. Times are trio's."""

    def __init__(self) -> None:
        self._wrong: dict[str, deque[float]] = {}
        """When each guesser had a wrong one, no longer than WRONG_CODE_SECONDS ago."""
        self._by_code = Rates(ROOM_WRONG_CODES / WRONG_CODE_SECONDS, ROOM_WRONG_CODES)
        """Wrong ones of everybody, by the one that was wanted."""

    def check(self, wanted: str, given: str | None, *, guesser: str, now: float) -> None:
        """Raise Refused unless this is the code, whose `given` was sent by this account or address.

        Spaces around it and capitals do not count: it was said aloud.
        """
        if not given:
            raise CodeRefused("this room is private: its code is needed", NoticeCode.REFUSED)
        wrong = self._wrong.get(guesser, deque[float]())
        while wrong and wrong[0] <= now - WRONG_CODE_SECONDS:
            wrong.popleft()
        if len(wrong) >= WRONG_CODES:
            why = f"too many wrong codes: wait {math.ceil(wrong[0] + WRONG_CODE_SECONDS - now)} s"
            raise CodeRefused(why, NoticeCode.REFUSED, limit=Limit.WRONG_CODES)
        seconds = self._by_code.left(wanted, now)
        if seconds:
            why = f"too many wrong codes for this room: wait {math.ceil(seconds)} s"
            raise CodeRefused(why, NoticeCode.REFUSED, limit=Limit.ROOM_WRONG_CODES)
        if hmac.compare_digest(given.strip().lower().encode("utf-8", "replace"), wanted.encode()):
            return
        self._by_code.take(wanted, now)
        wrong.append(now)
        self._wrong.pop(guesser, None)
        while len(self._wrong) >= MAX_GUESSERS:
            del self._wrong[next(iter(self._wrong))]
        self._wrong[guesser] = wrong
        raise CodeRefused("this room is private: that is not its code", NoticeCode.REFUSED)

"""Whether another line is opened after one has ended, and when (docs/protocol.md, section 8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gameclient.backoff import LAST_WAIT_SECONDS, Backoff
from gameclient.line import ClientClosed
from gameserver.core.messages import NoticeCode

if TYPE_CHECKING:
    import random

GIVE_UP_SECONDS: Final = 60.0
"""Without a line for so long. A server keeps a seat for 30 s; a minute is about as long as somebody looks at a still picture."""

SESSION_ENDS: Final = frozenset(
    {
        NoticeCode.KICKED,
        NoticeCode.FAULTED,
        NoticeCode.MOVED,
        NoticeCode.UPDATE_NEEDED,
        NoticeCode.REFUSED,
        NoticeCode.OVER,
        NoticeCode.CLOSED,
    }
)
"""Notices after which there is no seat to come back to, and no use in asking for another."""

SEAT_ENDS: Final = SESSION_ENDS | {NoticeCode.SESSION_GONE, NoticeCode.RESTARTING}
"""Notices after which there is no seat to come back to."""


class Comeback:
    """Judges each end of a line."""

    def __init__(self, rng: random.Random, *, comes_back: bool, patient: bool, give_up_seconds: float) -> None:
        """`comes_back`: false: every end is the last. `patient`: the first line is tried for again too, and the end of a session is
        followed by another. `give_up_seconds`: how long to go on without a line.
        """
        self._rng = rng
        self._backoff = Backoff(rng)
        self._comes_back = comes_back
        self._patient = patient
        self._give_up_seconds = give_up_seconds
        self._let_in = False
        self._invited = False
        """The server has asked us to come again."""
        self._open_since: float | None = None
        self._deadline = float("inf")
        self._last_error: Exception | None = None
        self._asked_wait: float | None = None
        """How long the server asks us to stay away."""

    @property
    def deadline(self) -> float:
        """When to give up if there is no line until then, trio time."""
        return self._deadline

    def let_in(self) -> None:
        """WELCOME has come."""
        self._let_in = True

    def opened(self, now: float) -> None:
        """The first snapshot of a line has come."""
        self._open_since = now
        self._deadline = float("inf")

    def keeps_seat(self, error: Exception, now: float) -> bool:
        """A line has ended with this error: shall the next one come back to its seat, or join anew?

        Raises the error if there shall be none.
        """
        self._last_error = error
        if self._open_since is not None and now - self._open_since > LAST_WAIT_SECONDS:
            self._backoff.reset()  # not for one that broke at once: that may go on and on
        self._open_since = None
        if self._deadline == float("inf"):
            self._deadline = now + self._give_up_seconds
        notice = error.notice if isinstance(error, ClientClosed) else None
        code = notice.code if notice is not None else None
        if notice is not None and notice.code == NoticeCode.RESTARTING:
            self._invited = True
            after = max(0, notice.detail) if isinstance(notice.detail, int) else 0
            self._asked_wait = after + self._rng.random()
            self._deadline = now + self._asked_wait + self._give_up_seconds  # it is there: nobody is waited for in vain
        never = not self._comes_back or code == NoticeCode.REPLACED or (code == NoticeCode.FULL and not self._let_in)
        if never or not (self._patient or ((self._let_in or self._invited) and code not in SESSION_ENDS)):
            raise error
        return code not in SEAT_ENDS

    def wait_seconds(self) -> float:
        """How long to wait before the next try."""
        asked, self._asked_wait = self._asked_wait, None
        return asked if asked is not None else self._backoff.next()

    def given_up(self) -> ClientClosed:
        """What to raise when `deadline` has come."""
        notice = self._last_error.notice if isinstance(self._last_error, ClientClosed) else None
        return ClientClosed(f"no line for {self._give_up_seconds:g} s; the last try: {self._last_error}", notice)

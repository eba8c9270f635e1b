"""One recording on its way to the disk: what is there already, and what waits."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Final

import trio

from gameserver.core.limits import WATCH_DELAY_SECONDS
from gameserver.core.replay.index import FileIndex

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gameserver.core.replay.chunks import Chunk, Place
    from gameserver.core.replay.header import Contents, Mark
    from gameserver.core.replay.tape import Tape

SUFFIX: Final = ".trpl"
PART: Final = ".part"
"""Behind the name of a recording that grows, or whose end was never written."""


class LiveFile:
    """See the module. A room fills the tape, the recorder's task empties it into the file; others look on.

    Attributes:
        name: what the file is called in the end.
        file: what it is called on the disk now.
        tape: what is recorded.
        header: the bytes that the file begins with.
        cut_at: when each chunk of `places` was cut, in trio's time.
        watch_delay: so many seconds later others may see it.
        end: how the recording ends, None while it goes on.
        after: the file name of the recording that goes on, if one does.
        sealed: its footer is written, and `file` is `name`.
        over: nothing more is written to it, sealed or not.
        was_taken: all that waited was taken; whoever asks sets it back.
        changed: set when anything of these is new; the next change is told by another event.
    """

    def __init__(self, name: str, tape: Tape, *, watch_delay: float = WATCH_DELAY_SECONDS) -> None:
        self.name = name
        self.file = name + PART
        self.tape = tape
        self.header = tape.header.encode()
        self.cut_at = array("d")
        self.watch_delay = watch_delay
        self.end: str | None = None
        self.after: str | None = None
        self.sealed = False
        self.over = False
        self.was_taken = False
        self.changed = trio.Event()
        self._index = FileIndex(len(self.header))
        self._stirred = trio.Event()
        """Something waits in the tape."""
        self._ended = trio.Event()

    # -- for who looks on --------------------------------------------------------------------------------------------------
    @property
    def places(self) -> Sequence[Place]:
        """Where the chunks lie that are written, in the order of the file."""
        return self._index.places

    @property
    def size(self) -> int:
        """Bytes of the file that are written, up to the end of the last place."""
        return self._index.size

    @property
    def marks(self) -> Sequence[Mark]:
        """What has happened so far, written or not."""
        return self.tape.marks

    def contents(self) -> Contents:
        """What is in it, with all that waits."""
        return self.tape.contents(self.end, index=self._index.index, after=self.after)

    @property
    def is_fresh(self) -> bool:
        """Is it still written, or was its last chunk cut so late that others may not see it yet?"""
        return not self.over or (bool(self.cut_at) and trio.current_time() - self.cut_at[-1] < self.watch_delay)

    # -- the room ----------------------------------------------------------------------------------------------------------
    def stir(self) -> None:
        """Something waits in the tape."""
        self._stirred.set()

    def finish(self, end: str | None, after: str | None = None) -> None:
        """Nothing more comes: it can be sealed, or if it has no `end`, be left as it is."""
        self.end = end
        self.after = after
        self._ended.set()
        self._stirred.set()

    # -- the task that writes it -------------------------------------------------------------------------------------------
    def take(self) -> list[Chunk]:
        """All that waits."""
        self._stirred = trio.Event()
        self.was_taken = True
        return self.tape.take()

    @property
    def ended(self) -> bool:
        """Does nothing more come?"""
        return self._ended.is_set()

    async def wait_for_more(self, seconds: float) -> None:
        """Return when something waits, and so much time has passed for more of it to come; at once when nothing more does."""
        await self._stirred.wait()
        with trio.move_on_after(seconds):
            await self._ended.wait()

    def wrote(self, chunks: Sequence[Chunk], lengths: Sequence[int], cut_at: float) -> None:
        """These are in the file now."""
        for chunk, length in zip(chunks, lengths, strict=True):
            self._index.add(chunk, length)
            self.cut_at.append(cut_at)
        self._tell()

    def footer(self) -> bytes:
        """Its last bytes. In a thread: it is deflated."""
        return self._index.footer(self.contents())

    def close(self, *, sealed: bool) -> None:
        """Nothing more is written to it."""
        self.sealed = sealed
        self.over = True
        if sealed:
            self.file = self.name
        self._tell()

    def _tell(self) -> None:
        event, self.changed = self.changed, trio.Event()
        event.set()

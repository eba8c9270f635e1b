"""Records every match to a file, off the tick: a room is never late for a disk, and never fails for one.

The room hands what it steps and shows to a tape, in memory; a task for each file empties it twice a second, in threads:

    Room.tick → RoomRecorder.step, show → Tape          no system call, nothing to wait for
    Recorder._write: Tape.take → encode (thread) → Disk.append, sync (threads) → … → FOOTER, rename

What waits is bounded. A disk that hangs costs the view first, which goes on later with the gap marked; if the truth is too much as
well, the recording ends in that tick. A disk that fails ends the file, which plays up to there; another is begun when the disk is
back. The operator is told once of each.
"""

from __future__ import annotations

import enum
import errno
import logging
import platform
from contextlib import suppress
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

import trio

from gameserver.code import Code, Fingerprints
from gameserver.core.replay.chunks import ChunkType, encode_chunk
from gameserver.core.replay.header import SESSION_BYTES, Origin
from gameserver.room_recorder import RoomRecorder as RoomRecorder
from gameserver.shelf import LEAST_FREE_BYTES, QUOTA_BYTES, NoSpace, Shelf

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from gameserver.core.game import Game
    from gameserver.core.replay.chunks import Chunk
    from gameserver.livefile import LiveFile
    from gameserver.ports import Disk, Randomness, WallClock
    from gameserver.room import Room

T = TypeVar("T")

log = logging.getLogger("gameserver.recorder")

FLUSH_SECONDS: Final = 0.45
"""Between two looks at a tape: a little less than a block of it, or each look would cut a second one, of a single tick."""
RETRY_SECONDS: Final = 10.0
"""After the disk has failed, or had too little space."""
MOST_WRITERS: Final = 4
"""Calls to the disk at once: a disk that hangs holds so many threads, and not those that others need."""


class Trouble(enum.Enum):
    """What an operator is told of, once until it is over."""

    SPACE = enum.auto()
    WRITE = enum.auto()
    SLOW = enum.auto()
    STUCK = enum.auto()


_OF_WRITING: Final = frozenset((Trouble.WRITE, Trouble.SLOW, Trouble.STUCK))


class Aside(Protocol):
    """Does work where no tick waits for it: in a thread; in virtual time at once."""

    async def __call__(self, work: Callable[[], T], /) -> T:
        """What the work returns, or raises."""
        ...


async def in_a_thread(work: Callable[[], T], /) -> T:
    """An Aside."""
    return await trio.to_thread.run_sync(work)


class Recorder:
    """The recordings of one server. See the module.

    Attributes:
        shelf: where they stand.
        files: those that are being written, by the names that they will have.
    """

    def __init__(
        self,
        *,
        disk: Disk,
        randomness: Randomness,
        wall_clock: WallClock,
        quota_bytes: int = QUOTA_BYTES,
        least_free_bytes: int = LEAST_FREE_BYTES,
        aside: Aside = in_a_thread,
    ) -> None:
        """`disk`: its root is the folder of the recordings."""
        self.shelf = Shelf(disk, quota_bytes=quota_bytes, least_free_bytes=least_free_bytes)
        self.files: dict[str, LiveFile] = {}
        self.software = f"gameserver {version('gameserver')}"
        self.wall_clock = wall_clock
        self._disk = disk
        self._randomness = randomness
        self._aside = aside
        self._fingerprints = Fingerprints()
        self._writers = trio.Semaphore(MOST_WRITERS)
        self._nursery: trio.Nursery | None = None
        self._waiting: list[Callable[[], Awaitable[None]]] = []
        """Tasks that are to run as soon as `run` does."""
        self._has_ended = False
        """`run` was cancelled: nothing more is written."""
        self._finished = trio.Event()
        """Set when a file is finished; the next one sets another event."""
        self._closed: list[LiveFile] = []
        """Those that were written until a moment ago."""
        self._told: set[Trouble] = set()
        """Of which kinds of trouble, until it is over."""

    def prepare(self, games: Iterable[type[Game]]) -> None:
        """Read the code of these games now, and not when their first rooms open."""
        for game in games:
            self.origin_of(game, 0)

    def begin(self, room: Room, before: str | None = None) -> RoomRecorder:
        """Record this room from its present tick on. `before`: the file name of the recording that this one goes on from."""
        return RoomRecorder(self, room, self._randomness.token(SESSION_BYTES), before)

    async def run(self) -> None:
        """Write until cancelled."""
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            for task in self._waiting:
                nursery.start_soon(task)
            self._waiting.clear()
            try:
                await trio.sleep_forever()
            finally:  # before the nursery closes: a room may tick once more
                self._nursery, self._has_ended = None, True

    async def finish(self) -> None:
        """Return when every recording is closed: those that go on have to be sealed by their rooms."""
        while self.files:
            await self._finished.wait()

    def fresh(self, name: str) -> LiveFile | None:
        """The recording that has this name in the end, while it is written, and until others may see all of it."""
        known = (*self.files.values(), *self._closed)
        return next((live for live in known if live.name == name and live.is_fresh), None)

    # -- for RoomRecorder, which is called in a tick -----------------------------------------------------------------------
    def origin_of(self, game: type[Game], seed: int) -> Origin:
        """What a match of this game is made from."""
        try:
            code = self._fingerprints.of(game)
        except Exception as error:  # of files that anybody may have edited: no room stays shut for it
            log.warning("the code of %s cannot be read, so its recordings cannot be verified: %r", game.name, error)
            code = Code(game="", engine="")
        return Origin(seed, code.game, code.engine, platform.python_version())

    def start(self, task: Callable[[], Awaitable[None]]) -> None:
        """Run this beside the rooms; not at all when `run` has ended."""
        if self._nursery is not None:
            self._nursery.start_soon(task)
        elif not self._has_ended:
            self._waiting.append(task)

    def add(self, live: LiveFile, room: RoomRecorder) -> None:
        """Write this file."""
        self.files[live.name] = live
        self.start(partial(self._write, live, room))

    def lags(self, live: LiveFile) -> None:
        """View was dropped, because the disk did not take it in time."""
        self._tell(Trouble.SLOW, f"The disk does not keep up: the recording {live.file} has a gap; matches go on")

    def gives_up(self, live: LiveFile, tick: int) -> None:
        """The truth is too much as well."""
        text = f"The disk has taken nothing for long: the recording {live.file} ends in tick {tick}; matches go on"
        self._tell(Trouble.STUCK, text)

    async def retry(self, room: RoomRecorder) -> None:
        """Let this room begin another recording when the disk takes one."""
        while not room.closed:
            await trio.sleep(RETRY_SECONDS)
            if room.closed:
                return
            try:
                await self._make_room()
            except (OSError, NoSpace) as error:
                self._tell_of(error)
            else:
                room.resume()
                return

    # -- the disk ----------------------------------------------------------------------------------------------------------
    async def _write(self, live: LiveFile, room: RoomRecorder) -> None:
        """From the first chunk of one file to its end. The wall around it: whatever goes wrong costs this file."""
        sealed = False
        try:
            await self._make_room()
            while True:
                ended = live.ended  # before what waits is taken: then that is all
                chunks = live.take()
                if chunks:
                    await self._append(live, chunks)
                if ended:
                    break
                await live.wait_for_more(FLUSH_SECONDS)
            if live.end is not None:
                await self._seal(live)
                sealed = True
        except (OSError, NoSpace) as error:
            self._tell_of(error, live)
            if not live.places:
                await self._forget(live)
        except Exception:  # of the recorder itself: no match ends for it
            log.exception("room %s: recording %s failed", live.tape.header.room, live.file)
        finally:
            del self.files[live.name]
            live.close(sealed=sealed)
            self._closed = [other for other in (*self._closed, live) if other.is_fresh]
            room.written(live)
            finished, self._finished = self._finished, trio.Event()
            finished.set()

    async def _make_room(self) -> None:
        async with self._writers:
            removed = await self.shelf.make_room([live.file for live in self.files.values()], self.wall_clock.now())
        for name in removed:
            log.info("removed the recording %s: together they are larger than --record-quota", name)
        self._told.discard(Trouble.SPACE)

    async def _append(self, live: LiveFile, chunks: Sequence[Chunk]) -> None:
        cut_at = trio.current_time()
        pieces = await self._aside(lambda: [encode_chunk(chunk) for chunk in chunks])
        header = b"" if live.places else live.header
        async with self._writers:
            if live.places and await self._disk.size(live.file) != live.size:  # else append would begin a file without a header
                raise OSError(errno.EIO, "somebody else has changed the file", live.file)
            await self._disk.append(live.file, b"".join((header, *pieces)))
            live.wrote(chunks, [len(piece) for piece in pieces], cut_at)
            if any(chunk.type == ChunkType.KEYFRAME for chunk in chunks):
                await self._disk.sync(live.file)
        if self._told & _OF_WRITING:
            self._told -= _OF_WRITING
            log.info("the disk takes recordings again")

    async def _forget(self, live: LiveFile) -> None:
        """Not even its header can be relied upon."""
        with suppress(OSError):
            async with self._writers:
                await self._disk.remove(live.file)

    async def _seal(self, live: LiveFile) -> None:
        footer = await self._aside(live.footer)
        async with self._writers:
            await self._disk.append(live.file, footer)
            await self._disk.sync(live.file)
            await self._disk.rename(live.file, live.name)

    def _tell(self, trouble: Trouble, text: str) -> None:
        """Tell the operator, unless he knows of trouble of this kind. No tick waits for the log."""
        if trouble not in self._told:
            self._told.add(trouble)
            self.start(partial(_say, text))

    def _tell_of(self, error: OSError | NoSpace, live: LiveFile | None = None) -> None:
        if isinstance(error, NoSpace):
            self._tell(Trouble.SPACE, f"Nothing new is recorded: {error}")
        else:
            what = f"the recording {live.file} ends here" if live is not None else "nothing is recorded"
            self._tell(
                Trouble.WRITE,
                f"The disk refuses recordings, {what}: {error}. Matches go on, and are recorded again when it takes them: "
                "make room on it, look after it, or record to another one (serve --record DIR)",
            )


async def _say(text: str) -> None:
    log.error("%s", text)

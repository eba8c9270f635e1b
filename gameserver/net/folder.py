"""Who uses a folder: servers share it, and whoever rewrites what is in it has it alone.

The system gives the lock back when a process ends, however it ends. Where there is no such lock (Windows, some network disks), or
the disk is full or ails, nothing is held: then it is for people to see to it.
"""

from __future__ import annotations

import errno
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gameserver.core.errors import GameserverError

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows
    fcntl = None  # type: ignore[assignment] # as it is there

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

LOCK: Final = ".in-use"
"""The file that is locked; it is empty, and stays. No disk lists names that begin with a dot."""
WRONG_PLACE: Final = frozenset(
    (
        errno.EACCES,
        errno.EEXIST,
        errno.EISDIR,
        errno.ELOOP,
        errno.ENAMETOOLONG,
        errno.ENOENT,
        errno.ENOTDIR,
        errno.EPERM,
        errno.EROFS,
    )
)
"""What somebody has to mend who named the folder. All else (a full disk, none that locks) may pass, and matches go on meanwhile."""


class FolderInUse(GameserverError):
    """Somebody else uses it in a way that does not go together with ours."""


class FolderUnusable(GameserverError):
    """There is no such folder, and none can be made, or nothing can be written there."""


@contextmanager
def hold(folder: str | os.PathLike[str], *, alone: bool = False) -> Iterator[None]:
    """Use this folder, which comes to be; with `alone` nobody else does meanwhile.

    Raises FolderUnusable, and FolderInUse at once: it never waits.
    """
    place = Path(folder)
    file = None
    try:
        place.mkdir(parents=True, exist_ok=True)
        file = (place / LOCK).open("ab")
        if fcntl is not None:
            fcntl.flock(file, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        assert file is not None
        file.close()
        raise FolderInUse(
            f"{folder}: a server uses this folder: stop it first, then try again"
            if alone
            else f"{folder}: something is being removed from this folder: try again when that is done"
        ) from None
    except OSError as error:
        if error.errno in WRONG_PLACE:
            raise FolderUnusable(f"{folder}: nothing can be written there ({error.strerror})") from error
    try:
        yield
    finally:
        if file is not None:
            file.close()

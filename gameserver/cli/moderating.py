"""The commands for what a server has kept: how matches ended, what was reported, and what is stored about somebody."""

from __future__ import annotations

import re
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import attrs
import cyclopts
import trio
from cyclopts import Parameter

from gameserver.bans import BANS
from gameserver.cli.replay import SUFFIXES, open_recording
from gameserver.cli.say import FAILED, OK, printable, say
from gameserver.core.errors import FormatError
from gameserver.forget import Forgetting
from gameserver.net.folder import hold
from gameserver.net.logfiles import FileStore
from gameserver.net.real import FileDisk, SystemWallClock
from gameserver.reports import REPORTS, latest_reports
from gameserver.results import RESULTS, latest
from gameserver.settings import NOWHERE, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gameserver.core.replay.recording import Recording

_DRAFT: Final = re.compile(r"[.].+[.][0-9a-f]{16}")
"""What a process that was killed while it wrote a file as a whole leaves behind (FileDisk)."""


_Data = Annotated[str, Parameter(help="The folder that `serve --data` names.")]
_Last = Annotated[int, Parameter(help="So many of the last.", validator=cyclopts.validators.Number(gte=1))]
_AsJson = Annotated[bool, Parameter(help="Print one JSON object a line.")]


def results(*, data: _Data = "gameserver-data", last: _Last = 20, json: _AsJson = False) -> int:
    """Show how the last matches ended."""
    for record in trio.run(latest, _store_in(data), last):
        print(record.encode().decode() if json else record.describe())
    return OK


def reports(*, data: _Data = "gameserver-data", last: _Last = 20, json: _AsJson = False) -> int:
    """Show what players have reported of others, each with the recording and the second in it."""
    for report in trio.run(latest_reports, _store_in(data), last):
        if json:
            print(report.encode().decode())
        else:
            print(*map(printable, report.describe()), sep="\n")
    return OK


def _store_in(folder: str) -> FileStore:
    if not Path(folder).is_dir():
        raise UsageError(f"{folder}: there is no such folder; `gameserver serve` makes it for what it keeps first (serve --data)")
    return FileStore(FileDisk(folder))


def forget(
    *,
    name: str = "",
    account: str = "",
    data: str = "gameserver-data",
    record: str = "recordings",
    bans: Annotated[bool, Parameter(negative="")] = False,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    yes: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Remove what is stored about a player, for good: docs/privacy.md says what that is. The server has to be stopped.

    The recordings that he is in are removed as a whole, because their hashes hold for all that is in them. The results of those
    matches stay, without his name; reports by him and about him go. Exits with 1 if a recording cannot be read: he may be in it.

    Parameters
    ----------
    name
        What he called himself. Others who were called so are forgotten with him, as nobody can tell them apart.
    account
        His account, as it stood in his tickets. Give his name as well for results of matches that were not recorded.
    data
        The folder that `serve --data` names; "off" leaves it alone.
    record
        The folder that `serve --record` names; "off" leaves it alone.
    bans
        Remove the bans of his account as well. Without it they stay until they are over.
    dry_run
        Only say what would be removed.
    yes
        Do not ask.
    """
    if not name and not account:
        raise UsageError("whom? give --name NAME, --account ACCOUNT or both")
    folders = [folder for folder in (data, record) if folder != NOWHERE and Path(folder).is_dir()]
    if not folders:
        raise UsageError(f"there is no folder {data} and none {record}: name those of the server with --data and --record")
    places = sorted({Path(folder).resolve() for folder in folders})  # they may be one
    with ExitStack() as held:
        for place in places:
            held.enter_context(hold(place, alone=True))
        stored = _Stored(Forgetting(name=name, account=account, bans=bans), places)
        stored.find(Path(record) if record in folders else None)
        store = FileStore(FileDisk(data)) if data in folders else None
        if store is not None:
            trio.run(stored.count, store)
        for line in stored.describe():
            print(printable(line))
        if dry_run or not stored.has_any:
            return FAILED if stored.unread else OK
        if not yes and not _agrees():
            raise UsageError("nothing was removed: say --yes to remove it without being asked")
        if store is not None:
            trio.run(stored.rewrite, store)
        stored.remove()
        print("Removed.")
    return FAILED if stored.unread else OK


@attrs.define
class _Stored:
    """What there is of somebody."""

    who: Forgetting
    folders: list[Path]
    recordings: list[Path] = attrs.field(factory=list)
    """Those that he is in, the oldest first."""
    unread: list[Path] = attrs.field(factory=list)
    drafts: list[Path] = attrs.field(factory=list)
    records: dict[str, int] = attrs.field(factory=dict)
    """How many of each log change or go."""
    scraps: int = 0
    """Torn lines of the logs."""
    banned: int = 0
    """Bans of him that stay."""

    def find(self, folder: Path | None) -> None:
        """Look into all recordings, the oldest first, whatever they are called."""
        self.drafts = [path for below in self.folders for path in below.rglob(".*") if _DRAFT.fullmatch(path.name)]
        began: list[tuple[float, str, Path]] = []
        for path in sorted(folder.rglob("*")) if folder is not None else ():
            if path.name.endswith(SUFFIXES) and path.is_file():
                try:
                    began += ((recording.header.at, path.name, path) for recording in _opened(path))
                except FormatError:
                    self.unread.append(path)
        for _, _, path in sorted(began):
            try:
                self.recordings += (path for recording in _opened(path) if self.who.look_into(path.name, recording))
            except FormatError:
                self.unread.append(path)

    async def count(self, store: FileStore) -> None:
        """How much of the logs is of him."""
        for log, change in self._changes().items():
            records = await store.read(log, 0, sys.maxsize)
            self.records[log] = sum(change(record) != record for record in records)
            self.scraps += await store.scraps(log)
            if log == BANS:
                self.banned = sum(self.who.is_ban_of_him(record) and change(record) is not None for record in records)

    async def rewrite(self, store: FileStore) -> None:
        """Take him out of the logs."""
        for log, change in self._changes().items():
            await store.rewrite(log, change)

    def _changes(self) -> dict[str, Callable[[bytes], bytes | None]]:
        now = SystemWallClock().now()
        return {
            REPORTS: self.who.report_without,  # first: they may know more names of his
            RESULTS: self.who.result_without,
            BANS: lambda record: self.who.ban_without(record, now),
        }

    def remove(self) -> None:
        """The newest first: if this ends in between, the older ones still say in which of the newer he is."""
        for path in [*self.drafts, *reversed(self.recordings)]:
            path.unlink(missing_ok=True)

    @property
    def has_any(self) -> bool:
        """Is there anything to remove?"""
        return bool(self.recordings or any(self.records.values()) or self.drafts or self.scraps)

    def describe(self) -> Iterator[str]:
        """For a person, line by line."""
        who = " and ".join(filter(None, (self.who.name, f"account {self.who.account}" if self.who.account else "")))
        yield f"{who}: {len(self.recordings)} recordings, " + ", ".join(
            f"{self.records.get(log, 0)} {log}" for log in (RESULTS, REPORTS, BANS)
        )
        yield from (f"  {path}" for path in self.recordings)
        if names := sorted(self.who.names - {self.who.name}):
            yield f"  The account was called {', '.join(names)}: give --name as well for results of matches that were not recorded."
        if scraps := len(self.drafts) + self.scraps:
            yield f"  {scraps} scraps of what was being written when a process was killed: nobody can say of whom, so they go too."
        if self.banned:
            yield f"  {self.banned} bans of the account stay until they are over (--bans removes them)."
        for path in self.unread:
            yield f"  {path}: this recording cannot be read, so nobody can say who is in it: remove it yourself if in doubt."


def _opened(path: Path) -> Iterator[Recording]:
    """The recording, once, and closed again. An empty file is none, and says nothing of anybody. Raises FormatError."""
    if path.stat().st_size:
        recording = open_recording(path)
        try:
            yield recording
        finally:
            recording.close()


def _agrees() -> bool:
    if not sys.stdin.isatty():
        return False
    say("Remove this for good? [y/N]")
    return sys.stdin.readline().strip().lower() in ("y", "yes")

"""Removes what is stored about somebody: below the folder of the recordings, and in the logs of the store (docs/privacy.md).

A recording cannot be kept without him: his name is a part of the world, whose hash stands behind every tick. So the recordings that
he is in are removed as a whole. The results of those matches are kept, and he is nobody in them. Reports go in which he has a part.
Bans of his account stay until they are over, unless they are to go too: forgetting somebody shall not let him in again.

An account is found where a game's host has written it: in the profiles of joins, in reports and in bans. Names that went with it
there are his in that recording, and in those that go on from it; nowhere else, as others may have the same name.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import attrs

from gameserver.core.commands import Join
from gameserver.core.replay.header import What
from gameserver.livefile import PART
from gameserver.reports import Report, Reported
from gameserver.results import MatchRecord, PlayerResult

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gameserver.core.replay.recording import Recording

NOBODY: Final = "forgotten"
"""What he is called in a result."""

_Who = tuple[int, str]
"""Player and name, in one recording."""


@attrs.define
class Forgetting:
    """One person who is to be forgotten, and where he was found. Recordings come first, oldest first: they tell who he was.

    Attributes:
        name: as he called himself; "": he is known by his account.
        account: as it stood in his tickets; "": he is known by his name.
        bans: his bans go too.
        names: what he was called where his account says that it is he.
    """

    name: str = ""
    account: str = ""
    bans: bool = False
    names: set[str] = attrs.field(factory=set)
    _there: dict[str, set[_Who]] = attrs.field(factory=dict)
    """Who he was in each recording, by its name when it is sealed."""
    _last: dict[str, set[_Who]] = attrs.field(factory=dict)
    """Who he was in the last recording of each room."""

    # -- recordings --------------------------------------------------------------------------------------------------------
    def look_into(self, file: str, recording: Recording) -> bool:
        """Is he in this one? Raises FormatError if that cannot be said."""
        first, room = recording.header.first, recording.header.room
        here_before = self._last.get(room, set()) | self._there.get(recording.header.before or "", set())  # a fork has its own room
        joined = [mark for mark in recording.marks if mark.what is What.JOINED and not mark.values[2]]  # no bots
        his = {(mark.values[0], mark.values[1]) for mark in joined if self.name and mark.values[1] == self.name}
        his |= {(mark.values[0], mark.values[1]) for mark in joined if mark.tick == first} & here_before
        his |= {(join.player, join.name) for join in self._joins(recording) if self._is_his(join)}
        self._last[room] = his
        if his:
            self.names |= {name for _, name in his}
            self._there[file.removesuffix(PART)] = his
        return bool(his)

    def _joins(self, recording: Recording) -> Iterator[Join]:
        """Of those whom the marks do not tell of: the account stands in the profile only, and a join that failed has no mark."""
        steps = recording.steps() if self.account else iter(())
        if recording.fault is not None:
            yield from _joins_of(recording.fault.step.commands)
        for step in steps:
            yield from _joins_of(step.commands)

    def _is_his(self, join: Join) -> bool:
        if join.bot:
            return False
        if self.name and join.name == self.name:
            return True
        return bool(self.account) and self.account in join.profile.values()

    # -- logs of the store -------------------------------------------------------------------------------------------------
    def result_without(self, data: bytes) -> bytes | None:
        """A record of RESULTS without him. One that cannot be read, and so may be of anybody, goes."""
        try:
            record = MatchRecord.decode(data)
        except ValueError:
            return None
        there = self._there.get(record.recording or "")
        players = tuple(self._without(player, there or set()) for player in record.players)
        if players == record.players and there is None:
            return data
        return attrs.evolve(record, players=players, recording=None if there is not None else record.recording).encode()

    def _without(self, player: PlayerResult, there: set[_Who]) -> PlayerResult:
        his = not player.bot and ((self.name and player.name == self.name) or (player.number, player.name) in there)
        return attrs.evolve(player, name=NOBODY) if his else player

    def report_without(self, data: bytes) -> bytes | None:
        """A record of REPORTS, unless he has a part in it. One that cannot be read goes."""
        try:
            report = Report.decode(data)
        except ValueError:
            return None
        there = self._there.get(report.recording or "", set())
        return None if self._has_part(report.by, there) or self._has_part(report.about, there) else data

    def _has_part(self, person: Reported, there: set[_Who]) -> bool:
        if self.account and person.account == self.account:
            self.names.add(person.name)
            return True
        return bool(self.name and person.name == self.name) or (person.player, person.name) in there

    def is_ban_of_him(self, data: bytes) -> bool:
        """Is this record of BANS of his account?"""
        try:
            return bool(self.account) and json.loads(data).get("account") == self.account
        except (ValueError, AttributeError):
            return False

    def ban_without(self, data: bytes, now: float) -> bytes | None:
        """A record of BANS: without him as the admin who made it; if it is of his account, it stays while it counts. `now`: seconds
        since 1970."""
        try:
            plain = json.loads(data)
            if self.is_ban_of_him(data) and (self.bans or float(plain["until"]) <= now):
                return None
        except (KeyError, TypeError, ValueError):
            return None
        if self.account and plain.get("by") == self.account:
            return json.dumps(plain | {"by": None}, ensure_ascii=False, separators=(",", ":")).encode()
        return data


def _joins_of(commands: Iterable[Any]) -> Iterator[Join]:
    return (command for command in commands if isinstance(command, Join))

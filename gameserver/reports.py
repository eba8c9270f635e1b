"""What players report of others: kept in the store's log REPORTS with the recording's second, for whoever keeps order.

A report is a call (`Game.report`), but no game hears of it: the room takes it out before the step, so it is in no state and no
truth track, and whoever is reported learns nothing from his own recording. What is in the recording is a note on the timeline with
the report's number, and nobody's name.

    Seat ── CALL report ──▶ Desk.answer ▶ Report ──▶ note in the recording
                               │                └──▶ Room.on_report ──▶ Reports.take ──▶ the store's log
                               └──▶ REPLY to who has reported
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import attrs
import trio

from gameserver.core.errors import Refused
from gameserver.core.limits import MAX_CHAT, REPORT_SECONDS, ROOM_REPORTS_AT_ONCE, ROOM_REPORTS_SECONDS
from gameserver.core.messages import Reply
from gameserver.core.registry import Limit
from gameserver.core.replay.telling import clock_text
from gameserver.core.rights import may_call
from gameserver.core.words import spoken
from gameserver.kept import latest_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gameserver.core.audience import PlayerId
    from gameserver.core.messages import Call
    from gameserver.core.record import Player
    from gameserver.ports import Store, WallClock
    from gameserver.room import Room
    from gameserver.seat import Seat

log = logging.getLogger("gameserver.reports")

REPORTS: Final = "reports"
REASONS: Final = ("something else", "cheating", "insults", "name", "spam", "spoiling the match", "doing nothing", "using a fault")
"""What the numbers of `Game.report` mean, in their order."""


@attrs.frozen(kw_only=True)
class Reported:
    """One of the two of whom a report speaks."""

    player: PlayerId
    name: str
    account: str | None = None
    """As his ticket said; None: he had none."""


@attrs.frozen(kw_only=True)
class Report:
    """One report.

    Attributes:
        number: hexadecimal; the note in the recording has it too.
        tick: of the room, the last one that was over.
        recording: name of the file, None if nothing was recorded.
        second: of the recording.
        by: who reports.
        about: whom.
        reason: indexes REASONS.
        words: in his own, "" if he had none.
        at: seconds since 1970, UTC; 0 until a server has taken it.
    """

    number: str
    room: str
    game: str
    tick: int
    by: Reported
    about: Reported
    reason: int
    words: str
    recording: str | None = None
    second: float = 0.0
    at: float = 0.0

    def encode(self) -> bytes:
        """JSON, for the log."""
        return json.dumps(attrs.asdict(self), ensure_ascii=False, separators=(",", ":")).encode()

    @staticmethod
    def decode(data: bytes) -> Report:
        """What `encode` gave. Fields that a newer server has written are passed over. Raises ValueError if it is something else."""
        try:
            plain = json.loads(data)
            people = {role: _of(Reported, plain[role]) for role in ("by", "about")}
            report: Report = _of(Report, plain | people)
            if type(report.reason) is not int or not 0 <= report.reason < len(REASONS):
                raise ValueError(f"there is no reason {report.reason!r}")
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"this is no report: {error!r}") from error
        return report

    def describe(self) -> list[str]:
        """For a person; times are UTC. The last line shows the second, on the machine that has the recordings."""
        when = datetime.fromtimestamp(self.at, UTC).strftime("%Y-%m-%d %H:%M:%S")
        lines = [
            f"{when}  {self.room}  {self.game}  {_who(self.by)} reports {_who(self.about)}: {REASONS[self.reason]}"
            + (f": {self.words}" if self.words else "")
        ]
        if self.recording is not None:
            lines.append(f"    gameserver replay play recordings/{self.recording} --at {clock_text(self.second)}")
        return lines


def _of(kind: type[Any], plain: Mapping[str, Any]) -> Any:  # noqa: ANN401 - one of that kind
    known = {field.name for field in attrs.fields(kind)}
    return kind(**{key: value for key, value in plain.items() if key in known})


def _who(reported: Reported) -> str:
    account = f", account {reported.account}" if reported.account is not None else ""
    return f"{reported.name} (player {reported.player}{account})"


class Desk:
    """Where the players of one room report. Times are trio's."""

    def __init__(self, room: Room, new_number: Callable[[], str]) -> None:
        """`new_number` makes one for a report."""
        self._room = room
        self._new_number = new_number
        self._due: dict[PlayerId, float] = {}
        """When each may report again."""
        self._room_due = 0.0
        """When the room may report as much at once as if nobody ever had (GCRA)."""

    def answer(self, seat: Seat, call: Call) -> Reply:
        """Somebody reports another; between two steps, and no part of either."""
        try:
            report = self._take(seat, call)
        except Refused as refusal:
            self._room.counts.reached.note(refusal.limit)
            return Reply(call.number, False, str(refusal))
        self._room.on_report(report)
        return Reply(call.number, True, None)

    def _take(self, seat: Seat, call: Call) -> Report:
        """What somebody reports now, as it stands in the recording too. Raises Refused, in words."""
        room = self._room
        other, reason, text = call.arguments
        assert isinstance(other, int)
        assert isinstance(reason, int)
        assert isinstance(text, str)
        about = room.simulation.players.get(other)
        words = spoken(text) if text.strip() else ""
        if not may_call(seat.rank, call.method):
            raise Refused("only people report others")
        if about is None or other == seat.player:
            raise Refused("there is no such other player")
        if about.bot:
            raise Refused("this is a bot: nobody is behind it")
        if words is None:
            raise Refused(f"say it in at most {MAX_CHAT} characters, and without control characters")
        self._count(seat.player, trio.current_time())
        tick, number = room.clock.tick, self._new_number()
        place = room.recorder.note(tick, f"report {number}") if room.recorder is not None else None
        recording, second = place if place is not None else (None, 0.0)
        return Report(
            number=number,
            room=room.plan.name,
            game=f"{room.plan.game.name}@{room.plan.game.version}",
            tick=tick,
            recording=recording,
            second=second,
            by=_reported(room, room.simulation.players[seat.player]),
            about=_reported(room, about),
            reason=reason,
            words=words,
        )

    def _count(self, player: PlayerId, now: float) -> None:
        if self._due.get(player, now) > now:
            raise Refused(f"one report in {REPORT_SECONDS:g} seconds", limit=Limit.REPORT_SECONDS)
        room_due = max(self._room_due, now)
        if room_due - now > ROOM_REPORTS_SECONDS * (ROOM_REPORTS_AT_ONCE - 1):
            raise Refused("there are many reports from this room already", limit=Limit.ROOM_REPORTS_SECONDS)
        self._room_due = room_due + ROOM_REPORTS_SECONDS
        self._due = {other: due for other, due in self._due.items() if due > now} | {player: now + REPORT_SECONDS}


def _reported(room: Room, player: Player) -> Reported:
    """This player, as he is known now."""
    seat = room.seat_of(player.owner)
    return Reported(player=player.owner, name=player.name, account=seat.standing.account if seat is not None else None)


class Reports:
    """What a server does with reports, beside its rooms."""

    def __init__(self, store: Store, wall_clock: WallClock) -> None:
        self._store = store
        self._wall_clock = wall_clock

    def take(self, report: Report, nursery: trio.Nursery) -> None:
        """This has been reported now. The nursery runs what is to be waited for."""
        report = attrs.evolve(report, at=self._wall_clock.now())
        log.info(
            "room %s: player %d reports player %d, report %s", report.room, report.by.player, report.about.player, report.number
        )  # names and words are in the store alone
        nursery.start_soon(self._keep, report)

    async def _keep(self, report: Report) -> None:
        try:
            with trio.CancelScope(shield=True):  # as a result is kept
                await self._store.append(REPORTS, report.encode())
        except OSError:
            log.exception("report %s could not be kept", report.number)


async def latest_reports(store: Store, most: int) -> list[Report]:
    """The last ones, oldest first. Records that cannot be read are passed over."""
    return await latest_of(store, REPORTS, Report.decode, most)

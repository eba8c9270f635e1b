"""Reports of players: each that was taken is in the store once, with the match's second in the recording of that match; none that
was refused is.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

import attrs

from gameserver.core.replay.header import What
from gameserver.reports import latest_reports
from tests.sim import tapes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gameserver.core.audience import PlayerId
    from gameserver.core.replay.recording import Recording
    from gameserver.reports import Report
    from tests.sim.honest import Honest
    from tests.sim.invariants import Life
    from tests.sim.world import World

MOST: Final = 10_000
REFUSALS: Final = (
    "one report in",
    "there are many reports",
    "there is no such other player",
    "this is a bot",
)
"""What an honest player may be told: he is in a hurry, or the other has gone, or is a bot."""


@attrs.frozen
class _Filed:
    """A report that somebody made, or tried to."""

    words: str
    life: Life
    by: PlayerId
    about: PlayerId
    reason: int
    since: int
    """The room's tick when he did."""
    until: int
    """And when he was answered."""
    answer: str | None
    """As of Honest.ask."""


class Reported:
    """See the module."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._filed: list[_Filed] = []

    async def file(self, guest: Honest, about: PlayerId, reason: int, words: str) -> None:
        """He reports this player in these words."""
        life, by = guest.life, guest.me.owner
        since = life.last_tick
        answer: str | None = None
        try:
            answer = await guest.ask("report", about, reason, words)
        finally:
            self._filed.append(_Filed(words, life, by, about, reason, since, life.last_tick, answer))
        if answer and not answer.startswith(REFUSALS):
            self._world.outcome.complain(f"{guest.name}: report: {answer}")

    async def check(self) -> None:
        """The run is over, and the rooms are closed."""
        outcome = self._world.outcome
        kept: dict[str, list[Report]] = defaultdict(list)
        for report in await latest_reports(self._world.ports.store, MOST):
            kept[report.words].append(report)
        recordings = await tapes.opened(self._world)
        may_be_lost = self._world.disk_ever_broken or "power_cut" in outcome.faults
        for filed in self._filed:
            found = kept.pop(filed.words, [])
            least, most = {None: (0, 1), "": (1, 1)}.get(filed.answer, (0, 0))
            if not least <= len(found) <= most:
                outcome.complain(f"the report {filed.words!r}, answered with {filed.answer!r}, has arrived {len(found)} times")
            for report in found:
                outcome.reports += 1
                of_the_recording = _of_the_recording(report, filed, recordings, may_be_lost=may_be_lost)
                for wrong in (*_of_the_report(report, filed), *of_the_recording):
                    outcome.complain(f"the report {filed.words!r}: {wrong}")
        for words in kept:
            outcome.complain(f"the report {words!r} was made by nobody")


def _of_the_report(report: Report, filed: _Filed) -> list[str]:
    """What it says that is not so."""
    true = (filed.by, filed.about, filed.reason, filed.life.name)
    said = (report.by.player, report.about.player, report.reason, report.room)
    wrong = [] if said == true else [f"says {said}, and should {true}"]
    if not filed.since <= report.tick <= filed.until:
        wrong.append(f"is of tick {report.tick}, and was made between {filed.since} and {filed.until}")
    return wrong


def _of_the_recording(report: Report, filed: _Filed, recordings: Mapping[str, Recording], *, may_be_lost: bool) -> list[str]:
    """What of its place in the recording is not so: that is of the same match, and has the report's number there.

    `may_be_lost`: there was perhaps none in that moment, or it went with the disk; how much may be lost `tapes` looks at.
    """
    recording = recordings.get(report.recording or "")
    if recording is None:
        return [] if may_be_lost else [f"of tick {report.tick}: there is no recording {report.recording}, and the disk is sound"]
    wrong = []
    if recording.origin is not None and recording.origin.seed != filed.life.seed:
        wrong.append(f"{report.recording} is of another match")
    rate = filed.life.room.plan.game.tick_rate
    if recording.header.first + round(report.second * rate) != report.tick:
        wrong.append(
            f"second {report.second} of {report.recording}, which begins at {recording.header.first}, is not {report.tick}"
        )
    notes = [
        mark.tick for mark in recording.contents.marks if mark.what is What.NOTE and mark.values == (f"report {report.number}",)
    ]
    if notes != [report.tick] and (recording.sealed or notes):
        wrong.append(f"stands in {report.recording} at {notes}, and not once at {report.tick}")
    return wrong

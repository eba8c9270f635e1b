"""What the box's people do to each other is what they are promised, and it would be noticed if it were not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gameserver.bars import Bars
from gameserver.core import simulation
from gameserver.core.talk import Talk
from gameserver.reports import Reports
from gameserver.room_recorder import RoomRecorder
from gameserver.seating import Seating
from tests.sim.broken import must_notice, some

if TYPE_CHECKING:
    from collections.abc import Callable

    import trio

    from gameserver.core.game import Profile
    from gameserver.core.messages import Hello
    from gameserver.net.link import Link
    from gameserver.reports import Report
    from gameserver.seat import Seat
    from gameserver.standing import Standing


def test_people_are_sent_away_heard_reported_and_stood_in_for() -> None:
    outcome = some("chat", "expel", "hush", "report", "absence", seed=123, seconds=45.0)
    assert outcome.wrong == []
    assert min(outcome.lines, outcome.reports, outcome.expelled, outcome.stood_in) > 0


def _let_the_barred_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who was sent away may come back at once."""
    monkeypatch.setattr(Bars, "left", lambda self, standing, name, now: 0.0)


def _bar_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """He stays out for longer than he should."""
    honest = Bars.left
    monkeypatch.setattr(Bars, "left", lambda self, standing, name, now: 2 * honest(self, standing, name, now))


def _say_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is sent away is not told so."""

    def send_away(self: Seating, seat: Seat, why: str) -> None:
        seat.over = True
        if seat.line is not None:
            seat.line.close(1008, "")
        self.remove(seat)

    monkeypatch.setattr(Seating, "send_away", send_away)


def _keep_him(monkeypatch: pytest.MonkeyPatch) -> None:
    """He is told, and nothing else happens."""
    monkeypatch.setattr(Seating, "remove", lambda self, seat: None)


def _obey_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever says it keeps order."""
    monkeypatch.setattr(simulation, "may_expel", lambda rank, other: True)
    monkeypatch.setattr(simulation, "may_call", lambda rank, call: True)


def _mute_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is muted is heard."""
    monkeypatch.setattr(Talk, "mute", lambda self, player, other, *, muted: None)


def _silence_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is silenced may speak."""
    monkeypatch.setattr(Talk, "silence", lambda self, player, *, silenced: None)


def _report_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was reported is kept twice."""
    honest = Reports.take

    def take(self: Reports, report: Report, nursery: trio.Nursery) -> None:
        honest(self, report, nursery)
        honest(self, report, nursery)

    monkeypatch.setattr(Reports, "take", take)


def _point_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """A report points to another second of the recording."""
    honest = RoomRecorder.note

    def note(self: RoomRecorder, tick: int, text: str) -> tuple[str, float] | None:
        place = honest(self, tick, text)
        return (place[0], place[1] + 1.0) if place is not None else None

    monkeypatch.setattr(RoomRecorder, "note", note)


def _name_no_recording(monkeypatch: pytest.MonkeyPatch) -> None:
    """A report names no recording, as if there were none."""
    monkeypatch.setattr(RoomRecorder, "note", lambda self, tick, text: None)


def _let_it_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """The player is back, and the bot plays on for him."""
    monkeypatch.setattr(Seating, "_welcome_back", lambda self: None)


def _share_inputs(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the bot has sent is kept with what the player sends."""
    honest = Seating.reserve

    def reserve(self: Seating, hello: Hello, profile: Profile, link: Link, standing: Standing) -> Seat:
        seat = honest(self, hello, profile, link, standing)
        own = self.seat_of(seat.player) if seat.stands_in else None
        if own is not None:
            seat.inputs = own.inputs
        return seat

    monkeypatch.setattr(Seating, "reserve", reserve)


@pytest.mark.parametrize(
    ("break_it", "faults", "seed", "seconds", "said"),
    [
        (_let_the_barred_in, ("expel",), 123, 22.0, "before his time"),
        (_bar_for_long, ("expel",), 123, 22.0, "may come back in"),
        (_say_nothing, ("expel",), 2, 17.0, "closed without a word"),
        (_keep_him, ("expel",), 2, 17.0, "is still in the match"),
        (_obey_everybody, ("expel",), 3, 6.0, "keeps no order"),
        (_mute_nobody, ("hush", "chat"), 2, 17.0, "has muted"),
        (_silence_nobody, ("hush", "chat"), 257, 15.0, "is silenced"),
        (_report_twice, ("report",), 4, 15.0, "has arrived 2 times"),
        (_point_elsewhere, ("report",), 4, 15.0, "which begins at"),
        (_name_no_recording, ("report",), 4, 15.0, "there is no recording"),
        (_let_it_stay, ("absence",), 384, 18.0, "what a bot presses counts"),
        (_share_inputs, ("absence",), 123, 22.0, "what a bot presses counts"),
    ],
)
def test_what_people_are_not_promised_is_noticed(
    break_it: Callable[[pytest.MonkeyPatch], None],
    faults: tuple[str, ...],
    seed: int,
    seconds: float,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    break_it(monkeypatch)
    must_notice(said, *faults, seed=seed, seconds=seconds)

"""Measure what recordings promise, on an hour of arena, and write docs/recordings-figures.md. Exits with 1 if an aim is missed.

Run: python -m benchmarks.recordings [--minutes 60] [--small] [--only hour,read,damage,…] [--no-page]
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

from benchmarks.feel.table import IDLE_LOAD, Row, company, table
from benchmarks.prove import commit, machine
from benchmarks.recordings import damage, kill, lateness, page, reading
from benchmarks.recordings.hour import Played, play_in_a_process
from gameserver.core.errors import FormatError
from gameserver.games.arena import Arena

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PAGE: Final = Path(__file__).parents[2] / "docs" / "recordings-figures.md"

PROMISED_BOTS: Final = 8
MEGABYTES_AN_HOUR: Final = 15.0
SHARE_OF_A_CORE: Final = 0.03
TIMES_REAL_TIME: Final = 20.0
OPEN_MS: Final = 200.0
SEEK_MS: Final = 150.0
LOST_SECONDS: Final = 1.0
SHOWN_MS: Final = 300.0
LATER_MS: Final = 1.0
"""What a recording may cost the ticks: less than anybody's line jitters."""


@attrs.frozen(kw_only=True)
class Scale:
    """How much of each is measured."""

    seconds: float
    bots: tuple[int, ...]
    seeks: int
    cut_bytes: int
    flips: int
    kills: int
    late_seconds: float
    late_rounds: int
    page_seeks: int


FULL: Final = Scale(
    seconds=3_600.0, bots=(8, 16), seeks=200, cut_bytes=damage.LAST_BYTES, flips=3_000, kills=100,
    late_seconds=20.0, late_rounds=3, page_seeks=200,
)  # fmt: skip
SMALL: Final = Scale(
    seconds=20.0, bots=(8,), seeks=20, cut_bytes=800, flips=30, kills=1, late_seconds=2.0, late_rounds=1, page_seeks=10,
)  # fmt: skip


class Session:
    """One run of the benchmark: its scale, and the matches that several of its parts look at."""

    def __init__(self, scale: Scale, folder: Path) -> None:
        self.scale = scale
        self._folder = folder
        self._played: dict[int, Played] = {}

    def match(self, bots: int) -> Played:
        """With so many bots; played when it is first asked for."""
        played = self._played.get(bots)
        if played is None:
            played = self._played[bots] = play_in_a_process(bots, self.scale.seconds, self._folder / str(bots))
        return played

    def file(self) -> Path:
        """The recording that is read: of the most players."""
        played = self.match(max(self.scale.bots))
        assert played.file is not None
        return Path(played.file)


def hour(session: Session) -> Iterator[Row]:
    """What a recording takes of the disk and of the core."""
    seconds = session.scale.seconds
    for bots in session.scale.bots:
        with_it = session.match(bots)
        size = f"{with_it.megabytes_an_hour:.1f} MB/h ({with_it.bytes / 1e6:.2f} MB in {_length(seconds)})"
        promised = bots == PROMISED_BOTS
        aim = f"≤ {MEGABYTES_AN_HOUR:g} MB/h" if promised else "told, not promised"
        fine = not promised or with_it.megabytes_an_hour <= MEGABYTES_AN_HOUR
        yield Row(f"The recording of {bots} bots in the arena", aim, size, fine)
        share = with_it.recorder_cpu_seconds / seconds
        measured = f"{share:.2%} in its own calls"
        if promised:
            more = (with_it.cpu_seconds - play_in_a_process(bots, seconds, None).cpu_seconds) / seconds
            measured += f"; {more:+.2%} between the match with it and without"
        what = f"What recording {bots} bots takes of a core, disk included ({_length(seconds)} in virtual time)"
        yield Row(what, f"≤ {SHARE_OF_A_CORE:.0%}", measured, share <= SHARE_OF_A_CORE)


def read(session: Session) -> Iterator[Row]:
    """What it takes to look at it."""
    file = session.file()
    length = f"{_length(session.scale.seconds)} of {max(session.scale.bots)} bots"
    milliseconds = reading.open_ms(file)
    yield Row(f"Opening {length}", f"≤ {OPEN_MS:g} ms", f"{milliseconds:.1f} ms", milliseconds <= OPEN_MS)
    with reading.opened(file) as recording:
        sought = reading.seek(recording, session.scale.seeks, random.Random(1))
        times = f"p50 {sought.p50:.1f} ms, p95 {sought.p95:.1f} ms, at most {max(sought.milliseconds):.1f} ms"
        yield Row(
            f"{session.scale.seeks} seeks to random ticks of it, in both directions",
            f"p95 ≤ {SEEK_MS:g} ms",
            times,
            sought.p95 <= SEEK_MS,
        )
        equal = f"{session.scale.seeks - sought.differ} of {session.scale.seeks}"
        yield Row("The world that a seek shows is the one that playing comes to", "all", equal, not sought.differ)
        verified = reading.simulate(recording, Arena)
        what = f"{verified.steps} steps, ticks {verified.first_tick} to {verified.last_tick}"
        said = f"{'all equal' if verified.ok else 'NOT equal'}: {what}; {verified.times_real_time:.0f} × real time"
        aim = f"all hashes, first and last; ≥ {TIMES_REAL_TIME:g} × real time"
        whole = verified.first_tick == recording.header.first + 1 and verified.last_tick == recording.last_tick
        fine = verified.ok and whole and verified.times_real_time >= TIMES_REAL_TIME
        yield Row("`verify` simulates it again", aim, said, fine)


def damaged(session: Session) -> Iterator[Row]:
    """What is left of it when something happens to the file."""
    whole = damage.Whole(session.file().read_bytes())
    cut = damage.cuts(whole, session.scale.cut_bytes)
    said = f"{cut.files} files, {len(cut.wrong)} wrong; at most {cut.most_lost_seconds:.2f} s lost{_first(cut.wrong)}"
    fine = not cut.wrong and cut.most_lost_seconds <= LOST_SECONDS
    yield Row(
        f"Cut at each of its last {session.scale.cut_bytes:,} bytes", f"opens, no wrong tick, ≤ {LOST_SECONDS:g} s lost", said, fine
    )
    flipped = damage.flips(whole, session.scale.flips, random.Random(2))
    said = f"{flipped.files} files, {len(flipped.wrong)} wrong, {flipped.refused} refused for their header{_first(flipped.wrong)}"
    yield Row(f"{session.scale.flips:,} files, each with one bit flipped", "opens, no wrong tick", said, not flipped.wrong)


def killed(session: Session) -> Iterator[Row]:
    """What a server leaves that is killed."""
    dice = random.Random(3)
    lost, steps, wrong = [0.0], 0, []
    for _ in range(session.scale.kills):
        with tempfile.TemporaryDirectory() as folder:
            try:
                one = kill.kill_once(Path(folder), dice.uniform(0.0, kill.LONGEST_SECONDS))
            except (AssertionError, FormatError) as error:
                wrong.append(str(error))
            else:
                lost.append(one.lost_seconds)
                steps += one.steps
    sound = session.scale.kills - len(wrong)
    said = f"{sound} open, at most {max(lost):.2f} s lost, {steps} steps made again with equal hashes{_first(wrong)}"
    what = f"`kill -9` of a server with {kill.BOTS} bots at {session.scale.kills} random moments"
    aim = f"all open, no wrong tick, ≤ {LOST_SECONDS:g} s lost"
    yield Row(what, aim, said, not wrong and steps > 0 and max(lost) <= LOST_SECONDS)


def late(session: Session) -> Iterator[Row]:
    """Whether ticks are later when they are recorded, on real sockets and a real disk."""
    bots = max(session.scale.bots)
    without, recorded = lateness.compare(bots, session.scale.late_seconds, session.scale.late_rounds)
    (p50, p99), (recorded_p50, recorded_p99) = (_percentiles_ms(ticks) for ticks in (without, recorded))
    said = f"p50 {recorded_p50:.2f} ms and p99 {recorded_p99:.2f} ms, without {p50:.2f} and {p99:.2f}"
    what = f"Ticks of {bots} bots are done after their deadline: on real sockets, recorded to a real disk"
    yield Row(what, f"p99 ≤ {LATER_MS:g} ms later", said, recorded_p99 <= p99 + LATER_MS)


def browser(session: Session) -> Iterator[Row]:
    """How it feels to drag its timeline."""
    file, count = session.file(), session.scale.page_seeks
    with reading.opened(file) as recording:
        span = recording.view_ticks
    assert span is not None
    what = f"{count} seeks in Chromium, to random ticks of {_length(session.scale.seconds)}: until the frame is on the screen"
    aim = f"p95 ≤ {SHOWN_MS:g} ms"
    try:
        shown = page.watch(file, span[1], count, random.Random(4))
    except AssertionError as error:
        yield Row(what, aim, f"not measured: {error}", False)
        return
    p95 = statistics.quantiles(shown.seeks_ms, n=20)[-1]
    times = f"p50 {statistics.median(shown.seeks_ms):.0f} ms, p95 {p95:.0f} ms, at most {max(shown.seeks_ms):.0f} ms"
    yield Row(what, aim, f"{times}; all of it was there after {shown.loaded_ms / 1e3:.1f} s", p95 <= SHOWN_MS)


def _percentiles_ms(ticks: lateness.Ticks) -> tuple[float, float]:
    cuts = statistics.quantiles(ticks.lateness, n=100, method="inclusive")
    return cuts[49] * 1e3, cuts[98] * 1e3


def _length(seconds: float) -> str:
    return f"{seconds / 60:g} minutes" if seconds >= 60 else f"{seconds:g} s"


def _first(wrong: list[str]) -> str:
    return f": {wrong[0]}" if wrong else ""


PARTS: Final[dict[str, Callable[[Session], Iterator[Row]]]] = {
    "hour": hour,
    "read": read,
    "damage": damaged,
    "kill": killed,
    "late": late,
    "browser": browser,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=FULL.seconds / 60, help="how long the matches are (60)")
    parser.add_argument("--small", action="store_true", help="a short match and few of each: whether all of it runs, in seconds")
    parser.add_argument("--only", default=",".join(PARTS), help=f"some of {', '.join(PARTS)}")
    parser.add_argument("--no-page", action="store_true", help="print the table and leave docs/recordings-figures.md as it is")
    arguments = parser.parse_args()
    chosen = arguments.only.split(",")
    if unknown := set(chosen) - set(PARTS):
        parser.error(f"--only {','.join(sorted(unknown))}: there are {', '.join(PARTS)}")
    warning = company(IDLE_LOAD)
    print(warning or "Measuring …", flush=True)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        scale = SMALL if arguments.small else attrs.evolve(FULL, seconds=arguments.minutes * 60)
        session = Session(scale, Path(folder))
        for name in chosen:
            for row in PARTS[name](session):
                print(f"{'reached' if row.reached else 'MISSED '} {row.what} ({row.aim}): {row.measured}", flush=True)
                rows.append(row)
    reached = sum(row.reached for row in rows)
    if not arguments.no_page and not arguments.small and len(chosen) == len(PARTS):
        head = f"Written by `python -m benchmarks.recordings`, commit {commit()}, {machine()}. {warning}".strip()
        PAGE.write_text(f"# Recordings, measured\n\n{head}\n\n{table(rows)}\n")
        print(f"The table is in docs/{PAGE.name}")
    print(f"{reached} of {len(rows)} aims reached")
    return 0 if reached == len(rows) else 1


if __name__ == "__main__":
    sys.exit(main())

"""Measure how the game feels in a browser, and write docs/feel.md. Exits with 1 if an aim is missed.

Run: python -m benchmarks.feel [--minutes 2] [--only drive,watch] [--no-page]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

from benchmarks import rewind
from benchmarks.feel import drive, others, own, page
from benchmarks.feel.frames import frames
from benchmarks.feel.table import AFTER_LOAD, IDLE_LOAD, PAGE, Row, company, machine, table, write
from tests.e2e.browser import Chromium, running_chromium
from tests.e2e.link import Weather

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STORM: Final = Path(__file__).parent / "storm.py"
BUDGET_BYTES: Final = 150 * 1_024
"""Over the wire, for all that the play page loads."""
PLAYABLE_MS: Final = 2_000.0
FRAME_MS: Final = 8.0
STALL_SECONDS: Final = 0.4


def loads(chromium: Chromium, folder: Path, _: float) -> Iterator[Row]:
    """Until one plays, on loopback."""
    with (
        drive.arena(folder, "--bots", "8", weather=Weather()) as (_server, link),
        chromium.window(f"http://127.0.0.1:{link.port}") as window,
    ):
        loading = page.loading(window, "/play/?room=arena1")
    size = f"{loading.bytes / 1_024:.0f} KiB in {len(loading.files)} requests"
    yield Row("All that the play page loads, over the wire", "≤ 150 KiB", size, loading.bytes <= BUDGET_BYTES)
    seconds = f"{loading.playable_ms / 1e3:.2f} s"
    yield Row("From the navigation to a tank that can be driven, on loopback", "≤ 2 s", seconds, loading.playable_ms <= PLAYABLE_MS)


def drives(chromium: Chromium, folder: Path, seconds: float) -> Iterator[Row]:
    """The own tank, alone in the field."""
    map_file = drive.bare_map(folder)
    with drive.arena(folder, "--map", str(map_file)) as (_server, link), drive.player(chromium, link) as window:
        first = own.first_movements(window, 10)
        frames_later, late = max(movement.frames for movement in first), median(movement.milliseconds for movement in first)
        shown = f"{frames_later} frame later at most, {late:.0f} ms at the median"
        yield Row("A key that goes down moves the own tank on the screen", "on the next frame", shown, frames_later == 1)
        alone = own.mispredictions(window, seconds, seed=1)
        yield Row(
            f"Ticks predicted wrongly, driving about for {seconds:.0f} s alone in the field",
            "< 0.1 %",
            f"{alone.wrong} of {alone.compared} ({alone.percent:.2f} %), {alone.late_inputs} inputs late",
            alone.percent < 0.1 and alone.compared > 0.9 * seconds * 30,
        )
        fading = own.fading(window)
        left = f"{100 * fading.after_fade:.1f} % left after 300 ms, {100 * fading.overshoot:.1f} % beyond"
        fine = fading.after_fade <= 0.02 and fading.overshoot <= 0.001 and fading.rise <= 0.001
        yield Row("A forced error of one body width", "≤ 2 % after 300 ms, no overshoot", left, fine)


def watches(chromium: Chromium, folder: Path, seconds: float) -> Iterator[Row]:
    """The others, and the own tank among them."""
    with drive.arena(folder, "--bots", "9") as (_server, link), drive.player(chromium, link) as window:
        together = own.mispredictions(window, seconds / 2, seed=2)
        shown = f"{together.wrong} of {together.compared} ({together.percent:.1f} %)"
        yield Row(
            f"Ticks predicted wrongly in {seconds / 2:.0f} s among eight bots, which shoot and push",
            "told, not promised",
            shown,
            True,
        )
        seen = others.starvation(window, seconds / 2)
        delays = f"{seen.delay_snapshots:.1f} snapshots at the median, {seen.most_delay_snapshots:.1f} at most"
        yield Row(
            "Frames for which there was no snapshot to interpolate to",
            "< 0.1 % at ≤ 3 snapshots of delay",
            f"{seen.starved} of {seen.frames} ({seen.percent:.2f} %) at {delays}",
            seen.percent < 0.1 and seen.delay_snapshots <= 3,
        )
        stalls = [others.recovery(window, link, STALL_SECONDS) for _ in range(3)]
        smooth = max(stall.smooth_ms for stall in stalls)
        back = sum(stall.backwards for stall in stalls)
        yield Row(
            "After a stall of 400 ms, until all goes evenly again",
            "≤ 1 s, never backwards",
            f"{smooth:.0f} ms at worst of {len(stalls)}, {back} frames backwards",
            smooth <= 1_000 and not back,
        )


def draws(chromium: Chromium, folder: Path, seconds: float) -> Iterator[Row]:
    """Many of them."""
    match = ("--game", str(STORM), "--map", "forts", "--bots", "16", "--option", "damage=10")
    with drive.arena(folder, *match, weather=Weather()) as (_server, link):
        with drive.player(chromium, link) as window:
            seen = frames(chromium, window, min(seconds, 10))
        yield Row(
            f"16 players and {min(seen.moving)} moving things, 1280 × 800: pictures a second, and the main thread for each",
            "60, ≤ 8 ms at the median",
            f"{seen.per_second:.1f}; {seen.median_ms:.1f} ms, p95 {seen.p95_ms:.1f} ms",
            seen.per_second >= 59 and seen.median_ms <= FRAME_MS and min(seen.moving) >= 200,
        )


def shoots(_chromium: Chromium, _folder: Path, seconds: float) -> Iterator[Row]:
    """What was aimed at is hit: benchmarks.rewind, which plays it in virtual time."""
    whats = {
        "says what he sees": "Rail shots at a drawn target that strafes at full speed, {} ms",
        "says nothing (no compensation)": "The same by somebody who does not say what he sees, {} ms",
    }
    for row in rewind.ROWS[:3]:
        score = rewind.score_of(row, shots=100, seeds=3 if seconds >= 60 else 1)
        line = ", ".join(f"{round_trip:g} ± {jitter:g}" for round_trip, jitter in row.lines_ms)
        measured = (
            f"{score.share:.1f} % of {score.shots} hit, judged {min(score.backs_ms):.0f} to {max(score.backs_ms):.0f} ms back"
        )
        yield Row(whats[row.who].format(line), row.aim, measured, row.is_fine(score))


PARTS: Final[dict[str, Callable[[Chromium, Path, float], Iterator[Row]]]] = {
    "load": loads,
    "drive": drives,
    "watch": watches,
    "draw": draws,
    "shoot": shoots,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=2.0, help="how long to drive about (2)")
    parser.add_argument("--only", default=",".join(PARTS), help=f"some of {', '.join(PARTS)}")
    parser.add_argument("--no-page", action="store_true", help="print the table and leave docs/feel.md as it is")
    arguments = parser.parse_args()
    chosen = arguments.only.split(",")
    if unknown := set(chosen) - set(PARTS):
        parser.error(f"--only {','.join(sorted(unknown))}: there are {', '.join(PARTS)}")
    rows: list[Row] = []
    warning = company(IDLE_LOAD)
    print(warning or "Measuring …", flush=True)
    with running_chromium() as chromium:
        on = f"Measured on {machine(chromium.browser.version)}. {warning}".strip()
        for name in chosen:
            with tempfile.TemporaryDirectory() as folder:
                for row in PARTS[name](chromium, Path(folder), arguments.minutes * 60):
                    print(f"{'reached' if row.reached else 'MISSED '} {row.what} ({row.aim}): {row.measured}", flush=True)
                    rows.append(row)
    if not warning and (warning := company(AFTER_LOAD)):
        on = f"{on} {warning}"
    print(f"\n{on}\n\n{table(rows)}\n")
    if not arguments.no_page and len(chosen) == len(PARTS):
        write(rows, on)
        print(f"The table is in docs/{PAGE.name}")
    reached = sum(row.reached for row in rows)
    print(f"{reached} of {len(rows)} aims reached")
    return 0 if reached == len(rows) else 1


if __name__ == "__main__":
    sys.exit(main())

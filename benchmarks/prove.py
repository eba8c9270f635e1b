"""Every figure at full size: runs the commands, reads what they print, and writes docs/figures.md. Run: make prove

`python -m benchmarks.prove --only TEXT` measures those whose command has this text. Each row is written as soon as it is measured,
with its commit: all of them take hours, and one that breaks off costs only itself.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Final

import attrs

from benchmarks.processes import running_server

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

PAGE: Final = Path(__file__).parent.parent / "docs" / "figures.md"
HEAD: Final = "| what | aim | measured | reached | commit | command |\n|---|---|---|---|---|---|"


@attrs.frozen
class Figure:
    """One line of the table: what is promised, and how it is measured."""

    promise: str
    aim: str
    command: str
    read: Callable[[str], tuple[str, bool]]
    """What the command printed → (the figure, is the aim reached)."""


def number(pattern: str, text: str) -> float:
    """The number that the pattern's group matches. Raises LookupError if it does not occur."""
    found = re.search(pattern, text)
    if found is None:
        raise LookupError(f"no {pattern!r} in what the command printed")
    return float(found[1].replace(",", ""))


def passed(text: str) -> tuple[str, bool]:
    """For pytest."""
    line = next((line for line in reversed(text.splitlines()) if " passed" in line or " failed" in line), "no result")
    return line.strip("= "), " failed" not in line and " passed" in line


def the_stronger_win(text: str) -> tuple[str, bool]:
    """For tests.games.matches."""
    total, problems = number(r"(\d+) matches, \d+ problems", text), number(r"matches, (\d+) problems", text)
    speed = number(r"problems, (\d+) times real time", text)
    strengths = "; ".join(re.findall(r"strength (\d beat \d in \d+ of \d+ \w+)", text))
    return f"{total:.0f} matches, {problems:.0f} problems, {speed:.0f} × real time; {strengths}", not problems and speed >= 20


def bots_are_fine(text: str) -> tuple[str, bool]:
    """For `gameserver bots --json`."""
    summary = json.loads(text.strip().splitlines()[-1])
    least, gap = summary["snapshots_per_second"]["min"], summary["gap_ms"]["p99"]
    fine = least >= 29.5 and summary["world_mismatches"] == 0 and summary["errors"] == 0
    return f"{summary['world_mismatches']} mismatches, {summary['errors']} errors, at least {least}/s, p99 gap {gap} ms", fine


def others_go_on(text: str) -> tuple[str, bool]:
    """For tests.guarded_child, which prints one JSON object."""
    report = json.loads(text.strip().splitlines()[-1])
    late = report["worst_lateness_seconds"] * 1e3
    fine = late <= 260 and report["faulted"] == 3 and not report["lost_seconds"] and not report["lost_lines"]
    return f"{report['lost_seconds']:g} s lost, at most {late:.0f} ms late, {report['faulted']} rooms faulted", fine


def all_cuts(text: str) -> tuple[str, bool]:
    """For tests.sim.cuts."""
    cuts, back = number(r"(\d+) cuts and", text), number(r"(\d+) back in their seats", text)
    broken = sum(int(count) for count in re.findall(r"(\d+) promises broken", text))
    quick = next((line for line in text.splitlines() if line.startswith("within 1 round trip")), "")
    return f"{back:.0f} of {cuts:.0f} back, {broken} promises broken; {quick}", cuts == back and not broken


def nobody_suffers(text: str) -> tuple[str, bool]:
    """For benchmarks.slow_clients: p99 gaps beside nobody, somebody deaf and somebody noisy, in milliseconds."""
    alone, deaf, noisy = (number(rf"{who}: p99 gap ([\d.]+) ms", text) for who in ("nobody", "deaf", "noisy"))
    gone = [float(seconds) for seconds in re.findall(r"gone after ([\d.]+) s", text)]
    fine = max(deaf, noisy) <= alone + 1_000 / 30 and len(gone) == 2 and max(gone) <= 10
    return f"p99 gap {alone:g} ms alone, {deaf:g} and {noisy:g} beside them; gone after {gone[0]:g} and {gone[1]:g} s", fine


def beside_others(text: str) -> tuple[str, bool]:
    """For benchmarks.line: µs for each client and tick of the lane, of ws and of the floor, and the lane's p99 gap in ms."""
    rows = {cells[1].strip(): cells for line in text.splitlines() if (cells := line.split("|")) and len(cells) > 10}
    names = ("gameserver", "Node and `ws`, by hand", "recv and send in C")
    lane, ws, floor = (float(rows[name][3]) for name in names)
    gap = float(rows["gameserver"][7].split("/")[1])
    said = f"{lane:g} µs, {lane / ws:.1f} × `ws` ({ws:g}), {lane / floor:.1f} × recv and send in C ({floor:g}); p99 gap {gap:g} ms"
    return said, lane <= ws and lane <= 2.2 * floor and gap <= 45


def judged_as_seen(text: str) -> tuple[str, bool]:
    """For benchmarks.rewind: the shares that hit, with and without compensation, and the most that a forger gained."""
    table = [[cell.strip() for cell in line.split("|")] for line in text.splitlines()]
    rows = [cells for cells in table if cells[-2:-1] in (["yes"], ["**no**"])]
    seen, unseen, far = (row[4] for row in rows[:3])
    gain = max(float(row[6].split(" to ")[1]) for row in rows if "ago" in row[2] or "before" in row[2])
    reached = number(r"(\d+) of \d+ rows reached", text) == number(r"\d+ of (\d+) rows reached", text)
    return f"{seen} hit, {unseen} without; {far} at 600 ms; a forged view gains {gain:g} ms at most", reached


def all_aims(text: str) -> tuple[str, bool]:
    """For benchmarks.feel and benchmarks.recordings: how many aims, and which were missed."""
    reached, total = number(r"(\d+) of \d+ aims reached", text), number(r"\d+ of (\d+) aims reached", text)
    missed = "; ".join(re.findall(r"^MISSED +(.*)$", text, re.MULTILINE))
    return f"{reached:.0f} of {total:.0f}{': missed ' + missed if missed else ''}", reached == total


def at_most(limit: float, unit: str) -> Callable[[str], tuple[str, bool]]:
    """The first number before this unit, which must not exceed the limit."""

    def read(text: str) -> tuple[str, bool]:
        value = number(rf"([\d.]+) {re.escape(unit)}", text)
        return f"{value:g} {unit}", value <= limit

    return read


RELIABILITY: Final = "python -m benchmarks.reliability --only"

FIGURES = (
    Figure(
        "Random histories leave every client with the world that it may see, and nothing else in its bytes",
        "0 of 10,000 wrong",
        "HISTORIES=10000 python -m pytest -q tests/core/test_parts.py",
        passed,
    ),
    Figure(
        "Five-minute matches of bots on every map: nobody is stuck or in a wall, every weapon kills, copies go on alike",
        "0 problems, ≥ 20 × real time, 3 beats 1 in ≥ 80 %",
        "python -m tests.games.matches --matches 17 --duels 17 --processes 2",
        the_stronger_win,
    ),
    Figure(
        "A step of arena with 16 bots, with all that they fire, median (`gameserver bench arena` has it by hook, bytes by field)",
        "≤ 1.0 ms",
        "python -m gameserver bench arena",
        at_most(1.0, "ms at the median"),
    ),
    Figure(
        "Worlds that differ only in what one may not see: the same bytes for him, and the same ids; deliberate leaks are found",
        "1,000 cases each, 0 differ",
        "WHOLE=1 python -m pytest -q tests/core/test_secrets.py tests/games/test_fleet_secrets.py",
        passed,
    ),
    Figure(
        "All that the suite tries in small form: properties, forged recordings, matches on every map, driving in two languages",
        "0 failed",
        "WHOLE=1 python -m pytest -q -n 2 tests/client tests/core tests/games",
        passed,
    ),
    Figure(
        "100 bots on loopback for 20 s",
        "0 mismatches, 0 errors, ≥ 29.5 snapshots/s",
        "python -m gameserver bots --url {url} --count 100 --seconds 20 --json",
        bots_are_fine,
    ),
    Figure(
        "Three rooms hang, one after the other (a loop, one in a bare `except`, a regular expression): 20 others",
        "no tick lost, ≤ 260 ms late",
        "python -m tests.guarded_child hostile 3",
        others_go_on,
    ),
    Figure(
        "26 kinds of malformed handshakes and frames, 1,000 each on both links, over real sockets, beside a match",
        "no snapshot, task or descriptor lost",
        "ATTACKS=1000 python -m pytest -q tests/test_attacks.py",
        passed,
    ),
    Figure(
        "Rail shots at the drawn target, which strafes at full speed: 100 ms ± 10; at 600 ms the cap holds; a forged view",
        "≥ 99 % hit, far fewer without; gains ≤ 50 ms",
        "python -m benchmarks.rewind",
        judged_as_seen,
    ),
    Figure(
        "How it feels in Chromium, over a line of 150 ms ± 30 each way (docs/feel.md has the table)",
        "all aims",
        "python -m benchmarks.feel",
        all_aims,
    ),
    Figure(
        "An hour of arena as a recording: size, cost, opening, seeking, simulated again; cut, damaged, its server killed "
        "(docs/recordings-figures.md has the table)",
        "all aims",
        "python -m benchmarks.recordings",
        all_aims,
    ),
    *(
        Figure(f"{what} (docs/reliability.md has the table)", "all aims", f"{RELIABILITY} {name}", all_aims)
        for name, what in (
            ("admission", "Who is not let in"),
            ("box", "Honest players and liars in virtual time, with every fault: 200 seeds, and an hour of match"),
            ("drain", "Servers under load are told to end, 50 times"),
            ("fuzz", "Malformed connections, sessions, messages and recordings"),
            ("mutations", "Copies of the server that are broken on purpose are noticed by the tests"),
            ("neighbours", "A match of eight and the worst neighbours that it can have"),
            ("process", "A machine without descriptors, and one that stands still"),
            ("proofs", "Nobody moves faster than he may, or is sent what he may not see"),
            ("soak", "An hour of 50 bots that come and go"),
        )
    ),
    Figure("From the start until eight bots play", "≤ 3 s", "python -m benchmarks.start", at_most(3.0, "s")),
    Figure(
        "A room of eight clients that send inputs and do not move",
        "≤ 2 % of a core",
        "python -m benchmarks.idle_room",
        at_most(2.0, "% of a core"),
    ),
    Figure(
        "1,000 lines of players cut at random, for 0.1 to 25 s, in virtual time: the same seat, each event and call once",
        "1,000 of 1,000",
        "python -m tests.sim.cuts --cuts 1000 --seed 1 --processes 2",
        all_cuts,
    ),
    Figure(
        "A client that reads nothing and one that floods, beside eight bots on real sockets",
        "p99 gap grows by ≤ 1 tick, both gone in 10 s",
        "python -m benchmarks.slow_clients",
        nobody_suffers,
    ),
    Figure(
        "1,000 clients at 30 Hz in rooms of 50 on one core (docs/performance.md)",
        "≤ `ws` by hand, ≤ 2.2 × recv and send in C, p99 gap ≤ 45 ms",
        "python -m benchmarks.line --seconds 10 --peers lane,ws,floor",
        beside_others,
    ),
    Figure(
        "A bot: decoding, world, CRC and brain",
        "≤ 150 us a snapshot",
        "python -m benchmarks.client_cost",
        at_most(150.0, "us per snapshot"),
    ),
)


def measure(figure: Figure) -> tuple[str, bool, float]:
    """(the figure, is the aim reached, seconds that it took)."""
    begin = monotonic()
    variables, command = {}, figure.command
    while found := re.match(r"([A-Z]+)=(\S+) ", command):
        variables[found[1]] = found[2]
        command = command[found.end() :]
    with running_server() if "{url}" in command else nullcontext() as server:  # who measures shall be alone
        words = command.replace("{url}", server.url.partition("/ws/")[0] if server else "").split()
        words[0] = sys.executable
        finished = subprocess.run(
            words, env=os.environ | variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
    try:
        figure_text, reached = figure.read(finished.stdout)
    except (LookupError, ValueError) as error:
        figure_text, reached = f"not measured: {error}", False
    return figure_text, reached and finished.returncode == 0, monotonic() - begin


def commit() -> str:
    """The commit that is measured, with a mark if there are changes on top of it. Those of docs/ do not count: figures are written
    there.
    """

    def said(*words: str) -> str:
        return subprocess.run(["git", *words], capture_output=True, text=True, check=False).stdout.strip()

    changed = said("status", "--porcelain", "--untracked-files=no", "--", ".", ":(exclude)docs")
    return (said("rev-parse", "--short=10", "HEAD") or "unknown") + ("-dirty" if changed else "")


def machine() -> str:
    """What it was measured on."""
    cores = os.cpu_count()
    kernel = f"{platform.system()} {platform.release().split('-')[0]}"
    return f"{cores} cores, {platform.machine()}, {kernel}, Python {platform.python_version()}"


def shown(figure: Figure) -> str:
    """Its command as a user types it, which is also how its row is found again."""
    return f"`{figure.command.replace('python -m gameserver', 'gameserver').replace('{url}', 'ws://127.0.0.1:8765')}`"


def with_rows(page: str, fresh: Mapping[str, str], known: Sequence[str], on: str) -> str:
    """The page with these rows, by command, in the place of the old ones. Rows of figures that there are no more go, and so does
    what another machine measured.
    """
    rows: dict[str, str] = {}
    if HEAD in page and f" {on}." in page:
        for line in page.partition(HEAD)[2].strip().splitlines():
            rows[line.removesuffix(" |").rpartition(" | ")[2]] = line
    rows |= fresh
    table = "\n".join(rows[command] for command in known if command in rows)
    head = f"Written by `make prove`, on {on}. Commands run in the environment that `make test` makes."
    return f"# Figures\n\n{head}\n\n{HEAD}\n{table}\n"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.prove", description="Every figure at full size.")
    parser.add_argument("--only", metavar="TEXT", default="", help="only those whose command has this text")
    wanted = [figure for figure in FIGURES if parser.parse_args().only in figure.command]
    if not wanted:
        parser.error("no command has this text; docs/figures.md has them all")
    failed = 0
    for figure in wanted:
        print(f"{figure.promise} …", flush=True)
        text, reached, seconds = measure(figure)
        print(f"  {'reached' if reached else 'MISSED'}: {text} ({seconds:.0f} s)", flush=True)
        failed += not reached
        cells = (figure.promise, figure.aim, text, "yes" if reached else "**no**", commit(), shown(figure))
        row = f"| {' | '.join(cells)} |"
        page = PAGE.read_text() if PAGE.exists() else ""
        PAGE.write_text(with_rows(page, {shown(figure): row}, [shown(each) for each in FIGURES], machine()))
    print(f"{len(wanted) - failed} of {len(wanted)} figures reached; the table is in {PAGE.name}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

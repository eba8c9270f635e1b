"""`python -m tests.games.matches`: five-minute matches of bots on every map, much faster than real time, and what they prove.

In each match nobody stands about, nobody is in a wall, nothing faults, and a copy from bytes goes on alike. Over all matches of a
map every weapon is fired and kills, every pickup is taken, flags are captured and rounds end. And the stronger bots win.
Exits with 1 if one of these is not so.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING, Final

import attrs

from gameserver import MapError
from gameserver.core.brain import STRENGTHS
from gameserver.games.arena import Arena
from gameserver.games.arena.ground import read_ground
from gameserver.games.arena.state import MODES
from gameserver.maps import load_map, map_names
from tests.games.watched_match import WEAPONS, Outcome, Plan, play

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MOST_BOTS: Final = 8
MIXED: Final = (3, 1)
"""Every other match is one of strong bots against weak ones; in all others everyone is of strength 2."""
STRONGER_WINS: Final = 0.8
DUELS: Final = ((3, 1), (3, 2), (2, 1))
DUEL_MAP: Final = "duel"
HEADS: Final = ("map", "matches", "kills", *WEAPONS, "health", "ammo", "speed", "captures", "rounds", "stay s", "× real time")


def plans(
    maps: Iterable[str], seeds: Sequence[int], *, modes: Sequence[str], strengths: Sequence[int], seconds: int, bots: int = 0
) -> list[Plan]:
    """Each map's matches: its modes in turn; bots of the strengths named, or even and mixed in turn.

    `bots`: in each; 0: what suits the map. Raises MapError for a map that there is not.
    """
    found = []
    for name in maps:
        tile_map, _ = load_map(name)
        playable = [mode for mode in read_ground(tile_map).modes if not modes or mode in modes]
        seats = tile_map.properties.get("players")
        count = bots or min(MOST_BOTS, seats if isinstance(seats, int) else MOST_BOTS)
        for number, seed in enumerate(seeds if playable else ()):
            sides = strengths or (MIXED if number % 2 else (2,))
            mixed = tuple(sides[(bot + number // 2) % len(sides)] for bot in range(count))
            mode = playable[number % len(playable)]
            found.append(Plan(map=name, mode=mode, seed=seed, strengths=mixed, seconds=seconds))
    return found


def duels(seeds: Sequence[int], seconds: int) -> list[Plan]:
    """One against one, each pair of strengths."""
    return [
        Plan(map=DUEL_MAP, mode="all", seed=seed, strengths=pair if seed % 2 else pair[::-1], seconds=seconds)
        for pair in DUELS
        for seed in seeds
    ]


def speed(outcomes: Sequence[Outcome]) -> float:
    """How many times faster than real time, by the CPU."""
    return sum(outcome.plan.seconds for outcome in outcomes) / max(1e-9, sum(outcome.cpu_seconds for outcome in outcomes))


def row(name: str, outcomes: Sequence[Outcome]) -> list[str]:
    """The line of a map: kills by weapon with how often it was fired, pickups taken, and so on."""
    fired, kills, taken = (summed([getattr(outcome, part) for outcome in outcomes]) for part in ("fired", "kills", "taken"))
    return [
        name,
        str(len(outcomes)),
        str(sum(kills.values())),
        *(f"{kills[weapon]}/{fired[weapon]}" for weapon in WEAPONS),
        *(str(count) for count in taken.values()),
        str(sum(outcome.captures for outcome in outcomes)),
        str(sum(outcome.rounds for outcome in outcomes)),
        f"{max(outcome.longest_stay for outcome in outcomes):.1f}",
        f"{speed(outcomes):.0f}",
    ]


def summed(counts: Sequence[dict[str, int]]) -> dict[str, int]:
    """The sum of dicts with the same keys."""
    return {key: sum(one[key] for one in counts) for key in counts[0]}


def wins(outcomes: Iterable[Outcome]) -> dict[tuple[int, int], tuple[int, int]]:
    """By pair of strengths, stronger first: (matches in which it had more points a head, matches)."""
    found: dict[tuple[int, int], tuple[int, int]] = {}
    for outcome in outcomes:
        if len(outcome.points) == 2:
            strong, weak = sorted(outcome.points, reverse=True)
            won, all_of_them = found.get((strong, weak), (0, 0))
            found[strong, weak] = won + (outcome.points[strong] > outcome.points[weak]), all_of_them + 1
    return found


def missing(name: str, outcomes: Sequence[Outcome]) -> list[str]:
    """What did not occur in any match on a map, though it should."""
    found = []
    for part, verb in (("fired", "was fired"), ("kills", "killed"), ("taken", "was taken")):
        counts = summed([getattr(outcome, part) for outcome in outcomes])
        objects = load_map(name)[0].objects_of("pickup")
        there = {thing.properties.get("kind", "health") for thing in objects} if part == "taken" else set(counts)
        found += [f"{name}: no {what} {verb}" for what, count in counts.items() if not count and what in there]
    if not any(outcome.captures for outcome in outcomes) and any(outcome.plan.mode == "flags" for outcome in outcomes):
        found.append(f"{name}: no flag was captured")
    if not any(outcome.rounds for outcome in outcomes):
        found.append(f"{name}: no round ended")
    return found


def show(rows: Sequence[Sequence[str]]) -> None:
    """A table, its columns as wide as need be."""
    widths = [max(len(cells[column]) for cells in rows) for column in range(len(rows[0]))]
    for first, *others in rows:
        print("  ".join([first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))]))


def numbers(text: str) -> tuple[int, ...]:
    """`1,2` as numbers."""
    return tuple(int(word) for word in text.split(",") if word)


def check(parser: argparse.ArgumentParser, option: str, values: Iterable[object], known: Sequence[object]) -> None:
    """Say so, and leave, if one of these is unknown."""
    for value in values:
        if value not in known:
            parser.error(f"{option}: {value} is none of {', '.join(map(str, known))}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.games.matches", description="Matches of bots in virtual time.")
    parser.add_argument("--maps", default="", help="comma-separated (default: all)")
    parser.add_argument("--modes", default="", help="comma-separated (default: all that the map is for)")
    parser.add_argument("--matches", type=int, default=5, help="on each map (default: 5)")
    parser.add_argument("--seeds", metavar="A-B", help="of the matches on each map, instead of 1 to --matches")
    parser.add_argument("--strengths", type=numbers, default=(), help="of the bots in turn (default: 2s; in every other match 3,1)")
    parser.add_argument(
        "--bots", type=int, default=0, help=f"in each match (default: as many as the map has room for, to {MOST_BOTS})"
    )
    parser.add_argument("--duels", type=int, default=0, help="matches of one against one for each pair of strengths")
    parser.add_argument("--seconds", type=int, default=300, help="of each match (default: 300)")
    parser.add_argument("--processes", type=int, default=1, help="share the matches among so many processes")
    parser.add_argument("--json", action="store_true", help="print one JSON object for each match instead of the table")
    arguments = parser.parse_args()
    first, _, last = (arguments.seeds or f"1-{arguments.matches}").partition("-")
    seeds = range(int(first), int(last or first) + 1)
    maps = [name for name in arguments.maps.split(",") if name] or map_names()
    modes = [mode for mode in arguments.modes.split(",") if mode]
    check(parser, "--modes", modes, MODES)
    check(parser, "--strengths", arguments.strengths, STRENGTHS)
    bots = min(arguments.bots, Arena.max_players)
    try:
        to_play = plans(maps, seeds, modes=modes, strengths=arguments.strengths, seconds=arguments.seconds, bots=bots)
    except MapError as error:
        parser.error(str(error))
    fights = duels(range(1, arguments.duels + 1), arguments.seconds)
    outcomes: list[Outcome] = []
    with multiprocessing.Pool(arguments.processes) if arguments.processes > 1 else nullcontext() as pool:
        everything = to_play + fights
        for outcome in map(play, everything) if pool is None else pool.imap(play, everything):
            outcomes.append(outcome)
            if arguments.json:
                print(json.dumps(attrs.asdict(outcome)), flush=True)
    return judge(outcomes[: len(to_play)], outcomes[len(to_play) :], quiet=arguments.json)


def judge(matches: Sequence[Outcome], fights: Sequence[Outcome], *, quiet: bool) -> int:
    """Print the tables and what is wrong. Returns the exit code."""
    by_map: dict[str, list[Outcome]] = {}
    for outcome in matches:
        by_map.setdefault(outcome.plan.map, []).append(outcome)
    problems = [problem for name, outcomes in by_map.items() for problem in missing(name, outcomes)]
    for outcome in (*matches, *fights):
        problems += [f"{outcome.plan.map}, {wrong}\n  repeat with: {outcome.plan.command}" for wrong in outcome.wrong]
    table = [list(HEADS), *(row(name, outcomes) for name, outcomes in by_map.items())]
    if not quiet:
        show([*table, row("all", matches)] if matches else table)
    for what, outcomes in (("matches", matches), ("duels", fights)):
        for (strong, weak), (won, count) in sorted(wins(outcomes).items(), reverse=True):
            if not quiet:
                print(f"strength {strong} beat {weak} in {won} of {count} {what}", flush=True)
            if (strong, weak) == MIXED and won < STRONGER_WINS * count:
                problems.append(f"strength {strong} beat {weak} in {won} of {count} {what}, fewer than {STRONGER_WINS:.0%}")
    everything = [*matches, *fights]
    for problem in problems[:20]:
        print(problem, file=sys.stderr)
    print(f"{len(everything)} matches, {len(problems)} problems, {speed(everything):.0f} times real time", file=sys.stderr)
    return 1 if problems or not everything else 0


if __name__ == "__main__":
    sys.exit(main())

"""What happens in the box: the seed decides it, and with it how a run differs from others in kind; and what came of it."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

import attrs
import trio

from gameserver.games.arena import Arena
from gameserver.games.pong import Pong
from gameserver.net.simulated import Latency

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gameserver.core.game import Game

MOST_WRONG: Final = 200
"""Broken promises that are kept in words: the first ones tell most."""

BREAKERS: Final = frozenset(("leap", "jump", "slow_steps", "power_cut", "restart"))
"""Faults that touch every room of the process, so no room is left to be compared with its twin."""
AGEING: Final = frozenset(("leap", "wall_clock"))
"""Faults that make a ticket old at once."""
OF_THE_LINE: Final = ("reset", "blackhole", "clog", "slow_line", "partition", "swizzle", "storm", "cut_head", "half_close")
OF_THE_DISK: Final = ("hang_disk", "fail_disk", "slow_disk")
OF_THE_ROOM: Final = ("raise_in_step", "rot", "grow")
OF_TIME: Final = ("jump", "leap", "wall_clock", "slow_steps")
OF_THE_SERVER: Final = ("power_cut", "restart")
OF_PEOPLE: Final = ("chat", "expel", "hush", "report", "absence")
LIARS: Final = (
    "flooder",
    "stamper",
    "garbler",
    "slow_reader",
    "non_reader",
    "thief",
    "twice",
    "half_open",
    "meddler",
    "forger",
    "outlaw",
)
FAULTS: Final = (*OF_THE_LINE, *OF_THE_DISK, *OF_THE_ROOM, *OF_TIME, *OF_THE_SERVER, *LIARS, *OF_PEOPLE)
"""All that can be broken, or lie, or that people do to each other: the words of `--only`. What each is stands where it is done, in
faults.py, liars.py and deeds.py."""


@attrs.frozen(kw_only=True)
class Scenario:
    """One run: what the seed draws, unless it is said."""

    seed: int
    seconds: float
    bots: int | None = None
    """In the large room; None: as the seed draws."""
    faults: bool = True
    only: frozenset[str] | None = None
    """The faults that may be drawn, None: all."""

    def draw(self) -> Knobs:
        """How this run differs from others. What `only` leaves out changes nothing of what is left."""
        rng = random.Random(f"knobs of {self.seed}")
        game = rng.choice((Arena, Arena, Pong))
        bots = 2 if game is Pong else rng.choice((2, 2, 2, 3, 3, 4))
        knobs = Knobs(
            game=game,
            bots=bots,
            rate=rng.choice((5, 10, 10, 10, 20, 30, 60)),
            guests=rng.randint(2, 3),
            express=rng.random() < 0.7,
            chunking=rng.random() < 0.4,
            latency=Latency(rng.uniform(0.002, 0.06), rng.uniform(0.0, 0.03)),
            lively=rng.random() < 0.7,
            pace=rng.uniform(0.5, 2.0),
            copies=rng.random() < 0.2,
            leaves=rng.random() < 0.2,
            faults=_some(rng, FAULTS[: -len(OF_PEOPLE)]),
            asks=rng.random() < 0.4,
        )
        rng = random.Random(f"people of {self.seed}")
        knobs = attrs.evolve(knobs, faults=knobs.faults | _some(rng, OF_PEOPLE), held=rng.random() < 0.6)
        if not self.faults:
            knobs = attrs.evolve(
                knobs,
                game=Arena,
                faults=frozenset(),
                express=True,
                chunking=False,
                lively=True,
                copies=False,
                leaves=False,
                asks=False,
                held=False,
            )
        if self.only is not None:
            knobs = attrs.evolve(knobs, faults=self.only)
        return attrs.evolve(knobs, bots=self.bots if self.bots is not None else knobs.bots)

    @property
    def command(self) -> str:
        """What plays it again, exactly."""
        words = [f"python -m tests.sim --seed {self.seed} --seconds {self.seconds:g}"]
        if self.bots is not None:
            words.append(f"--bots {self.bots}")
        if not self.faults:
            words.append("--calm")
        if self.only is not None:
            words.append(f"--only {','.join(sorted(self.only))}")
        return " ".join(words)


def _some(rng: random.Random, names: Sequence[str]) -> frozenset[str]:
    """Which faults there are at all. Those that touch every room, and end most of what could be learnt of the others, are rare."""
    shares = {name: 0.12 if name in BREAKERS else 0.45 for name in names}
    return frozenset(name for name, share in shares.items() if rng.random() < share) or frozenset((names[0],))


@attrs.frozen(kw_only=True)
class Knobs:
    """What the seed draws.

    Attributes:
        game, bots: of the large room.
        rate, guests: ticks a second, and honest players, of the room in which nothing may be lost.
        express: the lane may be used.
        chunking: what is read and written is cut anywhere.
        lively: the faults stop before the end, and everybody must be back; else they go on to the end, and only safety counts.
        pace: seconds between two faults of each kind, relative to the usual.
        copies: a copy of each match is made from its state now and then, and must go on as the match does.
        leaves: after the end everyone leaves, and for more than a minute it is watched what remains.
        faults: which there are.
        asks: the server asks for tickets, if time lets them live.
        held: bots stand in for who is away (Game.bots_hold_seats).
    """

    game: type[Game]
    bots: int
    rate: int
    guests: int
    express: bool
    chunking: bool
    latency: Latency
    lively: bool
    pace: float
    copies: bool
    leaves: bool
    faults: frozenset[str]
    asks: bool
    held: bool = False

    @property
    def is_keyed(self) -> bool:
        """Does nobody come in without a ticket? Where time leaps, an honest one may be over before it is shown."""
        return self.asks and not self.faults & AGEING

    @property
    def has_twin(self) -> bool:
        """Is there a room that none of the faults may touch?"""
        return bool(self.faults) and not self.faults & BREAKERS


@attrs.define
class Outcome:
    """What came of it. `hash` covers every room's whole state again and again, and what every bot and guest counted."""

    hash: str = ""
    ticks: int = 0
    snapshots: int = 0
    """Worlds that bots and guests held and the oracle compared."""
    events: int = 0
    """Reliable events that guests were told, each once and in order."""
    calls: int = 0
    marks: int = 0
    """Presses that were used, each once."""
    lines: int = 0
    """Of what people said, each once to everybody who wants to hear it."""
    reports: int = 0
    """Of people, each once in the store."""
    expelled: int = 0
    """Honest players who were sent away, and told so."""
    stood_in: int = 0
    """Bots that played for who was away."""
    faults: dict[str, int] = attrs.field(factory=dict)
    ends: dict[int, int] = attrs.field(factory=dict)
    """How often the server closed a line, by code."""
    losses: int = 0
    resimulated: int = 0
    """Steps that were made again from recordings."""
    recordings: int = 0
    copied: int = 0
    """Steps that a copy made too."""
    twin: str = ""
    """Hash of the room that nothing may disturb; empty: there was none."""
    wrong: list[str] = attrs.field(factory=list)
    """Every broken promise, in words."""

    def complain(self, what: str) -> None:
        """A promise is broken."""
        if len(self.wrong) < MOST_WRONG:
            self.wrong.append(f"{trio.current_time():.3f} {what}")

    def count(self, fault: str) -> None:
        """This fault happens now."""
        self.faults[fault] = self.faults.get(fault, 0) + 1

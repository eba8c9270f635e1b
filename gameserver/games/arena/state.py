"""What there is in the arena: everything that is remembered, sent or chosen, as declared fields.

The fields of a tank that change most come first: the mask of a changed one then fits a byte.
"""

from __future__ import annotations

from typing import Final

from gameserver import Entity, Event, Globals, Input, Options, Player, angle, boolean, integer, real
from gameserver.games.arena.motion import QUANTUM

FULL_HEALTH: Final = 100
MAGAZINE: Final = 5
EMOTES: Final = 8
MAX_SCORE_LIMIT: Final = 100

MOST_LIFE: Final = 60
"""Ticks that a shell flies, 2 s: 450 px, a third of the field."""
LAST_TICK: Final = 2**31 - 1
"""Two years at 30 Hz."""


class Controls(Input):
    """What a driver does: eight keys or two thumb sticks. The left one steers, the right one aims."""

    bearing: int = angle(256, default=0)
    """Where he wants to go, whatever way the tank looks. It means nothing without throttle."""
    throttle: int = integer(0, 2, default=0)
    """0 rests, 1 is half speed (a thumb stick half way), 2 is full."""
    aim: int = angle(1024, default=0)
    """Where the turret points, at once."""
    fire: bool = boolean(default=False)
    """Held, it fires as often as the gun can."""
    respawn: bool = boolean(default=False, edge=True)
    """A wreck comes back early."""


class Tank(Entity):
    """A tank, or with health 0 its wreck, which stands where it was hit, in nobody's way, until the driver has a new one."""

    x: float = real(quantum=QUANTUM)
    y: float = real(quantum=QUANTUM)
    heading: int = angle(256)
    aim: int = angle(256)
    """Of the turret as others see it. A shot goes where its driver's finer aim points."""
    health: int = integer(0, FULL_HEALTH, default=FULL_HEALTH)
    team: int = integer(0, 31, default=0, audience="none")

    speed: float = real(quantum=QUANTUM, default=0.0, audience="owner", interpolate="none")
    """Along the heading, negative in reverse: what the owner needs to predict his tank."""
    ammo: int = integer(0, MAGAZINE, default=MAGAZINE, audience="owner")
    # Ticks at which something is due, and not counters: those would change, and be sent, in every tick.
    ready_tick: int = integer(0, LAST_TICK, default=0, audience="owner")
    """From then on the gun may fire again."""
    reload_tick: int = integer(0, LAST_TICK, default=0, audience="owner")
    """When the next round is loaded; it counts only while some are missing."""
    respawn_tick: int = integer(0, LAST_TICK, default=0, audience="owner")
    """When a wreck comes back by itself."""


class Shell(Entity):
    """A shell in flight, straight on. When its driver leaves it flies on and is nobody's."""

    x: float = real(quantum=QUANTUM)
    y: float = real(quantum=QUANTUM)
    heading: int = angle(256)
    """For drawing it, and for dodging."""
    team: int = integer(0, 31, default=0, audience="none")

    step_x: float = real(quantum=QUANTUM, audience="none")
    step_y: float = real(quantum=QUANTUM, audience="none")
    life: int = integer(0, MOST_LIFE, default=MOST_LIFE, audience="none")
    """Ticks it still flies."""


class Driver(Player):
    """Who has a seat, and what he achieved. It outlives his tanks."""

    score: int = integer(0, LAST_TICK, default=0)
    """What decides the match: a point for each kill."""
    kills: int = integer(0, LAST_TICK, default=0)
    deaths: int = integer(0, LAST_TICK, default=0)
    team: int = integer(0, 31, default=0, audience="none")
    emote_tick: int = integer(0, LAST_TICK, default=0, audience="none")
    """From then on he may show another emote."""


class Match(Globals):
    """The room's own state."""

    score_limit: int = integer(0, MAX_SCORE_LIMIT, default=0)
    """Who has it first wins; 0: the match goes on for ever."""
    over: bool = boolean(default=False)
    """It is won: nobody can fire any more."""


class Rules(Options):
    """What the maker of a room may choose."""

    score_limit: int = integer(0, MAX_SCORE_LIMIT, default=0)
    damage: int = integer(1, FULL_HEALTH, default=25)
    """Of one shell."""
    respawn_seconds: int = integer(1, 30, default=3)
    """How long a wreck lies at most; the press shortens it to one second."""


class Hit(Event):
    """A shell ended at a point. Cosmetic: for sparks and sound."""

    x: int = integer(0, 2**15)
    y: int = integer(0, 2**15)
    victim: int = integer(0, 1023)
    """PlayerId, or 0 for a wall."""


class Killed(Event, reliable=True):
    """A tank was destroyed. PlayerIds; the killer is 0 if he has left meanwhile."""

    killer: int = integer(0, 1023)
    victim: int = integer(0, 1023)


class Emoted(Event):
    """A driver shows one of the emotes above his tank. Cosmetic."""

    player: int = integer(0, 1023)
    which: int = integer(0, EMOTES - 1)

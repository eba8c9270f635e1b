"""What there is in the arena: everything that is remembered, sent or chosen, as declared fields.

The fields that change most come first, those that never do (owner, team, limits) last: the mask of a changed one then fits a byte.
Ticks at which something is due are kept, and not counters: those would change, and be sent, in every tick. 0 means not at all.
"""

from __future__ import annotations

from typing import Final

from gameserver import Entity, Event, Globals, Input, Options, Player, angle, boolean, integer, integers, real, text
from gameserver.games.arena.motion import QUANTUM

FULL_HEALTH: Final = 100
LAST_TICK: Final = 2**31 - 1
"""Two years at 30 Hz."""
FARTHEST: Final = 2**15
"""No map has a point further out, in pixels."""
MOST_PLAYER: Final = 991
"""No PlayerId is higher."""

# -- weapons: what `Controls.weapon` selects and `Killed.weapon` names --------------------------------------------------------
SHELL: Final = 0
SPREAD: Final = 1
MINE: Final = 2
RAIL: Final = 3
WEAPONS: Final = 4

MAGAZINE: Final = 5
"""Shells; they reload by themselves. The other weapons live on what a tank brings and finds."""
MOST_SPREADS: Final = 8
MOST_MINES: Final = 3
"""To carry, and also to have lying about."""
MOST_RAILS: Final = 4
START_SPREADS: Final = 2
START_MINES: Final = 1
START_RAILS: Final = 1

LEAP: Final = 32.0
"""Pixels along an axis in a tick, three times what a tank drives and is pushed: it has been put there, and no shot finds it where
it was before."""

MOST_LIFE: Final = 60
"""Ticks that a shell flies, 2 s: 450 px, a third of the field."""

# -- pickups: `Pickup.kind` ---------------------------------------------------------------------------------------------------
HEALTH: Final = 0
AMMO: Final = 1
SPEED: Final = 2
PICKUPS: Final = ("health", "ammo", "speed")
"""The words for them in maps, by number."""

# -- modes, phases, flags -----------------------------------------------------------------------------------------------------
MODES: Final = ("all", "teams", "flags")
"""Free-for-all, team against team, and capture the flag."""
TEAMS: Final = (1, 2)

WAITING: Final = 0
PLAYING: Final = 1
OVER: Final = 2

TAKEN: Final = 0
DROPPED: Final = 1
RETURNED: Final = 2
CAPTURED: Final = 3

MAX_SCORE_LIMIT: Final = 1000
MAX_TIME_LIMIT: Final = 3600
MAX_IDLE_SECONDS: Final = 600


class Controls(Input):
    """What a driver does: eight keys or two thumb sticks. The left one steers, the right one aims."""

    bearing: int = angle(256, default=0)
    """Where he wants to go, whatever way the tank looks. It means nothing without throttle."""
    throttle: int = integer(0, 2, default=0)
    """0 rests, 1 is half speed (a thumb stick half way), 2 is full."""
    aim: int = angle(1024, default=0)
    """Where the turret points, at once."""
    fire: bool = boolean(default=False)
    """Held, it fires as often as the weapon can."""
    weapon: int = integer(0, WEAPONS - 1, default=SHELL)
    """Which one the trigger fires: 0 shell, 1 spread, 2 mine, 3 rail."""
    respawn: bool = boolean(default=False, edge=True)
    """A wreck comes back early."""


# -- what stands, flies and lies about ----------------------------------------------------------------------------------------
class Tank(Entity):
    """A tank, or with health 0 its wreck, which stands where it was hit, in nobody's way, until the driver has a new one.

    `team` is 1 or 2, and 0 where there are no teams.
    """

    x: float = real(quantum=QUANTUM)
    y: float = real(quantum=QUANTUM)
    heading: int = angle(256)
    aim: int = angle(256)
    """Of the turret as others see it. A shot goes where its driver's finer aim points."""
    health: int = integer(0, FULL_HEALTH, default=FULL_HEALTH)
    safe_until: int = integer(0, LAST_TICK, default=0)
    """Before this tick nothing hurts it: it has only just come. 0 once that is past, or it has fired."""
    fast_until: int = integer(0, LAST_TICK, default=0)
    """Before this tick its top speed is FAST_SPEED. 0 once that is past."""

    speed: float = real(quantum=QUANTUM, default=0.0, audience="owner", interpolate="none")
    """Along the heading, negative in reverse: what the owner needs to predict his tank."""
    ammo: int = integer(0, MAGAZINE, default=MAGAZINE, audience="owner")
    """Shells in the magazine."""
    ready_tick: int = integer(0, LAST_TICK, default=0, audience="owner")
    """From then on it may fire again, whichever weapon."""
    reload_tick: int = integer(0, LAST_TICK, default=0, audience="owner")
    """When the next shell is loaded; it counts only while some are missing."""
    spreads: int = integer(0, MOST_SPREADS, default=START_SPREADS, audience="owner")
    mines: int = integer(0, MOST_MINES, default=START_MINES, audience="owner")
    """Those on board, not those laid."""
    rails: int = integer(0, MOST_RAILS, default=START_RAILS, audience="owner")
    respawn_tick: int = integer(0, LAST_TICK, default=0, audience="owner")
    """When a wreck comes back by itself."""


class Shell(Entity):
    """A shell, or a pellet of the spread, in flight, straight on. When its driver leaves it flies on and is nobody's."""

    x: float = real(quantum=QUANTUM)
    y: float = real(quantum=QUANTUM)
    heading: int = angle(256)
    """For drawing it, and for dodging."""
    weapon: int = integer(SHELL, SPREAD, default=SHELL)
    team: int = integer(0, 31, default=0, audience="none")
    """Its driver's; everyone knows it by the driver."""

    step_x: float = real(quantum=QUANTUM, audience="none")
    step_y: float = real(quantum=QUANTUM, audience="none")
    life: int = integer(0, MOST_LIFE, default=MOST_LIFE, audience="none")
    """Ticks it still flies."""


class Mine(Entity):
    """A mine. Everyone sees it being armed; from `armed_tick` on only its own side does, and it goes off under an enemy."""

    x: float = real(quantum=QUANTUM)
    y: float = real(quantum=QUANTUM)
    armed_tick: int = integer(0, LAST_TICK)
    end_tick: int = integer(0, LAST_TICK, audience="none")
    """It is gone then, without a bang."""


class Pickup(Entity):
    """Something to drive over. It is there only while it can be taken."""

    x: float = real(quantum=QUANTUM)
    y: float = real(quantum=QUANTUM)
    kind: int = integer(0, len(PICKUPS) - 1)
    """0 health, 1 ammo, 2 speed."""
    owner: int = integer(0, MOST_PLAYER, default=0, audience="none")
    team: int = integer(0, 31, default=0, audience="none")
    place: int = integer(0, LAST_TICK, audience="none")
    """Which of the map's pickups it is."""


class Flag(Entity):
    """The flag of a team: at home, on an enemy's tank, or lying where that one lost it."""

    x: float = real(quantum=QUANTUM)
    y: float = real(quantum=QUANTUM)
    carrier: int = integer(0, MOST_PLAYER, default=0)
    """The PlayerId of who has it."""
    home: bool = boolean(default=True)
    return_tick: int = integer(0, LAST_TICK, default=0)
    """When it goes home by itself; it counts only while it lies about."""
    owner: int = integer(0, MOST_PLAYER, default=0, audience="none")


class Driver(Player):
    """Who has a seat, and what he achieved in this round. It outlives his tanks. `team` is 1 or 2, and 0 where there are none."""

    score: int = integer(0, LAST_TICK, default=0)
    """What decides a free-for-all: a point for each kill. Three more for a captured flag."""
    kills: int = integer(0, LAST_TICK, default=0)
    deaths: int = integer(0, LAST_TICK, default=0)
    ready: bool = boolean(default=False)
    """For the round to come."""

    held: tuple[int, ...] = integers(0, 1023, most=6, default=(), audience="none")
    """His last input, by which it shows whether he is away."""
    held_since: int = integer(0, LAST_TICK, default=0, audience="none")


class Match(Globals):
    """The room's own state."""

    phase: int = integer(WAITING, OVER, default=WAITING)
    """0 waiting (nothing counts), 1 playing, 2 over (nobody fires)."""
    ends_tick: int = integer(0, LAST_TICK, default=0)
    """When the phase ends at the latest; 0: that is open."""
    starts_tick: int = integer(0, LAST_TICK, default=0)
    """When the round starts, once all are ready; 0: they are not."""
    round: int = integer(0, LAST_TICK, default=0)
    """Rounds begun."""
    team1_score: int = integer(0, LAST_TICK, default=0)
    team2_score: int = integer(0, LAST_TICK, default=0)
    score_limit: int = integer(0, MAX_SCORE_LIMIT, default=0)
    """Who has it first wins, a driver or a team; 0: there is none."""
    time_limit: int = integer(0, MAX_TIME_LIMIT, default=0)
    """Seconds of a round; 0: there is none."""
    mode: str = text(8, default=MODES[0])
    """all, teams or flags."""


class Rules(Options):
    """What the maker of a room may choose."""

    mode: str = text(8, choices=("map", *MODES), default="map")
    """all, teams or flags; map: what the map names first."""
    score_limit: int = integer(0, MAX_SCORE_LIMIT, default=25)
    """Kills, of a driver or of a team; with flags the points of a team, five for each captured. 0: none."""
    time_limit: int = integer(0, MAX_TIME_LIMIT, default=300)
    """Seconds of a round. 0: none."""
    damage: int = integer(10, 400, default=100)
    """Of all weapons, in percent."""
    respawn_seconds: int = integer(1, 30, default=3)
    """How long a wreck lies at most; the press shortens it to one second."""
    ready_up: bool = boolean(default=False)
    """A round starts when all are ready, and not with the first who comes."""
    friendly_fire: bool = boolean(default=False)
    """Shots hurt team mates, and do not pass through them."""
    idle_seconds: int = integer(0, MAX_IDLE_SECONDS, default=60)
    """Who does nothing for so long loses his seat. 0: never."""


# -- what happens ---------------------------------------------------------------------------------------------------------------
class Hit(Event):
    """A shell ended at a point. Cosmetic: for sparks and sound."""

    x: int = integer(0, FARTHEST)
    y: int = integer(0, FARTHEST)
    victim: int = integer(0, MOST_PLAYER)
    """PlayerId, or 0 for a wall."""


class Exploded(Event):
    """A mine went off. Cosmetic."""

    x: int = integer(0, FARTHEST)
    y: int = integer(0, FARTHEST)


class Railed(Event):
    """A rail was fired: a line from the shooter to what it hit. Cosmetic."""

    x0: int = integer(0, FARTHEST)
    y0: int = integer(0, FARTHEST)
    x1: int = integer(0, FARTHEST)
    y1: int = integer(0, FARTHEST)
    shooter: int = integer(0, MOST_PLAYER)


class Taken(Event):
    """Somebody drove over a pickup. Cosmetic."""

    x: int = integer(0, FARTHEST)
    y: int = integer(0, FARTHEST)
    kind: int = integer(0, len(PICKUPS) - 1)
    player: int = integer(0, MOST_PLAYER)


class Killed(Event, reliable=True):
    """A tank was destroyed. PlayerIds; the killer is 0 if he has left meanwhile."""

    killer: int = integer(0, MOST_PLAYER)
    victim: int = integer(0, MOST_PLAYER)
    weapon: int = integer(0, WEAPONS - 1)


class FlagMoved(Event, reliable=True):
    """Something happened to a flag."""

    what: int = integer(TAKEN, CAPTURED)
    """0 taken, 1 dropped, 2 returned, 3 captured."""
    team: int = integer(1, 2)
    """Whose flag it is."""
    player: int = integer(0, MOST_PLAYER)
    """Who did it; 0: it returned by itself."""


class RoundStarted(Event, reliable=True):
    """A round begins afresh."""

    number: int = integer(1, LAST_TICK)


class RoundEnded(Event, reliable=True):
    """A round is over. Everyone's score says the rest."""

    winner_team: int = integer(0, 2)
    """0 without teams, or if both won."""
    winner_player: int = integer(0, MOST_PLAYER)
    """0 with teams, or if several won."""

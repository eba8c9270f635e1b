"""A tank whose client says whatever it likes: how far it comes, whatever it is sent, when, how often, and over how many lines.

The messages go the way that all messages go: link, seat, decoder, input buffer, step. What is drawn is drawn from a seed.
"""

from __future__ import annotations

import random
from functools import cache
from math import hypot
from typing import TYPE_CHECKING, Final

import attrs
import trio
import trio.testing

from gameserver.core.limits import MAX_INTEGER
from gameserver.core.messages import Inputs
from gameserver.core.wire import encode_client
from gameserver.games.arena import Arena
from gameserver.games.arena.motion import FAST_SPEED, TOP_SPEED
from gameserver.games.arena.state import MINE
from gameserver.maps import load_map
from tests.helpers import AckingLink, make_room, sit, step

if TYPE_CHECKING:
    from gameserver import TileMap
    from gameserver.room import Room
    from tests.helpers import Seated

TICKS: Final = 150
SLACK: Final = 8
"""Ticks that a schedule may gain at most: as many inputs as may be accepted at once."""


@attrs.frozen
class Place:
    """Where the tank is after a tick, and how far it may have come in it."""

    x: float
    y: float
    most: float


@cache
def _map() -> tuple[TileMap, bytes]:
    return load_map("field")


async def drive(seed: int, game: type[Arena] = Arena, *, honest: bool = False) -> list[Place]:
    """Where a tank is tick by tick, under the schedule of this seed. `honest`: one input a tick, at full speed."""
    dice = random.Random(seed)
    room = make_room(game, tile_map=_map(), seed=seed)
    ann = sit(room)
    await step(room, 3)
    said: list[bytes] = []
    places = [_place(room, ann)]
    heading = dice.randrange(256)
    for _ in range(TICKS):
        if dice.random() < 0.03:
            heading = dice.randrange(256)
        tick = room.clock.tick
        if honest:
            ann.say(_inputs(dice, tick + 1, 1, heading))
        else:
            _shout(dice, ann, tick, heading, said)
            if dice.random() < 0.02:
                _come_back(room, ann)
        for _ in range(dice.choice((1, 1, 1, 1, 2))):
            await step(room)
            places.append(_place(room, ann))
        if ann.link.ended is not None:
            _come_back(room, ann)  # he has said too much; his seat is kept, or he has another
            if ann.seat.over:
                break
    return places


def excess(places: list[Place]) -> float:
    """By how many pixels the worst of all windows is beyond what is allowed; 0 if none is."""
    reach = [0.0]
    for place in places[1:]:
        reach.append(reach[-1] + place.most)
    top = max(place.most for place in places) if places else 0.0
    return max(
        (
            hypot(places[end].x - places[begin].x, places[end].y - places[begin].y) - (reach[end] - reach[begin]) - SLACK * top
            for begin in range(len(places))
            for end in range(begin + 1, len(places))
        ),
        default=0.0,
    )


def _place(room: Room, ann: Seated) -> Place:
    game = room.simulation.game
    assert isinstance(game, Arena)
    tank = next(tank for tank in game.tanks if tank.owner == ann.player)
    return Place(tank.x, tank.y, FAST_SPEED if tank.fast_until else TOP_SPEED)


def _inputs(dice: random.Random, first_tick: int, times: int, heading: int) -> bytes:
    """Forwards, mostly; whatever else he does, he lays no mines that would send him to another place."""
    rows: list[int] = []
    for _ in range(times):
        bearing = heading if dice.random() < 0.9 else dice.randrange(256)
        weapon = dice.choice([weapon for weapon in range(4) if weapon != MINE])
        rows += [bearing, 2 if dice.random() < 0.95 else 0, dice.randrange(1_024), dice.randrange(2), weapon, dice.randrange(2)]
    view = dice.choice((None, 0, first_tick * 256 % MAX_INTEGER, MAX_INTEGER))
    return encode_client(Inputs(first_tick, None, 0, view, tuple(rows)))


def _shout(dice: random.Random, ann: Seated, tick: int, heading: int, said: list[bytes]) -> None:
    """What comes in one tick: nothing, one input, a flood; of any ticks; and what was said before, again and in any order."""
    new = []
    for _ in range(dice.choice((0, 1, 1, 1, 2, 5, 20))):
        ahead = dice.choice((1, 1, 1, 0, -1, dice.randint(-40, 60)))
        stamp = dice.choice((max(0, tick + ahead),) * 9 + (MAX_INTEGER,))
        new.append(_inputs(dice, stamp, dice.choice((1, 1, 1, 2, 8, 10)), heading))
    old = dice.sample(said, min(len(said), dice.choice((0, 0, 1, 3))))
    messages = [*new, *old]
    dice.shuffle(messages)
    said += new
    ann.say(*messages)


def _come_back(room: Room, ann: Seated) -> None:
    """Over another line, with the token that he was given last."""
    token = bytes(16)
    room.welcome(ann.seat, token)
    link = AckingLink()
    if ann.seat.over:
        return
    ann.seat.resume(link, token)
    ann.seat.enter(link)
    ann.link = link


def run_schedules(first: int, count: int) -> tuple[float, int]:
    """The worst excess of so many, and how many ticks were looked at; for a benchmark."""

    async def measure() -> tuple[float, int]:
        worst, ticks = 0.0, 0
        for seed in range(first, first + count):
            places = await drive(seed)
            worst, ticks = max(worst, excess(places)), ticks + len(places)
        return worst, ticks

    return trio.run(measure, clock=trio.testing.MockClock(autojump_threshold=0))

"""Plays one scenario: a server in a world that breaks, honest players who know what they were promised, liars, and those who watch.

Everything is decided by the seed: the same seed gives the same hash, in every process and under every hash seed. The real server,
the real WebSocket stack and the real client run on simulated ports.
"""

from __future__ import annotations

import hashlib
import random
from typing import TYPE_CHECKING, Final

import trio
from gameclient.bots import BotReport, BotRunner
from gameclient.client import Client

from gameserver.standing import Rank
from tests.determinism import run_deterministic
from tests.sim import faults, liars, tapes
from tests.sim.deputies import Deputies
from tests.sim.honest import Honest
from tests.sim.scenario import Outcome
from tests.sim.world import BRITTLE, LARGE, QUIET, TELLING, World

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameserver.core.messages import Snapshot
    from tests.sim.invariants import Life
    from tests.sim.scenario import Scenario

CALM_SECONDS: Final = 10.0
"""After the last fault everyone must play again within this time (I10)."""
LOOK_SECONDS: Final = 0.5
"""Between two looks at who sits where."""
SILENT_SECONDS: Final = 0.5
"""Who was shown nothing for so long does not play."""
FAILING: Final = frozenset(("raise_in_step", "rot"))
"""Faults that end a room. One that merely grows goes on (MAX_STATE)."""
HOSTS: Final = frozenset(("guest 0",))
"""Whose tickets make them that, where tickets are asked for; else who came first is host."""
GUESTS: Final = 2
"""In each room but the one in which nothing may be lost."""


def run(scenario: Scenario, on_played: Callable[[], None] = lambda: None) -> Outcome:
    """Play it, and its twin if there is one: the room that nothing touched must have been the same (I8). `on_played`: called when
    the match is over, and what is left of it is about to be checked.
    """
    outcome = run_deterministic(play, scenario, on_played, seed=scenario.seed)
    if outcome.twin:
        twin = run_deterministic(play_twin, scenario, seed=scenario.seed)
        if twin.twin != outcome.twin:
            outcome.wrong.append(f"the quiet room would have been another without the faults: {outcome.twin} and {twin.twin}")
        outcome.wrong += [f"in the twin: {wrong}" for wrong in twin.wrong]
    return outcome


async def play(scenario: Scenario, on_played: Callable[[], None] = lambda: None) -> Outcome:
    """Run the scenario; must run under `tests.determinism.run_deterministic`. `on_played`: as for `run`."""
    outcome = Outcome()
    world = World(scenario, scenario.draw(), outcome)
    with world.logs.watched(), world.endings.watched():
        await _Play(world, on_played).run()
    return outcome


async def play_twin(scenario: Scenario) -> Outcome:
    """The quiet room of the scenario, with nobody else on the server and nothing broken."""
    outcome = Outcome()
    world = World(scenario, scenario.draw(), outcome, alone=True)
    quiet = _quiet(world)
    async with trio.open_nursery() as nursery:
        await world.start(nursery)
        for guest in quiet:
            nursery.start_soon(guest.run)
        await world.sleep_until_end()
        outcome.twin = _hash_of(world.oracle.lives[QUIET][0])
        nursery.cancel_scope.cancel()
    return outcome


class _Play:
    """One run."""

    def __init__(self, world: World, on_played: Callable[[], None]) -> None:
        self._world = world
        self._on_played = on_played
        rng = random.Random(f"play of {world.scenario.seed}")
        who = [(TELLING, f"guest {number}") for number in range(world.knobs.guests)]
        who += [(BRITTLE, f"brave {number}") for number in range(GUESTS)]
        self._guests = [
            Honest(name, world, room, rng.getrandbits(32), rank=Rank.HOST if name in HOSTS else Rank.PLAYER)
            for room, name in who
            if room in world.games
        ]
        world.guests = self._guests
        self._quiet = _quiet(world) if QUIET in world.games else []
        self._runner = _bots(world, rng.getrandbits(16))
        self._rng = rng
        self._deputies = Deputies(world, sorted(world.held), rng.getrandbits(32))

    async def run(self) -> None:
        """From the first player's coming until the last has left, and a while."""
        world, outcome, report = self._world, self._world.outcome, self._runner.report
        async with trio.open_nursery() as nursery:
            await world.start(nursery)
            async with trio.open_nursery() as players:
                for guest in (*self._quiet, *self._guests):
                    players.start_soon(guest.run)
                players.start_soon(self._runner.run)
                players.start_soon(self._look)
                if self._deputies.rooms:
                    players.start_soon(self._deputies.run)
                await self._break_things()
                await world.sleep_until_end()
                if world.knobs.lively:
                    self._check_end()
                if self._quiet:
                    outcome.twin = _hash_of(world.oracle.lives[QUIET][0])
                players.cancel_scope.cancel()
            outcome.losses += report.losses
            outcome.wrong += report.errors
            outcome.hash = self._hash(report)
            if world.knobs.leaves:
                await world.check_left_over()
            await world.close()
            outcome.ticks = sum(life.last_tick for lives in world.oracle.lives.values() for life in lives)
            self._on_played()
            await tapes.check_all(world, self._rng)
            await world.reported.check()
            nursery.cancel_scope.cancel()

    async def _break_things(self) -> None:
        """All that is drawn, until it is time for everyone to come back, or to the end."""
        world = self._world
        async with trio.open_nursery() as nursery:
            for name in sorted(world.knobs.faults):
                nursery.start_soon(liars.lie if name in liars.ATTACKS else faults.inject, world, name)
            await world.sleep_until_end(before=CALM_SECONDS if world.knobs.lively else 0.0)
            nursery.cancel_scope.cancel()
        world.disk.mend()

    async def _look(self) -> None:
        """At who sits where, now and then."""
        while True:
            await trio.sleep(LOOK_SECONDS)
            self._world.census.look(self._world.server)

    def _check_end(self) -> None:
        """It was calm for a while: everybody plays, and is owed nothing (I10)."""
        world = self._world
        now = trio.current_time()
        playing = {name for name, at in world.oracle.last_seen.items() if now - at < SILENT_SECONDS}
        expected = {guest.name for guest in (*self._guests, *self._quiet)}
        expected |= {f"bot {number + 1}" for number in range(world.knobs.bots)}
        for name in sorted(expected - playing):
            world.outcome.complain(f"{name} does not play {CALM_SECONDS:g} s after the last fault")
        if world.server.unadmitted > 0:
            world.outcome.complain(f"{world.server.unadmitted} connections are still unadmitted")
        for guest in self._guests:
            guest.check_end()
        if world.server.rooms.faulted and not world.knobs.faults & FAILING:
            world.outcome.complain("a room has failed, and no game was made to")

    def _hash(self, report: BotReport) -> str:
        outcome = self._world.outcome
        counted = (outcome.snapshots, outcome.events, outcome.calls, outcome.marks, sorted(outcome.faults.items()))
        ends = sorted(outcome.ends.items())
        history = (self._world.oracle.digest(), report.to_json(), counted, ends, outcome.wrong)
        return hashlib.blake2b(repr(history).encode(), digest_size=16).hexdigest()


def _quiet(world: World) -> list[Honest]:
    """They are the same in the run and in its twin."""
    rng = random.Random(f"quiet of {world.scenario.seed}")
    return [Honest(f"quiet {number}", world, QUIET, rng.getrandbits(32), calm=True) for number in range(GUESTS)]


def _hash_of(life: Life) -> str:
    """Of all that the room was, at every HASH_EVERY-th tick."""
    return hashlib.blake2b(repr(sorted(life.hashes.items())).encode(), digest_size=16).hexdigest()


def _bots(world: World, seed: int) -> BotRunner:
    oracle = world.oracle

    class Watched(Client):
        def _take_snapshot(self, snapshot: Snapshot, now: float) -> None:
            super()._take_snapshot(snapshot, now)
            oracle.compare(self.name, self)

    return BotRunner(
        f"ws://{world.HOST}:{world.PORT}",
        game=world.games[LARGE],
        room=LARGE,
        count=world.knobs.bots,
        seconds=float("inf"),
        seed=seed,
        network=world.rough,
        comes_back=True,
        client_type=Watched,
        mint=world.office.bot_ticket if world.office.keys is not None else None,
    )

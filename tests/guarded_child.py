"""`python -m tests.guarded_child hostile|provoked|stopped SECONDS`: a server under a real guard, in real time, in its own process.

Prints "ready" when its rooms tick, and at the end one JSON object about them.
"""

from __future__ import annotations

import json
import re
import sys
import time
from typing import TYPE_CHECKING, Final, TypeVar, TypeVarTuple

import trio
from gameclient.client import Client, ClientClosed

from gameserver.core.limits import HOOK_CPU_SECONDS, HOOK_WALL_SECONDS
from gameserver.core.messages import Role
from gameserver.guard import Guard
from gameserver.net.real import real_ports
from gameserver.rooms import Rooms
from gameserver.server import Server
from tests.helpers import HOST, Toy, sit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gameserver import Game, PlayerId
    from tests.helpers import Push

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

HEALTHY: Final = 20
MOST_SECONDS: Final = 10.0
"""Until a room that hung has gone on, on a machine that does many other things."""


def spin() -> None:
    n = 0
    while True:
        n += 1


def spin_in_bare_except() -> None:
    while True:
        try:  # noqa: SIM105 - how it catches is the point
            spin()
        except:  # noqa: E722 - likewise
            pass


def explode() -> None:
    re.match(r"(a+)+$", "a" * 40 + "b")


class Hostile(Toy):
    """Never comes back from its tenth step."""

    name = "hostile"

    def step(self, inputs: Mapping[PlayerId, Push]) -> None:
        super().step(inputs)
        if self.tick == 10:
            self.hang()

    def hang(self) -> None:
        spin()


class Stubborn(Hostile):
    name = "stubborn"

    def hang(self) -> None:
        spin_in_bare_except()


class Exploding(Hostile):
    name = "exploding"

    def hang(self) -> None:
        explode()


class Provoked(Toy):
    """Never comes back from what a player presses."""

    name = "provoked"

    def step(self, inputs: Mapping[PlayerId, Push]) -> None:
        super().step(inputs)
        if any(push.jump for push in inputs.values()):
            spin()


HOSTILE: Final = (Hostile, Stubborn, Exploding)


class TimedGuard(Guard):
    """Tells how long hooks had to wait for the processor, which is the machine's fault: the hostile ones never sleep.

    Attributes:
        stolen_seconds: the most of any one hook.
    """

    stolen_seconds = 0.0

    def run(
        self,
        hook: Callable[[*Ts], T],
        *args: *Ts,
        cpu_seconds: float = HOOK_CPU_SECONDS,
        wall_seconds: float = HOOK_WALL_SECONDS,
    ) -> T:
        wall, cpu = time.monotonic(), time.thread_time()
        try:
            return super().run(hook, *args, cpu_seconds=cpu_seconds, wall_seconds=wall_seconds)
        finally:
            self.stolen_seconds = max(self.stolen_seconds, time.monotonic() - wall - (time.thread_time() - cpu))


async def run(kind: str, seconds: float) -> dict[str, object]:
    games: dict[str, type[Game]] = {game.name: game for game in (Toy, Hostile, Stubborn, Exploding, Provoked)}
    with TimedGuard() as guard:
        ports = real_ports(".")
        server = Server(Rooms(ports=ports, games=games, maps={}, guard=guard), ports=ports)
        rooms = [server.rooms.open(f"well{number}", Toy, keep=True) for number in range(HEALTHY)]
        ((host, port),) = await server.listen(HOST, 0)
        client = Client(f"ws://{host}:{port}/ws/well0", game="toy", name="ann", role=Role.SPECTATOR)
        lost: list[str] = []

        async def look_on(client: Client) -> None:
            await trio.sleep_forever()

        async def play() -> None:
            try:
                await client.run(look_on)
            except ClientClosed as closed:
                lost.append(str(closed))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(server.run)
            nursery.start_soon(play)
            for room in rooms:
                sit(room, role=Role.SPECTATOR)
            await trio.sleep(0.2)
            start = trio.current_time()
            print("ready", flush=True)
            for room in rooms:
                room.counts.worst_lateness_seconds = 0.0  # from here on
            restarts = 0
            if kind == "provoked":
                room = server.rooms.open("provoked", Provoked)
                player = sit(room)
                await trio.sleep(seconds / 2)
                player.push(room.clock.tick + 2, (0, 1))
                deadline = trio.current_time() + MOST_SECONDS
                while not room.counts.restarts and room.plan.name in server.rooms and trio.current_time() < deadline:  # noqa: ASYNC110 - in real time
                    await trio.sleep(0.05)
                await trio.sleep(seconds / 2)
                restarts = room.counts.restarts
            elif kind == "hostile":
                for game in HOSTILE:  # one after the other: two that hang at once are late together
                    sit(server.rooms.open(game.name, game))
                    await trio.sleep(seconds / len(HOSTILE))
            else:
                await trio.sleep(seconds)
            passed = trio.current_time() - start
            report = {
                "passed": passed,
                "restarts": restarts,
                "faulted": server.rooms.faulted,
                "open": sorted(server.rooms),
                "ticks": min(room.clock.tick for room in rooms),
                "lost_seconds": max(room.clock.lost_seconds for room in rooms),
                "worst_lateness_seconds": max(room.counts.worst_lateness_seconds for room in rooms),
                "stolen_seconds": guard.stolen_seconds,
                "lost_lines": lost,
                "snapshots_seen": client.stats.snapshots,
                "longest_gap_seconds": max(client.stats.gaps),
            }
            nursery.cancel_scope.cancel()
    return report


def main() -> None:
    kind, seconds = sys.argv[1:]
    print(json.dumps(trio.run(run, kind, float(seconds))), flush=True)


if __name__ == "__main__":
    main()

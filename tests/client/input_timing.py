"""How well a client's inputs meet their ticks: a client that sends one for every tick, as a page does, behind simulated lines.

    python -m tests.client.input_timing [--minutes 10]

prints the figures. The tests judge a minute of each.
"""

from __future__ import annotations

import argparse
from typing import Final

import attrs
import trio
from gameclient.client import Client
from trio.testing import MockClock

from gameserver.net.simulated import Latency, SimNetwork, Toward
from tests.helpers import HOST, PORT, Push, game_of, serving, toy_at

STALL_EVERY_SECONDS: Final = 5.0
STALL_SECONDS: Final = 0.25
PRESS_EVERY_SECONDS: Final = 0.5
"""Longer than a stall: presses that come late together count as one, because they fall into one tick."""


@attrs.frozen
class Link:
    """A line there and back; `stalls`: nothing comes through for STALL_SECONDS, again and again."""

    name: str
    latency: Latency
    stalls: bool = False


LINKS: Final = (
    Link("LAN", Latency(0.0002, 0.001)),
    Link("100 ms ± 10", Latency(0.04, 0.02)),
    Link("150 ms ± 15", Latency(0.06, 0.03)),
    Link("150 ms ± 30", Latency(0.045, 0.06)),
    Link("150 ms ± 15, stalls", Latency(0.06, 0.03), stalls=True),
)


@attrs.frozen
class Figures:
    """What came of the inputs."""

    sent: int
    late: int
    bridged: int
    """Ticks without an input, from the first on."""
    refused: int
    """Early, repeated, or more than the queue or the credit allows."""
    mean_ticks: float
    """The mean margin, which is how long an input waits for its tick."""
    pressed: int
    jumps: int
    """Presses that counted."""

    @property
    def late_percent(self) -> float:
        return 100 * self.late / self.sent

    @property
    def bridged_percent(self) -> float:
        return 100 * self.bridged / self.sent


async def _stall(network: SimNetwork) -> None:
    while True:
        await trio.sleep(STALL_EVERY_SECONDS - STALL_SECONDS)
        (connection,) = network.connections
        for toward in Toward:
            connection.clog(toward)
        await trio.sleep(STALL_SECONDS)
        for toward in Toward:
            connection.unclog(toward)


async def measure(link: Link, rate: int, seconds: float, seed: int = 1) -> Figures:
    """Play so long; a press every PRESS_EVERY_SECONDS. To be called in virtual time."""
    async with serving(toy_at(rate), latency=link.latency, seed=seed) as host:
        client = Client(f"ws://{HOST}:{PORT}/ws/room1", game=f"toy{rate}", name="ann", network=host.network)
        figures: list[Figures] = []

        async def play(client: Client) -> None:
            room = host.server.rooms["room1"]
            counts = room.seats[0].inputs.counts
            margins: list[float] = []
            sent = pressed = 0
            async with trio.open_nursery() as nursery:
                if link.stalls:
                    nursery.start_soon(_stall, host.network)
                bridged_before: int | None = None
                ends_at = trio.current_time() + seconds
                while trio.current_time() < ends_at:
                    turn = await client.next_turn()
                    jump = turn % round(PRESS_EVERY_SECONDS * rate) == 0
                    await client.send_input(turn, Push(right=1, jump=jump))
                    sent += 1
                    pressed += jump
                    if client.margin_seconds is not None:
                        margins.append(client.margin_seconds * rate)
                        if bridged_before is None:
                            bridged_before = counts.held + counts.neutral
                nursery.cancel_scope.cancel()
            bridged = counts.held + counts.neutral - (bridged_before or 0)
            await client.next_snapshot((client.replica.tick or 0) + rate)  # the last of them have been used
            figures.append(
                Figures(
                    sent=sent,
                    late=counts.late,
                    bridged=bridged,
                    refused=counts.early + counts.repeated + counts.excess,
                    mean_ticks=sum(margins) / len(margins),
                    pressed=pressed,
                    jumps=game_of(room).players[client.player].jumps,
                )
            )

        await client.run(play)
        return figures[0]


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    minutes = parser.parse_args().minutes
    print(f"{minutes:g} minutes of simulated time; a margin is in ticks")
    print("line                   Hz    inputs   late %   ticks without %   mean margin   presses / counted")
    for link in LINKS:
        for rate in (30, 60):
            made = trio.run(measure, link, rate, 60 * minutes, clock=MockClock(autojump_threshold=0))
            print(
                f"{link.name:<22} {rate:>2}  {made.sent:>8}  {made.late_percent:>7.3f}  {made.bridged_percent:>16.3f}"
                f"  {made.mean_ticks:>12.2f}   {made.pressed:>7} / {made.jumps}"
            )


if __name__ == "__main__":
    main()

"""What a bench found: numbers for programs, a page for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gameserver.bench.laps import Spread

HOOKS: Final = {
    "tick": "all of the following",
    "join": "your hook, and a new Player",
    "leave": "your hook, and what it leaves behind",
    "calls": "your @call methods",
    "timers": "your methods that are due",
    "step": "your hook",
    "is_over": "your hook",
    "quantise": "all fields are rounded and packed",
    "audience": "your hook, for each entity",
    "view": "rows are sorted by who may see them",
}
"""What is in a tick of the simulation, in its order."""
OTHERS: Final = {
    "encode": "fragments for all clients",
    "setup": "your hook, and the empty room",
    "brain": "one thought of one bot",
}


@attrs.frozen(kw_only=True)
class BenchReport:
    """See the module. Times are microseconds."""

    game: str
    players: int
    seconds: float
    """Of game time, that were measured."""
    seed: int
    map: str
    matches: int
    ticks: int
    tick_rate: int
    times: Mapping[str, Spread]
    """By hook or stage."""
    snapshot: Spread
    """Bytes of each frame to each client."""
    keyframe: Spread
    """Bytes of what somebody gets who comes."""
    state: Spread
    """Bytes of the encoded state."""
    bytes_per_second: Mapping[str, float]
    """To each client, by field, event or overhead, the largest first."""
    entities: Mapping[str, Spread]
    warnings: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "game": self.game,
            "players": self.players,
            "seconds": self.seconds,
            "seed": self.seed,
            "map": self.map or None,
            "matches": self.matches,
            "ticks": self.ticks,
            "microseconds": {stage: spread.to_json() for stage, spread in self.times.items()},
            "snapshot_bytes": self.snapshot.to_json(),
            "keyframe_bytes": self.keyframe.to_json(),
            "state_bytes": self.state.to_json(),
            "bytes_per_second_per_client": dict(self.bytes_per_second),
            "entities": {kind: spread.to_json() for kind, spread in self.entities.items()},
            "warnings": list(self.warnings),
        }

    def readable(self) -> str:
        """For a person."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        where = f" on {self.map}" if self.map else ""
        matches = f", {self.matches} matches" if self.matches > 1 else ""
        played = f"{self.seconds:g} s at {self.tick_rate} Hz, {self.ticks} ticks{matches}"
        yield f"{self.game}: {self.players} bots{where}, {played}, seed {self.seed}"
        yield ""
        yield f"{'microseconds':14}{'median':>9}{'p99':>9}{'worst':>9}{'times':>8}"
        for stage, what in (HOOKS | OTHERS).items():
            spread = self.times[stage]
            numbers = f"{spread.median:9.1f}{spread.p99:9.1f}{spread.worst:9.1f}" if spread.count else f"{'-':>9}{'-':>9}{'-':>9}"
            yield f"{stage:14}{numbers}{spread.count:8}  {what}"
        yield ""
        yield (
            f"a step of {self.game} with {self.players} players: {self.times['tick'].median / 1e3:.2f} ms at the median, "
            f"{self.times['tick'].median * self.tick_rate / 1e4:.1f} % of a tick"
        )
        yield ""
        yield f"{'bytes':14}{'median':>9}{'p99':>9}{'worst':>9}"
        for name, spread in (("snapshot", self.snapshot), ("keyframe", self.keyframe), ("state", self.state)):
            yield f"{name:14}{spread.median:9.0f}{spread.p99:9.0f}{spread.worst:9.0f}"
        yield ""
        total = sum(self.bytes_per_second.values())
        yield f"{'bytes a second to each client':36}{total:9.0f}"
        for name, rate in self.bytes_per_second.items():
            yield f"  {name:34}{rate:9.0f}{rate / total if total else 0:7.1%}"
        yield ""
        yield f"{'entities':14}{'median':>9}{'p99':>9}{'worst':>9}"
        for name, spread in self.entities.items():
            yield f"{name:14}{spread.median:9.0f}{spread.p99:9.0f}{spread.worst:9.0f}"
        yield ""
        yield from (f"warning: {warning}" for warning in self.warnings)
        if not self.warnings:
            yield "no warnings"

"""What one client saw, counted."""

from __future__ import annotations

import attrs


@attrs.define
class ClientStats:
    """What one client saw, on all of its lines. Times in seconds."""

    snapshots: int = 0
    bytes_received: int = 0
    first_snapshot_at: float = 0.0
    last_snapshot_at: float = 0.0
    gaps: list[float] = attrs.field(factory=list)
    """Between one snapshot and the next; the time without a line is one of them."""
    round_trips: list[float] = attrs.field(factory=list)
    late_inputs: int = 0
    """Inputs of which the server said that they came after their tick was due."""
    losses: int = 0
    """Lines that ended against our will after WELCOME. A try that gets no answer has no line to lose."""
    world_mismatches: int = 0
    """Lines that ended because the world on them was wrong: each is a fault of the server, or of this client."""

    def count_snapshot(self, now: float) -> None:
        """One has come."""
        if self.snapshots:
            self.gaps.append(now - self.last_snapshot_at)
        else:
            self.first_snapshot_at = now
        self.snapshots += 1
        self.last_snapshot_at = now

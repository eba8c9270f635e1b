"""What one line saw, counted."""

from __future__ import annotations

import attrs


@attrs.define
class ClientStats:
    """What one line saw. Times in seconds."""

    snapshots: int = 0
    bytes_received: int = 0
    first_snapshot_at: float = 0.0
    last_snapshot_at: float = 0.0
    gaps: list[float] = attrs.field(factory=list)
    """Between one snapshot and the next."""
    round_trips: list[float] = attrs.field(factory=list)
    late_inputs: int = 0
    """Inputs of which the server said that they came after their tick was due."""

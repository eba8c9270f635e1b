"""The whole state of a room for a person to read: everything, hidden fields too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gameserver.core.record import Entity, Globals
    from gameserver.core.simulation import Simulation


def dump(simulation: Simulation) -> dict[str, Any]:
    """The state after the last step as plain values, entities under the names of their classes. For eyes: `encode` is for use."""
    world = simulation.world
    globals_type = type(world.globals)
    return {
        "game": f"{world.schema.game}@{world.schema.version}",
        "tick": world.tick,
        "hash": f"{world.hash():016x}",
        "result": world.result,
        globals_type.__name__: _values(world.globals),
        **{
            record.__name__: [{"id": number} | _values(entity) for number, entity in entities.items()]
            for record, entities in world.by_kind.items()
        },
        "timers": world.timers.to_plain()[1],
        "talk": world.talk.to_plain(),
        "random": list(world.rng.state()),
    }


def _values(record: Entity | Globals) -> dict[str, Any]:
    return {field.name: getattr(record, field.name) for field in record.layout.fields}

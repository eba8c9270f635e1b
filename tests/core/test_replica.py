"""A replica survives any server: a frame that does not fit raises one of two errors, and never anything else."""

from __future__ import annotations

import functools
import random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gameserver.core.errors import ProtocolError, WorldMismatch
from gameserver.core.parts import Parts, Viewer
from gameserver.core.replica import Replica
from gameserver.core.schema import Schema
from gameserver.core.simulation import Simulation
from tests.core.helpers import Boom, Driver, Match, Mine, Nasty, Tank, parts_seen, script, unpacked
from tests.sizes import sized

if TYPE_CHECKING:
    from collections.abc import Callable

Fragments = tuple[Any, ...]

KEY = ((0, 0, (9, 1, 5, "Ann", 1, 0, 1, 1, 0), (), ()),)
"""A keyframe with one driver of score 5."""


@functools.cache
def recorded() -> tuple[tuple[int, tuple[int, ...], Fragments], ...]:
    """Drops and fragments of a real match, for its first player."""
    simulation = Simulation(Nasty, seed=1)
    parts, viewer = Parts(Nasty.schema, crc_every=7), Viewer()
    frames = []
    for _, turn in zip(range(60), script(1, most_players=1), strict=False):
        simulation.step(*turn)
        cosmetics = {part: [(kind, 0, row) for kind, row in rows] for part, rows in simulation.cosmetics().items()}
        parts.commit(simulation.world.tick, simulation.contents(), cosmetics)
        draft = parts.draft(viewer, parts_seen(simulation, 1))
        viewer.commit(draft)
        frames.append((simulation.world.tick, tuple(draft.drops), tuple(unpacked(b"".join(draft.fragments)))))
    return tuple(frames)


def replica_at(tick: int, schema: Schema = Nasty.schema) -> Replica:
    replica = Replica(schema)
    for when, drops, fragments in recorded()[:tick]:
        replica.apply(0, when, drops, (), fragments)
    return replica


def state(replica: Replica) -> Any:  # noqa: ANN401 - for comparing
    return {part: dict(records) for part, records in replica.parts.items()}


# -- what holds for a good server ----------------------------------------------------------------------------------------
def test_the_recorded_match_has_everything_in_it() -> None:
    """Or the mutations below would attack nothing."""
    fragments = [fragment for _, _, frame in recorded() for fragment in frame]
    assert any(fragment[1] == 0 for fragment in fragments)
    assert all(any(fragment[place] for fragment in fragments) for place in (2, 3, 4))
    assert any(len(fragment) > 5 and fragment[5] is not None for fragment in fragments)
    assert any(len(fragment) > 6 for fragment in fragments)
    assert any(drops for _, drops, _ in recorded())
    assert replica_at(60).crcs_checked > 5


def test_a_schema_from_the_wire_gives_the_same_world() -> None:
    """A client has no classes of the game, only what WELCOME told it."""
    near, far = replica_at(60), replica_at(60, Schema.from_wire(Nasty.schema.to_wire()))
    assert state(near) == state(far)
    for kind in (Driver, Tank, Mine):
        here: list[Any] = near.all(kind)
        there: list[Any] = far.all(kind.__name__)
        assert len(here) == len(there)
        for one, other in zip(here, there, strict=True):
            for field in kind.layout.fields:
                assert getattr(one, field.name, None) == getattr(other, field.name, None)
    assert near.shared().title == far.shared().title
    assert isinstance(near.shared(), Match)


@pytest.mark.parametrize("schema", [Nasty.schema, Schema.from_wire(Nasty.schema.to_wire())], ids=["the game's", "from the wire"])
def test_cosmetic_events_come_oldest_first_as_objects(schema: Schema) -> None:
    replica = Replica(schema)
    fragments = [(0, 0, (), (), (), None, (0, 1, 16, 7, 0, 5, 32, 8)), (1, 0, (), (), (), None, (0, 3, 48, 9))]
    cosmetics = replica.apply(0, 10, (), (), fragments)
    assert [(event.name, event.tick, event.event.at, event.event.code) for event in cosmetics] == [
        ("Boom", 5, 2.0, 8),
        ("Boom", 7, 3.0, 9),
        ("Boom", 9, 1.0, 7),
    ]
    assert schema is not Nasty.schema or isinstance(cosmetics[0].event, Boom)


def test_an_empty_replica_shows_nothing() -> None:
    replica = Replica(Nasty.schema)
    assert replica.tick is None
    assert replica.shared() is None
    assert replica.players() == []
    assert replica.get(5) is None
    with pytest.raises(KeyError):
        replica.all("Unknown")


def test_what_was_looked_at_does_not_change() -> None:
    """A bot that keeps an object keeps what it saw."""
    replica = replica_at(20)
    before = replica.shared()
    clock = before.clock
    _, drops, fragments = recorded()[20]
    replica.apply(0, 21, drops, (), fragments)
    assert before.clock == clock
    assert replica.shared().clock == clock + 1


# -- bases and epochs ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("back", [1, 3, 10**6])
def test_a_base_that_is_not_ours_is_a_mismatch(back: int) -> None:
    replica = Replica(Nasty.schema)
    replica.apply(0, 10, (), (), KEY)
    with pytest.raises(WorldMismatch, match="counts from tick"):
        replica.apply(0, 12, (), (), [(0, back, (), (), ())])


def test_a_part_that_we_never_had_has_no_base() -> None:
    with pytest.raises(WorldMismatch, match="part 3 counts from tick 9, we hold None"):
        Replica(Nasty.schema).apply(0, 10, (), (), [(3, 1, (), (), ())])


def test_a_part_on_schedule_without_a_fragment_moves_its_base() -> None:
    replica = Replica(Nasty.schema)
    replica.apply(0, 10, (), (0, 4), KEY)
    replica.apply(0, 11, (), (), ())
    replica.apply(0, 12, (), (), ())  # 4 divides 12
    replica.apply(0, 13, (), (), ())
    replica.apply(0, 14, (), (), [(0, 2, (), (), (1, 1, 3))])
    assert replica.parts[0][1][1][0] == 8


def test_a_dropped_part_forgets_its_schedule() -> None:
    """After a drop the part is due in every tick again, on both sides."""
    replica = Replica(Nasty.schema)
    replica.apply(0, 10, (), (0, 4), KEY)
    replica.apply(0, 11, (0,), (), ())
    assert replica.parts == {}
    replica.apply(0, 12, (), (), KEY)
    replica.apply(0, 13, (), (), ())
    replica.apply(0, 14, (), (), [(0, 1, (), (), ())])


def test_a_tick_that_does_not_grow_is_refused() -> None:
    replica = Replica(Nasty.schema)
    replica.apply(0, 10, (), (), KEY)
    for tick in (10, 9):
        with pytest.raises(ProtocolError, match=f"snapshot {tick} follows 10"):
            replica.apply(0, tick, (), (), ())


def test_a_lower_epoch_is_ignored() -> None:
    """A frame of the process that lost the room; it may still be on its way."""
    replica = Replica(Nasty.schema)
    replica.apply(3, 10, (), (), KEY)
    before = state(replica)
    assert replica.apply(2, 11, (0,), (), [("nonsense",)]) == []
    assert (state(replica), replica.tick, replica.epoch) == (before, 10, 3)


def test_a_higher_epoch_begins_from_nothing() -> None:
    """Parts, bases and schedule were the old process's; its ticks may have been further."""
    replica = Replica(Nasty.schema)
    replica.apply(0, 100, (), (0, 4), KEY)
    replica.apply(1, 50, (), (), ())
    assert (replica.parts, replica.tick, replica.epoch) == ({}, 50, 1)
    replica.apply(1, 53, (), (), KEY)
    replica.apply(1, 54, (), (), ())  # 4 does not divide it, but that schedule is forgotten
    replica.apply(1, 55, (), (), [(0, 1, (), (), (1, 1, 3))])
    with pytest.raises(WorldMismatch):
        replica.apply(2, 56, (), (), [(0, 1, (), (), ())])


# -- hostile frames ------------------------------------------------------------------------------------------------------
CAR = (17, 1, 0, 0, 1, 2**41, "n", 0, 0)
"""A tank as `entered` has it: form, id, x, heading, alive, plate, note, owner, team."""


@pytest.mark.parametrize(
    ("drops", "schedule", "fragment"),
    [
        ((), (0, 0), (0, 0, (), (), ())),
        ((), (0, -1), (0, 0, (), (), ())),
        ((), (0, 2.0), (0, 0, (), (), ())),
        ((), (0, "2"), (0, 0, (), (), ())),
        ((), (0,), (0, 0, (), (), ())),
        (({},), (), (0, 0, (), (), ())),
        (5, (), (0, 0, (), (), ())),
        ((), (), (-1, 0, (), (), ())),
        ((), (), (True, 0, (), (), ())),
        ((), (), ("0", 0, (), (), ())),
        ((), (), (0, -1, (), (), ())),
        ((), (), (0, 0.0, (), (), ())),
        ((), (), (0, False, (), (), ())),
        ((), (), (0, 0, 5, (), ())),
        ((), (), (0, 0, None, (), ())),
        ((), (), (0, 0, "abc", (), ())),
        ((), (), (0, 0, CAR[:-1], (), ())),
        ((), (), (0, 0, CAR[:1], (), ())),
        ((), (), (0, 0, (17.0, *CAR[1:]), (), ())),
        ((), (), (0, 0, (True, *CAR[1:]), (), ())),
        ((), (), (0, 0, (16, *CAR[1:]), (), ())),
        ((), (), (0, 0, (-7, *CAR[1:]), (), ())),
        ((), (), (0, 0, (10**6, *CAR[1:]), (), ())),
        ((), (), (0, 0, ((), *CAR[1:]), (), ())),
        ((), (), (0, 0, (17, 1.5, *CAR[2:]), (), ())),
        ((), (), (0, 0, (17, -1, *CAR[2:]), (), ())),
        ((), (), (0, 0, (17, 2**60, *CAR[2:]), (), ())),
        ((), (), (0, 0, (17, 1, 0.5, *CAR[3:]), (), ())),
        ((), (), (0, 0, (17, 1, True, *CAR[3:]), (), ())),
        ((), (), (0, 0, (17, 1, 2**60, *CAR[3:]), (), ())),
        ((), (), (0, 0, (17, 1, 0, 256, *CAR[4:]), (), ())),
        ((), (), (0, 0, (17, 1, 0, -1, *CAR[4:]), (), ())),
        ((), (), (0, 0, (*CAR[:6], 5, 0, 0), (), ())),
        ((), (), (0, 0, (*CAR[:6], b"n", 0, 0), (), ())),
        ((), (), (0, 0, (*CAR[:6], (1.5,), 0, 0), (), ())),
        ((), (), (0, 0, (*CAR[:6], {}, 0, 0), (), ())),
        ((), (), (0, 0, CAR, (5,), ())),
        ((), (), (0, 0, CAR, ("5",), ())),
        ((), (), (0, 0, CAR, (), (2, 1, 1))),
        ((), (), (0, 0, CAR, (), (1, 1))),
        ((), (), (0, 0, CAR, (), (1,))),
        ((), (), (0, 0, CAR, (), (1, -1, 1, 1, 1, 1, "n", 1, 1, 1))),
        ((), (), (0, 0, CAR, (), (1, 1 << 7, 1))),
        ((), (), (0, 0, CAR, (), (1, 1, 0.5))),
        ((), (), (0, 0, CAR, (), (1, 1, True))),
        ((), (), (0, 0, CAR, (), (1, 1, "1"))),
        ((), (), (0, 0, CAR, (), (1, 1, 2**53 - 1, 0, 1, 2**53 - 1))),
        ((), (), (0, 0, CAR, (), (1, 2, 0.5))),
        ((), (), (0, 0, CAR, (), (1, 16, None))),
        ((), (), (0, 0, CAR, (), (1.0, 1, 1))),
        ((), (), (0, 0, CAR, (), (1, 1.0, 1))),
        ((), (), (0, 0, (), (), (), None, (-1, 0, 1, 1))),
        ((), (), (0, 0, (), (), (), None, (9, 0, 1, 1))),
        ((), (), (0, 0, (), (), (), None, (0, -1, 1, 1))),
        ((), (), (0, 0, (), (), (), None, (0, 0.5, 1, 1))),
        ((), (), (0, 0, (), (), (), None, (0, 0, 1))),
        ((), (), (0, 0, (), (), (), None, (0, 0, 1, -1))),
        ((), (), (0, 0, (), (), (), None, (0, 0, 1.5, 1))),
        ((), (), (0, 0, (), (), (), None, 5)),
        ((), (), (0, 0)),
        ((), (), ()),
        ((), (), None),
    ],
)
def test_a_fragment_that_does_not_fit_is_refused(drops: Any, schedule: Any, fragment: Any) -> None:  # noqa: ANN401 - hostile
    with pytest.raises(ProtocolError):
        Replica(Nasty.schema).apply(0, 5, drops, schedule, [fragment])


@pytest.mark.parametrize("crc", [0, 5, 1.5, "x", True])
def test_a_wrong_crc_is_a_mismatch(crc: object) -> None:
    with pytest.raises(WorldMismatch, match="CRC"):
        Replica(Nasty.schema).apply(0, 5, (), (), [(0, 0, CAR, (), (), crc)])


VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-3, 40),
        st.integers(-(2**63), 2**64 - 1),
        st.floats(),
        st.text(max_size=4),
        st.binary(max_size=4),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4).map(tuple), st.dictionaries(st.text(max_size=2), inner, max_size=2)),
    max_leaves=6,
)


def mutated(value: Any, draw: Callable[[st.SearchStrategy[Any]], Any], dice: random.Random) -> Any:  # noqa: ANN401 - any value
    """The same with something replaced, left out, doubled or put in, somewhere inside."""
    if not isinstance(value, tuple) or not value or dice.random() < 0.15:
        return draw(VALUES)
    at = dice.randrange(len(value))
    match dice.randrange(6):
        case 0:
            return value[:at] + value[at + 1 :]
        case 1:
            return (*value[:at], value[at], value[at], *value[at + 1 :])
        case 2:
            return (*value[:at], draw(VALUES), *value[at:])
        case _:
            return (*value[:at], mutated(value[at], draw, dice), *value[at + 1 :])


@settings(max_examples=sized(1_500, 400))
@given(data=st.data(), tick=st.integers(1, 59), seed=st.integers(0, 2**32))
def test_a_hostile_server_raises_two_errors_and_no_other(data: st.DataObject, tick: int, seed: int) -> None:
    dice = random.Random(seed)
    replica = replica_at(tick)
    when, drops, fragments = recorded()[tick]
    hostile: Any = (drops, (), fragments)
    for _ in range(dice.randint(1, 3)):
        hostile = mutated(hostile, data.draw, dice)
        if not isinstance(hostile, tuple) or len(hostile) != 3:
            return
    try:
        cosmetics = replica.apply(0, when, *hostile)
    except (ProtocolError, WorldMismatch):
        return
    # what was let in can be looked at
    assert all(isinstance(event.tick, int) for event in cosmetics)
    for kind in Nasty.schema.kinds:
        looked_at: list[Any] = replica.all(kind.name)
        for seen in looked_at:
            replica.get(getattr(seen, "id", 0))
    replica.shared()

"""The schema on the wire: a client learns all that it may know from it, and nothing else; a hostile one is only refused."""

from __future__ import annotations

import copy
import random
from typing import TYPE_CHECKING, Any

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gameserver.core.errors import ProtocolError
from gameserver.core.schema import Schema, form, split_form
from tests.core.helpers import Nasty
from tests.sizes import sized

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameserver.core.layout import Layout


def wire() -> dict[str, Any]:
    """The schema of the test game as a client gets it."""
    made: dict[str, Any] = msgpack.unpackb(msgpack.packb(Nasty.schema.to_wire()), use_list=False)
    return made


def shown(layout: Layout, *, defaults: bool = False) -> list[tuple[Any, ...]]:
    """All about a layout that may be known outside."""
    return [
        (
            f.name,
            f.type,
            f.audience,
            f.quantum,
            f.low,
            f.high,
            f.steps,
            f.most,
            f.interpolate,
            f.edge,
            f.neutral if defaults else None,
        )
        for f in layout.fields
        if f.audience != "none"
    ]


def test_a_client_knows_whether_the_room_ticks_on_input() -> None:
    class Patient(Nasty):
        ticks_on_input = True

    assert "on_input" not in Nasty.schema.to_wire()
    assert not Schema.from_wire(Nasty.schema.to_wire()).on_input
    assert Patient.schema.to_wire()["on_input"] is True
    assert Schema.from_wire(Patient.schema.to_wire()).on_input


def test_a_client_gets_back_what_the_server_declared() -> None:
    there = Schema.from_wire(wire())
    here = Nasty.schema
    assert (there.game, there.version) == ("nasty", 3)
    assert [kind.name for kind in there.kinds] == ["Match", "Driver", "Tank", "Mine"]
    for mine, theirs in zip((*here.kinds, *here.events), (*there.kinds, *there.events), strict=True):
        assert shown(theirs) == shown(mine)
        assert theirs.cuts == mine.cuts
    assert {name: shown(layout) for name, layout in there.calls.items()} == {
        name: shown(layout) for name, layout in here.calls.items()
    }
    assert shown(there.options) == shown(here.options)


def test_a_client_knows_the_input_of_no_input() -> None:
    theirs, mine = Schema.from_wire(wire()).input, Nasty.schema.input
    assert shown(theirs, defaults=True) == shown(mine, defaults=True)
    assert theirs.pack(theirs.neutral()) == mine.pack(mine.neutral()) == (0, 0, 0, 0, 2)
    assert [field.get("neutral") for field in wire()["input"]] == [None, None, None, None, 2]


def test_what_nobody_may_see_is_not_told_either() -> None:
    """Neither its name nor that there is such a thing."""
    said = str(wire())
    hidden = [field.name for kind in Nasty.schema.kinds for field in kind.fields if field.audience == "none"]
    assert len(hidden) > 5
    assert not any(repr(name) in said for name in hidden)


def test_the_wire_form_survives_msgpack_and_is_stable() -> None:
    data = msgpack.packb(Nasty.schema.to_wire())
    assert msgpack.packb(Nasty.schema.to_wire()) == data
    assert Nasty.schema.fingerprint() == Nasty.schema.fingerprint()
    assert len(Nasty.schema.fingerprint()) == 16


@given(kind=st.integers(0, 1_000), levels=st.integers(1, 7))
def test_a_form_says_kind_and_levels(kind: int, levels: int) -> None:
    assert split_form(form(kind, levels)) == (kind, levels)


@pytest.mark.parametrize("number", [0, 8, 80, -1, -8])
def test_a_form_that_shows_nothing_is_none(number: int) -> None:
    with pytest.raises(ValueError, match="shows nothing"):
        split_form(number)


# -- hostile servers ---------------------------------------------------------------------------------------------------------
def field_of(data: dict[str, Any], number: int = 2, slot: int = 0) -> dict[str, Any]:
    """A field of a kind, to be spoilt."""
    field: dict[str, Any] = data["kinds"][number]["fields"][slot]
    return field


INJECTIONS = [
    "x\n import os",
    "x = 1; import os #",
    "__class__",
    "_x",
    "__init__",
    "",
    " x",
    "x ",
    "x.y",
    "x-y",
    "x[0]",
    "class",
    "None",
    "lambda",
    "id",
    "layout",
    "ﬁre",  # a ligature, which Python's compiler would read as "fire"
    "1x",
    "x\x00",
    5,
    None,
    b"x",
    (),
]


@pytest.mark.parametrize("name", INJECTIONS, ids=repr)
def test_a_field_name_is_a_plain_identifier(name: object) -> None:
    """Converters are generated source: no name may become anything but an attribute."""
    data = wire()
    field_of(data)["name"] = name
    with pytest.raises(ProtocolError):
        Schema.from_wire(data)


@pytest.mark.parametrize(
    "name",
    [n for n in INJECTIONS if n not in ("id", "layout", "class", "None", "lambda", "ﬁre", "__class__", "_x", "__init__", "x-y")],
    ids=repr,
)
@pytest.mark.parametrize("where", ["kinds", "events", "calls"])
def test_the_name_of_a_class_is_a_name(where: str, name: object) -> None:
    data = wire()
    data[where][0]["name"] = name
    with pytest.raises(ProtocolError):
        Schema.from_wire(data)


def spoil(**changes: object) -> Callable[[dict[str, Any]], object]:
    return lambda data: field_of(data).update(changes)


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.pop("kinds"),
        lambda data: data.update(kinds=()),
        lambda data: data.update(kinds=data["kinds"][:1]),
        lambda data: data.update(kinds=5),
        lambda data: data.update(game=5),
        lambda data: data.update(game="x y"),
        lambda data: data.update(version="1"),
        lambda data: data.update(version=float("inf")),
        lambda data: data.update(version=float("nan")),
        lambda data: data.update(version=-1),
        lambda data: data.update(input=None),
        lambda data: data.update(events=(5,)),
        lambda data: data.update(calls={"a": 1}),
        lambda data: data["kinds"][2].pop("fields"),
        lambda data: data["kinds"][2].update(fields=data["kinds"][2]["fields"] * 2),
        lambda data: data["kinds"][2].update(fields=data["kinds"][2]["fields"][::-1]),
        lambda data: data["kinds"][2].update(fields=tuple({**field_of(data), "name": f"x{i}"} for i in range(33))),
        lambda data: field_of(data).pop("type"),
        lambda data: field_of(data).pop("quantum"),
        lambda data: field_of(data, 2, 1).pop("steps"),
        lambda data: field_of(data, 2, 1).update(steps=1),
        lambda data: field_of(data, 2, 1).update(steps=2**40),
        lambda data: field_of(data, 2, 1).update(steps=256.0),
        lambda data: field_of(data, 2, 4).update(most=0),
        lambda data: field_of(data, 2, 4).pop("most"),
        lambda data: field_of(data, 2, 4).update(most=10**9),
        lambda data: data["events"][0]["fields"][0].update(audience="owner"),
        lambda data: data["input"][0].update(audience="team"),
        lambda data: data["input"][0].update(neutral=2),
        lambda data: data["input"][0].update(neutral=0.5),
        lambda data: data["input"][0].update(low=None),
        lambda data: data["input"][0].pop("high"),
        spoil(type="code"),
        spoil(type=["real"]),
        spoil(type=None),
        spoil(audience="none"),
        spoil(audience="everyone"),
        spoil(audience={}),
        spoil(quantum=(1, 0)),
        spoil(quantum=(0, 1)),
        spoil(quantum=(-1, 16)),
        spoil(quantum=(1, 3)),
        spoil(quantum=(1, 2**80)),
        spoil(quantum=(2**1100, 1)),
        spoil(quantum=(1.0, 16)),
        spoil(quantum=(1,)),
        spoil(quantum="11"),
        spoil(quantum=None),
        spoil(low=2**70),
        spoil(low=0.5),
        spoil(low="0"),
        spoil(low=True),
        spoil(low=5, high=4),
        spoil(interpolate="cubic"),
        spoil(interpolate=5),
        spoil(interpolate=["linear"]),
    ],
)
def test_a_schema_that_makes_no_sense_is_refused(change: Callable[[dict[str, Any]], object]) -> None:
    data = copy.deepcopy(wire())
    change(data)
    with pytest.raises(ProtocolError, match="schema cannot be read"):
        Schema.from_wire(data)


@pytest.mark.parametrize("data", [None, 5, "schema", (), [], {}, {"kinds": ((), ())}, {"game": "x"}])
def test_what_is_no_schema_at_all_is_refused(data: object) -> None:
    with pytest.raises(ProtocolError):
        Schema.from_wire(data)


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 300),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(),
    st.text(max_size=5),
    st.binary(max_size=3),
    st.just(()),
    st.just({}),
    st.sampled_from(("real", "integer", "angle", "boolean", "text", "integers", "all", "team", "owner", "linear")),
)


@settings(max_examples=sized(400, 150))
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_a_mutated_schema_is_read_or_refused(data: st.DataObject, seed: int) -> None:
    """And what is read can be used: every layout makes an object of no input and packs it again."""
    dice = random.Random(seed)
    hostile = _thawed(wire())
    for _ in range(dice.randint(1, 4)):
        _mutate(hostile, data.draw(VALUES), dice)
    try:
        schema = Schema.from_wire(hostile)
    except ProtocolError:
        return
    for layout in (*schema.kinds, *schema.events, *schema.calls.values(), schema.input, schema.options):
        assert layout.pack(layout.neutral()) == layout.pack(layout.make(layout.pack(layout.neutral())))
    assert isinstance(schema.to_wire(), dict)


def _thawed(value: Any) -> Any:  # noqa: ANN401 - a schema
    if isinstance(value, dict):
        return {key: _thawed(item) for key, item in value.items()}
    return [_thawed(item) for item in value] if isinstance(value, tuple) else value


def _mutate(value: Any, new: Any, dice: random.Random) -> None:  # noqa: ANN401 - a schema
    """Replace, remove or add something, somewhere inside."""
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    if not keys:
        return
    key = dice.choice(keys)
    if isinstance(value[key], dict | list) and value[key] and dice.random() < 0.9:
        _mutate(value[key], new, dice)
    elif dice.random() < 0.8:
        value[key] = new
    else:
        del value[key]

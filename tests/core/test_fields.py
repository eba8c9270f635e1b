"""Each kind of field: what it takes, how it is rounded, what goes on the wire, and what it says when a value does not fit."""

from __future__ import annotations

import json
import math
import subprocess
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gameserver.core.errors import GameError, SchemaError
from gameserver.core.fields import MAX_UNITS, angle, boolean, check_value, integer, integers, real, text
from gameserver.core.limits import MAX_INTEGER
from gameserver.core.record import Entity, Input, Options
from tests.tools import require_tool


class Sample(Entity):
    coarse: float = real(quantum=4.0, default=0.0)
    fine: float = real(quantum=1 / 1024, default=0.0)
    ranged: float = real(quantum=1 / 16, low=-10.0, high=20.0, default=0.0)
    exact: float = real(audience="none", default=0.0)
    count: int = integer(-5, 300, default=0)
    big: int = integer(0, MAX_INTEGER, default=0)
    facing: int = angle(256, default=0)
    third: int = angle(3, default=0)
    on: bool = boolean(default=False)
    label: str = text(5, default="")
    path: tuple[int, ...] = integers(-1, 9, most=3, default=())


SLOTS = {field.name: slot for slot, field in enumerate(Sample.layout.fields)}


def packed(**values: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever a game might set
    """The row of a sample with these values, by field."""
    row = Sample.layout.pack(Sample(**values))
    return {name: row[slot] for name, slot in SLOTS.items()}


# -- rounding ----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("value", "units"),
    [(0.0, 0), (2.0, 1), (1.999, 0), (-2.0, 0), (-2.001, -1), (6.0, 2), (-6.0, -1), (10.0, 3), (-10.0, -2), (-0.0, 0), (7, 2)],
)
def test_reals_round_to_the_nearest_unit_and_halves_go_up(value: float, units: int) -> None:
    """Python's round() would take halves to the even unit and JavaScript's Math.round takes them up: one rule for both."""
    assert packed(coarse=value)["coarse"] == units


REALS = st.floats(-1e9, 1e9, allow_nan=False)


@given(value=REALS)
def test_a_real_is_rounded_in_the_object_itself(value: float) -> None:
    """The server's value is the wire's value; so packing again changes nothing."""
    sample = Sample(coarse=value, fine=value, exact=value)
    row = Sample.layout.pack(sample)
    for name, quantum in (("coarse", 4.0), ("fine", 1 / 1024)):
        units = row[SLOTS[name]]
        assert type(units) is int
        assert units == math.floor(Fraction(value / quantum) + Fraction(1, 2)) or abs(value / quantum) >= 2**52
        assert getattr(sample, name) == units * quantum
    assert sample.exact == value
    assert Sample.layout.pack(sample) == row


@given(units=st.integers(-MAX_UNITS, MAX_UNITS))
def test_every_unit_survives_rounding(units: int) -> None:
    """Above 2**52 `floor(n + 0.5)` is no longer n: hence the bound of a real."""
    assert packed(coarse=units * 4.0)["coarse"] == units


@pytest.mark.parametrize("units", [MAX_UNITS + 1, -MAX_UNITS - 1, 2**53])
def test_units_beyond_the_exact_ones_are_refused(units: int) -> None:
    with pytest.raises(GameError, match=r"Sample\.coarse"):
        packed(coarse=units * 4.0)


def test_an_exact_real_is_a_float_and_has_no_negative_zero() -> None:
    """An int or -0.0 left in the object would behave differently in a restored room, which gets floats from the row."""
    sample = Sample(exact=-0.0)
    Sample.layout.pack(sample)
    assert math.copysign(1.0, sample.exact) == 1.0
    sample.exact = 3
    assert Sample.layout.pack(sample)[SLOTS["exact"]] == 3.0
    assert type(sample.exact) is float


@given(value=st.integers(-(10**30), 10**30))
def test_any_int_is_an_angle(value: int) -> None:
    sample = Sample(facing=value, third=value)
    Sample.layout.pack(sample)
    assert (sample.facing, sample.third) == (value % 256, value % 3)


# -- round trips -------------------------------------------------------------------------------------------------------------
SAMPLES = st.builds(
    Sample,
    coarse=REALS,
    fine=REALS,
    ranged=st.floats(-10.0, 20.0),
    exact=st.floats(allow_nan=False, allow_infinity=False),
    count=st.integers(-5, 300),
    big=st.integers(0, MAX_INTEGER),
    facing=st.integers(),
    third=st.integers(),
    on=st.booleans(),
    label=st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    path=st.lists(st.integers(-1, 9), max_size=3).map(tuple),
    owner=st.integers(0, 991),
    team=st.integers(0, 31),
)


@given(sample=SAMPLES)
def test_load_is_the_inverse_of_pack(sample: Sample) -> None:
    layout = Sample.layout
    row = layout.pack(sample)
    other = Sample()
    layout.load(other, row)
    assert {name: getattr(other, name) for name in SLOTS} == {name: getattr(sample, name) for name in SLOTS}
    assert layout.pack(layout.make(row)) == row


@given(sample=SAMPLES)
def test_a_row_that_was_packed_passes_the_check_for_hostile_rows(sample: Sample) -> None:
    """All but the field that never travels, whose value is no integer."""
    visible = [field for field in Sample.layout.fields if field.audience != "none"]
    row = Sample.layout.pack(sample)[: len(visible)]
    for field, value in zip(visible, row, strict=True):
        if field.type in ("text", "integers"):
            assert check_value(field, value) is None
        else:
            assert type(value) is int


class Wide(Input):
    stick: float = real(quantum=1 / 8, low=-1.0, high=1.0)
    free: float = real(quantum=0.5)
    way: int = angle(8)
    step: int = integer(-2, 2)
    jump: bool = boolean(edge=True)


BOUNDS = [(-8, 8), (-MAX_UNITS, MAX_UNITS), (0, 7), (-2, 2), (0, 1)]


@given(row=st.tuples(*(st.integers(low, high) for low, high in BOUNDS)))
def test_a_row_within_its_bounds_is_accepted_and_comes_back(row: tuple[int, ...]) -> None:
    assert Wide.layout.pack(Wide.layout.make(Wide.layout.check_row(row))) == row


@given(row=st.lists(st.one_of(st.integers(), st.floats(), st.booleans(), st.text(), st.none(), st.binary()), max_size=7).map(tuple))
def test_a_row_out_of_its_bounds_is_refused(row: tuple[Any, ...]) -> None:
    fits = len(row) == len(BOUNDS) and all(type(v) is int and low <= v <= high for v, (low, high) in zip(row, BOUNDS, strict=True))
    if not fits:
        with pytest.raises(ValueError, match="Wide"):
            Wide.layout.check_row(row)


# -- levels ------------------------------------------------------------------------------------------------------------------
class Secretive(Entity):
    public: int = integer(0, 9, default=1)
    ours: int = integer(0, 9, default=2, audience="team")
    mine: int = integer(0, 9, default=3, audience="owner")
    hidden: int = integer(0, 9, default=4, audience="none")


@pytest.mark.parametrize("levels", range(1, 8))
def test_each_level_shows_its_own_fields_and_no_others(levels: int) -> None:
    layout = Secretive.layout
    shown = layout.slicer(levels)(layout.pack(Secretive(owner=7, team=5)))
    seen = layout.see(levels, shown)
    expected = [(1, ("public", "owner", "team")), (2, ("ours",)), (4, ("mine",))]
    for bit, names in expected:
        for name in names:
            assert hasattr(seen, name) == bool(levels & bit), f"levels {levels}: {name}"
    assert not hasattr(seen, "hidden")


def test_an_entity_in_two_parts_becomes_one_object() -> None:
    layout = Secretive.layout
    row = layout.pack(Secretive(public=8, mine=6))
    seen = layout.see(1, layout.slicer(1)(row))
    layout.show(seen, 4, layout.slicer(4)(row))
    assert (seen.public, seen.mine) == (8, 6)


# -- errors ------------------------------------------------------------------------------------------------------------------
class Odd(int):
    """Like the scalars of numerical libraries: an int, and yet not one."""


class OddFloat(float):
    """The same for floats: what it gives in a sum is odd, too."""

    def __add__(self, other: float) -> OddFloat:
        return OddFloat(float(self) + other)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("coarse", math.nan, "nan is not finite"),
        ("coarse", math.inf, "inf is not finite"),
        ("coarse", -math.inf, "-inf is not finite"),
        ("coarse", 1e308, "outside"),
        pytest.param("coarse", 10**400, "outside", id="an int too large for a float"),
        ("coarse", "7", "'7' is a str, not a float"),
        ("coarse", None, "None is a NoneType"),
        ("ranged", 20.04, "outside -10..20"),
        ("ranged", -10.04, "outside -10..20"),
        ("exact", math.nan, "nan is not finite"),
        pytest.param("exact", 10**400, "too large", id="an exact real of an int too large"),
        ("exact", OddFloat(1.0), "OddFloat"),
        ("exact", [], "list"),
        ("count", 301, "301 is outside -5..300"),
        ("count", -6, "-6 is outside -5..300"),
        pytest.param("count", 10**5000, "outside", id="an int too long to print"),
        ("count", True, "True is a bool, not an int"),
        ("count", 1.0, "1.0 is a float, not an int"),
        ("count", Odd(1), "Odd"),
        ("facing", 1.5, "1.5 is a float, not an int"),
        ("facing", False, "False is a bool"),
        ("on", 1, "1 is a int, not True or False"),
        ("on", None, "None"),
        ("label", "sixsix", "6 code points, more than 5"),
        ("label", b"x", "bytes, not a str"),
        ("label", "\ud800", "surrogate"),
        ("path", (1, 2, 3, 4), "4 items, more than 3"),
        ("path", (10,), "10 is not an int from -1 to 9"),
        ("path", (True,), "True is not an int"),
        ("path", (1.0,), "1.0 is not an int"),
        ("path", 5, "5 is a int, not a tuple"),
    ],
)
def test_an_error_names_field_value_place_and_remedy(name: str, value: object, said: str) -> None:
    sample = Sample()
    sample.id = 77
    setattr(sample, name, value)
    with pytest.raises(GameError) as caught:
        Sample.layout.pack(sample)
    message = str(caught.value)
    assert message.startswith(f"Sample.{name} of id 77: ")
    assert said in message
    assert f"declared at {__file__}:" in message
    assert ("round it" if isinstance(value, float) and said.endswith("not an int") else "keep it in range") in message
    assert len(message) < 400


def test_a_value_that_was_never_set_is_named() -> None:
    """An entity's field may have no default; an object made past its constructor lacks it."""
    sample = Sample.layout.see(1, Sample.layout.slicer(1)(Sample.layout.pack(Sample())))
    with pytest.raises(GameError, match=r"Sample\.exact.*never set"):
        Sample.layout.pack(sample)


# -- declarations ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("declare", "said"),
    [
        (lambda: real(), "needs a quantum"),
        (lambda: real(quantum=0.1), "not a power of two"),
        (lambda: real(quantum=0.0), "not a power of two"),
        (lambda: real(quantum=-0.5), "not a power of two"),
        (lambda: real(quantum=math.inf), "not a power of two"),
        (lambda: real(quantum=math.nan), "not a power of two"),
        (lambda: real(quantum=2.0**-60), "2\\*\\*±52"),
        (lambda: real(quantum="1/16"), "not a power of two"),  # type: ignore[arg-type] # the mistake itself
        (lambda: real(quantum=1.0, low=2.0, high=1.0), "empty"),
        (lambda: real(quantum=1.0, high=math.inf), "must be a number"),
        (lambda: real(quantum=1.0, low=math.nan), "must be a number"),
        (lambda: real(quantum=1.0, high=1e300), "must be a number"),
        (lambda: real(audience="none", low=0.0), "no bounds"),
        (lambda: real(quantum=1.0, audience="friends"), "audience 'friends' is unknown"),  # type: ignore[arg-type] # the same
        (lambda: real(quantum=1.0, interpolate="cubic"), "interpolate 'cubic' is unknown"),  # type: ignore[arg-type] # the same
        (lambda: integer(1, 0), "empty"),
        (lambda: integer(0, 2**53), "2\\*\\*53"),
        (lambda: integer(-MAX_INTEGER, MAX_INTEGER), "too wide"),
        (lambda: integer(0, 1.5), "must be an integer"),  # type: ignore[arg-type] # the same
        (lambda: angle(1), "from 2 to 65536"),
        (lambda: angle(70_000), "from 2 to 65536"),
        (lambda: text(0), "from 1 to 512"),
        (lambda: text(513), "from 1 to 512"),
        (lambda: integers(0, 9, most=0), "from 1 to 1024"),
    ],
)
def test_a_wrong_declaration_is_refused_where_it_stands(declare: Any, said: str) -> None:  # noqa: ANN401 - a field
    with pytest.raises(SchemaError, match=said) as caught:
        declare()
    assert str(caught.value).startswith(f"{__file__}:")


@pytest.mark.parametrize(
    ("field", "neutral"),
    [
        (real(quantum=0.5), 0.0),
        (real(quantum=0.5, low=2.0, high=3.0), 2.0),
        (real(quantum=0.5, low=-3.0, high=-2.0), -2.0),
        (real(quantum=0.5, default=1.5), 1.5),
        (integer(-3, 3), 0),
        (integer(2, 3), 2),
        (integer(-3, -2), -2),
        (integer(0, 9, default=4), 4),
        (angle(8), 0),
        (boolean(), False),
    ],
)
def test_neutral_is_the_default_or_what_is_nearest_to_zero(field: Any, neutral: object) -> None:  # noqa: ANN401 - a field
    assert field.neutral == neutral
    assert check_value(field, field.neutral) is None


# -- the same in JavaScript --------------------------------------------------------------------------------------------------
def test_javascript_rounds_alike() -> None:
    """`Math.floor(v / q + 0.5) * q` there and `floor(v / q + 0.5) * q` here, to the last bit."""
    node = require_tool("node")
    values = [
        sign * (i + fraction)
        for i in (0, 1, 2, 3, 1000, 12345)
        for fraction in (0, 0.25, 0.5, 0.49999999999999994, 0.75)
        for sign in (1, -1)
    ]
    values += [1e-300, -1e-300, 0.1, -0.1, 2.0**40 + 0.5, -(2.0**40) - 0.5]
    cases = [[value, quantum] for value in values for quantum in (4.0, 1.0, 0.5, 1 / 16, 1 / 1024)]
    program = "const c=JSON.parse(require('fs').readFileSync(0));console.log(JSON.stringify(c.map(([v,q])=>Math.floor(v/q+0.5))))"
    done = subprocess.run([node, "-e", program], input=json.dumps(cases), capture_output=True, text=True, check=True, timeout=60)
    theirs = json.loads(done.stdout)
    for (value, quantum), units in zip(cases, theirs, strict=True):
        field_type = {4.0: "coarse", 1 / 1024: "fine"}.get(quantum)
        assert math.floor(value / quantum + 0.5) == units
        if field_type is not None:
            assert packed(**{field_type: value})[field_type] == units


def test_a_text_may_have_choices() -> None:
    class Pace(Options):
        pace: str = text(4, choices=("slow", "fast"), default="slow")

    assert Pace.layout.pack(Pace(pace="fast")) == ("fast",)
    with pytest.raises(GameError, match=r"Pace\.pace: 'high' is none of slow, fast"):
        Pace.layout.pack(Pace(pace="high"))
    with pytest.raises(ValueError, match="'high' is none of slow, fast"):
        Pace.layout.check_row(("high",))
    with pytest.raises(SchemaError, match="its default does not fit: 'none' is none of slow, fast"):

        class Lost(Options):
            pace: str = text(4, choices=("slow", "fast"), default="none")

    with pytest.raises(SchemaError, match="choice 'quick' is no text of at most 4 code points"):
        text(4, choices=("quick",))

"""The list of limits and the constants that hold are the same, and none contradicts another."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from gameserver.cli.limits import reasons
from gameserver.core import limits, registry
from gameserver.core.registry import By, Limit, contradictions

NO_LIMITS: Final = {"PROTOCOL", "SUBTICKS", "CRC_EVERY", "TOKEN_BYTES"}
"""Numbers of the wire: nobody can go beyond them."""
PACKAGE: Final = Path(limits.__file__).parents[1]


def constants() -> dict[str, float]:
    return {name: value for name, value in vars(limits).items() if name.isupper() and isinstance(value, int | float)}


def test_every_constant_is_listed_as_it_is_and_nothing_else() -> None:
    found = {limit.name: limit.amount for limit in Limit}
    assert found == {name: value for name, value in constants().items() if name not in NO_LIMITS}


def test_every_limit_has_a_unit_a_reason_and_a_consequence() -> None:
    why = reasons()
    for limit in Limit:
        assert limit.unit and limit.beyond and len(why[limit.name]) > 5, limit.name


def test_labels_are_names_that_prometheus_takes() -> None:
    labels = [limit.label for limit in Limit]
    assert len(set(labels)) == len(labels)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", label) for label in labels)


def test_every_limit_that_a_peer_or_a_game_reaches_is_counted_somewhere() -> None:
    """Where it is reached its name stands in the code; tests/test_limits.py reaches each of them."""
    code = "\n".join(path.read_text() for path in PACKAGE.rglob("*.py") if path.name != "registry.py")
    named = set(re.findall(r"\bLimit\.([A-Z_]+)\b", code))
    assert [limit.name for limit in Limit if limit.is_counted and limit.name not in named] == []
    assert [limit.name for limit in Limit if limit.by in (By.HOST, By.NOBODY) and limit.name in named] == []


# -- contradictions --------------------------------------------------------------------------------------------------------
def test_the_limits_do_not_contradict_each_other() -> None:
    assert contradictions() == []


@pytest.mark.parametrize(("small", "large", "why"), registry._ORDER)
def test_each_contradiction_is_found_and_said(small: str, large: str, why: str) -> None:
    found = contradictions({small: Limit[large].amount + 1})
    assert any(small in text and large in text and text.endswith(why) for text in found)

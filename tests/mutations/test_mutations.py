"""The mutations fit the code as it is; one is tried out, and so is one that nobody can notice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import pytest

from tests.mutations.__main__ import ROOT, DoesNotApply, broken, try_out
from tests.mutations.broken import MUTATIONS, Mutation

if TYPE_CHECKING:
    from pathlib import Path

BY_NAME = {mutation.name: mutation for mutation in MUTATIONS}


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_each_mutation_still_applies(mutation: Mutation) -> None:
    text = broken(mutation)
    compile(text, mutation.file, "exec")
    assert text != (ROOT / mutation.file).read_text()
    for test in mutation.tests:
        file, _, function = test.partition("::")
        assert f"def {function}" in (ROOT / file).read_text()


def test_their_names_are_their_own_and_there_are_enough() -> None:
    assert len(BY_NAME) == len(MUTATIONS) >= 15


def test_a_mutation_whose_text_is_gone_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\nx = 1\n")
    for old in ("x = 1", "y"):
        with pytest.raises(DoesNotApply, match="not once"):
            broken(Mutation("m", "a.py", old, "z", ()), tmp_path)


def test_a_broken_copy_is_caught_and_a_harmless_one_is_not() -> None:
    mutation = BY_NAME["pieces without content are not counted"]
    assert try_out(mutation).caught is True
    harmless = attrs.evolve(mutation, old="Counts one peer's frames.", new="Counts frames.")
    assert try_out(harmless).caught is False


def test_tests_that_cannot_run_find_out_nothing() -> None:
    mutation = attrs.evolve(BY_NAME["pieces without content are not counted"], tests=("tests/net/test_nowhere.py",))
    assert try_out(mutation).caught is None

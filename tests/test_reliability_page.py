"""docs/reliability.md is written part by part, and what people wrote around it stays."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from benchmarks.feel.table import Row
from benchmarks.reliability import __main__ as page
from benchmarks.reliability import fuzz, mutations
from benchmarks.reliability.__main__ import PAGE, parts, rows_of, section, with_sections
from tests.fuzz.outcome import Failure, Outcome
from tests.mutations.__main__ import Finding
from tests.mutations.broken import MUTATIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pytest

    from tests.mutations.broken import Mutation

ROWS = [Row("what", "aim", "measured", True)]


def test_a_part_that_is_measured_again_takes_the_place_of_its_old_table() -> None:
    known = ["drain", "fuzz", "soak"]
    text = f"# Title\n\n{page.BEGIN}\n{page.END}\n\nthe end\n"
    for name in ("soak", "fuzz", "soak"):
        text = with_sections(text, {name: section(name, ROWS, "")}, known)
    assert text.count("--only soak") == text.count("--only fuzz") == 1
    assert text.index("--only fuzz") < text.index("--only soak"), "in the order of the alphabet"
    assert text.startswith("# Title") and text.endswith("the end\n")
    missed = with_sections(text, {"fuzz": section("fuzz", [Row("what", "aim", "less", False)], "")}, known)
    assert missed.count("**no**") == 1 and missed.count("| yes |") == 1
    assert "--only fuzz" not in with_sections(text, {}, ["soak"]), "there is no such part any more"
    assert with_sections(text, {}, known) == text


def test_a_part_that_breaks_is_a_row_that_is_missed() -> None:
    def breaks(*, small: bool) -> Iterator[Row]:
        yield from ROWS
        raise OSError("no such thing")

    first, second = rows_of("fuzz", breaks, small=True)
    assert first.reached and not second.reached
    assert "OSError: no such thing" in second.measured


def test_the_page_has_its_marks_and_the_parts_their_names() -> None:
    assert {"fuzz", "mutations"} <= parts().keys()
    assert with_sections(PAGE.read_text(), {}, list(parts())).count(page.BEGIN) == 1


def faultless(kind: str, *, count: int, seed: int, processes: int) -> Outcome:
    """What a fuzzer that finds nothing would say."""
    figures = (
        "tasks left",
        "descriptors left",
        "bytes held for a connection",
        "bytes of memory for a message",
        "bytes of memory for a file",
    )
    ends = Counter({"malformed handshakes and frames": 3 * count, "weighed": 9})
    return Outcome(count, ends, dict.fromkeys(figures, 0.0))


def test_what_a_fuzzer_finds_is_an_aim_that_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz, "fuzz", faultless)
    assert [row.reached for row in fuzz.measure(small=False)] == [row.reached for row in fuzz.measure(small=True)] == [True] * 6

    def finds(kind: str, *, count: int, seed: int, processes: int) -> Outcome:
        outcome = faultless(kind, count=count, seed=seed, processes=processes)
        outcome.failures.append(Failure(17, "KeyError: 3", "93"))
        outcome.worst = dict.fromkeys(outcome.worst, 2.0**21)
        return outcome

    monkeypatch.setattr(fuzz, "fuzz", finds)
    rows = list(fuzz.measure(small=True))
    assert not any(row.reached for row in rows)
    assert "`python -m tests.fuzz frames --seed 1 --case 17`" in rows[0].measured


def test_a_copy_that_nobody_notices_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def unnoticed(how_many: int) -> Callable[[Sequence[Mutation], int], list[Finding]]:
        return lambda mutations, _: [Finding(one.name, number >= how_many, "") for number, one in enumerate(mutations)]

    for how_many, reached in ((0, True), (1, True), (2, False)):
        monkeypatch.setattr(mutations, "try_all", unnoticed(how_many))
        (row,) = mutations.measure(small=False)
        assert row.reached is reached
    assert MUTATIONS[0].name in row.measured and MUTATIONS[2].name not in row.measured

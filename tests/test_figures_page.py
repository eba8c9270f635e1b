"""docs/figures.md is written row by row: what is not measured now stays, with the commit at which it was."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from benchmarks import prove
from benchmarks.prove import FIGURES, HEAD, Figure, main, shown, with_rows
from benchmarks.reliability.__main__ import parts

if TYPE_CHECKING:
    from pathlib import Path

ON = "2 cores, Python 3"
KNOWN = ["`first`", "`second`"]


def row(command: str, measured: str = "1 ms") -> str:
    return f"| what | ≤ 2 ms | {measured} | yes | 0123456789 | {command} |"


def test_a_row_that_is_measured_again_takes_the_place_of_the_old_one() -> None:
    page = "# Figures\n\nOf an older kind.\n\n| what | aim |\n|---|---|\n| older | 1 |\n"
    for command in ("`second`", "`first`", "`second`"):
        page = with_rows(page, {command: row(command)}, KNOWN, ON)
    assert "older" not in page and page.partition(HEAD)[2].split("\n")[1:] == [row("`first`"), row("`second`"), ""]
    again = with_rows(page, {"`first`": row("`first`", "3 ms")}, KNOWN, ON)
    assert again == page.replace(row("`first`"), row("`first`", "3 ms"))
    assert with_rows(page, {}, KNOWN, ON) == page


def test_what_nobody_measures_any_more_or_another_machine_did_goes() -> None:
    page = with_rows("", {command: row(command) for command in KNOWN}, KNOWN, ON)
    assert "`first`" not in with_rows(page, {}, ["`second`"], ON)
    assert "`first`" not in with_rows(page, {"`second`": row("`second`")}, KNOWN, "4 cores, Python 3")


def test_each_figure_is_written_as_soon_as_it_is_measured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def breaks_off(figure: Figure) -> tuple[str, bool, float]:
        if figure.command == "second":
            raise KeyboardInterrupt
        return "1 ms", True, 0.0

    monkeypatch.setattr(prove, "PAGE", tmp_path / "figures.md")
    monkeypatch.setattr(prove, "FIGURES", tuple(Figure("what", "≤ 2 ms", name, prove.passed) for name in ("first", "second")))
    monkeypatch.setattr(prove, "measure", breaks_off)
    monkeypatch.setattr(sys, "argv", ["prove"])
    with pytest.raises(KeyboardInterrupt):
        main()
    page = prove.PAGE.read_text()
    assert "| what | ≤ 2 ms | 1 ms | yes |" in page and "`second`" not in page
    monkeypatch.setattr(sys, "argv", ["prove", "--only", "third"])
    with pytest.raises(SystemExit):
        main()


def test_each_command_has_one_row_and_each_part_of_reliability_is_proved() -> None:
    commands = [shown(figure) for figure in FIGURES]
    assert len(set(commands)) == len(commands)
    assert {f"`python -m benchmarks.reliability --only {name}`" for name in parts()} <= set(commands)

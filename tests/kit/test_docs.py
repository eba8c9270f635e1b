"""The examples of docs/testing-games.md run as they stand there, and fail where they say so."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest

from gameserver import cli

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "testing-games.md").read_text()


@pytest.fixture
def examples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """All that the page's Python makes, with the tutorial's game beside it."""
    (tmp_path / "pong.py").write_text((ROOT / "gameserver" / "games" / "pong.py").read_text())
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "pong", raising=False)
    made: dict[str, Any] = {"__name__": "page"}
    exec(compile("\n".join(python_of(PAGE)), "testing-games.md", "exec"), made)
    monkeypatch.delitem(sys.modules, "pong")
    return made


def python_of(page: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", page, re.DOTALL)


def test_the_examples_pass_and_the_mistake_is_found_in_the_words_of_the_page(
    examples: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    tests = {name: made for name, made in examples.items() if name.startswith("test_") and isinstance(made, FunctionType)}
    assert len(tests) == 4
    Path("golden.trpl").write_bytes(examples["play_golden"]())
    mistake = tests.pop("test_streaky_repeats")
    for test in tests.values():
        test()
    with pytest.raises(AssertionError) as caught:
        mistake()
    assert is_on_the_page(caught.value)
    monkeypatch.setitem(examples["Pong"].step.__globals__, "PADDLE_SPEED", 2.25)
    with pytest.raises(AssertionError) as caught:
        tests["test_the_golden_match_comes_out_as_it_was"]()
    assert is_on_the_page(caught.value)


def is_on_the_page(error: AssertionError) -> bool:
    return " ".join(f"AssertionError: {error}".split()) in " ".join(PAGE.split())


@pytest.mark.usefixtures("examples")
def test_the_commands_of_the_page_do_what_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    commands = re.findall(r"^gameserver (.*?)(?: +#.*| > .*)?$", PAGE, re.MULTILINE)
    assert len(commands) == 4
    for command in commands:
        with pytest.raises(SystemExit) as ended:
            cli.main(command.split())
        assert ended.value.code == cli.OK, command
        assert "pong" in capsys.readouterr().out

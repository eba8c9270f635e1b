"""Looks through a game's file for what makes matches differ: clocks, chance, files, threads, the platform's trigonometry.

It reads the text and runs nothing. It finds the usual slips, and not somebody who hides them: for that there is
`gameserver.testing.Match`, which plays each tick twice.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PASSED_OVER: Final = "# unchecked"
"""A line that ends so is the author's own responsibility."""

_CHANCE: Final = "draw from self.random: it is saved, restored and repeated with the match"
_CLOCK: Final = "count ticks (self.tick, self.ticks(seconds), self.after): a step knows no other time"
_OUTSIDE: Final = "a hook reads and writes nothing outside; the host's Hooks may, and answer through Game.answer"
_TABLE: Final = "its last digits differ from platform to platform: use a table of integers, math.sqrt and math.floor"
_ORDER: Final = "a set has no order that repeats: use a list, a dict, or sorted(...)"

_MODULES: Final = {
    **dict.fromkeys(("random", "secrets", "uuid", "numpy.random"), _CHANCE),
    **dict.fromkeys(("time", "datetime", "calendar", "sched"), _CLOCK),
    **dict.fromkeys(
        ("os", "pathlib", "io", "socket", "urllib", "http", "requests", "sqlite3", "subprocess", "threading", "multiprocessing",
         "concurrent", "asyncio", "trio"), _OUTSIDE,
    ),
}  # fmt: skip
_MATH: Final = frozenset(
    (
        "sin", "cos", "tan", "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "exp",
        "exp2", "expm1", "log", "log1p", "log2", "log10", "pow", "hypot", "dist", "cbrt", "gamma", "lgamma", "erf", "erfc",
    )
)  # fmt: skip
"""Of `math`: those whose result IEEE 754 does not fix. (hypot and dist round differently between C libraries.)"""
_CALLS: Final = {
    "open": _OUTSIDE,
    "input": _OUTSIDE,
    "id": "an object's address differs from run to run: use its own number",
    "hash": "it differs from process to process for texts: use the value itself",
}


def slips_in(path: Path) -> list[str]:
    """What in this file would make matches differ, as lines `FILE:LINE: what, and what to do`. Nothing if it is no Python."""
    source = path.read_text(encoding="utf-8", errors="replace")
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return []  # importing it says more
    lines = source.splitlines()
    found = sorted({(line, text) for line, text in _slips(tree) if not lines[line - 1].rstrip().endswith(PASSED_OVER)})
    return [f"{path}:{line}: {text}" for line, text in found]


def _slips(tree: ast.AST) -> Iterator[tuple[int, str]]:
    math_names = {"math"}
    for node in ast.walk(tree):
        match node:
            case ast.Import(names):
                for alias in names:
                    if alias.name == "math" and alias.asname:
                        math_names.add(alias.asname)
                    yield from _module(node.lineno, alias.name)
            case ast.ImportFrom(module=str(module), level=0):
                yield from _module(node.lineno, module)
                if module == "math":
                    for alias in node.names:
                        if alias.name in _MATH:
                            yield node.lineno, f"math.{alias.name}: {_TABLE}"
            case ast.Attribute(value=ast.Name(id=name), attr=attr) if name in math_names and attr in _MATH:
                yield node.lineno, f"math.{attr}: {_TABLE}"
            case ast.Call(func=ast.Name(id=name)) if name in _CALLS:
                yield node.lineno, f"{name}(): {_CALLS[name]}"
            case ast.For(iter=over) | ast.comprehension(iter=over) if _is_set(over):
                yield over.lineno, f"goes through a set: {_ORDER}"


def _module(line: int, name: str) -> Iterator[tuple[int, str]]:
    advice = _MODULES.get(name) or _MODULES.get(name.partition(".")[0])
    if advice is not None:
        yield line, f"imports {name}: {advice}"


def _is_set(node: ast.expr) -> bool:
    """Is it a set as one can see: {…}, {… for …}, set(…), frozenset(…)?"""
    return isinstance(node, ast.Set | ast.SetComp) or (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("set", "frozenset")
    )

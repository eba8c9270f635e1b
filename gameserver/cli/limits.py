"""`gameserver serve --print-limits`: every limit, its reason, and what happens beyond it."""

from __future__ import annotations

import ast
import inspect
import json as json_module
import textwrap
from typing import Any, Final

from gameserver.core import limits
from gameserver.core.registry import Limit

WIDTH: Final = 110


def reasons() -> dict[str, str]:
    """What `gameserver.core.limits` says below each constant; below several in a row it speaks of all of them.

    Nothing, where Python's files came without their source.
    """
    found: dict[str, str] = {}
    waiting: list[str] = []
    try:
        body = ast.parse(inspect.getsource(limits)).body
    except OSError:
        return {}
    for node in body:
        match node:
            case ast.AnnAssign(target=ast.Name(id=name)):
                waiting.append(name)
            case ast.Expr(value=ast.Constant(value=str(text))):
                found |= dict.fromkeys(waiting, " ".join(text.split()))
                waiting.clear()
    return found


def as_plain() -> list[dict[str, Any]]:
    """For JSON."""
    why = reasons()
    return [
        {
            "name": limit.label,
            "amount": limit.amount,
            "unit": limit.unit,
            "reached_by": limit.by.value,
            "beyond": limit.beyond,
            "reason": why.get(limit.name, ""),
            "counted": limit.is_counted,
        }
        for limit in Limit
    ]


def print_limits(*, json: bool) -> None:
    """To standard output, for a person or as one JSON array."""
    if json:
        print(json_module.dumps(as_plain(), ensure_ascii=False, indent=2))
        return
    why = reasons()
    for limit in Limit:
        print(f"{limit.label} = {limit.amount:,} {limit.unit}")
        for text in (f"beyond: {limit.beyond}", why.get(limit.name, "")):
            print(textwrap.indent(textwrap.fill(text, WIDTH), "    "))
    print(f"\nThose that a client or a game reaches are counted: gameserver_limit_reached_total at /metrics, {_counted()} of them.")


def _counted() -> int:
    return sum(limit.is_counted for limit in Limit)

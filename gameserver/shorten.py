"""Scripts and styles without comments and indentation: half of what a page would else load says why, to people who read the source.

No build step: it happens when the server starts, and only what means nothing to a browser is left out. Line ends stay where they
may mean something (a statement may end with one).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_TOKEN: Final = re.compile(
    r"""
    (?P<gap>(?:\s+|//[^\n]*|/\*.*?\*/)*)
    (?:
      (?P<word>[\w$#@\u0080-\U0010ffff]+)
    | (?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    | (?P<tick>`)
    | (?P<slash>/)
    | (?P<sign>.)
    )?
    """,
    re.S | re.X,
)
"""A token and what stands before it: one match for both, since every server that starts reads 100,000 of them."""
_REGEX: Final = re.compile(r"/(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/\w*")
_TEMPLATE: Final = re.compile(r"(?:[^`\\$]|\\.|\$(?!\{))*", re.S)
"""The text of a template up to its end or to a `${`."""
_STYLE: Final = re.compile(r"(?P<string>\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*')|(?P<blank>(?:\s|/\*.*?\*/)+)", re.S)

_OPERAND_ENDS: Final = frozenset(")]}")
"""Behind these, and behind words and numbers, a slash divides; anywhere else it begins a regular expression."""
_PREFIX_WORDS: Final = frozenset(
    ("return", "typeof", "case", "in", "of", "new", "delete", "void", "instanceof", "do", "else", "yield", "await", "throw")
)
_LONERS: Final = frozenset("{}()[];,:?=<>&|!")
"""No blank beside them means anything."""
_GO_ON: Final = frozenset("{([,;=?:&|<>!")
"""No statement ends behind them, so a line's end means nothing there."""
_CLOSE: Final = frozenset(")]},;?:=&|")
"""Nor before them, or else it ends all the same (ECMA-262, 12.10: before a brace that closes, a statement needs no semicolon)."""


class Token(NamedTuple):
    """A piece of a script that means something.

    Attributes:
        gap: what stood before it, blanks and comments: nothing, a blank or a line's end.
    """

    gap: str
    text: str


def tokens(source: str) -> Iterator[Token]:
    """The pieces of a module; a template is cut where expressions stand in it. Raises ValueError for what is no JavaScript."""
    last = ""
    depths: list[int] = []
    """For each `${` that we are in, how many braces are open in it."""
    at = 0
    while (found := _TOKEN.match(source, at)) is not None and (kind := found.lastgroup) != "gap":
        blank, text = found["gap"], found[kind]  # type: ignore[index]
        begin = at + len(blank)
        if kind == "tick" or (text == "}" and depths and not depths[-1]):
            if text == "}":
                depths.pop()
            text = _template(source, begin)
            if text.endswith("${"):
                depths.append(0)
        elif kind == "slash" and _expects_operand(last):
            regex = _REGEX.match(source, begin)
            if regex is None:
                raise ValueError(f"no regular expression at {begin}")
            text = regex[0]
        elif depths:
            depths[-1] += (text == "{") - (text == "}")
        yield Token("" if not blank else "\n" if "\n" in blank else " ", text)
        last = text
        at = begin + len(text)
    if depths:
        raise ValueError("a template does not end")


def join(pieces: Iterable[Token], *, lines: bool = True) -> str:
    """The pieces as a script, with as little between them as may be. `lines`: every line ends where it did."""
    out: list[str] = []
    last = ""
    for gap, text in pieces:
        if gap == " ":
            means_nothing = not last or last[-1] in _LONERS or text[0] in _LONERS
        else:
            means_nothing = not last or (not lines and (last in _GO_ON or text in _CLOSE))
        out += (text,) if means_nothing else (gap, text)
        last = text
    return "".join(out)


def shorten_script(source: str, *, lines: bool = True) -> str:
    """The same JavaScript module, shorter. `lines`: as in `join`. Raises ValueError for text that is none."""
    return join(tokens(source), lines=lines)


def _template(source: str, at: int) -> str:
    """From the tick, or the brace behind an expression, to the end of the template or to the next expression."""
    end = _TEMPLATE.match(source, at + 1)
    assert end is not None, "it may be empty"
    closing = "`" if source.startswith("`", end.end()) else "${" if source.startswith("${", end.end()) else ""
    if not closing:
        raise ValueError(f"the template at {at} does not end")
    return source[at : end.end()] + closing


def _expects_operand(last: str) -> bool:
    """Does what comes behind this token begin an operand, so that a slash is no division?"""
    if not last or last in _PREFIX_WORDS:
        return True
    end = last[-1]
    return not (end in _OPERAND_ENDS or end.isalnum() or end in "_$\"'`" or ord(end) > 127)


def shorten_style(source: str) -> str:
    """The same style sheet, shorter."""
    return _STYLE.sub(lambda found: found[0] if found["string"] else "\n" if "\n" in found[0] else " ", source).strip()

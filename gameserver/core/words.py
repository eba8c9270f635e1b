"""What people may write: names, and what they say to each other."""

from __future__ import annotations

import unicodedata
from typing import Final

from gameserver.core.limits import MAX_CHAT, MAX_MARKS, MAX_NAME

_BAD_CATEGORIES: Final = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
"""Controls, formatting (it can turn the direction of what stands around), halves of pairs, what nobody has defined, line ends."""
_JOINERS: Final = frozenset("\u200c\u200d")
"""Formatting that words of some scripts, and emoji of several people, are written with."""
_MARKS: Final = frozenset(("Mn", "Me"))


def is_name(text: str) -> bool:
    """May a player be called so? 1 to 24 code points, no controls, no formatting, no towers of marks, and not only blanks."""
    return (
        1 <= len(text) <= MAX_NAME
        and not text.isspace()
        and not any(unicodedata.category(character) in _BAD_CATEGORIES for character in text)
        and not has_towers(text)
    )


def has_towers(text: str) -> bool:
    """Does any letter bear more than MAX_MARKS marks?"""
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.category(character) in _MARKS else 0
        if marks > MAX_MARKS:
            return True
    return False


def spoken(text: str) -> str | None:
    """What is heard of a chat line: without blanks at both ends, each run of blanks as one. None if it may not be said."""
    text = " ".join(part for part in text.split(" ") if part).strip()
    if not 1 <= len(text) <= MAX_CHAT or text.isspace():
        return None
    if any(unicodedata.category(character) in _BAD_CATEGORIES and character not in _JOINERS for character in text):
        return None
    return None if has_towers(text) else text

"""Names and chat lines."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gameserver.core.limits import MAX_CHAT
from gameserver.core.words import spoken


@pytest.mark.parametrize(
    ("line", "heard"),
    [
        ("hello", "hello"),
        ("  two   words ", "two words"),
        ("x" * MAX_CHAT, "x" * MAX_CHAT),
        (" " + "x" * MAX_CHAT + "  ", "x" * MAX_CHAT),
        ("x" * (MAX_CHAT + 1), None),
        ("", None),
        ("   ", None),
        ("\u3000\u2003", None),
        ("a\nb", None),
        ("a\tb", None),
        ("\u202edesrever", None),  # would turn what follows
        ("zero\u200bwidth", None),
        ("\ue000", None),
        ("naïve", "naïve"),
        ("\u0646\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0646\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"),
        ("👩\u200d🚀", "👩\u200d🚀"),
        ("e" + "\u0301" * 4, "e" + "\u0301" * 4),
        ("e" + "\u0301" * 5, None),
    ],
)
def test_what_may_be_said(line: str, heard: str | None) -> None:
    assert spoken(line) == heard


@given(st.text(max_size=2 * MAX_CHAT))
def test_what_is_heard_is_heard_as_it_is(line: str) -> None:
    """Saying what was heard changes nothing any more, and nothing heard can break a line or turn its direction."""
    heard = spoken(line)
    if heard is not None:
        assert spoken(heard) == heard
        assert 1 <= len(heard) <= MAX_CHAT
        assert not {unicodedata.category(character) for character in heard} & {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"}
        assert not set(heard) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")

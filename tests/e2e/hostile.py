"""What people call themselves and say to see what happens: markup, quotes, directions, what cannot be seen, what is too long.

The characters that nobody sees are written as escapes here. What the server refuses is as good an answer as what the page shows
harmlessly; test_hostile.py counts both.
"""

from __future__ import annotations

from typing import Final

MARKUP: Final = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<b>bold</b>",
    "<iframe src=//evil.test>",
    '"><script>alert(1)//',
    "' onmouseover='alert(1)",
    "</title><script>alert(1)",
    "<!--",
    "]]>",
    "&lt;b&gt;&amp;&#60;",
    "{{7*7}}${7*7}#{7*7}",
    "javascript:alert(1)",
    "<a href='javascript:alert(1)'>x</a>",
    "<style>*{display:none}",
    "<base href=//evil.test/>",
    "<input autofocus onfocus=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<meta http-equiv=refresh content=0>",
    "__proto__",
    "constructor",
    "hasOwnProperty",
    "toString",
    "null",
    "undefined",
    "NaN",
    "-1",
    "'; DROP TABLE players; --",
    "%s%n%x%p",
    "../../../etc/passwd",
    "\\u003cscript\\u003e",
    "{player}",
    "{count}",
)
INVISIBLE: Final = (
    "\u202egnp.exe",  # right-to-left override
    "a\u2066b\u2069c",  # isolates
    "\u200b\u200b\u200b",  # zero width space
    "ad\u200bmin",
    "\ufeffadmin",
    "a\u0000b",
    "a\nb",
    "\u2028line",
    "\U000e0061\U000e0062",  # tags
    "soft\u00adhyphen",
    "bell\u0007",
    "\u115f\u3164",  # Hangul fillers: letters that show nothing
    "\u2800\u2800\u2800",  # Braille blank
)
WIDE: Final = (
    "W" * 24,
    "\ufdfd" * 24,  # the widest letter there is, a whole sentence in Arabic
    "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466" * 3,  # families
    "Z" + "\u0351\u0352\u0353\u0354" * 5,  # a tower of marks
    "\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd",  # right to left by itself
    "\u0645\u0631\u062d\u0628\u0627 (1) abc",
    "\u5f20\u4e09" * 12,
    "\u12031" * 4,
    "\U0001f3f4\U0001f1fa\U0001f1f3",
    "\u0e01\u0e33\u0e49\u0e33\u0e49" * 4,  # Thai with stacked marks
)
NAMES: Final = tuple(text[:24] for text in (*MARKUP, *INVISIBLE, *WIDE))
LINES: Final = (
    *MARKUP,
    *INVISIBLE,
    *WIDE,
    "x" * 120,
    "\ufdfd" * 120,
    "\U0001f600" * 120,
    "https://evil.test/" + "a" * 90,
    "w" * 119 + " ",
    "\u0041\u0300\u0301\u0302\u0303" * 24,
)
MEGABYTE: Final = "A" * (1 << 20)

"""`python -m tests.golden [NAME …]`: record golden matches anew, on purpose. Those that come out as they were are left alone.

Do it when a game is meant to play otherwise than before, and never to make a test pass whose failure you do not understand. The
commit says why the match changed.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from gameserver.core.errors import FormatError
from gameserver.core.replay.recording import Recording
from tests.golden.matches import GOLDEN, MOST_BYTES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.golden.matches import Golden


def is_as_it_was(old: bytes, new: bytes) -> bool:
    """Is it the same match? Bytes differ also when another Python or zlib wrote them."""
    try:
        before, after = Recording.open(old), Recording.open(new)
        return (
            before.header == after.header and before.contents.hash == after.contents.hash and [*before.steps()] == [*after.steps()]
        )
    except FormatError:
        return False


def renew(golden: Golden) -> str:
    """Record it anew if it has changed; returns what became of it."""
    data = golden.play()
    if len(data) > MOST_BYTES:
        return f"it takes {len(data):,} bytes, and {MOST_BYTES:,} are allowed: play shorter"
    if golden.file.exists() and is_as_it_was(golden.file.read_bytes(), data):
        return "as it was"
    golden.file.write_bytes(data)
    return f"recorded anew: {len(data):,} bytes"


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.golden", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    names = [golden.name for golden in GOLDEN]
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which ones (default: all of {', '.join(names)})")
    chosen = parser.parse_args(arguments).names or names
    if unknown := sorted({*chosen} - {*names}):
        parser.error(f"there is no {', '.join(unknown)}: there are {', '.join(names)}")
    told = {golden.name: renew(golden) for golden in GOLDEN if golden.name in chosen}
    for name, what in told.items():
        print(f"{name:14} {what}")
    sys.exit(any("allowed" in what for what in told.values()))


if __name__ == "__main__":
    main()

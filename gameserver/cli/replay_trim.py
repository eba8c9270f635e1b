"""`gameserver replay trim`: a part of a recording, as a recording."""

from __future__ import annotations

import json as json_module
import secrets
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from gameserver.cli.replay import file_of, open_recording, size_text, tick_at
from gameserver.cli.say import OK
from gameserver.core.errors import FormatError
from gameserver.core.replay.header import SESSION_BYTES
from gameserver.core.replay.telling import clock_text
from gameserver.core.replay.trim import trim as cut
from gameserver.livefile import SUFFIX
from gameserver.settings import UsageError


def trim(
    file: str,
    *,
    output: Annotated[str, Parameter(name=["--output", "-o"])],
    from_: Annotated[str, Parameter(name="--from")] = "",
    to: str = "",
    truth: bool = True,
    json: bool = False,
) -> int:
    """Cut a part out of a recording. It plays, and with its truth it can still be verified and forked.

    The part begins with the last full state before the time that is named, up to half a minute earlier: from there on the match can
    be simulated. With --no-truth it begins in that very tick, and there is nothing in it that nobody could see.

    Parameters
    ----------
    file
        The recording.
    output
        File to write: NAME.trpl. It must not exist.
    from_
        Where it begins: a tick, such as 1234, or a time in the recording, such as 0:41. Default: its beginning.
    to
        Where it ends, likewise; this tick is the last one in it. Default: its end.
    truth
        Keep what entered the match, and full states.
    json
        Print one JSON object.
    """
    path = file_of(file)
    target = Path(output)
    if not target.name.endswith(SUFFIX):
        raise UsageError(f"--output {output}: a recording's name ends in {SUFFIX}")
    if target.exists():
        raise UsageError(f"--output {output}: this file exists: choose another name, or remove it")
    try:
        recording = open_recording(path)
        first = tick_at(from_, recording, "--from") if from_ else recording.header.first
        last = tick_at(to, recording, "--to") if to else recording.contents.last
        if last <= first:
            raise UsageError(f"--from {from_} --to {to}: the end comes before the beginning")
        trimmed = cut(recording, first, last, session=secrets.token_bytes(SESSION_BYTES), truth=truth)
    except FormatError as error:
        raise UsageError(f"{path}: {error}") from error
    try:
        target.write_bytes(trimmed.data)
    except OSError as error:
        raise UsageError(f"--output {output}: it cannot be written: {error.strerror or error}") from error
    rate = recording.header.rate
    if json:
        told = {"file": output, "bytes": len(trimmed.data), "first_tick": trimmed.first, "last_tick": trimmed.last}
        print(json_module.dumps(told | {"has_truth": trimmed.has_truth}))
        return OK
    earlier = (
        f", {(first - trimmed.first) / rate:.1f} s before what was asked for: a full state is there"
        if trimmed.first < first
        else ""
    )
    print(f"{output}: {clock_text((trimmed.last - trimmed.first) / rate)}, {size_text(len(trimmed.data))}")
    print(f"  ticks {trimmed.first} to {trimmed.last}{earlier}")
    print(
        "  it can be simulated: verify and fork work"
        if trimmed.has_truth
        else "  it is to be watched: there is no truth track in it"
    )
    return OK

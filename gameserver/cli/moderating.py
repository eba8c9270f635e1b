"""The commands of whoever keeps order on a server, for what it has kept: reports, and what is stored about somebody."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import cyclopts
import trio
from cyclopts import Parameter

from gameserver.app import UsageError
from gameserver.cli.say import OK, printable
from gameserver.net.logfiles import FileStore
from gameserver.net.real import FileDisk
from gameserver.reports import latest_reports


def reports(
    *,
    data: str = "gameserver-data",
    last: Annotated[int, Parameter(validator=cyclopts.validators.Number(gte=1))] = 20,
    json: bool = False,
) -> int:
    """Show what players have reported of others, each with the recording and the second in it.

    Parameters
    ----------
    data
        The folder that `serve --data` names.
    last
        So many of the last.
    json
        Print one JSON object a line.
    """
    if not Path(data).is_dir():
        raise UsageError(f"{data}: there is no such folder; `gameserver serve` makes it when something is kept (serve --data)")
    for report in trio.run(latest_reports, FileStore(FileDisk(data)), last):
        if json:
            print(report.encode().decode())
        else:
            print(*map(printable, report.describe()), sep="\n")
    return OK

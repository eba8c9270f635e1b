"""The commands around join tickets: sign one, make and change the keys."""

from __future__ import annotations

import json as json_module
import time
from pathlib import Path
from typing import Annotated, Literal

import cyclopts
from cyclopts import Parameter

from gameserver.cli.say import OK, say
from gameserver.core.limits import TICKET_SECONDS
from gameserver.keys import read_keys, rotate, write_new
from gameserver.net.real import SystemRandomness
from gameserver.settings import UsageError
from gameserver.tickets import NUMBER_BYTES, ROLES, claims_for, sign


def ticket(
    *,
    keys: str,
    room: str,
    role: Literal["spectator", "bot", "player", "host", "admin"] = "player",
    account: str = "",
    name: str = "",
    seconds: Annotated[int, Parameter(validator=cyclopts.validators.Number(gte=1, lte=TICKET_SECONDS))] = TICKET_SECONDS,
    json: bool = False,
) -> int:
    """Sign a ticket with which somebody may join once, and print it.

    Parameters
    ----------
    keys
        The key file that `serve --keys` has.
    room
        The room that it opens; "*" for every room, which is for an admin.
    role
        What whoever shows it may do.
    account
        By which name you know him. It is counted by, banned by and given to your `authorise`; other players do not see it.
    name
        What he is called in the room. Default: what he says himself.
    seconds
        How long it is good.
    json
        Print one JSON object, with what the ticket says.
    """
    signing = read_keys(Path(keys))[0]
    number = SystemRandomness().token(NUMBER_BYTES)
    try:
        claims = claims_for(
            room=room, rank=ROLES[role], account=account or None, name=name or None, number=number, now=time.time(), seconds=seconds
        )
        signed = sign(claims, signing)
    except ValueError as error:
        raise UsageError(str(error)) from error
    if json:
        said = {"ticket": signed, "room": room, "role": role, "account": account or None, "name": name or None}
        print(json_module.dumps(said | {"number": claims.number, "expires_at": claims.expires_at, "key": signing.kid}))
    else:
        print(signed)
    return OK


def keys_new(file: str, /) -> int:
    """Make a file with a fresh key, which only you may read. A file that is there is left as it is.

    Parameters
    ----------
    file
        Its path; `serve --keys` takes it.
    """
    key = write_new(Path(file))
    say(f"{file}: key {key.kid} signs tickets from now on. Whoever reads this file can let in anybody: keep it to yourself.")
    return OK


def keys_rotate(file: str, /) -> int:
    """Put a fresh key in front of the one that signs; that one is still taken, and an older one no more.

    Parameters
    ----------
    file
        The path of a key file.
    """
    key, dropped = rotate(Path(file))
    lost = f"; {dropped.kid} is taken no more" if dropped is not None else ""
    say(f"{file}: key {key.kid} signs tickets from now on{lost}. Send SIGHUP to the servers that take tickets.")
    return OK

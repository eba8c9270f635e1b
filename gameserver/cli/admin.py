"""`gameserver admin`: who is on a server, and who shall not be. Each request shows a fresh ticket, signed with its keys."""

from __future__ import annotations

import http.client
import json as json_module
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import cyclopts
from cyclopts import App, Parameter

from gameserver.caller import is_loopback
from gameserver.cli.say import OK, printable
from gameserver.core.limits import MAX_KICK_SECONDS
from gameserver.keys import read_keys
from gameserver.net.real import SystemRandomness
from gameserver.settings import UsageError
from gameserver.standing import Rank
from gameserver.tickets import ANY_ROOM, NUMBER_BYTES, claims_for, sign

ANSWER_SECONDS: Final = 10.0
MAX_ANSWER_BYTES: Final = 16 * 1_024 * 1_024
"""The list of a full server is 2 MiB."""
DEFAULT_URL: Final = "http://127.0.0.1:8765"
_UNITS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}

Url = Annotated[str, Parameter(help="The server: http://127.0.0.1:PORT on its own machine, https:// from elsewhere.")]
Keys = Annotated[str, Parameter(help="The key file that `serve --keys` has.")]
As = Annotated[str, Parameter(name="--as", help="Who you are: it stands in the server's log.")]
Json = Annotated[bool, Parameter(help="Print JSON.", negative="")]
Reason = Annotated[str, Parameter(help="Why: the players read it.")]


def make_admin_app() -> App:
    """The group of commands."""
    app = App(name="admin", help="Look after who is on a server (serve --keys).")
    for command in (sessions, kick, ban, unban, bans, close, revoke):
        app.command(command)
    return app


def sessions(*, keys: Keys, url: Url = DEFAULT_URL, room: str = "", as_: As = "", json: Json = False) -> int:
    """List who is here.

    Parameters
    ----------
    room
        In this room only.
    """
    query = f"?{urllib.parse.urlencode({'room': room})}" if room else ""
    found = _ask(url, keys, as_, "GET", f"sessions{query}")
    if json:
        return _print(found)
    for one in found["sessions"]:
        rtt = f"{one['rtt'] * 1_000:.0f} ms" if one["rtt"] is not None else "-" if one["connected"] else "away"
        who = one["account"] if one["account"] is not None else "-"
        rank = f"{one['rank']}, stands in" if one["stands_in"] else one["rank"]
        parts = (one["room"], one["player"], one["name"], rank, who, one["address"] or "-", _when(one["since"]), rtt)
        print(printable("  ".join(map(str, parts))))
    return OK


def kick(
    room: str,
    player: Annotated[int, Parameter(help="His number in the room, as `sessions` shows it.")],
    /,
    *,
    reason: Reason,
    keys: Keys,
    url: Url = DEFAULT_URL,
    seconds: Annotated[int, Parameter(validator=cyclopts.validators.Number(gte=0, lte=MAX_KICK_SECONDS))] = 0,
    as_: As = "",
    json: Json = False,
) -> int:
    """Send a player out of a room.

    Parameters
    ----------
    seconds
        And keep him out of it for so long.
    """
    said = {"room": room, "player": player, "reason": reason, "seconds": seconds}
    done = _ask(url, keys, as_, "POST", "kick", said)
    return _print(done) if json else _tell(f"{done['kicked']['name']} ({player}) is out of {room}.")


def ban(
    *,
    keys: Keys,
    reason: Reason,
    account: str = "",
    address: str = "",
    last: Annotated[str, Parameter(name="--for")] = "1d",
    url: Url = DEFAULT_URL,
    as_: As = "",
    json: Json = False,
) -> int:
    """Shut an account or a network out of the server, and of all that share its store. Whoever is there is sent away.

    Parameters
    ----------
    account
        As it stands in tickets.
    address
        An address, or a network such as 203.0.113.0/24. An IPv6 address stands for its /64.
    last
        How long: 90s, 30m, 12h, 7d.
    """
    said: dict[str, object] = {"seconds": _seconds(last), "reason": reason}
    said |= {"account": account} if account else {}
    said |= {"address": address} if address else {}
    done = _ask(url, keys, as_, "POST", "bans", said)
    return _print(done) if json else _tell(_ban_line(done["ban"]))


def unban(id: str, /, *, keys: Keys, url: Url = DEFAULT_URL, as_: As = "", json: Json = False) -> int:  # noqa: A002 - its name
    """Lift a ban, by its id as `bans` shows it."""
    done = _ask(url, keys, as_, "DELETE", f"bans/{urllib.parse.quote(id, safe='')}")
    return _print(done) if json else _tell(f"Lifted: {_ban_line(done['lifted'])}")


def bans(*, keys: Keys, url: Url = DEFAULT_URL, as_: As = "", json: Json = False) -> int:
    """List who is banned."""
    found = _ask(url, keys, as_, "GET", "bans")
    if json:
        return _print(found)
    for one in found["bans"]:
        _tell(_ban_line(one))
    return OK


def close(
    room: str,
    /,
    *,
    keys: Keys,
    url: Url = DEFAULT_URL,
    reason: Reason = "the host has closed this room",
    as_: As = "",
    json: Json = False,
) -> int:
    """End a room. One that is kept is opened anew for who asks for it."""
    done = _ask(url, keys, as_, "POST", f"rooms/{urllib.parse.quote(room, safe='')}/close", {"reason": reason})
    return _print(done) if json else _tell(f"{room} is closed; {done['closed']['seats']} were in it.")


def revoke(
    ticket: Annotated[str, Parameter(help="A ticket, or its number as `sessions --json` shows it.")],
    /,
    *,
    keys: Keys,
    url: Url = DEFAULT_URL,
    as_: As = "",
    json: Json = False,
) -> int:
    """Make a ticket void, and send away who came in with it."""
    done = _ask(url, keys, as_, "POST", "revoke", {"ticket": ticket})
    return _print(done) if json else _tell(f"{done['revoked']} is void.")


# -- helpers ---------------------------------------------------------------------------------------------------------------
def _print(answer: Any) -> int:  # noqa: ANN401 - JSON
    print(json_module.dumps(answer, ensure_ascii=True, indent=2))
    return OK


def _tell(line: str) -> int:
    print(printable(line))
    return OK


def _when(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _ban_line(one: dict[str, Any]) -> str:
    whose = f"account {one['account']}" if one["account"] is not None else one["network"]
    by = f" (by {one['by']})" if one["by"] is not None else ""
    return f"{one['id']}  {whose}  until {_when(one['until'])}: {one['reason']}{by}"


def _seconds(text: str) -> int:
    found = re.fullmatch(r"([0-9]{1,9})([smhd])", text)
    if found is None:
        raise UsageError(f"--for {text}: say how long, such as 90s, 30m, 12h or 7d")
    return int(found[1]) * _UNITS[found[2]]


def _bearer(keys: str, account: str) -> str:
    """A fresh ticket of an admin: it is good for one request."""
    signing = read_keys(Path(keys))[0]
    number = SystemRandomness().token(NUMBER_BYTES)
    try:
        claims = claims_for(room=ANY_ROOM, rank=Rank.ADMIN, account=account or None, number=number, now=time.time())
        return sign(claims, signing)
    except ValueError as error:
        raise UsageError(f"--as {account}: {error}") from error


def _ask(url: str, keys: str, account: str, method: str, path: str, said: object = None) -> Any:  # noqa: ANN401 - JSON
    """What the server answers. Raises UsageError, in its words."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"{url!r} is no server: write http://127.0.0.1:PORT or https://HOST")
    if parts.scheme == "http" and parts.hostname != "localhost" and not is_loopback(parts.hostname):
        raise UsageError(f"{url}: whoever is on the way could take your ticket: ask on the server's own machine, or write https://")
    headers = {"Authorization": f"Bearer {_bearer(keys, account)}", "Accept": "application/json"}
    body = json_module.dumps(said).encode() if said is not None else None
    if body is not None:
        headers["Content-Type"] = "application/json"
    opener = urllib.request.build_opener(_NoRedirect, *([urllib.request.ProxyHandler({})] if parts.scheme == "http" else []))
    request = urllib.request.Request(f"{url.rstrip('/')}/api/v1/admin/{path}", data=body, method=method, headers=headers)
    try:
        with opener.open(request, timeout=ANSWER_SECONDS) as answer:
            return json_module.loads(answer.read(MAX_ANSWER_BYTES))
    except urllib.error.HTTPError as error:
        raise UsageError(f"{url}: {_why(error)}") from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise UsageError(f"{url}: no game server answers ({error}): start one with `gameserver serve --keys {keys}`") from error


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A ticket is for the server that was named, and for nobody else."""

    def redirect_request(self, *_: object) -> None:
        return None


def _why(error: urllib.error.HTTPError) -> str:
    """The server's words, if they are its."""
    said = error.read(MAX_ANSWER_BYTES).decode(errors="replace").strip()
    try:
        why = json_module.loads(said)["error"]
    except (ValueError, KeyError, TypeError):
        why = said.partition("\n")[0][:200] or error.reason
    hint = ": are these the keys that it was started with (serve --keys)?" if error.code == 401 else ""
    return f"{why}{hint}"

"""`gameserver dev`: a room of a server that was started with --dev stopped, stepped and laid open."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Annotated, Any, Final

import cyclopts
from cyclopts import Parameter

from gameserver.cli.say import OK
from gameserver.development.http import DEV_HEADER, MAX_STEPS
from gameserver.settings import UsageError

ANSWER_SECONDS: Final = 10.0

Url = Annotated[str, Parameter(help="The server.")]
Room = Annotated[str, Parameter(help="The room.")]
DEFAULT_URL: Final = "http://127.0.0.1:8765"


def rooms(*, url: Url = DEFAULT_URL) -> int:
    """List the rooms: their ticks, who is in them, whether they stand still."""
    return _print(_ask(url, "/dev/rooms", "GET"))


def dump(room: Room, *, url: Url = DEFAULT_URL) -> int:
    """Print the whole state of a room as JSON, what no player sees as well."""
    return _print(_ask(url, _place(room), "GET"))


def pause(room: Room, *, url: Url = DEFAULT_URL) -> int:
    """Let a room stand still. Its players keep their lines."""
    return _print(_ask(url, f"{_place(room)}/pause", "POST"))


def step(
    room: Room,
    *,
    ticks: Annotated[int, Parameter(help="How many.", validator=cyclopts.validators.Number(gte=1, lte=MAX_STEPS))] = 1,
    url: Url = DEFAULT_URL,
) -> int:
    """Let a room go on for so many ticks, then stand still again."""
    return _print(_ask(url, f"{_place(room)}/step?ticks={ticks}", "POST"))


def resume(room: Room, *, url: Url = DEFAULT_URL) -> int:
    """Let a room go on."""
    return _print(_ask(url, f"{_place(room)}/resume", "POST"))


def _place(room: str) -> str:
    return f"/dev/rooms/{urllib.parse.quote(room, safe='')}"


def _print(answer: Any) -> int:  # noqa: ANN401 - JSON
    print(json.dumps(answer, ensure_ascii=False, indent=2))
    return OK


def _ask(url: str, path: str, method: str) -> Any:  # noqa: ANN401 - JSON
    if not url.startswith(("http://", "https://")):
        raise UsageError(f"{url!r} is no server: write http://HOST:PORT")
    request = urllib.request.Request(url.rstrip("/") + path, method=method, headers={DEV_HEADER: "1"})
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        said = error.read().decode(errors="replace").strip()
        if error.code == 404 and "no such room" not in said:
            said = "it was not started with --dev"
        raise UsageError(f"{url}: {said}") from error
    except (OSError, ValueError) as error:
        raise UsageError(f"{url}: no server answers ({error}): start one with `gameserver serve --dev`") from error

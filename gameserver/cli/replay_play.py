"""`gameserver replay play`: the watch page and recordings, from this machine."""

from __future__ import annotations

import signal
import webbrowser
from typing import TYPE_CHECKING, Annotated, Final

import cyclopts
import trio
from cyclopts import Parameter
from starlette.responses import RedirectResponse
from starlette.routing import Route

from gameserver import web
from gameserver.api import make_app
from gameserver.app import url_of
from gameserver.archive import Archive
from gameserver.chosen import ChosenFiles
from gameserver.cli.replay import files_of, open_recording, tick_at
from gameserver.cli.say import OK, say
from gameserver.core.errors import FormatError
from gameserver.doors import make_doors
from gameserver.guard import NoGuard
from gameserver.net.real import real_ports
from gameserver.rooms import Rooms
from gameserver.server import Server
from gameserver.settings import LOOPBACK, UsageError
from gameserver.watching import routes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

MOST_LINES: Final = 20
"""Recordings that get a line of their own; with more of them the page has the list."""
PAGE: Final = "/watch/"


def play(
    *files: str,
    host: str = LOOPBACK[0],
    port: Annotated[int, Parameter(validator=cyclopts.validators.Number(gte=0, lte=65_535))] = 0,
    at: str = "",
    open: Annotated[bool, Parameter(negative="")] = False,  # noqa: A002 - the name of the option
) -> int:
    """Show recordings in the browser, until Ctrl-C. Everything is shown, also what only some of the players saw.

    Parameters
    ----------
    files
        Recordings, folders of them, globs. Default: ./recordings. Recordings that were cut short play up to there.
    host
        Address to listen on. Anything but loopback shows them to others.
    port
        Port to listen on; 0 takes any free one.
    at
        Where it begins, if it is one recording: a tick, such as 1234, or a time in it, such as 0:41.
    open
        Open the page in the browser.
    """
    chosen = ChosenFiles(files_of(files))
    seconds = _seconds_of(at, chosen) if at else None
    trio.run(show, chosen, host, port, say, webbrowser.open if open else None, seconds)
    return OK


async def show(
    chosen: ChosenFiles,
    host: str,
    port: int,
    say: Callable[[str], None],
    open_page: Callable[[str], object] | None = None,
    seconds: float | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM; the only recording is shown from this second on. Raises UsageError if the port is taken."""
    archive = Archive(chosen, secrets=True)
    pages = web.routes(web.open_site())
    home = Route("/", _to_the_page)
    ports = real_ports(".")
    server = Server(
        Rooms(ports=ports, games={}, maps={}, guard=NoGuard(), create_rooms=False),
        ports=ports,
        doors=make_doors(listens_on=host, hosts=(), origins=(), proxies=()),
        web=lambda server: make_app(server, [home, *routes(archive), *pages]),
    )
    try:
        addresses = await server.listen(host, port)
    except OSError as error:
        raise UsageError(f"cannot listen on {host}:{port} ({error.strerror or error}): choose another port with --port") from error
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(server.run)
            for line in announcement(chosen, addresses, host, seconds):
                say(line)
            if open_page is not None:
                await trio.to_thread.run_sync(open_page, _first_page(chosen, addresses[0], seconds))
            async for _ in signals:
                break
            await server.stop()
            nursery.cancel_scope.cancel()


def announcement(chosen: ChosenFiles, addresses: Sequence[tuple[str, int]], host: str, seconds: float | None = None) -> list[str]:
    """What is said when it is there, line by line."""
    lines = [f"Watch at {_first_page(chosen, address, seconds)}" for address in addresses]
    if 1 < len(chosen.paths) <= MOST_LINES:
        lines += [f"{path}: {_page_of(name, addresses[0])}" for name, path in chosen.paths.items()]
    elif len(chosen.paths) > MOST_LINES:
        lines.append(f"{len(chosen.paths)} recordings: the page lists them.")
    if host not in LOOPBACK:
        lines.append(f"Anyone who reaches {host} sees all of them, with everything that their players kept secret.")
    return [*lines, "Press Ctrl-C to stop."]


async def _to_the_page(request: Request) -> Response:
    return RedirectResponse(PAGE)


def _seconds_of(at: str, chosen: ChosenFiles) -> float:
    """Of the one recording that is shown. Raises UsageError."""
    if len(chosen.paths) != 1:
        raise UsageError(f"--at {at}: it says where one recording begins, and there are {len(chosen.paths)}: name one")
    (path,) = chosen.paths.values()
    try:
        recording = open_recording(path)
    except FormatError as error:
        raise UsageError(f"{path}: {error}") from error
    return (tick_at(at, recording, "--at") - recording.header.first) / recording.header.rate


def _first_page(chosen: ChosenFiles, address: tuple[str, int], seconds: float | None = None) -> str:
    start = "" if seconds is None else f"&t={seconds:.1f}"
    return _page_of(next(iter(chosen.paths)), address) + start if len(chosen.paths) == 1 else url_of(address, "http", PAGE)


def _page_of(name: str, address: tuple[str, int]) -> str:
    return url_of(address, "http", f"{PAGE}?recording={name}")

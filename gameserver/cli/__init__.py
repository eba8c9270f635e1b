"""The commands. Exit codes: 0 fine, 1 the check failed, 2 wrong usage or something that the user can mend.

hosting.py     serve, bots                authoring.py     new, bench, schema, maps check
developing.py  dev                         replay.py      replay info, verify, trim
tickets.py     ticket, keys               admin.py        admin sessions, kick, ban, unban, bans, close, revoke
moderating.py  results, reports, forget
say.py         how they end, and how they talk to a person
"""

from __future__ import annotations

import os
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING

import cyclopts
from cyclopts import App

from gameserver.cli import developing
from gameserver.cli.admin import make_admin_app
from gameserver.cli.authoring import bench, maps_check, new, schema
from gameserver.cli.hosting import bots, serve
from gameserver.cli.moderating import forget, reports, results
from gameserver.cli.replay import make_replay_app
from gameserver.cli.say import FAILED as FAILED
from gameserver.cli.say import OK as OK
from gameserver.cli.say import USAGE as USAGE
from gameserver.cli.say import printable
from gameserver.cli.tickets import keys_new, keys_rotate, ticket
from gameserver.core.errors import GameserverError

if TYPE_CHECKING:
    from collections.abc import Sequence


def make_app() -> App:
    """The command line. Every option may also stand in the environment (GAMESERVER_PORT) or in gameserver.toml ([serve] port)."""
    app = App(
        name="gameserver",
        version=version("gameserver"),
        help="An authoritative multiplayer game server.",
        config=[
            cyclopts.config.Env("GAMESERVER_", command=False),
            cyclopts.config.Toml("gameserver.toml", must_exist=False, search_parents=False),
        ],
    )
    app.command(serve)
    app.command(new)
    app.command(bots)
    app.command(results)
    app.command(ticket)
    keys = App(name="keys", help="Look after the keys that join tickets are signed with (serve --keys).")
    keys.command(keys_new, name="new")
    keys.command(keys_rotate, name="rotate")
    app.command(keys)
    app.command(reports)
    app.command(forget)
    app.command(make_admin_app())
    app.command(bench)
    app.command(schema)
    maps = App(name="maps", help="Look after maps.")
    maps.command(maps_check, name="check")
    app.command(maps)
    dev = App(name="dev", help="Look into the rooms of a server that was started with --dev.")
    for command in (developing.rooms, developing.dump, developing.pause, developing.step, developing.resume):
        dev.command(command)
    app.command(dev)
    app.command(make_replay_app())
    return app


def main(arguments: Sequence[str] | None = None) -> None:
    """The `gameserver` command."""
    try:
        code = make_app()(arguments, exit_on_error=False, result_action="return_value")
    except cyclopts.CycloptsError:
        sys.exit(USAGE)  # cyclopts has said why
    except GameserverError as error:
        for line in f"gameserver: {error}".split("\n"):
            print(printable(line), file=sys.stderr)  # it may tell what a file says
        sys.exit(USAGE)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # whoever reads has seen enough (`| head`)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is still to be flushed goes nowhere
        sys.exit(OK)
    sys.exit(code if isinstance(code, int) else OK)

"""A game is read again when its file changes, and its rooms begin anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

import trio

from gameserver.core.errors import GameserverError
from gameserver.development.explain import explanation
from gameserver.guard import HookTimeout
from gameserver.library import sources_of
from gameserver.plan import RoomFault

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gameserver.core.game import Game
    from gameserver.core.record import Options

AnyOptions = TypeVar("AnyOptions", bound="Options")

LOOK_SECONDS: Final = 0.5
"""Between two looks at the files."""

Stamp = tuple[tuple[str, int, int], ...]
"""Path, time of change in nanoseconds and size of each file."""


def carried_over(old: Options, new: type[AnyOptions]) -> AnyOptions:
    """The new game's options with the old ones' values, where it still has them and they fit."""
    fields = {field.name for field in old.layout.fields}
    options = new()
    for field in new.layout.fields:
        if field.name in fields:
            values = {f.name: getattr(options, f.name) for f in new.layout.fields} | {field.name: getattr(old, field.name)}
            candidate = new(**values)
            try:
                new.layout.pack(candidate)
            except GameserverError:
                continue
            options = candidate
    return options


class Reloader:
    """Watches the files of games, and hands over each game that has changed."""

    def __init__(
        self,
        games: dict[str, type[Game]],
        *,
        load: Callable[[str], type[Game]],
        replace: Callable[[type[Game], type[Game]], list[str]],
        say: Callable[[str], None],
    ) -> None:
        """`games` by the name or path they were loaded by; `load` reads one again; `replace` puts the new one in the old one's
        place and returns the rooms that play it; `say` gets lines for the author.
        """
        self._games = games
        self._load = load
        self._replace = replace
        self._say = say
        self._seen = {name: _stamp(sources_of(game)) for name, game in games.items()}

    @property
    def watches(self) -> bool:
        """Is there any file to watch?"""
        return any(self._seen.values())

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            await trio.sleep(LOOK_SECONDS)
            self.look()

    def look(self) -> None:
        """Read anew what has changed. A game that cannot be read or set up is left as it was, and why is said."""
        for name, game in self._games.items():
            stamp = _stamp(sources_of(game))
            if stamp == self._seen[name]:
                continue
            self._seen[name] = stamp
            try:
                new = self._load(name)
                rooms = self._replace(game, new)
            except (GameserverError, HookTimeout) as error:
                self._say(f"{_why(error, name)}\nThe rooms play on with the game as it was.")
                continue
            self._games[name] = new
            self._seen[name] = _stamp(sources_of(new))
            self._say(f"{name} has changed: {', '.join(rooms) or 'no room'} begins anew.")


def _why(error: BaseException, name: str) -> str:
    if isinstance(error, RoomFault):
        return f"{name} cannot set up a room:\n{explanation(error)}"
    return str(error)


def _stamp(files: list[Path]) -> Stamp:
    found = []
    for file in files:
        try:
            status = file.stat()
        except OSError:
            continue  # an editor is about to put another in its place
        found.append((str(file), status.st_mtime_ns, status.st_size))
    return tuple(found)

"""Where a game failed, and what its recording says of it."""

from __future__ import annotations

import inspect
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gameserver.core.game import Game
from gameserver.core.replay.header import Fault

if TYPE_CHECKING:
    from gameserver.core.replay.steps import Step

MAX_TEXT: Final = 1_000
MAX_TRACEBACK: Final = 16_000
"""Characters of a recorded traceback: its end, which is where the game is."""

_PACKAGE: Final = Path(__file__).parent
_GAMES: Final = (_PACKAGE / "games", _PACKAGE / "lobby")


def fault_of(error: BaseException, game: type[Game], *, fault_id: str, step: Step) -> Fault:
    """What a recording keeps of this error, which the game raised in this step."""
    told = "".join(traceback.format_exception(error, chain=False))
    return Fault(
        tick=step.tick,
        id=fault_id,
        kind=type(error).__name__,
        text=_text_of(error)[:MAX_TEXT],
        traceback=told[-MAX_TRACEBACK:],
        where=place_in_game(error, game),
        step=step,
    )


def _text_of(error: BaseException) -> str:
    try:
        return str(error)
    except BaseException as another:  # the class is the game's own: its __str__ may raise whatever a hook may
        return f"({type(error).__name__}.__str__ raises {type(another).__name__})"


def place_in_game(error: BaseException, game: type[Game]) -> str:
    """FILE:LINE of the innermost frame of the game, or of the innermost of all if none is: the file with its folder's name."""
    folders = {Path(inspect.getfile(kind)).parent for kind in game.__mro__ if issubclass(kind, Game) and kind is not Game}
    places = [(Path(frame.f_code.co_filename), line) for frame, line in traceback.walk_tb(error.__traceback__)]
    own = [(path, line) for path, line in places if any(is_of_game(path, folder) for folder in folders)]
    if not places:
        return "?"
    path, line = (own or places)[-1]
    return f"{'/'.join(path.parts[-2:])}:{line}"


def is_of_game(path: Path, folder: Path) -> bool:
    """Is this a file of the game whose class lies in this folder, and neither the engine's nor a library's below it?"""
    if not path.is_relative_to(folder) or "site-packages" in path.relative_to(folder).parts:
        return False
    return not path.is_relative_to(_PACKAGE) or any(path.is_relative_to(games) for games in _GAMES)

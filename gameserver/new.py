"""`gameserver new`: a folder with a small game that plays at once, its tests, and how to go on.

The files lie in skeleton/ as texts in which `mygame` and `MyGame` stand for the name. They are complete: what the author does not
need he throws away.
"""

from __future__ import annotations

import builtins
import importlib.util
import keyword
import re
import sys
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from gameserver.core.limits import GAME_PATTERN
from gameserver.library import BUILT_IN
from gameserver.settings import UsageError

if TYPE_CHECKING:
    from pathlib import Path

FILES: Final = {
    "{module}.py": "game.py.txt",
    "test_{module}.py": "test_game.py.txt",
    "README.md": "README.md.txt",
    ".gitignore": "gitignore.txt",
}
"""What is written, and the text that it is made of."""
_PLACEHOLDER: Final = re.compile(r'"mygame"|mygame|MyGame')


def write_skeleton(name: str, folder: Path) -> list[str]:
    """Write the folder `name` in `folder`; returns the names of its files, the game first.

    Raises UsageError if the name will not do, or something of that name is there already.
    """
    module = _module_of(name)
    if not folder.is_dir():
        raise UsageError(f"{folder}: there is no such folder: make it first, or leave --folder out")
    target = folder / name
    texts = {file: (files("gameserver") / "skeleton" / source).read_text(encoding="utf-8") for file, source in FILES.items()}
    kind = _class_of(name, " ".join(texts.values()))
    names = {'"mygame"': f'"{name}"', "mygame": module, "MyGame": kind}
    written = []
    try:
        target.mkdir()
        for file, text in texts.items():
            path = target / file.format(module=module)
            path.write_text(_PLACEHOLDER.sub(lambda found: names[found[0]], text), encoding="utf-8")
            written.append(path.name)
    except FileExistsError as error:
        raise UsageError(f"{target} is there already: choose another name, or another --folder") from error
    except OSError as error:
        raise UsageError(f"{error.filename}: {error.strerror}") from error
    return written


def _module_of(name: str) -> str:
    """The name of the game's Python file. Raises UsageError if it would be none, or hide another."""
    if not re.fullmatch(GAME_PATTERN, name):
        raise UsageError(
            f"{name!r} is no name of a game: it has a-z, digits, _ and -, begins with a letter, and is at most 32 long"
        )
    module = name.replace("-", "_")
    if name in BUILT_IN:
        raise UsageError(f"{name!r} is a game that comes with the server: choose another name")
    if keyword.iskeyword(module):
        raise UsageError(f"{name!r} is a word of Python: choose another name")
    if module in sys.stdlib_module_names or _is_installed(module):
        raise UsageError(f"{module}.py would hide the Python module {module!r} from everything else: choose another name")
    return module


def _is_installed(module: str) -> bool:
    spec = importlib.util.find_spec(module)
    return spec is not None and spec.origin is not None  # a folder without code has none


def _class_of(name: str, text: str) -> str:
    """The name of the game's class: like the game's, and not that of anything else in the text."""
    kind = "".join(part.capitalize() for part in re.split("[_-]", name))
    taken = re.search(rf"\b{kind}\b", text.replace("MyGame", "")) or keyword.iskeyword(kind) or hasattr(builtins, kind)
    return f"{kind}Game" if taken else kind

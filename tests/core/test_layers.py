"""The folder is the architecture: what may import what, and what the core may not touch at all."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

import gameserver

PACKAGE = Path(gameserver.__file__).parent
FORBIDDEN_IN_CORE = {
    "asyncio",
    "datetime",
    "io",
    "logging",
    "multiprocessing",
    "os",
    "pathlib",
    "pickle",
    "random",
    "secrets",
    "select",
    "signal",
    "socket",
    "subprocess",
    "tempfile",
    "threading",
    "time",
    "trio",
    "trio_websocket",
    "uuid",
}
NOT_IN_TESTING = FORBIDDEN_IN_CORE - {"pathlib"}
CORE_LIBRARIES = {"attrs", "msgpack"}
FORBIDDEN_CALLS = {"open", "print", "input", "breakpoint"}
UNPACKERS = {"core/wire.py", "core/world.py", "core/maps.py", "core/replay/values.py"}
"""Who may unpack msgpack: the wire what peers sent, the world what it encoded itself, recordings what a file says."""


def module_files(*folders: str) -> list[Path]:
    found = [path for folder in folders for path in sorted((PACKAGE / folder).rglob("*.py"))]
    assert found, f"no modules under {folders}: the test looks in the wrong place"
    return found


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def imports_of(path: Path) -> set[str]:
    """Every module that is imported anywhere in the file, with all its dots, also for types only."""
    found: set[str] = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)} imports relatively: write the whole name"
            found.add(node.module or "")
            if node.module == "gameserver":
                found.update(f"gameserver.{alias.name}" for alias in node.names)
    return found


@pytest.mark.parametrize("path", module_files("core", "games"), ids=name_of)
def test_core_and_games_have_no_clock_no_chance_and_no_io(path: Path) -> None:
    roots = {name.split(".")[0] for name in imports_of(path)}
    assert not roots & FORBIDDEN_IN_CORE
    calls = {node.func.id for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert not calls & FORBIDDEN_CALLS


@pytest.mark.parametrize("path", module_files("core"), ids=name_of)
def test_core_imports_only_core(path: Path) -> None:
    for name in imports_of(path):
        root = name.split(".")[0]
        allowed = name.startswith("gameserver.core") or root in sys.stdlib_module_names or root in CORE_LIBRARIES
        assert allowed, f"{name_of(path)} imports {name}"


@pytest.mark.parametrize("path", module_files("games"), ids=name_of)
def test_games_use_only_the_public_names(path: Path) -> None:
    public = {name for name in vars(gameserver) if not name.startswith("_")}
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            assert all(alias.name.split(".")[0] in sys.stdlib_module_names for alias in node.names), ast.unparse(node)
        if isinstance(node, ast.ImportFrom):
            root = (node.module or "").split(".")[0]
            own = (node.module or "").startswith("gameserver.games.")
            assert own or root in sys.stdlib_module_names or node.module == "gameserver", ast.unparse(node)
            if node.module == "gameserver":
                assert {alias.name for alias in node.names} <= public, f"{name_of(path)}: {ast.unparse(node)}"


@pytest.mark.parametrize("path", module_files("testing"), ids=name_of)
def test_the_kit_for_authors_stands_on_the_core_alone(path: Path) -> None:
    """An author's test needs no network, no threads and no trio; it may load maps."""
    allowed = ("gameserver.core", "gameserver.testing", "gameserver.maps")
    for name in imports_of(path):
        root = name.split(".")[0]
        fine = (
            name.startswith(allowed) or root in CORE_LIBRARIES or (root in sys.stdlib_module_names and root not in NOT_IN_TESTING)
        )
        assert fine, f"{name_of(path)} imports {name}"


@pytest.mark.parametrize(("importer", "other"), [("room", "session"), ("session", "room")])
def test_room_and_session_do_not_know_each_other(importer: str, other: str) -> None:
    """The server introduces them, so that each can be tested and changed without the other."""
    path = PACKAGE / f"{importer}.py"
    if path.exists():
        assert f"gameserver.{other}" not in imports_of(path)


@pytest.mark.parametrize("path", module_files("."), ids=name_of)
def test_no_module_has_mutable_state(path: Path) -> None:
    """A list, dict or set on module level is a constant that says `Final`; so two servers live happily in one process."""
    for node in tree_of(path).body:
        value = getattr(node, "value", None) if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign) else None
        if not _makes_something_mutable(value):
            continue
        assert isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign)
        final = isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation).startswith(("Final", "typing.Final"))
        target = ast.unparse(node.targets[0] if isinstance(node, ast.Assign) else node.target)
        assert final or target.startswith("__"), f"{name_of(path)}:{node.lineno}: {target} is mutable and not Final"


def _makes_something_mutable(value: ast.expr | None) -> bool:
    if isinstance(value, ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp):
        return True
    return (
        isinstance(value, ast.Call)
        and isinstance(value.func, ast.Name)
        and value.func.id in {"list", "dict", "set", "deque", "defaultdict", "Counter", "bytearray"}
    )


@pytest.mark.parametrize("path", module_files("."), ids=name_of)
def test_no_function_rebinds_a_module_name(path: Path) -> None:
    assert not any(isinstance(node, ast.Global) for node in ast.walk(tree_of(path)))


def test_only_those_who_must_unpack_bytes() -> None:
    """Every place that turns bytes into values is an attack surface: keep them few and known."""
    found = {
        name_of(path) for path in module_files(".") if "msgpack.unpack" in path.read_text() or "msgpack.Unpack" in path.read_text()
    }
    assert found <= UNPACKERS | {"recorder.py"}
    assert "core/wire.py" in found

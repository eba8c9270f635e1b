"""Break copies of the server, one fault in each, and see whether the tests notice. Exits with 1 if more than one goes unnoticed.

Run: python -m tests.mutations [--only WORD] [--processes 2]. First the named tests must pass on a copy that is whole.
"""

from __future__ import annotations

import argparse
import multiprocessing.pool
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

from tests.mutations.broken import MUTATIONS, Mutation

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT: Final = Path(__file__).parents[2]
COPIED: Final = ("gameserver", "tests")
"""The rest of the checkout is linked."""
LEFT_OUT: Final = (".git", ".venv", ".hypothesis", ".pytest_cache", ".mypy_cache", ".ruff_cache", "gameserver-data", "recordings")
TEST_SECONDS: Final = 300
"""A copy whose tests take longer hangs: that is noticed as well."""
WHOLE_SECONDS: Final = 1_800
"""For the tests of all of them, on a copy that is whole."""
MAY_SURVIVE: Final = 1
_FAILED: Final = 1
"""What pytest ends with if tests failed; with 2 and above it did not come so far."""


class DoesNotApply(Exception):
    """The text that a mutation replaces is not in its file once: the code has changed, and the mutation must follow."""


@attrs.frozen
class Finding:
    """What became of one broken copy. `caught` None: it could not be found out."""

    name: str
    caught: bool | None
    told: str


def broken(mutation: Mutation, root: Path = ROOT) -> str:
    """The file's text with the fault in it. Raises DoesNotApply."""
    text = (root / mutation.file).read_text()
    if text.count(mutation.old) != 1:
        raise DoesNotApply(f"{mutation.name}: {mutation.file} has its text {text.count(mutation.old)} times, and not once")
    return text.replace(mutation.old, mutation.new)


def copy_to(folder: Path) -> None:
    """A checkout of its own, as far as it is to be changed."""
    for entry in ROOT.iterdir():
        if entry.name in COPIED:
            shutil.copytree(entry, folder / entry.name, ignore=shutil.ignore_patterns("__pycache__"))
        elif entry.name not in LEFT_OUT:
            (folder / entry.name).symlink_to(entry)


def run_tests(folder: Path, tests: Sequence[str], seconds: float = TEST_SECONDS) -> tuple[int | None, str]:
    """What pytest ends with there, None if it does not end; and its last words."""
    words = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--no-header", *tests]
    environment = os.environ | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", "WHOLE": "1"}
    try:
        finished = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return None, "they do not end"
    lines = [line for line in finished.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))] or finished.stdout.splitlines()[
        -1:
    ]
    return finished.returncode, " ".join(lines)[:200] or finished.stderr[-200:]


def try_out(mutation: Mutation) -> Finding:
    """Do the tests notice this one?"""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy_to(folder)
        (folder / mutation.file).write_text(broken(mutation))
        code, told = run_tests(folder, mutation.tests)
    if code in (None, _FAILED):
        return Finding(mutation.name, True, told)
    return Finding(mutation.name, False if code == 0 else None, told)


def try_all(mutations: Sequence[Mutation], processes: int) -> list[Finding]:
    """Of each in its order. Raises AssertionError if the tests do not even pass on a copy that is whole."""
    for mutation in mutations:
        broken(mutation)
    with tempfile.TemporaryDirectory() as name:
        copy_to(Path(name))
        code, told = run_tests(Path(name), sorted({test for mutation in mutations for test in mutation.tests}), WHOLE_SECONDS)
        assert code == 0, f"the tests fail where nothing is broken: {told}"
    with multiprocessing.pool.ThreadPool(processes) as pool:
        findings = []
        for finding in pool.imap(try_out, mutations):
            findings.append(finding)
            word = {True: "caught  ", False: "SURVIVED", None: "ERROR   "}[finding.caught]
            print(f"{word} {finding.name}: {finding.told}", flush=True)
    return findings


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutations", description="Do the tests notice a broken server?")
    parser.add_argument("--only", default="", help="those whose name has this in it")
    parser.add_argument("--processes", type=int, default=1)
    arguments = parser.parse_args()
    wanted = [mutation for mutation in MUTATIONS if arguments.only in mutation.name]
    if not wanted:
        parser.error(f"no mutation has {arguments.only!r} in its name; there are: {'; '.join(m.name for m in MUTATIONS)}")
    try:
        findings = try_all(wanted, arguments.processes)
    except (AssertionError, DoesNotApply) as error:
        print(error, file=sys.stderr)
        return 2
    caught = sum(finding.caught is True for finding in findings)
    print(f"{caught} of {len(findings)} broken copies caught")
    if any(finding.caught is None for finding in findings):
        return 2
    return 0 if len(findings) - caught <= (MAY_SURVIVE if len(wanted) == len(MUTATIONS) else 0) else 1


if __name__ == "__main__":
    sys.exit(main())

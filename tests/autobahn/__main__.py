"""Autobahn's fuzzing client against the echo, on both links: prints what came out of each case that is not plainly right.

The suite runs under Python 2.7: docs/autobahn.md says how to come by it. Run: python -m tests.autobahn --wstest PATH/TO/wstest
[--cases '1.*,2.*'] [--reports DIR]. Exits with 1 if a case has failed, or none was run.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any, Final

import trio

from tests.autobahn.echo import serve

FAILED: Final = frozenset(("FAILED", "WRONG CODE", "UNCLEAN", "FAILED BY CLIENT"))
"""What may not come out of a case, or of its closing. The others: OK, NON-STRICT (allowed), INFORMATIONAL, UNIMPLEMENTED."""
PLAIN: Final = "OK"


def judged(index: dict[str, dict[str, Any]]) -> tuple[Counter[str], list[str]]:
    """What came out how often; a line for each case that did not simply come out right, the failed ones marked."""
    outcomes: Counter[str] = Counter()
    lines = []
    for case in sorted(index, key=lambda case: [int(part) for part in case.split(".")]):
        behaviour, closing = index[case]["behavior"], index[case]["behaviorClose"]
        outcome = next((said for said in (behaviour, closing) if said in FAILED), behaviour)
        outcomes[outcome] += 1
        if outcome in FAILED:
            lines.append(f"! {case}: {behaviour}, closing {closing}")
        elif (behaviour, closing) != (PLAIN, PLAIN):
            lines.append(f"  {case}: {behaviour}, closing {closing}")
    return outcomes, lines


async def run(wstest: str, cases: list[str], reports: Path) -> dict[str, dict[str, dict[str, Any]]]:
    """What the suite says of each link."""
    said = {}
    for name in ("lane", "plain"):
        async with trio.open_nursery() as nursery:

            async def listen(task_status: trio.TaskStatus[int], name: str = name) -> None:
                await serve(0, lane=name == "lane", task_status=task_status)

            port: int = await nursery.start(lambda task_status, listen=listen: listen(task_status))
            folder = reports / name
            folder.mkdir(parents=True, exist_ok=True)
            specification = {
                "outdir": str(folder),
                "servers": [{"agent": name, "url": f"ws://127.0.0.1:{port}/ws/echo"}],
                "cases": cases,
                "exclude-cases": [],
                "exclude-agent-cases": {},
            }
            file = folder / "fuzzingclient.json"
            file.write_text(json.dumps(specification))
            await trio.run_process([wstest, "-m", "fuzzingclient", "-s", str(file)], capture_stdout=True)
            nursery.cancel_scope.cancel()
        said[name] = json.loads((folder / "index.json").read_text())[name]
    return said


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.autobahn", description="Autobahn's fuzzing client against the echo.")
    parser.add_argument("--wstest", required=True, help="the suite's program")
    parser.add_argument("--cases", default="*", help="which, with commas between them (default: all)")
    parser.add_argument("--reports", type=Path, help="keep the suite's own pages here")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        reports: Path = arguments.reports or Path(folder)
        said = trio.run(run, arguments.wstest, arguments.cases.split(","), reports)
    failed = 0
    for name, index in said.items():
        outcomes, lines = judged(index)
        print(
            "\n".join((*lines, f"{name}: {len(index)} cases: {', '.join(f'{n} {what}' for what, n in sorted(outcomes.items()))}"))
        )
        failed += sum(outcomes[what] for what in FAILED) + (not index)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

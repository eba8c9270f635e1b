"""Become another program on one core, with as many open files as the system allows.

Run: python -m benchmarks.line.pin CORE PROGRAM [ARGUMENT …]. The process id stays, so whoever started it may measure and end it.
"""

from __future__ import annotations

import os
import resource
import sys


def main() -> None:
    core, *command = sys.argv[1:]
    os.sched_setaffinity(0, {int(core)})
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()

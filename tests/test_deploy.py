"""What is handed out to run a server with is what the server takes."""

from __future__ import annotations

import itertools
import shlex
from pathlib import Path

import pytest

from gameserver import cli
from gameserver.core.limits import HARD_STOP_SECONDS, SEAL_SECONDS

DEPLOY = Path(__file__).parents[1] / "deploy"


def unit() -> dict[str, str]:
    lines = (DEPLOY / "gameserver.service").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def test_the_unit_starts_a_server_that_knows_its_proxy_and_has_time_to_end(capsys: pytest.CaptureFixture[str]) -> None:
    _, *arguments = shlex.split(unit()["ExecStart"])
    with pytest.raises(SystemExit) as ended:
        cli.main([*arguments, "--print-limits"])  # which is asked last: by then all others are understood
    assert ended.value.code == 0, capsys.readouterr().err
    settings = dict(itertools.pairwise(arguments))
    for proxy in ("nginx.conf", "haproxy.cfg"):
        assert f"--proxy {settings['--proxy']} --allow-host {settings['--allow-host']}" in (DEPLOY / proxy).read_text()
    assert float(unit()["TimeoutStopSec"]) > float(settings["--drain"]) + SEAL_SECONDS + HARD_STOP_SECONDS

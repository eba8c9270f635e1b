"""`gameserver admin` against a server that was started as anybody starts it, and what it says to somebody who made a mistake."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from gameserver import cli
from tests.test_cli import ROOT, Command, Served, gameserver, served, words

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["gameserver", "served"]  # fixtures


@pytest.fixture
def keys(gameserver: Command, tmp_path: Path) -> str:
    path = tmp_path / "keys"
    assert gameserver("keys", "new", str(path)) == cli.OK
    return str(path)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["sessions", "--keys", "no_such_file"], "`gameserver keys new no_such_file` makes a key file"),
        (["sessions", "--url", "ws://127.0.0.1:1"], "is no server: write http://127.0.0.1:PORT or https://HOST"),
        (["sessions", "--url", "http://play.example"], "whoever is on the way could take your ticket"),
        (["sessions", "--url", "http://127.0.0.1:1"], "no game server answers"),
        (["sessions", "--as", " "], "an account is called by 1 to 64 characters"),
        (["ban", "--account", "bob", "--reason", "x", "--for", "ever"], "say how long, such as 90s, 30m, 12h or 7d"),
        (["kick", "toy1", "1"], "--reason"),
        (["kick", "toy1", "one", "--reason", "x"], "one"),
        (["kick", "toy1", "1", "--reason", "x", "--seconds", "-1"], "-1"),
        (["unban"], "ID"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage_ends_with_2_and_says_what_to_do(
    gameserver: Command,
    keys: str,
    arguments: list[str],
    said: str,
) -> None:
    given = arguments if "--keys" in arguments else [*arguments, "--keys", keys]
    assert gameserver("admin", *given) == cli.USAGE
    assert said in words(gameserver.out + gameserver.err)


@pytest.mark.real_time
@pytest.mark.parametrize("served", [("--port", "0", "--keys", "keys", "--record", "off")], indirect=True)
def test_an_admin_looks_after_a_server(
    gameserver: Command,
    keys: str,
    served: Served,
    tmp_path: Path,
) -> None:
    url = served.url()
    web = url.replace("ws://", "http://").removesuffix("/ws/arena1")

    def admin(*arguments: str) -> str:
        assert gameserver("admin", *arguments, "--url", web, "--keys", keys, "--as", "eve") == cli.OK, gameserver.err
        return gameserver.out

    bots = subprocess.Popen(
        [sys.executable, "-m", "gameserver", "bots", "--url", url, "--keys", keys, "--count", "1", "--seconds", "60"],
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'clients/python'}"},
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + 30
        while not (found := json.loads(admin("sessions", "--json"))["sessions"]):
            assert time.monotonic() < until, "the bot does not come"
            time.sleep(0.1)
        (bot,) = found
        assert (bot["room"], bot["role"], bot["rank"]) == ("arena1", "bot", "bot")
        assert admin("sessions", "--room", "arena1").startswith(f"arena1  1  {bot['name']}  bot  -  127.0.0.1  ")
        assert admin("kick", "arena1", "1", "--reason", "x") == f"{bot['name']} (1) is out of arena1.\n"
    finally:
        bots.kill()
        bots.wait()
    made = admin("ban", "--account", "bob", "--reason", "aimbot", "--for", "2h")
    assert "account bob" in made and "aimbot (by eve)" in made
    assert admin("bans") == made
    assert admin("unban", made.split()[0]) == f"Lifted: {made}"
    assert admin("bans") == ""
    assert admin("revoke", "ab" * 16) == f"{'ab' * 16} is void.\n"
    assert admin("close", "arena1") == "arena1 is closed; 0 were in it.\n"
    assert gameserver("admin", "kick", "arena1", "1", "--reason", "x", "--url", web, "--keys", keys) == cli.USAGE
    assert "there is no such room" in gameserver.err
    other = str(tmp_path / "other")
    assert gameserver("keys", "new", other) == cli.OK
    assert gameserver("admin", "bans", "--url", web, "--keys", other) == cli.USAGE
    assert "are these the keys that it was started with" in gameserver.err
    served.stop()
    assert "Traceback" not in served.said
    assert '"admin": "eve"' in served.said and '"did": "unban"' in served.said

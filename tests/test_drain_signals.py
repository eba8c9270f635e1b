"""What real signals do to a real server in which somebody plays."""

from __future__ import annotations

import inspect
import signal
import time
from typing import TYPE_CHECKING

import pytest
import trio
from gameclient.client import Client, ClientClosed

from benchmarks.processes import running_server
from gameserver.app import _endings
from gameserver.core.messages import Notice, NoticeCode
from gameserver.games import pong
from gameserver.hardstop import HARD_STOP_CODE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.processes import RunningServer

AT_ONCE_SECONDS = 2.0
"""With what a process needs to end on a machine that has other things to do."""


@pytest.fixture
def minds_hangup() -> Iterator[None]:
    """Here, and in what is started here: whoever runs the tests may have said that it shall not matter (nohup)."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


async def play(server: RunningServer, *numbers: signal.Signals) -> tuple[Notice | None, float]:
    """Join, and send the server these signals, each when he has been told of the one before. What he heard last, and how many
    seconds passed from the last signal to the end of the server.
    """
    client = Client(server.url, game="arena", name="ann", comes_back=False)
    signalled_at = 0.0

    async def send(client: Client) -> None:
        nonlocal signalled_at
        for number in numbers:
            heard = client.notice
            signalled_at = time.monotonic()
            server.process.send_signal(number)
            while client.notice is heard:
                await client.next_snapshot()

    with pytest.raises(ClientClosed):
        await client.run(send)
    await trio.to_thread.run_sync(server.process.wait)
    return client.notice, time.monotonic() - signalled_at


@pytest.mark.real_time
def test_ctrl_c_waits_for_goodbyes_only(tmp_path: Path) -> None:
    with running_server("--record", str(tmp_path), "--data", "off", "--drain", "600") as server:
        notice, seconds = trio.run(play, server, signal.SIGINT)
    assert notice is not None and notice.code == NoticeCode.RESTARTING
    assert seconds <= AT_ONCE_SECONDS
    assert server.process.returncode == 0
    assert [file.suffix for file in tmp_path.glob("*.trpl*")] == [".trpl"], "sealed"


@pytest.mark.real_time
@pytest.mark.usefixtures("minds_hangup")
def test_a_terminal_that_is_closed_is_as_ctrl_c_in_it(tmp_path: Path) -> None:
    """SIGHUP, and nobody reads any more what the server says."""
    with running_server("--record", str(tmp_path), "--data", "off", "--drain", "600") as server:
        assert server.process.stderr is not None
        server.process.stderr.close()
        notice, _ = trio.run(play, server, signal.SIGHUP)
    assert notice is not None and notice.code == NoticeCode.RESTARTING
    assert server.process.returncode == 0
    assert [file.suffix for file in tmp_path.glob("*.trpl*")] == [".trpl"], "sealed"


@pytest.mark.real_time
def test_threads_that_a_game_has_begun_hold_nobody_up(tmp_path: Path) -> None:
    game = tmp_path / "threaded.py"
    game.write_text(f"{inspect.getsource(pong)}\nimport threading\nthreading.Thread(target=threading.Event().wait).start()\n")
    with running_server("--game", str(game), "--data", "off") as server:
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(5) == HARD_STOP_CODE


@pytest.mark.usefixtures("minds_hangup")
def test_who_has_said_that_a_closed_terminal_does_not_matter_is_believed() -> None:
    assert signal.SIGHUP in _endings(hears_hangup=False)
    assert signal.SIGHUP not in _endings(hears_hangup=True), "the keys are read again"
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup leaves it
    assert signal.SIGHUP not in _endings(hears_hangup=False)


@pytest.mark.real_time
def test_a_second_signal_waits_for_nothing(tmp_path: Path) -> None:
    with running_server("--record", str(tmp_path), "--data", "off", "--drain", "600") as server:
        notice, seconds = trio.run(play, server, signal.SIGTERM, signal.SIGTERM)
    assert notice is not None and (notice.code, notice.detail) == (NoticeCode.DRAINING, 600)
    assert seconds <= AT_ONCE_SECONDS
    assert server.process.returncode == 0

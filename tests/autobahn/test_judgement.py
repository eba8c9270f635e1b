"""What is made of the suite's results; the suite itself is not installed everywhere (docs/autobahn.md)."""

from __future__ import annotations

import pytest
import trio
from trio_websocket import open_websocket_url

from tests.autobahn.__main__ import judged
from tests.autobahn.echo import serve


def case(behaviour: str, closing: str = "OK") -> dict[str, str]:
    return {"behavior": behaviour, "behaviorClose": closing}


def test_a_case_fails_by_what_it_says_or_by_how_it_closes() -> None:
    index = {"10.1": case("OK"), "2.1": case("NON-STRICT"), "1.1": case("FAILED"), "9.9": case("OK", "WRONG CODE")}
    outcomes, lines = judged(index)
    assert outcomes == {"OK": 1, "NON-STRICT": 1, "FAILED": 1, "WRONG CODE": 1}
    assert lines == ["! 1.1: FAILED, closing OK", "  2.1: NON-STRICT, closing OK", "! 9.9: OK, closing WRONG CODE"]


@pytest.mark.real_time
@pytest.mark.parametrize("lane", [True, False], ids=["lane", "plain"])
async def test_the_echo_says_everything_again(lane: bool) -> None:
    async with trio.open_nursery() as nursery:
        port = await nursery.start(lambda task_status: serve(0, lane=lane, task_status=task_status))
        async with open_websocket_url(f"ws://127.0.0.1:{port}/ws/echo", max_message_size=2**20) as client:
            for said in (b"", "", b"bytes", "text", b"x" * 100_000, "é" * 50_000):
                await client.send_message(said)
                with trio.fail_after(5):
                    assert await client.get_message() == said
        nursery.cancel_scope.cancel()

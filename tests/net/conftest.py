"""Every way in which a line can be made, for the tests that hold each of them to the same rules."""

from __future__ import annotations

import pytest
import trio.testing

from tests.net.match import Way

TRANSPORTS = [pytest.param("real", marks=pytest.mark.real_time), "simulated", "chunked"]


@pytest.fixture(params=TRANSPORTS)
def transport(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["lane", "plain"])
def way(request: pytest.FixtureRequest, transport: str) -> Way:
    """A test that takes it must itself take `clock` too."""
    return Way(str(request.param), transport)


@pytest.fixture
def clock(transport: str) -> trio.abc.Clock | None:
    """Virtual time for a simulated line; pytest-trio takes it from the test's arguments."""
    return None if transport == "real" else trio.testing.MockClock(autojump_threshold=0)

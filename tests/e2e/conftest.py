from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.browser import Chromium, running_chromium

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    """One browser for the tests of a module; its windows share nothing."""
    with running_chromium() as chromium:
        yield chromium

"""Accepts connections as long as the system gives any. What it is short of costs those who want to come in, and nobody who is here.

Where descriptors or memory have run out, `accept` fails at once and would fail again at once: so it is asked again after a pause. A
listener that fails for whatever other reason is asked again as well: a server must not end over who is not here yet.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

import trio

try:
    import resource
except ImportError:  # not everywhere
    resource = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from gameserver.ports import Listener

PAUSE_SECONDS: Final = 0.1
"""Until a listener is asked again that gave nothing; those who come meanwhile wait in the kernel."""
WORD_SECONDS: Final = 10.0
"""Between two lines of the log about it."""
OWN_DESCRIPTORS: Final = 128
"""Kept free of connections: for recordings and the store, sixteen files each at a time, listeners, and what libraries open."""

log = logging.getLogger("gameserver.net")


async def accept_all(
    listeners: Iterable[Listener],
    handler: Callable[[trio.abc.Stream], Awaitable[object]],
    nursery: trio.Nursery,
    *,
    on_failure: Callable[[], None] = lambda: None,
) -> None:
    """Start `handler` in the nursery with each connection until cancelled, and close the listeners.

    `on_failure` is called when a listener gave none.
    """
    async with trio.open_nursery() as accepting:
        for listener in listeners:
            accepting.start_soon(_accept_from, listener, handler, nursery, on_failure)


async def _accept_from(
    listener: Listener,
    handler: Callable[[trio.abc.Stream], Awaitable[object]],
    nursery: trio.Nursery,
    on_failure: Callable[[], None],
) -> None:
    async with listener:
        failures = 0
        quiet_until = trio.current_time()
        while True:
            try:
                stream = await listener.accept()
            except (OSError, MemoryError) as error:
                on_failure()
                failures += 1
                if trio.current_time() >= quiet_until:
                    quiet_until = trio.current_time() + WORD_SECONDS
                    log.warning("no connection can be accepted (%d times since the last word): %s", failures, error)
                    failures = 0
                await trio.sleep(PAUSE_SECONDS)
            else:
                nursery.start_soon(handler, stream)


def connections_within(most: int) -> int:
    """How many connections this process may have, of so many that it wants. Raises its own limit of descriptors for them."""
    if resource is None:
        return most
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return most
    wanted = most + OWN_DESCRIPTORS
    if soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        except (OSError, ValueError):  # macOS has a limit below its hard one
            soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(1, min(most, soft - OWN_DESCRIPTORS))

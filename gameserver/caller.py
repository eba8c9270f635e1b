"""Who is at the other end of a connection, as far as the network tells."""

from __future__ import annotations

import attrs


@attrs.frozen(kw_only=True)
class Caller:
    """See the module.

    Attributes:
        address: the peer's IP address as text; "" where a stream has none.
        origin: of the page that opened the line, as the browser wrote it; None for a program.
    """

    address: str = ""
    origin: str | None = None

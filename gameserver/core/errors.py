"""What can go wrong in the core, sorted by whose fault it is.

Nothing here is ever caught broadly inside the core: an error travels up to the one wall in the server, which decides what it
costs (a connection, a room) by its class.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gameserver.core.registry import Limit


class GameserverError(Exception):
    """The base of every error that this package raises on purpose. Never raised itself.

    Attributes:
        limit: the one that somebody went beyond; None: it has to do with none.
    """

    limit: Limit | None = None


class ProtocolError(GameserverError):
    """The peer broke the protocol. It costs the peer its connection and nobody else anything.

    Attributes:
        close_code: the WebSocket close code that tells the peer so (RFC 6455 section 7.4).
    """

    def __init__(self, message: str, close_code: int = 1002, *, limit: Limit | None = None) -> None:
        super().__init__(message)
        self.close_code = close_code
        self.limit = limit


class WorldMismatch(GameserverError):
    """A replica no longer equals what the server says it is: a fragment named a base that we do not hold, or a CRC differs."""


class GameError(GameserverError):
    """A game broke its contract: a value out of its declared range, an unknown timer, state kept outside the world.

    The text names what was wrong and what to do about it. It costs the room that runs the game, and no other.
    """

    def __init__(self, message: str, *, limit: Limit | None = None) -> None:
        super().__init__(message)
        self.limit = limit


class SchemaError(GameError):
    """A game declares its fields, inputs, calls or options wrongly. Raised when the game is loaded, before any room runs."""


class MapError(GameserverError):
    """A map file cannot be used.

    Attributes:
        where: file, layer and object, as far as they are known, joined for a person to read.
        reason: what is wrong and what to do.
    """

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where}: {reason}")
        self.where = where
        self.reason = reason


class Refused(GameserverError):
    """Somebody may not come in, or may not do that. Not a fault: the text is shown to the player.

    Attributes:
        code: a notice code of `gameserver.core.messages.NoticeCode`, or 0 for a refused call.
        detail: what goes with that code.
    """

    def __init__(self, message: str, code: int = 0, detail: str | int | None = None, *, limit: Limit | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.detail = detail
        self.limit = limit


class FormatError(GameserverError):
    """Bytes that are no recording, or one that was forged. What was only cut short or damaged is read as far as it goes."""

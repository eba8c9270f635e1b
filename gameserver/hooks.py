"""What a host may add around a game: asynchronous, outside of the tick, allowed to wait.

Their answers enter the room as recorded input, so a replay needs no database.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gameserver.core.game import Profile, Result
    from gameserver.core.messages import Hello
    from gameserver.standing import Standing


class Hooks:
    """Derive from it and give it to the server. These defaults let everybody in and forget results."""

    async def authorise(self, hello: Hello, standing: Standing) -> Profile:
        """Somebody wants to come in, and his ticket is good. The profile that this returns goes to the game's `join`: plain values
        by name, nothing nested. `standing`: who he is by that ticket, or on an open server, by what he said.

        Raise Refused with a text for the player to keep him out. It has the rest of HANDSHAKE_SECONDS; any other error keeps him
        out as well, and is logged.
        """
        return {}

    async def on_result(self, room: str, game: str, result: Result) -> int | float | str | bool | None:
        """A match has ended. What this returns goes to the game's `answer("result", …)`, unless it is None."""
        return None

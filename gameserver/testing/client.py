"""Both ends of one client without the line between: what the room keeps of it, and what it makes of the bytes it gets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from gameserver.core import wire
from gameserver.core.commands import plain_profile
from gameserver.core.inputs import InputBuffer
from gameserver.core.messages import EventMessage, Reply, Snapshot
from gameserver.core.parts import Viewer
from gameserver.core.reliable import Reliable
from gameserver.core.replica import Replica

if TYPE_CHECKING:
    from gameserver.core.audience import PlayerId
    from gameserver.core.game import Game, Profile
    from gameserver.core.layout import Row
    from gameserver.core.parts import Draft
    from gameserver.core.record import Event
    from gameserver.core.schema import Schema


@attrs.frozen
class Happened:
    """An event, and the tick of it."""

    tick: int
    event: Event


@attrs.define
class CallSaid:
    """A call on its way into a tick."""

    number: int
    method: str
    arguments: Row


class Client:
    """See the module.

    Attributes:
        player: its number, 0 for a spectator.
        joined: it is in the match.
        connected: it has a line.
        shown_connected: what the match believes of its line.
        away_ticks: how long it has had none.
        inputs: what the room has of its inputs.
        calls: what it says with the next tick.
        replies: what it was answered, by the call's number.
        happened: the events that it has had, oldest first.
        frames: the size of each frame that it got, in bytes.
        over: its session has ended.
    """

    def __init__(
        self, game: type[Game], schema: Schema, *, player: PlayerId, name: str, bot: bool = False, profile: Profile | None = None
    ) -> None:
        """`schema`: as a client has it, made from what the server sends."""
        self.player = player
        self.name = name
        self.bot = bot
        self.profile: Profile = plain_profile(profile or {})
        self.joined = False
        self.connected = True
        self.shown_connected = True
        self.away_ticks = 0
        self.over = False
        self.inputs = InputBuffer(game.schema.input, game.tick_rate)
        self.calls: list[CallSaid] = []
        self.replies: dict[int, Reply] = {}
        self.happened: list[Happened] = []
        self.frames: list[int] = []
        self.viewer = Viewer()
        self.replica = Replica(schema)
        self._schema = schema
        self._game = game
        self._reliable = Reliable()
        self._begins = False
        self._event_kinds = {layout.name: number for number, layout in enumerate(schema.events)}

    # -- the line ----------------------------------------------------------------------------------------------------------
    def disconnect(self) -> None:
        """The line breaks. What the client saw last stands, and what it wanted to call it will say over the next line."""
        self.connected = False
        self.away_ticks = 0

    def reconnect(self, tick: int) -> None:
        """A new line: the room begins with a whole snapshot, and says again what was not acknowledged."""
        self.connected = True
        self.viewer = Viewer()
        self._begins = True
        self._reliable.begin_line()
        self.inputs.restart(tick)

    @property
    def is_new(self) -> bool:
        """Has it seen nothing yet on its line?"""
        return self._begins or self.replica.tick is None

    # -- what it is told ---------------------------------------------------------------------------------------------------
    def owe(self, message: EventMessage | Reply) -> None:
        """Tell it this with the next frame that it gets. Who is owed too much loses his session, as in a room."""
        if self.over:
            return
        if isinstance(message, EventMessage):
            self._reliable.add_event(message)
        else:
            self._reliable.add_reply(message)
        self.over = self._reliable.overflown is not None

    def take(self, draft: Draft, tick: int, flags: int) -> None:
        """Get the frame of this tick, as bytes."""
        control = (draft.drops, None, None, ()) if draft.drops else None
        head = wire.encode_head(0, tick, flags, self.inputs.acknowledged, None, control, len(draft.fragments))
        frame = b"".join((*self._reliable.unsent(), head, draft.body))
        self._reliable.sent(tick)
        self.viewer.commit(draft)
        self.frames.append(len(frame))
        if self._begins:
            self._begins = False
            self.replica = Replica(self._schema)
        for message in wire.decode_server(frame):
            self._hear(message)
        self._reliable.acknowledge(tick, self._reliable.last_event)

    def _hear(self, message: Any) -> None:  # noqa: ANN401 - a ServerMessage
        match message:
            case Snapshot():
                drops = message.control[0] if message.control is not None else ()
                cosmetics = self.replica.apply(message.epoch, message.tick, drops, (), message.fragments)
                for one in cosmetics:
                    kind = self._event_kinds[one.name]
                    self._happen(one.tick, kind, self._schema.events[kind].pack(one.event))
            case EventMessage():
                self._happen(message.tick, message.kind, message.values)
            case Reply():
                self.replies[message.number] = message

    def _happen(self, tick: int, kind: int, row: Row) -> None:
        layout = self._game.schema.events[kind]
        self.happened.append(Happened(tick, layout.make(layout.check_row(row))))

"""The lobby: a room in which the open rooms are the entities.

    Hall      listed (false until the list has come for the first time), creates (may rooms be created here?)
    Visitor   who is here: names, for the number of people and for chat
    Offer     one for each open room but this one; `owner` is the visitor who had it opened, 0 if that was somebody else
    Choice    one for each game of which rooms can be created; none if nobody may

`create(game, map, options, private)` opens a room and returns its name; the Offer of it follows within half a second. `map` "" is
the game's usual one; `options` are lines NAME=VALUE, those that shall differ from the default. A private room has no Offer: what
comes back is "NAME CODE", and nobody gets in without the code.

The game knows only what the keeper answers and what visitors call, so it is repeated like any match. What it is asked to open it
tells the host, by an event for nobody else.
"""

from __future__ import annotations

import json
from typing import Any, Final

from gameserver import (
    NOBODY,
    Entity,
    Event,
    Game,
    Globals,
    Input,
    Options,
    Player,
    Refused,
    boolean,
    call,
    entities_of,
    integer,
    players_of,
    shared,
    text,
)
from gameserver.codes import LETTERS
from gameserver.core.limits import CODE_LETTERS, ORDER_SECONDS, ORDERS_AT_ONCE
from gameserver.core.registry import Limit

LOBBY: Final = "lobby"
"""The name of the game, and of its room."""
MOST_NAME: Final = 32
"""Of a room or a game, in characters: the wire's bound."""
MOST_MAP: Final = 64
MOST_MODE: Final = 16
MOST_LIST: Final = 512
"""What a text can hold: some thirty maps, or as many options."""
MOST_ORDER: Final = 128
"""Of the options of an order: what a call can carry."""

MOST_VISITOR: Final = 991
"""No PlayerId is higher."""


class Nothing(Input):
    """Visitors press no keys."""


class Terms(Options):
    """What the host has decided."""

    creates: bool = boolean(default=True)
    """Visitors may have rooms opened."""


class Hall(Globals):
    """The lobby itself."""

    listed: bool = boolean(default=False)
    """The list of rooms has come: what is not in it now is not there."""
    creates: bool = boolean(default=False)


class Visitor(Player):
    """Somebody who looks around."""

    order_due: int = integer(0, 2**31 - 1, default=0, audience="none")
    """The tick at which he may order as much at once as if he had never done so."""
    team: int = integer(0, 31, default=0, audience="none")


class Offer(Entity):
    """An open room."""

    players: int = integer(0, 255)
    """Seats that are taken, by people and by bots, which make way for people."""
    people: int = integer(0, 255)
    bots: int = integer(0, 255)
    spectators: int = integer(0, 255)
    running: int = integer(0, 1)
    """0: nobody is in it, and it stands still."""
    room: str = text(MOST_NAME)
    game: str = text(MOST_NAME)
    map: str = text(MOST_MAP)
    """"" without one."""
    mode: str = text(MOST_MODE)
    """What the game calls the way it is played; "" if it does not say."""
    most: int = integer(1, 255)
    """Seats that there are."""
    kept: bool = boolean()
    """The host's own: it stays when nobody is in it."""
    team: int = integer(0, 31, default=0, audience="none")


class Choice(Entity):
    """A game of which a room can be created."""

    game: str = text(MOST_NAME)
    title: str = text(MOST_NAME)
    about: str = text(MOST_LIST)
    """In a sentence."""
    maps: str = text(MOST_LIST)
    """Those that suit it, comma-separated, the usual one first; "" if it has none."""
    options: str = text(MOST_LIST)
    """Lines NAME=VALUES=DEFAULT (gameserver.options.describe_options)."""
    most: int = integer(1, 255)
    """Seats of a room."""
    owner: int = integer(0, MOST_VISITOR, default=0, audience="none")
    team: int = integer(0, 31, default=0, audience="none")


class Ordered(Event, reliable=True):
    """A room shall be opened. For the host."""

    visitor: int = integer(0, MOST_VISITOR)
    room: str = text(MOST_NAME)
    game: str = text(MOST_NAME)
    map: str = text(MOST_MAP)
    options: str = text(MOST_ORDER)
    private: bool = boolean()


class Lobby(Game):
    """See the module."""

    name = LOBBY
    version = 2
    tick_rate = 10
    max_players = 255
    inputs = Nothing
    options = Terms
    events = (Ordered,)
    ticks_on_input = True
    closes_when_over = False

    players = players_of(Visitor)
    offers = entities_of(Offer)
    choices = entities_of(Choice)
    hall = shared(Hall)

    def setup(self, options: Terms) -> None:
        self.hall.creates = options.creates

    def answer(self, question: str, value: Any) -> None:  # noqa: ANN401 - as in Game
        """The keeper says how things stand: JSON, the fields of all Offers or of all Choices."""
        if question == "rooms":
            self._take_rooms(json.loads(value))
            self.hall.listed = True
        elif question == "choices":
            for choice in self.choices:
                self.choices.remove(choice)
            for fields in json.loads(value):
                self.choices.add(Choice(**fields))

    def _take_rooms(self, rooms: list[dict[str, Any]]) -> None:
        """An Offer stays the same entity as long as its room is open."""
        known = {offer.room: offer for offer in self.offers}
        for fields in rooms:
            by = fields.pop("by")
            offer = known.pop(fields["room"], None)
            if offer is None:
                self.offers.add(Offer(**fields, owner=by if by in self.players else 0))
            else:
                for name, value in fields.items():
                    setattr(offer, name, value)
        for offer in known.values():
            self.offers.remove(offer)

    @call
    def create(
        self,
        player: Visitor,
        game: str = text(MOST_NAME),
        map: str = text(MOST_MAP),  # noqa: A002 - clients know it by this name
        options: str = text(MOST_ORDER),
        private: bool = boolean(),
    ) -> str:
        """Have a room opened; returns its name, and the code of a private one. See the module.

        Whatever keeps the host from opening it refuses the call.
        """
        if not self.hall.creates:
            raise Refused("no rooms are created here: join one that is open")
        choice = next((choice for choice in self.choices if choice.game == game), None)
        if choice is None:
            raise Refused(f"there is no game {game!r}; there are {', '.join(choice.game for choice in self.choices) or 'none'}")
        maps = choice.maps.split(",") if choice.maps else []
        if map and map not in maps:
            raise Refused(f"{game} has no map {map!r}; it has {', '.join(maps) or 'none'}")
        ticks, due = self.ticks(ORDER_SECONDS), max(player.order_due, self.tick)
        if due - self.tick > ticks * (ORDERS_AT_ONCE - 1):
            raise Refused("not so fast", limit=Limit.ORDER_SECONDS)
        player.order_due = due + ticks
        taken = {offer.room for offer in self.offers}
        room = self._draw_name()
        while room in taken:
            room = self._draw_name()
        self.emit(Ordered(visitor=player.owner, room=room, game=game, map=map, options=options, private=private), NOBODY)
        return room

    @call
    def silence(self, player: Visitor, other: int = integer(1, MOST_VISITOR), silenced: bool = boolean()) -> None:
        """As in every game, but for one: whoever came first is no host of people who are here by chance."""
        self._need_title(player)
        super().silence(player, other, silenced)

    @call
    def expel(self, player: Visitor, other: int = integer(1, MOST_VISITOR), bar: bool = boolean()) -> None:
        """Likewise."""
        self._need_title(player)
        super().expel(player, other, bar)

    def _need_title(self, player: Visitor) -> None:
        if not self._simulation.world.talk.is_entitled(player.owner):
            raise Refused("in the lobby that is for who has the ticket of a host")

    def _draw_name(self) -> str:
        return "".join(self.random.choice(LETTERS) for _ in range(CODE_LETTERS))

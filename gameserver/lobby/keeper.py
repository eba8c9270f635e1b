"""Keeps the lobby: says twice a second which rooms there are, if that has changed, and opens those that were ordered.

An order is carried out in the very tick in which it was called, before the visitor hears of it: when he is told the room's name
the room is there, and what keeps it from being opened refuses his call.
"""

from __future__ import annotations

import json
import logging
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final

import attrs
import trio

from gameserver.core.errors import GameError, Refused
from gameserver.core.limits import ROOMS_PER_VISITOR, SETUP_SECONDS
from gameserver.core.registry import Limit
from gameserver.guard import HookTimeout
from gameserver.library import blaming
from gameserver.lobby.game import LOBBY, MOST_LIST, MOST_MAP, MOST_MODE, MOST_NAME, Lobby, Ordered, Terms
from gameserver.options import OptionError, describe_options, parse_options
from gameserver.plan import RoomFault, RoomState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gameserver.core.game import Game
    from gameserver.core.maps import TileMap
    from gameserver.guard import HookRunner
    from gameserver.room import Room
    from gameserver.server import Server

log = logging.getLogger("gameserver.lobby")

LOOK_SECONDS: Final = 0.5
"""How often the rooms are looked at: a list that people read need not be newer."""

_ORDERED: Final = Lobby.events.index(Ordered)
"""The kind of this event (Emitted.kind)."""


class Keeper:
    """See the module."""

    def __init__(self, server: Server, guard: HookRunner, *, creates: bool) -> None:
        """Opens the lobby. `creates`: visitors may have rooms opened."""
        self._rooms = server.rooms
        self._admission = server.admission
        self._guard = guard
        self._creates = creates
        self._told: dict[str, str] = {}
        """What the lobby was answered last, by question."""
        self._games: dict[str, type[Game]] = {}
        """Those that the choices were made of: they are read anew while somebody writes them."""
        self._by: dict[str, int] = {}
        """Which visitor had this room opened."""
        self._rooms.on_open = self._adopt
        self._rooms.open(LOBBY, Lobby, options=Terms(creates=creates), keep=True)

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            self.look()
            await trio.sleep(LOOK_SECONDS)

    def look(self) -> None:
        """Tell the lobby what it does not know."""
        lobby = self._rooms.get(LOBBY)
        if lobby is None:  # it has failed: the next visitor gets a new one
            return
        if self._creates and (self._games != self._rooms.games or "choices" not in self._told):
            self._games = dict(self._rooms.games)
            self._tell(lobby, "choices", self._choices())
        rooms = [room for room in self._rooms.values() if room is not lobby and room.state is not RoomState.CLOSED]
        self._by = {room.plan.name: self._by[room.plan.name] for room in rooms if room.plan.name in self._by}
        shown = [room for room in rooms if room.plan.code is None]
        self._tell(lobby, "rooms", [_offer_of(room, self._by.get(room.plan.name, 0)) for room in shown])

    def _adopt(self, room: Room) -> None:
        """A room has been opened. If it is the lobby, it knows nothing yet."""
        if room.plan.game is Lobby:
            self._told = {}
            room.on_step = self._hear

    def _tell(self, lobby: Room, question: str, plain: list[dict[str, Any]]) -> None:
        value = json.dumps(plain)
        if self._told.get(question) != value:
            self._told[question] = value
            lobby.answer(question, value)

    # -- orders ------------------------------------------------------------------------------------------------------------
    def _hear(self, lobby: Room) -> None:
        """The lobby has made a step."""
        simulation = lobby.simulation
        for emitted in simulation.emitted:
            if emitted.kind != _ORDERED:
                continue
            order: Ordered = Ordered.layout.make(emitted.row)
            try:
                ok, value = True, self._open(order)
            except Refused as refusal:
                lobby.counts.reached.note(refusal.limit)
                ok, value = False, str(refusal)
            simulation.replied = [
                attrs.evolve(reply, ok=ok, value=value)
                if (reply.player, reply.ok, reply.value) == (order.visitor, True, order.room)
                else reply
                for reply in simulation.replied
            ]

    def _open(self, order: Ordered) -> str:
        """What the visitor is told: the room's name, and the code of a private one. Raises Refused, in words for him."""
        if sum(visitor == order.visitor for visitor in self._by.values()) >= ROOMS_PER_VISITOR:
            raise Refused(
                f"{ROOMS_PER_VISITOR} of your rooms are open: "
                "play in one of them, or wait until nobody has been there for a minute",
                limit=Limit.ROOMS_PER_VISITOR,
            )
        if order.room in self._rooms:
            raise Refused("try again: somebody else has just opened a room of this name")
        standing = next((seat.standing for seat in self._rooms[LOBBY].seats if seat.player == order.visitor), None)
        if standing is not None:  # who leaves and comes again is another visitor, and the same address
            self._admission.count_opening(standing)
        game = self._rooms.games[order.game]
        try:
            options = parse_options(game, [line for line in order.options.split("\n") if line])
            room = self._rooms.open(
                order.room, game, options=options, map_name=self._maps_of(game).get(order.map, ""), private=order.private
            )
        except OptionError as error:
            raise Refused(str(error)) from error
        except RoomFault as fault:
            raise self._rooms.refusal_of(order.room, fault) from fault
        self._by[order.room] = order.visitor
        return order.room if room.plan.code is None else f"{order.room} {room.plan.code}"

    # -- what can be chosen ------------------------------------------------------------------------------------------------
    def _choices(self) -> list[dict[str, Any]]:
        return [
            {
                "game": game.name,
                "title": game.name.replace("_", " ").replace("-", " ").title(),
                "about": _clean((game.__doc__ or "").strip().partition("\n")[0], MOST_LIST),
                "maps": _joined(",", self._suiting(game)),
                "options": _joined("\n", describe_options(game)),
                "most": game.max_players,
            }
            for game in self._rooms.games.values()
            if game is not Lobby
        ]

    def _suiting(self, game: type[Game]) -> list[str]:
        """The maps that this game can be played on, its usual one first."""
        names = [name for name, key in self._maps_of(game).items() if self._suits(game, self._rooms.maps[key][0])]
        return sorted(names, key=lambda name: (name != game.default_map, name))

    def _suits(self, game: type[Game], tile_map: TileMap) -> bool:
        def problems() -> list[object]:
            return list(game.map_problems(tile_map))

        try:
            with blaming(game, f"cannot check {tile_map.name}"):
                return not self._guard.run(problems, cpu_seconds=SETUP_SECONDS, wall_seconds=SETUP_SECONDS)
        except (GameError, HookTimeout) as error:
            log.warning("map %s is not offered for %s: %s", tile_map.name, game.name, error)
            return False

    def _maps_of(self, game: type[Game]) -> dict[str, str]:
        """The server's name of each map by the one that visitors are told: no path, and nothing that separates a list."""
        if not game.uses_map:
            return {}
        names = {_shown(tile_map): key for key, (tile_map, _) in self._rooms.maps.items()}
        return {name: key for name, key in names.items() if name and "," not in name}


def _offer_of(room: Room, by: int) -> dict[str, Any]:
    plan = room.plan
    return {
        "room": plan.name,
        "game": _clean(plan.game.name, MOST_NAME),
        "map": _shown(plan.map[0]) if plan.map is not None else "",
        "mode": _mode_of(room),
        "players": room.players,
        "people": room.people,
        "bots": room.players - room.people,
        "spectators": room.spectators,
        "running": int(room.state is RoomState.RUNNING),
        "most": plan.game.max_players,
        "kept": plan.keep,
        "by": by,
    }


def _mode_of(room: Room) -> str:
    """The text `mode` that the room's globals show everyone, or that its maker chose."""
    for holder in (room.simulation.world.globals, room.plan.options):
        for field in type(holder).layout.fields:
            if (field.name, field.type, field.audience) == ("mode", "text", "all"):
                return _clean(getattr(holder, field.name), MOST_MODE)
    return ""


def _shown(tile_map: TileMap) -> str:
    return _clean(PurePath(tile_map.name).stem, MOST_MAP)


def _clean(text: str, most: int) -> str:
    """What a field of so many code points takes; the names of files may hold bytes that are no text."""
    return text.encode("utf-8", "replace").decode()[:most]


def _joined(separator: str, parts: Iterable[str]) -> str:
    """As many of them as a field holds; the others have their defaults."""
    joined = ""
    for part in parts:
        longer = f"{joined}{separator}{part}" if joined else part
        if len(longer) > MOST_LIST:
            log.warning("the lobby does not offer %r: its list is full", part)
            continue
        joined = longer
    return _clean(joined, MOST_LIST)

"""The recording of a match in a test, as a server would have written it (docs/replay-format.md)."""

from __future__ import annotations

import hashlib
import json
import platform
from typing import TYPE_CHECKING, Any, Final

from gameserver.core.limits import PROTOCOL
from gameserver.core.replay.chunks import encode_chunk
from gameserver.core.replay.header import Header, Origin
from gameserver.core.replay.index import FileIndex
from gameserver.core.replay.tape import Tape
from gameserver.maps import load_map, map_names

if TYPE_CHECKING:
    from gameserver.core.game import Game
    from gameserver.core.maps import MapObject, Property, TileMap
    from gameserver.core.parts import Parts
    from gameserver.core.simulation import Simulation

ROOM: Final = "test"
SOFTWARE: Final = "gameserver.testing"
_TYPES: Final = {bool: "bool", int: "int", float: "float", str: "string"}
"""What Tiled calls them."""


class MatchRecording:
    """A tape, and the file that becomes of it.

    Attributes:
        tape: what is told of the match.
    """

    def __init__(
        self, game: type[Game], simulation: Simulation, parts: Parts, *, tick: int, flags: int, seed: int, code: str, engine: str
    ) -> None:
        """Begin with the world as it is after this tick; `parts` has committed it. `code`, `engine`: as ORIGIN has them."""
        header = Header(
            session=hashlib.sha256(f"{game.name} {seed} {tick}".encode()).digest()[:16],
            game=game.name,
            version=game.version,
            room=ROOM,
            protocol=PROTOCOL,
            rate=game.tick_rate,
            first=tick,
            at=0.0,
            schema=game.schema.to_wire(),
            options=game.schema.options.pack(simulation.options),
            map=None if simulation.map is None else map_in_header(simulation.map),
            software=SOFTWARE,
        )
        self.tape = Tape(header, Origin(seed, code, engine, platform.python_version()), game.schema)
        self.tape.begin(simulation, parts, flags)
        self._data = bytearray(header.encode())
        self._index = FileIndex(len(self._data))

    def file(self, end: str) -> bytes:
        """The whole file, sealed, of what there is so far."""
        for chunk in self.tape.take():
            data = encode_chunk(chunk)
            self._index.add(chunk, len(data))
            self._data += data
        return bytes(self._data) + self._index.footer(self.tape.contents(end))


def map_in_header(tile_map: TileMap) -> tuple[str, bytes, bytes]:
    """Its name, hash and file: of a map that comes with the server its own, of another one that is read as the same map."""
    own = _own_file(tile_map)
    data = own if own is not None else _file_of(tile_map)
    return tile_map.name, hashlib.sha256(data).digest(), data


def _own_file(tile_map: TileMap) -> bytes | None:
    name = tile_map.name.removesuffix(".tmj")
    if name not in map_names():
        return None
    known, data = load_map(name)
    return data if known.sha256 == tile_map.sha256 else None


def _file_of(tile_map: TileMap) -> bytes:
    """A map file of this map."""
    walls = {
        "type": "tilelayer", "name": "walls", "width": tile_map.width, "height": tile_map.height, "data": list(tile_map.solid),
    }  # fmt: skip
    objects = {"type": "objectgroup", "name": "objects", "objects": [_object(thing) for thing in tile_map.objects]}
    document = {
        "type": "map", "orientation": "orthogonal", "infinite": False, "width": tile_map.width, "height": tile_map.height,
        "tilewidth": tile_map.tile_size, "tileheight": tile_map.tile_size, "layers": [walls, objects],
        "tilesets": [{"firstgid": 1, "tilecount": 1}], "properties": _properties(tile_map.properties),
    }  # fmt: skip
    return json.dumps(document).encode()


def _object(thing: MapObject) -> dict[str, Any]:
    return {
        "id": thing.id, "name": thing.name, "type": thing.type, "x": thing.x, "y": thing.y, "width": thing.width,
        "height": thing.height, "point": not (thing.width or thing.height), "properties": _properties(thing.properties),
    }  # fmt: skip


def _properties(properties: Any) -> list[dict[str, Property]]:  # noqa: ANN401 - a mapping of names
    return [{"name": name, "type": _TYPES[type(value)], "value": value} for name, value in properties.items()]

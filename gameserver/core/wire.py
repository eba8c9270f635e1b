"""Bytes to messages and back. The only place that unpacks what a peer sent.

Bytes from a client are hostile: `decode_client` accepts exactly what docs/protocol.md allows, to the type (True is no integer), and
raises ProtocolError for everything else, and nothing else. Bytes from a server are checked by the same rule but in wider bounds.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import msgpack

from gameserver.core import limits
from gameserver.core.errors import ProtocolError
from gameserver.core.limits import MAX_INTEGER
from gameserver.core.messages import (
    Bye,
    Call,
    ClientMessage,
    EventMessage,
    Hello,
    Inputs,
    Notice,
    Ping,
    Pong,
    Ready,
    Reply,
    Role,
    ServerMessage,
    Snapshot,
    Welcome,
)
from gameserver.core.registry import Limit
from gameserver.core.words import has_towers, is_name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

pack: Final[Callable[[object], bytes]] = msgpack.packb

_GAME: Final = re.compile(limits.GAME_PATTERN + r"(@[0-9]{1,9})?")
_ROOM: Final = re.compile(limits.ROOM_PATTERN)


# -- from a client ---------------------------------------------------------------------------------------------------------
def decode_client(data: bytes) -> ClientMessage:
    """One message to the server. Raises ProtocolError for anything that docs/protocol.md does not allow."""
    if len(data) > limits.MAX_MESSAGE:
        raise ProtocolError(f"a message of {len(data)} bytes; at most {limits.MAX_MESSAGE}", 1009, limit=Limit.MAX_MESSAGE)
    try:
        body = msgpack.unpackb(
            data,
            use_list=False,
            strict_map_key=True,
            max_array_len=limits.DECODE_ARRAY,
            max_map_len=limits.DECODE_MAP,
            max_str_len=limits.DECODE_TEXT,
            max_bin_len=limits.DECODE_BIN,
            max_ext_len=0,
        )
    except (ValueError, TypeError, RecursionError) as error:  # TypeError: an unhashable key of a map
        raise ProtocolError("not msgpack, or out of bounds", limit=_bound_of(error)) from error
    if type(body) is not tuple or not body or type(body[0]) is not int or not 0 <= body[0] < len(_CLIENT):
        raise ProtocolError("not an array led by a known number")
    try:
        return _CLIENT[body[0]](*body)
    except (TypeError, ValueError) as error:
        limit = error.limit if isinstance(error, _Beyond) else None
        raise ProtocolError(f"message {body[0]}: {str(error)[:100]}", limit=limit) from error


class _Beyond(ValueError):
    """A value that is beyond a limit, if it is of the right type at all."""

    def __init__(self, message: str, limit: Limit | None) -> None:
        super().__init__(message)
        self.limit = limit


_BOUNDS: Final = {
    "max_array_len": Limit.DECODE_ARRAY,
    "max_map_len": Limit.DECODE_MAP,
    "max_str_len": Limit.DECODE_TEXT,
    "max_bin_len": Limit.DECODE_BIN,
}


def _bound_of(error: Exception) -> Limit | None:
    """Which of its bounds msgpack complains of: it says so in its text only."""
    text = str(error)
    return next((limit for bound, limit in _BOUNDS.items() if bound in text), None)


def _beyond(value: object, message: str) -> _Beyond:
    """What to raise for what is no integer, or one of too many bits."""
    return _Beyond(message, Limit.MAX_INTEGER if type(value) is int and abs(value) > MAX_INTEGER else None)


_ROLES: Final = frozenset(Role)


def _hello(_: int, protocol: object, game: object, room: object, credential: object, role: object, name: object) -> Hello:
    if type(game) is not str or not _GAME.fullmatch(game):
        raise ValueError("game is no name")
    if type(room) is not str or not _ROOM.fullmatch(room):
        raise ValueError("room is no name")
    if credential is not None and type(credential) is not str and not (type(credential) is bytes and len(credential) == 16):
        raise ValueError("credential is no ticket and no token")
    if type(role) is not int or role not in _ROLES:
        raise ValueError("role is unknown")
    return Hello(_natural(protocol), game, room, credential, Role(role), _name(name))


def _ready(_: int, map_hash: object) -> Ready:
    if map_hash is not None and not (type(map_hash) is bytes and len(map_hash) == 32):
        raise ValueError("map hash is no SHA-256")
    return Ready(map_hash)


def _inputs(_: int, first_tick: object, ack_tick: object, ack_event: object, view_tick: object, values: object) -> Inputs:
    if type(values) is not tuple:
        raise ValueError("values are no array")
    for value in values:
        if type(value) is not int or not -MAX_INTEGER <= value <= MAX_INTEGER:
            raise _beyond(value, "a value is no integer")
    if type(first_tick) is not int or not 0 <= first_tick <= MAX_INTEGER:
        raise _beyond(first_tick, "first tick is no integer of 0 or more")
    if type(ack_event) is not int or not 0 <= ack_event <= MAX_INTEGER:
        raise _beyond(ack_event, "ack event is no integer of 0 or more")
    if ack_tick is not None and (type(ack_tick) is not int or not 0 <= ack_tick <= MAX_INTEGER):
        raise _beyond(ack_tick, "ack tick is neither nil nor an integer of 0 or more")
    if view_tick is not None and (type(view_tick) is not int or not 0 <= view_tick <= MAX_INTEGER):
        raise _beyond(view_tick, "view tick is neither nil nor an integer of 0 or more")
    return Inputs(first_tick, ack_tick, ack_event, view_tick, values)


def _ping(_: int, sequence: object, client_time: object) -> Ping:
    return Ping(_integer(sequence), _integer(client_time))


def _call(_: int, number: object, method: object, arguments: object) -> Call:
    if type(method) is not str or type(arguments) is not tuple:
        raise ValueError("method is no text, or arguments are no array")
    for argument in arguments:
        if type(argument) is tuple:
            for item in argument:
                _integer(item)
        elif type(argument) is not str:
            _integer(argument)
    return Call(_natural(number), method, arguments)


def _bye(_: int) -> Bye:
    return Bye()


_CLIENT: Final[tuple[Callable[..., ClientMessage], ...]] = (_hello, _ready, _inputs, _ping, _call, _bye)


def _natural(value: object) -> int:
    if type(value) is not int or not 0 <= value <= MAX_INTEGER:
        raise _beyond(value, "not an integer of 0 or more")
    return value


def _integer(value: object) -> int:
    if type(value) is not int or not -MAX_INTEGER <= value <= MAX_INTEGER:
        raise _beyond(value, "not an integer of 53 bits")
    return value


def _name(value: object) -> str:
    if type(value) is not str or not is_name(value):
        raise _Beyond("name does not fit", _limit_of_name(value))
    return value


def _limit_of_name(name: object) -> Limit | None:
    if type(name) is not str:
        return None
    if len(name) > limits.MAX_NAME:
        return Limit.MAX_NAME
    return Limit.MAX_MARKS if has_towers(name) else None


def encode_client(message: ClientMessage) -> bytes:
    """The bytes of a message to the server."""
    match message:
        case Hello(protocol, game, room, credential, role, name):
            return pack((0, protocol, game, room, credential, int(role), name))
        case Ready(map_hash):
            return pack((1, map_hash))
        case Inputs(first_tick, ack_tick, ack_event, view_tick_256, values):
            return pack((2, first_tick, ack_tick, ack_event, view_tick_256, values))
        case Ping(sequence, client_time):
            return pack((3, sequence, client_time))
        case Call(number, method, arguments):
            return pack((4, number, method, arguments))
        case Bye():
            return pack((5,))


# -- to a client -----------------------------------------------------------------------------------------------------------
def encode_head(
    epoch: int, tick: int, flags: int, input_ack: int | None, margin: int | None, control: Sequence[object] | None, fragments: int
) -> bytes:
    """The SNAPSHOT array; so many fragments must follow it in the same frame."""
    return pack((1, epoch, tick, flags, input_ack, margin, control, fragments))


def encode_server(message: Welcome | EventMessage | Pong | Reply | Notice) -> bytes:
    """The bytes of a message to a client; several may stand in one frame."""
    match message:
        case Welcome(player, resume, tick_rate, schema, tile_map, options, epoch):
            return pack((0, player, int(message.role), resume, tick_rate, schema, tile_map, options, epoch))
        case EventMessage(sequence, tick, kind, values):
            return pack((2, sequence, tick, kind, values))
        case Pong(sequence, client_time, tick, into_tick, held):
            return pack((3, sequence, client_time, tick, into_tick, held))
        case Reply(number, ok, value):
            return pack((4, number, ok, value))
        case Notice(code, text, detail):
            return pack((5, int(code), text, detail))


def decode_server(data: bytes) -> list[ServerMessage]:
    """All messages of one frame to a client. Raises ProtocolError."""
    if len(data) > limits.MAX_FRAME:
        raise ProtocolError(f"a frame of {len(data)} bytes", 1009)
    unpacker = msgpack.Unpacker(
        use_list=False, strict_map_key=True, max_buffer_size=limits.MAX_FRAME, max_ext_len=0, ext_hook=_no_ext
    )
    unpacker.feed(data)
    bodies: list[Any] = []
    try:
        while unpacker.tell() < len(data):  # iterating, it would take an array that is cut short for the end
            bodies.append(unpacker.unpack())
    except msgpack.OutOfData as error:
        raise ProtocolError("the frame ends inside a value") from error
    except (ValueError, TypeError, RecursionError) as error:
        raise ProtocolError("not msgpack, or out of bounds") from error
    if not bodies:
        raise ProtocolError("an empty frame")
    messages: list[ServerMessage] = []
    for at, body in enumerate(bodies):
        if type(body) is not tuple or not body or type(body[0]) is not int or not 0 <= body[0] < len(_SERVER):
            raise ProtocolError("not an array led by a known number")
        try:
            if body[0] == 1:
                messages.append(_snapshot(body, bodies[at + 1 :]))
                break  # the fragments are the rest
            messages.append(_SERVER[body[0]](body))
        except (TypeError, ValueError, IndexError) as error:
            raise ProtocolError(f"message {body[0]}: {str(error)[:100]}") from error
    if len(messages) > 1 and any(type(message) is Welcome for message in messages):
        raise ProtocolError("WELCOME is not alone in its frame")
    return messages


def _no_ext(code: int, data: bytes) -> object:
    """An empty ext value would pass max_ext_len."""
    raise ValueError("ext types are not used")


def _snapshot(body: tuple[Any, ...], rest: list[Any]) -> Snapshot:
    _, epoch, tick, flags, input_ack, margin, control, count = body[:8]
    for number in (epoch, tick, flags, count):
        _natural(number)
    if input_ack is not None:
        _natural(input_ack)
    if margin is not None:
        _integer(margin)
    if control is not None:
        _control(control)
    if count != len(rest) or any(type(fragment) is not tuple or len(fragment) < 5 for fragment in rest):
        raise ValueError("the fragments are not as announced")
    return Snapshot(epoch, tick, flags, input_ack, margin, control, tuple(rest))


def _control(control: object) -> None:
    if type(control) is not tuple or len(control) < 4:
        raise ValueError("control has four elements")
    drops, rate, clock, schedule = control[:4]
    if type(drops) is not tuple or type(schedule) is not tuple or len(schedule) % 2:
        raise ValueError("drops are no array, or schedule is none of pairs")
    for number in (*drops, *schedule):
        _natural(number)
    if rate not in (None, 1, 2, 4, 8) or type(rate) in (bool, float) or 0 in schedule[1::2]:
        raise ValueError("a rate or divisor is out of range")
    if clock is not None:
        _natural(clock)


def _welcome(body: tuple[Any, ...]) -> Welcome:
    _, player, role, resume, tick_rate, schema, tile_map, options, epoch = body[:9]
    if _natural(role) != (Role.PLAYER if _natural(player) else Role.SPECTATOR):
        raise ValueError("a player has a number, a spectator has none")
    if resume is not None and not (type(resume) is bytes and len(resume) == 16):
        raise ValueError("resume is no token")
    if type(tick_rate) is not int or not limits.MIN_TICK_RATE <= tick_rate <= limits.MAX_TICK_RATE:
        raise ValueError("tick rate out of range")
    if tile_map is not None:
        if type(tile_map) is not tuple:
            raise ValueError("the map is no array")
        name, digest, content = tile_map = tile_map[:3]
        if type(name) is not str or type(digest) is not bytes or type(content) is not bytes:
            raise ValueError("the map is no (name, hash, bytes)")
    if type(schema) is not dict or type(options) is not tuple:
        raise ValueError("schema is no map, or options are no array")
    return Welcome(player, resume, tick_rate, schema, tile_map, options, _natural(epoch))


def _event(body: tuple[Any, ...]) -> EventMessage:
    if type(body[4]) is not tuple:
        raise ValueError("values are no array")
    return EventMessage(_natural(body[1]), _natural(body[2]), _natural(body[3]), body[4])


def _pong(body: tuple[Any, ...]) -> Pong:
    return Pong(_integer(body[1]), _integer(body[2]), _natural(body[3]), _integer(body[4]), _integer(body[5]))


def _reply(body: tuple[Any, ...]) -> Reply:
    if type(body[2]) is not bool:
        raise ValueError("ok is no boolean")
    if type(body[3]) not in (bool, int, str, type(None)):
        raise ValueError("value is of no plain type")
    if type(body[3]) is int:
        _integer(body[3])
    if not body[2] and type(body[3]) is not str:
        raise ValueError("a refusal has no words")
    return Reply(_natural(body[1]), body[2], body[3])


def _notice(body: tuple[Any, ...]) -> Notice:
    if type(body[2]) is not str:
        raise ValueError("text is no text")
    if type(body[3]) not in (int, str, type(None)):
        raise ValueError("detail is neither a number nor a text")
    if type(body[3]) is int:
        _integer(body[3])
    return Notice(_natural(body[1]), body[2], body[3])


def _never(body: tuple[Any, ...]) -> ServerMessage:
    raise ValueError(f"{body[0]} leads no message by itself")


_SERVER: Final[tuple[Callable[[tuple[Any, ...]], ServerMessage], ...]] = (_welcome, _never, _event, _pong, _reply, _notice)

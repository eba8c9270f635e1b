"""Writes tests/vectors/: frames and conversations with their meaning, for every program that speaks the protocol.

    python -m tests.core.make_vectors

Pytest checks that the files are up to date and that our decoder agrees with them; the browser's tests read the same files. In
JSON, bytes are written as {"bin": hex}; everything else stands for itself. What the files hold:

    frames.json      client: what a client says. server: what a server says, one or more messages in a frame.
                     refused: bytes that a server must refuse, with the close code; refused_by_client likewise.
    histories.json   conversations: every frame from WELCOME on, and the world after it:
                     part → entity id → [form, values]. The last frame of some must be refused instead ("error").
    quantise.json    [value, quantum, integer]: floor(value / quantum + 0.5).
    timing.json      what keeps time in a client, fed with a line that jitters: tests/core/make_timing.py.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs
import msgpack

from gameserver.core.audience import EVERYONE, owner, part_of, team
from gameserver.core.errors import ProtocolError, WorldMismatch
from gameserver.core.fields import angle, boolean, integer, integers, real, text
from gameserver.core.game import Game, call, entities_of, players_of, shared
from gameserver.core.messages import (
    Bye,
    Call,
    ClientMessage,
    EventMessage,
    Hello,
    Inputs,
    Notice,
    NoticeCode,
    Ping,
    Pong,
    Ready,
    Reply,
    Role,
    ServerMessage,
    Snapshot,
    Welcome,
)
from gameserver.core.parts import Parts, Viewer
from gameserver.core.record import Entity, Event, Globals, Input, Player
from gameserver.core.replica import Replica
from gameserver.core.schema import Schema, form
from gameserver.core.wire import decode_server, encode_client, encode_head, encode_server
from tests.core.make_timing import timing_text

if TYPE_CHECKING:
    from gameserver.core.layout import Row
    from gameserver.core.view import Contents, Record

FOLDER: Final = Path(__file__).parents[1] / "vectors"


# -- the game that the vectors play ------------------------------------------------------------------------------------------
class Steer(Input):
    turn: int = integer(-1, 1)
    gear: int = integer(1, 5, default=2)
    fire: bool = boolean(edge=True)


class Round(Globals):
    clock: int = integer(0, 1_000_000, default=0)
    title: str = text(40, default="")
    secret: int = integer(0, 9, default=0, audience="none")


class Pilot(Player):
    score: int = integer(-1_000, 1_000, default=0)
    hand: tuple[int, ...] = integers(0, 51, most=5, default=(), audience="owner")


class Ship(Entity):
    x: float = real(quantum=1 / 16, low=-10_000.0, high=10_000.0)
    heading: int = angle(256)
    alive: bool = boolean(default=True)
    label: str = text(20, default="")
    route: tuple[int, ...] = integers(-(2**52), 2**52, most=4, default=())
    plan: int = integer(0, 999, default=0, audience="team")
    fuel: int = integer(0, 999, default=0, audience="owner")


class Bang(Event):
    x: float = real(quantum=1 / 16)
    by: int = integer(0, 991)


class Won(Event, reliable=True):
    who: str = text(24)


class Vectors(Game):
    name = "vectors"
    version = 2
    inputs = Steer
    events = (Bang, Won)
    round = shared(Round)
    pilots = players_of(Pilot)
    ships = entities_of(Ship)

    @call
    def chat(self, player: Player, words: str = text(100), to: int = integer(0, 991)) -> None: ...


SCHEMA: Final = Vectors.schema
ROUND, PILOT, SHIP = form(0, 1), form(1, 1), form(2, 1)
PILOT_OWNER, SHIP_TEAM, SHIP_OWNER, SHIP_ALL = form(1, 4), form(2, 2), form(2, 4), form(2, 7)
PUBLIC, FAR = part_of(EVERYONE), part_of(EVERYONE, 1)
TEAM_1, TEAM_2, OWNER_1 = part_of(team(1)), part_of(team(2)), part_of(owner(1))


# -- frames ------------------------------------------------------------------------------------------------------------------
def plain(value: Any) -> Any:  # noqa: ANN401 - any value of a message
    """The same in JSON: tuples as lists, bytes marked, keys as text."""
    if isinstance(value, bytes):
        return {"bin": value.hex()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    return value


def meaning(message: ClientMessage | ServerMessage) -> dict[str, Any]:
    """A message as JSON: its name and what it holds."""
    values = {field.name: plain(getattr(message, field.name)) for field in attrs.fields(type(message))}
    if isinstance(message, Welcome):
        values["role"] = int(message.role)
    names = {"Inputs": "INPUT", "EventMessage": "EVENT"}
    return {"message": names.get(type(message).__name__, type(message).__name__.upper()), **values}


CLIENT_SAYS: Final = (
    Hello(1, "arena", "lobby", None, Role.PLAYER, "Ann"),
    Hello(1, "arena@3", "r2d2", "a.ticket.x", Role.PLAYER, "Zoë 安😀"),
    Hello(1, "arena", "lobby", bytes(range(16)), Role.SPECTATOR, "a" * 24),
    Hello(1, "pong", "lobby", None, Role.BOT, "bot 1"),
    Ready(None),
    Ready(bytes(range(32))),
    Inputs(1, None, 0, None, ()),
    Inputs(100, 98, 3, 25_123, (1, 0, -1, 0, 1, 0)),
    Inputs(2**53 - 1, 2**53 - 2, 2**31, 2**53 - 1, (-(2**53) + 1, 2**53 - 1, -33, -32, 127, 128)),
    Ping(0, 0),
    Ping(7, -1_234_567_890_123),
    Call(0, "chat", ()),
    Call(3, "chat", ("hello 😀", 17, (1, -2, 300))),
    Bye(),
)

SERVER_SAYS: Final[tuple[tuple[ServerMessage, ...], ...]] = (
    (Welcome(1, None, 30, SCHEMA.to_wire(), None, (), 0),),
    (Welcome(0, bytes(16), 60, {"game": "x"}, ("field", bytes(32), b"{}"), (5, "slow", (1, 2)), 7),),
    (EventMessage(1, 100, 0, (16, 3)),),
    (EventMessage(2, 101, 1, ("Ann",)), Pong(7, -5, 101, 250, 13), Reply(3, True, None)),
    (Pong(1, 2**53 - 1, 2**31, -40, 0),),
    (Reply(0, True, True), Reply(1, True, -5), Reply(2, True, "done"), Reply(3, False, "not now")),
    (
        Notice(NoticeCode.KICKED, "for shouting", None),
        Notice(NoticeCode.DRAINING, "see you", 30),
        Notice(NoticeCode.RESTARTING, "see you", 1),
    ),
    (Notice(NoticeCode.UPDATE_NEEDED, "an update is needed", "arena@4"),),
    (Snapshot(0, 1, 0, None, None, None, ()),),
    (Snapshot(2, 100, 1, 99, -2_500, ((1, 2), None, 3, (1024, 2)), ()),),
    (Snapshot(0, 5, 0, 4, 16_000, None, ((0, 0, (1, 0, 5, "é"), (), ()), (1, 2, (), (3,), (1, 1, -4)))),),
    (
        EventMessage(3, 7, 1, ("Bob",)),
        Snapshot(0, 7, 0, None, None, None, ((0, 1, (), (), (), None, (0, 0, 16, 3)), (1, 1, (), (), (4, 3, 1, 1), 12345))),
    ),
)

REFUSED: Final[tuple[tuple[str, bytes, int], ...]] = (
    ("nothing", b"", 1002),
    ("no msgpack", b"\xc1", 1002),
    ("cut short", encode_client(Ping(1, 2))[:-1], 1002),
    ("two messages", encode_client(Bye()) * 2, 1002),
    ("no array", msgpack.packb({0: 1}), 1002),
    ("an empty array", msgpack.packb([]), 1002),
    ("an unknown number", msgpack.packb([6]), 1002),
    ("True as the number", msgpack.packb([True]), 1002),
    ("an element too many", msgpack.packb([5, None]), 1002),
    ("an element missing", msgpack.packb([3, 1]), 1002),
    ("True as an integer", msgpack.packb([3, True, 1]), 1002),
    ("a float as an integer", msgpack.packb([3, 1.0, 1]), 1002),
    ("an integer of 54 bits", msgpack.packb([3, 2**53, 1]), 1002),
    ("NaN as an input", msgpack.packb([2, 1, None, 0, None, [float("nan")]]), 1002),
    ("nil as an input", msgpack.packb([2, 1, None, 0, None, [None]]), 1002),
    ("65 integers", msgpack.packb([2, 1, None, 0, None, [0] * 65]), 1002),
    ("a negative tick", msgpack.packb([2, -1, None, 0, None, []]), 1002),
    ("a room in capitals", msgpack.packb([0, 1, "arena", "Lobby", None, 0, "Ann"]), 1002),
    ("a name with a control character", msgpack.packb([0, 1, "arena", "lobby", None, 0, "A\nn"]), 1002),
    ("a name that turns the text round", msgpack.packb([0, 1, "arena", "lobby", None, 0, "A\u202en"]), 1002),
    ("a name of blanks", msgpack.packb([0, 1, "arena", "lobby", None, 0, "  "]), 1002),
    ("a name of 25", msgpack.packb([0, 1, "arena", "lobby", None, 0, "a" * 25]), 1002),
    ("a token of 15 bytes", msgpack.packb([0, 1, "arena", "lobby", bytes(15), 0, "Ann"]), 1002),
    ("an unknown role", msgpack.packb([0, 1, "arena", "lobby", None, 3, "Ann"]), 1002),
    ("a map as an argument", msgpack.packb([4, 1, "chat", [{}]]), 1002),
    ("a timestamp", msgpack.packb([4, 1, "chat", [msgpack.Timestamp(1)]]), 1002),
    ("not UTF-8", b"\x94\x04\x01\xa1\xff\x90", 1002),
    ("4,097 bytes", bytes(4_097), 1009),
)

REFUSED_BY_CLIENT: Final[tuple[tuple[str, bytes], ...]] = (
    ("nothing", b""),
    ("an array cut short", encode_server(Notice(1, "x", None))[:-1]),
    ("a fragment missing", encode_head(0, 1, 0, None, None, None, 1)),
    ("a fragment too many", encode_head(0, 1, 0, None, None, None, 0) + msgpack.packb([0, 0, [], [], []])),
    ("two snapshots", encode_head(0, 1, 0, None, None, None, 0) * 2),
    ("a message behind a snapshot", encode_head(0, 1, 0, None, None, None, 0) + encode_server(Reply(1, True, None))),
    ("a divisor of 0", encode_head(0, 1, 0, None, None, ((), None, None, (0, 0)), 0)),
    ("a rate of 3", encode_head(0, 1, 0, None, None, ((), 3, None, ()), 0)),
)


def frames() -> dict[str, Any]:
    """What frames.json holds."""
    server = []
    for messages in SERVER_SAYS:
        frame = b"".join(_server_bytes(message) for message in messages)
        server.append({"bytes": frame.hex(), "messages": [meaning(message) for message in messages]})
    return {
        "client": [{"bytes": encode_client(message).hex(), **meaning(message)} for message in CLIENT_SAYS],
        "server": server,
        "refused": [{"why": why, "bytes": data.hex(), "close": close} for why, data, close in REFUSED],
        "refused_by_client": [{"why": why, "bytes": data.hex()} for why, data in REFUSED_BY_CLIENT],
    }


def _server_bytes(message: ServerMessage) -> bytes:
    if not isinstance(message, Snapshot):
        return encode_server(message)
    s = message
    head = encode_head(s.epoch, s.tick, s.flags, s.input_ack, s.margin, s.control, len(s.fragments))
    return head + b"".join(msgpack.packb(fragment) for fragment in s.fragments)


# -- conversations -----------------------------------------------------------------------------------------------------------
class Conversation:
    """A server and one client that does what the specification says; keeps every frame and the world after it."""

    def __init__(self, name: str, about: str) -> None:
        self.parts = Parts(SCHEMA, crc_every=3)
        self.viewer = Viewer()
        self.client = Replica(Schema.from_wire(SCHEMA.to_wire()))
        self.epoch = 0
        welcome = encode_server(Welcome(1, None, 30, SCHEMA.to_wire(), None, (), 0))
        self.made: dict[str, Any] = {"name": name, "about": about, "frames": [{"bytes": welcome.hex(), "world": {}}]}

    def tick(
        self,
        tick: int,
        contents: Contents,
        seen: tuple[int, ...] = (PUBLIC,),
        *,
        resting: tuple[int, ...] = (),
        schedule: tuple[int, ...] = (),
        cosmetics: dict[int, list[tuple[int, int, Row]]] | None = None,
        before: bytes = b"",
        sent: bool = True,
    ) -> None:
        """The world is now so, and the client, unless it is skipped, gets a frame."""
        self.parts.commit(tick, contents, cosmetics)
        if not sent:
            return
        draft = self.parts.draft(self.viewer, seen, resting)
        self.viewer.commit(draft)
        control = (draft.drops, None, None, schedule) if draft.drops or schedule else None
        head = encode_head(self.epoch, tick, 0, None, None, control, len(draft.fragments))
        self.hand_over(before + head + b"".join(draft.fragments))

    def hand_over(self, frame: bytes) -> None:
        """The client reads a frame: what it holds then, or which error it must find, is noted."""
        entry: dict[str, Any] = {"bytes": frame.hex()}
        self.made["frames"].append(entry)
        try:
            *others, snapshot = decode_server(frame)
            assert isinstance(snapshot, Snapshot)
            drops, _, _, schedule = snapshot.control or ((), None, None, ())
            cosmetics = self.client.apply(snapshot.epoch, snapshot.tick, drops, schedule, snapshot.fragments)
        except (WorldMismatch, ProtocolError) as error:
            entry["error"] = "mismatch" if isinstance(error, WorldMismatch) else "protocol"
            return
        if others:
            entry["messages"] = [meaning(message) for message in others]
        if cosmetics:
            entry["cosmetics"] = [
                {"name": seen.name, "tick": seen.tick, "values": {f.name: getattr(seen.event, f.name) for f in _event(seen.name)}}
                for seen in cosmetics
            ]
        entry["world"] = world_of(self.client)


def _event(name: str) -> tuple[Any, ...]:
    return next(layout.fields for layout in SCHEMA.events if layout.name == name)


def world_of(client: Replica) -> dict[str, Any]:
    """part → id → [form, values]."""
    return {
        str(part): {str(number): plain(record) for number, record in sorted(records.items())}
        for part, records in sorted(client.parts.items())
    }


def ship(x: int = 0, heading: int = 0, label: str = "", route: tuple[int, ...] = (), team_: int = 0, owner_: int = 0) -> Row:
    """The public row of a ship; x in sixteenths."""
    return (x, heading, 1, label, route, owner_, team_)


def values_of_every_type() -> Conversation:
    talk = Conversation("values", "numbers, text, integers and angles change; text and integers are sent whole")
    rows = [
        ship(0, 250, "", ()),
        ship(16, 4, "é漢😀", (1,)),
        ship(-160_000, 4, "é漢😀", (1,)),
        ship(160_000, 132, "plain", (-(2**52), 2**52, 0)),
        ship(160_000, 3, "", ()),
    ]
    for tick, row in enumerate(rows, start=1):
        talk.tick(tick, {PUBLIC: {0: (ROUND, (tick, f"round {tick}")), 1: (PILOT, (-tick, "Ann", 1, 0, 1, 1, 0)), 7: (SHIP, row)}})
    return talk


def an_angle_goes_the_short_way() -> Conversation:
    talk = Conversation("angles", "of 256 steps: the difference is -128 to 127, the new value is (old + difference) mod 256")
    for tick, heading in enumerate((0, 255, 0, 128, 0, 127, 255, 1), start=1):
        talk.tick(tick, {PUBLIC: {7: (SHIP, ship(0, heading))}})
    return talk


def coming_and_going() -> Conversation:
    talk = Conversation("ids", "entities enter, leave and come again; ids are written as differences; an empty part is a part")
    for tick, numbers in enumerate(((), (1, 2, 300, 70_000), (2, 70_000), (1, 2, 3, 300), ()), start=1):
        talk.tick(tick, {PUBLIC: {number: (SHIP, ship(number, tick)) for number in numbers}})
    return talk


def skipped_and_unchanged() -> Conversation:
    talk = Conversation("skips", "the server skips ticks; an unchanged part has no fragment and its base moves on all the same")
    contents: list[tuple[int, bool]] = [(1, True), (2, False), (3, True), (3, True), (3, True), (4, False), (5, True)]
    for tick, (x, sent) in enumerate(contents, start=1):
        talk.tick(tick, {PUBLIC: {7: (SHIP, ship(x))}}, sent=sent)
    for tick in range(8, 42):
        talk.tick(tick, {PUBLIC: {7: (SHIP, ship(tick))}}, sent=tick == 41)  # the base is too old: a keyframe
    return talk


def owners_and_teams() -> Conversation:
    talk = Conversation(
        "audiences", "a ship in the parts of all, a team and an owner; sides change; parts are dropped before all else"
    )
    public: dict[int, Record] = {7: (SHIP, ship(5, team_=1, owner_=1)), 8: (SHIP, ship(6, team_=2))}
    one: Contents = {
        PUBLIC: public,
        TEAM_1: {7: (SHIP_TEAM, (11,))},
        TEAM_2: {8: (SHIP_TEAM, (12,))},
        OWNER_1: {7: (SHIP_OWNER, (13,))},
    }
    talk.tick(1, one, (PUBLIC, TEAM_1, OWNER_1))
    talk.tick(2, one | {OWNER_1: {7: (SHIP_OWNER, (9,)), 1: (PILOT_OWNER, ((51, 3),))}}, (PUBLIC, TEAM_1, OWNER_1))
    talk.tick(3, one | {OWNER_1: {1: (PILOT_OWNER, ((3,),))}}, (PUBLIC, TEAM_2, OWNER_1))
    hidden: Contents = {
        PUBLIC: {8: public[8]},
        TEAM_2: {8: (SHIP_TEAM, (12,))},
        OWNER_1: {7: (SHIP_ALL, (*ship(5, owner_=1), 11, 13))},
    }
    talk.tick(4, hidden, (PUBLIC, TEAM_2, OWNER_1))  # ship 7 left one part and entered another: the same entity
    talk.tick(5, hidden, (PUBLIC,))
    return talk


def parts_at_their_own_rate() -> Conversation:
    talk = Conversation("schedule", "the far part is due in every 4th tick; its base stays until then; a drop forgets the schedule")
    for tick in range(1, 15):
        contents: Contents = {PUBLIC: {7: (SHIP, ship(tick))}, FAR: {9: (SHIP, ship(tick // 3))}}
        due = tick == 1 or tick % 4 == 0
        if tick == 11:
            talk.tick(tick, contents, (PUBLIC,))
        elif tick > 11:
            talk.tick(tick, contents, (PUBLIC, FAR))
        else:
            schedule = (FAR, 4) if tick == 1 else ()
            talk.tick(tick, contents, (PUBLIC, FAR) if due else (PUBLIC,), resting=() if due else (FAR,), schedule=schedule)
    return talk


def events_of_both_sorts() -> Conversation:
    talk = Conversation("events", "reliable events stand before the snapshot, cosmetic ones in a fragment")
    talk.tick(1, {PUBLIC: {7: (SHIP, ship(1))}})
    talk.tick(2, {PUBLIC: {7: (SHIP, ship(1))}}, cosmetics={PUBLIC: [(0, 0, (-8, 3)), (0, 1, (24, 991))]})
    won = encode_server(EventMessage(1, 3, 1, ("Ann",))) + encode_server(EventMessage(2, 3, 1, ("Bob",)))
    talk.tick(3, {PUBLIC: {7: (SHIP, ship(2))}}, cosmetics={PUBLIC: [(0, 0, (0, 0))]}, before=won)
    return talk


def a_new_epoch() -> Conversation:
    talk = Conversation("epochs", "another process takes over: all begins again; a frame of the old one is ignored")
    for tick in (100, 101):
        talk.tick(tick, {PUBLIC: {7: (SHIP, ship(tick))}})
    stale = encode_head(0, 102, 0, None, None, ((PUBLIC,), None, None, ()), 0)
    talk.epoch, talk.viewer, talk.parts = 1, Viewer(), Parts(SCHEMA, crc_every=3)
    talk.tick(90, {PUBLIC: {8: (SHIP, ship(90))}})
    talk.hand_over(stale)
    talk.tick(91, {PUBLIC: {8: (SHIP, ship(91))}})
    return talk


def broken(name: str, about: str, fragment: tuple[Any, ...], tick: int = 3) -> Conversation:
    """A conversation that the client must end at its last frame."""
    talk = Conversation(name, about)
    for when in (1, 2):
        talk.tick(when, {PUBLIC: {7: (SHIP, ship(when))}})
    talk.hand_over(encode_head(0, tick, 0, None, None, None, 1) + msgpack.packb(fragment))
    return talk


def histories() -> list[dict[str, Any]]:
    """What histories.json holds."""
    talks = [
        values_of_every_type(),
        an_angle_goes_the_short_way(),
        coming_and_going(),
        skipped_and_unchanged(),
        owners_and_teams(),
        parts_at_their_own_rate(),
        events_of_both_sorts(),
        a_new_epoch(),
        broken("wrong base", "the base is not the one that the client holds", (PUBLIC, 2, [], [], [])),
        broken("unknown part", "a base for a part that the client does not have", (TEAM_1, 1, [], [], [])),
        broken("wrong crc", "the part is not what the server says", (PUBLIC, 1, [], [], [], 1)),
        broken("unknown entity", "a change of an entity that is not there", (PUBLIC, 1, [], [], [8, 1, 1])),
        broken("unknown form", "a kind that the schema does not have", (PUBLIC, 1, [8 * 9 + 1, 9], [], [])),
        broken("cut short", "an entity without all of its values", (PUBLIC, 1, [SHIP, 9, 0], [], [])),
        broken("back in time", "the tick does not grow", (PUBLIC, 1, [], [], []), tick=2),
    ]
    return [talk.made for talk in talks]


# -- rounding ----------------------------------------------------------------------------------------------------------------
def quantise() -> list[list[float]]:
    """What quantise.json holds."""
    quanta = (4.0, 1.0, 0.5, 1 / 16, 1 / 1024)
    steps = (0.0, 0.25, 0.49999999999999994, 0.5, 0.75, 1.0, 1.5, 2.5, 1000.5, 123456.789)
    values = sorted({sign * step * scale for step in steps for sign in (1, -1) for scale in (1.0, 1 / 16)})
    return [[value, quantum, math.floor(value / quantum + 0.5)] for quantum in quanta for value in values]


# -- files -------------------------------------------------------------------------------------------------------------------
def files() -> dict[str, str]:
    """Every file's name and text."""
    made = {"frames.json": frames(), "histories.json": histories(), "quantise.json": quantise()}
    texts = {name: json.dumps(content, ensure_ascii=True, indent=1) + "\n" for name, content in made.items()}
    return {**texts, "timing.json": timing_text()}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, content in files().items():
        (FOLDER / name).write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()

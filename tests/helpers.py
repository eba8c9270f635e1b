"""What the tests of rooms, servers and clients share: a tiny game, a room that is ticked by hand, a server on simulated ports, and
a client that says any bytes at all.
"""

from __future__ import annotations

from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, TypeVar

import attrs
import trio
from trio_websocket import ConnectionClosed, WebSocketConnection, wrap_client_stream

from gameserver import (
    EVERYONE,
    Event,
    Game,
    Globals,
    Input,
    Options,
    Player,
    PlayerId,
    Refused,
    Replica,
    Result,
    Schema,
    boolean,
    call,
    integer,
    owner,
    players_of,
    shared,
    text,
)
from gameserver.core.limits import ACK_EVERY, PROTOCOL, SNAPSHOT_HARD
from gameserver.core.messages import (
    Call,
    ClientMessage,
    EventMessage,
    Hello,
    Inputs,
    Notice,
    Ping,
    Ready,
    Reply,
    Role,
    ServerMessage,
    Snapshot,
    Welcome,
)
from gameserver.core.wire import decode_server, encode_client
from gameserver.guard import NoGuard
from gameserver.net.link import MemoryLink
from gameserver.net.simulated import Latency, SimConnection, SimHost, SimNetwork, SimStream, simulated_ports
from gameserver.plan import RoomPlan
from gameserver.room import Room
from gameserver.rooms import Rooms
from gameserver.server import Server
from gameserver.standing import RANKS, Standing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from starlette.types import ASGIApp

    from gameserver import Profile, TileMap
    from gameserver.core.record import Options as AnyOptions
    from gameserver.doors import Doors
    from gameserver.guard import HookRunner
    from gameserver.hooks import Hooks
    from gameserver.keys import Keyring
    from gameserver.recorder import Recorder
    from gameserver.seat import Seat

M = TypeVar("M")

HOST: Final = "127.0.0.1"
PORT: Final = 8765
INSTANT: Final = Latency()


# -- a tiny game -----------------------------------------------------------------------------------------------------------
class Push(Input):
    right: int = integer(-1, 1, default=0)
    jump: bool = boolean(default=False, edge=True)


class Runner(Player):
    x: int = integer(-100_000, 100_000, default=0)
    jumps: int = integer(0, 100_000, default=0)
    lucky: int = integer(0, 1_000, default=0, audience="owner")


class Board(Globals):
    steps: int = integer(0, 2**31 - 1, default=0)
    dice: int = integer(0, 1_000, default=0)
    answer: int = integer(0, 100_000, default=0)


class Rules(Options):
    goal: int = integer(0, 1_000, default=0)
    """Who is so far right wins; 0: nobody ever."""


class Came(Event, reliable=True):
    player: int = integer(0, 1_023)


class Whisper(Event, reliable=True):
    number: int = integer(0, 1_000)


class Spark(Event):
    number: int = integer(0, 1_000)


class Toy(Game):
    """Players push themselves right. `diary` tells which hooks ran; it is no state, so it stands outside of the world."""

    name = "toy"
    tick_rate = 20
    max_players = 4
    inputs = Push
    options = Rules
    events = (Came, Whisper, Spark)

    players = players_of(Runner)
    board = shared(Board)

    diary: list[tuple[Any, ...]]
    goal: int

    def setup(self, options: Rules) -> None:
        self.goal = options.goal
        self.diary = []

    def join(self, player: Runner, profile: Profile) -> None:
        self.diary.append(("join", self.tick, player.owner, dict(profile)))
        player.lucky = player.owner * 7
        self.emit(Came(player=player.owner))

    def leave(self, player: Runner) -> None:
        self.diary.append(("leave", self.tick, player.owner))

    def step(self, inputs: Mapping[PlayerId, Push]) -> None:
        self.diary.append(("step", self.tick, tuple(inputs)))
        self.board.steps += 1
        self.board.dice = self.random.integer(0, 1_000)
        for number, push in inputs.items():
            runner = self.players[number]
            runner.x += push.right
            runner.jumps += push.jump

    def is_over(self) -> Result | None:
        scores = {number: runner.x for number, runner in self.players.items()}
        winners = tuple(number for number, x in scores.items() if self.goal and x >= self.goal)
        return Result(winners, scores) if winners else None

    def answer(self, question: str, value: Any) -> None:  # noqa: ANN401 - as in Game
        self.diary.append(("answer", self.tick, question, value))
        self.board.answer = value

    @call
    def echo(self, player: Runner, word: str = text(20)) -> str:
        self.diary.append(("echo", self.tick, player.owner, word))
        return word

    @call
    def forbid(self, player: Runner) -> None:
        raise Refused("not today")

    @call
    def whisper(self, player: Runner, number: int = integer(0, 1_000)) -> None:
        self.emit(Whisper(number=number), owner(player.owner))

    @call
    def spark(self, player: Runner, number: int = integer(0, 1_000)) -> None:
        self.emit(Spark(number=number), EVERYONE)


def toy_at(rate: int) -> type[Toy]:
    """The same game at another tick rate."""

    class Timed(Toy):
        name = f"toy{rate}"
        tick_rate = rate

    return Timed


# -- a room by hand --------------------------------------------------------------------------------------------------------
class AckingLink(MemoryLink):
    """A MemoryLink whose client acknowledges every snapshot at once, unless it is told not to.

    Attributes:
        acknowledges: does it?
    """

    def __init__(self) -> None:
        super().__init__()
        self.acknowledges = True

    def send_nowait(self, *parts: bytes) -> bool:
        sent = super().send_nowait(*parts)
        if sent and self.acknowledges:
            messages = decode_server(self.sent[-1])
            last_event = max((m.sequence for m in messages if isinstance(m, EventMessage)), default=0)
            self.inbox += [encode_client(Inputs(0, m.tick, last_event, None, ())) for m in messages if isinstance(m, Snapshot)]
        return sent


class Seated:
    """Somebody in a room whose line is a MemoryLink: what he says, and what he has been told.

    Attributes:
        heard: every message so far, in order.
        replica: his world.
    """

    def __init__(self, seat: Seat, link: AckingLink, game: type[Game]) -> None:
        self.seat = seat
        self.link = link
        self.heard: list[ServerMessage] = []
        self.frames: list[list[ServerMessage]] = []
        self.replica = Replica(Schema.from_wire(game.schema.to_wire()))
        self.sparks: list[tuple[int, int]] = []
        """(tick, number) of each cosmetic event."""

    @property
    def player(self) -> PlayerId:
        return self.seat.player

    @property
    def acknowledged_tick(self) -> int | None:
        """The newest snapshot that the room believes he has."""
        assert self.seat.line is not None, "he is away"
        return self.seat.line.pacer.acknowledged_tick

    def say(self, *messages: ClientMessage | bytes) -> None:
        """These will have arrived at the next tick."""
        self.link.inbox += [m if isinstance(m, bytes) else encode_client(m) for m in messages]

    def push(self, tick: int, *inputs: tuple[int, int], ack: int | None = None) -> None:
        """Inputs from this tick on, as (right, jump)."""
        self.say(Inputs(tick, ack, 0, None, tuple(value for pair in inputs for value in pair)))

    def acknowledge(self) -> None:
        """Say which snapshot was the last, as a client does."""
        self.say(Inputs(0, self.replica.tick, 0, None, ()))

    def read(self) -> list[ServerMessage]:
        """Take what came since the last look, and apply it."""
        frames = [decode_server(frame) for frame in self.link.sent]
        self.link.sent.clear()
        new = [message for frame in frames for message in frame]
        for message in new:
            if isinstance(message, Snapshot):
                control = message.control
                drops, schedule = (control[0], control[3]) if control is not None else ((), ())
                cosmetics = self.replica.apply(message.epoch, message.tick, drops, schedule, message.fragments)
                self.sparks += [(cosmetic.tick, cosmetic.event.number) for cosmetic in cosmetics]
        self.heard += new
        self.frames += frames
        return new

    def of(self, kind: type[M]) -> list[M]:
        """All messages of this kind that were heard so far."""
        self.read()
        return [message for message in self.heard if isinstance(message, kind)]

    @property
    def notice(self) -> Notice:
        """The last word."""
        assert self.link.ended is not None, "the line was not ended"
        (notice,) = decode_server(self.link.ended[2])
        assert isinstance(notice, Notice)
        return notice


def make_room(
    game: type[Game] = Toy,
    *,
    name: str = "room1",
    options: AnyOptions | None = None,
    seed: int = 1,
    keep: bool = True,
    phase: float = 0.0,
    tile_map: tuple[TileMap, bytes] | None = None,
    guard: HookRunner | None = None,
    first_keeps_order: bool = True,
) -> Room:
    """A room that nobody runs. Must be called under trio."""
    plan = RoomPlan(
        name=name,
        game=game,
        options=options if options is not None else game.options(),
        map=tile_map,
        seed=seed,
        phase=phase,
        keep=keep,
        first_keeps_order=first_keeps_order,
    )
    return Room(plan, guard if guard is not None else NoGuard(), lambda: "f0f0")


def sit(
    room: Room,
    name: str = "ann",
    *,
    role: Role = Role.PLAYER,
    profile: Profile | None = None,
    ready: bool = True,
    standing: Standing | None = None,
) -> Seated:
    """Take a seat; with `ready` the next tick lets him in. `standing`: by default what an open server takes him for."""
    link = AckingLink()
    game = room.plan.game
    hello = Hello(PROTOCOL, game.name, room.plan.name, None, role, name)
    seat = room.reserve(hello, profile or {}, link, standing or Standing(rank=RANKS[role]))
    if ready:
        seat.enter(link)
    return Seated(seat, link, game)


def go(room: Room, someone: Seated) -> None:
    """He has said goodbye, and his line is gone."""
    someone.seat.over = True
    room.release(someone.seat, someone.link)


async def step(room: Room, ticks: int = 1) -> None:
    """Let so many ticks pass, each at its time."""
    for _ in range(ticks):
        await trio.sleep_until(room.clock.next_deadline)
        room.tick(trio.current_time())


def game_of(room: Room) -> Toy:
    game = room.simulation.game
    assert isinstance(game, Toy)
    return game


# -- a server --------------------------------------------------------------------------------------------------------------
@attrs.frozen
class Host:
    """A running server and the network that it is on."""

    server: Server
    network: SimNetwork


@asynccontextmanager
async def serving(
    *games: type[Game],
    seed: int = 1,
    latency: Latency = INSTANT,
    chunking: bool = False,
    hooks: Hooks | None = None,
    recorder: Recorder | None = None,
    maps: Mapping[str, tuple[TileMap, bytes]] | None = None,
    create_rooms: bool = True,
    hosted: Sequence[type[Game]] = (),
    explains: bool = False,
    express: bool = True,
    rooms: Sequence[str] = (),
    web: Callable[[Server], ASGIApp] | None = None,
    keys: Keyring | None = None,
    doors: Doors | None = None,
    strangers: bool = False,
) -> AsyncIterator[Host]:
    """A server on simulated ports, listening on HOST:PORT; `rooms` play the first of the games and stay open."""
    ports = simulated_ports(seed, latency=latency, chunking=chunking)
    games = games or (Toy,)
    all_rooms = Rooms(
        ports=ports,
        games={game.name: game for game in (*games, *hosted)},
        maps=maps or {},
        guard=NoGuard(),
        hooks=hooks,
        recorder=recorder,
        create_rooms=create_rooms,
        hosted=hosted,
        explains=explains,
        strangers=strangers,
    )
    server = Server(all_rooms, ports=ports, hooks=hooks, express=express, web=web, keys=keys, doors=doors)
    for name in rooms:
        all_rooms.open(name, games[0], keep=True)
    await server.listen(HOST, PORT)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(server.run)
        await trio.testing.wait_all_tasks_blocked()
        yield Host(server, ports.network)
        nursery.cancel_scope.cancel()


def close_code(closed: ConnectionClosed) -> int:
    """What the peer closed with; 1006 if it did not say."""
    assert closed.reason is not None
    return int(closed.reason.code)


# -- a client by hand ------------------------------------------------------------------------------------------------------
class Wire:
    """A real WebSocket on which a test says what it likes.

    Attributes:
        heard: every message so far.
        acknowledges: it acknowledges every fourth snapshot that it hears, as a client does.
    """

    def __init__(self, websocket: WebSocketConnection, stream: SimStream, room: str) -> None:
        self.websocket = websocket
        self.stream = stream
        self.room = room
        self.heard: list[ServerMessage] = []
        self.acknowledges = True
        self._unacknowledged = 0

    @property
    def connection(self) -> SimConnection:
        return self.stream.connection

    async def say(self, *messages: ClientMessage | bytes | str) -> None:
        """Each of them is a WebSocket message."""
        for message in messages:
            await self.websocket.send_message(message if isinstance(message, bytes | str) else encode_client(message))

    async def hear(self) -> list[ServerMessage]:
        """The messages of the next frame. Raises ConnectionClosed."""
        frame = await self.websocket.get_message()
        assert isinstance(frame, bytes)
        messages = decode_server(frame)
        self.heard += messages
        for message in messages:
            if isinstance(message, Snapshot):
                await self._acknowledge(message.tick)
        return messages

    async def _acknowledge(self, tick: int) -> None:
        self._unacknowledged += 1
        if self.acknowledges and self._unacknowledged >= ACK_EVERY:
            self._unacknowledged = 0
            with suppress(ConnectionClosed):
                await self.say(Inputs(0, tick, 0, None, ()))

    async def until(self, kind: type[M]) -> M:
        """Hear until there is a message of this kind, and return it."""
        while True:
            for message in await self.hear():
                if isinstance(message, kind):
                    return message

    async def end(self) -> int:
        """Hear until the line is closed; returns the close code."""
        try:
            while True:
                await self.hear()
        except ConnectionClosed as closed:
            return close_code(closed)

    @property
    def notice(self) -> Notice | None:
        """What the server said about the end of the line."""
        return next((m for m in self.heard if isinstance(m, Notice)), None)

    def hello(
        self,
        game: str = "toy",
        *,
        protocol: int = PROTOCOL,
        room: str | None = None,
        credential: str | bytes | None = None,
        role: Role = Role.PLAYER,
        name: str = "ann",
    ) -> Hello:
        """A HELLO that fits this line, unless it is told otherwise."""
        return Hello(protocol, game, self.room if room is None else room, credential, role, name)

    async def join(self, game: str = "toy", **of_hello: Any) -> Welcome:  # noqa: ANN401 - what `hello` takes
        """HELLO, READY, and the first snapshot."""
        await self.say(self.hello(game, **of_hello))
        welcome = await self.until(Welcome)
        await self.say(Ready(welcome.map[1] if welcome.map is not None else None))
        await self.until(Snapshot)
        return welcome


@asynccontextmanager
async def wire(network: SimNetwork | SimHost, room: str = "toy1", *, path: str | None = None) -> AsyncIterator[Wire]:
    """A WebSocket to HOST:PORT."""
    stream = await network.connect(HOST, PORT)
    async with trio.open_nursery() as nursery:
        websocket = await wrap_client_stream(
            nursery,
            stream,  # type: ignore[arg-type] # any stream will do
            f"{HOST}:{PORT}",
            f"/ws/{room}" if path is None else path,
            max_message_size=SNAPSHOT_HARD,
            message_queue_size=100_000,
        )
        yield Wire(websocket, stream, room)
        await trio.aclose_forcefully(stream)
        nursery.cancel_scope.cancel()


__all__ = [
    "HOST",
    "INSTANT",
    "PORT",
    "Board",
    "Call",
    "Came",
    "EventMessage",
    "Host",
    "Ping",
    "Push",
    "Reply",
    "Rules",
    "Runner",
    "Seated",
    "Spark",
    "Toy",
    "Whisper",
    "Wire",
    "close_code",
    "game_of",
    "go",
    "make_room",
    "serving",
    "sit",
    "step",
    "toy_at",
    "wire",
]

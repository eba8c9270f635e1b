"""Whole sessions of players who say what they like: valid frames with hostile values, from HELLO on, to every kind of room.

Whatever is said, it costs the one who says it: his line is ended with a code of the protocol, no room fails, nothing is logged as a
warning, and a room beside them goes on as if nobody had come. All in virtual time, through the server's reception and its rooms.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

import attrs
import trio

from gameserver.caller import Caller
from gameserver.core.fields import check_value
from gameserver.core.limits import HANDSHAKE_SECONDS, MAX_INTEGER, PROTOCOL
from gameserver.core.messages import Bye, Call, Inputs, NoticeCode, Ready, Role
from gameserver.core.wire import decode_server, encode_client
from gameserver.games.arena import Arena
from gameserver.games.fleet import Fleet
from gameserver.games.pong import Pong
from gameserver.guard import NoGuard
from gameserver.lobby.game import LOBBY, Lobby
from gameserver.lobby.keeper import Keeper
from gameserver.maps import load_map
from gameserver.session import Session
from tests.determinism import run_deterministic
from tests.fuzz.frames import Crowd, Watchman, listening
from tests.fuzz.hostile import INTEGERS, TEXTS, array, bent, dice_of, message, packed
from tests.fuzz.outcome import Failure, Outcome, shown, smallest
from tests.helpers import AckingLink, Host, Toy, serving, sit

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from gameserver.core.fields import Field
    from gameserver.core.game import Game
    from gameserver.core.layout import Layout
    from gameserver.core.maps import TileMap
    from gameserver.core.messages import Hello
    from gameserver.entrance import SeatTicket
    from gameserver.net.link import Arrived, Link
    from gameserver.server import Server

GAMES: Final[dict[str, type[Game]]] = {"crowd": Crowd, "arena": Arena, "pong": Pong, "fleet": Fleet, LOBBY: Lobby}
"""What the rooms play, each named like its game."""
AT_ONCE: Final = 10
AT_A_TICK: Final = 3
"""Messages that somebody says between two ticks."""
BYE: Final = encode_client(Bye())
PATIENCE_SECONDS: Final = 30.0
"""A session of somebody who says goodbye in the end is over before that."""
CODES: Final = frozenset((1000, 1001, 1002, 1003, 1008, 1009, 1012, 1013, 4001))
"""With which a line may be ended. 1011 is a room's fault."""
BESIDE: Final = "beside"
"""The room that shall not notice."""
MOST_SEARCHED: Final = 3


# -- cases ------------------------------------------------------------------------------------------------------------------
@attrs.frozen
class Visit:
    """One session: the room, and what is said in it from the first message on."""

    room: str
    opening: tuple[bytes, ...]
    """Said before there is a snapshot."""
    said: tuple[bytes, ...]
    """Said behind the first, some at each tick; BYE is the last."""


class Talker(AckingLink):
    """Says all that he has to say, and acknowledges what he is shown."""

    def __init__(self, who: Visit) -> None:
        super().__init__()
        self.inbox += who.opening
        self._later = [*who.said]
        self._is_shown = False

    def send_nowait(self, *parts: bytes) -> bool:
        self._is_shown = super().send_nowait(*parts) or self._is_shown
        return self._is_shown

    def receive_nowait(self) -> Sequence[Arrived]:
        if self._is_shown:
            self.inbox += self._later[:AT_A_TICK]
            del self._later[:AT_A_TICK]
        return super().receive_nowait()


def visit(seed: int, number: int, hashes: dict[str, bytes | None]) -> Visit:
    """The one of this number; `hashes`: of the rooms' maps."""
    dice = dice_of(seed, number)
    room = dice.choices([*GAMES], (4, 4, 1, 2, 3))[0]
    game = GAMES[room]
    hello = (0, PROTOCOL, game.name, room, None, dice.choice((Role.PLAYER, Role.PLAYER, Role.SPECTATOR, Role.BOT)), "Ann")
    opening = [array([packed(int(value) if isinstance(value, Role) else value) for value in hello])]
    ready = encode_client(Ready(hashes[room]))
    if dice.randrange(8) == 0:
        opening = [message(dice, (hello, (*hello[:4], b"t" * 16, 0, "Ann"), (*hello[:4], "a.ticket.here", 0, "Ann")))]
    if dice.randrange(10) == 0:
        opening.append(message(dice, ((1, hashes[room]), (3, 1, 2))))
    shapes = _shapes(dice, game)
    calm, count = dice.choice((2, 4, 20)), dice.choice((1, 2, 4, 8, 16))
    hostile = [_edge(dice, game) if dice.randrange(calm) else message(dice, shapes) for _ in range(count)]
    return Visit(room, (*opening, ready), (*hostile, BYE))


def _shapes(dice: random.Random, game: type[Game]) -> list[tuple[Any, ...]]:
    """What may be said in this game, with values that fit."""
    width = len(game.schema.input.fields)
    first = dice.randrange(4_000)
    shapes: list[tuple[Any, ...]] = (
        [(2, first, first, 0, first * 256, _row(dice, game.schema.input) * dice.choice((1, 2, 16)))] if width else []
    )
    shapes += [(4, dice.choice((1, 2, 3, MAX_INTEGER)), name, _row(dice, layout)) for name, layout in game.schema.calls.items()]
    return [*shapes, (2, 0, first, 0, None, ()), (3, 1, 2), (1, None)]


def _edge(dice: random.Random, game: type[Game]) -> bytes:
    """A message that a client may well send, with values at the bounds of what they may be: it reaches the game."""
    schema = game.schema
    if schema.input.fields and dice.randrange(2):
        rows = tuple(value for _ in range(dice.choice((1, 3, 16))) for value in _row(dice, schema.input))
        tick = dice.choice((0, 1, dice.randrange(4_000), MAX_INTEGER))
        return encode_client(
            Inputs(
                tick, dice.choice((None, 0, tick)), dice.choice((0, MAX_INTEGER)), dice.choice((None, 0, tick * 256 % 2**53)), rows
            )
        )
    name = dice.choice([*schema.calls])
    call = Call(dice.choice((1, 2, 3, 4, MAX_INTEGER)), name, _row(dice, schema.calls[name]))
    if dice.randrange(6) == 0:
        return array([packed(4), packed(call.number), packed(name), array(bent(dice, [*map(packed, call.arguments), packed(0)]))])
    return encode_client(call)


def _row(dice: random.Random, layout: Layout) -> tuple[Any, ...]:
    return tuple(_value(dice, field) for field in layout.fields)


def _value(dice: random.Random, field: Field) -> Any:  # noqa: ANN401 - of the field's type
    """One that the declaration allows, at its bounds or beside them."""
    low, high = field.low if field.low is not None else -MAX_INTEGER, field.high if field.high is not None else MAX_INTEGER
    match field.type:
        case "text":
            fitting = [each for each in (*TEXTS, *field.choices, *GAMES, "{}", "[]", "x=1") if not check_value(field, each)]
            return dice.choice(fitting or [field.neutral])
        case "integers":
            return tuple(dice.choice((low, high)) for _ in range(dice.choice((0, 1, field.most))))
        case "boolean":
            return dice.randrange(2)
        case "angle":
            return dice.choice((0, field.steps - 1, dice.randrange(field.steps)))
        case _:
            return dice.choice((low, high, *(n for n in INTEGERS[:12] if low <= n <= high)))


# -- the world --------------------------------------------------------------------------------------------------------------
@attrs.frozen
class Door:
    """The reception, for whoever comes without a connection (session.Desk)."""

    server: Server

    async def admit(self, hello: Hello, link: Link) -> SeatTicket:
        return await self.server.reception.admit(hello, link, Caller())


@attrs.define
class Scene:
    """A server with a room of each kind."""

    host: Host
    hashes: dict[str, bytes | None]
    beside: dict[int, int] = attrs.field(factory=dict)
    """Hash of the room beside them behind each of its steps."""

    async def play(self, who: Visit) -> str:
        """From HELLO to the end; returns how it ended."""
        link = Talker(who)
        with trio.move_on_after(PATIENCE_SECONDS) as patience:
            await Session(link, who.room, Door(self.host.server)).run(trio.current_time() + HANDSHAKE_SECONDS)
        if patience.cancelled_caught:
            return "held"
        assert link.ended is not None, "the line is closed, and nobody has ended it"
        code, _, last = link.ended
        notices = [m.code for m in decode_server(last)] if last else []  # type: ignore[union-attr] # the last word is a NOTICE
        return f"closed with {code}" + "".join(f", {NoticeCode(notice).name}" for notice in notices)


async def _scene(host: Host, maps: dict[str, tuple[TileMap, bytes]]) -> Scene:
    server = host.server
    hashes: dict[str, bytes | None] = {}
    for name, game in GAMES.items():
        if game is not Lobby:
            server.rooms.open(name, game, seed=1, keep=True)
        hashes[name] = hashlib.sha256(maps[game.default_map][1]).digest() if game.uses_map else None
    scene = Scene(host, hashes)
    room = server.rooms.open(BESIDE, Toy, seed=7, keep=True)
    room.on_step = lambda room: scene.beside.__setitem__(room.clock.tick, room.simulation.world.hash())
    players = [sit(room), sit(room, "bob", role=Role.SPECTATOR)]
    players[0].push(5, *((1, tick % 2) for tick in range(8)))
    return scene


async def _play(
    visits: list[tuple[int, Visit]] | None, seed: int, numbers: range
) -> tuple[Outcome, dict[int, int], list[tuple[str, list[int]]]]:
    """These visits, or those of these numbers: what came of them, the hashes of the room beside, and what was logged by whom."""
    outcome = Outcome()
    maps = {game.default_map: load_map(game.default_map) for game in GAMES.values() if game.uses_map}
    games = [game for game in GAMES.values() if game is not Lobby]
    with listening() as watchman:
        async with serving(*games, Toy, maps=maps, hosted=(Lobby,)) as host:
            keeper = Keeper(host.server, NoGuard(), creates=True)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(keeper.run)
                scene = await _scene(host, maps)
                cases = visits if visits is not None else [(number, visit(seed, number, scene.hashes)) for number in numbers]
                await trio.sleep(1.0)
                for begin in range(0, len(cases), AT_ONCE):
                    async with trio.open_nursery() as together:
                        for number, who in cases[begin : begin + AT_ONCE]:
                            together.start_soon(_one, scene, number, who, watchman, outcome)
                nursery.cancel_scope.cancel()
            outcome.ends["rooms failed"] += host.server.rooms.faulted
    return outcome, scene.beside, watchman.noted


async def _one(scene: Scene, number: int, who: Visit, watchman: Watchman, outcome: Outcome) -> None:
    watchman.recent.append(number)
    end = await scene.play(who)
    outcome.cases += 1
    outcome.ends[end] += 1
    code = int(end.split()[2].rstrip(",")) if end != "held" else 0
    if code not in CODES:
        outcome.failures.append(Failure(number, f"the session ended so: {end}", f"{who.room}: {shown((*who.opening, *who.said))}"))


async def _undisturbed(until: int) -> dict[int, int]:
    """The hashes of the room beside them when nobody comes."""
    async with serving(Toy) as host:
        hashes: dict[int, int] = {}
        room = host.server.rooms.open(BESIDE, Toy, seed=7, keep=True)
        room.on_step = lambda room: hashes.__setitem__(room.clock.tick, room.simulation.world.hash())
        players = [sit(room), sit(room, "bob", role=Role.SPECTATOR)]
        players[0].push(5, *((1, tick % 2) for tick in range(8)))
        await trio.sleep((until + 1) / Toy.tick_rate)
    return hashes


def run(seed: int, first: int, count: int) -> Outcome:
    """These cases of this seed."""
    outcome, beside, noted = run_deterministic(_play, None, seed, range(first, first + count), seed=seed)
    until = max(beside)
    alone = run_deterministic(_undisturbed, until, seed=seed)
    wrong = [tick for tick, digest in beside.items() if alone[tick] != digest]
    if wrong:
        outcome.failures.append(Failure(first, f"the room beside them is another one from tick {wrong[0]} on", ""))
    outcome.ends["equal ticks of the room beside them"] += len(beside) - len(wrong)
    for text, suspects in noted[:MOST_SEARCHED]:
        outcome.failures.append(_find(seed, text, suspects))
    outcome.failures += [Failure(suspects[-1], f"logged: {text}", "") for text, suspects in noted[MOST_SEARCHED:]]
    return outcome


def _find(seed: int, text: str, suspects: list[int]) -> Failure:
    """The suspect who makes the server say something again when he comes alone, and as little of what he says as does."""
    hashes = {
        name: hashlib.sha256(load_map(game.default_map)[1]).digest() if game.uses_map else None for name, game in GAMES.items()
    }
    for number in reversed(suspects):
        who = visit(seed, number, hashes)
        if _disturbs(number, who):
            said = smallest(who.said, lambda less: _disturbs(number, attrs.evolve(who, said=less)))  # noqa: B023 - it is called in here
            return Failure(number, f"logged: {text}", f"{who.room}: {shown((*who.opening, *said))}")
    return Failure(suspects[-1], f"logged (by none of {suspects} alone): {text}", "")


def _disturbs(number: int, who: Visit) -> bool:
    if who.said[-1:] != (BYE,):
        return False  # nobody would end it
    outcome, _, noted = run_deterministic(_play, [(number, who)], 0, range(0), seed=1)
    return bool(noted or outcome.failures)

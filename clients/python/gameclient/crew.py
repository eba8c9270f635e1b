"""`python -m gameclient.crew URL STRENGTH`: bots that come and go as they are told, a JSON object a line on standard input.

    {"room": "arena1", "game": "arena", "bots": 5}      from now on five bots play in this room
    {"room": "arena1", "game": "arena", "bots": 0}      none
    {"room": "arena1", "ticket": "…"}                   for one of them, that has asked

Before a bot joins it asks for a ticket, on standard output: {"room": "arena1"}.

The end of the input is the end of the bots: a crew does not outlive the server that feeds it.
"""

from __future__ import annotations

import itertools
import json
import logging
import random
import signal
import sys
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Final

import attrs
import trio

from gameclient.backoff import Backoff
from gameclient.bots import CONNECT_EVERY_SECONDS, Bot
from gameclient.client import Client
from gameclient.line import ClientClosed
from gameserver.core.brain import STRENGTH, RandomBrain
from gameserver.core.errors import GameserverError
from gameserver.core.messages import Role
from gameserver.library import load_game

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Callable

    from gameserver.core.game import Game
    from gameserver.ports import Network

log = logging.getLogger("gameclient.crew")

GOODBYE_SECONDS: Final = 1.0
TICKET_WAIT_SECONDS: Final = 5.0
"""A server answers at once; when it does not, the room has gone."""
LOOK_SECONDS: Final = 0.25
"""How often a bot that has ended is missed."""
NAMES: Final = (
    "Ada", "Bolt", "Cleo", "Dash", "Echo", "Fritz", "Gale", "Hex", "Iris", "Jinx", "Kite", "Lux", "Milo", "Nova", "Otto", "Pixel",
    "Quill", "Rust", "Sol", "Tank", "Umbra", "Vega", "Wisp", "Xeno", "Yara", "Zed",
)  # fmt: skip
"""What bots are called; who wants to know sees at `Player.bot` that they are."""


@attrs.define
class _Post:
    """One room's bots."""

    room: str
    source: str = ""
    """The game's name, or the path of its file."""
    game: type[Game] | None = None
    """None: to be read, perhaps again."""
    wanted: int = 0
    bots: list[trio.CancelScope] = attrs.field(factory=list)
    """Of each that plays, or is about to, in the order of coming."""
    backoff: Backoff = attrs.field(factory=lambda: Backoff(random.Random()))
    not_before: float = 0.0


class Crew:
    """Keeps so many bots in each room as it was told last."""

    def __init__(
        self,
        url: str,
        *,
        strength: int = STRENGTH,
        seed: int | None = None,
        network: Network | None = None,
        load: Callable[[str], type[Game]] = load_game,
        ask: Callable[[str], object] | None = None,
    ) -> None:
        """`url`: of the server, without a room. `seed` of the bots' minds. `load` finds a game. `ask`: for a ticket to this room,
        which comes with the orders; None: they come without.
        """
        self._ask = ask
        self._asking: dict[str, deque[trio.MemorySendChannel[str]]] = {}
        """Bots that wait for a ticket, by room."""
        self._url = url.rstrip("/")
        self._strength = strength
        self._network = network
        self._load = load
        self._rng = random.Random(seed)
        self._posts: dict[str, _Post] = {}
        self._names = itertools.cycle(self._rng.sample(NAMES, len(NAMES)))
        self._changed = trio.Event()

    def want(self, room: str, source: str, bots: int) -> None:
        """From now on so many bots play this game, by its name or file, in this room."""
        post = self._posts.setdefault(room, _Post(room))
        post.source, post.game, post.wanted = source, None, bots
        self._changed.set()

    async def run(self, orders: AsyncIterable[str]) -> None:
        """Take orders until they end, then send all bots home."""
        async with trio.open_nursery() as bots:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._keep_up, bots)
                async for line in orders:
                    order = json.loads(line)
                    if "ticket" in order:
                        self._give(order["room"], order["ticket"])
                    else:
                        self.want(order["room"], order["game"], order["bots"])
                nursery.cancel_scope.cancel()
            for post in self._posts.values():
                for scope in post.bots:
                    scope.cancel()
            bots.cancel_scope.deadline = trio.current_time() + GOODBYE_SECONDS

    async def _keep_up(self, bots: trio.Nursery) -> None:
        while True:
            self._changed = trio.Event()
            for post in tuple(self._posts.values()):
                while len(post.bots) > post.wanted:
                    post.bots.pop().cancel()
                while len(post.bots) < post.wanted and trio.current_time() >= post.not_before:
                    try:
                        game = post.game = post.game or self._load(post.source)
                    except GameserverError as error:  # an author is writing at it
                        log.warning("no bots for room %s: %s", post.room, error)
                        post.not_before = trio.current_time() + post.backoff.next()
                        break
                    scope = trio.CancelScope()
                    post.bots.append(scope)
                    bots.start_soon(self._play, post, game, scope)
                    await trio.sleep(CONNECT_EVERY_SECONDS)
            with trio.move_on_after(LOOK_SECONDS):
                await self._changed.wait()

    async def _ticket(self, room: str) -> str:
        """A ticket to this room. Raises ClientClosed if none comes."""
        assert self._ask is not None
        send, receive = trio.open_memory_channel[str](1)
        waiting = self._asking.setdefault(room, deque())
        waiting.append(send)
        self._ask(room)
        try:
            with trio.move_on_after(TICKET_WAIT_SECONDS):
                return await receive.receive()
        finally:
            if send in waiting:
                waiting.remove(send)
        raise ClientClosed(f"no ticket for room {room} came")

    def _give(self, room: str, ticket: str) -> None:
        """To whoever has waited longest; one that nobody waits for any more is dropped."""
        waiting = self._asking.get(room)
        if waiting:
            waiting.popleft().send_nowait(ticket)

    async def _play(self, post: _Post, game: type[Game], scope: trio.CancelScope) -> None:
        """One bot from its coming to its going: when it is called home, or sent away."""
        seed = self._rng.getrandbits(32)
        client = Client(
            f"{self._url}/ws/{post.room}",
            game=game.name,
            name=next(self._names),
            role=Role.BOT,
            credential=partial(self._ticket, post.room) if self._ask is not None else None,
            network=self._network,
            rng=random.Random(seed),
        )

        async def play(client: Client) -> None:
            post.backoff.reset()
            with scope:
                await Bot(client, game.brain or RandomBrain, seed, self._strength).play(client)

        try:
            await client.run(play)
        except Exception as error:  # a wall around one bot: its brain is a game's code, and the others play on
            post.not_before = trio.current_time() + post.backoff.next()
            if isinstance(error, ClientClosed):
                log.info("a bot left room %s: %s", post.room, error)
            else:
                log.exception("a bot failed in room %s", post.room)
        finally:
            if scope in post.bots:
                post.bots.remove(scope)


async def _lines() -> AsyncIterable[str]:
    """Standard input, line by line. The thread that reads is left behind at the end."""
    while line := await trio.to_thread.run_sync(sys.stdin.readline, abandon_on_cancel=True):
        yield line


def _ask_for_ticket(room: str) -> None:
    print(json.dumps({"room": room}), flush=True)


def main(arguments: list[str]) -> None:
    """Play until the input ends."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # they reach the whole group, and are for the server, which ends our input
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s bots %(levelname)s %(message)s")
    url, strength = arguments
    trio.run(Crew(url, strength=int(strength), ask=_ask_for_ticket).run, _lines())


if __name__ == "__main__":
    main(sys.argv[1:])

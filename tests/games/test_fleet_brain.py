"""How fleet's bots play: always by the rules, the better the stronger, and by calls alone, through a real server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import trio
from gameclient.bots import Bot
from gameclient.client import Client

from gameserver import Rng
from gameserver.core.messages import Role
from gameserver.core.schema import Schema
from gameserver.games.fleet import Fleet
from gameserver.games.fleet.board import CELLS, SHIPS, SIZE, Berth, cells_of, random_fleet
from gameserver.games.fleet.brain import FleetBrain, Knowledge
from gameserver.games.fleet.state import BATTLE, OVER, PLACING
from gameserver.net.simulated import Latency
from tests.helpers import HOST, PORT, serving

if TYPE_CHECKING:
    from trio.testing import MockClock

URL = f"ws://{HOST}:{PORT}/ws/fleet1"


def brain(strength: int, seed: int = 1) -> FleetBrain:
    return FleetBrain(Schema.from_wire(Fleet.schema.to_wire()), None, seed, strength)


def shots_needed(mind: FleetBrain, fleet: tuple[Berth, ...]) -> int:
    """How many shots it takes until all of this fleet is sunk."""
    afloat = {number: set(cells_of(berth, length)) for number, (berth, length) in enumerate(zip(fleet, SHIPS, strict=True))}
    fired: set[int] = set()
    hits: set[int] = set()
    while afloat:
        lengths = tuple(SHIPS[number] for number in afloat)
        cell = mind.choose(Knowledge(frozenset(fired), frozenset(hits), lengths))
        assert 0 <= cell < CELLS and cell not in fired
        fired.add(cell)
        struck = next((number for number, cells in afloat.items() if cell in cells), None)
        if struck is None:
            continue
        hits.add(cell)
        if afloat[struck] <= fired:
            hits -= afloat.pop(struck)
    return len(fired)


def test_the_stronger_the_fewer_shots() -> None:
    dice = Rng(1)
    fleets = [random_fleet(dice) for _ in range(30)]
    means = [sum(shots_needed(brain(strength, seed), fleet) for seed, fleet in enumerate(fleets)) / 30 for strength in (1, 2, 3)]
    assert means[0] > 90, means
    assert 50 < means[1] < 75, means
    assert means[2] < means[1] - 8, means


@pytest.mark.parametrize("strength", [1, 2, 3])
def test_with_one_cell_left_it_fires_there(strength: int) -> None:
    known = Knowledge(frozenset(set(range(CELLS)) - {42}), frozenset(), (2,))
    assert brain(strength).choose(known) == 42


def test_a_hit_is_followed_up() -> None:
    hit = 5 * SIZE + 5
    for strength in (2, 3):
        known = Knowledge(frozenset({hit}), frozenset({hit}), SHIPS)
        assert brain(strength).choose(known) in (hit - 1, hit + 1, hit - SIZE, hit + SIZE)
        line = Knowledge(frozenset({hit, hit + 1}), frozenset({hit, hit + 1}), SHIPS)
        assert brain(strength).choose(line) in (hit - 1, hit + 2)


def test_a_line_does_not_go_round_the_edge() -> None:
    hits = frozenset({SIZE - 2, SIZE - 1})
    for seed in range(20):
        for strength in (2, 3):
            assert brain(strength, seed).choose(Knowledge(hits, hits, SHIPS)) == SIZE - 3


def test_equal_seeds_choose_alike() -> None:
    known = Knowledge(frozenset({1, 2, 3}), frozenset(), SHIPS)
    for strength in (1, 2, 3):
        assert [brain(strength, 7).choose(known) for _ in range(3)] == [brain(strength, 7).choose(known) for _ in range(3)]


async def test_two_bots_play_match_after_match(autojump_clock: MockClock) -> None:
    async with serving(Fleet, latency=Latency(0.02, 0.01)) as host, trio.open_nursery() as nursery:
        for number, strength in enumerate((1, 3)):
            client = Client(URL, game="fleet", name=f"bot {number}", role=Role.BOT, network=host.network)
            nursery.start_soon(Bot(client, FleetBrain, number, strength).run)
            await trio.sleep(1)
        room = host.server.rooms["fleet1"]
        game = room.simulation.game
        assert isinstance(game, Fleet)
        seen: set[int] = set()
        with trio.fail_after(300):
            while sum(admiral.wins for admiral in game.players.values()) < 3:
                seen.add(game.match.phase)
                assert all(admiral.lost_moves == 0 for admiral in game.players.values()), "a bot is never late"
                await trio.sleep(0.1)
        assert {BATTLE, OVER} <= seen | {game.match.phase}
        assert [admiral.wins for admiral in game.players.values()] == [0, 3], "counting beats chance"
        nursery.cancel_scope.cancel()


async def test_a_person_plays_against_a_bot(autojump_clock: MockClock) -> None:
    """The person's half is a script that a stranger could write from docs/api.md."""
    async with serving(Fleet, latency=Latency(0.02, 0.01)) as host, trio.open_nursery() as nursery:
        bot = Client(URL, game="fleet", name="bot", role=Role.BOT, network=host.network)
        nursery.start_soon(Bot(bot, FleetBrain, 1, 2).run)
        person = Client(URL, game="fleet", name="ann", network=host.network)

        async def play(client: Client) -> None:
            while client.replica.shared().phase != PLACING:
                await client.next_snapshot()
            await client.call("place_at_random")
            cells = iter(range(CELLS))
            while client.replica.shared().phase != OVER:
                match = client.replica.shared()
                if match.phase == BATTLE and match.turn == client.player:
                    cell = next(cells)
                    assert await client.call("fire", cell % SIZE, cell // SIZE) in ("miss", "hit", "sunk")
                else:
                    await client.next_snapshot()
            names = [name for name, _, _ in client.events]
            assert names.count("Ended") == 1
            assert names.count("Sunk") >= 5
            await client.call("rematch")
            while client.replica.shared().phase == OVER:
                await client.next_snapshot()
            assert client.replica.shared().phase == PLACING, "the bot wants one too"

        with trio.fail_after(300):
            await person.run(play)
        nursery.cancel_scope.cancel()
